"""Pickles, and what pickletools says of them: all opcodes, all that its checks refuse, and mutations of both.

Run as `python pickle_dis.py`. To stdout, for each case five parts, each `u32 length, bytes`, little-endian: a name, the pickle, the
text up to the error if there is one, the error (empty if none), and JSON: all that a loader looks up, as "module:name", or null if it
cannot load it. tests/pickle_dis.rs is the other end.
"""

import _compat_pickle
import collections
import contextlib
import copyreg
import datetime
import decimal
import enum
import fractions
import io
import json
import pathlib
import pickle
import pickletools
import random
import struct
import sys
import unicodedata
import uuid
import warnings

import cloudpickle
import numpy as np
import pandas as pd

Point = collections.namedtuple("Point", "x y")
Point.__module__ = "__main__"


class Color(enum.Enum):
    RED = 1


class Plain:
    def __init__(self):
        self.a, self.b = 1, [self]


class Slots:
    __slots__ = ("x",)

    def __init__(self):
        self.x = 2


class NewArgs(tuple):
    def __new__(cls, *args, **kwargs):
        return super().__new__(cls, args)

    def __getnewargs_ex__(self):
        return tuple(self), {"key": 1}


class ListLike(list):
    pass


class DictLike(dict):
    pass


class Registered:
    pass


class Persistent:
    def __init__(self, id):
        self.id = id


class Pickler(pickle._Pickler):
    def persistent_id(self, value):
        return value.id if isinstance(value, Persistent) else None


def recursive():
    items = []
    pair = (items, 1)
    four = (items, 1, 2, 3)
    items += [pair, four, items]
    mapping = {"a": items}
    mapping["self"] = mapping
    frozen = Plain()
    frozen.set = frozenset([frozen])
    return [items, pair, four, mapping, frozen]


def objects():
    generator = random.Random(7)
    assigned = [chr(c) for c in range(0x110000) if unicodedata.category(chr(c)) not in ("Cn", "Cs")]
    floats = [struct.unpack("<d", generator.randbytes(8))[0] for _ in range(5000)]
    floats += [sign * 2.0**power for power in range(-1074, 1024) for sign in (1, -1)]
    floats += [float(f"{digits}e{power}") for digits in ("1", "9.5", "123456789") for power in range(-30, 30)]
    floats += [float("inf"), float("-inf"), float("nan"), 0.0, -0.0]
    ints = [sign * (2**power + more) for power in range(70) for more in (-1, 0, 1) for sign in (1, -1)]
    ints += [2**2040, -(2**2040), 2**2039, 2**9000, -(2**9000), 10**4299, 10**4300 - 1, 1 - 10**4300]
    numbers = np.arange(12.0).reshape(3, 4)
    frozen = np.arange(3)
    frozen.flags.writeable = False
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", None], "c": pd.to_datetime(["2020-01-01", "2021-02-03"], utc=True)})
    local = 3
    return {
        "constants": [None, True, False, (), [], {}, set(), frozenset(), b"", "", bytearray()],
        "ints": ints,
        "floats": floats,
        "texts": ["a", "it's", '"', "'\"", "\\ \t\n\r\0\x7f", "é", "日本", "\ud800x\udfff\ud83d\ude00", "😀", "x" * 256],
        "latin-1": [chr(c) for c in range(256)],
        "assigned": ["".join(assigned[at : at + 4000]) for at in range(0, len(assigned), 4000)],
        "bytes": [b"'", b'"', b"'\"", bytes(range(256)), b"x" * 300, bytearray(b"'"), bytearray(b'"'), bytearray(range(256))],
        "tuples": [(1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)],
        "nested": [[[[[[1, 2], 3], {"a": [{"b": (1, 2, 3, 4)}, 2]}], {1, 2}]]],
        "batches": [list(range(2500)), dict.fromkeys(range(1500)), set(range(1100)), list(range(70000))[-300:]],
        "large": ["x" * 70000, b"y" * 70000, 1],
        "recursive": recursive(),
        "instances": [Plain(), ListLike([1, 2]), DictLike(a=1), Color.RED, Point(1, 2), Plain],
        "instances that old protocols have no form for": [Slots(), NewArgs(1, 2)],
        "std": [
            datetime.datetime(2020, 1, 2, tzinfo=datetime.timezone.utc),
            decimal.Decimal("1.5"),
            fractions.Fraction(1, 3),
            uuid.UUID(int=7),
            collections.OrderedDict(a=1),
            collections.Counter("aab"),
            collections.deque([1], 3),
            pathlib.PurePosixPath("a/b"),
            range(3),
            slice(1, 2),
            complex(1, 2),
            ValueError("no"),
        ],
        "functions": [len, "".join, dict.fromkeys, collections.OrderedDict, Plain.__init__],
        "numpy": [numbers, numbers.T, np.float32(1), np.dtype("M8[ns]"), np.array([b"a", None], dtype=object), frozen],
        "pandas": [frame, frame["a"], frame.set_index("b").index, pd.Categorical(["a", "b"]), pd.Timestamp("2020")],
        "memo": [str(i) for i in range(600)] * 2,
        "shared": [local, [local]] * 3,
    }


