//! How dtypes are spelled: typestrs, maps of records, and numpy's lists of fields, read and written.
//!
//! msgpack makes lists of tuples, so a list is told apart by what it holds. Reading must never guess: what is no
//! known form is an error. Writing must never spell what numpy would refuse.

use super::dtype::{DType, Field, MAX_DEPTH, Record, Repr, Scalar, too_deep};
use super::dtype_pickle;
use crate::error::{Error, ErrorKind, Result};
use crate::msgpack::{Cursor, Kind, write};
use std::fmt;

impl DType {
    /// Reads the value of `dtype` in a header of Dask: `[0, what np.dtype accepts]` or `[1, a pickle of a dtype]`.
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<DType> {
        let count = cursor.array()?;
        if count != 2 {
            return Err(Error::invalid(format!("a dtype is a pair of a form and a value, and this has {count} items")));
        }
        match cursor.count()? {
            0 => read_spec(cursor, 0),
            1 => dtype_pickle::read(cursor.bin()?),
            form => Err(Error::invalid(format!("a dtype comes in form 0 or 1, and this says {form}"))),
        }
    }

    /// Appends what `np.dtype` accepts once msgpack has made tuples of lists: a typestr, a map of a record, or
    /// `[base, [shape…]]`. numpy makes an equal dtype of it.
    ///
    /// ```
    /// use frames_core::DType;
    /// let mut out = Vec::new();
    /// DType::parse("<f8")?.write_msgpack(&mut out)?;
    /// assert_eq!(out, b"\xa3<f8");
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If a name is longer than msgpack can say (4 GiB).
    pub fn write_msgpack(&self, out: &mut Vec<u8>) -> Result<()> {
        match &self.0 {
            Repr::Scalar(Scalar { kind, order, size: size @ 0..10, unit: None }) if !matches!(kind, b'O' | b'U') => {
                out.extend_from_slice(&[0xa3, order.symbol() as u8, *kind, b'0' + *size as u8]);
                Ok(())
            }
            Repr::Scalar(scalar) => write::str(out, &scalar.to_string()),
            Repr::Array(array) => {
                write::array_len(out, 2)?;
                array.base.write_msgpack(out)?;
                write::array_len(out, array.shape.len())?;
                array.shape.iter().for_each(|&dim| write::uint(out, dim as u64));
                Ok(())
            }
            Repr::Record(record) => record.write_msgpack(out),
        }
    }
}

/// One level of what `np.dtype` accepts. `level` bounds the recursion, whatever depth the limits allow.
fn read_spec(cursor: &mut Cursor<'_>, level: u8) -> Result<DType> {
    if cursor.kind()? == Kind::Text {
        return DType::parse(cursor.str()?);
    }
    if level == MAX_DEPTH {
        return Err(too_deep());
    }
    cursor.descend()?;
    let dtype = match cursor.kind()? {
        Kind::Map => read_map(cursor, level)?,
        Kind::Array if is_subarray(*cursor)? => {
            cursor.array()?;
            let base = read_spec(cursor, level + 1)?;
            DType::array(base, &read_shape(cursor)?)?
        }
        Kind::Array => read_list(cursor, level)?,
        _ => return Err(cursor.mismatch("a dtype: a typestr, a map or a list")),
    };
    cursor.ascend();
    Ok(dtype)
}

/// `[base, [2, 3]]` and not a list of two fields: those begin with a name, never with a number.
fn is_subarray(mut cursor: Cursor<'_>) -> Result<bool> {
    if cursor.array()? != 2 {
        return Ok(false);
    }
    cursor.skip()?;
    Ok(cursor.kind()? == Kind::Array && (cursor.array()? == 0 || cursor.kind()? == Kind::Int))
}

fn read_shape(cursor: &mut Cursor<'_>) -> Result<Vec<usize>> {
    let mut shape = Vec::new();
    for _ in 0..cursor.array()? {
        shape.push(read_size(cursor)?);
    }
    Ok(shape)
}

