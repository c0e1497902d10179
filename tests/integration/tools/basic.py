# SPDX-License-Identifier: MIT
# Owns: three cases that show what a case file looks like.
CASES = [
    dict(
        name="cjpeg",
        command=["cjpeg", "-quality", "62", "-outfile", "{out}/a.jpg", "{in}/photo.ppm"],
        encoder="libjpeg",
        settings={"quality": 62, "subsampling": 420},
        formats=[("pnm", "jpeg")],
        link="adjacency",
        inferred=False,
        attempts=1,
        images=1,
        file={"width": 512, "coding.jpeg_quality": 62},
    ),
    dict(
        name="jpegtran, stdin to stdout",
        command=["jpegtran", "-optimize"],
        stdin="photo.jpg",
        encoder="libjpeg",
        settings={"lossless": True},
        formats=[("jpeg", "jpeg")],
        output="stdout",
    ),
    dict(  # encodes to a temporary file, and the first use of its stdout is to write all of that
        name="convert, to stdout",
        command=["convert-im6.q16", "{in}/photo.jpg", "-quality", "70", "webp:-"],
        formats=[("jpeg", "webp")], encoder="libwebp", attempts=1, output="stdout", settings={"quality": 70}, images=1,
    ),
    dict(
        name="mogrify, in place",
        command=["mogrify-im6.q16", "-quality", "70", "{out}/photo.jpg"],
        copies=["photo.jpg"],
        settings={"quality": 70},
        images=1,
    ),
]
