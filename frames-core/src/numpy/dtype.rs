//! What the items of a numpy array are: numbers, text, times, records.
//!
//! A [`DType`] says how bytes are laid out and must never touch the bytes themselves. It is made only by
//! constructors that check it, so every field lies inside its record, no size overflows, and a walk over a dtype is
//! short: nesting and the number of parts are bounded.

use crate::error::{Error, ErrorKind, Result};
use crate::pickle_ops::quoted;
use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

/// How deep records and sub-arrays nest: walks over a dtype recurse, so this bounds the stack.
pub(super) const MAX_DEPTH: u8 = 32;
/// How many parts a dtype has, counting a shared part each time: sharing must not make a walk endless.
const MAX_NODES: usize = 1 << 20;
/// numpy holds an item size in a C int.
const MAX_ITEMSIZE: usize = i32::MAX as usize;
/// numpy's own bound on dimensions.
const MAX_DIMS: usize = 64;

/// The order of the bytes in each number of a dtype.
///
/// ```
/// use frames_core::{ByteOrder, DType};
/// assert_eq!(DType::parse(">f4")?.byteorder(), ByteOrder::Big);
/// assert_eq!(DType::parse(">u1")?.byteorder(), ByteOrder::NotApplicable);
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ByteOrder {
    /// Least significant byte first, `<`.
    Little,
    /// Most significant byte first, `>`.
    Big,
    /// Single bytes, byte strings and records have no order, `|`.
    NotApplicable,
}

impl ByteOrder {
    /// The order of this machine.
    pub const NATIVE: ByteOrder = if cfg!(target_endian = "big") { ByteOrder::Big } else { ByteOrder::Little };

    pub(super) fn symbol(self) -> char {
        match self {
            ByteOrder::Little => '<',
            ByteOrder::Big => '>',
            ByteOrder::NotApplicable => '|',
        }
    }
}

/// A numpy dtype: the layout of one item of an array.
///
/// Two dtypes are equal if they mean the same layout with the same names, however they were spelled. Whether numpy
/// shows records as `numpy.record`, and whether it aligned them by itself, does not count.
///
/// ```
/// use frames_core::{DType, Field};
/// let f8 = DType::parse("<f8")?;
/// assert_eq!((f8.kind(), f8.itemsize()), ('f', 8));
///
/// let point = DType::structured(vec![Field::new("x", 0, f8.clone()), Field::new("y", 8, f8)], 16)?;
/// assert_eq!(point.fields().map(<[Field]>::len), Some(2));
/// assert_eq!(
///     point.to_string(),
///     "{'names': ['x', 'y'], 'formats': ['<f8', '<f8'], 'offsets': [0, 8], 'itemsize': 16}",
/// );
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct DType(pub(super) Repr);

#[derive(Clone, PartialEq, Eq)]
pub(super) enum Repr {
    Scalar(Scalar),
    Array(Arc<SubArray>),
    Record(Arc<Record>),
}

/// A dtype without parts. `size` is in bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Scalar {
    pub(super) kind: u8,
    pub(super) order: ByteOrder,
    pub(super) size: u32,
    /// Only of times: the unit, and how many of it make a step; `None` is numpy's generic unit.
    pub(super) unit: Option<(&'static str, u32)>,
}

#[derive(PartialEq, Eq)]
pub(super) struct SubArray {
    pub(super) base: DType,
    pub(super) shape: Vec<usize>,
    itemsize: usize,
}

#[derive(Clone)]
pub(super) struct Record {
    pub(super) fields: Vec<Field>,
    pub(super) itemsize: usize,
    aligned: bool,
    nodes: usize,
    depth: u8,
}

impl PartialEq for Record {
    fn eq(&self, other: &Self) -> bool {
        self.itemsize == other.itemsize && self.fields == other.fields
    }
}

impl Eq for Record {}

