//! Reading the pickle of a dtype, which Dask sends for structured arrays.
//!
//! numpy pickles a dtype as `numpy.dtype(typestr, False, True)` and a state tuple: a dozen opcodes, two classes.
//! This reads exactly these as data. It must never evaluate anything, recurse, or let a short pickle that shares its
//! parts grow into a long dtype.

use super::dtype::{ByteOrder, DType, Field, Scalar, time_unit};
use crate::error::{Error, ErrorKind, Result};
use crate::pickle_ops::{Op, Pickle, get, op, put, quoted};
use std::collections::HashMap;

/// Reads the pickle of one dtype, of protocols 2 to 5.
pub(super) fn read(bytes: &[u8]) -> Result<DType> {
    // numpy shares the dtypes and names of like fields, so a dtype may be larger than its pickle, but not without end.
    let budget = bytes.len().saturating_mul(16).saturating_add(64);
    let machine = Machine { budget, max_nodes: budget, ..Machine::default() };
    machine.run(Pickle::new(bytes)?)
}

/// What a field costs of the budget, beside its name: somewhat more than the bytes of one in an honest pickle.
const FIELD_COST: usize = 32;

/// A value on the stack. Compounds live in the machine, so that sharing one costs nothing and dropping is flat.
#[derive(Clone, Copy)]
enum Value<'p> {
    None,
    Bool(bool),
    Int(i64),
    Text(&'p str),
    Bytes(&'p [u8]),
    /// `numpy.dtype`.
    DTypeClass,
    /// `numpy.record`, which numpy writes where other dtypes have a typestr.
    RecordClass,
    /// `_codecs.encode`: how protocol 2 spells bytes.
    Encode,
    Tuple(usize),
    Dict(usize),
    DType(usize),
}

/// A dtype between its REDUCE and its BUILD.
struct Slot {
    /// What its typestr said; `None` is `numpy.record`.
    start: Option<Scalar>,
    finished: Option<DType>,
}

#[derive(Default)]
struct Machine<'p> {
    stack: Vec<Value<'p>>,
    /// Heights of the stack at each MARK.
    marks: Vec<usize>,
    memo: Vec<Value<'p>>,
    tuples: Vec<Vec<Value<'p>>>,
    dicts: Vec<Vec<(Value<'p>, Value<'p>)>>,
    slots: Vec<Slot>,
    /// What records may still cost in memory, in bytes.
    budget: usize,
    /// How many parts one dtype may have, with shared parts counted each time.
    max_nodes: usize,
}

impl<'p> Machine<'p> {
    fn run(mut self, mut pickle: Pickle<'p>) -> Result<DType> {
        loop {
            let offset = pickle.offset();
            let value = match pickle.next()? {
                Op::Frame(_) => continue,
                Op::Text(text) => Value::Text(text),
                Op::Global(module, name) => global(module, name)?,
                Op::StackGlobal => {
                    let (name, module) = (self.pop()?, self.pop()?);
                    global(text(module)?, text(name)?)?
                }
                Op::Put(index) => {
                    let top =
                        *self.stack.last().ok_or_else(|| malformed("the memo takes a value that is not there"))?;
                    put(&mut self.memo, index, top)?;
                    continue;
                }
                Op::Get(index) => *get(&self.memo, index)?,
                Op::Stop => break,
                Op::Other(op::NONE) => Value::None,
                Op::Other(op::NEWTRUE) => Value::Bool(true),
                Op::Other(op::NEWFALSE) => Value::Bool(false),
                Op::Other(op::BININT) => Value::Int(i32::from_le_bytes(pickle.array()?).into()),
                Op::Other(op::BININT1) => Value::Int(pickle.u8()?.into()),
                Op::Other(op::BININT2) => Value::Int(u16::from_le_bytes(pickle.array()?).into()),
                Op::Other(op::SHORT_BINBYTES) => {
                    let len = pickle.u8()?;
                    Value::Bytes(pickle.take(len.into())?)
                }
                Op::Other(op::MARK) => {
                    self.marks.push(self.stack.len());
                    continue;
                }
                Op::Other(op::EMPTY_TUPLE) => self.tuple(0)?,
                Op::Other(op::TUPLE1) => self.tuple(1)?,
                Op::Other(op::TUPLE2) => self.tuple(2)?,
                Op::Other(op::TUPLE3) => self.tuple(3)?,
                Op::Other(op::TUPLE) => {
                    let count = self.above_mark()?;
                    self.tuple(count)?
                }
                Op::Other(op::EMPTY_DICT) => {
                    self.dicts.push(Vec::new());
                    Value::Dict(self.dicts.len() - 1)
                }
                Op::Other(op::SETITEM) => {
                    self.set_items(2)?;
                    continue;
                }
                Op::Other(op::SETITEMS) => {
                    let count = self.above_mark()?;
                    self.set_items(count)?;
                    continue;
                }
                Op::Other(op::REDUCE) => self.reduce()?,
                Op::Other(op::BUILD) => {
                    self.build()?;
                    continue;
                }
                Op::Other(code) => {
                    let name = op::name(code);
                    return Err(malformed(format!("it holds the opcode {name} at offset {offset}")));
                }
            };
            self.stack.push(value);
        }
        match self.stack[..] {
            [value] if pickle.rest().is_empty() => self.finished(value).cloned(),
            _ => Err(malformed("it does not end as one value")),
        }
    }

