"""Masked arrays, and arrays of Python objects and of texts, that Hypothesis can think of, sent to Rust and back.

Run as `python hypothesis_objects.py PORT SEED COUNT` by tests/interop_hypothesis.rs, which has COUNT examples of each kind. An array goes out
behind a part that says its kind, by the family dask or pickle. Rust answers with an error or none, with words for its values and how many
parts each has, and with those. What it made anew has to be what distributed itself makes of the same bytes, whose losses are counted here.
"""

import dask

dask.config.refresh(paths=[], env={})  # before distributed reads it

import collections
import logging
import math
import sys
import warnings

import corpus
import hypothesis_arrays as plain
import msgpack
import numpy as np
from distributed.protocol import serialize
from distributed.utils import ensure_memoryview
from hypothesis import HealthCheck, Phase, given, reject, seed, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

SEEN = {kind: collections.Counter() for kind in ("masked", "objects", "texts", "rejected")}

# -------------------------------------------------------------------------------------------------------- masked


def random(shape, dtype, number, order="C"):
    array = np.zeros(shape, dtype, order=order)
    if not plain.overlaps(array.dtype):
        plain.fill(array, np.random.default_rng(number))
    return array


@st.composite
def masked(draw):
    data = draw(plain.arrays())
    which = draw(st.sampled_from(["nomask", "none", "all", "some", "some", "some"]))
    numbers = st.integers(0, 2**32 - 1)
    if which == "nomask":
        mask = np.ma.nomask
    elif which == "some":
        mask = random(data.shape, np.ma.make_mask_descr(data.dtype), draw(numbers), draw(st.sampled_from("CF")))
    else:
        mask = np.zeros(data.shape, np.ma.make_mask_descr(data.dtype))
        mask.reshape(-1).view("?")[...] = which == "all"
    fills = draw(st.sampled_from(["default", "own"]))
    hard = draw(st.booleans())
    fill_value = None if fills == "default" else random(1, data.dtype, draw(numbers))[0]
    try:
        array = np.ma.array(data, mask=mask, fill_value=fill_value, hard_mask=hard)
    except (ValueError, TypeError) as error:
        # Of records with times in some units numpy has no value to fill with.
        SEEN["rejected"][f"not made: {str(error)[:60]}"] += 1
        reject()
    return array, (which, fills, f"hard {hard}", f"kind {array.dtype.kind.replace('m', 'M')}", f"dimensions {array.ndim}")


# ------------------------------------------------------------------------------------------------------- objects

leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**80), 2**80),
    st.integers(-9, 9),
    st.floats(),
    st.text(max_size=6),
    st.binary(max_size=6),
    st.binary(min_size=300, max_size=300),
)
things = st.recursive(leaves, lambda items: st.lists(items, max_size=3), max_leaves=5)
shapes = npst.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)


@st.composite
def laid_out(draw, items, dtype):
    """An array of items in some layout."""
    shape = draw(shapes)
    flat = np.empty(math.prod(shape), dtype)
    for index in range(len(flat)):
        flat[index] = draw(items)
    array = flat.reshape(shape)
    layout = draw(st.sampled_from(["C", "C", "F", "transposed", "sliced", "broadcast"]))
    if layout == "F":
        array = np.asfortranarray(array) if array.ndim else array
    elif layout == "transposed":
        array = array.transpose(draw(st.permutations(range(array.ndim))))
    elif layout == "sliced":
        array = np.asarray(array[draw(npst.basic_indices(array.shape, max_dims=3))], dtype)
    elif layout == "broadcast" and array.ndim < 3:
        array = np.broadcast_to(array, (draw(st.integers(1, 3)), *array.shape))
    return array, (layout, f"dimensions {array.ndim}", "empty" if array.size == 0 else "full")


@st.composite
def objects(draw):
    # Of one kind, or of all.
    numbers = [st.integers(-(2**63), 2**64 - 1), st.floats(), st.sampled_from([True, False, None])]
    of_kind = draw(st.sampled_from([things, things, st.text(max_size=4), *numbers]))
    array, seen = draw(laid_out(of_kind, object))
    return array, (*seen, *{f"item {type(item).__name__}" for item in array.flat})


@st.composite
def texts(draw):
    na, arguments = draw(
        st.sampled_from([("no", {}), ("None", {"na_object": None}), ("nan", {"na_object": math.nan}), ("text", {"na_object": "NA"})])
    )
    if draw(st.booleans()):
        arguments = arguments | {"coerce": False}
    # Short ones lie in the array, those of more than 15 bytes in an arena, and those of more than 255 on the heap.
    items = st.one_of(st.text(max_size=5), st.text(min_size=16, max_size=20), st.just("ž" * 200))
    if "na_object" in arguments:
        items = st.one_of(items, st.just(arguments["na_object"]))
    array, seen = draw(laid_out(items, np.dtypes.StringDType(**arguments)))
    return array, (*seen, f"na {na}", f"coerce {array.dtype.coerce}")


# ------------------------------------------------------------------------------------------------------ exchange


def same_fill(expected, actual):
    """Raise Different unless both arrays are filled with the same. numpy's own value, which Rust keeps as such, need not be of the dtype."""
    fills = [np.asarray(array.fill_value).astype(array.dtype) for array in (expected, actual)]
    corpus._items(*fills, "fill_value", False)


