"""Pickles of arrays and frames for tests/pickle_arrays.rs, with what is in them; and whether pickles of Rust are what it says.

`python pickle_arrays.py make [KIND]` writes cases to stdout, `python pickle_arrays.py check` reads some from stdin. A case is `u32 n`, then n
times `u64 length, bytes`, little-endian: a JSON object, the pickle, its buffers. Runs with numpy 1.26, pandas 2.1 and pyarrow 14, too: the
golden file beside the tests was made by those.
"""

import datetime
import decimal
import json
import pickle
import struct
import sys
import warnings

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute

MAKERS = []


def maker(function):
    MAKERS.append(function)
    return function


def send(parts):
    out = sys.stdout.buffer
    out.write(struct.pack("<I", len(parts)))
    for part in parts:
        out.write(struct.pack("<Q", len(part)))
        out.write(part)


def receive():
    while head := sys.stdin.buffer.read(4):
        parts = []
        for _ in range(*struct.unpack("<I", head)):
            (length,) = struct.unpack("<Q", sys.stdin.buffer.read(8))
            parts.append(sys.stdin.buffer.read(length))
        yield parts


# ------------------------------------------------------------------------------------------------------ numpy


def spell(dtype):
    """As DType of frames-core prints it."""
    quote = lambda text: repr(text)
    if dtype.subdtype:
        base, shape = dtype.subdtype
        return f"({quote_part(base)}, {shape})"
    if dtype.names is not None:
        fields = [dtype.fields[name] for name in dtype.names]
        text = "{'names': " + str(list(dtype.names))
        text += ", 'formats': [" + ", ".join(quote_part(f[0]) for f in fields) + "]"
        text += ", 'offsets': " + str([f[1] for f in fields])
        if any(len(f) == 3 for f in fields):
            text += ", 'titles': [" + ", ".join(quote(f[2]) if len(f) == 3 else "None" for f in fields) + "]"
        text += f", 'itemsize': {dtype.itemsize}"
        return text + (", 'aligned': True}" if dtype.isalignedstruct else "}")
    return dtype.str


def quote_part(dtype):
    return spell(dtype) if dtype.subdtype or dtype.names is not None else repr(spell(dtype))


def plain(array):
    return {
        "dtype": spell(array.dtype),
        "shape": array.shape,
        "strides": array.strides,
        "writeable": array.flags.writeable,
        "bytes": array.tobytes().hex(),
    }


def class_of(value):
    return [type(value).__module__, type(value).__qualname__]


def arrays():
    a = np.arange(12.0).reshape(3, 4)
    yield "C order", a
    yield "F order", np.asfortranarray(a)
    yield "transposed", a.T
    yield "axes in another order", np.arange(24, dtype="i2").reshape(2, 3, 4).transpose(1, 0, 2)
    yield "axes in another order, all", np.arange(120, dtype="u1").reshape(2, 3, 4, 5).transpose(2, 0, 3, 1)
    yield "with gaps", a[:, ::2]
    yield "backwards", a[::-1]
    yield "broadcast", np.broadcast_to(np.float64(1), (3, 4))
    read_only = np.arange(3)
    read_only.flags.writeable = False
    yield "read-only", read_only
    for code in "?bhilqBHILQefdgFDG":
        yield f"dtype {code}", np.array([0, 1, 2], code)
    for code in [">i4", ">f8", ">c16", ">U3", "S3", "U3", "V5", "M8[ns]", "m8[25s]", ">M8[D]", "M8"]:
        data = np.array([1, 2], "i8").view(code.replace(">", "")) if code[-1] in "]8" and code[-2] != "f" else None
        yield f"dtype {code}", np.zeros(2, code) if data is None else data.astype(code)
    yield "no dimension", np.array(7)
    yield "no item", np.zeros(0)
    yield "no item of three", np.zeros((0, 3))
    yield "no item, three dimensions", np.zeros((3, 0, 2), "M8[s]")
    record = np.dtype([("a", "<i4"), ("b", ">f8", (2,)), ("c", "S3")])
    yield "records", np.ones(2, record)
    yield "aligned records", np.ones(2, np.dtype([("a", "i1"), ("b", "f8")], align=True))
    yield "titles", np.ones(2, np.dtype([(("title", "a"), "i1"), ("b", "f8")]))
    yield "holes", np.ones(2, np.dtype({"names": ["b", "a"], "formats": ["i4", "i2"], "offsets": [8, 2], "itemsize": 16}))
    yield "overlap", np.ones(2, np.dtype({"names": ["b", "a"], "formats": ["i4", "i2"], "offsets": [0, 2], "itemsize": 4}))
    yield "nested", np.zeros((2, 2), np.dtype([("p", record, (2, 3)), ("q", [("r", "M8[us]")])]))
    yield "no fields", np.zeros(2, np.dtype([]))
    yield "records with gaps", np.ones((4, 4), record)[::2]
    yield "metadata", np.zeros(2, np.dtype("f4", metadata={"unit": "m"}))
    yield "metadata of a time", np.zeros(2, np.dtype("M8[ms]", metadata={"unit": "m"}))
    yield "matrix", np.matrix([[1, 2]])
    yield "recarray", np.rec.array([(1, 2.0)], dtype=[("a", "<i4"), ("b", "<f8")])
    yield "chararray", np.char.array(["a", "bc"])


