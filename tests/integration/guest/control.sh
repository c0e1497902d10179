#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: the claims about recording that is stopped and started while programs run: nothing is recorded of a pause and
# nothing else is missing, whatever threads, children and system call filters a program has; the program does not notice.
source tests/integration/environment.bash

child=
trap '[[ -z $child ]] || kill "$child" 2>/dev/null || true; rm -rf "$work"' EXIT
photo=/usr/share/libjxl-testdata/jxl/flower/flower_small.q85_444_non_interleaved.jpg

says() { # trace command wanted-line
    local said
    said=$("$imgbench" "$2" "$1" | head -1)
    [[ $said == "$1: $3" ]] || fail "imgbench $2 says '$said', not '$1: $3'"
}

report() { # trace json
    "$imgbench" verify "$1" >/dev/null || fail "$1 is damaged"
    "$imgbench" report --json "$1" >"$2"
}

# ---- a program that marks what it does, told by a pipe what comes next ----

cat >"$work/steps.py" <<'EOF'
# Owns: a victim: does a step for each line of its stdin, on three threads that live as long as it does, and says so.
import os, queue, shutil, subprocess, sys, threading
photo, out = sys.argv[1:]
lanes = [queue.Queue() for _ in range(3)]
done = queue.Queue()
kept = []
def work(number):
    while (step := lanes[number].get()) is not None:
        os.access(f"imgbench:begin:{step}", 0)
        with open(photo, "rb") as file:
            data = file.read()
        with open(f"{out}/{step}-{number}.jpg", "wb") as file:
            file.write(data)
        kept.append(bytearray(300000)) # of every step, recorded or not
        if len(kept) > 4:
            del kept[0]
        os.access(f"imgbench:end:{step}", 0)
        done.put(number)
threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
for thread in threads:
    thread.start()
for line in sys.stdin:
    step = line.strip()
    for lane in lanes:
        lane.put(step)
    for _ in lanes:
        done.get()
    if step == "unseen1":
        from PIL import Image # libraries that come while nothing is recorded
    subprocess.run(["cat", photo], stdout=subprocess.DEVNULL, check=True) # a child: vfork and exec
    if os.fork() == 0:
        os.access(f"imgbench:mark:child of {step}", 0)
        os._exit(0)
    os.wait()
    print(step, flush=True)
for lane in lanes:
    lane.put(None)
for thread in threads:
    thread.join()
print("end", flush=True)
sys.exit(3)
EOF

begin() { # setting…: the program is behind descriptors 5 and 6
    rm -rf "$work/out"
    mkdir "$work/out"
    rm -f "$work/in" "$work/answers"
    mkfifo "$work/in" "$work/answers"
    env LD_PRELOAD="$library" "$@" /usr/bin/python3 "$work/steps.py" "$photo" "$work/out" <"$work/in" >"$work/answers" 2>"$work/err" &
    child=$!
    exec 5>"$work/in" 6<"$work/answers"
}

step() { # name
    local answer
    echo "$1" >&5
    read -r -t 60 answer <&6 || fail "no answer to $1: $(head -3 "$work/err")"
    [[ $answer == "$1" ]] || fail "the answer to $1 is $answer"
}

finish() {
    local answer code=0
    exec 5>&-
    read -r -t 60 answer <&6
    exec 6<&-
    wait "$child" || code=$?
    child=
    [[ $answer == end && $code == 3 && ! -s $work/err ]] || fail "the program ended with $answer, $code: $(head -5 "$work/err")"
}

trace=$work/started
begin IMGBENCH_START=paused IMGBENCH_DIR="$trace"
step unseen1
says "$trace" status paused
[[ $(ls -A "$trace" | tr '\n' ' ') == ".metadata control " ]] || fail "something was recorded of a paused program: $(ls -A "$trace")"
"$imgbench" report "$trace" 2>"$work/message" && fail "a report of nothing"
grep -q "nothing was recorded yet: .*'imgbench start' lets them record" "$work/message"
says "$trace" start recording
says "$trace" start "recording already"
step seen1
"$imgbench" status "$trace" >"$work/status"
grep -qE '^- Processes: [0-9]+ \([1-9][0-9]* alive, [0-9]+ ended\)$' "$work/status" || fail "$(<"$work/status")"
says "$trace" stop paused
says "$trace" stop "paused already"
step unseen2
before=$(du -sb "$trace" | cut -f 1)
step unseen3
[[ $(du -sb "$trace" | cut -f 1) == "$before" ]] || fail "the trace grows while it is paused"
says "$trace" start recording
step seen2
step seen3
"$imgbench" report "$trace" >"$work/live.txt" # of a program that is running
grep -q '^- Paused: 1 time, ' "$work/live.txt"
says "$trace" stop paused
step unseen4
says "$trace" start recording
says "$trace" stop paused
says "$trace" start recording
step seen4
finish
"$imgbench" status "$trace" >"$work/status"
grep -q '^- Paused: 4 times, ' "$work/status"
grep -qE '^- Processes: [0-9]+ \(0 alive, [0-9]+ ended\): no more comes' "$work/status"
"$imgbench" start "$trace" >"$work/status" 2>"$work/message"
[[ $(<"$work/status") == "$trace: recording already" && $(<"$work/message") == "imgbench: $trace: none of the programs that recorded there is alive now" ]] ||
    fail "a start when all is over: $(cat "$work/status" "$work/message")"
