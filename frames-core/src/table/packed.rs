//! The packed form, for a reader that is known to be Rust: the tables as they are.
//!
//! ```text
//! {"serializer": "dask", "type": NAME, "type-serialized": rust::frames:Packed,
//!  "sub-header": {"schema": …, "own": [bytes of each, …], "tables": [rows, table or nil, …]}}
//!
//! frames:  those that values brought (large lists, values in their own form), which rows name by number
//!          then table by table, the inner behind the outer: rows (if they have bytes), each column of text
//! ```
//!
//! All numbers in the rows are little-endian. Python has no such class, and says so by its name; nothing is imported.

use super::schema::{self, Describe, Path, Schema, Visit, resolve};
use super::source::{Source, Sources, Text, Unpacker, read_rows};
use super::{Place, Table};
use crate::classref;
use crate::entry::Class;
use crate::error::{Error, ErrorKind, Result};
use crate::frame_serialize::FrameSerialize;
use crate::frames::Slot;
use crate::msgpack::{Cursor, Kind, write as msgpack};
use crate::view::{Rows, Viewable};
use crate::writer::Writer;
use std::borrow::Cow;

const MODULE: &str = "rust::frames";
const QUALNAME: &str = "Packed";

/// The class reference, as bytes.
pub(crate) const CLASS: &[u8] =
    &classref::encode_into([0; classref::encoded_len(MODULE, QUALNAME)], 0, MODULE, QUALNAME);

/// Writes a table as the entry of a slice of type `name`.
pub(crate) fn write<'a>(table: Table<'a>, describe: Describe, name: &str, writer: &mut Writer<'a>) -> Result<()> {
    writer.raw(b"\x84\xaaserializer\xa4dask\xa4type");
    writer.text(name)?;
    writer.raw(b"\xaftype-serialized");
    msgpack::bin(&mut writer.out, CLASS)?;
    writer.raw(b"\xaasub-header\x83\xa6schema");
    Schema::append(describe, &mut writer.out);
    writer.raw(b"\xa3own");
    let own = table.sinks.first_frame..writer.frames.len();
    writer.array_len(own.len())?;
    for frame in own {
        let len = writer.frame_len(frame);
        msgpack::uint(&mut writer.out, len as u64);
    }
    writer.raw(b"\xa6tables");
    tables(table, writer)
}

fn tables<'a>(table: Table<'a>, writer: &mut Writer<'a>) -> Result<()> {
    writer.array_len(1 + table.sinks.tables.len())?;
    msgpack::uint(&mut writer.out, table.rows as u64);
    if table.width > 0 {
        writer.buffer_frame(table.fixed);
    }
    for text in table.sinks.texts {
        writer.buffer_frame(text.buffer);
    }
    for child in table.sinks.tables {
        match child {
            Some(child) => tables(*child, writer)?,
            None => msgpack::nil(&mut writer.out),
        }
    }
    Ok(())
}

