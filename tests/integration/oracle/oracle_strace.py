# SPDX-License-Identifier: MIT
# Owns: what strace says a program did: system calls as images with calls. Who made one follows from the instruction
# pointer: the loader, libc for itself (its "nocancel" entries), the profiler, the program.
# Must not know: imgbench's records, what is compared.

import bisect
import os
import re
import subprocess

from oracle_calls import Call, Image, joined_path, plain_path
from oracle_log import number, read_log, unhex

O_EXCL, O_APPEND, O_CLOEXEC, O_TMPFILE = 0o200, 0o2000, 0o2000000, 0o20200000
CLONE_VM, CLONE_THREAD = 0x100, 0x10000


class Description:
    def __init__(self, path, origin, position=None, append=False):
        self.path, self.origin, self.position, self.append = path, origin, position, append


class Objects:
    """Where the objects lie whose code makes system calls."""

    nocancel = {}  # by file: sorted (start, end) of libc's entries for its own use

    def __init__(self):
        self.loader = None
        self.libc = self.profiler = (0, 0)
        self.libc_path = ""

    def copy(self):
        other = Objects()
        other.__dict__.update(self.__dict__)
        return other

    def mapped(self, path, address, length, position):
        if position == 0 and path.endswith("/libc.so.6"):
            self.libc, self.libc_path = (address, address + length), path
        elif position == 0 and path.endswith("/libimgbench.so"):
            self.profiler = (address, address + length)

    def maker_of(self, pointer):
        if self.loader is None:
            self.loader = pointer  # the first call after exec
        if self.profiler[0] <= pointer < self.profiler[1]:
            return "profiler"
        if self.libc[0] <= pointer < self.libc[1]:
            return "libc" if self.own_entry(pointer - self.libc[0]) else "program"
        return "loader" if abs(pointer - self.loader) < 1 << 18 else "program"

    def own_entry(self, offset):
        if self.libc_path not in self.nocancel:
            symbols = subprocess.run(["readelf", "-W", "--dyn-syms", self.libc_path], capture_output=True, text=True,
                                     check=True).stdout
            rows = [line.split() for line in symbols.splitlines() if "nocancel" in line]
            self.nocancel[self.libc_path] = sorted((int(r[1], 16), int(r[1], 16) + int(r[2])) for r in rows)
        ranges = self.nocancel[self.libc_path]
        i = bisect.bisect(ranges, (offset, 1 << 62)) - 1
        return i >= 0 and ranges[i][0] <= offset <= ranges[i][1]


class Process:
    """Descriptors are those of the image: what it inherited is looked up by name when it is used, as imgbench does."""

    def __init__(self, image, objects, directory):
        self.image, self.objects, self.directory = image, objects, directory
        self.descriptors, self.mappings = {}, {}
        self.started = False  # the loader is done with what the program needs to start


