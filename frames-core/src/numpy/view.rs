//! A typed look at an array of any shape and strides. Nothing is copied here, and no index leaves the items.

use super::header::{count, reach};
use super::item::{ArrayItem, cast};
use crate::error::{Error, Result};
use std::fmt;

/// The items of an [`NdArray`](crate::NdArray) where they lie, of type `T`; made by [`NdArray::view`](crate::NdArray::view).
///
/// ```
/// use frames_core::NdArray;
/// let rows = vec![[1u16, 2], [3, 4]];
/// let (header, frames) = frames_core::serialize(&rows)?;
/// let array: NdArray = frames_core::deserialize(&header, frames.into_owned())?;
/// let view = array.view::<u16>()?;
/// assert_eq!((view.shape(), view.as_slice()), (&[2, 2][..], Some(&[1, 2, 3, 4][..])));
/// assert_eq!(view.as_slice().unwrap().as_ptr().cast(), array.as_bytes().as_ptr());
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone)]
pub struct NdView<'a, T> {
    items: &'a [T],
    shape: Vec<usize>,
    /// In items; 0 along dimensions of one item or none, and those that are broadcast.
    strides: Vec<usize>,
}

impl<'a, T: ArrayItem> NdView<'a, T> {
    /// Over a frame that has been checked to reach as far as `shape` and `strides` (in bytes), and is checked again.
    pub(super) fn new(frame: &'a [u8], shape: &[u64], strides: &[i64]) -> Result<Self> {
        let itemsize = size_of::<T>();
        if itemsize == 0 || reach(shape, strides, itemsize)? != frame.len() as u64 {
            return Err(Error::invalid(format!(
                "strides {strides:?} over the shape {shape:?} do not reach over {} bytes",
                frame.len()
            )));
        }
        count(shape)?;
        let too_large = |_| Error::invalid(format!("the shape {shape:?} is larger than the memory of this machine"));
        let is_empty = shape.contains(&0);
        let mut whole = Vec::with_capacity(strides.len());
        for (&n, &stride) in shape.iter().zip(strides) {
            let stride = if n <= 1 || is_empty { 0 } else { usize::try_from(stride).map_err(too_large)? };
            if stride % itemsize != 0 {
                let text = format!("the strides {strides:?} are no whole items of {itemsize} bytes");
                return Err(Error::invalid(text).with_help("`to_vec` collects the items: one copy"));
            }
            whole.push(stride / itemsize);
        }
        let shape = shape.iter().map(|&n| usize::try_from(n)).collect::<Result<_, _>>().map_err(too_large)?;
        Ok(NdView { items: cast(frame)?, shape, strides: whole })
    }
}

