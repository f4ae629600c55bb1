//! Values whose type only the header knows: decoded through the registry, or kept as they came.
//!
//! What is not understood is kept as [`Serialized`] and can be forwarded byte for byte; it is never dropped.

use crate::classref;
use crate::collection::{self, CollectionKind, key_of};
use crate::entry::{Entry, Parts, peer_error, read_msgpack};
use crate::error::{Error, ErrorKind, Result};
use crate::family;
use crate::frame_serialize::FrameSerialize;
use crate::frames::{Frames, Slot, take_all};
use crate::header::{Header, HeaderRef, read_value};
use crate::msgpack::Cursor;
use crate::numpy::{MaskedArray, MaskedConstant, NdArray, without_key};
use crate::writer::Writer;
use bytes::{Bytes, BytesMut};
use std::any::Any;
use std::borrow::Cow;
use std::fmt;

/// A value whose type is known at run time only.
///
/// ```
/// use frames_core::NdArray;
/// let data = vec![1.0f64, 2.0];
/// let (header, frames) = frames_core::serialize(&data)?;
/// let value = frames_core::deserialize_any(&header, frames)?;
/// assert_eq!(value.type_name(), "numpy.ndarray");
/// let array = value.downcast::<NdArray>().unwrap();
/// assert_eq!(array.to_vec::<f64>()?, [1.0, 2.0]);
/// # Ok::<(), frames_core::Error>(())
/// ```
pub struct AnyValue {
    name: Cow<'static, str>,
    value: Box<dyn Held>,
}

/// What an [`AnyValue`] holds: something that can be written again and asked for its type.
trait Held: FrameSerialize + Any + Send {
    fn as_any(&self) -> &dyn Any;
    fn into_any(self: Box<Self>) -> Box<dyn Any + Send>;
}

impl<T: FrameSerialize + Any + Send> Held for T {
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

impl AnyValue {
    /// A value that forgets its type.
    ///
    /// ```
    /// assert_eq!(frames_core::AnyValue::new(7u16).type_name(), "u16");
    /// ```
    pub fn new<T: FrameSerialize + Send + 'static>(value: T) -> Self {
        AnyValue { name: T::type_name(), value: Box::new(value) }
    }

    /// The registered name of the type that was read.
    ///
    /// ```
    /// assert_eq!(frames_core::AnyValue::new(String::new()).type_name(), "String");
    /// ```
    pub fn type_name(&self) -> &str {
        &self.name
    }

    /// The value as a `T`, or the whole back if it is none.
    ///
    /// # Errors
    ///
    /// The value is of another type.
    ///
    /// ```
    /// let value = frames_core::AnyValue::new(7u16);
    /// let value = value.downcast::<u8>().unwrap_err();
    /// assert_eq!(value.downcast::<u16>().unwrap(), 7);
    /// ```
    pub fn downcast<T: 'static>(self) -> Result<T, AnyValue> {
        if !self.value.as_any().is::<T>() {
            return Err(self);
        }
        let AnyValue { name, value } = self;
        match value.into_any().downcast::<T>() {
            Ok(value) => Ok(*value),
            // Cannot be: the type was asked above. Without a panic, the loss shows as an empty value.
            Err(_) => Err(AnyValue { name, value: Box::new(()) }),
        }
    }

    /// The value as a `&T`.
    ///
    /// ```
    /// assert_eq!(frames_core::AnyValue::new(7u16).downcast_ref::<u16>(), Some(&7));
    /// ```
    pub fn downcast_ref<T: 'static>(&self) -> Option<&T> {
        self.value.as_any().downcast_ref()
    }

    /// The value as std's own `Any`.
    ///
    /// ```
    /// assert!(frames_core::AnyValue::new(7u16).into_any().is::<u16>());
    /// ```
    pub fn into_any(self) -> Box<dyn Any + Send> {
        self.value.into_any()
    }
}

impl fmt::Debug for AnyValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AnyValue({})", self.name)
    }
}

crate::impls::name!(AnyValue);

/// Written as the value itself; read through the registry.
impl FrameSerialize for AnyValue {
    fn serialize(&self) -> Result<(Header, Frames<'_>)> {
        Writer::collect(&|w| self.write_entry(w))
    }
    fn deserialize(header: HeaderRef<'_>, mut frames: Frames<'_>) -> Result<Self> {
        read(&mut header.cursor(), frames.slots_mut())
    }
    fn is_inline(&self) -> bool {
        self.value.is_inline()
    }
    fn write_inline(&self, writer: &mut Writer<'_>) -> Result<()> {
        self.value.write_inline(writer)
    }
    fn write_entry<'a>(&'a self, writer: &mut Writer<'a>) -> Result<()> {
        self.value.write_entry(writer)
    }
    fn read_inline(cursor: &mut Cursor<'_>) -> Result<Self> {
        rmpv::Value::read_inline(cursor).map(AnyValue::new)
    }
    fn read_entry(cursor: &mut Cursor<'_>, frames: &mut [Slot<'_>]) -> Result<Self> {
        read(cursor, frames)
    }
}