/// One field of a structured [`DType`].
///
/// ```
/// use frames_core::{DType, Field};
/// let field = Field::new("speed", 4, DType::parse("<f4")?);
/// assert_eq!((&*field.name, field.offset, field.title), ("speed", 4, None));
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Field {
    /// The name, unique among the names and titles of the record.
    pub name: String,
    /// numpy's second name for the field, which few use.
    pub title: Option<String>,
    /// Where the field begins, in bytes from the begin of the record.
    pub offset: usize,
    /// What the field holds.
    pub dtype: DType,
}

impl Field {
    /// A field without a title.
    ///
    /// ```
    /// use frames_core::{DType, Field};
    /// let mut field = Field::new("v", 0, DType::parse("<f4")?);
    /// field.title = Some("velocity".into());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn new(name: impl Into<String>, offset: usize, dtype: DType) -> Self {
        Field { name: name.into(), title: None, offset, dtype }
    }
}

const TIME_UNITS: [&str; 13] = ["Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns", "ps", "fs", "as"];

/// The unit of a time by its name in numpy; `None` is the generic unit.
pub(super) fn time_unit(name: &str, multiple: u64) -> Result<Option<(&'static str, u32)>> {
    if name == "generic" {
        return Ok(None);
    }
    let unit = TIME_UNITS.into_iter().find(|unit| *unit == name);
    match (unit, u32::try_from(multiple)) {
        (Some(unit), Ok(multiple)) if multiple <= i32::MAX as u32 => Ok(Some((unit, multiple))),
        _ => Err(Error::invalid(format!("{multiple} {} is not a unit of time that numpy has", quoted(name)))),
    }
}

impl Scalar {
    /// Reads a typestr; `None` if it is none.
    fn parse(typestr: &str) -> Option<Scalar> {
        let (order, rest) = match typestr.as_bytes().first()? {
            b'<' => (ByteOrder::Little, &typestr[1..]),
            b'>' => (ByteOrder::Big, &typestr[1..]),
            b'=' | b'|' => (ByteOrder::NATIVE, &typestr[1..]),
            _ => (ByteOrder::NATIVE, typestr),
        };
        let kind = *rest.as_bytes().first().filter(|kind| kind.is_ascii())?;
        let (digits, unit) = match rest[1..].split_once('[') {
            Some((digits, unit)) => (digits, Some(unit.strip_suffix(']')?)),
            None => (&rest[1..], None),
        };
        if digits.bytes().any(|digit| !digit.is_ascii_digit()) {
            return None;
        }
        let count: Option<u32> = if digits.is_empty() { None } else { Some(digits.parse().ok()?) };
        let size = match (kind, count) {
            (b'b', Some(1)) => 1,
            (b'i' | b'u', Some(n @ (1 | 2 | 4 | 8))) => n,
            (b'f', Some(n @ (2 | 4 | 8 | 12 | 16))) => n,
            (b'c', Some(n @ (8 | 16 | 24 | 32))) => n,
            (b'm' | b'M', Some(8)) => 8,
            (b'S' | b'V', n) => n.unwrap_or(0),
            // numpy counts characters, of four bytes each.
            (b'U', n) => n.unwrap_or(0).checked_mul(4)?,
            // A pointer: its size in the sender's memory means nothing here, and numpy ignores it too.
            (b'O', None | Some(4 | 8)) => 8,
            _ => return None,
        };
        let unit = match unit {
            None => None,
            Some(text) if matches!(kind, b'm' | b'M') => {
                let name = text.trim_start_matches(|c: char| c.is_ascii_digit());
                let multiple = match &text[..text.len() - name.len()] {
                    "" => 1,
                    digits => digits.parse().ok()?,
                };
                time_unit(name, multiple).ok()?
            }
            Some(_) => return None,
        };
        if size as usize > MAX_ITEMSIZE {
            return None;
        }
        Some(Scalar { kind, order, size, unit }.in_order(order))
    }

    /// The same scalar in another byte order, if it has one.
    pub(super) fn in_order(mut self, order: ByteOrder) -> Self {
        let none = self.size == 1 || matches!(self.kind, b'S' | b'V' | b'O');
        self.order = if none { ByteOrder::NotApplicable } else { order };
        self
    }
}

