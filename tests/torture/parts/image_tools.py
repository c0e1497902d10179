# SPDX-License-Identifier: MIT
# Owns: the image tools that attacks use: one table of a command each, what it reads, and what of its output varies by
# nature; small sound images of every kind. Must not know: what is done to tools and images.
import collections
import os
import resource
import subprocess

import corpus
from harness import PYTHON, ROOT, run

LIMITS = {
    resource.RLIMIT_AS: 1 << 30, resource.RLIMIT_FSIZE: 8 << 20, resource.RLIMIT_CORE: 0, resource.RLIMIT_CPU: (5, 9),
}  # fmt: skip
NODE_LIMITS = {**LIMITS, resource.RLIMIT_AS: 24 << 30}  # V8 reserves address space that it never touches
# What varies by nature: addresses, process ids and times of day, speeds, names of temporary files, and four bytes of a
# stack that libpng prints when it could read no chunk's name.
ADDRESSES = rb"0x[0-9a-f]+"
PROCESS = rb":\d+\)|\d\d:\d\d:\d\d(\.\d+)?"
SPEED = rb"[^\n]*MP/s[^\n]*|CPU time[^\n]*|[0-9.]+ ?ms"
CHUNK = rb"\S+: invalid chunk type"
TEMPORARY = rb"magick-[\w-]+"
PILLOW = "import sys; from PIL import Image; Image.open(sys.argv[1]).convert('RGB').save(sys.argv[2], quality=80)"
CTYPES = """
import ctypes, sys
lib = ctypes.CDLL("libwebp.so.7")
data = open(sys.argv[1], "rb").read()
w, h = ctypes.c_int(), ctypes.c_int()
lib.WebPDecodeRGB.restype = ctypes.c_void_p
pixels = lib.WebPDecodeRGB(data, ctypes.c_size_t(len(data)), ctypes.byref(w), ctypes.byref(h))
print(w.value, h.value, bool(pixels))
lib.WebPEncodeRGB.restype = ctypes.c_size_t
out = ctypes.c_void_p()
if pixels:
    n = lib.WebPEncodeRGB(ctypes.c_void_p(pixels), w, h, 3 * w.value, ctypes.c_float(60), ctypes.byref(out))
    open(sys.argv[2], "wb").write(ctypes.string_at(out, n))
"""
TURBO = """
import ctypes, sys
lib, pointer = ctypes.CDLL("libturbojpeg.so.0"), ctypes.c_void_p
lib.tjInitDecompress.restype = lib.tjInitCompress.restype = pointer
lib.tjGetErrorStr.restype = ctypes.c_char_p
decoder, encoder = pointer(lib.tjInitDecompress()), pointer(lib.tjInitCompress())
data = open(sys.argv[1], "rb").read()
size, numbers = ctypes.c_ulong(len(data)), [ctypes.c_int() for _ in range(4)]
code = lib.tjDecompressHeader3(decoder, data, size, *map(ctypes.byref, numbers))
width, height = numbers[0].value, numbers[1].value
print(code, width, height, lib.tjGetErrorStr())
if code == 0 and width * height < 1 << 20:
    pixels = ctypes.create_string_buffer(width * height * 3)
    print(lib.tjDecompress2(decoder, data, size, pixels, width, 0, height, 0, 0), lib.tjGetErrorStr())
    out, length = pointer(), ctypes.c_ulong()
    lib.tjCompress2(encoder, pixels, width, 0, height, 0, ctypes.byref(out), ctypes.byref(length), 2, 60, 0)
    open(sys.argv[2], "wb").write(ctypes.string_at(out, length.value))
"""
SHARP = """
const sharp = require('{root}/build/node/node_modules/sharp');
sharp(process.argv[1]).jpeg({ quality: 70 }).{way}.then(
    (info) => console.log(info), (error) => { console.error(error.message); process.exit(1); });
""".replace("{root}", ROOT)
TO_FILE = SHARP.replace("{way}", "toFile(process.argv[2])")
TO_BUFFER = SHARP.replace("{way}", "toBuffer().then((data) => require('fs').writeFileSync(process.argv[2], data))")

