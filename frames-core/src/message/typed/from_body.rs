//! [`from_body`]: a deserializer that takes a [`Body`] apart.

use super::super::{Body, Shown};
use super::{TURNS, handover, kind};
use crate::error::{Error, ErrorKind, Result};
use crate::impls::{exact_f32, exact_f64, inexact, out_of_range};
use crate::msgpack::Number;
use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor,
};
use std::borrow::Cow;
use std::vec;

/// A value of any type of serde's from the body of a message, as [`read_message`](crate::read_message) gives it.
///
/// A [`Payload`](crate::Payload) or a [`Body`] in it is what was there, and the frames of payloads are shared, not copied. Bytes are copied,
/// but by a [`Body`]. A sequence is read from a set too, the name of a variant or text from a member of an enum.
/// Numbers are never rounded or cut. Fields that the type does not have are passed over, as serde's rules are
/// (`#[serde(deny_unknown_fields)]` refuses them), and of a key that is there twice a map keeps the last; a struct is read from a map and
/// nothing else.
///
/// Payloads are read under `flatten`, `untagged` and `tag` as well. What serde keeps in a buffer there it checks itself, and less
/// strictly: an error in it has no path below that place, a number may be rounded to the float that is asked for, and bytes are
/// read as text. A [`Body`] there is an error if the message has sets or enum members in the buffer, because serde does not
/// keep them. For what may be anything use a [`Body`]: a tree of another crate refuses payloads, or, if it takes newtype structs for what is
/// in them, shows each as a map of nothing to a number.
///
/// # Errors
///
/// A value is of another type than the one asked for, a number does not fit it, a field is missing or there twice: the error says
/// both sides and the place, as `data["x"][3]`. Options or newtype structs without end are around a value.
///
/// ```
/// use frames_core::{Body, from_body};
///
/// #[derive(Debug, PartialEq, serde::Deserialize)]
/// #[serde(tag = "op", rename_all = "snake_case")]
/// enum Request {
///     GetData { keys: Vec<String> },
///     Ping,
/// }
///
/// let body = Body::map([("op", "get_data".into()), ("keys", Body::Set(vec!["x".into()]))]);
/// assert_eq!(from_body::<Request>(body)?, Request::GetData { keys: vec!["x".into()] });
///
/// let error = from_body::<(u8, u8)>(vec![1, 300].into()).unwrap_err();
/// assert_eq!(error.to_string(), "[1]: 300 does not fit u8");
/// # Ok::<(), frames_core::Error>(())
/// ```
pub fn from_body<T: DeserializeOwned>(body: Body<'static>) -> Result<T> {
    let _reading = handover::Reading::new();
    T::deserialize(FromBody::new(body))
}

/// Reads one body. Every list, map and variant that is entered is a level of the body, so the recursion is no deeper than that: what came
/// from a peer was bounded by [`Limits::depth`](crate::Limits::depth). Newtype structs and options stay at their level, and are counted.
struct FromBody {
    body: Body<'static>,
    turns: u16,
}

impl FromBody {
    fn new(body: Body<'static>) -> Self {
        FromBody { body, turns: TURNS }
    }

    fn turn(self) -> Result<Self> {
        match self.turns.checked_sub(1) {
            Some(turns) => Ok(FromBody { turns, ..self }),
            None => Err(Error::new(
                ErrorKind::Limit,
                format!("more than {TURNS} options or newtype structs around a value"),
            )),
        }
    }

    #[cold]
    fn not(&self, expected: impl std::fmt::Display) -> Error {
        let error = Error::mismatch(expected, kind(&self.body));
        match self.body {
            Body::Pickled(_) => error.with_help("a pickle stays closed: it can be kept in a field that is a `Body`"),
            _ => error,
        }
    }

    fn number(&self, wanted: &str) -> Result<Number> {
        match self.body {
            Body::UInt(n) => Ok(Number::Unsigned(n)),
            Body::Int(n) => Ok(Number::Signed(n)),
            Body::Float32(n) => Ok(Number::F32(n)),
            Body::Float(n) => Ok(Number::F64(n)),
            _ => Err(self.not(wanted)),
        }
    }

    fn integer<T: TryFrom<u64> + TryFrom<i64>>(&self, wanted: &str) -> Result<T> {
        let number = self.number(wanted)?;
        let exact = match number {
            Number::Unsigned(n) => T::try_from(n).ok(),
            Number::Signed(n) => T::try_from(n).ok(),
            Number::F32(_) | Number::F64(_) => None,
        };
        exact.ok_or_else(|| out_of_range(wanted, number))
    }

