#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Owns: running the cases of tests/integration/tools/*.py: each command once without and once with the library, in the
# same directory, and what a program or its user could tell apart of the two.
# Must not know: what a report says; tools_expect.py does.
"""tools.py IMGBENCH LIBRARY WORK [SUBSTRING]
    A file in tools/ has CASES, a list of dicts. `name` and `command` (a list of words) must be there. In the words:
      {in}    the images of corpus.py, read-only        {root}    the repository
      {out}   an empty directory, where the command runs
    Optional, how it is run:
      copies  images of the corpus that are copied to {out} before
      stdin   an image of the corpus, else /dev/null
      env     more of the environment; `exit` the exit code, else 0; `timeout` in seconds, else 60
      limits  {resource.RLIMIT_…: value}
      scrub   patterns of what is left out of stdout, stderr and names of files because it differs from run to run
    Stdout is the file stdout beside {out}: an image there is one like any other. Stdout, stderr, exit code and all that
    is in {out} and in the temp directory afterwards must be the same with and without. What else a case can demand is
    in tools_expect.py.
One line per case; exit code 1 if any failed."""

import concurrent.futures
import glob
import hashlib
import importlib.util
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import time

sys.dont_write_bytecode = True  # the source tree stays as it is
sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "parts"))
import corpus  # noqa: E402
import tools_expect  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
HOW_IT_RUNS = {"name", "command", "copies", "stdin", "env", "exit", "timeout", "limits", "scrub"}


def load_cases(work):
    """All cases of all files; a file that cannot be loaded is a failure, not a gap."""
    cases = []
    for path in sorted(glob.glob(f"{HERE}/cases/*.py")):
        name = os.path.basename(path)[:-3]
        spec = importlib.util.spec_from_file_location(f"cases_{name}", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        cases += module.CASES
    names = [case["name"] for case in cases]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ValueError(f"names used twice: {sorted(twice)}")
    for number, case in enumerate(cases):
        unknown = set(case) - HOW_IT_RUNS - tools_expect.KEYS
        if unknown:
            raise ValueError(f"{case['name']}: unknown keys {sorted(unknown)}")
        case["directory"] = f"{work}/{number}"
    return cases


def tree(directory, scrub=()):
    """What is below a directory: names, modes, sizes and content."""
    seen = {}
    for at, directories, files in os.walk(directory):
        for name in directories + files:
            path = os.path.join(at, name)
            status = os.lstat(path)
            key = os.path.relpath(path, directory)
            for pattern in scrub:
                key = re.sub(pattern, "", key)
            if os.path.islink(path):
                seen[key] = "link to " + os.readlink(path)
            elif os.path.isfile(path):
                with open(path, "rb") as file:
                    digest = hashlib.sha256(file.read()).hexdigest()[:16]
                seen[key] = f"{status.st_mode:o} {status.st_size} bytes {digest}"
            else:
                seen[key] = f"{status.st_mode:o}"
    return seen


def limit(limits):
    for which, value in limits.items():
        resource.setrlimit(which, (value, value))


def run_once(case, images, more):
    """Runs the command in a fresh place; returns what can be told of the run."""
    at = case["directory"]
    shutil.rmtree(at, ignore_errors=True)
    for name in ("out", "tmp", "home"):
        os.makedirs(f"{at}/{name}")
    for name in case.get("copies", ()):
        shutil.copyfile(f"{images}/{name}", f"{at}/out/{name}")
    places = {"in": images, "out": f"{at}/out", "root": ROOT}
    words = [re.sub(r"\{(in|out|root)\}", lambda found: places[found[1]], word) for word in case["command"]]
    environment = {
        "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": f"{at}/home", "TMPDIR": f"{at}/tmp",
        **case.get("env", {}), **more,
    }
    source = f"{images}/{case['stdin']}" if case.get("stdin") else os.devnull
    with open(source, "rb") as stdin, open(f"{at}/stdout", "wb") as stdout, open(f"{at}/stderr", "wb") as stderr:
        try:
            code = subprocess.run(words, cwd=f"{at}/out", env=environment, stdin=stdin, stdout=stdout, stderr=stderr,
                                  timeout=case.get("timeout", 60), check=False,
                                  preexec_fn=lambda: limit(case.get("limits", {}))).returncode
        except subprocess.TimeoutExpired:
            code = "timeout"
        except OSError as error:
            code = str(error)
    scrub = case.get("scrub", ())
    seen = {"exit code": code, "files": tree(f"{at}/out", scrub), "temporary files": tree(f"{at}/tmp", scrub)}
    for stream in ("stdout", "stderr"):
        with open(f"{at}/{stream}", "rb") as file:
            text = file.read()
        for pattern in scrub:
            text = re.sub(pattern.encode(), b"", text)
        seen[stream] = text
    return seen


def differences(one, other):
    """In words, what two runs differ in."""
    for what, value in one.items():
        if value == other[what]:
            continue
        if isinstance(value, dict):
            for name in sorted(set(value) | set(other[what])):
                before, after = value.get(name, "none"), other[what].get(name, "none")
                if before != after:
                    yield f"{name}: {before} without, {after} with the library"
        elif isinstance(value, bytes):
            first = max(0, len(os.path.commonprefix([value, other[what]])) - 40)
            yield f"{what}: {value[first:][:200]} without, {other[what][first:][:200]} with the library"
        else:
            yield f"{what}: {value} without, {other[what]} with the library"


def try_case(case, images, imgbench, library):
    """What is wrong with a case: a list of texts."""
    trace = case["directory"] + ".trace"
    preload = {"LD_PRELOAD": library, "IMGBENCH_DIR": trace}
    bare = run_once(case, images, {})
    if bare["exit code"] != case.get("exit", 0):
        return [f"exit code {bare['exit code']} without the library: {bare['stderr'][-300:]}"]
    wrong = list(differences(bare, run_once(case, images, preload)))
    if wrong and list(differences(bare, run_once(case, images, {}))):
        wrong.append("(two runs without the library differ as well)")
    done = subprocess.run([imgbench, "report", "--json", trace], capture_output=True, timeout=60, check=False)
    try:
        report = json.loads(done.stdout)
    except ValueError:
        return wrong + [f"no report: exit code {done.returncode}, {done.stderr[:300]}"]
    wrong += tools_expect.wrong_in(report, case)
    shutil.rmtree(case["directory"], ignore_errors=True)
    shutil.rmtree(trace, ignore_errors=True)
    return wrong


def main(imgbench, library, work, substring=""):
    images = f"{work}/in"
    corpus.make(images)
    before = tree(images)
    cases = [case for case in load_cases(work) if substring in case["name"]]
    passed = failed = 0

    def timed(case):
        start = time.monotonic()
        try:
            wrong = try_case(case, images, imgbench, library)
        except Exception as error:  # a case that cannot even be tried has failed, and others go on
            wrong = [f"{type(error).__name__}: {error}"]
        return case, wrong, time.monotonic() - start

    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        for done in concurrent.futures.as_completed([pool.submit(timed, case) for case in cases]):
            case, wrong, took = done.result()
            passed += not wrong
            failed += bool(wrong)
            print(f"{'FAILED' if wrong else 'ok'} {case['name']} ({took:.1f} s)", flush=True)
            for text in wrong:
                print(f"    {text}", flush=True)
    if tree(images) != before:
        failed += 1
        print("FAILED the images that all cases share were changed")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:5]))
