# SPDX-License-Identifier: MIT
# Owns: scenarios of files that take each other's place, are thrown away, or are never made.
# Must not know: how they are run and compared.
import os

PYTHON = "/usr/bin/python3 -c '\nfrom PIL import Image\n"
KEEP_SMALLER = 'smaller() { if [ "$(stat -c%s "$2")" -ge "$(stat -c%s "$1")" ]; then rm "$2"; fi; }\n'
# A full file system where root may mount one, else the device that is always full.
FULL = """
if unshare -m true 2>/dev/null; then
    mkdir full; unshare -m sh -c 'mount -t tmpfs -o size=16k none full && cwebp -quiet photo.png -o full/o.webp'
else
    cwebp -quiet photo.png -o - >/dev/full
fi"""


def in_place(name, script, files, rule, **more):
    names = files.split()
    return dict(name=name, files=files, script=script, images=[f"{n} > {n} ok {rule}" for n in names],
                totals=(len(names), 0, 0, 0), sources=names, finals=names, **more)


def nothing(name, script, files, images, totals, **more):
    return dict(name=name, files=files, script=script, images=images, totals=totals, **more)


def named_when_killed(report, directory):
    """Each image that was begun is ok with its output there, or unfinished and named."""
    files = {file["id"]: file for file in report["files"]}
    begun = {"ok": set(), "unfinished": set()}
    for image in report["images"]:
        begun.setdefault(image["status"], set()).update(os.path.basename(files[id]["path"]) for id in image["inputs"])
    if set(begun) != {"ok", "unfinished"} or len(begun["ok"]) < 2 or not 1 <= len(begun["unfinished"]) <= 2:
        yield f"images are {begun}"
    for name in begun["ok"]:
        if not os.path.exists(f"{directory}/{name}.webp"):
            yield f"{name} is ok, but its output is not there"
    if report["totals"]["images"] != len(report["images"]) or report["totals"]["unfinished"] != len(begun["unfinished"]):
        yield f"totals are {report['totals']}"


CASES = [
    in_place("in place, jpegoptim", "jpegoptim -q --max=70 photo.jpg meta.jpg", "photo.jpg meta.jpg", "buffer"),
    in_place("in place, optipng", "optipng -quiet -o1 photo.png", "photo.png", "buffer/adjacency"),
    in_place("in place, mogrify", "mogrify -quality 60 photo.jpg photo.png", "photo.jpg photo.png", "buffer"),
    in_place("in place, pngquant", "pngquant --force --ext .png 64 photo.png", "photo.png", "buffer"),
    in_place("in place, Pillow", PYTHON + 'image = Image.open("photo.jpg"); image.load(); image.save("photo.jpg", quality=60)\'',
             "photo.jpg", "buffer/adjacency"),
    in_place("a temporary file renamed, shell", "jpegtran -copy none -optimize photo.jpg >photo.tmp && mv photo.tmp photo.jpg",
             "photo.jpg", "path"),
    in_place("a temporary file renamed, Pillow", PYTHON + """
import os
Image.open("photo.jpg").save("photo.tmp", format="JPEG", quality=60)
os.replace("photo.tmp", "photo.jpg")'""", "photo.jpg", "buffer/adjacency"),
    dict(name="the original put aside and removed", files="photo.jpg", images=["photo.bak > photo.jpg ok path"],
         script="mv photo.jpg photo.bak; jpegtran -optimize photo.bak >photo.jpg; rm photo.bak", totals=(1, 0, 0, 0),
         check=lambda report, at: [] if report["totals"]["size_ratio"] < 1 else ["nothing was saved"]),
    nothing("larger and thrown away, cwebp", KEEP_SMALLER + "cwebp -quiet -lossless photo.jpg -o o.webp; smaller photo.jpg o.webp",
            "photo.jpg", ["photo.jpg > o.webp discarded buffer"], (0, 0, 1, 0)),
    # what was good before it stays an image of its own
    dict(name="larger and thrown away, jpegtran", files="photo.jpg", totals=(1, 0, 1, 0), sources=["photo.jpg"],
         script=KEEP_SMALLER + "jpegtran -optimize photo.jpg >a.jpg; jpegtran a.jpg >b.jpg; smaller a.jpg b.jpg",
         finals=["a.jpg"], images=["photo.jpg > a.jpg ok path", "a.jpg > b.jpg discarded path"]),
    dict(name="optimized twice, jpegoptim", files="photo.jpg", script="jpegoptim -q photo.jpg; jpegoptim -q photo.jpg",
         images=["photo.jpg > photo.jpg ok path/buffer", "photo.jpg > discarded path/buffer"], totals=(1, 0, 1, 0),
         sources=["photo.jpg"], finals=["photo.jpg"]),
    nothing("not small enough, jpegoptim", "jpegoptim -q --threshold=90 photo.jpg", "photo.jpg",
            ["photo.jpg > discarded path/buffer"], (0, 0, 1, 0)),
    dict(name="not small enough, pngquant", files="palette.png", exit=98, totals=(1, 0, 1, 0),
         script="optipng -quiet -o2 -out s.png palette.png; pngquant --skip-if-larger --speed 10 --output o.png 256 s.png",
         images=["palette.png > s.png ok buffer/adjacency", "s.png > o.png.tmp discarded buffer"],
         sources=["palette.png"], finals=["s.png"]),
    nothing("not good enough, pngquant", "pngquant --quality 99-100 --output o.png 4 photo.png", "photo.png",
            ["photo.png > failed none"], (0, 1, 0, 0), exit=99),
    nothing("corrupt input", "head -c 60000 photo.png >bad.png; cwebp -quiet bad.png -o o.webp; optipng -quiet -out o.png bad.png",
            "photo.png", ["bad.png > failed none"] * 2, (0, 2, 0, 0), exit=1),
    nothing("usage error", "cwebp -quiet -q nonsense photo.jpg -o o.webp; jpegtran -nonsense photo.jpg >o.jpg", "photo.jpg",
            [], (0, 0, 0, 0), exit=1),
    nothing("no space", FULL, "photo.png", ["photo.png > * failed buffer/adjacency"], (0, 1, 0, 0), exit=255),
    nothing("a file may not grow", "trap '' XFSZ; ulimit -f 1024; djpeg -outfile o.ppm photo.jpg", "photo.jpg",
            ["photo.jpg > o.ppm failed buffer/adjacency"], (0, 1, 0, 0), exit=1),
    nothing("an output that cannot be opened", "cwebp -quiet photo.png -o none/o.webp; convert photo.jpg none/o.png",
            "photo.png photo.jpg", ["photo.png > failed none/buffer", "photo.jpg > failed none/buffer"], (0, 2, 0, 0), exit=1),
    # What it began and did not end takes several times as long as it is given.
    dict(name="killed in the middle of a batch", files="photo.png", check=named_when_killed, script="""
set -m
for i in 1 2 3 4 5 6 7 8; do cp photo.png $i.png; done
ls [1-8].png | xargs -P2 -I{} cwebp -quiet -lossless -m 5 {} -o {}.webp &
group=$(jobs -p %1)
while [ "$(ls | grep -c webp)" -lt 4 ]; do sleep 0.02; done # a fourth is begun when two are done
sleep 0.3
kill -KILL -- -$group"""),
]
