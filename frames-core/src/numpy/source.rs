//! Where an array comes from: the classes of Python that are one run of items, each with a sub-header of its own.
//!
//! numpy's arrays, `memoryview` and `array.array` are one thing here, so that every reader of arrays reads them all. Nothing is
//! guessed: a format that does not name one dtype exactly is an error.

use super::dtype::DType;
use super::header::ArrayHeader;
use crate::classref::ClassRef;
use crate::error::{Error, ErrorKind, Result};
use crate::frames::Slot;
use crate::msgpack::Cursor;
use crate::pickle_ops::quoted;
use std::ffi::c_long;

/// The class of Python that an array is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ArrayClass {
    /// `numpy.ndarray`, and the subclasses that Dask sends as one.
    NdArray,
    /// `numpy.matrix`
    Matrix,
    /// `builtins.memoryview`
    MemoryView,
    /// `array.array`
    Array,
}

impl ArrayClass {
    /// The class of a header; `None` if it is none of arrays.
    pub(crate) fn of(class: &ClassRef<'_>) -> Option<Self> {
        // Dask sends these through the serializer of their base; Python gets a plain ndarray of them.
        const SUBCLASSES: [(&str, &str); 5] = [
            ("numpy", "memmap"),
            ("numpy.rec", "recarray"),
            ("numpy", "recarray"),
            ("numpy.char", "chararray"),
            ("numpy", "chararray"),
        ];
        Some(match () {
            () if class.is("numpy", "ndarray") => ArrayClass::NdArray,
            () if class.is("numpy", "matrix") => ArrayClass::Matrix,
            () if class.is("builtins", "memoryview") => ArrayClass::MemoryView,
            () if class.is("array", "array") => ArrayClass::Array,
            () if SUBCLASSES.iter().any(|(module, name)| class.is(module, name)) => ArrayClass::NdArray,
            () => return None,
        })
    }

    /// As Python shows it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            ArrayClass::NdArray => "numpy.ndarray",
            ArrayClass::Matrix => "numpy.matrix",
            ArrayClass::MemoryView => "memoryview",
            ArrayClass::Array => "array.array",
        }
    }
}

/// The class of an array and its sub-header.
#[derive(Clone, Copy, Debug)]
pub struct ArraySource<'h> {
    pub(crate) class: ArrayClass,
    sub: Cursor<'h>,
}

impl<'h> ArraySource<'h> {
    pub(crate) fn new(class: ArrayClass, sub: Cursor<'h>) -> Self {
        ArraySource { class, sub }
    }

    /// Of numpy's own sub-header.
    pub fn numpy(sub: Cursor<'h>) -> Self {
        ArraySource::new(ArrayClass::NdArray, sub)
    }

    /// True for `{"pickle": true}`: the frames are the pickle of the array and its buffers, as of objects and numpy's `StringDType`.
    pub(crate) fn is_pickled(&self) -> Result<bool> {
        let mut sub = self.sub;
        for _ in 0..sub.map()? {
            if sub.str()? == "pickle" {
                return sub.bool();
            }
            sub.skip()?;
        }
        Ok(false)
    }

    /// What the sub-header says. `slots` are the frames of the value: an `array.array` has as many items as its frame.
    pub(crate) fn header(&self, slots: &[Slot<'_>]) -> Result<ArrayHeader<'h>> {
        let bytes = match slots {
            [Some(frame)] => Some(frame.len() as u64),
            _ => None,
        };
        let mut sub = self.sub;
        match self.class {
            ArrayClass::NdArray | ArrayClass::Matrix => ArrayHeader::read(&mut sub),
            ArrayClass::MemoryView => memoryview(&mut sub, bytes),
            ArrayClass::Array => array(&mut sub, bytes.unwrap_or(0)),
        }
    }
}

/// `{"format": "<i", "shape": [2, 3]}`, in C order whatever the view had been.
fn memoryview<'h>(sub: &mut Cursor<'h>, bytes: Option<u64>) -> Result<ArrayHeader<'h>> {
    let (mut format, mut shape) = (None, None);
    for _ in 0..sub.map()? {
        match sub.str()? {
            "format" => format = Some(sub.str()?),
            "shape" => shape = Some(super::header::dims(sub).map_err(|e| e.at_key("shape"))?),
            _ => sub.skip()?,
        }
    }
    let (Some(format), Some(shape)) = (format, shape) else {
        return Err(Error::invalid("the sub-header of a memoryview has the keys `format` and `shape`"));
    };
    let count = shape.iter().try_fold(1u64, |n, &dim| n.checked_mul(dim)).unwrap_or(0);
    let itemsize =
        bytes.and_then(|bytes| bytes.checked_div(count).filter(|size| size.checked_mul(count) == Some(bytes)));
    let dtype = of_format(format, itemsize).map_err(|e| e.at_key("format"))?;
    ArrayHeader::in_c_order(dtype, shape)
}

