//! How a payload and a [`Body`] pass through serde's traits, which know neither: they are handed over beside them.
//!
//! *Out.* A payload offers itself as a newtype struct of the name [`NAME`]. Our serializer opens the thread's slot and looks into the
//! offer, which fills the slot. Any other serializer finds it closed, and the offer is an error.
//!
//! *In.* A payload opens the slot and asks for a newtype struct of that name. Our deserializer fills the slot. Any other one
//! does not know the name, and whatever it visits is an error.
//!
//! The name alone opens nothing, so a user's type may have it: it is then a newtype struct like any other. The slot is open only between
//! the two ends of one hand-over: whoever opens it, and every payload that begins to be serialized, puts the state of before back by a guard,
//! so nothing is left in it by an error, a panic, or a call inside of a call.
//!
//! serde keeps what it has to look at twice (`flatten`, `untagged`, `tag`) in a buffer of its own, which knows no payloads either. Into it goes
//! a *ticket*, a newtype struct around `{(): number}`, and the payload is kept until [`from_body`](super::from_body) returns. A peer cannot
//! write a ticket: a newtype struct is nothing that msgpack has, and the numbers count from one that it cannot know. Its form is one that types
//! of plain data refuse, so that nobody but a payload reads it; only trees that take newtype structs for what is in them do.

use super::super::{Body, Payload};
use crate::error::{Error, Result};
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Unexpected, Visitor, value::MapDeserializer};
use serde::ser::{self, Serialize, Serializer};
use std::cell::Cell;
use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::marker::PhantomData;

/// The newtype struct as which payloads and bodies pass.
pub(super) const NAME: &str = "$frames_core::handed_over";

/// What the two ends of a hand-over share.
#[derive(Default)]
enum Slot {
    /// Nobody asked.
    #[default]
    Closed,
    /// One end waits for the other.
    Open,
    /// And this is it.
    Full(Body<'static>),
}

/// What one call of `from_body` keeps for tickets.
struct Kept {
    first: u64,
    bodies: Vec<Body<'static>>,
    /// A set or a member of an enum went into a buffer, as a list or text: a [`Body`] out of it may be another than went in.
    is_lossy: bool,
}

thread_local! {
    static SLOT: Cell<Slot> = const { Cell::new(Slot::Closed) };
    static KEPT: Cell<Option<Kept>> = const { Cell::new(None) };
}

/// The slot in a new state, until this is dropped; then what was there before. No access here can panic: not while a thread ends either.
struct Turn {
    before: Slot,
}

impl Turn {
    fn new(slot: Slot) -> Self {
        Turn { before: SLOT.try_with(|cell| cell.replace(slot)).unwrap_or_default() }
    }

