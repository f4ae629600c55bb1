//! `bigdecimal::BigDecimal` as Python's `decimal.Decimal`, with its scale. Infinities, NaNs and the negative zero it does not have.

use super::no_number;
use crate::error::{Error, ErrorKind, Result};
use crate::python::{self, through};
use bigdecimal::BigDecimal;
use bigdecimal::num_bigint::{BigInt, Sign};

through!(BigDecimal, "bigdecimal::BigDecimal": python::Decimal, to, of);

/// More digits are not read: to turn them into a binary number takes time that grows with the square.
const DIGITS: usize = 20_000;

fn to(number: &BigDecimal) -> Result<python::Decimal> {
    let (digits, scale) = number.as_bigint_and_exponent();
    format!("{digits}E{}", -i128::from(scale)).parse()
}

fn of(number: python::Decimal) -> Result<BigDecimal> {
    let digits = number.digits();
    if digits.len() > DIGITS {
        let text = format!("a number of {} digits, and {DIGITS} are read", digits.len());
        return Err(Error::new(ErrorKind::Limit, text).with_help("`frames_core::python::Decimal` takes it"));
    }
    let scale = number.exponent().and_then(i64::checked_neg);
    let (Some(scale), Some(size)) = (scale, digits.parse::<BigInt>().ok()) else {
        return no_number(&number, "bigdecimal::BigDecimal");
    };
    match (number.is_negative(), size.sign()) {
        (true, Sign::NoSign) => no_number(&number, "bigdecimal::BigDecimal"),
        (true, _) => Ok(BigDecimal::new(-size, scale)),
        (false, _) => Ok(BigDecimal::new(size, scale)),
    }
}
