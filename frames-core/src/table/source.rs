//! Received tables: rows from which values are built, one after the other.
//!
//! Every length is checked against what is there before it is believed, and [`Source::finish`] refuses what is left over.
//! Text was checked as UTF-8 once a column, so that a row only cuts it.

use super::Place;
use super::write::{INLINE, NO_TEXT, OWN_FRAME, no_such_column};
use crate::bulk::cautious;
use crate::envelope::DEFAULT_DECODER;
use crate::error::{Error, Result};
use crate::frame::Frame;
use crate::frame_serialize::FrameSerialize;
use crate::frames::{Frames, Slot};
use crate::header::HeaderRef;
use crate::msgpack::Cursor;
use crate::view::{Rows, Viewable};

/// What is left of a table.
#[derive(Debug)]
pub(crate) struct Source<'f> {
    pub(crate) rows: usize,
    pub(crate) fixed: &'f [u8],
    pub(crate) sources: Sources<'f>,
}

/// What is left of the text and the child tables of a table.
#[derive(Debug)]
pub struct Sources<'f> {
    pub(crate) texts: Vec<Text<'f>>,
    pub(crate) tables: Vec<Option<Box<Source<'f>>>>,
}

/// What is left of a column.
#[derive(Debug)]
pub(crate) enum Text<'f> {
    Text(&'f str),
    /// Values in their own form.
    Bytes(&'f [u8]),
}

/// What the rows of all tables share: the settings, the depth, and the frames of values that brought their own.
#[derive(Debug)]
pub struct Unpacker<'s, 'h, 'f> {
    pub(crate) cursor: Cursor<'h>,
    pub(crate) own: &'s mut [Slot<'f>],
    /// How many bytes the tables have.
    paid: u64,
    /// Rows for which there are none, so far, and the memory that they took.
    free_rows: u64,
    free_bytes: u64,
}

/// A child table of a row, of which `rows` rows are the row's.
#[derive(Debug)]
struct Child<'c, 'f> {
    source: Option<&'c mut Source<'f>>,
    rows: usize,
}

impl<'f> Source<'f> {
    /// The next `n` rows of `width` bytes.
    fn take(&mut self, n: usize, width: usize) -> Result<&'f [u8]> {
        let rows = self.rows.checked_sub(n).ok_or_else(|| too_few(self.rows, n))?;
        let bytes = n.checked_mul(width).ok_or_else(|| too_few(self.rows, n))?;
        let (taken, rest) = self.fixed.split_at_checked(bytes).ok_or_else(|| too_few(self.rows, n))?;
        self.rows = rows;
        self.fixed = rest;
        Ok(taken)
    }

    /// All rows; those without bytes that nothing pays for are counted.
    pub(crate) fn take_rows(&mut self, unpacker: &mut Unpacker<'_, '_, '_>) -> Result<Rows<'f>> {
        let free = self.is_free();
        if free {
            unpacker.make_free(self.rows as u64, 0)?;
        }
        let (bytes, len) = (std::mem::take(&mut self.fixed), std::mem::take(&mut self.rows));
        Ok(Rows { bytes, width: bytes.len().checked_div(len).unwrap_or(0), len, free })
    }

    /// True if the next row, which has no bytes, takes no row of another table that has.
    fn is_free(&self) -> bool {
        self.fixed.is_empty() && self.sources.tables.iter().flatten().all(|table| table.is_free())
    }

    /// Refuses what no row asked for.
    pub(crate) fn finish(&self) -> Result<()> {
        if self.rows > 0 {
            return Err(Error::invalid(format!("{} rows of a child table belong to no row", self.rows)));
        }
        for text in &self.sources.texts {
            let left = match text {
                Text::Text(text) => text.len(),
                Text::Bytes(bytes) => bytes.len(),
            };
            if left > 0 {
                return Err(Error::invalid(format!("{left} bytes of a column belong to no row")));
            }
        }
        self.sources.tables.iter().flatten().try_for_each(|table| table.finish())
    }
}

#[cold]
fn too_few(left: usize, asked: usize) -> Error {
    Error::invalid(format!("a row has {asked} rows of a child table, of which {left} are there"))
}

/// Bytes of a row.
#[inline(always)]
pub fn get<const N: usize>(row: &[u8], at: usize) -> Result<[u8; N]> {
    match row.get(at..).and_then(|rest| rest.first_chunk::<N>()) {
        Some(bytes) => Ok(*bytes),
        None => Err(no_such_column()),
    }
}

