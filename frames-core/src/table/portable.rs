//! The portable form: a dict of columns, which an unmodified Dask decodes.
//!
//! | in a row | column | in Python |
//! |---|---|---|
//! | number, bool | array | `ndarray` |
//! | array of numbers | array of more dimensions | `ndarray` |
//! | number or bool that may lack | masked array | `numpy.ma.MaskedArray` |
//! | text, text that may lack, names | one msgpack array | tuple of `str` and `None` |
//! | record, tuple | `{field: column}` with the count `rows` | dict |
//! | list | `{"offsets": n + 1 times i64, "values": column}` | dict |
//! | other that may lack | `{"present": bools, "values": column of those that are there}` | dict |
//! | data enum, map, value in its own form | msgpack array, or a list of headers if one of them needs frames | tuple, list |

use super::schema::{self, Describe, Fixed, Node, Path, Schema, Visit};
use super::write::{ARRAY_MARKER, INLINE, LARGE, Text, no_such_column};
use super::{Buffer, Place, Table};
use crate::error::{Error, Result};
use crate::msgpack::{Cursor, write as msgpack};
use crate::numpy;
use crate::record::{self, Key};
use crate::writer::{MSGPACK_ENTRY, Writer};

/// The columns into which rows are taken apart.
#[derive(Debug)]
pub(crate) struct Columns {
    pub(crate) schema: Vec<u8>,
    atoms: Vec<Atom>,
}

/// A part of every row, and the column of it.
#[derive(Debug)]
struct Atom {
    offset: usize,
    width: usize,
    column: Buffer,
}

impl Columns {
    pub(crate) fn of(describe: Describe, writer: &mut Writer<'_>) -> Self {
        let schema = Schema::of(describe);
        let mut found = Atoms { atoms: Vec::new(), writer };
        // What we described ourselves can be read.
        let cursor = &mut schema::cursor(&schema);
        let read = schema::visit(cursor, &mut Path::new(), &mut Place::START.clone(), &mut found);
        debug_assert!(read.is_ok(), "{read:?}");
        Columns { atoms: found.atoms, schema }
    }

    /// Appends rows to the columns.
    pub(crate) fn take_apart(&mut self, rows: &[u8], width: usize) {
        if width == 0 {
            return;
        }
        for atom in &mut self.atoms {
            match atom.width {
                w if w == width => atom.column.push_long(rows),
                1 => atom.gather::<1>(rows, width),
                2 => atom.gather::<2>(rows, width),
                4 => atom.gather::<4>(rows, width),
                8 => atom.gather::<8>(rows, width),
                16 => atom.gather::<16>(rows, width),
                n => {
                    for row in rows.chunks_exact(width) {
                        atom.column.push(row.get(atom.offset..atom.offset + n).unwrap_or_default());
                    }
                }
            }
        }
    }

    /// Reserves what `total` rows need.
    pub(crate) fn expect(&mut self, total: usize) {
        for atom in &mut self.atoms {
            atom.column.expect(atom.width.saturating_mul(total));
        }
    }
}

impl Atom {
    fn gather<const N: usize>(&mut self, rows: &[u8], width: usize) {
        let column = self.column.room(rows.len() / width * N);
        for (row, slot) in rows.chunks_exact(width).zip(column.chunks_exact_mut(N)) {
            let from = row.get(self.offset..).and_then(|rest| rest.first_chunk::<N>());
            if let (Some(from), Some(slot)) = (from, slot.first_chunk_mut::<N>()) {
                *slot = *from;
            }
        }
    }
}

struct Atoms<'w, 'a> {
    atoms: Vec<Atom>,
    writer: &'w mut Writer<'a>,
}

impl Visit<'_> for Atoms<'_, '_> {
    fn fixed(&mut self, offset: usize, width: usize, what: Fixed) {
        if what != Fixed::Inner {
            self.atoms.push(Atom { offset, width, column: self.writer.buffer() });
        }
    }
}

