//! Tables under construction: rows, text, and the tables of what a row has none, one or many of.

use super::portable::Columns;
use super::schema::Describe;
use super::{BLOCK, Buffer, Place};
use crate::error::{Error, ErrorKind, Result};
use crate::frame::Frame;
use crate::frame_serialize::FrameSerialize;
use crate::frames::Frames;
use crate::header::Header;
use crate::writer::Writer;

/// From here on a list of numbers in a row is a frame of its own, and not copied behind those of the other rows.
pub(crate) const LARGE: usize = 4 << 10;

/// Set in a list's length: its elements are a frame of their own, of the number that is left.
pub(crate) const OWN_FRAME: u32 = 1 << 31;

/// In place of a text's length: there is none.
pub(crate) const NO_TEXT: u32 = u32::MAX;

/// In place of a count of frames: the value is inline.
pub(crate) const INLINE: u32 = u32::MAX;

/// Rows of one type.
#[derive(Debug)]
pub(crate) struct Table<'a> {
    pub(crate) rows: usize,
    /// Packed: all rows. Portable: those that were not taken apart yet.
    pub(crate) fixed: Buffer,
    pub(crate) width: usize,
    pub(crate) sinks: Sinks<'a>,
    pub(crate) columns: Option<Box<Columns>>,
}

/// Where a row puts what is not in it.
#[derive(Debug, Default)]
pub struct Sinks<'a> {
    pub(crate) texts: Vec<Text<'a>>,
    pub(crate) tables: Vec<Option<Box<Table<'a>>>>,
    /// Portable: lists of numbers are large, so that each row's is an array of its own.
    pub(crate) elementwise: bool,
    /// How many frames the writer had before the outermost table.
    pub(crate) first_frame: usize,
}

/// A column of text or of values in their own form.
#[derive(Debug, Default)]
pub(crate) struct Text<'a> {
    pub(crate) buffer: Buffer,
    /// Portable: bytes and frames of each value in its own form.
    pub(crate) items: Vec<(u32, u32)>,
    pub(crate) frames: Vec<Frame<'a>>,
    /// Portable: how many levels the deepest of the values takes, as one of a list.
    pub(crate) levels: u16,
}

/// Room for the marker and the length of a msgpack array in front of the text of a portable column.
pub(crate) const ARRAY_MARKER: usize = 5;

impl<'a> Table<'a> {
    /// For rows of `T`.
    pub(crate) fn new<T: FrameSerialize>(writer: &mut Writer<'a>) -> Self {
        Self::described(T::shape(), T::describe, writer)
    }

    fn described(shape: Place, describe: Describe, writer: &mut Writer<'a>) -> Self {
        let columns = (!writer.is_packed()).then(|| Box::new(Columns::of(describe, writer)));
        Self::with(shape, columns, writer)
    }

    /// For rows of a shape, which only the packed form takes, or which are values in their own form.
    fn of_shape(shape: Place, writer: &mut Writer<'a>) -> Self {
        Self::with(shape, None, writer)
    }

    fn with(shape: Place, columns: Option<Box<Columns>>, writer: &mut Writer<'a>) -> Self {
        let fixed = if shape.fixed > 0 { writer.buffer() } else { Buffer::default() };
        let texts = (0..shape.texts).map(|_| {
            let mut buffer = writer.buffer();
            if !writer.is_packed() {
                buffer.put([0; ARRAY_MARKER]);
            }
            Text { buffer, ..Text::default() }
        });
        let texts = texts.collect();
        let tables = (0..shape.tables).map(|_| None).collect();
        let sinks = Sinks { texts, tables, elementwise: false, first_frame: writer.frames.len() };
        Table { rows: 0, fixed, width: shape.fixed, sinks, columns }
    }

    pub(crate) fn is_portable(&self) -> bool {
        self.columns.is_some()
    }

    /// Appends a row an item.
    #[inline(never)]
    pub(crate) fn extend<T: FrameSerialize>(&mut self, items: &'a [T], writer: &mut Writer<'a>) -> Result<()> {
        if let Some(bytes) = T::as_rows(items) {
            self.fixed.push_long(bytes);
            self.rows += items.len();
            self.flush_full();
            return Ok(());
        }
        let width = T::shape().fixed;
        let mut packed = 0;
        for block in items.chunks(BLOCK) {
            let rows = self.fixed.room(block.len() * width);
            T::pack_rows(block, rows, packed, &mut self.sinks, writer)?;
            packed += block.len();
            self.rows += block.len();
            self.flush_full();
            if self.rows == BLOCK && items.len() > 2 * BLOCK {
                self.foresee(items.len());
            }
        }
        Ok(())
    }

