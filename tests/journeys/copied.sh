#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: the journey of a trace that is looked at elsewhere: recorded and packed on one machine, copied, reported without the
# images and libraries it was recorded with.
source tests/journeys/environment.bash

cp $photos/flower_cropped.jpg photo.jpg
ends_with 0 imgbench run --out trace -- sh -c 'cwebp -quiet -metadata icc photo.jpg -o photo.webp; convert-im6.q16 photo.jpg -resize 50% -quality 80 small.jpg'
ends_with 0 imgbench pack trace
imgbench report --json=here.json trace >here.txt
tar cf trace.tar trace
mkdir ../elsewhere
tar xf trace.tar -C ../elsewhere
rm -r trace photo.* small.*
cd ../elsewhere
imgbench report --json=there.json trace >there.txt
diff <(sed 's/^Trace: .*//' ../project/here.txt) <(sed 's/^Trace: .*//' there.txt) || fail "the report is another one elsewhere"
cmp ../project/here.json there.json
ends_with 0 imgbench verify trace