/// Says whether lists of numbers in `rows` rows, of `bytes` bytes together, are so large that each stays where it is.
pub(crate) fn are_large(bytes: usize, rows: usize) -> bool {
    bytes / rows.max(1) >= LARGE
}

const OFFSETS: Key = Key { name: "offsets", encoded: b"\xa7offsets" };
const VALUES: Key = Key { name: "values", encoded: b"\xa6values" };
const PRESENT: Key = Key { name: "present", encoded: b"\xa7present" };

/// The type name of a dict that is no value of its own.
const DICT: &str = "dict";

/// Writes a table as the entry of a slice of type `name`.
pub(crate) fn write<'a>(mut table: Table<'a>, name: &str, writer: &mut Writer<'a>) -> Result<()> {
    table.flush();
    writer.give_back(table.fixed);
    let Some(columns) = table.columns else { return Err(no_such_column()) };
    let mut emit = Emit {
        rows: table.rows,
        atoms: columns.atoms.into_iter(),
        texts: table.sinks.texts.into_iter(),
        tables: table.sinks.tables.into_iter(),
    };
    emit.column(&mut schema::cursor(&columns.schema), name, writer)
}

/// The columns of one table on their way out, in the order of the schema.
struct Emit<'a> {
    rows: usize,
    atoms: std::vec::IntoIter<Atom>,
    texts: std::vec::IntoIter<Text<'a>>,
    tables: std::vec::IntoIter<Option<Box<Table<'a>>>>,
}

impl<'a> Emit<'a> {
    /// Writes the column of the next node as an entry.
    fn column(&mut self, node: &mut Cursor<'_>, name: &str, writer: &mut Writer<'a>) -> Result<()> {
        match Node::read(node)? {
            Node::Number(typestr, _) => numpy::write_columns(typestr, &[self.rows], self.atom(), writer),
            Node::Array(n) => {
                let mut shape = vec![self.rows, n];
                let mut inner = Node::read(node)?;
                while let Node::Array(n) = inner {
                    shape.push(n);
                    inner = Node::read(node)?;
                }
                let Node::Number(typestr, _) = inner else { return Err(no_such_column()) };
                numpy::write_columns(typestr, &shape, self.atom(), writer)
            }
            Node::Text => text(self.rows, self.texts.next().unwrap_or_default().buffer, writer),
            Node::Other => others(self.rows, self.texts.next().unwrap_or_default(), writer),
            Node::Names(n) => names(self.atom(), n, node, None, writer),
            Node::Option => self.option(node, writer),
            Node::List => {
                let lengths = self.atom();
                let child = self.child();
                if child.as_ref().is_some_and(|child| !child.is_portable()) {
                    node.skip()?;
                    return others_of(self.rows, child, writer);
                }
                let offsets = offsets(lengths, writer);
                self.pair(writer, &OFFSETS, "<i8", self.rows + 1, offsets, node, child)
            }
            Node::Boxed => {
                let child = self.child();
                rows_of(child, node, writer)
            }
            Node::Record(n) => record::columns_head(name, self.rows, n, writer, |c| {
                for _ in 0..n {
                    let encoded = node.value()?;
                    let key = node.on(encoded);
                    c.named_entry(encoded, |w| self.column(node, DICT, w).map_err(|e| in_field(e, key)))?;
                }
                Ok(())
            }),
            Node::Tuple(n) => record::columns_head(name, self.rows, n, writer, |c| {
                for i in 0..n {
                    let key = i.to_string();
                    let mut encoded = Vec::with_capacity(key.len() + 1);
                    msgpack::str(&mut encoded, &key)?;
                    c.named_entry(&encoded, |w| self.column(node, DICT, w))?;
                }
                Ok(())
            }),
            Node::Enum(n) => {
                // All are in the first of the tables that the variants with data have.
                let mut values = None;
                for _ in 0..n {
                    node.skip()?;
                    if !node.take_nil() {
                        node.skip()?;
                        let child = self.child();
                        values = values.or(child);
                    }
                }
                others_of(self.rows, values, writer)
            }
            // There are no rows: a table would have brought its own schema.
            Node::Again(_) => nils(self.rows, writer),
            Node::Unit => nils(self.rows, writer),
        }
    }

