# SPDX-License-Identifier: MIT
# Owns: programs that make processes and threads in great number or in rare ways, forbid themselves system calls, load
# and unload codecs, or do all that from signal handlers.
# Must not know: how a trace is laid out.
# Cases without a short run do often what tests/integration/guest/ do once.
import os
import shutil

from harness import case, run

STORM = "torture/processes"


def storm(t, how, rounds, must_exist=True, **more):
    """What it does that often in one run is that many trials."""
    t.did(rounds)
    bare, traced = t.same([t.victim(STORM), how, str(rounds)], ages=False, **more)
    t.expect(bare.out.endswith(b"0 wrong\n"), f"bare: {bare.out}")
    return t.explained(must_exist=must_exist)


def saw(t, report, name):
    """The parent saw its own calls after all that: a file of the given name is in the report."""
    if report:
        t.expect(any(file["path"].endswith(f"/{name}") for file in report["files"]), f"{name} is not in the report")


@case("fork from a thread while three others allocate and write", trials=10, short=1, seconds=600)
def fork(t):
    storm(t, "fork", 1000 if t.full else 300)


@case("vfork and execve in two threads while a third allocates", trials=10, short=1)
def vfork(t):
    saw(t, storm(t, "vfork", 1000 if t.full else 300), "after-vfork")


@case("a fork bomb of eight generations, 256 processes", trials=10, short=1)
def bomb(t):
    storm(t, "bomb", 8)


@case("daemon() and forkpty(), with all that a daemon is", trials=10, short=1)
def background(t):
    report = storm(t, "background", 16)
    open_ended = [process["pid"] for process in report["processes"] if process["exit_code"] is None]
    t.expect(not open_ended, f"no recorded end: {open_ended}")


@case("clone without CLONE_VM, with CLONE_FILES, with CLONE_VM and CLONE_VFORK, and by number", trials=5, short=1)
def clone(t):
    saw(t, storm(t, "clone", 50), "parent")


@case("unshare of user, mount, files and process namespaces", trials=10, short=1, rights=("root", "namespaces"))
def unshare(t):
    # As a user: root's mapping would hide what a namespace without one is like.
    t.open_to_all()
    t.same(["setpriv", "--reuid=65534", "--clear-groups", t.victim(STORM), "namespaces"], prepare=open_place)
    t.explained()
    t.trace = f"{t.directory}/trace-2"
    t.same(["unshare", "-U", "-r", "sh", "-c", "id -u; cat /proc/self/uid_map; echo x >a; cat a"])
    t.explained(must_exist=False)


def open_place(place):
    os.chmod(place, 0o777)


@case("posix_spawn, system, popen, execl, execle, failing exec", trials=10, short=0)
def children(t):
    for how in (["vfork", "200"], ["spawn", "40"], ["exec_fails"], ["forked_heap"], ["execl"], ["execle"]):
        t.trace = f"{t.directory}/trace-{how[0]}"
        t.same([t.victim("guest/processes"), *how], ages=False)
        t.explained(must_exist=False)


@case("a thread that starts and ends, 100,000 times", trials=1, short=0)
def thread_starts(t):
    rounds = 100_000 if t.full else 5_000
    t.did(rounds)
    t.same([t.victim("guest/threads"), "churn", str(rounds)], ages=False)
    t.explained()


@case("1,000 threads alive, joined and at exit", trials=3, short=0)
def threads_alive(t):
    for how in ("alive", "alive_at_exit"):
        t.trace = f"{t.directory}/trace-{how}"
        t.same([t.victim("guest/threads"), how, "1000"], ages=False)
        report = t.explained()
        t.expect(report and report["processes"][0]["threads_total"] >= 1000, "threads are missing")


@case("main ends by pthread_exit; exit() among working threads", trials=20, short=0)
def main_leaves(t):
    for how in ("main_leaves", "exit"):
        t.trace = f"{t.directory}/trace-{how}"
        t.same([t.victim("guest/threads"), how], ages=False)
        t.explained()


@case("pthread_cancel at any point", trials=5, short=0)
def cancel(t):
    rounds = 3000 if t.full else 500
    t.did(rounds)
    t.same([t.victim("guest/threads"), "cancel", str(rounds)], ages=False)
    t.explained()


@case("seccomp filters by prctl, syscall() and strict mode, in the midst of threads", trials=20, short=0)
def seccomp(t):
    for how in ("prctl", "syscall", "strict", "ask"):
        t.trace = f"{t.directory}/trace-{how}"
        t.same([t.victim("guest_files/filtered"), how], ages=False)
        report = t.explained()
        if report and how != "ask":
            t.expect(report["coverage"]["lost_records"], f"{how}: the report says that nothing was lost")


@case("handlers that allocate, write and jump, at 1 kHz and more", trials=10, short=0)
def signals(t):
    for how in ("ring", "alternate", "jump", "numbers", "inexact"):
        t.trace = f"{t.directory}/trace-{how}"
        t.same([t.victim("guest/signals", "-lm"), how], ages=False)
        t.explained()


