# SPDX-License-Identifier: MIT
# Owns: what is only large: tests that continuous integration runs with less.
# Must not know: how a trace is laid out.
import os
import subprocess

from harness import ROOT, case


@case("100,000 images: run, report, look at, export, compare", short=0, alone=True, seconds=1800)
def many(t):
    done = subprocess.run(["bash", "tests/journeys/many.sh"], cwd=ROOT, env={**os.environ, "MANY_IMAGES": "100"},
                          capture_output=True, timeout=t.case.seconds, check=False)  # fmt: skip
    t.did(100_000)
    t.expect(done.returncode == 0, (done.stdout + done.stderr).decode(errors="replace")[-500:])
