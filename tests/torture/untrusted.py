# SPDX-License-Identifier: MIT
# Owns: the claim that no byte of a trace, a pack, an image's head, a JSON report or a gate is trusted: libFuzzer with ASan
# and UBSan on each way in (tests/fuzz/). Trials are executions.
# Must not know: what is in those bytes.
import os
import re
import subprocess
import threading

from harness import ROOT, case, run

SECONDS = 5  # of a short run, and of the first trial of a full one
# What is fuzzed, and how often in the second trial of a full run: together 20 million times.
TARGETS = {
    "decode": ("bytes of a packet, decoded, encoded and decoded again", 5_000_000),
    "reader": ("packets and control pages, to every report and export", 25_000),
    "infer": ("stories of records, to every report and export", 15_000),
    "pack": ("pack.ndjson, read, written and read again", 400_000),
    "compare": ("JSON reports that are compared, with gates, in every form", 5_000),
    "gate": ("expressions of --fail-if, and sizes", 2_000_000),
    "image_header": ("first bytes of files of any format", 500_000),
}
FORMATS = ("jpeg", "png", "webp", "avif", "heic", "gif", "tiff", "jxl", "pnm", "bmp", "svg", "parsed")
TARGETS |= {f"image_header_{name}": (f"heads of {name} images" if name != "parsed" else "heads of anonymized traces",
                                     1_000_000) for name in FORMATS}  # fmt: skip
OPTIONS = ["-timeout=25", "-rss_limit_mb=2048", "-print_final_stats=1", "-close_fd_mask=2", "-entropic=0", "-reload=0"]
built = threading.Lock()


def build(*targets):
    """One make at a time; the second has nothing to do."""
    with built:
        done = run(["make", "-s", f"-j{os.cpu_count()}", "--no-print-directory", *targets], cwd=ROOT,
                   capture_output=True, text=True, timeout=1500, check=False)  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"make {' '.join(targets)}: {(done.stdout + done.stderr)[-800:]}")


def corpus_of(name):
    family, _, kind = name.partition("_header_")
    return f"tests/fuzz/corpus/{family}_header/{kind}" if kind else f"tests/fuzz/corpus/{name}"


def fuzz(t, name, runs):
    build("fuzz")
    found, work = f"{ROOT}/build/fuzz/found", f"{t.directory}/corpus"
    os.makedirs(found, exist_ok=True)
    os.makedirs(work)
    limits = [f"-max_total_time={SECONDS}"] if t.number == 0 else [f"-runs={runs}", "-max_total_time=3000"]
    dictionary = [f"-dict=tests/fuzz/{name}.dict"] if os.path.exists(f"{ROOT}/tests/fuzz/{name}.dict") else []
    done = run(
        [f"build/fuzz/{name}", *OPTIONS, *limits, *dictionary, f"-seed={t.random.randrange(1, 1 << 31)}",
         f"-artifact_prefix={found}/{name}-", work, corpus_of(name)],
        cwd=ROOT, env={**t.environment(traced=False), "ASAN_OPTIONS": "malloc_context_size=5:quarantine_size_mb=8"},
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=3600, check=False)  # fmt: skip
    said = done.stderr.decode(errors="replace")
    executions = re.search(r"number_of_executed_units: (\d+)", said)
    t.did(int(executions[1]) if executions else 1)
    if done.returncode:
        where = re.search(r"Test unit written to (\S+)", said)
        place = next((line.split(" in ", 1)[-1] for line in said.splitlines()
                      if " in " in line and ("/analyzer/" in line or "/trace/" in line)), "")  # fmt: skip
        kind = re.search(r"SUMMARY: (.*)|runtime error: (.*)", said)
        t.fail(f"{name} ends with {done.returncode}: {kind[0] if kind else said[-300:]} {place}; "
               f"input {where[1] if where else 'not kept'}")  # fmt: skip
    elif not executions:
        t.fail(f"{name} did nothing: {said[-300:]}")


def add(name, title, runs):
    def attack(t):
        fuzz(t, name, runs)

    attack.__name__, attack.__module__ = f"fuzz_{name}", __name__
    case(title, trials=2, short=1)(attack)


for target, (what, times) in TARGETS.items():
    add(target, what, times)
