# SPDX-License-Identifier: MIT
# Owns: the comparison of an image's calls as strace and imgbench saw them, and the table of differences that are no
# bugs. Must not know: where calls come from, which programs run.

import collections
import difflib
import fnmatch
import os
import re

MAKES = ("open", "dup", "pipe", "socket")  # calls that return a descriptor
BYTES = ("read", "write", "seek")  # of files that went through a FILE only the sums can be compared
OP_WORDS = {"copy-to": "copies to", "truncate-path": "truncates by name", "copy": "copies"}


class Explained:
    """The table of differences: the first row that fits explains one."""

    def __init__(self, path):
        self.rows = []
        with open(path, encoding="utf-8") as file:
            for line in file:
                if line.strip() and not line.startswith("#"):
                    self.rows.append(line.rstrip("\n").split("\t"))
        for row in self.rows:
            if len(row) != 6:
                raise SystemExit(f"{path}: six columns are needed: {row}")

    def row_for(self, program, difference, used):
        """used: how often each row did already in this run."""
        for i, (programs, sides, ops, path, most, _) in enumerate(self.rows):
            if (difference.side in sides.split(",") and difference.op in ops.split(",") and
                    (most == "-" or used[i] < int(most)) and re.fullmatch(path, difference.path) and
                    any(fnmatch.fnmatch(program, p) for p in programs.split(","))):
                return i
        return None


class Difference:
    def __init__(self, side, op, path, text, count=0):
        self.side, self.op, self.path, self.text = side, op, path, text
        self.bytes = count  # that strace counted and the records do not


def only(side, call):
    who = {"kernel": "only strace", "library": "only imgbench"}[side]
    return Difference(side, call.op, call.path, f"{who}: {' '.join(map(str, call.key))} ({call.name})")


def in_order(kernel, library):
    """Pairs of equal calls, and differences, of two sequences."""
    same, differences = [], []
    keys = [call.key for call in kernel], [call.key for call in library]
    for what, a, a_end, b, b_end in difflib.SequenceMatcher(None, *keys, autojunk=False).get_opcodes():
        if what == "equal":
            same += zip(kernel[a:a_end], library[b:b_end])
        else:
            differences += [only("kernel", call) for call in kernel[a:a_end]]
            differences += [only("library", call) for call in library[b:b_end]]
    return same, differences


def as_sets(kernel, library):
    """The same, whatever the order: threads interleave anew in every run."""
    waiting = collections.defaultdict(list)
    for call in library:
        waiting[call.key].append(call)
    same, differences = [], []
    for call in kernel:
        if waiting[call.key]:
            same.append((call, waiting[call.key].pop(0)))
        else:
            differences.append(only("kernel", call))
    for calls in waiting.values():
        differences += [only("library", call) for call in calls]
    return same, differences


class Comparison:
    """counts: calls that are equal, by kind; differences: all others."""

    def __init__(self, kernel, library):
        stdio = kernel.stdio | library.stdio
        theirs, ours = (
            [c for c in image.calls if c.origin == "program" and not (c.op in BYTES and c.path in stdio)]
            for image in (kernel, library))
        threads = max(len({call.tid for call in calls}) for calls in (theirs, ours))
        same, self.differences = (in_order if threads < 2 else as_sets)(theirs, ours)
        self.counts = collections.Counter(call.op for call, _ in same)
        self.offsets = 0
        for call, record in same if threads < 2 else ():
            told = call.name.startswith("p")  # pread and its like say where
            if call.at is None or (record.at is None and not told):
                continue
            if call.at == record.at:
                self.offsets += 1
            else:
                self.differences.append(Difference("both", "offset", call.path,
                                                   f"offset {call.at} by strace, {record.at} by imgbench: "
                                                   f"{' '.join(map(str, call.key))} ({call.name})"))
        self.bytes = 0
        for direction in ("read", "written"):
            sums = [getattr(image, direction + "_bytes") for image in (kernel, library)]
            for path in sorted(sums[0].keys() | sums[1].keys()):
                a, b = (each.get(path, 0) for each in sums)
                if a == b:
                    self.bytes += a
                else:
                    self.differences.append(Difference("both", direction + "-bytes", path,
                                                       f"{direction} {path}: {a} bytes by strace, {b} by imgbench",
                                                       a - b))


def program_keys(image):
    return [call.key for call in image.calls if call.origin == "program"]


