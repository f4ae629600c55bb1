//! `complex`: two floats, to the bit.

use super::{Scalar, read_map, through, write_map};
use crate::error::Result;
use crate::msgpack::Cursor;
use crate::pickle_ops::{PickleWriter, op};
use std::fmt;

/// Python's `complex`. It prints as Python's does.
///
/// ```
/// use frames_core::python::Complex;
/// assert_eq!(Complex { re: 1.0, im: -2.5 }.to_string(), "(1-2.5j)");
/// assert_eq!(Complex { re: 0.0, im: 1e16 }.to_string(), "1e+16j");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Complex {
    /// The real part.
    pub re: f64,
    /// The imaginary part.
    pub im: f64,
}

through!(Complex, "frames_core::python::Complex": Complex, |number| Ok(*number), Ok);

impl Scalar for Complex {
    const CLASS: (&'static str, &'static str) = ("builtins", "complex");

    fn pickle(&self, out: &mut PickleWriter) {
        out.global("builtins", "complex");
        out.float(self.re);
        out.float(self.im);
        out.kept(op::TUPLE2);
        out.reduce();
    }

    fn write_fields(&self, out: &mut Vec<u8>) -> Result<()> {
        write_map!(out, "re": self.re, "im": self.im)
    }

    fn read_fields(cursor: &mut Cursor<'_>) -> Result<Self> {
        let (re, im) = read_map!(cursor, "re" as re: f64, "im" as im: f64)?;
        Ok(Complex { re, im })
    }
}

impl fmt::Display for Complex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (re, im) = (float_text(self.re), float_text(self.im));
        if self.re == 0.0 && self.re.is_sign_positive() {
            return write!(f, "{im}j");
        }
        let sign = if im.starts_with('-') { "" } else { "+" };
        write!(f, "({re}{sign}{im}j)")
    }
}

/// A float as Python's `repr`, without `.0`.
fn float_text(number: f64) -> String {
    if number.is_nan() {
        return "nan".to_owned();
    }
    let exact = format!("{number:e}");
    let Some((digits, exponent)) = exact.split_once('e') else { return exact };
    match exponent.parse::<i32>() {
        Ok(-4..16) | Err(_) => number.to_string(),
        Ok(exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
        }
    }
}
