# SPDX-License-Identifier: MIT
# Owns: programs for which something runs out while they are traced: the disk, their limits, the trace's quota.
# Must not know: how a trace is laid out.
import contextlib
import os
import resource
import subprocess

from harness import case, run
from killed import BATCH, inputs

DESCRIPTORS = "guest_files/descriptors"
MEGABYTE = 1 << 20


@contextlib.contextmanager
def mounted(t, kind, kilobytes, inodes=None):
    """A small file system of its own: its mount point."""
    place = f"{t.directory}/mount"
    os.makedirs(place)
    if kind == "tmpfs":
        options = f"size={kilobytes}k" + (f",nr_inodes={inodes}" if inodes else "")
        command = ["mount", "-t", "tmpfs", "-o", options, "none", place]
    else:
        image = f"{t.directory}/image"
        with open(image, "wb") as file:
            file.truncate(kilobytes * 1024)
        run(["mkfs.ext4", "-q", "-F", "-m", "0", image], check=True, stdout=subprocess.DEVNULL)
        command = ["mount", "-o", "loop", image, place]
    run(command, check=True)
    try:
        yield place
    finally:
        run(["umount", place], check=True)


def batch(t, images, threads=2):
    return [t.victim(*BATCH), f"{t.directory}/journal", str(threads), str(images), "return"], {
        "prepare": lambda directory: inputs(directory, threads),
        "ages": False,
    }


def losses_are_told(t, report):
    """Where records are lost the report says so in words, too."""
    if report and report["coverage"]["lost_records"]:
        done = run([t.tools.imgbench, "report", t.trace], capture_output=True, text=True, timeout=60, check=False)
        t.expect("lost" in done.stdout, "the text report does not say what was lost")


def disk_full(t, kind):
    kilobytes = t.random.choice([64, 100, 200, 400, 1000, 2000]) + (2000 if kind == "ext4" else 0)
    with mounted(t, kind, kilobytes) as place:
        t.trace = f"{place}/trace"
        words, how = batch(t, t.random.choice([20, 200, 1000]))
        t.same(words, **how)
        losses_are_told(t, t.explained(must_exist=False))


@case("the trace's disk becomes full: tmpfs of 64 kB to 2 MB", trials=60, short=3, rights=("root", "mount"))
def tmpfs_full(t):
    disk_full(t, "tmpfs")


@case("the trace's disk becomes full: ext4 on a loop device", trials=30, short=1, rights=("root", "mount", "loop"))
def ext4_full(t):
    disk_full(t, "ext4")


@case("the trace's disk has no more inodes", trials=20, short=2, rights=("root", "mount"))
def no_inodes(t):
    with mounted(t, "tmpfs", 4000, inodes=t.random.randint(2, 9)) as place:
        t.trace = f"{place}/trace"
        words, how = batch(t, 50, threads=4)
        t.same(words, **how)
        losses_are_told(t, t.explained(must_exist=False))


@case("the program's own disk is full, the trace's as well", trials=20, short=1, rights=("root", "mount"))
def both_full(t):
    images = t.tools.images()
    with mounted(t, "tmpfs", 256) as place:
        t.trace = f"{place}/trace"
        script = f"cat {images}/photo.png >{place}/a; cp {images}/photo.ppm {place}/b; cwebp -quiet -lossless {images}/photo.png -o {place}/c; echo $?; rm -f {place}/[abc]"
        bare, traced = t.same(["sh", "-c", script])
        t.expect(b"No space" in bare.err, "the disk did not become full")
        t.report(must_exist=False)


@case("IMGBENCH_QUOTA from 1 kB to 1 MB", trials=60, short=3)
def quota(t):
    limit = int(1024 * 1024 ** t.random.random())
    words, how = batch(t, 300)
    t.same(words, more={"IMGBENCH_QUOTA": str(limit)}, **how)
    report = t.explained(must_exist=False)
    losses_are_told(t, report)
    size = sum(os.path.getsize(os.path.join(place, name)) for place, _, names in os.walk(t.trace) for name in names
               if name[0].isdigit())  # fmt: skip
    t.expect(size <= limit, f"packets of {size} bytes, the limit is {limit}")


