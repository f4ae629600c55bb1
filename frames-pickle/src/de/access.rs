//! What serde's visitors ask: the next item, the next entry, the variant.

use super::CONTAINER;
use super::objects::Flow;
use super::one::De;
use crate::node::Node;
use crate::value::Value;
use frames_core::{Error, Result};
use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor};
use std::fmt;

/// The items of a list that is read.
pub(super) struct Seq<'c, 'g, 'de> {
    /// Reads what lies in it.
    de: De<'c, 'g, 'de>,
    items: Flow<'g>,
    at: usize,
    total: usize,
    /// Of a class that is read by position.
    fields: Option<&'static [&'static str]>,
}

impl<'c, 'g, 'de> Seq<'c, 'g, 'de> {
    pub(super) fn new(
        de: De<'c, 'g, 'de>,
        items: Flow<'g>,
        fields: Option<&'static [&'static str]>,
    ) -> Result<Seq<'c, 'g, 'de>> {
        let total = items.len();
        // All at once: a type that takes some of them only is rare.
        de.context.charge(total + CONTAINER)?;
        Ok(Seq { de, items, at: 0, total, fields })
    }

    /// None may be left.
    pub(super) fn finish(self) -> Result<()> {
        if self.at == self.total {
            return Ok(());
        }
        let expected = self.fields.map_or(self.at, <[_]>::len);
        Err(Error::mismatch(format_args!("a length of {expected}"), format_args!("a length of {}", self.total)))
    }

    #[cold]
    fn located(&self, error: Error) -> Error {
        match self.fields.and_then(|fields| fields.get(self.at)) {
            Some(field) => error.at_field(*field),
            None => error.at_index(self.at),
        }
    }
}

impl<'de> SeqAccess<'de> for &mut Seq<'_, '_, 'de> {
    type Error = Error;

    #[inline]
    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        let Some(item) = self.items.next() else { return Ok(None) };
        match seed.deserialize(self.de.at(item)) {
            Ok(value) => {
                self.at += 1;
                Ok(Some(value))
            }
            Err(error) => Err(self.located(error)),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.total - self.at)
    }
}

/// The entries of a dict or an instance that is read.
pub(super) struct Map<'c, 'g, 'de> {
    de: De<'c, 'g, 'de>,
    entries: Flow<'g>,
    left: usize,
    /// The key that was read, for errors, and the value to it.
    next: Option<(Value, Value)>,
    is_struct: bool,
}

impl<'c, 'g, 'de> Map<'c, 'g, 'de> {
    pub(super) fn new(de: De<'c, 'g, 'de>, entries: Flow<'g>, is_struct: bool) -> Result<Map<'c, 'g, 'de>> {
        let total = entries.len();
        de.context.charge(total + CONTAINER)?;
        Ok(Map { de, entries, left: total / 2, next: None, is_struct })
    }

    #[cold]
    fn located(&self, key: Value, error: Error) -> Error {
        match self.de.context.graph.node(key) {
            Node::Str(text) if self.is_struct => error.at_field(text.to_string_lossy().into_owned()),
            node => error.at_key(Shown(node, self.de.context.graph.name_of(key))),
        }
    }
}

impl<'de> MapAccess<'de> for Map<'_, '_, 'de> {
    type Error = Error;

    #[inline]
    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        let (Some(key), Some(value)) = (self.entries.next(), self.entries.next()) else { return Ok(None) };
        self.left = self.left.saturating_sub(1);
        match seed.deserialize(self.de.at(key)) {
            Ok(name) => {
                self.next = Some((key, value));
                Ok(Some(name))
            }
            // An unknown field says its name itself.
            Err(error) if self.is_struct => Err(error),
            Err(error) => Err(self.located(key, error)),
        }
    }

    #[inline]
    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value> {
        // Asked for without a key by a visitor written by hand.
        let Some((key, value)) = self.next.take() else { return Err(Error::custom("a value before its key")) };
        seed.deserialize(self.de.at(value)).map_err(|error| self.located(key, error))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

/// A key as an error shows it.
struct Shown<'g>(Node<'g>, &'static str);

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Node::Str(text) => fmt::Debug::fmt(&text, f),
            Node::Int(int) => fmt::Debug::fmt(&int, f),
            Node::Float(number) => fmt::Debug::fmt(&number, f),
            _ => f.write_str(self.1),
        }
    }
}

/// One variant: its name, and what stands under it.
pub(super) struct Variant<'c, 'g, 'de> {
    name: &'g str,
    value: Option<De<'c, 'g, 'de>>,
}

impl<'c, 'g, 'de> Variant<'c, 'g, 'de> {
    pub(super) fn of(de: De<'c, 'g, 'de>) -> Result<Self> {
        const WANTED: &str = "a variant: its name, or a dict of one";
        if let Some(mut entries) = de.entries()? {
            let pairs = entries.len() / 2;
            return match (entries.next(), entries.next()) {
                (Some(key), Some(value)) if pairs == 1 => {
                    let below = de.below()?;
                    below.context.charge(2 + CONTAINER)?;
                    Ok(Variant { name: below.at(key).name("the name of a variant")?, value: Some(below.at(value)) })
                }
                _ => Err(Error::mismatch("a dict of one variant", format_args!("a dict of {pairs}"))),
            };
        }
        Ok(Variant { name: de.name(WANTED)?, value: None })
    }

    fn read<T>(self, read: impl FnOnce(De<'c, 'g, 'de>) -> Result<T>) -> Result<T> {
        match self.value {
            Some(value) => read(value).map_err(|e| e.at_field(self.name.to_owned())),
            None => Err(Error::mismatch("a variant with a value", "its name alone").at_field(self.name.to_owned())),
        }
    }
}

impl<'de> EnumAccess<'de> for Variant<'_, '_, 'de> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Self)> {
        let variant = seed.deserialize(StrDeserializer::<Error>::new(self.name))?;
        Ok((variant, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, '_, 'de> {
    type Error = Error;

    fn unit_variant(self) -> Result<()> {
        match self.value {
            Some(value) if value.value != Value::NONE => Err(value.not("None").at_field(self.name.to_owned())),
            _ => Ok(()),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value> {
        self.read(|value| seed.deserialize(value))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value> {
        self.read(|value| serde::Deserializer::deserialize_tuple(value, len, visitor))
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value> {
        self.read(|value| value.fields(fields, visitor))
    }
}
