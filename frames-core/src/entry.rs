//! What a header says: one pass over the envelope finds the family and where its parts stand.
//!
//! Every `read_entry` begins with [`Entry::read`] and takes the forms that it knows; all others end in
//! [`Entry::refuse`], which knows the peer's errors, the families that other crates bring, and both sides of a mismatch.

use crate::bulk::Elements;
use crate::classref::{self, ClassRef};
use crate::collection::{Collection, CollectionKind};
use crate::error::{Error, ErrorKind, LONGEST_PEER, Result};
use crate::family;
use crate::frame_serialize::FrameSerialize;
use crate::frames::{Frames, Slot, take_all, take_one};
use crate::header::{Header, HeaderRef};
use crate::impls::wide::Pickled;
use crate::msgpack::{Cursor, write};
use crate::numpy::ArrayClass;
pub use crate::numpy::ArraySource;
use crate::python;
use crate::writer::Writer;
use std::borrow::Cow;

/// The form of a value that has a header.
#[derive(Clone, Copy, Debug)]
pub enum Entry<'h> {
    /// Family msgpack: the value is in the frames.
    Msgpack,
    /// A collection with a header an item.
    Collection(Collection<'h>),
    /// Family dask, class `builtins.dict`: the layout of an object.
    Object(Cursor<'h>),
    /// Family dask, `numpy.ndarray` or another class that is an array: its sub-header.
    Array(ArraySource<'h>),
    /// Family dask, class `builtins.bytes`, or `builtins.bytearray` if mutable.
    Bytes {
        /// A `bytearray`.
        mutable: bool,
    },
    /// Family dask, any other class.
    Class(Class<'h>),
    /// A family that is not ours.
    Foreign(Foreign<'h>),
    /// Family error: the frames are the peer's words.
    Error,
}

/// A value of a class that this crate has no form for.
#[derive(Clone, Copy, Debug)]
pub struct Class<'h> {
    type_name: Option<&'h str>,
    class: &'h [u8],
    sub: Cursor<'h>,
}

/// A value of a family that another crate may bring.
#[derive(Clone, Copy, Debug)]
pub struct Foreign<'h> {
    pub(crate) family: &'h str,
    pub(crate) header: HeaderRef<'h>,
}

/// What to do about a header that lacks its envelope.
const INNER: &str =
    "`frames_core::serialize(&x)` gives the whole header; `x.serialize()` of a type gives the inner one";

/// What reads one value of a header and its frames, and keeps it.
pub(crate) type Each<'r> = &'r mut dyn FnMut(&mut Cursor<'_>, &mut [Slot<'_>]) -> Result<()>;

/// What the pickles of the commonest classes are, so that no name is parsed on the hot path.
const NDARRAY: &[u8] = &classref::encode_into([0; classref::encoded_len("numpy", "ndarray")], 0, "numpy", "ndarray");
/// What is pickled within another family, as the family of pickles has it.
const PICKLE: &[u8] = b"\x81\xaaserializer\xa6pickle";
const DICT: &[u8] = &classref::encode_into([0; classref::encoded_len("builtins", "dict")], 0, "builtins", "dict");

/// The parts of an envelope, as far as they are there.
#[derive(Debug, Default)]
pub(crate) struct Parts<'h> {
    pub(crate) serializer: Option<&'h str>,
    pub(crate) type_name: Option<&'h str>,
    pub(crate) class: Option<&'h [u8]>,
    kind: Option<&'h str>,
    sub_header: Option<Cursor<'h>>,
    sub_headers: Option<Cursor<'h>>,
    frame_lengths: Option<Cursor<'h>>,
    nested: Option<Cursor<'h>>,
}

impl<'h> Parts<'h> {
    /// One pass over a header; moves `cursor` behind it.
    pub(crate) fn read(cursor: &mut Cursor<'h>) -> Result<Self> {
        let mut parts = Parts::default();
        for _ in 0..cursor.map()? {
            let key = cursor.text_bytes()?;
            let at = *cursor;
            match key {
                b"serializer" => parts.serializer = Some(cursor.str()?),
                b"type" => parts.type_name = Some(cursor.str()?),
                b"type-serialized" => match cursor.bin() {
                    Ok(class) => parts.class = Some(class),
                    Err(_) => parts.kind = Some(cursor.str()?),
                },
                b"sub-header" => parts.sub_header = Some(at),
                b"sub-headers" => parts.sub_headers = Some(at),
                b"frame-lengths" => parts.frame_lengths = Some(at),
                b"nested-dict" => parts.nested = Some(at),
                _ => {}
            }
            match key {
                b"serializer" | b"type" | b"type-serialized" => {}
                // The headers of ten thousand small arrays are one and the same.
                b"sub-headers" => cursor.skip_alike()?,
                _ => cursor.skip()?,
            }
        }
        Ok(parts)
    }
}