    fn text(self, expected: &str) -> Result<Cow<'static, str>> {
        match self.body {
            Body::Text(text) => Ok(text),
            Body::Enum(member) => Ok(member.name),
            _ => Err(self.not(expected)),
        }
    }

    /// The elements; a set has no order that a tuple could mean.
    fn tuple<'de, V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value> {
        match self.body {
            Body::List(items) => visit_list(items, Some(len), visitor),
            _ => Err(self.not(format_args!("a list of {len}"))),
        }
    }

    fn fields<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.body {
            Body::Map(entries) => visit_entries(entries, true, visitor),
            _ => Err(self.not("a map")),
        }
    }
}

fn visit_text<'de, V: Visitor<'de>>(text: Cow<'static, str>, visitor: V) -> Result<V::Value> {
    match text {
        Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
        Cow::Owned(text) => visitor.visit_string(text),
    }
}

fn visit_list<'de, V: Visitor<'de>>(items: Vec<Body<'static>>, len: Option<usize>, visitor: V) -> Result<V::Value> {
    let total = items.len();
    let mut list = List { items: items.into_iter(), at: 0 };
    let value = visitor.visit_seq(&mut list)?;
    if list.items.len() == 0 {
        return Ok(value);
    }
    let expected = len.unwrap_or(list.at);
    Err(Error::mismatch(format_args!("a list of {expected}"), format_args!("a list of {total}")))
}

fn visit_entries<'de, V: Visitor<'de>>(
    entries: Vec<(Body<'static>, Body<'static>)>,
    is_struct: bool,
    visitor: V,
) -> Result<V::Value> {
    visitor.visit_map(Entries { entries: entries.into_iter(), next: None, is_struct })
}

macro_rules! integers {
    ($($method:ident $type:ident $visit:ident;)*) => { $(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            visitor.$visit(self.integer::<$type>(stringify!($type))?)
        }
    )* };
}

impl<'de> Deserializer<'de> for FromBody {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.body {
            Body::Nil => visitor.visit_unit(),
            Body::Bool(value) => visitor.visit_bool(value),
            Body::Int(n) => visitor.visit_i64(n),
            Body::UInt(n) => visitor.visit_u64(n),
            Body::Float32(n) => visitor.visit_f32(n),
            Body::Float(n) => visitor.visit_f64(n),
            Body::Text(text) => visit_text(text, visitor),
            Body::Bytes(bytes) => visitor.visit_byte_buf(bytes.into_vec()),
            Body::List(items) => visit_list(items, None, visitor),
            Body::Map(entries) => visit_entries(entries, false, visitor),
            Body::Set(items) => {
                handover::note_loss();
                visit_list(items, None, visitor)
            }
            Body::Enum(member) => {
                handover::note_loss();
                visit_text(member.name, visitor)
            }
            body @ (Body::Payload(_) | Body::Pickled(_)) => handover::visit_ticket(body, visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.body {
            Body::Bool(value) => visitor.visit_bool(value),
            _ => Err(self.not("a bool")),
        }
    }

