//! Reading arrays, in each of the forms in which numpy pickles them.

use super::{ArrayData, Arrays, NumpyArray, ObjectArray};
use crate::aliases::Name;
use crate::look::{Call, Data, invalid, short, unsupported};
use crate::node::Node;
use crate::value::Value;
use bytes::Bytes;
use frames_core::{DType, NdArray, Result};
use std::borrow::Cow;

/// How elements lie in a buffer.
pub(super) enum Order {
    C,
    F,
    Strides(Vec<i64>),
}

impl<'g> Arrays<'g> {
    /// The array that `value` is, of whatever class; `None` if it is none.
    pub(crate) fn array(&mut self, value: Value) -> Result<Option<NumpyArray>> {
        let graph = self.graph;
        let Some(call) = graph.known_call(value) else { return Ok(None) };
        let class = match call.name {
            Name::NdArray | Name::FromBuffer => ("numpy", "ndarray"),
            Name::Reconstruct => match graph.global_path(call.arg(0)) {
                Some(class) => class,
                None => return Err(invalid("an array is made of what is no class")),
            },
            _ => return Ok(None),
        };
        let data = match (self.state(&call)?, call.name) {
            (Some(state), _) => match graph.node(state) {
                Node::Tuple([_, shape, dtype, is_fortran, data] | [shape, dtype, is_fortran, data]) => {
                    self.of_state(*shape, *dtype, *is_fortran, *data)?
                }
                // A subclass has a state of its own.
                _ if class != ("numpy", "ndarray") => return Ok(None),
                _ => return Err(invalid("the state of an array is not the tuple that numpy writes")),
            },
            (None, Name::FromBuffer) => self.of_buffer(call)?,
            (None, Name::NdArray) => self.of_call(call)?,
            (None, _) => return Err(invalid("an array has no state")),
        };
        Ok(Some(NumpyArray { class: class_name(class), data }))
    }

    /// The array that `value` is, if its items are plain data and its class is numpy's own.
    pub(crate) fn plain(&mut self, value: Value) -> Result<Option<NdArray>> {
        Ok(self.array(value)?.and_then(|array| array.into_plain().ok()))
    }

    /// `(version, shape, dtype, is_fortran, bytes or list)`
    pub(super) fn of_state(&mut self, shape: Value, dtype: Value, is_fortran: Value, data: Value) -> Result<ArrayData> {
        let graph = self.graph;
        let shape = self.shape(shape)?;
        let dtype = self.dtype_or_string(dtype)?;
        let is_fortran = graph.as_bool(is_fortran)?;
        match dtype {
            Some(dtype) if !self.has_objects(&dtype)? => {
                let Some(data) = self.data(data)? else { return Err(graph.not("the bytes of an array", data)) };
                let order = if is_fortran { Order::F } else { Order::C };
                // numpy copies the bytes of a state, and the copy may be written to.
                let data = Data { is_writeable: true, ..data };
                whole(dtype, &shape, order, data).map(ArrayData::Plain)
            }
            dtype => {
                let Node::List(items) = graph.node(data) else { return Err(graph.not("the items of an array", data)) };
                let (count, len) = (count(&shape)?, items.len());
                if count != len as u64 {
                    return Err(invalid(format!("an array of the shape {shape:?} has {len} items")));
                }
                Ok(ArrayData::Objects(ObjectArray { dtype, shape, is_fortran, list: data, start: 0, len }))
            }
        }
    }

    /// `_frombuffer(buffer, dtype, shape, order[, axes])`
    fn of_buffer(&mut self, call: Call<'g>) -> Result<ArrayData> {
        let graph = self.graph;
        let &[buffer, dtype, shape, order, ref axes @ ..] = call.args else {
            return Err(invalid("numpy's _frombuffer takes a buffer, a dtype, a shape and an order"));
        };
        let dtype = self.dtype(dtype)?;
        let mut shape = self.shape(shape)?;
        let Some(data) = self.data(buffer)? else { return Err(graph.not("a buffer", buffer)) };
        let order = match (graph.as_str(order)?, axes) {
            ("C", _) => Order::C,
            ("F", _) => Order::F,
            // Of numpy 2: an array in C order, with its axes in another order.
            ("K", [axes]) => {
                let strides = strides_in_order(&shape, dtype.itemsize(), false)?;
                let axes = graph.tuple_items(*axes)?;
                let (mut seen, old) = (vec![false; shape.len()], shape.clone());
                let mut permuted = Vec::with_capacity(shape.len());
                if axes.len() != shape.len() {
                    return Err(invalid("an array has not as many axes as dimensions"));
                }
                for (dim, axis) in shape.iter_mut().zip(axes) {
                    let axis = graph.as_usize(*axis)?;
                    match (seen.get_mut(axis), old.get(axis), strides.get(axis)) {
                        (Some(seen @ false), Some(n), Some(stride)) => {
                            *seen = true;
                            *dim = *n;
                            permuted.push(*stride);
                        }
                        _ => return Err(invalid("the axes of an array are no permutation of its dimensions")),
                    }
                }
                Order::Strides(permuted)
            }
            _ => return Err(invalid("the order of an array is none of C, F and K")),
        };
        whole(dtype, &shape, order, data).map(ArrayData::Plain)
    }