    /// Appends one row of a variant's or a single value's parts.
    pub(crate) fn row(
        &mut self,
        writer: &mut Writer<'a>,
        pack: impl FnOnce(&mut [u8], &mut Sinks<'a>, &mut Writer<'a>) -> Result<()>,
    ) -> Result<()> {
        let row = self.fixed.room(self.width);
        pack(row, &mut self.sinks, writer)?;
        self.rows += 1;
        self.flush_full();
        Ok(())
    }

    #[inline]
    fn flush_full(&mut self) {
        if let Some(columns) = &mut self.columns {
            if self.fixed.len() >= BLOCK * self.width {
                columns.take_apart(self.fixed.used(), self.width);
                self.fixed.clear();
            }
        }
    }

    /// Takes the last rows apart.
    pub(crate) fn flush(&mut self) {
        if let Some(columns) = &mut self.columns {
            columns.take_apart(self.fixed.used(), self.width);
            self.fixed.clear();
        }
    }

    /// After the first rows: reserves what `total` rows like them need.
    #[cold]
    #[inline(never)]
    fn foresee(&mut self, total: usize) {
        let rows = self.rows;
        let all = |used: usize| (used / rows + 1).saturating_mul(total) + used / 8;
        match &mut self.columns {
            Some(columns) => columns.expect(total),
            None => self.fixed.expect(self.width.saturating_mul(total)),
        }
        for text in &mut self.sinks.texts {
            text.buffer.expect(all(text.buffer.len()));
        }
        // As many child rows to a row as so far, of which there are some at least.
        for child in self.sinks.tables.iter_mut().flatten().filter(|child| child.rows >= BLOCK) {
            child.foresee(child.rows.saturating_mul(total) / rows);
        }
    }

    /// Writes the table as the entry of a slice of type `name`.
    pub(crate) fn finish(self, describe: Describe, name: &str, writer: &mut Writer<'a>) -> Result<()> {
        if self.is_portable() {
            super::portable::write(self, name, writer)
        } else {
            super::packed::write(self, describe, name, writer)
        }
    }
}

/// Writes bytes into a row.
#[inline(always)]
pub fn put<const N: usize>(row: &mut [u8], at: usize, bytes: [u8; N]) {
    if let Some(slot) = row.get_mut(at..).and_then(|rest| rest.first_chunk_mut::<N>()) {
        *slot = bytes;
    }
}

/// Sets bytes of a row to zero.
#[inline]
pub(crate) fn clear(row: &mut [u8], at: usize, len: usize) -> Result<()> {
    if let Some(bytes) = row.get_mut(at..at + len) {
        bytes.fill(0);
    }
    Ok(())
}

/// A length in a row.
#[inline(always)]
fn put_len(row: &mut [u8], at: usize, len: usize, end: u32, what: &str) -> Result<()> {
    match u32::try_from(len) {
        Ok(len) if len < end => {
            put(row, at, len.to_le_bytes());
            Ok(())
        }
        _ => Err(too_long(len, end, what)),
    }
}

#[cold]
fn too_long(len: usize, end: u32, what: &str) -> Error {
    Error::new(ErrorKind::Unsupported, format!("{what} of {len} is too long for a row of a table, which ends at {end}"))
        .with_help("send it as a value of its own")
}

impl<'a> Sinks<'a> {
    /// Text of a row.
    #[inline(always)]
    pub fn text(&mut self, text: &str, row: &mut [u8], at: Place, writer: &Writer<'_>) -> Result<()> {
        let Some(column) = self.texts.get_mut(at.texts) else { return Err(no_such_column()) };
        if writer.is_packed() {
            column.buffer.push(text.as_bytes());
            put_len(row, at.fixed, text.len(), NO_TEXT, "a text")
        } else {
            column.buffer.push_msgpack(text)
        }
    }

