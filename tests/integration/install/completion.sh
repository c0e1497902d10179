#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: that the completions offer the commands and options of --help, and nothing else, in bash, zsh and fish.
source tests/integration/environment.bash

mapfile -t commands < <("$imgbench" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z]*\) .*/\1/p')
((${#commands[@]} >= 6)) || fail "commands: ${commands[*]}"
options_of() { "$imgbench" help "$1" | sed -n 's/^ \+\(-., \)\?\(--[a-z][a-z-]*\).*/\2/p' | sort -u; }
same() { # what, wanted, given
    diff <(sort -u <<<"$2") <(sort -u <<<"$3") >"$work/diff" || fail "$1, < wanted, > offered: $(<"$work/diff")"
}
mkdir -p "$work/bin" "$work/here/traces" # the PATH of an installation: no directory with a blank, as the shells see it
ln -s "$imgbench" "$work/bin/imgbench"
touch "$work/here/old.json" "$work/here/page.html"
PATH=$work/bin:$PATH

# bash: what a line whose cursor is at its end is answered with. "=" is a word of its own, as readline splits it.
source docs/completion/imgbench.bash
[[ $(complete -p imgbench) == *"-F _imgbench imgbench" ]] || fail "$(complete -p imgbench)"
bash_offers() { # word…
    (
        cd "$work/here"
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
        _imgbench imgbench "${*: -1}" || true
        if ((${#COMPREPLY[@]})); then printf '%s\n' "${COMPREPLY[@]}" | sed 's/ *$//' | sort -u; fi
    )
}
same "bash commands" "$(printf '%s\n' "${commands[@]}" help)" "$(bash_offers imgbench "")"
same "bash help" "$(printf '%s\n' "${commands[@]}")" "$(bash_offers imgbench help "")"
for command in "${commands[@]}"; do
    same "bash $command" "$(options_of "$command")" "$(bash_offers imgbench "$command" -- | sed 's/=$//')"
done
same "bash --html" page.html "$(bash_offers imgbench report --html = pa)"
same "bash --html FILE" page.html "$(bash_offers imgbench report --html pa)"
same "bash --json takes no word" traces "$(bash_offers imgbench report --json tr)"
same "bash --out" traces "$(bash_offers imgbench run --out = "")"
same "bash TRACE" traces "$(bash_offers imgbench verify "")"
same "bash OLD" $'old.json\ntraces' "$(bash_offers imgbench compare "")"
same "bash --allocator" libc,jemalloc "$(bash_offers imgbench run --allocator = libc,j)"
same "bash --fail-if" "" "$(bash_offers imgbench report --fail-if = "")"
grep -qx xargs <<<"$(bash_offers imgbench run -- xarg)" || fail "bash: no command behind run --"
grep -qx xargs <<<"$(bash_offers imgbench run --runs = 3 xarg)" || fail "bash: no command behind run --runs=3"
grep -qx xargs <<<"$(bash_offers imgbench doctor cat xarg)" || fail "bash: no command behind doctor"
same "bash behind the command" page.html "$(bash_offers imgbench run --runs 3 -- xargs pa)"

# Keys on a terminal, as a user presses them: Tab, then Enter.
typed() { # keys and what is to be on the screen after them, in turn, "--", shell and its arguments; prints the screen
    timeout 120 python3 - "$@" <<'PYTHON'
import os, pty, select, sys, time
steps = sys.argv[1:sys.argv.index("--")]
shell = sys.argv[sys.argv.index("--") + 1:]
pid, terminal = pty.fork()
if pid == 0:
    os.environ.update(TERM="xterm", PS1="READY> ")
    os.execvp(shell[0], shell)
seen, at = b"", 0
for keys, wanted in zip(steps[::2], steps[1::2]):
    os.write(terminal, keys.encode().decode("unicode_escape").encode())
    end = time.monotonic() + 20
    while time.monotonic() < end and wanted.encode() not in seen[at:]:
        if select.select([terminal], [], [], 0.2)[0]:
            seen += os.read(terminal, 4096)
    if wanted.encode() not in seen[at:]:
        break
    at = seen.rindex(wanted.encode()) + len(wanted)
os.close(terminal)
sys.stdout.buffer.write(seen)
PYTHON
}
asked=('shown comp\t' are 'old\t' .json '--ht\t' ml 'pa\t' .html '\n' DONE
    'shown ru\t--runs 2 -- xar\t' gs '\n' DONE)
screen_is() {
    grep -q '<compare><old.json><--html=page.html>DONE' "$work/$1" && grep -q '<run><--runs><2><--><xargs>DONE' "$work/$1"
}
cat >"$work/bin/shown" <<'SH'
#!/bin/sh
if [ "$1" = help ] || [ "$1" = --help ]; then exec imgbench "$@"; fi
printf '<%s>' "$@"; echo DONE
SH
chmod +x "$work/bin/shown"
typed "cd '$work/here'; source '$root/docs/completion/imgbench.bash'; complete -F _imgbench shown; echo BE''GUN\n" BEGUN \
    "${asked[@]/#--ht/ --ht}" -- bash --norc --noprofile -i >"$work/bash"
screen_is bash || fail "bash, typed: $(cat -v "$work/bash")"

if command -v zsh >/dev/null; then
    zsh -n docs/completion/_imgbench
    typed "cd '$work/here'; fpath=('$root/docs/completion' \$fpath); autoload -U compinit; compinit -u -d '$work/dump'; \
compdef _imgbench shown; echo BE''GUN\n" BEGUN "${asked[@]}" -- zsh -f -i >"$work/zsh"
    screen_is zsh || fail "zsh, typed: $(cat -v "$work/zsh")"
else
    echo "skipped: zsh is not installed"
fi

if command -v fish >/dev/null; then
    fish --no-execute docs/completion/imgbench.fish
    fish_offers() { # line
        (cd "$work/here" && HOME=$work fish --no-config -c "source '$root/docs/completion/imgbench.fish'; complete -C '$1'" | cut -f 1)
    }
    same "fish commands" "$(printf '%s\n' "${commands[@]}" help)" "$(fish_offers "imgbench ")"
    for command in "${commands[@]}"; do
        same "fish $command" "$(options_of "$command")" "$(fish_offers "imgbench $command --" | sed 's/=$//')"
    done
    same "fish TRACE" traces/ "$(fish_offers "imgbench verify ")"
    same "fish --html" --html=page.html "$(fish_offers "imgbench report --html=pa")"
    grep -qx xargs <<<"$(fish_offers "imgbench run -- xarg")" || fail "fish: no command behind run --"
    grep -qx xargs <<<"$(fish_offers "imgbench doctor cat xarg")" || fail "fish: no command behind doctor"
else
    echo "skipped: fish is not installed"
fi
