//! Names that moved: where a class or function is today, of what other versions pickle.
//!
//! Every entry is one exact name, or one exact module with all names in it; there are no prefixes. Names that Python 2 had are the reader's
//! business, who maps them in the protocols in which they are allowed; but for the three modules that others write too.

/// The name of today. One that did not move is its own.
pub(crate) fn today<'n>(module: &'n str, name: &'n str) -> (&'n str, &'n str) {
    if let Ok(at) = NAMES.binary_search_by_key(&(module, name), |entry| entry.0) {
        return NAMES.get(at).map_or((module, name), |entry| entry.1);
    }
    match MODULES.binary_search_by_key(&module, |entry| entry.0) {
        Ok(at) => (MODULES.get(at).map_or(module, |entry| entry.1), name),
        Err(_) => (module, name),
    }
}

type Name = (&'static str, &'static str);

static MODULES: &[Name] = &[
    ("__builtin__", "builtins"),
    ("copy_reg", "copyreg"),
    ("exceptions", "builtins"),
    ("numpy.core", "numpy._core"),
    ("numpy.core._internal", "numpy._core._internal"),
    ("numpy.core._multiarray_umath", "numpy._core._multiarray_umath"),
    ("numpy.core.defchararray", "numpy._core.defchararray"),
    ("numpy.core.fromnumeric", "numpy._core.fromnumeric"),
    ("numpy.core.multiarray", "numpy._core.multiarray"),
    ("numpy.core.numeric", "numpy._core.numeric"),
    ("numpy.core.records", "numpy._core.records"),
    ("numpy.core.umath", "numpy._core.umath"),
    ("pathlib._local", "pathlib"),
];

