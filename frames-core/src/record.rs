//! Derived structs with named fields: the layout of Dask's generic objects, written and read, one value or columns.
//!
//! The derive implements [`Record`] and forwards the hooks of `FrameSerialize` to the functions here, so that the
//! code it generates is small. The layout of one value:
//!
//! ```text
//! {"serializer": "dask", "type": NAME, "type-serialized": CLASS, "sub-header":
//!    {"serializer": "dask", "type-serialized": CLASS, "simple": {field: value, …}, "complex": {field: {"start", "stop", "header"}, …}}}
//! ```
//!
//! and of many, in columns: the same, where every field is under `complex` and its value is the whole column, with the key `rows` in
//! front of `simple`, at which Python does not look.

use crate::bulk;
use crate::classref::{self, ClassRef};
use crate::entry::{self, Entry};
use crate::error::{Error, Result};
pub use crate::fields::incomplete;
use crate::fields::{Fields, through, unread};
use crate::frame_serialize::FrameSerialize;
use crate::frames::{Frames, Slot};
use crate::header::{Header, HeaderRef};
use crate::msgpack::{Cursor, write};
use crate::table;
use crate::writer::Writer;
use std::borrow::Cow;

/// The name of a field, as text and as the msgpack text that is compared and copied whole.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// As on the wire.
    pub name: &'static str,
    /// The same with its msgpack length in front.
    pub encoded: &'static [u8],
}

/// What the derive tells about a struct with named fields.
pub trait Record: FrameSerialize + Sized {
    /// The fields on the wire, in the order of the declaration.
    const KEYS: &'static [Key];
    /// The envelope up to and with the key `sub-header`; empty where the name is known only at run time (generics).
    const HEAD: &'static [u8];
    /// The sub-header up to and with the key `simple`.
    const LAYOUT: &'static [u8];
    /// The Python class, `(module, qualified name)`.
    const CLASS: (&'static str, &'static str);

