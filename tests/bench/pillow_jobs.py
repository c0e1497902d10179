# SPDX-License-Identifier: MIT
"""Owns: a program that makes images with Pillow, one after the other: pillow_jobs.py FOLDER OUT COUNT [WIDTH]
The first COUNT images of FOLDER, by name and again from the first, are scaled to WIDTH (default 200) and written as JPEG.
Must not know: the profiler."""
import itertools
import os
import sys

from PIL import Image

folder, out, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
width = int(sys.argv[4]) if len(sys.argv) > 4 else 200
names = sorted(os.listdir(folder))
for number, name in enumerate(itertools.islice(itertools.cycle(names), count)):
    with Image.open(os.path.join(folder, name)) as image:
        small = image.resize((width, max(1, image.height * width // image.width)))
        small.save(os.path.join(out, f"{number % 100}-{name}"), quality=80)
