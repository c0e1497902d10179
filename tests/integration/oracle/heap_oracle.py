#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Owns: the comparison of the heap figures in a trace with what ltrace saw, and with a victim's own sums.
# Must not know: how the trace was made; it reads what `imgbench dump` and babeltrace2 print.
"""heap_oracle.py calls IMGBENCH TRACE LTRACE [processes]
    The calls of each process in the trace are those in ltrace's output, which has one process, or with "processes" as
    many as threads. Both saw all calls from the first on that reached libc: those of libc itself and of the loader too.
    What counts, from ltrace's arguments and results:
      - only the outermost call of a thread: realloc calls malloc or free, reallocarray calls realloc;
      - a failed call is none; free(NULL) is none; realloc(NULL, n) is an allocation; realloc(p, 0) a release; any
        other realloc one of each;
      - a block that no call returned is not the program's: at a thread's end glibc frees its cache of free blocks.
    Allocations by size lie between the fewest and the most that glibc's rounding allows.
heap_oracle.py sums IMGBENCH TRACE SUMS
    Bytes, calls and sizes are those that the victim says (tests/victims/parts/sums.h), to the byte; only of threads
    that run at once, the highest is known no better than 64 KiB per thread.
Prints what is wrong; exit code 1 if anything is."""

import re
import subprocess
import sys

SIZES = 24
BATCH = 65536
wrong = []


def check(good, text):
    if not good:
        wrong.append(text)


def records(imgbench, trace, kinds):
    """Those records of a trace: (kind, "pid/stream", {field: value})."""
    dump = subprocess.run([imgbench, "dump", trace], capture_output=True, text=True, check=False)
    check(not dump.returncode and not dump.stderr, f"dump fails with {dump.returncode}: {dump.stderr}")
    for line in dump.stdout.splitlines():
        words = line.split(" ")
        if words[2] in kinds:
            yield words[2], words[1], dict(re.findall(r'(\w+)=("(?:[^"\\]|\\.)*"|\S+)', line))


def pid_of(stream):
    return stream.split("/")[0]


def sizes_of(trace):
    """Allocations by size of each process; dump shows only the front of them."""
    text = subprocess.run(["babeltrace2", trace], capture_output=True, text=True, check=True).stdout
    sizes = {}
    for line in text.splitlines():
        if " heap_sizes: {" in line:
            octets = bytes(int(n) for n in re.findall(r"\[\d+\] = (\d+)", line))
            sizes[re.search(r" pid = (\d+)", line)[1]] = [
                int.from_bytes(octets[i : i + 8], "little") for i in range(0, len(octets), 8)
            ]
    return sizes


# ---- ltrace ----

CALL = re.compile(r"(\d+) (?:(\w+)@\S*\((.*?)|<\.\.\. (\w+) resumed> (?:.*?)) *(<unfinished \.\.\.>|\) += (\S+))$")


class Calls:
    def __init__(self, blocks):
        self.blocks = set(blocks)
        self.allocations = self.releases = 0
        self.fewest, self.most = [0] * SIZES, [0] * SIZES

    def allocated(self, size, alignment=16, mapped=False):
        """The usable size is the request and a header of 8 bytes, rounded up to 16; what is left of a free chunk after
        that stays with it where it is too small for one of its own (32 bytes); a mapping of its own is of whole pages,
        and remains one when it is made smaller."""
        self.allocations += 1
        least = max(32, (size + 8 + 15) & ~15) - 8
        most = least + (32 if alignment > 16 else 16)
        if mapped or size >= 128 << 10:
            least, most = least - 8, ((size + alignment + 4095 + 48) & ~4095) + 16
        low, high = (min(max(n.bit_length() - 5, 0), SIZES - 1) for n in (least, most))
        self.fewest[low] += low == high
        for place in range(low, high + 1):
            self.most[place] += 1

    def add(self, name, arguments, result):
        numbers = [int(word, 0) for word in re.findall(r"0x[0-9a-f]+|\d+", arguments)]
        good = result not in ("0", "nil", "<void>")
        if name in ("free", "cfree"):
            self.releases += numbers[0] in self.blocks
            self.blocks.discard(numbers[0])
        elif name in ("realloc", "reallocarray"):
            size = numbers[1] if name == "realloc" else numbers[1] * numbers[2]
            if good:
                self.allocated(size, mapped=numbers[0] & 0xFFF == 0x10)
            if numbers[0] and (good or size == 0):
                check(numbers[0] in self.blocks, f"ltrace missed where {arguments} comes from")
                self.blocks.discard(numbers[0])
                self.releases += 1
        elif name == "posix_memalign":
            if result == "0":  # ltrace shows what the pointer points to
                self.allocated(numbers[2], numbers[1])
                self.blocks.add(numbers[0])
        elif good:
            sizes = {
                "malloc": lambda: (numbers[0], 16),
                "calloc": lambda: (numbers[0] * numbers[1], 16),
                "valloc": lambda: (numbers[0], 4096),
                "pvalloc": lambda: ((numbers[0] + 4095) & ~4095, 4096),
                "memalign": lambda: (numbers[1], numbers[0]),
                "aligned_alloc": lambda: (numbers[1], numbers[0]),
            }
            self.allocated(*sizes[name]())
        if good and name not in ("free", "cfree", "posix_memalign"):
            self.blocks.add(int(result, 0))


