#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: the time that images' threads were ready to run and no CPU was free: what is recorded is what the kernel says, of
# threads that ended and of those that the process took with it; four processes on one CPU lack it most of the time.
# Alone: it measures how long threads wait for a CPU.
source tests/integration/environment.bash

cat >"$work/threads.py" <<'PYTHON'
import sys, threading, time
from PIL import Image

picture = Image.open(sys.argv[1]).resize((1200, 900))
done, said = threading.Barrier(3), []


def encode(number, stays):
    for i in range(3):
        picture.save(f"{sys.argv[2]}/{number}-{i}.webp", quality=80)
    with open("/proc/thread-self/schedstat") as file:
        said.append((threading.get_native_id(), *map(int, file.read().split()[:2])))
    done.wait()
    while stays:
        time.sleep(1)


ends = threading.Thread(target=encode, args=(1, False))
ends.start()
threading.Thread(target=encode, args=(2, True), daemon=True).start()
done.wait()
ends.join()
for line in said:
    print(*line)
PYTHON
mkdir "$work/out"
cpu=$(/usr/bin/python3 -c "import os; print(min(os.sched_getaffinity(0)))")
photo=/usr/share/libjxl-testdata/jxl/flower/flower.png.im_q85_420.jpg
LD_PRELOAD=$library IMGBENCH_DIR=$work/threads taskset -c "$cpu" /usr/bin/python3 "$work/threads.py" "$photo" "$work/out" >"$work/said"
"$imgbench" dump "$work/threads" >"$work/dump"
python3 - "$work/said" "$work/dump" <<'PYTHON'
import re, sys

recorded = {int(m[3]): (int(m[1]), int(m[2])) for m in re.finditer(
    r" thread_schedule on_cpu_ns=(\d+) run_queue_ns=(\d+) tid=(\d+)", open(sys.argv[2]).read())}
said = [tuple(map(int, line.split())) for line in open(sys.argv[1])]
assert len(said) == 2
for tid, cpu_ns, queue_ns in said:
    assert tid in recorded, (tid, recorded)
    # A little of both comes after the thread's own look.
    assert cpu_ns <= recorded[tid][0] <= cpu_ns + 100e6 and queue_ns <= recorded[tid][1] <= queue_ns + 500e6, (said, recorded)
PYTHON

# No thread that did no work on an image is asked about, whoever had its state before.
cat >"$work/idle.py" <<'PYTHON'
import os, sys, threading
from PIL import Image


def run(target):
    thread = threading.Thread(target=target)
    thread.start()
    thread.join()
    return thread.native_id


picture = Image.open(sys.argv[1]).resize((800, 600))
worked = {run(lambda: picture.save(f"{sys.argv[2]}/idle.webp")), os.getpid()}
for i in range(20):
    run(lambda: open(f"{sys.argv[2]}/{i}", "w").close())
print(*worked)
PYTHON
traced "$work/idle" /usr/bin/python3 "$work/idle.py" "$photo" "$work/out" >"$work/said"
"$imgbench" dump "$work/idle" | sed -n 's/.* thread_schedule .* tid=\([0-9]*\).*/\1/p' | sort >"$work/asked"
diff <(tr ' ' '\n' <"$work/said" | sort) "$work/asked" || fail "asked about others than the threads that worked"

# The same work by one process alone, and by four at once, on one CPU.
djpeg "$photo" >"$work/photo.ppm"
# Alone it is one thread, without an xargs beside it that only waits: whatever else runs on this CPU, no other is its own.
IMGBENCH_DIR=$work/lanes1 LD_PRELOAD=$library taskset -c "$cpu" cwebp -quiet -m 3 "$work/photo.ppm" -o "$work/1.webp"
seq 4 | IMGBENCH_DIR=$work/lanes4 LD_PRELOAD=$library taskset -c "$cpu" \
    xargs -P4 -I{} cwebp -quiet -m 3 "$work/photo.ppm" -o "$work/{}.webp"
for lanes in 1 4; do "$imgbench" report --json "$work/lanes$lanes" >"$work/$lanes.json"; done
python3 - "$work/1.json" "$work/4.json" <<'PYTHON'
import json, sys

alone, crowd = (json.load(open(path)) for path in sys.argv[1:])
for report in alone, crowd:
    for worker in report["workers"]:
        parts = [worker[key] for key in ("on_cpu_s", "run_queue_s", "io_call_s", "other_s")]
        assert abs(sum(parts) - worker["active_s"]) < 1e-8, worker
# Fair turns of four: three quarters. Others on this CPU make it more, a late start of one less.
assert crowd["pool"]["run_queue_ratio"] > 0.5 and len(crowd["workers"]) == 4, crowd["pool"]
assert alone["pool"]["run_queue_ratio"] < crowd["pool"]["run_queue_ratio"], alone["pool"]
fired = [[finding["id"] for finding in report["findings"]] for report in (alone, crowd)]
assert "oversubscribed" in fired[1] and "oversubscribed" not in fired[0], fired
PYTHON
