#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: that findings come true with real tools: for each rule a run that it is made for, and one beside it that is as it
# should be. Not here, because no machine can be asked for it: memory-near-limit and cpu-throttled (limits of a cgroup);
# settings-disagree (no tool at hand does so). oversubscribed is in run_queue.sh, too. tests/unit/metrics/test_findings.c has all of them.
# Alone: what findings say of waiting and of CPU must be its own.
source tests/integration/environment.bash

photo=/usr/share/libjxl-testdata/jxl/flower/flower.png.im_q85_420.jpg
runs=0
report() { # id command…: the findings of a run of it
    local trace=$work/trace.$((++runs))
    traced "$trace" "${@:2}" </dev/null >/dev/null 2>"$work/errors" || true
    "$imgbench" report --json --no-images "$trace" | python3 -c '
import json, sys
for finding in json.load(sys.stdin)["findings"]:
    print(finding["id"], "|", finding["title"])' >"$work/findings"
}
# Whether a CPU is idle depends on what else the machine does: these are asked again then, and left to
# tests/unit/metrics/test_findings.c where it never rests.
idle_cpus="processes-too-few threads-too-few libuv-pool-too-small"
fires() {
    local try
    for try in 1 2 3 4; do
        report "$@"
        if grep -q "^$1 |" "$work/findings"; then return; fi
        [[ $idle_cpus == *"$1"* ]] && grep -q "^machine-shared |" "$work/findings" || fail "$* did not fire; the findings: $(<"$work/findings") $(tail -3 "$work/errors")"
        sleep $((try * 2))
    done
    echo "not tested, for other programs keep the CPUs busy: $1"
}
quiet() {
    report "$@"
    ! grep -q "^$1 |" "$work/findings" || fail "$* fired: $(grep "^$1 |" "$work/findings")"
}
cat >"$work/pillow.py" <<'PYTHON'
import ctypes, io, os, sys, threading
from PIL import Image, ImageCms, ImageOps

