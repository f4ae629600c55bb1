"""The Python half of the example `image_filter`: makes a picture, lets Rust blur it, compares with its own blur, and writes both as PNG.
Started by the Rust half, which makes the environment: python image_filter.py ADDRESS FOLDER"""

import asyncio
import pathlib
import struct
import sys
import zlib

import numpy as np
from distributed.comm import connect
from distributed.protocol import to_serialize


def picture(height=480, width=640):
    """Gradients, and circles with hard edges."""
    y, x = np.mgrid[:height, :width]
    image = np.empty((height, width, 3), "u1")
    image[..., 0] = x * 255 // (width - 1)
    image[..., 1] = y * 255 // (height - 1)
    image[..., 2] = (x + y) % 256
    for row, column, radius, color in [(160, 200, 90, (255, 240, 60)), (300, 430, 120, (20, 30, 90)), (240, 320, 30, (255, 255, 255))]:
        image[(y - row) ** 2 + (x - column) ** 2 < radius**2] = color
    return image


def blur(image):
    """1 2 1 along both axes, the outermost pixels repeated, rounded to the nearest."""
    padded = np.pad(image.astype("u2"), ((1, 1), (1, 1), (0, 0)), mode="edge")
    rows = padded[:-2] + 2 * padded[1:-1] + padded[2:]
    return ((rows[:, :-2] + 2 * rows[:, 1:-1] + rows[:, 2:] + 8) // 16).astype("u1")


def write_png(path, image):
    height, width, _ = image.shape

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    # A filter byte, which is none, in front of each row.
    rows = np.zeros((height, 1 + 3 * width), "u1")
    rows[:, 1:] = image.reshape(height, 3 * width)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = [chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(rows.tobytes())), chunk(b"IEND", b"")]
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))


async def main(address, folder):
    folder = pathlib.Path(folder)
    image = picture()
    comm = await connect(address)
    # As it is, in Fortran order, a part of it, and one row that stands for many.
    layouts = [image, np.asfortranarray(image), image[100:200:2, ::-1], np.broadcast_to(image[:1], (64, 640, 3))]
    for sent in layouts:
        await comm.write({"op": "blur", "image": to_serialize(sent)})
        blurred = (await comm.read())["image"]
        assert type(blurred) is np.ndarray and blurred.dtype == "u1" and blurred.shape == sent.shape, blurred
        assert blurred.flags.writeable and np.array_equal(blurred, blur(sent))
        print(f"  python finds the same in all {blurred.size:,} values of {blurred.shape}")
        if sent is image:
            write_png(folder / "before.png", image)
            write_png(folder / "after.png", blurred)
    await comm.close()


asyncio.run(main(*sys.argv[1:]))
