# SPDX-License-Identifier: MIT
# Owns: the cases of tools that work with libjpeg, libpng, libwebp, giflib and libtiff, those that bring their own codec,
# Pillow, and Python that calls a library by ctypes. Must not know: how they are run and compared.
import glob

PYTHON = "/usr/bin/python3"
ICC = "/usr/share/libjxl-testdata/jxl/color_management/sRGB-D2700.icc"


def pillow(source, output, **options):
    """The command that makes {out}/output of an image of the corpus."""
    given = "".join(f", {key}={value!r}" for key, value in options.items())
    return [PYTHON, "-c", f"from PIL import Image; Image.open('{{in}}/{source}').save('{{out}}/{output}'{given})"]


def ctypes(library, code):
    """Python that calls the library itself: C is what it calls, ctypes is imported."""
    return [PYTHON, "-c", f"import ctypes, sys\nC = ctypes.CDLL('{library}')\n" + code]


# Reads a JPEG, writes it in two qualities and turned.
TURBO = """
data = open("{in}/photo.jpg", "rb").read()
pointer = ctypes.c_void_p
for name in "tjInitDecompress", "tjInitCompress", "tjInitTransform":
    getattr(C, name).restype = pointer
decoder, encoder, turner = (pointer(f()) for f in (C.tjInitDecompress, C.tjInitCompress, C.tjInitTransform))
width, height, sampling, space = (ctypes.c_int() for i in range(4))
size = ctypes.c_ulong(len(data))
assert C.tjDecompressHeader3(decoder, data, size, *map(ctypes.byref, (width, height, sampling, space))) == 0
pixels = ctypes.create_string_buffer(width.value * height.value * 3)
assert C.tjDecompress2(decoder, data, size, pixels, width, 0, height, 0, 0) == 0
def save(name, call):
    output, bytes_out = pointer(), ctypes.c_ulong()
    assert call(ctypes.byref(output), ctypes.byref(bytes_out)) == 0
    with open("{out}/" + name, "wb", buffering=0) as file:
        file.write(ctypes.string_at(output, bytes_out.value))
    C.tjFree(output)
def compress(sampling, quality, flags):
    return lambda output, size: C.tjCompress2(
        encoder, pixels, width, 0, height, 0, output, size, sampling, quality, flags)
save("a.jpg", compress(1, 67, 16384))
save("b.jpg", compress(0, 91, 0))
transform = (ctypes.c_int * 10)(0, 0, 0, 0, 6, 2)
save("c.jpg", lambda output, sizes: C.tjTransform(turner, data, size, 1, output, sizes, transform, 0))
for handle in decoder, encoder, turner:
    C.tjDestroy(handle)
"""

# libpng's simplified interface. The structure: opaque, version, width, height, format, flags, colours, …
PNG_IMAGE = """
import struct
image = ctypes.create_string_buffer(struct.pack("=QI", 0, 1) + bytes(120))
assert C.png_image_begin_read_from_file(image, b"{in}/photo.png")
width, height = struct.unpack_from("=II", image, 12)
struct.pack_into("=I", image, 20, 2)
pixels = ctypes.create_string_buffer(width * height * 3)
assert C.png_image_finish_read(image, None, pixels, 0, None)
image = ctypes.create_string_buffer(struct.pack("=QIIII", 0, 1, width, height, 2) + bytes(120))
assert C.png_image_write_to_file(image, b"{out}/a.png", 0, pixels, 0, None)
C.png_image_free(image)
"""

WEBP = """
pixels, output = bytes(x * 7 & 255 for x in range(64 * 64 * 3)), ctypes.c_void_p()
C.WebPEncodeRGB.restype = ctypes.c_size_t
size = C.WebPEncodeRGB(pixels, 64, 64, 192, ctypes.c_float(37.5), ctypes.byref(output))
open("{out}/a.webp", "wb").write(ctypes.string_at(output, size))
"""

# What is packed has nothing to do with the image.
ARCHIVE = """
import gzip, io, zipfile, zlib
from PIL import Image
image = Image.open("{in}/photo.jpg")
image.load()
memory = io.BytesIO()
with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
    archive.writestr("a", bytes(range(256)) * 4000)
zipfile.ZipFile(memory).read("a")
zlib.decompress(zlib.compress(gzip.compress(bytes(300000)), 9))
image.save("{out}/a.jpg", quality=70)
"""


