# SPDX-License-Identifier: MIT
# Owns: the cases of AVIF, HEIC and JPEG XL: the tools of libavif, libheif and libjxl, and ImageMagick and libheif's
# interface from another language with one encoder for images of different settings.
# Must not know: how a case is run.

# Speeds differ from run to run, also how wide they are.
JXL_SPEEDS = [r"[0-9.]+ MP/s.*", r"(?m)^Decoded to pixels\.$"]


def avifenc(name, options, settings, image="photo.png", **more):
    return dict(
        name=f"avifenc {name}",
        command=["avifenc", *options, f"{{in}}/{image}", "{out}/a.avif"],
        decoder="libjpeg" if image.endswith("jpg") else "libpng",
        encoder="libavif",
        settings={"width": 512, "height": 341, "quality": None, **settings},
        formats=[("jpeg" if image.endswith("jpg") else "png", "avif")],
        images=1, attempts=1, inferred=False, **more,
    )


def heif_enc(name, options, settings, image="photo.png", output="a.heic", **more):
    return dict(
        name=f"heif-enc {name}",
        command=["heif-enc", *options, "-o", f"{{out}}/{output}", f"{{in}}/{image}"],
        decoder="libjpeg" if image.endswith("jpg") else "libpng",
        encoder="libheif",
        settings=settings,
        formats=[("jpeg" if image.endswith("jpg") else "png", output[2:])],
        images=1, attempts=1, inferred=False, **more,
    )


def cjxl(name, options, settings, image="photo.png", decoder="libpng", **more):
    return dict(
        name=f"cjxl {name}",
        command=["cjxl", *options, f"{{in}}/{image}", "{out}/a.jxl"],
        decoder=decoder,
        encoder="libjxl",
        settings=settings,
        formats=[("jpeg" if image.endswith("jpg") else "png", "jxl")],
        images=1, attempts=1, inferred=False, scrub=JXL_SPEEDS, **more,
    )


def decodes(name, command, decoder, encoder, formats, settings, **more):
    return dict(name=name, command=command, decoder=decoder, encoder=encoder, formats=formats, settings=settings,
                images=1, inferred=False, **more)


def levels(report):
    """With an alpha plane, which is coded last and without loss, the level shown is that of the colours."""
    row = report["formats"]["avif"]["qualities"][0]
    if row["label"] != "aom min=0 max=63 cq=18" or row["scale"] != "aom":
        yield f"quality is called {row['label']} on the scale {row['scale']}"


# Two images by one encoder whose quality changes in between, and a third that is lossless. Files are read by Python,
# so that the pixels come from heif_decode_image of a context of its own.
ONE_ENCODER = r"""
import ctypes, sys
heif = ctypes.CDLL("libheif.so.1")
class Error(ctypes.Structure):
    _fields_ = [("code", ctypes.c_int), ("detail", ctypes.c_int), ("message", ctypes.c_char_p)]
P, I = ctypes.c_void_p, ctypes.c_int
def call(name, *arguments):
    function = getattr(heif, name)
    function.restype = Error
    error = function(*arguments)
    assert error.code == 0, (name, error.message)
heif.heif_context_alloc.restype = P
encoder = P()
call("heif_context_get_encoder_for_format", P(None), I(4), ctypes.byref(encoder))
call("heif_encoder_set_parameter", encoder, b"speed", b"9")
for name, quality in (("a", 30), ("b", 70), ("c", None)):
    data = open(sys.argv[1], "rb").read()
    source, target = P(heif.heif_context_alloc()), P(heif.heif_context_alloc())
    call("heif_context_read_from_memory_without_copy", source, data, ctypes.c_size_t(len(data)), P(None))
    handle, image = P(), P()
    call("heif_context_get_primary_image_handle", source, ctypes.byref(handle))
    call("heif_decode_image", handle, ctypes.byref(image), I(0), I(1), P(None))
    if quality is None:
        call("heif_encoder_set_lossless", encoder, I(1))
    else:
        call("heif_encoder_set_lossy_quality", encoder, I(quality))
    call("heif_context_encode_image", target, image, encoder, P(None), P(None))
    call("heif_context_write_to_file", target, f"{sys.argv[2]}/{name}.avif".encode())
    heif.heif_image_release(image)
    heif.heif_image_handle_release(handle)
    heif.heif_context_free(source)
    heif.heif_context_free(target)
heif.heif_encoder_release(encoder)
"""


def each_its_own(report):
    files = {file["id"]: file["path"] for file in report["files"]}
    found = {}
    for image in report["images"]:
        for output in image["outputs"]:
            settings = image["settings"]
            found[files[output][-6:]] = (settings["encoder"], settings["quality"], settings["lossless"], settings["effort"])
    wanted = {"a.avif": ("libheif", 30, None, 9), "b.avif": ("libheif", 70, None, 9), "c.avif": ("libheif", 70, True, 9)}
    if found != wanted:
        yield f"settings are {found}, expected {wanted}"


