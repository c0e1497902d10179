#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: the claims of IMGBENCH_STACKS=1: the sites of the memory peak are those of the victim's script, to the byte; the
# program's output, descriptors, heap and dlerror are as without; without libunwind the report says so; real tools
# write the same bytes.
source tests/integration/environment.bash

victim=build/victims/stacks
log=$work/log
compare() { # trace, what sites are: stacks or calls
    "$imgbench" report --json "$1" >"$work/report.json"
    python3 - "$log" "$work/report.json" "$2" <<'PYTHON'
import collections
import json
import sys

log, report, kind = sys.argv[1:]
script = collections.Counter()
with open(log, encoding="utf-8") as file:
    for line in file.read().strip("\0\n").split("\n"):
        entry = json.loads(line)
        if entry["line"] == "block":
            script[entry["function"]] += entry["bytes"]
with open(report, encoding="utf-8") as file:
    report = json.load(file)
memory = report["memory"]
found = collections.Counter()
for site in memory["sites"]:
    found[site["function"]] += site["bytes"]
if found != script:
    sys.exit(f"sites: {dict(found)}\nscript: {dict(script)}")
if memory["large_blocks"]["bytes"] != sum(script.values()):
    sys.exit(f"large_blocks: {memory['large_blocks']}, script: {sum(script.values())}")
modules = {site["function"]: site["module"] for site in memory["sites"]}
wanted = {"linked_make": "libstacks_linked.so", "plugin_make": "stacks_plugin.so", "victim_once": "stacks"}
if any(modules[name] != module for name, module in wanted.items()):
    sys.exit(f"modules: {modules}")
if kind == "calls":
    if any(site["stack"] is not None for site in memory["sites"]):
        sys.exit("a stack without IMGBENCH_STACKS")
    if len(memory["sites"]) != len(script):
        sys.exit(f"{len(memory['sites'])} sites for {len(script)} functions")
    sys.exit()

chains = [[frame["function"] for frame in site["stack"]] for site in memory["sites"]]
def chain(name, length=None):
    return [c for c in chains if c[0] == name and length in (None, len(c))]
for name in ("victim_once", "victim_many", "victim_grow", "linked_make", "plugin_make"):
    if [c[1:3] for c in chain(name)] != [["script", "main"]]:
        sys.exit(f"{name} is called by {chain(name)}")
if [c[1] for c in chain("victim_thread")] != ["start_thread"]:
    sys.exit(f"victim_thread is called by {chain('victim_thread')}")
shallow, deep = sorted(chain("victim_leaf"), key=len)
if shallow[1:14] != ["victim_recursion"] * 11 + ["script", "main"]:
    sys.exit(f"victim_leaf is called by {shallow}")
if set(deep[1:]) != {"victim_recursion"} or not 60 < len(deep) <= 72:
    sys.exit(f"200 recursions: {len(deep)} frames, {set(deep)}")
lines = {site["location"] for site in memory["sites"] if site["function"] == "victim_once"}
if not all("stacks.c:" in line for line in lines):
    sys.exit(f"locations of victim_once: {lines}")
if any("libimgbench" in (frame["module"] or "") for site in memory["sites"] for frame in site["stack"]):
    sys.exit("our own frames are in a stack")
if any("stacks" in note for note in report["coverage"]["notes"]):
    sys.exit(f"notes: {report['coverage']['notes']}")
PYTHON
}

bare() { # mode
    "$victim" $1 >"$work/bare" && fail "the victim ends with 6" || [[ $? == 6 ]] || fail "the victim failed bare"
}
under() { # trace mode assignment…
    local trace=$1 mode=$2 code=0
    shift 2
    rm -f "$log"
    VICTIM_LOG=$log traced "$trace" env "$@" "$victim" $mode >"$work/out" 2>"$work/err" || code=$?
    ((code == 6)) || fail "the victim ended with $code under $*: $(cat "$work/err")"
    cmp "$work/bare" "$work/out" || fail "other output under $*"
    [[ ! -s $work/err ]] || fail "standard error under $*: $(cat "$work/err")"
}