impl DType {
    /// Reads numpy's short spelling of a dtype without fields, its typestr.
    ///
    /// ```
    /// use frames_core::DType;
    /// assert_eq!(DType::parse(">f4")?.to_string(), ">f4");
    /// assert_eq!(DType::parse("<M8[25s]")?.time_unit(), Some(("s", 25)));
    /// assert_eq!(DType::parse("<U2")?.itemsize(), 8);
    /// assert!(DType::parse("float").is_err());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If it is no typestr, or numpy has no such size. numpy's `StringDType` has no typestr.
    pub fn parse(typestr: &str) -> Result<DType> {
        Self::parse_scalar(typestr).map(DType::from)
    }

    pub(super) fn parse_scalar(typestr: &str) -> Result<Scalar> {
        Scalar::parse(typestr).ok_or_else(|| {
            Error::invalid(format!("{} is not the typestr of a numpy dtype", quoted(typestr)))
                .with_help("a typestr is a byte order, a kind and a size, like \"<f8\", \"|S3\" or \"<M8[ns]\"")
        })
    }

    /// A record of `fields` that takes `itemsize` bytes. Fields may leave gaps, overlap and stand in any order.
    ///
    /// ```
    /// use frames_core::{DType, Field};
    /// let i4 = DType::parse("<i4")?;
    /// assert!(DType::structured(vec![Field::new("id", 4, i4.clone())], 8).is_ok());
    /// let error = DType::structured(vec![Field::new("id", 5, i4)], 8).unwrap_err();
    /// assert_eq!(error.to_string(), r#"["id"]: the field ends at byte 9 of a record of 8"#);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If a field reaches beyond `itemsize`, a name or title is there twice, or the record is larger or deeper than
    /// numpy or this crate allows.
    pub fn structured(fields: Vec<Field>, itemsize: usize) -> Result<DType> {
        check_itemsize(Some(itemsize))?;
        let mut names = HashSet::with_capacity(fields.len());
        let (mut nodes, mut depth) = (1, 0);
        for field in &fields {
            match field.offset.checked_add(field.dtype.itemsize()) {
                Some(end) if end <= itemsize => {}
                end => {
                    let end = end.unwrap_or(usize::MAX);
                    let message = format!("the field ends at byte {end} of a record of {itemsize}");
                    return Err(Error::invalid(message).at_key(&field.name));
                }
            }
            for name in std::iter::once(&field.name).chain(&field.title) {
                if !names.insert(name.as_str()) {
                    let message = "the record has this name or title twice";
                    return Err(Error::new(ErrorKind::DuplicateField, message).at_key(name));
                }
            }
            nodes += field.dtype.nodes();
            depth = depth.max(field.dtype.depth());
            if nodes > MAX_NODES {
                break;
            }
        }
        check_extent(nodes, depth)?;
        Ok(DType(Repr::Record(Arc::new(Record { fields, itemsize, aligned: false, nodes, depth: depth + 1 }))))
    }

    /// An array of fixed shape as one item, as fields have it; no dimensions give `base` itself.
    ///
    /// ```
    /// use frames_core::DType;
    /// let matrix = DType::array(DType::parse("<f8")?, &[2, 3])?;
    /// assert_eq!((matrix.itemsize(), matrix.to_string()), (48, "('<f8', (2, 3))".to_owned()));
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the item is larger than numpy allows, has more than 64 dimensions, or `base` has no size, like `|S0`.
    pub fn array(base: DType, shape: &[usize]) -> Result<DType> {
        if shape.is_empty() {
            return Ok(base);
        }
        if shape.len() > MAX_DIMS {
            let message = format!("a sub-array has {} dimensions; numpy ends at {MAX_DIMS}", shape.len());
            return Err(Error::new(ErrorKind::Limit, message));
        }
        if base.itemsize() == 0 && base.fields().is_none() {
            return Err(Error::invalid(format!("numpy makes no sub-array of {base}, which has no size")));
        }
        // A size of 0 must not hide an overflow in the other dimensions: numpy would refuse them.
        let count = shape.iter().try_fold(1usize, |count, &dim| count.checked_mul(dim.max(1)));
        let itemsize = check_itemsize(count.and_then(|count| count.checked_mul(base.itemsize())))?;
        let itemsize = if shape.contains(&0) { 0 } else { itemsize };
        check_extent(base.nodes(), base.depth())?;
        Ok(DType(Repr::Array(Arc::new(SubArray { base, shape: shape.to_vec(), itemsize }))))
    }

