//! Text: inline while it is short, two frames of the family msgpack (a length and the text itself, uncopied) when it is long; many
//! texts are one msgpack array in one frame.

use super::{name, name_of, whole};
use crate::entry::{Entry, join};
use crate::error::{Error, ErrorKind, Result};
use crate::frame_serialize::FrameSerialize;
use crate::frames::Slot;
use crate::msgpack::{Cursor, write};
use crate::table::{self, Place, Schema, Sinks, Sources, Unpacker};
use crate::writer::{MSGPACK_ENTRY, Writer};
use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

/// From here on text is a frame of its own: copying it into the header would cost more than the frame does.
const LONG: usize = 16 << 10;

#[inline]
pub(super) fn is_inline(text: &str) -> bool {
    text.len() < LONG
}

pub(super) fn write_entry<'a>(text: &'a str, writer: &mut Writer<'a>) -> Result<()> {
    writer.check_msgpack()?;
    writer.raw(MSGPACK_ENTRY);
    if is_inline(text) {
        return writer.inline_frame(|w| w.text(text));
    }
    // Python joins the frames of this family, so that the text need not be copied behind its length.
    writer.inline_frame(|w| write::str_len(&mut w.out, text.len()))?;
    writer.frame(text);
    Ok(())
}

/// Many texts, which `at` finds, as one msgpack array in one frame.
fn write_many<'a>(len: usize, at: &dyn Fn(usize) -> &'a str, writer: &mut Writer<'_>) -> Result<()> {
    writer.list_head()?;
    // Exactly as long as it will be: to grow would take twice the memory, and a copy.
    let marker = |len: usize| match len {
        0..=31 => 1,
        32..=255 => 2,
        256..=0xffff => 3,
        _ => 5,
    };
    let texts: usize = (0..len).map(|i| at(i).len()).map(|len| marker(len) + len).sum();
    let mut out = Vec::with_capacity(5 + texts);
    write::array_len(&mut out, len)?;
    for i in 0..len {
        write::str(&mut out, at(i)).map_err(|e| e.at_index(i))?;
    }
    writer.frame(out);
    Ok(())
}

/// Reads text from any header; `from_owned` takes it when it has a frame of its own.
pub(super) fn read_entry<T: FrameSerialize>(
    cursor: &mut Cursor<'_>,
    slots: &mut [Slot<'_>],
    from_owned: impl FnOnce(String) -> Result<T>,
) -> Result<T> {
    match Entry::read(cursor)? {
        Entry::Msgpack => match slots {
            // A length and the text: what is left when the marker is gone is the text, in its own buffer.
            [Some(marker), slot @ Some(_)] if is_text_marker(marker) => {
                let text = slot.take().map(|f| f.into_vec()).unwrap_or_default();
                check_marker(marker, text.len())?;
                let text = String::from_utf8(text).map_err(|e| {
                    Error::invalid(format!("text is not UTF-8 from its byte {} on", e.utf8_error().valid_up_to()))
                })?;
                slots.fill(None);
                from_owned(text)
            }
            _ => {
                let joined = join(slots)?;
                let mut inner = cursor.on(&joined);
                let value = T::read_inline(&mut inner)?;
                inner.finish()?;
                slots.fill(None);
                Ok(value)
            }
        },
        other => other.refuse::<T>(&T::type_name(), cursor, slots),
    }
}

/// True for the bytes in front of text that is not in this frame: nothing but a marker and its length.
fn is_text_marker(frame: &[u8]) -> bool {
    matches!((frame.first(), frame.len()), (Some(0xd9), 2) | (Some(0xda), 3) | (Some(0xdb), 5))
}

fn check_marker(marker: &[u8], found: usize) -> Result<()> {
    let said = match marker {
        [0xd9, n] => *n as usize,
        [0xda, a, b] => u16::from_be_bytes([*a, *b]) as usize,
        [0xdb, a, b, c, d] => u32::from_be_bytes([*a, *b, *c, *d]) as usize,
        _ => return Err(Error::invalid("no text")),
    };
    if said == found {
        return Ok(());
    }
    Err(Error::invalid(format!("the text is said to have {said} bytes, its frame has {found}")))
}

/// Many rows of text at once, of what derefs to it.
macro_rules! many_text_rows {
    () => {
        #[inline(always)]
        fn pack_rows<'w>(
            items: &'w [Self],
            rows: &mut [u8],
            first: usize,
            sinks: &mut Sinks<'w>,
            writer: &mut Writer<'w>,
        ) -> Result<()> {
            sinks.texts(items.iter().map(|text| &**text), rows, first, writer)
        }
    };
}