    /// How many fields of this value are inline.
    fn inline_fields(&self) -> usize;
    /// Appends key and value of each inline field.
    fn write_simple(&self, writer: &mut Writer<'_>) -> Result<()>;
    /// Appends each field that is not inline.
    fn write_complex<'a>(&'a self, complex: &mut Complex<'_, 'a>) -> Result<()>;
    /// Reads one value.
    fn read(fields: &mut Fields<'_, '_, '_>) -> Result<Self>;
    /// Reads all rows.
    fn read_columns(fields: &mut Fields<'_, '_, '_>) -> Result<Vec<Self>>;
}

/// The map `complex` under construction.
#[derive(Debug)]
pub struct Complex<'w, 'a> {
    writer: &'w mut Writer<'a>,
    base: usize,
}

impl<'w, 'a> Complex<'w, 'a> {
    pub(crate) fn new(writer: &'w mut Writer<'a>) -> Self {
        let base = writer.frames.len();
        Complex { writer, base }
    }

    /// Behind other fields, the first of which had frame `base`.
    pub(crate) fn at(writer: &'w mut Writer<'a>, base: usize) -> Self {
        Complex { writer, base }
    }

    /// Appends a field, unless it is inline and so was written before.
    #[inline]
    pub fn field<T: FrameSerialize + ?Sized>(&mut self, key: &Key, value: &'a T) -> Result<()> {
        if value.is_inline() { Ok(()) } else { self.entry(key, |w| value.write_entry(w)) }
    }

    /// Appends `{"start": …, "stop": …, "header": …}`, where `write` appends the header and its frames.
    #[inline]
    pub fn entry(&mut self, key: &Key, write: impl FnOnce(&mut Writer<'a>) -> Result<()>) -> Result<()> {
        self.named_entry(key.encoded, |w| write(w).map_err(|e| e.at_field(key.name)))
    }

    /// The same under a name that is known at run time; `encoded` is the name in msgpack.
    #[inline]
    pub(crate) fn named_entry(
        &mut self,
        encoded: &[u8],
        write: impl FnOnce(&mut Writer<'a>) -> Result<()>,
    ) -> Result<()> {
        let writer = &mut *self.writer;
        writer.raw(encoded);
        writer.raw(b"\x83\xa5start");
        write::uint(&mut writer.out, (writer.frames.len() - self.base) as u64);
        // `stop` stands in front of the header, so that a reader needs one pass; it is known only behind it. One byte
        // is enough for all but huge values, which pay with one move of their header.
        writer.raw(b"\xa4stop");
        let at = writer.out.len();
        writer.raw(b"\0\xa6header");
        write(writer)?;
        let stop = writer.frames.len() - self.base;
        if stop < 0x80 {
            writer.out[at] = stop as u8;
        } else {
            let mut long = Vec::with_capacity(9);
            write::uint(&mut long, stop as u64);
            writer.out.splice(at..at + 1, long);
        }
        Ok(())
    }

    /// Appends a field whose name is known at run time.
    pub fn dynamic<T: FrameSerialize + ?Sized>(&mut self, name: &str, value: &'a T) -> Result<()> {
        let mut encoded = Vec::new();
        write::str(&mut encoded, name)?;
        self.named_entry(&encoded, |w| value.write_entry(w).map_err(|e| e.at_field(name.to_owned())))
    }

    /// Appends a field through the functions of `#[frames(with = "…")]`.
    pub fn field_with(&mut self, key: &Key, parts: Result<(Header, Frames<'a>)>) -> Result<()> {
        self.entry(key, |w| entry::write_parts(parts, w))
    }
}

impl<'a> Writer<'a> {
    /// Appends key and value of a field, unless the value needs frames.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn simple<T: FrameSerialize + ?Sized>(&mut self, key: &Key, value: &T) -> Result<()> {
        if value.is_inline() { self.inline_field(key, value) } else { Ok(()) }
    }

    /// Appends key and value of a field in its inline form.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn inline_field<T: FrameSerialize + ?Sized>(&mut self, key: &Key, value: &T) -> Result<()> {
        self.raw(key.encoded);
        value.write_inline(self).map_err(|e| e.at_field(key.name))
    }

    /// Appends an object's layout behind its `simple` key: the two maps, of which `inline` of `total` fields are in the first.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn object(
        &mut self,
        inline: usize,
        total: usize,
        simple: impl FnOnce(&mut Self) -> Result<()>,
        complex: impl FnOnce(&mut Complex<'_, 'a>) -> Result<()>,
    ) -> Result<()> {
        self.descend()?;
        self.map_len(inline)?;
        if inline > 0 {
            simple(self)?;
        }
        if inline == total {
            self.raw(b"\xa7complex\x80");
        } else {
            self.raw(b"\xa7complex");
            self.map_len(total - inline)?;
            complex(&mut Complex::new(self))?;
        }
        self.ascend();
        Ok(())
    }

    /// The same of an object that has no type in Rust, only its class.
    pub fn class_head(&mut self, class: &ClassRef<'_>) -> Result<()> {
        let class = class.encode();
        self.raw(b"\x83\xaaserializer\xa4dask\xaftype-serialized");
        write::bin(&mut self.out, &class)?;
        self.raw(b"\xaasub-header\x83\xaaserializer\xa4dask\xa6simple");
        Ok(())
    }

    /// Appends an envelope up to and with the key `sub-header`, and the object's layout up to and with `simple`.
    pub fn object_head(&mut self, name: &str, class: (&str, &str)) -> Result<()> {
        let class = classref::encode(class.0, class.1);
        self.raw(b"\x84\xaaserializer\xa4dask\xa4type");
        self.text(name)?;
        self.raw(b"\xaftype-serialized");
        write::bin(&mut self.out, &class)?;
        self.raw(b"\xaasub-header\x84\xaaserializer\xa4dask\xaftype-serialized");
        write::bin(&mut self.out, &class)?;
        self.raw(b"\xa6simple");
        Ok(())
    }
}

/// True if all fields are inline and Python need not be told the class.
#[inline]
pub fn is_inline<R: Record>(record: &R) -> bool {
    R::CLASS == ("builtins", "dict") && record.inline_fields() == R::KEYS.len()
}

/// The value as one msgpack map.
pub fn write_inline<R: Record>(record: &R, writer: &mut Writer<'_>) -> Result<()> {
    if record.inline_fields() != R::KEYS.len() {
        return Err(crate::frame_serialize::not_inline(&R::type_name()));
    }
    writer.descend()?;
    writer.map_len(R::KEYS.len())?;
    record.write_simple(writer)?;
    writer.ascend();
    Ok(())
}

/// The whole header.
pub fn write_entry<'a, R: Record>(record: &'a R, writer: &mut Writer<'a>) -> Result<()> {
    if R::HEAD.is_empty() {
        writer.object_head(&R::type_name(), R::CLASS)?;
    } else {
        writer.raw(R::HEAD);
        writer.raw(R::LAYOUT);
    }
    write_layout(record, writer)
}

#[inline]
fn write_layout<'a, R: Record>(record: &'a R, writer: &mut Writer<'a>) -> Result<()> {
    writer.object(record.inline_fields(), R::KEYS.len(), |w| record.write_simple(w), |c| record.write_complex(c))
}

