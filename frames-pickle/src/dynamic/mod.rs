//! A pickle as a [`Dynamic`] of frames-core: straight from the graph, so that lists, tuples and sets stay what they are and integers have all
//! their digits.
//!
//! Arrays and tables are what their packages mean, over the same buffers. What the standard library makes is said in words and numbers;
//! instances of classes that nobody knows are their attributes; every other call shows what it is made of. Nothing is run, and nothing is
//! left out: text that is no UTF-8 is an object with its bytes, and what nests too deep, or in itself, is an error of the kind `Limit`, upon
//! which the value stays closed.

mod tables;

use crate::budget::{Budget, VALUE, part_of};
use crate::graph::{Graph, Step};
use crate::known::call::{Call, Callee, method};
use crate::known::{ArrayItem, Known, TimeDelta, TzInfo};
use crate::node::{Node, Object};
use crate::numpy::{ArrayData, ObjectArray};
use crate::pandas::Pandas;
use crate::pickle::Pickle;
use crate::pyarrow::ChunkedArray;
use crate::registry::Registry;
use crate::text::Text;
use crate::value::Value;
use bytes::Bytes;
use frames_core::dynamic::{self as core, ObjectKind};
use frames_core::{ClassRef, Dynamic, Error, ErrorKind, Frames, HeaderRef, NdArray, Result};
use std::collections::HashSet;
use std::fmt::Display;

/// What the family gives to frames-core.
pub(crate) fn dynamic(header: HeaderRef<'_>, frames: Frames<'static>, depth: u16) -> Result<Dynamic> {
    let pickle = Pickle::from_frames(header, frames)?;
    let graph = pickle.graph()?;
    read(&graph, &pickle, depth)
}

fn read<'g>(graph: &'g Graph<'g>, pickle: &'g Pickle, depth: u16) -> Result<Dynamic> {
    let budget = Budget::of(pickle);
    Builder { graph, pickle: &pickle.bytes, budget, readers: Pandas::new(graph), limit: depth }
        .value(graph.root(), depth)
}

struct Builder<'g> {
    graph: &'g Graph<'g>,
    pickle: &'g Bytes,
    budget: Budget,
    /// Of all arrays and tables, which may share their parts.
    readers: Pandas<'g>,
    limit: u16,
}