# Opcodes that no pickler of Python 3 writes, and lines as only a person would write them.
BY_HAND = [
    b"I01\n.", b"I00\n.", b"I 12\n.", b"I-1_000\n.", b"I\t7\x0b\x0c\r\n.", b"I0007\n.", b"I-00\n.", b"I+5\n.",
    b"L5\n.", b"L5L\n.", b"L-123456789012345678901234567890123456789012345L\n.", b"F1\n.", b"F1_0.5\n.", b"F 1e5 \n.",
    b"Finf\n.", b"F-Infinity\n.", b"F-nan\n.", b"F1e999\n.", b"F.5\n.", b"F5.\n.", b"F1E5\n.", b"F-0\n.",
    b"S'it\\'s \\x41\\101\\q\\n\\0'\n.", b'S"a"\n.', b"S''\n.", b"S'\n.", b'S"\n.', b"S'\\400'\n.", b"S'\\777\\7'\n.",
    b"T\x02\0\0\0\xe9'.", b"U\x03ab\xff.", b"U\0.", b"V\\u00e9\\U0001f600\\n\\\\u0041\xe9\n.", b"V\\ud83d\\ude00\n.",
    b"V\\\n.", b"V\n.", b"X\x03\0\0\0\xed\xa0\x80.", b"\x8d\x02\0\0\0\0\0\0\0hi.", b"\x8e\x02\0\0\0\0\0\0\0hi.",
    b"B\x02\0\0\0hi.", b"\x96\x02\0\0\0\0\0\0\0h'.", b"\x8a\0.", b"\x8a\x02\xff\x00.", b"\x8a\x03\0\0\0.",
    b"\x8a\x10" + b"\0" * 15 + b"\x80.", b"\x8a\x11" + b"\0" * 16 + b"\x80.", b"\x8a\x09" + b"\xff" * 9 + b".",
    b"\x8b\x02\0\0\0\x01\x80.", b"\x8b\0\0\0\0.", b"\x8b\x10\x27\0\0" + b"\0" * 10000 + b".",
    b"\x82\x07.", b"\x83\x07\x01.", b"\x84\x07\0\0\x01.", b"\x84\xff\xff\xff\xff.", b"\x80\xc8N.",
    b"Pmy id\n.", b"P\\x41'\n.", b"P\n.", b"NQ.", b"K\x01Q.", b"\x97.", b"\x97\x98.", b"N\x98.",
    b"(cos\nsystem\nS'ls'\no.", b"(S'ls'\nios\nsystem\n.", b"cos\nsystem\n(S'ls'\ntR.", b"\x8c\x02os\x8c\x06system\x93.",
    b"c__main__\nPlain\n)\x81}b.", b"c__main__\nPlain\n)}\x92.", b"c\n\n.", b"ca\\x41\nb c\n.",
    b"(lp0\nI1\naI2\na.", b"(dp0\nS'a'\nI1\ns.", b"(K\x01K\x02d.", b"(K\x01l.", b"(t.", b"((((ttt0t.",
    b"N0N.", b"(0N.", b"((00N.", b"(NN1N.", b"(1N.", b"N2\x86.", b"(2\x86t.", b"NN\x86NN\x87\x85.",
    b"\x8f(K\x01\x90.", b"(K\x01\x91.", b"}(K\x01K\x02u.", b"](K\x01e.", b"]K\x01a.", b"NNb.", b"NN\x93.",
    b"Np0\ng0\n\x86.", b"Np01\ng1\n\x86.", b"Np00\ng0\n\x86.", b"Np-5\ng-5\n\x86.", b"Nq\0h\0\x86.", b"Nr\0\1\0\0j\0\1\0\0\x86.",
    b"Np123456789012345678901234567890123456789012345\ng123456789012345678901234567890123456789012345\n\x86.",
    b"N\x94N\x94\x86\x94.", b"Nq\x05\x94\x86h\1.", b"\x95\x02\0\0\0\0\0\0\0N.", b"\x95\xff\xff\xff\xff\xff\xff\xff\xffN.",
    b"N.trailing", b"N.N.", b"(NNNNN" + b"N" * 100000 + b"t.", b"(" * 200 + b"t" * 200 + b".",
    # What is wrong.
    b"", b"N", b"NN.", b".", b"(.", b"((N.", b"\xff", b"N\x00", b"t.", b"N1.", b"u.", b"NR.", b"R.", b"Na.", b"(q\0N.",
    b"q\0N.", b"\x94.", b"(\x94.", b"Nq\0q\0.", b"Np0\nq\0.", b"Nq\x01\x94\x94.", b"h\0.", b"g00\n.", b"g1\n.", b"j\0\0\0\0.",
    b"Np00\np0\n.", b"(\x85t.", b"(2(\x86tt.", b"(Nb0.", b"I\n.", b"I0x10\n.", b"I1__0\n.", b"I_1\n.", b"I1_\n.", b"I5L\n.",
    b"I- 1\n.", b"I\xe9\n.", b"I1", b"L\n.", b"LL\n.", b"L5LL\n.", b"F\n.", b"F0x1p3\n.", b"F1_.5\n.", b"F_1\n.", b"F1e\n.",
    b"F1__0\n.", b"Finf_\n.", b"S\n.", b"Sa\n.", b"S'a\n.", b"S'a\"\n.", b"S'a' \n.", b"S'\\'\n.", b"S'\\x4'\n.", b"S'\xe9'\n.",
    b"S'\\xe9'\n.", b"S'a'", b"P\xe9\n.", b"P\\\n.", b"cos\nsystem", b"cos\n", b"c\xe9\nb\n.", b"V\\u12\n.", b"V\\U00110000\n.",
    b"X\x01\0\0\0\xff.", b"X\x05\0\0\0hi.", b"\x8c\x01\xe9.", b"\x8c\x05a.", b"\x8d\xff\xff\xff\xff\xff\xff\xff\xff.",
    b"\x8e\xff\xff\xff\xff\xff\xff\xff\x7f.", b"T\xff\xff\xff\xff.", b"\x8b\xff\xff\xff\xff.", b"U\x05a.", b"K", b"M\0", b"J\0\0\0",
    b"G\0\0\0\0\0\0\0", b"\x80", b"\x95\0", b"\x8a\x02\0", b"B\x01", b"C\x02a", b"\x8b\x10\x27\0\0" + b"\x7f" * 10000 + b".",
    b"\x8b\xfe\x06\0\0" + b"\x7f" * 1790 + b".", b"I" + b"9" * 4301 + b"\n.", b"I" + b"0" * 4301 + b"\n.",
    b"\xed\xa0\x80", b"X\x02\0\0\0\xc0\x80.", b"X\x04\0\0\0\xf5\x80\x80\x80.", b"X\x03\0\0\0\xe0\x80\x80.",
]  # fmt: skip


