//! The family `pickle` written: a value of the families dask and msgpack as the pickle that makes in Python what Dask would have made of it.
//!
//! So a dict of arrays is a pickled dict of arrays, whose elements travel beside the pickle and are not copied: the frames are those that the
//! value gave, borrowed or shared. What no Python could load is an error.

use crate::graph::{CallKind, Graph};
use crate::node::Buffer;
use crate::numpy::ndarray_over;
use crate::pickle::{Pickle, writeable};
use crate::value::Value;
use crate::write::Writer;
use bytes::Bytes;
use frames_core::__private::{
    ArrayParts, Cursor, Fields, Kind, Number, Slot, collection, entry, entry::ArraySource, entry::Entry,
};
use frames_core::{ClassRef, CollectionKind, Error, ErrorKind, Frame, Frames, Header, HeaderRef, Result};
use std::collections::HashMap;

/// A header and frames as one pickle of protocol 5, and the frames beside it.
pub(crate) fn encode<'f>(header: HeaderRef<'_>, mut frames: Frames<'f>) -> Result<(Header, Frames<'f>)> {
    let mut builder = Builder { graph: Graph::new(), beside: Vec::new(), texts: HashMap::new() };
    let mut cursor = header.cursor();
    let root = builder.entry(&mut cursor, frames.slots_mut())?;
    builder.graph.set_root(root);
    let pickle = Writer::new().out_of_band(|_| true).write(&builder.graph)?;
    let header = pickle.header()?;
    let Pickle { bytes, buffers } = pickle;
    let mut out = Frames::from(Frame::from(bytes));
    for buffer in buffers {
        out.push(builder.frame(&buffer)?);
    }
    Ok((header, out))
}

struct Builder<'f> {
    graph: Graph<'static>,
    /// What the buffers of the graph stand for: each holds its index here.
    beside: Vec<Frame<'f>>,
    /// Names of fields, each one object, as Python has them.
    texts: HashMap<String, Value>,
}

impl<'f> Builder<'f> {
    /// A buffer that stands for a frame.
    fn stand_in(&mut self, frame: Frame<'f>, writeable: bool) -> Buffer {
        let index = self.beside.len() as u64;
        self.beside.push(frame);
        let buffer = Buffer::from(Bytes::copy_from_slice(&index.to_le_bytes()));
        if writeable { buffer } else { buffer.read_only() }
    }

