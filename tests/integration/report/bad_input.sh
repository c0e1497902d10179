#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: the claim that imgbench answers a path that is no trace, or a damaged trace, with one clear line and the right
# exit code: 1 when nothing is readable, 0 and a report when only a part is damaged; verify says 1 to any damage.
source tests/integration/environment.bash

# Checks one command: exit code, exactly one line on stderr that contains a text, and whether a report came out.
expect() { # exit-code text report|nothing command…
    local code=$1 text=$2 output=$3 actual=0
    shift 3
    timeout 20 "$@" >"$work/stdout" 2>"$work/stderr" || actual=$?
    local shown
    shown="$* (exit $actual): $(head -c 500 "$work/stderr")"
    ((actual == code)) || fail "exit code $actual, not $code: $shown"
    [[ $(wc -l <"$work/stderr") -eq 1 ]] || fail "not one line on stderr: $shown"
    grep -qF -- "$text" "$work/stderr" || fail "stderr does not mention $text: $shown"
    if [[ $output == report ]]; then
        grep -q '=== Image Optimizer Benchmark Report ===' "$work/stdout" || fail "no report: $shown"
    else
        [[ ! -s $work/stdout ]] || fail "something on stdout: $shown: $(head -c 200 "$work/stdout")"
    fi
}

# No trace at all.
cd "$work"
echo text >file
mkdir empty other
cp /etc/hostname other/notes.txt
mkdir other/1234-5678
echo text >other/1234-5678/0.0
expect 1 missing nothing "$imgbench" report missing
expect 1 file nothing "$imgbench" report file
expect 1 empty nothing "$imgbench" report empty
expect 1 other nothing "$imgbench" report other
expect 1 missing nothing "$imgbench" report --json missing
expect 1 other nothing "$imgbench" dump other
expect 1 other nothing "$imgbench" pack other
expect 1 other nothing "$imgbench" anonymize other new
for command in report export dump verify pack anonymize; do
    expect 2 "unknown option '--no-such-option'; try 'imgbench $command --help'" nothing "$imgbench" $command missing --no-such-option
done
expect 2 "unknown option '-xy'; try" nothing "$imgbench" report -xy missing
expect 2 "--html needs something behind it: --html=FILE; try" nothing "$imgbench" report missing --html
expect 2 "--images takes nothing behind it; try" nothing "$imgbench" report --images=3 missing
expect 2 "--top takes a number of rows, not 'many'; try" nothing "$imgbench" report --top many missing
expect 2 "--md=FILE" nothing "$imgbench" report missing --md report.md
for option in --html "--ndjson=x --sqlite" --perfetto; do
    [[ $option == --html ]] && command=report || command=export
    expect 2 "wants a FILE, but 'empty' is a directory; a TRACE stands behind it: ${option##* }=FILE empty; try 'imgbench $command --help'" nothing "$imgbench" $command $option empty
done
expect 2 "--html wants a FILE, but 'empty' is a directory; try" nothing "$imgbench" compare --html=empty missing missing
expect 2 "unknown command 'reprot'" nothing "$imgbench" reprot
expect 1 "an empty directory: the run saw no image" nothing "$imgbench" report empty

# A sound trace of two processes, to damage copies of.
photo=/usr/share/libjxl-testdata/jxl/flower/flower_cropped.jpg
traced "$work/sound" cwebp -quiet -q 83 "$photo" -o "$work/photo.webp"
traced "$work/sound" jpegtran -optimize -outfile "$work/photo.jpg" "$photo"
"$imgbench" report sound >stdout 2>stderr || fail "a sound trace is not reported: $(cat stderr)"
[[ ! -s stderr ]] || fail "a sound trace is complained about: $(cat stderr)"
"$imgbench" verify sound >stdout 2>stderr || fail "verify complains about a sound trace: $(cat stdout stderr)"

mkdir -p sets/old
cp -r sound sets/old/run-001
cp -r sound sets/old/run-002
expect 1 "sets/old: a directory of 2 traces: name one of them, as in sets/old/run-001; whole sets of runs are for 'imgbench compare'" nothing "$imgbench" report sets/old
expect 1 "sets: a directory of 2 traces: name one of them, as in sets/old/run-001;" nothing "$imgbench" dump sets

# Copies the sound trace; sets packet to its biggest packet file.
damage() { # name
    cp -r sound "$1"
    packet=$(find "$1" -mindepth 2 -name '[0-9]*.[0-9]*' -printf '%s %p\n' | sort -n | tail -1 | cut -d ' ' -f 2-)
    [[ -s $packet ]] || fail "the sound trace has no packet"
}
overwrite() { # file offset: eight bytes that mean nothing
    printf '\377\377\377\377\377\377\377\377' | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}
verify_fails() { # name
    local code=0
    timeout 20 "$imgbench" verify "$1" >"$work/stdout" 2>"$work/stderr" || code=$?
    ((code == 1)) || fail "verify $1: exit code $code, not 1: $(cat "$work/stdout" "$work/stderr")"
    [[ -s $work/stdout || -s $work/stderr ]] || fail "verify $1 does not say what is wrong"
}

damage cut
truncate --size=$(($(stat --format=%s "$packet") / 2)) "$packet"
expect 0 "$(basename "$packet")" report "$imgbench" report cut
verify_fails cut

