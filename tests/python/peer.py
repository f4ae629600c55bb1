"""The real Python that the Rust tests ask: what do these bytes mean to distributed, and what does it make of a value?

Run as `python peer.py HOST PORT`: connects there, and answers requests until the connection ends. A message is
`u32 n`, then n times `u64 length, bytes`, little-endian. Its first part is a JSON object, the others are bytes. The
request's `op` names a function below; the answer has `ok`, and what went wrong under `error` and `traceback`.

Values are Python expressions, evaluated with the names in NAMES. Compression is off unless asked for, and no
configuration of the user or the environment counts. tests/support/peer.rs is the other end.
"""

import dask

dask.config.refresh(paths=[], env={})  # before distributed reads it

import asyncio
import base64
import json
import logging
import queue
import random
import socket
import struct
import sys
import threading
import traceback
import types
import zlib
import zoneinfo

import corpus
import distributed
import lz4.block
import msgpack
import numpy as np
import snappy
import zstandard
from distributed.core import Status
from distributed.protocol import deserialize, deserialize_bytes, dumps, loads, serialize, to_serialize
from distributed.protocol.serialize import (
    Serialize,
    Serialized,
    ToPickle,
    msgpack_decode_default,
    msgpack_encode_default,
    serialize_bytes,
)
from distributed.protocol.utils import msgpack_opts
from distributed.security import Security
from distributed.utils import ensure_memoryview

NAMES = {
    **vars(corpus),  # np, pd, pa, datetime, decimal, math, Human ... and value()
    **{f.__name__: f for f in (base64, corpus, dask, distributed, msgpack, Serialize, Serialized, Status, ToPickle, types)},
    **{codec.__name__: codec for codec in (lz4, snappy, zlib, zstandard)},
    "to_serialize": to_serialize,
    "zoneinfo": zoneinfo,
}
OPS = {}


def op(function):
    OPS[function.__name__.removesuffix("_")] = function
    return function


def evaluate(expression, **names):
    return eval(expression, {**NAMES, **names})


# ------------------------------------------------------------------------------------------- bytes into objects


def decode(header, frames):
    # The same call that distributed makes for the sub-header of a message.
    header = msgpack.loads(header, object_hook=msgpack_decode_default, use_list=False, **msgpack_opts)
    return deserialize(header, frames)


def compare(request, actual):
    expected = evaluate(request["expect"])
    try:
        corpus.assert_same(expected, actual, unordered=request.get("unordered", False))
    except corpus.Different as different:
        return failure(f"{different}\n expected: {corpus.short(expected)}\n      got: {corpus.short(actual)}")


def failure(error):
    return {"ok": False, "error": error}, []


@op
def check(request, header, *frames):
    return compare(request, decode(header, frames))


@op
def check_where(request, header, *frames):
    x = decode(header, frames)
    if not evaluate(request["where"], x=x):
        return failure(f"not true: {request['where']}\n x: {corpus.short(x)}")


@op
def check_blob(request, blob):
    return compare(request, deserialize_bytes(blob))


@op
def check_message(request, *frames):
    return compare(request, loads(frames))


# ------------------------------------------------------------------------------------------- objects into bytes


def context(request):
    """What two Dask processes agree on in their handshake."""
    return {"compression": request.get("compression"), "pickle-protocol": request.get("pickle_protocol") or 5}


def encode(x, request):
    header, frames = serialize(
        Serialize(x) if request.get("wrap") else x,
        serializers=request.get("serializers"),
        on_error="message" if request.get("error_family") else "raise",
        context=context(request),
    )
    header = msgpack.dumps(header, default=msgpack_encode_default, use_bin_type=True)
    return {}, [header, *map(ensure_memoryview, frames)]


@op
def make(request):
    return encode(evaluate(request["value"]), request)


@op
def make_blob(request):
    x = evaluate(request["value"])
    options = {"context": context(request), "size": request.get("shard"), "on_error": "raise"}
    return {}, [serialize_bytes(x, compression=request.get("compression"), **options)]


@op
def make_message(request):
    """The message that the expression `message` says, or else one around `value`."""
    if "message" in request:
        message = evaluate(request["message"])
    else:
        message = {"op": "test", "data": to_serialize(evaluate(request["value"]))}
    frames = dumps(message, on_error="raise", context=context(request), frame_split_size=request.get("shard"))
    return {}, list(map(ensure_memoryview, frames))