    /// The frame for which a buffer stands. A pickle may name one buffer often.
    fn frame(&self, buffer: &Buffer) -> Result<Frame<'f>> {
        let index = <[u8; 8]>::try_from(&buffer.bytes()[..]).ok().map(u64::from_le_bytes);
        let frame = index.and_then(|index| self.beside.get(usize::try_from(index).ok()?));
        frame.cloned().ok_or_else(|| Error::new(ErrorKind::Invalid, "a buffer of the pickle is no frame"))
    }

    fn text(&mut self, text: &str) -> Value {
        if let Some(value) = self.texts.get(text) {
            return *value;
        }
        let value = self.graph.str(text);
        self.texts.insert(text.to_owned(), value);
        value
    }

    /// A value with a header of its own.
    fn entry(&mut self, cursor: &mut Cursor<'_>, slots: &mut [Slot<'f>]) -> Result<Value> {
        cursor.descend()?;
        let head = *cursor;
        let value = match Entry::read(cursor)? {
            Entry::Msgpack if is_list(head)? => entry::read_msgpack(cursor, slots, |inner| {
                let items = self.items(inner)?;
                Ok(self.graph.list(&items))
            })?,
            Entry::Msgpack => entry::read_msgpack(cursor, slots, |inner| self.plain(inner))?,
            Entry::Collection(items) => self.collection(items, slots)?,
            Entry::Object(mut sub) => self.fields(&mut sub, slots)?,
            Entry::Array(array) => self.array(&array, slots)?,
            Entry::Bytes { mutable } => {
                let bytes = joined(slots)?;
                if mutable { self.graph.bytearray(&bytes) } else { self.graph.bytes(&bytes) }
            }
            Entry::Class(class) => {
                let name = class.class()?;
                if name.is("numpy.ma", "MaskedArray") || name.is("numpy.ma.core", "MaskedArray") {
                    self.masked(class.sub(), slots)?
                } else if name.is("numpy.ma.core", "MaskedConstant") {
                    let class = self.graph.global("numpy.ma.core", "MaskedConstant");
                    self.graph.call(CallKind::Reduce, class, &[])?
                } else if !name.module.starts_with("rust::") && class.is_object()? {
                    let state = self.fields(&mut class.sub(), slots)?;
                    self.instance(&name, state)?
                } else {
                    let text = format!("an object of the class {name} has no form that Python's pickle knows");
                    return Err(Error::new(ErrorKind::Unsupported, text)
                        .with_help("the family dask has: `Encoder::families([\"dask\", \"msgpack\", \"pickle\"])`"));
                }
            }
            Entry::Foreign(foreign) if foreign.family() == "pickle" => {
                let pickle = foreign.header();
                let frames = foreign.frames(slots)?;
                self.pickle(pickle, frames)?
            }
            Entry::Foreign(foreign) => {
                let text = format!("a value of the family {:?} cannot be a part of a pickle", foreign.family());
                return Err(Error::new(ErrorKind::Unsupported, text));
            }
            Entry::Error => return Err(Error::new(ErrorKind::Unsupported, "an error of a peer cannot be pickled")),
        };
        cursor.ascend();
        Ok(value)
    }

    /// A msgpack value: its arrays are tuples, as Dask reads them.
    fn plain(&mut self, cursor: &mut Cursor<'_>) -> Result<Value> {
        Ok(match cursor.kind()? {
            Kind::Nil => {
                cursor.take_nil();
                Value::NONE
            }
            Kind::Bool => cursor.bool()?.into(),
            Kind::Int | Kind::Float => match cursor.number("a number")? {
                Number::Unsigned(number) => self.graph.big_int(&i128::from(number).to_le_bytes()),
                Number::Signed(number) => self.graph.int(number),
                Number::F32(number) => self.graph.float(number.into()),
                Number::F64(number) => self.graph.float(number),
            },
            Kind::Text => self.graph.str(cursor.str()?),
            Kind::Bytes => self.graph.bytes(cursor.bin()?),
            Kind::Array => {
                let items = self.items(cursor)?;
                self.graph.tuple(&items)
            }
            Kind::Map => {
                cursor.descend()?;
                let len = cursor.map()?;
                let mut entries = Vec::new();
                for _ in 0..len {
                    let key = self.key(cursor)?;
                    let shown = *cursor;
                    entries.push((key, self.plain(cursor).map_err(|e| e.at_key(collection::Shown(shown)))?));
                }
                cursor.ascend();
                self.graph.dict(&entries)
            }
            Kind::Ext => {
                return Err(Error::new(ErrorKind::Unsupported, "an extension of msgpack has no form in pickles"));
            }
        })
    }

    fn items(&mut self, cursor: &mut Cursor<'_>) -> Result<Vec<Value>> {
        cursor.descend()?;
        let len = cursor.array()?;
        let items = (0..len).map(|index| self.plain(cursor).map_err(|e| e.at_index(index)));
        let items = items.collect::<Result<Vec<Value>>>()?;
        cursor.ascend();
        Ok(items)
    }

    /// A key of a dict: often the same text again.
    fn key(&mut self, cursor: &mut Cursor<'_>) -> Result<Value> {
        match cursor.kind()? {
            Kind::Text => Ok(self.text(cursor.str()?)),
            _ => self.plain(cursor),
        }
    }

    fn collection(&mut self, items: collection::Collection<'_>, slots: &mut [Slot<'f>]) -> Result<Value> {
        let (kind, mut keys, mut values) = (items.kind(), Vec::new(), Vec::new());
        items.for_each(slots, |index, header, slots| {
            if kind == CollectionKind::Dict {
                let mut key = collection::key_of(*header).map_err(|e| e.at_index(index))?;
                let shown = key;
                keys.push(self.key(&mut key).map_err(|e| e.at_index(index))?);
                values.push(self.entry(header, slots).map_err(|e| e.at_key(collection::Shown(shown)))?);
            } else {
                values.push(self.entry(header, slots).map_err(|e| e.at_index(index))?);
            }
            Ok(())
        })?;
        Ok(match kind {
            CollectionKind::List => self.graph.list(&values),
            CollectionKind::Tuple => self.graph.tuple(&values),
            CollectionKind::Set => self.graph.set(&values),
            CollectionKind::Dict => {
                let entries: Vec<(Value, Value)> = keys.into_iter().zip(values).collect();
                self.graph.dict(&entries)
            }
        })
    }

    /// The layout of an object, as a dict.
    fn fields(&mut self, sub: &mut Cursor<'_>, slots: &mut [Slot<'f>]) -> Result<Value> {
        let mut entries = Vec::new();
        Fields::layout(sub, slots, &mut |fields| {
            while let Some(name) = fields.name()? {
                let key = self.text(name);
                // Both take `self`, and one of them is called.
                let this = std::cell::RefCell::new(&mut *self);
                let value = fields.named_value(
                    name,
                    |cursor| this.borrow_mut().plain(cursor),
                    |cursor, slots| this.borrow_mut().entry(cursor, slots),
                )?;
                entries.push((key, value));
            }
            Ok(())
        })?;
        Ok(self.graph.dict(&entries))
    }

    /// As pickle makes an instance: without a call of `__init__`.
    fn instance(&mut self, class: &ClassRef<'_>, state: Value) -> Result<Value> {
        let class = self.graph.global(&class.module, &class.qualname);
        let object = self.graph.call(CallKind::NewObj, class, &[])?;
        self.graph.build(object, state)?;
        Ok(object)
    }

    fn array(&mut self, source: &ArraySource<'_>, slots: &mut [Slot<'f>]) -> Result<Value> {
        let ArrayParts { class, dtype, shape, strides, writeable, frame, .. } = ArrayParts::read(source, slots)?;
        if !matches!(class, "numpy.ndarray" | "numpy.matrix") {
            let text = format!("a {class} has no form in pickles that is not a copy");
            return Err(Error::new(ErrorKind::Unsupported, text).with_help("the family dask has one"));
        }
        let buffer = self.stand_in(frame, writeable);
        let buffer = self.graph.buffer(buffer);
        let array = ndarray_over(&mut self.graph, &dtype, &shape, &strides, buffer);
        if class == "numpy.ndarray" {
            return Ok(array);
        }
        let class = self.graph.global("numpy", "asmatrix");
        self.graph.call(CallKind::Reduce, class, &[array])
    }

    /// `numpy.ma.MaskedArray(data, mask, …, fill_value)`: every numpy knows this call.
    fn masked(&mut self, mut sub: Cursor<'_>, slots: &mut [Slot<'f>]) -> Result<Value> {
        let (mut data, mut mask, mut frames, mut fill) = (None, None, 0, None);
        for _ in 0..sub.map()? {
            let key = sub.str()?;
            match key {
                "data-header" => data = Some(sub),
                "mask-header" => mask = Some(sub),
                "nframes" => frames = usize::try_from(sub.count()?).unwrap_or(usize::MAX),
                "fill-value" => fill = Some(sub),
                _ => {}
            }
            if key != "nframes" {
                sub.skip()?;
            }
        }
        let have = slots.len();
        let (Some(data), Some((of_data, of_mask))) = (data, slots.split_at_mut_checked(frames)) else {
            return Err(Error::new(
                ErrorKind::Invalid,
                format!("a masked array has data of {frames} of {have} frames"),
            ));
        };
        let data = self.array(&ArraySource::numpy(data), of_data)?;
        let mask = match mask {
            Some(mask) => self.array(&ArraySource::numpy(mask), of_mask)?,
            None => self.graph.global("numpy.ma", "nomask"),
        };
        let fill = match fill {
            Some(mut fill) => self.fill(&mut fill)?,
            None => Value::NONE,
        };
        let class = self.graph.global("numpy.ma", "MaskedArray");
        let args = [data, mask, Value::NONE, false.into(), true.into(), 0.into(), fill];
        self.graph.call(CallKind::Reduce, class, &args)
    }

    /// `[False, value]`, or `[True, pickle]`.
    fn fill(&mut self, cursor: &mut Cursor<'_>) -> Result<Value> {
        if cursor.array()? != 2 {
            return Err(Error::new(ErrorKind::Invalid, "the key `fill-value` of a masked array is a pair"));
        }
        if !cursor.bool()? {
            return self.plain(cursor);
        }
        let graph = crate::read(cursor.bin()?)?;
        self.graph.import_all(&graph)
    }

    /// A part that is a pickle becomes one with the whole, and with what it makes and drops.
    fn pickle(&mut self, header: HeaderRef<'_>, frames: Frames<'f>) -> Result<Value> {
        let mut frames = frames.into_iter();
        let Some(bytes) = frames.next() else {
            return Err(Error::new(ErrorKind::FrameCount, "a value of this family has a pickle in its first frame"));
        };
        // The frames stay what they are: the graph is read over stand-ins.
        let frames: Vec<Frame<'f>> = frames.collect();
        let writeable = writeable(header, frames.len())?;
        let pairs = frames.into_iter().zip(writeable);
        let stand_ins: Vec<Buffer> = pairs.map(|(frame, writeable)| self.stand_in(frame, writeable)).collect();
        let graph = crate::Reader::new().buffers(stand_ins).read(&bytes)?;
        self.graph.import_all(&graph)
    }
}

/// True for a msgpack array that frames-core has marked: a list, and no tuple.
fn is_list(mut head: Cursor<'_>) -> Result<bool> {
    for _ in 0..head.map()? {
        let key = head.value()?;
        if key == b"\xa4list" {
            return head.bool();
        }
        head.skip()?;
    }
    Ok(false)
}

/// Python's `bytes` lie in the pickle: a copy.
fn joined(slots: &mut [Slot<'_>]) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for slot in slots {
        match slot.take() {
            Some(frame) => bytes.extend_from_slice(&frame),
            None => return Err(Error::new(ErrorKind::FrameCount, "a frame was taken before")),
        }
    }
    Ok(bytes)
}
