//! Columns of text: one text, and where in it each row's ends.

use super::{Column, ColumnSlice, Options, Rows, Viewable};
use crate::error::{Error, ErrorKind, Result};
use crate::frame_serialize::FrameSerialize;
use crate::frames::Slot;
use crate::msgpack::Cursor;
use crate::table::{self, Place, Sources, Unpacker};
use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

/// A column of text.
///
/// ```
/// use frames_core::{Column, Encoder, Reader};
/// let names = vec![String::from("a"), String::from("bc")];
/// let (header, frames) = Encoder::new().reader(Reader::Rust).serialize(&names)?;
/// let column = frames_core::view::<String>(&header, &frames)?;
/// assert_eq!(column.get(1), Some("bc"));
/// # Ok::<(), frames_core::Error>(())
/// ```
pub struct Texts<'f> {
    all: Cow<'f, str>,
    /// Where each starts, and where the last ends.
    ends: Vec<u32>,
}

impl<'f> Texts<'f> {
    /// From the lengths in rows. `missing` takes those that have no text, if that may be.
    fn packed(
        rows: Rows<'f>,
        at: Place,
        sources: &mut Sources<'f>,
        missing: Option<&mut Vec<bool>>,
    ) -> Result<Texts<'f>> {
        let all = sources.take_text(at.texts)?;
        if all.len() > u32::MAX as usize {
            return Err(too_long(all.len()));
        }
        let (mut ends, mut end) = (vec![0u32; rows.len + 1], 0u64);
        let slots = ends.iter_mut().skip(1);
        // What is too long is found at the end: the sum cannot overflow, and only grows.
        match missing {
            None => {
                for (len, slot) in rows.lengths(at).zip(slots) {
                    end += u64::from(len);
                    *slot = end as u32;
                }
            }
            Some(present) => {
                for (len, slot) in rows.lengths(at).zip(slots) {
                    present.push(len != table::NO_TEXT);
                    end += if len == table::NO_TEXT { 0 } else { u64::from(len) };
                    *slot = end as u32;
                }
            }
        }
        // In a name of its own, so that the sum stays in a register.
        let end = end;
        if end != all.len() as u64 {
            return Err(Error::invalid(format!("the texts of {} rows have {end} bytes, their column {}", rows.len, all.len())));
        }
        let texts = Texts { all: Cow::Borrowed(all), ends };
        // No character of ASCII can be cut.
        if !all.is_ascii() {
            if let Some(i) = texts.ends.iter().skip(1).position(|&end| !all.is_char_boundary(end as usize)) {
                return Err(Error::invalid("a text ends inside of a character").at_index(i));
            }
        }
        Ok(texts)
    }

    /// Of texts that were decoded.
    fn of<'t>(texts: impl Iterator<Item = &'t str>) -> Result<Self> {
        let (mut all, mut ends) = (String::new(), vec![0u32]);
        for text in texts {
            all.push_str(text);
            ends.push(u32::try_from(all.len()).map_err(|_| too_long(all.len()))?);
        }
        Ok(Texts { all: Cow::Owned(all), ends })
    }

    fn portable(cursor: &mut Cursor<'_>, slots: &mut [Slot<'f>]) -> Result<Self> {
        match table::gather_texts(cursor, slots)? {
            Some((all, ends)) => Ok(Texts { all: Cow::Owned(all), ends }),
            None => Texts::of(String::read_slice(cursor, slots)?.iter().map(String::as_str)),
        }
    }

    #[inline(always)]
    fn at(&self, index: usize) -> Option<&str> {
        let [start, end] = *self.ends.get(index..)?.first_chunk()?;
        self.all.get(start as usize..end as usize)
    }
}

#[cold]
fn too_long(len: usize) -> Error {
    Error::new(ErrorKind::Unsupported, format!("a column of {len} bytes of text; a view holds up to 4 GiB of it"))
        .with_help("`deserialize` reads it")
}

impl<T: for<'v> Viewable<Ref<'v> = &'v str>> Column<T> for Texts<'_> {
    fn len(&self) -> usize {
        self.ends.len() - 1
    }
    #[inline(always)]
    fn get(&self, index: usize) -> Option<&str> {
        self.at(index)
    }
}

impl fmt::Debug for Texts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Texts({} values)", self.ends.len() - 1)
    }
}

macro_rules! texts {
    ($($type:ty),*) => { $(
        impl Viewable for $type {
            type Ref<'v> = &'v str;
            type List<'v> = ColumnSlice<'v, Self>;
            type Column<'f> = Texts<'f>;
            fn open_packed<'f>(
                rows: Rows<'f>,
                at: Place,
                sources: &mut Sources<'f>,
                _: &mut Unpacker<'_, '_, 'f>,
            ) -> Result<Texts<'f>> {
                Texts::packed(rows, at, sources, None)
            }
            fn open_packed_options<'f>(
                rows: Rows<'f>,
                at: Place,
                sources: &mut Sources<'f>,
                _: &mut Unpacker<'_, '_, 'f>,
            ) -> Result<Options<'f, Self>> {
                let mut present = Vec::with_capacity(rows.len);
                let texts = Texts::packed(rows, at, sources, Some(&mut present))?;
                Ok(Options::over_all(present, texts))
            }
            fn open_portable<'f>(cursor: &mut Cursor<'_>, slots: &mut [Slot<'f>]) -> Result<Texts<'f>> {
                Texts::portable(cursor, slots)
            }
            fn of_values<'f>(values: Vec<Self>) -> Result<Texts<'f>> {
                Texts::of(values.iter().map(|text| &**text))
            }
            fn list<'v, 'f: 'v>(column: Option<&'v Texts<'f>>, range: Range<usize>) -> Option<Self::List<'v>> {
                ColumnSlice::new(column.map(|c| c as &dyn Column<Self>), range)
            }
        }
    )* };
}

texts!(String, Box<str>, Rc<str>, Arc<str>, Cow<'static, str>);
