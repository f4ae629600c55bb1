//! Reading dtypes: the call and state that numpy pickles, and all else that `numpy.dtype` takes.
//!
//! A dtype is data here; what decides about its layout is checked by [`DType`]'s constructors. Each dtype of a graph is read once, so
//! that shared parts cost nothing twice, and what all of them may cost is measured by the bytes that paid for the graph.

use super::Arrays;
use crate::aliases::{Name, typestr_of_words};
use crate::look::{Call, invalid, unsupported};
use crate::node::Node;
use crate::value::Value;
use frames_core::{DType, Error, ErrorKind, Field, Result};
use std::collections::HashMap;

/// What a field costs of the budget, beside its names.
const FIELD_COST: usize = 32;

/// How deep dtypes nest: reading them recurses. That of [`DType`] itself, which counts records and sub-arrays alone.
const MAX_DEPTH: usize = 100;

impl<'g> Arrays<'g> {
    /// True if `value` is a dtype, also one that is not read here.
    pub(crate) fn is_dtype(&self, value: Value) -> bool {
        matches!(self.graph.known_call(value), Some(Call { name: Name::DType | Name::StringDType, .. }))
    }

    /// The dtype; `None` for `StringDType`, whose items are texts.
    pub(crate) fn dtype_or_string(&mut self, value: Value) -> Result<Option<DType>> {
        match self.graph.known_call(value) {
            Some(Call { name: Name::StringDType, .. }) => Ok(None),
            _ => self.dtype(value).map(Some),
        }
    }

    pub(crate) fn dtype(&mut self, value: Value) -> Result<DType> {
        self.dtype_at(value, 0)
    }

    /// One level of what `numpy.dtype` takes.
    fn dtype_at(&mut self, value: Value, depth: usize) -> Result<DType> {
        if depth > MAX_DEPTH {
            return Err(Error::new(ErrorKind::Limit, format!("dtypes nest deeper than {MAX_DEPTH} levels")));
        }
        match self.dtypes.get(&value) {
            Some(Some(dtype)) => return Ok(dtype.clone()),
            Some(None) => return Err(invalid("a dtype is a part of itself, or of one that is wrong")),
            None => drop(self.dtypes.insert(value, None)),
        }
        let dtype = self.read_dtype(value, depth)?;
        self.dtypes.insert(value, Some(dtype.clone()));
        Ok(dtype)
    }

    fn read_dtype(&mut self, value: Value, depth: usize) -> Result<DType> {
        let graph = self.graph;
        match graph.node(value) {
            Node::Str(_) | Node::Bytes(_) => parse(graph.as_str(value)?),
            Node::Global(_) => match graph.known(value) {
                Some(Name::ScalarClass(typestr)) => DType::parse(typestr),
                _ => Err(graph.not("a dtype", value)),
            },
            Node::Tuple([base, shape]) => {
                let base = self.dtype_at(*base, depth + 1)?;
                let dims = self.dims(*shape)?;
                DType::array(base, &dims)
            }
            Node::Dict(_) => self.spec_of_dict(value, depth),
            Node::List(fields) => {
                let fields: Vec<Value> = fields.collect();
                self.spec_of_list(&fields, depth)
            }
            Node::Object(_) => match graph.known_call(value) {
                Some(call @ Call { name: Name::DType, .. }) => match self.state(&call)? {
                    Some(state) => self.dtype_of_state(call.arg(0), state, depth),
                    None => self.dtype_at(call.arg(0), depth + 1),
                },
                Some(Call { name: Name::StringDType, .. }) => {
                    Err(unsupported("numpy's StringDType has no fixed layout, and can be no part of one"))
                }
                _ => Err(graph.not("a dtype", value)),
            },
            _ => Err(graph.not("a dtype", value)),
        }
    }

    /// A shape in a dtype: a tuple, or a number that is the only dimension.
    fn dims(&self, value: Value) -> Result<Vec<usize>> {
        match self.graph.node(value) {
            Node::Int(_) => Ok(vec![self.graph.as_usize(value)?]),
            Node::Tuple(dims) if dims.len() <= 64 => dims.iter().map(|dim| self.graph.as_usize(*dim)).collect(),
            Node::Tuple(dims) => Err(invalid(format!("{} dimensions; numpy ends at 64", dims.len()))),
            _ => Err(self.graph.not("a shape", value)),
        }
    }

