#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: the claims of `imgbench run`: what it refuses and with which code, that the command's input, output, code and
# signals are its own, which runs there are, and what is said at the end.
source tests/integration/environment.bash
photo=/usr/share/libjxl-testdata/jxl/flower/flower_cropped.jpg
cd "$work"
export XDG_STATE_HOME=$work/state

# Runs a command; sets code, and leaves out and err.
try() {
    code=0
    "$@" >out 2>err </dev/null || code=$?
}
expect() { # exit-code text-on-stderr command…
    local wanted=$1 text=$2
    shift 2
    try timeout 60 "$@"
    ((code == wanted)) || fail "exit code $code, not $wanted: $*: $(head -c 600 err)"
    grep -qF -- "$text" err || fail "nothing about '$text': $*: $(head -c 600 err)"
}
one_line() { [[ $(wc -l <err) -eq 1 && $(wc -L <err) -gt 10 && ! -s out ]] || fail "not one line: $(<err)"; }

# ---- before anything starts ----
expect 2 "a command is missing" "$imgbench" run
expect 2 "--runs takes a number from 1 to 999, not '0'" "$imgbench" run --runs 0 -- true
expect 2 "--versus stands between two commands" "$imgbench" run -- true --versus
expect 2 "--versus stands between two commands" "$imgbench" run --versus true -- true
expect 127 "nosuch: command not found in PATH" "$imgbench" run nosuch; one_line
expect 127 "./nosuch: No such file or directory" "$imgbench" run ./nosuch; one_line
expect 126 "is a directory" "$imgbench" run ./; one_line
touch plain
expect 126 "chmod +x" "$imgbench" run ./plain; one_line
printf '#!/no/such/interpreter\n' >script && chmod +x script
expect 126 "its first line names an interpreter" "$imgbench" run ./script; one_line
printf 'int main(void) { return 0; }\n' >static.c
gcc -static -o static static.c
expect 125 "is statically linked" "$imgbench" run ./static; one_line
ln -s "$PWD/static" /tmp/imgbench-test-static.$$
printf '#!/tmp/imgbench-test-static.%s\n' $$ >static-script && chmod +x static-script
expect 125 "is statically linked" "$imgbench" run ./static-script
rm /tmp/imgbench-test-static.$$
gcc -o musl static.c -Wl,--dynamic-linker=/lib/ld-musl-x86_64.so.1
expect 125 "is linked with musl" "$imgbench" run ./musl; one_line
printf '\177ELF\001\001\001\0\0\0\0\0\0\0\0\0\002\0\003\0\001\0\0\0' >narrow; head -c 200 /dev/zero >>narrow; chmod +x narrow
expect 125 "32-bit" "$imgbench" run ./narrow; one_line
if ((EUID == 0)); then # somebody else's setuid program, as a user: the loader would ignore the library
    mkdir -m 755 /tmp/imgbench-test-suid.$$
    install -m 4755 /bin/true /tmp/imgbench-test-suid.$$/true
    cp "$root/build/imgbench" "$root/build/libimgbench.so" /tmp/imgbench-test-suid.$$
    code=0
    setpriv --reuid=65534 --regid=65534 --clear-groups env XDG_STATE_HOME=/tmp/imgbench-test-suid.$$/state \
        /tmp/imgbench-test-suid.$$/imgbench run /tmp/imgbench-test-suid.$$/true >out 2>err || code=$?
    rm -r /tmp/imgbench-test-suid.$$
    ((code == 125)) && grep -q "is setuid: the loader ignores LD_PRELOAD" err || fail "setuid: $code $(<err)"