report "$trace" "$work/started.json"
babeltrace2 "$trace" >/dev/null
# Each stretch, and each child, knows where the libraries lie that came before it.
"$imgbench" dump "$trace" >"$work/records"
for library_name in _imaging libjpeg; do
    without=$(awk -v name="/$library_name[^/]*\"" '$3 == "process" && /steps.py/ { told[$2] = 1 }
        $3 == "module" && $0 ~ name { known[$2] = 1 } END { for (stream in told) if (!(stream in known)) print stream }' "$work/records")
    [[ ! $without ]] || fail "$library_name is not among the modules of: $without"
done

python3 - "$work/started.json" "$(stat -c %s "$photo")" <<'PYTHON'
import json, sys
report = json.load(open(sys.argv[1]))
size = int(sys.argv[2])
assert set(report["spans"]) == {"seen1", "seen2", "seen3", "seen4"}, set(report["spans"])
for name, timing in report["spans"].items():
    assert timing["n"] == 3 and not timing["begins_left"] and not timing["ends_left"], (name, timing)
children = [mark["name"] for mark in report["marks"] if mark["kind"] == "mark"]
assert children == [f"child of seen{i}" for i in (1, 2, 3, 4)], children
paths = [file["path"] for file in report["files"]]
assert not any("unseen" in path for path in paths), paths
pauses = report["coverage"]["pauses"]
assert len(pauses) >= 2, pauses
periods = report["periods"]
assert abs(sum(p["end_s"] - p["start_s"] for p in periods) - report["duration_s"]) < 1e-6, (periods, report["duration_s"])
for pause in pauses:
    assert not any(p["start_s"] < pause["end_s"] - 1e-9 and p["end_s"] > pause["start_s"] + 1e-9 for p in periods), (pause, periods)
python = [process for process in report["processes"] if "steps.py" in " ".join(process["argv"]) and process["records"] > 100]
assert len(python) == 3 and len({process["pid"] for process in python}) == 1, python
assert [process["paused"] for process in python] == [True, True, False] and all(process["resumed"] for process in python)
assert python[-1]["exit_code"] == 3, python
for process in python: # what the kernel counted while nothing was recorded is in neither side
    seen, kernel = process["io_bytes_seen"], process["io_bytes_kernel"]
    assert 0.95 * kernel < seen < 1.05 * kernel, (seen, kernel)
    assert 3 * 2 * size <= seen < 40 * size, (seen, size)
    assert process["peak_heap_bytes"] > 900000, process # five blocks of 300 kB that were mostly allocated in pauses
    assert process["cpu_s"] >= 0
assert report["coverage"]["lost_records"] == 0
assert not any("freed more heap" in note for note in report["coverage"]["notes"]), report["coverage"]["notes"]
PYTHON

# ---- a recording that runs is stopped; children that start meanwhile join with its state ----

trace=$work/stopped
begin IMGBENCH_DIR="$trace"
step seen1
says "$trace" stop paused
step unseen1
traced "$trace" cwebp -quiet "$photo" -o "$work/unseen.webp"
says "$trace" start recording
traced "$trace" cwebp -quiet "$photo" -o "$work/seen.webp"
step seen2
finish
report "$trace" "$work/stopped.json"
python3 - "$work/stopped.json" <<'PYTHON'
import json, sys
report = json.load(open(sys.argv[1]))
assert set(report["spans"]) == {"seen1", "seen2"}, set(report["spans"])
assert not any("unseen" in file["path"] for file in report["files"])
assert any(file["path"].endswith("/seen.webp") for file in report["files"])
assert not any("unseen" in " ".join(process["argv"]) for process in report["processes"])
PYTHON

# ---- the default directory; nothing is left to guess which trace is meant ----

export XDG_STATE_HOME=$work/state
mkdir "$XDG_STATE_HOME"
begin IMGBENCH_START=paused
step unseen
trace=$(echo "$XDG_STATE_HOME"/imgbench/*)
[[ $("$imgbench" status | head -1) == "$trace: paused" ]] || fail "status says $("$imgbench" status 2>&1)"
"$imgbench" start >/dev/null
step seen
finish
[[ $("$imgbench" dump "$trace" | grep -c ' mark .*what=BEGIN .*name="seen"') == 3 ]]

# ---- a program whose encoder is under way as it is stopped and started ----

trace=$work/encoder
djpeg -outfile "$work/large.ppm" /usr/share/desktop-base/spacefun-theme/login/sddm-preview.jpg 2>/dev/null
for way in bare traced; do
    (
        [[ $way == bare ]] || export LD_PRELOAD=$library IMGBENCH_DIR=$trace
        for i in 1 2 3 4 5 6; do cwebp -quiet -mt -m 6 "$work/large.ppm" -o "$work/$way$i.webp"; done
    ) &
    child=$!
    while [[ $way == traced ]] && kill -0 "$child" 2>/dev/null; do
        [[ ! -e $trace/control ]] || { "$imgbench" stop "$trace" && sleep 0.03 && "$imgbench" start "$trace"; } >/dev/null
        sleep 0.05
    done
    wait "$child"
    child=
done
for i in 1 2 3 4 5 6; do cmp "$work/bare$i.webp" "$work/traced$i.webp"; done
report "$trace" "$work/encoder.json"
python3 - "$work/encoder.json" <<'PYTHON'
import json, sys
report = json.load(open(sys.argv[1]))
assert report["totals"]["failed"] == 0, report["totals"]
assert report["totals"]["unfinished"] == report["totals"]["broken_off"], report["totals"]
PYTHON

# ---- the guest rules hold while nothing is recorded: filters of system calls, vfork, signals, odd descriptors ----

IMGBENCH_START=paused bash tests/integration/guest/guest.sh arguments descriptors children threads signals heap processes allocations \
    filtered sockets >"$work/guest" 2>&1 || fail "$(grep -v '^ok' "$work/guest")"
(($(grep -c '^ok' "$work/guest") > 20))

# ---- a name that would steer a terminal; a trace that one may only read ----

cp -r "$work/encoder" "$work/"$'steer\e[31m'
for command in status stop start; do
    "$imgbench" $command "$work/"$'steer\e[31m' >"$work/said"
    [[ $(<"$work/said") != *$'\e'* && $(<"$work/said") == *'steer\033[31m: '* ]] || fail "$command: $(<"$work/said")"
done
if ((EUID == 0)); then
    reader=$(mktemp -d /tmp/imgbench-test-reader.XXXXXX) # the working directory may be closed to others
    chmod 755 "$reader"
    cp "$imgbench" "$reader"
    cp -r "$work/encoder" "$reader/trace"
    chmod -R a+rX "$reader"
    code=0
    setpriv --reuid=65534 --regid=65534 --clear-groups "$reader/imgbench" status "$reader/trace" >"$work/said" 2>&1 || code=$?
    setpriv --reuid=65534 --regid=65534 --clear-groups "$reader/imgbench" stop "$reader/trace" >"$work/message" 2>&1 && code=2
    rm -r "$reader"
    [[ $code == 0 && $(<"$work/said") == *': recording'* && $(<"$work/message") == *"cannot be opened: Permission denied"* ]] ||
        fail "of somebody else's trace: $code, $(<"$work/said") $(<"$work/message")"
fi

# ---- what makes no sense ----

for command in start stop status; do
    for wrong in "$work/none" "$work"; do
        code=0
        "$imgbench" "$command" "$wrong" >"$work/said" 2>"$work/message" || code=$?
        [[ $code == 1 && ! -s $work/said && $(wc -l <"$work/message") == 1 ]] || fail "imgbench $command $wrong: $code, $(<"$work/message")"
    done
done
# A damaged page: 2^32 - 2 times.
cp -r "$work/encoder" "$work/often"
printf '\376\377\377\377' | dd of="$work/often/control" bs=1 seek=12 conv=notrunc status=none
code=0
"$imgbench" start "$work/often" 2>"$work/message" || code=$?
[[ $code == 1 && $(<"$work/message") == *'no trace holds more'* ]] || fail "a damaged page: $code, $(<"$work/message")"
IMGBENCH_START=later traced "$work/setting" cwebp -quiet "$photo" -o "$work/setting.webp"
"$imgbench" report "$work/setting" >"$work/setting.txt"
grep -q 'IMGBENCH_START has a value that could not be used' "$work/setting.txt"
IMGBENCH_QUOTA=1K traced "$work/full" cwebp -quiet "$photo" -o "$work/full.webp"
says "$work/full" status "stopped, its quota is used up"
