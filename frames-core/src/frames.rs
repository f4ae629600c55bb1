//! The list of frames that belongs to one header, none, one or many, and the slots from which they are taken.
//!
//! A frame is moved out when it is used, so that a unique buffer stays unique, and a frame that is used twice is an
//! error and not a copy.

use crate::error::{Error, ErrorKind, Result};
use crate::frame::Frame;
use bytes::Bytes;
use std::fmt;
use std::ops::Range;

/// A frame that is there, or was taken.
pub type Slot<'a> = Option<Frame<'a>>;

/// The frames of one value. None or one take no allocation.
///
/// ```
/// use frames_core::{Frame, Frames};
/// let mut frames: Frames<'_> = ["head", "left", "right"].into_iter().map(Frame::from).collect();
/// let head = frames.take(0)?;
/// let sides = frames.take_range(1..3)?;
/// assert_eq!((&head[..], sides.len()), (&b"head"[..], 2));
/// assert!(frames.take(0).is_err(), "it was taken");
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Frames<'a>(Repr<'a>);

#[derive(Clone, Default)]
enum Repr<'a> {
    #[default]
    None,
    One(Slot<'a>),
    Many(Vec<Slot<'a>>),
}

impl<'a> Frames<'a> {
    /// No frames.
    ///
    /// ```
    /// assert!(frames_core::Frames::new().is_empty());
    /// ```
    pub const fn new() -> Self {
        Frames(Repr::None)
    }

    /// Appends a frame.
    ///
    /// ```
    /// let mut frames = frames_core::Frames::new();
    /// frames.push(&b"ab"[..]);
    /// assert_eq!(frames.len(), 1);
    /// ```
    #[inline]
    pub fn push(&mut self, frame: impl Into<Frame<'a>>) {
        let frame = frame.into();
        match &mut self.0 {
            Repr::None => self.0 = Repr::One(Some(frame)),
            Repr::One(first) => {
                let mut many = Vec::with_capacity(4);
                many.push(first.take());
                many.push(Some(frame));
                self.0 = Repr::Many(many);
            }
            Repr::Many(many) => many.push(Some(frame)),
        }
    }

    /// How many frames there are, the taken ones included.
    ///
    /// ```
    /// assert_eq!(frames_core::Frames::from(vec![frames_core::Frame::empty(); 3]).len(), 3);
    /// ```
    #[inline]
    pub fn len(&self) -> usize {
        match &self.0 {
            Repr::None => 0,
            Repr::One(_) => 1,
            Repr::Many(many) => many.len(),
        }
    }

    /// True if there are none.
    ///
    /// ```
    /// assert!(frames_core::Frames::default().is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The frame at `index`, left where it is.
    ///
    /// # Errors
    ///
    /// There is no such frame, or it was taken.
    ///
    /// ```
    /// let frames = frames_core::Frames::from(frames_core::Frame::from(&b"ab"[..]));
    /// assert_eq!(&frames.get(0)?[..], b"ab");
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn get(&self, index: usize) -> Result<&Frame<'a>> {
        match self.slots().get(index) {
            Some(Some(frame)) => Ok(frame),
            Some(None) => Err(taken(index)),
            None => Err(missing(index, self.len())),
        }
    }

    /// Moves the frame at `index` out.
    ///
    /// # Errors
    ///
    /// There is no such frame, or it was taken before.
    ///
    /// ```
    /// let mut frames = frames_core::Frames::from(frames_core::Frame::from(&b"ab"[..]));
    /// assert_eq!(&frames.take(0)?[..], b"ab");
    /// assert!(frames.take(0).is_err());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn take(&mut self, index: usize) -> Result<Frame<'a>> {
        let len = self.len();
        match self.slots_mut().get_mut(index) {
            Some(slot) => slot.take().ok_or_else(|| taken(index)),
            None => Err(missing(index, len)),
        }
    }

    /// Moves the frames of a range out, in order.
    ///
    /// # Errors
    ///
    /// The range goes beyond the frames, or one of them was taken before.
    ///
    /// ```
    /// let mut frames = frames_core::Frames::from(vec![frames_core::Frame::empty(); 3]);
    /// assert_eq!(frames.take_range(1..3)?.len(), 2);
    /// assert!(frames.take_range(0..2).is_err());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn take_range(&mut self, range: Range<usize>) -> Result<Frames<'a>> {
        take_all(slots_in(self.slots_mut(), range.start as u64, range.end as u64)?)
    }

    /// Moves the only frame out.
    ///
    /// # Errors
    ///
    /// There is not exactly one.
    ///
    /// ```
    /// let frames = frames_core::Frames::from(frames_core::Frame::from(&b"ab"[..]));
    /// assert_eq!(&frames.into_one()?[..], b"ab");
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn into_one(mut self) -> Result<Frame<'a>> {
        take_one(self.slots_mut())
    }

    /// The sum of the lengths in bytes of the frames that are still here.
    ///
    /// ```
    /// assert_eq!(frames_core::Frames::from(frames_core::Frame::from(&b"ab"[..])).total_bytes(), 2);
    /// ```
    pub fn total_bytes(&self) -> usize {
        self.iter().map(|f| f.len()).sum()
    }

    /// The frames that are still here, in order.
    ///
    /// ```
    /// let frames = frames_core::Frames::from(vec![frames_core::Frame::from("a"), "bc".into()]);
    /// assert_eq!(frames.iter().map(|f| f.len()).collect::<Vec<_>>(), [1, 2]);
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = &Frame<'a>> {
        self.slots().iter().flatten()
    }

    /// Detaches all frames from what they borrow: copies the borrowed ones, moves the shared ones.
    ///
    /// ```
    /// # use frames_core::{Frame, Frames};
    /// let owned: Frames<'static> = { let v = vec![1u8]; Frames::from(Frame::from(&v[..])).into_owned() };
    /// assert_eq!(owned.total_bytes(), 1);
    /// ```
    pub fn into_owned(self) -> Frames<'static> {
        let own = |slot: Slot<'a>| slot.map(Frame::into_owned);
        Frames(match self.0 {
            Repr::None => Repr::None,
            Repr::One(slot) => Repr::One(own(slot)),
            Repr::Many(many) => Repr::Many(many.into_iter().map(own).collect()),
        })
    }

    /// An error if a frame was taken out: the rest is no value, and no message.
    pub(crate) fn check_whole(&self) -> Result<()> {
        match self.slots().iter().position(Option::is_none) {
            Some(index) => Err(taken(index)),
            None => Ok(()),
        }
    }

    pub(crate) fn slots(&self) -> &[Slot<'a>] {
        match &self.0 {
            Repr::None => &[],
            Repr::One(slot) => std::slice::from_ref(slot),
            Repr::Many(many) => many,
        }
    }

    #[doc(hidden)]
    #[inline]
    pub fn slots_mut(&mut self) -> &mut [Slot<'a>] {
        match &mut self.0 {
            Repr::None => &mut [],
            Repr::One(slot) => std::slice::from_mut(slot),
            Repr::Many(many) => many,
        }
    }

    /// The same frames, borrowed from here.
    pub(crate) fn lend(&self) -> Frames<'_> {
        let slots: &[Slot<'a>] = match &self.0 {
            Repr::None => &[],
            Repr::One(slot) => std::slice::from_ref(slot),
            Repr::Many(many) => many,
        };
        Frames(Repr::Many(slots.iter().map(|slot| slot.as_deref().map(Frame::from)).collect()))
    }

    /// Moves the frames from `start` on to the end of `into`.
    pub(crate) fn move_from(&mut self, start: usize, into: &mut Vec<Frame<'a>>) {
        into.extend(self.slots_mut().iter_mut().skip(start).filter_map(Option::take));
        self.truncate(start);
    }

    /// Drops the frames behind the first `len`: takes back what a failed attempt had pushed.
    pub(crate) fn truncate(&mut self, len: usize) {
        match &mut self.0 {
            Repr::One(_) if len == 0 => self.0 = Repr::None,
            Repr::Many(many) => many.truncate(len),
            _ => {}
        }
    }
}