@maker
def array():
    for name, value in arrays():
        yield name, value, lambda value: {"class": class_of(value), **plain(np.asarray(value))}


@maker
def shared():
    """Two arrays with one dtype, and one of them twice."""
    a, b = np.arange(3, dtype="i4"), np.arange(4, dtype="i4")
    yield "list", [a, b, a], lambda value: {"arrays": [plain(array) for array in value]}


@maker
def objects():
    def expect(value):
        dtype = None if value.dtype.kind == "T" else spell(value.dtype)
        return {"dtype": dtype, "shape": value.shape, "items": [repr(item) for item in value.ravel().tolist()]}

    yield "objects", np.array([1, "a", None], object), expect
    yield "Fortran", np.asfortranarray(np.array([[1, "a"], [None, 2]], object)), expect
    yield "many", np.array(list(range(1100)), object).reshape(11, 100), expect
    yield "none", np.array([], object), expect
    yield "no dimension", np.array(None, object), expect
    if hasattr(np.dtypes, "StringDType"):
        yield "StringDType", np.array(["a", "bb"], np.dtypes.StringDType()), expect


@maker
def masked():
    def expect(value):
        return {"data": plain(np.asarray(value.data)), "mask": plain(np.ma.getmaskarray(value)), "class": class_of(value)}

    yield "masked", np.ma.array([1, 2, 3], mask=[0, 1, 0]), expect
    yield "Fortran", np.ma.array(np.asfortranarray(np.arange(6.0).reshape(2, 3)), mask=np.eye(2, 3)), expect
    yield "fill value", np.ma.array([1.0, 2.0], mask=[0, 1], fill_value=7), expect
    yield "unmasked", np.ma.array([1, 2]), expect
    record = [("a", "i4"), ("b", "f8", (2,))]
    yield "records", np.ma.array([(1, (2, 3))], dtype=record, mask=[(True, (False, True))]), expect


@maker
def scalar():
    values = [np.float64(1.5), np.float32(-2), np.int8(-7), np.uint64(2**64 - 1), np.bool_(True), np.complex128(1 + 2j)]
    values += [np.str_("aé"), np.bytes_(b"ab"), np.datetime64("2024-01-01"), np.timedelta64(5, "s"), np.longdouble(1) / 3]
    values += [np.datetime64("NaT"), np.array((1, 2.5), "i4,f8")[()], np.str_(""), np.float16(0.5)]
    for value in values:
        expect = lambda value: {"dtype": spell(value.dtype), "bytes": value.tobytes()[: value.dtype.itemsize].hex()}
        yield repr(value), value, expect


@maker
def dtype():
    for name, value in arrays():
        yield name, value.dtype, lambda dtype: {"dtype": spell(dtype)}


# ------------------------------------------------------------------------------------------------------ pyarrow


