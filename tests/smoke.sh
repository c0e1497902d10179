#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: the shortest proof that an installation works: an image is recorded, reported on, verified, compared. Needs nothing
# of the source tree, so it can be copied to another machine.
# Usage: smoke.sh all IMGBENCH IMAGE | record LIBRARY IMAGE NEW-TRACE | analyze IMGBENCH TRACE
set -euo pipefail

trap 'echo "smoke: line $LINENO failed: $BASH_COMMAND" >&2' ERR
work=$(mktemp -d)
export XDG_STATE_HOME=$work/state # the home of who tests may be read-only
trap 'rm -rf "$work"' EXIT
wanted() { # text, file
    grep -qF -- "$1" "$2" || {
        echo "smoke: no '$1' in:" >&2
        head -c 2000 "$2" >&2
        exit 1
    }
}

# A tool that makes a smaller image of one. Without any, a program that only reads one: no image is made then, but seen.
if command -v cwebp >/dev/null; then
    expected="Images: 1 ok, 0 failed" gate=(--fail-if 'totals.bytes_out>+0%')
    optimizer() { optimizer=(cwebp -quiet -q 80 "$1" -o "$2"); } # image, output
else
    expected="Image Files: 1" gate=()
    optimizer() { optimizer=(cp "$1" "$2"); }
fi

analyze() { # imgbench, trace
    "$1" verify "$2" >"$work/verified"
    wanted ", no damage" "$work/verified"
    "$1" report "$2" >"$work/report"
    wanted "$expected" "$work/report"
    "$1" report --json "$2" >"$work/report.json"
    wanted '"schema"' "$work/report.json"
    "$1" report --html="$work/report.html" "$2" >/dev/null
    wanted "</html>" "$work/report.html"
    "$1" export --sqlite="$work/report.db" --perfetto="$work/report.pftrace" "$2"
    [[ -s $work/report.db && -s $work/report.pftrace ]]
    "$1" dump "$2" >"$work/dump"
    wanted " head " "$work/dump"
}

record() { # library, image, trace
    optimizer "$2" "$work/recorded"
    LD_PRELOAD=$1 IMGBENCH_DIR=$3 "${optimizer[@]}" >"$work/out" 2>"$work/err"
    optimizer "$2" "$work/plain"
    "${optimizer[@]}" >"$work/plain-out" 2>"$work/plain-err"
    cmp "$work/recorded" "$work/plain"
    cmp "$work/out" "$work/plain-out"
    cmp "$work/err" "$work/plain-err" # the loader would complain here
    [[ -e $3/control ]]
}

case ${1:-} in
all)
    imgbench=$2
    "$imgbench" doctor >"$work/doctor" || { cat "$work/doctor" && exit 1; }
    optimizer "$3" "$work/out.image"
    for name in old new; do
        "$imgbench" run --out="$work/$name" --report="$work/$name.txt" -- "${optimizer[@]}"
        analyze "$imgbench" "$work/$name"
    done
    "$imgbench" compare "${gate[@]}" "$work/old" "$work/new" >"$work/compared"
    ;;
record) record "$2" "$3" "$4" ;;
analyze) analyze "$2" "$3" ;;
*)
    echo "usage: $0 all IMGBENCH IMAGE | record LIBRARY IMAGE NEW-TRACE | analyze IMGBENCH TRACE" >&2
    exit 2
    ;;
esac
echo "smoke: ok"
