//! Reading: every form of a header to the tree that it is. Lengths are believed as the cursor believes them, and each level costs one of
//! [`Limits::depth`](crate::Limits::depth). All frames are used, or it is an error.

use super::{Dynamic, Object, ObjectKind, Table, Unopened, masked, write};
use crate::any::{Serialized, kept_header};
use crate::bulk::cautious;
use crate::classref::ClassRef;
use crate::collection::{Collection, CollectionKind, Shown, key_of};
use crate::entry::{Class, Entry, Parts, join, peer_error};
use crate::error::{Error, ErrorKind, Result};
use crate::family;
use crate::frame_serialize::FrameSerialize;
use crate::frames::{Slot, slots_in, take_all, take_one};
use crate::header::HeaderRef;
use crate::impls::wide;
use crate::msgpack::{Cursor, Kind, Number};
use crate::numpy::NdArray;
use bytes::Bytes;

/// From here on bytes in msgpack are a part of the frame, and not a copy.
const LONG: usize = 256;

/// Reads a whole header with its frames.
pub(super) fn entry(cursor: &mut Cursor<'_>, slots: &mut [Slot<'_>]) -> Result<Dynamic> {
    let start = *cursor;
    let parts = Parts::read(cursor)?;
    match Entry::from_parts(start, cursor, &parts)? {
        Entry::Msgpack => msgpack(cursor, slots).map_err(|e| e.in_family("msgpack")),
        Entry::Bytes { mutable: false } => Ok(Dynamic::Bytes(take_one(slots)?.into_bytes())),
        Entry::Bytes { mutable: true } => Ok(Dynamic::ByteArray(take_one(slots)?.into_bytes())),
        Entry::Array(_) => array(start, slots),
        Entry::Collection(items) => collection(items, parts.type_name, slots),
        Entry::Object(sub) => {
            let dict = ClassRef::new("builtins", "dict");
            object(start, sub, dict, parts.type_name, slots)
        }
        Entry::Class(class) => of_class(start, &class, parts.type_name, slots),
        Entry::Foreign(foreign) => {
            if let ("pickle", [Some(frame)]) = (foreign.family(), &*slots) {
                if let Some(number) = small_pickle(frame) {
                    slots.fill(None);
                    return Ok(number);
                }
            }
            opened(foreign.family(), foreign.header(), start, slots)
        }
        Entry::Error => Err(peer_error(slots)),
    }
}

/// What stays as it came.
fn kept(start: Cursor<'_>, slots: &mut [Slot<'_>], reason: impl Into<String>) -> Result<Dynamic> {
    Ok(Unopened::new(Serialized::read_entry(&mut start.clone(), slots)?, reason).into())
}

/// What has no form here is kept; what is broken is an error.
fn is_unknown(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::UnknownType | ErrorKind::Unsupported | ErrorKind::Mismatch)
}

// ------------------------------------------------------------------------------------------------------- msgpack

/// The value in the frames of the family msgpack.
fn msgpack(cursor: &Cursor<'_>, slots: &mut [Slot<'_>]) -> Result<Dynamic> {
    let bytes = match slots {
        [_] => take_one(slots)?.into_bytes(),
        [] => return Err(Error::frame_count("a frame of msgpack", 0)),
        // A long text behind its length.
        many => {
            let joined = join(many)?;
            many.fill(None);
            joined.into()
        }
    };
    let mut inner = cursor.on(&bytes);
    let value = inline(&mut inner, Some(&bytes))?;
    inner.finish()?;
    Ok(value)
}

/// Reads one msgpack value, which lies in `source`.
pub(super) fn inline(cursor: &mut Cursor<'_>, source: Option<&Bytes>) -> Result<Dynamic> {
    Ok(match cursor.kind()? {
        Kind::Nil => {
            cursor.take_nil();
            Dynamic::None
        }
        Kind::Bool => Dynamic::Bool(cursor.bool()?),
        Kind::Int | Kind::Float => match cursor.number("a number")? {
            Number::Signed(number) => number.into(),
            Number::Unsigned(number) => number.into(),
            Number::F32(number) => Dynamic::Float(number.into()),
            Number::F64(number) => Dynamic::Float(number),
        },
        Kind::Text => Dynamic::Str(cursor.str()?.to_owned()),
        Kind::Bytes => Dynamic::Bytes(shared(cursor.bin()?, source)),
        Kind::Array => {
            cursor.descend()?;
            let len = cursor.array()?;
            let mut items = Vec::with_capacity(len.min(cautious::<Dynamic>()));
            for index in 0..len {
                items.push(inline(cursor, source).map_err(|e| e.at_index(index))?);
            }
            cursor.ascend();
            Dynamic::Tuple(items)
        }
        Kind::Map => {
            cursor.descend()?;
            let len = cursor.map()?;
            let mut entries = Vec::with_capacity(len.min(cautious::<(Dynamic, Dynamic)>()));
            for _ in 0..len {
                let shown = Shown(*cursor);
                let key = inline(cursor, source)?;
                entries.push((key, inline(cursor, source).map_err(|e| e.at_key(shown))?));
            }
            cursor.ascend();
            write::check_keys(entries.iter().map(|(key, _)| key))?;
            Dynamic::Dict(entries)
        }
        Kind::Ext => {
            Unopened::new(Serialized::read_inline(cursor)?, "an extension of msgpack, which nobody here knows").into()
        }
    })
}