/// Bytes of a row, as an array of what `read` makes of each `WIDTH` of them.
#[inline(always)]
pub(crate) fn take_array<T, const WIDTH: usize, const N: usize>(
    row: &[u8],
    at: usize,
    read: impl Fn([u8; WIDTH]) -> T,
) -> Result<[T; N]> {
    match row.get(at..at + N * WIDTH) {
        Some(bytes) => Ok(std::array::from_fn(|i| {
            let item = bytes.get(i * WIDTH..).and_then(|rest| rest.first_chunk::<WIDTH>());
            read(item.copied().unwrap_or([0; WIDTH]))
        })),
        None => Err(no_such_column()),
    }
}

/// The flag of a row.
#[inline(always)]
pub(crate) fn flag(row: &[u8], at: usize) -> Result<bool> {
    match get::<1>(row, at)? {
        [0] => Ok(false),
        [1] => Ok(true),
        [other] => Err(no_flag(other)),
    }
}

#[cold]
fn no_flag(byte: u8) -> Error {
    Error::invalid(format!("the byte {byte} is neither 0 nor 1, and so no bool"))
}

impl<'f> Sources<'f> {
    /// For rows that have nothing outside of them.
    pub(crate) const fn none() -> Sources<'static> {
        Sources { texts: Vec::new(), tables: Vec::new() }
    }

    /// The text of a row.
    #[inline(always)]
    pub fn text(&mut self, row: &[u8], at: Place) -> Result<&'f str> {
        let len = u32::from_le_bytes(get(row, at.fixed)?) as usize;
        match self.texts.get_mut(at.texts) {
            Some(Text::Text(rest)) => match rest.split_at_checked(len) {
                Some((text, after)) => {
                    *rest = after;
                    Ok(text)
                }
                None => Err(cut_text(len, rest.len())),
            },
            _ => Err(no_such_column()),
        }
    }

    /// True if a row has text.
    #[inline]
    pub fn has_text(row: &[u8], at: Place) -> Result<bool> {
        Ok(u32::from_le_bytes(get(row, at.fixed)?) != NO_TEXT)
    }

    /// The elements of a row.
    pub fn list<T: FrameSerialize>(
        &mut self,
        row: &[u8],
        at: Place,
        unpacker: &mut Unpacker<'_, '_, '_>,
    ) -> Result<Vec<T>> {
        if let Some(frame) = self.own_frame(row, at, unpacker)? {
            return T::from_rows(&frame)
                .unwrap_or_else(|| Err(Error::invalid("a list of this type has no frame of its own")));
        }
        let len = u32::from_le_bytes(get(row, at.fixed)?);
        let mut child = self.child(at.tables, len as usize)?;
        child.read(unpacker)
    }

    /// The frame that holds the elements of a row, if they are so many that they have one.
    #[inline]
    pub(crate) fn own_frame<'o>(
        &self,
        row: &[u8],
        at: Place,
        unpacker: &mut Unpacker<'_, '_, 'o>,
    ) -> Result<Option<Frame<'o>>> {
        match u32::from_le_bytes(get(row, at.fixed)?) {
            n if n & OWN_FRAME != 0 => unpacker.frame((n & !OWN_FRAME) as usize).map(Some),
            _ => Ok(None),
        }
    }

    /// The value of a row that stands in a child table.
    pub fn one<T: FrameSerialize>(&mut self, at: Place, unpacker: &mut Unpacker<'_, '_, '_>) -> Result<T> {
        // Known to the compiler, for all but very few types.
        if T::shape() == Place::START && size_of::<T>() > 0 {
            unpacker.make_free(0, size_of::<T>() as u64)?;
        }
        self.variant(at.tables, T::shape(), unpacker, |row, sources, unpacker| {
            T::unpack(row, Place::START, sources, unpacker)
        })
    }

    /// The data of a variant: a row of the given shape in a table of its own.
    pub fn variant<R>(
        &mut self,
        table: usize,
        shape: Place,
        unpacker: &mut Unpacker<'_, '_, '_>,
        unpack: impl FnOnce(&[u8], &mut Sources<'f>, &mut Unpacker<'_, '_, '_>) -> Result<R>,
    ) -> Result<R> {
        let Some(Some(source)) = self.tables.get_mut(table) else { return Err(too_few(0, 1)) };
        let row = source.take(1, shape.fixed)?;
        unpacker.cursor.descend()?;
        let value = unpack(row, &mut source.sources, unpacker)?;
        unpacker.cursor.ascend();
        Ok(value)
    }

    /// All text of a column.
    pub(crate) fn take_text(&mut self, column: usize) -> Result<&'f str> {
        match self.texts.get_mut(column) {
            Some(Text::Text(text)) => Ok(std::mem::take(text)),
            _ => Err(no_such_column()),
        }
    }

    /// The column of a child table, which has `rows` rows.
    pub(crate) fn open_child<T: Viewable>(
        &mut self,
        table: usize,
        rows: usize,
        unpacker: &mut Unpacker<'_, '_, 'f>,
    ) -> Result<Option<Box<T::Column<'f>>>> {
        let Some(slot) = self.tables.get_mut(table) else { return Err(no_such_column()) };
        match slot {
            None if rows == 0 => Ok(None),
            Some(source) if source.rows == rows => {
                unpacker.cursor.descend()?;
                let rows = source.take_rows(unpacker)?;
                let column = T::open_packed(rows, Place::START, &mut source.sources, unpacker)?;
                unpacker.cursor.ascend();
                Ok(Some(Box::new(column)))
            }
            source => Err(too_few(source.as_ref().map_or(0, |source| source.rows), rows)),
        }
    }

    fn child(&mut self, table: usize, rows: usize) -> Result<Child<'_, 'f>> {
        match self.tables.get_mut(table) {
            Some(source) => Ok(Child { source: source.as_deref_mut(), rows }),
            None => Err(no_such_column()),
        }
    }
}

