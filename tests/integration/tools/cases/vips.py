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


def vips(name, command, decoder, encoder, settings, formats, **more):
    return dict(name=f"vips {name}", command=command, decoder=decoder, encoder=encoder, settings=settings,
                formats=[formats], images=1, attempts=1, inferred=False, status=None, **more)


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
    vips("jpegsave", ["vips", "jpegsave", "{in}/photo.png", "{out}/a.jpg", "--Q", "61"], "libpng", "libjpeg",
         {"quality": 61, "subsampling": 420}, ("png", "jpeg"), file={"coding.jpeg_quality": 61}),
    vips("jpegsave of a JPEG, no subsampling, progressive",
         ["vips", "jpegsave", "{in}/photo.jpg", "{out}/a.jpg", "--Q", "83", "--subsample-mode", "off", "--interlace"],
         "libjpeg", "libjpeg", {"quality": 83, "subsampling": 444, "progressive": True}, ("jpeg", "jpeg")),
    vips("copy to WebP", ["vips", "copy", "{in}/photo.jpg", "{out}/a.webp[Q=55]"], "libjpeg", "libwebp",
         {"quality": 55, "lossless": False}, ("jpeg", "webp")),
    vips("copy to lossless WebP", ["vips", "copy", "{in}/photo.webp", "{out}/a.webp[lossless]"], "libwebp", "libwebp",
         {"quality": None, "lossless": True}, ("webp", "webp")),
    vips("pngsave", ["vips", "pngsave", "{in}/photo.jpg", "{out}/a.png", "--compression", "3"], "libjpeg", "libpng",
         {"effort": 3}, ("jpeg", "png")),
    vips("heifsave", ["vips", "heifsave", "{in}/photo.png", "{out}/a.avif", "--Q", "40", "--compression", "av1",
                      "--effort", "1"], "libpng", "libheif", {"quality": 40}, ("png", "avif")),
    vips("copy to TIFF", ["vips", "copy", "{in}/photo.png", "{out}/a.tif[compression=jpeg,Q=70]"], "libpng", "libtiff",
         {"quality": 70, "compression": 7}, ("png", "tiff")),
    vips("of a resized JPEG", ["vips", "thumbnail", "{in}/photo.jpg", "{out}/a.jpg[Q=72]", "128"], "libjpeg", "libjpeg",
         {"quality": 72}, ("jpeg", "jpeg"), file={"width": 128}),
    vips("thumbnail to JPEG", ["vipsthumbnail", "{in}/photo.png", "-s", "200", "-o", "{out}/a.jpg[Q=66]"], "libpng",
         "libjpeg", {"quality": 66}, ("png", "jpeg"), file={"width": 200}),
    # The GIF encoder is inside libvips; the SVG renderer is not, but is no codec, and libtiff only looked in vain.
    vips("copy to GIF", ["vips", "copy", "{in}/photo.png", "{out}/a.gif"], "libpng", "libvips",
         {"palette_colours": 255}, ("png", "gif")),
    vips("copy of an SVG", ["vips", "copy", "{in}/photo.svg", "{out}/a.png"], "libvips", "libpng", {}, ("svg", "png")),
    dict(
        name="vips thumbnails of two images",
        command=["vipsthumbnail", "{in}/photo.jpg", "{in}/palette.png", "-s", "100", "-o", "{out}/%s.webp[Q=51]"],
        encoder="libwebp", settings={"quality": 51}, images=2, attempts=1, inferred=False,
        formats=[("jpeg", "webp"), ("png", "webp")], status=None,
    ),
    dict(name="vips header of an image, nothing made", command=["vipsheader", "{in}/photo.jpg"], images=0),
]