/// The bytes as a part of where they lie; a copy of few.
fn shared(bytes: &[u8], source: Option<&Bytes>) -> Bytes {
    let Some(source) = source.filter(|_| bytes.len() >= LONG) else { return Bytes::copy_from_slice(bytes) };
    // `slice_ref` panics for what lies elsewhere.
    let start = (bytes.as_ptr() as usize).wrapping_sub(source.as_ptr() as usize);
    match start.checked_add(bytes.len()) {
        Some(end) if end <= source.len() => source.slice(start..end),
        _ => Bytes::copy_from_slice(bytes),
    }
}

// -------------------------------------------------------------------------------------------- arrays, collections

fn array(start: Cursor<'_>, slots: &mut [Slot<'_>]) -> Result<Dynamic> {
    match NdArray::read_entry(&mut start.clone(), slots) {
        Ok(array) => Ok(array.into()),
        Err(error) if is_unknown(&error) && slots.iter().all(Option::is_some) => kept(start, slots, error.to_string()),
        Err(error) => Err(error),
    }
}

fn collection(items: Collection<'_>, name: Option<&str>, slots: &mut [Slot<'_>]) -> Result<Dynamic> {
    let mut values = Vec::new();
    if items.is_dict() {
        let mut entries = Vec::with_capacity(items.len().min(cautious::<(Dynamic, Dynamic)>()));
        items.for_each(slots, |index, header, slots| {
            let mut key = key_of(*header).map_err(|e| e.at_index(index))?;
            let shown = Shown(key);
            let key = inline(&mut key, None).map_err(|e| e.at_index(index))?;
            entries.push((key, entry(header, slots).map_err(|e| e.at_key(shown))?));
            Ok(())
        })?;
        write::check_keys(entries.iter().map(|(key, _)| key))?;
        return Ok(Dynamic::Dict(entries));
    }
    let kind = items.kind;
    values.reserve_exact(items.len().min(cautious::<Dynamic>()));
    items.for_each(slots, |index, header, slots| {
        values.push(entry(header, slots).map_err(|e| e.at_index(index))?);
        Ok(())
    })?;
    Ok(match (kind, name) {
        (CollectionKind::Set, Some(write::FROZENSET)) => Dynamic::FrozenSet(values),
        (CollectionKind::Set, _) => Dynamic::Set(values),
        (CollectionKind::List, _) => Dynamic::List(values),
        (CollectionKind::Tuple | CollectionKind::Dict, _) => Dynamic::Tuple(values),
    })
}

// ------------------------------------------------------------------------------------------------------- objects

fn of_class(start: Cursor<'_>, class: &Class<'_>, name: Option<&str>, slots: &mut [Slot<'_>]) -> Result<Dynamic> {
    if class.is_packed() {
        return kept(start, slots, "rows packed for Rust, which the type that wrote them reads");
    }
    let named = match class.class() {
        Ok(named) => named,
        Err(_) => return kept(start, slots, "an object whose class is pickled by value"),
    };
    if named.is("numpy.ma", "MaskedArray") && !class.is_object()? {
        return match masked::read(start, slots) {
            // Of objects.
            Err(error) if is_unknown(&error) && slots.iter().all(Option::is_some) => {
                kept(start, slots, error.to_string())
            }
            read => read,
        };
    }
    if class.is_object()? {
        return object(start, class.sub(), named.into_owned(), name, slots);
    }
    #[cfg(feature = "arrow")]
    if super::arrow::is_arrow(class)? {
        let frames = slots.to_vec();
        return match super::arrow::read(start, class, slots) {
            Err(error) if is_unknown(&error) => {
                slots.clone_from_slice(&frames);
                kept(start, slots, error.to_string())
            }
            read => read,
        };
    }
    let name = name.filter(|name| *name != named.to_string());
    let name = name.map_or(String::new(), |name| format!(" (type {name:.80})"));
    kept(start, slots, format!("an object of the class {named:.200}{name}, in a form of its own"))
}

/// Where the value of a field stands.
struct Field<'h> {
    key: Cursor<'h>,
    value: Cursor<'h>,
    /// Its frames, if it has a header.
    frames: Option<(u64, u64)>,
}

