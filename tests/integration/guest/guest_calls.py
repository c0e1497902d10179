#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Owns: what the traces of the guest victims must hold: bytes through FILEs against the kernel's own counters, children
# and how they ended, names of threads, counts of calls. Must not know: how the traces were made.
"""guest_calls.py CLAIM IMGBENCH TRACE [FACTS]    prints what is wrong; exit code 1 if anything is."""

import collections
import re
import subprocess
import sys

wrong = []


def check(good, text):
    if not good:
        wrong.append(text)


def read(imgbench, trace):
    """All records: (kind, pid, stream, {field: value}); numbers as such, texts without their quotes."""
    dump = subprocess.run([imgbench, "dump", trace], capture_output=True, text=True, check=True)
    check(not dump.stderr, f"dump says: {dump.stderr}")
    for line in dump.stdout.splitlines():
        _, where, kind, *rest = line.split(" ", 3)
        fields = {}
        for name, value in re.findall(r'(\w+)=("(?:[^"\\]|\\.)*"|\S+)', rest[0] if rest else ""):
            fields[name] = int(value) if re.fullmatch(r"-?\d+", value) else value.strip('"')
        yield kind, int(where.split("/")[0]), where, fields


def stdio(records, facts):
    """Of each file: what the program took from and gave to FILEs, and what passed to the kernel for them. Physical
    bytes as the kernel counted them in a run without the library."""
    logical, into, out_of = (collections.Counter() for _ in range(3))
    names, process = {}, next(pid for kind, pid, _, f in records if kind == "process")
    for kind, pid, _, f in records:
        if pid != process:
            continue
        if kind == "open" and f["origin"] != "DUPLICATED":
            names[f["file"]] = f["path"]
        name = names.get(f.get("file"))
        if kind == "io" and f["layer"] == "STDIO":
            logical[name] += f["bytes"]
            (out_of if f["op"] in ("WRITE", "FLUSH") else into)[name] += f["kernel_bytes"]
        elif kind == "close":
            logical[name] += f["stdio_bytes"]
            out_of[name] += f["pending_bytes"]
    for line in facts:
        name, *numbers = line.split()
        taken, given, rchar, wchar = map(int, numbers)
        check(logical[name] == taken + given, f"{name}: {logical[name]} bytes recorded, {taken} + {given} moved")
        seen = into[name], out_of[name]
        check(seen == (rchar, wchar), f"{name}: {seen} to and from the kernel recorded, {(rchar, wchar)} by itself")
    check(logical["left"] == out_of["left"] == 18, "what waits at the end is not recorded")


def named(records, kind):
    """The fields of all records of a kind."""
    return [f for k, _, _, f in records if k == kind]


def ends(records, name):
    """How processes of an executable ended, in order."""
    pids = [pid for kind, pid, _, f in records if kind == "process" and f["exe"].endswith("/" + name)]
    return [f for kind, pid, _, f in records if kind == "process_end" and pid in pids]


def written(records, path):
    """Bytes of the writes to a file, by descriptor."""
    files = {(pid, f["file"]) for kind, pid, _, f in records if kind == "open" and f["path"] == path}
    return sum(
        f["bytes"]
        for kind, pid, _, f in records
        if kind == "io" and f["op"] == "WRITE" and (pid, f["file"]) in files
    )


def expect(what, seen, wanted):
    check(seen == wanted, f"{what}: {seen}, not {wanted}")


def shells(records, _):
    spawns = [f["path"] for f in named(records, "spawn") if f["op"] == "SPAWN" and not f["error"]]
    commands = ["exit 7", "kill -TERM $$", "printf GIF89a-by-a-child; exit 3", "cat >popened", "true"]
    expect("commands", sorted(spawns), sorted(commands))
    codes = sorted(f["exit_code"] for name in ("dash", "bash", "sh") for f in ends(records, name))
    check({3, 7} <= set(codes), f"codes of shells: {codes}")
    expect("the victim's end", [f["exit_code"] for f in ends(records, "children")], [5])
    popened = [f for f in named(records, "open") if f["flags"] in (0, 1) and f["stdio"] and f["path"] == ""]
    check(len(popened) >= 3, f"{len(popened)} streams of popen")


