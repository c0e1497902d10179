#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: the claims of IMGBENCH_KEEP and `imgbench run --keep-originals`: programs see nothing of it, and what they overwrite,
# replace or remove is in the trace as it was, once, and only what is from before the run.
source tests/integration/environment.bash
source tests/integration/guest/guest.bash

build originals originals
build meanwhile originals_meanwhile
settings=(IMGBENCH_KEEP=1)
place=/dev/shm/imgbench-originals.$$
trap 'rm -rf "$work" "$place" "$place".*; [[ $library != /tmp/imgbench-link.* ]] || rm -r "$(dirname "$library")"' EXIT

# How originals were kept or not, as "3 COPIED 1 LINKED"; that the kept files are as many as that, and nothing else is there.
kept() { # name wanted
    wanted "$1" || return 0
    local trace=$work/trace-$1 found files hidden
    found=$("$imgbench" dump "$trace" 2>/dev/null | sed -n 's/.* original .* how=\([A-Z]*\).*/\1/p' | sort | uniq -c | xargs) || true
    files=$(find "$trace/originals" -type f 2>/dev/null | wc -l) || true
    hidden=$(find "$trace/originals" -name '.*' 2>/dev/null) || true
    report "$1 kept" "$([[ $found == "$2" ]] || echo "'$found', not '$2'")$hidden$(
        ((files == $(sed 's/\([A-Z]\) /\1\n/g' <<<"$2" | awk '/(LINKED|CLONED|COPIED)/ { n += $1 } END { print n + 0 }'))) || echo "$files files")"
}

# ---- programs that are rough with it: the same without and with ----
for how in opens names pointers fifos no_descriptors small_files fresh together; do
    same $how "$victims/originals" $how
done
for how in signals small_stack leases refusals slices nested; do
    same $how "$victims/meanwhile" $how
done
kept opens "11 COPIED"
kept names "2 COPIED 5 LINKED"
kept pointers ""
kept no_descriptors ""
kept small_files "1 FAILED 1 LINKED"
kept fresh ""
kept small_stack "1 COPIED 1 LINKED"
kept leases "1 LOCKED"
kept refusals "1 COPIED"
kept slices "1 COPIED"
kept nested "1 COPIED"
if wanted nested; then
    report "nested whole" "$(head -c 3 "$work/trace-nested/originals"/* | grep -vx xxx)"
fi
kept together "40 COPIED"
if wanted together; then # each is what the file held before the first of 16 threads wrote into it
    for i in {0..39}; do
        grep -aq "^file$i of $i" "$work/trace-together/originals"/* || echo "file$i is not there"
    done >"$work/problem"
    grep -al '^new' "$work/trace-together/originals"/* >>"$work/problem" || true
    report "together whole" "$(<"$work/problem")"
fi

# Who comes first makes the directory; who comes second at that moment must not fail. In one of six runs it did.
if wanted first; then
    for i in {1..20}; do
        rm -rf "$work/first" && mkdir "$work/first"
        (cd "$work/first" && LD_PRELOAD=$library IMGBENCH_DIR=$work/first/trace IMGBENCH_KEEP=1 "$victims/originals" together) >/dev/null 2>&1 3>&1
        "$imgbench" dump "$work/first/trace" 2>/dev/null | grep ' original .*how=FAILED' || true
    done >"$work/problem"
    report first "$(head -3 "$work/problem")"
fi

# The lock is not ended, and the file that has it not read. A child without it may.
same locks "$victims/meanwhile" locks
if wanted locks; then
    report "locks kept" "$("$imgbench" dump "$work/trace-locks" | grep -c ' original .*how=LOCKED' | grep -vx 1 || true)"
fi

# The trace on another file system: nothing can be linked. And a file on another one than the trace.
same across "$victims/originals" across "$place.file"
kept across "1 COPIED"
if wanted elsewhere; then
    rm -rf "$work/bare" "$work/seen"
    observe "$work/bare" "$victims/originals" names
    observe "$work/seen" env LD_PRELOAD="$library" IMGBENCH_DIR="$place" IMGBENCH_KEEP=1 "$victims/originals" names
    ln -s "$place" "$work/trace-elsewhere"
    report elsewhere "$(diff -r "$work/bare" "$work/seen" | head -10)"
    kept elsewhere "7 COPIED"
fi

# What does not fit is not kept; the rest is recorded all the same.
settings=(IMGBENCH_KEEP=1 IMGBENCH_QUOTA=512K)
same quota "$victims/originals" opens
if wanted quota; then
    counts=$("$imgbench" dump "$work/trace-quota" | sed -n 's/.* original .* how=\([A-Z]*\).*/\1/p' | sort | uniq -c | xargs)
    report "quota kept" "$([[ $counts =~ ^[1-4]\ COPIED\ ([0-9]+)\ QUOTA$ ]] || echo "$counts")$(
        "$imgbench" report --json "$work/trace-quota" | python3 -c 'import json, sys; n = json.load(sys.stdin)["coverage"]["lost_records"]; n and print(n, "lost")')"
