//! A value of a graph in the families dask and msgpack: what a decoder of frames-core reads in place of the pickle.
//!
//! Plain values are msgpack; dates, decimals and the like their class and fields; arrays are Dask's arrays, over the same buffers; what holds them is a collection; an instance is
//! a generic object that keeps the name of its class. What has no such form is an error that names it, and nothing is left out.

mod coo;
mod scalar;
mod write;

use crate::budget::{Budget, VALUE, part_of};
use crate::graph::{CallKind, Graph, Step};
use crate::known::{self, ArrayItem, Known};
use crate::node::{Node, Object};
use crate::numpy::{self, ArrayData, ObjectArray};
use crate::pandas::Pandas;
use crate::pickle::Pickle;
#[cfg(feature = "arrow")]
use crate::pyarrow::ChunkedArray;
use crate::registry::Registry;
use crate::value::Value;
use bytes::Bytes;
use coo::Coo;
use frames_core::__private::python::{Scalar, class_header};
use frames_core::python;
use frames_core::rmpv;
use frames_core::{
    ClassRef, DType, Error, ErrorKind, FillValue, FrameSerialize, MaskedArray, MaskedConstant, NdArray, Result,
};
use scalar::{fill, scalar};
use std::path::Path;

/// How deep values may nest. Decoders have a limit of their own, which is lower.
const DEPTH: usize = 64;

/// From here on bytes are a frame of their own, and not copied into a header.
const LONG: usize = 256;

/// What the head of an array of Arrow takes in a stream, and what each of its buffers takes there beside its bytes.
#[cfg(feature = "arrow")]
const MESSAGE: usize = 256;
#[cfg(feature = "arrow")]
const BUFFER: usize = 64;

#[derive(Debug)]
pub(crate) enum Part {
    Plain(rmpv::Value),
    /// An integer that msgpack cannot say.
    Wide(Vec<u8>),
    Bytes(Bytes),
    Array(Box<NdArray>),
    Masked(Box<MaskedArray>),
    Many(&'static str, Vec<Part>),
    Dict(Vec<(rmpv::Value, Part)>),
    Object(Box<ClassRef<'static>>, Vec<(String, Part)>),
    Coo(Box<Coo>),
    /// A date, a decimal and the like: its whole header, which has no frames.
    Scalar(Vec<u8>),
    /// Of pyarrow, or else of pandas.
    #[cfg(feature = "arrow")]
    Table(Box<frames_core::arrow::Table>, bool),
    /// One array of pyarrow, by the name of its class.
    #[cfg(feature = "arrow")]
    Chunks(Box<frames_core::arrow::ChunkedArray>, &'static str),
}

/// The root of a graph that was read from `pickle`.
pub(crate) fn translate<'g>(graph: &'g Graph<'g>, pickle: &'g Pickle) -> Result<Part> {
    Builder { graph, pickle: &pickle.bytes, budget: Budget::of(pickle), readers: Pandas::new(graph) }
        .part(graph.root(), DEPTH)
}

struct Builder<'g> {
    graph: &'g Graph<'g>,
    pickle: &'g Bytes,
    budget: Budget,
    /// Of all arrays and tables, which may share their parts.
    readers: Pandas<'g>,
}

impl<'g> Builder<'g> {
    fn part(&mut self, value: Value, depth: usize) -> Result<Part> {
        self.budget.charge(VALUE)?;
        let Some(depth) = depth.checked_sub(1) else {
            let text = format!("the pickle nests values more than {DEPTH} deep, or one in itself");
            return Err(Error::new(ErrorKind::Limit, text));
        };
        let graph = self.graph;
        Ok(match graph.node(value) {
            Node::None => Part::Plain(rmpv::Value::Nil),
            Node::Bool(value) => Part::Plain(value.into()),
            Node::Int(int) => match (int.to_i64(), int.to_u64()) {
                (Some(number), _) => Part::Plain(number.into()),
                (None, Some(number)) => Part::Plain(number.into()),
                (None, None) => {
                    let bytes = int.to_le_bytes();
                    self.budget.charge(bytes.len())?;
                    Part::Wide(bytes)
                }
            },
            Node::Float(number) => Part::Plain(number.into()),
            Node::Str(text) => match text.as_str() {
                Some(text) => {
                    self.budget.charge(text.len())?;
                    Part::Plain(text.into())
                }
                None => return Err(Error::new(ErrorKind::Unsupported, "a text with lone surrogates is no UTF-8")),
            },
            // Shared here, and copied by who wants them as a `Vec`.
            Node::Bytes(bytes) | Node::ByteArray(bytes) => {
                self.budget.charge(bytes.len())?;
                Part::Bytes(part_of(bytes, self.pickle))
            }
            Node::Buffer(bytes, _) => {
                self.budget.charge(bytes.len())?;
                Part::Bytes(bytes.clone())
            }
            Node::Tuple(items) => self.many("tuple", items.iter().copied(), depth)?,
            Node::FrozenSet(items) => self.many("set", items.iter().copied(), depth)?,
            Node::List(items) => self.many("list", items, depth)?,
            Node::Set(items) => self.many("set", items, depth)?,
            Node::Dict(entries) => self.pairs(entries, depth)?,
            Node::Object(object) => self.object(value, object, depth)?,
            Node::Global(global) => {
                let text = format!("{global:?} is a class or function, which is Python's own");
                return Err(Error::new(ErrorKind::Unsupported, text));
            }
            Node::Persistent(_) => return Err(Error::new(ErrorKind::Unsupported, "an object behind a persistent id")),
            Node::Extension(code) => {
                return Err(Error::new(ErrorKind::Unsupported, format!("a global behind the extension code {code}")));
            }
        })
    }

