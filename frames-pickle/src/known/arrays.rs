//! The objects of numpy, pandas and pyarrow in the registry: exact names, and the modules that read them.

use super::Known;
use crate::graph::Graph;
use crate::value::Value;
use crate::{numpy, pandas, pyarrow};
use frames_core::{Error, ErrorKind, Result};

type Recognize = fn(&Graph<'_>, Value) -> Result<Option<Known>>;

/// By the names of today.
pub(crate) static ARRAYS: &[(&str, &str, Recognize)] = &[
    ("numpy", "dtype", |graph, value| Ok(numpy::dtype(graph, value)?.map(Known::DType))),
    ("numpy", "ndarray", ndarray),
    ("numpy._core.multiarray", "_reconstruct", ndarray),
    ("numpy._core.multiarray", "scalar", scalar),
    ("numpy._core.numeric", "_frombuffer", ndarray),
    ("numpy.ma.core", "_mareconstruct", masked),
    ("pandas", "DataFrame", |graph, value| {
        Ok(pandas::data_frame(graph, value)?.map(|made| Known::DataFrame(Box::new(made))))
    }),
    ("pandas", "Series", |graph, value| Ok(pandas::series(graph, value)?.map(|made| Known::Series(Box::new(made))))),
    ("pandas.core.indexes.base", "_new_Index", index),
    ("pandas.core.indexes.datetimes", "_new_DatetimeIndex", index),
    ("pandas.core.indexes.interval", "_new_IntervalIndex", index),
    ("pandas.core.indexes.period", "_new_PeriodIndex", index),
    ("pandas.core.indexes.timedeltas", "_new_TimedeltaIndex", index),
    ("pyarrow.lib", "_reconstruct_record_batch", |graph, value| {
        Ok(pyarrow::record_batch(graph, value)?.map(Known::RecordBatch))
    }),
    ("pyarrow.lib", "_reconstruct_table", |graph, value| Ok(pyarrow::table(graph, value)?.map(Known::Table))),
    ("pyarrow.lib", "_restore_array", |graph, value| {
        Ok(pyarrow::array(graph, value)?.map(|made| Known::ArrowArray(Box::new(made))))
    }),
    ("pyarrow.lib", "chunked_array", |graph, value| Ok(pyarrow::chunked_array(graph, value)?.map(Known::ChunkedArray))),
];

/// numpy's classes of numbers, called with one: the form that all versions read.
pub(crate) static SCALARS: &[&str] = &[
    "bool_",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "float16",
    "float32",
    "float64",
    "complex64",
    "complex128",
];

fn ndarray(graph: &Graph<'_>, value: Value) -> Result<Option<Known>> {
    match numpy::ndarray(graph, value)? {
        Some(array) => Ok(Some(Known::NdArray(Box::new(array)))),
        // A subclass, or an array of objects.
        None => Ok(numpy::array(graph, value)?.map(|array| Known::NumpyArray(Box::new(array)))),
    }
}

fn masked(graph: &Graph<'_>, value: Value) -> Result<Option<Known>> {
    Ok(numpy::masked(graph, value)?.map(|array| Known::MaskedArray(Box::new(array))))
}

pub(crate) fn scalar(graph: &Graph<'_>, value: Value) -> Result<Option<Known>> {
    Ok(numpy::scalar(graph, value)?.map(|made| Known::Scalar(Box::new(made))))
}

fn index(graph: &Graph<'_>, value: Value) -> Result<Option<Known>> {
    Ok(pandas::index(graph, value)?.map(|made| Known::Index(Box::new(made))))
}

/// What has one of these names and is not what they mostly make.
#[cold]
pub(crate) fn other(module: &str, name: &str) -> Error {
    Error::new(ErrorKind::UnknownType, format!("`{module}.{name}` is not used here as its package does"))
}
