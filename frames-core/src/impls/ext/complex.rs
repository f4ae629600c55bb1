//! `num_complex::Complex` as Python's `complex`, and many as one numpy array of `c16` or `c8`, whose memory it is.

use crate::entry::Entry;
use crate::error::{Error, ErrorKind, Result};
use crate::frame_serialize::FrameSerialize;
use crate::frames::Slot;
use crate::impls::numbers::array_slices;
use crate::impls::{exact_f32, name, whole};
use crate::msgpack::{Cursor, Number};
use crate::numpy::{self, DType, Element};
use crate::python;
use crate::writer::Writer;
use num_complex::Complex;

macro_rules! complex {
    ($($float:ident $name:literal $little:literal $big:literal $of:expr;)*) => { $(
        impl Element for Complex<$float> {
            const TYPESTR: Option<&'static str> = Some(if cfg!(target_endian = "little") { $little } else { $big });
            fn dtype() -> Result<DType> {
                DType::parse(Self::TYPESTR.unwrap_or($little))
            }
            /// Each part by itself.
            fn swapped(self) -> Option<Self> {
                Some(Complex { re: self.re.swapped()?, im: self.im.swapped()? })
            }
        }

        name!(Complex<$float>, $name);
        impl FrameSerialize for Complex<$float> {
            whole!();
            fn write_entry<'a>(&'a self, writer: &mut Writer<'a>) -> Result<()> {
                python::write(&python::Complex { re: self.re.into(), im: self.im.into() }, writer)
            }
            fn read_entry(cursor: &mut Cursor<'_>, frames: &mut [Slot<'_>]) -> Result<Self> {
                match Entry::read(cursor)? {
                    // A scalar of numpy's.
                    Entry::Array(array) => array.header(frames)?.scalar(frames),
                    Entry::Class(class) if class.is_scalar::<python::Complex>() => {
                        let of: fn(f64) -> Result<$float> = $of;
                        let number: python::Complex = python::of_class(&class, frames)?;
                        Ok(Complex { re: of(number.re)?, im: of(number.im)? })
                    }
                    other => python::refuse::<Self, python::Complex>(other, cursor, frames),
                }
            }
            array_slices!();
        }
    )* };
}

complex! {
    f32 "num_complex::Complex<f32>" "<c8" ">c8" narrow;
    f64 "num_complex::Complex<f64>" "<c16" ">c16" Ok;
}

fn narrow(part: f64) -> Result<f32> {
    exact_f32(Number::F64(part)).ok_or_else(|| {
        Error::new(ErrorKind::OutOfRange, format!("a part of a complex number, {part}, is not exactly an f32"))
            .with_help("`Complex<f64>` takes any complex number of Python")
    })
}