/// The slots from `start` to `stop`, as a header names them.
#[inline]
pub(crate) fn slots_in<'s, 'f>(slots: &'s mut [Slot<'f>], start: u64, stop: u64) -> Result<&'s mut [Slot<'f>]> {
    let len = slots.len();
    match (usize::try_from(start), usize::try_from(stop)) {
        (Ok(a), Ok(b)) if a <= b && b <= len => Ok(&mut slots[a..b]),
        _ => Err(Error::new(
            ErrorKind::FrameCount,
            format!("the header needs frames {start}..{stop} here, and there are {len}"),
        )),
    }
}

/// Moves the only frame out of `slots`.
#[inline]
pub(crate) fn take_one<'f>(slots: &mut [Slot<'f>]) -> Result<Frame<'f>> {
    match slots {
        [slot] => slot.take().ok_or_else(|| taken(0)),
        _ => Err(Error::frame_count("one frame", slots.len())),
    }
}

/// Moves all frames out of `slots`.
pub(crate) fn take_all<'f>(slots: &mut [Slot<'f>]) -> Result<Frames<'f>> {
    if let Some(index) = slots.iter().position(Option::is_none) {
        return Err(taken(index));
    }
    Ok(Frames(match slots {
        [] => Repr::None,
        [slot] => Repr::One(slot.take()),
        many => Repr::Many(many.iter_mut().map(Option::take).collect()),
    }))
}

