//! `fractions.Fraction`, of integers of any size.

use crate::graph::{shortest, small};
use crate::int::{DIGITS, Int, parse};
use crate::known::Known;
use crate::known::call::{Call, int, text};
use crate::node::Node;
use frames_core::{Error, ErrorKind, Result};
use std::cmp::Ordering;
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
pub struct Fraction {
    /// Two's complement, lowest byte first, as short as can be.
    numerator: Vec<u8>,
    denominator: Vec<u8>,
}

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
        number(&self.numerator)
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
        number(&self.denominator)
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
    reduced(above, below).map(Known::Fraction).map_err(|error| error.at_field("args"))
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

fn reduced(above: Vec<u8>, below: Vec<u8>) -> Result<Fraction> {
    let (top, bottom) = (number(&above), number(&below));
    if bottom.to_i64() == Some(0) {
        return Err(Error::new(ErrorKind::OutOfRange, "expected a denominator that is not 0, found 0"));
    }
    if let (Some(top), Some(bottom)) = (top.to_i128(), bottom.to_i128()) {
        if let Some(fraction) = small_reduced(top, bottom) {
            return Ok(fraction);
        }
    }
    if bottom.is_negative() {
        return Err(Error::mismatch("a denominator above 0", "a large one below"));
    }
    let longest = above.len().max(below.len());
    // Whether it is in lowest terms takes time that grows with the square.
    if longest > DIGITS {
        let text = format!("a fraction of numbers of {longest} bytes, and {DIGITS} are read");
        return Err(Error::new(ErrorKind::Limit, text));
    }
    if !are_coprime(magnitude(top), magnitude(bottom)) {
        return Err(Error::mismatch("a fraction in lowest terms", "one of large numbers that is not"));
    }
    Ok(Fraction { numerator: top.to_le_bytes(), denominator: bottom.to_le_bytes() })
}

/// `None` if the numbers leave their range on the way.
fn small_reduced(top: i128, bottom: i128) -> Option<Fraction> {
    let (mut a, mut b) = (top.unsigned_abs(), bottom.unsigned_abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    let gcd = i128::try_from(a).ok()?;
    let gcd = if bottom < 0 { -gcd } else { gcd };
    let bytes = |number: i128| number.to_le_bytes();
    let (top, bottom) = (bytes(top.checked_div(gcd)?), bytes(bottom.checked_div(gcd)?));
    Some(Fraction { numerator: number(&top).to_le_bytes(), denominator: number(&bottom).to_le_bytes() })
}

/// In 32 bits, lowest first, without zeros on top.
fn magnitude(number: Int<'_>) -> Vec<u32> {
    let bytes = number.to_le_bytes();
    let is_negative = number.is_negative();
    let mut carry = is_negative;
    let mut limbs: Vec<u32> = bytes
        .chunks(4)
        .map(|chunk| {
            let mut word = [if is_negative { 0xff } else { 0 }; 4];
            word.iter_mut().zip(chunk).for_each(|(to, from)| *to = *from);
            let word = u32::from_le_bytes(word);
            let (word, over) = if is_negative { (!word).overflowing_add(carry as u32) } else { (word, false) };
            carry &= over;
            word
        })
        .collect();
    if carry {
        limbs.push(1);
    }
    trim(&mut limbs);
    limbs
}

fn trim(limbs: &mut Vec<u32>) {
    while limbs.last() == Some(&0) {
        limbs.pop();
    }
}

/// Whether no prime divides both, by halving and subtracting.
fn are_coprime(mut a: Vec<u32>, mut b: Vec<u32>) -> bool {
    let is_even = |limbs: &[u32]| limbs.first().is_none_or(|low| low % 2 == 0);
    if is_even(&a) && is_even(&b) {
        return false;
    }
    // Zero has all numbers as divisors.
    if a.is_empty() || b.is_empty() {
        return a == [1] || b == [1];
    }
    loop {
        make_odd(&mut a);
        make_odd(&mut b);
        match compare(&a, &b) {
            Ordering::Equal => return a == [1],
            Ordering::Greater => subtract(&mut a, &b),
            Ordering::Less => subtract(&mut b, &a),
        }
    }
}

fn compare(a: &[u32], b: &[u32]) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.iter().rev().cmp(b.iter().rev()))
}

/// Without the twos in it.
fn make_odd(limbs: &mut Vec<u32>) {
    let zeros = limbs.iter().take_while(|limb| **limb == 0).count();
    limbs.drain(..zeros);
    let shift = limbs.first().map_or(0, |low| low.trailing_zeros());
    let mut carry = 0u64;
    for limb in limbs.iter_mut().rev() {
        let wide = carry << 32 | u64::from(*limb);
        *limb = (wide >> shift) as u32;
        carry = wide & ((1 << shift) - 1);
    }
    trim(limbs);
}

/// From a larger one.
fn subtract(from: &mut Vec<u32>, less: &[u32]) {
    let mut borrow = false;
    for (index, limb) in from.iter_mut().enumerate() {
        let (word, first) = limb.overflowing_sub(less.get(index).copied().unwrap_or(0));
        let (word, second) = word.overflowing_sub(borrow as u32);
        (*limb, borrow) = (word, first || second);
    }
    trim(from);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(above: &str, below: &str) -> Result<String> {
        reduced(parse(above).unwrap(), parse(below).unwrap()).map(|fraction| fraction.to_string())
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