fn read_size(cursor: &mut Cursor<'_>) -> Result<usize> {
    let n = cursor.count()?;
    usize::try_from(n).map_err(|_| Error::new(ErrorKind::OutOfRange, format!("{n} is no size on this machine")))
}

/// `{"names": […], "formats": […], "offsets": […], "itemsize": n, "titles": […], "aligned": bool}`; without
/// offsets the fields follow each other, without itemsize the record ends with the last.
fn read_map(cursor: &mut Cursor<'_>, level: u8) -> Result<DType> {
    let (mut names, mut formats, mut offsets, mut titles) = (None, None, None, None);
    let (mut itemsize, mut aligned) = (None, None);
    for _ in 0..cursor.map()? {
        let key = cursor.str()?;
        let twice = match key {
            "names" => names.replace(*cursor).is_some(),
            "formats" => formats.replace(*cursor).is_some(),
            "offsets" => offsets.replace(*cursor).is_some(),
            "titles" => titles.replace(*cursor).is_some(),
            "itemsize" => itemsize.replace(read_size(&mut cursor.clone())?).is_some(),
            "aligned" => aligned.replace(cursor.clone().bool()?).is_some(),
            _ => {
                let message = "a dtype has names, formats, offsets, titles, itemsize and aligned, not this key";
                return Err(Error::new(ErrorKind::UnknownField, message).at_key(key));
            }
        };
        if twice {
            return Err(Error::new(ErrorKind::DuplicateField, "a dtype has this key twice").at_key(key));
        }
        cursor.skip()?;
    }
    let missing = |key| Error::new(ErrorKind::MissingField, format!("the map of a dtype has no {key:?}"));
    let mut names = names.ok_or_else(|| missing("names"))?;
    let mut formats = formats.ok_or_else(|| missing("formats"))?;
    let aligned = aligned.unwrap_or(false);
    if aligned && offsets.is_none() {
        return Err(missing("offsets").with_help("an aligned dtype must say its offsets"));
    }

    let count = names.array()?;
    for list in [Some(&mut formats), offsets.as_mut(), titles.as_mut()].into_iter().flatten() {
        let other = list.array()?;
        if other != count {
            return Err(Error::invalid(format!("a dtype has {count} names and {other} of another part")));
        }
    }
    let mut fields = Fields::default();
    for _ in 0..count {
        let name = names.str()?;
        let dtype = read_spec(&mut formats, level + 1).map_err(|error| error.at_key(name))?;
        let offset = offsets.as_mut().map(read_size).transpose()?;
        let title = match &mut titles {
            Some(titles) => {
                if titles.take_nil() {
                    None
                } else {
                    Some(titles.str()?)
                }
            }
            None => None,
        };
        fields.push(name, title, offset, dtype)?;
    }
    Ok(DType::structured(fields.fields, itemsize.unwrap_or(fields.end))?.with_aligned(aligned))
}

/// numpy's `descr`: fields in order as `[name, format]` or `[name, format, shape]`, where a name may be
/// `[title, name]`, and unnamed plain bytes are padding.
fn read_list(cursor: &mut Cursor<'_>, level: u8) -> Result<DType> {
    let mut fields = Fields::default();
    for index in 0..cursor.array()? {
        let count = cursor.array()?;
        if !matches!(count, 2 | 3) {
            let message = format!("a field is a name, a format and perhaps a shape, and this has {count} items");
            return Err(Error::invalid(message).at_index(index));
        }
        let (title, name) = match cursor.kind()? {
            Kind::Array if cursor.array()? == 2 => (Some(cursor.str()?), cursor.str()?),
            Kind::Text => (None, cursor.str()?),
            _ => return Err(cursor.mismatch("a field's name, or a pair of title and name").at_index(index)),
        };
        let dtype = read_spec(cursor, level + 1).map_err(|error| error.at_key(name))?;
        let padding = name.is_empty() && dtype.kind() == 'V' && dtype.fields().is_none() && count == 2;
        if padding {
            fields.skip(dtype.itemsize())?;
            continue;
        }
        let dtype = if count == 3 { DType::array(dtype, &read_shape(cursor)?)? } else { dtype };
        fields.push(name, title, None, dtype)?;
    }
    DType::structured(fields.fields, fields.end)
}

