# SPDX-License-Identifier: MIT
# Owns: what must be seen of ImageMagick, GraphicsMagick, gdk-pixbuf and ffmpeg: libraries that call other libraries'
# codecs, or have some of their own. One case per way that they read and write images.
# Must not know: how cases are run and compared.

NO_DATES = ["-define", "png:exclude-chunks=date,time"]


def convert(name, source, target, *options, **more):
    """One image to one image; attempts counts the outermost call, the codec inside it is named."""
    tool = more.pop("tool", ["convert-im6.q16"])
    return {"name": name, "command": [*tool, f"{{in}}/{source}", *options, f"{{out}}/{target}"], "images": 1,
            "attempts": 1, "inferred": False, **more}


def ffmpeg(name, source, target, *options, **more):
    return {"name": name, "command": ["ffmpeg", "-v", "error", "-i", f"{{in}}/{source}", *options, f"{{out}}/{target}"],
            "images": 1, "attempts": 1, "inferred": False, "link": "buffer", **more}


def inputs(count):
    def check(report):
        found = [len(image["inputs"]) for image in report["images"]]
        if found != [count]:
            yield f"images have {found} inputs, expected {count}"
    return check


GM = ["gm", "convert"]

CASES = [
    # ImageMagick 6: pixels are followed from image to image through its calls, hence the link.
    convert("convert jpeg", "photo.jpg", "a.jpg", "-resize", "50%", "-quality", "77", decoder="libjpeg",
            encoder="libjpeg", settings={"quality": 77, "subsampling": 420, "width": 256, "metadata": None},
            formats=[("jpeg", "jpeg")], link="buffer"),
    convert("convert jpeg from pnm", "photo.ppm", "a.jpg", "-sampling-factor", "4:4:4", "-interlace", "JPEG",
            "-quality", "66", decoder="ImageMagick", encoder="libjpeg",
            settings={"quality": 66, "subsampling": 444, "progressive": True}, formats=[("pnm", "jpeg")], link="buffer"),
    convert("convert png", "alpha.png", "a.png", "-strip", *NO_DATES, "-quality", "92", decoder="libpng",
            encoder="libpng", settings={"effort": 9, "bit_depth": 8, "metadata": False}, formats=[("png", "png")],
            link="buffer"),
    convert("convert png palette", "photo.png", "a.png", *NO_DATES, "-colors", "16", decoder="libpng",
            encoder="libpng", settings={"bit_depth": 8, "colour_type": 3}, formats=[("png", "png")], link="buffer"),
    convert("convert webp", "photo.png", "a.webp", "-quality", "70", decoder="libpng", encoder="libwebp",
            settings={"quality": 70, "lossless": False, "effort": 4}, formats=[("png", "webp")], link="buffer"),
    convert("convert from webp", "photo.webp", "a.jpg", "-unsharp", "0x1", "-quality", "81", decoder="libwebp",
            encoder="libjpeg", settings={"quality": 81}, formats=[("webp", "jpeg")], link="buffer"),
    convert("convert gif", "photo.png", "a.gif", "-colors", "64", decoder="libpng", encoder="ImageMagick",
            formats=[("png", "gif")], link="buffer"),
    convert("convert bmp", "photo.gif", "a.bmp", decoder="ImageMagick", encoder="ImageMagick",
            formats=[("gif", "bmp")], link="buffer"),
    convert("convert animation", "anim.gif", "a.gif", "-coalesce", "-resize", "80x", "-layers", "optimize",
            decoder="ImageMagick", encoder="ImageMagick", formats=[("gif", "gif")], link="buffer"),
    {"name": "convert two outputs", "images": 1, "attempts": 1, "decoder": "libpng", "output": "b.webp",
     "command": ["convert-im6.q16", "{in}/photo.png", "-quality", "66", "-write", "{out}/a.jpg", "-resize", "50%",
                 "-quality", "81", "{out}/b.webp"],
     "encoder": "libwebp", "settings": {"quality": 81, "width": 256}, "formats": [("png", "webp")], "link": "buffer"},
    {"name": "convert to a pipe", "images": 1, "attempts": 1, "decoder": "libjpeg", "encoder": "libwebp",
     "command": ["sh", "-c", 'convert-im6.q16 "{in}/photo.jpg" -quality 64 webp:- | sha256sum'],
     "settings": {"quality": 64}},
    # Its standard output is first used by the one call that writes the whole image.
    {"name": "convert to standard output", "images": 1, "attempts": 1, "decoder": "libjpeg", "encoder": "libwebp",
     "command": ["convert-im6.q16", "{in}/photo.jpg", "-quality", "65", "webp:-"], "settings": {"quality": 65},
     "output": "stdout"},
    {"name": "mogrify", "images": 2, "attempts": 1, "copies": ["photo.jpg", "photo.png"], "link": "buffer",
     "command": ["mogrify-im6.q16", *NO_DATES, "-strip", "-resize", "75%", "-quality", "70", "photo.jpg", "photo.png"],
     "formats": [("jpeg", "jpeg"), ("png", "png")], "settings": {"metadata": False, "width": 384}},
    # All inputs of one output are in it.
    {"name": "composite", "images": 1, "attempts": 1, "encoder": "libjpeg", "settings": {"quality": 80},
     "link": "adjacency", "check": inputs(2),
     "command": ["composite-im6.q16", "-gravity", "center", "{in}/alpha.png", "{in}/photo.jpg", "-quality", "80",
                 "{out}/a.jpg"]},
    {"name": "montage", "images": 1, "attempts": 1, "encoder": "libjpeg", "settings": {"quality": 82},
     "link": "adjacency", "check": inputs(2),
     "command": ["montage-im6.q16", "{in}/photo.jpg", "{in}/photo.png", "-geometry", "200x200+4+4", "-quality", "82",
                 "{out}/a.jpg"]},
    {"name": "append", "images": 1, "attempts": 1, "encoder": "libjpeg", "settings": {"quality": 83, "width": 1024},
     "command": ["convert-im6.q16", "{in}/photo.jpg", "{in}/photo.png", "+append", "-quality", "83", "{out}/a.jpg"]},
    {"name": "identify", "command": ["identify-im6.q16", "-format", "%w %h %m\\n", "{in}/photo.jpg", "{in}/photo.png"],
     "images": 0},
    {"name": "identify pixels", "command": ["identify-im6.q16", "-format", "%[mean]\\n", "{in}/photo.jpg"], "images": 0},
    # GraphicsMagick
    convert("gm jpeg", "photo.png", "a.jpg", "-resize", "50%", "-quality", "77", tool=GM, decoder="libpng",
            encoder="libjpeg", settings={"quality": 77, "width": 256}, formats=[("png", "jpeg")], link="buffer"),
    convert("gm webp", "photo.jpg", "a.webp", "-quality", "71", tool=GM, decoder="libjpeg", encoder="libwebp",
            settings={"quality": 71}, formats=[("jpeg", "webp")], link="buffer"),
    convert("gm bmp", "photo.ppm", "a.bmp", tool=GM, decoder="GraphicsMagick", encoder="GraphicsMagick",
            formats=[("pnm", "bmp")], link="buffer"),
    {"name": "gm mogrify", "images": 2, "attempts": 1, "copies": ["photo.jpg", "photo.gif"], "link": "buffer",
     "command": ["gm", "mogrify", "-quality", "70", "photo.jpg", "photo.gif"],
     "formats": [("jpeg", "jpeg"), ("gif", "gif")]},
    {"name": "gm identify", "command": ["gm", "identify", "-format", "%w %h %m\\n", "{in}/photo.jpg"], "images": 0},
    # gdk-pixbuf: its own JPEG and PNG loaders are inside the library.
    {"name": "gdk-pixbuf-thumbnailer jpeg", "command": ["gdk-pixbuf-thumbnailer", "-s", "128", "{in}/photo.jpg",
                                                        "{out}/a.png"],
     "images": 1, "attempts": 1, "inferred": False, "decoder": "libjpeg", "encoder": "libpng",
     "formats": [("jpeg", "png")], "settings": {"width": 128, "colour_type": 2}},
    {"name": "gdk-pixbuf-thumbnailer png", "command": ["gdk-pixbuf-thumbnailer", "-s", "128", "{in}/alpha.png",
                                                       "{out}/a.png"],
     "images": 1, "attempts": 1, "inferred": False, "decoder": "libpng", "encoder": "libpng",
     "formats": [("png", "png")], "settings": {"width": 128, "colour_type": 6}},
    # ffmpeg: codecs of its own, others by library. It writes what the encoder gave it.
    ffmpeg("ffmpeg jpeg to webp", "photo.jpg", "a.webp", "-quality", "66", decoder="libavcodec", encoder="libwebp",
           settings={"quality": 66, "width": 512}, formats=[("jpeg", "webp")]),
    ffmpeg("ffmpeg png to jpeg", "photo.png", "a.jpg", "-q:v", "4", decoder="libavcodec", encoder="libavcodec",
           settings={"width": 512}, formats=[("png", "jpeg")]),
    ffmpeg("ffmpeg webp to png", "photo.webp", "a.png", "-vf", "scale=200:-1", "-compression_level", "7",
           decoder="libavcodec", encoder="libavcodec", settings={"effort": 7, "width": 200}, formats=[("webp", "png")]),
    ffmpeg("ffmpeg png to avif", "photo.png", "a.avif", "-frames:v", "1", "-still-picture", "1", "-crf", "30",
           "-cpu-used", "8", decoder="libavcodec", encoder="libavcodec", formats=[("png", "avif")]),
    ffmpeg("ffmpeg avif to png", "photo.avif", "a.png", decoder="libavcodec", encoder="libavcodec",
           formats=[("avif", "png")]),
]
