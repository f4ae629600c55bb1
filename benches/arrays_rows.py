"""Data for `arrays.rs`, as Dask serializes it, and the same rows by distributed's own code: name, nanoseconds.

A file holds a header of msgpack and its frames, packed by `pack_frames`.
"""

import pathlib
import sys
import time

import msgpack
import numpy as np
import pandas as pd
import pyarrow as pa
from distributed.protocol import deserialize, serialize, to_serialize
from distributed.protocol.utils import pack_frames


def fastest(run, times):
    took = []
    for _ in range(times):
        start = time.perf_counter_ns()
        run()  # and the drop of what it gives, as in Rust
        took.append(time.perf_counter_ns() - start)
    return min(took)


def report(name, run, times):
    print(f"{name} {fastest(run, times)}")


home = pathlib.Path(sys.argv[1])
eight = np.arange(8.0)
frame = pd.DataFrame(np.arange(8_000_000.0).reshape(8, 1_000_000).T, columns=list("abcdefgh"))
data = {
    "array": (np.arange(8_000_000.0), 1000),
    "frame": (frame, 300),
    "table": (pa.Table.from_pandas(frame), 300),
    "arrow": (pa.array(np.arange(8_000_000.0)), 300),
    "small": ([eight + n for n in range(10_000)], 7),
}
for name, (value, times) in data.items():
    header, frames = serialize(value)
    # As they come from a socket: in memory that may be written to.
    frames = [bytearray(frame) for frame in frames]
    home.joinpath(name).write_bytes(pack_frames([msgpack.packb(header), *frames]))
    report(f"{name}/read", lambda: deserialize(dict(header), frames), times)
    report(f"{name}/write", lambda: serialize(value), times)
