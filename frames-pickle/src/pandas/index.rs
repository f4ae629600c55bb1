//! Reading indexes, and their labels.

use super::values::int_at;
use super::{Index, Label, Pandas, Values};
use crate::aliases::Name;
use crate::graph::Graph;
use crate::look::{Call, invalid};
use crate::node::Node;
use crate::numpy::Arrays;
use crate::value::Value;
use frames_core::{ErrorKind, NdArray, Result};

/// What an index costs of the budget.
const INDEX_COST: usize = 128;
/// What a label costs of it, beside its text: codes and offsets may name one text for many.
const LABEL_COST: usize = 4;

impl<'g> Pandas<'g> {
    /// The index that `value` is. One that is not known here stays in the graph.
    pub(super) fn index(&mut self, value: Value, depth: usize) -> Result<Index> {
        self.check_depth(depth)?;
        self.charge(INDEX_COST)?;
        match self.known_index(value, depth) {
            Ok(Some(index)) => Ok(index),
            Err(error) if error.kind() != ErrorKind::Unsupported => Err(error),
            Ok(None) | Err(_) => Ok(Index::Other { class: self.class_name(value)?, value }),
        }
    }

    /// `_new_Index(class, dict)`
    fn known_index(&mut self, value: Value, depth: usize) -> Result<Option<Index>> {
        let graph = self.graph;
        let Some(Call { name: Name::NewIndex, args: [class, dict, ..], .. }) = graph.known_call(value) else {
            return Ok(None);
        };
        let (class, dict) = match graph.known(*class) {
            Some(Name::Index(class)) => (class, *dict),
            _ => return Ok(None),
        };
        let name = self.get(dict, "name")?.unwrap_or(Value::NONE);
        let mut of = |key: &str| self.get(dict, key)?.ok_or_else(|| invalid(format!("a {class} has no {key}")));
        match class {
            "RangeIndex" => {
                let [start, stop, step] = [of("start")?, of("stop")?, of("step")?].map(|end| graph.as_i64(end));
                let (start, stop, step) = (start?, stop?, step?);
                if step == 0 {
                    return Err(invalid("a RangeIndex has steps of 0"));
                }
                Ok(Some(Index::Range { name, start, stop, step }))
            }
            "MultiIndex" => {
                let mut levels = Vec::new();
                let (list, of_codes) = (of("levels")?, of("codes").or_else(|_| of("labels"))?);
                for level in self.sequence(list)? {
                    levels.push(self.index(level, depth + 1)?);
                }
                let mut codes = Vec::new();
                for code in self.sequence(of_codes)? {
                    self.charge(INDEX_COST)?;
                    let code = self.arrow.arrays.plain(code)?.ok_or_else(|| graph.not("an array of codes", code))?;
                    codes.push(code);
                }
                let names = match self.get(dict, "names")? {
                    Some(names) if names != Value::NONE => self.sequence(names)?,
                    _ => vec![Value::NONE; levels.len()],
                };
                if codes.len() != levels.len() || names.len() != levels.len() {
                    return Err(invalid("a MultiIndex has not as many codes or names as levels"));
                }
                for (code, level) in codes.iter().zip(&levels) {
                    self.check_codes(code, level.len())?;
                    if codes.first().is_some_and(|first| first.shape() != code.shape()) {
                        return Err(invalid("the codes of a MultiIndex have several lengths"));
                    }
                }
                Ok(Some(Index::Multi { names, levels, codes }))
            }
            "IntervalIndex" if of("data").is_err() => {
                let (left, right, closed) = (of("left")?, of("right")?, of("closed")?);
                let left = Box::new(self.index(left, depth + 1)?);
                let right = Box::new(self.index(right, depth + 1)?);
                if left.len() != right.len() {
                    return Err(invalid("an IntervalIndex has not as many left ends as right ones"));
                }
                let closed = graph.as_str(closed)?;
                match closed {
                    "left" | "right" | "both" | "neither" => {}
                    _ => return Err(invalid("an IntervalIndex is closed on no side that pandas has")),
                }
                Ok(Some(Index::Interval { name, left, right, closed: closed.to_owned() }))
            }
            class => {
                let data = of("data")?;
                let values = self.values(data, depth)?;
                if values.shape().is_some_and(|shape| shape.len() != 1) {
                    return Err(invalid("an index has not one dimension"));
                }
                Ok(Some(Index::Values { class, name, values: Box::new(values) }))
            }
        }
    }

    /// The label at `at`, which costs its length.
    pub(super) fn label(&mut self, index: &Index, at: u64) -> Result<Label> {
        let arrays = &mut self.arrow.arrays;
        label(arrays, index, at)
    }

    /// A name of a series or index.
    pub(super) fn label_of(&mut self, value: Value) -> Result<Label> {
        label_of_value(&mut self.arrow.arrays, value, 0)
    }
}