impl<'h> Entry<'h> {
    /// Reads a whole header; moves `cursor` behind it.
    pub fn read(cursor: &mut Cursor<'h>) -> Result<Self> {
        let start = *cursor;
        let parts = Parts::read(cursor)?;
        Self::from_parts(start, cursor, &parts)
    }

    pub(crate) fn from_parts(start: Cursor<'h>, after: &Cursor<'h>, parts: &Parts<'h>) -> Result<Self> {
        if let Some(headers) = parts.sub_headers {
            let (Some(kind), Some(lengths)) = (parts.kind, parts.frame_lengths) else {
                return Err(Error::invalid("a collection has the keys `frame-lengths` and `type-serialized`"));
            };
            return Collection::new(CollectionKind::parse(kind)?, headers, lengths).map(Entry::Collection);
        }
        if let Some(nested) = parts.nested {
            return Ok(Entry::Object(nested));
        }
        let Some(family) = parts.serializer else {
            return Err(Error::invalid(
                "the header has neither `serializer` nor `sub-headers`: it is no header that Dask's `serialize` makes",
            )
            .with_help(INNER));
        };
        start.decoder().check_family(family)?;
        match family {
            "msgpack" => Ok(Entry::Msgpack),
            "error" => Ok(Entry::Error),
            "dask" => {
                let (Some(class), Some(sub)) = (parts.class, parts.sub_header) else {
                    return Err(Error::invalid(
                        "a header of the family dask has the keys `sub-header` and `type-serialized`",
                    )
                    .in_family("dask")
                    .with_help(INNER));
                };
                match Self::dask(class, sub, parts.type_name) {
                    // Of objects: numpy's pickle, within the family dask.
                    Entry::Array(array) if array.is_pickled()? => {
                        start.decoder().check_family("pickle")?;
                        Ok(Entry::Foreign(Foreign { family: "pickle", header: HeaderRef::at(&start, PICKLE) }))
                    }
                    entry => Ok(entry),
                }
            }
            _ => {
                let len = start.rest().len() - after.rest().len();
                Ok(Entry::Foreign(Foreign { family, header: HeaderRef::at(&start, &start.rest()[..len]) }))
            }
        }
    }

    fn dask(class: &'h [u8], sub: Cursor<'h>, type_name: Option<&'h str>) -> Self {
        match class {
            NDARRAY => return Entry::Array(ArraySource::new(ArrayClass::NdArray, sub)),
            DICT => return Entry::Object(sub),
            _ => {}
        }
        match classref::decode(class) {
            Ok(c) if c.is("builtins", "dict") => Entry::Object(sub),
            // A subclass is sent as its base; Python gets plain bytes of it.
            Ok(c) if c.is("builtins", "bytes") || c.is("numpy", "bytes_") => Entry::Bytes { mutable: false },
            Ok(c) if c.is("builtins", "bytearray") => Entry::Bytes { mutable: true },
            Ok(c) => match ArrayClass::of(&c) {
                Some(kind) => Entry::Array(ArraySource::new(kind, sub)),
                None => Entry::Class(Class { type_name, class, sub }),
            },
            // A class that cannot be named (pickled by value) can still be forwarded, or found by its type.
            Err(_) => Entry::Class(Class { type_name, class, sub }),
        }
    }

