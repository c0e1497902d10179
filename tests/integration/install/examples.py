# SPDX-License-Identifier: MIT
# Owns: running every example of README.md, the manual pages and docs/*.md that is written as a command, as it stands there.
# Must not know: what the commands do.
#
#   examples.py ROOT WORK
#
# In WORK, which has photo.png, more images, server.mjs, traces named TRACE, OLD, NEW, old and new, and a link to the build.
# Lines are run one after the other by one shell per document, so that variables and jobs are as a reader would have them.
import os, re, subprocess, sys

root, work = sys.argv[1:]
# Run elsewhere: by continuous integration itself, by report.sh's golden, by bench.sh.
ELSEWHERE = ("./scripts/demo", "./scripts/test", "make bench", "man docs/", "make install", "make deb", "sudo ", "docker ", "podman ")
OUTPUT = ("ERROR: ld.so", "===")


def readme_lines(path):
    skipping = False
    for line in open(path, encoding="utf-8"):
        if line.startswith("<!-- report -->"):
            skipping = True
        elif line.strip() and not line.startswith("    "):
            skipping = False
        if line.startswith("    ") and not skipping:
            yield line.strip()


def manual_lines(path):
    inside = False
    for line in open(path, encoding="utf-8"):
        if line.startswith((".nf", ".fi", ".SH")):
            inside = line.startswith(".nf")
        elif inside and line.strip() and not line.startswith("."):
            yield line.strip().replace("\\-", "-").replace("\\&", "").replace("\\(em", "-")


def as_shell(line):
    """The line for a shell; None where it is no command."""
    if line.startswith(ELSEWHERE) or line.startswith(OUTPUT):
        return None
    quoted = line.replace("'", "'\\''")
    if line.startswith("os."):
        return f"python3 -c 'import os; {quoted}'"
    if line.startswith("fs."):
        return f"node -e 'const fs = require(\"fs\"); {quoted}'"
    if line.startswith("imgbench_"):
        source = "#include <imgbench/mark.h>\\nint main(void) { " + quoted.split(";")[0] + "; }\\n"
        return f"printf '{source}' >mark.c && gcc -I {root}/include mark.c -o mark && ./mark"
    if not re.match(r"(export |ls |LD_PRELOAD=|IMGBENCH|(build/)?imgbench [a-z]+( |$)|\[ )", line):
        return None
    line = line.replace("/tmp/", f"{work}/tmp/").replace("-C /tmp ", f"-C {work}/tmp ").replace("sleep 60", "sleep 1")
    line = line.replace("/usr/lib/imgbench/libimgbench.so", f"{work}/build/libimgbench.so")
    if line.startswith("[ ") and "||" not in line:
        line += "\n:"  # it is false
    return line


def run(document, lines):
    commands = [command for command in map(as_shell, lines) if command]
    if not commands:
        return 0
    script = ["trap 'kill $(jobs -p) 2>/dev/null' EXIT", "unset IMGBENCH_DIR"]
    for number, command in enumerate(commands):
        # What a reader does between two lines takes longer than a shell.
        waits = "sleep 1" if "imgbench start" in command else "for i in 1 2 3 4 5 6 7 8 9 10; do [ -e port ] && break; sleep 0.5; done" if command.endswith("&") else ":"
        # In the shell itself, which keeps what is exported; the line ends before the brace: it may end in a comment.
        script.append(f"{{\n{command}\n}} >out.{number} 2>&1 </dev/null || "
                      f"{{ echo \"exit code $?: line {number + 1}\"; tail -5 out.{number}; exit 1; }}")
        script.append(waits)
    # A trace of an earlier document is in the way of a run of this one.
    subprocess.run(["rm", "-rf", f"{work}/tmp"], check=True)
    os.mkdir(f"{work}/tmp")
    if not any("run --out" in command or "export IMGBENCH_DIR" in command for command in commands):
        subprocess.run(["cp", "-r", f"{work}/OLD", f"{work}/tmp/batch"], check=True)  # it says what to do with one
    for leftover in ("public", "port"):
        subprocess.run(["rm", "-rf", f"{work}/{leftover}"], check=True)
    result = subprocess.run(["bash", "-c", "\n".join(script)], cwd=work, capture_output=True, text=True, timeout=300)
    if result.returncode:
        sys.exit(f"{document}: {result.stdout}{result.stderr}\n" + "\n".join(f"{n + 1}: {c}" for n, c in enumerate(commands)))
    return len(commands)


total = 0
for name in ["README.md"] + sorted(f"docs/{name}" for name in os.listdir(f"{root}/docs") if name.endswith(".md")):
    total += (count := run(name, readme_lines(f"{root}/{name}")))
    print(f"{name}: {count} examples")
for name in sorted(os.listdir(f"{root}/docs/man")):
    total += (count := run(name, manual_lines(f"{root}/docs/man/{name}")))
    print(f"{name}: {count} examples")
if total < 40:
    sys.exit(f"only {total} examples were found: the reading of the documents is broken")
