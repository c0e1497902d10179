#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: the claim that `imgbench score` is right: SSIMULACRA 2 against the reference's scores, PSNR and SSIM against FFmpeg,
# SSIM and MS-SSIM against a second implementation; and that bad files and metrics get a line with the reason.
source tests/integration/environment.bash

sh tests/data/ssimulacra2-make.sh "$work/pairs" >/dev/null 2>"$work/make.log" || fail "$(tail -5 "$work/make.log")"
value() { awk -F'\t' -v name="$1" '$1 == name { print $2 }'; } # of a metric, from what score prints
near() { # what, value, other, how far at most
    awk -v a="$2" -v b="$3" -v most="$4" 'BEGIN { d = a - b; if (d < 0) d = -d; exit !(a != "" && b != "" && d <= most) }' ||
        fail "$1: $2, not within $4 of $3"
}

count=0
while IFS=$'\t' read -r reference distorted hash _ exact; do
    [[ $reference != reference ]] || continue
    made=$(convert-im6.q16 "$work/pairs/$distorted" rgb:- | sha256sum | cut -d ' ' -f 1)
    [[ $made == "$hash" ]] || fail "$distorted is not the image that was scored: other versions of its tools"
    "$imgbench" score "$work/pairs/$reference" "$work/pairs/$distorted" >"$work/scores" || fail "$distorted: no score"
    got=$(value ssimulacra2 <"$work/scores")
    near "$distorted" "$got" "$exact" 0.1
    if [[ $distorted == */identical.png ]]; then
        [[ $got == 100.0000 && $(value psnr_db <"$work/scores") == inf && $(value ssim <"$work/scores") == 1.000000 ]] ||
            fail "$distorted: identical, but $(cat "$work/scores")"
    fi
    count=$((count + 1))
done <tests/data/ssimulacra2-scores.tsv
((count == 36)) || fail "$count pairs, not 36"

# The same to the last digit: again, and on one CPU.
cd "$work/pairs"
"$imgbench" score --json ref/garden.png dist/garden/webp_q40.png >"$work/one.json"
taskset -c 0 "$imgbench" score --json ref/garden.png dist/garden/webp_q40.png >"$work/two.json"
cmp "$work/one.json" "$work/two.json"

# FFmpeg's SSIM has square windows: it is near, not the same.
for kind in jpeg_q30 webp_q80 avif_q50 blur bright8 pal8; do
    "$imgbench" score ref/macan.png "dist/macan/$kind.png" >"$work/scores"
    ffmpeg -hide_banner -i "dist/macan/$kind.png" -i ref/macan.png -lavfi psnr -f null - >"$work/ffmpeg" 2>&1 </dev/null
    near "PSNR of $kind" "$(value psnr_db <"$work/scores")" "$(sed -n 's/.*PSNR.*average:\([0-9.]*\).*/\1/p' "$work/ffmpeg")" 0.001
    ffmpeg -hide_banner -i "dist/macan/$kind.png" -i ref/macan.png \
        -lavfi '[0:v]format=gray[a];[1:v]format=gray[b];[a][b]ssim' -f null - >"$work/ffmpeg" 2>&1 </dev/null
    near "SSIM of $kind" "$(value ssim <"$work/scores")" "$(sed -n 's/.*SSIM Y:\([0-9.]*\).*/\1/p' "$work/ffmpeg")" 0.02
done
for kind in jpeg_q30 blur; do
    convert-im6.q16 ref/flower.png -crop 200x190+300+200 +repage PNG24:"$work/a.png"
    convert-im6.q16 "dist/flower/$kind.png" -crop 200x190+300+200 +repage PNG24:"$work/b.png"
    "$imgbench" score "$work/a.png" "$work/b.png" >"$work/scores"
    read -r ssim ms_ssim < <(/usr/bin/python3 "$root/tests/integration/quality/quality_ssim.py" "$work/a.png" "$work/b.png")
    near "SSIM of a part of $kind" "$(value ssim <"$work/scores")" "$ssim" 0.00001
    near "MS-SSIM of a part of $kind" "$(value ms_ssim <"$work/scores")" "$ms_ssim" 0.00001
