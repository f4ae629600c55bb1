//! Where a value is written: the header as it grows, the frames so far, and who will read them.
//!
//! Hidden: users call [`serialize`](crate::serialize) or an [`Encoder`](crate::Encoder).

use crate::buffers::Spare;
use crate::envelope::{Encoder, Reader};
use crate::error::{Error, ErrorKind, Result};
use crate::frame::Frame;
use crate::frame_serialize::FrameSerialize;
use crate::frames::Frames;
use crate::header::Header;
use crate::msgpack::write;
use crate::table::Buffer;

/// `{"serializer": "msgpack"}`.
pub(crate) const MSGPACK_ENTRY: &[u8] = b"\x81\xaaserializer\xa7msgpack";
/// `{"serializer": "msgpack", "type":`, with a name to follow.
const MSGPACK_NAMED: &[u8] = b"\x82\xaaserializer\xa7msgpack\xa4type";

/// The same for what Python would call a list: only who makes pickles of it looks at that.
const LIST_ENTRY: &[u8] = b"\x82\xaaserializer\xa7msgpack\xa4list\xc3";

/// What a fresh header reserves: most headers fit, and growing costs more than a small value does.
pub(crate) const CAPACITY: usize = 512;

/// A header and frames under construction.
#[derive(Debug)]
pub struct Writer<'a> {
    pub(crate) out: Vec<u8>,
    pub(crate) frames: Frames<'a>,
    /// Levels of nesting that are still allowed, of how many.
    depth: u16,
    max_depth: u16,
    /// The fewest that were left since it was last set.
    lowest: u16,
    reader: Reader,
    msgpack_allowed: bool,
    /// Lists and tuples, which are one in msgpack, are to be told apart.
    marks_lists: bool,
    /// Memory that was used before, and is wanted back.
    spare: Option<Spare>,
    /// Buffers that are frames, and are wanted back.
    kept: Vec<Kept>,
}