fi

# A file from before the run whose time is still to come. What was not kept is said once, however often it is opened.
once() { # name settings…
    wanted "$1" || return 0
    rm -rf "$work/once" && mkdir "$work/once"
    head -c 100000 /dev/zero >"$work/once/file"
    touch -d 2100-01-01 "$work/once/file"
    sleep 0.05
    (cd "$work/once" && env LD_PRELOAD="$library" IMGBENCH_DIR="$work/trace-$1" IMGBENCH_KEEP=1 "${@:2}" \
        dash -c ': >>file; : >>file; : >>file; : >file')
}
once future
kept future "1 COPIED"
once repeated IMGBENCH_QUOTA=100K
kept repeated "1 QUOTA"

# A disk that is nearly full: 16 MiB of it are left, and as much again as a copy takes.
if wanted full && ((EUID == 0)) && unshare --mount true 2>/dev/null; then
    rm -rf "$work/bare" "$work/seen" && mkdir -p "$work/small"
    observe "$work/bare" "$victims/originals" opens
    # shellcheck disable=SC2016 # expanded in there
    observe "$work/seen" unshare --mount bash -c 'mount -t tmpfs -o size=16800k none "$1" &&
        LD_PRELOAD=$2 IMGBENCH_DIR=$1/t IMGBENCH_KEEP=1 "$3" opens; code=$?; find "$1/t/originals" -name ".*" >&3
        find "$1/t/originals" -type f ! -size 196 >&3; ls "$1/t/originals" | wc -l >&3; exit $code' \
        full "$work/small" "$library" "$victims/originals"
    report full "$(diff -r "$work/bare" "$work/seen" | head -10)$(grep -vx '[1-3]' "$work/seen.facts")"
fi

# A trace that cannot be made, the switch off: nothing happens.
settings=(IMGBENCH_KEEP=1 IMGBENCH_DIR=/proc/nothing)
same unwritable "$victims/originals" opens
settings=(IMGBENCH_KEEP=0)
same off "$victims/originals" names
kept off ""
settings=(IMGBENCH_KEEP=1 IMGBENCH=off)
same all_off "$victims/originals" names
kept all_off ""

# ---- real tools that work in place ----
photos=/usr/share/libjxl-testdata/jxl/flower
mkdir "$work/in"
cp "$photos/flower_small.q85_420.jpg" "$work/in/photo.jpg" 2>/dev/null || cp "$photos/flower_cropped.jpg" "$work/in/photo.jpg"
convert-im6.q16 "$work/in/photo.jpg" -resize 300 "$work/in/picture.png"

