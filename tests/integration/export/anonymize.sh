#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: what `imgbench anonymize` makes: a sound trace with the same figures, in which nothing is left of what was planted.
# Must not know: how names are replaced.
# shellcheck source=tests/integration/environment.bash
source tests/integration/environment.bash

planted() { python3 "$root/tests/integration/parts/planted.py" "$@"; }

# Every number and everything that is no name of somebody's is equal in two JSON reports.
cat >"$work/same.py" <<'PYTHON'
import json, sys
NAMES = {"path", "path_b64", "exe", "argv", "cwd", "machine", "kernel", "boot_id", "cpu_model", "name", "build_id", "version",
         "module", "function", "location", "notes", "command", "allocator"}
a, b = (json.load(open(path)) for path in sys.argv[1:3])
numbers = 0
def walk(x, y, where, key):
    global numbers
    if key in NAMES and (isinstance(x, str) or x is None) and (isinstance(y, str) or y is None):
        return
    if type(x) is not type(y):
        sys.exit(f"{where}: {x!r:.80} and {y!r:.80}")
    if isinstance(x, dict):
        if x.keys() != y.keys():
            sys.exit(f"{where}: other keys")
        for k in x:
            walk(x[k], y[k], f"{where}.{k}", k)
    elif isinstance(x, list):
        if len(x) != len(y):
            sys.exit(f"{where}: {len(x)} and {len(y)} elements")
        for i, (p, q) in enumerate(zip(x, y)):
            walk(p, q, f"{where}[{i}]", key)
    else:
        numbers += not isinstance(x, str)
        if x != y:
            sys.exit(f"{where}: {x!r} and {y!r}")
walk(a, b, "report", "")
if a["files"] and numbers < 100:
    sys.exit(f"only {numbers} numbers")
print(f"ok {sys.argv[3]}: {numbers} numbers are equal")
PYTHON

# Anonymizes $work/NAME into $work/NAME.out and holds both against each other.
check() { # name
    cd "$work"
    "$imgbench" anonymize "$1" "$1.out" >out 2>errors || fail "anonymize $1: $(cat errors)"
    [[ ! -s errors ]] || fail "anonymize $1 says: $(cat errors)"
    "$imgbench" verify "$1.out" >verified 2>&1 || fail "verify: $(cat verified)"
    grep -q ' a pack of .* no damage$' verified || fail "verify: $(cat verified)"
    babeltrace2 "$1.out" >events 2>warnings || fail "babeltrace2: $(head -5 warnings)"
    [[ ! -s warnings ]] || fail "babeltrace2 warns: $(head -5 warnings)"
    [[ $(wc -l <events) == $("$imgbench" dump "$1" | wc -l) ]] || fail "$1: other records"
    "$imgbench" report --json "$1" >a.json
    "$imgbench" report --json "$1.out" >b.json 2>errors
    [[ ! -s errors ]] || fail "report of $1.out: $(cat errors)"
    python3 same.py a.json b.json "$1" || fail "$1: other figures"
}

small_trace
check trace
"$imgbench" report "$work/trace.out" >"$work/text"
grep -q 'WebP (q=83): ' "$work/text" || fail "no figures in the report of an anonymized trace"
"$imgbench" dump "$work/trace.out" >"$work/dumped"
grep -q 'argv="cwebp\\000-quiet\\000-q\\00083\\000[0-9a-f]*/[0-9a-f]*.jpg\\000-o\\000' "$work/dumped" ||
    fail "no command line is left: $(grep -m1 'argv="cwebp' "$work/dumped")"
grep -rq "$(uname -n)" "$work/trace" || fail "the host's name was not in the trace at all"

# With images that are gone, out of the pack.
"$imgbench" pack "$work/trace" >/dev/null
mv "$work/jobs" "$work/jobs.gone"
rm -r "$work/trace.out"
check trace
! grep -rqa 'sha256":"' "$work/trace.out" || fail "hashes of content are left"

# Functions of programs that nobody knows have other names, and as many.
IMGBENCH_STACKS=1 traced "$work/stacks" "$root/build/victims/stacks" >/dev/null || [[ $? == 6 ]]
check stacks
! grep -qa 'victim_once\|stacks\.c' "$work/stacks.out/pack.ndjson" || fail "names of functions are left"

# Secrets wherever a trace has texts or bytes.
place=$work/Heron-Hollow-7731
mkdir "$place"
cd "$place"
convert-im6.q16 -size 64x48 plasma:red-blue -quality 77 "$work/plain.jpg"
planted make "$work/plain.jpg"
cp "$(command -v cjpeg)" .
cat >tool.py <<'PYTHON'
import ctypes, os, sys, threading
from PIL import Image
libc = ctypes.CDLL(None)
def name():
    libc.prctl(15, b"otter-thread", 0, 0, 0)
    for given, made in zip(sys.argv[4::2], sys.argv[5::2]):
        Image.open(given).convert("RGB").save(made)
