#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: the journey of an upgrade: the same script before and after a new version of sharp, recorded apart as it happens in
# a project, and then in turns to be sure.
modules=$PWD/build/node/node_modules
source tests/journeys/environment.bash

for version in sharp-old sharp; do
    [[ -e $modules/$version/package.json ]] || fail "$modules/$version is missing: run scripts/setup"
done
# libvips has its version in the name of its file in some of sharp's releases, the interface's number in others.
file_of() { # version of sharp
    local nested=$modules/$1/node_modules/@img
    [[ -d $nested ]] || nested=$modules/@img
    basename "$nested"/sharp-libvips-linux-*/lib/libvips-cpp.so.*
}
old=$(file_of sharp-old) new=$(file_of sharp)
[[ $old != "$new" && $new =~ \.so\.[0-9]+\.[0-9]+\.[0-9]+$ ]] || fail "files of libvips: $old, $new"
new=${new#*.so.}

cat >thumbnails.js <<'SCRIPT'
const sharp = require(process.argv[2] ?? "./node_modules/sharp");
const photos = process.argv.slice(3);
(async () => {
    require("fs").mkdirSync("out", { recursive: true });
    for (const [i, photo] of photos.entries())
        await sharp(photo).resize({ width: 320 }).webp({ quality: 80 }).toFile(`out/${i}.webp`);
})();
SCRIPT
mkdir node_modules
use() { ln -sfn "$modules/$1" node_modules/sharp; }
photos=("$photos/flower_cropped.jpg" "$photos/flower_small.q85_444_non_interleaved.jpg")

# As it happens: a set before, the upgrade, a set after.
use sharp-old
ends_with 0 imgbench run --runs 6 --out before -- node thumbnails.js ./node_modules/sharp "${photos[@]}"
use sharp
ends_with 0 imgbench run --runs 6 --out after -- node thumbnails.js ./node_modules/sharp "${photos[@]}"
ends_with 0 imgbench compare --json=upgrade.json before after
ends_with 0 imgbench compare before after
[[ $(<../out) == *"drift of the machine not excluded"* ]] || fail "sets recorded apart: $(<../out)"
# What changed is named with both versions, on paper too; the command did not.
grep -E "^ *libvips-cpp: ${old//./\\.} .*→ ${new//./\\.} " ../out >/dev/null || fail "the versions $old and $new are not said: $(<../out)"
ends_with 0 imgbench compare --md before after
grep -F "$old" ../out | grep -F "$new" >/dev/null || fail "the versions are not in the Markdown: $(<../out)"
[[ $(figure upgrade.json '[t for t in d["differences"] if t["what"] == "command"]') == "[]" ]] || fail "$(figure upgrade.json 'd["differences"]')"
# Every image is there before and after, with the sizes on disk now.
[[ $(figure upgrade.json 'len(d["images"]["pairs"]), d["images"]["only_old"], d["images"]["only_new"]') == "2 0 0" ]] ||
    fail "pairs: $(figure upgrade.json 'd["images"]')"
[[ $(figure upgrade.json 'd["images"]["bytes_new"]') == $(cat out/* | wc -c) ]] ||
    fail "sizes: $(figure upgrade.json 'd["images"]["bytes_new"]'), on disk $(cat out/* | wc -c)"

# To be sure: both in turns, so that the machine's moods meet both.
ends_with 0 imgbench run --runs 6 --report turns.json -- node thumbnails.js "$modules/sharp-old" "${photos[@]}" \
    --versus node thumbnails.js "$modules/sharp" "${photos[@]}"
[[ $(figure turns.json 'd["design"]') == interleaved && $(figure turns.json 'min(f["n_old"] for f in d["figures"] if f["path"] == "duration_s")') == 6 ]] ||
    fail "rounds: $(figure turns.json 'd["design"]')"