@case("RLIMIT_FSIZE, which would end the program by SIGXFSZ, below a packet's size", trials=40, short=2)
def file_size(t):
    limit = t.random.choice([0, 1, 4096, 5000, 8192, 20000, 65536, 100000])
    words, how = batch(t, 300)
    t.same(words, limits={resource.RLIMIT_FSIZE: limit}, **how)
    losses_are_told(t, t.explained(must_exist=False))


@case("no descriptor is left: RLIMIT_NOFILE used up", trials=20, short=1)
def no_descriptors(t):
    t.same([t.victim(DESCRIPTORS), "no_descriptors"])
    t.explained(must_exist=False)
    words, how = batch(t, 50, threads=1)  # of two it is chance who finds the last one
    for limit in (4, 5, 6, 7):  # the loader itself needs one
        t.trace = f"{t.directory}/trace-{limit}"
        t.same(words, limits={resource.RLIMIT_NOFILE: limit}, **how)
        losses_are_told(t, t.explained(must_exist=False))


@case("RLIMIT_AS: address space runs out at some allocation", trials=60, short=3)
def address_space(t):
    # What is left is not the same with another library in it: the program must fail in its own way, no other.
    limit = t.random.randint(4, 60) * MEGABYTE
    words = [t.victim("torture/memory"), "fill"]
    traced = t.observe(words, True, limits={resource.RLIMIT_AS: limit})
    bare = t.observe(words, False, limits={resource.RLIMIT_AS: limit})
    loader = (127, b"cannot")  # there was not even room for the libraries
    if traced.code == 127 or bare.code == 127 or bare.code < 0:
        t.expect(bare.code == traced.code or loader[1] in traced.err, f"{bare.code} bare, {traced.code} traced")
        return
    t.expect((traced.code, traced.out, traced.err) == (bare.code, bare.out, bare.err), f"{bare.code} {bare.out} bare, {traced.code} {traced.out} {traced.err} traced")
    t.explained(must_exist=False)


@case("RLIMIT_NPROC: no thread or process can be started", trials=20, short=1, rights=("root",))
def no_processes(t):
    # Root is not bound by it.
    words = ["setpriv", "--reuid=65534", "--clear-groups", t.victim("torture/memory"), "threads"]
    t.open_to_all()
    t.same(words, limits={resource.RLIMIT_NPROC: t.random.randint(0, 40)}, prepare=lambda place: os.chmod(place, 0o777), ages=False)
    t.explained(must_exist=False)


@case("RLIMIT_CPU: SIGXCPU in the middle of an encode", trials=4, short=1)
def processor_time(t):
    words = ["cwebp", "-quiet", "-m", "6", "-lossless", "-z", "9", f"{t.tools.images()}/big.ppm", "-o", "a.webp"]
    big(t)
    bare = t.observe(words, False, limits={resource.RLIMIT_CPU: (1, 5)})
    traced = t.observe(words, True, limits={resource.RLIMIT_CPU: (1, 5)})
    t.expect(bare.code == traced.code == -24, f"{bare.code} bare, {traced.code} traced")
    report = t.explained()
    t.expect(report and report["images"] and report["images"][0]["status"] != "ok", "the image in the works is not in the report")


def big(t):
    """An image that keeps an encoder busy for more than a second."""
    images = t.tools.images()
    with t.tools.lock:
        if not os.path.exists(f"{images}/big.ppm"):
            os.chmod(images, 0o755)
            run(["convert-im6.q16", f"{images}/photo.png", "-resize", "3000x2000!", f"{images}/big.ppm"], check=True)


@case("stacks: RLIMIT_STACK of 64 kB for the process, PTHREAD_STACK_MIN for threads", trials=20, short=1)
def stacks(t):
    t.same([t.victim("guest/threads"), "small_stack"])
    t.explained()
    words, how = batch(t, 20)
    t.trace = f"{t.directory}/trace-2"
    t.same(words, limits={resource.RLIMIT_STACK: 64 << 10}, **how)
    t.explained()