def agree(expected, actual):
    """Raise Different unless both have the same items; strides and whether they may be written to are not compared."""
    corpus._equal((type(expected), expected.dtype, expected.shape), (type(actual), actual.dtype, actual.shape), "array")
    if isinstance(expected, np.ma.MaskedArray):
        agree(np.asarray(expected.data), np.asarray(actual.data))
        agree(np.ma.getmaskarray(expected), np.ma.getmaskarray(actual))
        same_fill(expected, actual)
    else:
        corpus._items(expected, actual, "array", False)


def tuples(value):
    """Msgpack has one kind of array, of which distributed makes tuples."""
    return tuple(map(tuples, value)) if isinstance(value, (list, tuple)) else value


def encode(array, family):
    header, frames = serialize(array, serializers=[family])
    return [msgpack.dumps(header, use_bin_type=True), *(bytes(ensure_memoryview(frame)) for frame in frames)]


def received(header, *frames):
    return plain.decode(header, [plain.aligned_copy(frame) for frame in frames])


def ask(link, kind, family, array):
    """What distributed makes of an array that it serializes, and what Rust makes of it."""
    try:
        sent = encode(array, family)
        own = received(*sent)
        agree(array, own)
        if kind == "masked":
            # Rust writes the family dask, which does not keep a mask of records in Fortran's order, as a pickle does.
            own = received(*encode(own, "dask"))
    except (corpus.Different, ValueError, TypeError) as error:
        # What distributed itself loses, or cannot write or read.
        SEEN["rejected"][f"{kind}: {str(error)[:60]}"] += 1
        reject()
    link.send([kind.encode(), *sent])
    error, counts, *parts = link.receive()
    assert not error, bytes(error).decode()
    parts, words = iter(parts), bytes(counts).decode().split()
    for name, count in zip(words[::2], words[1::2]):
        header, *frames = (next(parts) for _ in range(int(count)))
        SEEN[kind][f"as {name}"] += 1
        yield name, own, plain.decode(header, frames)


def check_masked(name, own, back):
    if name == "options":
        corpus.assert_same(own.ravel().tolist(), list(back))
    else:
        corpus.assert_same((type(own), own.data, own.mask, own.hardmask), (type(back), back.data, back.mask, back.hardmask))
        same_fill(own, back)
        assert own.dtype.fields == back.dtype.fields, (own.dtype, back.dtype)


def check_objects(name, own, back):
    if name == "written":
        corpus.assert_same(own, back)
    elif name == "anew":
        corpus.assert_same(np.array(own, order="C"), back)
    elif name == "items":
        corpus.assert_same(own.ravel().tolist(), back)
    else:
        corpus.assert_same(tuples(own.tolist()), tuples(back))


def check_texts(name, own, back):
    if name != "anew":
        return check_objects(name, own, back)
    # Rust says what lacks by `None`, which then is the object of the dtype.
    items = own.astype(object)
    na = getattr(own.dtype, "na_object", "")
    for at in np.ndindex(items.shape):
        if items[at] is na and not isinstance(na, str):
            items[at] = None
    lacks = any(item is None for item in items.flat)
    expected = np.array(items, np.dtypes.StringDType(na_object=None) if lacks else np.dtypes.StringDType(), order="C")
    corpus.assert_same(expected, back)


def main(port, chosen, count):
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")  # of numpy, about its own values to fill with
    link = plain.Link(port)
    options = dict(deadline=None, database=None, suppress_health_check=list(HealthCheck), print_blob=False)
    families = st.sampled_from(["dask", "dask", "pickle"])
    for kind, strategy, check in [("masked", masked, check_masked), ("objects", objects, check_objects), ("texts", texts, check_texts)]:

        @seed(int(chosen))
        @settings(max_examples=int(count), phases=[Phase.generate, Phase.shrink], **options)
        @given(strategy(), families)
        def run(made, family):
            array, seen = made
            for name, own, back in ask(link, kind, family, array):
                check(name, own, back)
            SEEN[kind].update([*seen, f"family {family}"])

        run()
    link.send([repr({kind: dict(sorted(seen.items())) for kind, seen in SEEN.items()}).encode()])
    # That the strategies reach what they are there for; few arrays cannot.
    if int(count) < 200:
        return
    for kind, wanted in WANTED.items():
        missed = [name for name in wanted if not SEEN[kind][name]]
        assert not missed, (kind, missed, SEEN[kind])
    assert sum(SEEN["rejected"].values()) < int(count) // 2, SEEN["rejected"]


WANTED = {
    "masked": [
        *("nomask", "none", "all", "some", "default", "own", "hard True", "hard False", "family dask", "family pickle"),
        *("as array", "as dynamic", "as options"),
        *(f"kind {kind}" for kind in "biufcSUVM"),
        *(f"dimensions {n}" for n in range(5)),
    ],
    "objects": [
        *("C", "F", "transposed", "sliced", "broadcast", "empty", "full", "family dask", "family pickle"),
        *("as written", "as anew", "as items", "as lists"),
        *(f"item {kind}" for kind in "NoneType bool int float str bytes list".split()),
        *(f"dimensions {n}" for n in range(4)),
    ],
    "texts": [
        *("C", "F", "transposed", "sliced", "broadcast", "empty", "full", "family dask", "family pickle"),
        *("as written", "as anew", "as items", "as lists"),
        *("na no", "na None", "na nan", "na text", "coerce True", "coerce False"),
        *(f"dimensions {n}" for n in range(4)),
    ],
}

if __name__ == "__main__":
    main(*sys.argv[1:])
