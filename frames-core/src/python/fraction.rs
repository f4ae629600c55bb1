//! `fractions.Fraction`, of integers of any size.

use super::{Scalar, read_map, through, write_map};
use crate::error::{Error, ErrorKind, Result};
use crate::msgpack::Cursor;
use crate::pickle_ops::{PickleWriter, op, shortest};
use std::cmp::Ordering;

/// Python's `fractions.Fraction`, in lowest terms and with the sign above.
///
/// Integers are bytes of two's complement here, the lowest first and as few as can be.
///
/// ```
/// use frames_core::python::Fraction;
/// let fraction = Fraction::new(&6i64.to_le_bytes(), &(-4i64).to_le_bytes())?;
/// assert_eq!((fraction.numerator(), fraction.denominator()), (&[0xfd][..], &[2][..]), "-3/2");
/// assert!(Fraction::new(&[1], &[0]).is_err());
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fraction {
    numerator: Vec<u8>,
    denominator: Vec<u8>,
}

/// Longer integers are not looked at: whether they are in lowest terms takes time that grows with the square.
const LONGEST: usize = 4300;

/// Those of a header have fewer bytes: a peer may send many.
const LONGEST_READ: usize = 1024;

impl Fraction {
    /// Of two integers. Those of 128 bits are brought to lowest terms; larger ones have to be in them.
    ///
    /// # Errors
    ///
    /// The denominator is zero. Of large integers: it is below zero, or the two have a common divisor, or more than 4300 bytes.
    ///
    /// ```
    /// use frames_core::python::Fraction;
    /// assert_eq!(Fraction::new(&[8], &[4])?, Fraction::new(&[2], &[1])?);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn new(numerator: &[u8], denominator: &[u8]) -> Result<Fraction> {
        let (top, bottom) = (shortest(numerator), shortest(denominator));
        if bottom.iter().all(|byte| *byte == 0) {
            return Err(Error::new(ErrorKind::OutOfRange, "expected a denominator that is not 0, found 0"));
        }
        if let Some(fraction) = small_reduced(top, bottom) {
            return Ok(fraction);
        }
        if is_negative(bottom) {
            return Err(Error::mismatch("a denominator above 0", "a large one below"));
        }
        check_len(top, bottom, LONGEST)?;
        if !are_coprime(magnitude(top), magnitude(bottom)) {
            return Err(Error::mismatch("a fraction in lowest terms", "one of large numbers that is not"));
        }
        Ok(Fraction { numerator: top.to_vec(), denominator: bottom.to_vec() })
    }

    /// Above the line.
    ///
    /// ```
    /// assert_eq!(frames_core::python::Fraction::new(&[3], &[4])?.numerator(), [3]);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn numerator(&self) -> &[u8] {
        &self.numerator
    }

    /// Below the line: more than zero.
    ///
    /// ```
    /// assert_eq!(frames_core::python::Fraction::new(&[3], &[4])?.denominator(), [4]);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn denominator(&self) -> &[u8] {
        &self.denominator
    }
}

through!(Fraction, "frames_core::python::Fraction": Fraction, |fraction| Ok(fraction.clone()), Ok);

impl Scalar for Fraction {
    const CLASS: (&'static str, &'static str) = ("fractions", "Fraction");

    fn pickle(&self, out: &mut PickleWriter) {
        out.global("fractions", "Fraction");
        out.int(&self.numerator);
        out.int(&self.denominator);
        out.kept(op::TUPLE2);
        out.reduce();
    }

    fn write_fields(&self, out: &mut Vec<u8>) -> Result<()> {
        write_map!(out, "numerator": &*self.numerator, "denominator": &*self.denominator)
    }

    fn read_fields(cursor: &mut Cursor<'_>) -> Result<Self> {
        let (numerator, denominator) =
            read_map!(cursor, "numerator" as numerator: Vec<u8>, "denominator" as denominator: Vec<u8>)?;
        check_len(&numerator, &denominator, LONGEST_READ)?;
        Fraction::new(&numerator, &denominator)
    }
}

fn check_len(top: &[u8], bottom: &[u8], most: usize) -> Result<()> {
    match top.len().max(bottom.len()) {
        longest if longest > most => {
            let text = format!("a fraction of numbers of {longest} bytes, and {most} are read");
            Err(Error::new(ErrorKind::Limit, text))
        }
        _ => Ok(()),
    }
}

fn is_negative(bytes: &[u8]) -> bool {
    bytes.last().is_some_and(|top| *top >= 0x80)
}

/// An integer of at most 128 bits.
fn small(bytes: &[u8]) -> Option<i128> {
    let mut word = [if is_negative(bytes) { 0xff } else { 0 }; 16];
    word.get_mut(..bytes.len())?.copy_from_slice(bytes);
    Some(i128::from_le_bytes(word))
}

/// `None` if the numbers are too large, also on the way.
fn small_reduced(top: &[u8], bottom: &[u8]) -> Option<Fraction> {
    let (top, bottom) = (small(top)?, small(bottom)?);
    let (mut a, mut b) = (top.unsigned_abs(), bottom.unsigned_abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    let gcd = i128::try_from(a).ok()?;
    let gcd = if bottom < 0 { -gcd } else { gcd };
    let bytes = |number: i128| shortest(&number.to_le_bytes()).to_vec();
    Some(Fraction { numerator: bytes(top.checked_div(gcd)?), denominator: bytes(bottom.checked_div(gcd)?) })
}

/// In 32 bits, lowest first, without zeros on top.
fn magnitude(bytes: &[u8]) -> Vec<u32> {
    let is_negative = is_negative(bytes);
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
