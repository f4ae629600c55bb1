//! The objects of numpy, pandas and pyarrow in the registry: exact names, and the modules that read them.

use super::Known;
use crate::pandas::Pandas;
use crate::value::Value;
use frames_core::{Error, ErrorKind, Result};

type Recognize = fn(&mut Pandas<'_>, Value) -> Result<Option<Known>>;

/// By the names of today.
pub(crate) static ARRAYS: &[(&str, &str, Recognize)] = &[
    ("numpy", "dtype", |readers, value| {
        let arrays = &mut readers.arrow.arrays;
        Ok(if arrays.is_dtype(value) { arrays.dtype_or_string(value)?.map(Known::DType) } else { None })
    }),
    ("numpy", "ndarray", ndarray),
    ("numpy._core.multiarray", "_reconstruct", ndarray),
    ("numpy._core.multiarray", "scalar", scalar),
    ("numpy._core.numeric", "_frombuffer", ndarray),
    ("numpy.ma.core", "_mareconstruct", |readers, value| {
        Ok(readers.arrow.arrays.masked(value)?.map(|array| Known::MaskedArray(Box::new(array))))
    }),
    ("pandas", "DataFrame", |readers, value| {
        Ok(readers.data_frame(value)?.map(|made| Known::DataFrame(Box::new(made))))
    }),
    ("pandas", "Series", |readers, value| Ok(readers.series(value)?.map(|made| Known::Series(Box::new(made))))),
    ("pandas.core.indexes.base", "_new_Index", index),
    ("pandas.core.indexes.datetimes", "_new_DatetimeIndex", index),
    ("pandas.core.indexes.interval", "_new_IntervalIndex", index),
    ("pandas.core.indexes.period", "_new_PeriodIndex", index),
    ("pandas.core.indexes.timedeltas", "_new_TimedeltaIndex", index),
    ("pyarrow.lib", "_reconstruct_record_batch", |readers, value| {
        Ok(readers.arrow.record_batch(value)?.map(Known::RecordBatch))
    }),
    ("pyarrow.lib", "_reconstruct_table", |readers, value| Ok(readers.arrow.table(value)?.map(Known::Table))),
    ("pyarrow.lib", "_restore_array", |readers, value| {
        Ok(readers.arrow.restored(value)?.map(|made| Known::ArrowArray(Box::new(made))))
    }),
    ("pyarrow.lib", "chunked_array", |readers, value| Ok(readers.arrow.chunked(value)?.map(Known::ChunkedArray))),
];

fn ndarray(readers: &mut Pandas<'_>, value: Value) -> Result<Option<Known>> {
    Ok(readers.arrow.arrays.array(value)?.map(|array| match array.into_plain() {
        Ok(plain) => Known::NdArray(Box::new(plain)),
        // A subclass, or an array of objects.
        Err(array) => Known::NumpyArray(array),
    }))
}

pub(crate) fn scalar(readers: &mut Pandas<'_>, value: Value) -> Result<Option<Known>> {
    Ok(readers.arrow.arrays.scalar(value)?.map(|made| Known::Scalar(Box::new(made))))
}

fn index(readers: &mut Pandas<'_>, value: Value) -> Result<Option<Known>> {
    Ok(readers.known(value)?.map(|made| Known::Index(Box::new(made))))
}

/// What has one of these names and is not what they mostly make.
#[cold]
pub(crate) fn other(module: &str, name: &str) -> Error {
    Error::new(ErrorKind::UnknownType, format!("`{module}.{name}` is not used here as its package does"))
}
