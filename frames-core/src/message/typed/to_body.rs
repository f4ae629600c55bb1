//! [`to_body`]: a serializer whose output is a [`Body`].

use super::super::{Body, Shown};
use super::{TURNS, as_set, handover, kind};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

/// A value of any type of serde's as the body of a message, to be written by [`write_message`](crate::write_message).
///
/// A [`Payload`](crate::Payload) or a [`Body`] in it stays what it is, and the frames of payloads are shared, not copied. An `Option` is
/// `None` or the value, so `Some(None)` becomes `None`. A `Vec<u8>` is a list of numbers, to serde and to Python: bytes
/// are `serde_bytes` if they are few, else a payload. An `f32` stays one, which Python reads as `float`. Types that
/// have a form for people (`IpAddr`) are written in it.
///
/// Enums with a tag inside (`#[serde(tag = "op")]`) and flattened maps may hold payloads and bodies; a payload cannot be flattened itself.
///
/// # Errors
///
/// A number needs more than 64 bits; the value nests deeper than the default of [`Limits::depth`](crate::Limits::depth); an
/// [`as_set`](crate::as_set) is no sequence; the value's own [`Serialize`] fails; a payload stands where serde puts what it holds
/// into a buffer (an enum with data, around which another has its tag inside).
///
/// ```
/// use frames_core::{Body, Payload, from_body, read_message, to_body, to_serialize, write_message};
///
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct Put {
///     op: String,
///     key: (String, u64),
///     data: Payload<'static>,
/// }
///
/// let data = to_serialize(&vec![0.5f64; 3])?.into_owned();
/// let body = to_body(&Put { op: "put".into(), key: ("x".into(), 0), data })?;
/// assert_eq!(body.get("op").and_then(Body::as_str), Some("put"));
///
/// let put: Put = from_body(read_message(write_message(&body)?.into_owned())?)?;
/// assert_eq!(put.data.deserialize::<Vec<f64>>()?, [0.5; 3]);
/// # Ok::<(), frames_core::Error>(())
/// ```
pub fn to_body<T: Serialize + ?Sized>(value: &T) -> Result<Body<'static>> {
    value.serialize(ToBody { levels: Limits::DEFAULT.depth, turns: TURNS })
}

/// Makes one body. Values nest by recursion, a user's own type as deep as it likes: both counts bound the stack.
#[derive(Clone, Copy)]
struct ToBody {
    /// How many lists and maps may be around each other from here on.
    levels: u16,
    /// How many newtype structs and options may be around each other without one.
    turns: u16,
}

impl ToBody {
    fn below(self) -> Result<Self> {
        match self.levels.checked_sub(1) {
            Some(levels) => Ok(ToBody { levels, turns: TURNS }),
            None => Err(too_deep(Limits::DEFAULT.depth)),
        }
    }

    fn turn(self) -> Result<Self> {
        match self.turns.checked_sub(1) {
            Some(turns) => Ok(ToBody { turns, ..self }),
            None => Err(too_deep(TURNS)),
        }
    }

    fn list(self, len: usize, variant: Option<&'static str>) -> Result<List> {
        // A length is a user's word, too.
        Ok(List { items: Vec::with_capacity(len.min(1024)), inner: self.variant(variant)?.below()?, variant })
    }

    fn map(self, len: usize, variant: Option<&'static str>) -> Result<Map> {
        let inner = self.variant(variant)?.below()?;
        Ok(Map { entries: Vec::with_capacity(len.min(1024)), key: Body::Nil, inner, variant })
    }

    /// The map around a variant is a level.
    fn variant(self, variant: Option<&'static str>) -> Result<Self> {
        if variant.is_some() { self.below() } else { Ok(self) }
    }
}

#[cold]
fn too_deep(levels: u16) -> Error {
    Error::new(ErrorKind::Limit, format!("a value that nests deeper than {levels} levels cannot be a message"))
        .with_help("what is deeper can travel as a payload: `to_serialize`")
}

/// `{name: value}`, or the value.
fn named(variant: Option<&'static str>, value: Body<'static>) -> Body<'static> {
    match variant {
        Some(name) => Body::map([(name, value)]),
        None => value,
    }
}

fn wide<T: Copy + std::fmt::Display + TryInto<u64> + TryInto<i64>>(n: T) -> Result<Body<'static>> {
    let unsigned: Option<u64> = n.try_into().ok();
    let signed: Option<i64> = n.try_into().ok();
    match (unsigned, signed) {
        (Some(n), _) => Ok(Body::UInt(n)),
        (None, Some(n)) => Ok(Body::Int(n)),
        (None, None) => Err(Error::new(ErrorKind::OutOfRange, format!("{n} does not fit the 64 bits of msgpack"))
            .with_help("it can travel as a payload: `to_serialize`")),
    }
}

impl Serializer for ToBody {
    type Ok = Body<'static>;
    type Error = Error;
    type SerializeSeq = List;
    type SerializeTuple = List;
    type SerializeTupleStruct = List;
    type SerializeTupleVariant = List;
    type SerializeMap = Map;
    type SerializeStruct = Map;
    type SerializeStructVariant = Map;

