#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: the claim that `report --quality` scores each output that can be scored, says why of each that cannot, has the same
# scores as `imgbench score`, knows them again, and loses nothing else.
source tests/integration/environment.bash
cd "$work"

for name in flower/flower external/wesaturate; do
    [[ -e /usr/share/libjxl-testdata/jxl/$name || -e /usr/share/libjxl-testdata/jxl/$name.png || -e /usr/share/libjxl-testdata/$name ]] ||
        fail "libjxl-testdata is missing: run scripts/setup"
done
convert-im6.q16 /usr/share/libjxl-testdata/jxl/flower/flower.png -resize 600x -strip PNG24:a.png
convert-im6.q16 /usr/share/libjxl-testdata/external/wesaturate/500px/cvo9xd_keong_macan_srgb8.png -strip PNG24:b.png
for name in a b; do
    convert-im6.q16 $name.png $name.ppm
    cjpeg -quality 90 -outfile $name.jpg $name.ppm
    cp $name.jpg overwritten-$name.jpg
done
cp a.png changed-input.png
cat >jobs.sh <<'JOBS'
set -e
for name in a b; do
    for q in 20 40 60 80 95; do
        cwebp -quiet -q $q $name.png -o $name-$q.webp
        cjpeg -quality $q -outfile $name-$q.jpg $name.ppm
    done
    jpegoptim -q -m40 overwritten-$name.jpg
done
optipng -quiet -o1 a.png -out lossless.png
vipsthumbnail a.png --size 300 -o thumb.png
convert-im6.q16 a.png -crop 100x300+10+10 +repage cropped.jpg
cwebp -quiet a.png -o - >pipe.webp
cat a.png | cwebp -quiet -o from-pipe.webp -- -
cwebp -quiet changed-input.png -o of-changed.webp
optipng -quiet -o1 b.png -out cut.png
cwebp -quiet a.png -o gone.webp
cwebp -quiet a.jpg -o from-jpeg.webp
JOBS
traced "$work/trace" bash jobs.sh 2>tools.log || fail "a tool failed: $(tail -5 tools.log)"
echo >>changed-input.png
rm gone.webp
# Cut off where nobody notices by its length and times alone: the content is another one behind the same face.
touch -r cut.png stamp
size=$(stat -c %s cut.png)
head -c 3000 cut.png >half
cat half >cut.png
truncate -s "$size" cut.png
touch -r stamp cut.png

"$imgbench" report "$work/trace" --json >without.json
"$imgbench" report "$work/trace" --quality --json=with.json --html with.html --md=with.md --csv=with.csv >text 2>lines ||
    fail "exit code, $(cat lines)"
"$imgbench" report "$work/trace" --quality >text
/usr/bin/python3 - "$root/docs/report.schema.json" "$imgbench" <<'PYTHON'
import json, subprocess, sys

import jsonschema

schema, imgbench = json.load(open(sys.argv[1])), sys.argv[2]
without, report = json.load(open("without.json")), json.load(open("with.json"))
jsonschema.validate(report, schema)
jsonschema.validate(without, schema)


def check(true, what):
    if not true:
        sys.exit(f"{what}\n{json.dumps(report['quality'], indent=1)[:3000]}")


check(without["quality"] is None, "quality without being asked")
check(all(image["quality_retained"] is None for image in without["images"]), "scores without being asked")
files = {file["id"]: file["path"].rsplit("/", 1)[-1] for file in report["files"]}
by_name, where = {}, {file["id"]: file["path"] for file in report["files"]}
for image in report["images"]:
    for output in image["outputs"][:1]:
        by_name[files[output]] = image
quality = report["quality"]

expected = {
    "overwritten-a.jpg": "overwritten or removed in the run",
    "overwritten-b.jpg": "overwritten or removed in the run",
    "cropped.jpg": "cropped or stretched: 600x400 became 100x300",
    "of-changed.webp": "its input was changed or removed since the run",
    "cut.png": "output cannot be decoded",
    "gone.webp": "its output was changed or removed since the run",
}
reasons = {entry["reason"]: entry["n"] for entry in quality["not_scored"]}
for name, reason in expected.items():
    image = by_name[name]
    check(image["quality_retained"] is None, f"{name} has a score")
    check(image["quality"] and reason in (image["quality"]["reason"] or ""), f"{name}: {image['quality']}")
    check(any(reason in text for text in reasons), f"'{reason}' is not among the reasons")