    /// The state of a dtype behind `numpy.dtype(code, False, True)`.
    fn dtype_of_state(&mut self, code: Value, state: Value, depth: usize) -> Result<DType> {
        let graph = self.graph;
        let state = graph.tuple_items(state)?;
        let (state, metadata) = match state {
            [state @ .., metadata] if state.len() == 8 => (state, *metadata),
            state => (state, Value::NONE),
        };
        let [version, order, subarray, names, fields, itemsize, _alignment, flags] = *state else {
            return Err(invalid("the state of a dtype is not the tuple that numpy writes"));
        };
        if !matches!(graph.as_i64(version)?, 3 | 4) {
            return Err(unsupported(
                "the state of a dtype has another version than 3 and 4, which numpy writes since 1.7",
            ));
        }
        let is_none = |value| value == Value::NONE;
        let typestr = match graph.known(code) {
            Some(Name::Record) => None,
            Some(Name::ScalarClass(typestr)) => Some(typestr),
            _ => Some(graph.as_str(code)?),
        };
        let dtype = match (is_none(subarray), is_none(names), is_none(fields)) {
            (true, true, true) => return self.scalar_dtype(typestr, order, itemsize, metadata),
            (false, true, true) => {
                let [base, shape] = *graph.tuple_items(subarray)? else {
                    return Err(invalid("a sub-array is no pair"));
                };
                let base = self.dtype_at(base, depth + 1)?;
                DType::array(base, &self.dims(shape)?)?
            }
            (true, false, false) => {
                let names = graph.tuple_items(names)?;
                let fields = self.fields(names, fields, depth)?;
                // Bit 7 is numpy's NPY_ALIGNED_STRUCT.
                let aligned = graph.as_i64(flags)? & 0x80 != 0;
                DType::structured(fields, graph.as_usize(itemsize)?)?.with_aligned(aligned)
            }
            _ => return Err(invalid("a dtype has names without fields, or fields in a sub-array")),
        };
        let stated = typestr.map(DType::parse).transpose()?;
        let agrees = stated.is_none_or(|stated| stated.kind() == 'V' && stated.itemsize() == dtype.itemsize());
        if !agrees || graph.as_usize(itemsize)? != dtype.itemsize() {
            return Err(invalid("a dtype's typestr does not agree with its state"));
        }
        Ok(dtype)
    }

    fn scalar_dtype(&self, typestr: Option<&str>, order: Value, itemsize: Value, metadata: Value) -> Result<DType> {
        let graph = self.graph;
        // A bare numpy.record: bytes whose number only the state knows.
        let Some(typestr) = typestr else { return DType::parse(&format!("|V{}", graph.as_usize(itemsize)?)) };
        let code = typestr.trim_start_matches(['<', '>', '|', '=']);
        let order = match graph.as_str(order)? {
            order @ ("<" | ">" | "|" | "=") => order,
            _ => return Err(invalid("a dtype has a byte order that numpy does not have")),
        };
        let unit = self.time_unit(metadata)?;
        let dtype = match (code.as_bytes().first(), unit) {
            (Some(b'M' | b'm'), Some((unit, multiple))) => DType::parse(&format!("{order}{code}[{multiple}{unit}]"))?,
            // What people note in a dtype's metadata is of no meaning to its layout.
            _ => DType::parse(&format!("{order}{code}"))?,
        };
        // numpy states the size of flexible kinds, and -1 for the others.
        match graph.as_i64(itemsize)? {
            -1 if !matches!(dtype.kind(), 'S' | 'U' | 'V') => Ok(dtype),
            size if usize::try_from(size) == Ok(dtype.itemsize()) => Ok(dtype),
            _ => Err(invalid("a dtype's typestr does not agree with its state")),
        }
    }

    /// Of a time: `(metadata, (unit, multiple, 1, 1))`; the two ones are numpy's past.
    fn time_unit(&self, metadata: Value) -> Result<Option<(&'g str, u64)>> {
        let Node::Tuple([_, time]) = self.graph.node(metadata) else { return Ok(None) };
        let [unit, multiple, ..] = self.graph.tuple_items(*time)? else {
            return Err(invalid("a unit of time is not the tuple that numpy writes"));
        };
        let graph = self.graph;
        let unit = match graph.node(*unit) {
            Node::Object(_) => match graph.known_call(*unit) {
                Some(Call { name: Name::Encode, args, .. }) if !args.is_empty() => {
                    graph.as_str(args.first().copied().unwrap_or(Value::NONE))?
                }
                _ => return Err(graph.not("a unit of time", *unit)),
            },
            _ => graph.as_str(*unit)?,
        };
        match (unit, graph.as_u64(*multiple)?) {
            ("generic", _) => Ok(None),
            unit => Ok(Some(unit)),
        }
    }