    fn many(&mut self, kind: &'static str, items: impl Iterator<Item = Value>, depth: usize) -> Result<Part> {
        let items: Vec<Value> = items.collect();
        let mut made = self.budget.room(items.len())?;
        for (index, item) in items.into_iter().enumerate() {
            made.push(self.part(item, depth).map_err(|e| e.at_index(index))?);
        }
        Ok(collapsed(made, kind))
    }

    fn pairs(&mut self, pairs: impl Iterator<Item = (Value, Value)>, depth: usize) -> Result<Part> {
        let pairs: Vec<(Value, Value)> = pairs.collect();
        let mut made: Vec<(rmpv::Value, Part)> = self.budget.room(pairs.len())?;
        for (key, value) in pairs {
            let Ok(plain) = self.part(key, depth)?.into_plain() else {
                let error = Error::new(ErrorKind::Unsupported, "a key that is no plain value");
                return Err(error.at_key(self.shown(key)));
            };
            match self.part(value, depth) {
                Ok(value) => made.push((plain, value)),
                Err(error) => return Err(error.at_key(self.shown(key))),
            }
        }
        if made.iter().all(|(_, value)| value.is_small()) {
            let pairs = made.into_iter().map(|(key, value)| (key, value.into_plain().unwrap_or(rmpv::Value::Nil)));
            return Ok(Part::Plain(rmpv::Value::Map(pairs.collect())));
        }
        Ok(Part::Dict(made))
    }

    /// A key in the path of an error.
    fn shown(&self, key: Value) -> Shown {
        Shown(match self.graph.node(key) {
            Node::Str(text) => format!("{:?}", text.to_string_lossy()),
            Node::Int(int) => int.to_string(),
            _ => "a key".to_owned(),
        })
    }

    fn object(&mut self, value: Value, object: Object<'g>, depth: usize) -> Result<Part> {
        if numpy::is_masked_constant(self.graph, value) {
            let (header, _) = MaskedConstant.serialize()?;
            return Ok(Part::Scalar(header.as_bytes().to_vec()));
        }
        // A memoryview, as Dask has it pickled: the bytes in the pickle are shared.
        if let (Some(("builtins", "bytes")), CallKind::Reduce, Node::Tuple([bytes])) =
            (object.path(), object.kind(), self.graph.node(object.args()))
        {
            if object.steps().next().is_none() && matches!(self.graph.node(*bytes), Node::Bytes(_)) {
                return self.part(*bytes, depth);
            }
        }
        match Registry::standard().construct_with(&mut self.readers, value) {
            Ok(Known::NdArray(array)) => {
                self.budget.array(&array)?;
                Ok(Part::Array(array))
            }
            Ok(made) => self.known(made, object, depth),
            // Instances of classes that nobody knows are their attributes.
            Err(error) if error.kind() == ErrorKind::UnknownType => self.class(object, depth),
            Err(error) => Err(error),
        }
    }

