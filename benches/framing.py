"""The rows of `framing.rs` through distributed's own comm: one way of an array, and round trips of small messages."""

import asyncio
import multiprocessing
import statistics
import time

import distributed
import numpy as np
from distributed.protocol import to_serialize


async def serve(pipe):
    async def answer(comm):
        try:
            while True:
                message = await comm.read()
                await comm.write(message if message["op"] == "get" else b"")
        except distributed.comm.CommClosedError:
            pass

    listener = distributed.comm.listen("tcp://127.0.0.1:0", answer)
    await listener.start()
    pipe.send(listener.contact_address)
    await asyncio.Event().wait()


async def measure(address):
    comm = await distributed.comm.connect(address)

    async def median(message, times):
        took = []
        for _ in range(times):
            start = time.perf_counter()
            await comm.write(message)
            await comm.read()
            took.append(time.perf_counter() - start)
        return statistics.median(took)

    small = await median({"op": "get", "key": "x-5", "n": 5}, 2000)
    print(f"  round-trip/small  {small * 1e6:8.1f} us")
    array = {"op": "put", "data": to_serialize(np.ones(64 << 17))}
    print(f"  tcp/64MiB         {await median(array, 15) * 1e3:8.1f} ms")
    parts = [to_serialize(bytes(1 << 10)) for _ in range(10_000)]
    print(f"  tcp/10000x1KiB    {await median({'op': 'put', 'data': parts}, 3) * 1e3:8.1f} ms")
    array = {"op": "put", "data": to_serialize(np.ones(1 << 27))}
    print(f"  tcp/1GiB          {await median(array, 5) * 1e3:8.1f} ms")
    await comm.close()


if __name__ == "__main__":
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.Process(target=lambda: asyncio.run(serve(theirs)), daemon=True)
    process.start()
    asyncio.run(measure(ours.recv()))
    process.terminate()