def daemon(records, _):
    expect("bytes by the daemon", written(records, "by-daemon"), 60)
    expect("bytes by main", written(records, "by-main"), 20)
    expect("ends", sorted(f["exit_code"] for f in ends(records, "children")), [0, 0, 5])  # who calls daemon() ends as well


def abort(records, _):
    expect("bytes before", written(records, "before"), 40)
    expect("ends", ends(records, "children"), [])


def abort_jump(records, _):
    expect("bytes", (written(records, "before"), written(records, "after-jump")), (40, 60))
    expect("ends", [f["exit_code"] for f in ends(records, "children")], [5])


def exec_family(records, _):
    arguments = collections.Counter(f["argv"] for f in named(records, "process") if f["exe"].endswith("/echo"))
    expect("programs", arguments, {f"echo\\000way {way}\\000": 3 for way in range(9)})
    expect("their ends", [f["exit_code"] for f in ends(records, "echo")], [0] * 27)
    expect("children", [f["status"] for f in named(records, "child")], [0] * 27)
    expect("forks", sum(f["op"] == "FORK" and f["pid"] > 0 for f in named(records, "spawn")), 18)
    expect("bytes after", written(records, "still-here"), 20)


def quick_exit(records, _):
    expect("end", [(f["exit_code"], f["how"]) for f in ends(records, "children")], [(9, "IMMEDIATE")])
    expect("bytes in the handler", written(records, "by-handler"), 20)


def fork(records, _):
    codes = sorted(f["exit_code"] for f in ends(records, "children"))
    expect("ends", codes, sorted([i % 50 for i in range(200)] + [5]))
    expect("statuses", [f["status"] for f in named(records, "child")], [i % 50 << 8 for i in range(200)])
    expect("bytes by children", written(records, "by-child"), 4000)


def detached(records, _):
    expect("end", [f["exit_code"] for f in ends(records, "children")], [5])
    expect("files", len({f["path"] for f in named(records, "open")} & {"one", "two", "three"}), 3)


def main_leaves(records, _):
    expect("bytes by the thread that remains", written(records, "remaining"), 1000)
    expect("end", [f["exit_code"] for f in ends(records, "children")], [0])


def names(records, _):
    process = next(pid for kind, pid, _, f in records if kind == "process" and f["exe"].endswith("/children"))
    other = next(f["tid"] for f in named(records, "thread") if f["creator_tid"] == process)
    seen = [(f["tid"], f["name"]) for f in named(records, "thread_name")]
    expect("names", seen, [(process, "main-thread"), (other, "the-other"), (other, "by-prctl")])


def sums_of(records, **fields):
    """Bytes of the transfers that have all these fields."""
    return sum(f["bytes"] for f in named(records, "io") if all(f[name] == value for name, value in fields.items()))


def ranges(records, _):
    closes = [f for f in named(records, "close") if f["at_exit"] == 0]
    hooks = {f["hook"]: f["name"] for f in named(records, "hook")}
    by = collections.Counter(hooks[f["hook"]] for f in closes if f["hook"])
    check(by["close_range"] == 1 and by["closefrom"] >= 4, f"closes: {by}")
    expect("bytes", [written(records, name) for name in ("one", "four", "anew", "after")], [192, 128, 320, 128])
    expect("bytes through 100 descriptors of one file", written(records, "zero"), 128 + 99)


def temporaries(records, _):
    opens = [f["path"] for f in named(records, "open") if not f["error"] and f["origin"] == "OPENED"]
    for start in ("a-", "b-", "c-", "d-"):
        made = [path for path in opens if path.startswith(start)]
        check(len(made) == 1 and "XXXXXX" not in made[0] and written(records, made[0]) == 64, f"mkstemp: {made}")
    renames = [(f["op"], f["to"]) for f in named(records, "path") if not f["error"]]
    wanted = [("RENAME", f"made-{i}") for i in range(4)] + [("LINK", "appeared")]
    check(renames[:5] == wanted, f"names: {renames}")
    expect("memfd", written(records, "in memory"), 64)
    expect("O_TMPFILE", written(records, "."), 64)
    check(any(path.startswith("/guest-calls-") for path in opens), f"shm_open: {opens}")
    expect("tmpfile", sums_of(records, op="READ", layer="STDIO"), 64)