    /// What the registry makes, if it has a form in the families dask and msgpack.
    fn known(&mut self, made: Known, object: Object<'g>, depth: usize) -> Result<Part> {
        match made {
            Known::NumpyArray(array) => match (array.data, &*array.class) {
                (ArrayData::Plain(plain), "numpy.matrix" | "numpy.matrixlib.defmatrix.matrix") => {
                    self.budget.array(&plain)?;
                    Ok(Part::Array(Box::new(plain.into_matrix()?)))
                }
                // As Dask does, and Python then has a plain array.
                (ArrayData::Plain(plain), "numpy.rec.recarray" | "numpy.recarray" | "numpy.char.chararray") => {
                    self.budget.array(&plain)?;
                    Ok(Part::Array(Box::new(plain)))
                }
                (ArrayData::Objects(objects), "numpy.ndarray") => self.objects(&objects, depth),
                (_, class) => Err(no_form(class)),
            },
            Known::MaskedArray(array) => self.masked(*array),
            Known::Scalar(array) => {
                self.budget.array(&array)?;
                scalar(*array)
            }
            Known::Array(array) => self.numbers(&array),
            Known::Bytes(bytes) | Known::ByteArray(bytes) => {
                self.budget.charge(bytes.len())?;
                Ok(Part::Bytes(bytes.into()))
            }
            Known::Dict(entries) | Known::OrderedDict(entries) | Known::Counter(entries) | Known::UserDict(entries) => {
                self.pairs(entries.into_iter(), depth)
            }
            Known::DefaultDict(dict) => self.pairs(dict.entries.into_iter(), depth),
            Known::List(items) | Known::UserList(items) => self.many("list", items.into_iter(), depth),
            Known::Deque(deque) => self.many("list", deque.items.into_iter(), depth),
            Known::Set(items) | Known::FrozenSet(items) => self.many("set", items.into_iter(), depth),
            Known::Namespace(fields) => {
                let field = |(name, value): (String, Value)| {
                    self.budget.charge(VALUE + name.len())?;
                    let part = self.part(value, depth).map_err(|e| e.at_field(name.clone()))?;
                    Ok((name, part))
                };
                let fields = fields.into_iter().map(field).collect::<Result<_>>()?;
                Ok(Part::Object(Box::new(ClassRef::new("types", "SimpleNamespace")), fields))
            }
            Known::Path(path) => match path.to_path_buf().as_deref().and_then(Path::to_str) {
                Some(path) => Ok(Part::Plain(path.into())),
                None => Err(Error::new(ErrorKind::Unsupported, "a path that is no Unicode, or of another system")),
            },
            Known::Date(date) => self.scalar(&date),
            Known::Time(time) => self.scalar(&python::Time::try_from(&time)?),
            Known::DateTime(when) => self.scalar(&python::DateTime::try_from(&when)?),
            Known::TimeDelta(delta) => self.scalar(&delta),
            Known::Decimal(number) => self.scalar(&number),
            Known::Uuid(uuid) => self.scalar(&uuid),
            Known::Complex(number) => self.scalar(&number),
            Known::Fraction(fraction) => {
                let fraction = python::Fraction::from(fraction);
                // It was checked for lowest terms, and will be again: in time that grows with the square.
                let len = fraction.numerator().len().max(fraction.denominator().len());
                self.budget.charge(len.saturating_mul(len) / 8)?;
                self.scalar(&fraction)
            }
            #[cfg(feature = "arrow")]
            Known::DataFrame(frame) => self.table(frame.to_arrow(self.graph)?, false),
            #[cfg(feature = "arrow")]
            Known::Series(series) => self.table(series.to_arrow(self.graph)?, false),
            #[cfg(feature = "arrow")]
            Known::RecordBatch(batch) => self.table(batch.to_arrow()?.into(), true),
            #[cfg(feature = "arrow")]
            Known::Table(table) => self.table(table.to_arrow()?, true),
            #[cfg(feature = "arrow")]
            Known::ArrowArray(array) => {
                let is_plain = array.data_type.storage() == &array.data_type;
                let array = ChunkedArray { data_type: array.data_type.clone(), chunks: vec![*array] };
                self.chunks(&array, if is_plain { "Array" } else { "ExtensionArray" })
            }
            #[cfg(feature = "arrow")]
            Known::ChunkedArray(array) => self.chunks(&array, "ChunkedArray"),
            _ => {
                let name = object.path().map_or("?".to_owned(), |(module, name)| format!("{module}.{name}"));
                Err(no_form(&name))
            }
        }
    }