/// Reads the values of a table in this form.
pub(crate) fn read<T: FrameSerialize>(
    class: &Class<'_>,
    cursor: &Cursor<'_>,
    slots: &mut [Slot<'_>],
) -> Result<Vec<T>> {
    let mut values = Vec::new();
    read_with(class, cursor, slots, T::describe, &mut |source, unpacker| {
        values = read_rows(source, source.rows, unpacker)?;
        Ok(())
    })?;
    Ok(values)
}

/// The same for a reader that keeps the values.
fn read_with(
    class: &Class<'_>,
    cursor: &Cursor<'_>,
    slots: &mut [Slot<'_>],
    describe: Describe,
    read: &mut dyn FnMut(&mut Source<'_>, &mut Unpacker<'_, '_, '_>) -> Result<()>,
) -> Result<()> {
    let head = Head::read(class, describe)?;
    let (own, rest) = head.split(slots)?;
    let frames = rest.iter().map(|slot| slot.as_deref().ok_or_else(taken)).collect::<Result<Vec<_>>>()?;
    let mut unpacker = Unpacker::new(*cursor, own, bytes(&frames));
    let mut source = head.open(&frames)?;
    read(&mut source, &mut unpacker)?;
    source.finish()?;
    unpacker.finish()?;
    rest.fill(None);
    Ok(())
}

/// Opens the column of a table in this form. The frames are borrowed.
pub(crate) fn open_view<'f, T: Viewable>(
    class: &Class<'_>,
    cursor: &Cursor<'_>,
    slots: &mut [Slot<'f>],
) -> Result<T::Column<'f>> {
    let mut column = None;
    open_with(class, cursor, slots, T::describe, &mut |rows, source, unpacker| {
        column = Some(T::open_packed(rows, Place::START, &mut source.sources, unpacker)?);
        Ok(())
    })?;
    column.ok_or_else(taken)
}

/// The same for an opener that keeps the column.
fn open_with<'f>(
    class: &Class<'_>,
    cursor: &Cursor<'_>,
    slots: &mut [Slot<'f>],
    describe: Describe,
    open: &mut dyn FnMut(Rows<'f>, &mut Source<'f>, &mut Unpacker<'_, '_, 'f>) -> Result<()>,
) -> Result<()> {
    let head = Head::read(class, describe)?;
    let (own, rest) = head.split(slots)?;
    let frames = rest.iter_mut().map(|slot| slot.take().ok_or_else(taken)?.into_borrowed());
    let frames = frames.collect::<Result<Vec<_>>>()?;
    let mut unpacker = Unpacker::new(*cursor, own, bytes(&frames));
    let mut source = head.open(&frames)?;
    let rows = source.take_rows(&mut unpacker)?;
    open(rows, &mut source, &mut unpacker)?;
    source.finish()?;
    unpacker.finish()
}

fn bytes(frames: &[&[u8]]) -> u64 {
    frames.iter().map(|frame| frame.len() as u64).sum()
}

/// The sub-header of a table, whose schema is that of the type that is wanted.
struct Head<'h> {
    schema: Vec<u8>,
    own: Cursor<'h>,
    tables: Cursor<'h>,
}

impl<'h> Head<'h> {
    fn read(class: &Class<'h>, describe: Describe) -> Result<Self> {
        let (mut schema, mut own, mut tables) = (None, None, None);
        let mut sub = class.sub();
        for _ in 0..sub.map()? {
            match sub.str()? {
                "schema" => schema = Some(sub),
                "tables" => tables = Some(sub),
                "own" => own = Some(sub),
                _ => return Err(Error::invalid(KEYS)),
            }
            sub.skip()?;
        }
        let (Some(mut found), Some(own), Some(tables)) = (schema, own, tables) else {
            return Err(Error::invalid(KEYS));
        };
        let (found, schema) = (found.value()?, Schema::of(describe));
        match found == schema {
            true => Ok(Head { schema, own, tables }),
            false => Err(mismatch(found, &schema)),
        }
    }

    /// The frames that values brought, which are as long as they are said to be, and those of the tables.
    fn split<'s, 'f>(&self, slots: &'s mut [Slot<'f>]) -> Result<(&'s mut [Slot<'f>], &'s mut [Slot<'f>])> {
        let (mut lengths, total) = (self.own, slots.len());
        let n = lengths.array()?;
        let Some((own, rest)) = slots.split_at_mut_checked(n) else {
            return Err(Error::frame_count(format_args!("{n} frames of values"), total));
        };
        for (i, slot) in own.iter().enumerate() {
            let (said, found) = (lengths.count()?, slot.as_deref().map_or(0, <[u8]>::len));
            if said != found as u64 {
                return Err(Error::invalid(format!(
                    "frame {i} of a table is said to have {said} bytes, and has {found}"
                )));
            }
        }
        Ok((own, rest))
    }

    fn open<'s>(mut self, frames: &[&'s [u8]]) -> Result<Source<'s>> {
        let mut frames = Buffers { frames: frames.iter() };
        let source = open(schema::cursor(&self.schema), Path::new(), &mut self.tables, &mut frames)?;
        match frames.frames.len() {
            0 => Ok(source),
            left => Err(Error::frame_count("no more frames behind the tables", left)),
        }
    }
}

const KEYS: &str = "a packed table has the keys `schema`, `own` and `tables`";

#[cold]
fn taken() -> Error {
    Error::new(ErrorKind::FrameCount, "a frame of a table was taken before")
}