check(quality["pairs"] - quality["scored"] == sum(reasons.values()), "reasons do not add up")
check(sum(quality["bands"].values()) == quality["scored"], "bands do not add up")

scored = 0
for name, image in by_name.items():
    if image["quality_retained"] is None:
        continue
    scored += 1
    source = where[image["inputs"][0]]
    output = where[image["outputs"][0]]
    said = json.loads(subprocess.run([imgbench, "score", "--json", source, output], capture_output=True, check=True).stdout)
    check(abs(said["ssimulacra2"] - image["quality"]["score"]) < 1e-9, f"{name}: score says {said['ssimulacra2']}")
    check(said["psnr_db"] == image["quality"]["psnr_db"], f"{name}: PSNR")
    check(said["ms_ssim"] == image["quality"]["ms_ssim"], f"{name}: MS-SSIM")
check(scored == quality["scored"], f"{scored} images, {quality['scored']} pairs with a score")
check(by_name["lossless.png"]["quality"]["identical"] and by_name["lossless.png"]["quality_retained"] == 100, "lossless.png")
check(by_name["thumb.png"]["quality"]["resized"], "thumb.png is not marked")
check(quality["resized"] == 1, "resized")
check(by_name["from-jpeg.webp"]["quality"]["lossy_input"], "from-jpeg.webp")
check(not by_name["a-80.webp"]["quality"]["lossy_input"], "a-80.webp")

for format, encoder in (("webp", "libwebp"), ("jpeg", "libjpeg")):
    curve = [c for c in quality["curves"] if c["format"] == format and c["encoder"] == encoder][0]
    asked = [p for p in curve["points"] if p["label"] in ("q=20", "q=40", "q=60", "q=80", "q=95")]
    check(len(asked) == 5, f"points of {format}: {curve['points']}")
    retained = [p["quality_retained"] for p in asked]
    check(retained == sorted(retained), f"{format}: {retained}")
    at = {entry["score"]: entry for entry in curve["at"]}
    check(at[70]["n"] == 2 and at[80]["n"] == 2, f"{format}: {at}")
    check(at[70]["bytes_out"] < at[80]["bytes_out"], f"{format}: {at}")
    # Between its neighbours, for each source.
    for source in ("a", "b"):
        outputs = sorted((by_name[f"{source}-{q}.{'webp' if format == 'webp' else 'jpg'}"] for q in (20, 40, 60, 80, 95)),
                         key=lambda image: image["quality"]["score"])
        check(any(low["quality"]["score"] <= 70 <= high["quality"]["score"] for low, high in zip(outputs, outputs[1:])), source)

row = [r for r in report["formats"]["webp"]["qualities"] if r["label"] == "q=80" and r["encoder"] == "libwebp"][0]
two = sorted(by_name[f"{source}-80.webp"]["quality_retained"] for source in "ab")
check(row["retained"]["n"] == 2 and abs(row["quality_retained"] - sum(two) / 2) < 1e-9, f"row: {row}, {two}")
check(row["retained"]["worst"] == two[0] and row["retained"]["p5"] is None, f"row: {row}")
png_to_webp = [c for c in report["conversions"] if c["from"] == "png" and c["to"] == "webp"][0]
check(png_to_webp["quality_retained"] is not None, "conversion")
# All else is as without: nobody's figure depends on whether quality was asked for.
for key in ("totals", "stages", "memory", "findings", "resources"):
    check(report[key] == without[key], f"{key} differs")
PYTHON
for words in 'retained ' '- Quality Retained: median' 'Bands: ' 'Worst: ' 'Size at equal quality, WebP (libwebp), between its settings:' 'Not scored: ' \
    'Lossy inputs: ' 'esized: 1'; do
    grep -F -- "$words" text >/dev/null || fail "'$words' is not in the text: $(grep -A12 'Quality Retained' text)"