/// `FrameSerialize::serialize` of a record: the sub-header.
pub fn serialize<R: Record>(record: &R) -> Result<(Header, Frames<'_>)> {
    Writer::collect(&|w| {
        w.raw(R::LAYOUT);
        write_layout(record, w)
    })
}

/// `FrameSerialize::deserialize` of a record.
pub fn deserialize<R: Record>(header: HeaderRef<'_>, mut frames: Frames<'_>) -> Result<R> {
    let mut cursor = header.cursor();
    let mut record = read_layout(&mut cursor, frames.slots_mut());
    cursor.finish_after(&mut record);
    record
}

/// A map of the fields.
pub fn read_inline<R: Record>(cursor: &mut Cursor<'_>) -> Result<R> {
    with_type::<R, R>(Fields::map(cursor, &mut [], |f| R::read(f)))
}

/// Any header from which the fields can be read.
pub fn read_entry<R: Record>(cursor: &mut Cursor<'_>, frames: &mut [Slot<'_>]) -> Result<R> {
    if !R::HEAD.is_empty() && cursor.take_exact(R::HEAD) {
        cursor.decoder().check_family("dask")?;
        return read_layout(cursor, frames);
    }
    let mut record = None;
    read_fields(cursor, frames, &R::type_name, "a dict or an object with the fields", &mut |fields| {
        record = Some(R::read(fields)?);
        Ok(())
    })?;
    record.ok_or_else(unread)
}

/// Named fields from any header. `name` is the type, for errors.
pub(crate) fn read_fields(
    cursor: &mut Cursor<'_>,
    frames: &mut [Slot<'_>],
    name: &dyn Fn() -> Cow<'static, str>,
    expected: &str,
    read: &mut dyn FnMut(&mut Fields<'_, '_, '_>) -> Result<()>,
) -> Result<()> {
    let done = match Entry::read(cursor)? {
        Entry::Object(mut sub) => Fields::layout(&mut sub, frames, read),
        Entry::Msgpack => entry::read_msgpack(cursor, frames, |inner| Fields::map(inner, &mut [], read)),
        Entry::Collection(mut items) if items.is_dict() => items.fields(frames, read),
        Entry::Class(class) if class.is_object()? => Fields::layout(&mut class.sub(), frames, read),
        other => {
            let again = &mut |c: &mut Cursor<'_>, s: &mut [Slot<'_>]| read_fields(c, s, name, expected, read);
            return other.refuse_with(&name(), expected, cursor, frames, again);
        }
    };
    done.map_err(|error| error.in_type(name()))
}

fn read_layout<R: Record>(cursor: &mut Cursor<'_>, frames: &mut [Slot<'_>]) -> Result<R> {
    let mut record = if cursor.take_exact(R::LAYOUT) {
        Fields::our_layout(cursor, frames, |f| R::read(f))
    } else {
        through(R::read, |read| Fields::layout(cursor, frames, read))
    };
    if let Err(error) = &mut record {
        error.note_type(R::type_name);
    }
    record
}

#[inline]
fn with_type<R: Record, T>(result: Result<T>) -> Result<T> {
    match result {
        Ok(value) => Ok(value),
        Err(error) => Err(error.in_type(R::type_name())),
    }
}

/// All rows of a slice.
pub fn write_rows<'a, R: Record>(rows: &'a [R], writer: &mut Writer<'a>) -> Result<()> {
    table::write_slice(rows, &format!("Vec<{}>", R::type_name()), writer)
}

/// All rows, which `at` finds.
pub fn write_column<'a, R: Record + 'a>(
    rows: usize,
    at: &dyn Fn(usize) -> &'a R,
    writer: &mut Writer<'a>,
) -> Result<()> {
    table::write_column(rows, at, &format!("Vec<{}>", R::type_name()), writer)
}

/// The dict of `fields` columns of `rows` rows, which `columns` appends, as the type `name`.
pub(crate) fn columns_head<'a>(
    name: &str,
    rows: usize,
    fields: usize,
    writer: &mut Writer<'a>,
    columns: impl FnOnce(&mut Complex<'_, 'a>) -> Result<()>,
) -> Result<()> {
    writer.raw(b"\x84\xaaserializer\xa4dask\xa4type");
    writer.text(name)?;
    writer.raw(DICT_COLUMNS);
    write::uint(&mut writer.out, rows as u64);
    writer.raw(b"\xa6simple");
    writer.object(0, fields, |_| Ok(()), columns)
}

