#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: the claim that a program does not notice the library: exit codes, stdout, stderr, every output byte and the
# listing of the working directory are the same with and without it, wherever the trace goes.
source tests/integration/environment.bash

export TMPDIR=$work/tmp XDG_STATE_HOME=$work/state
mkdir "$TMPDIR" "$XDG_STATE_HOME"

# Jobs beside the demo's: the ways to fail, pipes, and a tool that loads its codecs late. Each is one line for `sh -c`.
others=(
    'cwebp -q 83 in/missing.png -o out/missing.webp'
    'head -c 5000 in/macan.png >tmp/cut.png; cwebp -q 83 tmp/cut.png -o out/cut.webp'
    'head -c 5000 in/ria.png >tmp/cut2.png; optipng -o2 -out out/cut2.png tmp/cut2.png'
    'echo not an image >tmp/text.jpg; djpeg tmp/text.jpg >out/text.ppm'
    'jpegtran -optimize in/missing.jpg'
    'pngquant --quality 100-100 --output out/never.png 2 in/ria-alpha.png'
    'avifenc --min 20 --max 40 tmp/text.jpg out/text.avif'
    'djpeg in/flower-small.jpg | cjpeg -quality 62 | jpegtran -progressive >out/piped.jpg'
    'djpeg in/flower-small.jpg | head -c 1000 | wc -c'
    'cwebp -quiet -q 83 in/macan.png -o - | sha256sum'
    'convert-im6.q16 in/macan.png -resize 50% -quality 77 out/resized.webp'
    'convert-im6.q16 in/macan.png in/ria.png +append -quality 66 out/appended.jpg'
    'cp in/flower-small.jpg tmp/mogrified.jpg; mogrify-im6.q16 -quality 70 tmp/mogrified.jpg'
    'cwebp -v -q 83 in/macan.png -o /dev/full 2>&1 | grep -v -i time'
)

# Runs every job in directory $1, with the environment settings that follow, and keeps what can be seen of it.
run_all() { # directory setting…
    local directory=$1 number=0 line code
    shift
    scripts/demo-jobs "$directory"
    (
        cd "$directory"
        mkdir log
        while read -r line; do
            number=$((number + 1)) code=0
            # shellcheck disable=SC2086 # a job line is three words
            env "$@" bash job $line >"log/$number.out" 2>"log/$number.err" </dev/null || code=$?
            echo "$code" >"log/$number.code"
            listing >"log/$number.ls"
        done < <(cat jobs)
        for line in "${others[@]}"; do
            number=$((number + 1)) code=0
            env "$@" sh -c "$line" >"log/$number.out" 2>"log/$number.err" </dev/null || code=$?
            echo "$code" >"log/$number.code"
            listing >"log/$number.ls"
        done
    )
}

# What `ls -la` shows, without times and without what the file system makes of a directory's size.
listing() {
    find . -path ./log -prune -o -printf '%M %n %u %g %y %p ' \( -type d -printf '\n' -o -printf '%s\n' \) | sort -k 6
}

same() { # directory what
    local difference
    difference=$(diff -r "$work/bare" "$1" 2>&1 | head -20 || true)
    [[ -z $difference ]] || fail "$2 differs from a bare run: $difference"
}

jobs_run() {
    find "$work/bare/log" -name '*.code' | wc -l
}

run_all "$work/bare"
(($(wc -l <"$work/bare/jobs") >= 12)) || fail "too few jobs"
[[ $(jobs_run) -gt 25 ]] || fail "only $(jobs_run) jobs ran"

run_all "$work/traced" "LD_PRELOAD=$library" "IMGBENCH_DIR=$work/trace"
same "$work/traced" "a traced run"
[[ -e $work/trace/control ]] || fail "the traced run left no trace"
[[ -z $(ls -A "$XDG_STATE_HOME") ]] || fail "IMGBENCH_DIR was set, yet the default place holds $(ls "$XDG_STATE_HOME")"

run_all "$work/default" "LD_PRELOAD=$library"
same "$work/default" "a run with the default trace place"
traces=$(find "$XDG_STATE_HOME/imgbench" -mindepth 2 -maxdepth 2 -name control 2>/dev/null | wc -l || true)
((traces >= $(wc -l <"$work/bare/jobs"))) || fail "the default place holds $traces traces"

# Where the default place cannot be made, the trace goes to a directory of the user's under /tmp; children find it, too.
tool=fallback-$$
cp "$(command -v jpegtran)" "$work/$tool"
place=/tmp/imgbench-$(id -u)
had_place=$([[ ! -e $place ]] || echo yes)
: >"$work/file"
said=$(cd "$work" && XDG_STATE_HOME=$work/file/state LD_PRELOAD=$library sh -c "./$tool -optimize '$work/bare/in/flower-small.jpg' | ./$tool -progressive | wc -c" 2>&1) || true
bare=$(cd "$work" && sh -c "./$tool -optimize '$work/bare/in/flower-small.jpg' | ./$tool -progressive | wc -c" 2>&1) || true
found=$(find "$place" -mindepth 2 -maxdepth 2 -name control -newer "$work/file" -print -quit 2>/dev/null) || true # others may be at it
[[ $said == "$bare" ]] || fail "without a default place: $said"
[[ -n $found ]] || fail "no default place, and nothing in $place"
seen=$("$imgbench" report --json "$(dirname "$found")" | python3 -c "import json, sys; print(sum('$tool' in p['exe'] for p in json.load(sys.stdin)['processes']))")
rm -r "$(dirname "$found")"
[[ -n $had_place ]] || rmdir "$place"
((seen == 2)) || fail "$place holds $seen of 2 programs"

rm -rf "$XDG_STATE_HOME/imgbench"
run_all "$work/off" "LD_PRELOAD=$library" IMGBENCH=off
same "$work/off" "a run with IMGBENCH=off"
[[ -z $(ls -A "$XDG_STATE_HOME") ]] || fail "IMGBENCH=off left $(ls "$XDG_STATE_HOME")"

[[ -z $(ls -A "$TMPDIR") ]] || fail "the temp directory holds $(ls -A "$TMPDIR")"
