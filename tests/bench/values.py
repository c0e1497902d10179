# SPDX-License-Identifier: MIT
"""Owns: figures that are no comparison with a bare run: how large traces are, how long it takes to read them, how soon a
browser shows a page of them. Must not know: how they are printed.

A line of VALUES names a figure; its function measures it once. Traces that several figures need are made once."""
import collections
import json
import os
import re
import subprocess
import time

from pairs import IMGBENCH, Void, interval, output
from rows import BUILT, ROOT

GENERATE = os.path.join(BUILT, "bench", "generate")
PROCESSES, RECORDS_PER_IMAGE = 200, 100
PILLOW = ["/usr/bin/python3", os.path.join(ROOT, "tests", "bench", "pillow_jobs.py")]


class Read(collections.namedtuple("Read", "wall_s cpu_s rss_bytes")):
    """One run of a command that reads a trace."""


def read(command):
    start = time.monotonic()
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as child:
        said = child.stderr.read().decode(errors="replace")
        _, status, used = os.wait4(child.pid, 0)
        wall_s = time.monotonic() - start
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise Void(f"{command[0]} ended with {child.returncode}: {said.strip()}")
    return Read(wall_s, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)


def bytes_on_disk(trace):
    """What the directory takes: a file of several names once."""
    seen, total = set(), 0
    for folder, _, names in os.walk(trace):
        for path in [folder, *(os.path.join(folder, name) for name in names)]:
            status = os.lstat(path)
            total += 0 if status.st_ino in seen else status.st_blocks * 512
            seen.add(status.st_ino)
    return total


