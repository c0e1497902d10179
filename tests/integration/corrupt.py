#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Owns: the tools that are given damaged images, and the comparison of how they fail with and without the library.
# Must not know: what an image looks like inside; damage.py does.
"""corrupt.py IMGBENCH LIBRARY WORK [SUBSTRING]
    Each tool reads sixteen damaged images of its input's format, under limits of time, memory and file size. Stdout,
    stderr, exit code or signal, and all files left must be the same with and without the library. A run that differs is
    tried again without: what differs there as well is counted as `varying` and told, but is no failure. Prints one line
    per tool; exit code 1 if any failed, or if more than a few vary."""

import collections
import concurrent.futures
import os
import resource
import subprocess
import sys
import time

sys.dont_write_bytecode = True  # the source tree stays as it is
import corpus  # noqa: E402
import damage  # noqa: E402
import tools  # noqa: E402

MOST_VARYING = 10
LIMITS = {resource.RLIMIT_AS: 2 << 30, resource.RLIMIT_FSIZE: 8 << 20, resource.RLIMIT_CORE: 0}
NODE_LIMITS = {**LIMITS, resource.RLIMIT_AS: 24 << 30}  # V8 reserves address space that it never touches
# What varies by nature: addresses, process ids and times of day, speeds, names of temporary files, and four bytes of a
# stack that libpng prints when it could read no chunk's name.
ADDRESSES = "0x[0-9a-f]+"
PROCESS = r":\d+\)|\d\d:\d\d:\d\d(\.\d+)?"
SPEED = r"[^\n]*MP/s[^\n]*|CPU time[^\n]*|[0-9.]+ ?ms"
CHUNK = r"\S+: invalid chunk type"
TEMPORARY = r"magick-[\w-]+"
PILLOW = "import sys; from PIL import Image; Image.open(sys.argv[1]).convert('RGB').save(sys.argv[2], quality=80)"
CTYPES = """
import ctypes, sys
lib = ctypes.CDLL("libwebp.so.7")
data = open(sys.argv[1], "rb").read()
w, h = ctypes.c_int(), ctypes.c_int()
lib.WebPDecodeRGB.restype = ctypes.c_void_p
pixels = lib.WebPDecodeRGB(data, ctypes.c_size_t(len(data)), ctypes.byref(w), ctypes.byref(h))
print(w.value, h.value, bool(pixels))
lib.WebPEncodeRGB.restype = ctypes.c_size_t
out = ctypes.c_void_p()
if pixels:
    n = lib.WebPEncodeRGB(ctypes.c_void_p(pixels), w, h, 3 * w.value, ctypes.c_float(60), ctypes.byref(out))
    open(sys.argv[2], "wb").write(ctypes.string_at(out, n))
"""
SHARP = """
const sharp = require('{root}/build/node/node_modules/sharp');
sharp(process.argv[1]).jpeg({ quality: 70 }).toFile(process.argv[2]).then(
    (info) => console.log(info), (error) => { console.error(error.message); process.exit(1); });
"""
PYTHON = "/usr/bin/python3"
# name, kind of input, command; {input} is the damaged image, {copy} a copy of it in {out}. Then what varies by nature.
TOOLS = [
    ("cjpeg", "ppm", ["cjpeg", "-outfile", "{out}/a.jpg", "{input}"]),
    ("djpeg", "jpg", ["djpeg", "-outfile", "{out}/a.ppm", "{input}"]),
    ("jpegtran", "jpg", ["jpegtran", "-optimize", "-progressive", "-outfile", "{out}/a.jpg", "{input}"]),
    ("jpegoptim", "jpg", ["jpegoptim", "--max=70", "{copy}"]),
    ("cwebp png", "png", ["cwebp", "-quiet", "{input}", "-o", "{out}/a.webp"]),
    ("cwebp jpeg", "jpg", ["cwebp", "-quiet", "{input}", "-o", "{out}/a.webp"]),
    ("cwebp tiff", "tif", ["cwebp", "-quiet", "{input}", "-o", "{out}/a.webp"]),
    ("dwebp", "webp", ["dwebp", "-quiet", "{input}", "-o", "{out}/a.png"]),
    ("gif2webp", "gif", ["gif2webp", "-quiet", "{input}", "-o", "{out}/a.webp"]),
    ("img2webp", "png", ["img2webp", "{input}", "-o", "{out}/a.webp"]),
    ("webpmux", "webp", ["webpmux", "-frame", "{input}", "+100", "-o", "{out}/a.webp"]),
    ("avifenc png", "png", ["avifenc", "-s", "10", "{input}", "{out}/a.avif"]),
    ("avifenc jpeg", "jpg", ["avifenc", "-s", "10", "{input}", "{out}/a.avif"]),
    ("avifdec", "avif", ["avifdec", "{input}", "{out}/a.png"]),
    ("heif-enc", "png", ["heif-enc", "-q", "50", "-o", "{out}/a.heic", "{input}"], CHUNK),
    ("heif-convert", "heic", ["heif-convert", "{input}", "{out}/a.png"]),
    ("cjxl png", "png", ["cjxl", "-e", "3", "{input}", "{out}/a.jxl"], SPEED),
    ("cjxl jpeg", "jpg", ["cjxl", "-e", "3", "{input}", "{out}/a.jxl"], SPEED),
    ("djxl", "jxl", ["djxl", "{input}", "{out}/a.ppm"], SPEED),
    ("optipng", "png", ["optipng", "-o1", "{copy}"]),
    ("pngquant", "png", ["pngquant", "--speed", "10", "--output", "{out}/a.png", "64", "{input}"], CHUNK),
    ("pngcrush", "png", ["pngcrush", "-q", "{input}", "{out}/a.png"], SPEED),
    ("zopflipng", "png", ["zopflipng", "-q", "{input}", "{out}/a.png"]),
    ("advpng", "png", ["advpng", "-z", "-1", "{copy}"]),
    ("gifsicle", "gif", ["gifsicle", "-O2", "{input}", "-o", "{out}/a.gif"]),
    ("guetzli", "jpg", ["guetzli", "--quality", "90", "{input}", "{out}/a.jpg"]),
    ("tiffcp", "tif", ["tiffcp", "-c", "zip", "{input}", "{out}/a.tif"]),
    ("convert jpeg", "jpg", ["convert-im6.q16", "{input}", "-quality", "60", "{out}/a.webp"]),
    ("convert svg", "svg", ["convert-im6.q16", "{input}", "-resize", "64x64", "{out}/a.jpg"], TEMPORARY),
    ("convert heic", "heic", ["convert-im6.q16", "{input}", "{out}/a.jpg"]),
    ("mogrify", "png", ["mogrify-im6.q16", "-strip", "{copy}"]),
    ("gm", "png", ["gm", "convert", "{input}", "{out}/a.jpg"]),
    ("vips", "jpg", ["vips", "jpegsave", "{input}", "{out}/a.jpg", "--Q", "60"], PROCESS),
    ("vipsthumbnail", "png", ["vipsthumbnail", "{input}", "-s", "40", "-o", "{out}/a.webp"], PROCESS),
    ("ffmpeg", "webp", ["ffmpeg", "-hide_banner", "-loglevel", "error", "-i", "{input}", "{out}/a.jpg"], ADDRESSES),
    ("gdk-pixbuf-thumbnailer", "png", ["gdk-pixbuf-thumbnailer", "-s", "40", "{input}", "{out}/a.png"], PROCESS),
    ("Pillow jpeg", "jpg", [PYTHON, "-c", PILLOW, "{input}", "{out}/a.jpg"]),
    ("Pillow png", "png", [PYTHON, "-c", PILLOW, "{input}", "{out}/a.png"], ADDRESSES),
    ("Pillow webp", "webp", [PYTHON, "-c", PILLOW, "{input}", "{out}/a.webp"]),
    ("ctypes", "webp", [PYTHON, "-c", CTYPES, "{input}", "{out}/a.webp"]),
    ("sharp", "jpg", ["node", "-e", SHARP, "{input}", "{out}/a.jpg"]),
]
# Small ones, so that 1300 runs take little.
SMALL = {
    "png": ["convert-im6.q16", "photo.png", *corpus.NO_DATES, "-strip", "-resize", "96x64!", "small.png"],
    "jpg": ["convert-im6.q16", "small.png", "-quality", "85", "small.jpg"],
    "ppm": ["convert-im6.q16", "small.png", "small.ppm"],
    "webp": ["cwebp", "-quiet", "-q", "80", "small.png", "-o", "small.webp"],
    "avif": ["avifenc", "-s", "10", "--min", "20", "--max", "20", "small.png", "small.avif"],
    "heic": ["heif-enc", "-q", "50", "-o", "small.heic", "small.png"],
    "jxl": ["cjxl", "-e", "3", "small.png", "small.jxl"],
    "tif": ["convert-im6.q16", "small.png", "-compress", "LZW", "small.tif"],
    "gif": ["convert-im6.q16", "small.png", "small.gif"],
    "svg": ["cp", "photo.svg", "small.svg"],
}


