"""Arrays of every dtype, layout and flag that Hypothesis can think of, sent to Rust and back.

Run as `python hypothesis_arrays.py PORT SEED COUNT` by tests/interop_hypothesis.rs. Each array goes out as distributed serializes it;
Rust answers with two headers and their frames: the same array made anew from its values, and its items in C order and this
machine's byte order, as a typed array of Rust (no frames where Rust has no type for them). A message is `u64 n`, n lengths, n parts.
"""

import dask

dask.config.refresh(paths=[], env={})  # before distributed reads it

import collections
import logging
import socket
import struct
import sys

import corpus
import msgpack
import numpy as np
from distributed.protocol import deserialize, serialize
from distributed.utils import ensure_memoryview
from hypothesis import HealthCheck, Phase, given, reject, seed, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

SEEN = {"kinds": set(), "ndim": set(), "layouts": set(), "fields": 0, "zero": 0, "readonly": 0, "typed": 0, "rejected": collections.Counter()}

# -------------------------------------------------------------------------------------------------------- dtypes

UNITS = "Y M W D h m s ms us ns ps fs as".split()
times = st.builds(
    lambda kind, order, unit, multiple: np.dtype(f"{order}{kind}8" + (f"[{multiple}{unit}]" if unit else "")),
    st.sampled_from("mM"), st.sampled_from("<>"), st.sampled_from([None, *UNITS]), st.sampled_from([1, 1, 1, 25]),
)  # fmt: skip
long_doubles = st.sampled_from([np.dtype("g"), np.dtype("G"), np.dtype("g").newbyteorder("S")])
scalars = st.one_of(
    npst.boolean_dtypes(),
    npst.integer_dtypes(),
    npst.unsigned_integer_dtypes(),
    npst.floating_dtypes(),
    npst.complex_number_dtypes(),
    npst.byte_string_dtypes(min_len=1, max_len=9),
    npst.unicode_string_dtypes(min_len=1, max_len=5),
    times,
    long_doubles,
    st.integers(1, 17).map(lambda n: np.dtype(f"V{n}")),
)


@st.composite
def records(draw, parts):
    """Fields in any order, packed, aligned as C does, or wherever they like; some with titles."""
    fields = draw(st.lists(parts, max_size=4))
    keys = draw(st.permutations(["a", "b", "x1", "é", "two words", "名"]))[: len(fields)]
    shapes = [draw(st.sampled_from([(), (), (), (1,), (2,), (2, 3)])) for _ in fields]
    formats = [np.dtype((field, shape)) if shape else field for field, shape in zip(fields, shapes)]
    spec = {"names": keys, "formats": formats}
    layout = draw(st.sampled_from(["packed", "packed", "aligned", "offsets", "titles"]))
    if layout == "offsets" and fields:
        offsets = [draw(st.integers(0, 24)) for _ in fields]
        end = max(offset + dtype.itemsize for offset, dtype in zip(offsets, formats))
        spec |= {"offsets": offsets, "itemsize": end + draw(st.integers(0, 5))}
    elif layout == "titles":
        spec["titles"] = [draw(st.sampled_from([None, f"title {key}"])) for key in keys]
    return np.dtype(spec, align=layout == "aligned")


structured = st.recursive(scalars, records, max_leaves=6)
dtypes = st.integers(0, 2).flatmap(lambda choice: structured if choice == 2 else scalars)

# -------------------------------------------------------------------------------------------------------- arrays


def leaves(array):
    """Views of all that is no record, wherever it lies."""
    if array.dtype.names is None:
        yield array
    else:
        for name in array.dtype.names:
            yield from leaves(array[name])


def overlaps(dtype):
    if dtype.names is None:
        return False
    ends, parts = 0, sorted((dtype.fields[name][1], dtype.fields[name][0]) for name in dtype.names)
    for offset, part in parts:
        if offset < ends or overlaps(part.base):
            return True
        ends = offset + part.itemsize
    return False


