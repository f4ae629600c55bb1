//! What went wrong, where, and what to do: the one error type of the crate.
//!
//! An [`Error`] is a pointer wide. Its path grows as it unwinds, so the code that finds a mistake names only
//! the mistake. Nothing here may ever print payload bytes: a message holds names, types, counts and sizes.

use std::borrow::Cow;
use std::fmt;

/// A `Result` whose error is [`Error`].
///
/// ```
/// fn half(n: u32) -> frames_core::Result<u32> {
///     if n % 2 == 0 { Ok(n / 2) } else { Err(frames_core::Error::custom("odd")) }
/// }
/// assert!(half(3).is_err());
/// ```
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The sort of an [`Error`], for programs that act on it. People read the [`Error`] itself.
///
/// ```
/// use frames_core::{ErrorKind, Header, deserialize, Frames};
/// let error = deserialize::<u32>(&Header::new(), Frames::new()).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Invalid);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The bytes end before the value does.
    Truncated,
    /// The bytes are not what the format says: a malformed header, a length that does not fit its buffer.
    Invalid,
    /// A value of another type than the one asked for.
    Mismatch,
    /// A number that the wanted type cannot hold exactly.
    OutOfRange,
    /// A field that the type needs is not there.
    MissingField,
    /// A field that the type does not have.
    UnknownField,
    /// A field that is there twice.
    DuplicateField,
    /// A variant that the enum does not have.
    UnknownVariant,
    /// More or fewer frames than the header speaks of, or a frame used twice.
    FrameCount,
    /// No type of that name is registered.
    UnknownType,
    /// Two types are registered under one name.
    DuplicateType,
    /// A family that is not known, not linked or not allowed here.
    Family,
    /// A value that cannot be written in the form that was asked for.
    Unsupported,
    /// One of the [`Limits`](crate::Limits) was reached.
    Limit,
    /// The peer sent an error in place of a value (family `error`).
    Peer,
    /// An error of the user's own making, by [`Error::custom`].
    Custom,
}

/// One step of the way to the place of an error.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    Field(Cow<'static, str>),
    Key(String),
    Index(usize),
}

#[derive(Clone, Debug)]
struct Inner {
    kind: ErrorKind,
    message: Cow<'static, str>,
    /// Innermost first: it grows as the error unwinds.
    path: Vec<Segment>,
    type_name: Option<Cow<'static, str>>,
    family: Option<String>,
    help: Option<Cow<'static, str>>,
}

/// What went wrong, at which place in the value, in which type and family, and what to do about it.
///
/// ```
/// use frames_core::{Error, ErrorKind};
/// let error = Error::custom("the coefficient is not finite")
///     .at_field("coef").at_index(3).at_key("x").at_field("data").in_type("Estimator");
/// assert_eq!(error.kind(), ErrorKind::Custom);
/// assert_eq!(error.path(), r#"data["x"][3].coef"#);
/// assert_eq!(error.to_string(), r#"data["x"][3].coef: the coefficient is not finite (in Estimator)"#);
/// ```
#[derive(Clone)]
pub struct Error(Box<Inner>);

