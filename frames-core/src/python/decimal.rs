//! `decimal.Decimal`, kept exactly.

use super::{Scalar, read_map, through, write_map};
use crate::error::{Error, ErrorKind, Result};
use crate::msgpack::Cursor;
use crate::pickle_ops::{PickleWriter, op};
use std::fmt;
use std::str::FromStr;

/// Python's `decimal.Decimal`, of any precision. It prints as Python's `str`.
///
/// Equal means the same digits and exponent, so that `1.0` is not `1.00`, though Python's `==` says so.
///
/// ```
/// use frames_core::python::Decimal;
/// let number: Decimal = "-0012.50e1".parse()?;
/// assert_eq!(number.to_string(), "-125.0");
/// assert_eq!((number.digits(), number.exponent(), number.is_negative()), ("1250", Some(-1), true));
/// assert!("x".parse::<Decimal>().is_err());
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Decimal {
    is_negative: bool,
    /// Without leading zeros, but for zero itself; of NaN the payload, which may be empty.
    digits: String,
    form: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Form {
    Finite(i64),
    Infinity,
    NaN,
    SignalingNaN,
}

/// The largest adjusted exponent that CPython's Decimal has on 64 bits, and the lowest.
const MOST: i64 = 999_999_999_999_999_999;
const LEAST_TINY: i64 = -1_999_999_999_999_999_997;

impl Decimal {
    /// True if the sign is a minus, also of zero and NaN.
    ///
    /// ```
    /// # use frames_core::python::Decimal;
    /// assert!("-0".parse::<Decimal>()?.is_negative());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn is_negative(&self) -> bool {
        self.is_negative
    }

    /// True for a quiet or signaling NaN.
    ///
    /// ```
    /// # use frames_core::python::Decimal;
    /// assert!("sNaN12".parse::<Decimal>()?.is_nan());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn is_nan(&self) -> bool {
        matches!(self.form, Form::NaN | Form::SignalingNaN)
    }

    /// True for a signaling NaN.
    ///
    /// ```
    /// # use frames_core::python::Decimal;
    /// assert!(!"NaN".parse::<Decimal>()?.is_signaling());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn is_signaling(&self) -> bool {
        self.form == Form::SignalingNaN
    }

    /// True for both infinities.
    ///
    /// ```
    /// # use frames_core::python::Decimal;
    /// assert!("-Infinity".parse::<Decimal>()?.is_infinite());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn is_infinite(&self) -> bool {
        self.form == Form::Infinity
    }

    /// The digits, without the point; of a NaN its payload; none of an infinity.
    ///
    /// ```
    /// # use frames_core::python::Decimal;
    /// assert_eq!("1.50".parse::<Decimal>()?.digits(), "150");
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn digits(&self) -> &str {
        &self.digits
    }

    /// The power of ten of the last digit, of a finite number.
    ///
    /// ```
    /// # use frames_core::python::Decimal;
    /// assert_eq!("1.50".parse::<Decimal>()?.exponent(), Some(-2));
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn exponent(&self) -> Option<i64> {
        match self.form {
            Form::Finite(exponent) => Some(exponent),
            _ => None,
        }
    }

    /// The nearest float.
    ///
    /// ```
    /// # use frames_core::python::Decimal;
    /// assert_eq!("1.50".parse::<Decimal>()?.to_f64(), 1.5);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn to_f64(&self) -> f64 {
        let number = match self.form {
            Form::Finite(exponent) => format!("{}e{exponent}", self.digits).parse().unwrap_or(f64::NAN),
            Form::Infinity => f64::INFINITY,
            Form::NaN | Form::SignalingNaN => f64::NAN,
        };
        if self.is_negative { -number } else { number }
    }
}

impl FromStr for Decimal {
    type Err = Error;

    /// What Python's `Decimal(text)` takes, but for underscores, spaces and digits beyond ASCII, which it never prints.
    fn from_str(text: &str) -> Result<Decimal> {
        let (is_negative, rest) = match text.as_bytes().first() {
            Some(b'-') => (true, text.get(1..)),
            Some(b'+') => (false, text.get(1..)),
            _ => (false, Some(text)),
        };
        parse(is_negative, rest.unwrap_or_default())
    }
}