done
grep -F 'Quality Retained: not measured' <("$imgbench" report "$work/trace") >/dev/null || fail "without: no word of it"
grep -F '| Quality retained | median' with.md >/dev/null || fail "Markdown: $(cat with.md)"
/usr/bin/python3 -c 'import csv; rows = list(csv.DictReader(open("with.csv"))); assert sum(r["quality_retained"] != "" for r in rows) > 20'

# What is known is not measured again, and stays known without the files; the same on one CPU, and when what was known is
# damaged.
quality_of() { /usr/bin/python3 -c 'import json, sys; r = json.load(sys.stdin); print(json.dumps([r["quality"], [i["quality"] for i in r["images"]]], sort_keys=True))'; }
quality_of <with.json >first
echo '{"schema": "imgbench-quality/1", "method": 1, "contents": 3' >trace/quality.json
taskset -c 0 "$imgbench" report trace --quality --json | quality_of >again
cmp first again || fail "on one CPU: $(diff first again)"
cp trace/quality.json known.json
"$imgbench" verify trace >/dev/null || fail "verify"
cp -r trace moved
rm ./*.webp a-*.jpg b-*.jpg a.png
"$imgbench" report trace --quality --json | quality_of >gone
/usr/bin/python3 - <<'PYTHON'
import json
(before, images), (after, later) = json.load(open("first")), json.load(open("gone"))
assert after["scored"] == before["scored"], (before["scored"], after["scored"])
assert after["curves"] == before["curves"]
PYTHON
rm trace/quality.json
"$imgbench" report trace --quality --json | quality_of >nothing
grep -F '"scored": 0' nothing >/dev/null || grep -F 'changed or removed since' nothing >/dev/null || fail "without files: $(cat nothing)"
cp known.json trace/quality.json

# A trace that cannot be written to.
if ((EUID != 0)); then
    chmod a-w moved
    "$imgbench" report moved --quality >/dev/null 2>lines || fail "a trace that is read only"
    chmod u+w moved
fi

# Gates; metrics of others; what makes no sense.
code=0
"$imgbench" report trace --quality --fail-if 'any images.quality_retained<50' >/dev/null 2>lines || code=$?
((code == 3)) && grep -F 'images.quality_retained<50' lines >/dev/null || fail "gate: $code, $(cat lines)"
"$imgbench" report trace --quality --fail-if 'quality.quality_retained<10' >/dev/null 2>lines || fail "gate that holds: $(cat lines)"
code=0
"$imgbench" report trace --metric broken >/dev/null 2>lines || code=$?
((code == 2)) || fail "--metric broken: $code"
traced "$work/small" cjpeg -quality 70 -outfile small.jpg b.ppm
"$imgbench" report small --metric 'bytes:stat -c %s {out} {ref}' --metric 'fails:exit 9; {out}' --json >metrics.json
/usr/bin/python3 - <<'PYTHON'
import json
report = json.load(open("metrics.json"))
quality = report["images"][0]["quality"]
assert report["quality"]["metrics"] == ["bytes", "fails"], report["quality"]
assert quality["metrics"]["bytes"] > 1000 and quality["metrics"]["fails"] is None, quality
assert quality["reason"] == "fails ended with exit code 9" and quality["score"] > 50, quality
PYTHON

# A metric that fails does not make the others be forgotten; scores that are known stay so without the files.
rm -f small/quality.json
"$imgbench" report small --metric 'fails:exit 9; {out}' >text
grep -F 'fails: n/a; failed: 1 (fails ended with exit code 9)' text >/dev/null || fail "a metric that fails: $(grep -A9 'Quality Retained' text)"
mv small.jpg away.jpg
"$imgbench" report small --metric 'other:echo 1 {out}' >text
grep -F -- '- Quality Retained: median' text >/dev/null || fail "known, but: $(grep -A9 'Quality Retained' text)"
mv away.jpg small.jpg

# A trace that is handed on takes no hash of a picture along.
"$imgbench" anonymize small public >/dev/null
[[ ! -e public/quality.json ]] || fail "anonymize took the scores along, with hashes of what was scored"
