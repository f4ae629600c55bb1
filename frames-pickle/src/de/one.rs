//! One value, as what serde asks it to be.

use super::access::{Map, Seq, Variant};
use super::objects::{Flow, Made};
use super::{BYTES_A_VALUE, Context};
use crate::graph::Tag;
use crate::int::Int;
use crate::node::{Buffer, Node};
use crate::shared;
use crate::value::{Kind, Value};
use frames_core::{Error, ErrorKind, Result};
use serde::de::Visitor;
use serde::de::value::SeqDeserializer;
use std::fmt;

/// Text or bytes, and whether they outlive the reading.
enum Span<'g, 'de> {
    Lent(&'de [u8]),
    Passing(&'g [u8]),
}

/// Reads one value.
#[derive(Clone, Copy)]
pub(crate) struct De<'c, 'g, 'de> {
    pub(super) context: &'c Context<'g, 'de>,
    pub(super) value: Value,
    /// How many may be inside of it.
    pub(super) levels: u16,
}

impl<'c, 'g, 'de> De<'c, 'g, 'de> {
    fn node(&self) -> Node<'g> {
        self.context.graph.node(self.value)
    }

    /// One that lies in this one.
    #[inline]
    pub(super) fn at(&self, value: Value) -> Self {
        De { value, ..*self }
    }

    #[inline]
    pub(super) fn below(&self) -> Result<Self> {
        match self.levels.checked_sub(1) {
            Some(levels) => Ok(De { levels, ..*self }),
            None => Err(self.too_deep()),
        }
    }

    #[cold]
    fn too_deep(&self) -> Error {
        let text = format!("a value that nests deeper than {} levels, or in itself", self.context.bounds.depth);
        Error::new(ErrorKind::Limit, text).with_help("Deserializer::depth allows more, and takes as much stack")
    }

    /// Wanted and found, an object by the name of what makes it.
    #[cold]
    pub(super) fn not(&self, expected: impl fmt::Display) -> Error {
        match self.node() {
            Node::Object(object) => {
                let error = Error::mismatch(
                    expected,
                    format_args!("an object that {} makes", self.callable(object.callable())),
                );
                error.with_help("nothing is called to find out what it is; a Graph shows how it is made")
            }
            Node::Global(global) => Error::mismatch(expected, format_args!("the global {global:?}")),
            _ => Error::mismatch(expected, self.context.graph.name_of(self.value)),
        }
    }

    fn callable(&self, value: Value) -> String {
        match self.context.graph.node(value) {
            Node::Global(global) => format!("{global:?}"),
            _ => "what another call makes".to_owned(),
        }
    }