def arrow_arrays():
    yield "int64", pa.array([1, None, 3])
    yield "no null", pa.array([1, 2, 3], pa.int16())
    yield "sliced", pa.array([0, None, 2, 3, 4])[1:4]
    yield "sliced bools", pa.array([True, False, None] * 5)[3:11]
    yield "texts", pa.array(["a", "", None, "b\u00e9"])
    yield "large texts", pa.array(["a", "bc"], pa.large_string())
    yield "bytes", pa.array([b"a", None], pa.binary())
    yield "bytes of four", pa.array([b"abcd", None], pa.binary(4))
    yield "no text", pa.array([], pa.string())
    yield "sliced texts", pa.array(["a", "bc", "def", "g"])[1:3]
    yield "nulls", pa.nulls(3)
    yield "lists", pa.array([[1, 2], None, [3]])
    yield "sliced lists", pa.array([["a"], ["b", "c"], []])[1:]
    yield "large lists", pa.array([[1], []], pa.large_list(pa.int8()))
    yield "lists of three", pa.array([[1, 2, 3], None], pa.list_(pa.int8(), 3))
    yield "structs", pa.array([{"a": 1, "b": "x"}, None])
    yield "structs in lists", pa.array([[{"a": [1]}], []])
    yield "maps", pa.array([[("a", 1)], []], pa.map_(pa.string(), pa.int8()))
    yield "dictionary", pa.array(["a", "b", "a"]).dictionary_encode()
    yield "decimal", pa.array([decimal.Decimal("1.50"), None])
    yield "decimal256", pa.array([decimal.Decimal("1.50")], pa.decimal256(50, 2))
    for unit in ["s", "ms", "us", "ns"]:
        yield f"times in {unit}", pa.array([1, None], pa.timestamp(unit, "Europe/Berlin"))
        yield f"durations in {unit}", pa.array([1, None], pa.duration(unit))
    yield "time", pa.array([1], pa.time32("ms"))
    yield "time64", pa.array([1], pa.time64("ns"))
    yield "date", pa.array([datetime.date(2024, 1, 1)])
    yield "date64", pa.array([datetime.date(2024, 1, 1)], pa.date64())
    yield "half", pa.array(np.array([1], "f2"))
    yield "interval", pa.array([(1, 2, 3)], pa.month_day_nano_interval())
    yield "run ends", pa.compute.run_end_encode(pa.array([1, 1, 2]))
    types = pa.array([0, 1, 0], pa.int8())
    yield "sparse union", pa.UnionArray.from_sparse(types, [pa.array([1, 2, 3]), pa.array(["a", "b", "c"])])
    yield "dense union", pa.UnionArray.from_dense(types, pa.array([0, 0, 1], pa.int32()), [pa.array([1, 2]), pa.array(["a"])])
    if hasattr(pa, "string_view"):
        yield "views", pa.array(["short", "x" * 20, None], pa.string_view())
        yield "list views", pa.array([[1, 2], [3]], pa.list_view(pa.int8()))


def arrow(array):
    """An array by its buffers, texts as such."""
    texts = pa.types.is_string(array.type) or pa.types.is_large_string(array.type)
    texts = texts or hasattr(pa, "string_view") and array.type == pa.string_view()
    return {
        "type": str(array.type),
        "length": len(array),
        "offset": array.offset,
        "nulls": array.null_count,
        "buffers": [None if b is None else b.to_pybytes().hex() for b in array.buffers()],
        "valid": None if "union" in str(array.type) or "run_end" in str(array.type) else array.is_valid().to_pylist(),
        "texts": array.to_pylist() if texts else None,
    }


@maker
def arrow_array():
    for name, value in arrow_arrays():
        yield name, value, arrow


@maker
def arrow_table():
    def expect(value):
        columns = [getattr(column, "chunks", [column]) for column in value.columns]
        metadata = value.schema.metadata or {}
        return {
            "class": type(value).__name__,
            "fields": [f"{f.name}: {f.type}" + ("" if f.nullable else " not null") for f in value.schema],
            "metadata": [[key.decode(), text.decode()] for key, text in metadata.items()],
            "length": value.num_rows,
            "columns": [[arrow(chunk) for chunk in chunks] for chunks in columns],
        }

    table = pa.table({"a": [1, 2], "b": ["x", None]})
    yield "table", table, expect
    yield "in chunks", pa.concat_tables([table, table.slice(1)]), expect
    yield "metadata", table.replace_schema_metadata({"k": "v"}), expect
    yield "no column", pa.table({}), expect
    yield "of pandas", pa.Table.from_pandas(pd.DataFrame({"a": [1.5], "b": ["x"]})), expect
    schema = pa.schema([pa.field("a", pa.int8(), nullable=False)])
    yield "batch", pa.record_batch([pa.array([1, 2], pa.int8())], schema), expect


# ------------------------------------------------------------------------------------------------------ pandas


