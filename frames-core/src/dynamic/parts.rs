//! What a [`Dynamic`](super::Dynamic) holds that no type of std's is: wide integers, tables, objects, and what stays closed.

use super::Dynamic;
use crate::any::Serialized;
use crate::classref::ClassRef;
use std::fmt;

/// An integer beyond 64 bits, as Python has them.
///
/// ```
/// use frames_core::Dynamic;
/// let Dynamic::Wide(number) = Dynamic::from(1i128 << 100) else { panic!() };
/// assert_eq!(number.to_i128(), Some(1 << 100));
/// assert_eq!(number.to_string(), "1267650600228229401496703205376");
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Wide(Box<[u8]>);

impl Wide {
    /// The number of these bytes: two's complement, the lowest first, as in a pickle.
    ///
    /// # Errors
    ///
    /// Not of a mistake: a number of 64 bits is given back, which is a [`Dynamic::Int`].
    ///
    /// ```
    /// use frames_core::dynamic::Wide;
    /// assert_eq!(Wide::new(&[5, 0, 0]), Err(5));
    /// assert_eq!(Wide::new(&[0, 0, 0, 0, 0, 0, 0, 0, 1]).unwrap().to_i128(), Some(1 << 64));
    /// ```
    pub fn new(bytes: &[u8]) -> Result<Wide, i64> {
        let is_negative = bytes.last().is_some_and(|last| last & 0x80 != 0);
        let fill = if is_negative { 0xff } else { 0 };
        let mut len = bytes.len();
        // The last byte goes if the one before it says the same of the sign.
        while let Some([before, last]) =
            bytes.get(len.saturating_sub(2)..len).and_then(|two| <[u8; 2]>::try_from(two).ok())
        {
            if last != fill || (before ^ last) & 0x80 != 0 {
                break;
            }
            len -= 1;
        }
        let bytes = bytes.get(..len).unwrap_or_default();
        match extend::<8>(bytes, fill) {
            Some(small) => Err(i64::from_le_bytes(small)),
            None => Ok(Wide(bytes.into())),
        }
    }

    /// The bytes: two's complement, the lowest first, no more than needed.
    ///
    /// ```
    /// use frames_core::dynamic::Wide;
    /// assert_eq!(Wide::new(&[0, 0, 0, 0, 0, 0, 0, 0, 1, 0]).unwrap().as_le_bytes().len(), 9);
    /// ```
    pub fn as_le_bytes(&self) -> &[u8] {
        &self.0
    }

    /// True below zero.
    ///
    /// ```
    /// use frames_core::dynamic::Wide;
    /// assert!(Wide::new(&(-1i128 << 100).to_le_bytes()).unwrap().is_negative());
    /// ```
    pub fn is_negative(&self) -> bool {
        self.0.last().is_some_and(|last| last & 0x80 != 0)
    }

    /// The number, if it has 128 bits.
    ///
    /// ```
    /// use frames_core::dynamic::Wide;
    /// assert_eq!(Wide::new(&[1; 17]).unwrap().to_i128(), None);
    /// ```
    pub fn to_i128(&self) -> Option<i128> {
        extend::<16>(&self.0, self.fill()).map(i128::from_le_bytes)
    }

    /// The number, if it is not negative and has 128 bits.
    ///
    /// ```
    /// use frames_core::Dynamic;
    /// let Dynamic::Wide(number) = Dynamic::from(u128::MAX) else { panic!() };
    /// assert_eq!((number.to_u128(), number.to_i128()), (Some(u128::MAX), None));
    /// ```
    pub fn to_u128(&self) -> Option<u128> {
        match (self.is_negative(), self.0.split_last()) {
            (false, Some((0, rest))) if rest.len() <= 16 => extend::<16>(rest, 0).map(u128::from_le_bytes),
            (false, _) => extend::<16>(&self.0, 0).map(u128::from_le_bytes),
            (true, _) => None,
        }
    }

    /// The number, if msgpack can say it: it has 64 bits without a sign.
    pub(super) fn to_u64(&self) -> Option<u64> {
        self.to_u128().and_then(|number| u64::try_from(number).ok())
    }

    fn fill(&self) -> u8 {
        if self.is_negative() { 0xff } else { 0 }
    }
}

/// The bytes as `N`, if they fit.
fn extend<const N: usize>(bytes: &[u8], fill: u8) -> Option<[u8; N]> {
    let mut out = [fill; N];
    out.get_mut(..bytes.len())?.copy_from_slice(bytes);
    Some(out)
}