    /// An `array.array`: an array, or the list of its items that protocols before 3 have.
    fn numbers(&mut self, array: &known::Array) -> Result<Part> {
        if let (Some(bytes), Some(typestr)) = (array.bytes(self.graph), array.typestr()) {
            self.budget.charge(bytes.len())?;
            // A copy, as of all arrays whose bytes are in the pickle: they are not aligned there.
            let bytes = Bytes::copy_from_slice(bytes);
            let array = NdArray::new(DType::parse(typestr)?, &[array.len() as u64], None, bytes)?;
            return Ok(Part::Array(Box::new(array)));
        }
        let mut items = self.budget.room(array.len())?;
        for item in array.items(self.graph) {
            items.push(Part::Plain(match item {
                ArrayItem::Int(number) => match u64::try_from(number) {
                    Ok(number) => number.into(),
                    Err(_) => i64::try_from(number).map_err(|_| no_form("array.array of 64 bits"))?.into(),
                },
                ArrayItem::Float(number) => number.into(),
                ArrayItem::Char(code) => match char::from_u32(code) {
                    Some(char) => char.to_string().into(),
                    None => return Err(no_form("array.array of surrogates")),
                },
            }));
        }
        Ok(collapsed(items, "list"))
    }

    /// An array of Python objects or of texts: a list, of lists if it has more dimensions.
    fn objects(&mut self, array: &ObjectArray, depth: usize) -> Result<Part> {
        let values: Vec<Value> = array.values(self.graph).collect();
        self.rows(array.shape(), &values, depth)
    }

    fn rows(&mut self, shape: &[u64], values: &[Value], depth: usize) -> Result<Part> {
        let Some((&rows, inner)) = shape.split_first() else {
            return match values {
                [value] => self.part(*value, depth),
                _ => Err(Error::new(ErrorKind::Invalid, "an array of objects has not as many items as its shape says")),
            };
        };
        if inner.is_empty() {
            return self.many("list", values.iter().copied(), depth);
        }
        let Some(depth) = depth.checked_sub(1) else {
            return Err(Error::new(ErrorKind::Limit, format!("the pickle nests values more than {DEPTH} deep")));
        };
        let width = (values.len() as u64).checked_div(rows).unwrap_or(0) as usize;
        let mut made = Vec::new();
        for at in 0..rows {
            // Rows without items cost nothing in the pickle.
            self.budget.charge(VALUE)?;
            let start = (at as usize).saturating_mul(width);
            let row = values.get(start..start.saturating_add(width)).unwrap_or_default();
            made.push(self.rows(inner, row, depth)?);
        }
        Ok(collapsed(made, "list"))
    }

    fn masked(&mut self, array: numpy::MaskedArray) -> Result<Part> {
        let numpy::MaskedArray { data: ArrayData::Plain(data), mask, fill_value, class } = array else {
            return Err(no_form("numpy.ma.MaskedArray of objects"));
        };
        if !matches!(&*class, "numpy.ma.MaskedArray" | "numpy.ma.core.MaskedArray") {
            return Err(no_form(&class));
        }
        self.budget.array(&data)?;
        self.budget.array(&mask)?;
        let arrays = &mut self.readers.arrow.arrays;
        let fill_value = match (fill_value, arrays.plain(fill_value)?) {
            (Value::NONE, _) => FillValue::Default,
            (_, Some(item)) => fill(&item)?,
            // One of objects or of another class would be another value if it were left out.
            (_, None) => match arrays.scalar(fill_value)? {
                Some(item) => fill(&item)?,
                None => return Err(no_form("numpy.ma.MaskedArray that is filled with an object")),
            },
        };
        Ok(Part::Masked(Box::new(MaskedArray::new(data, Some(mask))?.with_fill_value(fill_value))))
    }

    /// One of Python's scalar objects, by its class and fields.
    fn scalar(&mut self, object: &impl Scalar) -> Result<Part> {
        let header = class_header(object)?;
        self.budget.charge(header.len())?;
        Ok(Part::Scalar(header))
    }

