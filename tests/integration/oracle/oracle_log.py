# SPDX-License-Identifier: MIT
# Owns: the text of strace: the options it needs, and its log as system calls with their parts.
# Must not know: what system calls do to files and processes.

import re

SYSCALLS = """open openat openat2 creat close close_range dup dup2 dup3 fcntl read write pread64 pwrite64 readv writev
preadv pwritev preadv2 pwritev2 sendfile copy_file_range splice tee vmsplice lseek truncate ftruncate fallocate fsync
fdatasync mmap munmap mremap msync rename renameat renameat2 link linkat symlink symlinkat unlink unlinkat
chdir fchdir chroot pipe pipe2 socket socketpair accept accept4 recvfrom recvmsg sendto sendmsg memfd_create
fork vfork clone clone3 execve execveat""".split()
OPTIONS = "-f -i -y -s 32 -xx -X raw -qq -e signal=none".split() + ["-e", "trace=" + ",".join(SYSCALLS)]

LINE = re.compile(r"(\d+) +\[([0-9a-f?]+)\] (.*)")
RESUMED = re.compile(r"<\.\.\. (\w+) resumed>(.*)")
NUMBER = re.compile(r"-?(?:0x[0-9a-f]+|\d+)")


def unhex(text):
    """The bytes of "\\x2f\\x74" or <\\x2f\\x74>."""
    return bytes.fromhex("".join(re.findall(r"\\x([0-9a-f]{2})", text))).decode("utf-8", "surrogateescape")


def number(text):
    match = NUMBER.match(text)
    if not match:
        return 0
    digits = match.group()
    return int(digits, 8 if digits.startswith("0") and digits.isdigit() else 0)


def split(text):
    parts, depth, start = [], 0, 0
    for i, c in enumerate(text):
        if c in "([{<":
            depth += 1
        elif c in ")]}" or (c == ">" and text[i - 1] != "="):
            depth -= 1
        elif c == "," and depth == 0:
            parts.append(text[start:i].strip())
            start = i + 1
    parts.append(text[start:].strip())
    return parts


class Syscall:
    """Its text is put together from two lines when another thread came in between."""

    def __init__(self, tid, pointer, text):
        self.tid, self.text = tid, text
        self.pointer = int(pointer, 16) if "?" not in pointer else 0
        self.name = text.split("(", 1)[0]
        self.descriptions = {}

    def parse(self):
        head, _, result = self.text.rpartition(" = ")
        self.arguments = split(head.rstrip().removesuffix(")").split("(", 1)[1])
        self.unknown = not result or result.startswith("?")
        failed = re.match(r"-1 (E\w+)", result)
        self.error = failed.group(1) if failed else "ok"
        self.result = number(result)
        self.result_path = unhex(result) if "<" in result else ""
        return self

    def text_of(self, i):
        return unhex(self.arguments[i])

    def number_of(self, i):
        return number(self.arguments[i]) if i < len(self.arguments) else 0


def read_log(path):
    """All calls, as (entered or left, call) in the order of the log; those without an end are left out."""
    steps, open_calls = [], {}
    with open(path, encoding="ascii", errors="replace") as file:
        for line in file:
            match = LINE.match(line)
            if not match or match.group(3)[0] in "-+":
                continue
            tid, pointer, text = int(match.group(1)), match.group(2), match.group(3)
            resumed = RESUMED.match(text)
            if resumed:
                call = open_calls.pop(tid, None)
                if call:
                    call.text += resumed.group(2)
                    steps.append(("left", call))
                continue
            call = Syscall(tid, pointer, text.removesuffix("<unfinished ...>").rstrip() + " ")
            steps.append(("entered", call))
            if text.endswith("<unfinished ...>"):
                open_calls[tid] = call
            else:
                call.text = call.text.rstrip()
                steps.append(("left", call))
    cut = set(map(id, open_calls.values()))
    steps = [(what, call.parse()) if what == "left" else (what, call) for what, call in steps if id(call) not in cut]
    return [(what, call) for what, call in steps if not call.unknown]
