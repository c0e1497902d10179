#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: the claim that the report shows the quality that was asked for: cwebp -q 83 and cjpeg -quality 62.
# cjpeg never hands its number to the library that encodes, so 62 comes from the tables in the file it wrote.
source tests/integration/environment.bash

mkdir "$work/in" "$work/out"
photo=/usr/share/libjxl-testdata/jxl/flower/flower_small.q85_444_non_interleaved.jpg
cp "$photo" "$work/in/photo.jpg"
djpeg -outfile "$work/in/photo.ppm" "$photo"

traced "$work/trace" cwebp -quiet -q 83 "$work/in/photo.jpg" -o "$work/out/photo.webp"
traced "$work/trace" cjpeg -quality 62 -outfile "$work/out/photo.jpg" "$work/in/photo.ppm"
"$imgbench" report --json "$work/trace" >"$work/report.json"

python3 - "$work/report.json" <<'PYTHON'
import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    formats = json.load(file)["formats"]
found = {name.lower(): [row["quality"] for row in entry["qualities"]] for name, entry in formats.items()}
for name, quality in (("webp", 83), ("jpeg", 62)):
    if found.get(name) != [quality]:
        sys.exit(f"formats.{name}.qualities shows {found.get(name)}, not [{quality}]; all: {found}")
PYTHON