/// The parts of the sub-header of an object.
#[derive(Default)]
struct Layout<'h> {
    fields: Vec<Field<'h>>,
    rows: Option<u64>,
    /// These three are ours, and no other reader looks at them.
    index: Option<Field<'h>>,
    attributes: Option<Field<'h>>,
    described: Option<Cursor<'h>>,
}

impl<'h> Layout<'h> {
    fn read(mut sub: Cursor<'h>) -> Result<Self> {
        sub.descend()?;
        let mut layout = Layout::default();
        let (mut simple, mut complex) = (None, None);
        for _ in 0..sub.map()? {
            let key = sub;
            let name = sub.str()?;
            let at = sub;
            match name {
                "simple" => simple = Some(at),
                "complex" => complex = Some(at),
                "described" => layout.described = Some(at),
                "rows" => layout.rows = Some(at.clone().count()?),
                "index" => layout.index = Some(placed(key, &mut at.clone())?),
                "attributes" => layout.attributes = Some(placed(key, &mut at.clone())?),
                _ => {}
            }
            sub.skip()?;
        }
        let (Some(mut simple), Some(mut complex)) = (simple, complex) else {
            return Err(Error::invalid("the sub-header of an object has the keys `simple` and `complex`"));
        };
        let inline = simple.map()?;
        let total = inline + complex.clone().map()?;
        layout.fields.reserve_exact(total.min(cautious::<Field<'_>>()));
        for _ in 0..inline {
            let key = simple;
            simple.skip()?;
            layout.fields.push(Field { key, value: simple, frames: None });
            simple.skip()?;
        }
        for _ in 0..complex.map()? {
            let key = complex;
            complex.skip()?;
            layout.fields.push(placed(key, &mut complex)?);
        }
        Ok(layout)
    }

    /// True if all fields can be attributes.
    fn is_named(&self) -> bool {
        self.fields.iter().all(|field| field.key.clone().str().is_ok())
    }

    /// All fields with their values.
    fn pairs(&self, slots: &mut [Slot<'_>]) -> Result<Vec<(Dynamic, Dynamic)>> {
        let mut pairs = Vec::with_capacity(self.fields.len());
        for field in &self.fields {
            let key = inline(&mut field.key.clone(), None)?;
            let value = field.read(slots).map_err(|e| match &key {
                Dynamic::Str(name) => e.at_field(name.clone()),
                _ => e.at_key(Shown(field.key)),
            })?;
            pairs.push((key, value));
        }
        write::check_keys(pairs.iter().map(|(key, _)| key))?;
        Ok(pairs)
    }
}

/// `{"start", "stop", "header"}` of a field.
fn placed<'h>(key: Cursor<'h>, cursor: &mut Cursor<'h>) -> Result<Field<'h>> {
    let (mut start, mut stop, mut header) = (None, None, None);
    for _ in 0..cursor.map()? {
        let name = cursor.str()?;
        let mut at = *cursor;
        match name {
            "start" => start = Some(at.count()?),
            "stop" => stop = Some(at.count()?),
            "header" => header = Some(at),
            _ => {}
        }
        cursor.skip()?;
    }
    match (start, stop, header) {
        (Some(start), Some(stop), Some(value)) => Ok(Field { key, value, frames: Some((start, stop)) }),
        _ => Err(Error::invalid("a field with frames has the keys `start`, `stop` and `header`")),
    }
}

impl Field<'_> {
    fn read(&self, slots: &mut [Slot<'_>]) -> Result<Dynamic> {
        match self.frames {
            None => inline(&mut self.value.clone(), None),
            Some((start, stop)) => entry(&mut self.value.clone(), slots_in(slots, start, stop)?),
        }
    }
}

/// A generic object, a derived struct, columns.
fn object(
    start: Cursor<'_>,
    sub: Cursor<'_>,
    class: ClassRef<'static>,
    name: Option<&str>,
    slots: &mut [Slot<'_>],
) -> Result<Dynamic> {
    let layout = Layout::read(sub)?;
    let is_dict = class.is("builtins", "dict");
    let value = if is_dict && layout.rows.is_some() {
        table(&layout, name.filter(|name| *name != write::DICT), slots)?
    } else if is_dict && name.is_none_or(|name| name == write::DICT) {
        Dynamic::Dict(layout.pairs(slots)?)
    } else if !layout.is_named() {
        return kept(
            start,
            slots,
            format!("an object of the class {class:.200} with attributes whose names are no text"),
        );
    } else {
        instance(&layout, class, name, slots)?
    };
    match slots.iter().flatten().count() {
        0 => Ok(value),
        unused => Err(Error::frame_count(format_args!("{} frames", slots.len() - unused), slots.len())),
    }
}

fn table(layout: &Layout<'_>, name: Option<&str>, slots: &mut [Slot<'_>]) -> Result<Dynamic> {
    let mut table = Table::new(layout.pairs(slots)?, layout.rows.unwrap_or(0));
    table.origin = name.map(str::to_owned);
    table.index = layout.index.as_ref().map(|field| field.read(slots)).transpose()?;
    if let Some(field) = &layout.attributes {
        let Dynamic::Dict(entries) = field.read(slots)? else {
            return Err(Error::invalid("the attributes of a table are no dict"));
        };
        for (key, value) in entries {
            let Dynamic::Str(name) = key else { return Err(Error::mismatch("the name of an attribute", key.kind())) };
            table.attributes.push((name, value));
        }
    }
    Ok(table.into())
}

fn instance(
    layout: &Layout<'_>,
    class: ClassRef<'static>,
    name: Option<&str>,
    slots: &mut [Slot<'_>],
) -> Result<Dynamic> {
    let mut object = Object::new(class, Vec::new());
    if object.class.is(write::DESCRIBED.0, write::DESCRIBED.1) {
        let mut said = layout.described.ok_or_else(|| Error::invalid("a description does not say of what"))?;
        if said.array()? != 3 {
            return Err(Error::invalid("a description is of a module, a name and a kind"));
        }
        object.class = ClassRef::new(said.str()?.to_owned(), said.str()?.to_owned());
        let kind = said.str()?;
        let known = ObjectKind::ALL.into_iter().find(|known| known.as_str() == kind);
        object.kind = known
            .filter(|kind| *kind != ObjectKind::Instance)
            .ok_or_else(|| Error::invalid("a description is of a kind that is not known"))?;
    } else {
        object.type_name = name.filter(|name| *name != object.class.to_string()).map(str::to_owned);
    }
    for (key, value) in layout.pairs(slots)? {
        let Dynamic::Str(name) = key else { return Err(Error::mismatch("the name of an attribute", key.kind())) };
        object.attributes.push((name, value));
    }
    Ok(object.into())
}

// ---------------------------------------------------------------------------------------------- other families

/// What a pickle of one number says, which this crate writes itself: a wide integer or a complex number.
fn small_pickle(frame: &[u8]) -> Option<Dynamic> {
    if let Some(complex) = write::read_complex(frame) {
        return Some(complex);
    }
    wide::read_pickled(frame).ok().map(|bytes| Dynamic::from_le_bytes(&bytes))
}

/// A value of a family that another crate brings, if one does; `header` is that of the family, and what is kept stands at `start`.
fn opened(name: &str, header: HeaderRef<'_>, start: Cursor<'_>, slots: &mut [Slot<'_>]) -> Result<Dynamic> {
    let family = match family::find(name) {
        Ok(family) => family,
        Err(error) => return kept(start, slots, error.to_string()),
    };
    let frames = take_all(slots)?.into_owned();
    let made = match family.dynamic {
        Some(read) => read(header, frames.clone(), start.depth()),
        None => family::translate(family, header, frames.clone()).and_then(|(header, mut frames)| {
            let mut inner = start.on(header.as_bytes());
            // A translation may be foreign itself, but not without end.
            inner.descend()?;
            let value = entry(&mut inner, frames.slots_mut())?;
            inner.finish()?;
            Ok(value)
        }),
    };
    match made {
        Ok(value) => Ok(value),
        Err(error)
            if family.dynamic.is_some()
                && matches!(error.kind(), ErrorKind::UnknownType | ErrorKind::Unsupported | ErrorKind::Limit) =>
        {
            Ok(Unopened::new(Serialized::new(kept_header(&start)?, frames), error.to_string()).into())
        }
        Err(error) => Err(error.in_family(name)),
    }
}