/// A value that stays as it came: its header, and its frames. Forwarded, it is the same byte for byte.
///
/// ```
/// use frames_core::Serialized;
/// let data = vec![1.0f64];
/// let (header, frames) = frames_core::serialize(&data)?;
/// let kept = Serialized::new(header.clone(), frames.into_owned());
/// let (again, _) = frames_core::serialize(&kept)?;
/// assert_eq!(again, header);
/// assert_eq!(kept.deserialize::<Vec<f64>>()?, [1.0]);
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Serialized {
    header: Header,
    frames: Frames<'static>,
}

impl Serialized {
    /// From a whole header and its frames.
    ///
    /// ```
    /// use frames_core::{Frames, Header, Serialized};
    /// let value = Serialized::new(Header::new(), Frames::new());
    /// assert!(value.frames().is_empty());
    /// ```
    pub fn new(header: Header, frames: Frames<'static>) -> Self {
        Serialized { header, frames }
    }

    /// The header.
    ///
    /// ```
    /// # use frames_core::{Frames, Header, Serialized};
    /// assert_eq!(Serialized::new(Header::new(), Frames::new()).header(), &Header::new());
    /// ```
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The frames.
    ///
    /// ```
    /// # use frames_core::{Frames, Header, Serialized};
    /// assert_eq!(Serialized::new(Header::new(), Frames::new()).frames().len(), 0);
    /// ```
    pub fn frames(&self) -> &Frames<'static> {
        &self.frames
    }

    /// The header and the frames, moved out.
    ///
    /// ```
    /// # use frames_core::{Frames, Header, Serialized};
    /// let (header, frames) = Serialized::new(Header::new(), Frames::new()).into_parts();
    /// # let _ = (header, frames);
    /// ```
    pub fn into_parts(self) -> (Header, Frames<'static>) {
        (self.header, self.frames)
    }

    /// Decodes it as a `T`; the frames are shared, not copied.
    ///
    /// # Errors
    ///
    /// As [`deserialize`](crate::deserialize).
    ///
    /// ```
    /// # use frames_core::Serialized;
    /// let (header, frames) = frames_core::serialize(&5u8)?;
    /// assert_eq!(Serialized::new(header, frames.into_owned()).deserialize::<u8>()?, 5);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn deserialize<T: FrameSerialize>(&self) -> Result<T> {
        crate::deserialize(&self.header, self.frames.clone())
    }

    /// Decodes it through the registry; the frames are shared, not copied, so that it can still be forwarded if that fails.
    ///
    /// # Errors
    ///
    /// As [`deserialize_any`](crate::deserialize_any).
    ///
    /// ```
    /// use frames_core::{ErrorKind, Frames, Header, Serialized};
    /// let header = Header::new().with("serializer", "pickle")?;
    /// let value = Serialized::new(header, Frames::new());
    /// assert_eq!(value.deserialize_any().unwrap_err().kind(), ErrorKind::Family);
    /// assert!(frames_core::serialize(&value).is_ok(), "it can be forwarded all the same");
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn deserialize_any(&self) -> Result<AnyValue> {
        crate::deserialize_any(&self.header, self.frames.clone())
    }
}

impl PartialEq for Serialized {
    fn eq(&self, other: &Self) -> bool {
        self.header == other.header && self.frames.iter().eq(other.frames.iter())
    }
}

crate::impls::name!(Serialized);

impl FrameSerialize for Serialized {
    fn serialize(&self) -> Result<(Header, Frames<'_>)> {
        Ok((self.header.clone(), self.frames.clone()))
    }
    fn deserialize(header: HeaderRef<'_>, frames: Frames<'_>) -> Result<Self> {
        Ok(Serialized { header: header.to_owned(), frames: frames.into_owned() })
    }
    fn write_entry<'a>(&'a self, writer: &mut Writer<'a>) -> Result<()> {
        writer.raw(self.header.as_bytes());
        for frame in self.frames.iter() {
            writer.frame(frame.clone());
        }
        Ok(())
    }
    fn read_inline(cursor: &mut Cursor<'_>) -> Result<Self> {
        crate::entry::inline_as_parts(cursor, Self::read_entry)
    }
    fn read_entry(cursor: &mut Cursor<'_>, frames: &mut [Slot<'_>]) -> Result<Self> {
        let header = kept_header(cursor)?;
        cursor.skip()?;
        Ok(Serialized { header, frames: take_all(frames)?.into_owned() })
    }
}

