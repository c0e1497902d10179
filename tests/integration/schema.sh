#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: the claim that the JSON report is what docs/report.schema.json promises, for a batch and for an empty run,
# and that no image is busy for longer than it lasts.
source tests/integration/environment.bash

small_trace
"$imgbench" report --json "$work/trace" >"$work/batch.json"
"$imgbench" report --json --no-images "$work/trace" >"$work/no-images.json" 2>/dev/null || rm "$work/no-images.json"
traced "$work/one" cwebp -quiet /usr/share/libjxl-testdata/jxl/flower/flower_cropped.jpg -o "$work/one.webp"
"$imgbench" report --json "$work/one" >"$work/one.json"

python3 - docs/report.schema.json "$work"/*.json <<'PYTHON'
import json
import sys

import jsonschema

with open(sys.argv[1], encoding="utf-8") as file:
    schema = json.load(file)
checker = jsonschema.validators.validator_for(schema)
checker.check_schema(schema)
wrong = 0


def not_json(token):
    raise ValueError(f"{token} is not JSON")


for path in sys.argv[2:]:
    with open(path, encoding="utf-8") as file:
        report = json.load(file, parse_constant=not_json)
    for error in list(checker(schema).iter_errors(report))[:20]:
        print(f"{path}: {'.'.join(map(str, error.absolute_path))}: {error.message[:300]}")
        wrong = 1
    # An image cannot be busy for longer than it lasts; half a millisecond is what readings and clocks leave open.
    for image in report.get("images", []):
        if image["wait_s"] < -0.0005:
            print(f"{path}: image {image['id']}: busy_s {image['busy_s']} of span_s {image['span_s']}")
            wrong = 1
sys.exit(wrong)
PYTHON
