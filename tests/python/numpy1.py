"""What numpy 1 loads and dumps, for tests/pickle_numpy1.rs.

A line on stdin is an expression, and behind tabs a pickle and its buffers in hexadecimal: the answer is `ok`, or what differs between the two.
An expression and the number of a protocol alone: the answer is the pickle and its buffers.
"""

import pickle
import sys

import numpy as np

assert np.__version__.startswith("1."), np.__version__


def difference(x, y):
    if type(x) is not type(y):
        return f"{type(x)} instead of {type(y)}"
    if isinstance(y, (list, tuple)):
        found = (difference(a, b) for a, b in zip(x, y, strict=True))
        return next((text for text in found if text), None)
    if isinstance(y, dict):
        return difference(list(x.items()), list(y.items()))
    if isinstance(y, np.generic):
        return None if (x.dtype, x.tobytes()) == (y.dtype, y.tobytes()) else f"{x!r} instead of {y!r}"
    if not isinstance(y, np.ndarray):
        return None if x == y else f"{x!r} instead of {y!r}"
    for part in ["dtype", "shape", "strides"]:
        if getattr(x, part) != getattr(y, part) and (y.size or part != "strides"):
            return f"{part} {getattr(x, part)} instead of {getattr(y, part)}"
    if x.flags.writeable != y.flags.writeable:
        return f"writeable is {x.flags.writeable}"
    if isinstance(y, np.ma.MaskedArray):
        masked = difference(x.mask, y.mask) if y.mask is not np.ma.nomask else None
        if masked or x.fill_value != y.fill_value:
            return f"{masked}, fill value {x.fill_value!r} instead of {y.fill_value!r}"
        x, y = x.data, y.data
    if y.dtype.hasobject or y.dtype.names:  # between fields there may be anything
        return difference(x.ravel().tolist(), y.ravel().tolist())
    return None if x.tobytes() == y.tobytes() else f"{x!r} instead of {y!r}"


for line in sys.stdin:
    expression, first, *rest = line.rstrip("\n").split("\t")
    value = eval(expression)
    if first.isdecimal() and len(first) == 1:
        buffers = []
        data = pickle.dumps(value, int(first), buffer_callback=buffers.append if first == "5" else None)
        print(data.hex(), *(bytes(buffer.raw()).hex() for buffer in buffers), sep="\t", flush=True)
    else:
        buffers = [bytearray.fromhex(buffer) for buffer in rest]
        try:
            print(difference(pickle.loads(bytes.fromhex(first), buffers=buffers), value) or "ok", flush=True)
        except Exception as error:
            print(type(error).__name__, str(error).replace("\n", " "), flush=True)