fi
expect 125 "IMGBENCH=off is set" env IMGBENCH=off "$imgbench" run true; one_line
mkdir full && touch full/file
expect 125 "holds files already" "$imgbench" run --out full -- true; one_line
expect 125 "cannot make the trace directory /proc/nothing" "$imgbench" run --out /proc/nothing -- true; one_line
expect 125 "MB are free, and a trace may take" env IMGBENCH_QUOTA=900000G "$imgbench" run --out huge -- true; one_line
expect 125 "no library of that name" "$imgbench" run --allocator libc,nosuchmalloc -- true; one_line
expect 2 "names libc twice" "$imgbench" run --allocator libc,libc -- true; one_line
expect 125 "--report=nosuch/r.html cannot be written: No such file or directory" "$imgbench" run --report nosuch/r.html -- touch it-ran; one_line
expect 125 "--report=full cannot be written: Is a directory" "$imgbench" run --report full -- touch it-ran; one_line
expect 125 "--report= cannot be written: No such file or directory" "$imgbench" run --report '' -- touch it-ran; one_line
[[ ! -e it-ran ]] || fail "the command was started all the same"
expect 125 "a comparison has no such form" "$imgbench" run --report r.csv -- true --versus true; one_line
code=0; printf x | "$imgbench" run --runs 2 -- cat >out 2>err || code=$?
((code == 125)) && grep -q "standard input is a pipe" err || fail "a pipe for two runs: $code $(<err)"
[[ ! -e state/imgbench || -z $(find state/imgbench -mindepth 1) ]] || fail "something was left: $(find state)"

# ---- the command is its own ----
printf 'in\nput\n' >input
"$imgbench" run --out t1 -- sh -c 'cat; echo error >&2; exit 3' <input >out 2>err && fail "code 3 is lost" || code=$?
((code == 3)) && diff input out && grep -qx error err || fail "code $code, $(<out) $(<err)"
"$imgbench" run -- sh -c 'kill -KILL $$' >/dev/null 2>&1 && code=0 || code=$?
((code == 137)) || fail "SIGKILL: $code"
# What imgbench is sent goes on to the command, which decides.
"$imgbench" run -- sh -c 'trap "echo caught; exit 9" TERM; : >ready; sleep 20 & wait' >out 2>err &
pid=$!
for ((i = 0; i < 100; i++)); do [[ -e ready ]] && break; sleep 0.1; done
kill -TERM $pid
wait $pid && code=0 || code=$?
((code == 9)) && grep -qx caught out || fail "TERM: $code $(<out)"
rm ready
"$imgbench" run -- sh -c 'trap "exit 0" TERM; : >ready; sleep 20 & wait' >out 2>err & # a server that ends in good order
pid=$!
for ((i = 0; i < 100; i++)); do [[ -e ready ]] && break; sleep 0.1; done
kill -TERM $pid
wait $pid && code=0 || code=$?
((code == 0)) || fail "TERM, answered with 0: $code"
# Its environment: the library in front of what was there, the trace, nothing else.
LD_PRELOAD=/usr/lib/x86_64-linux-gnu/libjemalloc.so.2 "$imgbench" run --out t2 -- env >out 2>/dev/null
[[ $(grep ^LD_PRELOAD out) == "LD_PRELOAD="*"libimgbench.so:/usr/lib/x86_64-linux-gnu/libjemalloc.so.2" ]] || fail "$(grep LD_ out)"
grep -qx "IMGBENCH_DIR=$PWD/t2" out || fail "$(grep IMGBENCH out)"
# Descriptors that are closed stay so, and are no reason to fail where nothing is written to them.
"$imgbench" run --out t6a --report r6a.txt -- sh -c 'for n in 0 1; do [ ! -e /proc/$$/fd/$n ] || : >>open; done; cat input >/dev/null' <&- >&- 2>err ||
    fail "closed standard output: $? $(<err)"
[[ ! -e open ]] || fail "the command got descriptors that were closed"
"$imgbench" report t6a >&- 2>err && fail "a report without a standard output"
grep -x 'imgbench: standard output cannot be written: Bad file descriptor' err >/dev/null || fail "$(<err)"
# A script without a first line, as execvp runs it.
printf 'exit 4\n' >bare && chmod +x bare
expect 4 "" "$imgbench" run ./bare

