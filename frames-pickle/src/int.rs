//! Python's integers, which have any size.

use std::fmt;

/// A Python `int`.
///
/// ```
/// use frames_pickle::Int;
/// assert_eq!(Int::from(-7).to_i64(), Some(-7));
/// assert_eq!(Int::from(-7).to_u64(), None);
/// assert_eq!(Int::from(-7).to_string(), "-7");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Int<'g>(Repr<'g>);

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Repr<'g> {
    Small(i64),
    /// Two's complement, lowest byte first, as short as can be and more than eight bytes.
    Large(&'g [u8]),
}

/// Integers of more digits are not made out of text, nor into it: the time grows with the square. Python's own limit.
pub(crate) const DIGITS: usize = 4300;

impl<'g> Int<'g> {
    pub(crate) const fn small(number: i64) -> Int<'g> {
        Int(Repr::Small(number))
    }

    /// How many bytes it takes.
    pub(crate) fn extent(&self) -> usize {
        match self.0 {
            Repr::Small(_) => 8,
            Repr::Large(bytes) => bytes.len(),
        }
    }

    pub(crate) const fn large(bytes: &'g [u8]) -> Int<'g> {
        Int(Repr::Large(bytes))
    }

    /// The number, if it fits.
    ///
    /// ```
    /// assert_eq!(frames_pickle::Int::from(7).to_i64(), Some(7));
    /// ```
    #[inline]
    pub fn to_i64(&self) -> Option<i64> {
        match self.0 {
            Repr::Small(number) => Some(number),
            Repr::Large(_) => None,
        }
    }

    /// The number, if it fits.
    ///
    /// ```
    /// assert_eq!(frames_pickle::Int::from(7).to_u64(), Some(7));
    /// ```
    pub fn to_u64(&self) -> Option<u64> {
        match self.0 {
            Repr::Small(number) => u64::try_from(number).ok(),
            Repr::Large(_) => self.to_i128().and_then(|number| u64::try_from(number).ok()),
        }
    }

    /// The number, if it fits.
    ///
    /// ```
    /// assert_eq!(frames_pickle::Int::from(7).to_i128(), Some(7));
    /// ```
    pub fn to_i128(&self) -> Option<i128> {
        match self.0 {
            Repr::Small(number) => Some(number.into()),
            Repr::Large(bytes) => extended(bytes).map(i128::from_le_bytes),
        }
    }

    /// The number, if it fits.
    ///
    /// ```
    /// assert_eq!(frames_pickle::Int::from(7).to_u128(), Some(7));
    /// ```
    pub fn to_u128(&self) -> Option<u128> {
        match self.0 {
            Repr::Large([rest @ .., 0]) if rest.len() == 16 => extended(rest).map(u128::from_le_bytes),
            _ => self.to_i128().and_then(|number| u128::try_from(number).ok()),
        }
    }

    /// The number as a float, if that is exactly the same.
    ///
    /// ```
    /// assert_eq!(frames_pickle::Int::from(1 << 60).to_f64(), Some(2f64.powi(60)));
    /// assert_eq!(frames_pickle::Int::from((1 << 60) + 1).to_f64(), None);
    /// ```
    pub fn to_f64(&self) -> Option<f64> {
        const EXACT: u64 = 1 << f64::MANTISSA_DIGITS;
        let mut bytes = match self.0 {
            Repr::Small(number) if number.unsigned_abs() <= EXACT => return Some(number as f64),
            Repr::Small(number) => number.to_le_bytes().to_vec(),
            Repr::Large(bytes) => bytes.to_vec(),
        };
        if self.is_negative() {
            let mut carry = true;
            for byte in &mut bytes {
                (*byte, carry) = (!*byte).overflowing_add(u8::from(carry));
            }
        }
        // Without zeros at both ends it is at most eight bytes, if it is exact.
        let low = bytes.iter().take_while(|byte| **byte == 0).count();
        let len = bytes.len() - bytes.iter().rev().take_while(|byte| **byte == 0).count();
        let digits = bytes.get(low..len)?;
        let mut word = [0; 8];
        word.get_mut(..digits.len())?.copy_from_slice(digits);
        let word = u64::from_le_bytes(word);
        let exponent = i32::try_from(low * 8).ok().filter(|exponent| *exponent < f64::MAX_EXP)?;
        let size = word as f64 * 2f64.powi(exponent);
        let is_exact = word >> word.trailing_zeros().min(63) <= EXACT && size.is_finite();
        is_exact.then_some(if self.is_negative() { -size } else { size })
    }

    /// True below zero.
    ///
    /// ```
    /// assert!(frames_pickle::Int::from(-7).is_negative());
    /// ```
    pub fn is_negative(&self) -> bool {
        match self.0 {
            Repr::Small(number) => number < 0,
            Repr::Large(bytes) => bytes.last().is_some_and(|top| *top >= 0x80),
        }
    }

    /// The bytes of two's complement, lowest first, as short as can be: none for zero, as pickle has them.
    ///
    /// ```
    /// assert_eq!(frames_pickle::Int::from(-1).to_le_bytes(), [0xff]);
    /// assert_eq!(frames_pickle::Int::from(128).to_le_bytes(), [0x80, 0]);
    /// assert!(frames_pickle::Int::from(0).to_le_bytes().is_empty());
    /// ```
    pub fn to_le_bytes(&self) -> Vec<u8> {
        match self.0 {
            Repr::Small(0) => Vec::new(),
            Repr::Small(number) => {
                let bits = if number < 0 { (!number).leading_zeros() } else { number.leading_zeros() };
                let len = (64 - bits as usize) / 8 + 1;
                number.to_le_bytes().into_iter().take(len).collect()
            }
            Repr::Large(bytes) => bytes.to_vec(),
        }
    }

    /// In decimal; `None` beyond some 4,300 digits, which would take long.
    fn decimal(bytes: &[u8]) -> Option<String> {
        if bytes.len() > DIGITS * 10 / 24 {
            return None;
        }
        let negative = bytes.last().is_some_and(|top| *top >= 0x80);
        // The magnitude, in 32 bits, highest first.
        let mut carry = negative;
        let mut limbs: Vec<u32> = bytes
            .chunks(4)
            .map(|chunk| {
                let mut word = [if negative { 0xff } else { 0 }; 4];
                word.iter_mut().zip(chunk).for_each(|(to, from)| *to = *from);
                let word = u32::from_le_bytes(word);
                let (word, over) = if negative { (!word).overflowing_add(carry as u32) } else { (word, false) };
                carry &= over;
                word
            })
            .collect();
        // Minus the power of two that has exactly these bits.
        if carry {
            limbs.push(1);
        }
        limbs.reverse();
        let mut groups = Vec::new();
        while limbs.iter().any(|limb| *limb != 0) {
            let mut rest = 0u64;
            for limb in &mut limbs {
                let wide = rest << 32 | u64::from(*limb);
                *limb = (wide / 1_000_000_000) as u32;
                rest = wide % 1_000_000_000;
            }
            groups.push(rest);
        }
        let mut text = String::from(if negative { "-" } else { "" });
        for (index, group) in groups.iter().rev().enumerate() {
            text.push_str(&if index == 0 { format!("{group}") } else { format!("{group:09}") });
        }
        Some(text)
    }
}