class Trace:
    """images: in the order in which they began."""

    def __init__(self, path, directory):
        steps = read_log(path)
        self.images, self.processes, self.parents = [], {}, {}
        self.directory = directory  # that the first program starts in
        for what, call in steps:
            if what == "left" and call.name in ("fork", "vfork", "clone", "clone3") and call.result > 0:
                flags = re.search(r"flags=(0x[0-9a-f]+|\d+)", call.text)
                flags = int(flags.group(1), 0) if flags else CLONE_VM if call.name == "vfork" else 0
                self.parents[call.result] = call.tid, flags
        for what, call in steps:
            process = self.process_of(call.tid)
            if what == "entered":
                call.process = process
                self.enter(process, call)
            else:
                self.leave(call.process, call)
        for process in self.processes.values():
            self.count_open(process)

    @staticmethod
    def count_open(process):
        process.image.left_open = [f"{fd} {description.path}" for fd, description in process.descriptors.items()
                                   if description.origin == "profiler"]

    def process_of(self, tid):
        if tid not in self.processes:
            parent, flags = self.parents.get(tid, (None, 0))
            if parent is None:
                self.processes[tid] = Process(Image("", False), Objects(), self.directory)
            elif flags & CLONE_THREAD:
                self.processes[tid] = self.process_of(parent)
            else:
                old = self.process_of(parent)
                process = Process(Image(old.image.exe, True), old.objects.copy(), old.directory)
                process.mappings, process.started = dict(old.mappings), old.started
                self.processes[tid] = process
                process.image.shares_memory = bool(flags & CLONE_VM)
                self.images.append(process.image)
        return self.processes[tid]

    @staticmethod
    def description(process, argument):
        """What a descriptor argument like 3<\\x2f…> refers to."""
        fd = number(argument)
        if fd not in process.descriptors and "<" in argument:
            process.descriptors[fd] = Description(plain_path(unhex(argument)), "inherited")
        return process.descriptors.get(fd)

    def enter(self, process, call):
        # A descriptor belongs to the caller until close begins; its number can be somebody else's before it ends.
        call.maker = process.objects.maker_of(call.pointer) if call.name not in ("execve", "execveat") else "program"
        call.unused = call.name == "close" and call.number_of(0) not in process.descriptors
        for i, argument in enumerate(call.arguments):
            if re.match(r"\d+<", argument):
                call.descriptions[i] = self.description(process, argument)
        if call.name == "close":
            process.descriptors.pop(call.number_of(0), None)
        elif call.name == "close_range" and not call.number_of(2):
            call.closed = [fd for fd in sorted(process.descriptors) if call.number_of(0) <= fd <= call.number_of(1)]
            call.closed = [(fd, process.descriptors.pop(fd)) for fd in call.closed]

    def leave(self, process, call):
        handler = getattr(self, "do_" + FAMILIES.get(call.name, call.name), None)
        if handler:
            handler(process, call)

    @staticmethod
    def origin_of(call, description):
        """libc's own entries are also used in the program's name, as by fclose; what it opened itself is its own."""
        if description and call.maker in ("program", "libc"):
            return "libc" if description.origin == "libc" else "program"
        return call.maker

    def put(self, process, call, op, path, *detail, at=None, fd=None, description=None):
        origin = self.origin_of(call, description)
        fd = call.number_of(0) if fd is None else fd
        process.image.calls.append(Call(op, path, *detail, at=at, origin=origin, name=call.name, fd=fd, tid=call.tid,
                                        foreign=description is not None and description.origin != origin))

    # ---- descriptors ----

    @staticmethod
    def at(process, call, directory, path):
        """A path argument and the directory it starts from, which strace names."""
        start = process.directory if directory is None else unhex(call.arguments[directory])
        return joined_path(start, call.text_of(path))

    def do_open(self, process, call):
        with_directory = call.name in ("openat", "openat2")
        path = self.at(process, call, 0 if with_directory else None, 1 if with_directory else 0)
        flags = 0o1101 if call.name == "creat" else call.number_of(1 + with_directory)
        if call.name == "openat2":
            flags = number(re.search(r"flags=(0?x?[0-9a-f]+)", call.arguments[2]).group(1))
        detail = (call.error,) if call.error != "ok" else ("ok", oct(flags & ~O_CLOEXEC))
        if path == "/tmp" and flags & (O_TMPFILE | O_EXCL) == O_TMPFILE | O_EXCL:
            path, detail = "tmpfile", ("ok",)  # libc's own way to make one
        if call.error == "ok":
            process.descriptors[call.result] = Description(path, call.maker, 0, bool(flags & O_APPEND))
        self.put(process, call, "open", path, *detail, fd=call.result)

    def do_close(self, process, call):
        description = call.descriptions.get(0)
        if description:
            op = "close-unused" if call.unused else "close"
            self.put(process, call, op, description.path, call.error, description=description)
        elif call.error != "ok":
            self.put(process, call, "close", "", call.error)

    def do_close_range(self, process, call):
        for fd, description in getattr(call, "closed", ()):
            self.put(process, call, "close", description.path, "ok", description=description, fd=fd)

    def do_dup(self, process, call):
        if call.name == "fcntl" and call.number_of(1) not in (0, 1030):
            return
        description = call.descriptions.get(0)
        if call.error == "ok" and description and call.result != call.number_of(0):
            closed = process.descriptors.get(call.result)
            if closed:
                self.put(process, call, "close", closed.path, "ok", description=closed, fd=call.result)
            process.descriptors[call.result] = description
            self.put(process, call, "dup", description.path, description=description, fd=call.result)

    def do_pipe(self, process, call):
        kind = "pipe" if call.name.startswith("pipe") else "socket"
        for fd in re.findall(r"(\d+)<", call.text) if call.error == "ok" else []:
            process.descriptors[int(fd)] = Description(kind, call.maker)
            self.put(process, call, kind, kind, fd=int(fd))

    def do_socket(self, process, call):
        if call.error == "ok":
            process.descriptors[call.result] = Description("socket", call.maker)
            self.put(process, call, "socket", "socket", fd=call.result)

    def do_memfd_create(self, process, call):
        if call.error == "ok":
            path = "memfd:" + call.text_of(0)
            process.descriptors[call.result] = Description(path, call.maker, 0)
            self.put(process, call, "open", path, "ok", fd=call.result)

    # ---- bytes ----

    def moved(self, process, call, i, direction, op, position=None):
        description = call.descriptions.get(i)
        if not description:
            self.put(process, call, op, "", call.error)
            return
        at, count = position, call.result if call.error == "ok" else 0
        if position is None and description.position is not None and not (direction == "write" and description.append):
            at = description.position
            description.position += count
        image, origin = process.image, self.origin_of(call, description)
        if origin == "program":
            image.moved(direction, description.path, count)
        self.put(process, call, op, description.path, call.error if call.error != "ok" else count, at=at,
                 description=description, fd=number(call.arguments[i]))
        if process.started and call.name not in UNCOUNTED:
            image.later_bytes[origin] = image.later_bytes.get(origin, 0) + count

    def do_read(self, process, call):
        offset = 3 if call.name.startswith("pread") else None
        self.moved(process, call, 0, "read", "read", self.offset(call, offset))

    def do_write(self, process, call):
        offset = 3 if call.name.startswith("pwrite") else None
        self.moved(process, call, 0, "write", "write", self.offset(call, offset))

    @staticmethod
    def offset(call, i):
        position = call.number_of(i) if i is not None else -1
        return position if position >= 0 else None  # preadv2 with -1 uses the file's own position

    def do_recv(self, process, call):
        self.moved(process, call, 0, "read", "recv")

    def do_send(self, process, call):
        self.moved(process, call, 0, "write", "send")

    def do_copy(self, process, call):
        source, target = {"sendfile": (1, 0), "tee": (0, 1)}.get(call.name, (0, 2))
        places = {"sendfile": (2, None), "tee": (None, None)}.get(call.name, (1, 3))
        self.moved(process, call, source, "read", "copy", self.pointed(call, places[0]))
        self.moved(process, call, target, "write", "copy-to", self.pointed(call, places[1]))

    @staticmethod
    def pointed(call, i):
        """The offset in an argument like [50] => [1051], before the call: where only one is shown, it is that."""
        numbers = re.findall(r"\d+", call.arguments[i]) if i is not None and call.arguments[i][0] == "[" else ()
        return int(numbers[0]) if numbers else None

    def do_position(self, process, call):
        description = call.descriptions.get(0)
        if not description:
            return
        op, value = {"lseek": ("seek", call.result), "ftruncate": ("truncate", call.number_of(1)),
                     "fallocate": ("allocate", call.number_of(2) + call.number_of(3))}.get(call.name, ("sync", 0))
        if op == "seek" and call.error == "ok":
            description.position = call.result
            if call.maker == "profiler" and call.arguments[1:] == ["0", "0x1"]:
                op = "tell"
        self.put(process, call, op, description.path, call.error if call.error != "ok" else value,
                 description=description)

    # ---- memory ----

    def do_mmap(self, process, call):
        description = call.descriptions.get(4)
        if not description or call.error != "ok":
            return
        length, position = call.number_of(1), call.number_of(5)
        process.objects.mapped(unhex(call.arguments[4]), call.result, length, position)
        self.put(process, call, "map", description.path, length, position, description=description,
                 fd=number(call.arguments[4]))
        process.mappings[call.result] = description, length, call.maker

    def do_munmap(self, process, call):
        description, length, maker = process.mappings.pop(call.number_of(0), (None, 0, ""))
        if not description:
            return
        process.started |= maker == "loader" and description.path == "/etc/ld.so.cache"
        self.put(process, call, "unmap", description.path, call.number_of(1), description=description)

    def do_msync(self, process, call):
        description, _, _ = process.mappings.get(call.number_of(0), (None, 0, ""))
        if description:
            self.put(process, call, "sync", description.path, call.number_of(1), description=description)

    def do_mremap(self, process, call):
        description, length, maker = process.mappings.pop(call.number_of(0), (None, 0, ""))
        if description and call.error == "ok":
            self.put(process, call, "unmap", description.path, length, description=description)
            self.put(process, call, "remap", description.path, call.number_of(2), description=description)
            process.mappings[call.result] = description, call.number_of(2), maker

    # ---- names ----

    def do_two_paths(self, process, call):
        op = "rename" if call.name.startswith("rename") else "link"
        with_directory = call.name in ("renameat", "renameat2", "linkat")
        places = ((0, 1), (2, 3)) if with_directory else ((None, 0), (None, 1))
        source, target = (self.at(process, call, *place) for place in places)
        self.put(process, call, op, source, target, call.error)

    def do_symlink(self, process, call):
        target = self.at(process, call, *((1, 2) if call.name == "symlinkat" else (None, 1)))
        self.put(process, call, "symlink", call.text_of(0), target, call.error)

    def do_one_path(self, process, call):
        op = "truncate-path" if call.name == "truncate" else "unlink"
        place = (0, 1) if call.name == "unlinkat" else (None, 0)
        self.put(process, call, op, self.at(process, call, *place), call.error)

    def do_chdir(self, process, call):
        if call.error == "ok":
            description = call.descriptions.get(0)
            process.directory = description.path if description else self.at(process, call, None, 0)
            self.put(process, call, "chdir", process.directory)

    # ---- programs ----

    def do_exec(self, process, call):
        if call.error != "ok":
            return
        path = call.text_of(1 if call.name == "execveat" else 0)
        self.count_open(process)
        process.image.replaced = True
        process.image = Image(os.path.realpath(os.path.join(process.directory, path)), False)
        process.objects, process.descriptors, process.mappings, process.started = Objects(), {}, {}, False
        self.images.append(process.image)