/// `{"typecode": "d", "writeable": [null]}`
fn array<'h>(sub: &mut Cursor<'h>, bytes: u64) -> Result<ArrayHeader<'h>> {
    let mut typecode = None;
    for _ in 0..sub.map()? {
        match sub.str()? {
            "typecode" => typecode = Some(sub.str()?),
            _ => sub.skip()?,
        }
    }
    let Some(typecode) = typecode else {
        return Err(Error::invalid("the sub-header of an array.array has the key `typecode`"));
    };
    let dtype = match typecode {
        "u" | "w" => DType::parse("=U1")?,
        "b" | "B" | "h" | "H" | "i" | "I" | "l" | "L" | "q" | "Q" | "f" | "d" => of_format(typecode, None)?,
        _ => return Err(unknown("typecode of array.array", typecode).at_key("typecode")),
    };
    let (itemsize, rest) = (dtype.itemsize() as u64, bytes % dtype.itemsize() as u64);
    if rest != 0 {
        return Err(Error::invalid(format!("{bytes} bytes are no whole number of items of {dtype}")));
    }
    ArrayHeader::in_c_order(dtype, vec![bytes / itemsize])
}

/// The dtype of a format of the module `struct`, with what PEP 3118 adds: one item, in native or standard sizes. `itemsize` is what the
/// bytes say, for the C types whose size the sender's machine decides.
fn of_format(format: &str, itemsize: Option<u64>) -> Result<DType> {
    let wrong = || unknown("format of one item", format);
    let (order, code) = match format.as_bytes().first() {
        Some(b'<') => ('<', &format[1..]),
        Some(b'>' | b'!') => ('>', &format[1..]),
        Some(b'=') => ('=', &format[1..]),
        Some(b'@' | b'^') => ('@', &format[1..]),
        _ => ('@', format),
    };
    let symbol = if order == '@' { '=' } else { order };
    let is_native = order == '@';
    // A size that only the sender's machine knows is that of the bytes, or else of this machine.
    let of_machine = |sizes: [u64; 2], here: u64| itemsize.filter(|size| sizes.contains(size)).unwrap_or(here);
    let long = || if is_native { of_machine([4, 8], size_of::<c_long>() as u64) } else { 4 };
    let typestr = match code {
        "c" => "|S1".to_owned(),
        "b" => "|i1".to_owned(),
        "B" => "|u1".to_owned(),
        "?" => "|b1".to_owned(),
        "h" => format!("{symbol}i2"),
        "H" => format!("{symbol}u2"),
        "i" => format!("{symbol}i4"),
        "I" => format!("{symbol}u4"),
        "l" => format!("{symbol}i{}", long()),
        "L" => format!("{symbol}u{}", long()),
        "q" => format!("{symbol}i8"),
        "Q" => format!("{symbol}u8"),
        "n" if is_native => format!("{symbol}i{}", of_machine([4, 8], size_of::<isize>() as u64)),
        "N" if is_native => format!("{symbol}u{}", of_machine([4, 8], size_of::<usize>() as u64)),
        "e" => format!("{symbol}f2"),
        "f" => format!("{symbol}f4"),
        "d" => format!("{symbol}f8"),
        "g" => format!("{symbol}f{}", of_machine([12, 16], 16)),
        "Zf" => format!("{symbol}c8"),
        "Zd" => format!("{symbol}c16"),
        "Zg" => format!("{symbol}c{}", of_machine([24, 32], 32)),
        "w" => format!("{symbol}U1"),
        _ => {
            let digits = code.len() - code.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let (count, code) = code.split_at(digits);
            match (count, code) {
                ("", _) => return Err(wrong()),
                (count, "s") => format!("|S{count}"),
                (count, "x") => format!("|V{count}"),
                (count, "w") => format!("{symbol}U{count}"),
                _ => return Err(wrong()),
            }
        }
    };
    DType::parse(&typestr).map_err(|_| wrong())
}

#[cold]
fn unknown(what: &str, text: &str) -> Error {
    Error::new(ErrorKind::Unsupported, format!("{} is no {what} that has a dtype", quoted(text)))
        .with_help("the value can be forwarded unchanged")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_dtypes() {
        for (format, itemsize, expected) in [
            ("B", None, "|u1"),
            ("c", None, "|S1"),
            ("?", None, "|b1"),
            ("<h", None, "<i2"),
            (">q", None, ">i8"),
            ("!d", None, ">f8"),
            ("=l", Some(8), "=i4"),
            ("@l", Some(8), "=i8"),
            ("l", Some(4), "=i4"),
            ("e", None, "=f2"),
            ("g", Some(16), "=f16"),
            ("g", Some(12), "=f12"),
            (">Zf", None, ">c8"),
            ("5s", None, "|S5"),
            ("5x", None, "|V5"),
            ("2w", None, "=U2"),
            (">2w", None, ">U2"),
        ] {
            let found = of_format(format, itemsize).unwrap_or_else(|e| panic!("{format}: {e}"));
            assert_eq!(found, DType::parse(expected).unwrap(), "{format}");
        }
        for wrong in ["", "<", "T{i:a:}", "2i", "O", "P", "<n", "s", "é", "99999999999s", "Zi", "<B<B"] {
            assert_eq!(of_format(wrong, None).unwrap_err().kind(), ErrorKind::Unsupported, "{wrong}");
        }
    }
}