bare ""
under "$work/stacks" "" IMGBENCH_STACKS=1
compare "$work/stacks" stacks
under "$work/calls" "" IMGBENCH_STACKS=0
compare "$work/calls" calls
bare fork
under "$work/fork" fork IMGBENCH_STACKS=1
compare "$work/fork" stacks

# Folded stacks hold every byte of the peak, once.
"$imgbench" export --flamegraph - "$work/stacks" >"$work/folded"
awk '{ if ($0 !~ /^stacks;[^ ]+ [0-9]+$/) exit 1; sum += $NF } END { print sum }' "$work/folded" >"$work/sum"
"$imgbench" report --json "$work/stacks" |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["memory"]["large_blocks"]["bytes"])' | cmp - "$work/sum"
grep -q ';main;script;linked_make 2' "$work/folded" || fail "folded: $(cat "$work/folded")"

# A libunwind that cannot be loaded: the report says so, nothing else changes.
mkdir "$work/broken"
echo "no library" >"$work/broken/libunwind.so.8"
bare ""
under "$work/without" "" IMGBENCH_STACKS=1 LD_LIBRARY_PATH="$work/broken"
compare "$work/without" calls
"$imgbench" report "$work/without" | grep 'call stacks were asked for, but libunwind could not be loaded' >/dev/null ||
    fail "no note that stacks are missing"
under "$work/wrong" "" IMGBENCH_STACKS=yes
"$imgbench" report "$work/wrong" | grep 'IMGBENCH_STACKS has a value' >/dev/null || fail "IMGBENCH_STACKS=yes was accepted"

# What libunwind needs is no part of the program's heap.
VICTIM_LOG=$work/heap.log IMGBENCH_STACKS=1 traced "$work/heap" build/victims/heap >/dev/null || [[ $? == 5 ]]
live=$(tr -d '\0' <"$work/heap.log" | sed -n 's/.*"line":"heap","peak_bytes":\([0-9]*\).*/\1/p')
"$imgbench" dump "$work/heap" | grep " heap_peak_bytes=$live " >/dev/null ||
    fail "heap peak $live: $("$imgbench" dump "$work/heap" | grep -o ' heap_peak_bytes=[0-9]*')"

# Threads, signals, objects that come and go, and forks at once: nobody crashes, nobody waits for ever.
for _ in 1 2 3; do
    IMGBENCH_STACKS=1 traced "$work/storm" timeout 60 "$victim" storm >"$work/out" || fail "storm: $?"
    grep -q 'storm over, 0 children failed' "$work/out" || fail "storm: $(cat "$work/out")"
done
"$imgbench" verify "$work/storm" >/dev/null || fail "the storm's trace is damaged"

# Real tools write the same bytes, and have stacks.
photo=/usr/share/libjxl-testdata/jxl/flower/flower_small.q85_444_non_interleaved.jpg
tool() { # name command…, which writes to its last argument
    local name=$1
    shift
    timeout 120 "$@" "$work/$name.bare" >"$work/out.bare" 2>&1 || fail "$name fails bare"
    IMGBENCH_STACKS=1 traced "$work/$name" timeout 120 "$@" "$work/$name.traced" >"$work/out.traced" 2>&1 ||
        fail "$name fails with stacks: $(cat "$work/out.traced")"
    cmp "$work/$name.bare" "$work/$name.traced" || fail "$name writes other bytes with stacks"
    local stacks
    stacks=$("$imgbench" report --json "$work/$name" |
        python3 -c 'import json, sys; print(sum(bool(s["stack"]) for s in json.load(sys.stdin)["memory"]["sites"]))')
    ((stacks > 0)) || fail "$name has no stacks"
}
tool cwebp cwebp -quiet "$photo" -o
tool cwebp_threads cwebp -quiet -mt -m 6 "$photo" -o
tool avifenc avifenc -s 9 -j 2 "$photo"
tool convert convert -resize 300x "$photo" -strip
