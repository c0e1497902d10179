# SPDX-License-Identifier: MIT
"""Owns: the comparison of a demo's report with the sizes that the demo measured itself, to the byte.
Usage: demo-compare.py DIR, which holds jobs, sizes.in, sizes.out and report.json."""
import json
import os
import sys

folder = sys.argv[1]


def sizes(name):
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        rows = [line.rstrip("\n").split(" ", 1) for line in file]
    return {os.path.realpath(os.path.join(folder, path)): int(size) for size, path in rows}


with open(os.path.join(folder, "report.json"), encoding="utf-8") as file:
    report = json.load(file)
with open(os.path.join(folder, "jobs"), encoding="utf-8") as file:
    jobs = len(file.readlines())
measured = {"source": sizes("sizes.in"), "final": sizes("sizes.out")}
differences = []


def compare(what, ours, theirs):
    if ours != theirs:
        differences.append(f"{what}: the demo counts {ours}, the report says {theirs}")


totals = report["totals"]
compare("totals.images", jobs, totals["images"])
compare("totals.bytes_in", sum(measured["source"].values()), totals["bytes_in"])
compare("totals.bytes_out", sum(measured["final"].values()), totals["bytes_out"])
compare("totals.failed", 0, totals["failed"])

for role, expected in measured.items():
    reported = {}
    for entry in report["files"]:
        if entry["role"] == role:
            path = os.path.realpath(os.path.join(folder, entry["path"] or "(no path)"))
            reported.setdefault(path, []).append(entry["bytes"])
    for path in sorted(expected.keys() | reported.keys()):
        name = os.path.relpath(path, folder)
        compare(f"{role} {name}", [expected[path]] if path in expected else [], reported.get(path, []))

if differences:
    print("totals differ:", *differences, sep="\n    ")
    sys.exit(1)
print(f"totals agree: {jobs} images, {totals['bytes_in']} bytes in, {totals['bytes_out']} bytes out,"
      f" and each of {len(measured['source'])} sources and {len(measured['final'])} outputs to the byte")
