#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: the claims that the JSON report is what docs/report.schema.json promises, for a batch, one image and a program
# without any, and that CSV and Markdown of the same runs agree with it and keep their form.
source tests/integration/environment.bash

small_trace
"$imgbench" report --json="$work/batch.json" --csv="$work/batch.csv" --md="$work/batch.md" "$work/trace" >"$work/batch.txt"
"$imgbench" report --json --no-images "$work/trace" >"$work/no-images.json"
traced "$work/one" cwebp -quiet /usr/share/libjxl-testdata/jxl/flower/flower_cropped.jpg -o "$work/one.webp"
"$imgbench" report --json "$work/one" >"$work/one.json"
traced "$work/none" sh -c 'cat /etc/passwd >/dev/null; false' || true
"$imgbench" report --json "$work/none" >"$work/none.json"
# images[] is left out on purpose there: all else must be as promised.
python3 - "$work/no-images.json" <<'PYTHON'
import json, sys
path = sys.argv[1]
report = json.load(open(path, encoding="utf-8"))
assert "images" not in report
report["images"] = []
json.dump(report, open(path, "w", encoding="utf-8"))
PYTHON
node tests/integration/report/schema.mjs docs/report.schema.json docs/report.md "$work"/*.json

grep -q '^=== Image Optimizer Benchmark Report ===' "$work/batch.txt" # files do not take the text's place
python3 - "$work/batch.json" "$work/batch.csv" "$work/batch.md" <<'PYTHON'
import csv, json, sys
report = json.load(open(sys.argv[1], encoding="utf-8"))
rows = list(csv.DictReader(open(sys.argv[2], encoding="utf-8", newline="")))
assert len(rows) == len(report["images"]) > 2, len(rows)
for row, image in zip(rows, report["images"]):
    assert None not in row and None not in row.values(), row
    for key in ("bytes_in", "bytes_out", "read_ops", "attempts"):
        value = image["io"]["read_ops"] if key == "read_ops" else image[key]
        assert row[key] == ("" if value is None else str(value)), (key, row[key], value)
    for key in ("busy_s", "span_s", "unattributed_s", "size_ratio"):
        assert image[key] is None and row[key] == "" or abs(float(row[key]) - image[key]) <= 1e-6, (key, row[key])
    assert row["status"] == image["status"] and row["setting"] == (image["setting"] or "")
lines = open(sys.argv[3], encoding="utf-8").read().split("\n")
assert len(lines) < 60, len(lines)
for i, line in enumerate(lines): # every row of a table has as many cells as its head
    if line.startswith("|---"):
        end = next(k for k in range(i, len(lines)) if not lines[k].startswith("|"))
        cells = [text.replace("\\|", "").count("|") for text in lines[i - 1 : end]]
        assert len(set(cells)) == 1, (line, cells)
print(f"{len(rows)} rows agree")
PYTHON
