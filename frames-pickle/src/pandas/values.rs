//! Reading the values of columns and indexes: numpy's arrays, and the extension arrays of pandas.

use super::{Pandas, Values};
use crate::aliases::Name;
use crate::look::{Call, invalid, short};
use crate::node::Node;
use crate::numpy::{ArrayData, NumpyArray};
use crate::value::Value;
use frames_core::{DType, Error, ErrorKind, NdArray, Result};

impl<'g> Pandas<'g> {
    /// The values that `value` is, of one dimension or of two. What is not known here stays in the graph.
    pub(super) fn values(&mut self, value: Value, depth: usize) -> Result<Values> {
        match self.known_values(value, depth) {
            Ok(Some(values)) => Ok(values),
            Err(error) if error.kind() != ErrorKind::Unsupported => Err(error),
            Ok(None) | Err(_) => Ok(Values::Other { class: self.class_name(value)?, value }),
        }
    }

    /// Module and name of the class of what is not known here.
    pub(super) fn class_name(&mut self, value: Value) -> Result<String> {
        let Some((module, name)) = self.graph.class_path(value) else { return Ok(String::new()) };
        // Many may share a long one.
        self.charge(module.len() + name.len())?;
        Ok(format!("{module}.{name}"))
    }

    fn known_values(&mut self, value: Value, depth: usize) -> Result<Option<Values>> {
        let graph = self.graph;
        if let Some(NumpyArray { data, .. }) = self.arrow.arrays.array(value)? {
            return Ok(Some(match data {
                ArrayData::Plain(array) => Values::Plain(array),
                ArrayData::Objects(array) => Values::Objects(array),
            }));
        }
        let Some(call) = graph.known_call(value) else { return Ok(None) };
        match call.name {
            Name::NdArrayBacked => self.backed(call, depth),
            Name::Array("IntegerArray" | "FloatingArray" | "BooleanArray") => {
                let (Some(data), Some(mask)) = (self.member(call, "_data")?, self.member(call, "_mask")?) else {
                    return Err(invalid("a nullable array of pandas has no data or no mask"));
                };
                let (data, mask) = (self.plain(data)?, self.plain(mask)?);
                if mask.dtype() != &DType::parse("|b1")? || mask.shape() != data.shape() {
                    return Err(invalid("the mask of a nullable array is not a bool for each of its items"));
                }
                Ok(Some(Values::Masked { data, mask }))
            }
            Name::Array("ArrowStringArray" | "ArrowExtensionArray") => {
                let data = match self.member(call, "_pa_array")? {
                    Some(data) => Some(data),
                    None => self.member(call, "_data")?,
                };
                let Some(data) = data else { return Err(invalid("an Arrow array of pandas has no data")) };
                match self.arrow.chunked(data)? {
                    Some(array) => Ok(Some(Values::Arrow(array))),
                    None => Err(graph.not("an array of Arrow", data)),
                }
            }
            Name::Array("StringArray" | "NumpyExtensionArray") => match self.member(call, "_ndarray")? {
                Some(data) => self.known_values_below(data, depth),
                None => Ok(None),
            },
            _ => Ok(None),
        }
    }

    fn known_values_below(&mut self, value: Value, depth: usize) -> Result<Option<Values>> {
        self.check_depth(depth + 1)?;
        self.known_values(value, depth + 1)
    }

    /// Something of the dict that is an object's state.
    fn member(&mut self, call: Call<'g>, name: &str) -> Result<Option<Value>> {
        match self.state(&call)? {
            Some(state) => self.get(state, name),
            None => Ok(None),
        }
    }

    fn plain(&mut self, value: Value) -> Result<NdArray> {
        let array = self.arrow.arrays.plain(value)?;
        array.ok_or_else(|| self.graph.not("an array of plain data", value))
    }