    /// Says of a record that numpy aligned it as C does, with `align=True`; other dtypes stay as they are. numpy is
    /// told only if it is true of every record inside as well: it would refuse the others.
    ///
    /// ```
    /// use frames_core::{DType, Field};
    /// let id = Field::new("id", 0, DType::parse("<i4")?);
    /// let record = DType::structured(vec![id], 4)?;
    /// assert!(record.clone().with_aligned(true).is_aligned());
    /// assert_eq!(record.clone().with_aligned(true), record);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn with_aligned(mut self, aligned: bool) -> Self {
        if let Repr::Record(record) = &mut self.0 {
            if record.aligned != aligned {
                Arc::make_mut(record).aligned = aligned;
            }
        }
        self
    }

    /// How many bytes one item takes.
    ///
    /// ```
    /// assert_eq!(frames_core::DType::parse("<c16")?.itemsize(), 16);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn itemsize(&self) -> usize {
        match &self.0 {
            Repr::Scalar(scalar) => scalar.size as usize,
            Repr::Array(array) => array.itemsize,
            Repr::Record(record) => record.itemsize,
        }
    }

    /// numpy's letter for the sort of items: one of `b i u f c S U V M m O`. Records and sub-arrays are `V`.
    ///
    /// ```
    /// assert_eq!(frames_core::DType::parse("|b1")?.kind(), 'b');
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn kind(&self) -> char {
        match &self.0 {
            Repr::Scalar(scalar) => scalar.kind as char,
            Repr::Array(_) | Repr::Record(_) => 'V',
        }
    }

    /// The order of bytes in a number; of a record and a sub-array, see the parts.
    ///
    /// ```
    /// use frames_core::{ByteOrder, DType};
    /// assert_eq!(DType::parse("=i4")?.byteorder(), ByteOrder::NATIVE);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn byteorder(&self) -> ByteOrder {
        match &self.0 {
            Repr::Scalar(scalar) => scalar.order,
            Repr::Array(_) | Repr::Record(_) => ByteOrder::NotApplicable,
        }
    }

    /// True if this machine reads every part of an item without swapping bytes.
    ///
    /// ```
    /// use frames_core::DType;
    /// assert!(DType::parse("=f8")?.is_native());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn is_native(&self) -> bool {
        match &self.0 {
            Repr::Scalar(scalar) => [ByteOrder::NATIVE, ByteOrder::NotApplicable].contains(&scalar.order),
            Repr::Array(array) => array.base.is_native(),
            Repr::Record(record) => record.fields.iter().all(|field| field.dtype.is_native()),
        }
    }

    /// The fields of a record, in the order of their names in numpy; `None` of anything else.
    ///
    /// ```
    /// assert!(frames_core::DType::parse("|V5")?.fields().is_none());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn fields(&self) -> Option<&[Field]> {
        match &self.0 {
            Repr::Record(record) => Some(&record.fields),
            _ => None,
        }
    }

    /// What a sub-array is made of, and its shape; `None` of anything else.
    ///
    /// ```
    /// use frames_core::DType;
    /// let f8 = DType::parse("<f8")?;
    /// assert_eq!(DType::array(f8.clone(), &[3])?.subarray(), Some((&f8, &[3][..])));
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn subarray(&self) -> Option<(&DType, &[usize])> {
        match &self.0 {
            Repr::Array(array) => Some((&array.base, &array.shape)),
            _ => None,
        }
    }

    /// The unit of a time and how many of it make one step; `None` of anything else and of numpy's generic unit.
    ///
    /// ```
    /// assert_eq!(frames_core::DType::parse("<m8[ns]")?.time_unit(), Some(("ns", 1)));
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn time_unit(&self) -> Option<(&'static str, u32)> {
        match &self.0 {
            Repr::Scalar(scalar) => scalar.unit,
            _ => None,
        }
    }

    /// True if numpy laid the record out with `align=True`.
    ///
    /// ```
    /// assert!(!frames_core::DType::parse("<f8")?.is_aligned());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn is_aligned(&self) -> bool {
        matches!(&self.0, Repr::Record(record) if record.aligned)
    }

    /// True of a record that is aligned throughout, so that numpy accepts it when told so.
    #[doc(hidden)]
    pub fn keeps_alignment(&self) -> bool {
        matches!(&self.0, Repr::Record(record) if record.alignment().is_some())
    }

    /// C's alignment; `None` if a record in it is packed, or says that it is aligned and is not.
    fn alignment(&self) -> Option<usize> {
        match &self.0 {
            Repr::Scalar(Scalar { kind, size, .. }) => Some(match kind {
                b'S' | b'V' => 1,
                b'U' => 4,
                b'c' => *size as usize / 2,
                _ => *size as usize,
            }),
            Repr::Array(array) => array.base.alignment(),
            Repr::Record(record) => record.alignment(),
        }
    }

    /// How many parts there are, with shared ones counted at each place.
    pub(super) fn nodes(&self) -> usize {
        match &self.0 {
            Repr::Scalar(_) => 1,
            Repr::Array(array) => 1 + array.base.nodes(),
            Repr::Record(record) => record.nodes,
        }
    }

    fn depth(&self) -> u8 {
        match &self.0 {
            Repr::Scalar(_) => 0,
            Repr::Array(array) => 1 + array.base.depth(),
            Repr::Record(record) => record.depth,
        }
    }
}