def make_damaged(work):
    """{kind: [(what, file name in work/damaged)]}"""
    corpus.make(f"{work}/in")
    os.mkdir(f"{work}/damaged")
    sound = {}
    for kind, command in SMALL.items():
        subprocess.run(command, cwd=f"{work}/in", check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with open(f"{work}/in/small.{kind}", "rb") as file:
            sound[kind] = file.read()
    made = {}
    for kind, data in sound.items():
        made[kind] = []
        for what, content in damage.ways(data, kind, sound["jpg" if kind == "png" else "png"]):
            name = f"{what.replace(' ', '-')}.{kind}"
            with open(f"{work}/damaged/{name}", "wb") as file:
                file.write(content)
            made[kind].append((what, name))
    return made


def try_input(tool, number, what, name, work, more):
    """(texts of what differs, texts of what varies anyway, how it ended)"""
    title, _, command, *scrub = tool
    place = f"{work}/run-{title.replace(' ', '-')}-{number}"
    words = [word.replace("{input}", f"{work}/damaged/{name}").replace("{copy}", f"{{out}}/{name}") for word in command]
    case = {
        "name": title, "command": words, "directory": place, "scrub": scrub, "timeout": 10,
        "copies": [name] if "{copy}" in command else [], "limits": NODE_LIMITS if title == "sharp" else LIMITS,
    }
    bare = tools.run_once(case, f"{work}/damaged", {})
    traced = tools.run_once(case, f"{work}/damaged", more)
    if bare["exit code"] == traced["exit code"] == "timeout":
        return [], [], "timeout"  # how far it came is no claim of ours
    wrong = [f"{what}: {text}" for text in tools.differences(bare, traced)]
    varying = []
    for _ in range(3):
        if not wrong:
            break
        again = tools.run_once(case, f"{work}/damaged", {})
        if list(tools.differences(bare, again)):
            varying, wrong = wrong, []
    tools.shutil.rmtree(place, ignore_errors=True)
    return wrong, varying, bare["exit code"]


def ending(code):
    if code == "timeout":
        return "timeouts"
    return "succeed" if code == 0 else "fail" if code > 0 else f"die of signal {-code}"


def main(imgbench, library, work, substring=""):
    inputs = make_damaged(work)
    chosen = [tool for tool in TOOLS if substring in tool[0]]
    passed = failed = 0
    all_varying, endings = [], collections.Counter()

    def try_tool(tool):
        start = time.monotonic()
        trace = f"{work}/trace-{tool[0].replace(' ', '-')}"
        results = [try_input(tool, number, what, name, work, {"LD_PRELOAD": library, "IMGBENCH_DIR": trace})
                   for number, (what, name) in enumerate(inputs[tool[1]])]
        done = subprocess.run([imgbench, "verify", trace], capture_output=True, timeout=60, check=False)
        wrong = [text for result in results for text in result[0]]
        if done.returncode:
            wrong.append(f"verify ends with {done.returncode}: {done.stdout[:300]} {done.stderr[:300]}")
        tools.shutil.rmtree(trace, ignore_errors=True)
        return tool, results, wrong, time.monotonic() - start

    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        for future in concurrent.futures.as_completed([pool.submit(try_tool, tool) for tool in chosen]):
            tool, results, wrong, took = future.result()
            passed += not wrong
            failed += bool(wrong)
            ends = collections.Counter(ending(code) for _, _, code in results)
            endings += ends
            told = ", ".join(f"{count} {end}" for end, count in sorted(ends.items()))
            print(f"{'FAILED' if wrong else 'ok'} {tool[0]}: {len(results)} inputs, {told} ({took:.1f} s)", flush=True)
            for text in wrong:
                print(f"    {text}", flush=True)
            all_varying += [f"{tool[0]}, {text}" for result in results for text in result[1]]
    for text in all_varying:
        print(f"varying without the library as well: {text}")
    total = sum(endings.values())
    print(f"{total} inputs: " + ", ".join(f"{count} {end}" for end, count in sorted(endings.items())))
    print(f"{passed} passed, {failed} failed, {len(all_varying)} varying")
    return 1 if failed or not passed or len(all_varying) > MOST_VARYING else 0


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:5]))
