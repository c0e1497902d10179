#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: the journey of a CI job: a baseline is kept as JSON; a change that makes images larger or a program hungrier fails
# the build and says why; one that does not, passes.
source tests/journeys/environment.bash

mkdir images
cp $photos/flower_cropped.jpg images/a.jpg
cp $photos/flower_small.rgb.png images/b.png 2>/dev/null || cp "$(find /usr/share/libjxl-testdata -name '*.png' -size -300k -print -quit)" images/b.png
cat >optimize <<'SCRIPT'
mkdir -p out
for image in images/*; do cwebp -quiet -q "${QUALITY:-75}" "$image" -o "out/$(basename "$image").webp"; done
SCRIPT

# The main branch leaves its report as an artifact.
ends_with 0 imgbench run --out main --report baseline.json -- sh optimize
[[ $(figure baseline.json 'd["totals"]["ok"]') == 2 ]]

# A branch that changes nothing.
ends_with 0 imgbench run --out same -- sh optimize
ends_with 0 imgbench compare --fail-if 'any images.bytes_out>+2%' --fail-if 'totals.failed>0' --md=summary.md baseline.json same
grep -q 'One run on each side' summary.md

# One that raises the quality: which images grew, by how much, and the exit code that CI acts on.
ends_with 0 env QUALITY=95 imgbench run --out larger -- sh optimize
ends_with 3 imgbench compare --fail-if 'any images.bytes_out>+2%' --md=summary.md baseline.json larger
grep -q 'gate failed: images.bytes_out>+2%: 2 of 2 pairs, most +' ../err || fail "$(<../err)"
grep -q '^| a\.jpg\.webp | [0-9.]* kB | [0-9.]* kB | +' summary.md || fail "$(<summary.md)"

# A limit that needs no baseline.
ends_with 3 imgbench report --fail-if 'memory.peak_rss_bytes>1MB' larger
ends_with 0 imgbench report --fail-if 'memory.peak_rss_bytes>1GB' --fail-if 'any images.status!=ok' larger

# Times need rounds. A single run says that it cannot tell, and lets the build pass, or not.
ends_with 0 imgbench compare --fail-if 'stages.encode.mean>+5%' baseline.json larger
grep -q 'gate undecided' ../err
ends_with 4 imgbench compare --strict --fail-if 'stages.encode.mean>+5%' baseline.json larger
ends_with 0 imgbench run --runs 10 --out rounds -- sh -c 'QUALITY=75 sh optimize' --versus sh -c 'for i in 1 2 3; do QUALITY=75 sh optimize; done'
ends_with 3 imgbench compare --fail-if 'duration_s>+50%' rounds/old rounds/new

# A typo is no pass.
ends_with 2 imgbench compare --fail-if 'stages.encod.mean>+5%' baseline.json larger