# ---- one run ----
try "$imgbench" run --out t3 -- cwebp -quiet -q 80 "$photo" -o photo.webp
((code == 0)) && [[ ! -s out ]] && grep -q '=== Image Optimizer Benchmark Report ===' err && grep -q 'WebP (q=80)' err || fail "$(<err)"
"$imgbench" verify t3 >/dev/null
"$imgbench" run --out t4 --report r.json -- cwebp -quiet -q 80 "$photo" -o photo.webp 2>err
[[ ! -s err && $(python3 -c 'import json; print(json.load(open("r.json"))["totals"]["images"])') == 1 ]] || fail "$(<err)"
"$imgbench" run --out t5 --report r.html -- cwebp -quiet -q 80 "$photo" -o photo.webp && grep -q '<html' r.html
expect 0 "nothing was recorded: true (exit code 0" "$imgbench" run true; one_line
expect 0 "No image was processed in this run" "$imgbench" run -- sh -c 'cat input; true'
# The default place, and that report finds it; nothing is left of runs without a record.
rm -r state
"$imgbench" run -- cwebp -quiet -q 80 "$photo" -o photo.webp 2>/dev/null
"$imgbench" run true 2>/dev/null
[[ $(find state/imgbench -mindepth 1 -maxdepth 1 | wc -l) == 1 ]] && "$imgbench" report | grep "^Trace: .*state/imgbench/cwebp-" >/dev/null || fail "$(ls state/imgbench)"

# Several processes at once: their memory is asked from outside, and the trace is as good as any. Two that hold 40 MB each.
cat >hold.py <<'PYTHON'
import sys, time
from PIL import Image
Image.open(sys.argv[1]).resize((60, 40)).save(sys.argv[2])
held = bytearray(40_000_000)
for page in range(0, len(held), 4096):
    held[page] = 1
time.sleep(2)
PYTHON
"$imgbench" run --out t6 --report r6.json -- bash -c "for i in 1 2; do /usr/bin/python3 hold.py '$photo' \$i.png & done; wait"
python3 - <<'PYTHON'
import json
d = json.load(open("r6.json"))
m = d["memory"]
assert m["peak_source"] == "measured" and 85e6 < m["peak_rss_bytes"] < 130e6, (m["peak_source"], m["peak_rss_bytes"])
assert len(d["processes"]) == 3 and d["totals"]["images"] == 2, len(d["processes"])
PYTHON
"$imgbench" status t6 | grep '^- Processes: 3 (0 alive' >/dev/null || fail "$("$imgbench" status t6)"
"$imgbench" dump t6 >dump
grep -q ' tree_sample rss_bytes=[0-9]* pss_bytes=[0-9]* cpu_ns=[0-9]* .* processes=3 ' dump || fail "$(grep tree_sample dump)"
"$imgbench" verify t6 >/dev/null
[[ $(babeltrace2 t6 2>/dev/null | grep -c tree_sample) -gt 0 ]]