/// The nesting of an index is bounded where it is read.
fn label(arrays: &mut Arrays<'_>, index: &Index, at: u64) -> Result<Label> {
    if index.len().is_some_and(|len| at >= len) {
        return Err(invalid(format!("there is no label {at} in an index")));
    }
    if !matches!(index, Index::Range { .. }) {
        arrays.charge(LABEL_COST)?;
    }
    match index {
        Index::Range { start, step, .. } => {
            let label = i128::from(*start) + i128::from(*step) * i128::from(at);
            Ok(i64::try_from(label).map_or(Label::Null, Label::Int))
        }
        Index::Values { values, .. } => label_of_values(arrays, values, at),
        Index::Multi { levels, codes, .. } => {
            let mut labels = Vec::new();
            for (level, codes) in levels.iter().zip(codes) {
                labels.push(label_of_code(arrays, level, codes, at)?);
            }
            Ok(Label::Tuple(labels))
        }
        Index::Interval { left, right, .. } => {
            Ok(Label::Tuple(vec![label(arrays, left, at)?, label(arrays, right, at)?]))
        }
        Index::Other { .. } => Ok(Label::Unknown),
    }
}

fn label_of_code(arrays: &mut Arrays<'_>, categories: &Index, codes: &NdArray, at: u64) -> Result<Label> {
    match int_at(codes, at).and_then(|code| u64::try_from(code).ok()) {
        Some(code) => label(arrays, categories, code),
        None => Ok(Label::Null),
    }
}

fn label_of_values(arrays: &mut Arrays<'_>, values: &Values, at: u64) -> Result<Label> {
    match values {
        Values::Plain(array) | Values::DatetimeTz { data: array, .. } | Values::Period { ordinals: array, .. } => {
            label_of_item(array, at)
        }
        Values::Masked { data, mask } => match int_at(mask, at) {
            Some(0) => label_of_item(data, at),
            _ => Ok(Label::Null),
        },
        Values::Objects(objects) => {
            let value = objects.row(at).and_then(|row| row.values(arrays.graph).next());
            label_of_value(arrays, value.unwrap_or(Value::NONE), 0)
        }
        Values::Arrow(array) => {
            let mut at = at;
            for chunk in &array.chunks {
                if at >= chunk.length {
                    at -= chunk.length;
                    continue;
                }
                return match chunk.str_at(at) {
                    Ok(Some(text)) => {
                        arrays.charge(text.len())?;
                        Ok(Label::Text(text.to_owned()))
                    }
                    Ok(None) => Ok(Label::Null),
                    Err(error) if error.kind() == ErrorKind::Mismatch => Ok(Label::Unknown),
                    Err(error) => Err(error),
                };
            }
            Ok(Label::Null)
        }
        Values::Categorical { codes, categories, .. } => label_of_code(arrays, categories, codes, at),
        Values::Other { .. } => Ok(Label::Unknown),
    }
}

fn label_of_item(array: &NdArray, at: u64) -> Result<Label> {
    if let Some(number) = int_at(array, at) {
        return Ok(if array.dtype().kind() == 'b' { Label::Bool(number != 0) } else { Label::Int(number) });
    }
    let item = row(array, at)?;
    Ok(match item.to_vec::<f64>() {
        Ok(number) => Label::Float(number.first().copied().unwrap_or(f64::NAN)),
        Err(_) => Label::Item(item),
    })
}

fn label_of_value(arrays: &mut Arrays<'_>, value: Value, depth: usize) -> Result<Label> {
    /// How deep tuples nest in a name, before they stay in the graph.
    const MAX_DEPTH: usize = 4;
    let graph: &Graph<'_> = arrays.graph;
    Ok(match graph.node(value) {
        Node::None => Label::Null,
        Node::Bool(value) => Label::Bool(value),
        Node::Float(number) => Label::Float(number),
        Node::Int(int) => int.to_i64().map_or(Label::Value(value), Label::Int),
        Node::Str(text) => match text.as_str() {
            Some(text) => {
                arrays.charge(text.len())?;
                Label::Text(text.to_owned())
            }
            None => Label::Value(value),
        },
        Node::Tuple(parts) if depth < MAX_DEPTH => {
            arrays.charge(parts.len().saturating_mul(LABEL_COST))?;
            Label::Tuple(parts.iter().map(|part| label_of_value(arrays, *part, depth + 1)).collect::<Result<_>>()?)
        }
        Node::Object(_) => match arrays.scalar(value)? {
            Some(scalar) => {
                let frame = scalar.frame().clone();
                label_of_item(&NdArray::new(scalar.dtype().clone(), &[1], None, frame)?, 0)?
            }
            None => Label::Value(value),
        },
        _ => Label::Value(value),
    })
}

/// Item `at` of the first dimension: a view with strides, which shares the bytes.
pub(super) fn row(array: &NdArray, at: u64) -> Result<NdArray> {
    let gone = || invalid(format!("there is no row {at} in an array of the shape {:?}", array.shape()));
    let (Some((&rows, shape)), Some((&stride, strides))) = (array.shape().split_first(), array.strides().split_first())
    else {
        return Err(gone());
    };
    if at >= rows {
        return Err(gone());
    }
    let reach = if shape.contains(&0) {
        0
    } else {
        let far =
            shape.iter().zip(strides).map(|(&n, &stride)| (n - 1) * if n == 1 { 0 } else { stride.unsigned_abs() });
        far.sum::<u64>() + array.dtype().itemsize() as u64
    };
    let start = if reach == 0 || at == 0 { 0 } else { at * stride.unsigned_abs() };
    let frame = array.frame().slice(start as usize..(start + reach) as usize)?;
    let row = NdArray::new(array.dtype().clone(), shape, Some(strides), frame)?;
    Ok(if array.is_writeable() { row } else { row.read_only() })
}
