# SPDX-License-Identifier: MIT
# Owns: programs written by others that run under the library: their own tests, or sessions with them, must have the same
# outcome as without. Must not know: what the library does.
import os
import re
import resource
import xml.etree.ElementTree

from harness import PYTHON, ROOT, case

QUOTA = {"IMGBENCH_QUOTA": str(16 << 20)}  # of the trace; what is beyond is lost, which is counted
PROGRAMS = "programs"  # below tests/victims
# CPython's own tests. The first ones are quick: the short run takes them.
MODULES = (
    "fcntl mmap posix fileio file ctypes tempfile shutil resource select "
    "fork1 os threading signal faulthandler io subprocess wait3 wait4 popen pty thread zlib gzip bufio largefile "
    "memoryio selectors epoll poll threadsignals file_eintr posixpath pathlib glob dbm_dumb mailbox tracemalloc sys gc "
    "cmd_line concurrent_futures multiprocessing_fork multiprocessing_spawn multiprocessing_forkserver "
    "multiprocessing_main_handling asyncio"
).split()
# stress-ng's stressors, each alone and for a second. The first ones: see above.
STRESSORS = (
    "vfork clone malloc sigq mmap fork io pthread dup exec vforkmany signal sigsegv sigchld sigrt sigtrap sigabrt "
    "sigsuspend sigfd sigio sigpending signest sigfpe sigpipe daemon spawn wait zombie exit-group kill switch yield "
    "close open fcntl rename link symlink dir dirdeep getdent chdir chmod utime copy-file hdd iomix aio seek sendfile "
    "splice tee vm-splice pipe fifo sock sockpair sockfd sockmany eventfd epoll poll memfd shm mremap munmap mmapfork "
    "mmapaddr mmapfixed mmapmany madvise mincore mprotect msync brk stack stackmmap bigheap vm vm-segv seccomp ptrace "
    "unshare session pidfd futex mutex sem membarrier rseq timer itimer timerfd alarm nanosleep fault longjmp context "
    "bad-altstack dynlib env procfs zlib io-uring userfaultfd sysbadaddr landlock access filename full null funcret"
).split()


def outcomes(t, module, traced):
    """({name of a test: ok, skipped, failure or error}, the exit code)"""
    path = f"{t.directory}/outcomes.xml"
    if os.path.exists(path):
        os.remove(path)
    seen = t.observe(
        [PYTHON, "-m", "test", "--junit-xml", path, f"test_{module}"], traced, QUOTA if traced else None,
        limits={resource.RLIMIT_CORE: 0})  # fmt: skip
    found = {}
    if os.path.exists(path):
        for test in xml.etree.ElementTree.parse(path).iter("testcase"):
            what = next((part.tag for part in test if part.tag in ("skipped", "failure", "error")), "ok")
            found.setdefault(test.get("name"), []).append(what)
    return {name: sorted(each) for name, each in found.items()}, seen.code


def unlike(bare, traced):
    return {name for name in bare.keys() | traced.keys() if bare.get(name) != traced.get(name)}


@case("CPython's own tests, test by test", trials=len(MODULES), short=6, seconds=400)
def python(t):
    module = MODULES[t.number]
    bare, code = outcomes(t, module, False)
    traced, traced_code = outcomes(t, module, True)
    wrong = unlike(bare, traced)
    if not t.expect(code != "timeout", f"test_{module} takes too long without the library"):
        return
    for _ in range(2):  # a test that fails by chance fails bare as well, or not always
        if not wrong and code == traced_code:
            break
        again, code = outcomes(t, module, False)
        once_more, traced_code = outcomes(t, module, True)
        if wrong - unlike(again, once_more) or unlike(bare, again):
            with t.result.lock:
                t.result.varying += 1
        wrong &= unlike(again, once_more)
    t.did(max(len(bare), 1))
    t.expect(code == traced_code, f"test_{module} ends with {code} bare, {traced_code} traced")
    for name in sorted(wrong):
        t.fail(f"{name}: {bare.get(name)} bare, {traced.get(name)} traced")
    t.explained(must_exist=False)


@case("stress-ng: one stressor each, for a second", trials=len(STRESSORS), short=4, needs=("stress-ng",), seconds=60)
def stress(t):
    stressor = STRESSORS[t.number]
    found = []
    for traced in (False, True, False):
        if traced or not found or found[0] != found[1]:
            found.append(stressed(t, stressor, traced))
    if found[0] != found[1] and found[0] == found[2]:
        t.fail(f"{stressor}: {found[0]} bare, {found[1]} traced")
    elif found[0] != found[1]:
        with t.result.lock:
            t.result.varying += 1
    t.explained(must_exist=False)


def stressed(t, stressor, traced):
    """(exit code, what was passed, failed or skipped, what is left)"""
    name = "sigrt" if stressor == "signal" else stressor
    seen = t.observe(
        ["stress-ng", f"--{name}", "1", "--timeout", "1s", "--temp-path", ".", "--verify", "--oomable", "--no-rand-seed"],
        traced, QUOTA if traced else None, limits={resource.RLIMIT_CORE: 0}, ages=False)  # fmt: skip
    said = re.findall(rb"(passed: \d+|failed: \d+|skipped: \d+)", seen.out + seen.err)
    return seen.code, said, sorted(set(seen.files))


def session(t, program, script, **how):
    path = f"{t.directory}/{script}"
    with open(f"{ROOT}/tests/victims/{PROGRAMS}/{script}", "rb") as source, open(path, "wb") as copy:
        copy.write(source.read())
    bare, _ = t.same([*program, path], both={"HOME": t.directory, "LC_ALL": "C.UTF-8"}, ages=False, **how)
    t.explained(must_exist=False)
    return bare


@case("a session with coreutils and their like", trials=30, short=1)
def coreutils(t):
    bare = session(t, ["sh"], "coreutils.sh")
    t.expect(bare.code == 0, f"ends with {bare.code}: {bare.err[-300:]}")


@case("a shell with jobs, traps, here-documents, pipes, redirections", trials=30, short=1)
def shell(t):
    bare = session(t, [("dash", "bash")[t.number % 2]], "shell.sh")
    t.expect(bare.code == 5, f"ends with {bare.code}: {bare.err[-300:]}")


@case("git: init to rebase, gc, clone, bundle, fsck", trials=10, short=1)
def git(t):
    bare = session(t, ["sh"], "history.sh")
    t.expect(bare.code == 0, f"ends with {bare.code}: {bare.err[-300:]}")


@case("node: files, streams, a watch, 21 worker threads, children", trials=30, short=1)
def node(t):
    bare = session(t, ["node"], "work.js")
    t.expect(bare.code == 4, f"ends with {bare.code}: {bare.err[-300:]}")


@case("callbacks leave libjpeg, libpng and libwebp by exceptions and jumps", trials=20, short=1)
def throwing(t):
    rounds, ways = 100, 10
    program = t.victim(f"{PROGRAMS}/throwing.cc", "-ljpeg", "-lpng", "-lwebp", compiler="g++")
    bare, _ = t.same([program, str(rounds)])
    t.expect(bare.code == 0 and bare.out.count(b"\n") == ways, f"ends with {bare.code}: {bare.out}")
    t.did(rounds * ways)
    t.explained()
