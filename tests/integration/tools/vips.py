# SPDX-License-Identifier: MIT
# Owns: the cases of libvips' command line tools, whose decoding and encoding run on threads of their own.
# Must not know: how a case is run.


def vips(name, command, decoder, encoder, settings, formats, **more):
    return dict(name=f"vips {name}", command=command, decoder=decoder, encoder=encoder, settings=settings,
                formats=[formats], images=1, attempts=1, inferred=False, status=None, **more)


CASES = [
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
