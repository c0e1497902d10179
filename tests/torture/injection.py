# SPDX-License-Identifier: MIT
# Owns: the claim that names, arguments and marks of a traced run are text in every output and message, whatever they hold:
# each output is read by a program that acts on what is in it.
# Must not know: how outputs are escaped.
import base64
import csv
import html.parser
import json
import os
import re
import shutil
import sqlite3
import subprocess

from harness import ROOT, case, run

# What each would do, to whom. A file's name holds no slash: where one is needed, a directory ends in front of it.
PAYLOADS = {
    "script": b"\"'><script>window.pwned=1</script><img src=x onerror=window.pwned=2>&amp;",
    "end of script": b"<!--<script>]]></script><svg onload=window.pwned=3>",
    "formula": b"=cmd|' !A1",
    "plus": b"+1+1",
    "minus": b"-2+3+cmd",
    "at": b"@SUM(1)",
    "tab": b"\t=1",
    "return": b"\r=1",
    "newline": b"a\n=1+1,\"\n- Peak: 0 MB\n| b | c |",
    "terminal": b"\x1b]0;pwned\x07\x1b[2J\x1b[31m\x7f\x08",
    "C1": b"\xc2\x9b31m\xc2\x9d0;x\xc2\x9c \x9b31m",
    "direction": "a\u202egpj.exe\u2066\u200b\u2028".encode(),
    "no UTF-8": b"\xff\xfe\xc0\xaf",
    "surrogate": b"\xed\xa0\x80\xed\xb0\x80",
    "JSON": b"\",\"pwned\":1,\"x\":\"\\u0000\\",
    "Markdown": b"|x|[a](javascript:alert(1))![b](http://c)`<b>**~~#1 @user GH-1 https://x.org\\",
    "autolink": b"www.example.com https://example.com/ WWW.x.org a@example.com",
    "SQL": b"'; DROP TABLE images; --\"",
    "folded": b"main;evil 99 1",
    "format": b"%s%n%500d{}${HOME}$(id)`id`",
}
# Nothing that a terminal acts on may come out: controls but the end of a line, C1, what turns the direction.
FORBIDDEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffe]")
ALLOWED_TAGS = {"html", "head", "body", "h1", "h2", "h3", "h4", "p", "table", "thead", "tbody", "tr", "th", "td", "ul", "ol",
                "li", "strong", "em", "code", "br", "hr", "pre", "details", "summary", "del"}  # fmt: skip
SQLITE_TABLES = {"images", "files", "processes"}


