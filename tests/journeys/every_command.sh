#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: that every command of the installed imgbench does its job: the list is that of `imgbench --help`, so that a new one
# without a check here fails.
source tests/journeys/environment.bash

cp $photos/flower_cropped.jpg photo.jpg
cat >job <<'SCRIPT'
imgbench mark --begin --data='{"image":"photo.jpg"}' convert
cwebp -quiet -q 80 photo.jpg -o photo.webp
imgbench mark --end convert
SCRIPT
said() { grep -Eq -- "$1" ../out || fail "no $1 in: $(<../out)"; }

# A recording that goes on until the file `done` is there or its directory gone, which commands about a running one need.
running() {
    rm -f done
    imgbench run --out live --report live.txt -- sh -c 'while [ -e photo.jpg ] && [ ! -e done ]; do cwebp -quiet -q 80 photo.jpg -o live.webp; done' 2>/dev/null &
    live=$!
    for ((i = 0; i < 200; i++)); do [[ -e live.webp ]] && return; sleep 0.05; done
    fail "nothing was recorded within 10 s"
}

check_run() {
    ends_with 0 imgbench run --out trace -- sh job
    ends_with 0 imgbench run --runs 2 --out set -- sh job
    grep -q '2 runs' ../err || fail "$(<../err)"
}
check_report() {
    ends_with 0 imgbench report --json=report.json trace
    ends_with 0 imgbench report trace
    said '^- Images: 1 ok, 0 failed'
    [[ $(figure report.json 'd["spans"]["convert"]["n"]') == 1 ]] || fail "$(figure report.json 'd["spans"]')"
}
check_compare() {
    ends_with 0 imgbench compare set/run-001 set/run-002
    said 'Image Optimizer Comparison'
}
check_export() {
    ends_with 0 imgbench export trace --perfetto p --ndjson n --sqlite s.db --flamegraph f
    [[ -s p && $(wc -l <n) == 1 && $(sqlite3 s.db 'SELECT count(*) FROM images') == 1 && -e f ]]
}
check_dump() {
    ends_with 0 imgbench dump trace
    said ' mark what=BEGIN .* name="convert"'
}
check_verify() {
    ends_with 0 imgbench verify trace
    cp -r trace broken
    for packet in broken/*/*.0 broken/*.0; do [[ ! -s $packet ]] || truncate -s -1 "$packet"; done
    ends_with 1 imgbench verify broken
}
check_pack() { ends_with 0 imgbench pack trace; [[ -s trace/pack.ndjson ]]; }
check_anonymize() {
    ends_with 0 imgbench anonymize trace anonymous
    ends_with 0 imgbench report anonymous
    said '^- Images: 1 ok, 0 failed'
    ! grep -q photo ../out || fail "a name is told: $(grep photo ../out)"
}
check_status() { running; ends_with 0 imgbench status live; said recording; }
check_stop() { ends_with 0 imgbench stop live; ends_with 0 imgbench status live; said paused; }
check_start() {
    ends_with 0 imgbench start live
    ends_with 0 imgbench status live
    said recording
    touch done
    wait $live
    grep -Eq '^- Images: [0-9]+ ok, 0 failed' live.txt || fail "$(<live.txt)"
}
check_mark() { imgbench dump trace | grep -c ' mark what=' >count; [[ $(<count) == 2 ]] || fail "$(<count) marks"; }
check_score() {
    ends_with 0 imgbench score photo.jpg photo.webp
    said '^ssimulacra2	[4-9][0-9]\.'
}
check_doctor() { ends_with 0 imgbench doctor cwebp; }

known="run report compare export dump verify mark pack anonymize status stop start doctor score"
commands=$(imgbench --help | sed -n '/^Commands:/,$ s/^  \([a-z]\+\)\( .*\|$\)/\1/p' | sort)
[[ $commands == "$(tr ' ' '\n' <<<"$known" | sort)" ]] ||
    fail "commands without a check here, or gone: $(diff <(echo "$commands") <(tr ' ' '\n' <<<"$known" | sort))"
for command in $known; do
    "check_$command"
    imgbench help "$command" >../out
    said "^Usage: imgbench $command"
    man -l "$work/usr/share/man/man1/imgbench.1" 2>/dev/null | grep -E "imgbench .*\b$command\b" >/dev/null || fail "imgbench(1) does not name $command"
done