/// Fields as they are read, and where the last one ends.
#[derive(Default)]
struct Fields {
    fields: Vec<Field>,
    end: usize,
}

impl Fields {
    fn push(&mut self, name: &str, title: Option<&str>, offset: Option<usize>, dtype: DType) -> Result<()> {
        let offset = offset.unwrap_or(self.end);
        let end = self.end;
        self.end = offset;
        self.skip(dtype.itemsize())?;
        self.end = self.end.max(end);
        let mut field = Field::new(name, offset, dtype);
        field.title = title.map(str::to_owned);
        self.fields.push(field);
        Ok(())
    }

    fn skip(&mut self, size: usize) -> Result<()> {
        match self.end.checked_add(size) {
            Some(end) => self.end = end,
            None => return Err(Error::invalid("the fields of a dtype reach beyond what a size can say")),
        }
        Ok(())
    }
}

impl Record {
    fn has_titles(&self) -> bool {
        self.fields.iter().any(|field| field.title.is_some())
    }

    fn write_msgpack(&self, out: &mut Vec<u8>) -> Result<()> {
        // numpy hands the flag down to nested maps and then refuses the ones that are packed. All offsets are written
        // out, so leaving it away changes no byte of the layout.
        let aligned = self.alignment().is_some();
        let count = self.fields.len();
        write::map_len(out, 4 + self.has_titles() as usize + aligned as usize)?;
        write::str(out, "names")?;
        write::array_len(out, count)?;
        for field in &self.fields {
            write::str(out, &field.name)?;
        }
        write::str(out, "formats")?;
        write::array_len(out, count)?;
        for field in &self.fields {
            field.dtype.write_msgpack(out)?;
        }
        write::str(out, "offsets")?;
        write::array_len(out, count)?;
        for field in &self.fields {
            write::uint(out, field.offset as u64);
        }
        write::str(out, "itemsize")?;
        write::uint(out, self.itemsize as u64);
        if self.has_titles() {
            write::str(out, "titles")?;
            write::array_len(out, count)?;
            for field in &self.fields {
                match &field.title {
                    Some(title) => write::str(out, title)?,
                    None => write::nil(out),
                }
            }
        }
        if aligned {
            write::str(out, "aligned")?;
            write::bool(out, true);
        }
        Ok(())
    }
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.order.symbol(), self.kind as char)?;
        match self.kind {
            b'O' => {}
            b'U' => write!(f, "{}", self.size / 4)?,
            _ => write!(f, "{}", self.size)?,
        }
        match self.unit {
            None => Ok(()),
            Some((unit, 1)) => write!(f, "[{unit}]"),
            Some((unit, multiple)) => write!(f, "[{multiple}{unit}]"),
        }
    }
}

/// As [`DType::parse`].
///
/// ```
/// let dtype: frames_core::DType = "<f8".parse()?;
/// assert_eq!(dtype.itemsize(), 8);
/// # Ok::<(), frames_core::Error>(())
/// ```
impl std::str::FromStr for DType {
    type Err = Error;
    fn from_str(typestr: &str) -> Result<DType> {
        DType::parse(typestr)
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Scalar(scalar) => scalar.fmt(f),
            Repr::Array(array) => {
                let comma = if array.shape.len() == 1 { "," } else { "" };
                write!(f, "({}, ({}{comma}))", Part(&array.base), list(&array.shape, |dim, f| write!(f, "{dim}")))
            }
            Repr::Record(record) => {
                let fields = &record.fields;
                write!(f, "{{'names': [{}]", list(fields, |field, f| quote(f, &field.name)))?;
                write!(f, ", 'formats': [{}]", list(fields, |field, f| Part(&field.dtype).fmt(f)))?;
                write!(f, ", 'offsets': [{}]", list(fields, |field, f| field.offset.fmt(f)))?;
                if record.has_titles() {
                    let titles = list(fields, |field, f| match &field.title {
                        Some(title) => quote(f, title),
                        None => f.write_str("None"),
                    });
                    write!(f, ", 'titles': [{titles}]")?;
                }
                write!(f, ", 'itemsize': {}", record.itemsize)?;
                f.write_str(if record.alignment().is_some() { ", 'aligned': True}" } else { "}" })
            }
        }
    }
}

