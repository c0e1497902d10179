#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: the journey of finding the image that blew the memory: which one, in which step, and what a limit does to the batch.
source tests/journeys/environment.bash

mkdir in
/usr/bin/python3 - <<'PYTHON'
from PIL import Image
for i in range(6):
    Image.effect_noise((300, 300), 60).convert("RGB").save(f"in/small-{i}.png")
Image.effect_noise((4000, 3000), 60).convert("RGB").save("in/poster.png", compress_level=1)
PYTHON
cat >batch <<'SCRIPT'
mkdir -p out
for f in in/*.png; do cwebp -quiet -m 1 "$f" -o "out/$(basename "$f" .png).webp" || echo "failed: $f"; done
SCRIPT
ends_with 0 imgbench run --out all --report all.json -- sh batch
[[ $(figure all.json '[f["path"] for f in d["files"]][d["images"][d["memory"]["peak"]["image"]]["inputs"][0]].split("/")[-1]') == poster.png ]] ||
    fail "the peak is blamed on $(figure all.json 'd["memory"]["peak"]')"
[[ $(figure all.json 'd["memory"]["peak_rss_bytes"] > 36e6') == True ]]
imgbench report all >../out
grep -q 'the largest part for poster.png in ' ../out || fail "$(grep -A3 'Memory Usage' ../out)"
imgbench export all --flamegraph - | grep cwebp >/dev/null

# With a limit only that one fails; the report says which, and that its program said so.
ends_with 0 imgbench run --out limited --report limited.json -- sh -c 'ulimit -v 60000; sh batch'
grep -qx 'failed: in/poster.png' ../out || fail "$(<../out)"
[[ $(figure limited.json 'd["totals"]["ok"], d["totals"]["images"]') == "6 7" ]] || fail "$(figure limited.json 'd["totals"]')"
[[ $(figure limited.json '[d["files"][i["inputs"][0]]["path"].split("/")[-1] for i in d["images"] if i["status"] != "ok"]') == "['poster.png']" ]]
ends_with 3 imgbench report --fail-if 'any images.status!=ok' limited
grep -q 'poster' ../err || fail "$(<../err)"
