"""The objects that every way through the protocol is tested with, and what it means that two objects are the same.

`value(name)` builds a case anew; `received(name)` is what a second Python gets for it from distributed, which in the
few cases that say so is something else. `assert_same` is stricter than ==: types, dtypes, memory layout, NaN bits.
Everything is deterministic. peer.py offers all this to the Rust tests.
"""

import array
import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import importlib
import math
import operator
import pathlib
import struct
import uuid

import numpy as np
import pandas as pd
import pyarrow as pa
import scipy.sparse
from distributed.protocol import register_generic, register_serialization

# ------------------------------------------------------------------------------------------------------- classes


class Attributes:
    """A class whose instances are their attributes, compared without regard to order (register_generic loses it)."""

    def __init__(self, **attributes):
        self.__dict__.update(attributes)

    def __repr__(self):
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in vars(self).items())})"


class Human(Attributes):
    """Registered with its own pair of functions."""


class Estimator(Attributes):
    """Registered as a generic object: its attributes are walked."""


class Regressor(Estimator):
    """Not registered itself: dispatched through its base class, and yet comes back as itself."""


class Plain(Attributes):
    """Not registered: pickled, its arrays out of band."""


class Color(enum.Enum):
    RED = 1


Point = collections.namedtuple("Point", "x y")

register_serialization(
    Human,
    lambda human: ({"age": human.age}, [human.name.encode()]),
    lambda header, frames: Human(name=bytes(frames[0]).decode(), age=header["age"]),
)
register_generic(Estimator)


# --------------------------------------------------------------------------------------------------------- cases


@dataclasses.dataclass
class Case:
    """One object: how to build it, what arrives instead (if not the same), and where distributed itself fails, why."""

    name: str
    group: str
    build: collections.abc.Callable
    arrives: collections.abc.Callable | None = None
    fails: str | None = None
    fails_as_blob: str | None = None
    note: str | None = None


CASES = {}
X87 = np.finfo("g").nmant == 63


def case(group, name, build, **more):
    assert name not in CASES, name
    CASES[name] = Case(name, group, build, **more)


def value(name):
    """The object of the case `name`, built anew."""
    return CASES[name].build()


def received(name):
    """What another Python gets when distributed sends it `value(name)`."""
    return (CASES[name].arrives or CASES[name].build)()


def rng():
    return np.random.default_rng(42)


def readonly(array):
    array.flags.writeable = False
    return array


def without_garbage(longdoubles):
    """With zeros in the padding of the x86's ten byte floats, which otherwise is whatever the memory held."""
    if X87:
        longdoubles.view("u1").reshape(-1, 16)[:, 10:] = 0
    return longdoubles


def builtins_cases():
    plain = dict(
        none=None, true=True, false=False, ellipsis=..., int=1, int_negative=-129, int_u64=2**64 - 1, int_huge=-(2**70),
        float=1.5, float_minus_zero=-0.0, float_infinite=-math.inf, complex=complex(1, -0.0),
        str="abc", str_empty="", str_unicode="žluťoučký 🐍", str_lone_surrogate="\ud800", str_long="0123456789" * 99,
        bytes=b"abc", bytes_empty=b"", bytes_compressible=b"abcd" * 5000,
        datetime=datetime.datetime(2020, 1, 2, 3, 4, 5, 6),
        datetime_zone=datetime.datetime(2020, 1, 2, tzinfo=datetime.timezone(datetime.timedelta(hours=2))),
        date=datetime.date(2020, 2, 29), time=datetime.time(1, 2, 3), timedelta=datetime.timedelta(days=-1, seconds=5),
        decimal=decimal.Decimal("1.10"), fraction=fractions.Fraction(2, 3), uuid=uuid.UUID(int=7),
        range=range(1, 9, 2), slice=slice(None, 5, -1), enum=Color.RED, namedtuple=Point(1, b"x"),
        function=len, function_dotted=datetime.datetime.fromisoformat, type=collections.OrderedDict,
        itemgetter=operator.itemgetter("a"),
    )  # fmt: skip
    for name, item in plain.items():
        case("builtin", name, lambda item=item: item)
    # A NaN with a payload and a sign: a decoder that goes through "is it NaN?" would lose both.
    case("builtin", "float_nan_payload", lambda: struct.unpack("<d", bytes.fromhex("efbeadde0000f8ff"))[0])
    case("builtin", "bytes_random", lambda: rng().bytes(20_000))
    case("builtin", "bytearray", lambda: bytearray(b"abc"))
    case("builtin", "exception", lambda: ValueError("wrong", 5))
    case("builtin", "memoryview", lambda: memoryview(b"abcdef"))
    case("builtin", "memoryview_empty", lambda: memoryview(b""))
    case("builtin", "memoryview_2d", lambda: memoryview(np.arange(6, dtype="<i2").reshape(2, 3)))
    case(
        "builtin", "memoryview_every_second", lambda: memoryview(b"abcdef")[::2],
        fails_as_blob="serialize_bytes joins the frames, and bytes.join refuses a view with gaps",
    )  # fmt: skip
    case(
        "builtin", "memoryview_big_endian", lambda: memoryview(np.arange(3, dtype=">i4")),
        fails="distributed sends every format, but memoryview.cast() accepts native ones only",
    )  # fmt: skip
    case("builtin", "array_doubles", lambda: array.array("d", [1, 2, math.nan]))
    case("builtin", "array_empty", lambda: array.array("i"))