class Tags(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.seen, self.cells, self.rows = set(), 0, []

    def handle_starttag(self, tag, attributes):
        self.seen.add(tag)
        self.cells += tag in ("td", "th")
        self.seen |= {f"{tag} {name}" for name, _ in attributes if name not in ("align", "style")}

    def handle_endtag(self, tag):
        if tag == "tr":
            self.rows.append(self.cells)
            self.cells = 0
        if tag == "table":
            self.rows.append(None)


def terminal(t, what, output):
    try:
        text = output.decode()
    except UnicodeDecodeError as error:
        t.fail(f"{what}: not UTF-8: {error}")
        return
    found = FORBIDDEN.search(text)
    if found:
        t.fail(f"{what}: {found[0]!r} in {text[max(found.start() - 60, 0):found.end() + 30]!r}")


def record(t):
    """One run of a real tool on a file with each name, started by a program with that name, in one trace; marks, too."""
    place = f"{t.directory}/in/<".encode()  # with the slash behind it: the end of a script
    os.makedirs(place)
    photo, cwebp = f"{t.tools.images()}/photo.png", shutil.which("cwebp")
    names = {}
    for number, (what, payload) in enumerate(PAYLOADS.items()):
        name = payload.replace(b"/", b"|")
        names[what] = os.path.join(place, name + b".png")
        shutil.copy(photo, names[what])
        program = os.path.join(place, name[:60] + b".bin")
        shutil.copy(cwebp, program)
        environment = {os.fsencode(k): os.fsencode(v) for k, v in t.environment().items()}
        environment[b"IMGBENCH_STACKS"] = b"1"
        environment[b"PAYLOAD"] = payload
        words = [program, b"-quiet", b"-metadata", b"all", names[what], b"-o", name + b".webp", b"-q", b"%d" % number]
        done = run(words, cwd=place, env=environment, capture_output=True, timeout=60, check=False)
        t.expect(done.returncode == 0, f"cwebp on {what}: {done.stderr[-200:]}")
        marks = b"imgbench:mark:" + payload, b"imgbench:begin:" + payload, b"imgbench:end:" + payload, \
            b"imgbench:mark:m?" + json.dumps({"x": payload.decode(errors="replace")}).encode()
        script = "import os, sys\nfor word in sys.argv[1:]:\n    os.access(os.fsencode(word), os.F_OK)"
        words = [b"/usr/bin/python3", b"-c", script.encode(), *marks]
        run(words, cwd=place, env=environment, capture_output=True, timeout=60, check=True)
    return names


def imgbench(t, *words, codes=(0,), what=None):
    """(stdout, stderr): both are looked through, unless stdout is no text."""
    done = run([t.tools.imgbench, *words], capture_output=True, timeout=120, check=False, cwd=t.directory,
               env=t.environment(traced=False), stdin=subprocess.DEVNULL)  # fmt: skip
    what = what or f"imgbench {' '.join(w if isinstance(w, str) else repr(w) for w in words)[:90]}"
    t.expect(done.returncode in codes, f"{what} ends with {done.returncode}: {done.stderr[-300:]}")
    terminal(t, f"{what}, stderr", done.stderr)
    return done.stdout


def texts(t):
    """Everything that may be printed on a terminal, errors included."""
    terminal(t, "report", imgbench(t, "report", "--images", t.trace))
    terminal(t, "dump", imgbench(t, "dump", t.trace))
    terminal(t, "status", imgbench(t, "status", t.trace))
    terminal(t, "verify", imgbench(t, "verify", t.trace))
    terminal(t, "compare", imgbench(t, "compare", "--top=0", t.trace, t.trace))
    for gate in ("any images.bytes_out>1", "any images.status==ok", "any files.path!=x", "all images.bytes_in<1MB"):
        imgbench(t, "report", t.trace, "--fail-if", gate, codes=(0, 2, 3))
    imgbench(t, "compare", t.trace, t.trace, "--fail-if", "any images.bytes_out<1", codes=(0, 2, 3))
    for what, payload in PAYLOADS.items():
        name = payload.replace(b"/", b"|")
        path = f"{t.directory}/traces/".encode() + name
        shutil.copytree(os.fsencode(t.trace), path, symlinks=True)
        first = sorted(os.listdir(path))[-1]
        for packet in os.listdir(os.path.join(path, first)) if os.path.isdir(os.path.join(path, first)) else ():
            if packet != b"metadata":
                os.truncate(os.path.join(path, first, packet), 300)  # damage names the file
        terminal(t, f"report in {what}", imgbench(t, "report", path))
        terminal(t, f"status in {what}", imgbench(t, "status", path))
        terminal(t, f"verify in {what}", imgbench(t, "verify", path, codes=(0, 1)))
        terminal(t, f"compare in {what}", imgbench(t, "compare", path, t.trace))
        terminal(t, f"anonymize in {what}", imgbench(t, "anonymize", path, path + b".new"))
        terminal(t, f"doctor of {what}", imgbench(t, "doctor", b"./" + name, codes=(0, 1)))
        for words in (("report", path + b".no"), ("report", path, b"--json=" + name + b"/no"), ("dump", b"./" + name),
                      ("verify", name + b".no"), ("report", b"--" + name), (name or b"x",), ("export", path, b"--sqlite=" + name + b"/n"),
                      ("report", path, b"--fail-if", payload), ("report", path, b"--top=" + payload),
                      ("compare", path, name), ("compare", b"--map=" + payload, path, path), ("mark", payload),
                      ("start", name), ("status", name), ("help", name), ("pack", name), ("anonymize", name, name),
                      ("export", b"--perfetto=" + name + b"/n", path), ("run", b"--out=" + name + b"/n/n", b"--", b"true"),
                      ("run", b"--report=" + name + b"/n/n", b"--", b"true"), ("run", b"--", b"./no" + name),
                      ("run", b"--prepare", b"exit 3 # " + name.replace(b"\n", b""), b"--", b"true")):  # fmt: skip
            imgbench(t, *words, codes=(0, 1, 2, 125, 126, 127), what=f"{words[0]!r} with {what}")
        shutil.rmtree(path)
        shutil.rmtree(path + b".new", ignore_errors=True)


def exact(file):
    return base64.b64decode(file["path_b64"]) if file.get("path_b64") else os.fsencode(file["path"])


def data(t, names):
    """JSON, CSV, lines of JSON, SQLite: what reads them finds the names, and nothing of another shape."""
    out = imgbench(t, "report", "--json", t.trace)
    report = json.loads(out.decode("utf-8", "strict"))
    t.expect("pwned" not in json.dumps(list(report)), "a name became a key")
    paths = {exact(file) for file in report["files"] if file["kind"] == "file"}
    for what, name in names.items():
        t.expect(name in paths, f"JSON: the name with {what} is not among files[]")
    imgbench(t, "report", "--csv=images.csv", t.trace)
    with open(f"{t.directory}/images.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, strict=True))
    t.expect(len(rows) == len(report["images"]) + 1 and len({len(row) for row in rows}) == 1,
             f"CSV: {len(rows)} rows of {sorted({len(row) for row in rows})} cells")  # fmt: skip
    for cell in (cell for row in rows[1:] for cell in row):
        if cell[:1] in tuple("=+-@\t\r") and cell and not re.fullmatch(r"-?[\d.e+-]+", cell):
            t.fail(f"CSV: a spreadsheet takes {cell!r} for a formula")
    for words in (["--ndjson=lines"], ["--ndjson=lines", "--records"]):
        imgbench(t, "export", t.trace, *words)
        with open(f"{t.directory}/lines", encoding="utf-8", newline="\n") as file:
            lines = [json.loads(line) for line in file]
        t.expect(all(isinstance(line, dict) for line in lines) and lines, f"export {words}")
    imgbench(t, "export", t.trace, "--sqlite=base")
    base = sqlite3.connect(f"{t.directory}/base")
    t.expect(base.execute("PRAGMA integrity_check").fetchall() == [("ok",)], "SQLite: integrity")
    tables = {name for name, in base.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    t.expect(SQLITE_TABLES <= tables, f"SQLite: tables {sorted(tables)}")
    count = base.execute("SELECT count(*) FROM images").fetchone()[0]
    t.expect(count == len(report["images"]), f"SQLite: {count} images of {len(report['images'])}")
    t.expect(base.execute("SELECT count(*) FROM files WHERE path LIKE '%DROP TABLE images; --%'").fetchone()[0],
             "SQLite: the name that is a statement is not there as text")  # fmt: skip
    base.close()


def others(t):
    """Perfetto, folded stacks, Markdown."""
    imgbench(t, "export", t.trace, "--perfetto=p", "--flamegraph=f")
    with open(f"{t.directory}/p", "rb") as file:
        done = run(["protoc", "--decode=imgbench.Trace", f"--proto_path={ROOT}/tests/integration/export", "perfetto.proto"],
                   stdin=file, capture_output=True, timeout=120, check=False)  # fmt: skip
    t.expect(done.returncode == 0 and not done.stderr, f"Perfetto: {done.stderr[:200]}")
    with open(f"{t.directory}/f", "rb") as file:
        folded = file.read()
    terminal(t, "folded stacks", folded)
    for line in folded.splitlines():
        t.expect(re.fullmatch(rb"[^; ]+(;[^; ]+)* \d+", line), f"folded stacks: {line!r}")
    for words in (["report", "--md=m", t.trace], ["compare", "--md=m", t.trace, t.trace]):
        imgbench(t, *words)
        with open(f"{t.directory}/m", "rb") as file:
            terminal(t, f"Markdown of {words[0]}", file.read())
        page = run(["cmark-gfm", "--unsafe", "-e", "table", "-e", "autolink", "-e", "strikethrough", f"{t.directory}/m"],
                   capture_output=True, timeout=60, check=True).stdout.decode()  # fmt: skip
        tags = Tags()
        tags.feed(page)
        t.expect(tags.seen <= ALLOWED_TAGS, f"Markdown of {words[0]}: {sorted(tags.seen - ALLOWED_TAGS)}")
        width = None
        for cells in tags.rows:
            if cells and width and cells != width:
                t.fail(f"Markdown of {words[0]}: a row of {cells} cells in a table of {width}")
            width = cells
        t.expect("pwned" in page or words[0] == "compare", "Markdown: no name is there")


def browser(t):
    """A page's scripts, requests and dialogs are counted by the browser that shows it."""
    imgbench(t, "report", "--html=report.html", t.trace)
    imgbench(t, "compare", "--html=compare.html", t.trace, t.trace)
    done = run(["node", f"{ROOT}/tests/browser/canary.mjs", f"{t.directory}/report.html", f"{t.directory}/compare.html"],
               capture_output=True, text=True, timeout=110, check=False,
               env={**os.environ, "BROWSER_MODULES": f"{ROOT}/build/browser/node_modules"})  # fmt: skip
    t.expect(done.returncode == 0, f"browser: {(done.stdout + done.stderr)[-600:]}")


@case("hostile names, arguments and marks, to every output and message", needs=("cwebp", "cmark-gfm", "protoc", "node", "chromium"),
      seconds=600)  # fmt: skip
def names(t):
    hostile = record(t)
    t.explained()
    data(t, hostile)
    others(t)
    browser(t)
    texts(t)