# ---- several ----
try "$imgbench" run --runs 6 --warmup 1 --prepare 'echo prepared >>prepared' --out s1 -- cwebp -quiet -q 80 "$photo" -o photo.webp
((code == 0)) || fail "$(<err)"
[[ $(ls s1 | tr '\n' ' ') == "run-001 run-002 run-003 run-004 run-005 run-006 set.json " && $(wc -l <prepared) == 7 ]] || fail "$(ls s1) $(wc -l <prepared)"
grep -q '^6 runs of: cwebp' err && grep -Eq 'duration_s +[0-9.]+ m?s ± .* to .* to ' err && grep -q 'whose duration is the median one' err || fail "$(<err)"
rm -r state
"$imgbench" run --runs 2 -- cwebp -quiet -q 80 "$photo" -o photo.webp </dev/null 2>err
grep -q 'No intervals: 6 runs or more are needed, and these are 2' err || fail "$(<err)"
"$imgbench" report | grep "^Trace: .*state/imgbench/cwebp-.*/run-002" >/dev/null || fail "$("$imgbench" report | head -1)"
# A file is read by each run from its start.
"$imgbench" run --runs 3 --out s2 -- cat <input >out 2>err
[[ $(wc -l <out) == 6 ]] || fail "standard input was not put back: $(<out)"
# It stops at the first failure, and says so; or goes on.
expect 1 "the command failed with exit code 1 after 2 runs" "$imgbench" run --runs 5 --out s3 -- sh -c 'echo x >>count; [ $(wc -l <count) -lt 2 ]'
expect 0 "4 runs of" "$imgbench" run --runs 4 --ignore-failure --out s4 -- sh -c "cwebp -quiet '$photo' -o photo.webp; exit 1"
! grep 'no further run' err || fail "all runs were made"
# What changes its inputs is not run again without --prepare: in place, with and without a warm-up, with two variants.
cp "$photo" original.jpg
for options in "--runs 3" "--warmup 1 --runs 2" "--runs 1 --verify-overhead"; do
    cp original.jpg place.jpg
    rm -rf s5
    expect 125 "place.jpg: the run" "$imgbench" run $options --out s5 -- jpegoptim -q -m 50 place.jpg
done
expect 0 "3 runs of" "$imgbench" run --runs 3 --prepare 'cp original.jpg place.jpg' --out s6 -- jpegoptim -q -m 50 place.jpg
expect 125 "--prepare failed (exit code 6): exit 6" "$imgbench" run --runs 3 --prepare 'exit 6' --out s7 -- true
[[ -z $(find s7 -name 'run-*') ]]
# What was measured before is told, and can be compared later on.
expect 125 "1 run of" "$imgbench" run --runs 3 --prepare '[ ! -e once ] && touch once' --out s8 -- cwebp -quiet "$photo" -o photo.webp
[[ $(ls s8 | tr '\n' ' ') == "run-001 set.json " ]] || fail "$(ls s8) $(<err)"

# ---- variants take turns ----
try "$imgbench" run --runs 4 --out v1 -- sh -c "echo old >>order; cwebp -quiet -q 80 '$photo' -o photo.webp" \
    --versus sh -c "echo new >>order; cwebp -quiet -q 60 '$photo' -o photo.webp"
((code == 0)) && [[ $(tr '\n' ' ' <order) == "old new new old old new new old " ]] || fail "$(tr '\n' ' ' <order) $(<err)"
grep -q 'Image Optimizer Comparison' err && grep -q '4 interleaved rounds' err && grep -Eq 'totals.bytes_out .*better' err || fail "$(<err)"
"$imgbench" compare v1/old v1/new | grep '4 interleaved rounds' >/dev/null
try "$imgbench" run --runs 2 --allocator libc,jemalloc --out v2 --report v2.json -- vips thumbnail "$photo" thumb.png 100
((code == 0)) || fail "$(<err)"
python3 - <<'PYTHON'
import json
d = json.load(open("v2.json"))
assert d["schema"] == "imgbench-compare/1" and d["design"] == "interleaved" and d["rounds"] == 2, d["design"]
paths = {f["path"]: f for f in d["figures"]}
assert paths["memory.peak_rss_bytes"]["old"] and paths["memory.composition.retained_bytes"], "memory and fragmentation"
PYTHON
"$imgbench" report --json v2/jemalloc/run-001 | grep 'libjemalloc.so.2' >/dev/null || fail "jemalloc was not loaded"
! "$imgbench" report --json v2/libc/run-001 | grep 'libjemalloc.so.2' >/dev/null || fail "jemalloc in the libc variant"
try "$imgbench" run --runs 6 --verify-overhead --out v3 -- cwebp -quiet -q 80 "$photo" -o photo.webp
((code == 0)) && grep -Eq 'Recording cost, measured: .* of the time without it \(.* to .*, 6 rounds\); the report.s own estimate' err || fail "$(<err)"
[[ $(python3 -c 'import json; d = json.load(open("v3/set.json")); print(len(d["runs"]), len(d["bare"]))') == "6 6" ]]