impl<'a, T> NdView<'a, T> {
    /// The number of items along each dimension.
    ///
    /// ```
    /// # let array = frames_core::NdArray::new(frames_core::DType::parse("|u1")?, &[2, 1], None, vec![1, 2])?;
    /// assert_eq!(array.view::<u8>()?.shape(), [2, 1]);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The step in **items** from one to the next along each dimension; 0 along one that is broadcast, or has one item or none.
    ///
    /// ```
    /// # let array = frames_core::NdArray::new(frames_core::DType::parse("|u1")?, &[1, 2, 2], None, vec![1, 2, 3, 4])?;
    /// assert_eq!(array.view::<u8>()?.strides(), [0, 2, 1]);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn strides(&self) -> &[usize] {
        &self.strides
    }

    /// All items that are there, as they lie in memory, those between the strides too.
    ///
    /// ```
    /// # use frames_core::{DType, NdArray};
    /// let row = NdArray::new(DType::parse("|u1")?, &[1000, 2], Some(&[0, 1]), vec![1, 2])?;
    /// assert_eq!(row.view::<u8>()?.items(), [1, 2]);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn items(&self) -> &'a [T] {
        self.items
    }

    /// How many items the shape has, those that are broadcast counted each time; `usize::MAX` if there are more.
    ///
    /// ```
    /// # use frames_core::{DType, NdArray};
    /// let row = NdArray::new(DType::parse("|u1")?, &[1000, 2], Some(&[0, 1]), vec![1, 2])?;
    /// assert_eq!(row.view::<u8>()?.len(), 2000);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn len(&self) -> usize {
        match self.shape.contains(&0) {
            true => 0,
            false => self.shape.iter().fold(1, |n, &dim| n.saturating_mul(dim)),
        }
    }

    /// True if there is no item.
    ///
    /// ```
    /// # let array = frames_core::NdArray::new(frames_core::DType::parse("|u1")?, &[0, 2], None, vec![])?;
    /// assert!(array.view::<u8>()?.is_empty());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn is_empty(&self) -> bool {
        self.shape.contains(&0)
    }

    /// The item at an index; `None` beyond the shape, and for an index of another number of dimensions.
    ///
    /// ```
    /// # let array = frames_core::NdArray::new(frames_core::DType::parse("|u1")?, &[2, 2], None, vec![1, 2, 3, 4])?;
    /// let view = array.view::<u8>()?;
    /// assert_eq!((view.get(&[1, 0]), view.get(&[0, 2]), view.get(&[0])), (Some(&3), None, None));
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn get(&self, index: &[usize]) -> Option<&'a T> {
        if index.len() != self.shape.len() || index.iter().zip(&self.shape).any(|(i, n)| i >= n) {
            return None;
        }
        self.items.get(offset(index, &self.strides))
    }

    /// The items in C order, the last dimension fastest; those that are broadcast come each time.
    ///
    /// ```
    /// # use frames_core::{DType, NdArray};
    /// let fortran = NdArray::new(DType::parse("|u1")?, &[2, 2], Some(&[1, 2]), vec![1, 2, 3, 4])?;
    /// assert!(fortran.view::<u8>()?.iter().eq(&[1, 3, 2, 4]));
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn iter(&self) -> NdIter<'_, 'a, T> {
        NdIter { view: self, index: vec![0; self.shape.len()], left: self.len() }
    }

    /// The items as a slice, if they lie in C order.
    ///
    /// ```
    /// # use frames_core::{DType, NdArray};
    /// let fortran = NdArray::new(DType::parse("|u1")?, &[2, 2], Some(&[1, 2]), vec![1, 2, 3, 4])?;
    /// assert_eq!(fortran.view::<u8>()?.as_slice(), None);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn as_slice(&self) -> Option<&'a [T]> {
        let mut expected = 1usize;
        let is_in_order = self.shape.iter().zip(&self.strides).rev().all(|(&n, &stride)| {
            let fits = n <= 1 || stride == expected;
            expected = expected.saturating_mul(n);
            fits
        });
        (is_in_order || self.is_empty()).then_some(self.items)
    }
}

fn offset(index: &[usize], strides: &[usize]) -> usize {
    index.iter().zip(strides).fold(0, |at, (&i, &stride)| at.saturating_add(i.saturating_mul(stride)))
}

impl<'v, 'a, T> IntoIterator for &'v NdView<'a, T> {
    type Item = &'a T;
    type IntoIter = NdIter<'v, 'a, T>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Tells the shape, never the items.
impl<T> fmt::Debug for NdView<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NdView(shape {:?}, strides {:?})", self.shape, self.strides)
    }
}

/// The items of an [`NdView`] in C order: see [`NdView::iter`].
///
/// ```
/// # let array = frames_core::NdArray::new(frames_core::DType::parse("|u1")?, &[2], None, vec![1, 2])?;
/// let view = array.view::<u8>()?;
/// assert_eq!(view.iter().len(), 2);
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct NdIter<'v, 'a, T> {
    view: &'v NdView<'a, T>,
    index: Vec<usize>,
    left: usize,
}

impl<'a, T> Iterator for NdIter<'_, 'a, T> {
    type Item = &'a T;

    fn next(&mut self) -> Option<&'a T> {
        self.left = self.left.checked_sub(1)?;
        let item = self.view.items.get(offset(&self.index, &self.view.strides));
        for (i, &n) in self.index.iter_mut().zip(&self.view.shape).rev() {
            *i += 1;
            if *i < n {
                break;
            }
            *i = 0;
        }
        item
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<T> ExactSizeIterator for NdIter<'_, '_, T> {}
