//! Writing: each kind in the form that reads back as the same kind, which is the form of Python's own where there is one.

use super::{Dynamic, Object, ObjectKind, Table, masked};
use crate::classref::{self, ClassRef};
use crate::collection;
use crate::error::{Error, ErrorKind, Result};
use crate::frame_serialize::{FrameSerialize, not_inline};
use crate::impls::{bytes::write_mutable, wide};
use crate::msgpack::write;
use crate::record::Complex;
use crate::writer::Writer;
use std::collections::HashSet;

/// The name of a class of Python's that its type has for a header.
pub(super) const DICT: &str = "dict";
/// Dask has no frozensets: it is a set in Python, and this name tells Rust.
pub(super) const FROZENSET: &str = "frozenset";
/// The class of what Python cannot make of its attributes: it is in no Python, which says so.
pub(super) const DESCRIBED: (&str, &str) = ("rust::frames", "Described");

/// Below this nothing is inline, so that what was built by hand and has no end does not overflow the stack here.
pub(super) const DEEPEST: u16 = 256;

/// Shorter bytes are a part of the msgpack that holds them.
const SHORT: usize = 256;

/// True for what is one msgpack value inside of another one.
pub(super) fn is_inline(value: &Dynamic, depth: u16) -> bool {
    match value {
        Dynamic::None | Dynamic::Bool(_) | Dynamic::Int(_) | Dynamic::Float(_) => true,
        Dynamic::Wide(number) => number.to_u64().is_some(),
        Dynamic::Str(text) => text.is_inline(),
        Dynamic::Bytes(bytes) => bytes.len() < SHORT,
        Dynamic::Tuple(items) => {
            depth.checked_sub(1).is_some_and(|depth| items.iter().all(|item| is_inline(item, depth)))
        }
        Dynamic::Dict(entries) => depth
            .checked_sub(1)
            .is_some_and(|depth| entries.iter().all(|(key, value)| is_inline(key, depth) && is_inline(value, depth))),
        _ => false,
    }
}

/// One msgpack value.
pub(super) fn inline(value: &Dynamic, writer: &mut Writer<'_>) -> Result<()> {
    match value {
        Dynamic::None => write::nil(&mut writer.out),
        Dynamic::Bool(value) => write::bool(&mut writer.out, *value),
        Dynamic::Int(number) => write::int(&mut writer.out, *number),
        Dynamic::Float(number) => write::f64(&mut writer.out, *number),
        Dynamic::Str(text) => return writer.text(text),
        Dynamic::Bytes(bytes) => return write::bin(&mut writer.out, bytes),
        Dynamic::Wide(number) => match number.to_u64() {
            Some(number) => write::uint(&mut writer.out, number),
            None => return Err(Error::new(ErrorKind::Unsupported, "an integer beyond 64 bits is no msgpack value")),
        },
        Dynamic::Tuple(items) => return crate::bulk::write_inline_each(items.len(), &|i| &items[i], writer),
        Dynamic::Dict(entries) => {
            check_keys(entries.iter().map(|(key, _)| key))?;
            writer.descend()?;
            writer.map_len(entries.len())?;
            for (key, value) in entries {
                write_key(key, writer)?;
                inline(value, writer).map_err(|e| at(e, key))?;
            }
            writer.ascend();
        }
        other => return Err(not_inline(&format!("a {}", other.kind()))),
    }
    Ok(())
}

/// A key of a dict: what is one msgpack value and can be a key in Python.
fn write_key(key: &Dynamic, writer: &mut Writer<'_>) -> Result<()> {
    needs_key(key)?;
    inline(key, writer)
}

fn needs_key(key: &Dynamic) -> Result<()> {
    if is_key(key, DEEPEST) {
        return Ok(());
    }
    let text = format!("a dict with a {} as a key, or in one, has no form in msgpack", key.kind());
    Err(Error::new(ErrorKind::Unsupported, text).with_help("the value can be forwarded as it came"))
}

fn is_key(key: &Dynamic, depth: u16) -> bool {
    match key {
        Dynamic::Tuple(items) => depth.checked_sub(1).is_some_and(|depth| items.iter().all(|item| is_key(item, depth))),
        Dynamic::Bytes(_) | Dynamic::Str(_) => true,
        Dynamic::Dict(_) => false,
        other => is_inline(other, depth),
    }
}