#[cold]
fn taken(index: usize) -> Error {
    Error::new(ErrorKind::FrameCount, format!("frame {index} was taken before: the header uses it twice"))
}

#[cold]
fn missing(index: usize, len: usize) -> Error {
    Error::new(ErrorKind::FrameCount, format!("there is no frame {index}: the value has {len}"))
}

/// A list of the frames, each with its length; a frame that was taken is `None`.
impl fmt::Debug for Frames<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut list = f.debug_list();
        for slot in self.slots() {
            match slot {
                Some(frame) => list.entry(frame),
                None => list.entry(slot),
            };
        }
        list.finish()
    }
}

impl<'a> From<Frame<'a>> for Frames<'a> {
    #[inline]
    fn from(frame: Frame<'a>) -> Self {
        Frames(Repr::One(Some(frame)))
    }
}

impl<'a> From<Vec<Frame<'a>>> for Frames<'a> {
    fn from(frames: Vec<Frame<'a>>) -> Self {
        frames.into_iter().collect()
    }
}

impl From<Vec<Bytes>> for Frames<'_> {
    fn from(frames: Vec<Bytes>) -> Self {
        frames.into_iter().map(Frame::from).collect()
    }
}

impl<'a> FromIterator<Frame<'a>> for Frames<'a> {
    fn from_iter<I: IntoIterator<Item = Frame<'a>>>(frames: I) -> Self {
        let mut list = Frames::new();
        for frame in frames {
            list.push(frame);
        }
        list
    }
}

impl<'a> IntoIterator for Frames<'a> {
    type Item = Frame<'a>;
    type IntoIter = IntoIter<'a>;
    fn into_iter(self) -> IntoIter<'a> {
        IntoIter(match self.0 {
            Repr::None => Vec::new().into_iter(),
            Repr::One(slot) => vec![slot].into_iter(),
            Repr::Many(many) => many.into_iter(),
        })
    }
}

/// The frames that are still here, moved out in order.
///
/// ```
/// let frames = frames_core::Frames::from(vec![frames_core::Frame::from("a")]);
/// assert_eq!(frames.into_iter().count(), 1);
/// ```
#[derive(Debug)]
pub struct IntoIter<'a>(std::vec::IntoIter<Slot<'a>>);

impl<'a> Iterator for IntoIter<'a> {
    type Item = Frame<'a>;
    fn next(&mut self) -> Option<Frame<'a>> {
        self.0.by_ref().flatten().next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unique_buffer_stays_unique_through_a_range() {
        let buffer = Bytes::from(vec![1u8, 2, 3]);
        let mut frames = Frames::from(vec![Frame::empty(), Frame::from(buffer)]);
        let mut inner = frames.take_range(1..2).unwrap();
        assert!(inner.take(0).unwrap().into_bytes().is_unique());
    }

    #[test]
    fn a_range_that_overlaps_a_taken_one_is_refused_whole() {
        let mut frames = Frames::from(vec![Frame::empty(); 3]);
        frames.take(1).unwrap();
        assert_eq!(frames.take_range(0..2).unwrap_err().kind(), ErrorKind::FrameCount);
        assert!(frames.take(0).is_ok(), "the refused range left its frames alone");
        assert!(frames.take_range(2..9).is_err());
    }
}