    /// Takes the top of the stack, but never from below the last MARK.
    fn pop(&mut self) -> Result<Value<'p>> {
        let floor = self.marks.last().copied().unwrap_or(0);
        if self.stack.len() <= floor {
            return Err(malformed("it takes a value that is not there"));
        }
        self.stack.pop().ok_or_else(|| malformed("it takes a value that is not there"))
    }

    /// Removes the last MARK and tells how many values stand above it.
    fn above_mark(&mut self) -> Result<usize> {
        let mark = self.marks.pop().ok_or_else(|| malformed("it goes back to a MARK that is not there"))?;
        Ok(self.stack.len() - mark)
    }

    fn take(&mut self, count: usize) -> Result<Vec<Value<'p>>> {
        let floor = self.marks.last().copied().unwrap_or(0);
        match self.stack.len().checked_sub(count) {
            Some(at) if at >= floor => Ok(self.stack.split_off(at)),
            _ => Err(malformed("it takes a value that is not there")),
        }
    }

    fn tuple(&mut self, count: usize) -> Result<Value<'p>> {
        let items = self.take(count)?;
        self.tuples.push(items);
        Ok(Value::Tuple(self.tuples.len() - 1))
    }

    fn set_items(&mut self, count: usize) -> Result<()> {
        let items = self.take(count)?;
        let Some(&Value::Dict(dict)) = self.stack.last() else { return Err(malformed("it sets items of no dict")) };
        if items.len() % 2 != 0 {
            return Err(malformed("it sets an item without a value"));
        }
        self.dicts[dict].extend(items.chunks_exact(2).map(|pair| (pair[0], pair[1])));
        Ok(())
    }

    /// `numpy.dtype(typestr, False, True)`, or bytes as protocol 2 spells them.
    fn reduce(&mut self) -> Result<Value<'p>> {
        let (args, callable) = (self.pop()?, self.pop()?);
        let start = match (callable, self.items(args)?) {
            (Value::DTypeClass, [Value::Text(typestr), Value::Bool(false), Value::Bool(true)]) => {
                Some(DType::parse_scalar(typestr)?)
            }
            (Value::DTypeClass, [Value::RecordClass, Value::Bool(false), Value::Bool(true)]) => None,
            (Value::Encode, [Value::Text(text), Value::Text("latin1")]) if text.is_ascii() => {
                return Ok(Value::Bytes(text.as_bytes()));
            }
            _ => return Err(malformed("it calls something in a way that no dtype does")),
        };
        self.slots.push(Slot { start, finished: None });
        Ok(Value::DType(self.slots.len() - 1))
    }

    /// Gives the dtype on top of the stack its state.
    fn build(&mut self) -> Result<()> {
        let state = self.pop()?;
        let Some(&Value::DType(index)) = self.stack.last() else { return Err(malformed("it builds what is no dtype")) };
        let Slot { start, finished: None } = self.slots[index] else {
            return Err(malformed("it builds a dtype twice"));
        };
        let dtype = self.dtype(start, self.items(state)?)?;
        let cost = |field: &Field| FIELD_COST + field.name.len() + field.title.as_ref().map_or(0, String::len);
        let cost: usize = dtype.fields().unwrap_or_default().iter().map(cost).sum();
        self.budget =
            self.budget.checked_sub(cost).filter(|_| dtype.nodes() <= self.max_nodes).ok_or_else(too_shared)?;
        self.slots[index].finished = Some(dtype);
        Ok(())
    }

    /// The dtype that a state tuple describes.
    fn dtype(&self, start: Option<Scalar>, state: &[Value<'p>]) -> Result<DType> {
        let (state, metadata) = match *state {
            [ref state @ .., metadata] if state.len() == 8 => (state, metadata),
            ref state => (state, Value::None),
        };
        let [Value::Int(3 | 4), order, subarray, names, fields, itemsize, _alignment, Value::Int(flags)] = *state
        else {
            return Err(malformed("the state of a dtype is not the tuple that numpy writes"));
        };
        let kind = start.map_or(b'V', |scalar| scalar.kind);
        let dtype = match (subarray, names, fields) {
            (Value::None, Value::None, Value::None) => return self.scalar(start, order, itemsize, metadata),
            (Value::Tuple(_), Value::None, Value::None) => {
                let [base, shape] = *self.items(subarray)? else { return Err(malformed("a sub-array is not a pair")) };
                let shape = self.items(shape)?.iter().map(|&dim| size(dim)).collect::<Result<Vec<_>>>()?;
                DType::array(self.finished(base)?.clone(), &shape)?
            }
            (Value::None, Value::Tuple(_), Value::Dict(fields)) => {
                let fields = self.fields(self.items(names)?, &self.dicts[fields])?;
                // Bit 7 is numpy's NPY_ALIGNED_STRUCT.
                DType::structured(fields, size(itemsize)?)?.with_aligned(flags & 0x80 != 0)
            }
            _ => return Err(malformed("a dtype has names without fields, or fields in a sub-array")),
        };
        let stated = start.map_or(dtype.itemsize(), |scalar| scalar.size as usize);
        if kind != b'V' || stated != dtype.itemsize() || size(itemsize)? != dtype.itemsize() {
            return Err(malformed("a dtype's typestr does not agree with its state"));
        }
        match metadata {
            Value::None => Ok(dtype),
            _ => Err(unsupported_metadata()),
        }
    }

    fn scalar(
        &self,
        start: Option<Scalar>,
        order: Value<'p>,
        itemsize: Value<'p>,
        metadata: Value<'p>,
    ) -> Result<DType> {
        let mut scalar = match start {
            Some(scalar) => scalar,
            // A bare numpy.record: bytes whose number only the state knows.
            None => DType::parse_scalar(&format!("|V{}", size(itemsize)?))?,
        };
        // numpy states the size of flexible kinds, and −1 for the others.
        match itemsize {
            Value::Int(-1) if !matches!(scalar.kind, b'S' | b'U' | b'V') => {}
            Value::Int(n) if n == i64::from(scalar.size) => {}
            _ => return Err(malformed("a dtype's typestr does not agree with its state")),
        }
        scalar = match order {
            Value::Text("<") => scalar.in_order(ByteOrder::Little),
            Value::Text(">") => scalar.in_order(ByteOrder::Big),
            Value::Text("|") if scalar.order == ByteOrder::NotApplicable => scalar,
            _ => return Err(malformed("a dtype has a byte order that its kind does not have")),
        };
        if !matches!(scalar.kind, b'M' | b'm') {
            return match metadata {
                Value::None => Ok(scalar.into()),
                _ => Err(unsupported_metadata()),
            };
        }
        // Of a time: (metadata, (unit, multiple, 1, 1)); the two ones are numpy's past.
        if let Value::Tuple(_) = metadata {
            let [metadata, time] = *self.items(metadata)? else { return Err(malformed("a unit of time is no pair")) };
            if !matches!(metadata, Value::None) {
                return Err(unsupported_metadata());
            }
            let [Value::Bytes(unit), multiple, Value::Int(1), Value::Int(1)] = *self.items(time)? else {
                return Err(malformed("a unit of time is not the tuple that numpy writes"));
            };
            let unit = std::str::from_utf8(unit).map_err(|_| malformed("a unit of time is not text"))?;
            scalar.unit = time_unit(unit, size(multiple)? as u64)?;
        }
        Ok(scalar.into())
    }

    /// The fields in the order of `names`; the dict has each under its name, and under its title too.
    fn fields(&self, names: &[Value<'p>], dict: &[(Value<'p>, Value<'p>)]) -> Result<Vec<Field>> {
        // Checked before anything is made: names and dict may be shared by many records.
        if names.len().saturating_mul(FIELD_COST) > self.budget {
            return Err(too_shared());
        }
        if dict.len() > names.len().saturating_mul(2) {
            return Err(malformed(format!("a record has {} names and {} fields", names.len(), dict.len())));
        }
        let mut by_name = HashMap::with_capacity(dict.len());
        for &(key, value) in dict {
            if by_name.insert(text(key)?, value).is_some() {
                return Err(malformed("a record has a field twice"));
            }
        }
        // Each name and title is taken out once, so that a long one that many fields share is not copied for each.
        let mut take = |key| by_name.remove(key).ok_or_else(|| malformed("a name or title has no field").at_key(key));
        let mut fields = Vec::with_capacity(names.len());
        for &name in names {
            let name = text(name)?;
            let (dtype, offset, title) = match *self.items(take(name)?)? {
                [dtype, offset] => (dtype, offset, None),
                [dtype, offset, title] => (dtype, offset, Some(text(title)?)),
                _ => return Err(malformed("a field is not a dtype, an offset and perhaps a title").at_key(name)),
            };
            let mut field = Field::new(name, size(offset)?, self.finished(dtype)?.clone());
            if let Some(title) = title {
                take(title)?;
                field.title = Some(title.to_owned());
            }
            fields.push(field);
        }
        if !by_name.is_empty() {
            return Err(malformed(format!("a record has {} fields without a name", by_name.len())));
        }
        Ok(fields)
    }

    fn items(&self, value: Value<'p>) -> Result<&[Value<'p>]> {
        match value {
            Value::Tuple(index) => Ok(&self.tuples[index]),
            _ => Err(malformed("it has something else in the place of a tuple")),
        }
    }

    fn finished(&self, value: Value<'p>) -> Result<&DType> {
        match value {
            Value::DType(index) => self.slots[index].finished.as_ref(),
            _ => None,
        }
        .ok_or_else(|| malformed("it has something else in the place of a finished dtype"))
    }
}

fn global<'p>(module: &str, name: &str) -> Result<Value<'p>> {
    match (module, name) {
        ("numpy", "dtype") => Ok(Value::DTypeClass),
        ("numpy", "record") => Ok(Value::RecordClass),
        ("_codecs", "encode") => Ok(Value::Encode),
        _ => Err(malformed(format!("it names {} of {}", quoted(name), quoted(module)))),
    }
}

fn text<'p>(value: Value<'p>) -> Result<&'p str> {
    match value {
        Value::Text(text) => Ok(text),
        _ => Err(malformed("it has something else in the place of a name")),
    }
}

