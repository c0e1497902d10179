# SPDX-License-Identifier: MIT
# Owns: sixteen ways to damage an image, the same at each call. Must not know: who reads the result.
import random
import struct
import zlib

HUGE = 30000


def huge(data, kind):
    """The image claims to be as large as its format allows, or 30000 pixels square; what follows does not change."""
    data = bytearray(data)
    if kind == "jpg":
        at = 2
        while data[at + 1] not in (0xC0, 0xC1, 0xC2):
            at += 2 + struct.unpack(">H", data[at + 2 : at + 4])[0]
        data[at + 5 : at + 9] = struct.pack(">HH", HUGE, HUGE)
    elif kind == "png":
        data[16:24] = struct.pack(">II", HUGE, HUGE)
        data[29:33] = struct.pack(">I", zlib.crc32(bytes(data[12:29])))
    elif kind == "gif":
        data[6:10] = struct.pack("<HH", HUGE, HUGE)
    elif kind == "webp":
        data[26:30] = struct.pack("<HH", 16383, 16383)
    elif kind in ("avif", "heic"):
        at = data.index(b"ispe") + 8
        data[at : at + 8] = struct.pack(">II", HUGE, HUGE)
    elif kind == "ppm":
        data = bytearray(b"P6\n%d %d\n255\n" % (HUGE, HUGE)) + data[-1000:]
    elif kind == "tif":
        first = struct.unpack("<I", data[4:8])[0]
        for n in range(struct.unpack("<H", data[first : first + 2])[0]):
            at = first + 2 + 12 * n
            if struct.unpack("<H", data[at : at + 2])[0] in (256, 257):  # width and height, as 32-bit numbers
                data[at + 2 : at + 12] = struct.pack("<HII", 4, 1, HUGE)
    elif kind == "svg":
        data = data.replace(b'width="512"', b'width="%d"' % HUGE, 1).replace(b'height="341"', b'height="%d"' % HUGE, 1)
    else:  # a codestream of bits: jxl
        data[2:6] = b"\xff\xff\xff\xff"
    return bytes(data)


def flipped(data, positions):
    data = bytearray(data)
    for at in positions:
        data[at] ^= 0x5A
    return bytes(data)


def ways(data, kind, other):
    """[(name, content)]: sixteen of them. `other` is an image of another format."""
    size = len(data)
    chance = random.Random(f"{kind} 16")
    noise = chance.randbytes(4000)
    return [
        ("empty", b""),
        ("one byte", data[:1]),
        ("10 bytes", data[:10]),
        ("an eighth", data[: size // 8]),
        ("half", data[: size // 2]),
        ("most", data[: size * 15 // 16]),
        ("last byte missing", data[:-1]),
        ("flip in the magic", flipped(data, [1])),
        ("flip in the header", flipped(data, [18])),
        ("flip at a third", flipped(data, [size // 3])),
        ("flips everywhere", flipped(data, sorted(chance.sample(range(30, size), min(16, size - 30))))),
        ("zeros in the middle", data[: size // 3] + bytes(size // 3) + data[size // 3 * 2 :]),
        ("noise", noise),
        ("noise behind the magic", data[:24] + noise),
        ("huge", huge(data, kind)),
        ("another format", other),
    ]
