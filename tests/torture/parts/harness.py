# SPDX-License-Identifier: MIT
# Owns: what a case of `make torture` is made of: a trial's directory and chance, victims, running a command bare and
# under the library, what the two runs showed, what the trace says, the count of failures and lost records.
# Must not know: any case; how a table is printed (scripts/torture does).
"""A file of cases has functions of one trial each:

    @case("what is done to the program, in a few words", trials=500, short=12)
    def sigkill(t):
        bare, traced = t.same(["cwebp", "{in}/photo.png", "-o", "a.webp"])
        t.explained()

The case's id is its file and function: faults.sigkill. A trial that does a thing many times says so: t.did(10_000)."""

import hashlib
import json
import os
import random
import resource
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time

from started import LIVE, end, popen, run

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../../.."))
sys.path.append(f"{ROOT}/tests/integration/parts")
PYTHON = "/usr/bin/python3"  # Debian's own: the one that has Pillow
CASES = []
AGES = "by age"  # no file's name
CLEARLY_NS = 20_000_000  # file systems count in ticks of 4 ms and more
# What not everybody may do, and a command that shows it.
RIGHTS = {
    "root": "test $(id -u) = 0",
    "mount": "d=$(mktemp -d) && mount -t tmpfs none $d && umount $d && rmdir $d && unshare --mount true",
    "loop": "f=$(mktemp) && truncate -s 1M $f && d=$(losetup --find --show $f) && losetup -d $d; c=$?; rm -f $f; exit $c",
    "time namespace": "unshare --time --fork --monotonic=3 true",
    "namespaces": "unshare --user --map-root-user --mount --uts --pid --fork true",
}
# Each trial of a full run, but the first, draws one: the promises hold for all of them.
SETTINGS = [{}, {}, {"IMGBENCH_STACKS": "1"}, {"IMGBENCH_STACKS": "1", "IMGBENCH_ALLOC_THRESHOLD": "1"},
            {"IMGBENCH_SAMPLE_MS": "1"}, {"IMGBENCH_ALLOC_THRESHOLD": "4096", "IMGBENCH_HEAD": "0"},
            {"IMGBENCH_HEAD": "65536"}]  # fmt: skip


class Case:
    """trials, short: how often, in full and in the short run; 0 leaves it out of the short one. alone: nothing runs
    beside it. needs: programs without which it cannot run, which is a failure and not a gap. rights: of RIGHTS; who has
    them not is told that it was not tried. seconds: of one trial."""

    def __init__(self, title, function, trials, short, alone, needs, rights, seconds):
        module = function.__module__.rsplit(".", 1)[-1]
        self.id = f"{module}.{function.__name__}"
        self.title, self.function, self.trials, self.short = title, function, trials, short
        self.alone, self.needs, self.rights, self.seconds = alone, needs, rights, seconds


def case(title, trials=1, short=1, alone=False, needs=(), rights=(), seconds=120):
    def add(function):
        CASES.append(Case(title, function, trials, short, alone, needs, rights, seconds))
        return function

    return add


class Result:
    """Of all trials of a case; several threads may add to it."""

    def __init__(self):
        self.trials = self.lost = self.varying = 0
        self.failures, self.notes, self.seconds = [], [], 0.0
        self.lock = threading.Lock()


class Seen:
    """What a user or a calling program could tell of a run."""

    def __init__(self, code, out, err, files, seconds):
        self.code, self.out, self.err, self.files, self.seconds = code, out, err, files, seconds

    def differences(self, other):
        """Texts: what of the other, traced, run is not as here."""
        for what in ("code", "out", "err"):
            mine, its = getattr(self, what), getattr(other, what)
            if mine != its:
                yield f"{what}: {excerpt(mine, its)} bare, {excerpt(its, mine)} traced"
        inverted = inversion(self.files.get(AGES, {}), other.files.get(AGES, {}))
        if inverted:
            yield "{} was written before {} bare, and after it traced".format(*inverted)
        for name in sorted((set(self.files) | set(other.files)) - {AGES}):
            if self.files.get(name) != other.files.get(name):
                yield f"file {name}: {self.files.get(name)} bare, {other.files.get(name)} traced"


def excerpt(text, other):
    """The text from shortly before where it differs from the other."""
    if not isinstance(text, bytes):
        return str(text)
    at = next((n for n, (a, b) in enumerate(zip(text, other)) if a != b), min(len(text), len(other)))
    return repr(text[max(at - 60, 0) : at + 200])


def inversion(bare, traced):
    """Two files of which one is clearly older in one run, and clearly younger in the other; or nothing."""
    names = sorted(set(bare) & set(traced), key=bare.get)
    youngest, at = None, 0
    for name in names:
        while bare[names[at]] < bare[name] - CLEARLY_NS:
            youngest = max(youngest or names[at], names[at], key=traced.get)
            at += 1
        if youngest and traced[youngest] > traced[name] + CLEARLY_NS:
            return youngest, name
    return None