/// An error if a key is there twice: whoever reads it keeps one of them.
pub(super) fn check_keys<'d>(keys: impl ExactSizeIterator<Item = &'d Dynamic>) -> Result<()> {
    if keys.len() < 2 {
        return Ok(());
    }
    let (mut texts, mut others) = (HashSet::new(), HashSet::new());
    for key in keys {
        let is_new = match key {
            Dynamic::Str(text) => texts.insert(text.as_str()),
            key if is_key(key, DEEPEST) => {
                let mut writer = Writer::new(&crate::Encoder::DEFAULT);
                inline(key, &mut writer)?;
                others.insert(writer.out)
            }
            _ => true,
        };
        if !is_new {
            return Err(at(Error::new(ErrorKind::DuplicateField, "a key is there twice"), key));
        }
    }
    Ok(())
}

/// The place of a key in the path of an error.
fn at(error: Error, key: &Dynamic) -> Error {
    error.at_key(key)
}

/// A whole header and its frames.
pub(super) fn entry<'a>(value: &'a Dynamic, writer: &mut Writer<'a>) -> Result<()> {
    match value {
        Dynamic::None | Dynamic::Bool(_) | Dynamic::Int(_) | Dynamic::Float(_) => writer.msgpack_entry(value),
        Dynamic::Wide(number) => match number.to_u64() {
            Some(_) => writer.msgpack_entry(value),
            None => wide::write_pickled(number.as_le_bytes(), writer),
        },
        Dynamic::Complex(real, imaginary) => {
            wide::write_pickle(complex(*real, *imaginary), writer);
            Ok(())
        }
        Dynamic::Str(text) => text.write_entry(writer),
        Dynamic::Bytes(bytes) => bytes.write_entry(writer),
        Dynamic::ByteArray(bytes) => {
            write_mutable(bytes.clone(), writer);
            Ok(())
        }
        Dynamic::Array(array) => array.write_entry(writer),
        Dynamic::Tuple(_) if is_inline(value, DEEPEST) => writer.msgpack_entry(value),
        Dynamic::Dict(_) if is_inline(value, DEEPEST) => writer.msgpack_entry(value),
        Dynamic::List(items) => many("list", None, items, writer),
        Dynamic::Tuple(items) => many("tuple", None, items, writer),
        Dynamic::Set(items) => many("set", None, items, writer),
        Dynamic::FrozenSet(items) => many("set", Some(FROZENSET), items, writer),
        Dynamic::Dict(entries) => {
            check_keys(entries.iter().map(|(key, _)| key))?;
            collection::write(writer, DICT, None, |items| {
                entries.iter().try_for_each(|(key, value)| {
                    needs_key(key)?;
                    items.keyed(key, value).map_err(|e| at(e, key))
                })
            })
        }
        Dynamic::Table(table) => write_table(table, writer),
        Dynamic::Object(object) => write_object(object, writer),
        Dynamic::Other(closed) => closed.value.write_entry(writer),
    }
}

fn many<'a>(kind: &str, name: Option<&str>, items: &'a [Dynamic], writer: &mut Writer<'a>) -> Result<()> {
    collection::write(writer, kind, name, |out| items.iter().try_for_each(|item| out.push(item)))
}

/// `complex(real, imaginary)` as protocol 4 has it, but for memos, which nobody asks for.
const COMPLEX: &[u8] = b"\x80\x04\x8c\x08builtins\x8c\x07complex\x93";

fn complex(real: f64, imaginary: f64) -> Vec<u8> {
    let mut pickle = COMPLEX.to_vec();
    for number in [real, imaginary] {
        pickle.push(b'G');
        pickle.extend_from_slice(&number.to_be_bytes());
    }
    pickle.extend_from_slice(b"\x86R.");
    pickle
}

/// The number of the pickle that is written here.
pub(super) fn read_complex(pickle: &[u8]) -> Option<Dynamic> {
    let rest = pickle.strip_prefix(COMPLEX)?.strip_prefix(b"G")?;
    let (real, rest) = rest.split_first_chunk()?;
    let (imaginary, rest) = rest.strip_prefix(b"G")?.split_first_chunk()?;
    (rest == b"\x86R.").then(|| Dynamic::Complex(f64::from_be_bytes(*real), f64::from_be_bytes(*imaginary)))
}

// ------------------------------------------------------------------------------------------------------- objects

/// Classes that have forms of their own: their generic form would be read as something else.
const SPECIAL: [(&str, &str); 7] = [
    ("builtins", "bytes"),
    ("builtins", "bytearray"),
    ("numpy", "ndarray"),
    ("numpy", "matrix"),
    ("numpy.ma", "MaskedArray"),
    ("rust::frames", "Packed"),
    DESCRIBED,
];

