#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: the journey of choosing an encoder: WebP against AVIF over the same photos, by size, time and memory.
source tests/journeys/environment.bash

mkdir in
i=0
for photo in $photos/flower_cropped.jpg $photos/*.png; do
    i=$((i + 1))
    [[ $i -le 3 ]] && /usr/bin/python3 -c 'import sys; from PIL import Image; Image.open(sys.argv[1]).convert("RGB").resize((320, 240)).save(sys.argv[2])' "$photo" in/$i.png
done
cat >webp <<'SCRIPT'
mkdir -p webp.out; for f in in/*.png; do cwebp -quiet -q 80 $f -o webp.out/$(basename $f .png).webp; done
SCRIPT
cat >avif <<'SCRIPT'
mkdir -p avif.out; for f in in/*.png; do avifenc -s 8 --min 20 --max 40 $f avif.out/$(basename $f .png).avif >/dev/null; done
SCRIPT
ends_with 0 imgbench run --runs 10 --out set --report result.json -- sh webp --versus sh avif

# Images are matched by their sources, though every output has another name and format.
count=$(ls in | wc -l)
[[ $(figure result.json 'len(d["images"]["pairs"])') == "$count" && $(figure result.json 'd["images"]["only_old"] + d["images"]["only_new"]') == 0 ]] ||
    fail "pairs: $(figure result.json 'd["images"]')"
# Sizes are those on disk.
[[ $(figure result.json 'd["images"]["bytes_old"]') == $(cat webp.out/* | wc -c) && $(figure result.json 'd["images"]["bytes_new"]') == $(cat avif.out/* | wc -c) ]] ||
    fail "sizes: $(figure result.json 'd["images"]["bytes_old"], d["images"]["bytes_new"]')"
# AVIF takes several times the memory and the encoding time here, and ten rounds are enough to say so.
for path in stages.encode.mean memory.peak_rss_bytes; do
    [[ $(figure result.json "[f['verdict'] for f in d['figures'] if f['path'] == '$path'][0]") == worse ]] ||
        fail "$path: $(figure result.json "[f for f in d['figures'] if f['path'] == '$path']")"
done
# For people: text, and a page.
ends_with 0 imgbench compare --html=result.html set/old set/new
grep -q '10 interleaved rounds' ../out && grep -Eq '^  1\.avif: [0-9.]+ kB → [0-9.]+ kB \(' ../out || fail "$(<../out)"
grep -q '<title>Image optimizer comparison</title>' result.html
