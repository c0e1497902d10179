#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: the claims of `imgbench export`: protoc, DuckDB and sqlite3 read what it writes, and find in it what the report
# says; what cannot be written leaves nothing behind; damage is told and the rest exported.
source tests/integration/environment.bash

[[ -d build/duckdb/node_modules/@duckdb/node-api ]] ||
    fail "build/duckdb/node_modules/@duckdb/node-api is missing: run scripts/setup, which needs npm and its registry"
small_trace
trace=$work/trace
"$imgbench" report --json "$trace" >"$work/report.json"

# All at once, and what comes from the records alone.
"$imgbench" export "$trace" --perfetto "$work/run.perfetto" --ndjson "$work/images" --sqlite "$work/run.db" \
    --flamegraph "$work/folded" 2>"$work/err"
[[ ! -s $work/err ]] || fail "standard error: $(<"$work/err")"
"$imgbench" export "$trace" --ndjson "$work/records" --records
[[ -z $(find "$work" -maxdepth 1 -name '*.??????' -newer "$work/report.json" -name 'run.*.*') ]] ||
    fail "a temporary file stayed: $(ls "$work")"

decode() { protoc --decode=imgbench.Trace --proto_path=tests/integration/export perfetto.proto; }
decode <"$work/run.perfetto" >"$work/packets"
python3 tests/integration/export/export_perfetto.py "$work/report.json" "$work/records" <"$work/packets"
node tests/integration/export/export.mjs build/duckdb/node_modules "$work/report.json" "$work/images" "$work/records"

# The database: every query's answer is the report's.
query() { sqlite3 -readonly "$work/run.db" "$1"; }
figure() { python3 -c "import json, sys; report = json.load(open(sys.argv[1])); print($1)" "$work/report.json"; }
same() { # query, Python expression about report
    [[ $(query "$1") == $(figure "$2") ]] || fail "$1: $(query "$1"), the report: $(figure "$2")"
}
[[ $(query 'PRAGMA integrity_check') == ok && -z $(query 'PRAGMA foreign_key_check') ]]
for table in processes files images workers libraries findings conversions; do
    same "SELECT count(*) FROM $table" "len(report['$table'])"
done
same 'SELECT count(*) FROM samples' 'len(report["resources"]["samples"])'
same 'SELECT sum(bytes_in), sum(bytes_out) FROM images' \
    '"%d|%d" % tuple(sum(i[k] or 0 for i in report["images"]) for k in ("bytes_in", "bytes_out"))'
same "SELECT printf('%.6f', sum(time_s)) FROM stages WHERE stage = 'encode'" \
    '"%.6f" % sum(i["stages"]["encode_s"] or 0 for i in report["images"])'
same "SELECT value FROM figures WHERE key = 'totals.bytes_saved'" 'report["totals"]["bytes_saved"]'
same "SELECT value FROM figures WHERE key = 'schema'" 'report["schema"]'
same "SELECT group_concat(format || ' ' || images, ', ') FROM (SELECT * FROM formats ORDER BY format)" \
    '", ".join("%s %d" % (name, row["images"]) for name, row in sorted(report["formats"].items()))'
same 'SELECT id FROM slowest_images LIMIT 1' 'max(report["images"], key=lambda i: i["busy_s"])["id"]'
same "SELECT input FROM image_list WHERE id = 0" 'report["files"][report["images"][0]["inputs"][0]]["path"]'
same "SELECT sum(images) FROM by_format" 'sum(i["status"] == "ok" for i in report["images"])'
same "SELECT count(*) FROM timeline WHERE kind = 'process'" 'len(report["processes"])'
same "SELECT group_concat(pid, ' ') FROM (SELECT p.pid FROM images i JOIN processes p ON p.id = i.process ORDER BY i.id)" \
    '" ".join(str(i["pid"]) for i in report["images"])'

# Marks: a span around another, two of one name that overlap, in two processes, single ones with data and without.
cat >"$work/script" <<'END'
[ -r imgbench:begin:batch ] || :
[ -r 'imgbench:begin:work?{"id":1,"image":"a.png"}' ] || :
[ -r 'imgbench:begin:work?{"id":2}' ] || :
[ -r 'imgbench:mark:here?{"n":3}' ] || :
(sleep 0.01; [ -r imgbench:mark:here ] || :)
[ -r 'imgbench:end:work?{"id":1}' ] || :
[ -r 'imgbench:end:work?{"id":2}' ] || :
[ -r imgbench:end:batch ] || :
[ -r imgbench:begin:open ] || :
END
traced "$work/marked" bash "$work/script"
"$imgbench" report --json "$work/marked" >"$work/marked.json"
"$imgbench" export "$work/marked" --perfetto "$work/marked.perfetto" --sqlite "$work/marked.db"
decode <"$work/marked.perfetto" >"$work/packets"
[[ $(python3 tests/integration/export/export_perfetto.py "$work/marked.json" <"$work/packets") == "3 2" ]]
marked() { sqlite3 -readonly "$work/marked.db" "$1"; }
[[ -z $(marked 'PRAGMA foreign_key_check') ]]
[[ $(marked "SELECT name, n, begins_left FROM spans ORDER BY name") == $'batch|1|0\nopen|0|1\nwork|2|0' ]]
[[ $(marked "SELECT group_concat(name, ' ') FROM (SELECT name FROM span_list ORDER BY id)") == "work work batch" ]]
[[ $(marked "SELECT data ->> 'image' FROM span_list WHERE data ->> 'id' = 1") == a.png ]]
[[ $(marked "SELECT kind, count(*) FROM marks GROUP BY kind ORDER BY kind") == $'begin|4\nend|3\nmark|2' ]]
[[ $(marked "SELECT count(DISTINCT pid) FROM timeline WHERE kind = 'mark' AND name = 'here'") == 2 ]]
[[ $(marked "SELECT count(*) FROM timeline WHERE kind = 'span' AND end_s >= start_s") == 3 ]]

