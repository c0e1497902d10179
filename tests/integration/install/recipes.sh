#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: that the recipes of CONTRIBUTING.md can be followed as they stand there, and lead to what they promise: in a copy of
# the tree, one upon the other; the checks hold afterwards, too.
source tests/integration/environment.bash

# Times are kept, so that make builds only what the recipes changed. What counts lines cannot be linked without.
copy=$work/tree
mkdir -p "$copy/build"
tar --create --exclude=./build --exclude=./.git --exclude=__pycache__ . | tar --extract --directory "$copy"
ln -s "$root/build/page" "$copy/build/page"
if ! grep -q __gcov "$imgbench"; then
    for part in analyzer preload trace scripts tests/unit; do
        [[ ! -e build/$part ]] || (cd build && cp -a --parents "$part" "$copy/build")
    done
fi
cd "$copy"
unset MAKEFLAGS MAKELEVEL MFLAGS COVERAGE SANITIZE B
build() { # target or variable…; quickly, as nothing is measured
    make -s -j"$(nproc)" --no-print-directory CFLAGS=-O0 "$@" >"$work/log" 2>&1 ||
        fail "make $*: $(grep -v '^ok ' "$work/log" | tail -n 30)"
}
holds() { # what is wrong otherwise, pattern, text
    grep -Eq -- "$2" <<<"$3" || fail "$1: $(tail -n 30 <<<"$3")"
}

python3 tests/integration/install/recipes.py >"$work/recipes"
[[ -s $work/recipes ]] || fail "CONTRIBUTING.md has no recipes"
while read -r recipe; do
    python3 tests/integration/install/recipes.py "$recipe" >>"$work/changed" ||
        fail "this recipe cannot be followed: $recipe"
done <"$work/recipes"
build format C_FILES="$(grep '\.[ch]$' "$work/changed" | sort -u | tr '\n' ' ')"
build docs graph all build/tests/test_trace
build check-lines check-layers check-format check-headers check-docs check-symbols

imgbench=$copy/build/imgbench
[[ $library != /tmp/imgbench-link.* ]] || rm -r "$(dirname "$library")"
library=$(scripts/preloadable "$copy/build/libimgbench.so")
/usr/bin/python3 -c 'import sys
from PIL import Image
Image.new("RGBA", (300, 200), (200, 100, 50, 128)).save(sys.argv[1])' "$work/in.png"
trace=$work/trace
OMP_NUM_THREADS=3 traced "$trace" cwebp -quiet -blend_alpha 0xffffff "$work/in.png" -o "$work/out.webp"
dump() { "$imgbench" dump "$trace"; }
report() { "$imgbench" report "$trace" "$@"; }

# "add a record"
records=$(dump)
holds "the record is not in the trace" 'threads_wish .*value=.*3' "$records"
holds "the record is not in docs/format.md" 'threads_wish' "$(<docs/format.md)"
holds "the trace is not sound" 'no damage' "$("$imgbench" verify "$trace")"
holds "what it says is not in the report" 'pid [0-9]+ was told to use 3 threads and could use [0-9]+ CPU' "$(report)"
"$imgbench" anonymize "$trace" "$work/public" >"$work/log" 2>&1 || fail "anonymize: $(<"$work/log")"
public=$("$imgbench" dump "$work/public")
holds "its text is in the anonymized trace" 'threads_wish .*value=""' "$(grep threads_wish <<<"$public" || true)"
build/tests/test_trace >"$work/log" 2>&1 || fail "the round trip over all kinds: $(<"$work/log")"

# "wrap another codec entry point"
holds "the call is not in the trace" 'WebPBlendAlpha' "$records"
holds "the call is not in docs/hooks.md" 'WebPBlendAlpha' "$(<docs/hooks.md)"
[[ $(report --json | python3 -c 'import json, sys
print(json.load(sys.stdin)["images"][0]["stages"]["transform_s"] > 0)') == True ]] || fail "its stage is not in the report"

# "add a renderer"
tabs=$(report --tsv)
(($(wc -l <<<"$tabs") == 1)) || fail "not one line for one image: $tabs"
holds "not the line of the image" $'out.webp.*\t.*\t' "$tabs"
report --tsv="$work/tabs" >"$work/log"
[[ $(<"$work/tabs") == "$tabs" && $(<"$work/log") == *"Total Duration"* ]] || fail "--tsv=FILE: $(<"$work/log")"
holds "--tsv is not in the help" '--tsv' "$("$imgbench" report --help)"

# "add a command"
[[ $("$imgbench" count "$trace") == 1 ]] || fail "count: $("$imgbench" count "$trace" 2>&1)"
holds "the command is not in the help" '^  count \[TRACE\]$' "$("$imgbench" --help)"
holds "the command has no help" 'how many images' "$("$imgbench" count --help)"
bash tests/integration/install/man.sh >"$work/log" 2>&1 || fail "the manual page: $(<"$work/log")"

# "wrap another libc function"
holds "mkfifo is not in docs/hooks.md" 'mkfifo' "$(<docs/hooks.md)"
asked() { # pipes…: calls about metadata of a program that makes them
    traced "$trace" mkfifo "$@"
    dump | sed -n 's/.* process_end .*metadata_calls=\([0-9]*\).*/\1/p' | tail -n 1
}
one=$(asked "$work/a")
three=$(asked "$work/b" "$work/c" "$work/d")
((three == one + 2)) || fail "mkfifo is not counted: $one calls for one pipe, $three for three"