def fill(array, generator):
    """Random bits, as far as any bits are a value."""
    for leaf in leaves(array):
        kind, shape = leaf.dtype.kind, leaf.shape
        if kind == "b":
            leaf[...] = generator.integers(0, 2, shape).astype("?")
        elif kind == "U":
            codes = generator.integers(0, 0xD800, (*shape, leaf.dtype.itemsize // 4)).astype(leaf.dtype.byteorder + "u4")
            leaf[...] = np.ascontiguousarray(codes).view(leaf.dtype).reshape(shape)
        elif leaf.dtype.char in "gG":
            values = generator.normal(size=shape) if leaf.dtype.char == "g" else generator.normal(size=(2, *shape))
            leaf[...] = values if leaf.dtype.char == "g" else values[0] + 1j * values[1]
        else:
            bits = generator.bytes(leaf.size * leaf.dtype.itemsize)
            leaf[...] = np.frombuffer(bits, leaf.dtype, leaf.size).reshape(shape)


@st.composite
def arrays(draw):
    dtype = draw(dtypes)
    shape = draw(npst.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4))
    array = np.zeros(shape, dtype, order=draw(st.sampled_from("CCF")))
    how = draw(st.sampled_from(["random", "random", "zeros", "ones"]))
    if how == "random":
        # Overlapping fields, one of which is a bool or text, would make values of no type.
        if not overlaps(dtype):
            fill(array, np.random.default_rng(draw(st.integers(0, 2**32 - 1))))
    elif how == "ones" and array.size and all(leaf.dtype.kind in "iufcmMV" and leaf.dtype.char not in "gG" for leaf in leaves(array)):
        # Every bit is set: a NaN with a payload and a sign.
        array.T.reshape(-1, order="F" if array.flags.f_contiguous else "C").view("u1")[...] = 255
    for _ in range(draw(st.integers(0, 2))):
        layout = draw(st.sampled_from(["slice", "transpose", "broadcast", "newaxis", "fortran"]))
        if layout == "slice" and array.ndim:
            array = np.asarray(array[draw(npst.basic_indices(array.shape, max_dims=4, allow_newaxis=True))])
        elif layout == "transpose":
            array = array.transpose(draw(st.permutations(range(array.ndim))))
        elif layout == "broadcast":
            inner = [draw(st.integers(0, 4)) if n == 1 else n for n in array.shape]
            outer = draw(st.lists(st.integers(1, 4), max_size=max(0, 4 - array.ndim)))
            array = np.broadcast_to(array, (*outer, *inner))
        elif layout == "newaxis" and array.ndim < 4:
            array = np.expand_dims(array, draw(st.integers(0, array.ndim)))
        elif layout == "fortran":
            array = np.asfortranarray(array) if array.ndim else array
        SEEN["layouts"].add(layout)
    if draw(st.booleans()) and draw(st.booleans()):
        array = array.view()
        array.flags.writeable = False
    if array.ndim == 2 and array.dtype.names is None and draw(st.integers(0, 9)) == 0:
        array = np.asmatrix(array)
    return array


# ------------------------------------------------------------------------------------------------------ exchange


class Link:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", int(port)))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, parts):
        self.socket.sendall(struct.pack(f"<{len(parts) + 1}Q", len(parts), *(len(part) for part in parts)) + b"".join(parts))

    def receive_exactly(self, size):
        # At an address that every dtype can live with.
        buffer = np.zeros(size // 16 + 1, "c16").view("u1")[:size]
        view, done = memoryview(buffer), 0
        while done < size:
            n = self.socket.recv_into(view[done:])
            if n == 0:
                raise EOFError("Rust closed the connection")
            done += n
        return view

    def receive(self):
        (count,) = struct.unpack("<Q", self.receive_exactly(8))
        lengths = struct.unpack(f"<{count}Q", self.receive_exactly(8 * count))
        return [self.receive_exactly(length) for length in lengths]


def encode(array):
    header, frames = serialize(array)
    return [msgpack.dumps(header, use_bin_type=True), *(bytes(ensure_memoryview(frame)) for frame in frames)]


def decode(header, frames):
    return deserialize(msgpack.loads(bytes(header), use_list=False, strict_map_key=False), frames)


def aligned_copy(part):
    buffer = np.zeros(len(part) // 16 + 1, "c16").view("u1")[: len(part)]
    buffer[...] = np.frombuffer(part, "u1")
    return memoryview(buffer)


def check(link, array):
    header, *frames = encode(array)
    try:
        own = decode(header, [aligned_copy(frame) for frame in frames])
        corpus.assert_same(array, own)
    except (corpus.Different, ValueError, TypeError) as error:
        # What distributed itself loses, or cannot read.
        SEEN["rejected"][str(error)[:40]] += 1
        reject()
    SEEN["kinds"].add(array.dtype.kind)
    SEEN["ndim"].add(array.ndim)
    SEEN["fields"] += array.dtype.names is not None
    SEEN["zero"] += array.size == 0
    SEEN["readonly"] += not array.flags.writeable
    link.send([header, *frames])
    error, anew, anew_frame, *typed = link.receive()
    assert not error, bytes(error).decode()
    back = decode(anew, [anew_frame])
    corpus.assert_same(array, back)
    if array.dtype.names is not None:
        assert array.dtype.fields == back.dtype.fields, (array.dtype, back.dtype)
    if typed:
        SEEN["typed"] += 1
        back = decode(typed[0], typed[1:])
        expected = np.ascontiguousarray(array).reshape(array.shape).astype(array.dtype.newbyteorder("="))
        corpus.assert_same(np.asarray(expected).copy(), back)


def main(port, chosen, count):
    logging.disable(logging.CRITICAL)
    link = Link(port)
    options = dict(deadline=None, database=None, suppress_health_check=list(HealthCheck), print_blob=False)

    @seed(int(chosen))
    @settings(max_examples=int(count), phases=[Phase.generate, Phase.shrink], **options)
    @given(arrays())
    def run(array):
        check(link, array)

    run()
    link.send([repr(SEEN).encode()])
    # That the strategies reach what they are there for; few arrays cannot.
    if int(count) < 1000:
        return
    assert SEEN["kinds"] == set("biufcSUVmM"), SEEN
    assert SEEN["ndim"] >= {0, 1, 2, 3, 4}, SEEN
    assert len(SEEN["layouts"]) == 5 and min(SEEN["fields"], SEEN["zero"], SEEN["readonly"], SEEN["typed"]) > 50, SEEN
    assert sum(SEEN["rejected"].values()) < int(count) // 20, SEEN


if __name__ == "__main__":
    main(*sys.argv[1:])