    #[cfg(feature = "arrow")]
    fn table(&mut self, table: frames_core::arrow::Table, is_arrow: bool) -> Result<Part> {
        self.arrow(table.batches().iter().flat_map(|batch| batch.columns()))?;
        Ok(Part::Table(Box::new(table), is_arrow))
    }

    #[cfg(feature = "arrow")]
    fn chunks(&mut self, array: &ChunkedArray, name: &'static str) -> Result<Part> {
        let array = array.to_chunked()?;
        self.arrow(array.chunks())?;
        Ok(Part::Chunks(Box::new(array), name))
    }

    /// Arrays may share their parts, and are written one by one.
    #[cfg(feature = "arrow")]
    fn arrow<'a>(&mut self, arrays: impl IntoIterator<Item = &'a arrow_array::ArrayRef>) -> Result<()> {
        use arrow_array::Array;
        arrays.into_iter().try_for_each(|array| self.arrow_data(&array.to_data()))
    }

    /// Buffers count as long as they are: of views nobody knows what they use. The nesting of arrays is that of their types, which is bounded.
    #[cfg(feature = "arrow")]
    fn arrow_data(&mut self, data: &arrow_data::ArrayData) -> Result<()> {
        let validity = data.nulls().map_or(0, |nulls| nulls.buffer().len());
        let bytes = data.buffers().iter().map(|buffer| buffer.len().saturating_add(BUFFER));
        self.budget.charge(bytes.fold(validity.saturating_add(MESSAGE), usize::saturating_add))?;
        data.child_data().iter().try_for_each(|child| self.arrow_data(child))
    }

    /// An instance of a class that nobody knows: what pickle itself says of it.
    fn class(&mut self, object: Object<'g>, depth: usize) -> Result<Part> {
        let Some((module, name)) = object.path().or_else(|| object.class_by_value()) else {
            return Err(Error::new(ErrorKind::UnknownType, "an object that no class makes by itself"));
        };
        let Node::Tuple(args) = self.graph.node(object.args()) else {
            return Err(unknown(module, name, "is made of what is no tuple"));
        };
        let steps: Vec<(Step, &[Value])> = object.steps().collect();
        let all_are = |wanted: Step| !steps.is_empty() && steps.iter().all(|(step, _)| *step == wanted);
        let flat: Vec<Value> = steps.iter().flat_map(|(_, items)| items.iter().copied()).collect();
        match (object.kind(), args) {
            (CallKind::NewObj, []) if all_are(Step::SetItems) => {
                let pairs = flat.chunks_exact(2).filter_map(|pair| Some((*pair.first()?, *pair.get(1)?)));
                self.pairs(pairs, depth)
            }
            (CallKind::NewObj, []) if all_are(Step::Append) => self.many("list", flat.into_iter(), depth),
            (CallKind::NewObj, []) if coo::is_coo(module, name) => match *steps {
                [(Step::Build, [state])] => self.coo(module, name, *state, depth),
                _ => Err(unknown(module, name, "has no state")),
            },
            (CallKind::NewObj, []) => self.instance(module, name, &steps, depth),
            // A named tuple.
            (CallKind::NewObj, [_, _, ..]) if steps.is_empty() => self.many("tuple", args.iter().copied(), depth),
            _ => Err(unknown(module, name, "is made by a call that is not known")),
        }
    }

    /// Coordinates, values, shape, and what all other items are.
    fn coo(&mut self, module: &str, name: &str, state: Value, depth: usize) -> Result<Part> {
        let Node::Tuple([coords, data, shape, fill]) = self.graph.node(state) else {
            return Err(unknown(module, name, "has a state that is not known"));
        };
        let parts = [*coords, *data, *shape, *fill].map(|value| self.part(value, depth));
        let [Part::Array(coords), Part::Array(data), Part::Plain(shape), fill] = each(parts)? else {
            return Err(unknown(module, name, "has a state that is not known"));
        };
        let is_zero = match fill {
            Part::Plain(fill) => fill.as_f64() == Some(0.0) || fill.as_bool() == Some(false),
            // A complex number.
            Part::Array(fill) => fill.as_bytes().iter().all(|byte| *byte == 0),
            _ => false,
        };
        if !is_zero {
            // The form that Dask has does not say it.
            return Err(unknown(module, name, "has a fill value that is not zero"));
        }
        let class = ClassRef::new(module.to_owned(), name.to_owned());
        Ok(Part::Coo(Box::new(Coo { class, coords: *coords, data: *data, shape })))
    }