/// A dtype inside another: numpy quotes the typestr there.
struct Part<'a>(&'a DType);

impl fmt::Display for Part<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.0 {
            Repr::Scalar(scalar) => write!(f, "'{scalar}'"),
            _ => self.0.fmt(f),
        }
    }
}

fn quote(f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
    write!(f, "'{}'", name.escape_debug())
}

/// Items with commas between them.
fn list<'a, T>(
    items: &'a [T],
    each: impl Fn(&T, &mut fmt::Formatter<'_>) -> fmt::Result + 'a,
) -> impl fmt::Display + 'a {
    struct List<'a, T, F>(&'a [T], F);
    impl<T, F: Fn(&T, &mut fmt::Formatter<'_>) -> fmt::Result> fmt::Display for List<'_, T, F> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            for (i, item) in self.0.iter().enumerate() {
                f.write_str(if i > 0 { ", " } else { "" })?;
                self.1(item, f)?;
            }
            Ok(())
        }
    }
    List(items, each)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envelope::DEFAULT_DECODER;
    use rmpv::Value as V;

    fn read(value: &V) -> Result<DType> {
        let mut bytes = Vec::new();
        rmpv::encode::write_value(&mut bytes, value).unwrap();
        let mut cursor = Cursor::new(&bytes, &DEFAULT_DECODER);
        let dtype = DType::read(&mut cursor)?;
        cursor.finish()?;
        Ok(dtype)
    }

    fn list<const N: usize>(items: [V; N]) -> V {
        V::Array(items.into())
    }

    fn map<const N: usize>(items: [(&str, V); N]) -> V {
        V::Map(items.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }

    fn spec(value: V) -> Result<DType> {
        read(&list([0.into(), value]))
    }

    fn inner() -> V {
        map([
            ("names", list(["x".into()])),
            ("formats", list(["<f4".into()])),
            ("offsets", list([0.into()])),
            ("itemsize", 4.into()),
        ])
    }

    fn outer() -> V {
        map([
            ("names", list(["p".into(), "m".into()])),
            ("formats", list([inner(), list([">i2".into(), list([2.into(), 3.into()])])])),
            ("offsets", list([1.into(), 8.into()])),
            ("itemsize", 20.into()),
            ("titles", list([V::Nil, "matrix".into()])),
        ])
    }

    #[test]
    fn maps_come_back_as_they_were() {
        let dtype = spec(outer()).unwrap();
        assert_eq!(
            dtype.to_string(),
            "{'names': ['p', 'm'], 'formats': [{'names': ['x'], 'formats': ['<f4'], 'offsets': [0], 'itemsize': 4}, \
             ('>i2', (2, 3))], 'offsets': [1, 8], 'titles': [None, 'matrix'], 'itemsize': 20}"
        );
        let mut written = Vec::new();
        dtype.write_msgpack(&mut written).unwrap();
        let mut expected = Vec::new();
        rmpv::encode::write_value(&mut expected, &outer()).unwrap();
        assert_eq!(written, expected);
    }

    #[test]
    fn alignment_is_only_claimed_where_numpy_accepts_it() {
        let aligned = |offset: u64, format: V| {
            let dtype = spec(map([
                ("names", list(["a".into()])),
                ("formats", list([format])),
                ("offsets", list([offset.into()])),
                ("itemsize", 8.into()),
                ("aligned", true.into()),
            ]));
            dtype.unwrap().to_string().contains("aligned")
        };
        assert!(aligned(4, "<i4".into()));
        assert!(!aligned(2, "<i4".into()));
        assert!(!aligned(4, inner()));
        assert!(!spec(outer()).unwrap().with_aligned(true).to_string().contains("aligned"));
    }

    #[test]
    fn lists_of_fields_are_read() {
        // [(("t", "a"), "<i4"), ("", "|V4"), ("b", [("x", "|u1")], (2,)), ("c", "|S3"), ("", "|V5")]
        let dtype = spec(list([
            list([list(["t".into(), "a".into()]), "<i4".into()]),
            list(["".into(), "|V4".into()]),
            list(["b".into(), list([list(["x".into(), "|u1".into()])]), list([2.into()])]),
            list(["c".into(), "|S3".into()]),
            list(["".into(), "|V5".into()]),
        ]));
        assert_eq!(
            dtype.unwrap().to_string(),
            "{'names': ['a', 'b', 'c'], 'formats': ['<i4', ({'names': ['x'], 'formats': ['|u1'], 'offsets': [0], \
             'itemsize': 1}, (2,)), '|S3'], 'offsets': [0, 8, 10], 'titles': ['t', None, None], 'itemsize': 18}"
        );
        let two = spec(list([list(["a".into(), "<i4".into()]), list(["b".into(), "<i4".into()])])).unwrap();
        assert_eq!((two.itemsize(), two.fields().unwrap().len()), (8, 2));
        assert_eq!(spec(list(["<i4".into(), list([2.into()])])).unwrap().to_string(), "('<i4', (2,))");
    }

    #[test]
    fn mistakes_are_named() {
        let wrong = |value: V| spec(value).unwrap_err();
        assert_eq!(wrong(map([("names", list([]))])).kind(), ErrorKind::MissingField);
        assert_eq!(wrong(map([("name", list([]))])).kind(), ErrorKind::UnknownField);
        let nested = map([("names", list(["a".into()])), ("formats", list([list([list(["b".into(), "i3".into()])])]))]);
        assert_eq!(wrong(nested).path(), r#"["a"]["b"]"#);
        let uneven = map([("names", list(["a".into()])), ("formats", list([]))]);
        assert!(wrong(uneven).to_string().contains("1 names and 0"));
        assert_eq!(wrong(5.into()).kind(), ErrorKind::Mismatch);
        assert!(read(&list([2.into(), "<f8".into()])).is_err());
        assert!(read(&list([0.into()])).is_err());
    }

    #[test]
    fn deep_headers_end_in_an_error() {
        for depth in [20, 33, 60, 500] {
            let nest = |value, _| list([value, list([1.into()])]);
            let dtype = spec((0..depth).fold("<i4".into(), nest));
            assert_eq!(dtype.is_ok(), depth == 20);
        }
        let deep = [&b"\x92\0"[..], &[0x91; 100_000]].concat();
        assert!(DType::read(&mut Cursor::new(&deep, &DEFAULT_DECODER)).is_err());
    }

    #[test]
    fn damaged_headers_never_panic() {
        let mut bytes = vec![0x92, 0];
        rmpv::encode::write_value(&mut bytes, &outer()).unwrap();
        for cut in 0..bytes.len() {
            assert!(DType::read(&mut Cursor::new(&bytes[..cut], &DEFAULT_DECODER)).is_err(), "cut at {cut}");
        }
        for bit in 0..bytes.len() * 8 {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            if let Ok(dtype) = DType::read(&mut Cursor::new(&bytes, &DEFAULT_DECODER)) {
                dtype.write_msgpack(&mut Vec::new()).unwrap();
            }
        }
    }
}