def label(value):
    if isinstance(value, tuple):
        return [label(part) for part in value]
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, float) and value != value:
        return None
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return float(value)
    return str(value) if isinstance(value, str) else "?"


def labels(index):
    return [label(value) for value in index]


def values(array):
    """An array of pandas or numpy, by what Rust makes of it."""
    if isinstance(array, pd.Categorical):
        codes = {"codes": plain(array.codes), "categories": labels(array.categories), "ordered": array.ordered}
        return {"kind": "categorical", **codes}
    if isinstance(array, pd.arrays.DatetimeArray) and array.tz is not None:
        return {"kind": "datetime", "data": plain(array._ndarray), "zone": str(array.tz)}
    if isinstance(array, pd.arrays.PeriodArray):
        return {"kind": "period", "data": plain(array._ndarray), "frequency": array.freqstr}
    if hasattr(array, "_mask"):
        return {"kind": "masked", "data": plain(array._data), "mask": plain(array._mask)}
    if hasattr(array, "_pa_array"):
        chunks = array._pa_array.chunks
        return {"kind": "arrow", "chunks": [arrow(chunk) for chunk in chunks]}
    array = getattr(array, "_ndarray", array)
    if isinstance(array, np.ndarray):
        if array.dtype.kind == "O":
            return {"kind": "objects", "items": [repr(item) for item in array.tolist()]}
        return {"kind": "plain", "data": plain(array)}
    cls = type(array)
    return {"kind": "other", "class": cls.__qualname__}


def frames():
    mixed = {"a": [1, 2, 3], "b": [1.5, 2, 3], "c": ["x", "y", None], "d": [4, 5, 6], "e": [True, False, True]}
    yield "mixed", pd.DataFrame(mixed)
    yield "one block", pd.DataFrame(np.arange(6.0).reshape(3, 2))
    yield "one block, other order", pd.DataFrame(np.asfortranarray(np.arange(6.0).reshape(3, 2)), columns=["x", "y"])
    yield "empty", pd.DataFrame()
    yield "no row", pd.DataFrame({"a": np.zeros(0), "b": np.zeros(0, "i4")})
    yield "no row, many names", pd.DataFrame(np.zeros((0, 200)))
    yield "no column", pd.DataFrame(index=[1, 2, 3])
    yield "categories", pd.DataFrame({"a": pd.Categorical(["x", None, "y"]), "b": pd.Categorical([2, 1, 2], ordered=True)})
    times = pd.date_range("2024-01-01", periods=3)
    yield "times", pd.DataFrame({"a": times, "b": times + pd.Timedelta("1h"), "c": times - times[0]}, index=times)
    yield "zones", pd.DataFrame({"a": times.tz_localize("UTC"), "b": times.tz_localize("Europe/Berlin")}, index=times.tz_localize("+05:30"))
    nullable = {"a": pd.array([1, None, 3], "Int64"), "b": pd.array([1.5, None, 3], "Float32")}
    yield "nullable", pd.DataFrame({**nullable, "c": pd.array([True, None, False], "boolean")})
    yield "strings", pd.DataFrame({"a": pd.array(["x", None], "string[python]"), "b": pd.array(["x", None], "string[pyarrow]")})
    yield "arrow", pd.DataFrame({"a": pd.array([1, None], "int64[pyarrow]"), "b": pd.array([["x"], []], pd.ArrowDtype(pa.list_(pa.string())))})
    yield "periods", pd.DataFrame({"a": pd.period_range("2024-01", periods=2, freq="M")})
    yield "others", pd.DataFrame({"a": pd.arrays.SparseArray([0, 1, 0]), "b": pd.arrays.IntervalArray.from_breaks([0, 1, 2, 3]), "c": [1, 2, 3]})
    yield "objects", pd.DataFrame({"a": [1, "x", None], "b": [(1, 2), 2, 3]}, dtype=object)
    levels = pd.MultiIndex.from_tuples([("a", 1), ("a", 2), ("b", 1)], names=["x", None])
    yield "levels", pd.DataFrame(np.arange(9).reshape(3, 3), index=levels, columns=levels)
    yield "categories as names", pd.DataFrame([[1, 2]], columns=pd.CategoricalIndex(["b", "a"]))
    yield "intervals", pd.DataFrame({"a": [1, 2]}, index=pd.IntervalIndex.from_breaks([0, 1, 2]))
    yield "numbers as names", pd.DataFrame([[1, 2.5]], columns=[1.5, -2.0], index=pd.Index([7], dtype="u1"))
    yield "bools as names", pd.DataFrame([[1, 2]], columns=[True, False])
    yield "names twice", pd.DataFrame([[1, "x", 2]], columns=["a", "b", "a"])
    yield "scattered", pd.DataFrame({name: np.arange(2, dtype=["i4", "f8", "i4"][i % 3]) for i, name in enumerate("abcdefg")})
    yield "of times, scattered", pd.DataFrame({name: times[:2] if i % 3 else [1, 2] for i, name in enumerate("abcdefg")})
    frame = pd.DataFrame({"a": [1, 2]})
    frame.insert(0, "z", [3, 4])
    yield "a column put in", frame
    yield "reversed", pd.DataFrame(np.arange(6).reshape(2, 3))[[2, 1, 0]]
    yield "rows left out", pd.DataFrame(np.arange(6.0).reshape(3, 2))[::2]
    frame = pd.DataFrame({"a": [1]})
    frame.attrs["k"] = 1
    yield "attrs", frame