CASES = [
    avifenc("as it is", ["-s", "9"], {"quantizer_min": 24, "quantizer_max": 26, "quantizer": 25, "effort": 9,
                                      "bit_depth": 8, "subsampling": 444, "threads": 1}),
    avifenc("--min 20 --max 40", ["-s", "9", "--min", "20", "--max", "40"],
            {"quantizer_min": 20, "quantizer_max": 40, "quantizer": 30}),
    avifenc("-a cq-level", ["-s", "9", "--min", "0", "--max", "63", "-a", "end-usage=q", "-a", "cq-level=18"],
            {"quantizer_min": 0, "quantizer_max": 63, "quantizer": 18}, image="alpha.png", check=levels),
    avifenc("-l", ["-s", "9", "-l"], {"lossless": True}),
    avifenc("-j 2 -y 420 -d 10", ["-s", "9", "-j", "2", "-y", "420", "-d", "10"],
            {"threads": 2, "subsampling": 420, "bit_depth": 10}, image="alpha.png"),
    avifenc("-y 444 of a JPEG with metadata", ["-s", "9", "-y", "444"], {"subsampling": 444, "metadata": True},
            image="meta.jpg"),
    avifenc("--grid", ["-s", "9", "--grid", "2x1", "{in}/photo.png"],
            {"quantizer_min": 24, "bit_depth": 8, "subsampling": 444, "width": None, "height": None}),
    avifenc("-c rav1e", ["-s", "10", "-c", "rav1e"],
            {"scale": "libavif", "quantizer_min": 24, "quantizer_max": 26, "quantizer": None}),
    heif_enc("-q 62", ["-q", "62"], {"quality": 62}),
    heif_enc("-L", ["-L"], {"lossless": True}),
    heif_enc("-p of a JPEG", ["-q", "40", "-p", "preset=fast", "-p", "chroma=444"],
             {"quality": 40, "effort": 4, "subsampling": 444}, image="photo.jpg"),
    heif_enc("-A", ["-A", "-q", "40", "-p", "speed=8"], {"quality": 40, "effort": 8, "quantizer": 38},
             image="alpha.png", output="a.avif"),
    heif_enc("of a JPEG with metadata", ["-q", "50", "-p", "preset=ultrafast"], {"quality": 50, "effort": 0, "metadata": True},
             image="meta.jpg"),
    cjxl("-q 80", ["-q", "80"], {"distance": 1.9, "effort": 7, "bit_depth": 8, "width": 512}),
    cjxl("-d 0", ["-d", "0", "-e", "3"], {"lossless": True, "effort": 3}),
    cjxl("-d 1.5 -p", ["-d", "1.5", "-e", "4", "-p", "--num_threads", "1"],
         {"distance": 1.5, "effort": 4, "progressive": True, "threads": 1}),
    cjxl("of a JPEG, taken over", [], {"lossless": True, "effort": 7, "distance": None}, image="photo.jpg", decoder="libjxl",
         link="buffer"),
    decodes("avifdec to PNG", ["avifdec", "{in}/photo.avif", "{out}/a.png"], "libavif", "libpng", [("avif", "png")],
            {"bit_depth": 8, "width": 512}, attempts=1),
    decodes("avifdec to JPEG", ["avifdec", "-q", "71", "{in}/photo.avif", "{out}/a.jpg"], "libavif", "libjpeg",
            [("avif", "jpeg")], {"quality": 71}, attempts=1),
    decodes("heif-convert to PNG", ["heif-convert", "{in}/photo.heic", "{out}/a.png"], "libheif", "libpng",
            [("heic", "png")], {"bit_depth": 8}, attempts=1),
    decodes("heif-convert to JPEG", ["heif-convert", "-q", "77", "{in}/photo.avif", "{out}/a.jpg"], "libheif", "libjpeg",
            [("avif", "jpeg")], {"quality": 77}, attempts=1),
    decodes("djxl to PNG", ["djxl", "{in}/photo.jxl", "{out}/a.png"], "libjxl", "libpng", [("jxl", "png")],
            {"bit_depth": 8}, attempts=1, scrub=JXL_SPEEDS),
    decodes("djxl to JPEG", ["djxl", "{in}/photo.jxl", "{out}/a.jpg"], "libjxl", "libjpeg", [("jxl", "jpeg")],
            {"quality": 95}, attempts=1, scrub=JXL_SPEEDS),
    # The JPEG that it was made from comes out again: nothing is encoded.
    decodes("djxl to the JPEG it was", ["sh", "-c", "cjxl -e 3 {in}/photo.jpg a.jxl && djxl a.jxl a.jpg"], "libjxl", None,
            [("jxl", "jpeg")], {"quality": None}, attempts=0, output="a.jpg", scrub=JXL_SPEEDS),
    decodes("convert to HEIC", ["convert-im6.q16", "{in}/photo.jpg", "-quality", "55", "{out}/a.heic"], "libjpeg",
            "libheif", [("jpeg", "heic")], {"quality": 55}),
    decodes("convert to AVIF", ["convert-im6.q16", "{in}/photo.jpg", "-quality", "55", "{out}/a.avif"], "libjpeg",
            "libheif", [("jpeg", "avif")], {"quality": 55}),
    decodes("convert from HEIC", ["convert-im6.q16", "{in}/photo.heic", "-quality", "61", "{out}/a.jpg"], "libheif",
            "libjpeg", [("heic", "jpeg")], {"quality": 61}),
    dict(name="one encoder of libheif, three settings",
         command=["/usr/bin/python3", "-c", ONE_ENCODER, "{in}/photo.avif", "{out}"],
         decoder="libheif", encoder="libheif", images=3, attempts=1,
         formats=[("avif", "avif"), ("avif", "avif"), ("avif", "avif")], check=each_its_own),
]
