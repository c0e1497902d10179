#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Owns: running the scenarios of tests/integration/links/*.py and holding the report against what they say: which image
# was made of which, with what status, by which rule, how many chains there are, and that totals are the files' sizes.
# Must not know: which tools there are.
"""links.py IMGBENCH LIBRARY WORK [SUBSTRING]
    A file in links/ has CASES, a list of dicts:
      name, script  a text for bash, run in an empty directory that has copies of `files` (of corpus.py, at twice its size)
      images        a text per image, in any order: "inputs > outputs status rule". Names are separated by commas; | is a
                    pipe, * any one file. Rules may be several: "buffer/adjacency"
      totals        (ok, failed, discarded, unfinished) chains
      sources, finals  names of files: the sum of their sizes must be the report's bytes_in, bytes_out
      attempts      {output: attempts}; `exit` the exit code, else 0; `scripts` {name: text} of more files
      check         a function of the report and the directory that yields texts of what is wrong"""

import glob
import importlib.util
import json
import os
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "parts"))
import corpus  # noqa: E402
import tools_expect  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
KEYS = {"name", "script", "files", "images", "totals", "sources", "finals", "attempts", "exit", "scripts", "check", "env"}


def load_cases():
    cases = []
    for path in sorted(glob.glob(f"{HERE}/scenarios/*.py")):
        spec = importlib.util.spec_from_file_location("links_" + os.path.basename(path)[:-3], path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        cases += module.CASES
    for case in cases:
        unknown = set(case) - KEYS
        if unknown or [other["name"] for other in cases].count(case["name"]) > 1:
            raise ValueError(f"{case['name']}: unknown keys {sorted(unknown)}, or a name used twice")
    return cases


def sizes(directory):
    return {name: os.path.getsize(f"{directory}/{name}") for name in os.listdir(directory)}


def name_of(file):
    return "|" if file["kind"] in ("pipe", "stdin") else os.path.basename(file["path"])


def matches(names, expected):
    return len(names) == len(expected) and all(want in ("*", name) for name, want in zip(names, expected))


def split(expected):
    """A text of `images`: inputs, outputs, status, rules."""
    inputs, rest = expected.split(" >", 1)
    words = rest.split()
    return [[name for name in part.split(",") if name] for part in (inputs, words[0] if len(words) == 3 else "")] + \
        [words[-2], words[-1].split("/")]


def wrong_images(report, expected):
    files = {file["id"]: file for file in report["files"]}
    left = [split(text) for text in expected]
    for image in report["images"]:
        inputs, outputs = ([name_of(files[id]) for id in image[key]] for key in ("inputs", "outputs"))
        found = [want for want in left if matches(inputs, want[0]) and matches(outputs, want[1]) and
                 want[2] == image["status"] and image["link_rule"] in want[3]]
        if found:
            left.remove(found[0])
        else:
            yield f"not expected: {','.join(inputs)} > {','.join(outputs)} {image['status']} {image['link_rule']}"
    for inputs, outputs, status, rules in left:
        yield f"missing: {','.join(inputs)} > {','.join(outputs)} {status} {'/'.join(rules)}"


def wrong_totals(report, case, before, after):
    totals = report["totals"]
    found = tuple(totals[key] for key in ("ok", "failed", "discarded", "unfinished"))
    if found != case["totals"]:
        yield f"totals are {found}, expected {case['totals']}"
    if totals["images"] != sum(found):
        yield f"{totals['images']} images, and {found}"
    if "finals" in case:
        expected = sum({**after, **before}[name] for name in case["sources"]), sum(after[name] for name in case["finals"])
        if (totals["bytes_in"], totals["bytes_out"]) != expected:
            yield f"from {totals['bytes_in']} to {totals['bytes_out']} bytes, expected {expected}"
    elif not totals["ok"] and totals["bytes_out"] is not None:
        yield f"{totals['bytes_out']} bytes of output, expected none"
    files = {file["id"]: file for file in report["files"]}
    for output, attempts in case.get("attempts", {}).items():
        of = [image["attempts"] for image in report["images"] if any(name_of(files[id]) == output for id in image["outputs"])]
        if of != [attempts]:
            yield f"attempts of {output}: {of}, expected {attempts}"


def try_case(case, images, imgbench, library, at):
    trace = at + ".trace"
    os.makedirs(at)
    for name in case["files"].split():
        shutil.copyfile(f"{images}/{name}", f"{at}/{name}")
    for name, text in case.get("scripts", {}).items():
        with open(f"{at}/{name}", "w", encoding="utf-8") as file:
            file.write(text)
    before = sizes(at)
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "TMPDIR": "/tmp", "ROOT": os.path.dirname(os.path.dirname(os.path.dirname(HERE))),
                   "LD_PRELOAD": library, "IMGBENCH_DIR": trace}
    done = subprocess.run(["/bin/bash", "-c", case["script"]], cwd=at, env=environment, stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=60, check=False)
    if done.returncode != case.get("exit", 0):
        yield f"exit code {done.returncode}: {done.stderr[-300:]}"
    report = json.loads(subprocess.run([imgbench, "report", "--json", trace], capture_output=True, timeout=60,
                                       check=False).stdout or "null")
    if report is None:
        yield "no report"
        return
    yield from tools_expect.unattributed(report)
    if "images" in case:
        yield from wrong_images(report, case["images"])
    if "totals" in case:
        yield from wrong_totals(report, case, before, sizes(at))
    if "check" in case:
        yield from case["check"](report, at)


def main(imgbench, library, work, substring=""):
    corpus.make(f"{work}/in", scale=2)
    cases = [case for case in load_cases() if substring in case["name"]]
    failed = 0
    for number, case in enumerate(cases):
        wrong = list(try_case(case, f"{work}/in", imgbench, library, f"{work}/{number}"))
        failed += bool(wrong)
        print(f"{'FAILED' if wrong else 'ok'} {case['name']}", flush=True)
        for text in wrong:
            print(f"    {text}", flush=True)
    print(f"{len(cases) - failed} passed, {failed} failed")
    return 1 if failed or not cases else 0


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:5]))