@op
def echo(request, header, *frames):
    names = {**NAMES, "x": decode(header, frames)}
    exec(request.get("change") or "", names)
    return encode(names["x"], request)


# ------------------------------------------------------------------------------------------------- over a socket


def certificates(files, role):
    """What `distributed.comm` needs for `tls://`: a `Security` of the authority's file and one's own certificate and key."""
    if not files:
        return {}
    ca, cert, key = files
    names = {f"tls_{role}_cert": cert, f"tls_{role}_key": key}
    security = Security(require_encryption=True, tls_ca_file=ca, **names)
    return security.get_connection_args(role) if role == "client" else security.get_listen_args(role)


async def converse(address, messages, compression=None, shard=None, tls=None):
    """What the other end of a connection of distributed's own says to each message."""
    # On one host distributed offers no codec.
    overrides = {"compression": compression}
    arguments = certificates(tls, "client")
    comm = await distributed.comm.connect(address, timeout=30, handshake_overrides=overrides, **arguments)
    assert comm.handshake_options["compression"] == compression, comm.handshake_options
    if shard:
        comm.max_shard_size = shard  # of the class, from the configuration, otherwise
    try:
        answers = []
        for message in messages:
            await comm.write(message)
            answers.append(await comm.read())
        return answers
    finally:
        await comm.close()


@op
def talk(request):
    options = {name: request[name] for name in ("compression", "shard", "tls") if request.get(name)}
    answers = asyncio.run(converse(request["address"], evaluate(request["messages"]), **options))
    if not evaluate(request["where"], answers=answers):
        return failure(f"not true: {request['where']}\n answers: {corpus.short(answers)}")


@op
def listen(request):
    """A listener of distributed's own, in a thread that ends with this process. It answers each message with what an expression says."""

    async def answer(comm):
        try:
            while True:
                message = await comm.read()
                await comm.write(evaluate(request["answer"], message=message))
        except distributed.comm.CommClosedError:
            pass

    async def serve():
        arguments = certificates(request.get("tls"), "worker")
        listener = distributed.comm.listen(request["address"], answer, **arguments)
        await listener.start()
        started.put(listener.contact_address)
        await asyncio.Event().wait()

    started = queue.Queue()
    threading.Thread(target=asyncio.run, args=(serve(),), daemon=True).start()
    return {"address": started.get(timeout=30)}, []


# --------------------------------------------------------------------------------------------------------- rest


@op
def eval_(request):
    return {"value": repr(evaluate(request["expression"]))}, []


@op
def cases(request):
    fields = "name", "group", "fails", "fails_as_blob", "note"
    return {"cases": [{field: getattr(case, field) for field in fields} for case in corpus.CASES.values()]}, []


def answer(request, parts):
    random.seed(0)  # distributed decides by random samples whether to compress
    try:
        reply, parts = OPS[request["op"]](request, *parts) or ({}, [])
        return {"ok": True, **reply}, parts
    except BaseException as error:  # also SystemExit: no request may end the process
        text = f"{type(error).__name__}: {error}"
        return {"ok": False, "error": text, "traceback": traceback.format_exc()}, []


class Link:
    """A connection over which messages of several parts are exchanged."""

    def __init__(self, host, port):
        self.socket = socket.create_connection((host, int(port)))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def receive_exactly(self, size):
        """`size` writable bytes at an address that every dtype can live with, as distributed's own buffers are."""
        buffer = np.frombuffer(bytearray(size + 64), "u1")
        start = -buffer.ctypes.data % 64
        view = memoryview(buffer)[start : start + size]
        done = 0
        while done < size:
            n = self.socket.recv_into(view[done:])
            if n == 0:
                raise EOFError
            done += n
        return view

    def receive(self):
        (count,) = struct.unpack("<I", self.receive_exactly(4))
        return [self.receive_exactly(*struct.unpack("<Q", self.receive_exactly(8))) for _ in range(count)]

    def send(self, parts):
        self.socket.sendall(struct.pack("<I", len(parts)))
        for part in parts:
            self.socket.sendall(struct.pack("<Q", memoryview(part).nbytes))
            self.socket.sendall(part)


def main(host, port):
    logging.disable(logging.CRITICAL)  # distributed logs each failure that we already answer
    link = Link(host, port)
    while True:
        try:
            request, *parts = link.receive()
        except EOFError:
            return
        reply, parts = answer(json.loads(bytes(request)), parts)
        link.send([json.dumps(reply).encode(), *parts])


if __name__ == "__main__":
    main(*sys.argv[1:])
