#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Owns: what sharp is asked for, and the comparison with the images of the report.
# Must not know: how sharp is called; sharp_jobs.mjs does.
"""sharp.py IMGBENCH LIBRARY WORK MODULES
    Four images are in flight at any time, each with a source of its own and settings that no other has. The program says
    and writes the same with and without the library; in the report each output has its source and its settings. Prints
    one line per image; exit code 1 if any is wrong."""

import json
import os
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True  # the source tree stays as it is
sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "parts"))
import corpus  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
PARALLEL = 4
HOWS = ("file", "buffer", "stream")
# What ties an output to its source. In a stream the chunks of the source are put together in a block of its own, so that
# with several in flight only a guess is left: which source it was is not demanded there.
LINKS = {"file": ("path",), "buffer": ("buffer",), "stream": ("buffer", "size", "adjacency")}


def settings_of(n, format):
    """(options of sharp, settings in the report, facts of the file) that only image n has."""
    if format == "jpeg":
        quality, mozjpeg = 50 + n, n % 2 == 1
        return ({"quality": quality, "mozjpeg": mozjpeg, "chromaSubsampling": "4:4:4" if n % 3 else "4:2:0"},
                {"quality": quality, "progressive": mozjpeg, "subsampling": 444 if n % 3 else 420},
                {"jpeg_quality": quality, "progressive": mozjpeg, "subsampling": 444 if n % 3 else 420})
    if format == "png":
        level = n % 10
        return {"compressionLevel": level, "progressive": n % 2 == 1}, {"effort": level, "progressive": n % 2 == 1}, {
            "progressive": n % 2 == 1, "palette_entries": 0}
    if format == "webp":
        lossless = n % 4 == 3  # and quality is no quality then
        return ({"quality": 20 + n, "effort": n % 4, "lossless": lossless},
                {"quality": None if lossless else 20 + n, "effort": n % 4, "lossless": lossless},
                {"lossless": lossless})
    if format == "avif":
        lossless = n % 4 == 3
        return ({"quality": 30 + n, "effort": n % 2, "lossless": lossless},
                {"quality": None if lossless else 30 + n, "effort": n % 2, "lossless": lossless}, {})
    return {"effort": 1 + n % 5}, {"effort": 1 + n % 5}, {}


def plan(images, work):
    """[(job of sharp_jobs.mjs, settings expected, facts of the file expected)], in an order that mixes formats."""
    jobs = []
    sources = ("photo.jpg", "photo.png", "photo.webp")
    for turn in range(4):
        for how in HOWS:
            for format in ("jpeg", "webp", "png", "avif", "gif"):
                if format in ("avif", "gif") and turn > 1:
                    continue
                n = len(jobs)
                source = sources[n % len(sources)]
                name = f"{n}.{source.rsplit('.', maxsplit=1)[1]}"
                shutil.copyfile(f"{images}/{source}", f"{work}/sources/{name}")
                options, settings, facts = settings_of(n, format)
                jobs.append(({"in": f"{work}/sources/{name}", "out": f"{work}/out/{how}-{n}.{format}", "format": format,
                              "options": options, "how": how, "width": 200 if n % 2 else 0}, settings, facts))
    return jobs


def run(work, command, more):
    """stdout, stderr, exit code and the files, which are moved away."""
    os.mkdir(f"{work}/out")
    done = subprocess.run(command, env={**os.environ, **more}, stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=120, check=False)
    files = {}
    for name in os.listdir(f"{work}/out"):
        with open(f"{work}/out/{name}", "rb") as file:
            files[name] = file.read()
    shutil.rmtree(f"{work}/out")
    return {"stdout": done.stdout, "stderr": done.stderr, "exit code": done.returncode, "files": files}


