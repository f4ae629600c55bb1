//! The body of a message as a tree: what msgpack holds, and what Dask adds to it.

use super::Payload;
use crate::frame::Frame;
use std::borrow::Cow;

/// A message, or a part of one.
///
/// ```
/// use frames_core::Body;
/// let body = Body::map([("op", "ping".into()), ("n", 5.into())]);
/// assert_eq!(body.get("op").and_then(Body::as_str), Some("ping"));
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Body<'a> {
    /// `None`.
    Nil,
    /// `bool`.
    Bool(bool),
    /// `int`, below zero.
    Int(i64),
    /// `int`, from zero on.
    UInt(u64),
    /// A number of 32 bits, which Python reads as `float` and never writes.
    Float32(f32),
    /// `float`.
    Float(f64),
    /// `str`.
    Text(Cow<'a, str>),
    /// `bytes`, inside the message: for a few. Many are a payload.
    Bytes(Box<Frame<'a>>),
    /// `tuple` or `list`: msgpack knows one of them, and Python reads a tuple.
    List(Vec<Body<'a>>),
    /// `dict`, in its order. Keys may be anything.
    Map(Vec<(Body<'a>, Body<'a>)>),
    /// `set`.
    Set(Vec<Body<'a>>),
    /// A member of a Python `Enum`.
    Enum(Box<EnumMember<'a>>),
    /// A value with a header and frames: `Serialize` in Python, of which a server keeps a `Serialized`.
    Payload(Box<Payload<'a>>),
    /// A pickle with its buffers (`ToPickle`), kept closed: the pickle is in the header, under `pickled-obj`.
    Pickled(Box<Payload<'a>>),
}

/// A member of a Python `Enum`, by its names.
///
/// ```
/// use frames_core::{Body, EnumMember};
/// let running = EnumMember { name: "running".into(), module: "distributed.core".into(), class: "Status".into() };
/// assert!(matches!(Body::from(running), Body::Enum(_)));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnumMember<'a> {
    /// The member: `running`.
    pub name: Cow<'a, str>,
    /// The module of its class: `distributed.core`.
    pub module: Cow<'a, str>,
    /// The name of its class: `Status`.
    pub class: Cow<'a, str>,
}

impl<'a> Body<'a> {
    /// A map with text keys, in this order.
    ///
    /// ```
    /// use frames_core::Body;
    /// assert_eq!(Body::map([("a", 1.into())]).get("a"), Some(&Body::UInt(1)));
    /// ```
    pub fn map<K: Into<Cow<'a, str>>>(entries: impl IntoIterator<Item = (K, Body<'a>)>) -> Self {
        Body::Map(entries.into_iter().map(|(key, value)| (Body::Text(key.into()), value)).collect())
    }

    /// The value under a text key of a map; `None` for anything else.
    ///
    /// ```
    /// use frames_core::Body;
    /// assert_eq!(Body::Nil.get("a"), None);
    /// ```
    pub fn get(&self, key: &str) -> Option<&Body<'a>> {
        match self {
            Body::Map(entries) => entries.iter().find(|(k, _)| k.as_str() == Some(key)).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The text, if it is one.
    ///
    /// ```
    /// assert_eq!(frames_core::Body::from("a").as_str(), Some("a"));
    /// ```
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Body::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The number, if it is an integer of at least zero.
    ///
    /// ```
    /// assert_eq!(frames_core::Body::from(5).as_u64(), Some(5));
    /// ```
    pub fn as_u64(&self) -> Option<u64> {
        match self {
            Body::UInt(n) => Some(*n),
            _ => None,
        }
    }

    /// The payload, if it is one. A pickle is none.
    ///
    /// ```
    /// use frames_core::{Body, to_serialize};
    /// assert!(Body::from(to_serialize(&1u8)?).as_payload().is_some());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn as_payload(&self) -> Option<&Payload<'a>> {
        match self {
            Body::Payload(payload) => Some(payload),
            _ => None,
        }
    }

    /// The elements of a list, or of a set.
    ///
    /// ```
    /// use frames_core::Body;
    /// assert_eq!(Body::List(vec![Body::Nil]).as_list().map(<[_]>::len), Some(1));
    /// ```
    pub fn as_list(&self) -> Option<&[Body<'a>]> {
        match self {
            Body::List(items) | Body::Set(items) => Some(items),
            _ => None,
        }
    }

    /// Every payload in the body, from the outside in, in the order in which they are written.
    ///
    /// ```
    /// use frames_core::{Body, to_serialize};
    /// let body = Body::List(vec![to_serialize(&1u8)?.into(), Body::map([("x", to_serialize(&2u8)?.into())])]);
    /// assert_eq!(body.payloads().len(), 2);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn payloads(&self) -> Vec<&Payload<'a>> {
        let (mut found, mut rest) = (Vec::new(), vec![self]);
        while let Some(body) = rest.pop() {
            match body {
                Body::Payload(payload) => found.push(&**payload),
                Body::List(items) | Body::Set(items) => rest.extend(items.iter().rev()),
                Body::Map(entries) => rest.extend(entries.iter().rev().flat_map(|(key, value)| [value, key])),
                _ => {}
            }
        }
        found
    }
}

impl<'a> From<Payload<'a>> for Body<'a> {
    fn from(payload: Payload<'a>) -> Self {
        Body::Payload(Box::new(payload))
    }
}

impl<'a> From<EnumMember<'a>> for Body<'a> {
    fn from(member: EnumMember<'a>) -> Self {
        Body::Enum(Box::new(member))
    }
}

impl<'a> From<&'a str> for Body<'a> {
    fn from(text: &'a str) -> Self {
        Body::Text(text.into())
    }
}

impl From<String> for Body<'_> {
    fn from(text: String) -> Self {
        Body::Text(text.into())
    }
}

impl<'a> From<Frame<'a>> for Body<'a> {
    fn from(bytes: Frame<'a>) -> Self {
        Body::Bytes(Box::new(bytes))
    }
}

impl From<bool> for Body<'_> {
    fn from(value: bool) -> Self {
        Body::Bool(value)
    }
}

impl From<f64> for Body<'_> {
    fn from(value: f64) -> Self {
        Body::Float(value)
    }
}

impl<'a, T: Into<Body<'a>>> From<Option<T>> for Body<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Body::Nil, Into::into)
    }
}

impl<'a, T: Into<Body<'a>>> From<Vec<T>> for Body<'a> {
    fn from(items: Vec<T>) -> Self {
        Body::List(items.into_iter().map(Into::into).collect())
    }
}

macro_rules! integers {
    ($($int:ty),*) => { $(
        impl From<$int> for Body<'_> {
            #[allow(clippy::cast_lossless, irrefutable_let_patterns, reason = "the same for every integer")]
            fn from(n: $int) -> Self {
                match u64::try_from(n) {
                    Ok(n) => Body::UInt(n),
                    Err(_) => Body::Int(n as i64),
                }
            }
        }
    )* };
}

integers!(u8, u16, u32, u64, usize, i8, i16, i32, i64);
