#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Owns: the oracle test: runs each program bare under strace, under the library, and under both; what strace saw and
# what imgbench recorded must be the same calls, and the library must keep out of the program's files.
# Must not know: the text of strace or imgbench (oracle_log.py, oracle_records.py), which calls are equal
# (oracle_compare.py), the programs (oracle_jobs.py).
"""oracle.py run IMGBENCH LIBRARY DIRECTORY [JOB…]   runs all or the named jobs on copies of DIRECTORY/*; a line each
oracle.py page                                     prints docs/oracle.md"""

import collections
import concurrent.futures
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time

import oracle_compare
import oracle_jobs
import oracle_log
import oracle_records
import oracle_strace

TABLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "oracle.tsv")
PARALLEL = 2  # jobs at a time
LIMIT_S = 20  # for a run of a program
SHOWN = 40  # differences of a program


class Failed(Exception):
    """The test cannot go on with this program."""


def ended(command, directory, environment, log):
    """Exit code of a command in a session of its own, which does not outlive the limit."""
    with open(log + ".out", "wb") as out, open(log + ".err", "wb") as err:
        child = subprocess.Popen(command, cwd=directory, env=environment, stdin=subprocess.DEVNULL, stdout=out,
                                 stderr=err, start_new_session=True)
        try:
            return child.wait(LIMIT_S)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            raise Failed(f"{command[0]}: not ended after {LIMIT_S} s") from None


class Oracle:
    """Checks one job."""

    def __init__(self, imgbench, library, directory, explained, job):
        self.imgbench, self.library, self.directory, self.job = imgbench, library, directory, job
        self.explained = explained
        self.base = os.path.join(directory, "job " + job.name)
        self.place = os.path.join(self.base, "run")  # where every run happens: paths are equal
        self.lines = []  # to print
        self.used = collections.Counter()
        self.failed = False

    def path(self, name):
        return os.path.join(self.base, name)

    def run(self, command, **settings):
        """A run on fresh copies of the inputs; returns its exit code and what it left behind."""
        shutil.rmtree(self.place, ignore_errors=True)
        shutil.copytree(os.path.join(self.directory, self.job.inputs), self.place,
                        copy_function=os.link if self.job.links else shutil.copy2)
        for name in ("out", "tmp", "home"):
            os.mkdir(os.path.join(self.place, name))
        environment = {"PATH": os.environ["PATH"], "HOME": self.place + "/home", "TMPDIR": self.place + "/tmp",
                       "LC_ALL": "C.UTF-8", **settings}
        code = ended(command, self.place, environment, self.path("log"))
        if not self.job.same_output:
            return code, None
        left = {end: self.bytes_of(self.path("log" + end)) for end in (".out", ".err")}
        for folder, _, names in os.walk(self.place):
            for path in (os.path.join(folder, name) for name in names):
                if os.path.isfile(path):
                    left[path] = self.bytes_of(path)
        return code, left

    @staticmethod
    def bytes_of(path):
        with open(path, "rb") as file:
            return file.read()

    def check(self):
        start, job = time.monotonic(), self.job
        bare, both, trace = self.path("bare.strace"), self.path("both.strace"), self.path("trace")
        command = [word.replace("{victims}", os.path.dirname(self.imgbench) + "/victims") for word in job.command]
        watched = self.run(["strace", "-o", bare, *oracle_log.OPTIONS, *command])
        if watched[0] != job.code:
            raise Failed(f"exit code {watched[0]}: {self.bytes_of(self.path('log.err'))[-300:]}")
        shutil.rmtree(trace, ignore_errors=True)
        if self.run(command, LD_PRELOAD=self.library, IMGBENCH_DIR=trace) != watched:
            raise Failed("under the library it does not do as it does bare")
        kernel = oracle_strace.Trace(bare, self.place)
        library = oracle_records.Records(self.imgbench, trace)
        result = oracle_compare.Result(self.explained, kernel.images, library.images)
        self.check_coverage(result, trace)
        shutil.rmtree(trace)
        if self.run(["strace", "-o", both, "-E", "LD_PRELOAD=" + self.library, "-E", "IMGBENCH_DIR=" + trace,
                          *oracle_log.OPTIONS, *command]) != watched:
            raise Failed("under the library and strace it does not do as it does bare")
        result.wrong += oracle_compare.intrusions(kernel.images, oracle_strace.Trace(both, self.place).images, trace)
        self.tell(result, time.monotonic() - start)

    def checked(self):
        """Never fails; lines, used and failed say what came out."""
        os.mkdir(self.base)
        try:
            self.check()
        except (Failed, oracle_records.Unreadable) as failed:
            self.lines.append(f"FAILED {self.job.name}: {failed}")
            self.failed = True
        shutil.rmtree(self.base)
        return self

    def check_coverage(self, result, trace):
        """The report's own account of what it saw is that of the records."""
        report = subprocess.run([self.imgbench, "report", "--json", trace], capture_output=True, text=True, check=False)
        if report.returncode:
            raise Failed("no report: " + report.stderr[-300:])
        coverage = json.loads(report.stdout)["coverage"]
        for name, expected in (("io_bytes_seen", result.seen_bytes), ("io_bytes_kernel", result.kernel_bytes)):
            if coverage[name] != expected:
                result.wrong.append(f"report: {name} is {coverage[name]}, the records say {expected}")

    def tell(self, result, took):
        self.used, self.failed = result.used, bool(result.wrong)
        line = f"{self.job.name}: {oracle_compare.words(result.counts)} and {result.bytes} bytes equal"
        if result.kernel_bytes:
            line += f", coverage {result.seen_bytes / result.kernel_bytes:.3f}"
            unseen = [f"{who} {n}" for who, n in sorted(result.unseen.items()) if n]
            line += f" ({', '.join(unseen)} bytes)" if unseen else ""
        if result.used:
            line += f"; {sum(result.used.values())} explained"
        self.lines = [f"{'FAILED' if result.wrong else 'ok'} {line} ({took:.1f} s)"]
        self.lines += ["    " + text.replace(self.place + "/", "") for text in result.wrong[:SHOWN]]
        if len(result.wrong) > SHOWN:
            self.lines.append(f"    and {len(result.wrong) - SHOWN} more")