def turbo(report):
    names = {file["id"]: file["path"][-5:] for file in report["files"]}
    wanted = {"a.jpg": (67, 422, True, None), "b.jpg": (91, 444, False, None), "c.jpg": (None, None, None, True)}
    found = {}
    for image in report["images"]:
        settings = image["settings"]
        for id in image["outputs"]:
            found[names[id]] = tuple(settings[key] for key in ("quality", "subsampling", "progressive", "lossless"))
    return [] if found == wanted else [f"settings are {found}, expected {wanted}"]


JPEG = [
    dict(
        name="cjpeg, progressive 4:4:4",
        command=["cjpeg", "-quality", "62", "-sample", "1x1", "-progressive", "-outfile", "a.jpg", "{in}/photo.ppm"],
        decoder=None, encoder="libjpeg",
        settings={"quality": 62, "subsampling": 444, "progressive": True, "bit_depth": 8, "width": 512},
        formats=[("pnm", "jpeg")], link="adjacency", inferred=False, attempts=1, images=1,
        file={"coding.jpeg_quality": 62, "coding.progressive": True},
    ),
    dict(
        name="cjpeg, grey, baseline, to stdout",
        command=["cjpeg", "-quality", "35", "-grayscale", "{in}/photo.ppm"],
        encoder="libjpeg", settings={"quality": 35, "subsampling": 400, "progressive": False},
        output="stdout", attempts=1,
    ),
    dict(
        name="djpeg",
        command=["djpeg", "-outfile", "a.ppm", "{in}/photo.jpg"],
        decoder="libjpeg", encoder=None, formats=[("jpeg", "pnm")], attempts=0, images=1,
    ),
    dict(
        name="jpegtran, metadata kept",
        command=["jpegtran", "-copy", "all", "-progressive", "-outfile", "a.jpg", "{in}/meta.jpg"],
        decoder="libjpeg", encoder="libjpeg",
        settings={"lossless": True, "progressive": True, "metadata": True, "quality": None},
        formats=[("jpeg", "jpeg")], link="path", inferred=False, attempts=1, images=1,
    ),
    dict(
        name="jpegtran, metadata stripped",
        command=["jpegtran", "-copy", "none", "-outfile", "a.jpg", "{in}/meta.jpg"],
        encoder="libjpeg", settings={"lossless": True, "progressive": False, "metadata": None},
    ),
    dict(
        name="jpegoptim, quality",
        command=["jpegoptim", "--max=70", "photo.jpg"], copies=["photo.jpg"],
        decoder="libjpeg", encoder="libjpeg", settings={"quality": 70, "subsampling": 420},
        formats=[("jpeg", "jpeg")], inferred=False, attempts=1, images=1,
    ),
    dict(
        name="TurboJPEG by ctypes",
        command=ctypes("libturbojpeg.so.0", TURBO),
        decoder="libjpeg", encoder="libjpeg", images=3, attempts=1, check=turbo,
    ),
    dict(
        name="guetzli",
        # the whole picture would take it minutes
        command=["sh", "-c", "LD_PRELOAD= convert-im6.q16 {in}/photo.png -resize 64x -define png:exclude-chunks=date,time "
                 "small.png && exec guetzli --nomemlimit --quality 90 small.png a.jpg"],
        decoder="libpng", encoder=None, inferred=True, attempts=0, formats=[("png", "jpeg")], images=1,
    ),
]

