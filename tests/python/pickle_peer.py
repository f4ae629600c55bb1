"""Answers what CPython's pickle makes of objects and of bytes: the other end of tests/support/pickles.rs.

On stdin come messages, on stdout go answers: `u32 n`, then n times `u64 length, bytes`, little-endian. The first part
is JSON: the name of a function below under `op`, and what it takes. An answer has `error` if something went wrong.
"""

import builtins
import collections
import json
import pickle
import struct
import sys
import traceback
import warnings

import cloudpickle
import pickle_objects

OPS = {}


def op(function):
    OPS[function.__name__] = function
    return function


@op
def names(request):
    return {"names": list(pickle_objects.CASES.items())}, []


@op
def dump(request):
    """An object in protocols 2 to 5, and in 5 with its buffers out of band; no bytes where CPython refuses."""
    x = pickle_objects.build(request["name"])
    pickles = []
    for protocol in 2, 3, 4, 5:
        try:
            pickles.append(pickle_objects.dumps(x, protocol))
        except pickle.PicklingError:
            pickles.append(b"")
    buffers = []
    pickles.append(pickle_objects.dumps(x, 5, buffers.append))
    buffers = [buffer.raw() for buffer in buffers]
    return {"read_only": [buffer.readonly for buffer in buffers]}, pickles + buffers


def unpickled(pickled, buffers, read_only):
    # Others for each: what is loaded may write to them.
    buffers = [bytes(buffer) if fixed else bytearray(buffer) for buffer, fixed in zip(buffers, read_only, strict=True)]
    return pickle.loads(pickled, buffers=buffers)


def again(x, by_value):
    return cloudpickle.dumps(x, 5) if by_value else pickle.dumps(x, 5)


@op
def same(request, *parts):
    """For each pair of pickles why they are not of the same objects, with the same `is`; null where they are."""
    answers = []
    count = 2 * request["pairs"]
    for pair in zip(parts[0:count:2], parts[1:count:2], strict=True):
        try:
            objects = [unpickled(part, parts[count:], request["read_only"]) for part in pair]
            expected, actual = (again(x, request.get("by_value")) for x in objects)
            answers.append(None if expected == actual else f"{short(expected)} is expected, not {short(actual)}")
        except Exception:
            answers.append(traceback.format_exc())
    return {"answers": answers}, []


def short(x):
    text = repr(x)
    return text if len(text) < 1000 else text[:1000] + "..."


class Objects:
    """Objects of a list of descriptions that refer to each other by index: `[kind, ...]`.

    What holds others and can change is made first and filled last, so it may refer to any. The rest refers to what
    came before.
    """

    def __init__(self, descriptions):
        self.made = []
        for description in descriptions:
            self.made.append(getattr(self, description[0])(*description[1:]))
        for x, description in zip(self.made, descriptions):
            if fill := getattr(self, f"fill_{description[0]}", None):
                fill(x, *description[1:])

    def __getitem__(self, index):
        return self.made[index]

    def none(self, _):
        return None

    def bool(self, value):
        return value

    def int(self, digits):
        return int(digits, 16)

    def float(self, bits):
        return struct.unpack("<d", bytes.fromhex(bits))[0]

    def str(self, wtf8, times):
        return bytes.fromhex(wtf8).decode("utf-8", "surrogatepass") * times

    def bytes(self, data, times):
        return bytes.fromhex(data) * times

    def bytearray(self, data, times):
        return bytearray(bytes.fromhex(data) * times)

    def tuple(self, items):
        return tuple(self[item] for item in items)

    def hashable(self, items):
        for item in items:
            try:
                hash(self[item])
            except TypeError:
                continue
            if "nan" not in repr(self[item]):  # its hash is its address
                yield self[item]

    def frozenset(self, items, more):
        return frozenset([*self.hashable(items), *range(more)])

    def set(self, items, more):
        return {*self.hashable(items), *range(more)}

    def list(self, items, more):
        return []

    def fill_list(self, x, items, more):
        x += [self[item] for item in items]
        x += range(more)

    def dict(self, entries, more):
        return {}

    def fill_dict(self, x, entries, more):
        for key, value in entries:
            for key in self.hashable([key]):
                x[key] = self[value]
        x.update(dict.fromkeys(range(more)))

    def object(self, state):
        return pickle_objects.Member()

    def fill_object(self, x, state):
        x.__dict__.update({name: self[value] for name, value in state})

    def deque(self, items, more):
        return collections.deque()

    def fill_deque(self, x, items, more):
        x.extend(self[item] for item in items)
        x.extend(range(more))

    def type(self, name):
        return pickle_objects.Outer.Inner if name == "Inner" else getattr(builtins, name)


@op
def make(request):
    """What is described, in protocols 2 to 5."""
    x = Objects(request["objects"])[-1]
    return {}, [pickle.dumps(x, protocol) for protocol in (2, 3, 4, 5)]


def read_exactly(size):
    data = sys.stdin.buffer.read(size)
    if len(data) < size:
        sys.exit()
    return data


def main():
    warnings.simplefilter("ignore")
    # Deep enough for what the tests describe.
    sys.setrecursionlimit(20000)
    out, sys.stdout = sys.stdout.buffer, sys.stderr
    while True:
        (count,) = struct.unpack("<I", read_exactly(4))
        request, *parts = [read_exactly(*struct.unpack("<Q", read_exactly(8))) for _ in range(count)]
        request = json.loads(request)
        try:
            reply, parts = OPS[request.pop("op")](request, *parts)
        except Exception:
            reply, parts = {"error": traceback.format_exc()}, []
        out.write(struct.pack("<I", 1 + len(parts)))
        for part in [json.dumps(reply).encode(), *parts]:
            out.write(struct.pack("<Q", len(part)))
            out.write(part)
        out.flush()


if __name__ == "__main__":
    main()
