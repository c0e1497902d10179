# SPDX-License-Identifier: MIT
# Owns: the processes that a torture run has started: that they are known, and end with it.
# Must not know: cases, trials.
import os
import signal
import subprocess
import threading
import time

LIVE = set()  # processes that nobody has waited for
STOPPING = threading.Event()
starting = threading.Lock()


def popen(words, **options):
    """A process that whoever stops the whole run ends; after that there is none."""
    with starting:
        if STOPPING.is_set():
            raise InterruptedError("the run is stopped")
        process = subprocess.Popen(words, start_new_session=True, **options)
        LIVE.add(process)
    return process


def run(words, timeout=None, check=False, capture_output=False, input=None, **options):
    """As subprocess.run, by popen."""
    if capture_output:
        options["stdout"] = options["stderr"] = subprocess.PIPE
    if input is not None:
        options["stdin"] = subprocess.PIPE
    process = popen(words, **options)
    try:
        out, err = process.communicate(input, timeout=timeout)
    except BaseException:
        end(process)
        raise
    finally:
        LIVE.discard(process)
    done = subprocess.CompletedProcess(words, process.returncode, out, err)
    if check:
        done.check_returncode()
    return done


def end(process, politely=False):
    """Ends a process that start(), observe() or run() made, and all in its session. politely: it may clean up."""
    try:
        if politely:
            os.killpg(process.pid, signal.SIGTERM)
            for _ in range(50):
                if process.poll() is not None:
                    break
                time.sleep(0.1)
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def stop():
    """No further process; what runs is told to end, and made to."""
    with starting:
        STOPPING.set()
    for process in list(LIVE):
        if process.poll() is None:
            end(process, politely=True)