@maker
def frame():
    def expect(value):
        columns = [values(value.iloc[:, at].array) for at in range(value.shape[1])]
        return {"names": labels(value.columns), "index": labels(value.index), "columns": columns}

    for name, value in frames():
        yield name, value, expect


@maker
def series():
    def expect(value):
        return {"name": label(value.name), "index": labels(value.index), "values": values(value.array)}

    for name, value in frames():
        if value.shape[1] and value.shape[1] < 100:
            yield f"first of {name}", value.iloc[:, 0], expect
            yield f"last of {name}", value.iloc[:, -1], expect


@maker
def index():
    for name, value in frames():
        yield f"of {name}", value.index, lambda value: {"labels": labels(value), "class": type(value).__name__}
        if len(value.columns) < 100:
            yield f"names of {name}", value.columns, lambda value: {"labels": labels(value), "class": type(value).__name__}


# ------------------------------------------------------------------------------------------------------ here and there


def make(only, protocols=(0, 1, 2, 3, 4, 5, "out of band")):
    for make in MAKERS:
        kind = make.__name__
        if only and kind not in only:
            continue
        for name, value, expect in make():
            for protocol in protocols:
                buffers = []
                if protocol == "out of band":
                    dumped = pickle.dumps(value, 5, buffer_callback=buffers.append)
                else:
                    dumped = pickle.dumps(value, protocol)
                raw = [bytes(buffer.raw()) for buffer in buffers]
                given = [bytes(b) if buffer.raw().readonly else bytearray(b) for b, buffer in zip(raw, buffers)]
                loaded = pickle.loads(dumped, buffers=given)
                if kind == "array" and loaded.dtype != value.dtype:
                    # numpy turns the bytes of numbers round when it loads them.
                    loaded = loaded.astype(value.dtype)
                about = {
                    "kind": kind,
                    "name": f"{name}, protocol {protocol}",
                    "readonly": [buffer.raw().readonly for buffer in buffers],
                    "expect": expect(loaded),
                }
                send([json.dumps(about).encode(), dumped, *raw])


def check():
    count = 0
    for about, pickled, *buffers in receive():
        about = json.loads(about)
        buffers = [b if readonly else bytearray(b) for b, readonly in zip(buffers, about["readonly"])]
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            loaded = pickle.loads(pickled, buffers=buffers)
        expect = about["expect"]
        found = plain(loaded)
        assert type(loaded) is np.ndarray, type(loaded)
        for key in ["dtype", "shape", "writeable", "bytes"] + ["strides"] * (loaded.size > 0):
            assert json.loads(json.dumps(found[key])) == expect[key], (about["name"], key, found[key], expect[key])
        for buffer in buffers:
            assert len(buffer) == 0 or np.shares_memory(loaded, np.frombuffer(buffer, "u1")), "it was copied"
        count += 1
    print(count)


if __name__ == "__main__":
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if sys.argv[1] == "make":
            make(sys.argv[2:])
        elif sys.argv[1] == "golden":
            # Short enough for a repository.
            make(["array", "shared", "objects", "masked", "scalar"], [2])
            make(["array"], ["out of band"])
            make(["arrow_array", "arrow_table", "frame"], ["out of band"])
        else:
            check()