fn size(value: Value<'_>) -> Result<usize> {
    match value {
        Value::Int(n) => usize::try_from(n).ok(),
        _ => None,
    }
    .ok_or_else(|| malformed("it has something else in the place of a size"))
}

#[cold]
fn malformed(why: impl std::fmt::Display) -> Error {
    Error::invalid(format!("this pickle is not a dtype as numpy writes it: {why}"))
        .with_help("the value can only be forwarded, not decoded")
}

#[cold]
fn too_shared() -> Error {
    let message = "a pickled dtype shares its parts so often that it is too large for its bytes";
    Error::new(ErrorKind::Limit, message)
}

#[cold]
fn unsupported_metadata() -> Error {
    malformed("its dtype has a metadata dict, which is not supported")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `pickle.dumps` of numpy 2.4, and what the dtype is.
    #[rustfmt::skip]
    const PICKLES: &[(&[u8], &str)] = &[
        // packed, protocol 2
        (b"\x80\x02cnumpy\ndtype\nq\0X\x03\0\0\0V12q\x01\x89\x88\x87q\x02Rq\x03(K\x03X\x01\0\0\0|q\x04NX\x01\0\
          \0\0aq\x05X\x01\0\0\0bq\x06\x86q\x07}q\x08(h\x05h\0X\x02\0\0\0i4q\x09\x89\x88\x87q\nRq\x0b(K\x03X\
          \x01\0\0\0<q\x0cNNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tq\x0dbK\0\x86q\x0eh\x06h\0X\x02\0\0\0f8q\
          \x0f\x89\x88\x87q\x10Rq\x11(K\x03X\x01\0\0\0>q\x12NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tq\x13bK\
          \x04\x86q\x14uK\x0cK\x01K\x10tq\x15b.",
          "{'names': ['a', 'b'], 'formats': ['<i4', '>f8'], 'offsets': [0, 4], 'itemsize': 12}"),
        // packed, protocol 3
        (b"\x80\x03cnumpy\ndtype\nq\0X\x03\0\0\0V12q\x01\x89\x88\x87q\x02Rq\x03(K\x03X\x01\0\0\0|q\x04NX\x01\0\
          \0\0aq\x05X\x01\0\0\0bq\x06\x86q\x07}q\x08(h\x05h\0X\x02\0\0\0i4q\x09\x89\x88\x87q\nRq\x0b(K\x03X\
          \x01\0\0\0<q\x0cNNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tq\x0dbK\0\x86q\x0eh\x06h\0X\x02\0\0\0f8q\
          \x0f\x89\x88\x87q\x10Rq\x11(K\x03X\x01\0\0\0>q\x12NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tq\x13bK\
          \x04\x86q\x14uK\x0cK\x01K\x10tq\x15b.",
          "{'names': ['a', 'b'], 'formats': ['<i4', '>f8'], 'offsets': [0, 4], 'itemsize': 12}"),
        // packed, protocol 4
        (b"\x80\x04\x95\x96\0\0\0\0\0\0\0\x8c\x05numpy\x94\x8c\x05dtype\x94\x93\x94\x8c\x03V12\x94\x89\x88\x87\
          \x94R\x94(K\x03\x8c\x01|\x94N\x8c\x01a\x94\x8c\x01b\x94\x86\x94}\x94(h\x07h\x02\x8c\x02i4\x94\x89\
          \x88\x87\x94R\x94(K\x03\x8c\x01<\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0t\x94bK\0\x86\x94h\x08h\
          \x02\x8c\x02f8\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01>\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0t\
          \x94bK\x04\x86\x94uK\x0cK\x01K\x10t\x94b.",
          "{'names': ['a', 'b'], 'formats': ['<i4', '>f8'], 'offsets': [0, 4], 'itemsize': 12}"),
        // packed, protocol 5
        (b"\x80\x05\x95\x96\0\0\0\0\0\0\0\x8c\x05numpy\x94\x8c\x05dtype\x94\x93\x94\x8c\x03V12\x94\x89\x88\x87\
          \x94R\x94(K\x03\x8c\x01|\x94N\x8c\x01a\x94\x8c\x01b\x94\x86\x94}\x94(h\x07h\x02\x8c\x02i4\x94\x89\
          \x88\x87\x94R\x94(K\x03\x8c\x01<\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0t\x94bK\0\x86\x94h\x08h\
          \x02\x8c\x02f8\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01>\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0t\
          \x94bK\x04\x86\x94uK\x0cK\x01K\x10t\x94b.",
          "{'names': ['a', 'b'], 'formats': ['<i4', '>f8'], 'offsets': [0, 4], 'itemsize': 12}"),
        // aligned, protocol 4
        (b"\x80\x04\x95\x94\0\0\0\0\0\0\0\x8c\x05numpy\x94\x8c\x05dtype\x94\x93\x94\x8c\x03V16\x94\x89\x88\x87\
          \x94R\x94(K\x03\x8c\x01|\x94N\x8c\x01a\x94\x8c\x01b\x94\x86\x94}\x94(h\x07h\x02\x8c\x02u1\x94\x89\
          \x88\x87\x94R\x94(K\x03h\x06NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0t\x94bK\0\x86\x94h\x08h\x02\x8c\
          \x02f8\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01<\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0t\x94bK\
          \x08\x86\x94uK\x10K\x08K\x90t\x94b.",
          "{'names': ['a', 'b'], 'formats': ['|u1', '<f8'], 'offsets': [0, 8], 'itemsize': 16, 'aligned': True}"),
        // nested, protocol 4
        (b"\x80\x04\x95\x1a\x01\0\0\0\0\0\0\x8c\x05numpy\x94\x8c\x05dtype\x94\x93\x94\x8c\x03V23\x94\x89\x88\
          \x87\x94R\x94(K\x03\x8c\x01|\x94N\x8c\x01p\x94\x8c\x01m\x94\x8c\x01s\x94\x87\x94}\x94(h\x07h\x02\x8c\
          \x02V8\x94\x89\x88\x87\x94R\x94(K\x03h\x06N\x8c\x01x\x94\x8c\x01y\x94\x86\x94}\x94(h\x0fh\x02\x8c\
          \x02f4\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01<\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0t\x94bK\0\
          \x86\x94h\x10h\x15K\x04\x86\x94uK\x08K\x01K\x10t\x94bK\0\x86\x94h\x08h\x02\x8c\x03V12\x94\x89\x88\
          \x87\x94R\x94(K\x03h\x06h\x02\x8c\x02i2\x94\x89\x88\x87\x94R\x94(K\x03h\x16NNNJ\xff\xff\xff\xffJ\xff\
          \xff\xff\xffK\0t\x94bK\x02K\x03\x86\x94\x86\x94NNK\x0cK\x02K\0t\x94bK\x08\x86\x94h\x09h\x02\x8c\x02S\
          3\x94\x89\x88\x87\x94R\x94(K\x03h\x06NNNK\x03K\x01K\0t\x94bK\x14\x86\x94uK\x17K\x01K\x10t\x94b.",
          "{'names': ['p', 'm', 's'], 'formats': [{'names': ['x', 'y'], 'formats': ['<f4', '<f4'], 'offsets': [0, 4], 'itemsize': 8}, ('<i2', (2, 3)), '|S3'], 'offsets': [0, 8, 20], 'itemsize': 23}"),
        // titles, protocol 4
        (b"\x80\x04\x95}\0\0\0\0\0\0\0\x8c\x05numpy\x94\x8c\x05dtype\x94\x93\x94\x8c\x02V8\x94\x89\x88\x87\x94R\
          \x94(K\x03\x8c\x01|\x94N\x8c\x01a\x94\x8c\x01b\x94\x86\x94}\x94(h\x07h\x02\x8c\x02i4\x94\x89\x88\x87\
          \x94R\x94(K\x03\x8c\x01<\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0t\x94bK\0\x8c\x05first\x94\x87\
          \x94h\x10h\x11h\x08h\x0dK\x04\x86\x94uK\x08K\x01K\x10t\x94b.",
          "{'names': ['a', 'b'], 'formats': ['<i4', '<i4'], 'offsets': [0, 4], 'titles': ['first', None], 'itemsize': 8}"),
        // record, protocol 4
        (b"\x80\x04\x95l\0\0\0\0\0\0\0\x8c\x05numpy\x94\x8c\x05dtype\x94\x93\x94h\0\x8c\x06record\x94\x93\x94\
          \x89\x88\x87\x94R\x94(K\x03\x8c\x01|\x94N\x8c\x01a\x94\x85\x94}\x94h\x08h\x02\x8c\x02i4\x94\x89\x88\
          \x87\x94R\x94(K\x03\x8c\x01<\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0t\x94bK\0\x86\x94sK\x04K\x01\
          K\x10t\x94b.",
          "{'names': ['a'], 'formats': ['<i4'], 'offsets': [0], 'itemsize': 4}"),
        // times, protocol 2
        (b"\x80\x02cnumpy\ndtype\nq\0X\x02\0\0\0V8q\x01\x89\x88\x87q\x02Rq\x03(K\x03X\x01\0\0\0|q\x04NX\x01\0\0\
          \0tq\x05\x85q\x06}q\x07h\x05h\0X\x02\0\0\0M8q\x08\x89\x88\x87q\x09Rq\n(K\x04X\x01\0\0\0<q\x0bNNNJ\
          \xff\xff\xff\xffJ\xff\xff\xff\xffK\0N(c_codecs\nencode\nq\x0cX\x01\0\0\0sq\x0dX\x06\0\0\0latin1q\x0e\
          \x86q\x0fRq\x10K\x19K\x01K\x01tq\x11\x86q\x12tq\x13bK\0\x86q\x14sK\x08K\x01K\x10tq\x15b.",
          "{'names': ['t'], 'formats': ['<M8[25s]'], 'offsets': [0], 'itemsize': 8}"),
        // times, protocol 4
        (b"\x80\x04\x95t\0\0\0\0\0\0\0\x8c\x05numpy\x94\x8c\x05dtype\x94\x93\x94\x8c\x02V8\x94\x89\x88\x87\x94R\
          \x94(K\x03\x8c\x01|\x94N\x8c\x01t\x94\x85\x94}\x94h\x07h\x02\x8c\x02M8\x94\x89\x88\x87\x94R\x94(K\
          \x04\x8c\x01<\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0N(C\x01s\x94K\x19K\x01K\x01t\x94\x86\x94t\
          \x94bK\0\x86\x94sK\x08K\x01K\x10t\x94b.",
          "{'names': ['t'], 'formats': ['<M8[25s]'], 'offsets': [0], 'itemsize': 8}"),
        // objects, protocol 4
        (b"\x80\x04\x95\x8e\0\0\0\0\0\0\0\x8c\x05numpy\x94\x8c\x05dtype\x94\x93\x94\x8c\x03V16\x94\x89\x88\x87\
          \x94R\x94(K\x03\x8c\x01|\x94N\x8c\x01o\x94\x8c\x01n\x94\x86\x94}\x94(h\x07h\x02\x8c\x02O8\x94\x89\
          \x88\x87\x94R\x94(K\x03h\x06NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK?t\x94bK\0\x86\x94h\x08h\x02\x8c\
          \x02U2\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01<\x94NNNK\x08K\x04K\x08t\x94bK\x08\x86\x94uK\x10K\x01K\
          \x1bt\x94b.",
          "{'names': ['o', 'n'], 'formats': ['|O', '<U2'], 'offsets': [0, 8], 'itemsize': 16}"),
        // gaps, protocol 4
        (b"\x80\x04\x95\x94\0\0\0\0\0\0\0\x8c\x05numpy\x94\x8c\x05dtype\x94\x93\x94\x8c\x03V16\x94\x89\x88\x87\
          \x94R\x94(K\x03\x8c\x01|\x94N\x8c\x01b\x94\x8c\x01a\x94\x86\x94}\x94(h\x07h\x02\x8c\x02i4\x94\x89\
          \x88\x87\x94R\x94(K\x03\x8c\x01<\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0t\x94bK\x08\x86\x94h\x08\
          h\x02\x8c\x02i2\x94\x89\x88\x87\x94R\x94(K\x03h\x0eNNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0t\x94bK\0\
          \x86\x94uK\x10K\x01K\x10t\x94b.",
          "{'names': ['b', 'a'], 'formats': ['<i4', '<i2'], 'offsets': [8, 0], 'itemsize': 16}"),
        // subarray, protocol 4
        (b"\x80\x04\x95\x5c\0\0\0\0\0\0\0\x8c\x05numpy\x94\x8c\x05dtype\x94\x93\x94\x8c\x02V8\x94\x89\x88\x87\
          \x94R\x94(K\x03\x8c\x01|\x94h\x02\x8c\x02u2\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01>\x94NNNJ\xff\xff\
          \xff\xffJ\xff\xff\xff\xffK\0t\x94bK\x04\x85\x94\x86\x94NNK\x08K\x02K\0t\x94b.",
          "('>u2', (4,))"),
    ];

    #[rustfmt::skip]
    const SCALARS: &[(&[u8], &str)] = &[
        (b"\x8c\x02b1\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01|\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0t\x94b\
          .", "|b1"),
        (b"\x8c\x02i1\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01|\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0t\x94b\
          .", "|i1"),
        (b"\x8c\x02u2\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01<\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0t\x94b\
          .", "<u2"),
        (b"\x8c\x02u2\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01>\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0t\x94b\
          .", ">u2"),
        (b"\x8c\x02i8\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01<\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0t\x94b\
          .", "<i8"),
        (b"\x8c\x02i8\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01>\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0t\x94b\
          .", ">i8"),
        (b"\x8c\x02f2\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01<\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0t\x94b\
          .", "<f2"),
        (b"\x8c\x02f2\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01>\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0t\x94b\
          .", ">f2"),
        (b"\x8c\x02f4\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01<\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0t\x94b\
          .", "<f4"),
        (b"\x8c\x02f4\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01>\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0t\x94b\
          .", ">f4"),
        (b"\x8c\x03f16\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01<\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0t\x94\
          b.", "<f16"),
        (b"\x8c\x02c8\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01<\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0t\x94b\
          .", "<c8"),
        (b"\x8c\x03c16\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01>\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0t\x94\
          b.", ">c16"),
        (b"\x8c\x03c32\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01<\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0t\x94\
          b.", "<c32"),
        (b"\x8c\x02S3\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01|\x94NNNK\x03K\x01K\0t\x94b.", "|S3"),
        (b"\x8c\x02V5\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01|\x94NNNK\x05K\x01K\0t\x94b.", "|V5"),
        (b"\x8c\x02U2\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01<\x94NNNK\x08K\x04K\x08t\x94b.", "<U2"),
        (b"\x8c\x02U2\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01>\x94NNNK\x08K\x04K\x08t\x94b.", ">U2"),
        (b"\x8c\x02M8\x94\x89\x88\x87\x94R\x94(K\x04\x8c\x01<\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0N(C\
          \x02ns\x94K\x01K\x01K\x01t\x94\x86\x94t\x94b.", "<M8[ns]"),
        (b"\x8c\x02m8\x94\x89\x88\x87\x94R\x94(K\x04\x8c\x01>\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0N(C\
          \x01s\x94K\x19K\x01K\x01t\x94\x86\x94t\x94b.", ">m8[25s]"),
        (b"\x8c\x02M8\x94\x89\x88\x87\x94R\x94(K\x04\x8c\x01<\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0N(C\
          \x07generic\x94K\x01K\x01K\x01t\x94\x86\x94t\x94b.", "<M8"),
        (b"\x8c\x02O8\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01|\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK?t\x94b.", "|O"),
    ];

    /// `PROTO FRAME`, as they stand before the scalars above; the frame's length is not needed to read.
    fn scalar_pickle(rest: &[u8]) -> Vec<u8> {
        [b"\x80\x05\x8c\x05numpy\x94\x8c\x05dtype\x94\x93\x94", rest].concat()
    }

    #[test]
    fn records_of_numpy_are_read() {
        for (bytes, expected) in PICKLES {
            assert_eq!(read(bytes).unwrap().to_string(), *expected);
        }
    }

    #[test]
    fn scalars_of_numpy_are_read() {
        for (rest, expected) in SCALARS {
            let dtype = read(&scalar_pickle(rest)).unwrap();
            assert_eq!(dtype, DType::parse(expected).unwrap());
            assert_eq!(dtype.to_string(), *expected);
        }
    }

    #[test]
    fn damaged_pickles_never_panic() {
        let scalars = SCALARS.iter().map(|(rest, _)| scalar_pickle(rest));
        for bytes in PICKLES.iter().map(|(bytes, _)| bytes.to_vec()).chain(scalars) {
            for cut in 0..bytes.len() {
                assert!(read(&bytes[..cut]).is_err(), "cut at {cut}");
            }
            for bit in 0..bytes.len() * 8 {
                let mut bytes = bytes.clone();
                bytes[bit / 8] ^= 1 << (bit % 8);
                let _ = read(&bytes);
            }
        }
    }

    #[test]
    fn nothing_else_is_called() {
        let named = |bytes: &[u8]| read(bytes).unwrap_err().to_string();
        assert!(named(b"cposix\nsystem\nX\x02\0\0\0ls\x85R.").contains("it names \"system\" of \"posix\""));
        assert!(named(b"\x80\x04\x8c\x02os\x8c\x04fork\x93)R.").contains("\"fork\""));
        assert!(named(b"cnumpy\ndtype\n]R.").contains("EMPTY_LIST at offset 13"));
        assert!(named(b"cnumpy\ndtype\n)R.").contains("calls something"));
        // np.dtype("i4", metadata={"a": 1})
        let metadata = b"\x8c\x02i4\x94\x89\x88\x87\x94R\x94(K\x04\x8c\x01<\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0}\x94\x8c\x01a\x94K\x01st\x94b.";
        assert!(named(&scalar_pickle(metadata)).contains("metadata"));
    }

    #[test]
    fn stacks_are_not_read_below_their_marks() {
        for bytes in [
            &b"."[..],
            b"t.",
            b"N(.",
            b"(R.",
            b"N(\x85.",
            b"}(Nu.",
            b"}Ns.",
            b"Ns.",
            b"b.",
            b"Nb.",
            b"q\0.",
            b"h\0.",
            b"NN.",
        ] {
            assert!(read(bytes).is_err(), "{bytes:?}");
        }
    }

    /// The opcodes of `dtype(typestr, False, True)` with a state around `middle`.
    fn record(size: u8, middle: &[u8]) -> Vec<u8> {
        let start = [b"h\0X\x02\0\0\0V", &[b'0' + size][..], b"\x89\x88\x87R(K\x03X\x01\0\0\0|N"].concat();
        [&start[..], middle, b"K", &[size], b"K\x01K\0tb"].concat()
    }

    #[test]
    fn a_dtype_inside_itself_is_refused() {
        let inside = b"X\x01\0\0\0a\x85}X\x01\0\0\0ah\x01K\0\x86s";
        let start = b"cnumpy\ndtype\nq\0X\x02\0\0\0V0\x89\x88\x87Rq\x01(K\x03X\x01\0\0\0|N";
        let error = read(&[&start[..], inside, b"K\0K\x01K\0tb."].concat()).unwrap_err();
        assert!(error.to_string().contains("finished dtype"), "{error}");
    }

    #[test]
    fn laughing_pickles_are_bounded() {
        // Each level has the one below twice: 2^30 parts of 2 KB.
        let mut bytes = [&b"cnumpy\ndtype\nq\0"[..], &record(0, b"NN"), b"q\x01"].concat();
        for level in 1..=30u8 {
            let below = [b'h', level];
            let twins = [
                b"X\x01\0\0\0aX\x01\0\0\0b\x86}(X\x01\0\0\0a",
                &below[..],
                b"K\0\x86X\x01\0\0\0b",
                &below[..],
                b"K\0\x86u",
            ];
            bytes.extend(record(0, &twins.concat()));
            bytes.extend([b'q', level + 1]);
        }
        bytes.push(b'.');
        assert_eq!(read(&bytes).unwrap_err().kind(), ErrorKind::Limit);
    }

    #[test]
    fn names_that_records_share_are_bounded() {
        // One dict of a field with a name of 10 KB, and 5000 records that share it.
        let name = "n".repeat(10_000);
        let mut bytes = b"cnumpy\ndtype\nq\0X\x10\x27\0\0".to_vec();
        bytes.extend(name.as_bytes());
        bytes.extend(b"q\x01\x85q\x02");
        bytes.extend(record(0, b"NN"));
        bytes.extend(b"q\x03}q\x04h\x01h\x03K\0\x86sq\x04");
        for _ in 0..5000 {
            bytes.extend(record(0, b"h\x02h\x04"));
        }
        let error = read(&bytes).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
    }
}
