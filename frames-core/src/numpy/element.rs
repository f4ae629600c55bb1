//! Plain data that numpy knows: what may be one element of an array.

use super::dtype::DType;
use crate::error::Result;
use crate::impls::{exact_f32, exact_f64};
use crate::msgpack::Number;

/// A plain-data type with a numpy dtype: any bytes are a value of it, and a value has no padding.
///
/// Implemented for the numbers, for arrays of elements, and by the derive for `#[frames(plain)]` records.
///
/// ```
/// use frames_core::Element;
/// assert_eq!(f64::dtype()?.to_string(), if cfg!(target_endian = "little") { "<f8" } else { ">f8" });
/// assert_eq!(<[u8; 3]>::dtype()?.itemsize(), 3);
/// # Ok::<(), frames_core::Error>(())
/// ```
pub trait Element: bytemuck::Pod + Send + Sync {
    /// numpy's short name of the dtype, in the byte order of this machine; `None` for what has no short name.
    ///
    /// ```
    /// assert_eq!(<u8 as frames_core::Element>::TYPESTR, Some("|u1"));
    /// ```
    const TYPESTR: Option<&'static str>;

    /// The dtype.
    ///
    /// # Errors
    ///
    /// A record whose fields do not fit the rules of numpy (two of one name).
    ///
    /// ```
    /// use frames_core::Element;
    /// assert_eq!(u8::dtype()?.itemsize(), 1);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    fn dtype() -> Result<DType>;

    /// The dtype as a header says it, of a type that keeps that.
    #[doc(hidden)]
    fn encoded_dtype() -> Option<&'static [u8]> {
        None
    }

    /// The value that is exactly a number; `None` if there is none, and for what is no number.
    #[doc(hidden)]
    fn exactly(_number: Number) -> Option<Self> {
        None
    }

    /// The value with its bytes in the other order; `None` if it has no such thing (a record).
    #[doc(hidden)]
    fn swapped(self) -> Option<Self> {
        None
    }
}

macro_rules! element {
    ($exactly:expr; $($type:ty = $little:literal $big:literal;)*) => { $(
        impl Element for $type {
            const TYPESTR: Option<&'static str> = Some(if cfg!(target_endian = "little") { $little } else { $big });
            fn dtype() -> Result<DType> {
                DType::parse(Self::TYPESTR.unwrap_or($little))
            }
            fn exactly(number: Number) -> Option<Self> {
                $exactly(number)
            }
            fn swapped(self) -> Option<Self> {
                Some(Self::from_ne_bytes({
                    let mut bytes = self.to_ne_bytes();
                    bytes.reverse();
                    bytes
                }))
            }
        }
    )* };
}

fn integer<T: TryFrom<u64> + TryFrom<i64>>(number: Number) -> Option<T> {
    match number {
        Number::Unsigned(number) => number.try_into().ok(),
        Number::Signed(number) => number.try_into().ok(),
        Number::F32(_) | Number::F64(_) => None,
    }
}

element! {
    integer;
    u8 = "|u1" "|u1";
    i8 = "|i1" "|i1";
    u16 = "<u2" ">u2";
    i16 = "<i2" ">i2";
    u32 = "<u4" ">u4";
    i32 = "<i4" ">i4";
    u64 = "<u8" ">u8";
    i64 = "<i8" ">i8";
}

element! {
    exact_f32;
    f32 = "<f4" ">f4";
}

element! {
    exact_f64;
    f64 = "<f8" ">f8";
}

#[cfg(target_pointer_width = "64")]
element! {
    integer;
    usize = "<u8" ">u8";
    isize = "<i8" ">i8";
}

#[cfg(target_pointer_width = "32")]
element! {
    integer;
    usize = "<u4" ">u4";
    isize = "<i4" ">i4";
}

impl<T: Element, const N: usize> Element for [T; N] {
    const TYPESTR: Option<&'static str> = None;
    fn dtype() -> Result<DType> {
        DType::array(T::dtype()?, &[N])
    }
}
