#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: that the manual page names every command, option and variable there is, and none that there is not.
source tests/integration/environment.bash

page=docs/man/imgbench.1
groff -man -ww -Tutf8 -z "$page" 2>"$work/warnings"
[[ ! -s $work/warnings ]] || fail "groff: $(<"$work/warnings")"
LC_ALL=C.UTF-8 groff -man -Tutf8 -P-cbou "$page" >"$work/page"

commands=$("$imgbench" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z]*\) .*/\1/p')
for command in "" $commands; do "$imgbench" $command --help; done >"$work/help"
same() { # what, names in the program, names in the page
    diff <(sort -u <<<"$2") <(sort -u <<<"$3") >"$work/diff" || fail "$1, < program, > page: $(<"$work/diff")"
}
same commands "$commands
help" "$(sed -n 's/^\.SS //p' "$page")"
same options "$(grep -oE -- '--[a-z][a-z-]+' "$work/help")" "$(grep -oE -- '--[a-z][a-z-]+' "$work/page")"
same variables "$(sed -n '/settings_read\|later\[\]/!s/.*"\(IMGBENCH[A-Z_]*\)".*/\1/p' preload/settings.c)
XDG_STATE_HOME" "$(sed -n '/^\.SH ENVIRONMENT/,/^\.SH EXIT/s/^\.B \([A-Z][A-Z_]*\)$/\1/p' "$page")"

# Its exit codes are the program's.
status() { "$@" >"$work/out" 2>&1 && echo 0 || echo $?; }
[[ $(status "$imgbench" --version) == 0 && $(status "$imgbench" report "$work/none") == 1 ]]
[[ $(status "$imgbench" report --bogus) == 2 && $(status "$imgbench" bogus) == 2 ]]
for code in 0 1 2 3 4 125 126 127; do grep -q "^\.B $code$" "$page"; done
