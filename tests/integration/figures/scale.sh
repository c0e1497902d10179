#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: the claim that a large trace that never ran (tests/bench/generate.c) gives its script back, byte by byte, in every
# format, that the order in which the file system lists its directories does not matter, and that exports need no more
# memory for ten times the records.
source tests/integration/environment.bash

export TMPDIR=$work
{
    read -r trace
    read -r images bytes_in bytes_out
} < <(build/bench/generate 100000 1000 20 7)
"$imgbench" verify "$trace" >"$work/verify"
grep -q ' no damage$' "$work/verify"
"$imgbench" report --json="$work/report.json" --csv="$work/report.csv" --html "$work/report.html" "$trace" >"$work/report.txt"
python3 - "$work/report.json" "$work/report.csv" "$images" "$bytes_in" "$bytes_out" <<'PYTHON'
import csv, json, sys
report = json.load(open(sys.argv[1], encoding="utf-8"))
images, bytes_in, bytes_out = map(int, sys.argv[3:])
totals = report["totals"]
assert (totals["images"], totals["ok"], totals["bytes_in"], totals["bytes_out"]) == (images, images, bytes_in, bytes_out)
assert [(r["quality"], r["n"]) for r in sorted(report["formats"]["webp"]["qualities"], key=lambda r: r["quality"])] == [
    (75, 250), (80, 250), (85, 250), (90, 250)]
assert report["coverage"]["io_ratio"] == 1 and report["coverage"]["lost_records"] == 0
for image in report["images"]:
    stages = image["stages"]
    parts = ["validation_s", "image_read_s", "optimization_s", "image_write_s", "cleanup_s"]
    named = sum(stages[key] for key in parts)
    assert abs(named + image["unattributed_s"] - image["busy_s"]) < 1e-8, image
    assert image["wait_s"] >= 0 and image["io"]["read_bytes"] == image["bytes_in"]
rows = list(csv.DictReader(open(sys.argv[2], encoding="utf-8")))
assert sum(int(row["bytes_out"]) for row in rows) == bytes_out
for worker in report["workers"]:
    parts = [worker[key] or 0 for key in ("on_cpu_s", "run_queue_s", "io_call_s", "other_s")]
    assert abs(sum(parts) - worker["active_s"]) < 1e-8, worker
assert report["pool"]["lanes"] == 20 == report["pool"]["in_flight_peak"]
PYTHON

# The same directories made in another order.
mkdir "$work/shuffled"
for entry in $(find "$trace" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort -r); do cp -r "$trace/$entry" "$work/shuffled"; done
"$imgbench" report --json "$work/shuffled" | cmp - "$work/report.json"

# Records are passed on: ten times as many of the same images need the same memory.
read -r larger < <(build/bench/generate 1000000 1000 20 7)
python3 - "$imgbench" "$work" "$trace" "$larger" <<'PYTHON'
import os, subprocess, sys
imgbench, work, *traces = sys.argv[1:]
def peak_bytes(*command):
    with subprocess.Popen(command) as child:
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = status
    assert status == 0, command
    return usage.ru_maxrss * 1024
for name, options in (("perfetto", ["--perfetto"]), ("records", ["--records", "--ndjson"])):
    small, large = (peak_bytes(imgbench, "export", trace, *options, f"{work}/{name}") for trace in traces)
    print(f"{name}: {small / 1e6:.1f} MB, {large / 1e6:.1f} MB")
    assert large < small + 8e6, name
    size = os.path.getsize(f"{work}/{name}")
    assert size > 20e6, f"{name}: {size} bytes"
PYTHON
