#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: what becomes of a trace that is carried away. Packed, its report is the same where images, programs and libraries
# are not; a pack that cannot be used costs one line.
# Must not know: how either is done.
# shellcheck source=tests/integration/environment.bash
source tests/integration/environment.bash

# Another machine, as far as one can say by its name: nothing of this one is to be trusted.
elsewhere() {
    unshare -r --uts sh -c 'hostname elsewhere && exec "$@"' - "$@"
}

reports() { # place command…: report of the trace in the working directory, in every form
    local place=$1
    shift
    mkdir "$place"
    "$@" "$imgbench" report --images trace >"$place/text" 2>"$place/errors"
    "$@" "$imgbench" report --json="$place/json" --html "$place/html" --csv="$place/csv" --md="$place/md" trace \
        >/dev/null 2>>"$place/errors"
}

json() { # file trace [elsewhere]: its report
    ${3:-} "$imgbench" report --json "$2" >"$1"
}

small_trace
mkdir "$work/here" "$work/there"
mv "$work/trace" "$work/here/trace"
cd "$work/here"
reports "$work/local"
[[ ! -s $work/local/errors ]] || fail "reports here: $(cat "$work/local/errors")"

# Programs and libraries that nobody has elsewhere, either.
mkdir "$work/programs"
cp -r "$root/build/victims/stacks" "$root/build/victims/lib" "$work/programs"
IMGBENCH_STACKS=1 traced "$work/here/stacks" "$work/programs/stacks" >/dev/null || [[ $? == 6 ]]
json stacks.json stacks
python3 - stacks.json <<'PYTHON' || fail "the victim's functions have no names here"
import json, sys
names = {frame["function"] for site in json.load(open(sys.argv[1]))["memory"]["sites"] for frame in site["stack"]}
sys.exit(not {"victim_once", "linked_make", "plugin_make", "script", "main"} <= names)
PYTHON

"$imgbench" verify trace | grep ' no pack, no damage$' >/dev/null
for trace in trace stacks; do
    "$imgbench" pack "$trace" >packed 2>errors || fail "pack: $(cat errors)"
    [[ ! -s errors ]] || fail "pack says: $(cat errors)"
done
grep -q '^[0-9]* image files\?, [1-9][0-9]* places in [1-9]' packed || fail "pack prints: $(cat packed)"
"$imgbench" pack trace/ | grep -E '^[1-9][0-9]+ image files, .*: trace/?/pack.ndjson$' >/dev/null || fail "pack prints: $("$imgbench" pack trace/)"
"$imgbench" verify trace | grep -E ' a pack of [1-9][0-9]+ image files, no damage$' >/dev/null || fail "verify: $("$imgbench" verify trace)"
babeltrace2 trace >/dev/null 2>warnings || fail "babeltrace2: $(cat warnings)"
[[ ! -s warnings ]] || fail "babeltrace2 warns: $(cat warnings)"
python3 - "$work" <<'PYTHON' || fail "hashes of content"
import hashlib, json, sys
files = [line for line in map(json.loads, open("trace/pack.ndjson")) if "facts" in line]
sys.exit(not all(hashlib.sha256(open(f["path"], "rb").read()).hexdigest() == f["sha256"] for f in files))
PYTHON
echo "ok packed: $(grep -c '"facts"' trace/pack.ndjson) files"

# A pack changes nothing here.
reports "$work/packed"
diff -r "$work/local" "$work/packed" || fail "a report here differs when the trace is packed"

# Elsewhere, without the images and the programs.
cp -r trace stacks "$work/there"
mv "$work/jobs" "$work/jobs.gone"
mv "$work/programs" "$work/programs.gone"
cd "$work/there"
reports "$work/elsewhere" elsewhere
diff -r "$work/local" "$work/elsewhere" || fail "the report of a packed trace differs elsewhere"
json stacks.json stacks elsewhere
cmp stacks.json "$work/here/stacks.json" || fail "functions are not named alike elsewhere"
reports "$work/gone"
diff -r "$work/local" "$work/gone" || fail "the report of a packed trace differs when the images are gone"
# Packed again where nothing is, it keeps what it has.
cp trace/pack.ndjson before.json
elsewhere "$imgbench" pack trace >packed
cmp before.json trace/pack.ndjson || fail "packing again elsewhere loses something: $(cat packed)"
echo "ok elsewhere: the same text, JSON, HTML, CSV and Markdown"

# The images are there, by device, inode, length and time, but the machine is another one: they count for nothing.
mv "$work/jobs.gone" "$work/jobs"
mv trace/pack.ndjson pack.ndjson
mkdir "$work/none"
json "$work/none/here.json" trace
json "$work/none/elsewhere.json" trace elsewhere
python3 - "$work/none" <<'PYTHON' || fail "files of another machine were trusted"
import json, sys
here, there = (json.load(open(f"{sys.argv[1]}/{name}.json")) for name in ("here", "elsewhere"))
sys.exit(not (any(f["facts_from"] == "file" for f in here["files"]) and
              all(f["facts_from"] == "head" for f in there["files"]) and
              any("is not known to be from this machine" in note and "imgbench pack" in note for note in there["coverage"]["notes"])))
PYTHON

# A pack that cannot be used is one line, and the report goes on as without.
refused() { # why
    code=0
    json "$work/none/refused.json" trace elsewhere 2>errors || code=$?
    ((code == 0)) || fail "$1: exit code $code"
    [[ $(wc -l <errors) == 1 ]] && grep -q "$1" errors || fail "$1: $(cat errors)"
    cmp "$work/none/refused.json" "$work/none/elsewhere.json" || fail "$1: another report than without a pack"
    "$imgbench" verify trace >out 2>errors && fail "verify does not mind: $1"
    grep -q "$1" errors || fail "verify: $(cat errors)"
}
head -n 3 pack.ndjson >trace/pack.ndjson
refused 'pack.ndjson: damaged in line 4;'
head -c 1000 pack.ndjson >trace/pack.ndjson
refused 'pack.ndjson: damaged in line'
echo '{"schema": "imgbench-pack/1", "files": 3}' >trace/pack.ndjson
refused 'pack.ndjson: damaged in line 1;'
sed '0,/imgbench-pack.1/s//imgbench-pack\/9/' pack.ndjson >trace/pack.ndjson
refused 'pack.ndjson: not a pack of this version'
cp stacks/pack.ndjson trace/pack.ndjson
refused 'pack.ndjson: belongs to another trace'
rm trace/pack.ndjson && ln -s ../pack.ndjson trace/pack.ndjson
refused 'pack.ndjson: cannot be read: a symbolic link'
cp pack.ndjson pack.before # whoever made the trace must not say what is written over
"$imgbench" pack trace >/dev/null
cmp pack.ndjson pack.before && [[ ! -L trace/pack.ndjson ]] || fail "a pack was written behind a link"
rm trace/pack.ndjson && mkfifo trace/pack.ndjson
timeout 20 "$imgbench" pack trace >/dev/null && [[ -f trace/pack.ndjson ]] || fail "a pack in place of a pipe: $?"
rm trace/pack.ndjson
process=$(basename "$(find trace -name "*-*" -print -quit)")
code=0
"$imgbench" pack "trace/$process" 2>errors || code=$?
((code == 1)) && grep -q 'give the whole trace' errors || fail "pack of a process: $code $(cat errors)"
echo "ok refused packs"
