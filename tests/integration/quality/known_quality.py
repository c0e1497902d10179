#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Owns: what real encoders are asked for, and the comparison with what the report reads from the files they made.
# Must not know: how a file is parsed.
"""known_quality.py IMGBENCH LIBRARY WORK MODULES
    Every file is made under the library, all in one trace; `coding` of each file in its report must be what was asked
    for, and so must be the settings of the image. PNG files are also judged by their own header, read here. Prints one
    line per encoder; exit code 1 if any file is judged wrongly."""

import concurrent.futures
import json
import os
import struct
import subprocess
import sys

sys.dont_write_bytecode = True  # the source tree stays as it is
sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "parts"))
import corpus  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
QUALITIES = range(10, 100, 5)
# Quantizer asked of avifenc and quality asked of sharp, and the base_q_idx that libaom makes of it.
AVIFENC = {5: 20, 20: 80, 30: 120, 45: 180, 60: 240}
SHARP_AVIF = {30: 196, 50: 148, 75: 76, 85: 48, 95: 16}
PILLOW = """
import sys
from PIL import Image
image = Image.open(sys.argv[1])
for quality in map(int, sys.argv[3:]):
    for name, subsampling in (("444", 0), ("420", 2)):
        image.save(f"{sys.argv[2]}/pillow-{quality}-{name}.jpg", quality=quality, subsampling=subsampling)
"""


def png_header(path):
    """depth, palette entries and interlacing as the file itself has them."""
    with open(path, "rb") as file:
        data = file.read()
    depth, _, _, _, interlaced = data[24:29]
    at, palette = 8, 0
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        if kind == b"PLTE":
            palette = length // 3
        at += length + 12
    return {"depth": depth, "palette_entries": palette, "progressive": bool(interlaced)}


def jpeg_of(quality, subsampling):
    return {"format": "jpeg", "jpeg_quality": quality, "jpeg_quality_rmse": 0, "subsampling": subsampling}


def avif_of(quantizer, subsampling, depth):
    return {"format": "avif", "quantizer": quantizer, "subsampling": subsampling, "depth": depth}


def plan(images, out):
    """(commands, {file name: what the report must say of it}, jobs for sharp)."""
    commands, expected, sharp = [], {}, []

    def run(name, words, facts):
        commands.append(words)
        expected[name] = facts

    def job(name, format, options, facts):
        sharp.append({"in": f"{images}/photo.png", "out": f"{out}/{name}", "format": format, "options": options,
                      "how": "file"})
        expected[name] = facts

    commands.append(["/usr/bin/python3", "-c", PILLOW, f"{images}/photo.png", out, *map(str, QUALITIES)])
    for quality in QUALITIES:
        for subsampling, sample, factor in ((420, "2x2", "4:2:0"), (444, "1x1", "4:4:4")):
            facts = jpeg_of(quality, subsampling)
            end = f"{quality}-{subsampling}.jpg"
            run(f"cjpeg-{end}", ["cjpeg", "-quality", str(quality), "-sample", sample, "-outfile", f"{out}/cjpeg-{end}",
                                 f"{images}/photo.ppm"], facts)
            run(f"convert-{end}", ["convert-im6.q16", f"{images}/photo.ppm", "-quality", str(quality),
                                   "-sampling-factor", factor, f"{out}/convert-{end}"], facts)
            expected[f"pillow-{end}"] = facts
            for mozjpeg in (False, True):
                name = f"sharp{' mozjpeg' if mozjpeg else ''}-{end}"
                options = {"quality": quality, "chromaSubsampling": factor, "mozjpeg": mozjpeg}
                job(name, "jpeg", options, {**facts, "progressive": mozjpeg})

    for colours in (2, 16, 64, 256):
        name = f"pngquant-{colours}.png"
        run(name, ["pngquant", "--speed", "10", "--output", f"{out}/{name}", str(colours), f"{images}/photo.png"],
            {"format": "png"})
    for depth in (1, 2, 4, 8, 16):
        name = f"convert-{depth}bit.png"
        run(name, ["convert-im6.q16", f"{images}/deep.png", "-colorspace", "gray", "-depth", str(depth), "-define",
                   f"png:bit-depth={depth}", "-define", "png:color-type=0", f"{out}/{name}"],
            {"format": "png", "depth": depth})
    for interlaced in (0, 1):
        name = f"optipng-i{interlaced}.png"
        run(name, ["optipng", "-quiet", "-o1", f"-i{interlaced}", "-out", f"{out}/{name}", f"{images}/palette.png"],
            {"format": "png", "progressive": bool(interlaced)})
    job("sharp-palette.png", "png", {"palette": True, "colours": 32}, {"format": "png"})
    job("sharp-interlaced.png", "png", {"progressive": True}, {"format": "png", "progressive": True})

    for asked, quantizer in AVIFENC.items():
        for subsampling, depth in ((420, 8), (444, 10)):
            name = f"avifenc-{asked}-{subsampling}-{depth}bit.avif"
            run(name, ["avifenc", "-s", "9", "--min", str(asked), "--max", str(asked), "-y", str(subsampling), "-d",
                       str(depth), f"{images}/photo.png", f"{out}/{name}"],
                {**avif_of(quantizer, subsampling, depth), "set_quantizer_min": asked, "set_quantizer_max": asked})
    for asked, quantizer in SHARP_AVIF.items():
        name = f"sharp-{asked}.avif"
        job(name, "avif", {"quality": asked, "effort": 0}, {**avif_of(quantizer, 444, 8), "set_quality": asked})

    for lossless in (False, True):
        name = f"cwebp-{'lossless' if lossless else 'lossy'}.webp"
        options = ["-lossless"] if lossless else ["-q", "70"]
        run(name, ["cwebp", "-quiet", *options, f"{images}/photo.png", "-o", f"{out}/{name}"],
            {"format": "webp", "lossless": lossless})
    for lossless in (False, True):
        job(f"sharp-{'lossless' if lossless else 'lossy'}.webp", "webp", {"lossless": lossless, "effort": 1},
            {"format": "webp", "lossless": lossless, "set_lossless": lossless, "set_effort": 1})
    return commands, expected, sharp


