//! `half::f16` is numpy's float16: many are one array, one is a float of Python's, which holds it exactly.
//!
//! `half::bf16` has no dtype in numpy, and so no form here: it does not compile as an element.
//!
//! ```compile_fail
//! let _ = frames_core::serialize(&vec![half::bf16::ONE]);
//! ```

use crate::error::Result;
use crate::frame_serialize::FrameSerialize;
use crate::frames::Slot;
use crate::impls::numbers::{array_slices, number_rows, other_number, read_number};
use crate::impls::{name, whole};
use crate::msgpack::{Cursor, Number, write};
use crate::numpy::{self, DType, Element};
use crate::table::{self, Place, Schema, Sinks, Sources, Unpacker};
use crate::writer::Writer;
use half::f16;

impl Element for f16 {
    const TYPESTR: Option<&'static str> = Some(if cfg!(target_endian = "little") { "<f2" } else { ">f2" });
    fn dtype() -> Result<DType> {
        DType::parse("=f2")
    }
    fn exactly(number: Number) -> Option<Self> {
        exact_f16(number)
    }
    fn swapped(self) -> Option<Self> {
        Some(f16::from_bits(self.to_bits().swap_bytes()))
    }
}

/// The number as an `f16`, if it is exactly one.
fn exact_f16(number: Number) -> Option<f16> {
    let wide = match number {
        Number::F32(x) => f64::from(x),
        Number::F64(x) => x,
        // 65504 is the greatest.
        Number::Unsigned(n) => f64::from(u32::try_from(n).ok()?),
        Number::Signed(n) => f64::from(i32::try_from(n).ok()?),
    };
    let half = f16::from_f64(wide);
    (half.to_f64() == wide || wide.is_nan()).then_some(half)
}

name!(f16);

/// One alone is a float; read from any number that is exactly one, and from an array of no dimensions.
impl FrameSerialize for f16 {
    whole!();
    fn is_inline(&self) -> bool {
        true
    }
    fn write_inline(&self, writer: &mut Writer<'_>) -> Result<()> {
        write::f32(&mut writer.out, self.to_f32());
        Ok(())
    }
    fn write_entry<'a>(&'a self, writer: &mut Writer<'a>) -> Result<()> {
        writer.msgpack_entry(self)
    }
    fn read_inline(cursor: &mut Cursor<'_>) -> Result<Self> {
        other_number(cursor, "f16", exact_f16)
    }
    fn read_entry(cursor: &mut Cursor<'_>, frames: &mut [Slot<'_>]) -> Result<Self> {
        read_number(cursor, frames)
    }
    array_slices!();
    number_rows!(f16);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Array, ErrorKind, deserialize, serialize};

    #[test]
    fn many_are_an_array_and_one_is_a_float() {
        let values: Vec<f16> = [0.0, -1.5, 65504.0, f32::INFINITY, 6e-8].map(f16::from_f32).to_vec();
        let (header, frames) = serialize(&values).unwrap();
        assert_eq!(frames.get(0).unwrap().as_ptr(), values.as_ptr().cast());
        assert_eq!(deserialize::<Vec<f16>>(&header, frames.clone()).unwrap(), values);
        assert_eq!(&deserialize::<Array<f16>>(&header, frames).unwrap()[..], values);
        for value in values {
            let (header, frames) = serialize(&value).unwrap();
            assert_eq!(deserialize::<f16>(&header, frames.clone()).unwrap(), value);
            assert_eq!(deserialize::<f64>(&header, frames).unwrap(), value.to_f64());
        }
    }

    #[test]
    fn what_is_not_exact_is_an_error() {
        for (number, exact) in
            [(0.1f64, false), (65505.0, false), (65504.0, true), (2f64.powi(-24), true), (2f64.powi(-25), false)]
        {
            let (header, frames) = serialize(&number).unwrap();
            let read = deserialize::<f16>(&header, frames.into_owned());
            assert_eq!(read.is_ok(), exact, "{number}");
        }
        let (header, frames) = serialize(&70_000u32).unwrap();
        assert_eq!(deserialize::<f16>(&header, frames.into_owned()).unwrap_err().kind(), ErrorKind::OutOfRange);
        let (header, frames) = serialize(&-2048i64).unwrap();
        assert_eq!(deserialize::<f16>(&header, frames.into_owned()).unwrap(), f16::from_f32(-2048.0));
        let (header, frames) = serialize(&f16::NAN).unwrap();
        assert!(deserialize::<f16>(&header, frames.into_owned()).unwrap().is_nan());
    }
}
