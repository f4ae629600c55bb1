//! The classes and functions that numpy, pandas and pyarrow put into pickles, under all the names that they had.
//!
//! One table, of exact names: a prefix is no proof of anything. Where a module moved (numpy 2, pandas 3), both places are one name here.

/// What a global means, whatever version of its package wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Name {
    // Python's own, of which arrays make use.
    Bytes,
    ByteArray,
    Encode,
    Slice,
    Complex,
    /// `copyreg._reconstructor(cls, base, state)`: how protocols 0 and 1 make an object.
    Reconstructor,
    /// `copyreg.__newobj__(cls, *args)`.
    NewObj,
    // numpy
    NdArray,
    /// A subclass with the pickle of its base.
    NdArraySubclass,
    DType,
    Record,
    FromBuffer,
    Reconstruct,
    Scalar,
    /// A class of scalars, by the typestr of its dtype.
    ScalarClass(&'static str),
    MaReconstruct,
    MaskedArray,
    MaskedConstant,
    StringDType,
    // pyarrow
    RestoreArray,
    PyBuffer,
    TypeForAlias,
    ArrowType(&'static str),
    Field,
    Schema,
    ChunkedArray,
    RecordBatch,
    Table,
    ExtensionArray,
    // pandas
    DataFrame,
    Series,
    BlockManager,
    SingleBlockManager,
    UnpickleBlock,
    BlockPlacement,
    NewIndex,
    /// A class of indexes.
    Index(&'static str),
    NdArrayBacked,
    /// A class of arrays.
    Array(&'static str),
    CategoricalDtype,
    DatetimeTzDtype,
    PeriodDtype,
    PandasStringDtype,
    ArrowDtype,
}

impl Name {
    #[rustfmt::skip]
    pub(crate) fn of(module: &str, name: &str) -> Option<Name> {
        Some(match (module, name) {
            ("builtins" | "__builtin__", name) => match name {
                "bytes" => Name::Bytes,
                "bytearray" => Name::ByteArray,
                "slice" => Name::Slice,
                "complex" => Name::Complex,
                _ => return None,
            },
            ("_codecs", "encode") => Name::Encode,
            ("copyreg" | "copy_reg", "_reconstructor") => Name::Reconstructor,
            ("copyreg" | "copy_reg", "__newobj__") => Name::NewObj,

            ("numpy", "ndarray") => Name::NdArray,
            ("numpy", "dtype") => Name::DType,
            ("numpy" | "numpy.rec", "record") => Name::Record,
            ("numpy", "matrix" | "recarray" | "memmap") => Name::NdArraySubclass,
            ("numpy.rec", "recarray") => Name::NdArraySubclass,
            ("numpy.matrixlib.defmatrix", "matrix") => Name::NdArraySubclass,
            ("numpy.core.records" | "numpy._core.records", "recarray") => Name::NdArraySubclass,
            ("numpy.core.memmap" | "numpy._core.memmap", "memmap") => Name::NdArraySubclass,
            ("numpy", "chararray") | ("numpy.char", "chararray") => Name::NdArraySubclass,
            ("numpy", class) => Name::ScalarClass(typestr(class)?),
            ("numpy.core.numeric" | "numpy._core.numeric", "_frombuffer") => Name::FromBuffer,
            ("numpy.core.multiarray" | "numpy._core.multiarray", "_reconstruct") => Name::Reconstruct,
            ("numpy.core.multiarray" | "numpy._core.multiarray", "scalar") => Name::Scalar,
            ("numpy.core._internal" | "numpy._core._internal", "_convert_to_stringdtype_kwargs") => Name::StringDType,
            ("numpy.ma.core", "_mareconstruct") => Name::MaReconstruct,
            ("numpy.ma" | "numpy.ma.core", "MaskedArray") => Name::MaskedArray,
            ("numpy.ma" | "numpy.ma.core", "MaskedConstant") => Name::MaskedConstant,

            ("pyarrow.lib" | "pyarrow", name) => arrow(name)?,

            ("pandas" | "pandas.core.frame", "DataFrame") => Name::DataFrame,
            ("pandas" | "pandas.core.series", "Series") => Name::Series,
            ("pandas.core.internals.managers" | "pandas.core.internals", "BlockManager") => Name::BlockManager,
            ("pandas.core.internals.managers" | "pandas.core.internals", "SingleBlockManager") => Name::SingleBlockManager,
            ("pandas._libs.internals", "_unpickle_block") => Name::UnpickleBlock,
            ("pandas._libs.internals", "BlockPlacement") => Name::BlockPlacement,
            ("pandas._libs.arrays", "__pyx_unpickle_NDArrayBacked") => Name::NdArrayBacked,
            ("pandas.core.indexes.base", "_new_Index")
            | ("pandas.core.indexes.datetimes", "_new_DatetimeIndex")
            | ("pandas.core.indexes.timedeltas", "_new_TimedeltaIndex")
            | ("pandas.core.indexes.period", "_new_PeriodIndex")
            | ("pandas.core.indexes.interval", "_new_IntervalIndex") => Name::NewIndex,
            ("pandas" | "pandas.core.indexes.base", "Index") => Name::Index("Index"),
            ("pandas" | "pandas.core.indexes.range", "RangeIndex") => Name::Index("RangeIndex"),
            ("pandas" | "pandas.core.indexes.multi", "MultiIndex") => Name::Index("MultiIndex"),
            ("pandas" | "pandas.core.indexes.category", "CategoricalIndex") => Name::Index("CategoricalIndex"),
            ("pandas" | "pandas.core.indexes.datetimes", "DatetimeIndex") => Name::Index("DatetimeIndex"),
            ("pandas" | "pandas.core.indexes.timedeltas", "TimedeltaIndex") => Name::Index("TimedeltaIndex"),
            ("pandas" | "pandas.core.indexes.period", "PeriodIndex") => Name::Index("PeriodIndex"),
            ("pandas" | "pandas.core.indexes.interval", "IntervalIndex") => Name::Index("IntervalIndex"),
            ("pandas.core.indexes.numeric", "Int64Index" | "UInt64Index" | "Float64Index") => Name::Index("Index"),

            ("pandas" | "pandas.core.arrays.categorical", "Categorical") => Name::Array("Categorical"),
            ("pandas.arrays" | "pandas.core.arrays.datetimes", "DatetimeArray") => Name::Array("DatetimeArray"),
            ("pandas.arrays" | "pandas.core.arrays.timedeltas", "TimedeltaArray") => Name::Array("TimedeltaArray"),
            ("pandas.arrays" | "pandas.core.arrays.period", "PeriodArray") => Name::Array("PeriodArray"),
            ("pandas.arrays" | "pandas.core.arrays.integer", "IntegerArray") => Name::Array("IntegerArray"),
            ("pandas.arrays" | "pandas.core.arrays.floating", "FloatingArray") => Name::Array("FloatingArray"),
            ("pandas.arrays" | "pandas.core.arrays.boolean", "BooleanArray") => Name::Array("BooleanArray"),
            ("pandas.arrays" | "pandas.core.arrays.string_", "StringArray") => Name::Array("StringArray"),
            ("pandas.core.arrays.string_", "StringArrayNumpySemantics") => Name::Array("StringArray"),
            ("pandas.arrays" | "pandas.core.arrays.numpy_" | "pandas.core.arrays", "NumpyExtensionArray" | "PandasArray") => {
                Name::Array("NumpyExtensionArray")
            }
            (
                "pandas.arrays" | "pandas.core.arrays.string_arrow",
                "ArrowStringArray" | "ArrowStringArrayNumpySemantics",
            ) => Name::Array("ArrowStringArray"),
            ("pandas.arrays" | "pandas.core.arrays.arrow.array", "ArrowExtensionArray") => {
                Name::Array("ArrowExtensionArray")
            }

            ("pandas" | "pandas.core.dtypes.dtypes", "CategoricalDtype") => Name::CategoricalDtype,
            ("pandas" | "pandas.core.dtypes.dtypes", "DatetimeTZDtype") => Name::DatetimeTzDtype,
            ("pandas" | "pandas.core.dtypes.dtypes", "PeriodDtype") => Name::PeriodDtype,
            ("pandas" | "pandas.core.dtypes.dtypes", "ArrowDtype") => Name::ArrowDtype,
            ("pandas" | "pandas.core.arrays.string_", "StringDtype") => Name::PandasStringDtype,
            _ => return None,
        })
    }
}

/// The classes of scalars of numpy, by all names that they have, and their typestrs in the order of this machine.
#[rustfmt::skip]
pub(crate) static SCALARS: &[(&str, &str)] = &[
    ("bool_", "|b1"), ("bool", "|b1"),
    ("int8", "i1"), ("byte", "i1"),
    ("int16", "i2"), ("short", "i2"),
    ("int32", "i4"), ("intc", "i4"),
    ("int64", "i8"), ("longlong", "i8"), ("int_", "i8"), ("intp", "i8"),
    ("uint8", "u1"), ("ubyte", "u1"),
    ("uint16", "u2"), ("ushort", "u2"),
    ("uint32", "u4"), ("uintc", "u4"),
    ("uint64", "u8"), ("ulonglong", "u8"), ("uint", "u8"), ("uintp", "u8"),
    ("float16", "f2"), ("half", "f2"),
    ("float32", "f4"), ("single", "f4"),
    ("float64", "f8"), ("double", "f8"), ("float_", "f8"),
    ("complex64", "c8"), ("csingle", "c8"),
    ("complex128", "c16"), ("cdouble", "c16"), ("complex_", "c16"),
    ("bytes_", "S"),
    ("str_", "U"),
    ("object_", "O"),
];

fn typestr(class: &str) -> Option<&'static str> {
    SCALARS.iter().find(|(name, _)| *name == class).map(|(_, typestr)| *typestr)
}

/// What `numpy.dtype` takes as a name in words.
pub(crate) fn typestr_of_words(words: &str) -> Option<&'static str> {
    match words {
        "int" => Some("i8"),
        "float" => Some("f8"),
        "complex" => Some("c16"),
        "str" => Some("U"),
        "bytes" => Some("S"),
        "object" => Some("O"),
        words => typestr(words),
    }
}

fn arrow(name: &str) -> Option<Name> {
    Some(match name {
        "_restore_array" => Name::RestoreArray,
        "py_buffer" => Name::PyBuffer,
        "type_for_alias" => Name::TypeForAlias,
        "field" => Name::Field,
        "schema" => Name::Schema,
        "chunked_array" => Name::ChunkedArray,
        "_reconstruct_record_batch" => Name::RecordBatch,
        "_reconstruct_table" => Name::Table,
        "ExtensionArray" => Name::ExtensionArray,
        "timestamp" => Name::ArrowType("timestamp"),
        "time32" => Name::ArrowType("time32"),
        "time64" => Name::ArrowType("time64"),
        "duration" => Name::ArrowType("duration"),
        "list_" => Name::ArrowType("list"),
        "large_list" => Name::ArrowType("large_list"),
        "list_view" => Name::ArrowType("list_view"),
        "large_list_view" => Name::ArrowType("large_list_view"),
        "map_" => Name::ArrowType("map"),
        "struct" => Name::ArrowType("struct"),
        "dictionary" => Name::ArrowType("dictionary"),
        "binary" => Name::ArrowType("binary"),
        "decimal32" => Name::ArrowType("decimal32"),
        "decimal64" => Name::ArrowType("decimal64"),
        "decimal128" => Name::ArrowType("decimal128"),
        "decimal256" => Name::ArrowType("decimal256"),
        "run_end_encoded" => Name::ArrowType("run_end_encoded"),
        "sparse_union" => Name::ArrowType("sparse_union"),
        "dense_union" => Name::ArrowType("dense_union"),
        "union" => Name::ArrowType("union"),
        "uuid" => Name::ArrowType("uuid"),
        "json_" => Name::ArrowType("json"),
        "bool8" => Name::ArrowType("bool8"),
        "opaque" => Name::ArrowType("opaque"),
        "fixed_shape_tensor" => Name::ArrowType("fixed_shape_tensor"),
        _ => return None,
    })
}