fn parse(is_negative: bool, text: &str) -> Result<Decimal> {
    let wrong = || Error::mismatch("a decimal number", "another text");
    let special = |digits: &str, form| match digits.bytes().all(|digit| digit.is_ascii_digit()) {
        true => Ok(Decimal { is_negative, digits: digits.trim_start_matches('0').to_owned(), form }),
        false => Err(wrong()),
    };
    let starts = |name: &str| text.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
    if text.eq_ignore_ascii_case("inf") || text.eq_ignore_ascii_case("infinity") {
        return special("", Form::Infinity);
    }
    if starts("nan") {
        return special(text.get(3..).unwrap_or_default(), Form::NaN);
    }
    if starts("snan") {
        return special(text.get(4..).unwrap_or_default(), Form::SignalingNaN);
    }
    let (number, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let is_number = |text: &str| text.bytes().all(|digit| digit.is_ascii_digit());
    if !is_number(whole) || !is_number(part) || whole.len() + part.len() == 0 {
        return Err(wrong());
    }
    let unsigned = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    if unsigned.is_empty() || !is_number(unsigned) {
        return Err(wrong());
    }
    let digits = [whole, part].concat();
    let digits = match digits.trim_start_matches('0') {
        "" => "0",
        digits => digits,
    };
    let (len, places) = (digits.len() as i64, part.len() as i64);
    let exponent = exponent.parse::<i64>().ok().and_then(|exponent| exponent.checked_sub(places));
    let fits = |exponent: i64| exponent >= LEAST_TINY && exponent.saturating_add(len - 1) <= MOST;
    match exponent.filter(|exponent| fits(*exponent)) {
        Some(exponent) => Ok(Decimal { is_negative, digits: digits.to_owned(), form: Form::Finite(exponent) }),
        None => {
            Err(Error::new(ErrorKind::OutOfRange, format!("expected an exponent up to {MOST}, found a larger one")))
        }
    }
}

/// As the specification of decimal arithmetic says: with an exponent where the point would be far from the digits.
impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_negative {
            f.write_str("-")?;
        }
        let digits = &*self.digits;
        let exponent = match self.form {
            Form::Finite(exponent) => exponent,
            Form::Infinity => return f.write_str("Infinity"),
            Form::NaN => return write!(f, "NaN{digits}"),
            Form::SignalingNaN => return write!(f, "sNaN{digits}"),
        };
        let len = digits.len() as i64;
        let left = exponent.saturating_add(len);
        let is_plain = exponent <= 0 && left > -6;
        let point = if is_plain { left } else { 1 };
        match usize::try_from(point) {
            Ok(0) | Err(_) => write!(f, "0.{:0>1$}", digits, (len - point) as usize)?,
            Ok(point) if point >= digits.len() => f.write_str(digits)?,
            Ok(point) => {
                write!(f, "{}.{}", digits.get(..point).unwrap_or_default(), digits.get(point..).unwrap_or_default())?;
            }
        }
        if left != point { write!(f, "E{:+}", left - point) } else { Ok(()) }
    }
}

through!(Decimal, "frames_core::python::Decimal": Decimal, |number| Ok(number.clone()), Ok);

impl Scalar for Decimal {
    const CLASS: (&'static str, &'static str) = ("decimal", "Decimal");

    fn pickle(&self, out: &mut PickleWriter) {
        out.global("decimal", "Decimal");
        out.text(&self.to_string());
        out.kept(op::TUPLE1);
        out.reduce();
    }

    fn write_fields(&self, out: &mut Vec<u8>) -> Result<()> {
        write_map!(out, "text": &*self.to_string())
    }

    fn read_fields(cursor: &mut Cursor<'_>) -> Result<Self> {
        let (text,) = read_map!(cursor, "text" as text: String)?;
        text.parse().map_err(|e: Error| e.at_field("text"))
    }
}