fn write_object<'a>(object: &'a Object, writer: &mut Writer<'a>) -> Result<()> {
    let class = &object.class;
    let attributes = &object.attributes;
    check_names(attributes.iter().map(|(name, _)| &**name))?;
    if object.kind != ObjectKind::Instance {
        head("frames::Described", DESCRIBED, 1, writer)?;
        attributes_of(attributes, writer)?;
        writer.raw(b"\xa9described\x93");
        writer.text(&class.module)?;
        writer.text(&class.qualname)?;
        return writer.text(object.kind.as_str());
    }
    if masked::write(object, writer)? {
        return Ok(());
    }
    let is_dict = class.is("builtins", "dict") && object.type_name.as_deref().is_none_or(|name| name == DICT);
    if is_dict || SPECIAL.iter().any(|(module, name)| class.is(module, name)) {
        let text = format!("an instance of {class}, which has a form of its own, is no object with attributes");
        return Err(Error::new(ErrorKind::Unsupported, text));
    }
    if class.module.is_empty() || class.qualname.is_empty() {
        return Err(Error::new(ErrorKind::Unsupported, "a class has a module and a name"));
    }
    let name = match &object.type_name {
        Some(name) => name,
        None => &class.to_string(),
    };
    head(name, (&class.module, &class.qualname), 0, writer)?;
    attributes_of(attributes, writer)
}

fn attributes_of<'a>(attributes: &'a [(String, Dynamic)], writer: &mut Writer<'a>) -> Result<()> {
    let is_simple: Vec<bool> = attributes.iter().map(|(_, value)| value.is_inline()).collect();
    let inline_ones = || attributes.iter().zip(&is_simple).filter(|(_, is_simple)| **is_simple);
    writer.object(
        inline_ones().count(),
        attributes.len(),
        |writer| {
            inline_ones().try_for_each(|((name, value), _)| {
                writer.text(name)?;
                inline(value, writer).map_err(|e| e.at_field(name.clone()))
            })
        },
        |complex| {
            let framed = attributes.iter().zip(&is_simple).filter(|(_, is_simple)| !**is_simple);
            framed.map(|(attribute, _)| attribute).try_for_each(|(name, value)| complex.dynamic(name, value))
        },
    )
}

fn check_names<'d>(mut names: impl Iterator<Item = &'d str>) -> Result<()> {
    let mut seen = HashSet::new();
    match names.find(|name| !seen.insert(*name)) {
        None => Ok(()),
        Some(name) => {
            Err(Error::new(ErrorKind::DuplicateField, "an attribute is there twice").at_field(name.to_owned()))
        }
    }
}

/// The head of an object whose sub-header has `more` keys behind `complex`.
fn head(name: &str, (module, qualname): (&str, &str), more: u8, writer: &mut Writer<'_>) -> Result<()> {
    let class = classref::encode(module, qualname);
    writer.raw(b"\x84\xaaserializer\xa4dask\xa4type");
    writer.text(name)?;
    writer.raw(b"\xaftype-serialized");
    write::bin(&mut writer.out, &class)?;
    writer.raw(b"\xaasub-header");
    writer.raw(&[0x84 + more]);
    writer.raw(b"\xaaserializer\xa4dask\xaftype-serialized");
    write::bin(&mut writer.out, &class)?;
    writer.raw(b"\xa6simple");
    Ok(())
}

/// A dict of columns; what is behind `complex` only Rust reads.
fn write_table<'a>(table: &'a Table, writer: &mut Writer<'a>) -> Result<()> {
    check_keys(table.columns.iter().map(|(name, _)| name))?;
    check_names(table.attributes.iter().map(|(name, _)| &**name))?;
    let more = 1 + u8::from(table.index.is_some()) + u8::from(!table.attributes.is_empty());
    let dict = ClassRef::new("builtins", DICT);
    head(table.origin.as_deref().unwrap_or(DICT), (&dict.module, &dict.qualname), more, writer)?;
    let base = writer.frames.len();
    writer.object(
        0,
        table.columns.len(),
        |_| Ok(()),
        |complex| {
            table.columns.iter().try_for_each(|(name, column)| {
                let mut key = Writer::new(&crate::Encoder::DEFAULT);
                write_key(name, &mut key)?;
                complex.named_entry(&key.out, |writer| entry(column, writer)).map_err(|e| at(e, name))
            })
        },
    )?;
    writer.raw(b"\xa4rows");
    write::uint(&mut writer.out, table.rows);
    writer.descend()?;
    if let Some(index) = &table.index {
        let mut complex = Complex::at(writer, base);
        complex.named_entry(b"\xa5index", |writer| entry(index, writer)).map_err(|e| e.at_field("index"))?;
    }
    if !table.attributes.is_empty() {
        let mut complex = Complex::at(writer, base);
        complex.named_entry(b"\xaaattributes", |writer| {
            collection::write(writer, DICT, None, |items| {
                table.attributes.iter().try_for_each(|(name, value)| items.keyed(name, value))
            })
        })?;
    }
    writer.ascend();
    Ok(())
}