def collection_cases():
    def pair():
        return np.arange(2), np.arange(3.0)

    case("collection", "list_empty", lambda: [])
    case("collection", "list_ints", lambda: [1, 2, 3])
    case("collection", "list_floats", lambda: [0.5, -0.0, math.inf])
    case("collection", "list_texts", lambda: ["a", "ž", ""])
    case("collection", "list_bytes", lambda: [b"a", b"", b"bc"])
    case("collection", "list_arrays", lambda: list(pair()))
    # Only the first leaf decides whether a collection is taken apart: these two are sent in different families.
    case("collection", "list_array_first", lambda: [np.arange(2), "a", None])
    case("collection", "list_text_first", lambda: ["a", np.arange(2), None])
    case("collection", "tuple", lambda: (1, "a", None))
    case("collection", "tuple_arrays", pair)
    case("collection", "set_ints", lambda: {1, 2})
    case("collection", "set_bytes", lambda: {b"a", b"b"})
    case("collection", "frozenset", lambda: frozenset([1, "a"]))
    case("collection", "dict_empty", lambda: {})
    case("collection", "dict", lambda: {"b": 1, "a": [2.5, None]})
    case("collection", "dict_arrays", lambda: dict(zip("yx", pair())))
    case("collection", "dict_keys_of_all_kinds", lambda: {1: b"a", 2.5: b"b", None: b"c", b"k": b"d", ("t", 0): b"e"})
    case("collection", "dict_key_not_msgpack", lambda: {frozenset([1]): b"x"})
    case("collection", "nested", lambda: {"a": [b"x", {"y": b"q", "z": (np.arange(2), 1)}], "e": [[], {}]})
    case("collection", "nested_deep", lambda: [[[[[[b"deep"]]]]]])
    case("collection", "ordereddict", lambda: collections.OrderedDict(b=1, a=2))
    case("collection", "defaultdict", lambda: collections.defaultdict(list, a=[1]))
    case("collection", "deque", lambda: collections.deque([1, 2], maxlen=3))
    case("collection", "namedtuple_arrays", lambda: Point(*pair()))