def listing(directory):
    """{path: (mode, links, size, digest)} and, under AGES, {path: when it was last written}."""
    found, ages = {}, {}
    for place, directories, files in os.walk(directory):
        for name in directories + files:
            path = os.path.join(place, name)
            status, short = os.lstat(path), os.path.relpath(path, directory)
            if os.path.islink(path):
                found[short] = ("link", os.readlink(path))
            elif not stat.S_ISREG(status.st_mode):
                found[short] = (oct(status.st_mode),)
            else:
                found[short] = (oct(status.st_mode), status.st_nlink, status.st_size, digest(path))
                ages[short] = status.st_mtime_ns
    found[AGES] = ages
    return found


def digest(path):
    try:
        with open(path, "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()[:16]
    except OSError as error:
        return error.strerror


class Trial:
    def __init__(self, of, number, seed, full, result, work, tools):
        self.full = full  # not the short run
        self.case, self.number, self.seed, self.result, self.tools = of, number, seed, result, tools
        self.random = random.Random(f"{seed} {of.id} {number}")
        self.directory = f"{work}/{of.id}-{number}"
        self.trace = f"{self.directory}/trace"
        self.settings = self.random.choice(SETTINGS) if full and number else {}
        self.failed = False
        self.started = []
        os.makedirs(self.directory)

    # ---- saying what happened ----

    def fail(self, text):
        self.failed = True
        with self.result.lock:
            how = "".join(f" {name}={value}" for name, value in self.settings.items())
            self.result.failures.append(f"trial {self.number}{how}: {text}")

    def expect(self, condition, text):
        if not condition:
            self.fail(text)
        return condition

    def did(self, more):
        """This trial stands for that many in all."""
        with self.result.lock:
            self.result.trials += more - 1

    def note(self, text):
        with self.result.lock:
            if text not in self.result.notes:
                self.result.notes.append(text)

    def lost(self, records):
        with self.result.lock:
            self.result.lost += records

    # ---- running ----

    def open_to_all(self):
        """A program that is not root's may make its trace in the trial's directory."""
        os.chmod(self.directory, 0o777)
        os.makedirs(f"{self.directory}/tmp", exist_ok=True)
        os.chmod(f"{self.directory}/tmp", 0o777)

    def victim(self, name, *flags, compiler="gcc"):
        """The path of tests/victims/<name>, built once for all trials."""
        return self.tools.victim(name, flags, compiler)

    def environment(self, traced=True, more=None):
        """For a program of the trial; with traced, under the library with its trace in self.trace."""
        environment = {**self.tools.environment, "TMPDIR": f"{self.directory}/tmp"}
        os.makedirs(environment["TMPDIR"], exist_ok=True)
        if traced:
            environment.update({"LD_PRELOAD": self.tools.library, "IMGBENCH_DIR": self.trace, **self.settings})
        environment.update(more or {})
        return {name: value for name, value in environment.items() if value is not None}

    def start(self, words, traced=True, more=None, cwd=None, **options):
        """A process that the trial itself ends; it and its descendants are a session of their own."""
        cwd = cwd or f"{self.directory}/in"
        os.makedirs(cwd, exist_ok=True)
        options = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "stdin": subprocess.DEVNULL, **options}
        process = popen(words, env=self.environment(traced, more), cwd=cwd, **options)
        self.started.append(process)
        return process

    def end_all(self):
        """Whatever the trial left running, however it came to its end."""
        for process in self.started:
            if process.poll() is None:
                end(process)
            LIVE.discard(process)

    def observe(self, words, traced, more=None, prepare=None, limits=None, scrub=None, seconds=None, stdin=None, ages=True,
                user=None):  # fmt: skip
        """One run in a fresh directory `in`. prepare(directory) fills it before; limits are {RLIMIT: value}; scrub(bytes)
        takes from what is printed what differs from run to run; ages: the order in which its files were last written
        is seen (of threads it is chance); user: the number of one whose process it is from the start."""
        place = f"{self.directory}/in"
        remove(place)
        remove(f"{self.directory}/tmp")
        os.makedirs(place)
        os.makedirs(f"{self.directory}/tmp")
        os.chmod(f"{self.directory}/tmp", 0o777)
        if prepare:
            prepare(place)

        def before():
            for which, value in (limits or {}).items():
                resource.setrlimit(which, value if isinstance(value, tuple) else (value, value))
            if user is not None:
                os.setgroups([])
                os.setresgid(user, user, user)
                os.setresuid(user, user, user)

        start = time.monotonic()
        done = popen(
            words, env=self.environment(traced, more), cwd=place, preexec_fn=before,
            stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip
        try:
            out, err = done.communicate(stdin, timeout=seconds or self.case.seconds)
            code = done.returncode
        except subprocess.TimeoutExpired:
            end(done)
            out, err = done.communicate()
            code = "timeout"
        took = time.monotonic() - start
        LIVE.discard(done)
        if scrub:
            out, err = scrub(out), scrub(err)
        files = listing(place) | {f"tmp/{name}": what for name, what in listing(f"{self.directory}/tmp").items()}
        del files[f"tmp/{AGES}"]
        if not ages:
            del files[AGES]
        return Seen(code, out, err, files, took)

    def same(self, words, more=None, **how):
        """A bare and a traced run, which must not differ; where they do, two more bare ones tell whether the program
        itself varies, which is counted and no failure. `more` is environment of the traced run only; `both` of both.
        may_hang: how far a program came that its limits end is no claim. CPU time varies by what else the machine does, so
        a limit of it that only the traced run reached is tried again, wider: one that never ends reaches that, too."""
        both, may_hang = how.pop("both", {}), how.pop("may_hang", False)
        bare = self.observe(words, False, both, **how)
        traced = self.observe(words, True, {**both, **(more or {})}, **how)
        if may_hang and traced.code == -signal.SIGXCPU and bare.code not in ("timeout", traced.code):
            how["limits"] = {**how["limits"], resource.RLIMIT_CPU: (60, 70)}
            remove(self.trace)
            bare = self.observe(words, False, both, **how)
            traced = self.observe(words, True, {**both, **(more or {})}, **how)
        ended = may_hang and bare.code in ("timeout", -signal.SIGXCPU)
        wrong = [] if ended else list(bare.differences(traced))
        for _ in range(2):
            if wrong and list(bare.differences(self.observe(words, False, both, **how))):
                with self.result.lock:
                    self.result.varying += 1
                wrong = []
        if bare.code == "timeout" and not ended:
            wrong.append(f"{words[0]} did not end within the limit, bare")
        for text in wrong:
            self.fail(f"{' '.join(words)[:80]}: {text}")
        return bare, traced

    # ---- what the trace says ----

    def report(self, trace=None, must_exist=True):
        """The JSON report of the trace, or None where there is none; its lost records are added to the case's. A report
        that cannot be made, or damage nobody did, is a failure."""
        trace = trace or self.trace
        done = run([self.tools.imgbench, "report", "--json", trace], capture_output=True, timeout=300,
                              check=False, env=self.tools.environment)  # fmt: skip
        if done.returncode or not done.stdout:
            said = done.stderr.decode(errors="replace").strip()
            if must_exist or not said.startswith("imgbench: ") or done.returncode != 1:
                self.fail(f"report ends with {done.returncode}: {said[-300:] or 'no word'}")
            return None
        found = json.loads(done.stdout)
        self.lost(found["coverage"]["lost_records"] or 0)
        return found

    def verify(self, trace=None):
        """What `imgbench verify` complains of, or nothing."""
        done = run([self.tools.imgbench, "verify", trace or self.trace], capture_output=True, timeout=300,
                              check=False, env=self.tools.environment)  # fmt: skip
        return "" if done.returncode == 0 else (done.stdout + done.stderr).decode(errors="replace")[-400:]

    def explained(self, trace=None, must_exist=True):
        """A trace that verify accepts and report understands: its report. Else a failure."""
        found = self.report(trace, must_exist)
        if found is not None:
            said = self.verify(trace)
            self.expect(not said, f"verify: {said}")
        return found


def remove(directory):
    """Whatever a trial left: directories closed to all, mounts of a trial that broke."""
    with open("/proc/self/mounts", encoding="utf-8") as file:
        mounts = [line.split(" ")[1] for line in file]
    for mount in sorted(mounts, reverse=True):
        if mount.startswith(f"{directory}/"):
            subprocess.run(["umount", "-l", mount], check=False)
    if os.path.isdir(directory) and not os.path.islink(directory):
        for place, directories, _ in os.walk(directory):
            for name in directories:
                path = os.path.join(place, name)
                if not os.path.islink(path):
                    os.chmod(path, 0o700)
        shutil.rmtree(directory)


class Tools:
    """What all cases share: the built programs, the victims, the images."""

    def __init__(self, work, library):
        self.work, self.library, self.imgbench = work, library, f"{ROOT}/build/imgbench"
        self.lock = threading.Lock()
        self.built, self.rights = {}, {}
        kept = ("PATH", "HOME", "LANG", "USER", "LOGNAME")
        self.environment = {name: os.environ[name] for name in kept if name in os.environ} | {"LC_ALL": "C.UTF-8"}

    def has_right(self, right):
        with self.lock:
            if right not in self.rights:
                self.rights[right] = run(["sh", "-c", RIGHTS[right]], capture_output=True, timeout=30).returncode == 0
            return self.rights[right]

    def victim(self, name, flags, compiler):
        with self.lock:
            key = (name, flags, compiler)
            if key not in self.built:
                path = f"{self.work}/victims/{len(self.built)}-{os.path.basename(name).split('.')[0]}"
                os.makedirs(os.path.dirname(path), exist_ok=True)
                source = f"{ROOT}/tests/victims/{name}" + ("" if "." in name else ".c")
                standard = "-std=gnu++17" if source.endswith(".cc") else "-std=gnu11"
                run([compiler, standard, "-D_GNU_SOURCE", f"-I{ROOT}", "-O1", "-g", "-pthread", "-rdynamic",
                                "-fno-builtin", "-w", "-o", path, source, *flags], check=True)  # fmt: skip
                self.built[key] = path
            return self.built[key]

    def images(self):
        """The directory of the corpus of real images, made once."""
        with self.lock:
            if not os.path.isdir(f"{self.work}/images"):
                import corpus

                corpus.make(f"{self.work}/images")
            return f"{self.work}/images"