#[cold]
pub(crate) fn cut_text(len: usize, left: usize) -> Error {
    Error::invalid(format!("a text of {len} bytes ends inside of a character, or behind the {left} that are left"))
}

impl Child<'_, '_> {
    /// Reads the rows.
    fn read<T: FrameSerialize>(&mut self, unpacker: &mut Unpacker<'_, '_, '_>) -> Result<Vec<T>> {
        if self.rows == 0 {
            return Ok(Vec::new());
        }
        let Some(source) = &mut self.source else { return Err(too_few(0, self.rows)) };
        unpacker.cursor.descend()?;
        let values = read_rows(source, self.rows, unpacker)?;
        unpacker.cursor.ascend();
        Ok(values)
    }
}

/// Reads the next `n` rows.
#[inline(never)]
pub(super) fn read_rows<T: FrameSerialize>(
    source: &mut Source<'_>,
    n: usize,
    unpacker: &mut Unpacker<'_, '_, '_>,
) -> Result<Vec<T>> {
    let width = T::shape().fixed;
    let rows = source.take(n, width)?;
    if let Some(values) = T::from_rows(rows) {
        return values;
    }
    if width == 0 {
        // A limit applies, unless each takes a row of another table that has some.
        if source.is_free() {
            unpacker.make_free(n as u64, (n as u64).saturating_mul(size_of::<T>() as u64))?;
        }
    }
    // Rows with bytes are all there; of others, few are reserved on a count's word.
    let mut out = Vec::with_capacity(if width == 0 { n.min(cautious::<T>()) } else { n });
    let mut rest = rows;
    for i in 0..n {
        let Some((row, after)) = rest.split_at_checked(width) else { break };
        rest = after;
        match T::unpack(row, Place::START, &mut source.sources, unpacker) {
            Ok(value) => out.push(value),
            Err(error) => return Err(error.at_index(i)),
        }
    }
    Ok(out)
}

/// The bytes of rows as elements.
pub(crate) fn copy_rows<T: crate::Element>(rows: &[u8]) -> Result<Vec<T>> {
    crate::numpy::copy_to_vec(rows)
        .ok_or_else(|| Error::invalid(format!("{} bytes are no whole number of elements", rows.len())))
}

impl Unpacker<'static, 'static, 'static> {
    /// For rows that have nothing outside of them.
    pub(crate) fn none() -> Self {
        Unpacker::new(Cursor::new(&[], &DEFAULT_DECODER), &mut [], 0)
    }
}