done

# What pictures may come as. A cleaner one must not score less for it.
cd "$work"
convert-im6.q16 pairs/ref/flower.png -resize 500x -strip -define png:exclude-chunks=all PNG24:plain.png # no gAMA: libvips knows none
score_is() { # what, at least, reference, distorted
    "$imgbench" score "$3" "$4" >scores 2>lines || fail "$1: $(cat scores lines)"
    awk -v got="$(value ssimulacra2 <scores)" -v least="$2" 'BEGIN { exit !(got >= least) }' ||
        fail "$1: $(value ssimulacra2 <scores), not $2"
}
convert-im6.q16 plain.png -depth 16 sixteen.png
score_is "16 bits" 99.9 plain.png sixteen.png
convert-im6.q16 plain.png plain.tif && score_is TIFF 100 plain.png plain.tif
convert-im6.q16 plain.png plain.bmp && score_is BMP 100 plain.png plain.bmp
convert-im6.q16 plain.png plain.ppm && score_is PNM 100 plain.png plain.ppm
cwebp -quiet -lossless plain.png -o lossless.webp && score_is "lossless WebP" 100 plain.png lossless.webp
cjxl -d 0 plain.png lossless.jxl 2>/dev/null && score_is "lossless JPEG XL" 99.9 plain.png lossless.jxl
avifenc -q 90 plain.png near.avif >/dev/null 2>&1 || avifenc --min 5 --max 10 plain.png near.avif >/dev/null
score_is AVIF 85 plain.png near.avif
cjpeg -quality 95 -outfile plain.jpg plain.ppm
score_is JPEG 88 plain.png plain.jpg
# Turned by EXIF on one side, in pixels on the other.
convert-im6.q16 plain.jpg -rotate 270 -orient right-top PNG24:turned.png
/usr/bin/python3 - <<'PYTHON'
from PIL import Image
image = Image.open("plain.png").transpose(Image.Transpose.ROTATE_90)
exif = Image.Exif()
exif[0x112] = 6  # to be turned by 90 degrees clockwise: what it was before
image.save("turned.jpg", quality=97, exif=exif)
Image.open("plain.png").convert("CMYK").save("cmyk.jpg", quality=97)
Image.open("plain.png").convert("L").save("grey.png")
frames = [Image.open("plain.png").rotate(90 * i, expand=False) for i in range(5)]
frames[0].save("five.webp", save_all=True, append_images=frames[1:], lossless=True, duration=40)
frames[3] = frames[3].point(lambda v: v // 2)
frames[4] = frames[4].point(lambda v: v // 2)
frames[0].save("worse.webp", save_all=True, append_images=frames[1:], lossless=True, duration=40)
frames[0].save("five.png", save_all=True, append_images=frames[1:], duration=40)
solid = Image.new("RGBA", (64, 64), (200, 30, 30, 255))
solid.putalpha(Image.linear_gradient("L").resize((64, 64)))
solid.save("alpha.png")
flat = Image.new("RGB", (64, 64), (0, 0, 0))
flat.paste(solid, mask=solid)
flat.save("flattened.png")  # over black: the same there, not over white
PYTHON
score_is "orientation" 85 plain.png turned.jpg
score_is "animation, the same" 100 five.webp five.webp
"$imgbench" score --json five.webp five.webp >five.json
grep -F '"frames": 3' five.json >/dev/null || fail "five frames: $(cat five.json)"
"$imgbench" score five.webp worse.webp >scores
awk -v got="$(value ssimulacra2 <scores)" 'BEGIN { exit !(got < 50) }' || fail "the last frame is dark, and the score is $(cat scores)"
"$imgbench" score alpha.png flattened.png >scores
awk -v got="$(value ssimulacra2 <scores)" 'BEGIN { exit !(got < 50) }' || fail "alpha is gone, and the score is $(cat scores)"
score_is "alpha, the same" 100 alpha.png alpha.png
convert-im6.q16 alpha.png -filter Lanczos -resize 50% alpha-half.png
score_is "alpha, resized" 85 alpha.png alpha-half.png
"$imgbench" score plain.png five.webp >scores 2>lines
grep -F "only the first frame was compared: 1 became 5" lines >/dev/null || fail "one frame and five: $(cat lines)"
"$imgbench" score five.png five.png >scores 2>lines # libvips knows no animated PNG
grep -F "only the first frame of 5 was compared" lines >/dev/null || fail "an animated PNG: $(cat lines)"
cut_by() { convert-im6.q16 plain.png -crop "$1" +repage PNG24:cut_by.png; reason "cropped or stretched" plain.png cut_by.png; }
# What a decoder or an encoder makes of it must not count.
convert-im6.q16 plain.png PNG24:gamma.png # with gAMA, which cjxl makes a profile of
cjxl -d 0 gamma.png gamma.jxl 2>/dev/null && score_is "a PNG's gamma in a lossless JPEG XL" 100 gamma.png gamma.jxl
convert-im6.q16 -size 64x64 xc:white PNG24:white.png
avifenc --lossless -d 10 white.png white.avif >/dev/null 2>&1 && score_is "white in 10 bits" 100 white.png white.avif
printf '<svg xmlns="http://www.w3.org/2000/svg" width="100" height="80"><circle cx="50" cy="40" r="30" fill="red"/></svg>' >drawing.svg
vips svgload drawing.svg drawn.png --scale 4 && score_is "a drawing in another size" 99 drawing.svg drawn.png
# A profile that is sRGB's changes nothing; another one is turned into it.
convert-im6.q16 plain.png -resize 50% PNG24:half.png
"$imgbench" score --json plain.png half.png >half.json
grep -F '"resized": true' half.json >/dev/null || fail "half the size is not marked: $(cat half.json)"
score_is "resized as we do" 90 plain.png half.png

# Bad input: one line with the reason, exit code 1, nothing else on standard output.
reason() { # text that the line has, arguments of score…
    local text=$1 code=0
    shift
    "$imgbench" score "$@" >scores 2>lines || code=$?
    ((code == 1)) || fail "score $*: exit code $code"
    [[ $(wc -l <lines) == 1 ]] || fail "score $*: not one line: $(cat lines)"
    grep -F -- "$text" lines >/dev/null || fail "score $*: '$text' is not in: $(cat lines)"
}
head -c 20000 plain.jpg >cut.jpg
head -c 20000 plain.png >cut.png
echo "no image" >text.png
convert-im6.q16 plain.png -crop 1x1+5+5 +repage PNG24:one.png
convert-im6.q16 plain.png -crop 100x300+5+5 +repage PNG24:crop.png
convert-im6.q16 plain.png -rotate 90 PNG24:sideways.png
: >empty.png
mkfifo pipe.png
reason "cannot be decoded" plain.png cut.jpg
reason "cannot be decoded" plain.png cut.png
reason "input cannot be decoded" cut.png plain.png
reason "not in a format" plain.png text.png
reason "output" plain.png empty.png
reason "cropped or stretched" plain.png crop.png
reason "turned" plain.png sideways.png
cut_by 500x300+0+1
cut_by 480x377+0+0
reason "smaller than 8x8" one.png one.png
reason "No such file" plain.png missing.png
reason "no regular file" plain.png pipe.png
reason "no regular file" plain.png .
score_is "CMYK, without a profile" -1000 plain.png cmyk.jpg
score_is "grey" -1000 plain.png grey.png
/usr/bin/python3 - <<'PYTHON'
from PIL import Image
Image.MAX_IMAGE_PIXELS = None
wide = Image.effect_noise((30000, 16), 60).convert("RGB")
wide.save("wide.png")
wide.save("wide.jpg", quality=85)
# A header that says 30000 x 30000, and nearly nothing behind it.
import struct, zlib

def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
open("huge.png", "wb").write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 30000, 30000, 8, 2, 0, 0, 0)) +
                             chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b""))