    integers! {
        deserialize_i8 i8 visit_i8;
        deserialize_i16 i16 visit_i16;
        deserialize_i32 i32 visit_i32;
        deserialize_i64 i64 visit_i64;
        deserialize_i128 i128 visit_i128;
        deserialize_u8 u8 visit_u8;
        deserialize_u16 u16 visit_u16;
        deserialize_u32 u32 visit_u32;
        deserialize_u64 u64 visit_u64;
        deserialize_u128 u128 visit_u128;
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        let number = self.number("f32")?;
        visitor.visit_f32(exact_f32(number).ok_or_else(|| inexact("f32", number))?)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        let number = self.number("f64")?;
        visitor.visit_f64(exact_f64(number).ok_or_else(|| inexact("f64", number))?)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visit_text(self.text("a character")?, visitor)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visit_text(self.text("text")?, visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.body {
            Body::Bytes(bytes) => visitor.visit_byte_buf(bytes.into_vec()),
            _ => Err(self.not("bytes")),
        }
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.body {
            Body::Nil => visitor.visit_none(),
            _ => visitor.visit_some(self.turn()?),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.body {
            Body::Nil => visitor.visit_unit(),
            _ => Err(self.not("nothing (None)")),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value> {
        let turns = self.turns;
        let body = match name {
            handover::NAME => match handover::hand(self.body) {
                Ok(()) => return visitor.visit_unit(),
                // Nobody asked: it is a user's type of this name.
                Err(body) => body,
            },
            _ => self.body,
        };
        visitor.visit_newtype_struct(FromBody { body, turns }.turn()?)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.body {
            Body::List(items) | Body::Set(items) => visit_list(items, None, visitor),
            Body::Bytes(_) => Err(self.not("a list").with_help("bytes are a field of `serde_bytes`, or a `Body`")),
            _ => Err(self.not("a list")),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value> {
        self.tuple(len, visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(self, name: &'static str, len: usize, visitor: V) -> Result<V::Value> {
        self.tuple(len, visitor).map_err(|e| e.in_type(name))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.body {
            Body::Map(entries) => visit_entries(entries, false, visitor),
            _ => Err(self.not("a map")),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        self.fields(visitor).map_err(|e| e.in_type(name))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        let variant = match self.body {
            Body::Text(text) => Variant { name: text, value: None },
            Body::Enum(member) => Variant { name: member.name, value: None },
            Body::Map(mut entries) => match (entries.pop(), entries.len()) {
                (Some((Body::Text(text), value)), 0) => Variant { name: text, value: Some(value) },
                (last, rest) => {
                    let found = format_args!("a map of {}", rest + usize::from(last.is_some()));
                    return Err(Error::mismatch("a map of one variant", found).in_type(name));
                }
            },
            _ => return Err(self.not("a variant").in_type(name)),
        };
        visitor.visit_enum(variant).map_err(|e| e.in_type(name))
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visit_text(self.text("a name")?, visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_unit()
    }
}

/// The elements of a list that is read.
struct List {
    items: vec::IntoIter<Body<'static>>,
    at: usize,
}

impl<'de> SeqAccess<'de> for &mut List {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        let Some(item) = self.items.next() else { return Ok(None) };
        let value = seed.deserialize(FromBody::new(item)).map_err(|e| e.at_index(self.at))?;
        self.at += 1;
        Ok(Some(value))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

/// The entries of a map that is read.
struct Entries {
    entries: vec::IntoIter<(Body<'static>, Body<'static>)>,
    /// The key that was read, for errors, and the value to it.
    next: Option<(Body<'static>, Body<'static>)>,
    is_struct: bool,
}

impl<'de> MapAccess<'de> for Entries {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        let Some((key, value)) = self.entries.next() else { return Ok(None) };
        let name = match &key {
            // The name of a field is compared and dropped.
            Body::Text(text) if self.is_struct => seed.deserialize(StrDeserializer::new(text)),
            _ => seed.deserialize(FromBody::new(key.clone())),
        };
        let name = name.map_err(|e| if self.is_struct { e } else { e.at_key(Shown(&key)) })?;
        self.next = Some((key, value));
        Ok(Some(name))
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value> {
        // Asked for without a key by a visitor written by hand.
        let Some((key, value)) = self.next.take() else { return Err(Error::custom("a value before its key")) };
        seed.deserialize(FromBody::new(value)).map_err(|e| match key {
            Body::Text(name) if self.is_struct => e.at_field(name),
            key => e.at_key(Shown(&key)),
        })
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.entries.len())
    }
}

/// One variant: its name, and what stands under it.
struct Variant {
    name: Cow<'static, str>,
    value: Option<Body<'static>>,
}

impl<'de> EnumAccess<'de> for Variant {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Self)> {
        let variant = seed.deserialize(StrDeserializer::<Error>::new(&self.name))?;
        Ok((variant, self))
    }
}

impl Variant {
    fn read<T>(self, read: impl FnOnce(FromBody) -> Result<T>) -> Result<T> {
        match self.value {
            Some(value) => read(FromBody::new(value)).map_err(|e| e.at_field(self.name)),
            None => Err(Error::mismatch("a variant with a value", "its name alone").at_field(self.name)),
        }
    }
}

impl<'de> VariantAccess<'de> for Variant {
    type Error = Error;

    fn unit_variant(self) -> Result<()> {
        match self.value {
            None | Some(Body::Nil) => Ok(()),
            Some(value) => Err(FromBody::new(value).not("nothing (None)").at_field(self.name)),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value> {
        self.read(|value| seed.deserialize(value))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value> {
        self.read(|value| value.tuple(len, visitor))
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value> {
        self.read(|value| value.fields(visitor))
    }
}
