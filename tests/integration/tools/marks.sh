#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: the claims about marks: every call that asks about a path makes them, from every language; programs behave the
# same with and without the library; the examples do what their comments say.
source tests/integration/environment.bash

photo=/usr/share/libjxl-testdata/jxl/flower/flower_small.q85_444_non_interleaved.jpg
png=/usr/share/libjxl-testdata/external/wesaturate/500px/cvo9xd_keong_macan_srgb8.png
modules=build/node/node_modules
[[ -d $modules/sharp ]] || fail "$modules/sharp is missing: run scripts/setup"

# Runs a command bare and traced, each in a directory of its own; output, exit code and files must be the same. The trace
# is in $work/<name>.trace. OUT in the command stands for the directory.
twice() { # name command…
    local name=$1 way code
    shift
    for way in bare traced; do
        code=0
        mkdir "$work/$name.$way"
        if [[ $way == bare ]]; then
            "${@/OUT/$work/$name.$way}" >"$work/$name.$way/stdout" 2>"$work/$name.$way/stderr" || code=$?
        else
            traced "$work/$name.trace" "${@/OUT/$work/$name.$way}" >"$work/$name.$way/stdout" 2>"$work/$name.$way/stderr" || code=$?
        fi
        echo "$code" >"$work/$name.$way/code"
    done
    diff -r "$work/$name.bare" "$work/$name.traced" || fail "$name behaves otherwise under the library"
    "$imgbench" verify "$work/$name.trace" >/dev/null
    "$imgbench" report --json "$work/$name.trace" >"$work/$name.json"
}

# The names of the marks of one kind, in the order of their time.
names() { # name kind
    "$imgbench" dump "$work/$1.trace" | sed -n "s/.* mark what=$2 .* name=\"\(.*\)\" data=.*/\1/p"
}

expect() { # what wanted found
    diff <(echo "$2") <(echo "$3") >"$work/diff" || fail "$1, < wanted, > found: $(<"$work/diff")"
}

# ---- every call, threads, children, a signal handler; and what is no mark ----

twice calls build/victims/marks
[[ $(<"$work/calls.traced/code") == 7 ]]
long=$(printf 'n%.0s' {1..200})
expect "marks of every call" "access
faccessat
faccessat2
euidaccess
eaccess
stat
lstat
fstatat
statx
statx by number
xstat
$long
without data
slashes
in a signal handler
in a forked child" "$(names calls MARK)"
python3 - "$work/calls.json" <<'PYTHON'
import json, sys
report = json.load(open(sys.argv[1]))
spans = {span["name"]: span for span in report["span_list"]}
assert set(spans) == {"whole", "helper", "handed over"}, spans
assert spans["handed over"]["matched_by"] == "process" and spans["helper"]["matched_by"] == "thread", spans
assert spans["helper"]["tid"] != spans["whole"]["tid"], spans
assert spans["whole"]["start_s"] <= spans["helper"]["start_s"] <= spans["helper"]["end_s"] <= spans["whole"]["end_s"]
assert spans["whole"]["data"] == {"n": 1}, spans["whole"]
times = [mark["t_s"] for mark in report["marks"]]
assert times == sorted(times), "marks are not in the order of time"
data = {mark["name"]: mark["data"] for mark in report["marks"]}
assert data["slashes"] == {"image": "a/b/../c.png"} and data["without data"] is None and data["n" * 200] == "d" * 1024
pids = {mark["name"]: mark["pid"] for mark in report["marks"]}
assert pids["in a forked child"] != pids["access"], pids
assert report["frontend"] is None and report["sidecar"] is None
PYTHON

# ---- shells and interpreters, as they ask ----

asks='[ -r imgbench:mark:r ]; [ -e imgbench:mark:e ]; [ -f imgbench:mark:f ]; [ -x imgbench:mark:x ]; test -w "imgbench:mark:w?{\"a\":1}"'
for shell in bash dash; do
    twice "$shell" "$shell" -c "$asks"
    expect "$shell" $'r\ne\nf\nx\nw' "$(names "$shell" MARK)"
done
twice python /usr/bin/python3 -c 'import os
print(os.access("imgbench:mark:access", os.R_OK), os.access("imgbench:mark:effective", 4, effective_ids=True))
print(os.path.exists("imgbench:mark:exists"), os.path.lexists("imgbench:mark:lexists"))
try: os.stat("imgbench:mark:stat")
except OSError as error: print(error)'
expect python $'access\neffective\nexists\nlexists\nstat' "$(names python MARK)"
twice node node -e 'const fs = require("fs");
console.log(fs.existsSync("imgbench:mark:existsSync"));
for (const call of ["accessSync", "statSync", "lstatSync"]) try { fs[call](`imgbench:mark:${call}`); } catch (error) { console.log(error.message); }
fs.promises.access("imgbench:mark:promise").catch((error) => console.log(error.message));'
expect node $'existsSync\naccessSync\nstatSync\nlstatSync\npromise' "$(names node MARK)"

# ---- the command: two of them make a span, in a shell that does nothing else ----

