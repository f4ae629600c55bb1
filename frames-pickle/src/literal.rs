//! The lines of protocol 0, as CPython reads them: numbers, and text with escapes.

use frames_core::{Error, ErrorKind, Result};

/// A line that is plain ASCII.
pub(crate) fn ascii(line: &[u8]) -> Result<&str> {
    std::str::from_utf8(line).ok().filter(|text| text.is_ascii()).ok_or_else(|| invalid("a line that is not ASCII"))
}

/// What Python's `float` takes without space and underscores.
pub(crate) fn float(line: &[u8]) -> Result<f64> {
    ascii(line)?.parse().map_err(|_| invalid("a line that is no float"))
}

/// What CPython's unpickler in C takes, which refuses what `float` makes infinite.
pub(crate) fn finite(line: &[u8]) -> Result<f64> {
    let number = float(line)?;
    if number.is_infinite() && line.iter().any(u8::is_ascii_digit) {
        return Err(invalid("a float that is too large"));
    }
    Ok(number)
}

/// What Python's `int(line)` takes, if it is no less than zero.
pub(crate) fn index(line: &[u8]) -> Option<u64> {
    let number = trim(ascii(line).ok()?);
    let (negative, digits) = match number.as_bytes() {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] | digits => (false, digits),
    };
    let (mut value, mut was_digit) = (0i64, false);
    for byte in digits {
        was_digit = match byte {
            b'0'..=b'9' => {
                value = value.checked_mul(10)?.checked_add(i64::from(byte - b'0'))?;
                true
            }
            b'_' if was_digit => false,
            _ => return None,
        };
    }
    (was_digit && (!negative || value == 0)).then_some(value as u64)
}

/// Without what Python takes for space around numbers.
pub(crate) fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| matches!(c, ' ' | '\t'..='\r'))
}

/// The bytes of a Python string literal in quotes.
pub(crate) fn string(line: &[u8]) -> Result<Vec<u8>> {
    let inside = match line {
        [b'\'', inside @ .., b'\''] | [b'"', inside @ .., b'"'] => inside,
        _ => return Err(invalid("a text that is not in quotes")),
    };
    unescape(inside)
}

/// The bytes for which the escapes of a Python literal stand.
pub(crate) fn unescape(inside: &[u8]) -> Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(inside.len());
    let mut rest = inside;
    while let [first, after @ ..] = rest {
        rest = after;
        if *first != b'\\' {
            bytes.push(*first);
            continue;
        }
        let [escape, after @ ..] = rest else { return Err(invalid("a backslash at the end of a text")) };
        rest = after;
        let byte = match escape {
            b'\n' => continue,
            b'\\' | b'\'' | b'"' => *escape,
            b'a' => 7,
            b'b' => 8,
            b't' => b'\t',
            b'n' => b'\n',
            b'v' => 11,
            b'f' => 12,
            b'r' => b'\r',
            b'0'..=b'7' => {
                let mut value = u32::from(escape - b'0');
                for _ in 0..2 {
                    let [digit @ b'0'..=b'7', after @ ..] = rest else { break };
                    value = value * 8 + u32::from(digit - b'0');
                    rest = after;
                }
                value as u8
            }
            b'x' => {
                let value = hex(rest, 2).ok_or_else(|| invalid("an escape \\x without two digits"))?;
                rest = rest.get(2..).unwrap_or_default();
                value as u8
            }
            // Others are no escapes.
            _ => {
                bytes.push(b'\\');
                *escape
            }
        };
        bytes.push(byte);
    }
    Ok(bytes)
}

/// Latin-1 with `\uXXXX` and `\UXXXXXXXX`, as UTF-8 with surrogates.
pub(crate) fn raw_unicode_escape(line: &[u8]) -> Result<Vec<u8>> {
    let mut text = Vec::with_capacity(line.len());
    let mut rest = line;
    while let [first, after @ ..] = rest {
        rest = after;
        let digits = match (first, rest.first()) {
            (b'\\', Some(b'u')) => 4,
            (b'\\', Some(b'U')) => 8,
            (b'\\', Some(b'\\')) => {
                text.extend(b"\\\\");
                rest = rest.get(1..).unwrap_or_default();
                continue;
            }
            _ => {
                push_char(&mut text, u32::from(*first));
                continue;
            }
        };
        let code = rest.get(1..).and_then(|rest| hex(rest, digits)).filter(|code| *code <= 0x10_ffff);
        push_char(&mut text, code.ok_or_else(|| invalid("an escape of a character that is none"))?);
        rest = rest.get(1 + digits..).unwrap_or_default();
    }
    Ok(text)
}

fn hex(bytes: &[u8], digits: usize) -> Option<u32> {
    let digits = bytes.get(..digits)?;
    digits.iter().try_fold(0u32, |value, byte| Some(value << 4 | char::from(*byte).to_digit(16)?))
}

/// A character, or a surrogate as UTF-8 would write it.
fn push_char(text: &mut Vec<u8>, code: u32) {
    match char::from_u32(code) {
        Some(char) => text.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes()),
        None => text.extend([0xe0 | (code >> 12) as u8, 0x80 | (code >> 6 & 0x3f) as u8, 0x80 | (code & 0x3f) as u8]),
    }
}

#[cold]
fn invalid(message: &'static str) -> Error {
    Error::new(ErrorKind::Invalid, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_those_of_python() {
        assert_eq!(string(br#"'a\'b\n\x41\101\q\0'"#).unwrap(), b"a'b\nAA\\q\0");
        assert_eq!(string(br#""it's""#).unwrap(), b"it's");
        for bad in [&b"'"[..], b"", b"'a", b"'a\"", b"'\\'", b"'\\x4'", b"'a' ", b"'a'\r", b" 'a'"] {
            assert!(string(bad).is_err(), "{bad:?}");
        }
        assert_eq!(raw_unicode_escape(b"\\u00e9\xe9\\U0001f600\\n\\\\u").unwrap(), "éé😀\\n\\\\u".as_bytes());
        assert_eq!(raw_unicode_escape(b"\\ud800").unwrap(), b"\xed\xa0\x80");
        for bad in [&b"\\u12"[..], b"\\U00110000", b"\\u", b"\\uzzzz"] {
            assert!(raw_unicode_escape(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn indices_are_those_of_python() {
        for (text, number) in
            [("0", 0), ("007", 7), (" +1_0\x0b", 10), ("-0", 0), ("9223372036854775807", i64::MAX as u64)]
        {
            assert_eq!(index(text.as_bytes()), Some(number), "{text:?}");
        }
        for bad in ["", "+", "-1", "1__0", "_1", "1_", "1 0", "0x1", "1L", "9223372036854775808"] {
            assert_eq!(index(bad.as_bytes()), None, "{bad:?}");
        }
    }

    #[test]
    fn floats_are_those_of_python() {
        assert_eq!(float(b"1e-5").unwrap(), 1e-5);
        assert_eq!(float(b"-inf").unwrap(), f64::NEG_INFINITY);
        assert!(float(b"nan").unwrap().is_nan());
        assert!(
            finite(b"1e400").is_err()
                && finite(b"-1e400").is_err()
                && finite(b"inf").is_ok()
                && float(b" 1.5").is_err()
        );
        assert!(float(b"1_0").is_err() && float(b"").is_err() && float(b"0x1p3").is_err());
    }
}