    /// What is in the slot now.
    fn end(self) -> Slot {
        SLOT.try_with(Cell::take).unwrap_or_default()
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let before = std::mem::take(&mut self.before);
        let _ = SLOT.try_with(|cell| cell.set(before));
    }
}

/// Fills the slot if it is open; else gives `value` back.
fn fill<T>(value: T, body: impl FnOnce(T) -> Body<'static>) -> Result<(), T> {
    let mut value = Some(value);
    let _ = SLOT.try_with(|cell| match cell.take() {
        Slot::Open => cell.set(value.take().map_or(Slot::Open, |value| Slot::Full(body(value)))),
        other => cell.set(other),
    });
    value.map_or(Ok(()), Err)
}

/// What `serialize` hands over, or what it returns.
pub(super) fn taken(serialize: impl FnOnce() -> Result<Body<'static>>) -> Result<Body<'static>> {
    let turn = Turn::new(Slot::Open);
    let body = serialize()?;
    Ok(match turn.end() {
        Slot::Full(handed) => handed,
        _ => body,
    })
}

/// Hands `body` over to the payload or the body that asked; gives it back if none did.
pub(super) fn hand(body: Body<'static>) -> Result<(), Body<'static>> {
    fill(body, |body| body)
}

/// One call of `from_body`: tickets of another are not good in it.
pub(super) struct Reading {
    before: Option<Kept>,
    _turn: Turn,
}

impl Reading {
    pub(super) fn new() -> Self {
        // Who guesses at tickets finds none: the keys of hash maps are random.
        let first = RandomState::new().build_hasher().finish();
        let kept = Kept { first, bodies: Vec::new(), is_lossy: false };
        Reading {
            before: KEPT.try_with(|cell| cell.replace(Some(kept))).unwrap_or_default(),
            _turn: Turn::new(Slot::Closed),
        }
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        let before = self.before.take();
        let _ = KEPT.try_with(|cell| cell.set(before));
    }
}

/// Calls `f` with what the present call of `from_body` keeps; `None` outside of one. `f` must call nothing of a user.
fn kept<R>(f: impl FnOnce(&mut Kept) -> R) -> Option<R> {
    let with = |cell: &Cell<Option<Kept>>| {
        let mut kept = cell.take();
        let result = kept.as_mut().map(f);
        cell.set(kept);
        result
    };
    KEPT.try_with(with).ok().flatten()
}

/// Visits a ticket for `body`, in a form that goes through serde's buffers.
pub(super) fn visit_ticket<'de, V: Visitor<'de>>(body: Body<'static>, visitor: V) -> Result<V::Value> {
    let ticket = kept(|kept| {
        kept.bodies.push(body);
        kept.first.wrapping_add(kept.bodies.len() as u64 - 1)
    });
    let ticket = ticket.ok_or_else(|| Error::custom(ONLY_READ))?;
    visitor.visit_newtype_struct(MapDeserializer::<_, Error>::new(std::iter::once(((), ticket))))
}

/// A list or text stands for a set or a member of an enum from now on.
pub(super) fn note_loss() {
    kept(|kept| kept.is_lossy = true);
}

/// What was kept for a ticket. It stays: `untagged` may come again.
fn redeem(ticket: u64) -> Option<Body<'static>> {
    kept(|kept| usize::try_from(ticket.wrapping_sub(kept.first)).ok().and_then(|i| kept.bodies.get(i)).cloned())
        .flatten()
}

const ONLY_READ: &str = "a payload or a `Body` comes only out of a message: use `frames_core::from_body`";

/// What fills the slot of a serializer that opened it.
enum Offer<'a> {
    Payload(&'a Payload<'static>),
    Body(&'a Body<'static>),
}

impl Offer<'_> {
    fn serialize_as_newtype<S: Serializer>(self, serializer: S) -> Result<S::Ok, S::Error> {
        // Whatever is open around here was not opened for this.
        let _turn = Turn::new(Slot::Closed);
        serializer.serialize_newtype_struct(NAME, &self)
    }
}

impl Serialize for Offer<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // A clone copies the header; the frames are shared.
        let to_body = |offer: &Self| match offer {
            Offer::Payload(payload) => Body::from(Payload::clone(payload)),
            Offer::Body(body) => Body::clone(body),
        };
        match (fill(self, to_body), self) {
            (Ok(()), _) => serializer.serialize_unit(),
            (Err(_), Offer::Payload(_)) => {
                Err(ser::Error::custom("a payload travels only in a message: use `frames_core::to_body`"))
            }
            (Err(_), Offer::Body(_)) => {
                Err(ser::Error::custom("a `Body` travels only in a message: use `frames_core::to_body`"))
            }
        }
    }
}

/// Only by [`to_body`](crate::to_body); any other serializer gets an error. The frames are shared.
///
/// ```
/// let payload = frames_core::to_serialize(&5u8)?.into_owned();
/// assert_eq!(frames_core::to_body(&payload)?.as_payload(), Some(&payload));
/// # Ok::<(), frames_core::Error>(())
/// ```
impl Serialize for Payload<'static> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Offer::Payload(self).serialize_as_newtype(serializer)
    }
}

/// Only by [`to_body`](crate::to_body), unchanged; any other serializer gets an error. Text is copied, frames are shared.
///
/// ```
/// use frames_core::Body;
/// let body = Body::Set(vec![1.into()]);
/// assert_eq!(frames_core::to_body(&body)?, body);
/// # Ok::<(), frames_core::Error>(())
/// ```
impl Serialize for Body<'static> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Offer::Body(self).serialize_as_newtype(serializer)
    }
}

/// Only by [`from_body`](crate::from_body); any other deserializer gets an error. A pickle is no payload: it is kept in a [`Body`].
///
/// ```
/// use frames_core::{Body, Payload};
/// let payload = frames_core::to_serialize(&5u8)?.into_owned();
/// let same: Payload<'static> = frames_core::from_body(payload.clone().into())?;
/// assert_eq!(same, payload);
/// # Ok::<(), frames_core::Error>(())
/// ```
impl<'de> Deserialize<'de> for Payload<'static> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let _turn = Turn::new(Slot::Open);
        deserializer.deserialize_newtype_struct(NAME, Wanted::<Self>(PhantomData))
    }
}

