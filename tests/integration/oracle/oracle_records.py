# SPDX-License-Identifier: MIT
# Owns: what imgbench says a program did: the lines of `imgbench dump` as images with calls.
# Must not know: strace, what is compared.

import re
import stat
import subprocess

from oracle_calls import Call, Image, error_name, joined_path, plain_path

AT_FDCWD = -100
O_CLOEXEC = 0o2000000
LINE = re.compile(r"\S+ (\d+)/(\d+) (\w+) ?(.*)")
FIELD = re.compile(r'(\w+)=("(?:[^"\\]|\\.)*"|\S*)')
ESCAPE = re.compile(rb"\\([0-7]{3}|.)")
NAMED = dict(zip(b"abtnvfr", b"\a\b\t\n\v\f\r"))
OPS = {"READ": "read", "WRITE": "write", "COPY": "copy", "SEEK": "seek", "TRUNCATE": "truncate", "SYNC": "sync",
       "ALLOCATE": "allocate"}
COPIES = ("sendfile", "copy_file_range", "splice", "tee")
KINDS = {stat.S_IFIFO: "pipe", stat.S_IFSOCK: "socket"}
NAMELESS = {"tmpfile": lambda _: "tmpfile", "memfd_create": lambda name: "memfd:" + name}  # files without a path
BYTE_OPS = ("read", "write", "copy", "copy-to", "recv", "send")


def unescaped(match):
    code = match.group(1)
    return bytes([int(code, 8)]) if len(code) == 3 else bytes([NAMED.get(code[0], code[0])])


def value_of(text):
    if text.startswith('"'):
        return ESCAPE.sub(unescaped, text[1:-1].encode()).decode("utf-8", "surrogateescape")
    if text == "unknown":
        return None
    try:
        return int(text)
    except ValueError:
        return text


class Unreadable(Exception):
    pass


def read_dump(imgbench, trace):
    """(pid, stream, kind, fields) of every record, in time order."""
    run = subprocess.run([imgbench, "dump", trace], capture_output=True, text=True, check=False)
    if run.returncode or run.stderr:
        raise Unreadable(f"imgbench dump {trace}: code {run.returncode}: {run.stderr}")
    for line in run.stdout.splitlines():
        match = LINE.match(line)
        yield (int(match.group(1)), int(match.group(2)), match.group(3),
               {name: value_of(text) for name, text in FIELD.findall(match.group(4))})


