//! The JSON in which extension types have their parameters: an object of texts, and of lists of texts or numbers. Nothing else is read.

use super::schema::invalid;
use crate::error::{Error, Result};

/// A parameter.
#[derive(Debug, PartialEq)]
pub(super) enum Json {
    Text(String),
    Numbers(Vec<i64>),
    Texts(Vec<String>),
}

impl Json {
    pub(super) fn into_numbers(self) -> Result<Vec<i64>> {
        match self {
            Json::Numbers(numbers) => Ok(numbers),
            other => Err(invalid(format!("{other:?} is no list of numbers"))),
        }
    }

    /// A list of nothing is one of both.
    pub(super) fn into_texts(self) -> Result<Vec<String>> {
        match self {
            Json::Texts(texts) => Ok(texts),
            Json::Numbers(numbers) if numbers.is_empty() => Ok(Vec::new()),
            other => Err(invalid(format!("{other:?} is no list of texts"))),
        }
    }
}

/// Reads an object; a key that is there twice is an error.
pub(super) fn object(text: &str) -> Result<Vec<(String, Json)>> {
    let mut reader = Reader { rest: text };
    let mut pairs: Vec<(String, Json)> = Vec::new();
    reader.expect('{')?;
    if !reader.next_is('}') {
        loop {
            let key = reader.text()?;
            if pairs.iter().any(|(name, _)| *name == key) {
                return Err(invalid("a parameter of an extension type is there twice").at_key(key));
            }
            reader.expect(':')?;
            let value = reader.value()?;
            pairs.push((key, value));
            // Few parameters are known, and each is compared with all.
            if pairs.len() > 16 {
                return Err(invalid("an extension type has more than 16 parameters"));
            }
            if !reader.next_is(',') {
                break;
            }
        }
        reader.expect('}')?;
    }
    match reader.rest.trim_start_matches(SPACE) {
        "" => Ok(pairs),
        _ => Err(reader.unexpected()),
    }
}

const SPACE: [char; 4] = [' ', '\t', '\n', '\r'];

struct Reader<'t> {
    rest: &'t str,
}

impl Reader<'_> {
    /// Takes the character, if it is the next.
    fn next_is(&mut self, wanted: char) -> bool {
        match self.rest.trim_start_matches(SPACE).strip_prefix(wanted) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, wanted: char) -> Result<()> {
        if self.next_is(wanted) { Ok(()) } else { Err(self.unexpected()) }
    }

    #[cold]
    fn unexpected(&self) -> Error {
        let here: String = self.rest.chars().take(20).collect();
        invalid(format!("the parameters of an extension type are no object of texts and lists at {here:?}"))
    }

    fn value(&mut self) -> Result<Json> {
        if !self.next_is('[') {
            return self.text().map(Json::Text);
        }
        let (mut numbers, mut texts) = (Vec::new(), Vec::new());
        if !self.next_is(']') {
            loop {
                match self.rest.trim_start_matches(SPACE).starts_with('"') {
                    true => texts.push(self.text()?),
                    false => numbers.push(self.number()?),
                }
                if !self.next_is(',') {
                    break;
                }
            }
            self.expect(']')?;
        }
        match (numbers.is_empty(), texts.is_empty()) {
            (_, true) => Ok(Json::Numbers(numbers)),
            (true, false) => Ok(Json::Texts(texts)),
            (false, false) => Err(invalid("a list of an extension type has texts and numbers")),
        }
    }

    fn number(&mut self) -> Result<i64> {
        let rest = self.rest.trim_start_matches(SPACE);
        let end = rest.find(|char: char| !char.is_ascii_digit() && char != '-').unwrap_or(rest.len());
        let (digits, after) = rest.split_at_checked(end).ok_or_else(|| self.unexpected())?;
        let number = digits.parse().map_err(|_| self.unexpected())?;
        self.rest = after;
        Ok(number)
    }

    fn text(&mut self) -> Result<String> {
        self.expect('"')?;
        let mut text = String::new();
        loop {
            let end = self.rest.find(['"', '\\']).ok_or_else(|| self.unexpected())?;
            let (plain, mark) = self.rest.split_at_checked(end).ok_or_else(|| self.unexpected())?;
            text.push_str(plain);
            if let Some(rest) = mark.strip_prefix('"') {
                self.rest = rest;
                return Ok(text);
            }
            let mut chars = mark.chars();
            chars.next();
            let char = match chars.next() {
                Some(char @ ('"' | '\\' | '/')) => char,
                Some('b') => '\u{8}',
                Some('f') => '\u{c}',
                Some('n') => '\n',
                Some('r') => '\r',
                Some('t') => '\t',
                Some('u') => {
                    self.rest = chars.as_str();
                    text.push(self.escaped()?);
                    continue;
                }
                _ => return Err(self.unexpected()),
            };
            self.rest = chars.as_str();
            text.push(char);
        }
    }

    /// What is behind `\u`: four digits, or twice those of a pair of surrogates.
    fn escaped(&mut self) -> Result<char> {
        let high = self.hex()?;
        if let Some(char) = char::from_u32(high) {
            return Ok(char);
        }
        self.rest = self.rest.strip_prefix("\\u").ok_or_else(|| self.unexpected())?;
        let low = self.hex()?;
        let pair = [high, low].map(|half| u16::try_from(half).unwrap_or_default());
        match char::decode_utf16(pair).next() {
            Some(Ok(char)) => Ok(char),
            _ => Err(self.unexpected()),
        }
    }

    fn hex(&mut self) -> Result<u32> {
        let (digits, rest) = self.rest.split_at_checked(4).ok_or_else(|| self.unexpected())?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(self.unexpected());
        }
        let number = u32::from_str_radix(digits, 16).map_err(|_| self.unexpected())?;
        self.rest = rest;
        Ok(number)
    }
}

#[cfg(test)]
mod tests {
    use super::{Json, object};

    #[test]
    fn parameters_are_read_and_nothing_else_is() {
        let text = r#" {"shape" : [2, -3] ,"names":["a", "\u017e\n\ud83d\ude00\""],"none":[], "text":"x\\"} "#;
        let read = object(text).unwrap();
        let texts = vec!["a".to_owned(), "ž\n😀\"".to_owned()];
        let wanted = [Json::Numbers(vec![2, -3]), Json::Texts(texts), Json::Numbers(vec![]), Json::Text("x\\".into())];
        assert_eq!(read.into_iter().map(|(_, value)| value).collect::<Vec<_>>(), wanted);
        assert_eq!(object("{}").unwrap(), []);
        for text in [
            "",
            "{",
            "[]",
            "{}}",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1}",
            "{\"a\":[1,]}",
            "{\"a\":[1 2]}",
            "{\"a\":[1,\"x\"]}",
            "{\"a\":\"",
            "{\"a\":\"\\",
            "{\"a\":\"\\u12\"}",
            "{\"a\":\"\\ud800\"}",
            "{\"a\":\"\\ud800\\u0041\"}",
            "{\"a\":\"\\u+123\"}",
            "{\"a\":\"\\x\"}",
            "{\"a\":[99999999999999999999]}",
            "{\"a\":[-]}",
            "{\"a\":[[1]]}",
            "{\"a\":[],\"a\":[]}",
            "{\"a\":{}}",
            "ž",
        ] {
            assert!(object(text).is_err(), "{text}");
        }
    }
}
