#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: the claim that a batch of processes is one report: all of them, under their parent, as many at once as ran at
# once; and that children which could not be recorded are said to be missing.
# Alone: it counts how many ran at once.
source tests/integration/environment.bash

photo=/usr/share/libjxl-testdata/jxl/flower/flower.png.im_q85_420.jpg
images=40 at_once=4
mkdir "$work/in" "$work/out"
for ((i = 0; i < images; i++)); do # different pieces of one photograph
    jpegtran -crop "320x240+$((i % 8 * 32))+$((i / 8 * 48))" -outfile "$work/in/$i.jpg" "$photo"
done

(cd "$work" && seq 0 $((images - 1)) |
    traced "$work/batch" timeout 300 xargs "-P$at_once" -I{} cwebp -quiet -m 6 in/{}.jpg -o out/{}.webp)
"$imgbench" report --json "$work/batch" >"$work/batch.json"

# What has no record: a static program, one whose environment lacks the library, and one that replaced its shell.
printf 'int main(void) { return 0; }\n' | gcc -static -x c -o "$work/static" -
cat >"$work/script" <<'SCRIPT'
"$1/static"
( : )            # a child that does nothing is no loss
true_path=$(command -v true)
"$true_path"     # nor is one that has a record
exec env -i "$true_path"
SCRIPT
traced "$work/shell" bash "$work/script" "$work"
"$imgbench" report --json "$work/shell" >"$work/shell.json"
"$imgbench" report "$work/shell" >"$work/shell.txt"
grep -q '2 children left no record' "$work/shell.txt" || fail "not said: $(tail -5 "$work/shell.txt")"

# Forked children that do nothing have no process in the trace; every one is accounted for all the same.
victim=$work/processes
gcc -std=c11 -D_GNU_SOURCE -O1 -pthread -o "$victim" tests/victims/guest/processes.c
bare=$(cd "$work" && "$victim" forked_idle) || [[ $? == 5 ]]
recorded=$(cd "$work" && traced "$work/idle" "$victim" forked_idle) || [[ $? == 5 ]]
[[ $bare == "$recorded" ]] || fail "children of fork ended otherwise: '$bare', recorded '$recorded'"
"$imgbench" report --json "$work/idle" >"$work/idle.json"
"$imgbench" report "$work/idle" >"$work/idle.txt"
grep -q '^- Idle: [0-9]* forked children ended' "$work/idle.txt" || fail "not said: $(cat "$work/idle.txt")"
"$imgbench" verify "$work/idle" >"$work/verify.txt" || fail "$(cat "$work/verify.txt")"

# What children bring to their parent's counts is taken off once, also where several threads wait at the same time.
recorded=$(cd "$work" && traced "$work/waits" "$victim" overlapping_waits) || [[ $? == 5 ]]
[[ -z $recorded ]] || fail "$recorded"
"$imgbench" report --json "$work/waits" >"$work/waits.json"

# The machine is known once, whoever makes the trace: an xargs, or shells of which none writes a thing before its end.
(cd "$work" && traced "$work/shells" sh -c 'ls in | head -3 | while read -r f; do sh -c "cwebp -quiet in/$f -o out/s.webp; :"; done')
for trace in batch shells; do
    hosts=$("$imgbench" dump "$work/$trace" | grep -c ' host ') || true
    [[ $hosts == 1 ]] || fail "$trace: $hosts host records"
done

python3 - "$work/batch.json" "$work/shell.json" "$images" "$at_once" "$work/idle.json" "$work/waits.json" <<'PYTHON'
import json
import sys

images, at_once = int(sys.argv[3]), int(sys.argv[4])
with open(sys.argv[1], encoding="utf-8") as file:
    batch = json.load(file)
with open(sys.argv[2], encoding="utf-8") as file:
    shell = json.load(file)
with open(sys.argv[5], encoding="utf-8") as file:
    idle = json.load(file)
with open(sys.argv[6], encoding="utf-8") as file:
    waits = json.load(file)
wrong = []


def check(good, text):
    if not good:
        wrong.append(text)


encoders = [p for p in batch["processes"] if p["exe"].endswith("/cwebp")]
parents = [p for p in batch["processes"] if p["exe"].endswith("/xargs")]
check(batch["totals"]["ok"] == images, f"images ok: {batch['totals']}")
check(batch["totals"]["images"] == images, f"images: {batch['totals']}")
check(len(encoders) == images, f"{len(encoders)} processes of cwebp")
check(all(p["images"] == 1 and p["exit_code"] == 0 and p["end_recorded"] for p in encoders), "an encoder is incomplete")
check(len({p["pid"] for p in parents}) == 1, f"parents: {[p['pid'] for p in parents]}")
check({p["ppid"] for p in encoders} == {p["pid"] for p in parents}, "an encoder has another parent than xargs")
check(batch["coverage"]["untraced_children"] == [], f"untraced: {batch['coverage']['untraced_children']}")
check(batch["coverage"]["lost_records"] == 0, f"lost: {batch['coverage']['lost_records']}")

# Those that begin come after those that end at the same moment.
moments = sorted([(p["start_s"], 1) for p in encoders] + [(p["end_s"], -1) for p in encoders], key=lambda m: (m[0], m[1]))
alive = most = 0
for _, step in moments:
    alive += step
    most = max(most, alive)
check(most == at_once, f"{most} encoders at once, not {at_once}")
check(len(batch["workers"]) == at_once, f"{len(batch['workers'])} workers")

lost = shell["coverage"]["untraced_children"]
bare = [c["pid"] for c in lost if c["reason"] == "started without the library in its environment"]
check(len(lost) == 2, f"untraced children: {lost}")
check(len(bare) == 1, f"without the library: {lost}")
check(bare == [p["pid"] for p in shell["processes"] if p["exe"].endswith("/env")], "it was env that replaced itself")

nothing, told = idle["coverage"]["idle_children"], idle["processes"][1:]
check(nothing + len(told) == 353, f"{nothing} idle children and {len(told)} others are not 353")
check(nothing >= 240, f"only {nothing} idle children")  # of those at once as many as there are places, or nearly
check(idle["coverage"]["untraced_children"] == [], f"idle: {idle['coverage']['untraced_children']}")
check(any(p["cpu_s"] >= 0.03 and p["exit_code"] == 3 for p in told), "who computes is not idle")
coverage = waits["coverage"]
check(coverage["io_processes"] == 91 and abs(coverage["io_ratio"] - 1) < 0.001, f"overlapping waits: {coverage}")
check(idle["coverage"]["lost_records"] == 0, "records were lost")

print("\n".join(wrong) or "ok: {} images by {} processes, {} at once".format(images, len(encoders), most))
sys.exit(bool(wrong))
PYTHON
