//! `array.array`: numbers of one machine type.

use crate::graph::Graph;
use crate::known::Known;
use crate::known::call::{Call, float, global, int, int_in, sequence, text, wtf8};
use crate::node::Node;
use crate::value::Value;
use frames_core::{Error, ErrorKind, Result};

/// Python's `array.array`. Its bytes stay in the pickle.
///
/// ```
/// use frames_pickle::{Known, Registry, known::ArrayItem};
/// // pickle.dumps(array.array("h", [1, -1]))
/// let graph = frames_pickle::read(b"\x80\x04\x8c\x05array\x8c\x14_array_reconstructor\x93(\x8c\x05array\x8c\x05array\x93\x8c\x01hK\x04C\x04\x01\0\xff\xfftR.")?;
/// let Known::Array(array) = Registry::standard().construct(&graph, graph.root())? else { panic!() };
/// assert_eq!((array.typecode(), array.len()), ('h', 2));
/// assert_eq!(array.bytes(&graph), Some(&[1, 0, 0xff, 0xff][..]));
/// assert_eq!(array.items(&graph).collect::<Vec<_>>(), [ArrayItem::Int(1), ArrayItem::Int(-1)]);
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Array {
    typecode: char,
    content: Content,
    len: usize,
}

/// Where the items are.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Content {
    /// `bytes`, in a machine format.
    Bytes(Value, u8),
    /// What protocols before 3 have.
    Items(Vec<Value>),
}

/// An item of an [`Array`].
///
/// ```
/// use frames_pickle::known::ArrayItem;
/// assert_ne!(ArrayItem::Int(1), ArrayItem::Float(1.0));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ArrayItem {
    /// Of the typecodes `bBhHiIlLqQ`.
    Int(i128),
    /// Of `f` and `d`.
    Float(f64),
    /// Of `u` and `w`: a code point, or half of one where it is UTF-16.
    Char(u32),
}

#[derive(Clone, Copy, PartialEq)]
enum Sort {
    Int,
    Float,
    Char,
}

/// The machine formats: what, how many bytes, and whether signed.
fn format_of(code: u8) -> Option<(Sort, usize, bool)> {
    Some(match code {
        0 | 1 => (Sort::Int, 1, code == 1),
        2..=5 => (Sort::Int, 2, code >= 4),
        6..=9 => (Sort::Int, 4, code >= 8),
        10..=13 => (Sort::Int, 8, code >= 12),
        14 | 15 => (Sort::Float, 4, true),
        16 | 17 => (Sort::Float, 8, true),
        18 | 19 => (Sort::Char, 2, false),
        20 | 21 => (Sort::Char, 4, false),
        _ => return None,
    })
}

/// The typecodes: what, how many bytes at most, and whether signed.
fn typecode_of(text: &str) -> Option<(char, Sort, usize, bool)> {
    let mut chars = text.chars();
    let (Some(code), None) = (chars.next(), chars.next()) else { return None };
    let (sort, size) = match code.to_ascii_lowercase() {
        'b' => (Sort::Int, 1),
        'h' => (Sort::Int, 2),
        'i' => (Sort::Int, 4),
        'l' | 'q' => (Sort::Int, 8),
        'f' if code == 'f' => (Sort::Float, 4),
        'd' if code == 'd' => (Sort::Float, 8),
        // `c` is Python 2's, of single bytes.
        'u' | 'w' if code.is_ascii_lowercase() => (Sort::Char, 4),
        _ => return None,
    };
    Some((code, sort, size, code.is_ascii_lowercase()))
}

impl Array {
    /// The letter of the type, as `d` for floats of 64 bits.
    ///
    /// ```
    /// # use frames_pickle::{Known, Registry};
    /// let graph = frames_pickle::read(b"carray\narray\n(X\x01\0\0\0b(ltR.")?;
    /// let Known::Array(array) = Registry::standard().construct(&graph, graph.root())? else { panic!() };
    /// assert_eq!(array.typecode(), 'b');
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn typecode(&self) -> char {
        self.typecode
    }