def go_on(imgbench, library, work, modules):
    """What is wrong: sharp throws over a damaged source and its only thread waits before the next image, a good one."""
    with open(f"{work}/in/photo.jpg", "rb") as photo, open(f"{work}/sources/bad.jpg", "wb") as bad:
        bad.write(photo.read()[:3000])
    jobs = [{"in": f"{work}/sources/bad.jpg"}, {"in": f"{work}/in/photo.jpg", "pause": 1000}]
    for job in jobs: # the second writes what the first did not
        job |= {"out": f"{work}/out/kept.webp", "format": "webp", "options": {"quality": 40}, "how": "file", "width": 99}
    with open(f"{work}/jobs.json", "w", encoding="utf-8") as file:
        json.dump(jobs, file)
    run(work, ["node", f"{HERE}/sharp_jobs.mjs", modules, f"{work}/jobs.json", "1"],
        {"LD_PRELOAD": library, "IMGBENCH_DIR": f"{work}/failing", "UV_THREADPOOL_SIZE": "1"})
    done = subprocess.run([imgbench, "report", "--json", f"{work}/failing"], capture_output=True, timeout=60, check=False)
    report = json.loads(done.stdout)
    names = {file["id"]: os.path.basename(file["path"] or "") for file in report["files"]}
    found = [([names[id] for id in image["inputs"]], image["status"], image["attempts"], image["busy_s"] < 0.5)
             for image in report["images"]]
    expected = [(["bad.jpg"], "failed", 1, True), (["photo.jpg"], "ok", 1, True)]
    return [] if found == expected else [f"{found}, expected {expected}"]


def main(imgbench, library, work, modules):
    corpus.make(f"{work}/in")
    os.mkdir(f"{work}/sources")
    jobs = plan(f"{work}/in", work)
    with open(f"{work}/jobs.json", "w", encoding="utf-8") as file:
        json.dump([job for job, _, _ in jobs], file)
    command = ["node", f"{HERE}/sharp_jobs.mjs", modules, f"{work}/jobs.json", str(PARALLEL)]
    bare = run(work, command, {})
    if bare["exit code"] or len(bare["files"]) != len(jobs):
        print(f"FAILED node ends with {bare['exit code']}: {bare['stderr'][:2000].decode(errors='replace')}")
        return 1
    passed = failed = 0

    def judge(what, wrong):
        nonlocal passed, failed
        passed += not wrong
        failed += bool(wrong)
        print(f"FAILED {what}: {'; '.join(wrong)}" if wrong else f"ok {what}")

    traced = run(work, command, {"LD_PRELOAD": library, "IMGBENCH_DIR": f"{work}/trace"})
    judge("the same with and without the library", [f"{what} differs" for what in bare if bare[what] != traced[what]])
    done = subprocess.run([imgbench, "report", "--json", f"{work}/trace"], capture_output=True, timeout=60, check=False)
    report = json.loads(done.stdout)
    files = {file["id"]: file for file in report["files"]}
    made = {os.path.basename(files[id]["path"] or ""): (image, files[id])
            for image in report["images"] for id in image["outputs"]}
    judge("images", [f"{len(made)}, expected {len(jobs)}"] if len(made) != len(jobs) else [])
    for job, settings, facts in jobs:
        name = os.path.basename(job["out"])
        judge(f"{job['how']} {name}", wrong_in(job, settings, facts, files, *made.get(name, (None, None))))
    judge("a failed image and the next one", go_on(imgbench, library, work, modules))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def wrong_in(job, settings, facts, files, image, output):
    if not image:
        return ["not in the report"]
    wrong = [] if image["status"] == "ok" else [f"status {image['status']}"]

    def demand(what, found, expected):
        if found != expected:
            wrong.append(f"{what} {found!r}, expected {expected!r}")

    sources = [files[id]["path"] for id in image["inputs"]]
    if job["how"] != "stream":
        demand("sources", sources, [job["in"]])
    demand("encoder", image["settings"]["encoder"], "libvips")
    demand("format", output["format"], job["format"])
    if image["link_rule"] not in LINKS[job["how"]]:
        demand("link", image["link_rule"], LINKS[job["how"]])
    for key, value in settings.items():
        demand(key, image["settings"][key], value)
    for key, value in facts.items():
        demand(f"the file's {key}", output["coding"][key], value)
    return wrong


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