def lengths(records, _):
    sizes = [(f["offset"], f["error"]) for f in named(records, "io") if f["op"] == "ALLOCATE"]
    expect("allocations", [s for s in sizes if not s[1]], [(8000, 0), (50, 0), (11000, 0)])
    expect("refused", [error for _, error in sizes if error], [22, 9, 22])
    expect("lengths", [f["offset"] for f in named(records, "io") if f["op"] == "TRUNCATE"], [5000])
    cut = [f for f in named(records, "path") if f["op"] == "TRUNCATE"]
    expect("by name", [(f["from"], f["error"]) for f in cut], [("lengths", 0), ("missing", 2), ("lengths", 22)])
    expect("syncs", sum(f["op"] == "SYNC" for f in named(records, "io")), 4)


def copies(records, _):
    expect("counted copies", sums_of(records, op="COPY", layer="DESCRIPTOR"), 320 + 320 + 640)
    expect("uncounted copies", sums_of(records, op="COPY", layer="UNCOUNTED"), 1000 + 500 + 400)
    expect("bytes into the file", written(records, "to"), 320 + 320 + 640 + 400 + 40 + 40 + 40)
    expect("bytes into the pipe", sums_of(records, op="WRITE", layer="UNCOUNTED"), 1000 + 500 + 400 + 40)
    expect("reads", sums_of(records, op="READ"), 640 + 500 + 300 + 300 + 100)


def numbers(records, _):
    expect("bytes", written(records, "by-number"), 64)
    expect("copied", written(records, "by-number-too"), 64)
    opens = [(f["path"], f["error"]) for f in named(records, "open") if f["path"] in ("by-number", "missing")]
    expect("opens", opens, [("by-number", 0), ("by-number", 0), ("missing", 2), ("by-number", 22)])
    expect("statx", [f["metadata_calls"] for f in ends(records, "calls")], [2])
    rings = sum(f["what"] == "IO_URING" for f in named(records, "notice"))
    check(rings <= 1, f"{rings} notices of one io_uring at most")


def maps(records, _):
    good = [f["op"] for f in named(records, "map") if not f["error"]]
    expect("maps", collections.Counter(good), {"MAP": 4, "SYNC": 1, "UNMAP": 10, "MOVE": 4})
    bad = [f["error"] for f in named(records, "map") if f["error"]]
    expect("refused", sorted(bad), [9, 17, 22, 22])


def metadata(records, _):
    expect("calls", [f["metadata_calls"] for f in ends(records, "calls")], [1200])


def refused(records, _):
    expect("end", [(f["exit_code"], f["lost_records"]) for f in ends(records, "calls")], [(5, 0)])


def sockets(records, facts):
    sent, received = (int(line.split()[1]) for line in facts)
    ways = {("sent", "WRITE"): sent, ("received", "READ"): received}
    inodes = {f["file"] for f in named(records, "open") if f["mode"] >> 12 == 0o14 and not f["error"]}
    for (what, op), wanted in ways.items():
        seen = sum(f["bytes"] for f in named(records, "io") if f["op"] == op and f["file"] in inodes)
        expect(f"bytes {what}", seen, wanted)
    expect("the passed file", sums_of(records, op="WRITE", bytes=50), 50)


def filtered(records, _):
    expect("notices", [f["what"] for f in named(records, "notice")], ["SECCOMP"])
    expect("bytes before", written(records, "filtered"), 600)
    expect("ends", ends(records, "filtered"), [])


def ask(records, _):
    expect("notices", named(records, "notice"), [])
    expect("bytes", written(records, "filtered"), 1200)
    expect("end", [f["exit_code"] for f in ends(records, "filtered")], [5])


CLAIMS = {name: claim for name, claim in globals().items() if callable(claim) and claim.__doc__ is None}
CLAIMS.update(stdio=stdio, exec=exec_family, abort_handled=abort)
records = list(read(*sys.argv[2:4]))
with open(sys.argv[4], encoding="ascii") as file:
    CLAIMS[sys.argv[1]](records, file.read().splitlines())
print("\n".join(wrong), end="\n" * bool(wrong))
sys.exit(bool(wrong))