# What is passed on says it, too, in each form; and nobody is told to find out what ended a program that went on.
for form in "" --md=- --json --html=cut.html; do
    "$imgbench" report $form cut >stdout 2>/dev/null
    [[ $form != --html* ]] || cp cut.html stdout
    grep -q 'of the trace could not be read' stdout || fail "report $form does not say that the trace is damaged"
    ! grep -q 'images-unfinished\|when its process ended' stdout || fail "report $form blames the program"
done
"$imgbench" report cut >stdout 2>/dev/null
grep -q '1 unfinished (1 of them where the trace breaks off)' stdout || fail "the image is not told apart: $(grep Images: stdout)"
"$imgbench" report --json cut 2>stderr | python3 -c '
import json, sys
report = json.load(sys.stdin)
assert report["totals"]["unfinished"] == report["totals"]["broken_off"] == report["coverage"]["damages"] == 1, report["totals"]
assert not [f for f in report["findings"] if f["id"] == "images-unfinished"], report["findings"]
' || fail "an image that breaks off with the trace is blamed on its program"
for form in "" --md=- --json; do
    "$imgbench" report $form sound >stdout
    ! grep -q 'could not be read\|- Missing\|| Missing\|breaks off' stdout || fail "a sound trace is called damaged: report $form"
done

# Of many damaged files the first few are named.
cp -r sound many
for pid in 2 3 4 5 6; do
    mkdir "many/$pid-100"
    head --bytes=40 "$packet" >"many/$pid-100/0.0"
    cp "$(dirname "$packet")/metadata" "many/$pid-100/"
done
"$imgbench" report many >stdout 2>stderr
line=$(grep -- '- Missing: 5 places of the trace could not be read' stdout) || fail "not in the report: $(grep Missing stdout)"
[[ $line == *"; and 2 more, which 'imgbench verify' lists" && $(grep -o '/0\.0: byte' <<<"$line" | wc -l) -eq 3 ]] ||
    fail "not three of five files are named: $line"

# Processes for which there is no room leave no file: the others' report counts them.
IMGBENCH_QUOTA=20K traced "$work/small" bash -c "for i in 1 2 3 4; do jpegtran -outfile \$i.jpg '$photo'; done; true"
"$imgbench" report small >stdout
grep -Eq -- '- Missing: all records of [1-9] process(es)? could not be written.* 20480 bytes that IMGBENCH_QUOTA allows' stdout ||
    fail "processes without a record are not missed: $(sed -n '/^Trust/,$p' stdout)"

code=0
"$imgbench" report sound >/dev/full 2>stderr || code=$?
((code == 1)) && grep -q 'No space left on device' stderr || fail "report to a full disk: exit code $code: $(cat stderr)"

for form in --csv --md --json --html=-; do
    expect 1 "standard output cannot be written: No space left on device" nothing bash -c "'$imgbench' report $form sound >/dev/full"
done
for form in csv md json html; do
    expect 1 "cannot write /dev/full: No space left on device" report "$imgbench" report "--$form=/dev/full" sound
done

# What failed without an image file is called by its process; a machine that nobody described is n/a, not "?".
traced "$work/no-image" jpegtran file >/dev/null 2>&1 && fail "jpegtran took a text for a JPEG"
"$imgbench" report no-image >stdout
grep -Eq 'no image file \(pid [0-9]+ jpegtran\)' stdout || fail "an attempt without a file has no name: $(grep -A9 ^Findings stdout)"
LD_PRELOAD=$library IMGBENCH_DIR=$work/killed IMGBENCH_SAMPLE_MS=0 bash -c 'exec cwebp -quiet -m 6 -q 100 "$0" -o killed.webp' /usr/share/libjxl-testdata/jxl/flower/flower.png.im_q85_420.jpg &
for ((i = 0; i < 200; i++)); do if grep -qs cwebp killed/*/0.0; then break; fi; sleep 0.01; done
kill -KILL $!
wait $! 2>/dev/null || true
"$imgbench" report killed >stdout
grep -q '; machine n/a (no process lived long enough to describe it)' stdout || fail "$(grep Recorded stdout)"
! grep -q '[?]' stdout || fail "a figure is '?': $(grep '[?]' stdout)"

damage no-metadata
rm "$(dirname "$packet")/metadata"
expect 0 metadata report "$imgbench" report no-metadata
verify_fails no-metadata
grep -q 'metadata: byte 0: this file is missing' stderr || fail "verify does not say what is missing: $(cat stderr)"

damage no-magic
overwrite "$packet" 0
expect 0 "$(basename "$packet")" report "$imgbench" report no-magic
verify_fails no-magic

damage garbled-record # the first record after the packet header
overwrite "$packet" 80
expect 0 "$(basename "$packet")" report "$imgbench" report garbled-record
verify_fails garbled-record

damage short-header
truncate --size=40 "$packet"
expect 0 "$(basename "$packet")" report "$imgbench" report short-header
verify_fails short-header

damage nothing-left
find nothing-left -mindepth 2 -name '[0-9]*.[0-9]*' -exec truncate --size=0 {} +
expect 1 nothing-left nothing "$imgbench" report nothing-left
verify_fails nothing-left

damage other-version # struct trace_control: the version follows 8 bytes of magic
overwrite other-version/control 8
expect 1 version nothing "$imgbench" report other-version
verify_fails other-version