impl Record {
    /// C's alignment, if the record keeps it throughout.
    pub(super) fn alignment(&self) -> Option<usize> {
        let mut record = Some(1).filter(|_| self.aligned)?;
        for field in &self.fields {
            let alignment = field.dtype.alignment()?;
            if field.offset % alignment != 0 {
                return None;
            }
            record = alignment.max(record);
        }
        Some(record).filter(|alignment| self.itemsize % alignment == 0)
    }
}

fn check_itemsize(itemsize: Option<usize>) -> Result<usize> {
    itemsize.filter(|&size| size <= MAX_ITEMSIZE).ok_or_else(|| {
        Error::new(ErrorKind::Limit, format!("an item is larger than {MAX_ITEMSIZE} bytes, which is where numpy ends"))
    })
}

/// Refuses to put another level on top of parts that are already `depth` deep, or too many.
fn check_extent(nodes: usize, depth: u8) -> Result<()> {
    if depth >= MAX_DEPTH {
        return Err(too_deep());
    }
    if nodes >= MAX_NODES {
        let message = format!("a dtype has more than {MAX_NODES} parts, counted with all its nested records");
        return Err(Error::new(ErrorKind::Limit, message));
    }
    Ok(())
}

#[cold]
pub(super) fn too_deep() -> Error {
    Error::new(ErrorKind::Limit, format!("records and sub-arrays nest deeper than {MAX_DEPTH} levels"))
}

impl From<Scalar> for DType {
    fn from(scalar: Scalar) -> Self {
        DType(Repr::Scalar(scalar))
    }
}