    fn option(&mut self, node: &mut Cursor<'_>, writer: &mut Writer<'a>) -> Result<()> {
        let inner = Node::read(&mut node.clone())?;
        if inner == Node::Text {
            node.skip()?;
            return text(self.rows, self.texts.next().unwrap_or_default().buffer, writer);
        }
        let flags = self.atom();
        match inner {
            Node::Number(typestr, _) => {
                node.skip()?;
                numpy::write_masked(typestr, self.rows, self.atom(), flags, writer)
            }
            Node::Names(n) => {
                Node::read(node)?;
                let codes = self.child().map(|child| child.into_only_column(writer)).unwrap_or_default();
                names(codes, n, node, Some(flags.used()), writer)?;
                writer.give_back(flags);
                Ok(())
            }
            _ => {
                let (child, rows) = (self.child(), self.rows);
                self.pair(writer, &PRESENT, "|b1", rows, flags, node, child)
            }
        }
    }

    /// `{first: array, "values": the rows of the child table}`.
    #[allow(clippy::too_many_arguments, reason = "the parts of one dict")]
    fn pair(
        &self,
        writer: &mut Writer<'a>,
        first: &Key,
        typestr: &str,
        len: usize,
        array: Buffer,
        node: &mut Cursor<'_>,
        child: Option<Box<Table<'a>>>,
    ) -> Result<()> {
        writer.object_head(DICT, ("builtins", "dict"))?;
        writer.object(
            0,
            2,
            |_| Ok(()),
            |c| {
                c.entry(first, |w| numpy::write_columns(typestr, &[len], array, w))?;
                c.entry(&VALUES, |w| rows_of(child, node, w))
            },
        )
    }

    fn atom(&mut self) -> Buffer {
        self.atoms.next().map(|atom| atom.column).unwrap_or_default()
    }

    fn child(&mut self) -> Option<Box<Table<'a>>> {
        self.tables.next().flatten()
    }
}

impl Table<'_> {
    /// The column of a table whose rows have one part.
    fn into_only_column(mut self, writer: &mut Writer<'_>) -> Buffer {
        self.flush();
        writer.give_back(self.fixed);
        let column = self.columns.and_then(|columns| columns.atoms.into_iter().next());
        column.map(|atom| atom.column).unwrap_or_default()
    }
}

/// The column of a child table, or of no rows if there is none.
fn rows_of<'a>(child: Option<Box<Table<'a>>>, node: &mut Cursor<'_>, writer: &mut Writer<'a>) -> Result<()> {
    match child {
        Some(table) => {
            node.skip()?;
            write(*table, DICT, writer)
        }
        None => {
            let nothing = (Vec::new().into_iter(), Vec::new().into_iter(), Vec::new().into_iter());
            Emit { rows: 0, atoms: nothing.0, texts: nothing.1, tables: nothing.2 }.column(node, DICT, writer)
        }
    }
}

/// The name of a field is only read where it is told.
#[cold]
fn in_field(error: Error, mut key: Cursor<'_>) -> Error {
    match key.str() {
        Ok(name) => error.at_field(name.to_owned()),
        Err(_) => error,
    }
}

/// The values that a child table holds in their own form.
fn others_of<'a>(rows: usize, child: Option<Box<Table<'a>>>, writer: &mut Writer<'a>) -> Result<()> {
    others(rows, child.and_then(|child| child.sinks.texts.into_iter().next()).unwrap_or_default(), writer)
}