    /// `__pyx_unpickle_NDArrayBacked(class, checksum, None)` and the state `(dtype, array[, attributes])`.
    fn backed(&mut self, call: Call<'g>, depth: usize) -> Result<Option<Values>> {
        let graph = self.graph;
        let Some(Name::Array(class)) = graph.known(call.arg(0)) else { return Ok(None) };
        let state = match self.state(&call)? {
            Some(state) => state,
            None => call.arg(2),
        };
        let (&[dtype, array] | &[dtype, array, _]) = graph.tuple_items(state)? else {
            return Err(invalid("the state of an array of pandas is not the tuple that pandas writes"));
        };
        // Older versions have the array first.
        let (dtype, array) = match graph.known_call(dtype).map(|call| call.name) {
            Some(Name::NdArray | Name::FromBuffer | Name::Reconstruct) => (array, dtype),
            _ => (dtype, array),
        };
        match class {
            "Categorical" => {
                let Some(kind @ Call { name: Name::CategoricalDtype, .. }) = graph.known_call(dtype) else {
                    return Err(graph.not("the dtype of a categorical", dtype));
                };
                let Some(categories) = self.member(kind, "categories")?.filter(|categories| *categories != Value::NONE)
                else {
                    return Err(invalid("a categorical has no categories"));
                };
                let is_ordered = match self.member(kind, "ordered")? {
                    Some(ordered) if ordered != Value::NONE => graph.as_bool(ordered)?,
                    _ => false,
                };
                let codes = self.plain(array)?;
                let categories = self.index(categories, depth + 1)?;
                self.check_codes(&codes, categories.len())?;
                Ok(Some(Values::Categorical { codes, categories: Box::new(categories), is_ordered }))
            }
            "DatetimeArray" => match graph.known_call(dtype) {
                Some(kind @ Call { name: Name::DatetimeTzDtype, .. }) => {
                    let Some(zone) = self.member(kind, "tz")? else { return Err(invalid("a dtype has no time zone")) };
                    let data = self.plain(array)?;
                    match data.dtype().kind() {
                        'M' => Ok(Some(Values::DatetimeTz { data, zone })),
                        _ => Err(invalid("the data of a time with a zone are no times")),
                    }
                }
                _ => Ok(Some(Values::Plain(self.plain(array)?))),
            },
            "TimedeltaArray" => Ok(Some(Values::Plain(self.plain(array)?))),
            "PeriodArray" => {
                let Some(Call { name: Name::PeriodDtype, args: [name, ..], .. }) = graph.known_call(dtype) else {
                    return Ok(None);
                };
                let Node::Str(_) = graph.node(*name) else { return Ok(None) };
                let frequency = graph.as_str(*name)?;
                let frequency =
                    frequency.strip_prefix("period[").and_then(|name| name.strip_suffix(']')).unwrap_or(frequency);
                self.charge(frequency.len())?;
                Ok(Some(Values::Period { frequency: frequency.into(), ordinals: self.plain(array)? }))
            }
            "StringArray" | "NumpyExtensionArray" => self.known_values_below(array, depth),
            _ => Ok(None),
        }
    }

    /// Codes are positions of categories, or -1 for none. Many may share them, and each time they are looked at is paid for.
    pub(super) fn check_codes(&mut self, codes: &NdArray, categories: Option<u64>) -> Result<()> {
        let (&[len], 'i') = (codes.shape(), codes.dtype().kind()) else {
            return Err(invalid(format!(
                "codes are an array of {} of the shape {:?}",
                short(codes.dtype()),
                codes.shape()
            )));
        };
        let count = categories.map_or(i64::MAX, |count| i64::try_from(count).unwrap_or(i64::MAX));
        // One that is repeated without memory is looked at once.
        let len = if codes.strides() == [0] { len.min(1) } else { len };
        self.charge(usize::try_from(len).unwrap_or(usize::MAX))?;
        for index in 0..len {
            match int_at(codes, index) {
                Some(code) if (-1..count).contains(&code) => {}
                _ => return Err(invalid(format!("a code is none of {count} categories"))),
            }
        }
        Ok(())
    }

    pub(super) fn check_depth(&self, depth: usize) -> Result<()> {
        const MAX_DEPTH: usize = 16;
        if depth <= MAX_DEPTH {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Limit, format!("indexes of pandas nest deeper than {MAX_DEPTH} levels")))
    }
}

/// The integer at `index` of an array of one dimension.
pub(crate) fn int_at(array: &NdArray, index: u64) -> Option<i64> {
    let (&[len], &[stride], dtype) = (array.shape(), array.strides(), array.dtype()) else { return None };
    if index >= len {
        return None;
    }
    let at = usize::try_from(i64::try_from(index).ok()?.checked_mul(stride)?).ok()?;
    let bytes = array.as_bytes().get(at..at.checked_add(dtype.itemsize())?)?;
    let mut word: [u8; 8] = [0; 8];
    let is_big = dtype.byteorder() == frames_core::ByteOrder::Big;
    let is_negative = dtype.kind() == 'i' && if is_big { bytes.first() } else { bytes.last() }? >> 7 == 1;
    if is_negative {
        word = [0xff; 8];
    }
    for (index, to) in word.iter_mut().enumerate().take(bytes.len()) {
        *to = *bytes.get(if is_big { bytes.len() - 1 - index } else { index })?;
    }
    match dtype.kind() {
        'i' => Some(i64::from_le_bytes(word)),
        'u' | 'b' => i64::try_from(u64::from_le_bytes(word)).ok(),
        _ => None,
    }
}