class Side:
    """An image being read."""

    def __init__(self, fields):
        self.image = Image(fields["exe"], bool(fields["forked"]))
        self.pid, self.directory = fields["pid"], fields["cwd"]
        self.hooks, self.paths, self.descriptors = {}, {0: ""}, {}
        self.begin, self.tid = fields, 0

    def joined(self, fd, path):
        return joined_path(self.directory if fd == AT_FDCWD else self.paths.get(self.descriptors.get(fd), "/?"), path)

    def put(self, fields, op, path, *detail, at=None):
        self.image.calls.append(Call(op, path, *detail, at=at, name=self.hooks.get(fields.get("hook"), ""),
                                     fd=fields.get("fd", -1), tid=self.tid))

    def on_hook(self, fields):
        self.hooks[fields["hook"]] = fields["name"]

    def on_open(self, fields):
        if fields["origin"] == "DUPLICATED":
            self.descriptors[fields["fd"]] = fields["file"]
            self.put(fields, "dup", self.paths.get(fields["file"], "?"))
            return
        inherited = fields["origin"] == "INHERITED"
        path = plain_path(fields["path"]) if inherited else self.joined(fields["directory_fd"], fields["path"])
        kind = KINDS.get(fields["mode"] & 0o170000) if not fields["path"] else None
        path = kind or NAMELESS.get(self.hooks.get(fields["hook"]), lambda _: path)(fields["path"])
        if fields["file"]:
            self.descriptors[fields["fd"]], self.paths[fields["file"]] = fields["file"], path
        if fields["stdio"]:
            self.image.stdio.add(path)
        if not inherited:
            error, flags = error_name(fields["error"]), oct(fields["flags"] & ~O_CLOEXEC)
            named = not kind and self.hooks.get(fields["hook"]) not in NAMELESS
            detail = () if kind else (error, flags) if named and error == "ok" else (error,)
            self.put(fields, kind or "open", path, *detail)

    def on_close(self, fields):
        path = self.paths.get(fields["file"], "?")
        if fields["pending_bytes"]:
            self.image.stdio.add(path)
            self.image.moved("write", path, fields["pending_bytes"])
            self.image.last_bytes += fields["pending_bytes"] if fields["at_exit"] else 0
        if not fields["at_exit"]:
            self.put(fields, "close", path, error_name(fields["error"]))

    def on_io(self, fields):
        path, op, hook = self.paths.get(fields["file"], "?"), fields["op"], self.hooks.get(fields["hook"], "")
        if op in ("WRITE", "FLUSH"):
            self.image.moved("write", path, fields["kernel_bytes"])
        elif op in ("READ", "COPY", "SEEK"):  # fseek fills the buffer
            self.image.moved("read", path, fields["kernel_bytes"])
        if fields["layer"] == "UNCOUNTED":
            self.image.uncounted_bytes += fields["kernel_bytes"]
        if fields["layer"] == "STDIO" or op == "FLUSH":
            self.image.stdio.add(path)
            return
        name = OPS[op]
        if op == "WRITE" and hook in COPIES:
            name = "copy-to"
        elif fields["layer"] == "UNCOUNTED" and op in ("READ", "WRITE") and hook not in COPIES:
            name = "recv" if op == "READ" else "send"
        value = fields["bytes"] if name in BYTE_OPS else fields["offset"] or 0
        if fields["error"]:
            value = error_name(fields["error"])
        self.put(fields, name, path, value, at=fields["offset"])

    def on_map(self, fields):
        if not fields["file"] or fields["error"]:
            return
        path = self.paths.get(fields["file"], "?")
        op = {"MAP": "map", "UNMAP": "unmap", "MOVE": "remap", "SYNC": "sync"}[fields["op"]]
        self.put(fields, op, path, fields["bytes"], *((fields["offset"],) if op == "map" else ()))

    def on_path(self, fields):
        error = error_name(fields["error"])
        source, target = fields["from"], fields["to"]
        if fields["op"] != "SYMLINK":
            source = self.joined(fields["from_directory_fd"], source)
        if fields["op"] in ("UNLINK", "TRUNCATE"):
            self.put(fields, {"UNLINK": "unlink", "TRUNCATE": "truncate-path"}[fields["op"]], source, error)
        else:
            target = self.joined(fields["to_directory_fd"], target)
            self.put(fields, fields["op"].lower(), source, target, error)

    def on_chdir(self, fields):
        if not fields["root"]:
            self.directory = plain_path(fields["path"])
            self.put(fields, "chdir", self.directory)

    def on_process_end(self, fields):
        moved = [fields[name] - self.begin[name] for name in ("rchar", "wchar") if fields[name] is not None]
        others = sum(fields[f"{whose}_{name}"] for whose in ("own", "reaped") for name in ("rchar", "wchar"))
        self.image.kernel_bytes = sum(moved) - others if len(moved) == 2 else None

    def on_spawn(self, fields):
        if fields["op"] == "EXEC" and not fields["error"]:
            self.image.replaced = True


class Records:
    """images: in the order in which they began."""

    def __init__(self, imgbench, trace):
        records = list(read_dump(imgbench, trace))
        by_stream, by_pid, tids, sides = {}, {}, {}, []
        for pid, stream, kind, fields in records:
            if kind == "process":
                by_stream[stream] = Side(fields)
                sides.append(by_stream[stream])
        for pid, stream, kind, fields in records:
            if kind == "process":
                by_pid[pid] = by_stream[stream]
            elif kind == "thread":
                tids[stream] = fields["tid"]
            side = by_stream.get(stream) or by_pid.get(pid)
            handler = getattr(Side, "on_" + kind, None)
            if handler and side:
                side.tid = tids.get(stream, 0)
                handler(side, fields)
        self.images = [side.image for side in sides]