    /// An object that is its attributes: the state is a dict, or a pair of it and that of the slots.
    fn instance(&mut self, module: &str, name: &str, steps: &[(Step, &[Value])], depth: usize) -> Result<Part> {
        self.budget.charge(module.len().saturating_add(name.len()))?;
        let states = match steps {
            [] => vec![],
            [(Step::Build, [state])] => match self.graph.node(*state) {
                Node::Tuple([state, slots]) => vec![*state, *slots],
                _ => vec![*state],
            },
            _ => {
                let text = format!("a pickled {module}.{name} has more than its attributes");
                return Err(Error::new(ErrorKind::UnknownType, text));
            }
        };
        let mut fields: Vec<(String, Part)> = Vec::new();
        for state in states {
            match self.graph.node(state) {
                Node::None => {}
                Node::Dict(entries) => {
                    for (key, value) in entries {
                        let key = match self.graph.node(key) {
                            Node::Str(text) => {
                                self.budget.charge(VALUE + text.as_wtf8().len())?;
                                text.to_string_lossy().into_owned()
                            }
                            _ => return Err(Error::mismatch("the name of an attribute", self.graph.name_of(key))),
                        };
                        let value = self.part(value, depth).map_err(|e| e.at_field(key.clone()))?;
                        fields.push((key, value));
                    }
                }
                _ => {
                    let text = format!("the state of a pickled {module}.{name} is a {}", self.graph.name_of(state));
                    let error = Error::new(ErrorKind::UnknownType, text);
                    return Err(
                        error.with_help("only its class knows what that means; the value can be forwarded unchanged")
                    );
                }
            }
        }
        Ok(Part::Object(Box::new(ClassRef::new(module.to_owned(), name.to_owned())), fields))
    }
}

/// True for an array and an object of a class: a type of Rust may stand for them. A scalar of numpy would come back as an array.
pub(crate) fn is_typed(part: &Part) -> bool {
    match part {
        Part::Array(array) => !array.shape().is_empty(),
        // A frame of pandas would come back as a table.
        #[cfg(feature = "arrow")]
        Part::Table(_, is_arrow) => *is_arrow,
        #[cfg(feature = "arrow")]
        Part::Chunks(..) => true,
        part => matches!(part, Part::Object(..) | Part::Masked(_)),
    }
}

#[cold]
fn no_form(name: &str) -> Error {
    let text = format!("a pickled {name} has no form that decoders of frames-core read");
    Error::new(ErrorKind::Unsupported, text)
        .with_help("frames_pickle::Registry reads it, and the value can be forwarded unchanged")
}

#[cold]
fn unknown(module: &str, name: &str, why: &str) -> Error {
    Error::new(ErrorKind::UnknownType, format!("a pickled {module}.{name} {why}"))
        .with_help("the value can be forwarded unchanged, and frames_pickle::read shows what is in it")
}

/// A list of plain values is one, too.
fn collapsed(items: Vec<Part>, kind: &'static str) -> Part {
    if items.iter().all(Part::is_small) {
        let items = items.into_iter().map(|item| item.into_plain().unwrap_or(rmpv::Value::Nil));
        return Part::Plain(rmpv::Value::Array(items.collect()));
    }
    Part::Many(kind, items)
}

/// All of them, or the first error.
fn each<const N: usize>(parts: [Result<Part>; N]) -> Result<[Part; N]> {
    let mut made = [const { Part::Plain(rmpv::Value::Nil) }; N];
    for (to, part) in made.iter_mut().zip(parts) {
        *to = part?;
    }
    Ok(made)
}

struct Shown(String);

impl std::fmt::Debug for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Part {
    /// True for what is one msgpack value among others.
    fn is_small(&self) -> bool {
        match self {
            Part::Plain(_) => true,
            Part::Bytes(bytes) => bytes.len() < LONG,
            _ => false,
        }
    }

    fn into_plain(self) -> Result<rmpv::Value, Part> {
        match self {
            Part::Plain(value) => Ok(value),
            Part::Bytes(bytes) if bytes.len() < LONG => Ok(rmpv::Value::Binary(bytes.to_vec())),
            other => Err(other),
        }
    }
}