UNCOUNTED = {"recvfrom", "recvmsg", "sendto", "sendmsg", "splice", "tee", "vmsplice"}  # in neither rchar nor wchar
FAMILIES = {
    "openat": "open", "openat2": "open", "creat": "open", "dup2": "dup", "dup3": "dup", "fcntl": "dup", "pipe2": "pipe",
    "socketpair": "pipe", "accept": "socket", "accept4": "socket", "pread64": "read", "readv": "read",
    "preadv": "read", "preadv2": "read", "pwrite64": "write", "writev": "write", "pwritev": "write",
    "pwritev2": "write", "recvfrom": "recv", "recvmsg": "recv", "sendto": "send", "sendmsg": "send",
    "sendfile": "copy", "copy_file_range": "copy", "splice": "copy", "tee": "copy",
    "vmsplice": "send", "lseek": "position", "ftruncate": "position",
    "fallocate": "position", "fsync": "position", "fdatasync": "position", "rename": "two_paths",
    "renameat": "two_paths", "renameat2": "two_paths", "link": "two_paths", "linkat": "two_paths",
    "symlinkat": "symlink", "unlink": "one_path", "unlinkat": "one_path", "truncate": "one_path",
    "fchdir": "chdir", "execve": "exec", "execveat": "exec",
}