    /// How many items.
    ///
    /// ```
    /// # use frames_pickle::{Known, Registry};
    /// # let graph = frames_pickle::read(b"carray\narray\n(X\x01\0\0\0b(ltR.")?;
    /// # let Known::Array(array) = Registry::standard().construct(&graph, graph.root())? else { panic!() };
    /// assert_eq!(array.len(), 0);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn len(&self) -> usize {
        self.len
    }

    /// True if there are no items.
    ///
    /// ```
    /// # use frames_pickle::{Known, Registry};
    /// # let graph = frames_pickle::read(b"carray\narray\n(X\x01\0\0\0b(ltR.")?;
    /// # let Known::Array(array) = Registry::standard().construct(&graph, graph.root())? else { panic!() };
    /// assert!(array.is_empty());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// CPython's code for size, sign and order of the bytes (`array._array_reconstructor`, 0 to 21), if there are bytes.
    ///
    /// ```
    /// # use frames_pickle::{Known, Registry};
    /// # let graph = frames_pickle::read(b"carray\narray\n(X\x01\0\0\0b(ltR.")?;
    /// # let Known::Array(array) = Registry::standard().construct(&graph, graph.root())? else { panic!() };
    /// assert_eq!(array.format(), None, "a list, as protocols before 3 have it");
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn format(&self) -> Option<u8> {
        match self.content {
            Content::Bytes(_, format) => Some(format),
            Content::Items(_) => None,
        }
    }

    /// What numpy calls the items; `None` of halves of characters, of which it has none, and of a list.
    pub(crate) fn typestr(&self) -> Option<&'static str> {
        let (sort, size, is_signed) = format_of(self.format()?)?;
        let typestrs = match (sort, size, is_signed) {
            (Sort::Int, 1, false) => ["|u1"; 2],
            (Sort::Int, 1, true) => ["|i1"; 2],
            (Sort::Int, 2, false) => ["<u2", ">u2"],
            (Sort::Int, 2, true) => ["<i2", ">i2"],
            (Sort::Int, 4, false) => ["<u4", ">u4"],
            (Sort::Int, 4, true) => ["<i4", ">i4"],
            (Sort::Int, _, false) => ["<u8", ">u8"],
            (Sort::Int, _, true) => ["<i8", ">i8"],
            (Sort::Float, 4, _) => ["<f4", ">f4"],
            (Sort::Float, ..) => ["<f8", ">f8"],
            (Sort::Char, 4, _) => ["<U1", ">U1"],
            (Sort::Char, ..) => return None,
        };
        typestrs.get(usize::from(self.format()? % 2)).copied()
    }

    /// The bytes as they lie in the pickle that `graph` is of; none if it has a list.
    ///
    /// ```
    /// # use frames_pickle::{Known, Registry};
    /// # let graph = frames_pickle::read(b"carray\narray\n(X\x01\0\0\0b(ltR.")?;
    /// # let Known::Array(array) = Registry::standard().construct(&graph, graph.root())? else { panic!() };
    /// assert_eq!(array.bytes(&graph), None);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn bytes<'g>(&self, graph: &'g Graph<'_>) -> Option<&'g [u8]> {
        match (&self.content, self.content_bytes(graph)) {
            (Content::Bytes(..), bytes) => Some(bytes),
            (Content::Items(_), _) => None,
        }
    }

    fn content_bytes<'g>(&self, graph: &'g Graph<'_>) -> &'g [u8] {
        match self.content {
            Content::Bytes(value, _) => match graph.node(value) {
                Node::Bytes(bytes) => bytes,
                _ => &[],
            },
            Content::Items(_) => &[],
        }
    }

    /// The items, out of the graph that it is of.
    ///
    /// ```
    /// # use frames_pickle::{Known, Registry};
    /// # let graph = frames_pickle::read(b"carray\narray\n(X\x01\0\0\0b(ltR.")?;
    /// # let Known::Array(array) = Registry::standard().construct(&graph, graph.root())? else { panic!() };
    /// assert_eq!(array.items(&graph).count(), 0);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn items<'g>(&'g self, graph: &'g Graph<'_>) -> impl Iterator<Item = ArrayItem> + 'g {
        let (format, values) = match &self.content {
            Content::Bytes(_, format) => (*format, &[][..]),
            Content::Items(values) => (0, &**values),
        };
        let (sort, size, is_signed) = format_of(format).unwrap_or((Sort::Int, 1, false));
        let of_bytes = self.content_bytes(graph).chunks_exact(size);
        let of_bytes = of_bytes.map(move |bytes| item(bytes, sort, is_signed, format % 2 == 1));
        let of_list = values.iter().filter_map(|value| match graph.node(*value) {
            Node::Int(number) => number.to_i128().map(ArrayItem::Int),
            Node::Bool(value) => Some(ArrayItem::Int(value.into())),
            Node::Float(number) => Some(ArrayItem::Float(number)),
            Node::Str(text) => code_point(text.as_wtf8()).map(ArrayItem::Char),
            _ => None,
        });
        of_bytes.chain(of_list)
    }
}

fn item(bytes: &[u8], sort: Sort, is_signed: bool, is_big: bool) -> ArrayItem {
    let mut word = [0; 8];
    let len = bytes.len().min(8);
    if is_big {
        word.iter_mut().zip(bytes.iter().rev()).for_each(|(to, from)| *to = *from);
    } else {
        word.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    }
    let bits = u64::from_le_bytes(word);
    let unused = 64 - 8 * len as u32;
    match sort {
        Sort::Int if is_signed => ArrayItem::Int(i128::from(((bits << unused) as i64) >> unused)),
        Sort::Int => ArrayItem::Int(bits.into()),
        Sort::Float if len == 4 => ArrayItem::Float(f32::from_bits(bits as u32).into()),
        Sort::Float => ArrayItem::Float(f64::from_bits(bits)),
        Sort::Char => ArrayItem::Char(bits as u32),
    }
}