thread = threading.Thread(target=name)
thread.start()
thread.join()
libc.system(b"true moonshine-in-the-shell; true")
open("c.svg", "rb").read()
os.symlink("where-the-link-leads", "link")
PYTHON
traced "$work/planted" env IMGBENCH_SAMPLE_MS=ghp_Zk81vQx0TtPlanted42 bash -c '
    /usr/bin/python3 tool.py ghp_Zk81vQx0TtPlanted42 --token=ghp_Zk81vQx0TtPlanted42 --header="Authorization: Bearer-qqWn5ySecret" \
        grandma-at-the-lake.jpg a.png b.ppm b.png
    ./cjpeg -quality 61 -outfile d.jpg b.ppm' >/dev/null
cd "$root"
"$imgbench" pack "$work/planted" >/dev/null
planted there "$work/planted" || fail "planted"
check planted
planted gone "$work/planted.out" || fail "secrets are left"
grep -Eq '"exe": "/[^"]*/cjpeg"' "$work/b.json" || fail "the name of a program is gone"
python3 - "$work/b.json" <<'PYTHON' || fail "what the images were is gone"
import json, sys
report = json.load(open(sys.argv[1]))
files, host = report["files"], report["host"]
if host["machine"] or host["cpu_model"] or not host["memory_bytes"] or not host["kernel"].replace(".", "").isdigit():
    sys.exit(f"host: {host}")
jpeg = next(f for f in files if f["format"] == "jpeg" and f["path"].endswith(".jpg") and f["metadata"]["exif"])
sys.exit(not (jpeg["metadata"]["xmp"] and (jpeg["width"], jpeg["height"]) == (64, 48) and jpeg["coding"]["jpeg_quality"] == 77))
PYTHON

# Another key each time, and none that is kept.
"$imgbench" anonymize "$work/planted" "$work/again" >/dev/null
path() { "$imgbench" report --json "$1" | python3 -c 'import json, sys; print(json.load(sys.stdin)["files"][0]["path"])'; }
[[ $(path "$work/again") != $(path "$work/planted.out") ]] || fail "the same key twice"

# What can be read of a damaged trace.
cp -r "$work/planted" "$work/damaged"
packet=$(find "$work/damaged" -name 0.0 -size +8k -print -quit)
truncate -s 6000 "$packet"
code=0
"$imgbench" anonymize "$work/damaged" "$work/damaged.out" >"$work/out" 2>"$work/errors" || code=$?
((code == 0)) || fail "a damaged trace: exit code $code, $(cat "$work/errors")"
grep -q 'byte 6000: ' "$work/errors" && grep -q '^1 place of the trace could not be read and is missing' "$work/out" ||
    fail "a damaged trace: $(cat "$work/out" "$work/errors")"
"$imgbench" verify "$work/damaged.out" >/dev/null || fail "anonymized, a damaged trace is still damaged"
[[ $("$imgbench" dump "$work/damaged" 2>/dev/null | wc -l) == $("$imgbench" dump "$work/damaged.out" | wc -l) ]]
planted gone "$work/damaged.out" || fail "secrets are left of a damaged trace"

# One process of it, whose trace says nothing of the machine.
process=$(find "$work/planted" -maxdepth 1 -name '*-*' -print -quit)
"$imgbench" anonymize "$process" "$work/one" >"$work/out" 2>"$work/errors" || fail "one process: $(cat "$work/errors")"
[[ $("$imgbench" dump "$process" | wc -l) == $("$imgbench" dump "$work/one" | wc -l) ]]

# Nothing that is there is touched.
refused() { # code what command…
    local wanted=$1 what=$2 code=0
    shift 2
    "$imgbench" anonymize "$@" >"$work/out" 2>"$work/errors" || code=$?
    ((code == wanted)) && [[ $(wc -l <"$work/errors") == 1 ]] && grep -q "$what" "$work/errors" ||
        fail "anonymize $*: exit code $code, $(cat "$work/errors")"
}
mkdir "$work/full"
echo mine >"$work/full/file"
refused 1 'there is something in it' "$work/planted" "$work/full"
[[ $(ls "$work/full") == file ]] || fail "a full directory was written to"
refused 1 'there is something in it' "$work/planted" "$work/planted"
refused 1 'not a directory' "$work/planted" "$work/full/file"
refused 1 'no such directory' "$work/none" "$work/new"
[[ ! -e $work/new ]] || fail "an empty directory is left"
refused 2 'directory OUT' "$work/planted"
refused 2 "not also 'three'" "$work/planted" two three
refused 1 'lies in the trace' "$work/planted" "$work/planted/new/"
(cd "$work/planted" && refused 1 'lies in the trace' . new)
mkdir "$work/empty"
"$imgbench" anonymize "$work/planted" "$work/empty/" >/dev/null || fail "an empty directory was refused"
echo "ok refused"
