#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: the claims of `imgbench compare` and --fail-if with real runs: sides of every kind, exact sizes, gates' exit codes,
# all forms, bad input; that JSON follows its schema and the page opens without a script.
source tests/integration/environment.bash
photo=/usr/share/libjxl-testdata/jxl/flower/flower_cropped.jpg
cd "$work"

for q in 80 60; do
    mkdir q$q
    for name in flower cropped; do cp "$photo" "q$q/$name.jpg"; done
    traced trace$q bash -c "cd q$q && for i in *.jpg; do cwebp -quiet -q $q \$i -o \${i%.jpg}.webp; done"
    "$imgbench" report --json=r$q.json trace$q >/dev/null
done
status() { # sets code; keeps out and err
    code=0
    "$@" >out 2>err || code=$?
}
expect() { # code, text on stderr or standard output, command…
    local wanted=$1 text=$2
    shift 2
    status "$@"
    ((code == wanted)) || fail "exit code $code, not $wanted: $*: $(head -c 400 err)"
    grep -qF -- "$text" out err || fail "nothing about '$text': $*: $(head -c 400 out err)"
}
expect 0 "One run on each side" "$imgbench" compare trace80 trace60
grep -q 'Images: 2 are on both sides, 0 only old, 0 only new' out && grep -Eq 'totals.bytes_out .* better' out && grep -q 'q=80 → q=60' out || fail "$(<out)"
! grep -Eq 'better|worse' <(sed -n '/Time and memory/,/^$/p' out) || fail "a single run got a verdict: $(<out)"
# A report says the same as the trace that it was made of.
"$imgbench" compare --json=a.json trace80 trace60 >/dev/null
"$imgbench" compare --json=b.json r80.json r60.json >/dev/null
"$imgbench" compare --json=c.json --md=c.md --html=c.html trace80 r60.json >/dev/null
python3 - <<'PYTHON'
import json
a, b, c = (json.load(open(f"{n}.json")) for n in "abc")
for d in (a, b, c):
    for side in ("old", "new"):
        d[side]["path"] = None
        for run in d[side]["runs"]: run["name"] = None
assert a == b == c, "a report is not what its trace is"
exact = {f["path"]: f for f in a["figures"] if f["exact"]}
assert exact["totals.images"]["verdict"] == "equal" and exact["totals.bytes_out"]["verdict"] == "better"
measured = [f for f in a["figures"] if not f["exact"]]
assert measured and all(f["p"] is None and f["ci_low"] is None and f["verdict"] in ("untested", "one-sided") for f in measured)
pairs = a["images"]["pairs"]
assert len(pairs) == 2 and all(p["match"] == "paths" and p["old"]["bytes_in"] == p["new"]["bytes_in"] for p in pairs)
PYTHON
/usr/bin/python3 - "$root/docs/compare.schema.json" <<'PYTHON'
import json, jsonschema, sys
schema = json.load(open(sys.argv[1]))
jsonschema.Draft202012Validator.check_schema(schema) if hasattr(jsonschema, "Draft202012Validator") else None
jsonschema.validate(json.load(open("a.json")), schema)
PYTHON
grep -q '^## Image optimizer comparison' c.md && grep -q '<title>Image optimizer comparison</title>' c.html && ! grep -qi '<script' c.html
grep -q '<code>totals.<wbr>bytes_<wbr>out</code>' c.html && grep -q 'class="scroll wide"' c.html || fail "what a narrow screen needs"

# ---- gates: in scripts their exit codes are what counts ----
expect 3 "totals.bytes_out changed by -" "$imgbench" compare --fail-if 'totals.bytes_out<-5%' trace80 trace60
expect 0 "" "$imgbench" compare --fail-if 'totals.bytes_out>+5%' --fail-if 'any images.bytes_out>+5%' trace80 trace60
expect 3 "2 of 2 pairs" "$imgbench" compare --fail-if 'any images.bytes_out>+5%' trace60 trace80
expect 0 "gate undecided: stages.encode.mean" "$imgbench" compare --fail-if 'stages.encode.mean>+1%' trace80 trace60
expect 4 "gate undecided: stages.encode.mean" "$imgbench" compare --strict --fail-if 'stages.encode.mean>+1%' trace80 trace60
expect 2 "column 1: no report has this path" "$imgbench" compare --fail-if 'stage.encode.mean>+1%' trace80 trace60
expect 2 "two sides are needed" "$imgbench" compare trace80
expect 2 "--json and --md both go to same" "$imgbench" compare --json=same --md=same trace80 trace60
expect 2 "--json and --md both go to standard output" "$imgbench" compare --json --md trace80 trace60
expect 2 "--csv and --html both go to same" "$imgbench" report --csv=same --html=same trace80
expect 2 "--json and --csv both go to standard output" "$imgbench" report --json --csv trace80
[[ ! -e same ]] || fail "something was written"
expect 2 "--map takes two directories" "$imgbench" compare --map=x trace80 trace60
expect 3 "images.size_ratio>0.1: 2 of 2, the first " "$imgbench" report --fail-if 'any images.size_ratio>0.1' trace80
expect 3 "stages.encode.p95 is not known" "$imgbench" report --fail-if 'stages.encode.p95>1s' trace80
expect 2 "a change needs something to compare with" "$imgbench" report --fail-if 'duration_s>+5%' trace80
expect 0 "" "$imgbench" report --strict --fail-if 'totals.failed>0' --fail-if 'any images.status!=ok' trace80
grep -q 'Image Optimizer Benchmark Report' out # a gate adds an exit code, and takes nothing away

# ---- bad input: one line, exit code 1 ----
echo '{"schema": "something"}' >other.json
echo '{"schema":' >broken.json
mkdir empty
for bad in missing other.json broken.json empty; do
    expect 1 "$bad" "$imgbench" compare trace80 $bad
    [[ $(wc -l <err) == 1 && ! -s out ]] || fail "$bad: $(<err)"
done

# Long texts of a report that somebody else made: the same figures on both sides.
python3 - <<'PYTHON'
import json
report = json.load(open("r80.json"))
report["conversions"] = [{"from": "x" * 59 + "\u00e9" + end, "to": "webp", "n": 7} for end in "ab"]
json.dump(report, open("long.json", "w"))
PYTHON
expect 0 "" "$imgbench" compare --json=long.out long.json long.json
python3 - <<'PYTHON'
import json
of = [f for f in json.load(open("long.out"))["figures"] if f["path"].startswith("conversions")]
assert len({f["path"] for f in of}) == 2 and [(f["old"], f["new"]) for f in of] == [(7, 7), (7, 7)], of
PYTHON

# ---- sets: apart and interleaved ----
mkdir apart
for i in 1 2 3 4 5; do cp -r trace80 apart/run-00$i; done
expect 0 "recorded apart: rank-sum test" "$imgbench" compare apart apart
"$imgbench" run --runs 3 --out set -- cwebp -quiet -q 80 q80/flower.jpg -o o.webp --versus cwebp -quiet -q 60 q80/flower.jpg -o o.webp </dev/null 2>/dev/null
expect 0 "3 interleaved rounds" "$imgbench" compare set/old set/new
expect 1 "set: " "$imgbench" compare set set/new
grep -q 'set/old' err || fail "where the sets are is not said: $(<err)"
