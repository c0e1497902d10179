#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: how far a report is, on a terminal: shown after a second, gone before the report, and never on anything else.
# A second passes while the process is stopped, so that the test needs no trace that takes one.
source tests/integration/environment.bash

export TMPDIR=$work
read -r trace < <(build/bench/generate 800000 2000 20 3)
cat >"$work/terminal.py" <<'PYTHON'
import os, pty, signal, sys, time


def run(trace, stop_s, terminal_type="xterm"):
    """What a report writes to a terminal on standard error, having been stopped for a while."""
    child, terminal = pty.fork()
    if not child:
        os.dup2(os.open("/dev/null", os.O_WRONLY), 1)
        os.environ["TERM"] = terminal_type
        os.execv(sys.argv[1], [sys.argv[1], "report", trace])
    while len(os.listdir(f"/proc/{child}/task")) < 2:  # until a second thread reads ahead
        time.sleep(0.001)
    os.kill(child, signal.SIGSTOP)
    time.sleep(stop_s)
    os.kill(child, signal.SIGCONT)
    text = b""
    try:
        while part := os.read(terminal, 4096):
            text += part
    except OSError:  # how Linux says that nobody holds the other end any more
        pass
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    return text


slow = run(sys.argv[2], 1.3)
assert slow.startswith(b"\rimgbench: reading the trace: ") and b" %" in slow, slow
assert slow.endswith(b"\r\x1b[K") and b"\n" not in slow, slow
shares = [float(part.split(b"%")[0]) for part in slow.split(b"trace: ")[1:]]
assert shares == sorted(shares) and shares[-1] <= 100, shares

dumb = run(sys.argv[2], 1.3, "dumb")  # would show what erases the line
assert dumb == b"", dumb
PYTHON
python3 "$work/terminal.py" "$imgbench" "$trace"

# A pipe gets none of it, however long it takes.
"$imgbench" report "$trace" >/dev/null 2>"$work/errors" &
child=$!
for ((i = 0; i < 100000; i++)); do # as above, without a process that takes its time
    tasks=("/proc/$child/task/"*)
    ((${#tasks[@]} == 1)) || break
done
kill -STOP $child
sleep 1.2
kill -CONT $child
wait $child
[[ ! -s $work/errors ]]
