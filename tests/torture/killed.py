# SPDX-License-Identifier: MIT
# Owns: programs that do not come to their end: killed, crashed, their machine without power. What their journal says
# came back must be in the trace; what was in the works must have its name in the report.
# Must not know: how a trace is laid out, but that packets are files of pages.
import os
import shutil
import signal
import struct
import time

from harness import case, end, run

SIDE, LANE = 24, struct.Struct("6Q")
BATCH = ("torture/batch", "-l:libwebp.so.7")


def inputs(directory, threads):
    for thread in range(threads):
        pixels = bytes((n * (thread + 3) ^ n >> 4) & 255 for n in range(SIDE * SIDE * 3))
        with open(f"{directory}/in-{thread}.ppm", "wb") as file:
            file.write(b"P6\n%d %d\n255\n" % (SIDE, SIDE) + pixels)


def journal(path, threads):
    """Per thread: opens, transfers, closes, encodes, images, 1 + the image that is being written."""
    with open(path, "rb") as file:
        data = file.read()
    return [LANE.unpack_from(data, thread * LANE.size) for thread in range(threads)]


def recorded(t, trace):
    """How many calls of each kind of journal() about the batch's images the trace holds."""
    done = run([t.tools.imgbench, "dump", trace], capture_output=True, text=True, timeout=120, check=False)
    t.expect(done.returncode == 0, f"dump: {done.stderr[-300:]}")
    counts, files = {"open": 0, "io": 0, "close": 0, "codec_call": 0}, set()
    for line in done.stdout.splitlines():
        words = line.split(" ")
        kind = words[2]
        if kind not in counts:
            continue
        fields = dict(word.split("=", 1) for word in words[3:] if "=" in word)
        if kind == "open" and fields["path"].startswith(('"in-', '"out-')):
            files.add(fields["file"])
        if kind == "codec_call" or fields.get("file") in files:
            counts[kind] += 1
    return list(counts.values())


def start_batch(t, threads):
    os.makedirs(f"{t.directory}/in")
    inputs(f"{t.directory}/in", threads)
    process = t.start([t.victim(*BATCH), f"{t.directory}/journal", str(threads), "0", "never"])
    begun = time.monotonic()
    while not os.path.exists(f"{t.directory}/journal") or os.path.getsize(f"{t.directory}/journal") == 0:
        if time.monotonic() - begun > 20 or process.poll() is not None:
            raise RuntimeError("the batch did not begin")
        time.sleep(0.001)
    return process


def check_complete(t, threads, report):
    """Each call that came back has its record; of those in the works there is one per thread at most. What a thread did
    before its first codec call may still have waited in memory, without a visible packet."""
    lanes = journal(f"{t.directory}/journal", threads)
    waiting = sum(lane[0] + lane[1] + lane[2] for lane in lanes if lane[3] == 0)
    for what, mine, its in zip(("opens", "transfers", "closes", "encodes"), map(sum, zip(*lanes)), recorded(t, t.trace)):
        t.expect(mine - waiting <= its <= mine + threads, f"{what}: {mine} came back, {its} are in the trace")
    images = report["images"]
    named = {file["path"].rsplit("/", 1)[-1]: n for n, file in enumerate(report["files"])}
    whole = sum(image["status"] == "ok" for image in images)
    done = sum(lane[4] for lane in lanes)
    t.expect(done <= whole <= done + threads, f"{done} images came to their end, {whole} are ok in the report")
    for thread, lane in enumerate(lanes):
        if lane[5]:
            name = f"out-{thread}-{lane[5] - 1}.webp"
            half = [image for image in images if named.get(name) in image["outputs"]]
            t.expect(len(half) == 1 and half[0]["status"] != "ok", f"{name} was being written; the report has {half}")


@case("SIGKILL at a random moment of up to eight converting threads", trials=500, short=12)
def sigkill(t):
    threads = t.random.choice([1, 2, 4, 4, 8])
    process = start_batch(t, threads)
    time.sleep(t.random.uniform(0, 0.25))
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    if sum(lane[3] for lane in journal(f"{t.directory}/journal", threads)) == 0:
        t.report(must_exist=False)  # nothing was worth a file yet
        return
    report = t.explained()
    if report:
        check_complete(t, threads, report)


@case("SIGKILL to every program of a shell's pipeline and xargs -P4, at once", trials=100, short=4)
def whole_tree(t):
    images = t.tools.images()
    script = f"ls {images}/*.png | xargs -P4 -I{{}} sh -c 'cwebp -quiet -m 2 {{}} -o $$.webp && dwebp -quiet $$.webp -o $$.png'"
    process = t.start(["sh", "-c", script])
    time.sleep(t.random.uniform(0.02, 0.5))
    end(process)
    t.explained(must_exist=False)