/// Values in their own form: a msgpack array if all of them are inline, a list of headers otherwise.
fn others<'a>(rows: usize, column: Text<'a>, writer: &mut Writer<'a>) -> Result<()> {
    writer.check_levels(column.levels)?;
    if column.items.iter().all(|(_, frames)| *frames == INLINE) {
        return text(rows, column.buffer, writer);
    }
    let mut frames = column.frames.into_iter();
    let mut rest = column.buffer.used().get(ARRAY_MARKER..).unwrap_or_default();
    crate::collection::write(writer, "list", None, |items| {
        for (len, count) in &column.items {
            let Some((value, after)) = rest.split_at_checked(*len as usize) else { return Err(no_such_column()) };
            rest = after;
            items.item(|w| {
                if *count == INLINE {
                    w.check_msgpack()?;
                    w.raw(MSGPACK_ENTRY);
                    w.frame(value.to_vec());
                } else {
                    w.raw(value);
                    frames.by_ref().take(*count as usize).for_each(|frame| w.frame(frame));
                }
                Ok(())
            })?;
        }
        Ok(())
    })
}

/// The msgpack array whose elements were written into a buffer behind room for its marker.
fn text(rows: usize, mut column: Buffer, writer: &mut Writer<'_>) -> Result<()> {
    // A reader goes down for a list.
    writer.check_levels(1)?;
    writer.check_msgpack()?;
    writer.raw(MSGPACK_ENTRY);
    if column.len() < ARRAY_MARKER {
        column.put([0; ARRAY_MARKER]);
    }
    let mut marker = Vec::with_capacity(ARRAY_MARKER);
    msgpack::array_len(&mut marker, rows)?;
    // The length of an array may be said in five bytes, however short it is.
    let len = rows as u32;
    column.patch(0, &[0xdd]);
    column.patch(1, &len.to_be_bytes());
    writer.buffer_frame(column);
    Ok(())
}

fn nils(rows: usize, writer: &mut Writer<'_>) -> Result<()> {
    let mut column = writer.buffer();
    column.put([0; ARRAY_MARKER]);
    column.room(rows).fill(0xc0);
    text(rows, column, writer)
}

/// The names that codes stand for; with `present`, nil where there is none.
fn names(
    codes: Buffer,
    n: usize,
    node: &mut Cursor<'_>,
    present: Option<&[u8]>,
    writer: &mut Writer<'_>,
) -> Result<()> {
    let names = (0..n).map(|_| node.value()).collect::<Result<Vec<_>>>()?;
    let width = Node::code_width(n);
    let each = codes.used().chunks_exact(width).map(|code| match code {
        [code] => *code as usize,
        [low, high, ..] => u16::from_le_bytes([*low, *high]) as usize,
        [] => 0,
    });
    let mut each = each.map(|code| names.get(code).copied().unwrap_or(b"\xc0"));
    let mut column = writer.buffer();
    column.put([0; ARRAY_MARKER]);
    let rows = match present {
        None => each.inspect(|name| column.push(name)).count(),
        Some(present) => {
            for flag in present {
                let name = if *flag == 0 { None } else { each.next() };
                column.push(name.unwrap_or(b"\xc0"));
            }
            present.len()
        }
    };
    writer.give_back(codes);
    text(rows, column, writer)
}

/// Where each row's elements start, and where the last one's end.
fn offsets(lengths: Buffer, writer: &mut Writer<'_>) -> Buffer {
    let mut out = writer.buffer();
    let (mut end, used) = (0i64, lengths.used());
    let slots = out.room((used.len() / 4 + 1) * 8).chunks_exact_mut(8);
    // Behind the last one's end nothing is added.
    for (slot, length) in slots.zip(used.chunks_exact(4).chain([&[0; 4][..]])) {
        slot.copy_from_slice(&end.to_le_bytes());
        end += length.first_chunk().map_or(0, |length| i64::from(u32::from_le_bytes(*length)));
    }
    writer.give_back(lengths);
    out
}