/// Attributes by constant names.
type Named = Vec<(&'static str, Dynamic)>;

impl<'g> Builder<'g> {
    fn value(&mut self, value: Value, depth: u16) -> Result<Dynamic> {
        self.budget.charge(VALUE)?;
        let graph = self.graph;
        Ok(match graph.node(value) {
            Node::None => Dynamic::None,
            Node::Bool(value) => value.into(),
            Node::Int(int) => match int.to_i64() {
                Some(number) => number.into(),
                None => {
                    let bytes = int.to_le_bytes();
                    self.budget.charge(bytes.len())?;
                    Dynamic::from_le_bytes(&bytes)
                }
            },
            Node::Float(number) => number.into(),
            Node::Str(text) => self.text(text)?,
            Node::Bytes(bytes) => {
                self.budget.charge(bytes.len())?;
                Dynamic::Bytes(part_of(bytes, self.pickle))
            }
            Node::ByteArray(bytes) => {
                self.budget.charge(bytes.len())?;
                Dynamic::ByteArray(part_of(bytes, self.pickle))
            }
            // As `pickle.loads` makes them of what is not out of band.
            Node::Buffer(bytes, is_read_only) => {
                self.budget.charge(bytes.len())?;
                if is_read_only { Dynamic::Bytes(bytes.clone()) } else { Dynamic::ByteArray(bytes.clone()) }
            }
            Node::Tuple(items) => Dynamic::Tuple(self.many(items.iter().copied(), depth)?),
            Node::FrozenSet(items) => Dynamic::FrozenSet(self.many(items.iter().copied(), depth)?),
            Node::List(items) => Dynamic::List(self.many(items, depth)?),
            Node::Set(items) => Dynamic::Set(self.many(items, depth)?),
            Node::Dict(entries) => self.dict(entries, depth)?,
            Node::Global(global) if global.steps().next().is_some() => {
                return Err(Error::new(ErrorKind::Unsupported, "a class to which a pickle does something"));
            }
            Node::Global(global) => match global.path() {
                Some((module, name)) => self.object(ObjectKind::Name, module, name, Vec::new())?,
                None => return Err(Error::new(ErrorKind::Unsupported, "a class whose name is no UTF-8")),
            },
            Node::Object(object) => self.made(value, object, depth)?,
            Node::Persistent(id) => {
                let depth = self.deeper(depth)?;
                let id = self.value(id, depth)?;
                self.described("pickle", "PersistentId", vec![("id", id)])?
            }
            Node::Extension(code) => self.described("copyreg", "extension", vec![("code", code.into())])?,
        })
    }

    fn deeper(&self, depth: u16) -> Result<u16> {
        depth.checked_sub(1).ok_or_else(|| {
            let text = format!("the pickle nests values more than {} deep here, or one in itself", self.limit);
            Error::new(ErrorKind::Limit, text).with_help("raise `Limits::depth` if that is honest")
        })
    }

    fn text(&mut self, text: Text<'_>) -> Result<Dynamic> {
        self.budget.charge(text.as_wtf8().len())?;
        match text.as_str() {
            Some(text) => Ok(text.into()),
            // Lone surrogates, which Rust's text does not have.
            None => {
                let bytes = part_of(text.as_wtf8(), self.pickle);
                self.described("builtins", "str", vec![("wtf8", bytes.into())])
            }
        }
    }

    fn many(&mut self, items: impl Iterator<Item = Value>, depth: u16) -> Result<Vec<Dynamic>> {
        let depth = self.deeper(depth)?;
        let items: Vec<Value> = items.collect();
        let mut made = self.budget.room(items.len())?;
        for (index, item) in items.into_iter().enumerate() {
            made.push(self.value(item, depth).map_err(|e| e.at_index(index))?);
        }
        Ok(made)
    }

    fn dict(&mut self, entries: impl Iterator<Item = (Value, Value)>, depth: u16) -> Result<Dynamic> {
        let depth = self.deeper(depth)?;
        let entries: Vec<(Value, Value)> = entries.collect();
        let mut made = self.budget.room(entries.len())?;
        for (key, value) in entries {
            let key = self.value(key, depth)?;
            match self.value(value, depth) {
                Ok(value) => made.push((key, value)),
                Err(error) => return Err(error.at_key(&key)),
            }
        }
        Ok(Dynamic::Dict(made))
    }

    fn object(
        &mut self,
        kind: ObjectKind,
        module: &str,
        name: &str,
        attributes: Vec<(String, Dynamic)>,
    ) -> Result<Dynamic> {
        self.budget.charge(VALUE + module.len() + name.len())?;
        let mut object = core::Object::new(ClassRef::new(module.to_owned(), name.to_owned()), attributes);
        object.kind = kind;
        Ok(object.into())
    }

    fn described(&mut self, module: &str, name: &str, attributes: Named) -> Result<Dynamic> {
        self.budget.charge(VALUE * attributes.len())?;
        let attributes = attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        self.object(ObjectKind::Description, module, name, attributes)
    }

    /// What is said in words.
    fn said(&mut self, module: &str, name: &str, text: &dyn Display) -> Result<Dynamic> {
        let text = text.to_string();
        self.budget.charge(text.len())?;
        self.described(module, name, vec![("text", text.into())])
    }

    fn array(&mut self, array: NdArray) -> Result<Dynamic> {
        self.budget.array(&array)?;
        Ok(array.into())
    }

    /// An array of objects.
    fn objects(&mut self, class: &str, array: &ObjectArray, depth: u16) -> Result<Dynamic> {
        let items = Dynamic::List(self.many(array.values(self.graph), depth)?);
        let shape = Dynamic::Tuple(array.shape().iter().map(|&n| n.into()).collect());
        if let Some(dtype) = array.dtype() {
            self.budget.dtype(dtype)?;
        }
        let dtype = array.dtype().map_or("StringDType()".into(), |dtype| dtype.to_string());
        let (module, name) = class.rsplit_once('.').unwrap_or(("", class));
        self.described(module, name, vec![("dtype", dtype.into()), ("shape", shape), ("items", items)])
    }

    /// What a recorded call makes, as far as somebody knows.
    fn made(&mut self, value: Value, object: Object<'g>, depth: u16) -> Result<Dynamic> {
        match Registry::standard().construct_with(&mut self.readers, value) {
            Ok(Known::NdArray(array)) => self.array(*array),
            Ok(known) => self.known(known, object, depth),
            // Of what is too much the rest is not made, either.
            Err(error) if error.kind() == ErrorKind::Limit => Err(error),
            // What is not made as its package makes it is shown as it came, too.
            Err(_) => self.call(object, depth),
        }
    }

    fn known(&mut self, known: Known, object: Object<'g>, depth: u16) -> Result<Dynamic> {
        let deep = |builder: &Self| builder.deeper(depth);
        match known {
            Known::Bytes(bytes) => {
                self.budget.charge(bytes.len())?;
                Ok(Dynamic::Bytes(bytes.into()))
            }
            Known::ByteArray(bytes) => {
                self.budget.charge(bytes.len())?;
                Ok(Dynamic::ByteArray(bytes.into()))
            }
            Known::Set(items) => Ok(Dynamic::Set(self.many(items.into_iter(), depth)?)),
            Known::FrozenSet(items) => Ok(Dynamic::FrozenSet(self.many(items.into_iter(), depth)?)),
            Known::List(items) => Ok(Dynamic::List(self.many(items.into_iter(), depth)?)),
            Known::Dict(entries) => self.dict(entries.into_iter(), depth),
            Known::Complex(number) => Ok(Dynamic::Complex(number.re, number.im)),
            Known::Range(range) => {
                let parts = [("start", range.start), ("stop", range.stop), ("step", range.step)];
                let parts = parts.into_iter().map(|(name, number)| (name, number.into())).collect();
                self.described("builtins", "range", parts)
            }
            Known::Slice(slice) => {
                let depth = deep(self)?;
                let (start, stop) = (self.value(slice.start, depth)?, self.value(slice.stop, depth)?);
                let step = self.value(slice.step, depth)?;
                self.described("builtins", "slice", vec![("start", start), ("stop", stop), ("step", step)])
            }
            Known::Exception(exception) => {
                let deeper = deep(self)?;
                let args = Dynamic::Tuple(self.many(exception.args.into_iter(), deeper)?);
                let mut attributes = vec![("args".to_owned(), args)];
                for (name, value) in exception.attributes {
                    self.budget.charge(VALUE + name.len())?;
                    let value = self.value(value, deeper).map_err(|e| e.at_field(name.clone()))?;
                    attributes.push((name, value));
                }
                self.object(ObjectKind::Description, "builtins", &exception.class, attributes)
            }
            Known::Date(date) => self.said("datetime", "date", &date),
            Known::Time(time) => {
                let mut more = vec![("text", Dynamic::from(time.to_string()))];
                self.zone(time.fold, time.tzinfo.as_ref(), depth, &mut more)?;
                self.described("datetime", "time", more)
            }
            Known::DateTime(datetime) => {
                let mut more = vec![("text", Dynamic::from(datetime.isoformat()))];
                self.zone(datetime.time.fold, datetime.time.tzinfo.as_ref(), depth, &mut more)?;
                self.described("datetime", "datetime", more)
            }
            Known::TimeDelta(delta) => self.delta(delta),
            Known::TzInfo(zone) => self.tzinfo(&zone, depth),
            Known::Decimal(decimal) => self.said("decimal", "Decimal", &decimal),
            Known::Fraction(fraction) => {
                let [numerator, denominator] = [fraction.numerator(), fraction.denominator()]
                    .map(|part| Dynamic::from_le_bytes(&part.to_le_bytes()));
                let parts = vec![("numerator", numerator), ("denominator", denominator)];
                self.described("fractions", "Fraction", parts)
            }
            Known::Uuid(uuid) if uuid.is_safe.is_none() => self.said("uuid", "UUID", &uuid),
            Known::IpAddress(address) => self.named(object, &address),
            Known::IpInterface(network) | Known::IpNetwork(network) => self.named(object, &network),
            Known::OrderedDict(entries) => self.items("OrderedDict", entries, Vec::new(), depth),
            Known::Counter(entries) => self.items("Counter", entries, Vec::new(), depth),
            Known::UserDict(entries) => self.items("UserDict", entries, Vec::new(), depth),
            Known::DefaultDict(dict) => {
                let deeper = deep(self)?;
                let factory = self.value(dict.factory, deeper)?;
                self.items("defaultdict", dict.entries, vec![("default_factory", factory)], depth)
            }
            Known::Deque(deque) => {
                let items = Dynamic::List(self.many(deque.items.into_iter(), deep(self)?)?);
                self.described("collections", "deque", vec![("items", items), ("maxlen", deque.maxlen.into())])
            }
            Known::ChainMap(maps) => {
                let maps = Dynamic::List(self.many(maps.into_iter(), deep(self)?)?);
                self.described("collections", "ChainMap", vec![("maps", maps)])
            }
            Known::UserList(items) => {
                let items = Dynamic::List(self.many(items.into_iter(), deep(self)?)?);
                self.described("collections", "UserList", vec![("items", items)])
            }
            Known::Array(array) => {
                self.budget.charge(array.len().saturating_mul(VALUE))?;
                let items = array.items(self.graph).map(|item| match item {
                    ArrayItem::Int(number) => number.into(),
                    ArrayItem::Float(number) => number.into(),
                    ArrayItem::Char(code) => code.into(),
                });
                let items = Dynamic::List(items.collect());
                let typecode = array.typecode().to_string();
                self.described("array", "array", vec![("typecode", typecode.into()), ("items", items)])
            }
            Known::Pattern(pattern) => {
                self.budget.charge(pattern.pattern.len())?;
                let flags = pattern.flags.into();
                let text = match pattern.as_str() {
                    Some(text) => text.into(),
                    None if pattern.is_bytes => Bytes::from(pattern.pattern).into(),
                    None => return self.call(object, depth),
                };
                self.described("re", "Pattern", vec![("pattern", text), ("flags", flags)])
            }
            Known::Scalar(array) => self.array(*array),
            Known::NumpyArray(array) => match &array.data {
                ArrayData::Plain(data) => {
                    let data = self.array(data.clone())?;
                    let (module, name) = array.class.rsplit_once('.').unwrap_or(("", &array.class));
                    self.described(module, name, vec![("data", data)])
                }
                ArrayData::Objects(objects) => self.objects(&array.class, objects, deep(self)?),
                #[allow(unreachable_patterns, reason = "there may be more")]
                _ => self.call(object, depth),
            },
            Known::MaskedArray(masked) => {
                let depth = deep(self)?;
                let data = match &masked.data {
                    ArrayData::Plain(data) => self.array(data.clone())?,
                    ArrayData::Objects(objects) => self.objects("numpy.ndarray", objects, depth)?,
                };
                let mask = self.array(masked.mask.clone())?;
                let fill = self.value(masked.fill_value, depth)?;
                let fill = plain_number(&fill).unwrap_or(fill);
                let is_dasks = matches!(data, Dynamic::Array(_)) && masked.class.starts_with("numpy.ma.");
                // Of these Dask has a form; one with another class or value of filling is shown.
                let kind = match is_dasks && !matches!(fill, Dynamic::Array(_) | Dynamic::Object(_)) {
                    true => ObjectKind::Instance,
                    false => ObjectKind::Description,
                };
                let (module, name) = match masked.class.rsplit_once('.') {
                    Some(("numpy.ma.core", "MaskedArray")) | None => ("numpy.ma", "MaskedArray"),
                    Some(class) => class,
                };
                let parts = [("data", data), ("mask", mask), ("fill_value", fill)];
                let parts = parts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
                self.object(kind, module, name, parts)
            }
            Known::DType(dtype) => {
                self.budget.dtype(&dtype)?;
                self.said("numpy", "dtype", &dtype)
            }
            Known::DataFrame(frame) => self.frame(&frame, deep(self)?),
            Known::Series(series) => self.series(&series, deep(self)?),
            Known::Index(index) => self.index(&index, depth),
            Known::ArrowArray(array) => {
                self.single(&ChunkedArray { data_type: array.data_type.clone(), chunks: vec![*array] }, depth)
            }
            Known::ChunkedArray(array) => self.single(&array, depth),
            Known::RecordBatch(batch) => self.batch(&batch, deep(self)?),
            Known::Table(table) => self.table(&table, deep(self)?),
            // All others, and what may come, are shown as they are recorded.
            _ => self.call(object, depth),
        }
    }

    /// What has a text, of the class that is called.
    fn named(&mut self, object: Object<'g>, text: &dyn Display) -> Result<Dynamic> {
        let (module, name) = object.path().unwrap_or(("", "?"));
        self.said(module, name, text)
    }

    /// A dict of `collections`.
    fn items(&mut self, name: &str, entries: Vec<(Value, Value)>, mut more: Named, depth: u16) -> Result<Dynamic> {
        let depth = self.deeper(depth)?;
        more.push(("items", self.dict(entries.into_iter(), depth)?));
        self.described("collections", name, more)
    }

    fn delta(&mut self, delta: TimeDelta) -> Result<Dynamic> {
        let parts = vec![
            ("days", delta.days().into()),
            ("seconds", delta.seconds().into()),
            ("microseconds", delta.microseconds().into()),
        ];
        self.described("datetime", "timedelta", parts)
    }

    /// What the text of a time does not say, or not exactly.
    fn zone(&mut self, fold: bool, zone: Option<&TzInfo>, depth: u16, more: &mut Named) -> Result<()> {
        if fold {
            more.push(("fold", true.into()));
        }
        if let Some(zone) = zone {
            let depth = self.deeper(depth)?;
            more.push(("tzinfo", self.tzinfo(zone, depth)?));
        }
        Ok(())
    }

    fn tzinfo(&mut self, zone: &TzInfo, depth: u16) -> Result<Dynamic> {
        match zone {
            TzInfo::Fixed { offset, name } => {
                let mut parts = vec![("offset", self.delta(*offset)?)];
                self.budget.charge(name.as_ref().map_or(0, String::len))?;
                parts.extend(name.as_deref().map(|name| ("name", name.into())));
                self.described("datetime", "timezone", parts)
            }
            TzInfo::Zone { key } => {
                self.budget.charge(key.len())?;
                self.described("zoneinfo", "ZoneInfo", vec![("key", key.as_str().into())])
            }
            TzInfo::Other(value) => self.value(*value, depth),
        }
    }

    // ----------------------------------------------------------------------------------------- classes of others

    /// What nobody knows: an instance with attributes, or all that is recorded of the call.
    fn call(&mut self, object: Object<'g>, depth: u16) -> Result<Dynamic> {
        let depth = self.deeper(depth)?;
        if let (Some(Callee::Method(module, class, name)), None) = (method(self.graph, object), object.steps().next()) {
            return self.object(ObjectKind::Name, module, &format!("{class}.{name}"), Vec::new());
        }
        let call = Call::recorded(self.graph, object);
        let is_checked = call.check().is_ok();
        // As Dask's pickles of a `memoryview` are.
        if let (Callee::Global("builtins", "bytes"), [bytes], None) = (call.callee, call.args, object.steps().next()) {
            if let (Node::Bytes(_) | Node::Buffer(..), true) = (self.graph.node(*bytes), is_checked) {
                let made = self.value(*bytes, depth)?;
                return Ok(if let Dynamic::ByteArray(bytes) = made { bytes.into() } else { made });
            }
        }
        if let (Callee::Global(module, name), true, [], true) = (call.callee, call.is_new, call.args, is_checked) {
            if let Some(attributes) = self.attributes(object, depth)? {
                return self.object(ObjectKind::Instance, module, name, attributes);
            }
        }
        let mut shown: Vec<(String, Dynamic)> = Vec::new();
        let (module, name) = match call.callee {
            Callee::Global(module, name) => (module, name.to_owned()),
            Callee::Method(module, class, name) => (module, format!("{class}.{name}")),
            Callee::Other(callable) => {
                shown.push(("callable".to_owned(), self.value(callable, depth)?));
                ("operator", "call".to_owned())
            }
        };
        match self.graph.node(object.args()) {
            // Of `cls.__new__` without arguments nothing is worth saying.
            Node::Tuple(_) if call.is_new && call.args.is_empty() => {}
            Node::Tuple(_) => {
                let args = self.many(call.args.iter().copied(), depth)?;
                shown.push(("args".to_owned(), Dynamic::Tuple(args)));
            }
            _ => shown.push(("args".to_owned(), self.value(object.args(), depth)?)),
        }
        if let Some(kwargs) = object.kwargs() {
            if !matches!(self.graph.node(kwargs), Node::Dict(entries) if entries.is_empty()) {
                shown.push(("kwargs".to_owned(), self.value(kwargs, depth)?));
            }
        }
        self.steps(object, depth, &mut shown)?;
        self.object(ObjectKind::Call, module, &name, shown)
    }

    /// All that is done to an object behind its call.
    fn steps(&mut self, object: Object<'g>, depth: u16, shown: &mut Vec<(String, Dynamic)>) -> Result<()> {
        let mut steps = object.steps().peekable();
        let mut times = [0usize; 3];
        // What is done again has a number.
        let mut again = |at: usize, name: &str| {
            let n = times.get_mut(at).map_or(1, |n| {
                *n += 1;
                *n
            });
            if n == 1 { name.to_owned() } else { format!("{name} {n}") }
        };
        while let Some((step, items)) = steps.next() {
            let mut flat = items.to_vec();
            if !matches!(step, Step::Build | Step::Setter) {
                // Long ones come in parts.
                while let Some((_, more)) = steps.next_if(|(next, _)| *next == step) {
                    flat.extend_from_slice(more);
                }
            }
            let (name, made) = match (step, &flat[..]) {
                (Step::Append, _) => (again(0, "items"), Dynamic::List(self.many(flat.into_iter(), depth)?)),
                (Step::Add, _) => (again(0, "items"), Dynamic::Set(self.many(flat.into_iter(), depth)?)),
                (Step::SetItems, pairs) => {
                    let pairs = pairs.chunks_exact(2).filter_map(|pair| Some((*pair.first()?, *pair.get(1)?)));
                    let pairs: Vec<_> = pairs.collect();
                    (again(0, "items"), self.dict(pairs.into_iter(), depth)?)
                }
                (Step::Build, [state]) => (again(1, "state"), self.value(*state, depth)?),
                (Step::Setter, [setter, state]) => {
                    let setter = self.value(*setter, depth)?;
                    shown.push((again(2, "setter"), setter));
                    (again(1, "state"), self.value(*state, depth)?)
                }
                _ => return Err(Error::new(ErrorKind::Unsupported, "a step of a pickle that is not known")),
            };
            shown.push((name, made));
        }
        Ok(())
    }

    /// The attributes of an instance that is nothing more: its state is a dict, or a pair of it and that of the slots.
    fn attributes(&mut self, object: Object<'g>, depth: u16) -> Result<Option<Vec<(String, Dynamic)>>> {
        let graph = self.graph;
        let mut steps = object.steps();
        let states = match (steps.next(), steps.next()) {
            (None, _) => return Ok(Some(Vec::new())),
            (Some((Step::Build, [state])), None) => match graph.node(*state) {
                Node::Tuple([state, slots]) => vec![*state, *slots],
                _ => vec![*state],
            },
            _ => return Ok(None),
        };
        let mut fields: Vec<(&'g str, Value)> = Vec::new();
        let mut names = HashSet::new();
        for state in states {
            match graph.node(state) {
                Node::None => {}
                Node::Dict(entries) => {
                    for (key, value) in entries {
                        let Node::Str(text) = graph.node(key) else { return Ok(None) };
                        match text.as_str() {
                            Some(name) if names.insert(name) => fields.push((name, value)),
                            _ => return Ok(None),
                        }
                    }
                }
                _ => return Ok(None),
            }
        }
        let mut attributes = Vec::new();
        for (name, value) in fields {
            self.budget.charge(VALUE + name.len())?;
            let value = self.value(value, depth).map_err(|e| e.at_field(name.to_owned()))?;
            attributes.push((name.to_owned(), value));
        }
        Ok(Some(attributes))
    }
}

/// The number in an array without dimensions.
fn plain_number(value: &Dynamic) -> Option<Dynamic> {
    let array = value.as_array().filter(|array| array.shape().is_empty() && array.dtype().is_native())?;
    Some(match (array.dtype().kind(), array.dtype().itemsize()) {
        ('b', _) => (array.as_bytes().first()? != &0).into(),
        ('i', 8) => (*array.to_vec::<i64>().ok()?.first()?).into(),
        ('i', 4) => (*array.to_vec::<i32>().ok()?.first()?).into(),
        ('i', 2) => i32::from(*array.to_vec::<i16>().ok()?.first()?).into(),
        ('i', 1) => i32::from(*array.to_vec::<i8>().ok()?.first()?).into(),
        ('u', 8) => (*array.to_vec::<u64>().ok()?.first()?).into(),
        ('u', 4) => (*array.to_vec::<u32>().ok()?.first()?).into(),
        ('u', 2) => u32::from(*array.to_vec::<u16>().ok()?.first()?).into(),
        ('u', 1) => u32::from(*array.to_vec::<u8>().ok()?.first()?).into(),
        ('f', 8) => (*array.to_vec::<f64>().ok()?.first()?).into(),
        ('f', 4) => f64::from(*array.to_vec::<f32>().ok()?.first()?).into(),
        _ => return None,
    })
}
