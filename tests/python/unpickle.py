"""What CPython reads in pickles, without running any of it: for tests/pickle_vectors.rs.

Reads lines of hexadecimal, writes a line for each: what the unpickler in C makes of it, a tab, what the one in Python does. That is a
description of the object, or `!` and the class of the error. Each class is a stand-in that writes down what is done to it.
"""

import _compat_pickle
import io
import pickle
import struct
import sys
import warnings

warnings.simplefilter("ignore")  # escapes that are none
sys.setrecursionlimit(10_000)


class Meta(type):
    def __call__(cls, *args):
        return cls.made("call" if args else "new", args)


def stand_in(module, name):
    def made(kind, args):
        self = object.__new__(cls)
        self.__dict__.update(kind=kind, args=args, steps=[])
        return self

    def step(kind):
        return lambda self, *items: self.steps.append((kind, items))

    members = {
        "made": staticmethod(made),
        "path": f"{module}.{name}",
        "__new__": lambda cls, *args, **kwargs: made("new", (*args, *([kwargs] if kwargs else []))),
        "__setstate__": step("build"),
        "__setitem__": step("set"),
        "append": step("append"),
        "extend": lambda self, items: self.steps.append(("append", tuple(items))),
        "add": step("add"),
    }
    cls = Meta(name, (), members)
    return cls


def unpickler(base):
    class Unpickler(base):
        known = {}

        def find_class(self, module, name):
            if self.protocol < 3:
                if (module, name) in _compat_pickle.NAME_MAPPING:
                    module, name = _compat_pickle.NAME_MAPPING[module, name]
                else:
                    module = _compat_pickle.IMPORT_MAPPING.get(module, module)
            if (module, name) not in self.known:
                self.known[module, name] = stand_in(module, name)
            return self.known[module, name]

        def persistent_load(self, pid):
            return stand_in("persistent", "id").made("call", (pid,))

    return Unpickler


def describe(root):
    numbers = {}
    kept = []  # no number is given twice

    def several(items):
        return ",".join(map(one, items))

    def one(x):
        if x is None or x is True or x is False:
            return str(x)
        if isinstance(x, Meta):
            return f"g:{x.path}"
        if type(x) is int:
            return f"i:{x}"
        if type(x) is float:
            return "f:" + struct.pack(">d", x).hex()
        if type(x) is str:
            return "s:" + x.encode("utf-8", "surrogatepass").hex()
        if type(x) in (bytes, bytearray):
            return type(x).__name__ + ":" + x.hex()
        if x == () and type(x) is tuple:
            return "()"
        if id(x) in numbers:
            return f"#{numbers[id(x)]}"
        kept.append(x)
        numbers[id(x)] = len(numbers)
        start = f"#{numbers[id(x)]}"
        if type(x) is list:
            return f"{start}[{several(x)}]"
        if type(x) is tuple:
            return f"{start}({several(x)})"
        if type(x) is dict:
            return f"{start}{{{several(part for entry in x.items() for part in entry)}}}"
        if type(x) in (set, frozenset):
            return f"{start}{type(x).__name__}{{{','.join(sorted(map(one, x)))}}}"
        made = f"{start}{type(x).path}.{x.kind}({several(x.args)})"
        return made + "".join(f".{kind}({one(item)})" for kind, item in steps(x.steps))

    def steps(steps):
        for kind, items in steps:
            yield from [(kind, item) for item in items]

    return one(root)


UNPICKLERS = [unpickler(pickle.Unpickler), unpickler(pickle._Unpickler)]

for line in sys.stdin:
    data = bytes.fromhex(line)
    answers = []
    for kind in UNPICKLERS:
        kind.protocol = data[1] if data[:1] == b"\x80" and len(data) > 1 else 0
        kind.known = {}
        try:
            answers.append(describe(kind(io.BytesIO(data)).load()))
        except Exception as error:
            answers.append(f"!{type(error).__name__}")
    print(*answers, sep="\t")