    /// What it is, for the other side of a mismatch.
    fn describe(&self) -> Cow<'static, str> {
        match self {
            Entry::Msgpack => "a msgpack value".into(),
            Entry::Collection(c) => format!("a {} of {} items", c.kind.as_str(), c.len()).into(),
            Entry::Object(_) => "a dict of fields".into(),
            Entry::Array(array) => match (array.class, array.header(&[])) {
                (ArrayClass::NdArray | ArrayClass::Matrix, Ok(header)) => header.to_string().into(),
                (class, Ok(header)) => format!("a {}: {header}", class.name()).into(),
                (class, Err(_)) => format!("a {}", class.name()).into(),
            },
            Entry::Bytes { mutable: false } => "bytes".into(),
            Entry::Bytes { mutable: true } => "a bytearray".into(),
            Entry::Class(class) => class.describe().into(),
            Entry::Foreign(foreign) => format!("a value of the family {:?}", foreign.family).into(),
            Entry::Error => "an error".into(),
        }
    }

    /// The end of every `read_entry`: reads a value of a foreign family through that family, or refuses.
    #[cold]
    pub fn refuse<T: FrameSerialize>(self, expected: &str, cursor: &Cursor<'_>, slots: &mut [Slot<'_>]) -> Result<T> {
        let mut value = None;
        self.refuse_with(&T::type_name(), expected, cursor, slots, &mut |c, s| {
            value = Some(T::read_entry(c, s)?);
            Ok(())
        })?;
        value.ok_or_else(crate::fields::unread)
    }

    /// The same for the elements of a list.
    #[cold]
    pub(crate) fn refuse_list(
        self,
        expected: &str,
        cursor: &Cursor<'_>,
        slots: &mut [Slot<'_>],
        out: &mut dyn Elements,
    ) -> Result<()> {
        self.refuse_with(&out.name(), expected, cursor, slots, &mut |c, s| out.again(c, s))
    }

    /// The same with any way to read.
    #[cold]
    pub fn refuse_with(
        self,
        type_name: &str,
        expected: &str,
        cursor: &Cursor<'_>,
        slots: &mut [Slot<'_>],
        read: Each<'_>,
    ) -> Result<()> {
        let sides = |found: &str| match expected == type_name {
            true => Error::mismatch(expected, found),
            false => Error::mismatch(format_args!("{type_name} ({expected})"), found),
        };
        match self {
            Entry::Foreign(foreign) => match Pickled::beyond_msgpack(&foreign, slots) {
                // It would be translated to itself.
                Some(number) => Err(sides(&format!("the integer {number}")).in_family("pickle")),
                None => foreign.translated(cursor, slots, |c, s| read(c, s)),
            },
            Entry::Error => Err(peer_error(slots)),
            other => {
                let kind = match (&other, &*slots) {
                    (Entry::Msgpack, [Some(frame)]) => cursor.on(frame).kind().ok(),
                    _ => None,
                };
                Err(match kind {
                    Some(kind) => sides(&kind.to_string()),
                    None => sides(&other.describe()),
                })
            }
        }
    }
}

impl<'h> Foreign<'h> {
    /// The name of the family.
    pub fn family(&self) -> &'h str {
        self.family
    }

    /// The whole header.
    pub fn header(&self) -> HeaderRef<'h> {
        self.header
    }

    /// Reads the value out of its translation into our families, whose frames are as shared as those that came.
    #[cold]
    pub(crate) fn translated<'f, R>(
        &self,
        cursor: &Cursor<'_>,
        slots: &mut [Slot<'f>],
        read: impl FnOnce(&mut Cursor<'_>, &mut [Slot<'f>]) -> Result<R>,
    ) -> Result<R> {
        // Found first: if nobody brings the family the frames must stay where they are, to be forwarded.
        let family = family::find(self.family)?;
        let (header, mut frames) = family::translate(family, self.header, take_all(slots)?)?;
        let mut inner = cursor.on(header.as_bytes());
        // A translation that is itself foreign would come back here: it may not.
        inner.descend()?;
        let value = read(&mut inner, frames.slots_mut()).map_err(|e| e.in_family(self.family))?;
        inner.finish()?;
        Ok(value)
    }

    /// All frames of the value.
    pub fn frames<'f>(&self, slots: &mut [Slot<'f>]) -> Result<Frames<'f>> {
        take_all(slots)
    }
}

impl<'h> Class<'h> {
    /// True if this is the class, or carries the name, of `T`.
    pub fn is<T: FrameSerialize>(&self) -> Result<bool> {
        if self.type_name.is_some_and(|name| T::type_name() == name || T::aliases().contains(&name)) {
            return Ok(true);
        }
        let Some(class) = T::python_class() else { return Ok(false) };
        Ok(classref::decode(self.class).is_ok_and(|c| c.is_named(class)))
    }

    /// True for rows packed for Rust.
    pub fn is_packed(&self) -> bool {
        self.class == crate::table::packed::CLASS
    }

    /// True for `numpy.ma.MaskedArray`, wherever the release of numpy has it.
    pub(crate) fn is_masked_array(&self) -> bool {
        self.class().is_ok_and(|c| c.is("numpy.ma", "MaskedArray") || c.is("numpy.ma.core", "MaskedArray"))
    }