# The command runs where {input} is, which some tools overwrite. scrub: patterns of what varies by nature.
Tool = collections.namedtuple("Tool", "name kind command scrub limits", defaults=(None, LIMITS))
TOOLS = [
    Tool("cjpeg", "ppm", ["cjpeg", "-outfile", "a.jpg", "{input}"]),
    Tool("djpeg", "jpg", ["djpeg", "-outfile", "a.ppm", "{input}"]),
    Tool("jpegtran", "jpg", ["jpegtran", "-optimize", "-progressive", "-outfile", "a.jpg", "{input}"]),
    Tool("jpegoptim", "jpg", ["jpegoptim", "--max=70", "{input}"]),
    Tool("turbojpeg", "jpg", [PYTHON, "-c", TURBO, "{input}", "a.jpg"]),
    Tool("guetzli", "jpg", ["guetzli", "--quality", "90", "{input}", "a.jpg"]),
    Tool("guetzli_png", "png", ["guetzli", "--quality", "90", "{input}", "a.jpg"]),
    Tool("optipng", "png", ["optipng", "-o1", "{input}"]),
    Tool("pngcrush", "png", ["pngcrush", "-q", "{input}", "a.png"], SPEED),
    Tool("pngquant", "png", ["pngquant", "--speed", "10", "--output", "a.png", "64", "{input}"], CHUNK),
    Tool("zopflipng", "png", ["zopflipng", "-q", "--iterations=1", "--filters=0", "{input}", "a.png"]),
    Tool("advpng", "png", ["advpng", "-z", "-1", "{input}"]),
    Tool("cwebp", "png", ["cwebp", "-quiet", "{input}", "-o", "a.webp"]),
    Tool("cwebp_jpeg", "jpg", ["cwebp", "-quiet", "{input}", "-o", "a.webp"]),
    Tool("cwebp_tiff", "tif", ["cwebp", "-quiet", "{input}", "-o", "a.webp"]),
    Tool("img2webp", "png", ["img2webp", "{input}", "-o", "a.webp"]),
    Tool("gif2webp", "gif", ["gif2webp", "-quiet", "{input}", "-o", "a.webp"]),
    Tool("dwebp", "webp", ["dwebp", "-quiet", "{input}", "-o", "a.png"]),
    Tool("webpmux", "webp", ["webpmux", "-frame", "{input}", "+100", "-o", "a.webp"]),
    Tool("avifenc", "png", ["avifenc", "-s", "10", "{input}", "a.avif"]),
    Tool("avifenc_jpeg", "jpg", ["avifenc", "-s", "10", "{input}", "a.avif"]),
    Tool("avifdec", "avif", ["avifdec", "{input}", "a.png"]),
    Tool("heif_enc", "png", ["heif-enc", "-q", "50", "-o", "a.heic", "{input}"], CHUNK),
    Tool("heif_convert", "heic", ["heif-convert", "{input}", "a.png"]),
    Tool("cjxl", "png", ["cjxl", "-e", "3", "{input}", "a.jxl"], SPEED),
    Tool("cjxl_jpeg", "jpg", ["cjxl", "-e", "3", "{input}", "a.jxl"], SPEED),
    Tool("djxl", "jxl", ["djxl", "{input}", "a.ppm"], SPEED),
    Tool("gifsicle", "gif", ["gifsicle", "-O2", "{input}", "-o", "a.gif"]),
    Tool("giffix", "gif", ["giffix", "{input}"]),
    Tool("giftool", "gif", ["sh", "-c", "exec giftool -i 1 <{input} >a.gif"]),
    Tool("tiffcp", "tif", ["tiffcp", "-c", "zip", "{input}", "a.tif"]),
    Tool("convert", "jpg", ["convert-im6.q16", "{input}", "-quality", "60", "a.webp"]),
    Tool("convert_svg", "svg", ["convert-im6.q16", "{input}", "-resize", "64x64", "a.jpg"], TEMPORARY),
    Tool("convert_heic", "heic", ["convert-im6.q16", "{input}", "a.jpg"]),
    Tool("mogrify", "png", ["mogrify-im6.q16", "-strip", "{input}"]),
    Tool("gm", "png", ["gm", "convert", "{input}", "a.jpg"]),
    Tool("gdk_pixbuf", "png", ["gdk-pixbuf-thumbnailer", "-s", "40", "{input}", "a.png"], PROCESS),
    Tool("ffmpeg", "webp", ["ffmpeg", "-hide_banner", "-loglevel", "error", "-i", "{input}", "a.jpg"], ADDRESSES),
    Tool("vips", "jpg", ["vips", "jpegsave", "{input}", "a.jpg", "--Q", "60"], PROCESS),
    Tool("vipsthumbnail", "png", ["vipsthumbnail", "{input}", "-s", "40", "-o", "a.webp"], PROCESS),
    Tool("sharp_to_file", "jpg", ["node", "-e", TO_FILE, "{input}", "a.jpg"], None, NODE_LIMITS),
    Tool("sharp_to_buffer", "png", ["node", "-e", TO_BUFFER, "{input}", "a.jpg"], None, NODE_LIMITS),
    Tool("pillow_jpeg", "jpg", [PYTHON, "-c", PILLOW, "{input}", "a.jpg"]),
    Tool("pillow_png", "png", [PYTHON, "-c", PILLOW, "{input}", "a.png"], ADDRESSES),
    Tool("pillow_webp", "webp", [PYTHON, "-c", PILLOW, "{input}", "a.webp"]),
    Tool("pillow_from_tiff", "tif", [PYTHON, "-c", PILLOW, "{input}", "a.jpg"], ADDRESSES),
    Tool("pillow_to_tiff", "png", [PYTHON, "-c", PILLOW, "{input}", "a.tif"], ADDRESSES),
    Tool("pillow_gif", "gif", [PYTHON, "-c", PILLOW, "{input}", "a.gif"], ADDRESSES),
    Tool("ctypes", "webp", [PYTHON, "-c", CTYPES, "{input}", "a.webp"]),
]
# Small ones, so that thousands of runs take little.
SMALL = {
    "png": ["convert-im6.q16", "photo.png", *corpus.NO_DATES, "-strip", "-resize", "96x64!", "{to}/small.png"],
    "jpg": ["convert-im6.q16", "{to}/small.png", "-quality", "85", "{to}/small.jpg"],
    "ppm": ["convert-im6.q16", "{to}/small.png", "{to}/small.ppm"],
    "webp": ["cwebp", "-quiet", "-q", "80", "{to}/small.png", "-o", "{to}/small.webp"],
    "avif": ["avifenc", "-s", "10", "--min", "20", "--max", "20", "{to}/small.png", "{to}/small.avif"],
    "heic": ["heif-enc", "-q", "50", "-o", "{to}/small.heic", "{to}/small.png"],
    "jxl": ["cjxl", "-e", "3", "{to}/small.png", "{to}/small.jxl"],
    "tif": ["convert-im6.q16", "{to}/small.png", "-compress", "LZW", "{to}/small.tif"],
    "gif": ["convert-im6.q16", "{to}/small.png", "{to}/small.gif"],
    "svg": ["cp", "photo.svg", "{to}/small.svg"],
}


def small(tools):
    """{kind: content} of a small sound image each, made once."""
    corpus_directory, to = tools.images(), f"{tools.work}/small"
    with tools.lock:
        if not os.path.isdir(to):
            os.mkdir(to)
            for command in SMALL.values():
                run([word.replace("{to}", to) for word in command], cwd=corpus_directory, check=True,
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
        found = {}
        for kind in SMALL:
            with open(f"{to}/small.{kind}", "rb") as file:
                found[kind] = file.read()
        return found
