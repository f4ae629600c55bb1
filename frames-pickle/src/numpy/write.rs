//! Arrays as pickles in the one form that every numpy reads.

use crate::graph::{CallKind, Graph};
use crate::node::{Buffer, Node};
use crate::value::Value;
use frames_core::{DType, Error, NdArray, Result};

/// An array as `numpy.ndarray(shape, dtype, buffer, 0, strides, order)`, with its bytes as a buffer: shared, not copied.
///
/// numpy's own pickles name functions that moved in numpy 2; this form is read by numpy 1 and 2 without a warning, and sends times and views
/// with strides out of band, too. Whether Python may write to the array is kept.
///
/// ```
/// use frames_core::{DType, NdArray};
/// use frames_pickle::{Graph, numpy::numpy_ndarray};
/// let array = NdArray::new(DType::parse("<f4")?, &[2, 2], Some(&[4, 8]), vec![0; 16])?;
/// let mut graph = Graph::new();
/// let value = numpy_ndarray(&mut graph, &array);
/// graph.set_root(value);
/// assert_eq!(
///     format!("{graph:?}"),
///     r#"numpy.ndarray((2, 2), numpy.dtype("<f4"), <buffer of 16 bytes>, 0, None, "F")"#,
/// );
/// # Ok::<(), frames_core::Error>(())
/// ```
pub fn numpy_ndarray(graph: &mut Graph<'_>, array: &NdArray) -> Value {
    let buffer = Buffer::from(array.frame().clone().into_bytes());
    let buffer = graph.buffer(if array.is_writeable() { buffer } else { buffer.read_only() });
    ndarray_over(graph, array.dtype(), array.shape(), array.strides(), buffer)
}

/// The same over a value that is a buffer.
pub(crate) fn ndarray_over(
    graph: &mut Graph<'_>,
    mut dtype: &DType,
    shape: &[u64],
    strides: &[i64],
    buffer: Value,
) -> Value {
    let (mut shape, mut strides) = (shape.to_vec(), strides.to_vec());
    // numpy makes dimensions of the shape of a sub-array.
    while let Some((base, dims)) = dtype.subarray() {
        let mut step = dtype.itemsize();
        for &dim in dims {
            step = step.checked_div(dim).unwrap_or(0);
            shape.push(dim as u64);
            strides.push(step as i64);
        }
        dtype = base;
    }
    let is_in_order = |is_fortran: bool| {
        let mut step = dtype.itemsize() as u64;
        let fits = |(&dim, &stride): (&u64, &i64)| {
            let fits = dim == 1 || u64::try_from(stride) == Ok(step);
            step = step.saturating_mul(dim);
            fits
        };
        let mut dims = shape.iter().zip(&strides);
        if is_fortran { dims.all(fits) } else { dims.rev().all(fits) }
    };
    let is_empty = shape.contains(&0);
    let is_fortran = !is_empty && !is_in_order(false) && is_in_order(true);
    let has_strides = !is_empty && !is_fortran && !is_in_order(false);

    let class = graph.global("numpy", "ndarray");
    let dims: Vec<Value> = shape.iter().map(|&dim| size(graph, dim)).collect();
    let dims = graph.tuple(&dims);
    let dtype = numpy_dtype(graph, dtype);
    let strides = if has_strides {
        let strides: Vec<Value> = strides.iter().map(|&stride| graph.int(stride)).collect();
        graph.tuple(&strides)
    } else {
        Value::NONE
    };
    let order = graph.str(if is_fortran { "F" } else { "C" });
    let args = graph.tuple(&[dims, dtype, buffer, 0.into(), strides, order]);
    graph.push_call(CallKind::Reduce, class, args, Value::NONE)
}

/// An array of Python objects: values of the graph, in C order whatever they are. Every numpy reads it.
///
/// # Errors
///
/// There are not as many values as the shape says.
///
/// ```
/// use frames_pickle::{Graph, numpy::numpy_objects};
/// let mut graph = Graph::new();
/// let values = [graph.int(1), graph.str("a")];
/// let array = numpy_objects(&mut graph, &[2], &values)?;
/// graph.set_root(array);
/// let frames_pickle::numpy::ArrayData::Objects(read) = frames_pickle::numpy::array(&graph, array)?.unwrap().data else { panic!() };
/// assert_eq!(read.values(&graph).collect::<Vec<_>>(), values);
/// # Ok::<(), frames_core::Error>(())
/// ```
pub fn numpy_objects(graph: &mut Graph<'_>, shape: &[u64], values: &[Value]) -> Result<Value> {
    let class = graph.global("numpy", "dtype");
    let name = graph.str("O");
    let dtype = graph.call(CallKind::Reduce, class, &[name])?;
    of_list(graph, shape, dtype, values)
}

