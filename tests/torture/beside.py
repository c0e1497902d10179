# SPDX-License-Identifier: MIT
# Owns: what else is in a program beside the library: sanitizers, other allocators, other preloaded libraries.
# Must not know: what the library does.
import glob
import re

from harness import case, run

LIBRARIES = "/usr/lib/x86_64-linux-gnu"
FAULTS = ("none", "overflow", "after free", "twice", "libc overflow", "read overflow", "leak")
FAULTY = "programs/faulty.c"
ADDRESS = "-fsanitize=address"
NUMBERS = re.compile(rb"0x[0-9a-f]+|==\d+==|\bT\d+\b|\b[0-9a-f]{12,}\b|\(BuildId[^)]*\)|pid \d+")
# What each says of its own run, which differs from one to the next.
STATISTICS = re.compile(rb"\x1b\[[0-9;]*m|[^\n]*(?:stack peak|heaptrack|invocation)[^\n]*")


def photo(t):
    return f"{t.tools.images()}/photo.png"


def traced_only(t, bare_words, traced_words, both, scrub):
    """Compares a command with another one that has the library beside what the first has."""
    bare = t.observe(bare_words, False, both, scrub=scrub)
    traced = t.observe(traced_words, False, {**both, "IMGBENCH_DIR": t.trace}, scrub=scrub)
    for text in bare.differences(traced):
        t.fail(f"{' '.join(traced_words)[:60]}: {text}")
    return bare


def has_image(t, seen):
    t.expect(seen.code == 0, f"ends with {seen.code}: {seen.err[-300:]}")
    report = t.explained()
    t.expect(report and len(report["images"]) == 1, "the report has not the one image")


# ---- sanitizers ----


def without_stacks(text):
    """What a sanitizer found, where in the program; frames of the library may be among the calls."""
    text = NUMBERS.sub(b"", text)
    return b"\n".join(line for line in text.split(b"\n") if re.search(rb"ERROR|SUMMARY|runtime error|bytes$", line))


def sanitized(t, compiler, *flags):
    program = t.victim(FAULTY, *flags, compiler=compiler)
    fault = FAULTS[t.number % len(FAULTS)]
    bare, _ = t.same([program, photo(t), fault], scrub=without_stacks, both={"ASAN_OPTIONS": "symbolize=0"})
    found = fault != "none"
    t.expect((bare.code != 0) == found and (b"Sanitizer" in bare.err) == found, f"{fault}: {bare.code} {bare.err[-300:]}")
    t.explained(must_exist=not found)


@case("gcc's AddressSanitizer, linked statically: the fault is found", trials=70, short=3)
def gcc_address(t):
    sanitized(t, "gcc", ADDRESS, "-static-libasan")


@case("clang's AddressSanitizer, linked statically: the fault is found", trials=70, short=3)
def clang_address(t):
    sanitized(t, "clang", ADDRESS)


def shared_runtime(compiler):
    """The path of its AddressSanitizer as a shared library."""
    name = "libasan.so" if compiler == "gcc" else "libclang_rt.asan-x86_64.so"
    found = run([compiler, f"-print-file-name={name}"], capture_output=True, text=True, check=True).stdout.strip()
    return found if "/" in found else glob.glob(f"/usr/lib/llvm-*/lib/clang/*/lib/linux/{name}")[0]


def shared(t, compiler, *flags):
    """The sanitizer itself refuses to come second, and says so; where it is preloaded before the library, all works."""
    program = t.victim(FAULTY, ADDRESS, *flags, compiler=compiler)
    runtime, fault = shared_runtime(compiler), FAULTS[t.number % len(FAULTS)]
    refused = t.observe([program, photo(t), fault], True)
    t.expect(refused.code == 1 and b"ASan runtime does not come first" in refused.err, f"{refused.code} {refused.err[-300:]}")
    both = {"ASAN_OPTIONS": "symbolize=0"}
    bare, _ = t.same([program, photo(t), fault], both={**both, "LD_PRELOAD": runtime}, scrub=without_stacks,
                     more={"LD_PRELOAD": f"{runtime}:{t.tools.library}"})  # fmt: skip
    t.expect((bare.code != 0) == (fault != "none"), f"{fault}: {bare.code} {bare.err[-300:]}")
    t.explained(must_exist=fault == "none")


@case("gcc's AddressSanitizer as a shared library: it refuses to come second, and works as the first", trials=70, short=2)
def gcc_address_shared(t):
    shared(t, "gcc")


@case("clang's AddressSanitizer as a shared library: likewise", trials=70, short=2)
def clang_address_shared(t):
    shared(t, "clang", "-shared-libasan", f"-Wl,-rpath,{shared_runtime('clang').rsplit('/', 1)[0]}")


# What the program does with a fault and each shared runtime; both take over before their own beginning.
TAKEN_OVER = (("thread", "race"), ("thread", "none"), ("leak", "leak"), ("leak", "none"))


@case("gcc's ThreadSanitizer and LeakSanitizer as shared libraries", trials=40, short=4)
def taken_over(t):
    kind, fault = TAKEN_OVER[t.number % len(TAKEN_OVER)]
    program = t.victim(FAULTY, f"-fsanitize={kind}")
    # Addresses are drawn in places where this ThreadSanitizer cannot be: it starts itself anew without that.
    bare, _ = t.same(["setarch", "-R", program, photo(t), fault], scrub=without_stacks,
                     more={"IMGBENCH": "off"} if t.number >= 20 else None)  # fmt: skip
    found = fault != "none"
    t.expect((bare.code != 0) == found and (b"Sanitizer" in bare.err) == found, f"{fault}: {bare.code} {bare.err[-300:]}")
    t.explained(must_exist=not found and t.number < 20)


