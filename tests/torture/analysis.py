# SPDX-License-Identifier: MIT
# Owns: the claims that valgrind, ASan, UBSan, TSan and two static analyzers find nothing in the analyzer and in the library.
# Must not know: what they look for.
import os
import re

from harness import AGES, case, run
from untrusted import build

COMMANDS = [
    ["report", "--images", "{trace}"],
    ["report", "--json={out}/json", "--html={out}/html", "--csv={out}/csv", "--md={out}/md", "{trace}"],
    ["export", "--perfetto={out}/p", "--ndjson={out}/n", "--sqlite={out}/s", "--flamegraph={out}/f", "{trace}"],
    ["export", "--ndjson={out}/r", "--records", "{trace}"],
    ["compare", "--json={out}/c", "--md={out}/d", "--html={out}/h", "{trace}", "{out}/json"],
    ["compare", "{trace}", "{trace}", "--fail-if", "totals.images>100"],
    ["report", "{trace}", "--fail-if", "any images.size_ratio>100"],
    ["dump", "{trace}"],
    ["verify", "{trace}"],
    ["status", "{trace}"],
    ["pack", "{trace}"],
    ["anonymize", "{trace}", "{out}/anonymized"],
    ["report", "{out}/anonymized"],
]
# A guest is run by valgrind once bare and once traced: what it finds in the tool itself is in both.
GUESTS = {
    "cwebp": ["cwebp", "-quiet", "{in}/small.png", "-o", "a.webp"],
    "jpegtran": ["jpegtran", "-optimize", "-outfile", "a.jpg", "{in}/photo.jpg"],
    "bash": ["bash", "-c", "cat {in}/photo.jpg | jpegtran | wc -c; (exit 3); mkdir d; cp {in}/photo.jpg d; mv d e; rm -r e"],
    "python": ["/usr/bin/python3", "-c", "import threading\nfrom PIL import Image\n"
               "def work(n): Image.open('{in}/small.png').save(f'{{n}}.webp', quality=30)\n"
               "t = [threading.Thread(target=work, args=(n,)) for n in range(3)]\n"
               "[x.start() for x in t], [x.join() for x in t]"],
}  # fmt: skip


def record(t):
    """A trace of several tools, processes and threads."""
    images = t.tools.images()
    for words in (["cwebp", "-quiet", "-mt", f"{images}/photo.png", "-o", "a.webp"],
                  ["bash", "-c", f"djpeg {images}/photo.jpg | cjpeg -quality 50 >b.jpg; [ -r imgbench:mark:x ]; false"],
                  ["vips", "copy", f"{images}/photo.jpg", "c.webp[Q=40]"], ["jpegtran", "/etc/hostname"]):  # fmt: skip
        t.observe(words, True, {"IMGBENCH_STACKS": "1"})


def clean(t, program, environment=None, wrapper=(), seconds=300):
    record(t)
    out = f"{t.directory}/out"
    os.mkdir(out)
    for words in COMMANDS:
        done = run([*wrapper, program, *(word.format(trace=t.trace, out=out) for word in words)], cwd=out,
                   capture_output=True, timeout=seconds, check=False,
                   env={**t.environment(traced=False), **(environment or {})})  # fmt: skip
        said = done.stderr.decode(errors="replace")
        found = re.search(r"==\d+==.*|runtime error:.*|WARNING: ThreadSanitizer.*", said)
        t.expect(done.returncode == 0 and not found, f"{words[0]} ends with {done.returncode}: {said[-700:]}")
    t.did(len(COMMANDS))


@case("valgrind's memcheck over every command", short=0, needs=("valgrind", "cwebp", "vips"), seconds=600)
def memcheck_commands(t):
    clean(t, t.tools.imgbench, wrapper=["valgrind", "-q", "--error-exitcode=99"])


@case("ASan and UBSan over every command", needs=("cwebp", "vips"), seconds=600)
def sanitized_commands(t):
    build("build/fuzz/imgbench")
    clean(t, os.path.abspath("build/fuzz/imgbench"))


@case("TSan over every command: the reader decodes ahead in a thread", short=0, needs=("cwebp", "vips"), seconds=600)
def threads_of_commands(t):
    build("build/fuzz/imgbench_tsan")
    clean(t, os.path.abspath("build/fuzz/imgbench_tsan"), {"TSAN_OPTIONS": "halt_on_error=0:exitcode=66"})


# Of a block of valgrind's own allocator, whose word in front is none: the library looks once, and then asks it instead.
FIRST_LOOK = ": chunk_head (heap.c"


def summary(log_directory):
    """(how many errors valgrind saw in all processes, contexts that name the library)."""
    errors, ours = 0, []
    for name in sorted(os.listdir(log_directory)):
        with open(f"{log_directory}/{name}", encoding="utf-8", errors="replace") as file:
            text = file.read()
        errors -= text.count(FIRST_LOOK)
        errors += sum(int(count.replace(",", "")) for count in re.findall(r"ERROR SUMMARY: ([\d,]+) errors", text))
        for block in re.split(r"\n==\d+== \n", text):
            if "libimgbench" in block and FIRST_LOOK not in block and re.search(r"Invalid|Conditional|uninitialised|Mismatched|overlap", block):
                ours.append(block[:600])
    return errors, ours


def under_valgrind(t, words, traced):
    logs = f"{t.directory}/valgrind-{'traced' if traced else 'bare'}"
    os.makedirs(logs)
    # valgrind itself is not traced: the target's environment begins behind it.
    preload = ["env", f"LD_PRELOAD={t.tools.library}", f"IMGBENCH_DIR={t.trace}", "IMGBENCH_STACKS=1"] if traced else ["env"]
    seen = t.observe(["valgrind", "--trace-children=yes", f"--log-file={logs}/%p", *preload, *words], False, seconds=500)
    return seen, *summary(logs)


@case("the library in tools that valgrind runs: no error that is not there without it", trials=len(GUESTS), short=1,
      needs=("valgrind", "cwebp", "jpegtran"), seconds=600)  # fmt: skip
def memcheck_guests(t):
    name = list(GUESTS)[t.number % len(GUESTS)]
    images = t.tools.images()
    small = f"{t.directory}/small.png"
    run(["convert-im6.q16", f"{images}/photo.png", "-resize", "60x40!", small], check=True)
    words = [word.format_map({"in": images}).replace(f"{images}/small.png", small) for word in GUESTS[name]]
    bare, errors_bare, _ = under_valgrind(t, words, False)
    traced, errors_traced, ours = under_valgrind(t, words, True)
    t.expect(errors_traced <= errors_bare and not ours, f"{name}: {errors_bare} errors bare, {errors_traced} traced: {ours[:1]}")
    for what in ("code", "out", "err", "files"):
        without = [{name: value for name, value in seen.files.items() if name != AGES} if what == "files" else getattr(seen, what)
                   for seen in (bare, traced)]  # fmt: skip
        t.expect(without[0] == without[1], f"{name}: {what} differs under valgrind")
    t.explained()


@case("gcc -fanalyzer over the library and the trace format", short=0, needs=("gcc",), seconds=1200)
def gcc_analyzer(t):
    build("check-analyzer")


@case("clang-tidy over the library and the trace format", short=0, needs=("clang-tidy",), seconds=1500)
def clang_tidy(t):
    build("tidy")