/// Sixteen bytes with the sign of fewer.
fn extended(bytes: &[u8]) -> Option<[u8; 16]> {
    let negative = bytes.last().is_some_and(|top| *top >= 0x80);
    let mut word = [if negative { 0xff } else { 0 }; 16];
    word.get_mut(..bytes.len())?.copy_from_slice(bytes);
    Some(word)
}

impl From<i64> for Int<'_> {
    fn from(number: i64) -> Self {
        Int(Repr::Small(number))
    }
}

/// In decimal. Beyond some 4,300 digits, which Python does not print either, only how many bytes it has.
impl fmt::Display for Int<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Repr::Small(number) => write!(f, "{number}"),
            Repr::Large(bytes) => match Int::decimal(bytes) {
                Some(text) => f.write_str(&text),
                None => write!(f, "<int of {} bytes>", bytes.len()),
            },
        }
    }
}

impl fmt::Debug for Int<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The bytes of a decimal integer without a sign, or of one in base 16, 8 or 2 after `0x`, `0o`, `0b`, with single underscores between digits: Python's `int(text, 0)`.
pub(crate) fn parse(text: &str) -> Option<Vec<u8>> {
    let text = crate::literal::trim(text);
    let (negative, digits) = match text.as_bytes() {
        [b'-', ..] => (true, text.get(1..)?),
        [b'+', ..] => (false, text.get(1..)?),
        _ => (false, text),
    };
    let (base, digits) = match digits.get(..2).map(str::to_ascii_lowercase).as_deref() {
        Some("0x") => (16, digits.get(2..)?.strip_prefix('_').unwrap_or(digits.get(2..)?)),
        Some("0o") => (8, digits.get(2..)?.strip_prefix('_').unwrap_or(digits.get(2..)?)),
        Some("0b") => (2, digits.get(2..)?.strip_prefix('_').unwrap_or(digits.get(2..)?)),
        _ => (10, digits),
    };
    if digits.is_empty() || digits.len() > DIGITS && digits.bytes().filter(|byte| *byte != b'_').count() > DIGITS {
        return None;
    }
    // Python takes no leading zeros, which were octal once, but for zero itself.
    if base == 10 && digits.starts_with('0') && digits.bytes().any(|byte| !matches!(byte, b'0' | b'_')) {
        return None;
    }
    // Magnitude, in 32 bits, lowest first.
    let mut limbs: Vec<u32> = Vec::new();
    let mut was_digit = false;
    for byte in digits.bytes() {
        let Some(digit) = char::from(byte).to_digit(base) else {
            if byte == b'_' && std::mem::take(&mut was_digit) {
                continue;
            }
            return None;
        };
        was_digit = true;
        let mut carry = u64::from(digit);
        for limb in &mut limbs {
            let wide = u64::from(*limb) * u64::from(base) + carry;
            (*limb, carry) = (wide as u32, wide >> 32);
        }
        if carry > 0 {
            limbs.push(carry as u32);
        }
    }
    if !was_digit {
        return None;
    }
    let mut bytes: Vec<u8> = limbs.iter().flat_map(|limb| limb.to_le_bytes()).collect();
    bytes.push(0);
    if negative {
        let mut carry = true;
        for byte in &mut bytes {
            (*byte, carry) = (!*byte).overflowing_add(carry as u8);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of two, exactly, as `powi` need not be.
    fn power(of: u64) -> f64 {
        f64::from_bits((1023 + of) << 52)
    }

    #[test]
    fn floats_are_exact() {
        let mut graph = crate::Graph::new();
        let mut float = |bytes: &[u8]| {
            let value = graph.big_int(bytes);
            let crate::Node::Int(int) = graph.node(value) else { panic!() };
            int.to_f64()
        };
        assert_eq!(float(&[[0; 16].to_vec(), vec![0x80, 0]].concat()), Some(power(135)));
        assert_eq!(float(&[[0; 16].to_vec(), vec![0x80]].concat()), Some(-(power(135))));
        assert_eq!(float(&[[0; 127].to_vec(), vec![0x80, 0]].concat()), Some(power(1023)));
        assert_eq!(float(&[[0; 128].to_vec(), vec![1]].concat()), None);
        assert_eq!(float(&[vec![1], [0; 16].to_vec(), vec![0x80, 0]].concat()), None);
        assert_eq!((float(&[]), float(&i64::MIN.to_le_bytes())), (Some(0.0), Some(-(power(63)))));
        assert_eq!((float(&i64::MAX.to_le_bytes()), float(&[0xff; 9])), (None, Some(-1.0)));
        assert_eq!(float(&[[0xff; 8].to_vec(), vec![0]].concat()), None, "it would round to a power of two");
    }

    #[test]
    fn text_and_bytes_agree() {
        for text in ["0", "7", "-1", "255", "-128", "9223372036854775808", "-9223372036854775809"] {
            let bytes = parse(text).unwrap();
            let mut graph = crate::Graph::new();
            let value = graph.big_int(&bytes);
            let crate::Node::Int(int) = graph.node(value) else { panic!() };
            assert_eq!(int.to_string(), text);
            assert_eq!(int.to_i128(), Some(text.parse().unwrap()));
        }
        let power = parse("340282366920938463463374607431768211455").unwrap();
        assert_eq!(Int::large(&power[..17]).to_u128(), Some(u128::MAX));
        assert_eq!(Int::large(&power[..17]).to_string(), u128::MAX.to_string());
        let mut lowest = vec![0; 32];
        lowest.push(0x80);
        assert!(
            Int::large(&lowest)
                .to_string()
                .starts_with("-14821387422376473014217086081112052205218558037201992197050570753012880593911808")
        );
        assert_eq!(
            (
                parse("\x0b0X_1f \x0c"),
                parse("010"),
                parse("08"),
                parse("00"),
                parse("5\x1c"),
                parse("+-5"),
                parse("0x")
            ),
            (Some(vec![31, 0, 0, 0, 0]), None, None, Some(vec![0]), None, None, None)
        );
        let long = ["1"; DIGITS].join("_");
        assert!(parse(&long).is_some() && parse(&format!("{long}_1")).is_none());
        assert_eq!(
            (parse("0x1F"), parse("1_0"), parse("1__0"), parse("_1"), parse("1_"), parse("")),
            (Some(vec![31, 0, 0, 0, 0]), Some(vec![10, 0, 0, 0, 0]), None, None, None, None)
        );
    }
}