PNG = [
    dict(
        name="optipng, trials that are broken off, and the one that was kept",
        command=["optipng", "-o3", "-out", "a.png", "{in}/photo.png"],
        scrub=[r"Processing.*"],
        decoder="libpng", encoder="libpng",
        # -o3 tries 16; what it selects (f = 5 is all filters) it encodes once more
        settings={"effort": 9, "strategy": 1, "filter": 248, "colour_type": 2, "bit_depth": 8},
        formats=[("png", "png")], inferred=False, attempts=17, images=1,
    ),
    dict(
        name="optipng, no trial paid",
        command=["optipng", "-o2", "-out", "a.png", "{in}/alpha.png"],
        scrub=[r"Processing.*"], decoder="libpng", encoder=None, settings={"copied": True}, attempts=8, images=1,
    ),
    dict(
        name="pngquant, quality",
        command=["pngquant", "--speed", "8", "--quality", "50-80", "--output", "a.png", "{in}/photo.png"],
        decoder="libpng", encoder="libimagequant + libpng",
        settings={"quality": 80, "quality_min": 50, "colour_type": 3, "scale": "libimagequant"},
        formats=[("png", "png")], link="buffer", inferred=False, attempts=1, images=1,
    ),
    dict(
        name="pngquant, colours, two images",
        command=["pngquant", "--speed", "10", "--ext", "-q.png", "32", "photo.png", "deep.png"],
        copies=["photo.png", "deep.png"],
        encoder="libimagequant + libpng", settings={"palette_colours": 32, "quality": None}, attempts=1, images=2,
    ),
    dict(
        name="pngcrush",
        command=["pngcrush", "-q", "{in}/photo.png", "a.png"],
        scrub=[r"CPU time.*"],
        decoder="libpng", encoder="libpng", settings={"effort": 9}, formats=[("png", "png")], inferred=False,
        attempts=8, images=1,
    ),
    dict(
        name="zopflipng",
        command=["zopflipng", "--iterations=1", "--filters=0", "{in}/palette.png", "a.png"],
        decoder=None, encoder=None, inferred=True, attempts=0, formats=[("png", "png")], images=1,
    ),
    dict(
        name="advpng",
        command=["advpng", "-z", "-3", "-q", "palette.png"], copies=["palette.png"],
        decoder="zlib", encoder=None, inferred=True, attempts=0, formats=[("png", "png")], images=1,
    ),
    dict(
        name="libpng's simplified interface by ctypes",
        command=ctypes("libpng16.so.16", PNG_IMAGE),
        decoder="libpng", encoder="libpng", settings={"colour_type": 2, "bit_depth": 8, "width": 512},
        formats=[("png", "png")], link="buffer", inferred=False, attempts=1, images=1,
    ),
]

WEBP_TOOLS = [
    dict(
        name="cwebp",
        command=["cwebp", "-quiet", "-q", "77", "-m", "3", "-mt", "-alpha_q", "60", "{in}/alpha.png", "-o", "a.webp"],
        decoder="libpng", encoder="libwebp",
        settings={"quality": 77, "effort": 3, "lossless": False, "threads": 2, "alpha_quality": 60, "scale": "webp"},
        formats=[("png", "webp")], link="buffer", inferred=False, attempts=1, images=1,
    ),
    dict(
        name="cwebp, near lossless",
        command=["cwebp", "-quiet", "-near_lossless", "60", "{in}/photo.jpg", "-o", "a.webp"],
        decoder="libjpeg", encoder="libwebp", settings={"quality": None, "lossless": True, "near_lossless": 60},
        formats=[("jpeg", "webp")], attempts=1,
    ),
    dict(
        name="cwebp, a size to reach, from TIFF",
        command=["cwebp", "-quiet", "-size", "20000", "-pass", "4", "{in}/photo.tif", "-o", "a.webp"],
        decoder="libtiff", encoder="libwebp", settings={"quality": None, "lossless": False},
        formats=[("tiff", "webp")], attempts=1,
    ),
    dict(
        name="dwebp",
        command=["dwebp", "-quiet", "{in}/photo.webp", "-o", "a.png"],
        decoder="libwebp", encoder="libpng", settings={"colour_type": 2, "bit_depth": 8},
        formats=[("webp", "png")], link="buffer", inferred=False, attempts=1, images=1,
    ),
    dict(
        name="gif2webp",
        command=["gif2webp", "-quiet", "-lossy", "-q", "60", "{in}/anim.gif", "-o", "a.webp"],
        decoder="giflib", encoder="libwebp", settings={"quality": 60, "lossless": False, "frames": 3},
        formats=[("gif", "webp")], inferred=False, attempts=1, images=1,
    ),
    dict(
        name="img2webp",
        command=["img2webp", "-lossy", "-q", "50", "{in}/photo.png", "{in}/photo.jpg", "-o", "a.webp"],
        encoder="libwebp", settings={"quality": 50, "frames": 2}, inferred=False, attempts=1, images=1,
    ),
    dict(
        name="webpmux",
        command=["webpmux", "-set", "icc", ICC, "{in}/photo.webp", "-o", "a.webp"],
        decoder="libwebp", encoder=None, settings={"metadata": True}, formats=[("webp", "webp")], attempts=0, images=1,
    ),
    dict(
        name="libwebp by ctypes",
        command=ctypes("libwebp.so.7", WEBP),
        decoder=None, encoder="libwebp", settings={"quality": 37.5, "width": 64}, formats=[(None, "webp")], attempts=1,
    ),
]