/// Up to 128 bits as Python prints it; beyond, in hexadecimal.
impl fmt::Display for Wide {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(number) = self.to_i128() {
            return write!(f, "{number}");
        }
        if let Some(number) = self.to_u128() {
            return write!(f, "{number}");
        }
        let mut magnitude = self.0.to_vec();
        if self.is_negative() {
            f.write_str("-")?;
            let mut carry = true;
            for byte in &mut magnitude {
                let (negated, overflow) = (!*byte).overflowing_add(carry.into());
                (*byte, carry) = (negated, overflow);
            }
            // The magnitude of the lowest number of some bytes has its highest bit set, and needs no byte more.
        }
        f.write_str("0x")?;
        let mut digits = magnitude.iter().rev().skip_while(|byte| **byte == 0);
        digits.next().map_or(Ok(()), |first| write!(f, "{first:x}"))?;
        digits.try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Wide {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Columns of one length: records of Rust, a frame of pandas, a table of Arrow.
///
/// ```
/// use frames_core::{Dynamic, dynamic::Table};
/// let mut table = Table::new(vec![("a".into(), Dynamic::List(vec![1.into(), 2.into()]))], 2);
/// table.origin = Some("pandas.DataFrame".into());
/// assert_eq!(Dynamic::from(table).get("a").and_then(Dynamic::len), Some(2));
/// ```
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Table {
    /// The columns in their order, with their names: mostly text, in pandas anything that can be a key.
    pub columns: Vec<(Dynamic, Dynamic)>,
    /// How many rows there are, as the header says.
    pub rows: u64,
    /// The labels of the rows, if it has any.
    pub index: Option<Dynamic>,
    /// What it is elsewhere: `Vec<logs::Line>`, `pandas.DataFrame`. Never `dict`.
    pub origin: Option<String>,
    /// What else it has: the `attrs` of pandas, the metadata of Arrow.
    pub attributes: Vec<(String, Dynamic)>,
}

impl Table {
    /// A table of these columns.
    ///
    /// ```
    /// assert_eq!(frames_core::dynamic::Table::new(vec![], 3).rows, 3);
    /// ```
    pub fn new(columns: Vec<(Dynamic, Dynamic)>, rows: u64) -> Table {
        Table { columns, rows, index: None, origin: None, attributes: Vec::new() }
    }
}

/// An instance of a class: its attributes. Or what a pickle says of how to make something, and what is known of it.
///
/// ```
/// use frames_core::{ClassRef, Dynamic, dynamic::Object};
/// let model = Object::new(ClassRef::new("pkg.models", "Linear"), vec![("bias".into(), 0.5.into())]);
/// let model = Dynamic::from(model);
/// assert_eq!(model.get("bias").and_then(Dynamic::as_f64), Some(0.5));
/// assert_eq!(format!("{model:?}"), "pkg.models.Linear {bias: 0.5}");
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct Object {
    /// The class; of a call what is called. It prints as `module.qualname`.
    pub class: ClassRef<'static>,
    /// The name of the type of Rust, if one wrote it. For a type that is a dict in Python the class is `builtins.dict`.
    pub type_name: Option<String>,
    /// What the attributes are.
    pub kind: ObjectKind,
    /// The attributes in the order in which they came. Dask does not keep it, and two objects are equal in any order.
    pub attributes: Vec<(String, Dynamic)>,
}

impl PartialEq for Object {
    fn eq(&self, other: &Self) -> bool {
        let [mut a, mut b] = [self, other].map(|object| object.attributes.iter().collect::<Vec<_>>());
        for attributes in [&mut a, &mut b] {
            attributes.sort_by_key(|attribute| &attribute.0);
        }
        (&self.class, &self.type_name, self.kind) == (&other.class, &other.type_name, other.kind) && a == b
    }
}

impl Object {
    /// An instance of a class of Python.
    ///
    /// ```
    /// use frames_core::{ClassRef, dynamic::{Object, ObjectKind}};
    /// assert_eq!(Object::new(ClassRef::new("m", "C"), vec![]).kind, ObjectKind::Instance);
    /// ```
    pub fn new(class: ClassRef<'static>, attributes: Vec<(String, Dynamic)>) -> Object {
        Object { class, type_name: None, kind: ObjectKind::Instance, attributes }
    }

    /// The name by which people know it: of the Rust type, or of the class.
    ///
    /// ```
    /// use frames_core::{ClassRef, dynamic::Object};
    /// assert_eq!(Object::new(ClassRef::new("m", "C"), vec![]).name(), "m.C");
    /// ```
    pub fn name(&self) -> String {
        self.type_name.clone().unwrap_or_else(|| self.class.to_string())
    }
}

/// What the attributes of an [`Object`] are.
///
/// ```
/// use frames_core::dynamic::ObjectKind;
/// assert_eq!(ObjectKind::Call.as_str(), "call");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ObjectKind {
    /// Those that it has in Python, all of them: it can be made of them.
    #[default]
    Instance,
    /// What a pickle does to make it: `args`, and what comes behind the call. It was not run.
    Call,
    /// None: it is the class or function itself.
    Name,
    /// What is known of it, in words and numbers.
    Description,
}

impl ObjectKind {
    pub(super) const ALL: [ObjectKind; 4] =
        [ObjectKind::Instance, ObjectKind::Call, ObjectKind::Name, ObjectKind::Description];

    /// As it is written and printed.
    ///
    /// ```
    /// assert_eq!(frames_core::dynamic::ObjectKind::Name.as_str(), "name");
    /// ```
    pub fn as_str(self) -> &'static str {
        match self {
            ObjectKind::Instance => "instance",
            ObjectKind::Call => "call",
            ObjectKind::Name => "name",
            ObjectKind::Description => "description",
        }
    }
}

/// A value that could not be opened, as it came, and why.
///
/// ```
/// use frames_core::{Dynamic, Frames, Header, deserialize, serialize};
/// let header = Header::new().with("serializer", "parquet")?;
/// let Dynamic::Other(closed) = deserialize::<Dynamic>(&header, Frames::new())? else { panic!() };
/// assert!(closed.reason.contains("no linked crate brings the family"));
/// assert_eq!(serialize(&closed.value)?.0, header); // forwarded byte for byte
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct Unopened {
    /// The header and the frames, to be forwarded byte for byte.
    pub value: Serialized,
    /// Why it was not opened; for people.
    pub reason: String,
}

/// By what came; the reason is for people, and other limits have other words.
impl PartialEq for Unopened {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl Unopened {
    /// A value that stays closed.
    ///
    /// ```
    /// use frames_core::{Frames, Header, Serialized, dynamic::Unopened};
    /// let closed = Unopened::new(Serialized::new(Header::new(), Frames::new()), "of no interest");
    /// assert_eq!(closed.reason, "of no interest");
    /// ```
    pub fn new(value: Serialized, reason: impl Into<String>) -> Unopened {
        Unopened { value, reason: reason.into() }
    }
}
