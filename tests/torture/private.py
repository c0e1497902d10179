# SPDX-License-Identifier: MIT
# Owns: the claims about who can read, catch or redirect what is written: modes of a trace, traps of another user in /tmp,
# secrets in a target's environment.
# Must not know: how a trace is laid out.
import os
import secrets
import shutil
import stat
import sys

from harness import ROOT, case, run
from planted import forms

VICTIM, ATTACKER = 65533, 65534


def modes(t, top, what, uid=None):
    """Directories 0700, files 0600, of one owner, nothing else; returns how many there are."""
    count = 0
    for place, _, files in os.walk(top):
        for path in [place, *(os.path.join(place, name) for name in files)]:
            status = os.lstat(path)
            wanted = stat.S_IFDIR | 0o700 if path == place else stat.S_IFREG | 0o600
            t.expect(status.st_mode == wanted, f"{what}: {path} has the mode {status.st_mode:o}")
            t.expect(uid is None or status.st_uid == uid, f"{what}: {path} is of {status.st_uid}")
            count += 1
    return count


@case("a trace under any umask is its owner's alone", trials=4, short=2, needs=("cwebp",))
def modes_are_private(t):
    mask = (0, 0o022, 0o007, 0o077)[t.number % 4]
    script = f"umask {mask:o}; cwebp -quiet $0 -o /dev/null; (cwebp -quiet $0 -o /dev/null); true"
    t.same(["bash", "-c", script, f"{t.tools.images()}/photo.png"])
    t.expect(modes(t, t.trace, f"umask {mask:o}") > 6, "no trace")
    t.explained()


# ---- traps ----

# A /tmp of one's own, which also hides the source tree where that lies in /tmp.
INSIDE = 'mount -t tmpfs -o mode=1777 none /tmp && exec "$@"'


def as_user(uid, words, environment):
    """The environment is the user's: setpriv itself, still root, is not to be traced."""
    settings = [f"{name}={value}" for name, value in environment.items()]
    return run(["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", "env", "-i", *settings, *words],
               capture_output=True, timeout=60, check=False, cwd="/")  # fmt: skip


def lay(trap, private):
    """The attacker's trap at the victim's default place. private: a directory of the victim's."""
    place, own = f"/tmp/imgbench-{VICTIM}", "/tmp/attacker"
    os.mkdir(own, 0o777)
    os.chmod(own, 0o777)
    os.chown(own, ATTACKER, ATTACKER)
    if trap in ("directory", "directory that seems closed"):
        os.mkdir(place, 0o700)
        os.chown(place, ATTACKER, ATTACKER)
        os.chmod(place, 0o777 if trap == "directory" else 0o711)
    elif trap == "link to the attacker's":
        os.symlink(own, place)
        os.lchown(place, ATTACKER, ATTACKER)
    elif trap == "link to the victim's":
        os.symlink(private, place)
        os.lchown(place, ATTACKER, ATTACKER)
    elif trap == "link to nothing":
        os.symlink(f"{own}/made", place)
        os.lchown(place, ATTACKER, ATTACKER)
    elif trap == "file":
        with open(place, "wb"):
            pass
        os.chown(place, ATTACKER, ATTACKER)
    elif trap == "FIFO":
        os.mkfifo(place, 0o666)
        os.chown(place, ATTACKER, ATTACKER)
    elif trap == "own directory, open to a group":
        os.mkdir(place, 0o770)
        os.chmod(place, 0o770)
        os.chown(place, VICTIM, ATTACKER)
    return place, own


def everything(top):
    """{path: (what, mode, owner, size)} below a directory; it is its own."""
    found = {}
    for place, directories, files in os.walk(top):
        for name in [*directories, *files]:
            status = os.lstat(os.path.join(place, name))
            found[os.path.join(place, name)] = (status.st_mode, status.st_uid, status.st_size)
    return found


TRAPS = ("none", "directory", "directory that seems closed", "link to the attacker's", "link to the victim's",
         "link to nothing", "file", "FIFO", "own directory, open to a group")  # fmt: skip


def inside(work, library, imgbench, photo, trap):
    """In a mount namespace of its own, as root; prints what is wrong, nothing else."""
    private = f"{work}/private-{VICTIM}"
    os.makedirs(private, 0o700)
    os.chown(private, VICTIM, VICTIM)
    place, own = lay(trap, private)
    before = everything("/tmp") | everything(private)
    bare = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    for kind, words, more in (("preload", ["cwebp", "-quiet", photo, "-o", "-"], {"LD_PRELOAD": library}),
                              ("run", [imgbench, "run", "--", "cwebp", "-quiet", photo, "-o", "-"], {}),
                              ("report", [imgbench, "report"], {})):  # fmt: skip
        expected = as_user(VICTIM, ["cwebp", "-quiet", photo, "-o", "-"], bare)
        done = as_user(VICTIM, words, bare | more)
        if kind != "report" and done.returncode not in (expected.returncode, 125):
            print(f"{kind}: exit code {done.returncode}: {done.stderr[-200:]}")
        if kind == "preload" and (done.stdout, done.stderr) != (expected.stdout, expected.stderr):
            print(f"{kind}: the tool's output differs")
        if kind == "report" and trap == "none" and b"Benchmark Report" not in done.stdout:
            print(f"without a trap there is no trace: {done.stderr}")
    after = everything("/tmp") | everything(private)
    new = {path for path in after if after[path] != before.get(path)}
    if trap == "none":
        top = {path for path in new if os.path.dirname(path) == "/tmp"}
        if top != {place} or any(uid != VICTIM or mode & 0o077 for mode, uid, _ in (after[path] for path in new)):
            print(f"not private: {sorted((path, oct(after[path][0]), after[path][1]) for path in new)}")
    elif new or before.keys() != after.keys():
        print(f"caught: {sorted(new)[:4]}; gone: {sorted(before.keys() - after.keys())[:4]}")
    shutil.rmtree(own)