/// An array of texts of any length, numpy's `StringDType`: strings of the graph, in C order, and `None` for what lacks, which then is the
/// `na_object` of the dtype. numpy reads it from its version 2 on, which has the dtype.
///
/// # Errors
///
/// There are not as many values as the shape says, or one is neither a string nor `None`.
///
/// ```
/// use frames_pickle::{Graph, Value, numpy::numpy_texts};
/// let mut graph = Graph::new();
/// let values = [graph.str("a"), Value::NONE];
/// let array = numpy_texts(&mut graph, &[2], &values)?;
/// graph.set_root(array);
/// assert!(numpy_texts(&mut graph, &[1], &[7.into()]).is_err());
/// # Ok::<(), frames_core::Error>(())
/// ```
pub fn numpy_texts(graph: &mut Graph<'_>, shape: &[u64], values: &[Value]) -> Result<Value> {
    for (index, value) in values.iter().enumerate() {
        if !matches!(graph.node(*value), Node::Str(_) | Node::None) {
            return Err(Error::mismatch("a string or None", graph.name_of(*value)).at_index(index));
        }
    }
    // `StringDType(na_object=None)`, or without; both make strings of what is none.
    let lacks = values.contains(&Value::NONE);
    let function = graph.global("numpy._core._internal", "_convert_to_stringdtype_kwargs");
    let args: &[Value] = if lacks { &[1.into(), Value::NONE] } else { &[1.into()] };
    let dtype = graph.call(CallKind::Reduce, function, args)?;
    of_list(graph, shape, dtype, values)
}

/// An array whose state is a list, over one of no items: so no name is needed that moved between the versions of numpy.
fn of_list(graph: &mut Graph<'_>, shape: &[u64], dtype: Value, values: &[Value]) -> Result<Value> {
    let count = shape.iter().try_fold(1u64, |count, dim| count.checked_mul(*dim));
    if count != Some(values.len() as u64) {
        return Err(Error::mismatch(
            format_args!("as many values as an array of the shape {shape:?} has"),
            format_args!("{}", values.len()),
        ));
    }
    let class = graph.global("numpy", "ndarray");
    let none = graph.tuple(&[0.into()]);
    let array = graph.call(CallKind::Reduce, class, &[none])?;
    let dims: Vec<Value> = shape.iter().map(|&dim| size(graph, dim)).collect();
    let dims = graph.tuple(&dims);
    let items = graph.list(values);
    let state = graph.tuple(&[1.into(), dims, dtype, false.into(), items]);
    graph.build(array, state)?;
    Ok(array)
}

/// A dtype as `numpy.dtype(…)` of what numpy takes: its short name, or a dict of fields.
///
/// ```
/// use frames_core::{DType, Field};
/// use frames_pickle::{Graph, numpy::numpy_dtype};
/// let mut graph = Graph::new();
/// let value = numpy_dtype(&mut graph, &DType::structured(vec![Field::new("a", 0, DType::parse("<i4")?)], 4)?);
/// graph.set_root(value);
/// assert_eq!(
///     format!("{graph:?}"),
///     r#"numpy.dtype({"names": ["a"], "formats": ["<i4"], "offsets": [0], "itemsize": 4})"#,
/// );
/// # Ok::<(), frames_core::Error>(())
/// ```
pub fn numpy_dtype(graph: &mut Graph<'_>, dtype: &DType) -> Value {
    let class = graph.global("numpy", "dtype");
    let spec = spec(graph, dtype);
    let args = graph.tuple(&[spec]);
    graph.push_call(CallKind::Reduce, class, args, Value::NONE)
}

/// What `numpy.dtype` takes. The nesting of a dtype is bounded where it is made.
fn spec(graph: &mut Graph<'_>, dtype: &DType) -> Value {
    if let Some((base, dims)) = dtype.subarray() {
        let base = spec(graph, base);
        let dims: Vec<Value> = dims.iter().map(|&dim| size(graph, dim as u64)).collect();
        let dims = graph.tuple(&dims);
        return graph.tuple(&[base, dims]);
    }
    let Some(fields) = dtype.fields() else { return graph.str(&dtype.to_string()) };
    let names: Vec<Value> = fields.iter().map(|field| graph.str(&field.name)).collect();
    let formats: Vec<Value> = fields.iter().map(|field| spec(graph, &field.dtype)).collect();
    let offsets: Vec<Value> = fields.iter().map(|field| size(graph, field.offset as u64)).collect();
    let mut entries = Vec::new();
    for (key, list) in [("names", names), ("formats", formats), ("offsets", offsets)] {
        entries.push((graph.str(key), graph.list(&list)));
    }
    entries.push((graph.str("itemsize"), size(graph, dtype.itemsize() as u64)));
    if fields.iter().any(|field| field.title.is_some()) {
        let mut titles = Vec::new();
        for field in fields {
            titles.push(field.title.as_deref().map_or(Value::NONE, |title| graph.str(title)));
        }
        entries.push((graph.str("titles"), graph.list(&titles)));
    }
    // numpy hands the flag down to the parts, and refuses those that are packed.
    if dtype.is_aligned() && dtype.keeps_alignment() {
        entries.push((graph.str("aligned"), true.into()));
    }
    graph.dict(&entries)
}

fn size(graph: &mut Graph<'_>, number: u64) -> Value {
    graph.big_int(&i128::from(number).to_le_bytes())
}
