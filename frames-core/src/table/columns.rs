//! Columns of the portable form that no single array holds: lists, what may lack, tuples, rows of arrays, text.
//!
//! Each function takes the form of its type, and hands every other one to [`bulk`](crate::bulk), which reads a list value by value.

use super::schema::{Node, Schema};
use crate::array::Array;
use crate::bulk;
use crate::entry::{self, Entry};
use crate::envelope::DEFAULT_DECODER;
use crate::error::{Error, Result};
use crate::fields::{Fields, Reader, through};
use crate::frame_serialize::FrameSerialize;
use crate::frames::{Slot, slots_in, take_one};
use crate::msgpack::Cursor;
use crate::numpy::{self, DType, Element};
use crate::record::Key;

const OFFSETS_VALUES: [Key; 2] = [key("offsets", b"\xa7offsets"), key("values", b"\xa6values")];
const PRESENT_VALUES: [Key; 2] = [key("present", b"\xa7present"), key("values", b"\xa6values")];

/// The names of the elements of a tuple.
pub const NTH: [Key; 12] = [
    key("0", b"\xa10"),
    key("1", b"\xa11"),
    key("2", b"\xa12"),
    key("3", b"\xa13"),
    key("4", b"\xa14"),
    key("5", b"\xa15"),
    key("6", b"\xa16"),
    key("7", b"\xa17"),
    key("8", b"\xa18"),
    key("9", b"\xa19"),
    key("10", b"\xa210"),
    key("11", b"\xa211"),
];

const fn key(name: &'static str, encoded: &'static [u8]) -> Key {
    Key { name, encoded }
}

/// Reads a dict: through `read` if one stands there, else `None`. `cursor` is anywhere in the header.
pub(crate) fn read_dict<'f, R>(
    entry: &Entry<'_>,
    cursor: &Cursor<'_>,
    slots: &mut [Slot<'f>],
    read: impl FnMut(&mut Fields<'_, '_, 'f>) -> Result<R>,
) -> Option<Result<R>> {
    if !is_dict(entry, slots) {
        return None;
    }
    Some(through(read, |read| read_dict_with(entry, cursor, slots, read)))
}

fn read_dict_with<'f>(
    entry: &Entry<'_>,
    cursor: &Cursor<'_>,
    slots: &mut [Slot<'f>],
    read: Reader<'_, 'f>,
) -> Result<()> {
    match *entry {
        Entry::Object(mut sub) => Fields::layout(&mut sub, slots, read),
        Entry::Collection(mut items) => items.fields(slots, read),
        _ => entry::read_msgpack(cursor, slots, |inner| Fields::map(inner, &mut [], read)),
    }
}

/// True for a dict in any form: our columns, Python's collection, or a msgpack map, which Python makes of a dict all of whose
/// columns are plain.
fn is_dict(entry: &Entry<'_>, slots: &[Slot<'_>]) -> bool {
    match entry {
        Entry::Object(_) => true,
        Entry::Collection(items) => items.is_dict(),
        Entry::Msgpack => {
            let first = slots.first().and_then(Option::as_ref).and_then(|frame| frame.first());
            matches!(first, Some(0x80..=0x8f | 0xde | 0xdf))
        }
        _ => false,
    }
}

/// An error if rows are made of flags or offsets that a broadcast repeats, in more memory than what was received may take.
///
/// What repeats nothing has a byte a row, and the limit lets it pass whatever a row is.
fn check_repeated(rows: usize, row_size: usize, received: usize, cursor: &Cursor<'_>) -> Result<()> {
    if rows <= received {
        return Ok(());
    }
    let bytes = (rows as u64).saturating_mul(row_size as u64);
    cursor.decoder().limits.check_expansion(bytes, received as u64)
}

/// Two values of a dict, of which `second` reads the other.
fn read_two<'f, A: FrameSerialize, B>(
    fields: &mut Fields<'_, '_, 'f>,
    keys: &[Key; 2],
    second: impl Fn(&mut Fields<'_, '_, 'f>, &Key, &mut Option<B>) -> Result<()>,
) -> Result<(Vec<A>, B)> {
    let (mut a, mut b) = (None, None);
    let [first, other] = keys;
    while let Some(name) = fields.name()? {
        if name == first.name {
            fields.value::<Vec<A>>(first, &mut a)?;
        } else if name == other.name {
            second(fields, other, &mut b)?;
        } else {
            fields.unknown(name, keys)?;
        }
    }
    Ok((fields.need(first, a)?, fields.need(other, b)?))
}

