# SPDX-License-Identifier: MIT
"""Owns: which commands are measured bare and under the library, beside which tools, and the bars. A line of ROWS is all
that a new measurement needs. Must not know: how it is measured."""
import collections
import os
import shutil

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILT = os.path.join(ROOT, "build")
LOOP, ROW_CALLS = os.path.join(BUILT, "bench", "loop"), os.path.join(BUILT, "bench", "row_calls")
PHOTO = "/usr/share/libjxl-testdata/jxl/flower/flower.png.im_q85_420.jpg"

Peer = collections.namedtuple("Peer", "package variables words rounds less", defaults=(
    5,  # rounds: how often at most; slow ones say little more the second time
    False,  # less: it records less than we do, and is no measure of what we may cost
))
PEERS = {  # {files} is a directory
    "memusage": Peer("libc-devtools", ["LD_PRELOAD=libmemusage.so"], [], 99, True),
    "heaptrack": Peer("heaptrack", [], ["heaptrack", "-o", "{files}/heaptrack"], 3),
    "strace": Peer("strace", [], ["strace", "-f", "-c", "-o", "/dev/null"]),
    "uftrace": Peer("uftrace", [], ["uftrace", "record", "--force", "--no-pager", "-d", "{files}/uftrace"]),
    "ltrace": Peer("ltrace", [], ["ltrace", "-f", "-c", "-o", "/dev/null"], 1),
    "perf": Peer("linux-perf", [], ["perf", "record", "-q", "-g", "-o", "{files}/perf"]),
    "massif": Peer("valgrind", [], ["valgrind", "-q", "--tool=massif", "--massif-out-file=/dev/null"], 1),
}
# What else is measured or measures: a figure holds for these versions.
PACKAGES = ["webp", "libjpeg-turbo-progs", "imagemagick-6.q16", "libvips-tools", "libavif-bin", "optipng", "python3-pil",
            "nodejs", "babeltrace2", "chromium"]

Row = collections.namedtuple("Row", "name what unit scale measure command proof bar peers starts trace share high ours", defaults=(
    None,  # bar: the median may be at most this
    {},  # peers: by how much each one's loop is shorter
    0,  # starts: the command is no loop; it is started so often for one measurement
    "disk",  # trace: where it goes: disk, memory, or existing, none, off
    None,  # share: of what memusage adds, at most this is added
    None,  # high: the upper end of the interval may be at most this
    False,  # ours: what the report says that recording cost is compared with what it did cost
))


def loop(name):
    return [LOOP, name, "{files}"]


def whole(name, what, command, starts, bar=1.02, high=1.04, peers=None):
    peers = dict.fromkeys(PEERS, 1) if peers is None else peers
    return Row(name, what, "×", 1, "ratio", command, "any", bar, peers, starts, high=high)


# proof: what the trace must account for, see pairs.py. scale: printed values per unit.
SLOW_HEAP = {"memusage": 1, "heaptrack": 20}
CALLS = {"strace": 50}
STARTS = {"memusage": 1, "heaptrack": 20, "strace": 10}
NODE = [shutil.which("node") or "node", os.path.join(ROOT, "tests", "integration", "sharp_jobs.mjs"),
        os.path.join(BUILT, "node"), "{inputs}/sharp.json", "2"]
ROWS = [
    whole("cwebp", "cwebp -m 2 of a photograph", ["cwebp", "-quiet", "-m", "2", PHOTO, "-o", "{files}/photo.webp"], 5),
    whole("cjpeg", "cjpeg -optimize of it", ["cjpeg", "-optimize", "-outfile", "{files}/photo.jpg",
                                             "{inputs}/photo.ppm"], 8),
    whole("convert", "ImageMagick: to half its size", ["convert-im6.q16", PHOTO, "-resize", "50%",
                                                       "{files}/half.jpg"], 4),
    whole("vips", "vips webpsave of it", ["vips", "webpsave", PHOTO, "{files}/vips.webp"], 3),
    whole("avifenc", "avifenc -s 8 of it", ["avifenc", "-s", "8", PHOTO, "{files}/photo.avif"], 3),
    whole("optipng", "optipng -o1 of a small PNG", ["optipng", "-quiet", "-o1", "-clobber", "-out",
                                                    "{files}/small.png", "{inputs}/small.png"], 3),
    whole("sharp", "node and sharp: 5 images to WebP", NODE, 3),
    whole("pillow", "Pillow: 10 images, one program", ["/usr/bin/python3", "{bench}/pillow_jobs.py", "{inputs}/small",
                                                       "{files}", "10"], 5),
    whole("xargs", "xargs -P2 cwebp: 40 small images", ["xargs", "-a", "{inputs}/small.list", "-P2", "-I{}", "cwebp",
                                                        "-quiet", "{inputs}/small/{}", "-o", "{files}/{}.webp"], 3,
          1.05, None),
    Row("malloc", "malloc and free of 64 B", "ns", 1, "added", loop("malloc"), "heap", 8, SLOW_HEAP, share=1 / 3,
        ours=True),
    Row("malloc-2", "the same in 2 threads at once", "×", 1, "ratio", loop("malloc-2"), "heap", 1.15, SLOW_HEAP),
    Row("malloc-random", "random sizes, 1,024 blocks live", "ns", 1, "added", loop("malloc-random"), "heap", None,
        SLOW_HEAP),
    Row("malloc-random-2", "the same in 2 threads at once", "×", 1, "ratio", loop("malloc-random-2"), "heap", None,
        SLOW_HEAP),
    Row("read", "read of 64 B", "ns", 1, "added", loop("read"), "calls", 150, CALLS, ours=True),
    Row("read-memory", "the same, trace on tmpfs", "ns", 1, "added", loop("read"), "calls", trace="memory"),
    Row("write", "write of 64 B", "ns", 1, "added", loop("write"), "calls", 150, CALLS, ours=True),
    Row("pread", "pread of 64 B", "ns", 1, "added", loop("pread"), "calls", 150, CALLS),
    Row("fwrite", "fwrite of 16 B into the buffer", "ns", 1, "added", loop("fwrite"), "calls", 10, ours=True),
    Row("getc", "getc from the buffer", "ns", 1, "added", loop("getc"), "calls", 10),
    Row("putc", "putc into the buffer", "ns", 1, "added", loop("putc"), "calls", 10),
    Row("png-row", "png_write_row, 8 pixels, stored", "ns", 1, "added", [ROW_CALLS, "png"], "rows", 30, ours=True),
    Row("jpeg-row", "jpeg_write_scanlines, 8 pixels", "ns", 1, "added", [ROW_CALLS, "jpeg"], "rows", 30, ours=True),
    Row("start", "/bin/true, nothing is written", "µs", 1000, "added", ["/bin/true"], "nothing", 150, STARTS, 20,
        "none"),
    Row("start-trace", "/bin/true, joins a trace", "µs", 1000, "added", ["/bin/true"], "processes", 600, {}, 20,
        "existing"),
    Row("start-off", "/bin/true, IMGBENCH=off", "µs", 1000, "added", ["/bin/true"], "nothing", None, {}, 20, "off"),
    Row("thread", "a thread made and joined", "×", 1, "ratio", loop("thread"), "any", None, {"memusage": 1}),
    Row("fork", "fork, _exit, waitpid", "×", 1, "ratio", loop("fork"), "processes", 1.1),
    Row("rss", "resident at the end, at most", "KiB", 1024, "added", loop("memory"), "any", 1024, {"memusage": 1}),
    Row("mapped", "mapped by us, as the report says", "KiB", 1024, "mapped", loop("memory"), "any"),
]