PYTHON
score_is "30,000 pixels wide" 30 wide.png wide.jpg
code=0
"$imgbench" score huge.png huge.png >scores 2>lines || code=$?
((code == 1)) || fail "a bomb of 900 megapixels: exit code $code"
[[ $(wc -l <lines) == 1 ]] && grep -E 'too large|cannot be decoded|want of memory' lines >/dev/null || fail "a bomb: $(cat lines)"

# A file whose complaint ends in the middle of a character must not take the other scores along.
"$imgbench" score --json plain.png plain.jpg --metric 'm:printf "\303\251%.0s" $(seq 90) >&2; exit 1; : {out}' >scores 2>lines || :
/usr/bin/python3 -c 'import json; d = json.load(open("scores")); assert d["ssimulacra2"] > 80 and d["metrics"]["m"] is None, d'
# A terminal that is closed leaves nothing behind.
mkdir hup
(TMPDIR=$PWD/hup exec setsid "$imgbench" score plain.png plain.jpg --metric 'm:sleep 71.7532; : {out}' >/dev/null 2>&1) &
for ((i = 0; i < 100; i++)); do [[ ! $(ls hup) || ! $(pgrep -f 'sleep 71.7532') ]] || break; sleep 0.1; done
kill -HUP -- "-$!"
wait || :
for ((i = 0; i < 50; i++)); do [[ $(ls hup)$(pgrep -f 'sleep 71.7532') ]] || break; sleep 0.1; done
[[ ! $(ls hup) && ! $(pgrep -f 'sleep 71.7532') ]] || fail "after SIGHUP: $(ls hup) $(pgrep -f 'sleep 71.7532')"

