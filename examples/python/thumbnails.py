#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Owns: an example: a program in Python that names its own moments.
# Must not know: whether anybody listens.
#
#     LD_PRELOAD=$PWD/build/libimgbench.so python3 examples/python/thumbnails.py out photo.jpg … && build/imgbench report
#
# Makes thumbnails with Pillow, on four threads.
import contextlib
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor

from PIL import Image


def mark(name, moment="mark", **data):
    os.access(f"imgbench:{moment}:{name}" + (f"?{json.dumps(data)}" if data else ""), os.F_OK)


@contextlib.contextmanager
def span(name, **data):
    mark(name, "begin", **data)
    try:
        yield
    finally:
        mark(name, "end", **data)


def thumbnail(path, out):
    name = os.path.splitext(os.path.basename(path))[0] + ".jpg"
    with span("thumbnail", image=os.path.basename(path)):
        with span("load"):
            picture = Image.open(path).convert("RGB")
        with span("scale"):
            picture.thumbnail((160, 160))
        with span("save"):
            picture.save(os.path.join(out, name), quality=80)
    return f"{name}: {picture.width}x{picture.height}"


def main():
    out, *paths = sys.argv[1:]
    os.makedirs(out, exist_ok=True)
    mark("thumbnails.start", pictures=len(paths))
    with ThreadPoolExecutor(4) as pool:
        for line in pool.map(lambda path: thumbnail(path, out), paths):
            print(line)
    mark("thumbnails.end")


main()