def pairs_of(kernel, library):
    """Images of both sides that are the same program with the same beginning and end, and those without a partner."""
    pairs, alone = [], []
    waiting = collections.defaultdict(list)
    for image in library:
        waiting[image.exe, image.forked, image.replaced].append(image)
    for image in kernel:
        partners = waiting[image.exe, image.forked, image.replaced]
        if not partners:
            alone.append(("kernel", image))
            continue
        # Children of one shell begin in any order: the one with the same calls, if there is one.
        same = [i for i, partner in enumerate(partners) if program_keys(partner) == program_keys(image)]
        pairs.append((image, partners.pop(same[0] if same else 0)))
    alone += [("library", image) for images in waiting.values() for image in images]
    return pairs, alone


def lone(side, image):
    """What an image that one side alone knows amounts to."""
    op = "before-exec" if image.forked and image.replaced else "image"
    made = [call for call in image.calls if call.origin == "program"]
    return Difference(side, op, image.exe, f"only {side}: {op} {os.path.basename(image.exe)} with {len(made)} calls")


class Result:
    """All images of a run. wrong: what nothing explains; used: rows of the table that explain something; unseen: bytes
    by maker that nothing of ours can see."""

    def __init__(self, explained, kernel, library):
        self.counts, self.bytes, self.wrong = collections.Counter(), 0, []
        self.used, self.unseen = collections.Counter(), collections.Counter()
        readable = [image for image in library if image.kernel_bytes is not None]  # others were killed
        self.seen_bytes = sum(image.seen_bytes for image in readable or library)
        self.kernel_bytes = sum(image.kernel_bytes for image in readable) if readable else None
        pairs, alone = pairs_of(kernel, library)
        for side, image in alone:
            self.judge(explained, image.name, lone(side, image))
        for theirs, ours in pairs:
            comparison = Comparison(theirs, ours)
            self.counts += comparison.counts
            self.bytes += comparison.bytes
            self.judge_coverage(theirs, ours, sum(self.judge(explained, theirs.name, difference)
                                                  for difference in comparison.differences))

    def judge(self, explained, program, difference):
        """Returns the bytes that an explained difference accounts for."""
        row = explained.row_for(program, difference, self.used)
        if row is None:
            self.wrong.append(f"{program}: {difference.text}")
            return 0
        self.used[row] += 1
        return difference.bytes

    def judge_coverage(self, theirs, ours, explained_bytes):
        """What /proc/self/io counted is what strace counted: of the program, the loader and libc."""
        if ours.kernel_bytes is None:
            return
        for maker in ("loader", "libc"):
            self.unseen[maker] += theirs.later_bytes.get(maker, 0)
        # What other constructors moved before ours read the counters: explained, or libc's own.
        counted = sum(theirs.later_bytes.values()) - ours.last_bytes
        before = explained_bytes + theirs.later_bytes.get("libc", 0)
        if not counted - before <= ours.kernel_bytes <= counted:
            self.wrong.append(f"{theirs.name}: strace counts {counted} bytes after the start, at most {before} of them "
                              f"before our constructor; /proc/self/io less our own says {ours.kernel_bytes}")


def intrusions(bare, watched, trace):
    """What the library did in a run under strace that a guest must not do. bare: a run without it."""
    wrong = []
    if not any(call.origin == "profiler" for image in watched for call in image.calls):
        wrong.append("no call of the library's own was seen: its code was not told from the program's")
    for image in watched:
        own = [call for call in image.calls if call.origin == "profiler"]
        for call in own:
            written = call.op in ("rename", "link", "symlink", "unlink", "truncate-path", "chdir") or (
                call.op == "open" and call.key[2] == "ok" and int(call.key[3], 8) & 0o3)
            allowed = (trace,) if written else (trace, "/proc/", "/sys/")
            if call.op in ("open", "rename", "link", "unlink") and not call.path.startswith(allowed):
                wrong.append(f"the library touches {call.path}: {call.name}")
            elif call.foreign and not (call.op == "tell" or call.name == "pread64"):
                wrong.append(f"the library calls {call.name} on the program's {call.path}")
        wrong += [f"the library leaves descriptor {text} open" for text in image.left_open]
    for pair in pairs_of(bare, watched)[0]:
        made = [[(*call.key, call.fd) for call in image.calls if call.origin == "program" and call.op in MAKES]
                for image in pair]
        threads = max(len({call.tid for call in image.calls}) for image in pair)
        if threads < 2 and made[0] != made[1]:
            wrong.append(f"{pair[0].name}: descriptors are {made[1]}, bare {made[0]}")
    return wrong


def words(counts):
    def word(op, n):
        if op in OP_WORDS:
            return f"{n} {OP_WORDS[op]}"
        return f"{n} {op}" + ("" if n == 1 else "es" if op.endswith(("sh", "ch")) else "s")
    return ", ".join(word(op, counts[op]) for op in sorted(counts, key=lambda o: (-counts[o], o)))
