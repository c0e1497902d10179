# SPDX-License-Identifier: MIT
# Owns: what must be seen of libvips: its command line programs, whose codecs work on threads of libvips' own, and the
# formats that it codes without a codec that is hooked. sharp has a test of its own (sharp.sh).
# Must not know: how cases are run and compared.


def copy(source, target, **more):
    name, _, options = target.partition("[")
    return {"name": f"vips copy {source} {target}", "command": ["vips", "copy", f"{{in}}/{source}", f"{{out}}/{target}"],
            "images": 1, "attempts": 1, "inferred": False,
            "formats": [(source.rsplit(".", 1)[1].replace("jpg", "jpeg").replace("ppm", "pnm").replace("tif", "tiff"),
                         name.rsplit(".", 1)[1].replace("jpg", "jpeg").replace("tif", "tiff"))], **more}


CASES = [
    copy("photo.jpg", "a.jpg[Q=66]", decoder="libjpeg", encoder="libjpeg", settings={"quality": 66, "subsampling": 420}),
    copy("photo.png", "a.jpg[Q=93,interlace]", decoder="libpng", encoder="libjpeg",
         settings={"quality": 93, "subsampling": 444, "progressive": True}),
    copy("photo.jpg", "a.png[compression=9,interlace]", decoder="libjpeg", encoder="libpng",
         settings={"effort": 9, "progressive": True, "bit_depth": 8}),
    copy("deep.png", "a.png", decoder="libpng", encoder="libpng", settings={"bit_depth": 16}),
    copy("photo.png", "a.png[palette,bitdepth=4]", decoder="libpng", settings={"palette_colours": 16}),
    copy("photo.png", "a.webp[Q=77]", decoder="libpng", encoder="libwebp", settings={"quality": 77, "lossless": False}),
    copy("photo.webp", "a.webp[lossless]", decoder="libwebp", encoder="libwebp", settings={"lossless": True}),
    copy("photo.jpg", "a.tif[compression=lzw]", decoder="libjpeg", encoder="libtiff"),
    copy("photo.tif", "a.jpg[Q=81]", decoder="libtiff", encoder="libjpeg", settings={"quality": 81}),
    copy("photo.png", "a.avif[Q=44,effort=2]", decoder="libpng", encoder="libheif", settings={"quality": 44}),
    copy("photo.heic", "a.jpg[Q=72]", decoder="libheif", encoder="libjpeg", settings={"quality": 72}),
    copy("photo.gif", "a.png", encoder="libpng"),
    copy("photo.png", "a.gif", decoder="libpng"),
    copy("photo.svg", "a.png", encoder="libpng"),
    {"name": "vipsthumbnail", "command": ["vipsthumbnail", "{in}/photo.jpg", "-s", "128", "-o", "{out}/a.jpg[Q=55]"],
     "images": 1, "attempts": 1, "decoder": "libjpeg", "encoder": "libjpeg", "settings": {"quality": 55, "width": 128},
     "formats": [("jpeg", "jpeg")]},
    {"name": "vipsthumbnail of three", "images": 3, "attempts": 1, "encoder": "libwebp", "settings": {"quality": 61},
     "command": ["vipsthumbnail", "{in}/gray.jpg", "{in}/alpha.png", "{in}/photo.webp", "-s", "100",
                 "-o", "{out}/%s.webp[Q=61]"],
     "formats": [("jpeg", "webp"), ("png", "webp"), ("webp", "webp")]},
    {"name": "vips resize", "command": ["vips", "resize", "{in}/photo.png", "{out}/a.jpg[Q=70]", "0.5"], "images": 1,
     "decoder": "libpng", "encoder": "libjpeg", "settings": {"quality": 70}, "formats": [("png", "jpeg")]},
    {"name": "vipsheader makes no image", "command": ["vipsheader", "{in}/photo.jpg"], "images": 0},
    {"name": "vips avg makes no image", "command": ["vips", "avg", "{in}/photo.png"], "images": 0},
]
