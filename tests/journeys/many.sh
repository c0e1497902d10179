#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: the journey of very many images: recorded for real, reported, looked at, exported and compared in bearable time and
# memory. MANY_IMAGES says how many thousands, 20 unless set; `make torture` does it with 100.
source tests/journeys/environment.bash
export TMPDIR=$work
thousands=${MANY_IMAGES:-20}
count=$((thousands * 1000))

/usr/bin/python3 -c '
from PIL import Image
for i in range(4): Image.effect_noise((16, 16), 40 + i).save(f"in-{i}.png")'
cat >many.py <<'PYTHON'
import os, sys
from PIL import Image
for directory in range(int(sys.argv[1])):
    os.mkdir(f"out-{directory}")
    for i in range(1000):
        Image.open(f"in-{i % 4}.png").save(f"out-{directory}/{i}.jpg", quality=60 + i % 4)
PYTHON
ends_with 0 imgbench run --out trace --report run.txt -- /usr/bin/python3 many.py "$thousands"
[[ $(find . -name '*.jpg' | wc -l) == "$count" ]]
grep -Eq "^- Images: $thousands,000 ok, 0 failed" run.txt || fail "$(grep Images: run.txt)"
grep -q ', 0 lost)' run.txt || fail "$(grep Overhead run.txt)"

# Everything that is made of it, within 2 GB of memory and a minute each.
bounded() { # seconds command…
    local limit=$1
    shift
    (ulimit -v 4000000; timeout "$limit" "$@") >../out 2>../err || fail "$*: $? $(tail -3 ../err)"
}
bounded 60 imgbench report trace
bounded 60 imgbench report --json=r.json --csv=r.csv --html=r.html trace
[[ $(wc -l <r.csv) == $((count + 1)) && $(stat -c %s r.html) -lt 60000000 ]] || fail "$(ls -l r.csv r.html)"
bounded 60 imgbench report --no-images --json=small.json trace
[[ $(stat -c %s small.json) -lt 100000000 && $(figure small.json 'd["totals"]["bytes_out"]') == $(find . -name "*.jpg" -printf "%s\n" | awk "{ n += \$1 } END { print n }") ]] ||
    fail "$(figure small.json 'd["totals"]["bytes_out"]') bytes, not $(find . -name "*.jpg" -printf "%s\n" | awk "{ n += \$1 } END { print n }")"
bounded 60 imgbench report --fail-if 'any images.status!=ok' trace
bounded 120 imgbench export trace --sqlite all.db --ndjson all.ndjson
[[ $(sqlite3 all.db 'select count(*) from images') == "$count" && $(wc -l <all.ndjson) == "$count" ]]
bounded 120 imgbench compare --json=c.json trace trace
[[ $(figure c.json 'len(d["images"]["pairs"])') == "$count" ]] || fail "$(figure c.json 'len(d["images"]["pairs"])') pairs"
