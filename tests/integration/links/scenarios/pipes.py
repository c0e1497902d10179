# SPDX-License-Identifier: MIT
# Owns: scenarios of pipes between tools, and of pools that have several images in flight.
# Must not know: how they are run and compared.

EIGHT = "for i in 1 2 3 4 5 6 7 8; do cp photo.png $i.png; done\n"
NUMBERS = range(1, 9)
POOL = """
import glob, sys
from PIL import Image
def work(name):
    image = Image.open(name)
    image.resize((400, 266)).convert("RGB").save(name + ".webp", quality=70)
if __name__ == "__main__":
    names, how = sorted(glob.glob("[1-8].png")), sys.argv[1]
    if how == "threads":
        from concurrent.futures import ThreadPoolExecutor
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(work, names))
    else:
        import multiprocessing
        with multiprocessing.get_context(how).Pool(4) as pool:
            pool.map(work, names, 1)
"""
SHARP = """
import { createRequire } from 'node:module';
const sharp = createRequire(process.env.ROOT + '/build/node/package.json')('sharp');
const names = [1, 2, 3, 4, 5, 6, 7, 8].map((i) => `${i}.png`);
async function lane() {
    for (let name; (name = names.shift());) await sharp(name).resize(400).webp({ quality: 70 }).toFile(name + '.webp');
}
await Promise.all([1, 2, 3, 4].map(lane));
"""


def pipe(name, script, images, source="photo.jpg", final="o.jpg", **more):
    return dict(name=name, files=source, script=script, images=images, totals=(1, 0, 0, 0), sources=[source],
                finals=[final], **more)


def pool(name, script, rule, **more):
    return dict(name=name, files="photo.png", script=EIGHT + script, totals=(8, 0, 0, 0),
                images=[f"{i}.png > {i}.png.webp ok {rule}" for i in NUMBERS], sources=[f"{i}.png" for i in NUMBERS],
                finals=[f"{i}.png.webp" for i in NUMBERS], **more)


def in_flight(at_least):
    def check(report, _):
        if report["pool"]["in_flight_peak"] < at_least:
            yield f"{report['pool']['in_flight_peak']} images in flight, expected {at_least}"
    return check


CASES = [
    pipe("djpeg, cwebp", "djpeg photo.jpg | cwebp -quiet -o - -- - >o.webp",
         ["photo.jpg > | ok adjacency", "| > o.webp ok buffer/adjacency"], final="o.webp"),
    pipe("convert, pngquant", "convert photo.jpg png:- | pngquant - >o.png",
         ["photo.jpg > | ok buffer", "| > o.png ok buffer"], final="o.png"),
    pipe("cat, djpeg, cjpeg", "cat photo.jpg | djpeg | cjpeg -quality 60 >o.jpg",
         ["photo.jpg > | ok adjacency", "| > o.jpg ok adjacency"]),
    pipe("djpeg, cjpeg, cat", "djpeg photo.jpg | cjpeg -quality 60 | cat >o.jpg",
         ["photo.jpg > | ok adjacency", "| > o.jpg ok adjacency"],
         check=lambda report, _: [] if report["formats"]["jpeg"]["qualities"][0]["label"] == "q=60" else ["no q=60"]),
    pipe("dd, cwebp", "dd if=photo.jpg status=none bs=4k | cwebp -quiet -o o.webp -- -",
         ["photo.jpg > o.webp ok buffer"], final="o.webp"),
    dict(name="only copied", files="photo.jpg", totals=(0, 0, 0, 0), images=[],
         script="cp photo.jpg a.jpg; cat photo.jpg >b.jpg; cat photo.jpg | cat | cat >c.jpg; head -c 90000 photo.jpg >d.jpg"),
    pipe("copied before it is optimized in place", "cp photo.jpg o.jpg; jpegoptim -q --max=60 o.jpg",
         ["o.jpg > o.jpg ok buffer"]),
    pipe("from a pipe, ImageMagick", "cat photo.jpg | convert - -quality 70 o.jpg", ["photo.jpg > o.jpg ok buffer"]),
    pipe("from its standard input, ImageMagick", "convert - o.jpg <photo.jpg", ["photo.jpg > o.jpg ok buffer"]),
    pipe("ImageMagick to ImageMagick", "convert photo.jpg -resize 50% png:- | convert - -quality 80 o.jpg",
         ["photo.jpg > | ok buffer", "| > o.jpg ok buffer"]),
    pool("xargs -P4", "ls [1-8].png | xargs -P4 -I{} cwebp -quiet {} -o {}.webp", "buffer", check=in_flight(2)),
    pool("multiprocessing, fork", "/usr/bin/python3 pool.py fork", "buffer/adjacency", scripts={"pool.py": POOL},
         check=in_flight(2)),
    pool("multiprocessing, spawn", "/usr/bin/python3 pool.py spawn", "buffer/adjacency", scripts={"pool.py": POOL},
         check=in_flight(2)),
    pool("threads of one process", "/usr/bin/python3 pool.py threads", "buffer/adjacency", scripts={"pool.py": POOL},
         check=in_flight(2)),
    pool("sharp, four in flight", "node pool.mjs", "path", scripts={"pool.mjs": SHARP}, check=in_flight(3)),
    pool("vipsthumbnail of eight", "vipsthumbnail [1-8].png -s 400 -o %s.png.webp", "adjacency"),
]