    /// How the object comes to be that this is, if it is one.
    fn made(&self) -> Result<Option<Made<'g>>> {
        let Node::Object(object) = self.node() else { return Ok(None) };
        // They are looked through each time.
        self.context.charge(object.raw_steps().count())?;
        Ok(Made::of(self.context.graph, &object))
    }

    /// The number or text that a member of an enum or an instance of a subclass stands for.
    #[cold]
    fn inner(&self, expected: impl fmt::Display) -> Result<Self> {
        match self.made()?.and_then(|made| made.scalar()) {
            Some(value) => self.at(value).below(),
            None => Err(self.not(expected)),
        }
    }

    #[inline]
    fn int(&self, wanted: &str) -> Result<Int<'g>> {
        match self.node() {
            Node::Int(int) => Ok(int),
            Node::Object(_) => self.inner(wanted)?.int(wanted),
            _ => Err(self.not(wanted)),
        }
    }

    #[inline]
    fn small<T: TryFrom<i64> + TryFrom<u64>>(&self, wanted: &str) -> Result<T> {
        if let Kind::Int(number) = self.value.kind() {
            return T::try_from(number).map_err(|_| does_not_fit(wanted, number));
        }
        let int = self.int(wanted)?;
        let signed = int.to_i64().and_then(|number| T::try_from(number).ok());
        let exact = signed.or_else(|| int.to_u64().and_then(|number| T::try_from(number).ok()));
        exact.ok_or_else(|| does_not_fit(wanted, int))
    }

    fn float(&self, wanted: &str) -> Result<f64> {
        match self.node() {
            Node::Float(number) => Ok(number),
            Node::Int(int) => int.to_f64().ok_or_else(|| inexact(wanted, int)),
            Node::Object(_) => self.inner(wanted)?.float(wanted),
            _ => Err(self.not(wanted)),
        }
    }

    /// The bytes of a node that has a span.
    #[inline]
    fn span(&self, at: usize, start: u64) -> Result<Span<'g, 'de>> {
        let graph = self.context.graph;
        let (range, is_made) = graph.span_range(at, start);
        self.context.charge(range.len() / BYTES_A_VALUE)?;
        let lent = if is_made { self.context.lent.made } else { Some(self.context.lent.input) };
        Ok(match lent.and_then(|bytes| bytes.get(range)) {
            Some(bytes) => Span::Lent(bytes),
            None => Span::Passing(graph.span(at, start)),
        })
    }

    #[inline]
    fn text<V: Visitor<'de>>(&self, expected: &str, visitor: V) -> Result<V::Value> {
        let header = self.value.as_place().and_then(|at| Some((at, self.context.graph.header(at)?)));
        match header {
            Some((at, (Tag::Str, start))) => match self.span(at, start)? {
                Span::Lent(bytes) => visitor.visit_borrowed_str(utf8(bytes)?),
                Span::Passing(bytes) => visitor.visit_str(utf8(bytes)?),
            },
            Some((_, (Tag::Call, _))) => self.inner(expected)?.text(expected, visitor),
            _ => Err(self.not(expected)),
        }
    }

    /// The name of a field, if it outlives the reading: the same few objects are asked for in each of a million records.
    #[inline]
    fn known_name(&self) -> Result<Option<&'de str>> {
        let Some(at) = self.value.as_place() else { return Ok(None) };
        let names = &self.context.names;
        let Some(place) = names.get((at ^ at >> 4) % names.len()) else { return Ok(None) };
        let (known, name) = place.get();
        if known == self.value {
            self.context.charge(name.len() / BYTES_A_VALUE)?;
            return Ok(Some(name));
        }
        let Some((Tag::Str, start)) = self.context.graph.header(at) else { return Ok(None) };
        let Span::Lent(bytes) = self.span(at, start)? else { return Ok(None) };
        let name = utf8(bytes)?;
        place.set((self.value, name));
        Ok(Some(name))
    }

    /// The text itself, for names.
    pub(super) fn name(&self, expected: &str) -> Result<&'g str> {
        match self.node() {
            Node::Str(text) => utf8(text.as_wtf8()),
            Node::Object(_) => self.inner(expected)?.name(expected),
            _ => Err(self.not(expected)),
        }
    }

    /// The bytes, if it is such.
    fn byte_span(&self) -> Result<Option<Span<'g, 'de>>> {
        let Some((at, (tag, body))) = self.value.as_place().and_then(|at| Some((at, self.context.graph.header(at)?)))
        else {
            return Ok(None);
        };
        match tag {
            Tag::Bytes | Tag::ByteArray => self.span(at, body).map(Some),
            Tag::Buffer => {
                let lent = self.context.lent.buffers.get((body >> 1) as usize).map(|buffer| &**buffer.bytes());
                self.context.charge(lent.map_or(0, <[u8]>::len) / BYTES_A_VALUE)?;
                Ok(lent.map(Span::Lent))
            }
            Tag::Call => match self.made()?.and_then(|made| made.scalar().filter(|_| made.may_be_bytes())) {
                Some(value) => self.at(value).below()?.byte_span(),
                None => Ok(None),
            },
            _ => Ok(None),
        }
    }

    fn bytes<V: Visitor<'de>>(&self, visitor: V) -> Result<V::Value> {
        match self.byte_span()? {
            Some(Span::Lent(bytes)) => visitor.visit_borrowed_bytes(bytes),
            Some(Span::Passing(bytes)) => visitor.visit_bytes(bytes),
            None => match self.old_bytes()? {
                Some(bytes) => visitor.visit_byte_buf(bytes),
                None => Err(self.not("bytes")),
            },
        }
    }

    /// Bytes as protocols write them that have none.
    fn old_bytes(&self) -> Result<Option<Vec<u8>>> {
        let Some(made) = self.made()? else { return Ok(None) };
        match (made.latin1(), made.scalar()) {
            _ if made.is_no_bytes() => Ok(Some(Vec::new())),
            (Some(text), _) => self.at(text).latin1().map(Some),
            (None, Some(value)) => self.at(value).below()?.old_bytes(),
            (None, None) => Ok(None),
        }
    }

    /// The characters of a text as bytes.
    fn latin1(&self) -> Result<Vec<u8>> {
        let text = self.name("a str")?;
        self.context.charge(text.len() / BYTES_A_VALUE)?;
        let bytes: Option<Vec<u8>> = text.chars().map(|char| u8::try_from(char as u32).ok()).collect();
        bytes
            .ok_or_else(|| Error::new(ErrorKind::Invalid, "a text that stands for bytes has a character beyond U+00FF"))
    }

    /// The items of what is a sequence in Python; a set has no order that a tuple could mean.
    fn items(&self, sets: bool) -> Result<Option<Flow<'g>>> {
        Ok(match self.node() {
            Node::List(_) | Node::Set(_) | Node::Tuple(_) | Node::FrozenSet(_) if self.is_sequence(sets) => {
                Some(Flow::of(self.context.graph, self.value))
            }
            Node::Object(_) => self.made()?.and_then(|made| made.items(self.context.graph, sets)),
            _ => None,
        })
    }

    fn is_sequence(&self, sets: bool) -> bool {
        sets || !matches!(self.context.graph.tag(self.value), Some(Tag::Set | Tag::FrozenSet))
    }

    pub(super) fn entries(&self) -> Result<Option<Flow<'g>>> {
        Ok(match self.context.graph.tag(self.value) {
            Some(Tag::Dict) => Some(Flow::of(self.context.graph, self.value)),
            Some(Tag::Call) => self.made()?.and_then(|made| made.entries(self.context.graph)),
            _ => None,
        })
    }

    fn visit_items<V: Visitor<'de>>(
        &self,
        items: Flow<'g>,
        fields: Option<&'static [&'static str]>,
        visitor: V,
    ) -> Result<V::Value> {
        let mut seq = Seq::new(self.below()?, items, fields)?;
        let value = visitor.visit_seq(&mut seq)?;
        seq.finish()?;
        Ok(value)
    }

    fn visit_entries<V: Visitor<'de>>(&self, entries: Flow<'g>, is_struct: bool, visitor: V) -> Result<V::Value> {
        visitor.visit_map(Map::new(self.below()?, entries, is_struct)?)
    }

    fn sequence<V: Visitor<'de>>(&self, expected: impl fmt::Display, sets: bool, visitor: V) -> Result<V::Value> {
        // An instance of a subclass of bytes has one argument, and is no tuple of it.
        let is_bytes = match self.made()?.and_then(|made| made.scalar()) {
            Some(value) if sets => self.at(value).is_bytes()?,
            _ => false,
        };
        if let Some(items) = self.items(sets)?.filter(|_| !is_bytes) {
            return self.visit_items(items, None, visitor);
        }
        match self.byte_span()? {
            Some(Span::Lent(bytes) | Span::Passing(bytes)) => {
                self.context.charge(bytes.len())?;
                visitor.visit_seq(SeqDeserializer::new(bytes.iter().copied()))
            }
            None => match self.old_bytes()? {
                Some(bytes) => visitor.visit_seq(SeqDeserializer::new(bytes.into_iter())),
                None => Err(self.not(expected)),
            },
        }
    }

    /// A struct's fields by name, or those of a class by position.
    pub(super) fn fields<V: Visitor<'de>>(&self, fields: &'static [&'static str], visitor: V) -> Result<V::Value> {
        if let Some(entries) = self.entries()? {
            return self.visit_entries(entries, true, visitor);
        }
        match self.made()?.and_then(|made| made.positions(self.context.graph)) {
            Some(items) => self.visit_items(items, Some(fields), visitor),
            None => Err(self.not("a dict or an instance")),
        }
    }

    /// What an object looks like most, for who asks for anything.
    fn any_object<V: Visitor<'de>>(&self, visitor: V) -> Result<V::Value> {
        let Some(made) = self.made()? else { return Err(self.not("a value")) };
        if made.latin1().is_some() || made.is_no_bytes() {
            return self.bytes(visitor);
        }
        if made.is_like_dict() {
            if let Some(entries) = made.entries(self.context.graph) {
                return self.visit_entries(entries, false, visitor);
            }
        }
        if let Some(value) = made.scalar().filter(|value| self.at(*value).is_scalar()) {
            return serde::Deserializer::deserialize_any(self.at(value).below()?, visitor);
        }
        if let Some(items) = made.items(self.context.graph, true) {
            if !made.is_bare() {
                return self.visit_items(items, None, visitor);
            }
        }
        match made.entries(self.context.graph) {
            Some(entries) => self.visit_entries(entries, false, visitor),
            None => Err(self.not("a value")),
        }
    }

    fn is_bytes(&self) -> Result<bool> {
        Ok(match self.node() {
            Node::Bytes(_) | Node::ByteArray(_) | Node::Buffer(..) => true,
            Node::Object(_) => self.made()?.is_some_and(|made| made.latin1().is_some() || made.is_no_bytes()),
            _ => false,
        })
    }

    fn is_scalar(&self) -> bool {
        !matches!(
            self.context.graph.tag(self.value),
            Some(Tag::Tuple | Tag::FrozenSet | Tag::List | Tag::Dict | Tag::Set | Tag::Global)
        ) && self.value != Value::EMPTY_TUPLE
    }
}