def run_all(imgbench, library, directory, names):
    jobs = [job for job in oracle_jobs.JOBS if not names or job.name in names]
    explained, used, failed = oracle_compare.Explained(TABLE), collections.Counter(), 0
    with concurrent.futures.ThreadPoolExecutor(PARALLEL) as pool:
        for done in pool.map(lambda job: Oracle(imgbench, library, directory, explained, job).checked(), jobs):
            print("\n".join(done.lines), flush=True)
            used += done.used
            failed += done.failed
    for i, n in sorted(used.items()):
        print(f"explained {n} times: " + " | ".join(explained.rows[i]))
    print(f"{len(jobs) - failed} of {len(jobs)} programs agree with strace")
    return 1 if failed or not jobs else 0


def page():
    print("<!-- Generated from tests/integration/oracle/oracle_jobs.py and oracle.tsv by `make docs`; do not edit. -->\n"
          "# What the oracle test runs, and the differences it accepts\n\n"
          "`tests/integration/oracle/oracle.sh` runs each program below bare under `strace -f`, under the library, and under\n"
          "both. The calls that strace saw and those that the library recorded must be equal: path, flags, bytes,\n"
          "offset and error, in the same order where one thread makes them. Of files read or written through a FILE\n"
          "the sums of bytes must be equal. Calls of the dynamic loader, and those that libc makes for itself, are\n"
          "told by the instruction pointer and left out; the bytes they move are what a coverage below 1 lacks.\n\n"
          "| program | command |\n|---|---|")
    for job in oracle_jobs.JOBS:
        command = shlex.join([word.replace("{victims}", "build/victims") for word in job.command])
        print(f"| {job.name} | `{command.replace('|', '&#124;')}` |")
    print("\n## Differences\n\nSide: *kernel* = only strace has the call, *library* = only the records have it,\n"
          "*both* = the numbers differ. A difference that no row explains fails the test.\n\n"
          "| program | side | call | path | at most | why |\n|---|---|---|---|---|---|")
    for row in oracle_compare.Explained(TABLE).rows:
        print("| " + " | ".join([*(f"`{cell}`".replace("|", "&#124;") for cell in row[:4]), *row[4:]]) + " |")


if __name__ == "__main__":
    if len(sys.argv) >= 5 and sys.argv[1] == "run":
        sys.exit(run_all(*sys.argv[2:5], sys.argv[5:]))
    if sys.argv[1:] == ["page"]:
        sys.exit(page())
    sys.exit(__doc__)