/// A copy of the header at `cursor`. In a dict collection it has the key of the item too, which belongs to the dict, and is written by it again.
pub(crate) fn kept_header(cursor: &Cursor<'_>) -> Result<Header> {
    match key_of(*cursor) {
        Ok(_) => without_key(cursor),
        Err(_) => Ok(Header { bytes: cursor.clone().value()?.to_vec() }),
    }
}

/// A collection of values whose types only their headers know.
///
/// ```
/// use frames_core::{AnyCollection, CollectionKind};
/// let data = (1u8, vec![1.0f64]);
/// let (header, frames) = frames_core::serialize(&data)?;
/// let value = frames_core::deserialize_any(&header, frames)?.downcast::<AnyCollection>().unwrap();
/// assert_eq!(value.kind, CollectionKind::Tuple);
/// assert_eq!(value.items[1].1.type_name(), "numpy.ndarray");
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Debug)]
pub struct AnyCollection {
    /// What it is in Python.
    pub kind: CollectionKind,
    /// The items in order; in a dict each with its key.
    pub items: Vec<(Option<rmpv::Value>, AnyValue)>,
}

crate::impls::name!(AnyCollection);

impl FrameSerialize for AnyCollection {
    fn serialize(&self) -> Result<(Header, Frames<'_>)> {
        Writer::collect(&|w| self.write_entry(w))
    }
    fn deserialize(header: HeaderRef<'_>, mut frames: Frames<'_>) -> Result<Self> {
        Self::read_entry(&mut header.cursor(), frames.slots_mut())
    }
    fn write_entry<'a>(&'a self, writer: &mut Writer<'a>) -> Result<()> {
        collection::write(writer, self.kind.as_str(), None, |items| {
            self.items.iter().try_for_each(|(key, value)| match key {
                Some(key) => items.keyed(key, value),
                None => items.push(value),
            })
        })
    }
    fn read_entry(cursor: &mut Cursor<'_>, frames: &mut [Slot<'_>]) -> Result<Self> {
        match Entry::read(cursor)? {
            Entry::Collection(c) => read_collection(c, frames),
            other => other.refuse::<Self>("a collection", cursor, frames),
        }
    }
}

fn read_collection(items: collection::Collection<'_>, frames: &mut [Slot<'_>]) -> Result<AnyCollection> {
    let kind = items.kind;
    let mut out = Vec::with_capacity(items.len().min(1024));
    items.for_each(frames, |index, header, slots| {
        let key = match kind {
            CollectionKind::Dict => {
                Some(rmpv::Value::read_inline(&mut key_of(*header)?).map_err(|e| e.at_index(index))?)
            }
            _ => None,
        };
        let start = *header;
        let value = match read(header, slots) {
            // What nobody registered, or nobody reads, is kept; what is broken is an error, and so is a value of which
            // only a part is unknown: its other parts have taken their frames.
            Err(error)
                if matches!(error.kind(), ErrorKind::UnknownType | ErrorKind::Family)
                    && slots.iter().all(Option::is_some) =>
            {
                *header = start;
                header.skip()?;
                let (header, frames) = (without_key(&start)?, take_all(slots)?.into_owned());
                AnyValue::new(Serialized { header, frames })
            }
            other => other.map_err(|e| e.at_index(index))?,
        };
        out.push((key, value));
        Ok(())
    })?;
    Ok(AnyCollection { kind, items: out })
}

