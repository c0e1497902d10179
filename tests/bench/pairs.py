# SPDX-License-Identifier: MIT
"""Owns: a row's measurement: its command bare, traced and under each peer, in turn, n times over, and what its traces
must account for. A traced run whose trace does not account for its calls makes its row void: a recorder that does not
record is quick. Must not know: which rows there are; how they are printed."""
import collections
import json
import math
import os
import re
import shutil
import signal
import statistics
import subprocess

from rows import BUILT, PEERS, PHOTO, ROOT

SPAWN, LOOP = os.path.join(BUILT, "bench", "spawn"), os.path.join(BUILT, "bench", "loop")
IMGBENCH, LIBRARY = os.path.join(BUILT, "imgbench"), os.path.join(BUILT, "libimgbench.so")
FLOWERS = os.path.dirname(PHOTO)
PEER_S = 100  # a peer that takes longer for one run has given up


class Void(Exception):
    """The row says nothing, for this reason."""


def interval(values):
    """The median and its 95 % interval by order statistics: the values between whose ranks the median of such pairs lies
    with at least 95 % by the binomial distribution, whatever their own distribution. Below 6 values it is all of them."""
    values, n = sorted(values), len(values)
    rank = max((k for k in range(1, n) if 2 * sum(math.comb(n, i) for i in range(k)) <= 0.05 * 2**n), default=1)
    return {"median": statistics.median(values), "low": values[rank - 1], "high": values[n - rank], "n": n}


def output(command, environment=None, limit_s=300):
    with subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, start_new_session=True) as child:
        try:
            text, said = child.communicate(timeout=limit_s)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)  # what it started, too
            child.communicate()
            raise
    if child.returncode:
        lines = said.decode(errors="replace").splitlines() or ["no message"]
        raise Void(f"{os.path.basename(command[0])} ended with {child.returncode}: {lines[-1]}")
    return text.decode(errors="replace")


def printed(name, text):
    found = re.search(rf"^{name} ([\d.]+)$", text, re.M)
    return float(found[1]) if found else 0.0


def missing_peers():
    def is_missing(peer):
        probe = subprocess.run(["env", *peer.variables, "true"], stderr=subprocess.PIPE, check=False)
        return bool(peer.words and not shutil.which(peer.words[0])) or b"cannot be preloaded" in probe.stderr

    return [name for name, peer in PEERS.items() if is_missing(peer)]


def make_inputs(folder):
    """The images that whole runs read: pieces and copies of installed photographs."""
    small = os.path.join(folder, "small")
    os.mkdir(small)
    for name, command in {
        "photo.ppm": ["djpeg", "-outfile", "{}", PHOTO],
        "small.png": ["convert-im6.q16", PHOTO, "-crop", "500x400+800+500", "+repage", "{}"],
        **{f"small/{i:02}.jpg": ["jpegtran", "-crop", f"320x240+{i % 8 * 160}+{i // 8 * 160}", "-outfile", "{}", PHOTO]
           for i in range(40)},
    }.items():
        output([os.path.join(folder, name) if word == "{}" else word for word in command])
    with open(os.path.join(folder, "small.list"), "w", encoding="utf-8") as file:
        file.write("\n".join(sorted(os.listdir(small))))
    photos = [name for name in sorted(os.listdir(FLOWERS)) if re.search(r"_4\d\d\.jpg$", name)]
    jobs = [{"in": os.path.join(FLOWERS, photos[i % len(photos)]), "out": os.path.join(folder, f"sharp{i}.webp"),
             "format": "webp", "options": {"quality": 70 + i}, "width": 1000 + i, "how": "file"} for i in range(5)]
    with open(os.path.join(folder, "sharp.json"), "w", encoding="utf-8") as file:
        json.dump(jobs, file)