job, *names = sys.argv[1:]
if job == "make":  # the sources: a photograph, one of it that lies on its side, one with a profile, a large one
    picture = Image.open(names[0])
    picture.save(f"{names[1]}/photo.png", compress_level=1)
    exif = Image.Exif()
    exif[0x0112] = 6
    picture.save(f"{names[1]}/turned.jpg", exif=exif)
    picture.save(f"{names[1]}/profile.jpg", icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    picture.resize((3600, 2700)).save(f"{names[1]}/large.ppm")
    picture.resize((3600, 2700)).save(f"{names[1]}/large.jpg")
    picture.resize((400, 300)).save(f"{names[1]}/small.jpg", quality=60)
    picture.save(f"{names[1]}/photo.ppm")
    for i in range(3):  # parts of the photograph, and what nothing can make smaller
        picture.crop((300 * i, 200 * i, 300 * i + 900, 200 * i + 700)).save(f"{names[1]}/part.{i}.ppm")
        Image.frombytes("RGB", (1400, 1000), os.urandom(1400 * 1000 * 3)).save(f"{names[1]}/noise.{i}.ppm")
    frames = [picture.resize((200, 150)).rotate(30 * i) for i in range(4)]
    frames[0].save(f"{names[1]}/moves.gif", save_all=True, append_images=frames[1:])
elif job == "turn":
    ImageOps.exif_transpose(Image.open(names[0])).save(names[1])
elif job == "copy":
    Image.open(names[0]).save(names[1], quality=80)
elif job == "sizes":
    picture = Image.open(names[0])
    for width in (800, 400, 200):
        picture.resize((width, width * 3 // 4)).save(f"{names[1]}.{width}.webp")
elif job == "many":
    for i in range(6):
        Image.open(names[0]).resize((1600, 1200)).save(f"{names[1]}.{i}.webp", method=4)
elif job == "thread":
    def work():
        for i in range(5):
            Image.open(names[0]).resize((1600, 1200)).save(f"{names[1]}.{threading.get_ident()}.{i}.webp", method=4)
    lanes = [threading.Thread(target=work) for _ in range(int(names[2]))]
    for lane in lanes:
        lane.start()
    for lane in lanes:
        lane.join()
elif job == "pieces":  # a PPM written in pieces of so many bytes
    picture = Image.open(names[0]).resize((400, 300))
    pixels, step = b"P6 400 300 255\n" + picture.tobytes(), int(names[2])
    out = os.open(names[1], os.O_WRONLY | os.O_CREAT, 0o600)
    for at in range(0, len(pixels), step):
        os.write(out, pixels[at : at + step])
    os.close(out)
elif job == "search":
    picture = Image.open(names[0])
    for quality in range(90, 90 - 10 * int(names[2]), -10):
        result = io.BytesIO()
        picture.save(result, "webp", quality=quality)
    with open(names[1], "wb") as out:
        out.write(result.getbuffer())
elif job == "retain":  # 160 MB of small blocks, released below one that stays; then a large one
    libc = ctypes.CDLL(None)
    libc.malloc.restype = ctypes.c_void_p
    blocks = [libc.malloc(2000) for _ in range(80000)]
    for block in blocks[: len(blocks) - 1] if names[2] == "all" else []:
        libc.free(ctypes.c_void_p(block))
    large = bytearray(60_000_000)
    for i in range(0, len(large), 4096):
        large[i] = 1
    Image.open(names[0]).resize((1200, 900)).save(names[1])
PYTHON
pillow() { /usr/bin/python3 "$work/pillow.py" "$@"; }
in=$work/in out=$work/out
mkdir "$in" "$out"
pillow make "$photo" "$in"

head -c 90000 "$in/photo.png" >"$in/cut.png"
fires images-failed cwebp -m 0 "$in/cut.png" -o "$out/a.webp"
# What is no image is not counted as one, but the run that got it is not passed over.
echo text >"$in/notes.txt"
fires tools-failed bash -c "cwebp -quiet -m 0 '$in/photo.png' -o '$out/a.webp'; cwebp -quiet '$in/notes.txt' -o '$out/b.webp'; true"
quiet tools-failed bash -c "cwebp -quiet -m 0 '$in/photo.png' -o '$out/a.webp'; grep -q nothing '$in/notes.txt'; true"
quiet images-failed cwebp -m 0 "$in/photo.png" -o "$out/a.webp"

cat >"$work/killed" <<'BASH' # ends a command as soon as its trace says that a codec has been called
"$@" &
export LD_PRELOAD= # or the trace holds those who look into it, and what they look for
for ((i = 0; i < 2000; i++)); do
    if "$imgbench" dump "$IMGBENCH_DIR" 2>/dev/null | awk '$3 == "codec_call" { found = 1 } END { exit !found }'; then break; fi
    sleep 0.01
done
kill -KILL $!
wait
BASH
fires images-unfinished env imgbench="$imgbench" bash "$work/killed" cwebp -m 6 -q 90 "$in/large.jpg" -o "$out/a.webp"
quiet images-unfinished cwebp -m 0 "$in/large.ppm" -o "$out/a.webp"

fires orientation-lost /usr/bin/python3 "$work/pillow.py" copy "$in/turned.jpg" "$out/a.webp"
quiet orientation-lost /usr/bin/python3 "$work/pillow.py" turn "$in/turned.jpg" "$out/a.webp"

fires animation-lost vips copy "$in/moves.gif" "$out/a.webp"
quiet animation-lost gif2webp "$in/moves.gif" -o "$out/a.webp"

fires profile-lost cwebp "$in/profile.jpg" -o "$out/a.webp"
quiet profile-lost cwebp -metadata icc "$in/profile.jpg" -o "$out/a.webp"

fires images-grew convert-im6.q16 "$in/small.jpg" -quality 100 "$out/a.jpg"
quiet images-grew convert-im6.q16 "$in/small.jpg" -quality 50 "$out/a.jpg"

cp "$in/photo.png" "$out/b.png"
quiet little-gain optipng -o1 "$out/b.png"
fires little-gain optipng -o1 -force "$out/b.png"

fires reencoded-lossy convert-im6.q16 "$photo" -quality 80 "$out/a.jpg"
fires reencoded-lossy sh -c 'cwebp -q 80 "$0" -o "$1.webp" && convert-im6.q16 "$1.webp" -resize 50% -quality 80 "$1.jpg"' "$photo" "$out/g"
quiet reencoded-lossy jpegtran -copy none -optimize -outfile "$out/a.jpg" "$photo"
quiet reencoded-lossy convert-im6.q16 "$photo" -resize 50% -quality 80 "$out/a.jpg"
quiet reencoded-lossy cwebp -q 80 "$photo" -o "$out/a.webp"

convert-im6.q16 "$photo" -resize 20% -alpha set -channel A -evaluate set 50% "$in/glass.png"
fires alpha-lost convert-im6.q16 "$in/glass.png" "$out/a.jpg"
quiet alpha-lost cwebp "$in/glass.png" -o "$out/a.webp"

fires repeated-reads sh -c 'for w in 800 400 200; do cwebp -m 0 -resize $w 0 "$0" -o "$1.$w.webp"; done' "$photo" "$out/a"
quiet repeated-reads /usr/bin/python3 "$work/pillow.py" sizes "$photo" "$out/a"

fires small-transfers /usr/bin/python3 "$work/pillow.py" pieces "$photo" "$out/a.ppm" 16
quiet small-transfers /usr/bin/python3 "$work/pillow.py" pieces "$photo" "$out/b.ppm" 65536

fires temporary-files sh -c 'djpeg "$0" >"$1.ppm" && cwebp -m 0 "$1.ppm" -o "$1.webp"' "$photo" "$out/t"
quiet temporary-files sh -c 'djpeg "$0" | cwebp -m 0 -o "$1.webp" -- -' "$photo" "$out/t"

fires start-up-dominates sh -c 'for i in 1 2 3 4 5; do /usr/bin/python3 "$2" copy "$0" "$1.$i.jpg"; done' "$in/small.jpg" "$out/a" "$work/pillow.py"
quiet start-up-dominates /usr/bin/python3 "$work/pillow.py" many "$in/small.jpg" "$out/a"

fires trial-encodes /usr/bin/python3 "$work/pillow.py" search "$photo" "$out/a.webp" 3
quiet trial-encodes /usr/bin/python3 "$work/pillow.py" search "$photo" "$out/a.webp" 1

fires work-discarded sh -c 'cwebp -q 95 "$0" -o "$1" && rm "$1"' "$photo" "$out/d.webp"
quiet work-discarded sh -c 'cwebp -q 50 "$0" -o "$1"' "$photo" "$out/d.webp"

efforts() { echo "for m in 0 6; do for i in \"\$0\"/$1.*.ppm; do cwebp -lossless -m \$m \"\$i\" -o \"\$i.\$m.webp\"; done; done"; }
fires effort-without-gain sh -c "$(efforts noise)" "$in"
quiet effort-without-gain sh -c "$(efforts part)" "$in"

fires memory-retained /usr/bin/python3 "$work/pillow.py" retain "$photo" "$out/a.webp" all
quiet memory-retained /usr/bin/python3 "$work/pillow.py" retain "$photo" "$out/a.webp" none

# The rest is about CPUs: of which there must be two.
mapfile -t cpus < <(/usr/bin/python3 -c 'import os; print(*sorted(os.sched_getaffinity(0))[:2], sep="\n")')
((${#cpus[@]} == 2)) || exit 0
two="taskset -c ${cpus[0]},${cpus[1]}"
for i in {10..25}; do ln "$in/photo.ppm" "$in/same.$i.ppm"; done
printf '%s\n' "$in"/same.??.ppm >"$work/equal"
{ head -4 "$work/equal" && echo "$in/large.ppm"; } >"$work/large-last"
many() { echo "xargs -d '\\n' -a \"$1\" -P$2 -I{} cwebp -quiet -m 2 {} -o {}.webp"; }
fires processes-too-few $two sh -c "$(many "$work/equal" 1)"
quiet processes-too-few $two sh -c "$(many "$work/equal" 2)"
fires single-lane-tail $two sh -c "$(many "$work/large-last" 2)"
quiet single-lane-tail $two sh -c "$(many "$work/equal" 2)"
fires threads-too-few $two /usr/bin/python3 "$work/pillow.py" thread "$photo" "$out/a" 1
quiet threads-too-few $two /usr/bin/python3 "$work/pillow.py" thread "$photo" "$out/a" 2

# Beside one busy loop per CPU of the machine none is idle, whatever the pool leaves: more processes would find none.
busily() { # what to expect of the findings while the loops run
    local loops=() i
    for ((i = 0; i < $(getconf _NPROCESSORS_ONLN); i++)); do
        timeout 60 sh -c 'while :; do :; done' &
        loops+=($!)
    done
    "$@"
    kill "${loops[@]}"
    wait "${loops[@]}" 2>/dev/null || true
}
busily fires machine-shared $two sh -c "$(many "$work/equal" 1)"
busily quiet processes-too-few $two sh -c "$(many "$work/equal" 1)"
busily quiet oversubscribed $two sh -c "$(many "$work/equal" 2)"

[[ -d build/node/node_modules/sharp ]] || exit 0 # setup has said so
cat >"$work/sharp.mjs" <<'NODE'
import { createRequire } from "node:module";
const [, , root, photo, out] = process.argv;
const sharp = createRequire(`${root}/build/node/`)("sharp");
sharp.concurrency(1);
await Promise.all(Array.from({ length: 8 }, (_, i) => sharp(photo).webp({ effort: 4 }).toFile(`${out}/s.${i}.webp`)));
NODE
fires libuv-pool-too-small $two env UV_THREADPOOL_SIZE=1 node "$work/sharp.mjs" "$root" "$photo" "$out"
quiet libuv-pool-too-small $two env UV_THREADPOOL_SIZE=2 node "$work/sharp.mjs" "$root" "$photo" "$out"
