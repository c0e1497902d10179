#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: what the report takes from the images' files: real tools, whose traces are read again after the files changed.
# Must not know: formats beyond what the tools were told to write.
# shellcheck source=tests/integration/environment.bash
source tests/integration/environment.bash

cd "$work"
convert-im6.q16 -size 96x64 gradient:red-blue -strip plain.png
convert-im6.q16 plain.png -colors 4 -duplicate 2 -loop 0 moving.gif
python3 - <<'PYTHON'
# A profile of 2 KiB and an orientation in front of everything else: the recorded head ends before the frame header.
import subprocess
jpeg = subprocess.run(["convert-im6.q16", "plain.png", "-quality", "81", "jpg:-"], stdout=subprocess.PIPE, check=True).stdout
exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"
icc = b"ICC_PROFILE\0\x01\x01" + bytes(2048)
def segment(marker, body):
    return bytes([0xff, marker]) + (len(body) + 2).to_bytes(2, "big") + body
open("photo.jpg", "wb").write(jpeg[:2] + segment(0xe1, exif) + segment(0xe2, icc) + jpeg[2:])
PYTHON

# Asserts a Python expression on the report r of a trace; f(name) is the newest file of that name, i the first image.
claim() { # trace expression
    "$imgbench" report --json "$1" >report.json 2>log || fail "no report of $1: $(cat log)"
    python3 - "$2" <<'PYTHON' || fail "not true of $1: $2"
import json, sys
r = json.load(open("report.json"))
def f(name):
    return [file for file in r["files"] if file["path"].endswith("/" + name)][-1]
i = r["images"][0] if r["images"] else None
sys.exit(0 if eval(sys.argv[1]) else 1)
PYTHON
    echo "ok $1: $2"
}

# What is behind the head comes from the file, in whatever way it was written, and what of it was lost is told.
traced stdio cjpeg -quality 70 -outfile stdio.jpg <(convert-im6.q16 plain.png ppm:-)
claim stdio 'f("stdio.jpg")["facts_from"] == "file"'
traced lossy cwebp -quiet photo.jpg -o photo.webp
claim lossy 'f("photo.jpg")["facts_from"] == f("photo.webp")["facts_from"] == "file"'
claim lossy 'f("photo.jpg")["width"] == 96 and f("photo.jpg")["coding"]["jpeg_quality"] == 81'
claim lossy 'f("photo.webp")["coding"]["webp_quality_bucket"] == {"from": 70, "to": 79}'
claim lossy 'i["lost"] == ["icc", "exif", "orientation"] and i["lost_unknown"] == [] and i["disagreements"] == []'
claim lossy 'r["totals"]["lost"]["icc"] == 1 and r["totals"]["compared"] == 1'
traced tiff convert-im6.q16 plain.png plain.png pages.tif
claim tiff 'f("pages.tif")["frames"] == 2 and f("pages.tif")["width"] == 96'
traced gif convert-im6.q16 "moving.gif[0]" still.png
claim gif 'f("moving.gif")["frames"] == 3 and i["lost"] == ["animation"]'
printf '<?xml version="1.0"?>\n<!-- drawn -->\n<svg xmlns="http://www.w3.org/2000/svg" width="30" height="20"/>' >a.svg
traced svg vips copy a.svg a.png
claim svg 'f("a.svg")["format"] == "svg" and f("a.svg")["width"] == 30 and "pixels" in i["lost_unknown"]'
cp photo.jpg place.jpg
traced place jpegtran -copy none -outfile place.tmp place.jpg
traced place mv place.tmp place.jpg
claim place 'f("place.jpg")["facts_from"] == "file" and f("place.jpg")["metadata"]["icc"] is False'

# Once a file is another one, or nothing at all, only the head counts, and what it does not say is unknown.
touch photo.webp
claim lossy 'f("photo.webp")["facts_from"] == "head" and f("photo.jpg")["facts_from"] == "file"'
mv photo.jpg kept.jpg
claim lossy 'f("photo.jpg")["facts_from"] == "head" and f("photo.jpg")["width"] is None'
claim lossy 'i["lost"] == ["icc", "exif"] and i["lost_unknown"] == ["xmp", "orientation", "depth", "pixels"]'
cp -p kept.jpg photo.jpg
claim lossy 'f("photo.jpg")["facts_from"] == "head"'
rm photo.jpg photo.webp
mkfifo photo.jpg
ln -s /dev/zero photo.webp
claim lossy 'f("photo.jpg")["facts_from"] == f("photo.webp")["facts_from"] == "head"'
rm photo.jpg
mv kept.jpg photo.jpg
claim lossy 'f("photo.jpg")["facts_from"] == "file" and f("photo.jpg")["width"] == 96'
