# SPDX-License-Identifier: MIT
# Owns: secrets for tests/integration/export/anonymize.sh: where each is put, and the search for them in a trace.
# Must not know: how a trace is anonymized.
import base64
import os
import struct
import sys

# What is looked for. Each is found in the trace as it was recorded, or the test proves nothing.
PLACE = b"Heron-Hollow-7731"  # a directory, in paths, working directories and arguments
TOKEN = b"ghp_Zk81vQx0TtPlanted42"  # in arguments, after a flag and alone
HEADER = b"Bearer-qqWn5ySecret"  # in the value of a flag that nobody knows
LINE = b"moonshine-in-the-shell"  # in a command line for the shell
THREAD = b"otter-thread"  # a thread's name
PICTURE = b"grandma-at-the-lake"  # a file's name
COMMENT = b"for your eyes only, J."  # in a JPEG's comment
CAMERA = b"Serial-No-5550123"  # in its EXIF
GPS = struct.pack("<6I", 48, 1, 51, 1, 2947, 100)  # in its EXIF, as it stands there: 48 degrees, 51 minutes, 29.47 seconds
XMP = b"planted-keyword-xmp"
REMARK = b"remark-in-a-ppm"  # a comment in a PPM's header
LETTER = b"letter-in-an-svg"
LINK = b"where-the-link-leads"  # a symbolic link's content
EVERYTHING = {name: value for name, value in list(globals().items()) if name.isupper() and isinstance(value, bytes)}


def segment(marker, body):
    return bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2, "big") + body


def exif():
    """TIFF with a camera's serial number and a GPS directory."""
    def entry(tag, kind, count, value):
        return struct.pack("<HHI", tag, kind, count) + value.ljust(4, b"\0")
    serial = CAMERA + b"\0"
    gps_at = 8 + 2 + 2 * 12 + 4
    serial_at = gps_at + 2 + 2 * 12 + 4
    latitude_at = serial_at + len(serial)
    return (b"II*\0\x08\0\0\0"
            + struct.pack("<H", 2) + entry(0x010F, 2, len(serial), struct.pack("<I", serial_at))
            + entry(0x8825, 4, 1, struct.pack("<I", gps_at)) + bytes(4)
            + struct.pack("<H", 2) + entry(1, 2, 2, b"N\0") + entry(2, 5, 3, struct.pack("<I", latitude_at)) + bytes(4)
            + serial + GPS)


def make(jpeg_bytes):
    """The pictures, in the working directory."""
    with open(f"{PICTURE.decode()}.jpg", "wb") as file:
        file.write(jpeg_bytes[:2] + segment(0xE1, b"Exif\0\0" + exif()) + segment(0xFE, COMMENT)
                   + segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x>" + XMP + b"</x>") + jpeg_bytes[2:])
    with open("b.ppm", "wb") as file:
        file.write(b"P6\n# " + REMARK + b"\n8 8\n255\n" + bytes(8 * 8 * 3))
    with open("c.svg", "wb") as file:
        file.write(b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="7"><text>' + LETTER + b"</text></svg>")


def forms(secret):
    """A secret as it might stand somewhere."""
    yield "as it is", secret
    yield "hexadecimal", secret.hex().encode()
    yield "HEXADECIMAL", secret.hex().upper().encode()
    if secret.isascii():
        yield "UTF-16 LE", secret.decode().encode("utf-16-le")
        yield "UTF-16 BE", secret.decode().encode("utf-16-be")
    for shift in range(3):  # what stands in front moves the digits; those at both ends are others' too
        digits = base64.b64encode(bytes(shift) + secret)
        yield f"base64, {shift} bytes behind", digits[4 if shift else 0:-4]


def files_of(trace):
    for folder, _, names in os.walk(trace):
        yield folder, folder.encode()
        for name in names:
            path = os.path.join(folder, name)
            with open(path, "rb") as file:
                yield path, os.path.basename(path).encode() + file.read()


def search(trace):
    found = {}
    for path, content in files_of(trace):
        for name, secret in EVERYTHING.items():
            for form, pattern in forms(secret):
                if pattern in content:
                    found.setdefault(name, f"{name} is in {path}, {form}")
    return found


if __name__ == "__main__":
    if sys.argv[1] == "make":
        with open(sys.argv[2], "rb") as file:
            make(file.read())
    else:  # planted.py there|gone TRACE
        found = search(sys.argv[2])
        if sys.argv[1] == "there" and found.keys() != EVERYTHING.keys():
            sys.exit(f"not in {sys.argv[2]}, so its absence elsewhere says nothing: {EVERYTHING.keys() - found.keys()}")
        if sys.argv[1] == "gone" and found:
            sys.exit("\n".join(found.values()))
