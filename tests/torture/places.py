# SPDX-License-Identifier: MIT
# Owns: programs whose place in the file system changes while they are traced, or the trace's own does: it is removed,
# closed to them, replaced by something else; they change their root, their user, their mask, their clock.
# Must not know: how a trace is laid out.
import os
import shutil
import time

from harness import case, end, listing, run
from killed import BATCH, inputs, journal, start_batch


def wait_for(condition, process, seconds=20):
    begun = time.monotonic()
    while not condition():
        if time.monotonic() - begun > seconds or process.poll() is not None:
            return False
        time.sleep(0.002)
    return True


def images_done(t):
    return sum(lane[4] for lane in journal(f"{t.directory}/journal", 3))


def while_running(t, change, images=300):
    """Changes the trace's place while three threads convert; they must go on as if nothing was."""
    process = start_batch(t, 3)
    t.expect(wait_for(lambda: images_done(t) > 20 and os.path.isdir(t.trace), process), "no trace")
    time.sleep(t.random.uniform(0, 0.05))
    change()
    before = images_done(t)
    t.expect(wait_for(lambda: images_done(t) > before + images, process), "the program came to a standstill, or ended")
    t.expect(process.poll() is None, f"the program ended with {process.poll()}")
    end(process)
    empty = [name for name, what in listing(f"{t.directory}/in").items()
             if name.startswith("out-") and what[2] == 0]  # fmt: skip
    t.expect(len(empty) <= 3, f"{len(empty)} outputs are empty")


@case("the trace's directory is removed", trials=40, short=2)
def removed(t):
    while_running(t, lambda: shutil.rmtree(t.trace, ignore_errors=True))
    t.report(must_exist=False)


@case("the trace's directory is renamed, and a file put in its place", trials=30, short=1)
def replaced_by_file(t):
    def change():
        os.rename(t.trace, f"{t.directory}/elsewhere")
        with open(t.trace, "wb") as file:
            file.write(b"mine")

    while_running(t, change)
    with open(t.trace, "rb") as file:
        t.expect(file.read() == b"mine", "the file was written to")
    t.explained(f"{t.directory}/elsewhere")


@case("the trace's directory is renamed, and a link to the program's own put in its place", trials=30, short=1)
def replaced_by_link(t):
    target = f"{t.directory}/precious"

    def change():
        os.makedirs(target)
        os.rename(t.trace, f"{t.directory}/elsewhere")
        os.symlink(target, t.trace)

    while_running(t, change)
    found = [name for _, directories, files in os.walk(target) for name in directories + files]
    t.expect(not found, f"{found} were made behind the link")
    t.explained(f"{t.directory}/elsewhere")


@case("the trace's directories are replaced by empty ones of the same names", trials=30, short=1)
def replaced_by_twin(t):
    def change():
        names = os.listdir(t.trace)
        os.rename(t.trace, f"{t.directory}/elsewhere")
        for name in names:
            if "-" in name:
                os.makedirs(f"{t.trace}/{name}", mode=0o700)

    while_running(t, change)
    t.explained(f"{t.directory}/elsewhere")
    t.report(must_exist=False)


@case("the trace's disk becomes read-only", trials=20, short=1, rights=("root", "mount"))
def read_only(t):
    place = f"{t.directory}/mount"
    os.makedirs(place)
    run(["mount", "-t", "tmpfs", "-o", "size=50m", "none", place], check=True)
    t.trace = f"{place}/trace"

    # A disk with a file that is mapped for writing cannot become read-only; a mount of it can.
    closed = f"{t.directory}/closed"
    os.makedirs(closed)
    run(["mount", "--bind", place, closed], check=True)
    run(["mount", "-o", "remount,bind,ro", closed], check=True)
    try:
        while_running(t, lambda: run(["mount", "--bind", closed, place], check=True), 3000)
        report = t.explained()
        t.expect(report and report["coverage"]["lost_records"], "nothing was lost")
    finally:
        for mount in (place, closed, place):
            run(["umount", mount], check=False)


