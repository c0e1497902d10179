#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: the claim that `imgbench export --quality` writes the scores that `imgbench report --quality` has, into the database,
# the lines of JSON and Perfetto's images; and that it says where they do not go.
source tests/integration/environment.bash
cd "$work"

convert-im6.q16 /usr/share/libjxl-testdata/jxl/flower/flower.png -resize 300x -strip PNG24:a.png
convert-im6.q16 a.png -resize 200x b.ppm
cat >jobs.sh <<'JOBS'
for q in 30 60 90; do
    cwebp -quiet -q $q a.png -o a-$q.webp
    cjpeg -quality $q -outfile b-$q.jpg b.ppm
done
optipng -quiet -o1 a.png -out same.png
convert-im6.q16 a.png -crop 100x200+10+10 +repage cropped.jpg
JOBS
traced "$work/trace" bash -e jobs.sh
metric='bytes:stat -c %s {out} {ref}'
"$imgbench" export trace --sqlite before.db --ndjson before.json --perfetto before.perfetto
"$imgbench" export trace --sqlite run.db --ndjson images.json --perfetto run.perfetto --metric "$metric" 2>lines
[[ ! -s lines ]] || fail "standard error: $(<lines)"
"$imgbench" report trace --quality --metric "$metric" --json >report.json
for name in before run; do
    protoc --decode=imgbench.Trace --proto_path="$root/tests/integration/export" perfetto.proto <$name.perfetto >$name.packets
done

/usr/bin/python3 - "$root/tests/integration/export" <<'PYTHON'
import json, sqlite3, sys

sys.path.append(sys.argv[1])
sys.dont_write_bytecode = True
import export_perfetto

report = json.load(open("report.json"))
database, before = (sqlite3.connect(f"file:{name}?mode=ro", uri=True) for name in ("run.db", "before.db"))


def same(value):  # numbers as the text of the JSON report has them
    if isinstance(value, (list, tuple)):
        return [same(one) for one in value]
    return float(f"{value:.12g}") if isinstance(value, float) else value


def rows(query):
    return same(database.execute(query).fetchall())


images = {image["id"]: image for image in report["images"]}
assert not rows("PRAGMA foreign_key_check") and report["quality"]["scored"] == 7, report["quality"]

# Every score, and why there is none.
keys = ("score", "psnr_db", "ssim", "ms_ssim", "identical", "resized", "lossy_input", "alpha", "frames", "reason")
scores = rows(f"SELECT image, {', '.join(keys)} FROM scores ORDER BY image")
assert scores == same([(id, *(image["quality"][key] for key in keys)) for id, image in images.items() if image["quality"]])
assert rows("SELECT count(*) FROM scores WHERE score IS NULL AND reason LIKE '%cropped or stretched%'") == [[1]]
assert rows("SELECT id, quality_retained FROM images ORDER BY id") == same([(id, image["quality_retained"]) for id, image in images.items()])
assert rows("SELECT image, name, value FROM metrics ORDER BY image") == same([
    (id, "bytes", image["quality"]["metrics"]["bytes"]) for id, image in images.items() if image["quality"]])
assert len(rows("SELECT image FROM metrics WHERE value > 1000")) == 7

# What is made of them.
for table, key in (("formats", "format"), ("qualities", "format, ordinal"), ("conversions", "from_format, to_format")):
    kept = {"formats": [f for _, f in sorted(report["formats"].items())],
            "qualities": [q for _, f in sorted(report["formats"].items()) for q in f["qualities"]],
            "conversions": sorted(report["conversions"], key=lambda c: (c["from"], c["to"]))}[table]
    want = [(e["quality_retained"], *((e["retained"] or {}).get(k) for k in ("n", "p5", "worst"))) for e in kept]
    got = rows(f"SELECT quality_retained, retained_n, retained_p5, retained_worst FROM {table} ORDER BY {key}")
    assert got == same(want) and any(row[0] for row in got), (table, got, want)
curves = report["quality"]["curves"]
assert len(curves) >= 2 and rows("SELECT format, encoder, scale, sources FROM curves ORDER BY id") == same([
    (c["format"], c["encoder"], c["scale"], c["sources"]) for c in curves])
for table, place in (("curve_points", "points"), ("equal_quality", "at")):
    cursor = database.execute(f"SELECT * FROM {table} ORDER BY rowid")
    names = [column[0] for column in cursor.description]
    got = [dict(zip(names, row)) for row in cursor.fetchall()]
    want = [(i, element) for i, curve in enumerate(curves) for element in curve[place]]
    assert len(got) == len(want) > 0, (table, got)
    for row, (curve, element) in zip(got, want):
        assert row["curve"] == curve and all(same(row[name]) == same(value) for name, value in element.items()), (row, element)
assert rows("SELECT value FROM figures WHERE key = 'quality.bands.visually_lossless'") == [[report["quality"]["bands"]["visually_lossless"]]]
worst = rows("SELECT output, quality_retained FROM worst_retained")
assert worst[0][1] == same(min(i["quality_retained"] for i in images.values() if i["quality_retained"] is not None))
assert worst[-1][0].endswith("cropped.jpg") and worst[-1][1] is None

# Lines of JSON and Perfetto's images.
lines = {line["id"]: line for line in map(json.loads, open("images.json"))}
assert all(lines[id]["quality"] == image["quality"] and lines[id]["quality_retained"] == image["quality_retained"]
           for id, image in images.items())
def retained_in(name):
    slices = export_perfetto.Trace(open(name)).slices()
    return {arguments["image"]: float(arguments["quality_retained"]) for _, _, _, _, _, arguments, _ in slices
            if "quality_retained" in arguments}


seen = retained_in("run.packets")
wanted = {id: image["quality_retained"] for id, image in images.items() if image["quality_retained"] is not None}
assert seen.keys() == wanted.keys() and same(list(seen.values())) == same([wanted[id] for id in seen]), (seen, wanted)

# Nobody asked: nothing of it.
for table in ("scores", "metrics", "curves", "curve_points", "equal_quality"):
    assert before.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table
assert all(json.loads(line)["quality"] is None for line in open("before.json")) and not retained_in("before.packets")
PYTHON

# What was measured is in the trace: the files are not needed any more.
rm ./*.jpg ./*.webp a.png
"$imgbench" export trace --quality --sqlite again.db
[[ $(sqlite3 again.db 'SELECT count(score) FROM scores') == 7 ]] || fail "measured again, of files that are gone"

for arguments in "--flamegraph out" "--ndjson out --records" "--flamegraph out --ndjson out2 --records"; do
    code=0
    # shellcheck disable=SC2086
    "$imgbench" export trace --quality $arguments >out 2>lines || code=$?
    ((code == 2)) && [[ ! -s out && $(<lines) == *"--quality is about images"* && $(wc -l <lines) == 1 ]] ||
        fail "export --quality $arguments: $code, $(<lines)"
done
code=0
"$imgbench" export trace --sqlite none.db --metric broken 2>lines || code=$?
((code == 2)) && [[ ! -e none.db && $(<lines) == *"--metric"* ]] || fail "--metric broken: $code, $(<lines)"