#[inline]
fn utf8(bytes: &[u8]) -> Result<&str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text),
        Err(_) => Err(surrogate()),
    }
}

#[cold]
fn surrogate() -> Error {
    Error::mismatch("text of Unicode", "a str with a lone surrogate")
        .with_help("Text::as_wtf8 and Text::to_string_lossy of a Graph show it")
}

#[cold]
fn does_not_fit(wanted: &str, number: impl fmt::Display) -> Error {
    Error::new(ErrorKind::OutOfRange, format!("{number} does not fit {wanted}"))
}

#[cold]
fn inexact(wanted: &str, number: impl fmt::Display) -> Error {
    let error = Error::new(ErrorKind::OutOfRange, format!("{number} is not exactly a {wanted}"));
    error.with_help("numbers are never rounded: f64 takes any float of Python, i64 and i128 the integers beyond 2⁵³")
}

macro_rules! integers {
    ($($method:ident $type:ident $visit:ident;)*) => { $(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            visitor.$visit(self.small::<$type>(stringify!($type))?)
        }
    )* };
}

impl<'de> serde::Deserializer<'de> for De<'_, '_, 'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.node() {
            Node::None => visitor.visit_unit(),
            Node::Bool(value) => visitor.visit_bool(value),
            Node::Int(int) => match (int.to_i64(), int.to_u64(), int.to_i128(), int.to_u128()) {
                (Some(number), ..) => visitor.visit_i64(number),
                (_, Some(number), ..) => visitor.visit_u64(number),
                (.., Some(number), _) => visitor.visit_i128(number),
                (.., Some(number)) => visitor.visit_u128(number),
                _ => Err(does_not_fit("128 bits", int)),
            },
            Node::Float(number) => visitor.visit_f64(number),
            Node::Str(_) => self.text("text", visitor),
            Node::Bytes(_) | Node::ByteArray(_) | Node::Buffer(..) => self.bytes(visitor),
            Node::Tuple(_) | Node::List(_) | Node::Set(_) | Node::FrozenSet(_) => {
                self.visit_items(Flow::of(self.context.graph, self.value), None, visitor)
            }
            Node::Dict(_) => self.visit_entries(Flow::of(self.context.graph, self.value), false, visitor),
            Node::Object(_) => self.any_object(visitor),
            Node::Global(_) | Node::Persistent(_) | Node::Extension(_) => Err(self.not("a value")),
        }
    }

    #[inline]
    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.value.kind() {
            Kind::Bool(value) => visitor.visit_bool(value),
            Kind::Place(_) => self.inner("a bool")?.deserialize_bool(visitor),
            _ => Err(self.not("a bool")),
        }
    }

    integers! {
        deserialize_i8 i8 visit_i8;
        deserialize_i16 i16 visit_i16;
        deserialize_i32 i32 visit_i32;
        deserialize_i64 i64 visit_i64;
        deserialize_u8 u8 visit_u8;
        deserialize_u16 u16 visit_u16;
        deserialize_u32 u32 visit_u32;
        deserialize_u64 u64 visit_u64;
    }

    fn deserialize_i128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        let int = self.int("i128")?;
        visitor.visit_i128(int.to_i128().ok_or_else(|| does_not_fit("i128", int))?)
    }

    fn deserialize_u128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        let int = self.int("u128")?;
        visitor.visit_u128(int.to_u128().ok_or_else(|| does_not_fit("u128", int))?)
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        let wide = self.float("f32")?;
        let narrow = wide as f32;
        if f64::from(narrow) != wide && !wide.is_nan() {
            return Err(inexact("f32", format_args!("{wide:?}")));
        }
        visitor.visit_f32(narrow)
    }

    #[inline]
    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.value.kind() {
            Kind::Float(number) => visitor.visit_f64(number),
            _ => visitor.visit_f64(self.float("f64")?),
        }
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.text("a character", visitor)
    }

    #[inline]
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.text("text", visitor)
    }

    #[inline]
    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.text("text", visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.bytes(visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.bytes(visitor)
    }

    #[inline]
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.value {
            Value::NONE => visitor.visit_none(),
            _ => visitor.visit_some(self.below()?),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.value {
            Value::NONE => visitor.visit_unit(),
            _ => Err(self.not("None")),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value> {
        self.deserialize_unit(visitor).map_err(|e| e.in_type(name))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value> {
        if name == shared::NAME {
            if let Node::Buffer(bytes, is_read_only) = self.node() {
                let buffer = Buffer::from(bytes.clone());
                return shared::hand(if is_read_only { buffer.read_only() } else { buffer }, visitor);
            }
        }
        visitor.visit_newtype_struct(self.below()?)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.sequence("a list", true, visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value> {
        self.sequence(format_args!("a tuple of {len}"), false, visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(self, name: &'static str, len: usize, visitor: V) -> Result<V::Value> {
        self.deserialize_tuple(len, visitor).map_err(|e| e.in_type(name))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.entries()? {
            Some(entries) => self.visit_entries(entries, false, visitor),
            None => Err(self.not("a dict")),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        self.fields(fields, visitor).map_err(|e| e.in_type(name))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        Variant::of(self).and_then(|variant| visitor.visit_enum(variant)).map_err(|e| e.in_type(name))
    }

    #[inline]
    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.known_name()? {
            Some(name) => visitor.visit_borrowed_str(name),
            None => self.text("a name", visitor),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_unit()
    }

    fn is_human_readable(&self) -> bool {
        true
    }
}
