# SPDX-License-Identifier: MIT
# Owns: which descriptors the main thread of a program was given by the kernel, call by call, as strace saw it; the
# library's own calls are told by the address that they come from. Must not know: any program.
import os
import re

# Calls whose result, or what they store in memory, is a new descriptor.
CALLS = (
    "open,openat,openat2,creat,dup,dup2,dup3,fcntl,pipe,pipe2,socket,socketpair,accept,accept4,eventfd,eventfd2,"
    "epoll_create,epoll_create1,memfd_create,timerfd_create,inotify_init,inotify_init1,signalfd,signalfd4,pidfd_open"
)
LINE = re.compile(r"(?P<pid>\d+) +\[(?P<from>[0-9a-f?]+)\] (?P<call>\w+)\((?P<arguments>.*)\) += (?P<result>-?\w+)")
UNFINISHED, RESUMED = " <unfinished ...>", re.compile(r"(\d+) +\[[0-9a-f?]+\] <\.\.\. \w+ resumed>(.*)")
OURS = re.compile(r"libimgbench\.so")


def whole_lines(lines):
    """What another thread's line had cut in two is put together, where it ended."""
    begun = {}
    for line in lines:
        resumed = RESUMED.match(line)
        if line.endswith(UNFINISHED):
            begun[line.split(" ", 1)[0]] = line[: -len(UNFINISHED)]
        elif resumed:
            yield begun.pop(resumed[1], "") + resumed[2]
        else:
            yield line


def handed(t, words, traced, prepare):
    """([call with path, result] of the first process' first thread from its first instruction on, has it others?, how many
    descriptors the library had open, on whatever thread)"""
    log = f"{t.directory}/strace"
    library = ["-E", f"LD_PRELOAD={t.tools.library}", "-E", f"IMGBENCH_DIR={t.trace}"] if traced else []
    seen = t.observe(
        ["strace", "-f", "-i", "-o", log, "-e", f"trace=execve,mmap,clone,clone3,{CALLS}", *library, *words], False, prepare=prepare)
    t.expect(seen.code == 0, f"strace ends with {seen.code}: {seen.err[-300:]}")
    with open(log, encoding="utf-8", errors="replace") as file:
        lines = file.read().splitlines()
    os.remove(log)
    found, first, threads, loading, start, end, own = [], None, False, None, 0, 0, 0
    for line in whole_lines(lines):
        match = LINE.match(line)
        own += bool(match and match["call"] == "openat" and start <= address(match["from"]) < end)
        if not match or (first or match["pid"]) != match["pid"] or match["result"].startswith("-1"):
            continue
        first, call, arguments, result = match["pid"], match["call"], match["arguments"], match["result"]
        if call in ("clone", "clone3"):
            threads |= "CLONE_THREAD" in arguments
        elif call == "execve":
            found, start, end = [], 0, 0
        elif call == "mmap":
            if loading and arguments.split(", ")[4] == loading:
                start, loading = int(result, 16), None
                end = start + int(arguments.split(", ")[1])
        elif call.startswith("open") and OURS.search(arguments):
            loading = result  # by the dynamic linker
        elif not start <= address(match["from"]) < end and not (call == "fcntl" and "F_DUPFD" not in arguments):
            where = re.search(r'"([^"]*)"', arguments) or re.search(r"\[(\d+, \d+)\]", arguments)
            found.append((f"{call} {where[1] if where else ''}".replace(t.directory, ""), result))
    return found, threads, own


def address(text):
    """Where a call came from; strace has ? for a process that is gone."""
    return 0 if "?" in text else int(text, 16)


def compare(t, name, words, prepare):
    """The traced program gets what the bare one gets. With several threads the calls are compared, and numbers that differ
    counted: while another thread's record is written, the library's own descriptor takes one for some microseconds. Where
    two bare runs differ, nothing is to be expected, which is counted as well."""
    (bare, threads, _), (again, _, _), (traced, _, own) = (handed(t, words, kind, prepare) for kind in (False, False, True))
    if not t.expect(bare, f"{name}: strace saw nothing"):
        return
    if bare != again:
        with t.result.lock:
            t.result.varying += 1
    elif bare != traced:
        if threads and own and [call for call, _ in bare] == [call for call, _ in traced]:
            t.note(f"{name}: {sum(a != b for a, b in zip(bare, traced))} of {len(bare)} numbers differ, of several threads")
            return
        at = next((n for n, pair in enumerate(zip(bare, traced)) if pair[0] != pair[1]), min(len(bare), len(traced)))
        t.fail(f"{name}: {bare[at : at + 3]} bare, {traced[at : at + 3]} traced, after {at} equal")