@case("close of all descriptors, close_range, dup2 over each", trials=10, short=0)
def descriptors(t):
    for how in ("close_all", "onto_everything", "stale_streams", "buffers", "small_files"):
        t.trace = f"{t.directory}/trace-{how}"
        t.same([t.victim("guest_files/descriptors"), how], ages=False)
        t.explained(must_exist=False)


@case("a thread closes every number while two others fill packets; a child inherits none of ours", trials=5, short=1)
def closes(t):
    for how in ("tight", "close", "close_range", "closefrom", "dup2", "numbers", "idle", "full", "fork", "slow_fork"):
        rounds = 1000 if t.full else 100
        t.did(rounds)
        t.trace = f"{t.directory}/trace-{how}"
        bare, _ = t.same([t.victim("torture/closes"), how, str(rounds)],
                         more={"IMGBENCH_SAMPLE_MS": "1", "IMGBENCH_QUOTA": "200M"})  # fmt: skip
        t.expect(bare.out == b"0 wrong, of kinds 0\n", f"bare: {bare.out}")
        said = t.verify()
        t.expect(not said, f"{how}: verify: {said}")


@case("a fork's handler ends its thread: after two seconds others are recorded again", trials=3, short=1)
def lost_fork(t):
    t.did(100)
    bare, _ = t.same([t.victim("torture/closes"), "lost_fork", "100"], more={"IMGBENCH_QUOTA": "200M"})
    t.expect(bare.out == b"0 wrong, of kinds 0\n", f"bare: {bare.out}")
    said = t.verify()
    t.expect(not said, f"verify: {said}")
    dump = run([t.tools.imgbench, "dump", t.trace], capture_output=True, timeout=120, check=False).stdout
    late = sum(float(line.split(b" ", 1)[0]) > 2.5 for line in dump.splitlines() if b" io " in line)
    t.expect(late > 1000, f"{late} calls were recorded after 2.5 s")


@case("dlopen, encode and dlclose, while a thread allocates and a third loads another library", trials=3, short=1)
def loads(t):
    rounds = 10_000 if t.full else 200
    plugin = t.victim("guest/plugin", "-shared", "-fPIC", "-l:libwebp.so.7", "-Wl,-z,lazy")
    for how in ("lazy", "local", "deep"):
        t.did(rounds)
        t.trace = f"{t.directory}/trace-{how}"
        bare, _ = t.same([t.victim("torture/loads"), how, plugin, str(rounds)])
        t.expect(bare.out.endswith(b" 0 wrong\n"), f"bare: {bare.out}")
        t.explained()
        dump = run([t.tools.imgbench, "dump", t.trace], capture_output=True, timeout=120, check=False).stdout
        seen = dump.count(b" codec_call ")
        t.expect(seen == rounds, f"{how}: {seen} of {rounds} encodes are in the trace")


@case("longjmp and C++ exceptions out of codecs", trials=10, short=0)
def jumps(t):
    library = t.victim("guest/codec_calls", "-DLIBRARY", "-shared", "-fPIC", "-Wl,-soname,libcodec_calls.so")
    place = f"{t.directory}/lib"
    os.makedirs(place)
    shutil.copy(library, f"{place}/libcodec_calls.so")
    program = t.victim("guest/codec_calls", f"-L{place}", "-lcodec_calls")
    for how in ("sealed", "inside", "stream", "nowhere", "words", "again", "thrown", "forked"):
        t.trace = f"{t.directory}/trace-{how}"
        t.same([program, how], both={"LD_LIBRARY_PATH": place})
        t.explained(must_exist=False)


@case("LD_BIND_NOW, RELRO, without PLT, static-pie, non-PIE", trials=3, short=1)
def linked(t):
    plugin = t.victim("guest/plugin", "-shared", "-fPIC", "-l:libwebp.so.7", "-Wl,-z,lazy")
    for number, flags in enumerate((("-Wl,-z,relro,-z,now",), ("-Wl,-z,norelro", "-Wl,-z,lazy"), ("-fno-plt",), ("-no-pie",))):
        for now in ({}, {"LD_BIND_NOW": "1"}):
            t.trace = f"{t.directory}/trace-{number}-{len(now)}"
            t.same([t.victim("torture/loads", *flags), "lazy", plugin, "5"], both=now)
            t.explained()
            t.trace += "-batch"
            t.same([t.victim("torture/encodes", *flags, "-l:libwebp.so.7"), "3"], both=now)
            report = t.explained()
            t.expect(report and len(report["images"]) == 3, f"{flags}: {report and len(report['images'])} of 3 images")
    t.trace = f"{t.directory}/trace-static"
    t.same([t.victim("guest_files/descriptors", "-static-pie", "-fPIE"), "many"])
    t.report(must_exist=False)