/// Reads any header: by its `type`, by its class, or by its form.
pub(crate) fn read(cursor: &mut Cursor<'_>, slots: &mut [Slot<'_>]) -> Result<AnyValue> {
    let start = *cursor;
    let registry = cursor.decoder().registry_ref()?;
    // As a derived type writes it: no need to walk the header once before it is read.
    let mut head = start;
    if head.take_exact(b"\x84\xaaserializer\xa4dask\xa4type") {
        if let Some(entry) = registry.get(head.str()?) {
            return entry.read(cursor, slots).map_err(|e| e.in_type(entry.name()));
        }
    }
    let parts = Parts::read(cursor)?;
    let mut again = start;
    if let Some(name) = parts.type_name {
        if let Some(entry) = registry.get(name) {
            return entry.read(&mut again, slots).map_err(|e| e.in_type(entry.name()));
        }
        let element = name.strip_prefix("Vec<").and_then(|n| n.strip_suffix('>'));
        if let Some(entry) = element.and_then(|n| registry.get(n)) {
            return entry.read_slice(&mut again, slots).map_err(|e| e.in_type(entry.name()));
        }
    }
    if let Some(Ok(class)) = parts.class.map(classref::decode) {
        if let Some(entry) = registry.get_class(&class) {
            return entry.read(&mut again, slots).map_err(|e| e.in_type(entry.name()));
        }
    }
    match Entry::from_parts(start, cursor, &parts)? {
        Entry::Msgpack => read_msgpack(cursor, slots, rmpv::Value::read_inline).map(AnyValue::new),
        Entry::Array(array) => NdArray::read_entry(&mut again, slots).map(AnyValue::named(array.class.name())),
        Entry::Class(class) if class.is_masked_array() => {
            MaskedArray::read_entry(&mut again, slots).map(AnyValue::named("numpy.ma.MaskedArray"))
        }
        Entry::Class(class) if class.is_masked_constant() => {
            MaskedConstant::read_entry(&mut again, slots).map(AnyValue::named("numpy.ma.masked"))
        }
        Entry::Bytes { mutable: false } => Bytes::read_entry(&mut again, slots).map(AnyValue::named("bytes")),
        Entry::Bytes { mutable: true } => BytesMut::read_entry(&mut again, slots).map(AnyValue::named("bytearray")),
        Entry::Collection(items) => read_collection(items, slots).map(AnyValue::named(items.kind.as_str())),
        Entry::Error => Err(peer_error(slots)),
        Entry::Foreign(foreign) => {
            if let Some(any) = family::find(foreign.family())?.any {
                let frames = take_all(slots)?.into_owned();
                let deeper = *cursor;
                let mut read = |header: &Header, mut frames: Frames<'static>| {
                    let mut inner = deeper.on(header.as_bytes());
                    inner.descend()?;
                    let value = read(&mut inner, frames.slots_mut())?;
                    inner.finish()?;
                    Ok(value)
                };
                return any(foreign.header(), frames, &mut read).map_err(|e| e.in_family(foreign.family()));
            }
            let mut value = None;
            Entry::Foreign(foreign).refuse_with("any type", "", cursor, slots, &mut |c, s| {
                value = Some(read(c, s)?);
                Ok(())
            })?;
            value.ok_or_else(crate::fields::unread)
        }
        Entry::Object(_) | Entry::Class(_) => Err(match (parts.type_name, parts.class.map(classref::decode)) {
            (Some(name), _) => registry.unknown(name),
            (None, Some(Ok(class))) => registry.unknown(&class.to_string()),
            (None, _) => Error::new(ErrorKind::UnknownType, "the header names no type: its class is pickled by value"),
        }
        .in_family("dask")),
    }
}

impl AnyValue {
    /// Makes a value that goes by the name it has in Python.
    fn named<T: FrameSerialize + Send + 'static>(name: &'static str) -> impl Fn(T) -> AnyValue {
        move |value| AnyValue { name: name.into(), value: Box::new(value) }
    }
}

crate::impls::name!(rmpv::Value, "rmpv::Value");

/// One msgpack value, whatever it is: the family msgpack.
impl FrameSerialize for rmpv::Value {
    fn serialize(&self) -> Result<(Header, Frames<'_>)> {
        Writer::collect(&|w| self.write_entry(w))
    }
    fn deserialize(header: HeaderRef<'_>, mut frames: Frames<'_>) -> Result<Self> {
        Self::read_entry(&mut header.cursor(), frames.slots_mut())
    }
    fn is_inline(&self) -> bool {
        true
    }
    fn is_nullable() -> bool {
        true
    }
    fn write_inline(&self, writer: &mut Writer<'_>) -> Result<()> {
        rmpv::encode::write_value(&mut writer.out, self).map_err(|e| Error::new(ErrorKind::Unsupported, e.to_string()))
    }
    fn write_entry<'a>(&'a self, writer: &mut Writer<'a>) -> Result<()> {
        writer.msgpack_entry(self)
    }
    fn read_inline(cursor: &mut Cursor<'_>) -> Result<Self> {
        let depth = cursor.depth();
        read_value(cursor.value()?, depth)
    }
    fn read_entry(cursor: &mut Cursor<'_>, frames: &mut [Slot<'_>]) -> Result<Self> {
        crate::entry::read_scalar(cursor, frames)
    }
}
