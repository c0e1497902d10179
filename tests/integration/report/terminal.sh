#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: the claims about `imgbench run` on a terminal (tmux is a real one): the live line, that it goes and that a target's
# own output ends it, Ctrl-C, Ctrl-Z and fg, a change of width.
source tests/integration/environment.bash
photo=/usr/share/libjxl-testdata/jxl/flower/flower_cropped.jpg
cd "$work"
socket=imgbench-test-$$
trap 'tmux -L $socket kill-server 2>/dev/null; rm -rf "$work"; [[ $library != /tmp/imgbench-link.* ]] || rm -r "$(dirname "$library")"' EXIT
export XDG_STATE_HOME=$work/state LC_ALL=C.UTF-8
unset TMUX

cat >batch <<EOF
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do cwebp -quiet -m 6 -q 80 $photo -o \$i.webp; sleep 0.1; done
EOF
tmux -u -L $socket new-session -d -x 100 -y 30 "env PS1='ready> ' bash --norc --noprofile"
screen() { tmux -L $socket capture-pane -p; }
type_line() { tmux -L $socket send-keys -l "$1"; tmux -L $socket send-keys Enter; }
wait_for() { # what must come on the screen within a minute
    for ((i = 0; i < 600; i++)); do
        if screen | grep -E -- "$1" >/dev/null; then return; fi
        sleep 0.1
    done
    fail "never on the screen: $1: $(screen)"
}
wait_for '^ready>'

# ---- the line, and the report instead of it ----
ln -s "$imgbench" imgbench
type_line "clear; ./imgbench run -- sh batch | cat"
wait_for '^imgbench: [0-9]+ images?, [0-9.]+ (kB|MB) → [0-9.]+ (kB|MB), [01] working, [0-9.]+ (kB|MB), 0:0[1-9] [0-9]+\.webp$'
tmux -L $socket resize-window -x 40 -y 30
wait_for '^imgbench: [0-9]+ images?, [0-9.]+ (kB|MB) → '
[[ $(screen | wc -L) -le 40 ]] || fail "wider than the terminal: $(screen)"
tmux -L $socket resize-window -x 100 -y 100
wait_for 'Image Optimizer Benchmark Report'
wait_for '^ready> *$'
! screen | grep working >/dev/null || fail "the line was left: $(screen)"

# ---- a source that is read twice is one source: avifenc looks at the head, closes the file, opens it again ----
type_line "clear; ./imgbench run --report r.txt -- sh -c 'avifenc -s 10 -j 1 $photo twice.avif >avif.log; sleep 3; true'"
wait_for '^imgbench: 1 image, 197 kB → '
wait_for '^ready> *$'

# ---- what the target prints and the line do not meet, and the rows are all the terminal's again ----
type_line "clear; ./imgbench run --report r.txt -- sh -c 'sh ./batch; for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo mine \$i; done; sh ./batch; printf end'"
wait_for '^imgbench: .* working'
wait_for '^mine 12$'
wait_for '^imgbench: .* working'
for ((i = 0; i < 30; i++)); do # a moment at which the line is being drawn again does not count
    seen=$(screen)
    lines=$(grep -cx 'mine [0-9]*' <<<"$seen") live=$(grep -c working <<<"$seen") || true
    if [[ $lines == 12 && $live == 1 ]]; then break; fi
    sleep 0.05
done
((i < 30)) || fail "one garbled the other: $seen"
wait_for '^end'
wait_for 'ready> *$'
! screen | grep working >/dev/null || fail "the line was left: $(screen)"

# ---- Ctrl-C reaches the target once, and ends both ----
cat >count <<'EOF'
trap 'echo x >>interrupts' INT
: >started
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do sleep 0.1; done
exit 5
EOF
type_line "clear; ./imgbench run -- bash count; echo code \$?"
for ((i = 0; i < 100; i++)); do [[ -e started ]] && break; sleep 0.1; done
tmux -L $socket send-keys C-c
wait_for '^code 5$'
[[ $(<interrupts) == x ]] || fail "interrupted $(wc -l <interrupts) times"
type_line "clear; ./imgbench run --runs 50 --out set -- sh batch"
wait_for '^imgbench: run 1 of 50, .* working'
tmux -L $socket send-keys C-c
wait_for 'ready> *$'
type_line 'echo code $?'
wait_for '^code 130$'
[[ $(ls set) == interrupted-001 ]] || fail "half a run counts: $(ls set)"
! pgrep -f "$work/count" >/dev/null

# ---- Ctrl-Z stops both, fg goes on ----
type_line "clear; ./imgbench run -- sh batch >r2.txt; echo code \$?"
wait_for '^imgbench: .* working'
tmux -L $socket send-keys C-z
wait_for 'Stopped'
count=$(find . -name '*.webp' -newer batch | wc -l)
before=$(stat -c %Y%n ./*.webp | sort | tail -1)
sleep 1
[[ $(stat -c %Y%n ./*.webp | sort | tail -1) == "$before" ]] || fail "it was not stopped"
type_line "fg"
wait_for 'Image Optimizer Benchmark Report'
wait_for '^code 0|^ready> *$'
[[ $count -gt 0 ]]
