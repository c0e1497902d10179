#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: the claim that optimizers which overwrite their input get scores with `run --keep-originals`, the true ones, and that
# what they write is as without; and that the report says what is missing without it.
source tests/integration/environment.bash
cd "$work"

mkdir given
convert-im6.q16 /usr/share/libjxl-testdata/jxl/flower/flower.png -resize 500x -strip PNG24:given/flower.png
convert-im6.q16 given/flower.png -quality 92 given/flower.jpg
for tool in optipng pngquant mogrify jpegoptim pillow cwebp; do
    cp given/flower.png given/$tool.png
    cp given/flower.jpg given/$tool.jpg
done
cat >in_place.sh <<'JOBS'
set -e
jpegoptim -q -m60 jpegoptim.jpg
optipng -quiet -o1 optipng.png
pngquant --speed 10 --force --ext .png 32 pngquant.png
mogrify-im6.q16 -quality 40 mogrify.jpg
/usr/bin/python3 -c 'from PIL import Image; i = Image.open("pillow.jpg"); i.load(); i.save("pillow.jpg", quality=30)'
cwebp -quiet -q 70 cwebp.png -o cwebp.webp && rm cwebp.png
cwebp -quiet -q 70 flower.png -o flower.webp
JOBS
for how in bare without with; do cp -r given $how; done
(cd bare && bash ../in_place.sh)
(cd without && "$imgbench" run --out "$work/trace-without" -- bash ../in_place.sh >/dev/null 2>&1)
(cd with && "$imgbench" run --keep-originals --out "$work/trace-with" -- bash ../in_place.sh >/dev/null 2>lines) ||
    fail "run --keep-originals: $(tail -3 with/lines)"
rm with/lines
diff -r bare without || fail "without: another output"
diff -r bare with || fail "with --keep-originals: another output"

"$imgbench" report --quality --json trace-without >without.json
"$imgbench" report --quality --json trace-with >with.json
/usr/bin/python3 - "$imgbench" <<'PYTHON'
import json, subprocess, sys


def images(path):
    report = json.load(open(path))
    names = {file["id"]: file["path"].rsplit("/", 1)[-1] for file in report["files"]}
    found = {names[image["outputs"][0]]: image for image in report["images"] if image["quality"]}
    return report, found


without, bare = images("without.json")
kept, scored = images("with.json")
overwritten = ["jpegoptim.jpg", "optipng.png", "pngquant.png", "mogrify.jpg", "pillow.jpg", "cwebp.webp"]
for name in overwritten:
    quality = bare[name]["quality"]
    assert quality["score"] is None and "imgbench run --keep-originals" in quality["reason"], (name, quality)
    quality = scored[name]["quality"]
    assert quality["score"] is not None, (name, quality)
    source = "given/" + name.replace(".webp", ".png")
    said = json.loads(subprocess.run([sys.argv[1], "score", "--json", source, "with/" + name], capture_output=True, check=True).stdout)
    assert abs(said["ssimulacra2"] - quality["score"]) < 1e-9, (name, said, quality)
assert scored["optipng.png"]["quality"]["identical"]
assert bare["flower.webp"]["quality"]["score"] == scored["flower.webp"]["quality"]["score"]
assert kept["quality"]["scored"] == kept["quality"]["pairs"] == 7, kept["quality"]
assert without["quality"]["scored"] == 1, without["quality"]
# The kernel's count of I/O is still accounted for: what the library copied is its own.
for report in (without, kept):
    assert 0.98 < report["coverage"]["io_bytes_seen"] / report["coverage"]["io_bytes_kernel"] < 1.02, report["coverage"]
PYTHON

# A trace that is moved takes its originals along.
mv trace-with moved
rm moved/quality.json
"$imgbench" report --quality --json moved >moved.json
/usr/bin/python3 -c 'import json; a, b = (json.load(open(p))["quality"] for p in ("with.json", "moved.json")); assert a == b, (a, b)'
# What does not fit is said.
cp -r given full
(cd full && IMGBENCH_QUOTA=300K "$imgbench" run --keep-originals --out "$work/trace-full" -- bash ../in_place.sh >/dev/null 2>&1)
diff -r bare full || fail "a full trace: another output"
"$imgbench" report --quality trace-full >text
grep -F 'did not fit into IMGBENCH_QUOTA' text >/dev/null || fail "a full trace: $(grep -A12 'Quality Retained' text)"
"$imgbench" verify moved >/dev/null
"$imgbench" anonymize moved public >/dev/null
[[ ! -e public/originals ]] || fail "anonymize took pictures along"