GIF_AND_TIFF = [
    dict(
        name="gifsicle",
        command=["gifsicle", "-O3", "--colors", "64", "-o", "a.gif", "{in}/anim.gif"],
        decoder=None, encoder=None, inferred=True, attempts=0, formats=[("gif", "gif")], images=1,
    ),
    dict(
        name="giffix, from stdin to stdout",
        command=["giffix"], stdin="anim.gif",
        decoder="giflib", encoder="giflib", settings={"palette_colours": 256, "frames": 3, "width": 160},
        formats=[("gif", "gif")], inferred=False, attempts=1, output="stdout",
    ),
    dict(
        name="giftool, all frames at once",
        command=["giftool", "-i", "1"], stdin="anim.gif",
        decoder="giflib", encoder="giflib", settings={"frames": 3, "palette_colours": 256},
        formats=[("gif", "gif")], attempts=1, output="stdout",
    ),
    dict(
        name="tiffcp, JPEG in TIFF",
        command=["tiffcp", "-c", "jpeg:70:r", "{in}/photo.tif", "a.tif"],
        decoder="libtiff", encoder="libtiff", settings={"quality": 70, "compression": 7, "width": 512, "bit_depth": 8},
        formats=[("tiff", "tiff")], link="buffer", inferred=False, attempts=1, images=1,
    ),
    dict(
        name="tiffcp, deflate",
        command=["tiffcp", "-c", "zip", "{in}/photo.tif", "a.tif"],
        decoder="libtiff", encoder="libtiff", settings={"quality": None, "compression": 8}, attempts=1, images=1,
    ),
]

PILLOW = [
    dict(
        name="Pillow, PNG to JPEG",
        command=pillow("photo.png", "a.jpg", quality=61, subsampling=0, progressive=True),
        decoder="zlib", encoder="libjpeg", settings={"quality": 61, "subsampling": 444, "progressive": True},
        formats=[("png", "jpeg")], attempts=1, images=1,
    ),
    dict(
        name="Pillow, EXIF and ICC into a JPEG",
        command=[PYTHON, "-c", "from PIL import Image; i = Image.open('{in}/meta.jpg'); "
                 "i.save('{out}/a.jpg', quality=80, exif=i.info['exif'], icc_profile=i.info['icc_profile'])"],
        decoder="libjpeg", encoder="libjpeg", settings={"quality": 80, "metadata": True}, attempts=1, images=1,
    ),
    dict(
        name="Pillow, JPEG to PNG",
        command=pillow("photo.jpg", "a.png", compress_level=3),
        decoder="libjpeg", encoder="zlib", settings={"effort": 3, "strategy": 1},
        formats=[("jpeg", "png")], attempts=1, images=1,
    ),
    dict(
        name="Pillow, PNG with a palette, whole in Python's buffers",
        command=pillow("palette.png", "a.png", optimize=True),
        decoder="zlib", encoder="zlib", settings={"effort": 9}, formats=[("png", "png")], attempts=1, images=1,
    ),
    dict(
        name="Pillow, WebP",
        command=pillow("photo.png", "a.webp", quality=44, method=2),
        decoder="zlib", encoder="libwebp", settings={"quality": 44, "effort": 2, "lossless": False},
        formats=[("png", "webp")], attempts=1, images=1,
    ),
    dict(
        name="Pillow, WebP to lossless WebP",
        command=pillow("photo.webp", "a.webp", lossless=True),
        decoder="libwebp", encoder="libwebp", settings={"lossless": True}, formats=[("webp", "webp")], attempts=1,
    ),
    dict(
        name="Pillow, GIF",
        command=pillow("photo.gif", "a.gif"),
        decoder=None, encoder=None, inferred=True, formats=[("gif", "gif")], attempts=0, images=1,
    ),
    dict(  # not from TIFF to TIFF: what Pillow 9.4 writes then differs from run to run
        name="Pillow, TIFF in",
        command=pillow("photo.tif", "a.jpg", quality=70),
        decoder="libtiff", encoder="libjpeg", settings={"quality": 70}, formats=[("tiff", "jpeg")], attempts=1, images=1,
    ),
    dict(
        name="Pillow, TIFF out",  # sets its fields by va_list, which is not looked into
        command=pillow("photo.png", "a.tif", compression="tiff_lzw"),
        decoder="zlib", encoder="libtiff", formats=[("png", "tiff")], attempts=1, images=1,
    ),
    dict(
        name="Pillow, archives beside a JPEG are no image",
        command=[PYTHON, "-c", ARCHIVE],
        decoder="libjpeg", encoder="libjpeg", settings={"quality": 70, "effort": None, "strategy": None},
        formats=[("jpeg", "jpeg")], attempts=1, images=1,
    ),
]

CASES = JPEG + PNG + WEBP_TOOLS + GIF_AND_TIFF + PILLOW
assert glob.glob(ICC), f"{ICC} is missing: run scripts/setup"