    /// `numpy.ndarray(shape, dtype, buffer, offset, strides, order)`
    fn of_call(&mut self, call: Call<'g>) -> Result<ArrayData> {
        let graph = self.graph;
        if call.args.is_empty() || call.args.len() > 6 {
            return Err(invalid("numpy.ndarray takes one to six arguments"));
        }
        let shape = self.shape(call.arg(0))?;
        let dtype = if call.args.len() > 1 { self.dtype(call.arg(1))? } else { DType::parse("f8")? };
        let Some(data) = self.data(call.arg(2))? else {
            return Err(unsupported("an array without a buffer, whose items numpy does not set"));
        };
        let offset = if call.args.len() > 3 { graph.as_usize(call.arg(3))? } else { 0 };
        let order = match graph.node(call.arg(4)) {
            Node::None => match graph.node(call.arg(5)) {
                Node::None => Order::C,
                _ => match graph.as_str(call.arg(5))? {
                    "C" => Order::C,
                    "F" => Order::F,
                    _ => return Err(invalid("the order of an array is none of C and F")),
                },
            },
            Node::Tuple(strides) => {
                Order::Strides(strides.iter().map(|stride| graph.as_i64(*stride)).collect::<Result<_>>()?)
            }
            _ => return Err(graph.not("strides", call.arg(4))),
        };
        part(dtype, &shape, order, data, offset).map(ArrayData::Plain)
    }

    /// A tuple of sizes, or a number that is the only one.
    pub(crate) fn shape(&self, value: Value) -> Result<Vec<u64>> {
        match self.graph.node(value) {
            Node::Int(_) => Ok(vec![self.graph.as_u64(value)?]),
            Node::Tuple(dims) if dims.len() <= 64 => dims.iter().map(|dim| self.graph.as_u64(*dim)).collect(),
            Node::Tuple(dims) => Err(invalid(format!("an array of {} dimensions; numpy ends at 64", dims.len()))),
            _ => Err(self.graph.not("a shape", value)),
        }
    }
}

/// Module and name in one.
pub(super) fn class_name((module, name): (&str, &str)) -> Cow<'static, str> {
    match (module, name) {
        ("numpy", "ndarray") => Cow::Borrowed("numpy.ndarray"),
        _ => Cow::Owned(format!("{module}.{name}")),
    }
}

/// How many elements.
pub(crate) fn count(shape: &[u64]) -> Result<u64> {
    // A size of 0 must not hide an overflow in the others: numpy would refuse them.
    let count = shape.iter().try_fold(1u64, |count, &dim| count.checked_mul(dim.max(1)));
    let count =
        count.ok_or_else(|| invalid(format!("the shape {shape:?} has more elements than there are numbers")))?;
    Ok(if shape.contains(&0) { 0 } else { count })
}

/// The strides of C order, or of Fortran's.
pub(super) fn strides_in_order(shape: &[u64], itemsize: usize, is_fortran: bool) -> Result<Vec<i64>> {
    let mut strides = vec![0i64; shape.len()];
    let mut step = Some(itemsize as u64);
    for at in 0..shape.len() {
        let at = if is_fortran { at } else { shape.len() - 1 - at };
        let here = step.and_then(|step| i64::try_from(step).ok());
        let too_large = || invalid(format!("an array of the shape {shape:?} is larger than any memory"));
        if let (Some(stride), Some(&dim)) = (strides.get_mut(at), shape.get(at)) {
            *stride = here.ok_or_else(too_large)?;
            step = step.and_then(|step| step.checked_mul(dim.max(1)));
        }
    }
    Ok(strides)
}

