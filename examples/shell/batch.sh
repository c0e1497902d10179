#!/bin/sh
# SPDX-License-Identifier: MIT
# Owns: an example: a shell script that names its own moments.
# Must not know: whether anybody listens.
#
#     LD_PRELOAD=$PWD/build/libimgbench.so sh examples/shell/batch.sh out photo.jpg … && build/imgbench report
#
# Makes a WebP of each picture. `[ … ]` asks about a path that is not there, which is the mark, and is false: "|| :" keeps
# that from ending the script.
set -eu

mark() { [ -r "imgbench:$1" ] || :; }

out=$1
shift
mkdir -p "$out"
mark "mark:batch.start?{\"pictures\":$#}"
for picture in "$@"; do
    name=$(basename "$picture")
    mark "begin:picture?{\"name\":\"$name\"}"
    cwebp -quiet -q 80 "$picture" -o "$out/${name%.*}.webp"
    mark end:picture
    echo "$name: done"
done
mark mark:batch.end