def crash(t, how, code):
    def prepare(directory):
        inputs(directory, 3)

    words = [t.victim(*BATCH), f"{t.directory}/journal", "3", "20", how]
    bare = t.observe(words, False, prepare=prepare, ages=False)
    os.unlink(f"{t.directory}/journal")
    traced = t.observe(words, True, prepare=prepare, ages=False)
    for text in list(bare.differences(traced)):
        t.fail(text)
    t.expect(traced.code == code, f"it ended with {traced.code}")
    report = t.explained()
    if report:
        check_complete(t, 3, report)
        t.expect(len(report["images"]) == 60 and all(image["status"] == "ok" for image in report["images"]), "not 60 images")


@case("SIGSEGV in the program's own code, unhandled", trials=30, short=1)
def segv(t):
    crash(t, "segv", -signal.SIGSEGV)


@case("abort()", trials=30, short=1)
def aborts(t):
    crash(t, "abort", -signal.SIGABRT)


@case("SIGKILL to itself when all is done", trials=30, short=1)
def kills_itself(t):
    crash(t, "kill", -signal.SIGKILL)


@case("_exit() and main's end while threads are idle", trials=20, short=1)
def leaves(t):
    how = ["_exit", "exit", "return"][t.number % 3]
    crash(t, how, {"_exit": 3, "exit": 4, "return": 5}[how])


@case("main returns while its threads convert", trials=100, short=4)
def early(t):
    os.makedirs(f"{t.directory}/in")
    inputs(f"{t.directory}/in", 4)
    process = t.start([t.victim(*BATCH), f"{t.directory}/journal", "4", "100000", "early"])
    code = process.wait(60)
    t.expect(code == 5, f"it ended with {code}")
    t.explained(must_exist=False)


def copy(source, target):
    """As a copying tool would: one file after the other, while they change."""
    for place, _, files in os.walk(source):
        to = os.path.join(target, os.path.relpath(place, source))
        os.makedirs(to, exist_ok=True)
        for name in files:
            try:
                shutil.copyfile(os.path.join(place, name), os.path.join(to, name), follow_symlinks=False)
            except FileNotFoundError:
                pass  # renamed meanwhile


@case("the directory is copied at a random moment, one file after the other", trials=200, short=6)
def copied(t):
    process = start_batch(t, 4)
    time.sleep(t.random.uniform(0.01, 0.3))
    before = sum(lane[4] for lane in journal(f"{t.directory}/journal", 4))
    if os.path.isdir(t.trace):
        copy(t.trace, f"{t.directory}/copy")
    end(process)
    if before == 0:
        return
    report = t.explained(f"{t.directory}/copy")
    if report:
        whole = sum(image["status"] == "ok" for image in report["images"])
        t.expect(whole >= before, f"{before} images came to their end before the copy, which holds {whole}")


@case("power is cut: of the copy, pages that were not yet written hold zeros, names may be the old ones", trials=300, short=8)
def power_cut(t):
    process = start_batch(t, 4)
    time.sleep(t.random.uniform(0.02, 0.3))
    target = f"{t.directory}/copy"
    if os.path.isdir(t.trace):
        copy(t.trace, target)
    end(process)
    for place, _, files in os.walk(target):
        for name in files:
            path = os.path.join(place, name)
            if t.random.random() < 0.1:  # the rename had not reached the disk
                os.rename(path, os.path.join(place, f".{name.lstrip('.')}"))
                continue
            pages = -(-os.path.getsize(path) // 4096)
            with open(path, "r+b") as file:
                for page in range(pages):
                    if t.random.random() < 0.2:
                        file.seek(page * 4096)
                        file.write(bytes(min(4096, os.path.getsize(path) - page * 4096)))
    done = run([t.tools.imgbench, "report", "--json", target], capture_output=True, timeout=60, check=False)
    said = done.stderr.decode(errors="replace")
    t.expect(done.returncode in (0, 1), f"report ends with {done.returncode}: {said[-300:]}")
    t.expect(done.returncode == 0 or said.startswith("imgbench: "), f"report ends with 1 and says {said[-300:] or 'nothing'}")
    t.expect((done.returncode == 0) == bool(done.stdout), "a report of half a file")
    checked = run([t.tools.imgbench, "verify", target], capture_output=True, timeout=60, check=False)
    t.expect(checked.returncode in (0, 1), f"verify ends with {checked.returncode}")
    t.expect(checked.returncode or not said, f"verify finds nothing where report says {said[-300:]}")
