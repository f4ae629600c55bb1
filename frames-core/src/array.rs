//! A shared array of plain data: a view of a frame as `[T]`, without a copy.
//!
//! Two owners stand behind it: the `Bytes` of a frame, cast in place, or an `Arc<Vec<T>>`. It never copies unless its
//! documentation says so.

use crate::frame::Frame;
use crate::numpy::{ArrayItem, Element};
use bytes::{Bytes, BytesMut};
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Bound, Deref, DerefMut, Range, RangeBounds};
use std::sync::Arc;

/// A one-dimensional array of numbers or plain records, cheap to clone and to cut.
///
/// | from | copy |
/// |---|---|
/// | a `Vec<T>` | none |
/// | a received (shared) frame that is aligned for `T` | none |
/// | a received frame that is not aligned, or in the other byte order | one |
/// | a borrowed frame | one |
///
/// What malloc or this crate's receive path gives is always aligned.
///
/// ```
/// use frames_core::Array;
/// let array = Array::from(vec![1.0f64, 2.0, 3.0]);
/// let tail = array.slice(1..);
/// assert_eq!(&tail[..], [2.0, 3.0]);
/// assert_eq!(tail.as_ptr(), array[1..].as_ptr(), "no copy");
/// ```
#[derive(Clone)]
pub struct Array<T>(Repr<T>);

#[derive(Clone)]
enum Repr<T> {
    /// Aligned for `T`, and a multiple of its size long: checked where it is made.
    Bytes(Bytes, PhantomData<T>),
    Owned(Arc<Vec<T>>, Range<usize>),
}

impl<T: Element> Array<T> {
    /// An array over the bytes of a frame: no copy if they are aligned for `T`, one otherwise. `None` if their length is
    /// no multiple of the size of `T`.
    ///
    /// ```
    /// use frames_core::{Array, bytes::Bytes};
    /// let array = Array::<u16>::from_bytes(Bytes::from(vec![1, 0, 2, 0])).unwrap();
    /// # #[cfg(target_endian = "little")]
    /// assert_eq!(&array[..], [1, 2]);
    /// assert!(Array::<u16>::from_bytes(Bytes::from(vec![1])).is_none());
    /// ```
    pub fn from_bytes(bytes: Bytes) -> Option<Self> {
        match bytemuck::try_cast_slice::<u8, T>(&bytes) {
            Ok(_) => Some(Array(Repr::Bytes(bytes, PhantomData))),
            Err(_) => crate::numpy::copy_to_vec(&bytes).map(Array::from),
        }
    }

    /// The same over a frame: a borrowed one is copied once.
    ///
    /// ```
    /// use frames_core::{Array, Frame};
    /// assert_eq!(Array::<u8>::from_frame(Frame::from(&b"ab"[..])).unwrap().len(), 2);
    /// ```
    pub fn from_frame(frame: Frame<'_>) -> Option<Self> {
        match frame.try_into_shared() {
            Ok(bytes) => Self::from_bytes(bytes),
            Err(borrowed) => crate::numpy::copy_to_vec(borrowed).map(Array::from),
        }
    }

    /// A part of the array, sharing its memory.
    ///
    /// # Panics
    ///
    /// Never: a range that goes beyond the array is cut to it.
    ///
    /// ```
    /// let array = frames_core::Array::from(vec![1u8, 2, 3]);
    /// assert_eq!(&array.slice(1..2)[..], [2]);
    /// assert_eq!(&array.slice(2..9)[..], [3]);
    /// ```
    #[must_use]
    pub fn slice(&self, range: impl RangeBounds<usize>) -> Self {
        let len = self.len();
        let end = match range.end_bound() {
            Bound::Included(&n) => n.saturating_add(1),
            Bound::Excluded(&n) => n,
            Bound::Unbounded => len,
        }
        .min(len);
        let start = match range.start_bound() {
            Bound::Included(&n) => n,
            Bound::Excluded(&n) => n.saturating_add(1),
            Bound::Unbounded => 0,
        }
        .min(end);
        Array(match &self.0 {
            Repr::Bytes(bytes, _) => {
                let size = size_of::<T>();
                Repr::Bytes(bytes.slice(start * size..end * size), PhantomData)
            }
            Repr::Owned(data, old) => Repr::Owned(data.clone(), old.start + start..old.start + end),
        })
    }