def numpy_cases():
    def grid(*shape):
        return np.arange(math.prod(shape), dtype="f8").reshape(shape)

    case("numpy", "np", lambda: grid(2, 3))
    case("numpy", "np_fortran", lambda: np.asfortranarray(grid(2, 3)))
    case("numpy", "np_every_second", lambda: grid(12)[::2])
    case("numpy", "np_reversed", lambda: grid(4)[::-1])
    case("numpy", "np_window", lambda: grid(4, 4)[::2, 1:3])
    case("numpy", "np_axes_permuted", lambda: grid(2, 3, 4).transpose(1, 2, 0))
    case("numpy", "np_0d", lambda: np.array(5.0))
    case("numpy", "np_one_row", lambda: grid(1, 3))
    case("numpy", "np_empty", lambda: np.empty(0, "<i4"))
    case("numpy", "np_empty_2d", lambda: np.empty((0, 3)))
    case("numpy", "np_readonly", lambda: readonly(grid(3)))
    case("numpy", "np_broadcast_rows", lambda: np.broadcast_to(grid(3), (4, 3)))
    case("numpy", "np_broadcast_scalar", lambda: np.broadcast_to(np.float64(1), (4, 3)))
    case("numpy", "np_broadcast_middle", lambda: np.broadcast_to(grid(2, 1, 3), (2, 4, 3)))
    case("numpy", "np_broadcast_window", lambda: np.broadcast_to(grid(2, 6)[:, ::2], (4, 2, 3)))
    for dtype in "? i1 u1 <i2 <u2 <i4 <u4 <i8 <u8 <f2 <f4 <f8 <c8 <c16 >i4 >f8".split():
        name = dtype.replace("?", "bool").replace(">", "big_").strip("<")
        case("numpy", f"np_{name}", lambda dtype=dtype: np.arange(5).astype(dtype))
    case("numpy", "np_longdouble", lambda: without_garbage(np.array([1.5, np.nan], "g")))
    case("numpy", "np_nan_payloads", lambda: np.array([0x7FF8000000000001, 0xFFF80000DEADBEEF], "<u8").view("<f8"))
    case("numpy", "np_bytes", lambda: np.array([b"ab", b"c"]))
    case("numpy", "np_text", lambda: np.array(["ab", "ž"]))
    case("numpy", "np_datetime_ns", lambda: np.array(["2020-01-01", "NaT"], "M8[ns]"))
    case("numpy", "np_datetime_25s", lambda: np.array([1, 2], "M8[25s]"))
    case("numpy", "np_timedelta", lambda: np.array([1, -2], "m8[ms]"))
    case("numpy", "np_void", lambda: np.frombuffer(b"abcdefghij", "V5").copy())
    case("numpy", "np_struct", lambda: np.array([(1, 2.5), (3, math.nan)], [("a", "<i4"), ("b", "<f8")]))
    case("numpy", "np_struct_aligned", lambda: np.zeros(2, np.dtype([("a", "i1"), ("b", "<f8")], align=True)))
    nested = [("p", [("x", "<f4"), ("y", ">f4")]), ("ids", "<i8", (2, 3)), ("s", "S3"), ("t", "M8[us]")]
    case("numpy", "np_struct_nested", lambda: np.ones(2, nested))
    case("numpy", "np_struct_one_row_of_many", lambda: np.broadcast_to(np.array((1, 2), "<i4,<i2"), 5))
    case("numpy", "np_objects", lambda: np.array(["a", None, (1, b"x"), 2.5], object))
    case("numpy", "np_stringdtype", lambda: np.array(["a", "b" * 30], np.dtypes.StringDType()))
    case("numpy", "np_scalar", lambda: np.float64(1.5))
    case("numpy", "np_scalar_datetime", lambda: np.datetime64("2020-01-01", "D"))
    case("numpy", "np_dtype", lambda: np.dtype("<f4"))
    case("numpy", "np_matrix", lambda: np.matrix([[1, 2], [3, 4]]))
    case(
        "numpy", "np_recarray", lambda: np.rec.array([(1, 2.0)], dtype=[("a", "<i4"), ("b", "<f8")]),
        arrives=lambda: np.array([(1, 2.0)], np.dtype((np.record, [("a", "<i4"), ("b", "<f8")]))),
        note="a subclass of ndarray arrives as an ndarray",
    )  # fmt: skip
    case("numpy", "np_zeros_big", lambda: np.zeros(100_000))
    case("numpy", "np_random_big", lambda: rng().random(20_000))

    case("masked", "ma", lambda: np.ma.array([1.0, 2.0, 3.0], mask=[0, 1, 0], fill_value=-1))
    case("masked", "ma_without_mask", lambda: np.ma.array([1, 2]))
    case("masked", "ma_fortran", lambda: np.ma.array(np.asfortranarray(grid(2, 3)), mask=np.eye(2, 3, dtype=bool)))
    case("masked", "ma_datetime", lambda: np.ma.array(np.array([1, 2], "M8[s]"), mask=[1, 0]))
    case("masked", "ma_masked", lambda: np.ma.masked)
    case(
        "masked", "ma_hard_mask", lambda: np.ma.array([1, 2], mask=[0, 1], hard_mask=True),
        arrives=lambda: np.ma.array([1, 2], mask=[0, 1]), note="the header has no place for the hard mask flag",
    )  # fmt: skip