/// An array that has all the bytes.
pub(super) fn whole(dtype: DType, shape: &[u64], order: Order, data: Data) -> Result<NdArray> {
    let bytes = count(shape)?.checked_mul(dtype.itemsize() as u64);
    if bytes != Some(data.bytes.len() as u64) {
        let len = data.bytes.len();
        return Err(invalid(format!("an array of {} of the shape {shape:?} cannot have {len} bytes", short(&dtype))));
    }
    make(dtype, shape, order, data)
}

fn make(dtype: DType, shape: &[u64], order: Order, data: Data) -> Result<NdArray> {
    let strides = match order {
        Order::C => None,
        Order::F => Some(strides_in_order(shape, dtype.itemsize(), true)?),
        Order::Strides(strides) => Some(strides),
    };
    let array = NdArray::new(dtype, shape, strides.as_deref(), data.bytes)?;
    Ok(if data.is_writeable { array } else { array.read_only() })
}

/// An array of some of the bytes.
fn part(dtype: DType, shape: &[u64], order: Order, data: Data, offset: usize) -> Result<NdArray> {
    let size = data.bytes.len();
    let outside = || {
        invalid(format!(
            "an array of {} of the shape {shape:?} at byte {offset} leaves its buffer of {size} bytes",
            short(&dtype)
        ))
    };
    if count(shape)? == 0 {
        let strides = match order {
            Order::Strides(strides) if strides.len() != shape.len() => {
                return Err(invalid("an array has not as many strides as dimensions"));
            }
            _ => Order::C,
        };
        return make(dtype, shape, strides, Data { bytes: Bytes::new(), ..data });
    }
    let order = match order {
        Order::C => Order::Strides(strides_in_order(shape, dtype.itemsize(), false)?),
        Order::F => Order::Strides(strides_in_order(shape, dtype.itemsize(), true)?),
        strides => strides,
    };
    let Order::Strides(strides) = order else { return Err(outside()) };
    if strides.len() != shape.len() {
        return Err(invalid("an array has not as many strides as dimensions"));
    }
    // The lowest and the highest byte that the strides reach.
    let (mut low, mut high) = (offset as i128, offset as i128 + dtype.itemsize() as i128);
    for (&dim, &stride) in shape.iter().zip(&strides) {
        let far = i128::from(dim.saturating_sub(1)) * i128::from(stride);
        low += far.min(0);
        high += far.max(0);
    }
    if low < 0 || high > size as i128 {
        return Err(outside());
    }
    let backwards = shape.iter().zip(&strides).any(|(&dim, &stride)| dim > 1 && stride < 0);
    if backwards {
        return copied(dtype, shape, &strides, &data, offset);
    }
    let bytes = data.bytes.slice(low as usize..high as usize);
    make(dtype, shape, Order::Strides(strides), Data { bytes, ..data })
}

/// A copy in C order of an array that runs backwards, which an [`NdArray`] cannot say. All of it was checked to be in the buffer.
fn copied(dtype: DType, shape: &[u64], strides: &[i64], data: &Data, offset: usize) -> Result<NdArray> {
    let (itemsize, count) = (dtype.itemsize(), count(shape)?);
    if count.saturating_mul(itemsize as u64) > data.bytes.len() as u64 {
        return Err(unsupported(
            "an array that runs backwards repeats its items, so that a copy were larger than its buffer",
        ));
    }
    if itemsize == 0 {
        return make(dtype, shape, Order::C, Data { bytes: Bytes::new(), is_writeable: data.is_writeable });
    }
    let (mut index, mut out) = (vec![0u64; shape.len()], Vec::with_capacity(count as usize * itemsize));
    for _ in 0..count {
        let steps = index.iter().zip(strides).map(|(&i, &stride)| i as i64 * stride);
        let at = (offset as i64 + steps.sum::<i64>()) as usize;
        out.extend_from_slice(data.bytes.get(at..at + itemsize).unwrap_or_default());
        for (i, &n) in index.iter_mut().zip(shape).rev() {
            *i += 1;
            if *i < n {
                break;
            }
            *i = 0;
        }
    }
    make(dtype, shape, Order::C, Data { bytes: out.into(), is_writeable: data.is_writeable })
}
