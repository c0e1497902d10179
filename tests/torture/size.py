# SPDX-License-Identifier: MIT
# Owns: what is only large: tests that continuous integration runs with less.
# Must not know: how a trace is laid out.
import os
import tempfile

from harness import ROOT, case, run


@case("100,000 images: run, report, look at, export, compare", short=0, alone=True, seconds=1800)
def many(t):
    # On the disk, for it is large. A test that is ended may leave something behind; this removes it.
    with tempfile.TemporaryDirectory(prefix="torture.", dir=f"{ROOT}/build", ignore_cleanup_errors=True) as place:
        done = run(["bash", "tests/journeys/many.sh"], cwd=ROOT, capture_output=True, timeout=t.case.seconds,
                   env={**os.environ, "MANY_IMAGES": "100", "TEST_PLACE": place})  # fmt: skip
    t.did(100_000)
    t.expect(done.returncode == 0, (done.stdout + done.stderr).decode(errors="replace")[-500:])
