//! `fractions.Fraction`, of integers of any size.

use crate::graph::{shortest, small};
use crate::int::{DIGITS, Int, parse};
use crate::known::Known;
use crate::known::call::{Call, int, text};
use crate::node::Node;
use frames_core::python;
use frames_core::{Error, ErrorKind, Result};
use std::fmt;

/// Python's `fractions.Fraction`, in lowest terms and with the sign above. It prints as Python's does.
///
/// ```
/// use frames_pickle::{Known, Registry};
/// // Fraction("6/-4") is none, but Fraction(6, -4) is
/// let graph = frames_pickle::read(b"cfractions\nFraction\n(K\x06J\xfc\xff\xff\xfftR.")?;
/// let Known::Fraction(fraction) = Registry::standard().construct(&graph, graph.root())? else { panic!() };
/// assert_eq!((fraction.numerator().to_i64(), fraction.denominator().to_i64()), (Some(-3), Some(2)));
/// assert_eq!(fraction.to_string(), "-3/2");
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fraction(python::Fraction);

impl Fraction {
    /// Above the line.
    ///
    /// ```
    /// # use frames_pickle::{Known, Registry};
    /// let graph = frames_pickle::read(b"cfractions\nFraction\n(X\x03\0\0\x003/4tR.")?;
    /// let Known::Fraction(fraction) = Registry::standard().construct(&graph, graph.root())? else { panic!() };
    /// assert_eq!(fraction.numerator().to_i64(), Some(3));
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn numerator(&self) -> Int<'_> {
        number(self.0.numerator())
    }

    /// Below the line: more than zero.
    ///
    /// ```
    /// # use frames_pickle::{Known, Registry};
    /// # let graph = frames_pickle::read(b"cfractions\nFraction\n(X\x03\0\0\x003/4tR.")?;
    /// # let Known::Fraction(fraction) = Registry::standard().construct(&graph, graph.root())? else { panic!() };
    /// assert_eq!(fraction.denominator().to_i64(), Some(4));
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn denominator(&self) -> Int<'_> {
        number(self.0.denominator())
    }
}

impl From<python::Fraction> for Fraction {
    fn from(fraction: python::Fraction) -> Fraction {
        Fraction(fraction)
    }
}

impl From<Fraction> for python::Fraction {
    fn from(fraction: Fraction) -> python::Fraction {
        fraction.0
    }
}

impl fmt::Display for Fraction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.denominator().to_i64() {
            Some(1) => write!(f, "{}", self.numerator()),
            _ => write!(f, "{}/{}", self.numerator(), self.denominator()),
        }
    }
}

fn number(bytes: &[u8]) -> Int<'_> {
    let bytes = shortest(bytes);
    small(bytes).map_or_else(|| Int::large(bytes), Int::small)
}

pub(crate) fn fraction(call: &Call<'_>) -> Result<Known> {
    call.count(1..=2)?;
    call.no_steps()?;
    let is_text = call.get(0).is_some_and(|value| matches!(call.graph.node(value), Node::Str(_)));
    let (above, below) = match call.args.len() {
        1 if is_text => call.take(0, |graph, value| of_text(text(graph, value)?))?,
        1 => (call.take(0, |graph, value| Ok(int(graph, value)?.to_le_bytes()))?, vec![1]),
        _ => (
            call.take(0, |graph, value| Ok(int(graph, value)?.to_le_bytes()))?,
            call.take(1, |graph, value| Ok(int(graph, value)?.to_le_bytes()))?,
        ),
    };
    reduced(&above, &below).map(Known::Fraction).map_err(|error| error.at_field("args"))
}

/// `3/4` or `3`: what Python prints, as it was pickled before 3.12.
fn of_text(text: &str) -> Result<(Vec<u8>, Vec<u8>)> {
    let (above, below) = text.split_once('/').unwrap_or((text, "1"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
    let is_fraction = is_number(above.strip_prefix(['+', '-']).unwrap_or(above)) && is_number(below);
    if is_fraction && text.len() > DIGITS {
        let text = format!("a fraction of {} digits, and {DIGITS} are read", text.len());
        return Err(Error::new(ErrorKind::Limit, text));
    }
    match (parse(above), parse(below)) {
        (Some(above), Some(below)) if is_fraction => Ok((above, below)),
        _ => Err(Error::mismatch("a fraction", "another text")),
    }
}

fn reduced(above: &[u8], below: &[u8]) -> Result<Fraction> {
    python::Fraction::new(above, below).map(Fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(above: &str, below: &str) -> Result<String> {
        reduced(&parse(above).unwrap(), &parse(below).unwrap()).map(|fraction| fraction.to_string())
    }

    #[test]
    fn lowest_terms() {
        assert_eq!(of("6", "-4").unwrap(), "-3/2");
        assert_eq!(of("0", "7").unwrap(), "0");
        assert_eq!(of("-8", "4").unwrap(), "-2");
        assert!(of("1", "0").is_err());
        let lowest = i128::MIN.to_string();
        assert_eq!(
            of(&lowest, "-1").unwrap_err().kind(),
            ErrorKind::Mismatch,
            "a denominator below zero, and too large"
        );
        assert_eq!(of(&lowest, &lowest).unwrap_err().kind(), ErrorKind::Mismatch);
        assert_eq!(of(&lowest, "2").unwrap(), (i128::MIN / 2).to_string());
        // (10**50 + 1) / 10**50, and the same times three
        let (large, power) = (format!("1{}1", "0".repeat(49)), format!("1{}", "0".repeat(50)));
        assert_eq!(of(&large, &power).unwrap(), format!("{large}/{power}"));
        assert_eq!(of(&format!("-{large}"), &power).unwrap(), format!("-{large}/{power}"));
        let (large, power) = (format!("3{}3", "0".repeat(49)), format!("3{}", "0".repeat(50)));
        assert!(of(&large, &power).is_err());
        assert_eq!(of(&large, "1").unwrap(), large);
        assert_eq!(of("0", &power).unwrap_err().kind(), ErrorKind::Mismatch);
    }
}