    /// The fields in the order of `names`; the dict has each under its name, and under its title too.
    fn fields(&mut self, names: &[Value], dict: Value, depth: usize) -> Result<Vec<Field>> {
        let graph = self.graph;
        let Node::Dict(entries) = graph.node(dict) else { return Err(graph.not("a dict of fields", dict)) };
        // Checked before anything is made: names and dict may be shared by many records.
        self.charge(names.len().saturating_mul(FIELD_COST))?;
        self.charge(entries.len().saturating_mul(FIELD_COST))?;
        let mut by_name = HashMap::new();
        for (key, value) in entries {
            by_name.insert(graph.as_str(key)?, value);
        }
        // Each name and title is taken out once, so that a long one that many fields share is not copied for each.
        let mut take = |key: &str| by_name.remove(key).ok_or_else(|| invalid("a name or title has no field"));
        let mut fields = Vec::new();
        for name in names {
            let name = graph.as_str(*name)?;
            let (dtype, offset, title) = match *graph.tuple_items(take(name)?)? {
                [dtype, offset] => (dtype, offset, None),
                [dtype, offset, title] if title == Value::NONE => (dtype, offset, None),
                [dtype, offset, title] => (dtype, offset, Some(graph.as_str(title)?)),
                _ => return Err(invalid("a field is not a dtype, an offset and perhaps a title").at_key(name)),
            };
            if let Some(title) = title {
                take(title)?;
            }
            let dtype = self.dtype_at(dtype, depth + 1)?;
            fields.push(self.field(name, title, graph.as_usize(offset)?, dtype)?);
        }
        match by_name.len() {
            0 => Ok(fields),
            more => Err(invalid(format!("a record has {more} fields without a name"))),
        }
    }

    fn field(&mut self, name: &str, title: Option<&str>, offset: usize, dtype: DType) -> Result<Field> {
        self.charge(name.len() + title.map_or(0, str::len))?;
        let mut field = Field::new(name, offset, dtype);
        field.title = title.map(str::to_owned);
        Ok(field)
    }

    /// `{"names": […], "formats": […], "offsets": […], "itemsize": n, "titles": […], "aligned": bool}`.
    fn spec_of_dict(&mut self, dict: Value, depth: usize) -> Result<DType> {
        let graph = self.graph;
        let mut list = |key: &str| self.get(dict, key)?.map(|list| self.sequence(list)).transpose();
        let (Some(names), Some(formats)) = (list("names")?, list("formats")?) else {
            return Err(invalid("the dict of a dtype has no names or no formats"));
        };
        let (offsets, titles) = (list("offsets")?, list("titles")?);
        let count = names.len();
        if formats.len() != count
            || [&offsets, &titles].iter().any(|list| list.as_ref().is_some_and(|l| l.len() != count))
        {
            return Err(invalid("the lists in the dict of a dtype have several lengths"));
        }
        let aligned = self.get(dict, "aligned")?.map(|aligned| graph.as_bool(aligned)).transpose()?.unwrap_or(false);
        if aligned && offsets.is_none() {
            return Err(unsupported("an aligned dtype that does not say its offsets"));
        }
        self.charge(count.saturating_mul(FIELD_COST))?;
        let (mut fields, mut end) = (Vec::new(), 0usize);
        for (index, (name, format)) in names.iter().zip(&formats).enumerate() {
            let dtype = self.dtype_at(*format, depth + 1)?;
            let offset = match offsets.as_ref().and_then(|offsets| offsets.get(index)) {
                Some(offset) => graph.as_usize(*offset)?,
                None => end,
            };
            end = end.max(offset.saturating_add(dtype.itemsize()));
            let title = match titles.as_ref().and_then(|titles| titles.get(index)) {
                Some(title) if *title != Value::NONE => Some(graph.as_str(*title)?),
                _ => None,
            };
            fields.push(self.field(graph.as_str(*name)?, title, offset, dtype)?);
        }
        let itemsize = self.get(dict, "itemsize")?.map(|size| graph.as_usize(size)).transpose()?;
        Ok(DType::structured(fields, itemsize.unwrap_or(end))?.with_aligned(aligned))
    }

    /// numpy's `descr`: fields in order as `(name, format)` or `(name, format, shape)`, where a name may be `(title, name)`, and unnamed
    /// plain bytes are padding.
    fn spec_of_list(&mut self, list: &[Value], depth: usize) -> Result<DType> {
        let graph = self.graph;
        self.charge(list.len().saturating_mul(FIELD_COST))?;
        let (mut fields, mut end) = (Vec::new(), 0usize);
        for field in list {
            let (name, format, shape) = match *graph.tuple_items(*field)? {
                [name, format] => (name, format, None),
                [name, format, shape] => (name, format, Some(shape)),
                _ => return Err(invalid("a field is not a name, a format and perhaps a shape")),
            };
            let (title, name) = match graph.node(name) {
                Node::Tuple([title, name]) => (Some(graph.as_str(*title)?), graph.as_str(*name)?),
                _ => (None, graph.as_str(name)?),
            };
            let mut dtype = self.dtype_at(format, depth + 1)?;
            if let Some(shape) = shape {
                dtype = DType::array(dtype, &self.dims(shape)?)?;
            }
            let offset = end;
            end = end.saturating_add(dtype.itemsize());
            let is_padding = name.is_empty() && shape.is_none() && dtype.kind() == 'V' && dtype.fields().is_none();
            if !is_padding {
                fields.push(self.field(name, title, offset, dtype)?);
            }
        }
        DType::structured(fields, end)
    }
}

fn parse(text: &str) -> Result<DType> {
    DType::parse(text).or_else(|error| match typestr_of_words(text) {
        Some(typestr) => DType::parse(typestr),
        None => Err(error),
    })
}
