#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Owns: running every case of tests/integration/tools/ with the library on images of 0.7 megapixels, and how much of each
# image's busy time is in a named stage. Must not know: what a case demands beside that.
"""attribution.py IMGBENCH LIBRARY WORK [SUBSTRING]
Prints the cases, least attributed first, with the observed part and the busy time of their images; exit code 1 if an
image of useful length is below the limit of tools_expect.py."""

import concurrent.futures
import json
import os
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "parts"))
import corpus  # noqa: E402
import tools  # noqa: E402
import tools_expect  # noqa: E402


def measure(case, images, imgbench, library):
    trace = case["directory"] + ".trace"
    tools.run_once(case, images, {"LD_PRELOAD": library, "IMGBENCH_DIR": trace})
    done = subprocess.run([imgbench, "report", "--json", trace], capture_output=True, timeout=60, check=False)
    report = json.loads(done.stdout)
    busy = sum(image["busy_s"] for image in report["images"])
    return report["coverage"], busy, list(tools_expect.unattributed(report, 0))


def main(imgbench, library, work, substring=""):
    corpus.make(f"{work}/in", scale=2)
    cases = [case for case in tools.load_cases(work) if substring in case["name"]]
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        measured = list(pool.map(lambda case: measure(case, f"{work}/in", imgbench, library), cases))
    useful = failed = 0
    rows = [(coverage, busy, wrong, case) for (coverage, busy, wrong), case in zip(measured, cases)
            if coverage["attributed_ratio"] is not None]
    for coverage, busy, wrong, case in sorted(rows, key=lambda row: row[0]["attributed_ratio"]):
        useful += busy >= tools_expect.ATTRIBUTED_FROM_S
        failed += bool(wrong)
        print(f"{'FAILED' if wrong else 'ok'} {coverage['attributed_ratio']:.1%} ({coverage['observed_ratio']:.1%} observed) "
              f"of {busy * 1e3:.0f} ms: {case['name']}")
        for text in wrong:
            print(f"    {text}")
    print(f"{len(rows) - failed} passed, {failed} failed, {useful} of them of useful length")
    return 1 if failed or not useful else 0


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:5]))