    /// Texts of rows that are nothing else, of which `first` are before.
    #[inline(always)]
    pub(crate) fn texts<'t>(
        &mut self,
        texts: impl Iterator<Item = &'t str>,
        rows: &mut [u8],
        first: usize,
        writer: &Writer<'_>,
    ) -> Result<()> {
        let Some(column) = self.texts.first_mut() else { return Err(no_such_column()) };
        let mut index = first;
        let pairs = texts.zip(rows.chunks_exact_mut(Place::TEXT.fixed)).inspect(|_| index += 1);
        let length = |text: &str, row: &mut [u8]| put_len(row, Place::START.fixed, text.len(), NO_TEXT, "a text");
        let done = match writer.is_packed() {
            true => column.buffer.push_each::<_, false>(pairs, length),
            false => column.buffer.push_each::<_, true>(pairs, |_, _| Ok(())),
        };
        done.map_err(|error| error.at_index(index - 1))
    }

    /// No text in a row.
    #[inline]
    pub fn no_text(&mut self, row: &mut [u8], at: Place, writer: &Writer<'_>) -> Result<()> {
        let Some(column) = self.texts.get_mut(at.texts) else { return Err(no_such_column()) };
        match writer.is_packed() {
            true => put(row, at.fixed, NO_TEXT.to_le_bytes()),
            false => column.buffer.put([0xc0]),
        }
        Ok(())
    }

    /// The elements of a row.
    pub fn list<T: FrameSerialize>(
        &mut self,
        items: &'a [T],
        row: &mut [u8],
        at: Place,
        writer: &mut Writer<'a>,
    ) -> Result<()> {
        if self.elementwise {
            return self.element(at, writer, |writer| T::write_slice(items, writer));
        }
        match T::as_rows(items) {
            Some(bytes) if bytes.len() >= LARGE && writer.is_packed() => {
                // Its number, so that columns can be looked at one by one.
                let number = writer.frames.len() - self.first_frame;
                put_len(row, at.fixed, number | OWN_FRAME as usize, u32::MAX, "a number of frames")?;
                writer.frame(bytes);
                return Ok(());
            }
            _ => put_len(row, at.fixed, items.len(), OWN_FRAME, "a list")?,
        }
        if items.is_empty() {
            return Ok(());
        }
        let child = self.child::<T>(at.tables, writer)?;
        writer.descend()?;
        child.extend(items, writer)?;
        writer.ascend();
        Ok(())
    }

    /// The value of a row that may have none: a flag, and a row of a child table.
    pub fn option<T: FrameSerialize>(
        &mut self,
        value: Option<&'a T>,
        row: &mut [u8],
        at: Place,
        writer: &mut Writer<'a>,
    ) -> Result<()> {
        put(row, at.fixed, [value.is_some() as u8]);
        match value {
            Some(value) => self.one(value, at, writer),
            None => Ok(()),
        }
    }

    /// The value of a row that stands elsewhere, in a child table.
    pub fn one<T: FrameSerialize>(&mut self, value: &'a T, at: Place, writer: &mut Writer<'a>) -> Result<()> {
        let child = self.child::<T>(at.tables, writer)?;
        writer.descend()?;
        child.row(writer, |row, sinks, writer| value.pack(row, Place::START, sinks, writer))?;
        writer.ascend();
        Ok(())
    }

    /// The data of a variant: a row of the given shape in a table of its own.
    pub fn variant(
        &mut self,
        table: usize,
        shape: Place,
        writer: &mut Writer<'a>,
        pack: impl FnOnce(&mut [u8], &mut Sinks<'a>, &mut Writer<'a>) -> Result<()>,
    ) -> Result<()> {
        let child = self.child_of(table, shape, writer)?;
        writer.descend()?;
        child.row(writer, pack)?;
        writer.ascend();
        Ok(())
    }

    /// Portable: a value with data of its own kind, which is written whole.
    pub fn element(
        &mut self,
        at: Place,
        writer: &mut Writer<'a>,
        write: impl FnOnce(&mut Writer<'a>) -> Result<()>,
    ) -> Result<()> {
        self.whole(at, writer, false, write)
    }

    /// The same for a value that knows whether it is inline.
    pub fn whole_value<T: FrameSerialize>(&mut self, value: &'a T, at: Place, writer: &mut Writer<'a>) -> Result<()> {
        match value.is_inline() {
            true => self.whole(at, writer, true, |w| value.write_inline(w)),
            false => self.whole(at, writer, false, |w| value.write_entry(w)),
        }
    }

    fn whole(
        &mut self,
        at: Place,
        writer: &mut Writer<'a>,
        inline: bool,
        write: impl FnOnce(&mut Writer<'a>) -> Result<()>,
    ) -> Result<()> {
        let child = self.child_of(at.tables, Place::OTHER, writer)?;
        child.row(writer, |row, sinks, writer| sinks.other(row, Place::START, writer, inline, write))
    }

    /// A value in its own form: inline, or a header and frames, as `write` writes it.
    fn other(
        &mut self,
        row: &mut [u8],
        at: Place,
        writer: &mut Writer<'a>,
        inline: bool,
        write: impl FnOnce(&mut Writer<'a>) -> Result<()>,
    ) -> Result<()> {
        let Some(column) = self.texts.get_mut(at.texts) else { return Err(no_such_column()) };
        // The end of the header under construction is where the value is written, and from where it is taken.
        let (start, first) = (writer.out.len(), writer.frames.len());
        let levels = writer.deeper(write)?;
        let bytes = writer.out.get(start..).unwrap_or_default();
        put_len(row, at.fixed, bytes.len(), u32::MAX, "a header")?;
        column.buffer.push(bytes);
        let len = bytes.len() as u32;
        writer.out.truncate(start);
        let frames = if inline { INLINE } else { (writer.frames.len() - first) as u32 };
        if writer.is_packed() {
            put(row, at.fixed + 4, frames.to_le_bytes());
            put_len(row, at.fixed + 8, first - self.first_frame, u32::MAX, "a number of frames")?;
        } else {
            column.items.push((len, frames));
            column.levels = column.levels.max(levels);
            writer.give_kept(first);
            writer.frames.move_from(first, &mut column.frames);
        }
        Ok(())
    }

    fn child<T: FrameSerialize>(&mut self, table: usize, writer: &mut Writer<'a>) -> Result<&mut Table<'a>> {
        let (elementwise, first_frame) = (self.elementwise, self.first_frame);
        let Some(slot) = self.tables.get_mut(table) else { return Err(no_such_column()) };
        Ok(slot.get_or_insert_with(|| {
            let mut child = Table::new::<T>(writer);
            child.sinks.elementwise = elementwise;
            child.sinks.first_frame = first_frame;
            Box::new(child)
        }))
    }

    fn child_of(&mut self, table: usize, shape: Place, writer: &mut Writer<'a>) -> Result<&mut Table<'a>> {
        let first_frame = self.first_frame;
        let Some(slot) = self.tables.get_mut(table) else { return Err(no_such_column()) };
        Ok(slot.get_or_insert_with(|| {
            let mut child = Table::of_shape(shape, writer);
            child.sinks.first_frame = first_frame;
            Box::new(child)
        }))
    }
}

/// `pack` of a value that has no better form.
pub fn pack_other<'a, T: FrameSerialize>(
    value: &'a T,
    row: &mut [u8],
    at: Place,
    sinks: &mut Sinks<'a>,
    writer: &mut Writer<'a>,
) -> Result<()> {
    match value.is_inline() {
        true => sinks.other(row, at, writer, true, |w| value.write_inline(w)),
        false => sinks.other(row, at, writer, false, |w| value.write_entry(w)),
    }
}

/// The same for bytes, which are no value of a header but may stand among many.
pub(crate) fn pack_bytes<'a, T: FrameSerialize>(
    value: &'a T,
    len: usize,
    row: &mut [u8],
    at: Place,
    sinks: &mut Sinks<'a>,
    writer: &mut Writer<'a>,
) -> Result<()> {
    match len < LARGE {
        true => sinks.other(row, at, writer, true, |w| value.write_inline(w)),
        false => sinks.other(row, at, writer, false, |w| value.write_entry(w)),
    }
}

/// `pack` of a field with functions of its own.
pub fn pack_with<'a>(
    parts: Result<(Header, Frames<'a>)>,
    row: &mut [u8],
    at: Place,
    sinks: &mut Sinks<'a>,
    writer: &mut Writer<'a>,
) -> Result<()> {
    sinks.other(row, at, writer, false, |w| crate::entry::write_parts(parts, w))
}

/// The derive laid a value over more columns than its shape says: a bug of ours, never of the data.
#[cold]
pub(crate) fn no_such_column() -> Error {
    Error::invalid("a value has more columns than its type says; please report this")
}
