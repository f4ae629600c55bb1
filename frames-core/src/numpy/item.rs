//! What one item of an array may be in Rust, and how bytes become many of them. Never a cast of a number, never bits that are no value.

use super::dtype::DType;
use super::element::Element;
use super::exact::Source;
use crate::error::{Error, Result};
use bytemuck::checked::CheckedCastError;
use bytemuck::{CheckedBitPattern, NoUninit, PodCastError};

/// One item of an [`NdArray`](crate::NdArray): every [`Element`], and `bool`.
///
/// A byte of a bool may be neither 0 nor 1, so bools are looked at before they are given out; elements are not.
///
/// ```
/// use frames_core::ArrayItem;
/// assert_eq!(bool::item_dtype()?.to_string(), "|b1");
/// assert_eq!(u8::item_dtype()?.to_string(), "|u1");
/// # Ok::<(), frames_core::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no dtype of numpy",
    label = "this type is no item of an array",
    note = "numbers, arrays of them, `bool` and records of `#[frames(plain)]` are; `half::f16` is with the feature `half`, and numpy has no bfloat16"
)]
pub trait ArrayItem: NoUninit + CheckedBitPattern + Send + Sync + 'static {
    /// The dtype.
    ///
    /// # Errors
    ///
    /// As [`Element::dtype`].
    ///
    /// ```
    /// assert_eq!(<bool as frames_core::ArrayItem>::item_dtype()?.itemsize(), 1);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    fn item_dtype() -> Result<DType>;

    /// The value with its bytes in the other order; `None` if it has no such thing.
    #[doc(hidden)]
    fn turned(self) -> Option<Self> {
        None
    }

    /// Items of another dtype that are exactly such values, one after the other in `bytes`; `None` if those of the dtype never are.
    #[doc(hidden)]
    fn exact(_found: &DType, _bytes: &[u8]) -> Option<Result<Vec<Self>>> {
        None
    }
}

impl<T: Element> ArrayItem for T {
    fn item_dtype() -> Result<DType> {
        T::dtype()
    }
    fn turned(self) -> Option<Self> {
        self.swapped()
    }
    fn exact(found: &DType, bytes: &[u8]) -> Option<Result<Vec<Self>>> {
        let source = Source::of(found, &T::dtype().ok()?)?;
        Some(source.read_all(bytes.chunks_exact(found.itemsize()).map(Ok), found))
    }
}

impl ArrayItem for bool {
    fn item_dtype() -> Result<DType> {
        DType::parse(super::BOOL)
    }
}

/// True if items of `found` are `T`s as they are, false if their bytes have to be turned, where that is allowed; an error otherwise.
pub(crate) fn check_dtype<T: ArrayItem>(found: &DType, may_turn: bool) -> Result<bool> {
    let wanted = T::item_dtype()?;
    if *found == wanted {
        return Ok(true);
    }
    let is_turned = found.fields().is_none()
        && found.subarray().is_none()
        && (found.kind(), found.itemsize(), found.time_unit())
            == (wanted.kind(), wanted.itemsize(), wanted.time_unit())
        && !found.is_native();
    // No value is needed to know whether values can be turned.
    let zero = || bytemuck::checked::try_pod_read_unaligned::<T>(&vec![0; size_of::<T>()]).ok();
    if may_turn && is_turned && zero().is_some_and(|zero| zero.turned().is_some()) {
        return Ok(false);
    }
    let error = Error::mismatch(format_args!("an array of {wanted}"), format_args!("an array of {found}"));
    Err(if is_turned {
        error.with_help("the bytes are in the other order: a copy can turn them, a view cannot")
    } else {
        error.with_help("numbers are never cast silently; read the type that was sent, or `.astype` on the other side")
    })
}

/// The bytes as items: one copy, whatever their alignment.
pub(crate) fn to_vec<T: ArrayItem>(bytes: &[u8], is_native: bool) -> Result<Vec<T>> {
    if is_native {
        match bytemuck::checked::try_cast_slice::<u8, T>(bytes) {
            Ok(items) => return Ok(items.to_vec()),
            Err(CheckedCastError::InvalidBitPattern) => return Err(no_value::<T>()),
            Err(CheckedCastError::PodCastError(_)) => {}
        }
    }
    let size = size_of::<T>();
    if size == 0 || bytes.len() % size != 0 {
        return Err(not_whole(bytes.len(), size));
    }
    let mut out = Vec::with_capacity(bytes.len() / size);
    for item in bytes.chunks_exact(size) {
        let item: T = bytemuck::checked::try_pod_read_unaligned(item).map_err(|_| no_value::<T>())?;
        out.push(if is_native { item } else { item.turned().ok_or_else(no_value::<T>)? });
    }
    Ok(out)
}

/// The bytes as items, where they lie.
pub(crate) fn cast<T: ArrayItem>(bytes: &[u8]) -> Result<&[T]> {
    if bytes.is_empty() {
        return Ok(&[]);
    }
    bytemuck::checked::try_cast_slice(bytes).map_err(|error| match error {
        CheckedCastError::InvalidBitPattern => no_value::<T>(),
        CheckedCastError::PodCastError(PodCastError::TargetAlignmentGreaterAndInputNotAligned) => {
            let text = format!("the items do not lie at multiples of {} bytes in memory", align_of::<T>());
            Error::invalid(text).with_help("what this crate receives is aligned; `to_vec` copies")
        }
        CheckedCastError::PodCastError(_) => not_whole(bytes.len(), size_of::<T>()),
    })
}

#[cold]
fn no_value<T: ArrayItem>() -> Error {
    let dtype = T::item_dtype().map_or_else(|_| "?".to_owned(), |dtype| dtype.to_string());
    match dtype.as_str() {
        super::BOOL => Error::invalid("a byte of an array of bools is neither 0 nor 1"),
        _ => Error::invalid(format!("an item of an array of {dtype} has bits that are no value")),
    }
}

#[cold]
fn not_whole(bytes: usize, size: usize) -> Error {
    Error::invalid(format!("{bytes} bytes are no whole number of items of {size}"))
}