impl fmt::Debug for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DType({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scalar(typestr: &str) -> DType {
        DType::parse(typestr).unwrap()
    }

    #[test]
    fn typestrs_are_read_as_numpy_reads_them() {
        for same in [
            "|b1", "|i1", "|u1", "<i2", ">i8", "<u4", "<f2", ">f4", "<f8", "<f16", "<c8", ">c16", "<c32", "|S0", "|S3",
            "|V5", "<U2", ">U10", "<M8", "<M8[ns]", ">m8[25s]", "|O",
        ] {
            assert_eq!(scalar(same).to_string(), same);
        }
        for (other, typestr) in
            [("i4", "=i4"), ("|i4", "=i4"), (">b1", "|b1"), ("<u1", "|u1"), ("S", "|S0"), ("<S3", "|S3"), ("|O8", "|O")]
        {
            assert_eq!(scalar(other), scalar(typestr), "{other}");
        }
        assert_eq!(scalar("<M8[1s]"), scalar("<M8[s]"));
        assert_eq!(scalar("<M8[generic]"), scalar("<M8"));
        assert_ne!(scalar("<i4"), scalar(">i4"));
        assert_ne!(scalar("<M8[s]"), scalar("<M8[ms]"));
    }

    #[test]
    fn what_numpy_does_not_have_is_refused() {
        for wrong in [
            "",
            "<",
            "f",
            "i3",
            "i16",
            "b2",
            "f1",
            "c4",
            "S-1",
            "S+1",
            " i4",
            "!i4",
            "i4,i4",
            "float64",
            "|T16",
            "<M4[s]",
            "<M8[",
            "<M8[]",
            "<M8[3]",
            "<M8[-1s]",
            "<M8[2147483648s]",
            "<M8[B]",
            "<M8[s/2]",
            "<f8[s]",
            "|S2147483648",
            "<U536870912",
            "<U4294967295",
            "V99999999999",
            "é4",
            "<é",
        ] {
            let error = DType::parse(wrong).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Invalid, "{wrong}");
        }
        let error = DType::parse(&"é".repeat(10_000)).unwrap_err();
        assert!(error.to_string().len() < 400);
    }

    #[test]
    fn records_are_checked() {
        let field = |name: &str, offset, typestr| Field::new(name, offset, scalar(typestr));
        let overlap = vec![field("b", 2, "<i4"), field("a", 0, "<i4")];
        assert_eq!(DType::structured(overlap, 6).unwrap().fields().unwrap()[0].name, "b");
        assert!(DType::structured(vec![field("a", usize::MAX, "<i4")], 6).is_err());
        assert!(DType::structured(vec![], usize::MAX).is_err());
        let twice = DType::structured(vec![field("a", 0, "<i4"), field("a", 0, "<i4")], 4).unwrap_err();
        assert_eq!(twice.kind(), ErrorKind::DuplicateField);
        let mut titled = field("a", 0, "<i4");
        titled.title = Some("a".into());
        assert!(DType::structured(vec![titled], 4).is_err());
    }

    #[test]
    fn sub_arrays_are_checked() {
        assert_eq!(DType::array(scalar("<i4"), &[]).unwrap(), scalar("<i4"));
        assert_eq!(DType::array(scalar("<i4"), &[3, 0]).unwrap().itemsize(), 0);
        assert!(DType::array(scalar("<i4"), &[usize::MAX, 0]).is_err());
        assert!(DType::array(scalar("<i4"), &[1 << 29]).is_err());
        assert!(DType::array(scalar("<i4"), &[1; 65]).is_err());
        assert!(DType::array(scalar("|S0"), &[2]).is_err());
        assert!(
            !DType::array(scalar(if cfg!(target_endian = "big") { "<i4" } else { ">i4" }), &[2]).unwrap().is_native()
        );
    }

    #[test]
    fn sharing_cannot_make_a_walk_endless() {
        let mut dtype = scalar("|V0");
        for level in 0..40 {
            let twins = vec![Field::new("a", 0, dtype.clone()), Field::new("b", 0, dtype)];
            match DType::structured(twins, 0) {
                Ok(next) => dtype = next,
                Err(error) => {
                    assert_eq!((error.kind(), level), (ErrorKind::Limit, 19));
                    return;
                }
            }
        }
        panic!("2^40 parts");
    }

    #[test]
    fn nesting_is_bounded() {
        let mut dtype = scalar("<i4");
        for _ in 0..MAX_DEPTH {
            dtype = DType::array(dtype, &[1]).unwrap();
        }
        assert_eq!(DType::array(dtype.clone(), &[1]).unwrap_err().kind(), ErrorKind::Limit);
        assert_eq!(DType::structured(vec![Field::new("a", 0, dtype)], 4).unwrap_err().kind(), ErrorKind::Limit);
    }
}