"$imgbench" mark nobody-listens
# The command is larger than a small encoder, and has another allocator: neither is said of the run.
twice larger sh -c 'cwebp -quiet "$0" -o "$1" && "$2" mark done' "$png" OUT/a.webp "$imgbench"
python3 - "$work/larger.json" <<'PYTHON'
import json, sys
report = json.load(open(sys.argv[1]))
largest = max(p["peak_rss_bytes"] for p in report["processes"] if p["exe"].endswith("/cwebp"))
assert report["memory"]["peak_rss_bytes"] <= 1.2 * largest and report["memory"]["allocator"] is None, report["memory"]
assert "done" in json.dumps(report["marks"])
PYTHON
traced "$work/command.trace" sh -c '"$0" mark --begin --data="{\"n\":3}" pause; sleep 0.1; "$0" mark --end pause; "$0" mark "with blanks"' "$imgbench"
"$imgbench" report --json "$work/command.trace" >"$work/command.json"
python3 - "$work/command.json" <<'PYTHON'
import json, sys
report = json.load(open(sys.argv[1]))
(span,) = report["span_list"]
assert span["name"] == "pause" and span["matched_by"] == "run" and span["data"] == {"n": 3}, span
assert 0.1 <= span["end_s"] - span["start_s"] < 2, span
assert [mark["name"] for mark in report["marks"]] == ["pause", "pause", "with blanks"]
PYTHON
for wrong in "" "--begin --end a" "$long"n 'a?b' "a b"; do
    code=0
    # shellcheck disable=SC2086 # words
    "$imgbench" mark $wrong 2>"$work/message" || code=$?
    [[ $code == 2 && $(wc -l <"$work/message") == 1 ]] || fail "imgbench mark $wrong: exit code $code, $(<"$work/message")"
done

# ---- a process that has nothing else has a trace and a report ----

twice quiet bash -c '[ -r imgbench:mark:only ]'
"$imgbench" report "$work/quiet.trace" >"$work/quiet.txt"
grep -q ' only: 1 time$' "$work/quiet.txt"

# ---- the examples ----

gcc -Iinclude -Wall -Wextra -Werror -o "$work/levels" examples/c/levels.c
djpeg -outfile "$work/photo.ppm" "$photo"
twice c "$work/levels" "$work/photo.ppm" OUT/levels.ppm
expect "spans of C" $'measure\nstretch\npicture' "$(names c END)"

twice shell sh examples/shell/batch.sh OUT/pictures "$photo" "$png"
[[ -s $work/shell.traced/pictures/$(basename "${png%.*}").webp ]]

twice pillow /usr/bin/python3 examples/python/thumbnails.py OUT/thumbnails "$photo" "$png" "$photo" "$png"

twice frontend node examples/node/frontend.mjs OUT/pictures "$photo" "$png"

NODE_PATH=$root/$modules twice sidecar node examples/sidecar/pool.mjs 2 OUT/pictures "$photo" "$png"
NODE_PATH=$root/$modules twice broken node examples/sidecar/pool.mjs 1 OUT/pictures "$photo" /etc/hostname
[[ $(<"$work/broken.traced/code") == 1 ]]

python3 - "$work" <<'PYTHON'
import json, sys
work = sys.argv[1]
def read(name):
    with open(f"{work}/{name}.json") as file:
        return json.load(file)
def count(report):
    return {name: timing["n"] for name, timing in report["spans"].items()}
def near(a, b):
    return abs(a - b) < 1e-9

c = read("c")
assert count(c) == {"picture": 1, "measure": 1, "stretch": 1}, count(c)
assert c["spans"]["picture"]["sum"] >= c["spans"]["measure"]["sum"] + c["spans"]["stretch"]["sum"]
assert [mark["data"] for mark in c["marks"] if mark["name"] == "measured"][0]["high"] <= 255

shell = read("shell")
assert count(shell) == {"picture": 2}, count(shell)
for image in shell["images"]: # cwebp knows nothing of the spans that it lies in
    assert any(span["start_s"] <= image["start_s"] and image["start_s"] + image["span_s"] <= span["end_s"] for span in shell["span_list"]), image

pillow = read("pillow")
assert count(pillow) == {"thumbnail": 4, "load": 4, "scale": 4, "save": 4}, count(pillow)
assert len({span["tid"] for span in pillow["span_list"]}) > 1, "all spans are on one thread"
assert all(span["matched_by"] == "thread" for span in pillow["span_list"])

frontend = read("frontend")
figures = frontend["frontend"]
assert count(frontend) == {"picture": 2, "frontend.update": 2}, count(frontend)
assert figures["startTime"] > 0 and figures["dropToStart"]["n"] == 1 and figures["dropToStartDuration"] > 0, figures
assert near(sum(figures["uiUpdateLatency"]), frontend["spans"]["frontend.update"]["sum"]), figures
(interaction,) = figures["userInteractions"]
assert interaction["event"] == "drop" and interaction["data"] == {"pictures": 2} and interaction["timestamp"] > 0, interaction

sidecar = read("sidecar")
figures = sidecar["sidecar"]
stages = {(stage["name"], stage["source"]): stage for stage in figures["imageProcessingStages"]}
for name, n in (("probe", 4), ("make.webp", 2), ("make.avif", 2)):
    assert stages[name, "marks"]["n"] == n and near(stages[name, "marks"]["duration"], sidecar["spans"]["sidecar." + name]["sum"])
assert stages["optimization", "hooks"]["duration"] > 0, stages
assert set(figures["formatSpecificTimings"]) == {"webp", "avif"}, figures["formatSpecificTimings"]
assert any(sample["heap"] and sample["total"] for sample in figures["memoryUsage"]), figures["memoryUsage"]
assert sidecar["totals"]["ok"] == 4 and sidecar["frontend"]["dropToStartDuration"] > 0
assert len({span["pid"] for span in sidecar["span_list"]}) == 2, "one worker did it all"
PYTHON
"$imgbench" report "$work/sidecar.trace" >"$work/sidecar.txt"
for title in "Front end:" "Sidecar:"; do grep -qx "$title" "$work/sidecar.txt" || fail "the report has no section $title"; done