    /// The elements, to be changed in place: without a copy if nobody shares them, with one otherwise, and where the memory is nobody's
    /// `Vec`: that of a mapped file, or of a large frame off a stream, which its [`Pool`](crate::Pool) wants back.
    ///
    /// ```
    /// let mut array = frames_core::Array::from(vec![1u8, 2]);
    /// let before = array.clone();
    /// array.make_mut()[0] = 7;
    /// assert_eq!((&array[..], &before[..]), (&[7, 2][..], &[1, 2][..]));
    /// ```
    pub fn make_mut(&mut self) -> ArrayMut<'_, T> {
        let repr = std::mem::replace(&mut self.0, Repr::Owned(Arc::default(), 0..0));
        let target = match repr {
            Repr::Bytes(bytes, _) => match bytes.try_into_mut() {
                Ok(bytes) if bytemuck::try_cast_slice::<u8, T>(&bytes).is_ok() => Mutable::Bytes(bytes),
                Ok(bytes) => Mutable::Vec(crate::numpy::copy_to_vec(&bytes).unwrap_or_default()),
                Err(bytes) => Mutable::Vec(crate::numpy::copy_to_vec(&bytes).unwrap_or_default()),
            },
            Repr::Owned(data, range) => Mutable::Vec(into_vec(data, range)),
        };
        ArrayMut { array: self, target }
    }

    /// True if nobody else shares the elements and their memory is a `Vec`'s, so that [`make_mut`](Self::make_mut) copies nothing.
    ///
    /// ```
    /// let array = frames_core::Array::from(vec![1u8]);
    /// assert!(array.is_unique());
    /// let other = array.clone();
    /// assert!(!array.is_unique());
    /// # drop(other);
    /// ```
    pub fn is_unique(&self) -> bool {
        match &self.0 {
            Repr::Bytes(bytes, _) => bytes.is_unique(),
            Repr::Owned(data, range) => Arc::strong_count(data) == 1 && *range == (0..data.len()),
        }
    }

    /// The elements as a `Vec`: no copy if the array was made from a `Vec`, is whole and unique; one otherwise.
    ///
    /// ```
    /// assert_eq!(frames_core::Array::from(vec![1u8, 2]).into_vec(), [1, 2]);
    /// ```
    pub fn into_vec(self) -> Vec<T> {
        match self.0 {
            Repr::Bytes(bytes, _) => crate::numpy::copy_to_vec(&bytes).unwrap_or_default(),
            Repr::Owned(data, range) => into_vec(data, range),
        }
    }

    /// The elements as a shared frame, without a copy; a frame that was received gives its own buffer back.
    ///
    /// ```
    /// let frame = frames_core::Array::from(vec![1u8, 2]).into_frame();
    /// assert!(frame.is_shared());
    /// ```
    pub fn into_frame(self) -> Frame<'static> {
        match self.0 {
            Repr::Bytes(bytes, _) => bytes.into(),
            Repr::Owned(data, range) => Bytes::from_owner(OwnedBytes(data))
                .slice(range.start * size_of::<T>()..range.end * size_of::<T>())
                .into(),
        }
    }

    /// The elements as a frame: what was received is shared, so that detaching it copies nothing; what this process made is borrowed.
    pub(crate) fn as_frame(&self) -> Frame<'_> {
        match &self.0 {
            Repr::Bytes(bytes, _) => bytes.clone().into(),
            Repr::Owned(..) => bytemuck::cast_slice::<T, u8>(self.as_slice()).into(),
        }
    }

    /// The elements.
    ///
    /// ```
    /// assert_eq!(frames_core::Array::from(vec![1u8]).as_slice(), [1]);
    /// ```
    #[inline]
    pub fn as_slice(&self) -> &[T] {
        match &self.0 {
            // Cannot fail: it was checked where the array was made, and `Bytes` never moves.
            Repr::Bytes(bytes, _) => bytemuck::try_cast_slice(bytes).unwrap_or(&[]),
            Repr::Owned(data, range) => data.get(range.clone()).unwrap_or(&[]),
        }
    }
}

fn into_vec<T: Element>(data: Arc<Vec<T>>, range: Range<usize>) -> Vec<T> {
    match Arc::try_unwrap(data) {
        Ok(data) if range == (0..data.len()) => data,
        Ok(data) => data[range].to_vec(),
        Err(shared) => shared.get(range).unwrap_or(&[]).to_vec(),
    }
}

/// A `Vec` of plain data as the owner of bytes.
struct OwnedBytes<T>(Arc<Vec<T>>);

impl<T: ArrayItem> AsRef<[u8]> for OwnedBytes<T> {
    fn as_ref(&self) -> &[u8] {
        bytemuck::cast_slice(&self.0)
    }
}

/// Plain data as shared bytes, without a copy.
pub(crate) fn vec_into_bytes<T: ArrayItem>(data: Vec<T>) -> Bytes {
    Bytes::from_owner(OwnedBytes(Arc::new(data)))
}

/// The elements of an [`Array`] while they are changed; they go back into it when this is dropped.
///
/// ```
/// let mut array = frames_core::Array::from(vec![3u8, 1, 2]);
/// array.make_mut().sort();
/// assert_eq!(&array[..], [1, 2, 3]);
/// ```
pub struct ArrayMut<'a, T: Element> {
    array: &'a mut Array<T>,
    target: Mutable<T>,
}

