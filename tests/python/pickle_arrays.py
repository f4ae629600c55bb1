"""Pickles of arrays and frames for tests/pickle_arrays.rs, with what is in them; and whether pickles of Rust are what it says.

`python pickle_arrays.py make [KIND]` writes cases to stdout, `python pickle_arrays.py check` reads some from stdin. A case is `u32 n`, then n
times `u64 length, bytes`, little-endian: a JSON object, the pickle, its buffers. Runs with numpy 1.26, pandas 2.1 and pyarrow 14, too: the
golden file beside the tests was made by those.
"""

import datetime
import json
import pickle
import struct
import sys
import warnings

import numpy as np

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


# ------------------------------------------------------------------------------------------------------ here and there


def make(only, protocols=(2, 3, 4, 5, "out of band")):
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
            make(sys.argv[2:], [2, "out of band"])
        else:
            check()
