//! Python's `repr` of what an opcode may have as its argument.

use crate::text::{Text, parts};
use std::fmt::{self, Write};

/// Of a `float`: the shortest digits that give it back, with an exponent for what is smaller than 1e-4 or not smaller
/// than 1e16.
pub(crate) fn float(number: f64, out: &mut dyn Write) -> fmt::Result {
    if number.is_nan() {
        return out.write_str("nan");
    }
    if number.is_infinite() {
        return out.write_str(if number < 0.0 { "-inf" } else { "inf" });
    }
    let shortest = format!("{:e}", number.abs());
    let (digits, _) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    // Of two that are as short and as near, Python takes the even one: what rounding to so many digits gives.
    let rounded = format!("{:.*e}", digits.len().saturating_sub(2), number.abs());
    let text = if rounded.parse() == Ok(number.abs()) { rounded } else { shortest };
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if number.is_sign_negative() {
        out.write_char('-')?;
    }
    if !(-4..16).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return write!(out, "{digits}e{sign}{:02}", exponent.unsigned_abs());
    }
    let digits = digits.replace('.', "");
    if exponent < 0 {
        let zeros = exponent.unsigned_abs() as usize - 1;
        return write!(out, "0.{:0<zeros$}{digits}", "");
    }
    let before = exponent as usize + 1;
    match digits.split_at_checked(before) {
        Some((whole, rest)) => write!(out, "{whole}.{}", if rest.is_empty() { "0" } else { rest }),
        None => write!(out, "{digits:0<before$}.0"),
    }
}

/// Of a `str`.
pub(crate) fn str(text: Text<'_>, out: &mut dyn Write) -> fmt::Result {
    let bytes = text.as_wtf8();
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') { '"' } else { '\'' };
    out.write_char(quote)?;
    for part in parts(bytes) {
        match part {
            Ok(part) => runs(part, quote, out)?,
            Err(surrogate) => write!(out, "\\u{surrogate:04x}")?,
        }
    }
    out.write_char(quote)
}

/// Text without surrogates: what stands for itself at once.
fn runs(text: &str, quote: char, out: &mut dyn Write) -> fmt::Result {
    let mut written = 0;
    for (at, char) in text.char_indices() {
        if char != quote && char != '\\' && is_printable(char) {
            continue;
        }
        out.write_str(text.get(written..at).unwrap_or_default())?;
        written = at + char.len_utf8();
        match (char, char as u32) {
            ('\t', _) => out.write_str("\\t")?,
            ('\n', _) => out.write_str("\\n")?,
            ('\r', _) => out.write_str("\\r")?,
            ('\\' | '\'' | '"', _) => write!(out, "\\{char}")?,
            (_, code @ ..=0xff) => write!(out, "\\x{code:02x}")?,
            (_, code @ ..=0xffff) => write!(out, "\\u{code:04x}")?,
            (_, code) => write!(out, "\\U{code:08x}")?,
        }
    }
    out.write_str(text.get(written..).unwrap_or_default())
}

/// Python's `str.isprintable`. Rust's standard library has the same rule for `escape_debug`, and the table, which it
/// does not show otherwise.
fn is_printable(char: char) -> bool {
    if char.is_ascii() {
        return (' '..='~').contains(&char);
    }
    // The first character of a text has a rule of its own.
    let mut text = [b'a', 0, 0, 0, 0];
    let len = text.get_mut(1..).map_or(0, |rest| char.encode_utf8(rest).len());
    let text = text.get(..1 + len).and_then(|text| std::str::from_utf8(text).ok());
    text.is_some_and(|text| text.escape_debug().nth(1) == Some(char))
}

/// Of `bytes`.
pub(crate) fn bytes(bytes: &[u8], out: &mut dyn Write) -> fmt::Result {
    let quote = quote(bytes);
    out.write_str("b")?;
    in_quotes(bytes, quote, quote, out)
}

/// Of a `bytearray`, which escapes a single quote also where it need not.
pub(crate) fn bytearray(bytes: &[u8], out: &mut dyn Write) -> fmt::Result {
    out.write_str("bytearray(b")?;
    in_quotes(bytes, quote(bytes), b'\'', out)?;
    out.write_str(")")
}

fn quote(bytes: &[u8]) -> u8 {
    if bytes.contains(&b'\'') && !bytes.contains(&b'"') { b'"' } else { b'\'' }
}

fn in_quotes(bytes: &[u8], quote: u8, escaped: u8, out: &mut dyn Write) -> fmt::Result {
    out.write_char(quote.into())?;
    // By way of a text: to write each byte to `dyn Write` costs more than to make it.
    let mut text = String::with_capacity(4096);
    for chunk in bytes.chunks(1024) {
        text.clear();
        for byte in chunk {
            match byte {
                b'\t' => text.push_str("\\t"),
                b'\n' => text.push_str("\\n"),
                b'\r' => text.push_str("\\r"),
                b'\\' => text.push_str("\\\\"),
                byte if *byte == escaped => text.extend(['\\', char::from(escaped)]),
                b' '..=b'~' => text.push(char::from(*byte)),
                byte => write!(text, "\\x{byte:02x}")?,
            }
        }
        out.write_str(&text)?;
    }
    out.write_char(quote.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(write: impl FnOnce(&mut dyn Write) -> fmt::Result) -> String {
        let mut text = String::new();
        write(&mut text).unwrap();
        text
    }

    #[test]
    fn floats_are_pythons() {
        for (number, expect) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (9999999999999998.0, "9999999999999998.0"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (0.00012345, "0.00012345"),
            (120.0, "120.0"),
            (123.456, "123.456"),
            (-1.5e-7, "-1.5e-07"),
            (2.9802322387695312e-8, "2.9802322387695312e-08"),
            (1.5e300, "1.5e+300"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            (-f64::NAN, "nan"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(of(|out| float(number, out)), expect);
        }
    }

    #[test]
    fn texts_and_bytes_are_pythons() {
        for (text, expect) in [
            ("", "''"),
            ("it's", "\"it's\""),
            ("'\"", r#"'\'"'"#),
            ("\"", "'\"'"),
            ("a\\\n\r\t\0\x7f", r"'a\\\n\r\t\x00\x7f'"),
            ("é\u{a0}\u{ad}", r"'é\xa0\xad'"),
            ("\u{301}e\u{301}", "'\u{301}e\u{301}'"),
            ("\u{200b}\u{2028}\u{3000}日本", r"'\u200b\u2028\u3000日本'"),
            ("😀\u{e000}\u{10ffff}\u{378}", r"'😀\ue000\U0010ffff\u0378'"),
        ] {
            assert_eq!(of(|out| str(text.into(), out)), expect);
        }
        assert_eq!(of(|out| str(Text::new(b"a\xed\xa0\x80"), out)), r"'a\ud800'");
        assert_eq!(of(|out| bytes(b"it's\0\xff\\\n", out)), r#"b"it's\x00\xff\\\n""#);
        assert_eq!(of(|out| bytes(b"'\"", out)), r#"b'\'"'"#);
        assert_eq!(of(|out| bytearray(b"'", out)), r#"bytearray(b"\'")"#);
        assert_eq!(of(|out| bytearray(b"\"", out)), r#"bytearray(b'"')"#);
    }
}