def read_ltrace(path, processes):
    """Calls by process, in the order in which they appear."""
    inside, seen = {}, {}
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            match = CALL.match(line.rstrip("\n"))
            if not match:
                check("@" not in line and "resumed" not in line, f"ltrace's line is not understood: {line}")
                continue
            thread, name, arguments, resumed, end, result = match.groups()
            key = thread if processes else ""
            if key not in seen:  # a forked child has its parent's blocks
                seen[key] = Calls(block for calls in seen.values() for block in calls.blocks)
            calls = seen[key]
            stack = inside.setdefault(thread, [])
            if resumed:
                while stack and stack[-1][0] != resumed:
                    stack.pop()
                check(stack, f"resumed without a beginning: {line}")
                name, arguments = stack.pop() if stack else (resumed, "")
            elif result is None:
                stack.append((name, arguments))
                continue
            if not stack:
                calls.add(name, arguments, result)
    return list(seen.values())


def compare_calls(imgbench, trace, path, processes):
    expected = read_ltrace(path, processes)
    seen = list(records(imgbench, trace, ("process", "process_end")))
    order = [pid_of(stream) for kind, stream, _ in seen if kind == "process"]
    ends = [(pid_of(stream), fields) for kind, stream, fields in seen if kind == "process_end"]
    ends.sort(key=lambda end: order.index(end[0]))
    sizes = sizes_of(trace)
    check(len(ends) == len(expected), f"{len(ends)} processes end in the trace, ltrace saw {len(expected)}")
    for calls, (pid, end) in zip(expected, ends):
        seen = int(end["alloc_calls"]), int(end["free_calls"])
        check(end["lost_records"] == "0", f"{end['lost_records']} records lost")
        check(seen == (calls.allocations, calls.releases),
              f"allocations and releases: {seen} recorded, {calls.allocations, calls.releases} by ltrace")
        ours = sizes.get(pid, [0] * SIZES)
        check(sum(ours) == calls.allocations, f"allocations by size add up to {sum(ours)}, not {calls.allocations}")
        for place in range(SIZES):
            check(calls.fewest[place] <= ours[place] <= calls.most[place],
                  f"below {32 << place}: {ours[place]}, not {calls.fewest[place]} to {calls.most[place]}")
        print(f"{calls.allocations} allocations, {calls.releases} releases")


# ---- a victim's own sums ----


def compare_sums(imgbench, trace, path):
    threads, tids, process = {}, {}, None
    for kind, stream, fields in records(imgbench, trace, ("process_end", "thread_end", "thread")):
        if kind == "thread":
            tids[stream] = int(fields["tid"])
        elif kind == "thread_end":
            threads[tids[stream]] = fields
        else:
            process, pid = fields, pid_of(stream)
    if not process:
        return check(False, "no process ended")
    check(process["heap_known"] == "1", "the heap is said to be unknown")
    check(process["lost_records"] == "0", f"{process['lost_records']} records lost")
    with open(path, encoding="ascii") as file:
        lines = [line.split() for line in file]
    check(lines and lines[-1][0] != "thread", "the victim did not come to its end")
    for what, thread, allocations, releases, live, peak, *sizes in lines:
        calls, live, peak = (int(allocations), int(releases)), int(live), int(peak)
        if what == "thread":
            end = threads.get(int(thread))
            if not end:
                check(False, f"thread {thread} has no end")
                continue
            seen = (int(end["alloc_calls"]), int(end["free_calls"])), int(end["heap_bytes"])
            check(seen == (calls, live), f"thread {thread}: {seen} recorded, {(calls, live)} by itself")
            continue
        seen = int(process["heap_live_bytes"])
        check(seen == live, f"live: {seen} recorded, {live} by itself")
        if what == "live":
            print(f"{live} bytes live")
            continue
        seen = int(process["alloc_calls"]), int(process["free_calls"])
        check(seen == calls, f"calls: {seen} recorded, {calls} by itself")
        seen = sizes_of(trace)[pid]
        check(seen == [int(n) for n in sizes], f"sizes: {seen} recorded, {sizes} by itself")
        seen, slack = int(process["heap_peak_bytes"]), int(thread) * BATCH if what == "peak" else 0
        if what == "peak" or len(lines) == 1:
            check(abs(seen - peak) <= slack, f"highest: {seen} recorded, {peak} by itself, {slack} allowed")
        print(f"{calls[0]} allocations, {calls[1]} releases, {live} bytes live, {seen - peak} off the highest")


if sys.argv[1] == "calls":
    compare_calls(*sys.argv[2:5], "processes" in sys.argv[5:])
else:
    compare_sums(*sys.argv[2:5])
print("\n".join(wrong), end="\n" * bool(wrong))
sys.exit(bool(wrong))