    fn serialize_bool(self, value: bool) -> Result<Body<'static>> {
        Ok(value.into())
    }

    fn serialize_i8(self, n: i8) -> Result<Body<'static>> {
        Ok(n.into())
    }

    fn serialize_i16(self, n: i16) -> Result<Body<'static>> {
        Ok(n.into())
    }

    fn serialize_i32(self, n: i32) -> Result<Body<'static>> {
        Ok(n.into())
    }

    fn serialize_i64(self, n: i64) -> Result<Body<'static>> {
        Ok(n.into())
    }

    fn serialize_i128(self, n: i128) -> Result<Body<'static>> {
        wide(n)
    }

    fn serialize_u8(self, n: u8) -> Result<Body<'static>> {
        Ok(n.into())
    }

    fn serialize_u16(self, n: u16) -> Result<Body<'static>> {
        Ok(n.into())
    }

    fn serialize_u32(self, n: u32) -> Result<Body<'static>> {
        Ok(n.into())
    }

    fn serialize_u64(self, n: u64) -> Result<Body<'static>> {
        Ok(n.into())
    }

    fn serialize_u128(self, n: u128) -> Result<Body<'static>> {
        wide(n)
    }

    /// Stays one: it is exact, takes five bytes instead of nine, and Python reads the same number from both.
    fn serialize_f32(self, n: f32) -> Result<Body<'static>> {
        Ok(Body::Float32(n))
    }

    fn serialize_f64(self, n: f64) -> Result<Body<'static>> {
        Ok(n.into())
    }

    fn serialize_char(self, value: char) -> Result<Body<'static>> {
        Ok(value.to_string().into())
    }

    fn serialize_str(self, text: &str) -> Result<Body<'static>> {
        Ok(text.to_owned().into())
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<Body<'static>> {
        Ok(Body::Bytes(Box::new(bytes.to_vec().into())))
    }

    fn serialize_none(self) -> Result<Body<'static>> {
        Ok(Body::Nil)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Body<'static>> {
        value.serialize(self.turn()?)
    }

    fn serialize_unit(self) -> Result<Body<'static>> {
        Ok(Body::Nil)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Body<'static>> {
        Ok(Body::Nil)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<Body<'static>> {
        Ok(variant.into())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<Body<'static>> {
        let inner = self.turn()?;
        match name {
            // On the way a payload is a map, and a set a map and a list: the reader counts them so.
            handover::NAME => {
                self.below()?;
                handover::taken(|| value.serialize(inner))
            }
            as_set::NAME => match value.serialize(self.below()?)? {
                Body::List(items) => Ok(Body::Set(items)),
                other => Err(Error::mismatch("a sequence for a set", kind(&other))),
            },
            _ => value.serialize(inner),
        }
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Body<'static>> {
        let value = value.serialize(self.below()?).map_err(|e| e.at_field(variant))?;
        Ok(named(Some(variant), value))
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<List> {
        self.list(len.unwrap_or(0), None)
    }

    fn serialize_tuple(self, len: usize) -> Result<List> {
        self.list(len, None)
    }

    fn serialize_tuple_struct(self, _: &'static str, len: usize) -> Result<List> {
        self.list(len, None)
    }

    fn serialize_tuple_variant(self, _: &'static str, _: u32, variant: &'static str, len: usize) -> Result<List> {
        self.list(len, Some(variant))
    }

    fn serialize_map(self, len: Option<usize>) -> Result<Map> {
        self.map(len.unwrap_or(0), None)
    }

    fn serialize_struct(self, _: &'static str, len: usize) -> Result<Map> {
        self.map(len, None)
    }

    fn serialize_struct_variant(self, _: &'static str, _: u32, variant: &'static str, len: usize) -> Result<Map> {
        self.map(len, Some(variant))
    }
}

/// A list under construction.
struct List {
    items: Vec<Body<'static>>,
    inner: ToBody,
    variant: Option<&'static str>,
}

impl List {
    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        let item = value.serialize(self.inner).map_err(|e| {
            let e = e.at_index(self.items.len());
            if let Some(variant) = self.variant { e.at_field(variant) } else { e }
        })?;
        self.items.push(item);
        Ok(())
    }

    fn finish(self) -> Body<'static> {
        named(self.variant, Body::List(self.items))
    }
}

macro_rules! lists {
    ($($trait:ident $push:ident;)*) => { $(
        impl $trait for List {
            type Ok = Body<'static>;
            type Error = Error;

            fn $push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
                self.push(value)
            }

            fn end(self) -> Result<Body<'static>> {
                Ok(self.finish())
            }
        }
    )* };
}

lists! {
    SerializeSeq serialize_element;
    SerializeTuple serialize_element;
    SerializeTupleStruct serialize_field;
    SerializeTupleVariant serialize_field;
}

/// A map under construction.
struct Map {
    entries: Vec<(Body<'static>, Body<'static>)>,
    /// The key whose value comes next.
    key: Body<'static>,
    inner: ToBody,
    variant: Option<&'static str>,
}

impl Map {
    fn field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<()> {
        let value = value.serialize(self.inner).map_err(|e| {
            let e = e.at_field(name);
            if let Some(variant) = self.variant { e.at_field(variant) } else { e }
        })?;
        self.entries.push((name.into(), value));
        Ok(())
    }

    fn finish(self) -> Body<'static> {
        named(self.variant, Body::Map(self.entries))
    }
}

impl SerializeMap for Map {
    type Ok = Body<'static>;
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<()> {
        self.key = key.serialize(self.inner)?;
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        let value = value.serialize(self.inner).map_err(|e| e.at_key(Shown(&self.key)))?;
        self.entries.push((std::mem::replace(&mut self.key, Body::Nil), value));
        Ok(())
    }

    fn end(self) -> Result<Body<'static>> {
        Ok(self.finish())
    }
}

macro_rules! structs {
    ($($trait:ident)*) => { $(
        impl $trait for Map {
            type Ok = Body<'static>;
            type Error = Error;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<()> {
                self.field(name, value)
            }

            fn end(self) -> Result<Body<'static>> {
                Ok(self.finish())
            }
        }
    )* };
}

structs! { SerializeStruct SerializeStructVariant }