@case("the trace's files are removed while they are mapped", trials=20, short=1)
def packets_unlinked(t):
    def change():
        for place, _, names in os.walk(t.trace):
            for name in names:
                os.unlink(os.path.join(place, name))

    while_running(t, change)
    t.report(must_exist=False)


@case("chroot, chdir, fchdir and a changed root directory before and while it converts", trials=20, short=1, rights=("root",))
def chroot(t):
    t.same([t.victim("torture/places"), "chroot"])
    t.explained()


@case("setuid and setgid to nobody, before the first record and after", trials=20, short=1, rights=("root",))
def drops_rights(t):
    t.same([t.victim("torture/places"), "setuid", "early" if t.number % 2 else "late"],
           prepare=lambda place: os.chmod(place, 0o777))  # fmt: skip
    t.explained(must_exist=False)


@case("the same, as an image tool does: root starts it, setpriv takes root away", trials=10, short=1, rights=("root",))
def setpriv(t):
    t.settings = {}  # with others, setpriv itself makes the trace, while it is still root
    t.open_to_all()
    words = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "cwebp", "-quiet",
             f"{t.tools.images()}/photo.png", "-o", "a.webp"]  # fmt: skip
    t.same(words, prepare=lambda place: os.chmod(place, 0o777))
    report = t.explained()
    t.expect(report and len(report["images"]) == 1, "the image is not in the report")


@case("umask 0777, and modes of the trace under umask 0 and 0777", trials=10, short=1, rights=("root",))
def umask(t):
    t.settings = {}
    t.open_to_all()
    for mask in ("0777", "0000", "0022", "0707"):
        t.trace = f"{t.directory}/trace-{mask}"
        words = ["setpriv", "--reuid=65534", "--clear-groups", "sh", "-c",  # modes do not bind root
                 f"umask {mask}; cwebp -quiet {t.tools.images()}/photo.png -o a.webp; echo $?; umask"]  # fmt: skip
        t.same(words, prepare=lambda place: os.chmod(place, 0o777))
        report = t.explained()
        t.expect(report and len(report["images"]) == 1, "the image is not in the report")
        for place, directories, files in os.walk(t.trace):
            for name in directories + files:
                mode = os.lstat(os.path.join(place, name)).st_mode & 0o777
                t.expect(mode == (0o700 if name in directories else 0o600), f"umask {mask}: {name} has mode {mode:o}")
        t.expect(os.lstat(t.trace).st_mode & 0o777 == 0o700, "the trace itself is open to others")


@case("the clock of the day is set back and forth while it converts", trials=10, short=1, needs=("faketime",), rights=("root", "time namespace"))
def time_jumps(t):
    # In a time namespace of its own: only the monotonic clock can be moved there; the day's by libfaketime.
    images = t.tools.images()
    for offset in ("1000000", "3"):
        t.trace = f"{t.directory}/trace-{offset}"
        t.same(["unshare", "--time", "--fork", f"--monotonic={offset}", f"--boottime={offset}", "sh", "-c",
                f"cwebp -quiet {images}/photo.png -o a.webp; echo $?"])  # fmt: skip
        report = t.explained()
        t.expect(report and 0 < report["duration_s"] < 100, f"a run of {report and report['duration_s']} s")
    t.trace = f"{t.directory}/trace-day"
    bare = t.observe(["faketime", "-f", "@2001-01-01 00:00:00 x1000", "sh", "-c",
                      f"cwebp -quiet {images}/photo.png -o a.webp; date +%Y"], False)  # fmt: skip
    library = t.tools.library
    traced = t.observe(["faketime", "-f", "@2001-01-01 00:00:00 x1000", "sh", "-c",
                        f"LD_PRELOAD=$LD_PRELOAD:{library}; cwebp -quiet {images}/photo.png -o a.webp; date +%Y"],
                       False, {"IMGBENCH_DIR": t.trace})  # fmt: skip
    for text in bare.differences(traced):
        t.fail(text)
    t.explained()