    /// True for the class of `numpy.ma.masked`.
    pub(crate) fn is_masked_constant(&self) -> bool {
        self.class().is_ok_and(|c| c.is("numpy.ma.core", "MaskedConstant") || c.is("numpy.ma", "MaskedConstant"))
    }

    /// True if the sub-header is the layout of a generic object.
    pub fn is_object(&self) -> Result<bool> {
        let mut sub = self.sub;
        let (mut simple, mut complex) = (false, false);
        for _ in 0..sub.map()? {
            let key = sub.value()?;
            simple |= key == b"\xa6simple";
            complex |= key == b"\xa7complex";
            sub.skip()?;
        }
        Ok(simple && complex)
    }

    /// The sub-header, as a place to read from.
    pub fn sub(&self) -> Cursor<'h> {
        self.sub
    }

    /// The sub-header, as users see it.
    pub fn sub_header(&self) -> Result<HeaderRef<'h>> {
        let mut sub = self.sub;
        // A type written by hand may hand parts of its header back to us: each is a level, however it is nested.
        sub.descend()?;
        let at = sub;
        let bytes = sub.value()?;
        Ok(HeaderRef::at(&at, bytes))
    }

    /// The Python class, if it can be named.
    pub fn class(&self) -> Result<ClassRef<'h>> {
        classref::decode(self.class)
    }

    fn describe(&self) -> String {
        match (self.class(), self.type_name) {
            // What frames of pandas and arrays of pyarrow become on the way: its own name says nothing to who sent one of those.
            (Ok(class), Some(name)) if class.is("rust::frames", "ArrowStream") => {
                format!("data of Arrow or pandas (type {name:?})")
            }
            (Ok(class), Some(name)) if class.to_string() != name => {
                format!("an object of the class {class} (type {name:?})")
            }
            (Ok(class), _) => format!("an object of the class {class}"),
            (Err(_), Some(name)) => format!("an object of the type {name:?}, whose class is pickled by value"),
            (Err(_), None) => "an object whose class is pickled by value".into(),
        }
    }
}