# The folded stacks hold every byte of the peak, as stacks.sh asks of whole stacks.
[[ $(awk '{ sum += $NF } END { print sum }' "$work/folded") == $(figure 'report["memory"]["large_blocks"]["bytes"]') ]]

# Standard output gets the same.
"$imgbench" export "$trace" --perfetto - | cmp - "$work/run.perfetto"
"$imgbench" export "$trace" --ndjson - | cmp - "$work/images"
"$imgbench" export "$trace" --ndjson=- --records | cmp - "$work/records"
"$imgbench" export "$trace" --flamegraph - --sqlite "$work/other.db" | cmp - "$work/folded"

refused() { # exit code, what it says, arguments…
    local code=$1 says=$2 got=0
    shift 2
    "$imgbench" export "$@" >"$work/out" 2>"$work/err" || got=$?
    [[ $got == "$code" && ! -s $work/out && $(wc -l <"$work/err") == 1 && $(<"$work/err") == *"$says"* ]] ||
        fail "export $*: exit code $got, $(cat "$work/out" "$work/err")"
}
refused 2 "say what to export" "$trace"
refused 2 "--ndjson and --flamegraph both go to standard output" "$trace" --ndjson - --flamegraph -
refused 2 "--ndjson and --sqlite both go to $work/none" "$trace" --ndjson "$work/none" --sqlite "$work/none"
refused 2 "a database cannot be written to standard output" "$trace" --sqlite -
refused 2 "--records is about --ndjson" "$trace" --records --sqlite "$work/none.db"
refused 2 "--sqlite needs something behind it" "$trace" --sqlite
refused 1 "no regular file" "$trace" --sqlite /dev/null
mkfifo "$work/pipe"
refused 1 "no regular file" "$trace" --sqlite "$work/pipe"
for format in ndjson perfetto flamegraph; do refused 1 "No space left" "$trace" --$format /dev/full; done
for format in ndjson perfetto flamegraph sqlite; do
    refused 1 "cannot write $work/none/file: No such file" "$trace" --$format "$work/none/file"
    refused 1 "$work/none" "$work/none" --$format "$work/file"
    [[ ! -e $work/file ]]
done
refused 1 "$work/none" "$work/none" --ndjson "$work/file" --records

# A link stays one, and what it leads to is written; where that is standard output, as behind /dev/stdout, there.
ln -s images.linked "$work/link"
echo before >"$work/images.linked"
"$imgbench" export "$trace" --ndjson "$work/link"
[[ -L $work/link ]] && cmp "$work/images.linked" "$work/images"
ln -s /proc/self/fd/1 "$work/stdout"
"$imgbench" export "$trace" --ndjson "$work/stdout" >"$work/written"
[[ -L $work/stdout ]] && cmp "$work/written" "$work/images"
{ echo before; "$imgbench" export "$trace" --ndjson "$work/stdout"; echo behind; } >"$work/written"
cmp <(echo before; cat "$work/images"; echo behind) "$work/written"
refused 1 "it is standard output" "$trace" --sqlite "$work/stdout"
"$imgbench" report "$trace" --json="$work/stdout" >"$work/written" # and nothing else
"$imgbench" report "$trace" --json | cmp - "$work/written"

# What cannot be written whole leaves what was there.
echo before >"$work/kept"
for format in ndjson perfetto sqlite; do
    (ulimit -f 8; trap '' XFSZ; "$imgbench" export "$trace" --$format "$work/kept" >"$work/out" 2>"$work/err") && fail "$format: a full disk"
    [[ $(<"$work/kept") == before && $(grep -c "cannot write $work/kept: " "$work/err") == 1 ]] || fail "$format: $(cat "$work/err")"
done
[[ -z $(find "$work" -name 'kept.*') ]] || fail "a temporary file stayed"

# Damage is told once, and the rest is exported.
cp -r "$trace" "$work/damaged"
packet=$(find "$work/damaged" -name '*.0' -size +8k | sort | head -1)
truncate -s 4096 "$packet"
"$imgbench" export "$work/damaged" --perfetto "$work/damaged.perfetto" --ndjson "$work/damaged.records" --records \
    --sqlite "$work/damaged.db" 2>"$work/err" || fail "a damaged trace is exported: $(cat "$work/err")"
[[ $(wc -l <"$work/err") == 1 && $(<"$work/err") == *"$packet: byte "* ]] || fail "damage: $(cat "$work/err")"
decode <"$work/damaged.perfetto" >"$work/packets"
(($(wc -l <"$work/damaged.records") < $(wc -l <"$work/records")))
"$imgbench" export "$work/damaged" --ndjson - --records 2>"$work/err" | cmp - "$work/damaged.records"
[[ $(wc -l <"$work/err") == 1 && $(<"$work/err") == *"$packet: byte "* ]] || fail "damage: $(cat "$work/err")"
for packet in $(find "$work/damaged" -name '*.*' -type f -printf '%P\n'); do truncate -s 80 "$work/damaged/$packet"; done
refused 1 "not one record could be read" "$work/damaged" --ndjson "$work/file" --records
refused 1 "not one record could be read" "$work/damaged" --perfetto "$work/file"
[[ ! -e $work/file ]]
