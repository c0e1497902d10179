# SPDX-License-Identifier: MIT
# Owns: what both sides of the oracle test speak: a call on a file, a program image with its calls, and names of paths
# that are the same in two runs. Must not know: strace, imgbench, what is compared.

import errno
import os
import re

# Parts of names that differ from run to run: random ones, and process ids.
VOLATILE = [
    (re.compile(r"^/proc/(\d+)/"), "/proc/self/"),
    (re.compile(r"/(magick-)[A-Za-z0-9_-]+"), r"/\1*"),
    (re.compile(r"(orcexec\.)[A-Za-z0-9]{6}"), r"\1*"),
    (re.compile(r"(\.tmp)\d+$"), r"\1*"),
    (re.compile(r"(jpegoptim-)[\w.-]+(\.tmp)$"), r"\1*\2"),
    (re.compile(r"/(mk[a-z0-9]+-)[A-Za-z0-9]{6}"), r"/\1*"),
    (re.compile(r"^(pipe|socket|anon_inode):.*"), r"\1"),
    (re.compile(r" \(deleted\)$"), ""),
]


def plain_path(path):
    for pattern, to in VOLATILE:
        path = pattern.sub(to, path)
    return path


def joined_path(directory, path):
    """The path as both sides name it: absolute, without dots; links are not followed."""
    return plain_path(os.path.normpath(os.path.join(directory, path)) if path else "")


def error_name(number):
    return errno.errorcode.get(number, str(number)) if number else "ok"


class Call:
    """One call. `key` must be equal on both sides; `at` where both know it; the rest says where it comes from."""

    def __init__(self, op, path, *detail, at=None, origin="program", name="", fd=-1, tid=0, foreign=False):
        self.key = (op, path, *detail)
        self.at, self.origin, self.name, self.fd, self.tid = at, origin, name, fd, tid
        self.foreign = foreign  # not on a descriptor that its maker opened

    @property
    def op(self):
        return self.key[0]

    @property
    def path(self):
        return self.key[1]


class Image:
    """A program in a process, from exec or fork to exec or the end."""

    def __init__(self, exe, forked):
        self.exe, self.forked = exe, forked
        self.calls = []
        self.stdio = set()  # paths that went through a FILE, as far as this side knows
        self.read_bytes, self.written_bytes = {}, {}  # by path: what passed between the process and the kernel
        self.replaced = False  # by exec
        self.shares_memory = False  # a child of vfork, before exec
        self.uncounted_bytes = 0  # part of both that is in neither rchar nor wchar
        self.last_bytes = 0  # part of both that libc writes after the kernel's counters were read
        self.later_bytes = {}  # by maker: what the kernel counts, once the program is loaded
        self.kernel_bytes = None  # what /proc/self/io says, without what is not the program's
        self.left_open = []  # descriptors that the profiler did not close

    @property
    def name(self):
        return os.path.basename(self.exe)

    def moved(self, direction, path, count):
        sums = self.read_bytes if direction == "read" else self.written_bytes
        sums[path] = sums.get(path, 0) + count

    @property
    def seen_bytes(self):
        """What a full coverage is made of."""
        both = sum(self.read_bytes.values()) + sum(self.written_bytes.values())
        return both - self.uncounted_bytes - self.last_bytes
