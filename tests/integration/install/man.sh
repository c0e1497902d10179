#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: that the manual pages name every command, option and variable there is, and none that there is not, each in one
# place; and that troff has nothing to say about them.
source tests/integration/environment.bash

page=docs/man/imgbench.1
variables=docs/man/libimgbench.7
for file in docs/man/*.[1-9]; do
    groff -man -ww -Tutf8 -z "$file" 2>"$work/warnings"
    [[ ! -s $work/warnings ]] || fail "groff: $(<"$work/warnings")"
    name=$(basename "$file")
    LC_ALL=C.UTF-8 MANWIDTH=1000 man --warnings -E UTF-8 -l "$file" 2>"$work/warnings" | col -bx >"$work/$name"
    [[ ! -s $work/warnings ]] || fail "man: $(<"$work/warnings")"
    [[ $(sed -n '/^NAME/{n;p}' "$work/$name") == "       ${name%.*} - "* ]] || fail "$file: NAME is not '${name%.*} - ...'"
done
LC_ALL=C.UTF-8 groff -man -Tutf8 -P-cbou "$page" >"$work/page"

commands=$("$imgbench" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z]*\) .*/\1/p')
for command in "" $commands; do "$imgbench" $command --help; done >"$work/help"
same() { # what, names in the program, names in the page
    diff <(sort -u <<<"$2") <(sort -u <<<"$3") >"$work/diff" || fail "$1, < program, > page: $(<"$work/diff")"
}
tags() { sed -n '/^\.SH ENVIRONMENT/,/^\.SH [^E]/s/^\.B \([A-Z][A-Z_]*\)$/\1/p' "$1"; }
same commands "$commands
help" "$(sed -n 's/^\.SS //p' "$page")"
same options "$(grep -oE -- '--[a-z][a-z-]+' "$work/help")" "$(grep -oE -- '--[a-z][a-z-]+' "$work/page")"
same "variables of the library" \
    "$(sed -n '/settings_read\|later\[\]/!s/.*"\(IMGBENCH[A-Z_]*\)".*/\1/p' preload/base/settings.c)" "$(tags "$variables")"
same "variables of the command" XDG_STATE_HOME "$(tags "$page")"

# What one page says, the others refer to.
for name in "$work"/*.[1-9]; do
    sed -n '/^[A-Z]/!p' "$name" | tr -s ' ' | sed 's/\([.:;]\) /\1\n/g' | sed 's/^ *//' | awk 'length >= 50' | sort -u
done | sort | uniq -d >"$work/twice"
[[ ! -s $work/twice ]] || fail "two pages say: $(<"$work/twice")"
for file in docs/man/*.[1-9]; do
    while read -r name section; do
        [[ -e docs/man/$name.$section ]] || fail "$file refers to $name($section)"
    done < <(sed -n 's/\\-/-/g; s/^\.BR \([a-z-]*imgbench[a-z-]*\) (\([1-9]\)).*/\1 \2/p' "$file")
done

# Its exit codes are the program's.
status() { "$@" >"$work/out" 2>&1 && echo 0 || echo $?; }
[[ $(status "$imgbench" --version) == 0 && $(status "$imgbench" report "$work/none") == 1 ]]
[[ $(status "$imgbench" report --bogus) == 2 && $(status "$imgbench" bogus) == 2 ]]
for code in 0 1 2 3 4 125 126 127; do grep -q "^\.B $code$" "$page"; done