enum Mutable<T> {
    /// Aligned for `T`, as in [`Repr::Bytes`].
    Bytes(BytesMut),
    Vec(Vec<T>),
}

impl<T: Element> Deref for ArrayMut<'_, T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        match &self.target {
            Mutable::Bytes(bytes) => bytemuck::try_cast_slice(bytes).unwrap_or(&[]),
            Mutable::Vec(data) => data,
        }
    }
}

impl<T: Element> DerefMut for ArrayMut<'_, T> {
    fn deref_mut(&mut self) -> &mut [T] {
        match &mut self.target {
            Mutable::Bytes(bytes) => bytemuck::try_cast_slice_mut(bytes).unwrap_or(&mut []),
            Mutable::Vec(data) => data,
        }
    }
}

impl<T: Element> Drop for ArrayMut<'_, T> {
    fn drop(&mut self) {
        self.array.0 = match std::mem::replace(&mut self.target, Mutable::Vec(Vec::new())) {
            Mutable::Bytes(bytes) => Repr::Bytes(bytes.freeze(), PhantomData),
            Mutable::Vec(data) => {
                let range = 0..data.len();
                Repr::Owned(Arc::new(data), range)
            }
        };
    }
}

impl<T: Element + fmt::Debug> fmt::Debug for ArrayMut<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ArrayMut({} elements)", self.len())
    }
}

impl<T: Element> Deref for Array<T> {
    type Target = [T];
    #[inline]
    fn deref(&self) -> &[T] {
        self.as_slice()
    }
}

impl<T: Element> AsRef<[T]> for Array<T> {
    fn as_ref(&self) -> &[T] {
        self
    }
}

impl<T: Element> From<Vec<T>> for Array<T> {
    fn from(data: Vec<T>) -> Self {
        let range = 0..data.len();
        Array(Repr::Owned(Arc::new(data), range))
    }
}

impl<T: Element> FromIterator<T> for Array<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Vec::from_iter(items).into()
    }
}

impl<T: Element> Default for Array<T> {
    fn default() -> Self {
        Vec::new().into()
    }
}

impl<'a, T: Element> IntoIterator for &'a Array<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<T: Element + PartialEq> PartialEq for Array<T> {
    fn eq(&self, other: &Self) -> bool {
        self[..] == other[..]
    }
}

impl<T: Element + Eq> Eq for Array<T> {}

/// Tells the length and where the elements lie, never all of them.
impl<T> fmt::Debug for Array<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Bytes(bytes, _) => write!(f, "Array({} elements, over a frame)", bytes.len() / size_of::<T>().max(1)),
            Repr::Owned(_, range) => write!(f, "Array({} elements)", range.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_received_frame_is_viewed_in_place_and_changed_in_place() {
        // `Vec<u8>` may be misaligned in theory; take an aligned start, as the receive path does.
        let mut raw = vec![0u8; 64 + 8];
        let start = raw.as_ptr().align_offset(8);
        raw[start] = 1;
        let bytes = Bytes::from(raw).slice(start..start + 16);
        let at = bytes.as_ptr();
        let mut array = Array::<u64>::from_bytes(bytes).unwrap();
        assert_eq!(array.as_ptr().cast(), at);
        assert!(array.is_unique());
        array.make_mut()[1] = 9;
        assert_eq!(array.as_ptr().cast(), at, "unique: changed in place");
        let shared = array.clone();
        array.make_mut()[1] = 10;
        assert_eq!((shared[1], array[1]), (9, 10));
    }

    #[test]
    fn a_received_array_is_forwarded_and_detached_without_a_copy() {
        let raw = vec![7u8; 64];
        let start = raw.as_ptr().align_offset(8);
        let array = Array::<u64>::from_bytes(Bytes::from(raw).slice(start..start + 32)).unwrap();
        let (_, frames) = crate::serialize(&array).unwrap();
        assert_eq!(frames.into_owned().get(0).unwrap().as_ptr(), array.as_ptr().cast());
    }

    #[test]
    fn a_misaligned_frame_is_copied_once() {
        let raw = vec![7u8; 64];
        let off = raw.as_ptr().align_offset(8) + 1;
        let array = Array::<u64>::from_bytes(Bytes::from(raw).slice(off..off + 8)).unwrap();
        assert_eq!(&array[..], [0x0707_0707_0707_0707]);
    }

    #[test]
    fn a_whole_unique_vec_comes_back_itself() {
        let data = vec![1u32, 2, 3];
        let at = data.as_ptr();
        let back = Array::from(data).into_vec();
        assert_eq!(back.as_ptr(), at);
        assert_eq!(Array::from(vec![1u32, 2, 3]).slice(1..).into_vec(), [2, 3]);
        let frame = Array::from(vec![1u32, 2, 3]).slice(1..2).into_frame();
        assert_eq!(frame.len(), 4);
    }
}