def valid():
    values = objects()
    for name, value in values.items():
        # A million characters take a second.
        protocols = (0, 4) if name == "assigned" else range(2 if "old" in name else 0, 6)
        for protocol in protocols:
            yield f"{name} by {protocol}", pickle.dumps(value, protocol)
            if name not in ("assigned", "floats", "large", "numpy", "pandas"):
                yield f"{name} by {protocol}, pure", pickle._dumps(value, protocol)
        if name != "assigned":
            yield f"{name}, optimized", pickletools.optimize(pickle.dumps(value, 4))
        if name in ("numpy", "pandas", "instances", "std", "bytes"):
            for item in value:
                yield f"{name}, out of band", pickle.dumps(item, 5, buffer_callback=lambda _: None)
    local = 5
    for protocol in range(2, 6):
        function = cloudpickle.dumps([lambda x: x + local, Plain, lambda: pd], protocol)
        yield f"cloudpickle by {protocol}", function
    for code in (7, 0x107, 0x10007):
        copyreg.add_extension(__name__, "Registered", code)
        yield f"extension {code}", pickle.dumps([Registered, Registered()], 2)
        copyreg.remove_extension(__name__, "Registered", code)
    for protocol in range(6):
        with io.BytesIO() as file:
            Pickler(file, protocol).dump([Persistent("a"), Persistent("b c")])
            yield f"persistent by {protocol}", file.getvalue()
    for at, text in enumerate(BY_HAND):
        yield f"by hand {at}", text