/// How many bytes a value has: its header, over which `after` has moved, and its frames.
pub(crate) fn received(before: &Cursor<'_>, after: &Cursor<'_>, slots: &[Slot<'_>]) -> usize {
    let header = before.rest().len().saturating_sub(after.rest().len());
    header + slots.iter().flatten().map(|frame| frame.len()).sum::<usize>()
}

/// The peer's words.
#[cold]
pub(crate) fn peer_error(slots: &[Slot<'_>]) -> Error {
    let mut text = String::new();
    for frame in slots.iter().flatten() {
        let left = LONGEST_PEER.saturating_sub(text.len());
        text.push_str(&String::from_utf8_lossy(&frame[..frame.len().min(left)]));
        text.push('\n');
    }
    Error::new(ErrorKind::Peer, format!("the peer could not serialize this value: {}", text.trim_end()))
        .in_family("error")
}

/// Reads the msgpack value that an entry of the family msgpack has in its frames.
pub fn read_msgpack<R>(
    cursor: &Cursor<'_>,
    slots: &mut [Slot<'_>],
    read: impl FnOnce(&mut Cursor<'_>) -> Result<R>,
) -> Result<R> {
    let mut joined = Vec::new();
    let mut inner = cursor.on(one_msgpack(slots, &mut joined)?);
    let value = match read(&mut inner) {
        Ok(value) => value,
        Err(error) => return Err(error.in_family("msgpack")),
    };
    inner.finish()?;
    slots.fill(None);
    Ok(value)
}

/// The bytes of all frames. Python joins the frames of this family; more than one come from large text, whose length stands in a
/// frame before it.
fn one_msgpack<'s>(slots: &'s [Slot<'_>], joined: &'s mut Vec<u8>) -> Result<&'s [u8]> {
    match slots {
        [Some(frame)] => Ok(frame),
        [] => Err(Error::frame_count("a frame of msgpack", 0)),
        many => {
            *joined = join(many)?;
            Ok(joined)
        }
    }
}

/// All frames as one run of bytes: one copy.
pub(crate) fn join(slots: &[Slot<'_>]) -> Result<Vec<u8>> {
    let mut joined = Vec::with_capacity(slots.iter().flatten().map(|f| f.len()).sum());
    for (index, slot) in slots.iter().enumerate() {
        match slot {
            Some(frame) => joined.extend_from_slice(frame),
            None => return Err(Error::new(ErrorKind::FrameCount, format!("frame {index} was taken before"))),
        }
    }
    Ok(joined)
}

/// The default of `read_entry` for types whose values are inline: family msgpack, or the family of another crate.
pub fn read_scalar<T: FrameSerialize>(cursor: &mut Cursor<'_>, slots: &mut [Slot<'_>]) -> Result<T> {
    let entry = Entry::read(cursor)?;
    scalar_of(entry, cursor, slots)
}

/// The same, where one of Python's objects may stand for the value.
pub(crate) fn read_scalar_or<T: FrameSerialize, S: python::Scalar>(
    cursor: &mut Cursor<'_>,
    slots: &mut [Slot<'_>],
    make: impl FnOnce(S) -> Result<T>,
) -> Result<T> {
    match Entry::read(cursor)? {
        Entry::Class(class) if class.is_scalar::<S>() => {
            python::of_class(&class, slots).and_then(make).map_err(|e| e.in_type(T::type_name()))
        }
        other => scalar_of(other, cursor, slots),
    }
}

fn scalar_of<T: FrameSerialize>(entry: Entry<'_>, cursor: &Cursor<'_>, slots: &mut [Slot<'_>]) -> Result<T> {
    match entry {
        Entry::Msgpack => read_msgpack(cursor, slots, T::read_inline),
        // Dask takes any list or dict apart that is marked for serialization, however small its items are.
        Entry::Collection(items) => {
            let mut flat = Vec::new();
            items.flatten(slots, &mut flat)?;
            let mut inner = cursor.on(&flat);
            let value = T::read_inline(&mut inner)?;
            inner.finish()?;
            Ok(value)
        }
        other => other.refuse::<T>(&T::type_name(), cursor, slots),
    }
}

/// Wraps what a type written by hand serialized into Dask's envelope.
pub(crate) fn write_by_hand<'a>(
    parts: Result<(Header, Frames<'a>)>,
    name: &str,
    class: Option<&str>,
    writer: &mut Writer<'a>,
) -> Result<()> {
    let (header, frames) = parts.map_err(|e| e.in_type(name.to_owned()))?;
    let class = match class {
        Some(class) => ClassRef::parse(class)?,
        // A module that no Python can have: the error there names the Rust type, and nothing is imported by accident.
        None => match name.rsplit_once("::") {
            Some((module, qualname)) => ClassRef::new(format!("rust::{module}"), qualname.to_owned()),
            None => ClassRef::new("rust::", name.to_owned()),
        },
    };
    writer.raw(b"\x84\xaasub-header");
    writer.raw(header.as_bytes());
    writer.raw(b"\xa4type");
    writer.text(name)?;
    writer.raw(b"\xaftype-serialized");
    write::bin(&mut writer.out, &class.encode())?;
    writer.raw(b"\xaaserializer\xa4dask");
    for frame in frames {
        writer.frame(frame);
    }
    Ok(())
}

/// Appends a whole header and its frames.
pub(crate) fn write_parts<'a>(parts: Result<(Header, Frames<'a>)>, writer: &mut Writer<'a>) -> Result<()> {
    let (header, frames) = parts?;
    writer.raw(header.as_bytes());
    for frame in frames {
        writer.frame(frame);
    }
    Ok(())
}

/// Hands a whole header and its frames to a function.
pub(crate) fn read_parts<R>(
    cursor: &mut Cursor<'_>,
    slots: &mut [Slot<'_>],
    deserialize: fn(HeaderRef<'_>, Frames<'_>) -> Result<R>,
) -> Result<R> {
    let at = *cursor;
    let bytes = cursor.value()?;
    deserialize(HeaderRef::at(&at, bytes), take_all(slots)?)
}

/// Hands an inline value to a function that wants a header: as an entry of the family msgpack.
pub(crate) fn inline_as_parts<R>(
    cursor: &mut Cursor<'_>,
    read: impl Fn(&mut Cursor<'_>, &mut [Slot<'_>]) -> Result<R>,
) -> Result<R> {
    let value = cursor.value()?;
    let mut header = cursor.on(crate::writer::MSGPACK_ENTRY);
    read(&mut header, &mut [Some(value.into())])
}

/// Moves the only frame out, for forms that have exactly one.
pub(crate) fn one_frame<'f>(slots: &mut [Slot<'f>]) -> Result<crate::Frame<'f>> {
    take_one(slots)
}