def table_cases():
    mixed = {"i": [1, 2], "t": ["x", None], "f": [1.5, math.nan]}
    case("pandas", "pd_frame", lambda: pd.DataFrame(mixed))
    case("pandas", "pd_frame_empty", lambda: pd.DataFrame())
    case("pandas", "pd_frame_numbers", lambda: pd.DataFrame(np.arange(6.0).reshape(3, 2), columns=["a", "b"]))
    case("pandas", "pd_series", lambda: pd.Series([1.0, 2.0], name="s", index=["a", "b"]))
    case("pandas", "pd_series_nullable", lambda: pd.Series([1, None], dtype="Int64"))
    case("pandas", "pd_categorical", lambda: pd.Series(["a", "b", "a"], dtype="category"))
    case("pandas", "pd_index", lambda: pd.date_range("2020", periods=3, tz="UTC"))
    case("pandas", "pd_multiindex", lambda: pd.MultiIndex.from_product([[1, 2], ["x", "y"]], names=["n", "t"]))
    case("pandas", "pd_timestamp", lambda: pd.Timestamp("2020-01-02T03:04:05.000000006"))

    case("arrow", "pa_table", lambda: pa.table(mixed))
    case("arrow", "pa_table_empty", lambda: pa.table({"a": pa.array([], pa.int32())}))
    case("arrow", "pa_table_chunks", lambda: pa.concat_tables([pa.table({"a": [1]}), pa.table({"a": [2, 3]})]))
    case("arrow", "pa_table_nested", lambda: pa.table({"l": [[1], None], "s": [{"k": b"x"}, {"k": b""}]}))
    case("arrow", "pa_table_dictionary", lambda: pa.table({"d": pa.array(["x", "y", "x"]).dictionary_encode()}))
    case("arrow", "pa_batch", lambda: pa.record_batch({"a": [1, None], "b": [True, False]}))
    case("arrow", "pa_array", lambda: pa.array([1, None, 3]))
    case("arrow", "pa_schema", lambda: pa.schema([pa.field("a", pa.int8(), nullable=False)], metadata={"k": "v"}))

    def eye(format, kind="matrix"):
        return getattr(scipy.sparse, f"{format}_{kind}")(np.eye(3)[:, :2])

    for format in "csr csc coo bsr dia lil dok".split():
        case("scipy", f"sp_{format}", lambda format=format: eye(format))
    case("scipy", "sp_csr_array", lambda: eye("csr", "array"))
    case("scipy", "sparse_coo", lambda: importlib.import_module("sparse").COO.from_numpy(np.eye(3)))


def class_cases():
    def estimator(cls=Estimator):
        return cls(
            coef=np.arange(4.0), name="est", n=3, tags=("x", 1), model=Human(name="Eve", age=1),
            params={"alpha": 0.5, "weights": np.ones(2, "<f4"), "deep": {"raw": b"r", "grid": np.eye(2)}},
        )  # fmt: skip

    case("class", "human", lambda: Human(name="Alice", age=41))
    case("class", "humans", lambda: [Human(name="Ž", age=0), Human(name="", age=None)])
    case("class", "humans_by_name", lambda: {"a": Human(name="Alice", age=41), "n": 1})
    case("class", "estimator", estimator)
    case("class", "estimator_subclass", lambda: estimator(Regressor))
    case("class", "estimator_empty", Estimator)
    case(
        "class", "estimator_with_list", lambda: Estimator(layers=[1, [2, 3]]),
        arrives=lambda: Estimator(layers=(1, (2, 3))), note="msgpack has one kind of array: lists arrive as tuples",
    )  # fmt: skip
    case("class", "plain", lambda: Plain(a=np.arange(100.0), b="x", c=[1]))


builtins_cases()
collection_cases()
numpy_cases()
table_cases()
class_cases()

# ---------------------------------------------------------------------------------------------------------- same


class Different(Exception):
    """Two objects are not the same; says where the first difference is."""


def assert_same(expected, actual, path="x", unordered=False):
    """Raise Different unless both are the same. `unordered` forgives the order of the keys of plain dicts."""
    if expected is actual:
        return
    if type(expected) is not type(actual):
        raise Different(f"{path} is a {_name(type(actual))}, not a {_name(type(expected))}")
    if hasattr(expected, "todense"):  # scipy's and sparse's; sparse takes too long to import just to name its class
        return _attributes("shape", "dtype", "nnz", "todense")(expected, actual, path, unordered)
    for kinds, compare in COMPARISONS:
        if isinstance(expected, kinds):
            return compare(expected, actual, path, unordered)
    _equal(expected, actual, path)


def fill_value(dtype):
    """What numpy fills with that was told nothing; as an item of the dtype, which its attribute fill_value need not be."""
    return np.ma.array(np.zeros(1, dtype), mask=True).filled()[0]