@case("UndefinedBehaviorSanitizer of gcc and clang", trials=20, short=2)
def undefined(t):
    program = t.victim(FAULTY, "-fsanitize=undefined", compiler=("gcc", "clang")[t.number % 2])
    bare, _ = t.same([program, photo(t), "arithmetic"], scrub=without_stacks)
    t.expect(b"runtime error" in bare.err, f"not found: {bare.err[-300:]}")
    t.explained()


# ---- allocators that the program is linked with ----

ALLOCATORS = ("libjemalloc.so.2", "libtcmalloc_minimal.so.4")


@case("a program linked with jemalloc or tcmalloc", trials=40, short=2)
def allocator(t):
    name = ALLOCATORS[t.number % len(ALLOCATORS)]
    program = t.victim(FAULTY, "-Wl,--no-as-needed", f"-l:{name}")
    bare, _ = t.same([program, photo(t)])
    t.expect(bare.code == 0, f"{name}: {bare.code} {bare.err[-300:]}")
    report = t.explained()
    heap = report and report["processes"][0]
    t.expect(heap and name in str(report), f"the report does not name {name}")


# ---- other libraries that are preloaded ----

TOOLS = {
    "cwebp": ["cwebp", "-quiet", "{in}", "-o", "a.webp"],
    "optipng": ["optipng", "-quiet", "-o1", "-out", "a.png", "{in}"],
    "convert": ["convert-im6.q16", "{in}", "-quality", "70", "a.jpg"],
    "vips": ["vips", "jpegsave", "{in}", "a.jpg"],
    "pillow": ["/usr/bin/python3", "-c", "from PIL import Image; import sys; Image.open(sys.argv[1]).save('a.jpg')", "{in}"],
}
OTHERS = {
    "jemalloc": f"{LIBRARIES}/libjemalloc.so.2",
    "tcmalloc": f"{LIBRARIES}/libtcmalloc_minimal.so.4",
    "faketime": f"{LIBRARIES}/faketime/libfaketime.so.1",
    "memusage": f"{LIBRARIES}/libmemusage.so",
    "heaptrack": "/usr/lib/heaptrack/libheaptrack_preload.so",
}
ENVIRONMENT = {
    "faketime": {"FAKETIME": "@2001-02-03 04:05:06"},
    "heaptrack": {"DUMP_HEAPTRACK_OUTPUT": "/dev/null"},
}


def beside(t, name):
    """Before and after the library, in turn. What libmemusage counted is compared where one thread allocates: all calls
    and sizes are as they were, for the library uses no malloc of the program's; but for stacks, where the loader does
    for the libunwind that it is asked for."""
    if name == "memusage":
        t.settings = {key: value for key, value in t.settings.items() if key != "IMGBENCH_STACKS"}
    tool = list(TOOLS)[t.number // 2 % len(TOOLS)]
    other, first = OTHERS[name], t.number % 2
    both = {"LD_PRELOAD": other, **ENVIRONMENT.get(name, {})}
    order = [t.tools.library, other] if first else [other, t.tools.library]
    threads = tool in ("vips", "pillow", "convert")

    def scrub(text):
        return b"" if name == "memusage" and threads else STATISTICS.sub(b"", text)

    bare, _ = t.same([word.replace("{in}", photo(t)) for word in TOOLS[tool]], both=both, scrub=scrub,
                     more={"LD_PRELOAD": ":".join(order)})  # fmt: skip
    has_image(t, bare)


def add(name):
    def function(t):
        beside(t, name)

    function.__name__, function.__module__ = name, __name__
    case(f"{name} preloaded before and after the library", trials=8 * len(TOOLS), short=3)(function)


for each in OTHERS:
    add(each)


@case("fakeroot around a traced tool, and within", trials=30, short=2, needs=("fakeroot",))
def fakeroot(t):
    tool = list(TOOLS)[t.number // 2 % len(TOOLS)]
    words = [word.replace("{in}", photo(t)) for word in TOOLS[tool]]
    work = ["sh", "-c", 'cp "$0" own; chown 7:8 own; chmod 2751 own; stat -c "%u %g %a" own; "$@"', photo(t), *words]
    library = [f"LD_PRELOAD={t.tools.library}", f"IMGBENCH_DIR={t.trace}"]
    around = ["fakeroot", "sh", "-c", 'export LD_PRELOAD="$0:$LD_PRELOAD"; exec "$@"', t.tools.library, *work]
    within = ["env", *library, "fakeroot", *work]
    bare = traced_only(t, ["fakeroot", *work], within if t.number % 2 else around, {}, None)
    t.expect(b"7 8 2751" in bare.out, f"fakeroot says {bare.out}")
    has_image(t, bare)


@case("address space that a program gives back and takes again is left alone in between", trials=20, short=1)
def holes(t):
    rounds = 50
    bare, _ = t.same([t.victim("torture/hole")], ages=False)
    t.expect(bare.code == 0, f"ends with {bare.code}: {bare.out}")
    t.did(rounds)
    t.explained()