class Bench:
    """disk, files: directories for traces, and for all else, which had better be memory."""

    def __init__(self, disk, files, rounds, with_peers=True):
        self.disk, self.files, self.rounds, self.traces = disk, files, rounds, 0
        self.missing = missing_peers() if with_peers else list(PEERS)
        self.home, self.inputs = os.path.join(disk, "home"), os.path.join(files, "inputs")
        os.mkdir(self.home)
        # LD_PRELOAD cannot hold a path with blanks; this directory's has none.
        self.library = os.path.join(files, "libimgbench.so")
        os.symlink(LIBRARY, self.library)
        kept = {k: v for k, v in os.environ.items() if k != "LD_PRELOAD" and not k.startswith(("IMGBENCH", "XDG_"))}
        self.environment = {**kept, "HOME": self.home, "LC_ALL": "C.UTF-8"}
        self.seed = os.path.join(disk, "seed")
        output(["env", f"LD_PRELOAD={self.library}", f"IMGBENCH_DIR={self.seed}", LOOP, "memory", files],
               self.environment)

    def filled(self, words):
        """A command with its places filled in; the inputs are made when the first one wants them."""
        if any("{inputs}" in word for word in words) and not os.path.exists(self.inputs):
            os.mkdir(self.inputs)
            make_inputs(self.inputs)
        places = {"{files}": self.files, "{inputs}": self.inputs, "{bench}": os.path.join(ROOT, "tests", "bench")}
        return [re.sub(r"\{(files|inputs|bench)\}", lambda place: places[place[0]], word) for word in words]

    def new_trace(self, in_memory=False):
        self.traces += 1
        return os.path.join(self.files if in_memory else self.disk, f"trace{self.traces}")

    def round(self, row, tools):
        """One measurement of each tool: (value, cost) by name. A program that is started several times is started under
        each in turn, and the least of its times counts: what disturbs the machine for a moment disturbs all of them."""
        tries = row.starts if row.measure == "ratio" else 1
        results = {}
        for i in range(max(1, tries)):
            for tool in tools[:: -1 if i % 2 else 1]:
                value, cost = self.run(row._replace(starts=1) if tries > 1 else row, tool)
                if tool not in results or value < results[tool][0]:
                    results[tool] = value, cost
        return results

    def run(self, row, tool, thorough=False):
        """One measurement: the number that the row is about, and what the report says that recording cost."""
        divisor, prefix, variables, limit_s = row.peers.get(tool, 1), [], [], 300
        trace = self.new_trace(row.trace == "memory")
        if tool == "traced":
            variables = [f"LD_PRELOAD={self.library}", *{"none": [], "off": ["IMGBENCH=off"]}.get(
                row.trace, [f"IMGBENCH_DIR={trace}"])]
            if row.trace == "existing":
                shutil.copytree(self.seed, trace)
        elif tool != "bare":
            variables, prefix, limit_s = PEERS[tool].variables, PEERS[tool].words, PEER_S
        command = self.filled(prefix + row.command)
        if row.starts:
            launcher = [SPAWN, str(max(1, row.starts // divisor))]
        else:
            launcher = ["env"]
            command += [str(divisor)] if divisor > 1 else []
        try:
            text = output([*launcher, *variables, *command], self.environment, limit_s)
            value, cost = printed("value", text), None
            if tool == "traced":
                mapped, cost = self.proven(row, trace, printed("calls", text), thorough)
                value = mapped if row.measure == "mapped" else value
            return (0.0 if row.measure == "mapped" and tool == "bare" else value), cost
        finally:
            self.discard(trace)

    def discard(self, trace):
        """Gives the space back. On disk the names stay until the end: ext4 passes inodes that were deleted in the last
        minutes one by one, which made each file of the next trace 0.2 ms slower."""
        for name in ("uftrace", "perf", "perf.old", "heaptrack.gz", "heaptrack.zst"):
            path = os.path.join(self.files, name)
            if os.path.isdir(path):
                shutil.rmtree(path)
            elif os.path.exists(path):
                os.unlink(path)
        if trace.startswith(self.files):
            shutil.rmtree(trace, ignore_errors=True)
        for folder, _, names in os.walk(trace):
            for name in names:
                os.truncate(os.path.join(folder, name), 0)

    def proven(self, row, trace, calls, thorough):
        """Void unless the trace holds what the row is about. Returns the bytes that the recording mapped, and its cost as
        a part of the CPU time."""
        if row.proof == "nothing":
            if os.path.exists(trace) or any(files for _, _, files in os.walk(self.home)):
                raise Void("something was written")
            return 0, None
        report = json.loads(output([IMGBENCH, "report", "--json", "--no-images", trace]))
        lost = report["coverage"]["lost_records"]
        if lost != 0 or not report["coverage"]["records"]:
            raise Void(f"{lost} records lost of {report['coverage']['records']}")
        if thorough and row.proof != "any":
            output([IMGBENCH, "verify", trace])
            found = self.account(trace)[row.proof]
            if found < calls:
                raise Void(f"not recorded: the trace accounts for {found:,.0f} of {calls:,.0f} {row.proof}")
        return (sum(process["own_mapped_bytes"] or 0 for process in report["processes"]),
                report["coverage"]["overhead_ratio"])

    @staticmethod
    def account(trace):
        """What the records of a trace say that the program did."""
        counts = {"calls": 0, "heap": 0, "processes": 0, "rows": 0}
        fields = {"io": ("calls", "calls"), "close": ("calls", "stdio_calls"), "process_end": ("heap", "alloc_calls"),
                  "rows": ("rows", "calls")}
        for line in output([IMGBENCH, "dump", trace]).splitlines():
            kind = line.split(" ", 3)[2]
            if kind in fields:
                what, field = fields[kind]
                counts[what] += int(re.search(rf" {field}=(\d+)", line)[1])
            counts["processes"] += kind in ("process_end", "idle_child")
        return counts

    def measure(self, row):
        """The row's results: itself, and what follows from the same runs."""
        result = {"name": row.name, "what": row.what, "unit": row.unit, "measure": row.measure, "bar": row.bar,
                  "high_bar": row.high}
        tools = ["bare", "traced", *(name for name in row.peers if name not in self.missing)]
        shutil.rmtree(self.home)  # other tools keep things there, and a row may want to see that nothing is written
        os.mkdir(self.home)
        values, costs = collections.defaultdict(list), []
        try:
            if row.trace == "memory" and not self.files.startswith("/dev/shm"):
                raise Void("no tmpfs at /dev/shm")
            for word in row.command:
                if word.startswith("/") and not os.path.exists(word) or not shutil.which(row.command[0]):
                    raise Void(f"{word} is not installed")
            result["failed"] = self.warm_up(row, tools)
            tools = [tool for tool in tools if tool not in result["failed"]]
            for i in range(self.rounds):
                # There and back: a drift of the machine cancels out. Ours next to bare, peers apart from both.
                both = tools[:2][:: -1 if i % 2 else 1]
                peers = [tool for tool in tools[2:] if i < PEERS[tool].rounds]
                once = row._replace(starts=1) if row.starts and row.measure == "ratio" else row
                results = {**self.round(row, both), **self.round(once, peers)}
                for tool, (value, cost) in results.items():
                    values[tool].append(value / row.scale)
                    costs += [cost] if cost is not None else []
        except (Void, subprocess.TimeoutExpired) as reason:
            return [{**result, "void": str(reason)}]
        result["bare"] = interval(values["bare"])
        result["tools"] = {tool: interval([value / bare if row.measure == "ratio" else value - bare
                                           for value, bare in zip(values[tool], values["bare"])])
                           for tool in tools[1:]}
        return [result, *self.follows(row, values, costs)]

    def warm_up(self, row, tools):
        """One run under each. A peer may fail: which ones, and why."""
        failed = {}
        for tool in tools:
            try:
                self.run(row, tool, thorough=True)
            except (Void, subprocess.TimeoutExpired) as reason:
                if tool not in PEERS:
                    raise
                failed[tool] = "gave up" if isinstance(reason, subprocess.TimeoutExpired) else str(reason)
        return failed

    @staticmethod
    def follows(row, values, costs):
        results = []
        if row.share and "memusage" in values:
            shares = [(ours - bare) / (theirs - bare) for ours, theirs, bare
                      in zip(values["traced"], values["memusage"], values["bare"])]
            results.append({"name": row.name + "-share", "what": "added, of what memusage adds", "unit": "×",
                            "measure": "value", "bar": row.share, "tools": {"traced": interval(shares)}})
        if row.ours and costs:
            # Within a point, or a factor of two, of the part of the traced run that recording was.
            true = statistics.median(1 - bare / traced for bare, traced in zip(values["bare"], values["traced"])) * 100
            said = interval([cost * 100 for cost in costs])
            results.append({"name": row.name + "-said", "what": f"cost as the report says; it is {true:.1f}",
                            "unit": "%", "measure": "value", "bar": None, "tools": {"traced": said},
                            "wanted": [min(true / 2, true - 1), max(true * 2, true + 1)]})
        return results
