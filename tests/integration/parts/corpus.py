# SPDX-License-Identifier: MIT
# Owns: the small images that tests of real tools read: one of each format and kind, made by real encoders from real
# pictures. Must not know: what is done with them.
# Usage: corpus.py DIRECTORY
import os
import subprocess
import sys

TESTDATA = "/usr/share/libjxl-testdata/jxl"
FLOWER = f"{TESTDATA}/flower"
NO_DATES = ["-define", "png:exclude-chunks=date,time"]  # the same bytes whenever they are made

SVG = """<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" width="512" height="341" viewBox="0 0 512 341">
  <rect width="512" height="341" fill="#246"/>
  <circle cx="170" cy="170" r="120" fill="#fc3" stroke="#fff" stroke-width="9"/>
  <path d="M260 300 L500 300 L380 40 Z" fill="#3a6" opacity="0.8"/>
</svg>
"""

# The orientation 6 (turned by 90 degrees) and a profile, as a phone would write them.
META = """
import sys
from PIL import Image
image = Image.open(sys.argv[1])
exif = Image.Exif()
exif[0x0112] = 6
exif[0x010F] = "Camera"
image.save(sys.argv[2], quality=88, exif=exif, icc_profile=open(sys.argv[3], "rb").read())
"""

# In order: later ones read earlier ones.
STEPS = [
    ["convert-im6.q16", f"{FLOWER}/flower.png", *NO_DATES, "-strip", "-resize", "512x341!", "-depth", "8", "photo.png"],
    ["convert-im6.q16", "photo.png", "photo.ppm"],
    ["cjpeg", "-quality", "90", "-sample", "2x2", "-outfile", "photo.jpg", "photo.ppm"],
    ["cjpeg", "-quality", "85", "-grayscale", "-outfile", "gray.jpg", "photo.ppm"],
    ["/usr/bin/python3", "-c", META, "photo.png", "meta.jpg", f"{TESTDATA}/color_management/sRGB-D2700.icc"],
    ["cwebp", "-quiet", "-q", "90", "photo.png", "-o", "photo.webp"],
    ["avifenc", "-s", "9", "--min", "15", "--max", "15", "photo.png", "photo.avif"],
    ["heif-enc", "-q", "60", "-o", "photo.heic", "photo.png"],
    ["cjxl", "-q", "85", "-e", "3", "photo.png", "photo.jxl"],
    ["convert-im6.q16", "photo.png", "-compress", "LZW", "photo.tif"],
    ["convert-im6.q16", "photo.png", "photo.gif"],
    ["convert-im6.q16", "-delay", "10", "(", "photo.png", "-resize", "160x107!", ")",
     "(", "+clone", "-roll", "+16", ")", "(", "+clone", "-roll", "+16", ")", "-loop", "0", "anim.gif"],
    ["convert-im6.q16", f"{FLOWER}/flower_alpha.png", *NO_DATES, "-strip", "-resize", "512x341!", "-depth", "8",
     "PNG32:alpha.png"],
    ["convert-im6.q16", f"{FLOWER}/flower_small.rgb.depth16.ppm", *NO_DATES, "-strip", "-resize", "512x341!",
     "-depth", "16", "PNG48:deep.png"],
    ["pngquant", "--speed", "10", "--output", "palette.png", "64", "photo.png"],
]


def make(directory, scale=1):
    """Makes every image in the directory; raises when a tool fails. At scale 2 most have 0.7 megapixels."""
    os.makedirs(directory)
    with open(f"{directory}/photo.svg", "w", encoding="utf-8") as file:
        file.write(SVG)
    for step in STEPS:
        step = [word.replace("512x341!", f"{512 * scale}x{341 * scale}!") for word in step]
        done = subprocess.run(step, cwd=directory, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=60, check=False)
        if done.returncode or not os.path.getsize(f"{directory}/{made_by(step)}"):
            raise RuntimeError(f"{' '.join(step)[:200]}: {done.stdout.decode(errors='replace')[:500]}")
    for name in os.listdir(directory):
        os.chmod(f"{directory}/{name}", 0o444)


def made_by(step):
    """The file that a step writes."""
    if "meta.jpg" in step:
        return "meta.jpg"
    for option in ("-outfile", "-o", "--output"):
        if option in step:
            return step[step.index(option) + 1]
    return step[-1].split(":")[-1]


if __name__ == "__main__":
    make(sys.argv[1])
