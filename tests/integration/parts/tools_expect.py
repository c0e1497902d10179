# SPDX-License-Identifier: MIT
# Owns: what a case of tests/integration/tools/ can demand of the report, and the comparison.
# Must not know: how the report was made.
"""Every key is optional; what is given must be so for each image of the run with status ok (`output` picks one):
  status    another status of the images that are meant; None: any. An intermediate's image is `discarded`
  images    how many there are of that status
  output    only the image that made a file with this name ("stdout": the command's standard output)
  decoder   settings.decoder; None where no decoder was seen
  encoder   settings.encoder; None likewise
  settings  {key: value} of the image's settings; None where nothing is known
  formats   [(format of the first input, format of the output), …], one per output, in any order; None is unknown
  link      link_rule; with a tuple, one of them
  inferred  True: the optimization stage is inferred, False: observed
  attempts  encodes that the image took
  file      {key: value} of the output file: width, depth, "coding.jpeg_quality", "metadata.icc" …
  check     a function of the report that yields texts of what is wrong with it"""

import os

# The rest is calls that only pass control, and what one thread does for no image in particular. Below the limit a few
# tenths of a millisecond of them, which no picture makes longer, are more than 5 %.
ATTRIBUTED, ATTRIBUTED_FROM_S = 0.95, 0.020
DISK_S = 0.015  # a rename or sync waits so long for a busy disk; attribution.py works in memory and allows none

OF_IMAGES = {"decoder", "encoder", "settings", "link", "inferred", "attempts", "file"}
KEYS = OF_IMAGES | {"status", "images", "output", "formats", "check"}
MISSING = "(no such key)"


def unattributed(report, slack_s=DISK_S):
    """Texts: images of useful length of which too much is in no stage."""
    for image in report["images"]:
        part = 1 - image["unattributed_s"] / image["busy_s"] if image["busy_s"] else 1
        if image["busy_s"] >= ATTRIBUTED_FROM_S and part < ATTRIBUTED and image["unattributed_s"] > slack_s:
            yield f"{part:.1%} of {image['busy_s'] * 1e3:.1f} ms are attributed, expected {ATTRIBUTED:.0%}"


def same(found, expected):
    """Numbers within what a float of the codec's loses; True is not 1."""
    numbers = (int, float)
    if isinstance(found, bool) or isinstance(expected, bool):
        return found is expected
    if isinstance(found, numbers) and isinstance(expected, numbers):
        return abs(found - expected) <= 1e-4 * max(1, abs(expected))
    return found == expected


def at(thing, path):
    for key in path.split("."):
        thing = thing.get(key, MISSING) if isinstance(thing, dict) else MISSING
    return thing


def wrong_in(report, case):
    """A list of texts: where the report is not what the case demands."""
    files = {file["id"]: file for file in report["files"]}
    status = case.get("status", "ok")
    images = [image for image in report["images"] if status in (image["status"], None)]
    if "output" in case:
        images = [image for image in images if any(named(files[id], case["output"]) for id in image["outputs"])]
    wrong = []

    def demand(what, found, expected):
        if not same(found, expected):
            wrong.append(f"{what} is {found!r}, expected {expected!r}")

    if "images" in case:
        demand("number of images", len(images), case["images"])
    if OF_IMAGES & set(case) and not images:
        states = [image["status"] for image in report["images"]]
        wrong.append(f"no image to ask for {', '.join(sorted(OF_IMAGES & set(case)))}; there are {states}")
    for image in images:
        for key in ("decoder", "encoder"):
            if key in case:
                demand(key, image["settings"].get(key, MISSING), case[key])
        for key, value in case.get("settings", {}).items():
            demand(f"setting {key}", image["settings"].get(key, MISSING), value)
        if "link" in case and image["link_rule"] not in listed(case["link"]):
            demand("link", image["link_rule"], case["link"])
        if "inferred" in case:
            demand("source of the optimization", image["source"]["optimization"],
                   "inferred" if case["inferred"] else "observed")
        if "attempts" in case:
            demand("attempts", image["attempts"], case["attempts"])
        for key, value in case.get("file", {}).items():
            for id in image["outputs"]:
                demand(f"output's {key}", at(files[id], key), value)
    if "formats" in case:
        pairs = [(files[image["inputs"][0]]["format"] if image["inputs"] else None, files[id]["format"])
                 for image in images for id in image["outputs"]]
        demand("formats", sorted(pairs, key=str), sorted(map(tuple, case["formats"]), key=str))
    wrong += unattributed(report)
    if "check" in case:
        wrong += case["check"](report)
    return wrong


def named(file, name):
    return os.path.basename(file["path"] or "") == name


def listed(link):
    return link if isinstance(link, tuple) else (link,)