def masked(values, dtype):
    """A masked array of values, of which None lack; what is behind the mask is zero."""
    data = np.array([0 if value is None else value for value in values], dtype)
    return np.ma.array(data, mask=np.array([value is None for value in values], "?"), fill_value=fill_value(dtype))


def assert_columns(item, path="x"):
    """Raise Different unless each array in a dict of columns is one to work with: writeable, aligned, native, in C order;
    and masked ones fill with what numpy fills with that was told nothing."""
    if isinstance(item, np.ma.MaskedArray):
        assert_same(fill_value(item.dtype), item.fill_value, f"{path}.fill_value")
        assert_columns(item.data, f"{path}.data")
        assert_columns(item.mask, f"{path}.mask")
    elif isinstance(item, np.ndarray):
        flags = item.flags
        if not (flags.writeable and flags.aligned and flags.c_contiguous and item.dtype.isnative):
            raise Different(f"{path} is {item.dtype} with {flags}")
    elif isinstance(item, (dict, list, tuple)):
        for key, inner in item.items() if isinstance(item, dict) else enumerate(item):
            assert_columns(inner, f"{path}[{key!r}]")
    return True


def _name(cls):
    return cls.__qualname__ if cls.__module__ == "builtins" else f"{cls.__module__}.{cls.__qualname__}"


def short(item):
    """Its repr, cut to a length that suits an error message."""
    text = repr(item)
    return text if len(text) <= 500 else f"{text[:400]} … {text[-90:]}"


def _equal(expected, actual, path):
    if not bool(expected == actual):
        raise Different(f"{path} is {short(actual)}, not {short(expected)}")


def _attributes(*names):
    """A comparison by some attributes, which may be methods."""

    def compare(expected, actual, path, unordered):
        for name in names:
            e, a = getattr(expected, name), getattr(actual, name)
            suffix = "()" if callable(e) and not isinstance(e, type) else ""
            assert_same(e() if suffix else e, a() if suffix else a, f"{path}.{name}{suffix}", unordered)

    return compare


def _float(expected, actual, path, unordered):
    if struct.pack("<d", expected) != struct.pack("<d", actual):
        raise Different(f"{path} is {actual.hex()}, not {expected.hex()} (or another NaN)")


def _repr(expected, actual, path, unordered):
    """For types where == forgives: Decimal('1.10') == Decimal('1.1')."""
    _equal(repr(expected), repr(actual), f"repr({path})")


def _sequence(expected, actual, path, unordered):
    _equal(len(expected), len(actual), f"len({path})")
    for i, (e, a) in enumerate(zip(expected, actual)):
        assert_same(e, a, f"{path}[{i}]", unordered)
    if isinstance(expected, collections.deque):
        _equal(expected.maxlen, actual.maxlen, f"{path}.maxlen")


def _set(expected, actual, path, unordered):
    _equal(expected, actual, path)
    for e, a in zip(sorted(expected, key=repr), sorted(actual, key=repr)):
        assert_same(e, a, f"an item of {path}", unordered)


def _dict(expected, actual, path, unordered):
    _equal(set(expected), set(actual), f"set({path})")
    if not unordered or isinstance(expected, collections.OrderedDict):
        assert_same(list(expected), list(actual), f"list({path})")
    keys = {key: key for key in actual}
    for key, e in expected.items():
        assert_same(key, keys[key], f"the key {key!r} of {path}", unordered)
        assert_same(e, actual[key], f"{path}[{key!r}]", unordered)
    if isinstance(expected, collections.defaultdict):
        _equal(expected.default_factory, actual.default_factory, f"{path}.default_factory")


def _instance(expected, actual, path, unordered):
    e, a = vars(expected), vars(actual)
    _equal(set(e), set(a), f"set(vars({path}))")
    for name in e:
        assert_same(e[name], a[name], f"{path}.{name}", unordered)


def _array(expected, actual, path, unordered):
    _equal(expected.dtype, actual.dtype, f"{path}.dtype")
    _equal(expected.shape, actual.shape, f"{path}.shape")
    _equal(expected.flags.writeable, actual.flags.writeable, f"{path}.flags.writeable")
    _equal(_strides(expected, sent=True), _strides(actual), f"{path}.strides")
    _items(expected, actual, path, unordered)


