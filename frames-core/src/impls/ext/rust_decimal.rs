//! `rust_decimal::Decimal` as Python's `decimal.Decimal`, with its sign and scale. Of what Python sends it takes the numbers that it has: no infinity,
//! no NaN, 28 digits behind the point at most. A positive exponent is multiplied out: `1E+2` is 100.

use super::no_number;
use crate::error::Result;
use crate::python::{self, through};
use rust_decimal::Decimal;

through!(
    Decimal, "rust_decimal::Decimal": python::Decimal,
    to, |number| of(&number).map_or_else(|| no_number(&number, "rust_decimal::Decimal"), Ok)
);

fn to(number: &Decimal) -> Result<python::Decimal> {
    let sign = if number.is_sign_negative() { "-" } else { "" };
    format!("{sign}{}E-{}", number.mantissa().unsigned_abs(), number.scale()).parse()
}

/// `None` for what it does not have.
fn of(number: &python::Decimal) -> Option<Decimal> {
    let exponent = number.exponent()?;
    let digits: i128 = number.digits().parse().ok()?;
    let (digits, scale) = match u32::try_from(exponent) {
        Ok(_) if digits == 0 => (0, 0),
        Ok(zeros) => (digits.checked_mul(10i128.checked_pow(zeros)?)?, 0),
        Err(_) => (digits, u32::try_from(exponent.checked_neg()?).ok()?),
    };
    let mut made = Decimal::try_from_i128_with_scale(digits, scale).ok()?;
    made.set_sign_negative(number.is_negative());
    Some(made)
}
