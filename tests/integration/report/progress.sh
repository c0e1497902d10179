#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: how far a report is, on a terminal: shown after a second, gone before the report, and never on anything else.
# A second passes while the process is stopped, so that the test needs no trace that takes one.
source tests/integration/environment.bash

export TMPDIR=$work
read -r trace < <(build/bench/generate 800000 2000 20 3)
cat >"$work/terminal.py" <<'PYTHON'
import os, pty, signal, sys, time


def tasks(child):
    return len(os.listdir(f"/proc/{child}/task"))  # of a zombie: 1


def begin(trace, kind):
    """Starts a report whose standard error is a terminal of that kind, or a pipe. Returns its pid and the other end."""
    if kind == "pipe":
        ours, theirs = os.pipe()
        child = os.fork()
    else:
        child, ours = pty.fork()
    if not child:
        if kind == "pipe":
            os.dup2(theirs, 2)
        os.dup2(os.open("/dev/null", os.O_WRONLY), 1)
        os.environ["TERM"] = kind
        os.execv(sys.argv[1], [sys.argv[1], "report", trace])
    if kind == "pipe":
        os.close(theirs)
    return child, ours


def stopped_while_reading(child):
    """Stops it while a second thread reads ahead. On a busy machine that may be over before anybody looks."""
    end = time.monotonic() + 60
    while tasks(child) < 2 and not os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) and time.monotonic() < end:
        time.sleep(0.0005)
    os.kill(child, signal.SIGSTOP)
    os.waitid(os.P_PID, child, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
    return tasks(child) >= 2


def run(trace, stop_s, kind="xterm"):
    """What a report writes to standard error, having been stopped for a while."""
    for _ in range(20):
        child, ours = begin(trace, kind)
        reading = stopped_while_reading(child)
        if reading:
            time.sleep(stop_s)
        os.kill(child, signal.SIGCONT)
        text = b""
        try:
            while part := os.read(ours, 4096):
                text += part
        except OSError:  # how Linux says that nobody holds the other end any more
            pass
        os.close(ours)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        if reading:
            return text
    sys.exit("of 20 reports none was seen reading")


slow = run(sys.argv[2], 1.3)
assert slow.startswith(b"\rimgbench: reading the trace: ") and b" %" in slow, slow
assert slow.endswith(b"\r\x1b[K") and b"\n" not in slow, slow
shares = [float(part.split(b"%")[0]) for part in slow.split(b"trace: ")[1:]]
assert shares == sorted(shares) and shares[-1] <= 100, shares

for kind in ("dumb", "pipe"):  # the one would show what erases the line
    silent = run(sys.argv[2], 1.3, kind)
    assert silent == b"", (kind, silent)
PYTHON
python3 "$work/terminal.py" "$imgbench" "$trace"