/// The envelope of columns from `type-serialized` to the key `rows`, for the class `builtins.dict`; five keys. `rows` stands in front of the columns,
/// so that a reader knows it without a look behind them.
const DICT_COLUMNS: &[u8] = &{
    const N: usize = 16 + 11 + 17 + 16 + 2 * bin_len("builtins", "dict") + 5;
    let mut out = Const { bytes: [0; N], at: 0 };
    out = out.put(b"\xaftype-serialized").class("builtins", "dict").put(b"\xaasub-header");
    out = out.put(b"\x85\xaaserializer\xa4dask\xaftype-serialized").class("builtins", "dict").put(b"\xa4rows");
    out.done()
};

/// All rows, from columns or one by one.
pub fn read_columns<R: Record>(cursor: &mut Cursor<'_>, frames: &mut [Slot<'_>]) -> Result<Vec<R>> {
    let mut rows = bulk::List::of_records(R::read_columns);
    match bulk::read_list(cursor, frames, &mut rows) {
        Ok(()) => Ok(rows.values),
        Err(error) => Err(error.in_type(R::type_name())),
    }
}

/// How many bytes [`head`] needs.
pub const fn head_len(name: &str, module: &str, qualname: &str) -> usize {
    22 + str_len(name) + 16 + bin_len(module, qualname) + 11
}

/// `{"serializer": "dask", "type": name, "type-serialized": class, "sub-header":`, for [`Record::HEAD`].
pub const fn head<const N: usize>(name: &str, module: &str, qualname: &str) -> [u8; N] {
    let mut out = Const { bytes: [0; N], at: 0 };
    out = out.put(b"\x84\xaaserializer\xa4dask\xa4type").text(name);
    out = out.put(b"\xaftype-serialized").class(module, qualname).put(b"\xaasub-header");
    out.done()
}

/// How many bytes [`layout`] needs.
pub const fn layout_len(module: &str, qualname: &str) -> usize {
    17 + 16 + bin_len(module, qualname) + 7
}

/// `{"serializer": "dask", "type-serialized": class, "simple":`, for [`Record::LAYOUT`].
pub const fn layout<const N: usize>(module: &str, qualname: &str) -> [u8; N] {
    let mut out = Const { bytes: [0; N], at: 0 };
    out = out.put(b"\x84\xaaserializer\xa4dask\xaftype-serialized").class(module, qualname).put(b"\xa6simple");
    out.done()
}

const fn str_len(text: &str) -> usize {
    text.len()
        + if text.len() < 32 {
            1
        } else if text.len() < 256 {
            2
        } else {
            3
        }
}

const fn bin_len(module: &str, qualname: &str) -> usize {
    2 + classref::encoded_len(module, qualname)
}

/// Bytes that are put together by the compiler.
struct Const<const N: usize> {
    bytes: [u8; N],
    at: usize,
}

impl<const N: usize> Const<N> {
    const fn put(mut self, bytes: &[u8]) -> Self {
        let mut i = 0;
        while i < bytes.len() {
            self.bytes[self.at + i] = bytes[i];
            i += 1;
        }
        self.at += bytes.len();
        self
    }

    const fn text(self, text: &str) -> Self {
        let n = text.len();
        let out = match n {
            0..32 => self.put(&[0xa0 | n as u8]),
            32..256 => self.put(&[0xd9, n as u8]),
            _ => self.put(&[0xda, (n >> 8) as u8, n as u8]),
        };
        out.put(text.as_bytes())
    }

    const fn class(self, module: &str, qualname: &str) -> Self {
        let len = classref::encoded_len(module, qualname);
        assert!(len < 256, "the names of module and class are too long for a constant header");
        let mut out = self.put(&[0xc4, len as u8]);
        out.bytes = classref::encode_into(out.bytes, out.at, module, qualname);
        out.at += len;
        out
    }

    const fn done(self) -> [u8; N] {
        // Evaluated by the compiler only: a length that does not add up is a compile error, never a panic.
        assert!(self.at == N, "the constant head does not fill its length");
        self.bytes
    }
}

#[cold]
pub(crate) fn unknown_rows() -> Error {
    Error::invalid("columns without a field and without the count `rows` have no number of rows")
}