/// Of a text of one, which may be a surrogate.
fn code_point(wtf8: &[u8]) -> Option<u32> {
    if let [0xed, high @ 0xa0..=0xbf, low] = wtf8 {
        return Some(0xd000 | (u32::from(*high) & 0x3f) << 6 | (u32::from(*low) & 0x3f));
    }
    let mut chars = std::str::from_utf8(wtf8).ok()?.chars();
    match (chars.next(), chars.next()) {
        (Some(one), None) => Some(one.into()),
        _ => None,
    }
}

fn typecode(call: &Call<'_>, index: usize) -> Result<(char, Sort, usize, bool)> {
    call.take(index, |graph, value| {
        typecode_of(text(graph, value)?).ok_or_else(|| Error::mismatch("a typecode of bBuwhHiIlLqQfd", "another text"))
    })
}

/// `_array_reconstructor(array, typecode, machine format, bytes)`
pub(crate) fn reconstructor(call: &Call<'_>) -> Result<Known> {
    call.count(4..=4)?;
    call.called()?;
    call.no_steps()?;
    call.take(0, |graph, value| match global(graph, value) {
        Some(("array", "array")) => Ok(()),
        _ => Err(Error::mismatch("array.array", "another class")),
    })?;
    let (typecode, sort, most, is_signed) = typecode(call, 1)?;
    let (code, size) = call.take(2, |graph, value| {
        let code = int_in(graph, value, 0..=21)? as u8;
        match format_of(code) {
            // `l` and `u` are smaller on Windows.
            Some((of, size, signed))
                if of == sort
                    && (sort == Sort::Char || signed == is_signed)
                    && (size == most || size * 2 == most && matches!(typecode, 'l' | 'L' | 'u')) =>
            {
                Ok((code, size))
            }
            _ => Err(Error::mismatch("a machine format of the typecode", code)),
        }
    })?;
    let len = call.take(3, |graph, value| {
        let Node::Bytes(bytes) = graph.node(value) else {
            return Err(Error::mismatch("bytes", graph.name_of(value)));
        };
        if bytes.len() % size != 0 {
            return Err(Error::mismatch(format_args!("items of {size} bytes"), format_args!("{} bytes", bytes.len())));
        }
        let is_char = |bytes: &[u8]| match item(bytes, Sort::Char, false, code == 21) {
            ArrayItem::Char(char) => char <= u32::from(char::MAX),
            _ => false,
        };
        if sort == Sort::Char && size == 4 && !bytes.chunks_exact(4).all(is_char) {
            return Err(Error::mismatch("characters of Unicode", "other numbers"));
        }
        Ok(bytes.len() / size)
    })?;
    let content = Content::Bytes(call.get(3).unwrap_or(Value::NONE), code);
    Ok(Known::Array(Array { typecode, content, len }))
}

/// `array(typecode, list)`, as protocols before 3 have it.
pub(crate) fn array(call: &Call<'_>) -> Result<Known> {
    call.count(1..=2)?;
    call.no_steps()?;
    let (typecode, sort, size, is_signed) = typecode(call, 0)?;
    let items = match call.get(1) {
        None => Vec::new(),
        Some(_) => call.take(1, |graph, value| {
            let items = sequence(graph, value)?;
            for (index, item) in items.iter().enumerate() {
                check(graph, *item, sort, size, is_signed).map_err(|error| error.at_index(index))?;
            }
            Ok(items)
        })?,
    };
    let len = items.len();
    Ok(Known::Array(Array { typecode, content: Content::Items(items), len }))
}

fn check(graph: &Graph<'_>, value: Value, sort: Sort, size: usize, is_signed: bool) -> Result<()> {
    match sort {
        Sort::Float => float(graph, value).map(drop),
        Sort::Char => match code_point(wtf8(graph, value)?.as_wtf8()) {
            Some(_) => Ok(()),
            None => Err(Error::mismatch("a character", "another text")),
        },
        Sort::Int => {
            let bits = 8 * size as u32;
            let most = i64::MAX >> (64 - bits);
            match (is_signed, size) {
                (true, _) => int_in(graph, value, -most - 1..=most).map(drop),
                (false, 8) => {
                    let number = int(graph, value)?;
                    let text = "expected a number of 64 bits without a sign, found another";
                    number.to_u64().map(drop).ok_or_else(|| Error::new(ErrorKind::OutOfRange, text))
                }
                (false, _) => int_in(graph, value, 0..=most * 2 + 1).map(drop),
            }
        }
    }
}