/// A buffer that is a frame, and stays its owner's.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) frame: usize,
    pub(crate) buffer: Buffer,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(encoder: &Encoder) -> Self {
        Self::reuse(Vec::with_capacity(CAPACITY), encoder)
    }

    /// Writes into `out`, whose capacity is kept and whose content is lost.
    pub(crate) fn reuse(mut out: Vec<u8>, encoder: &Encoder) -> Self {
        out.clear();
        Writer {
            out,
            frames: Frames::new(),
            depth: encoder.depth_of(),
            max_depth: encoder.depth_of(),
            lowest: encoder.depth_of(),
            reader: encoder.reader_of(),
            msgpack_allowed: encoder.allows_msgpack(),
            marks_lists: false,
            spare: None,
            kept: Vec::new(),
        }
    }

    /// Runs `write` on a fresh writer and gives what it made: how `serialize` of every type but those by hand is written.
    pub fn collect(write: &dyn Fn(&mut Writer<'a>) -> Result<()>) -> Result<(Header, Frames<'a>)> {
        let mut writer = Writer::new(&Encoder::DEFAULT);
        write(&mut writer)?;
        Ok(writer.into_parts())
    }

    /// The same for who makes something else of it, and tells a list from a tuple.
    pub(crate) fn collect_marked<T: FrameSerialize + ?Sized>(value: &'a T) -> Result<(Header, Frames<'a>)> {
        let mut writer = Writer { marks_lists: true, ..Writer::new(&Encoder::DEFAULT) };
        value.write_entry(&mut writer)?;
        Ok(writer.into_parts())
    }

    pub(crate) fn into_parts(self) -> (Header, Frames<'a>) {
        (Header { bytes: self.out }, self.frames)
    }

    /// True for a reader that is known to be Rust: rows are packed.
    #[inline(always)]
    pub fn is_packed(&self) -> bool {
        self.reader == Reader::Rust
    }

    /// Uses `spare` for the buffers of tables, and keeps them.
    pub(crate) fn keep(&mut self, spare: Spare) {
        self.spare = Some(spare);
    }

    /// Forgets what was written.
    pub(crate) fn start_again(&mut self) {
        self.out.clear();
        self.frames.truncate(0);
        self.depth = self.max_depth;
        if let Some(spare) = &mut self.spare {
            spare.take_back(&mut self.kept);
        }
    }

    /// What was kept, and what was not used.
    pub(crate) fn take_kept(&mut self) -> (Vec<Kept>, Spare) {
        (std::mem::take(&mut self.kept), self.spare.take().unwrap_or_default())
    }

    /// An empty buffer.
    pub(crate) fn buffer(&mut self) -> Buffer {
        self.spare.as_mut().map(Spare::next).unwrap_or_default()
    }

    /// Takes back a buffer that has become no frame, for the next value.
    pub(crate) fn give_back(&mut self, buffer: Buffer) {
        if let Some(spare) = &mut self.spare {
            spare.put(buffer);
        }
    }

    /// Appends a buffer as a frame.
    pub(crate) fn buffer_frame(&mut self, buffer: Buffer) {
        if self.spare.is_none() {
            return self.frame(buffer.into_vec());
        }
        self.kept.push(Kept { frame: self.frames.len(), buffer });
        self.frames.push(Frame::empty());
    }

    /// Gives the frames from `start` on, which are about to move, the kept buffers that belong there.
    pub(crate) fn give_kept(&mut self, start: usize) {
        while self.kept.last().is_some_and(|last| last.frame >= start) {
            if let Some(Kept { frame, buffer }) = self.kept.pop() {
                if let Some(slot) = self.frames.slots_mut().get_mut(frame) {
                    *slot = Some(Frame::from(buffer.into_vec()));
                }
            }
        }
    }

    /// How many bytes a frame has, or will have.
    pub(crate) fn frame_len(&self, index: usize) -> usize {
        let kept = self.kept.iter().rev().find(|kept| kept.frame == index);
        kept.map_or_else(|| self.frames.get(index).map_or(0, |frame| frame.len()), |kept| kept.buffer.len())
    }

    /// Appends bytes of msgpack that are known to be whole.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn raw(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// Appends text.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn text(&mut self, text: &str) -> Result<()> {
        write::str(&mut self.out, text)
    }

    /// Appends the length of a list.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn array_len(&mut self, len: usize) -> Result<()> {
        write::array_len(&mut self.out, len)
    }

    /// Appends the length of a map.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn map_len(&mut self, len: usize) -> Result<()> {
        write::map_len(&mut self.out, len)
    }

    /// Appends a frame.
    #[inline]
    pub fn frame(&mut self, frame: impl Into<Frame<'a>>) {
        self.frames.push(frame);
    }

    /// One level deeper: our own values may be deep too, and a stack that overflows cannot be caught.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn descend(&mut self) -> Result<()> {
        match self.depth.checked_sub(1) {
            Some(depth) => {
                self.depth = depth;
                self.lowest = self.lowest.min(depth);
                Ok(())
            }
            None => Err(too_deep(self.max_depth)),
        }
    }

    /// Writes one level deeper; gives how many levels it took, that one included.
    pub(crate) fn deeper(&mut self, write: impl FnOnce(&mut Self) -> Result<()>) -> Result<u16> {
        let before = std::mem::replace(&mut self.lowest, self.depth);
        self.descend()?;
        write(self)?;
        self.ascend();
        let levels = self.depth - self.lowest;
        self.lowest = self.lowest.min(before);
        Ok(levels)
    }

    /// An error unless there is room here for what took so many levels where it was written.
    pub(crate) fn check_levels(&mut self, levels: u16) -> Result<()> {
        match self.depth.checked_sub(levels) {
            Some(depth) => {
                self.lowest = self.lowest.min(depth);
                Ok(())
            }
            None => Err(too_deep(self.max_depth)),
        }
    }

    /// One level up again.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn ascend(&mut self) {
        self.depth += 1;
    }

    /// An entry of the family msgpack: the value's inline form is its only frame.
    pub fn msgpack_entry<T: FrameSerialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        self.check_msgpack()?;
        self.raw(MSGPACK_ENTRY);
        self.inline_frame(|w| value.write_inline(w))
    }

    /// An entry of the family msgpack that carries the name of its type, which Python does not read.
    pub fn named_msgpack_entry<T: FrameSerialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        self.check_msgpack()?;
        self.raw(MSGPACK_NAMED);
        self.text(&value.type_name_of_val())?;
        self.inline_frame(|w| value.write_inline(w))
    }

    /// The header of a list whose elements are one msgpack array, in the frame that comes next.
    pub(crate) fn list_head(&mut self) -> Result<()> {
        self.check_msgpack()?;
        self.raw(if self.marks_lists { LIST_ENTRY } else { MSGPACK_ENTRY });
        Ok(())
    }

    /// Makes what `write` appends to the header a frame in its place.
    pub(crate) fn inline_frame(&mut self, write: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        let start = self.out.len();
        write(self)?;
        let frame = self.out.split_off(start);
        self.frame(frame);
        Ok(())
    }

    pub(crate) fn check_msgpack(&self) -> Result<()> {
        if self.msgpack_allowed {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Family,
            "a number, text or other small value travels in the family `msgpack`, which is not allowed",
        )
        .with_help("add \"msgpack\" to the families of the `Encoder`"))
    }
}

#[cold]
fn too_deep(limit: u16) -> Error {
    Error::new(ErrorKind::Limit, format!("the value nests deeper than {limit} levels")).with_help(
        "`Encoder::depth` raises that; the reader needs `Limits::depth` raised too, and both the stack for it",
    )
}