impl Error {
    /// An error of `kind` that says `message`.
    ///
    /// ```
    /// use frames_core::{Error, ErrorKind};
    /// assert_eq!(Error::new(ErrorKind::Limit, "too deep").to_string(), "too deep");
    /// ```
    #[cold]
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Error(Box::new(Inner {
            kind,
            message: clip(message.into(), if kind == ErrorKind::Peer { LONGEST_PEER } else { LONGEST_MESSAGE }),
            path: Vec::new(),
            type_name: None,
            family: None,
            help: None,
        }))
    }

    /// An error for which the caller has the words.
    ///
    /// ```
    /// assert_eq!(frames_core::Error::custom("no such planet").to_string(), "no such planet");
    /// ```
    #[cold]
    pub fn custom(message: impl fmt::Display) -> Self {
        Error::new(ErrorKind::Custom, message.to_string())
    }

    /// Both sides of a mismatch: what was wanted and what is there.
    ///
    /// ```
    /// let error = frames_core::Error::mismatch("u16", "text");
    /// assert_eq!(error.to_string(), "expected u16, found text");
    /// ```
    #[cold]
    pub fn mismatch(expected: impl fmt::Display, found: impl fmt::Display) -> Self {
        Error::new(ErrorKind::Mismatch, format!("expected {expected}, found {found}"))
    }

    #[cold]
    pub(crate) fn invalid(message: impl Into<Cow<'static, str>>) -> Self {
        Error::new(ErrorKind::Invalid, message)
    }

    #[cold]
    pub(crate) fn truncated(needed: usize, left: usize) -> Self {
        Error::new(ErrorKind::Truncated, format!("truncated: {needed} more bytes wanted, {left} left"))
    }

    #[cold]
    pub(crate) fn limit(name: &str, value: u64, asked: impl fmt::Display) -> Self {
        Error::new(
            ErrorKind::Limit,
            format!("limit `{name}` is {value}, and this asks for {asked}; raise it in `Limits` if that is honest"),
        )
    }

    #[cold]
    pub(crate) fn frame_count(expected: impl fmt::Display, found: usize) -> Self {
        Error::new(ErrorKind::FrameCount, format!("expected {expected}, found {found} frames"))
    }

    /// Adds the field in which the error happened; call it from the inside out.
    ///
    /// ```
    /// let error = frames_core::Error::custom("empty").at_field("name");
    /// assert_eq!(error.path(), "name");
    /// ```
    #[cold]
    #[must_use]
    pub fn at_field(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.0.path.push(Segment::Field(clip(name.into(), LONGEST_NAME)));
        self
    }

    /// Adds the map key under which the error happened; call it from the inside out.
    ///
    /// ```
    /// assert_eq!(frames_core::Error::custom("empty").at_key("x").path(), r#"["x"]"#);
    /// ```
    #[cold]
    #[must_use]
    pub fn at_key(mut self, key: impl fmt::Debug) -> Self {
        self.0.path.push(Segment::Key(clip(format!("{key:?}").into(), LONGEST_NAME).into_owned()));
        self
    }

    /// Adds the index at which the error happened; call it from the inside out.
    ///
    /// ```
    /// assert_eq!(frames_core::Error::custom("empty").at_index(3).path(), "[3]");
    /// ```
    #[cold]
    #[must_use]
    pub fn at_index(mut self, index: usize) -> Self {
        self.0.path.push(Segment::Index(index));
        self
    }

    /// Names the type that was read or written. The innermost name stays.
    ///
    /// ```
    /// assert_eq!(frames_core::Error::custom("empty").in_type("Human").type_name(), Some("Human"));
    /// ```
    #[cold]
    #[must_use]
    pub fn in_type(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.0.type_name.get_or_insert_with(|| clip(name.into(), LONGEST_MESSAGE));
        self
    }

    /// The same in place, so that a `Result` need not be moved.
    #[cold]
    pub(crate) fn note_type(&mut self, name: fn() -> Cow<'static, str>) {
        self.0.type_name.get_or_insert_with(name);
    }

    /// Names the family of the value. The innermost name stays.
    ///
    /// ```
    /// assert_eq!(frames_core::Error::custom("empty").in_family("pickle").family(), Some("pickle"));
    /// ```
    #[cold]
    #[must_use]
    pub fn in_family(mut self, family: &str) -> Self {
        self.0.family.get_or_insert_with(|| family.chars().take(80).collect());
        self
    }

    /// Adds what the reader of the error can do about it. The innermost advice stays.
    ///
    /// ```
    /// let error = frames_core::Error::custom("empty").with_help("give it a name");
    /// assert_eq!(error.to_string(), "empty; give it a name");
    /// ```
    #[cold]
    #[must_use]
    pub fn with_help(mut self, help: impl Into<Cow<'static, str>>) -> Self {
        self.0.help.get_or_insert_with(|| clip(help.into(), LONGEST_MESSAGE));
        self
    }

    /// The sort of the error.
    ///
    /// ```
    /// assert_eq!(frames_core::Error::custom("empty").kind(), frames_core::ErrorKind::Custom);
    /// ```
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What went wrong, without the place.
    ///
    /// ```
    /// assert_eq!(frames_core::Error::custom("empty").at_index(1).message(), "empty");
    /// ```
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The place, like `data["x"][3].coef`; empty at the top.
    ///
    /// ```
    /// assert_eq!(frames_core::Error::custom("empty").at_field("b").at_field("a").path(), "a.b");
    /// ```
    pub fn path(&self) -> String {
        let mut path = String::new();
        for segment in self.0.path.iter().rev() {
            match segment {
                Segment::Field(name) => {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(name);
                }
                Segment::Key(key) => path.push_str(&format!("[{key}]")),
                Segment::Index(index) => path.push_str(&format!("[{index}]")),
            }
        }
        path
    }

    /// The type that was being read or written.
    ///
    /// ```
    /// assert_eq!(frames_core::Error::custom("empty").type_name(), None);
    /// ```
    pub fn type_name(&self) -> Option<&str> {
        self.0.type_name.as_deref()
    }

    /// The family of the value that was being read or written.
    ///
    /// ```
    /// assert_eq!(frames_core::Error::custom("empty").family(), None);
    /// ```
    pub fn family(&self) -> Option<&str> {
        self.0.family.as_deref()
    }
}

/// Names and words may be the peer's: a long one must not flood the log.
const LONGEST_NAME: usize = 80;
const LONGEST_MESSAGE: usize = 600;
/// The words of a peer's own error are worth more: it may be a traceback.
pub(crate) const LONGEST_PEER: usize = 4096;

fn clip(text: Cow<'static, str>, longest: usize) -> Cow<'static, str> {
    if text.len() <= longest {
        return text;
    }
    let cut = (0..=longest).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0);
    format!("{}…", &text[..cut]).into()
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.0.path.is_empty() {
            write!(f, "{}: ", clip(self.path().into(), LONGEST_MESSAGE))?;
        }
        f.write_str(&self.0.message)?;
        match (&self.0.type_name, &self.0.family) {
            (Some(name), Some(family)) => write!(f, " (in {name}, family {family})")?,
            (Some(name), None) => write!(f, " (in {name})")?,
            (None, Some(family)) => write!(f, " (family {family})")?,
            (None, None) => {}
        }
        if let Some(help) = &self.0.help {
            write!(f, "; {help}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({:?}, {:?})", self.0.kind, self.to_string())
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_a_pointer_wide() {
        assert_eq!(size_of::<Result<(), Error>>(), size_of::<usize>());
    }

    #[test]
    fn a_key_of_the_peer_is_cut() {
        let error = Error::custom("bad").at_key("ž".repeat(500));
        assert!(error.path().len() < 100, "{}", error.path());
    }
}