impl<'s, 'h, 'f> Unpacker<'s, 'h, 'f> {
    /// For tables of `paid` bytes, whose values brought the frames `own`.
    pub(crate) fn new(cursor: Cursor<'h>, own: &'s mut [Slot<'f>], paid: u64) -> Self {
        Unpacker { cursor, own, paid, free_rows: 0, free_bytes: 0 }
    }
}

impl<'f> Unpacker<'_, '_, 'f> {
    /// Counts rows without bytes and what is made of them: nothing was sent for them, so that all of a message are bounded together.
    #[cold]
    pub(crate) fn make_free(&mut self, rows: u64, bytes: u64) -> Result<()> {
        self.free_rows = self.free_rows.saturating_add(rows);
        self.free_bytes = self.free_bytes.saturating_add(bytes);
        let limits = &self.cursor.decoder().limits;
        if self.free_rows > limits.nodes {
            return Err(Error::limit("nodes", limits.nodes, format_args!("{} rows without bytes", self.free_rows)));
        }
        limits.check_expansion(self.free_bytes, self.paid)
    }

    /// A frame that a value brought.
    pub(crate) fn frame(&mut self, number: usize) -> Result<Frame<'f>> {
        let taken = self.frames(number, 1)?;
        taken.first_mut().and_then(Option::take).ok_or_else(|| Error::frame_count("a frame of a list", 0))
    }

    fn frames(&mut self, first: usize, n: usize) -> Result<&mut [Slot<'f>]> {
        let total = self.own.len();
        let frames = first.checked_add(n).and_then(|end| self.own.get_mut(first..end));
        frames.ok_or_else(|| Error::frame_count(format_args!("{n} frames from the frame {first} of a table on"), total))
    }

    /// Refuses frames that no value asked for.
    pub(crate) fn finish(&self) -> Result<()> {
        match self.own.iter().flatten().count() {
            0 => Ok(()),
            left => Err(Error::frame_count("no more frames of values", left)),
        }
    }

    /// A value in its own form.
    fn other<R>(
        &mut self,
        row: &[u8],
        at: Place,
        sources: &mut Sources<'_>,
        read_inline: impl FnOnce(&mut Cursor<'_>) -> Result<R>,
        read_entry: impl FnOnce(&mut Cursor<'_>, &mut [Slot<'f>]) -> Result<R>,
    ) -> Result<R> {
        let len = u32::from_le_bytes(get(row, at.fixed)?) as usize;
        let frames = u32::from_le_bytes(get(row, at.fixed + 4)?);
        let Some(Text::Bytes(rest)) = sources.texts.get_mut(at.texts) else { return Err(no_such_column()) };
        let Some((value, after)) = rest.split_at_checked(len) else { return Err(Error::truncated(len, rest.len())) };
        *rest = after;
        let cursor = self.cursor;
        let mut cursor = cursor.on(value);
        cursor.descend()?;
        let value = match frames {
            INLINE => read_inline(&mut cursor)?,
            n => {
                let first = u32::from_le_bytes(get(row, at.fixed + 8)?) as usize;
                let slots = self.frames(first, n as usize)?;
                // Every value takes what it was given; what another took before is an error of its own.
                let value = read_entry(&mut cursor, slots)?;
                match slots.iter().flatten().count() {
                    0 => value,
                    left => return Err(Error::frame_count("no more frames of a value", left)),
                }
            }
        };
        cursor.finish()?;
        Ok(value)
    }
}

/// `unpack` of a value that has no better form.
pub fn unpack_other<T: FrameSerialize>(
    row: &[u8],
    at: Place,
    sources: &mut Sources<'_>,
    unpacker: &mut Unpacker<'_, '_, '_>,
) -> Result<T> {
    unpacker.other(row, at, sources, T::read_inline, T::read_entry)
}

/// `unpack` of a field with functions of its own.
pub fn unpack_with<T>(
    row: &[u8],
    at: Place,
    sources: &mut Sources<'_>,
    unpacker: &mut Unpacker<'_, '_, '_>,
    deserialize: fn(HeaderRef<'_>, Frames<'_>) -> Result<T>,
) -> Result<T> {
    let read = |cursor: &mut Cursor<'_>, slots: &mut [Slot<'_>]| crate::entry::read_parts(cursor, slots, deserialize);
    unpacker.other(row, at, sources, |cursor| crate::entry::inline_as_parts(cursor, read), read)
}
