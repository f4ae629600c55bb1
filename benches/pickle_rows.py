"""The rows of `pickle.rs` by CPython's own C code: name, nanoseconds, bytes."""

import pathlib
import pickle
import sys
import time

import numpy as np


def fastest(run, times=25):
    took = []
    for _ in range(times):
        start = time.perf_counter_ns()
        run()  # and the drop of what it gives, as in Rust
        took.append(time.perf_counter_ns() - start)
    return min(took)


def again(value):
    """The same with the names of fields as one object each, as they are in a program."""
    if isinstance(value, list) and isinstance(value[0], dict):
        return [{sys.intern(key): item for key, item in row.items()} for row in value]
    return value


for path in map(pathlib.Path, sys.argv[1:]):
    data = path.read_bytes()
    value = again(pickle.loads(data))
    written = pickle.dumps(value, 5)
    print(f"{path.name}/read {fastest(lambda: pickle.loads(data)):.0f} {len(data)} bytes")
    same = "the same bytes" if written == data else "other bytes"
    print(f"{path.name}/write {fastest(lambda: pickle.dumps(value, 5)):.0f} {len(written)} bytes, {same}")

def beside(name, value):
    """The pickle of something of 100 MB, which stays beside it."""
    buffers = []
    written = pickle.dumps(value, 5, buffer_callback=buffers.append)

    def write():
        buffers = []
        return pickle.dumps(value, 5, buffer_callback=buffers.append), buffers

    print(f"{name}/write {fastest(write, 1001):.0f} {len(written)} bytes")
    print(f"{name}/read {fastest(lambda: pickle.loads(written, buffers=buffers), 1001):.0f}")


beside("buffer", ("data", pickle.PickleBuffer(bytearray(100_000_000))))
beside("array", np.full(100_000_000, 7, "u1"))
