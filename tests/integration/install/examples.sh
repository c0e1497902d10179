#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: the claim that every example of README.md, docs/ and the manual pages can be typed as it stands there.
source tests/integration/environment.bash

# LD_PRELOAD cannot name a path with blanks, as README.md says: its examples are for one without.
plain=$(mktemp -d /tmp/imgbench-test-XXXXXX)
trap 'rm -rf "$plain" "$work"; [[ $library != /tmp/imgbench-link.* ]] || rm -r "$(dirname "$library")"' EXIT
export XDG_STATE_HOME=$plain/state PATH=$root/build:$PATH
unset LD_PRELOAD IMGBENCH_DIR
/usr/bin/python3 - "$plain" <<'PYTHON'
import sys
from PIL import Image
image = Image.open("/usr/share/libjxl-testdata/jxl/flower/flower_cropped.jpg").convert("RGB").resize((240, 180))
for name in ("photo", "second", "in"):
    image.save(f"{sys.argv[1]}/{name}.png")
PYTHON
cat >"$plain/server.mjs" <<'NODE'
import { readFileSync, writeFileSync } from 'node:fs';
writeFileSync('port', 'ready');
setInterval(() => writeFileSync('served.png', readFileSync('photo.png')), 50); // what a request would do
NODE
ln -s "$root/build" "$plain/build"
for trace in old new OLD NEW TRACE; do
    (cd "$plain" && traced "$plain/$trace" cwebp -quiet -q 83 photo.png -o photo.webp)
done
python3 tests/integration/install/examples.py "$root" "$plain"