/// Only by [`from_body`](crate::from_body), unchanged; any other deserializer gets an error.
///
/// ```
/// use frames_core::Body;
/// let body = Body::Set(vec![1.into()]);
/// assert_eq!(frames_core::from_body::<Body>(body.clone())?, body);
/// # Ok::<(), frames_core::Error>(())
/// ```
impl<'de> Deserialize<'de> for Body<'static> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let turn = Turn::new(Slot::Open);
        let body = deserializer.deserialize_newtype_struct(NAME, Wanted::<Self>(PhantomData))?;
        let is_whole = matches!(turn.end(), Slot::Closed) || matches!(body, Body::Payload(_) | Body::Pickled(_));
        if !is_whole && kept(|kept| kept.is_lossy) == Some(true) {
            return Err(de::Error::custom(
                "a `Body` under `flatten`, `untagged` or `tag` cannot tell the sets and enum members of this message \
                 from lists and text: read it as a field of a plain struct",
            ));
        }
        Ok(body)
    }
}

/// A `T` that asked to be handed over.
struct Wanted<T>(PhantomData<T>);

/// What may be handed over.
trait Handed: Sized {
    const WHAT: &'static str;
    /// Whether it may be put together from what a buffer held.
    const IS_PLAIN: bool;
    fn from_handed(body: Body<'static>) -> Result<Self, Body<'static>>;
}

impl Handed for Payload<'static> {
    const WHAT: &'static str = "a payload";
    const IS_PLAIN: bool = false;
    fn from_handed(body: Body<'static>) -> Result<Self, Body<'static>> {
        match body {
            Body::Payload(payload) => Ok(*payload),
            other => Err(other),
        }
    }
}

impl Handed for Body<'static> {
    const WHAT: &'static str = "a body";
    const IS_PLAIN: bool = true;
    fn from_handed(body: Body<'static>) -> Result<Self, Body<'static>> {
        Ok(body)
    }
}

impl<T: Handed> Wanted<T> {
    fn handed<E: de::Error>(self, body: Body<'static>) -> Result<T, E> {
        T::from_handed(body).map_err(|other| E::invalid_type(Unexpected::Other(super::kind(&other)), &self))
    }

    /// Plain data out of a buffer.
    fn plain<E: de::Error>(self, body: Body<'static>) -> Result<T, E> {
        if kept(|_| ()).is_none() {
            return Err(E::custom(ONLY_READ));
        }
        self.handed(body)
    }
}

impl<'de, T: Handed> Visitor<'de> for Wanted<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::WHAT)
    }

    fn visit_unit<E: de::Error>(self) -> Result<T, E> {
        match SLOT.try_with(Cell::take).unwrap_or_default() {
            Slot::Full(body) => self.handed(body),
            slot => {
                let _ = SLOT.try_with(|cell| cell.set(slot));
                self.plain(Body::Nil)
            }
        }
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        if kept(|_| ()).is_none() {
            return Err(de::Error::custom(ONLY_READ));
        }
        deserializer.deserialize_any(self)
    }

    /// A ticket, or a map out of a buffer.
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        if !T::IS_PLAIN {
            let ticket = map.next_entry::<(), u64>().ok().flatten().and_then(|((), ticket)| redeem(ticket));
            return match ticket {
                Some(body) => self.handed(body),
                None => self.plain(Body::Map(Vec::new())),
            };
        }
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry::<Body<'static>, Body<'static>>()? {
            entries.push(entry);
        }
        match entries.as_slice() {
            [(Body::Nil, Body::UInt(ticket))] => match redeem(*ticket) {
                Some(body) => self.handed(body),
                None => self.plain(Body::Map(entries)),
            },
            _ => self.plain(Body::Map(entries)),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<T, A::Error> {
        let mut items = Vec::new();
        if T::IS_PLAIN {
            while let Some(item) = seq.next_element()? {
                items.push(item);
            }
        }
        self.plain(Body::List(items))
    }

    fn visit_none<E: de::Error>(self) -> Result<T, E> {
        self.plain(Body::Nil)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<T, E> {
        self.plain(value.into())
    }

    fn visit_i64<E: de::Error>(self, n: i64) -> Result<T, E> {
        self.plain(n.into())
    }

    fn visit_u64<E: de::Error>(self, n: u64) -> Result<T, E> {
        self.plain(n.into())
    }

    fn visit_f32<E: de::Error>(self, n: f32) -> Result<T, E> {
        self.plain(Body::Float32(n))
    }

    fn visit_f64<E: de::Error>(self, n: f64) -> Result<T, E> {
        self.plain(n.into())
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        self.visit_string(text.to_owned())
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<T, E> {
        self.plain(text.into())
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<T, E> {
        self.visit_byte_buf(bytes.to_vec())
    }

    fn visit_byte_buf<E: de::Error>(self, bytes: Vec<u8>) -> Result<T, E> {
        self.plain(Body::Bytes(Box::new(bytes.into())))
    }
}