def mutations(pickles):
    """Bytes changed, left out, doubled or cut: seeded, so that a failure can be had again."""
    generator = random.Random(11)
    small = [text for text in pickles if 0 < len(text) < 600]
    codes = [ord(opcode.code) for opcode in pickletools.opcodes]
    for at in range(6000):
        text = bytearray(generator.choice(small))
        for _ in range(generator.choice((1, 1, 2, 5))):
            place = generator.randrange(len(text) + 1)
            kind = generator.randrange(5)
            if kind == 0:
                text[place : place + 1] = bytes([generator.randrange(256)])
            elif kind == 1:
                text[place:place] = bytes([generator.choice(codes)])
            elif kind == 2:
                del text[place : place + generator.randrange(3)]
            elif kind == 3:
                text[place:place] = text[place : place + generator.randrange(1, 9)]
            else:
                text[place : place + 1] = bytes([generator.choice(codes)])
        yield f"mutation {at}", bytes(text)
    for at in range(4000):
        yield f"random {at}", bytes(generator.choice(codes) for _ in range(generator.randrange(1, 12))) + b"."
    for at in range(3000):
        yield f"program {at}", program(generator)


def program(generator):
    """Makes, hides and drops names and calls; a loader can run it."""
    text, stack = b"", []  # of kinds: ( is a mark, o an object, g a global, l a list, x any
    for at in range(generator.randrange(4, 25)):
        top, below = (stack[-1:] or "("), (stack[-2:-1] or "(")
        top, below = top[0], below[0]
        options = [(b"N", 0, "x"), (b"]", 0, "l"), (b"(", 0, "("), (b"Pid\n", 0, "o"), (b"cm\nf%d\n" % at, 0, "g")]
        options += [(b"\x8c\1m\x8c\2g%d\x93" % (at % 10), 0, "g"), (b"cm\nh%d\n)R" % at, 0, "o")]
        if top != "(":
            options += [(b"0", 1, ""), (b"0", 1, ""), (b"2", 0, top), (b"Q", 1, "o"), (b"\x85", 1, "x"), (b"}N\x87", 1, "x")]
            options += [(b"q%c" % at, 0, "")]
        if top in "og":
            options += [(b")R", 1, "o"), (b"]N\x86R", 1, "o"), (b"}b", 0, ""), (b")\x81" if top == "g" else b"Na", 1, "o")]
        if top != "(" and below in "ol":
            options += [(b"a", 1, ""), (b"a", 1, "")]
        if top != "(" and below in "og" and "(" not in (top, below):
            options += [(b"b", 1, "")]
        if "(" in stack:
            mark = len(stack) - 1 - stack[::-1].index("(")
            options += [(b"t", len(stack) - mark, "x"), (b"l", len(stack) - mark, "l"), (b"1", len(stack) - mark, "")]
            if mark and stack[mark - 1] in "lo":
                options += [(b"e", len(stack) - mark, "")] * 2
        code, takes, leaves = generator.choice(options)
        text += code
        del stack[len(stack) - takes :]
        stack += leaves
    return text + b"N."


class Inert:
    """Stands for whatever a pickle names, and lets all be done to it."""

    def __new__(cls, *args, **kwargs):
        return super().__new__(cls)

    def __init__(self, *args, **kwargs):
        pass

    def __call__(self, *args, **kwargs):
        return Inert()

    def nothing(self, *args):
        pass

    append = extend = add = __setitem__ = __setstate__ = nothing


class Finder(pickle._Unpickler):
    """Loads with nothing but Inert, and notes what it is asked for."""

    def __init__(self, text):
        super().__init__(io.BytesIO(text), buffers=iter(lambda: bytearray(8), None))
        self.found = set()

    def find_class(self, module, name):
        if self.proto < 3:
            if (module, name) in _compat_pickle.NAME_MAPPING:
                module, name = _compat_pickle.NAME_MAPPING[module, name]
            else:
                module = _compat_pickle.IMPORT_MAPPING.get(module, module)
        self.found.add(f"{module}:{name}")
        return type("Found", (Inert,), {})

    def get_extension(self, code):
        self.append(type("Found", (Inert,), {}))

    def persistent_load(self, id):
        return Inert()


def found(text):
    finder = Finder(text)
    try:
        finder.load()
    except Exception:
        return None
    return sorted(name.encode("utf-8", "backslashreplace").decode() for name in finder.found)


def main():
    warnings.simplefilter("ignore")
    pickles = list(valid())
    pickles += mutations([text for _, text in pickles])
    for name, text in pickles:
        error = ""
        with contextlib.closing(io.StringIO()) as out:
            try:
                pickletools.dis(text, out)
            except Exception as caught:
                error = f"{type(caught).__name__}: {caught}" or "?"
            said = out.getvalue()
        for part in (name.encode(), text, said.encode(), error.encode("utf-8", "backslashreplace"), json.dumps(found(text)).encode()):
            sys.stdout.buffer.write(struct.pack("<I", len(part)) + part)


main()