static NAMES: &[(Name, Name)] = &[
    (("numpy", "recarray"), ("numpy.rec", "recarray")),
    (("numpy.ma.core", "MaskedArray"), ("numpy.ma", "MaskedArray")),
    (("pandas._libs.interval", "Interval"), ("pandas", "Interval")),
    (("pandas._libs.missing", "NA"), ("pandas", "NA")),
    (("pandas._libs.tslibs.nattype", "__nat_unpickle"), ("pandas._libs.tslibs.nattype", "_nat_unpickle")),
    (("pandas._libs.tslibs.offsets", "DateOffset"), ("pandas", "DateOffset")),
    (("pandas._libs.tslibs.period", "Period"), ("pandas", "Period")),
    (("pandas.core.arrays.arrow.array", "ArrowExtensionArray"), ("pandas.arrays", "ArrowExtensionArray")),
    (("pandas.core.arrays.boolean", "BooleanArray"), ("pandas.arrays", "BooleanArray")),
    (("pandas.core.arrays.boolean", "BooleanDtype"), ("pandas", "BooleanDtype")),
    (("pandas.core.arrays.categorical", "Categorical"), ("pandas", "Categorical")),
    (("pandas.core.arrays.datetimes", "DatetimeArray"), ("pandas.arrays", "DatetimeArray")),
    (("pandas.core.arrays.floating", "Float32Dtype"), ("pandas", "Float32Dtype")),
    (("pandas.core.arrays.floating", "Float64Dtype"), ("pandas", "Float64Dtype")),
    (("pandas.core.arrays.floating", "FloatingArray"), ("pandas.arrays", "FloatingArray")),
    (("pandas.core.arrays.integer", "Int16Dtype"), ("pandas", "Int16Dtype")),
    (("pandas.core.arrays.integer", "Int32Dtype"), ("pandas", "Int32Dtype")),
    (("pandas.core.arrays.integer", "Int64Dtype"), ("pandas", "Int64Dtype")),
    (("pandas.core.arrays.integer", "Int8Dtype"), ("pandas", "Int8Dtype")),
    (("pandas.core.arrays.integer", "IntegerArray"), ("pandas.arrays", "IntegerArray")),
    (("pandas.core.arrays.integer", "UInt16Dtype"), ("pandas", "UInt16Dtype")),
    (("pandas.core.arrays.integer", "UInt32Dtype"), ("pandas", "UInt32Dtype")),
    (("pandas.core.arrays.integer", "UInt64Dtype"), ("pandas", "UInt64Dtype")),
    (("pandas.core.arrays.integer", "UInt8Dtype"), ("pandas", "UInt8Dtype")),
    (("pandas.core.arrays.interval", "IntervalArray"), ("pandas.arrays", "IntervalArray")),
    (("pandas.core.arrays.numpy_", "NumpyExtensionArray"), ("pandas.arrays", "NumpyExtensionArray")),
    (("pandas.core.arrays.period", "PeriodArray"), ("pandas.arrays", "PeriodArray")),
    (("pandas.core.arrays.sparse.array", "SparseArray"), ("pandas.arrays", "SparseArray")),
    (("pandas.core.arrays.string_", "StringArray"), ("pandas.arrays", "StringArray")),
    (("pandas.core.arrays.string_", "StringDtype"), ("pandas", "StringDtype")),
    (("pandas.core.arrays.string_arrow", "ArrowStringArray"), ("pandas.arrays", "ArrowStringArray")),
    (("pandas.core.arrays.timedeltas", "TimedeltaArray"), ("pandas.arrays", "TimedeltaArray")),
    (("pandas.core.dtypes.dtypes", "ArrowDtype"), ("pandas", "ArrowDtype")),
    (("pandas.core.dtypes.dtypes", "CategoricalDtype"), ("pandas", "CategoricalDtype")),
    (("pandas.core.dtypes.dtypes", "DatetimeTZDtype"), ("pandas", "DatetimeTZDtype")),
    (("pandas.core.dtypes.dtypes", "IntervalDtype"), ("pandas", "IntervalDtype")),
    (("pandas.core.dtypes.dtypes", "PeriodDtype"), ("pandas", "PeriodDtype")),
    (("pandas.core.dtypes.dtypes", "SparseDtype"), ("pandas", "SparseDtype")),
    (("pandas.core.frame", "DataFrame"), ("pandas", "DataFrame")),
    (("pandas.core.indexes.base", "Index"), ("pandas", "Index")),
    (("pandas.core.indexes.category", "CategoricalIndex"), ("pandas", "CategoricalIndex")),
    (("pandas.core.indexes.datetimes", "DatetimeIndex"), ("pandas", "DatetimeIndex")),
    (("pandas.core.indexes.interval", "IntervalIndex"), ("pandas", "IntervalIndex")),
    (("pandas.core.indexes.multi", "MultiIndex"), ("pandas", "MultiIndex")),
    (("pandas.core.indexes.period", "PeriodIndex"), ("pandas", "PeriodIndex")),
    (("pandas.core.indexes.range", "RangeIndex"), ("pandas", "RangeIndex")),
    (("pandas.core.indexes.timedeltas", "TimedeltaIndex"), ("pandas", "TimedeltaIndex")),
    (("pandas.core.series", "Series"), ("pandas", "Series")),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_move_once_and_are_found() {
        assert!(MODULES.is_sorted() && NAMES.is_sorted());
        for ((module, name), new) in NAMES {
            assert_eq!(today(module, name), *new);
            assert_eq!(today(new.0, new.1), *new, "it stays there");
        }
        for (module, new) in MODULES {
            assert_eq!(today(module, "x"), (*new, "x"));
            assert_eq!(today(new, "x"), (*new, "x"));
        }
        assert_eq!(today("numpy.core.multiarray", "scalar"), ("numpy._core.multiarray", "scalar"));
        assert_eq!(today("numpy.core.multiarray.x", "scalar"), ("numpy.core.multiarray.x", "scalar"), "no prefixes");
        assert_eq!(today("os", "system"), ("os", "system"));
    }
}
