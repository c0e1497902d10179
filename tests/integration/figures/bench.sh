#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: scripts/bench: its figures are in order, and a row that got worse is found.
# Alone: it measures.
source tests/integration/environment.bash

bench() { scripts/bench -n 6 "$@"; }
edit() { # python statements on the run in $work/run.json; prints what comes out
    python3 -c "import json, sys
run = json.load(open(sys.argv[1]))
rows = {row['name']: row for row in run['rows']}
$1
print(json.dumps(run))" "$work/run.json"
}

bench --only mapped --only read --json "$work/run.json" >"$work/table" || fail "$(cat "$work/table")"
edit "
assert sorted(rows) == ['mapped', 'read', 'read-said'], rows
for row in rows.values():
    traced = row['tools']['traced']
    assert traced['low'] <= traced['median'] <= traced['high'] > 0, row
ours = rows['read']['tools']['traced']
assert rows['read']['met'] == (ours['median'] <= rows['read']['bar']), rows
low, high = rows['read-said']['wanted']
said = rows['read-said']['tools']['traced']['median']
assert rows['read-said']['met'] == (low <= said <= high), rows" >/dev/null
grep -q '^mapped ' "$work/table" || fail "the table has no row 'mapped': $(cat "$work/table")"

# What we map is the same in each run, so the same build is never worse, and one byte more always is.
again=(--only mapped --json "$work/again.json" --against)
bench "${again[@]}" "$work/run.json" >"$work/table" || fail "worse than itself: $(cat "$work/table")"
edit "traced = rows['mapped']['tools']['traced']
for key in traced: traced[key] -= 0.001" >"$work/better.json"
if bench "${again[@]}" "$work/better.json" >"$work/table"; then fail "no row got worse: $(cat "$work/table")"; fi
grep -q '^mapped .* worse: was' "$work/table" || fail "the row is not marked: $(cat "$work/table")"

# Where more is better, less is worse; and the same run as a table for documents.
bench --only report-1 --json "$work/run.json" --markdown "$work/table.md" >"$work/table" || fail "$(cat "$work/table")"
edit "traced = rows['report-1']['tools']['traced']
for key in 'median', 'low', 'high': traced[key] *= 100" >"$work/better.json"
if bench --only report-1 --json "$work/again.json" --against "$work/better.json" >"$work/table"; then
    fail "a rate a hundred times lower is no worse: $(cat "$work/table")"
fi
grep -q '^| `report-1` | imgbench report' "$work/table.md" || fail "no such row: $(cat "$work/table.md")"

# A library that does not record costs little: no row may come out of that. And what another tool has left in the home
# directory was not written by us.
python3 - "$work" <<'PYTHON'
import importlib.machinery, importlib.util, os, sys, tempfile
sys.dont_write_bytecode = True
loader = importlib.machinery.SourceFileLoader("bench", "scripts/bench")
bench = importlib.util.module_from_spec(importlib.util.spec_from_loader("bench", loader))
loader.exec_module(bench)
with tempfile.TemporaryDirectory(dir="/tmp") as files:
    rows = {row.name: row for row in bench.ROWS}
    pairs = bench.Bench(sys.argv[1], files, 6, with_peers=False)
    [result] = pairs.measure(rows["read"]._replace(trace="off"))
    assert "void" in result and "tools" not in result, result
    open(os.path.join(pairs.home, "left"), "w", encoding="utf-8").close()
    [result] = pairs.measure(rows["start-off"])
    assert "tools" in result, result
PYTHON