@case("another user waits at the trace's place in /tmp", trials=len(TRAPS), short=len(TRAPS), rights=("root", "mount"),
      needs=("cwebp", "unshare", "setpriv"))  # fmt: skip
def traps(t):
    trap = TRAPS[t.number % len(TRAPS)]
    work = f"{t.directory}/work"
    os.makedirs(work)
    os.chmod(t.directory, 0o755)
    for name in (t.tools.imgbench, f"{t.tools.images()}/photo.png"):
        shutil.copy(name, work)
    for name in ("tests/torture/private.py", "tests/torture/parts/harness.py", "tests/torture/parts/started.py", "tests/integration/parts/planted.py"):
        shutil.copy(f"{ROOT}/{name}", work)
    done = run(["unshare", "--mount", "sh", "-c", INSIDE, "sh", sys.executable, "-B", f"{work}/private.py", work,
                t.tools.library, f"{work}/imgbench", f"{work}/photo.png", trap],
               capture_output=True, text=True, timeout=100, check=False)  # fmt: skip
    t.expect(done.returncode == 0 and not done.stdout, f"{trap}: {done.stdout}{done.stderr[-600:]}")


@case("a report is written where another user left a link or a file", rights=("root",), needs=("cwebp", "setpriv"))
def outputs(t):
    t.same(["cwebp", "-quiet", f"{t.tools.images()}/photo.png", "-o", "a.webp"])
    place, precious = f"{t.directory}/shared", f"{t.directory}/precious"
    os.mkdir(place)
    os.chmod(place, 0o1777)
    writers = [["report", "--json={}"], ["report", "--html={}"], ["report", "--csv={}"], ["report", "--md={}"],
               ["export", "--perfetto={}"], ["export", "--ndjson={}"], ["export", "--sqlite={}"], ["export", "--flamegraph={}"]]
    for number, words in enumerate(writers):
        with open(precious, "wb") as file:
            file.write(b"precious")
        for kind in ("link", "file", "own link"):
            path = f"{place}/{kind}-{number}"
            if kind == "file":
                with open(path, "wb"):
                    pass
                os.chmod(path, 0o666)
            else:
                os.symlink(precious, path)
            os.lchown(path, *([ATTACKER] * 2 if kind != "own link" else [0, 0]))
            done = run([t.tools.imgbench, *(word.format(path) for word in words), t.trace], capture_output=True,
                       text=True, timeout=60, check=False, umask=0o022, env=t.environment(traced=False))  # fmt: skip
            with open(precious, "rb") as file:
                kept = file.read() == b"precious"
            if kind == "link":
                t.expect(kept and done.returncode == 1 and "another user made" in done.stderr,
                         f"{words[1]} through another's link ends with {done.returncode}: {done.stderr}")  # fmt: skip
            elif kind == "own link":
                t.expect(not kept and done.returncode == 0 and os.path.islink(path), f"{words[1]} does not follow an own link")
            else:
                status = os.stat(path)
                t.expect(status.st_uid == 0 and not status.st_mode & 0o022 and status.st_size, f"{words[1]}: {status.st_mode:o}")


@case("secrets in the environment of a target are nowhere in its trace", trials=3, short=1, needs=("cwebp",))
def secrets_stay(t):
    names = ("AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "DATABASE_URL", "SSH_AUTH_SOCK", "IMGBENCH_X")
    planted = {name: f"{name[:3]}{secrets.token_hex(12)}" for name in names}
    photo = f"{t.tools.images()}/photo.png"
    script = (f"cwebp -quiet {photo} -o a.webp; (export LATE=$AWS_SECRET_ACCESS_KEY; vips copy {photo} b.jpg; env); "
              f"convert-im6.q16 {photo} c.gif; exec true")  # fmt: skip
    traces = [t.trace, f"{t.directory}/run"]
    t.observe(["bash", "-c", script], True, {**planted, "IMGBENCH_STACKS": "1"})
    t.observe([t.tools.imgbench, "run", f"--out={traces[1]}", "--report=r.txt", "--", "bash", "-c", script], False, planted)
    for words in (["pack", t.trace], ["export", f"--ndjson={t.trace}/all", "--records", t.trace],
                  ["report", f"--json={t.trace}/json", f"--html={t.trace}/html", t.trace]):  # fmt: skip
        run([t.tools.imgbench, *words], capture_output=True, timeout=60, check=True,
            env={**t.environment(traced=False), **planted})  # fmt: skip
    looked = 0
    for top in traces:
        for place, _, files in os.walk(top):
            for name in files:
                with open(os.path.join(place, name), "rb") as file:
                    content = file.read()
                looked += 1
                for secret_name, secret in planted.items():
                    for form, pattern in forms(secret.encode()):
                        t.expect(pattern not in content, f"{secret_name} is in {name} of {top}, {form}")
    t.expect(looked > 20, f"only {looked} files")


if __name__ == "__main__":
    inside(*sys.argv[1:])