class Figures:
    """The functions behind VALUES. bench: where to put traces."""

    def __init__(self, bench):
        self.bench, self.made, self.reads = bench, {}, collections.defaultdict(list)

    def trace(self, millions):
        """One that never ran, of so many million records."""
        if millions not in self.made:
            words = [GENERATE, str(millions * 1_000_000), str(millions * 1_000_000 // RECORDS_PER_IMAGE), str(PROCESSES)]
            made = output(words, {**os.environ, "TMPDIR": self.bench.disk})
            self.made[millions] = made.splitlines()[0]
        return self.made[millions]

    def recorded(self, command, folder=None):
        """The trace of a command, as bytes on disk."""
        trace = self.bench.new_trace()
        words = ["env", f"LD_PRELOAD={self.bench.library}", f"IMGBENCH_DIR={trace}", *self.bench.filled(command)]
        done = subprocess.run(words, cwd=folder, env=self.bench.environment, stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=300, check=False)
        if done.returncode:
            raise Void(f"{command[0]} ended with {done.returncode}: {done.stderr.decode(errors='replace')[-200:]}")
        total = bytes_on_disk(trace)
        images = json.loads(output([IMGBENCH, "report", "--json", "--no-images", trace]))["totals"]["images"]
        self.bench.discard(trace)
        return total, images

    def size_demo(self):
        demo = os.path.join(self.bench.files, "demo")
        output([os.path.join(ROOT, "scripts", "demo-jobs"), demo, "small"])
        total, images = self.recorded(["xargs", "-a", "jobs", "-P2", "-L1", "bash", "job"], demo)
        if not images:
            raise Void("no image was recorded")
        return total / images / 1024

    def pillow(self, count):
        """Bytes of the trace of one program that makes so many small images."""
        if ("pillow", count) not in self.made:
            total, images = self.recorded([*PILLOW, "{inputs}/small", "{files}", str(count), "32"])
            if images < min(count, 100):
                raise Void(f"of {count} images {images} were recorded")
            self.made["pillow", count] = total
        return self.made["pillow", count]

    def size_steady(self):
        self.made.pop(("pillow", 100), None)
        self.made.pop(("pillow", 1000), None)
        return (self.pillow(1000) - self.pillow(100)) / 900 / 1024

    def size_linear(self):
        return (self.pillow(10_000) - self.pillow(1000)) / 9000 / ((self.pillow(1000) - self.pillow(100)) / 900)

    def rate(self, command, millions):
        """Million records per second."""
        run = read([IMGBENCH, command, self.trace(millions)])
        self.reads[command, millions].append(run)
        return millions / run.wall_s

    def scan_bytes(self):
        return bytes_on_disk(self.trace(10)) / 1e9 / read([IMGBENCH, "verify", self.trace(10)]).wall_s

    def scan_times_babeltrace2(self):
        ours = read([IMGBENCH, "verify", self.trace(1)]).wall_s
        return read(["babeltrace2", self.trace(1), "-c", "sink.utils.counter"]).wall_s / ours

    def report_memory(self):
        if not self.reads["report", 10]:
            self.rate("report", 10)
        return self.reads["report", 10].pop().rss_bytes / 1e6

    def made_pixels(self):
        """Of the photograph."""
        if "pixels" not in self.made:
            photo = self.bench.filled(["{inputs}/photo.ppm"])[0]
            across, down = output(["identify-im6.q16", "-format", "%w %h", photo]).split()
            self.made["pixels"] = int(across) * int(down)
        return self.made["pixels"]

    def score(self):
        """imgbench score of a picture and its JPEG, with all that it takes to read them. ru_maxrss of a process that waited
        for others is the largest of all: that of the one that compares."""
        large, small = self.bench.filled(["{inputs}/photo.ppm", "{files}/scored.jpg"])
        if not os.path.exists(small):
            output(["cjpeg", "-quality", "80", "-outfile", small, large])
        return read([IMGBENCH, "score", large, small])

    def score_rate(self):
        return self.made_pixels() / 1e6 / self.score().cpu_s

    def score_memory(self):
        return self.score().rss_bytes / self.made_pixels()

    def page(self):
        path = os.path.join(self.bench.disk, "page.html")
        if "page" not in self.made:
            output([IMGBENCH, "report", "--html", path, self.trace(10)])
            self.made["page"] = path
        return path

    def page_size(self):
        return os.path.getsize(self.page()) / 1e6

    def page_painted(self, what):
        said = output(["node", os.path.join(ROOT, "tests", "bench", "paint.mjs"), os.path.join(BUILT, "browser"),
                       self.page()])
        return float(re.search(rf"^{what} ([\d.]+)$", said, re.M)[1]) / 1000


# most: rounds at most. better: which side of the bar is the good one.
Value = collections.namedtuple("Value", "name what unit bar better most function")
VALUES = [
    Value("size-demo", "trace of the small demo, per image", "KiB", 64, "less", 1, Figures.size_demo),
    Value("size-steady", "Pillow, each further image", "KiB", 16, "less", 3, Figures.size_steady),
    Value("size-linear", "the same of 10,000, by that of 1,000", "×", 1.05, "less", 1, Figures.size_linear),
    Value("scan-10", "imgbench verify, 10 M records", "M/s", 150, "more", 15, lambda f: f.rate("verify", 10)),
    Value("scan-bytes", "the same", "GB/s", None, "more", 15, Figures.scan_bytes),
    Value("scan-peer", "the same by babeltrace2, 1 M", "×", 50, "more", 6, Figures.scan_times_babeltrace2),
    Value("report-1", "imgbench report, 1 M records", "M/s", None, "more", 7, lambda f: f.rate("report", 1)),
    Value("report-3", "imgbench report, 3 M records", "M/s", None, "more", 7, lambda f: f.rate("report", 3)),
    Value("report-10", "imgbench report, 10 M records", "M/s", 10, "more", 7, lambda f: f.rate("report", 10)),
    Value("report-memory", "its resident memory, at most", "MB", 300, "less", 7, Figures.report_memory),
    Value("score", "SSIMULACRA 2 of 12 megapixels, by CPU time", "MP/s", 4, "more", 7,
          lambda f: float(output([os.path.join(BUILT, "bench", "score")]))),
    Value("score-all", "imgbench score, all metrics and reading", "MP/s", None, "more", 7, Figures.score_rate),
    Value("score-memory", "its memory, per pixel", "B", 60, "less", 3, Figures.score_memory),
    Value("page-size", "HTML report of 100,000 images", "MB", 30, "less", 1, Figures.page_size),
    Value("page-paint", "Chromium: its first paint", "s", 2, "less", 6, lambda f: f.page_painted("paint")),
    Value("page-ready", "Chromium: all of it", "s", None, "less", 6, lambda f: f.page_painted("ready")),
]
LARGE = [  # 2 GB of disk
    Value("report-30", "imgbench report, 30 M records", "M/s", None, "more", 3, lambda f: f.rate("report", 30)),
]


def measure(value, figures, rounds):
    result = {"name": value.name, "what": value.what, "unit": value.unit, "measure": "value", "bar": value.bar,
              "better": value.better}
    try:
        numbers = [value.function(figures) for _ in range(min(rounds, value.most))]
    except (Void, OSError, subprocess.TimeoutExpired) as reason:
        return {**result, "void": str(reason)}
    return {**result, "tools": {"traced": interval(numbers)}}