def _strides(array, sent=False):
    """The strides that mean something: an axis of one item has any. `sent`: as the protocol promises them.

    It keeps C order, Fortran order and zero strides. Any other layout arrives as a copy in C order.
    """
    strides = array.strides
    if sent:
        # With the ellipsis it is an array also where there are no axes, and not the object in it.
        unique = array[(*(slice(None) if stride else slice(1) for stride in strides), ...)]
        if not (unique.flags.c_contiguous or unique.flags.f_contiguous):
            unique = np.ascontiguousarray(unique)
        strides = tuple(stride and other for stride, other in zip(strides, unique.strides))
    return tuple(stride if n > 1 and array.size else None for n, stride in zip(array.shape, strides))


def _items(expected, actual, path, unordered):
    dtype = expected.dtype
    if dtype.names:
        for name in dtype.names:  # one by one, as the padding between them is not data
            _items(expected[name], actual[name], f"{path}[{name!r}]", unordered)
    elif dtype.hasobject or dtype.kind == "T":
        assert_same(expected.tolist(), actual.tolist(), f"{path}.tolist()", unordered)
    elif (different := (_bits(expected) != _bits(actual)).any(axis=1)).any():
        at = tuple(map(int, np.unravel_index(different.argmax(), expected.shape)))
        where = f"{path}[{', '.join(map(str, at))}]" if at else path
        raise Different(f"{where} is {short(actual[at])}, not {short(expected[at])} (bits are compared)")


def _bits(array):
    """The bytes of the items, a row each, without the padding in a long double of the x86."""
    rows = np.frombuffer(array.tobytes(), "u1").reshape(array.size, array.dtype.itemsize)
    if array.dtype.char in "gG" and X87:
        count = array.dtype.itemsize // 16
        rows = rows.reshape(array.size, count, 16)[..., :10].reshape(array.size, count * 10)
    return rows


def _scalar(expected, actual, path, unordered):
    _array(np.asarray(expected), np.asarray(actual), path, unordered)


def _masked(expected, actual, path, unordered):
    _array(expected.data, actual.data, f"{path}.data", unordered)
    assert_same(expected.mask, actual.mask, f"{path}.mask", unordered)
    assert_same(expected.fill_value, actual.fill_value, f"{path}.fill_value", unordered)
    _equal(expected.hardmask, actual.hardmask, f"{path}.hardmask")


def _pandas(expected, actual, path, unordered):
    if isinstance(expected, pd.DataFrame):
        check, more = pd.testing.assert_frame_equal, {"check_index_type": True, "check_column_type": True}
    elif isinstance(expected, pd.Index):
        check, more = pd.testing.assert_index_equal, {"exact": True}
    else:
        check, more = pd.testing.assert_series_equal, {"check_index_type": True}
        expected, actual = pd.Series(expected), pd.Series(actual)
    try:
        check(expected, actual, check_exact=True, **more)
    except AssertionError as error:
        raise Different(f"{path}: {error}") from None


def _arrow(expected, actual, path, unordered):
    if isinstance(expected, pa.Table):
        # An empty chunk is not sent: a table without rows arrives without chunks.
        e, a = ([[n for n in map(len, column.chunks) if n] for column in table.columns] for table in (expected, actual))
        _equal(e, a, f"lengths of the chunks of {path}")
    if isinstance(expected, (pa.Table, pa.RecordBatch)):
        _arrow(expected.schema, actual.schema, f"{path}.schema", unordered)
    if isinstance(expected, pa.Schema):
        if not expected.equals(actual, check_metadata=True):
            raise Different(f"{path} is {short(actual)}, not {short(expected)}")
    elif not expected.equals(actual):  # which is also so where both have NaN
        assert_same(expected.to_pylist(), actual.to_pylist(), f"{path}.to_pylist()", unordered)


# In this order: np.float64 is a float, and pd.Timestamp a datetime.
COMPARISONS = [
    (np.ma.MaskedArray, _masked),
    (np.ndarray, _array),
    (np.generic, _scalar),
    ((pd.DataFrame, pd.Series, pd.Index, pd.api.extensions.ExtensionArray), _pandas),
    ((pa.Table, pa.RecordBatch, pa.Schema, pa.Array, pa.ChunkedArray), _arrow),
    (float, _float),
    (complex, _attributes("real", "imag")),
    (memoryview, _attributes("format", "shape", "tobytes")),
    (array.array, _attributes("typecode", "tobytes")),
    ((decimal.Decimal, datetime.date, datetime.time, datetime.timedelta, operator.itemgetter), _repr),
    (BaseException, _attributes("args")),
    ((list, tuple, collections.deque), _sequence),
    ((set, frozenset), _set),
    (dict, _dict),
    (Attributes, _instance),
]
