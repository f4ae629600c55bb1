"""The Python half of the example `dask_roundtrip`: an unmodified `distributed` decodes what Rust sends, checks it, changes
it, and sends it back. Started by the Rust half, which makes the environment: python dask_roundtrip.py PORT"""

import socket
import struct
import sys
import time

import msgpack
import numpy as np
from distributed.protocol import deserialize, serialize, to_serialize


def receive_exactly(sock, buffer):
    view, done = memoryview(buffer), 0
    while done < len(view):
        n = sock.recv_into(view[done:])
        if n == 0:
            raise EOFError("the Rust side closed the connection")
        done += n
    return buffer


def receive(sock):
    """A prelude, then the header and the frames, each in a buffer of its own: so arrays arrive aligned."""
    (count,) = struct.unpack("Q", receive_exactly(sock, bytearray(8)))
    lengths = struct.unpack(f"{count}Q", receive_exactly(sock, bytearray(8 * count)))
    header, *frames = (receive_exactly(sock, np.empty(n, "u1")) for n in lengths)
    return msgpack.unpackb(header.tobytes(), use_list=False, strict_map_key=False), frames


def send(sock, header, frames):
    frames = [memoryview(msgpack.packb(header)), *(memoryview(f).cast("B") for f in frames)]
    sock.sendall(struct.pack(f"Q{len(frames)}Q", len(frames), *map(len, frames)))
    for frame in frames:
        sock.sendall(frame)


def main():
    sock = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    header, frames = receive(sock)

    start = time.perf_counter()
    scan = deserialize(header, frames)
    decoded = time.perf_counter() - start

    assert type(scan) is dict, type(scan)
    grid, points = scan["grid"], scan["points"]
    assert grid.dtype == "f8" and grid.flags.writeable and grid.flags.aligned, grid.flags
    assert np.array_equal(grid, np.arange(len(grid), dtype="f8"))
    assert points["x"].tolist() == [0.0, 1.0, 2.0] and points["label"] == ("p0", "p1", "p2")
    for name, value in scan.items():
        shown = f"{value.dtype} array, {value.nbytes:,} bytes" if isinstance(value, np.ndarray) else repr(value)
        print(f"  python sees {name:9} {shown}")
    print(f"  python decoded it in {decoded * 1e6:.0f} µs")

    grid *= 2
    scan["step"] += 1
    points["x"] += 10
    # Until Rust reads pickles, let msgpack have what is small: Python would pickle it otherwise.
    header, frames = serialize(to_serialize(scan), serializers=("dask", "msgpack", "pickle"))
    send(sock, header, frames)


main()