/// A row of text: its length, and the text in a column.
macro_rules! text_rows {
    (|$this:ident| $text:expr) => {
        fn read_slice(cursor: &mut Cursor<'_>, frames: &mut [Slot<'_>]) -> Result<Vec<Self>> {
            table::read_texts(cursor, frames)
        }
        #[inline(always)]
        fn shape() -> Place {
            Place::TEXT
        }
        fn describe(schema: &mut Schema) {
            schema.leaf("text");
        }
        #[inline(always)]
        fn pack<'w>(&'w self, row: &mut [u8], at: Place, sinks: &mut Sinks<'w>, writer: &mut Writer<'w>) -> Result<()> {
            let $this = self;
            sinks.text($text, row, at, writer)
        }
        #[inline(always)]
        fn unpack(row: &[u8], at: Place, sources: &mut Sources<'_>, _: &mut Unpacker<'_, '_, '_>) -> Result<Self> {
            Self::of_text(sources.text(row, at)?)
        }
        #[inline(always)]
        fn is_text() -> bool {
            true
        }
    };
}

macro_rules! text {
    ($([$($lt:lifetime)?] $type:ty, $name:literal, $from:expr;)*) => { $(
        name_of!([$($lt)?] $type, $name);
        impl<$($lt)?> FrameSerialize for $type {
            whole!();
            #[inline]
            fn is_inline(&self) -> bool { is_inline(self) }
            #[inline]
            fn write_inline(&self, writer: &mut Writer<'_>) -> Result<()> { writer.text(self) }
            fn write_entry<'w>(&'w self, writer: &mut Writer<'w>) -> Result<()> { write_entry(self, writer) }
            #[inline]
            fn read_inline(cursor: &mut Cursor<'_>) -> Result<Self> {
                let from: fn(&str) -> Result<Self> = $from;
                from(cursor.str()?)
            }
            fn read_entry(cursor: &mut Cursor<'_>, frames: &mut [Slot<'_>]) -> Result<Self> {
                let from: fn(&str) -> Result<Self> = $from;
                read_entry(cursor, frames, |text| from(&text))
            }
            text_rows!(|this| this);
    many_text_rows!();
            fn of_text(text: &str) -> Result<Self> {
                let from: fn(&str) -> Result<Self> = $from;
                from(text)
            }
            fn write_slice<'w>(items: &'w [Self], writer: &mut Writer<'w>) -> Result<()> {
                write_many(items.len(), &|i| &items[i], writer)
            }
            fn write_column<'w>(rows: usize, at: &dyn Fn(usize) -> &'w Self, writer: &mut Writer<'w>) -> Result<()>
            where
                Self: 'w,
            {
                write_many(rows, &|i| &**at(i), writer)
            }
        }
    )* };
}

text! {
    [] Box<str>, "Box<str>", |text| Ok(text.into());
    [] Rc<str>, "Rc<str>", |text| Ok(text.into());
    [] Arc<str>, "Arc<str>", |text| Ok(text.into());
    ['a] Cow<'a, str>, "Cow<str>", |text| Ok(Cow::Owned(text.to_owned()));
    ['a] &'a str, "str", |_| Err(borrowed("&str", "String` or `Cow<'a, str>"));
}

name!(String);
impl FrameSerialize for String {
    whole!();
    #[inline]
    fn is_inline(&self) -> bool {
        is_inline(self)
    }
    #[inline]
    fn write_inline(&self, writer: &mut Writer<'_>) -> Result<()> {
        writer.text(self)
    }
    fn write_entry<'a>(&'a self, writer: &mut Writer<'a>) -> Result<()> {
        write_entry(self, writer)
    }
    #[inline]
    fn read_inline(cursor: &mut Cursor<'_>) -> Result<Self> {
        Ok(cursor.str()?.to_owned())
    }
    fn read_entry(cursor: &mut Cursor<'_>, frames: &mut [Slot<'_>]) -> Result<Self> {
        read_entry(cursor, frames, Ok)
    }
    text_rows!(|this| this);
    many_text_rows!();
    #[inline(always)]
    fn of_text(text: &str) -> Result<Self> {
        Ok(text.to_owned())
    }
    fn write_slice<'a>(items: &'a [Self], writer: &mut Writer<'a>) -> Result<()> {
        write_many(items.len(), &|i| &items[i], writer)
    }
    fn write_column<'a>(rows: usize, at: &dyn Fn(usize) -> &'a Self, writer: &mut Writer<'a>) -> Result<()>
    where
        Self: 'a,
    {
        write_many(rows, &|i| at(i), writer)
    }
}

#[cold]
pub(super) fn borrowed(found: &str, instead: &str) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        format!("a `{found}` can be written and not read: nothing owns what it would borrow"),
    )
    .with_help(format!("read it as `{instead}`"))
}

name!(char);
impl FrameSerialize for char {
    whole!();
    super::inline_entry!();
    fn write_inline(&self, writer: &mut Writer<'_>) -> Result<()> {
        writer.text(self.encode_utf8(&mut [0; 4]))
    }
    fn read_inline(cursor: &mut Cursor<'_>) -> Result<Self> {
        Self::of_text(cursor.str()?)
    }
    text_rows!(|this| this.encode_utf8(&mut [0; 4]));
    fn of_text(text: &str) -> Result<Self> {
        let mut chars = text.chars();
        match (chars.next(), chars.next()) {
            (Some(c), None) => Ok(c),
            _ => Err(Error::mismatch("one character", format_args!("text of {} bytes", text.len()))),
        }
    }
}
