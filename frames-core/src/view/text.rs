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
pub struct Texts<'f>(Repr<'f>);

enum Repr<'f> {
    /// Of packed rows: each where it was received. Sixteen bytes a text, so that to read one is to look it up.
    Received(Vec<&'f str>),
    /// One text, where in it each starts, and where the last ends.
    Gathered(String, Vec<u32>),
}

impl<'f> Texts<'f> {
    /// Cut by the lengths in rows. `missing` takes those that have no text, if that may be.
    fn packed(
        rows: Rows<'f>,
        at: Place,
        sources: &mut Sources<'f>,
        missing: Option<&mut Vec<bool>>,
    ) -> Result<Texts<'f>> {
        let mut rest = sources.take_text(at.texts)?;
        let (mut texts, mut wrong) = (Vec::with_capacity(rows.len), None);
        // No way out of the loop: how many there are is known to the compiler, which then leaves out what could grow the list.
        let mut cut = |len: u32| match rest.split_at_checked(len as usize) {
            Some((text, after)) => {
                rest = after;
                text
            }
            None => {
                wrong.get_or_insert(len);
                ""
            }
        };
        match missing {
            None => texts.extend(rows.lengths(at).map(cut)),
            Some(present) => {
                present.extend(rows.lengths(at).map(|len| len != table::NO_TEXT));
                texts.extend(rows.lengths(at).map(|len| if len == table::NO_TEXT { "" } else { cut(len) }));
            }
        }
        match (wrong, rest.len()) {
            (None, 0) => Ok(Texts(Repr::Received(texts))),
            (None, left) => Err(Error::invalid(format!("{left} bytes of a column belong to no row"))),
            (Some(len), left) => Err(table::cut_text(len as usize, left)),
        }
    }

    /// Of texts that were decoded.
    fn of<'t>(texts: impl Iterator<Item = &'t str>) -> Result<Self> {
        let (mut all, mut ends) = (String::new(), vec![0u32]);
        for text in texts {
            all.push_str(text);
            ends.push(u32::try_from(all.len()).map_err(|_| too_long(all.len()))?);
        }
        Ok(Texts(Repr::Gathered(all, ends)))
    }

    fn portable(cursor: &mut Cursor<'_>, slots: &mut [Slot<'f>]) -> Result<Self> {
        match table::gather_texts(cursor, slots)? {
            Some((all, ends)) => Ok(Texts(Repr::Gathered(all, ends))),
            None => Texts::of(String::read_slice(cursor, slots)?.iter().map(String::as_str)),
        }
    }

    #[inline(always)]
    fn at(&self, index: usize) -> Option<&str> {
        match &self.0 {
            Repr::Received(texts) => texts.get(index).copied(),
            Repr::Gathered(all, ends) => {
                let [start, end] = *ends.get(index..)?.first_chunk()?;
                all.get(start as usize..end as usize)
            }
        }
    }

    fn count(&self) -> usize {
        match &self.0 {
            Repr::Received(texts) => texts.len(),
            Repr::Gathered(_, ends) => ends.len() - 1,
        }
    }
}

#[cold]
fn too_long(len: usize) -> Error {
    Error::new(ErrorKind::Unsupported, format!("a column of {len} bytes of text; a view gathers up to 4 GiB of it"))
        .with_help("`deserialize` reads it")
}

impl<T: for<'v> Viewable<Ref<'v> = &'v str>> Column<T> for Texts<'_> {
    fn len(&self) -> usize {
        self.count()
    }
    #[inline(always)]
    fn get(&self, index: usize) -> Option<&str> {
        self.at(index)
    }
}

impl fmt::Debug for Texts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Texts({} values)", self.count())
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