/// The offsets of a column of lists, of which each is made in `row_size` bytes of memory, and its elements as `values` reads
/// them; `None` for any other form.
pub(crate) fn read_offsets<'f, B>(
    cursor: &mut Cursor<'_>,
    slots: &mut [Slot<'f>],
    row_size: usize,
    values: impl Fn(&mut Fields<'_, '_, 'f>, &Key, &mut Option<B>) -> Result<()>,
) -> Option<Result<(Vec<i64>, B)>> {
    read_pair(cursor, slots, &OFFSETS_VALUES, row_size, values)
}

/// The flags of a column of what may lack, and what is there as `values` reads it; `None` for any other form.
pub(crate) fn read_present<'f, B>(
    cursor: &mut Cursor<'_>,
    slots: &mut [Slot<'f>],
    row_size: usize,
    values: impl Fn(&mut Fields<'_, '_, 'f>, &Key, &mut Option<B>) -> Result<()>,
) -> Option<Result<(Vec<bool>, B)>> {
    read_pair(cursor, slots, &PRESENT_VALUES, row_size, values)
}

fn read_pair<'f, A: FrameSerialize, B>(
    cursor: &mut Cursor<'_>,
    slots: &mut [Slot<'f>],
    keys: &[Key; 2],
    row_size: usize,
    values: impl Fn(&mut Fields<'_, '_, 'f>, &Key, &mut Option<B>) -> Result<()>,
) -> Option<Result<(Vec<A>, B)>> {
    // What is no header at all is left to the reader of other forms, which says so.
    let before = *cursor;
    let entry = Entry::read(cursor).ok()?;
    let received = entry::received(&before, cursor, slots);
    let read = read_dict(&entry, cursor, slots, |fields| read_two::<A, B>(fields, keys, &values))?;
    Some(read.and_then(|(first, second)| {
        check_repeated(first.len(), row_size, received, cursor)?;
        Ok((first, second))
    }))
}

/// Where each list ends, behind a 0, if that is within so many values.
pub(crate) fn checked_offsets(offsets: &[i64], values: usize) -> Result<Vec<usize>> {
    let wrong = || Error::invalid("the offsets of a column of lists rise from 0 to the number of its values");
    let ends = offsets.iter().map(|&n| usize::try_from(n).ok()).collect::<Option<Vec<_>>>().ok_or_else(wrong)?;
    let rise = ends.windows(2).all(|pair| matches!(pair, [start, end] if start <= end));
    if rise && ends.first() == Some(&0) && ends.last() == Some(&values) { Ok(ends) } else { Err(wrong()) }
}

/// Reads many lists: offsets and all their elements, or list by list.
pub fn read_lists<T: FrameSerialize>(cursor: &mut Cursor<'_>, slots: &mut [Slot<'_>]) -> Result<Vec<Vec<T>>> {
    match read_ends(cursor, slots, size_of::<Vec<T>>(), Vec::<T>::len) {
        None => bulk::read_each(cursor, slots),
        Some(read) => read.map(|(lengths, values)| {
            let mut values = values.into_iter();
            lengths.into_iter().map(|len| values.by_ref().take(len).collect()).collect()
        }),
    }
}

/// Reads many arrays: parts of the one that holds the elements of all, or array by array. None is copied.
pub(crate) fn read_arrays<T: Element + FrameSerialize>(
    cursor: &mut Cursor<'_>,
    slots: &mut [Slot<'_>],
) -> Result<Vec<Array<T>>> {
    match read_ends(cursor, slots, size_of::<Array<T>>(), |values: &Array<T>| values.len()) {
        None => bulk::read_each(cursor, slots),
        Some(read) => read.map(|(lengths, values)| {
            let mut start = 0usize;
            let part = |len: usize| {
                let range = start..start.saturating_add(len);
                start = range.end;
                values.slice(range)
            };
            lengths.into_iter().map(part).collect()
        }),
    }
}

/// How many elements each list has, and the elements of all; `None` for any form but offsets and values.
fn read_ends<B: FrameSerialize>(
    cursor: &mut Cursor<'_>,
    slots: &mut [Slot<'_>],
    row_size: usize,
    len: impl Fn(&B) -> usize,
) -> Option<Result<(Vec<usize>, B)>> {
    // The headers of a long collection are walked once, by who reads them: offsets and values would be two.
    let mut ahead = *cursor;
    if ahead.map().is_ok() && ahead.str().is_ok_and(|key| key == "sub-headers") && ahead.array().is_ok_and(|n| n != 2) {
        return None;
    }
    let mut after = *cursor;
    let read = |f: &mut Fields<'_, '_, '_>, key: &Key, values: &mut _| f.value::<B>(key, values);
    let read = read_offsets(&mut after, slots, row_size, read)?;
    *cursor = after;
    Some(read.and_then(|(offsets, values)| {
        let ends = checked_offsets(&offsets, len(&values))?;
        // Each is not before the one in front of it: that was checked.
        let lengths = ends.iter().zip(ends.iter().skip(1)).map(|(start, end)| end.saturating_sub(*start));
        Ok((lengths.collect(), values))
    }))
}

/// Reads many values of which some may lack: a masked array, an array, flags and values, or value by value.
pub fn read_options<T: FrameSerialize>(cursor: &mut Cursor<'_>, slots: &mut [Slot<'_>]) -> Result<Vec<Option<T>>> {
    let mut after = *cursor;
    let read = |f: &mut Fields<'_, '_, '_>, key: &Key, values: &mut _| f.value::<Vec<T>>(key, values);
    if let Some(read) = read_present(&mut after, slots, size_of::<Option<T>>(), read) {
        *cursor = after;
        let (present, values) = read?;
        let there = present.iter().filter(|&&p| p).count();
        if there != values.len() {
            return Err(Error::invalid(format!("{there} values are said to be there, and {} are", values.len())));
        }
        let mut values = values.into_iter();
        return Ok(present.into_iter().map(|present| if present { values.next() } else { None }).collect());
    }
    after = *cursor;
    let entry = Entry::read(&mut after)?;
    let received = entry::received(cursor, &after, slots);
    match entry {
        Entry::Array(_) => T::read_slice(cursor, slots).map(|values| values.into_iter().map(Some).collect()),
        Entry::Class(class) if class.is_masked_array() => {
            *cursor = after;
            let (data, mask) = read_masked(class.sub(), slots)?;
            check_repeated(data.len(), size_of::<Option<T>>(), received, cursor)?;
            let mask = mask.into_iter().chain(std::iter::repeat(false));
            Ok(data.into_iter().zip(mask).map(|(value, masked)| (!masked).then_some(value)).collect())
        }
        _ if T::is_text() => super::text::read_optional(cursor, slots),
        _ => bulk::read_each(cursor, slots),
    }
}

/// A masked array: `{"data-header", "nframes", "mask-header"?, "fill-value"}`. The mask is empty if there is none.
fn read_masked<T: FrameSerialize>(mut sub: Cursor<'_>, slots: &mut [Slot<'_>]) -> Result<(Vec<T>, Vec<bool>)> {
    let (mut data, mut mask, mut frames) = (None, None, None);
    for _ in 0..sub.map()? {
        match sub.str()? {
            "data-header" => data = Some(sub.value()?),
            "mask-header" => mask = Some(sub.value()?),
            "nframes" => frames = Some(sub.count()?),
            _ => sub.skip()?,
        }
    }
    let (Some(data), Some(frames)) = (data, frames) else {
        return Err(Error::invalid("a masked array has the keys `data-header` and `nframes`"));
    };
    let total = slots.len() as u64;
    let data = T::read_slice(&mut sub.on(&numpy::wrap(data)), slots_in(slots, 0, frames)?)?;
    let Some(mask) = mask else {
        slots_in(slots, frames, frames)?;
        return Ok((data, Vec::new()));
    };
    let mask = bool::read_slice(&mut sub.on(&numpy::wrap(mask)), slots_in(slots, frames, total)?)?;
    if mask.len() != data.len() {
        return Err(Error::invalid(format!("the mask of an array of {} elements has {}", data.len(), mask.len())));
    }
    Ok((data, mask))
}

/// Reads many tuples: columns named by their index, which `columns` reads, or tuple by tuple.
pub fn read_tuple_rows<T: FrameSerialize>(
    cursor: &mut Cursor<'_>,
    slots: &mut [Slot<'_>],
    columns: fn(&mut Fields<'_, '_, '_>) -> Result<Vec<T>>,
) -> Result<Vec<T>> {
    let mut after = *cursor;
    let entry = Entry::read(&mut after)?;
    let received = entry::received(cursor, &after, slots);
    let read = |fields: &mut Fields<'_, '_, '_>| {
        fields.makes_rows::<T>(received);
        columns(fields)
    };
    match read_dict(&entry, &after, slots, read) {
        Some(read) => {
            *cursor = after;
            read
        }
        None => bulk::read_each(cursor, slots),
    }
}

/// Reads many arrays of `n` numbers: one array of more dimensions, or array by array.
pub fn read_array_rows<T: FrameSerialize, const N: usize>(
    cursor: &mut Cursor<'_>,
    slots: &mut [Slot<'_>],
) -> Result<Vec<[T; N]>> {
    let mut after = *cursor;
    let entry = Entry::read(&mut after)?;
    match entry {
        Entry::Array(array) => {
            let header = array.header(slots)?;
            let mut before = std::mem::replace(cursor, after);
            let schema = Schema::of(<[T; N]>::describe);
            let Some((typestr, dims)) = dimensions(&schema) else {
                return Err(Error::mismatch(format_args!("a list of arrays of {N} values"), &header));
            };
            let item = DType::parse(typestr)?;
            let (size, wanted) = (dims.iter().product::<usize>() * item.itemsize(), DType::array(item.clone(), &dims)?);
            let found = header.dtype()?;
            let inner = header.shape().get(1..).unwrap_or_default();
            // Numbers of the other byte order, as those of one dimension, are turned.
            let is_swapped = !found.is_native()
                && found.fields().is_none()
                && (found.kind(), found.itemsize()) == (item.kind(), item.itemsize());
            let is_shape = inner.iter().copied().eq(dims.iter().map(|&d| d as u64));
            let is_flat = (found == item || is_swapped) && is_shape;
            let is_nested = found == wanted && inner.is_empty() && !header.shape().is_empty();
            // Row by row, each of which may be of other numbers that are the same.
            if is_shape && !is_flat && numpy::may_be_exact(&found, &item) {
                return bulk::read_each(&mut before, slots);
            }
            if !(is_flat || is_nested) {
                return Err(Error::mismatch(format_args!("an array of {item} of shape [n, {}]", list(&dims)), &header)
                    .with_help("numbers are never cast silently; `NdArray` takes any array"));
            }
            let frame = take_one(slots)?;
            header.check_frame(found.itemsize(), frame.len())?;
            let mut rows = header.gather(&frame, found.itemsize(), cursor.decoder())?;
            if is_swapped {
                rows.to_mut().chunks_exact_mut(found.itemsize()).for_each(<[u8]>::reverse);
            }
            if size == 0 || rows.len() % size != 0 {
                return Err(Error::invalid("an array without elements has no rows"));
            }
            <[T; N]>::from_rows(&rows).unwrap_or_else(|| Err(Error::mismatch("an array of numbers", &header)))
        }
        _ if is_dict(&entry, slots) => {
            let lists = read_lists::<T>(cursor, slots)?;
            lists
                .into_iter()
                .enumerate()
                .map(|(i, items)| crate::impls::exactly(items).map_err(|e| e.at_index(i)))
                .collect()
        }
        _ => bulk::read_each(cursor, slots),
    }
}

fn list(dims: &[usize]) -> String {
    dims.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")
}

/// The number of which a schema is an array, and its dimensions.
pub(crate) fn dimensions(schema: &[u8]) -> Option<(&str, Vec<usize>)> {
    let mut cursor = Cursor::new(schema, &DEFAULT_DECODER);
    let mut dims = Vec::new();
    loop {
        match Node::read(&mut cursor).ok()? {
            Node::Array(n) => dims.push(n),
            Node::Number(typestr, _) => return Some((typestr, dims)),
            _ => return None,
        }
    }
}
