#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: the claim that the records agree with strace, call by call, on real tools and victims; see oracle.py. Makes the
# inputs. With arguments, only these jobs: oracle.sh cwebp 'victim bytes'
source tests/integration/environment.bash
work=$(mktemp -d /dev/shm/imgbench.XXXXXX) # times do not matter here, but the disk's would be waited for
trap 'rm -rf "$work"; [[ $library != /tmp/imgbench-link.* ]] || rm -r "$(dirname "$library")"' EXIT

make --no-print-directory -s victims
python3 tests/integration/oracle/oracle.py page | diff -u docs/oracle.md - ||
    fail "docs/oracle.md is out of date: run make docs"

scripts/demo-jobs "$work/jobs" small
mkdir -p "$work/images/in"
(
    cd "$work/images/in"
    for name in macan.png phone.png drone.png flower-small.jpg; do cp "$work/jobs/in/$name" .; done
    cp "$work/jobs/in/debian-logo.png" "$work/jobs/in/lines-logo.png" .
    djpeg -outfile flower-small.ppm flower-small.jpg
    convert-im6.q16 flower-small.jpg -resize 100x100 small.gif
    cwebp -quiet phone.png -o small.webp
    avifenc -s 9 phone.png small.avif >/dev/null
    cjxl --quiet -e 3 phone.png small.jxl
    echo "not an image" >text.jpg
)
for victim in stages threads interleaved helper rows bytes heap killed; do
    mkdir "$work/$victim"
    python3 tests/integration/figures/ground_truth.py inputs "$work/$victim"
done

python3 tests/integration/oracle/oracle.py run "$imgbench" "$library" "$work" "$@"