run_tool() { # directory shell-line environment…
    local code=0
    rm -rf "$1" && mkdir "$1"
    cp "$work/in"/* "$1"
    touch -d '2001-09-09 01:46:40.123456789' "$1"/*
    (cd "$1" && timeout 100 env "${@:3}" bash -c "$2" >"$1.out" 2>"$1.err" </dev/null) || code=$?
    echo "$code" >>"$1.out"
}

tool() { # name file shell-line: the file's original is kept
    local trace=$work/trace-$1 problem found
    wanted "$1" || return 0
    run_tool "$work/bare" "$3" KEPT=no
    run_tool "$work/seen" "$3" LD_PRELOAD="$library" IMGBENCH_DIR="$trace" IMGBENCH_KEEP=1
    problem=$(diff -r "$work/bare" "$work/seen" 2>&1; diff "$work/bare.out" "$work/seen.out"; diff "$work/bare.err" "$work/seen.err")
    found=$(find "$trace/originals" -type f -exec cmp -s {} "$work/in/$2" \; -print 2>/dev/null | wc -l)
    ((found == 1)) || problem+="the original was kept $found times"
    (($(find "$trace/originals" -type f 2>/dev/null | wc -l) == 1)) || problem+="others were kept: $(ls "$trace/originals")"
    coverage=$("$imgbench" report --json "$trace" | python3 -c 'import json, sys; print(json.load(sys.stdin)["coverage"]["io_ratio"])') || coverage=none
    python3 -c "import sys; sys.exit(not 0.93 <= float('$coverage') <= 1.02)" || problem+="coverage $coverage"
    report "$1" "$problem$(readable "$trace")"
}
tool jpegoptim photo.jpg 'jpegoptim -q -m 70 photo.jpg'
tool optipng picture.png 'optipng -quiet -o1 picture.png'
tool mogrify photo.jpg 'mogrify-im6.q16 -strip -quality 60 photo.jpg'
tool pngquant picture.png 'pngquant --force --ext .png picture.png'
tool pillow photo.jpg '/usr/bin/python3 -c "
from PIL import Image
image = Image.open(\"photo.jpg\")
image.load()
image.save(\"photo.jpg\", quality=60)"'
tool cwebp photo.jpg 'cwebp -quiet -q 60 photo.jpg -o photo.webp && rm photo.jpg'
tool redirection photo.jpg 'jpegtran -copy none picture.jpg photo.jpg 2>/dev/null; djpeg photo.jpg >pixels && cjpeg -quality 50 pixels >photo.jpg'
tool dash photo.jpg 'dash -c "djpeg photo.jpg >pixels; cjpeg -quality 50 <pixels >photo.jpg"'
tool moved photo.jpg 'jpegtran -copy none -outfile new.jpg photo.jpg && mv new.jpg photo.jpg'
tool copied photo.jpg 'convert-im6.q16 photo.jpg -quality 50 new.jpg && cp new.jpg photo.jpg && rm new.jpg'

if wanted nonsense; then
    run_tool "$work/seen" 'jpegoptim -q -m 70 photo.jpg' LD_PRELOAD="$library" IMGBENCH_DIR="$work/nonsense" IMGBENCH_KEEP=yes
    report nonsense "$("$imgbench" report "$work/nonsense" | grep 'IMGBENCH_KEEP has a value that could not be used' >/dev/null || echo "not said")$(
        [[ ! -e $work/nonsense/originals ]] || echo "kept")"
fi

# ---- imgbench run ----
if wanted run; then
    cd "$work"
    export XDG_STATE_HOME=$work/state
    run_tool "$work/here" true
    cd here
    code=0
    "$imgbench" run --keep-originals --out ../one -- bash -c 'jpegoptim -q -m 70 photo.jpg; echo gone >log; exit 3' 2>../err || code=$?
    problem=$( ((code == 3)) || echo "code $code")
    cmp ../one/originals/* ../in/photo.jpg || problem+="not the photo"
    grep -q '^Originals kept: 1 file, .* in .*/one$' ../err || problem+="$(tail -2 ../err)"
    cp ../in/* .
    touch -d '2001-09-09' log ./*
    # Old text is overwritten, too: it does not stay. Every run has its own; a warm-up leaves nothing.
    "$imgbench" run --keep-originals --out ../two --runs 2 --warmup 1 --prepare 'cp -p ../in/photo.jpg . && touch -d 2001-09-09 photo.jpg log' -- \
        bash -c 'jpegoptim -q -m 70 photo.jpg; echo gone >>log' 2>../err || problem+="code $?: $(<../err)"
    for trace in ../two/run-001 ../two/run-002; do
        cmp "$trace"/originals/* ../in/photo.jpg || problem+="$trace: $(ls "$trace/originals")"
    done
    grep -q '^Originals kept: 2 files, ' ../err || problem+="$(tail -2 ../err)"
    "$imgbench" run --keep-originals --out ../three --runs 1 --prepare 'cp -p ../in/photo.jpg . && touch -d 2001-09-09 photo.jpg' -- \
        jpegoptim -q -m 70 photo.jpg --versus jpegoptim -q -m 60 photo.jpg 2>../err || problem+="code $?: $(<../err)"
    for trace in ../three/old/run-001 ../three/new/run-001; do
        cmp "$trace"/originals/* ../in/photo.jpg || problem+="$trace: $(ls "$trace/originals")"
    done
    "$imgbench" run --keep-originals --out ../none -- jpegtran -outfile out.jpg photo.jpg 2>../err || problem+="code $?"
    grep -q '^Originals kept: none$' ../err || problem+="$(tail -2 ../err)"
    "$imgbench" run --out ../without -- jpegoptim -q -m 50 photo.jpg 2>../err || problem+="code $?"
    [[ ! -e ../without/originals ]] || problem+="kept without being asked"
    ! grep -q 'Originals kept' ../err || problem+="says so"
    # Who reads a trace is not disturbed; who publishes it does not publish them.
    "$imgbench" verify ../one >/dev/null || problem+="verify: $?"
    "$imgbench" anonymize ../one ../anonymous >/dev/null && [[ ! -e ../anonymous/originals ]] || problem+="anonymize takes it along"
    "$imgbench" pack ../one >/dev/null && "$imgbench" verify ../one >/dev/null || problem+="pack"
    [[ $("$imgbench" dump ../one | grep -c ' original .*how=LINKED\| original .*how=C[LO]') -ge 1 ]] || problem+="no record"
    report run "$problem"
fi

((bad == 0))
