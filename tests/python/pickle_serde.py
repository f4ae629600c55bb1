"""Pickles for `tests/pickle_serde.rs`, and what CPython makes of its own.

`python pickle_serde.py make PROTOCOL` writes the objects below; `... again` reads pickles, and writes what CPython pickles of them.
Parts are `u64 length, bytes`, little-endian; of objects a name and a pickle in turn.
"""

import collections
import dataclasses
import datetime
import decimal
import enum
import pickle
import struct
import sys
import types
import typing


@dataclasses.dataclass
class Plain:
    name: str
    size: int
    at: tuple


@dataclasses.dataclass(frozen=True)
class Frozen:
    name: str
    size: int
    at: tuple


@dataclasses.dataclass(slots=True)
class Slots:
    name: str
    size: int
    at: tuple


@dataclasses.dataclass(frozen=True, slots=True)
class FrozenSlots:
    name: str
    size: int
    at: tuple


class Named(typing.NamedTuple):
    name: str
    size: int
    at: tuple


Collected = collections.namedtuple("Collected", "name size at")


class Bare:
    def __init__(self, name, size, at):
        self.name, self.size, self.at = name, size, at


class Half:
    """A slot of its own, and a dict for the rest."""

    __slots__ = ("name", "__dict__")

    def __init__(self, name, size, at):
        self.name, self.size, self.at = name, size, at


class Keyed(dict):
    pass


class Color(enum.Enum):
    RED = 1
    BLUE = "blue"


class Number(enum.IntEnum):
    SEVEN = 7


class Flags(enum.Flag):
    A = 1
    B = 2


class Int(int):
    pass


class Str(str):
    pass


class Float(float):
    pass


class Bytes(bytes):
    pass


class List(list):
    pass


class Tuple(tuple):
    pass


class Set(set):
    pass


class FrozenSet(frozenset):
    pass


class Dict(dict):
    pass


class Empty:
    pass


ROW = ("a", 7, (1, 2.5))
FIELDS = dict(zip(("name", "size", "at"), ROW))


def counted(pairs, make):
    done = make
    for key, value in pairs:
        done[key] = value
    return done


shared = [1, 2]
cycle = []
cycle.append(cycle)

OBJECTS = {
    "row/dict": FIELDS,
    "row/Plain": Plain(*ROW),
    "row/Frozen": Frozen(*ROW),
    "row/Slots": Slots(*ROW),
    "row/FrozenSlots": FrozenSlots(*ROW),
    "row/Named": Named(*ROW),
    "row/Collected": Collected(*ROW),
    "row/Bare": Bare(*ROW),
    "row/Half": Half(*ROW),
    "row/SimpleNamespace": types.SimpleNamespace(**FIELDS),
    "row/OrderedDict": collections.OrderedDict(FIELDS),
    "row/Keyed": Keyed(FIELDS),
    "row/defaultdict": counted(FIELDS.items(), collections.defaultdict(list)),
    "map/dict": {"a": 1, "bc": 2},
    "map/OrderedDict": collections.OrderedDict(a=1, bc=2),
    "map/defaultdict": counted([("a", 1), ("bc", 2)], collections.defaultdict(int)),
    "map/Counter": collections.Counter({"a": 1, "bc": 2}),
    "map/Dict": Dict(a=1, bc=2),
    "map/SimpleNamespace": types.SimpleNamespace(a=1, bc=2),
    "list/list": [1, 2, 300],
    "list/tuple": (1, 2, 300),
    "list/deque": collections.deque([1, 2, 300]),
    "list/deque of 5": collections.deque([1, 2, 300], 5),
    "list/List": List([1, 2, 300]),
    "list/Tuple": Tuple([1, 2, 300]),
    "set/set": {1, 2, 300},
    "set/frozenset": frozenset({1, 2, 300}),
    "set/Set": Set({1, 2, 300}),
    "set/FrozenSet": FrozenSet({1, 2, 300}),
    "empty/list": [],
    "empty/tuple": (),
    "empty/deque": collections.deque(),
    "empty/List": List(),
    "empty/set": set(),
    "empty/Set": Set(),
    "no map/dict": {},
    "no map/OrderedDict": collections.OrderedDict(),
    "no map/defaultdict": collections.defaultdict(int),
    "no map/Counter": collections.Counter(),
    "no map/Dict": Dict(),
    "no map/Empty": Empty(),
    "seven/int": 7,
    "seven/Int": Int(7),
    "seven/Number": Number.SEVEN,
    "three/Flags": Flags.A | Flags.B,
    "one/Color": Color.RED,
    "blue/Color": Color.BLUE,
    "blue/str": "blue",
    "blue/Str": Str("blue"),
    "half/float": 0.5,
    "half/Float": Float(0.5),
    "bytes/bytes": b"\x00\xffab",
    "bytes/bytearray": bytearray(b"\x00\xffab"),
    "bytes/Bytes": Bytes(b"\x00\xffab"),
    "wide": [2**63, -(2**63), 2**127 - 1, -(2**127), 2**128 - 1],
    "too wide": 2**128,
    "surrogate": "a\ud800",
    "shared": [shared, shared],
    "cycle": cycle,
    "date": datetime.date(2020, 1, 2),
    "decimal": decimal.Decimal("1.50"),
    "none": [None, 3],
    "nested": {"data": {"x": [{"coef": 1.5}, {"coef": "bad"}]}},
    "variants": ["Unit", {"New": 5}, {"Pair": (1, 2.0)}, {"Named": {"first": "x", "second": None}}],
    "complex": 1 + 2j,
    "error": ValueError("bad", 7),
}


def write(*parts):
    for part in parts:
        sys.stdout.buffer.write(struct.pack("<Q", len(part)) + part)


def parts(data):
    at = 0
    while at < len(data):
        (length,) = struct.unpack_from("<Q", data, at)
        yield data[at + 8 : at + 8 + length]
        at += 8 + length


def make(protocol):
    for name, value in OBJECTS.items():
        if protocol < 2 and name in ("row/Slots", "row/Half"):
            continue  # copyreg: a class with slots and no __getstate__
        write(name.encode(), pickle.dumps(value, int(protocol)))


def again():
    for part in parts(sys.stdin.buffer.read()):
        write(pickle.dumps(pickle.loads(part), 5))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["make", protocol]:
            make(int(protocol))
        case ["again"]:
            again()