def settings_of(settings):
    return {f"set_{key}": value for key, value in settings.items()}


def run_all(commands, environment):
    def run(words):
        done = subprocess.run(words, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=120, check=False)
        if done.returncode:
            raise RuntimeError(f"{' '.join(words)[:200]}: {done.stdout.decode(errors='replace')[:500]}")

    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        list(pool.map(run, commands))


def main(imgbench, library, work, modules):
    images, out, trace = f"{work}/in", f"{work}/out", f"{work}/trace"
    corpus.make(images)
    os.mkdir(out)
    commands, expected, sharp = plan(images, out)
    with open(f"{work}/jobs.json", "w", encoding="utf-8") as file:
        json.dump(sharp, file)
    commands.insert(0, ["node", f"{HERE}/../tools/sharp_jobs.mjs", modules, f"{work}/jobs.json", "2"])
    run_all(commands, {**os.environ, "LD_PRELOAD": library, "IMGBENCH_DIR": trace})
    done = subprocess.run([imgbench, "report", "--json", trace], capture_output=True, timeout=60, check=False)
    report = json.loads(done.stdout)
    seen = {os.path.basename(file["path"]): file for file in report["files"]
            if file["path"] and os.path.dirname(file["path"]) == out}

    settings = {id: image["settings"] for image in report["images"] for id in image["outputs"]}

    right, wrong = {}, []
    for name, facts in expected.items():
        if name.endswith(".png"):
            facts = {**facts, **png_header(f"{out}/{name}")}
        file = seen.get(name)
        found = {**file["coding"], **file, **settings_of(settings.get(file["id"], {}))} if file else {}
        if "jpeg_quality" in facts:
            facts = {**facts, "set_quality": facts["jpeg_quality"]}
        bad = [f"{key} {found.get(key)!r}, expected {value!r}"
               for key, value in facts.items() if found.get(key) != value]
        group = name.split("-", maxsplit=1)[0] + " " + name.rsplit(".", maxsplit=1)[1]
        right.setdefault(group, 0)
        right[group] += not bad
        if bad:
            wrong.append(f"FAILED {name}: {'; '.join(bad) if file else 'not in the report'}")
    for group, count in right.items():
        print(f"ok {group}: {count} files")
    for text in wrong:
        print(text)
    print(f"{sum(right.values())} passed, {len(wrong)} failed")
    return 1 if wrong else 0


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