#[cold]
fn mismatch(found: &[u8], expected: &[u8]) -> Error {
    let same = words(expected).zip(words(found)).take_while(|(a, b)| a == b).count();
    // With the word before, which is the name of the field most often.
    let shown = |schema| {
        let words = words(schema).skip(same.saturating_sub(1)).take(8);
        words.map(|word| word.chars().take(24).collect()).collect::<Vec<String>>().join(" ")
    };
    let (here, sent) = (shown(expected), shown(found));
    Error::new(
        ErrorKind::Mismatch,
        format!("the rows were packed by another version of the type: `{here}` here, `{sent}` sent"),
    )
    .with_help("packed rows are read by the type that wrote them; `Reader::Any` writes columns, which `default`, `alias` and unknown fields apply to")
}

/// The names and the counts of a schema, one after the other: a peer's may nest without end.
fn words(schema: &[u8]) -> impl Iterator<Item = Cow<'_, str>> {
    let mut cursor = schema::cursor(schema);
    std::iter::from_fn(move || {
        Some(match cursor.kind().ok()? {
            Kind::Map => format!("{{{}}}", cursor.map().ok()?).into(),
            Kind::Array => format!("[{}]", cursor.array().ok()?).into(),
            Kind::Int => cursor.number("a number").ok()?.to_string().into(),
            Kind::Nil => {
                cursor.skip().ok()?;
                "nil".into()
            }
            _ => cursor.str().ok()?.into(),
        })
    })
}

/// The frames of the tables, in order.
struct Buffers<'i, 's> {
    frames: std::slice::Iter<'i, &'s [u8]>,
}

impl<'s> Buffers<'_, 's> {
    fn next(&mut self) -> Result<&'s [u8]> {
        self.frames.next().copied().ok_or_else(|| Error::frame_count("a frame for each column", 0))
    }
}

/// What the row of one table consists of.
#[derive(Default)]
struct Parts<'h> {
    texts: Vec<bool>,
    tables: Vec<(Cursor<'h>, Path<'h>)>,
}

impl<'h> Visit<'h> for Parts<'h> {
    fn text(&mut self, is_text: bool) {
        self.texts.push(is_text);
    }
    fn table(&mut self, node: Cursor<'h>, path: &Path<'h>) {
        self.tables.push((node, path.clone()));
    }
}

/// Finds the frames of a table and of those within it, and checks what can be checked of them without looking at a row.
fn open<'h, 's>(
    mut node: Cursor<'h>,
    mut path: Path<'h>,
    tree: &mut Cursor<'_>,
    frames: &mut Buffers<'_, 's>,
) -> Result<Source<'s>> {
    let (mut shape, mut parts) = (Place::START, Parts::default());
    schema::visit(&mut node, &mut path, &mut shape, &mut parts)?;
    let listed = tree.array()?;
    if listed != 1 + parts.tables.len() {
        return Err(Error::invalid(format!("a table with {} tables in it lists {listed} parts", parts.tables.len())));
    }
    let rows = tree.count()?;
    let fixed = if shape.fixed > 0 { frames.next()? } else { &[] };
    if rows.checked_mul(shape.fixed as u64) != Some(fixed.len() as u64) {
        return Err(Error::invalid(format!(
            "{rows} rows of {} bytes are not the {} bytes of their frame",
            shape.fixed,
            fixed.len()
        )));
    }
    let mut texts = Vec::with_capacity(parts.texts.len());
    for is_text in parts.texts {
        let bytes = frames.next()?;
        texts.push(if is_text { Text::Text(utf8(bytes)?) } else { Text::Bytes(bytes) });
    }
    let mut tables = Vec::with_capacity(parts.tables.len());
    for (node, mut path) in parts.tables {
        tables.push(if tree.take_nil() {
            None
        } else {
            let node = resolve(node, &mut path)?;
            tree.descend()?;
            let child = open(node, path, tree, frames)?;
            tree.ascend();
            Some(Box::new(child))
        });
    }
    let rows = usize::try_from(rows).map_err(|_| Error::invalid("more rows than memory has bytes"))?;
    Ok(Source { rows, fixed, sources: Sources { texts, tables } })
}

/// A column of text, which is checked at once; where it goes wrong, the standard library says.
pub(crate) fn utf8(bytes: &[u8]) -> Result<&str> {
    simdutf8::basic::from_utf8(bytes).map_err(|_| {
        let valid = std::str::from_utf8(bytes).map_or_else(|e| e.valid_up_to(), str::len);
        Error::invalid(format!("a column of text is not UTF-8 from its byte {valid} on"))
    })
}
