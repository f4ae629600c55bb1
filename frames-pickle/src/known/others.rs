//! Patterns of `re`, and members of enums.

use crate::known::Known;
use crate::known::call::{Call, Callee, bytes, int_in, method, wtf8};
use crate::node::Node;
use crate::text::Text;
use crate::value::Value;
use frames_core::{Error, Result};

/// Python's `re.compile(…)`: the text and the flags. Nothing is compiled.
///
/// ```
/// use frames_pickle::{Known, Registry};
/// let graph = frames_pickle::read(b"\x80\x04\x8c\x02re\x8c\x08_compile\x93\x8c\x01aK\x20\x86R.")?;
/// let Known::Pattern(pattern) = Registry::standard().construct(&graph, graph.root())? else { panic!() };
/// assert_eq!((pattern.as_str(), pattern.flags), (Some("a"), 32));
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Pattern {
    /// The text, in UTF-8 with surrogates, or the bytes.
    pub pattern: Vec<u8>,
    /// True for a pattern of bytes.
    pub is_bytes: bool,
    /// As in Python's `re`: 2 is `IGNORECASE`, 8 `MULTILINE`, 32 `UNICODE`.
    pub flags: u32,
}

impl Pattern {
    /// The text, if it is one and has no surrogates.
    ///
    /// ```
    /// # use frames_pickle::{Known, Registry};
    /// let graph = frames_pickle::read(b"\x80\x04\x8c\x02re\x8c\x08_compile\x93C\x01aK\0\x86R.")?;
    /// let Known::Pattern(pattern) = Registry::standard().construct(&graph, graph.root())? else { panic!() };
    /// assert_eq!(pattern.as_str(), None, "bytes");
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn as_str(&self) -> Option<&str> {
        if self.is_bytes { None } else { Text::new(&self.pattern).as_str() }
    }
}

pub(crate) fn pattern(call: &Call<'_>) -> Result<Known> {
    call.count(2..=2)?;
    call.called()?;
    call.no_steps()?;
    let (pattern, is_bytes) = call.take(0, |graph, value| match graph.node(value) {
        Node::Str(_) => Ok((wtf8(graph, value)?.as_wtf8().to_vec(), false)),
        _ => Ok((bytes(graph, value)?.into_owned(), true)),
    })?;
    // All that Python has, up to re.ASCII.
    let flags = call.take(1, |graph, value| int_in(graph, value, 0..=0x1ff))? as u32;
    Ok(Known::Pattern(Pattern { pattern, is_bytes, flags }))
}

/// A member of an enum that is registered by [`Registry::with_enum`](crate::Registry::with_enum): by its value, or by its name as Python
/// 3.11 pickles some.
///
/// ```
/// use frames_pickle::{Known, Registry};
/// let graph = frames_pickle::read(b"cm\nColor\n(K\x02tR.")?;
/// let registry = Registry::standard().clone().with_enum("m", "Color");
/// let Known::EnumMember(member) = registry.construct(&graph, graph.root())? else { panic!() };
/// assert_eq!((member.class.as_str(), member.value), ("Color", Some(2.into())));
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EnumMember {
    /// Where the class is.
    pub module: String,
    /// The qualified name of the class.
    pub class: String,
    /// The value, if it is by value.
    pub value: Option<Value>,
    /// The name, if it is by name.
    pub name: Option<String>,
}

pub(crate) fn enum_member(call: &Call<'_>) -> Result<Known> {
    let Callee::Global(module, class) = call.callee else {
        return Err(Error::mismatch("an enum", "another callable"));
    };
    call.no_steps()?;
    call.called()?;
    let (module, class) = (module.to_owned(), class.to_owned());
    match call.args {
        [value] => Ok(Known::EnumMember(EnumMember { module, class, value: Some(*value), name: None })),
        args => Err(Error::mismatch("1 argument", args.len())),
    }
}

/// `getattr(class, name)`
pub(crate) fn enum_member_by_name(call: &Call<'_>) -> Option<Known> {
    match method(call.graph, call.object)? {
        Callee::Method(module, class, name) => Some(Known::EnumMember(EnumMember {
            module: module.to_owned(),
            class: class.to_owned(),
            value: None,
            name: Some(name.to_owned()),
        })),
        _ => None,
    }
}