# Metrics of others.
"$imgbench" score plain.png plain.jpg --metric 'bytes:stat -c %s {out}' --metric "same:echo 1.5; test -s '{ref}' -a -s {out}" >scores
[[ $(value bytes <scores) -gt 1000 && $(value same <scores) == 1.5 ]] || fail "metrics: $(cat scores)"
reason "ended with exit code 3 (broken)" plain.png plain.jpg --metric 'm:echo broken >&2; exit 3; {out}'
reason "printed no number" plain.png plain.jpg --metric 'm:echo {ref} {out}'
reason "ended with signal 9" plain.png plain.jpg --metric 'm:kill -9 $$; : {ref} {out}'
start=$SECONDS
reason "had not ended after 1 s" plain.png plain.jpg --metric-timeout 1 --metric 'm:sleep 71.7531 & sleep 71.7531; : {ref} {out}'
((SECONDS - start < 20)) || fail "a metric that hangs: $((SECONDS - start)) s"
for ((i = 0; i < 50; i++)); do [[ $(pgrep -f 'sleep 71.7531') ]] || break; sleep 0.1; done
[[ ! $(pgrep -f 'sleep 71.7531') ]] || fail "a metric that hangs left a process"
[[ $(value ssimulacra2 <scores) ]] || fail "the other metrics are missing: $(cat scores)"
mkdir "t mp"
TMPDIR="$PWD/t mp" "$imgbench" score plain.png plain.jpg --metric 'bytes:stat -c %s {out}' >scores
[[ $(value bytes <scores) -gt 1000 ]] || fail "a TMPDIR with a blank: $(cat scores)"
[[ ! $(ls "t mp") ]] || fail "left in TMPDIR: $(ls "t mp")"
for arguments in "plain.png" "a b c" "a b --metric x" "a b --metric n:true" "a b --metric ssim:x{out}" "a b --metric-timeout 0"; do
    code=0
    # shellcheck disable=SC2086
    "$imgbench" score $arguments >scores 2>lines || code=$?
    ((code == 2)) && [[ $(wc -l <lines) == 1 && ! -s scores ]] || fail "score $arguments: exit code $code, $(cat lines)"
done
