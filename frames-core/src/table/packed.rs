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

use super::schema::{self, Path, Schema, Visit, resolve};
use super::source::{Source, Sources, Text, Unpacker, read_rows};
use super::{Place, Table};
use crate::classref;
use crate::entry::Class;
use crate::error::{Error, ErrorKind, Result};
use crate::frame_serialize::FrameSerialize;
use crate::frames::Slot;
use crate::msgpack::{Cursor, write as msgpack};
use crate::view::Viewable;
use crate::writer::Writer;

const MODULE: &str = "rust::frames";
const QUALNAME: &str = "Packed";

/// The class reference, as bytes.
pub(crate) const CLASS: &[u8] =
    &classref::encode_into([0; classref::encoded_len(MODULE, QUALNAME)], 0, MODULE, QUALNAME);

/// Writes a table as the entry of a slice of type `name`.
pub(crate) fn write<'a, T: FrameSerialize>(table: Table<'a>, name: &str, writer: &mut Writer<'a>) -> Result<()> {
    writer.raw(b"\x84\xaaserializer\xa4dask\xa4type");
    writer.text(name)?;
    writer.raw(b"\xaftype-serialized");
    msgpack::bin(&mut writer.out, CLASS)?;
    writer.raw(b"\xaasub-header\x83\xa6schema");
    Schema::append::<T>(&mut writer.out);
    writer.raw(b"\xa3own");
    let own = writer.frames.slots_mut().get(table.sinks.first_frame..).unwrap_or_default();
    msgpack::array_len(&mut writer.out, own.len())?;
    for frame in own {
        msgpack::uint(&mut writer.out, frame.as_deref().map_or(0, <[u8]>::len) as u64);
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
    let head = Head::read::<T>(class)?;
    let (own, rest) = head.split(slots)?;
    let mut unpacker = Unpacker::new(*cursor, own);
    let frames = rest.iter().map(|slot| slot.as_deref().ok_or_else(taken)).collect::<Result<Vec<_>>>()?;
    let mut source = head.open(&frames)?;
    let rows = source.rows;
    let values = read_rows(&mut source, rows, &mut unpacker)?;
    source.finish()?;
    unpacker.finish()?;
    rest.fill(None);
    Ok(values)
}

/// Opens the column of a table in this form. The frames are borrowed.
pub(crate) fn open_view<'f, T: Viewable>(
    class: &Class<'_>,
    cursor: &Cursor<'_>,
    slots: &mut [Slot<'f>],
) -> Result<T::Column<'f>> {
    let head = Head::read::<T>(class)?;
    let (own, rest) = head.split(slots)?;
    let mut unpacker = Unpacker::new(*cursor, own);
    let frames = rest.iter_mut().map(|slot| slot.take().ok_or_else(taken)?.into_borrowed());
    let mut source = head.open(&frames.collect::<Result<Vec<_>>>()?)?;
    let rows = source.take_rows();
    let column = T::open_packed(rows, Place::START, &mut source.sources, &mut unpacker)?;
    source.finish()?;
    unpacker.finish()?;
    Ok(column)
}

/// The sub-header of a table, whose schema is that of the type that is wanted.
struct Head<'h> {
    schema: Cursor<'h>,
    own: Cursor<'h>,
    tables: Cursor<'h>,
}

impl<'h> Head<'h> {
    fn read<T: FrameSerialize>(class: &Class<'h>) -> Result<Self> {
        let (mut schema, mut own, mut tables) = (None, None, None);
        let mut sub = class.sub();
        sub.descend()?;
        for _ in 0..sub.map()? {
            match sub.str()? {
                "schema" => schema = Some(sub),
                "tables" => tables = Some(sub),
                "own" => own = Some(sub),
                _ => return Err(Error::invalid(KEYS)),
            }
            sub.skip()?;
        }
        let (Some(schema), Some(own), Some(tables)) = (schema, own, tables) else { return Err(Error::invalid(KEYS)) };
        let found = schema.clone().value()?;
        let expected = Schema::of::<T>();
        if found != expected {
            return Err(mismatch(found, &expected));
        }
        Ok(Head { schema, own, tables })
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
                return Err(Error::invalid(format!("frame {i} of a table is said to have {said} bytes, and has {found}")));
            }
        }
        Ok((own, rest))
    }

    fn open<'s>(mut self, frames: &[&'s [u8]]) -> Result<Source<'s>> {
        let mut frames = Buffers { frames: frames.iter() };
        let source = open(self.schema, Path::new(), &mut self.tables, &mut frames)?;
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
    let shown = |schema: &[u8]| {
        let text = rmpv::decode::read_value(&mut &schema[..]).map_or_else(|_| "?".into(), |value| value.to_string());
        text.chars().take(200).collect::<String>()
    };
    Error::new(
        ErrorKind::Mismatch,
        format!("the rows were packed by another version of the type: {} here, {} sent", shown(expected), shown(found)),
    )
    .with_help("packed rows are read by the type that wrote them; `Reader::Any` writes columns, which `default`, `alias` and unknown fields apply to")
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
    tree.descend()?;
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
            Some(Box::new(open(node, path, tree, frames)?))
        });
    }
    tree.ascend();
    let rows = usize::try_from(rows).map_err(|_| Error::invalid("more rows than memory has bytes"))?;
    Ok(Source { rows, fixed, sources: Sources { texts, tables } })
}

pub(crate) fn utf8(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes)
        .map_err(|e| Error::invalid(format!("a column of text is not UTF-8 from its byte {} on", e.valid_up_to())))
}
