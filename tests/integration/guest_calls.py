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
    names, process = {}, next(pid for kind, pid, _, f in records if kind == "process" and "stdio" in f["exe"])
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


CLAIMS = {"stdio": stdio}
records = list(read(*sys.argv[2:4]))
with open(sys.argv[4], encoding="ascii") as file:
    facts = file.read().splitlines()
CLAIMS[sys.argv[1]](records, facts)
print("\n".join(wrong), end="\n" * bool(wrong))
sys.exit(bool(wrong))
