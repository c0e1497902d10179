#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Owns: the comparison of a victim's own journal (tests/victims/parts/journal.h) with the report made from its trace.
# Must not know: traces, how the report was made; only its JSON as docs/report.md defines it.
"""ground_truth.py inputs DIRECTORY              makes the files that the victims read
ground_truth.py journal VICTIM JOURNAL           checks that a journal agrees with itself
ground_truth.py compare VICTIM JOURNAL REPORT DIRECTORY CODE [TALLY OFF]
    compares; prints a table; exit code 0 all right, 1 a figure is wrong, 3 only timing figures are wrong.
    CODE is the exit code the shell saw. TALLY receives "passed failed", OFF the times that are off in this run and
    were in every run before it that wrote there: a thread that had to wait moves one time, a wrong rule the same one
    again."""

import json
import os
import struct
import sys

SLACK_S = 2e-3  # of every time: the tolerance is 2 ms + 2 %
SLACK_RATIO = 0.02
ROWS_SLACK_S = 3e-3  # more in the victim that reads two clocks around each of 1,500 row calls: 2 us a call, in nobody's sums
STAGES = ("validation", "image_read", "decode", "transform", "encode", "image_write", "cleanup")
WIDTH, HEIGHT = 2048, 1024  # 8 MiB of pixels


def make_inputs(directory):
    # `bytes` copies small files, the other victims take large ones.
    size = 300007 if os.path.basename(directory).startswith("bytes") else 8 << 20
    webp = struct.pack("<4sI8sII", b"RIFF", size - 8, b"WEBPVP8X", 10, 0)
    webp += (WIDTH - 1).to_bytes(3, "little") + (HEIGHT - 1).to_bytes(3, "little")
    webp += struct.pack("<4sI", b"VP8 ", size - 38)
    jpeg = bytes.fromhex("ffd8 ffe000104a46494600010100000100010000 ffc000110801f4028003012200021101031101"
                         "ffda000c03010002110311003f00")
    for n in range(8):
        with open(f"{directory}/in_{n}.webp", "wb") as file:
            file.write(webp + bytes([n + 1]) * (size - len(webp)))
        open(f"{directory}/in_{n}.lock", "wb").close()
    with open(f"{directory}/in_0.jpg", "wb") as file:
        file.write(jpeg + b"\x55" * ((1 << 20) - len(jpeg)))


class Image:
    """What the journal says of one image. Times in seconds, on the journal's clock."""

    def __init__(self, line):
        self.input, self.output, self.tid, self.quality = line["input"], line["output"], line["tid"], line["quality"]
        self.stages = dict.fromkeys(STAGES, 0.0)
        self.busy = self.own_cpu = self.wall = 0.0
        self.first_byte = None
        self.names = set()
        self.done = None

    def add(self, step):
        wall, cpu, io, stage = step["wall_ns"] / 1e9, step["cpu_ns"] / 1e9, step["io_ns"] / 1e9, step["stage"]
        if stage == "image_read" and self.first_byte is None:
            self.first_byte = step["end_ns"] / 1e9 - wall
        self.own_cpu += cpu
        self.wall += wall
        self.names.add(stage)
        if step["kind"] == "sleep":
            return
        time = cpu if step["kind"] == "gap" else wall
        self.busy += time
        if stage:
            self.stages[stage] += time - io
            self.stages["image_write"] += io

    def finish(self, line):
        self.done = line
        self.start, self.end = line["start_ns"] / 1e9, line["end_ns"] / 1e9
        self.span = self.end - self.start
        self.thread_cpu, self.process_cpu = line["thread_cpu_ns"] / 1e9, line["process_cpu_ns"] / 1e9

    def overlaps(self, other):
        return self is not other and self.start < other.end and other.start < self.end


class Journal:
    def __init__(self, path):
        self.images, self.copies, self.idle, self.first_idle = [], [], {}, {}
        self.start = self.end = self.heap = self.io = None
        with open(path, "rb") as file:
            lines = file.read().rstrip(b"\0").decode().splitlines()
        by_number = {}
        for text in lines:
            line = json.loads(text)
            what = line["line"]
            if what == "image":
                by_number[line["image"]] = Image(line)
                self.images.append(by_number[line["image"]])
            elif what == "step":
                by_number[line["image"]].add(line)
            elif what == "done":
                by_number[line["image"]].finish(line)
            elif what == "idle":
                self.idle[line["tid"]] = self.idle.get(line["tid"], 0) + line["wall_ns"] / 1e9
                self.first_idle.setdefault(line["tid"], line["start_ns"] / 1e9)
            elif what == "copy":
                self.copies.append(line)
            else:
                setattr(self, what, line)

    def done(self):
        return [image for image in self.images if image.done]

    def threads(self):
        """Images of each thread, in order."""
        result = {}
        for image in self.done():
            result.setdefault(image.tid, []).append(image)
        return result


class Table:
    def __init__(self, victim):
        self.victim, self.rows, self.good_before = victim, [], set()

    def row(self, figure, expected, reported, difference, good, timing):
        self.rows.append((figure, expected, reported, difference, good, timing))

    def time(self, figure, expected, reported):
        if reported is None or expected is None:
            self.same(figure, expected, reported)
            return
        difference = reported - expected
        slack = SLACK_S + (ROWS_SLACK_S if self.victim.startswith("rows") else 0)
        good = abs(difference) <= slack + SLACK_RATIO * abs(expected)
        self.row(figure, f"{expected * 1e3:.3f} ms", f"{reported * 1e3:.3f} ms", f"{difference * 1e3:+.3f}", good, True)

    def near(self, figure, expected, reported, timing, least=0.0):
        """Within 2 %, or `least` if that is more."""
        good = reported is not None and abs(reported - expected) <= max(least, SLACK_RATIO * abs(expected))
        difference = "" if reported is None else f"{reported - expected:+.6g}"
        self.row(figure, f"{expected:.10g}", "null" if reported is None else f"{reported:.10g}", difference, good, timing)

    def same(self, figure, expected, reported, timing=False):
        number = all(isinstance(value, (int, float)) for value in (expected, reported))
        difference = f"{reported - expected:+g}" if number else ""
        self.row(figure, json.dumps(expected), json.dumps(reported), difference, expected == reported, timing)

    def one_of(self, figure, expected, reported):
        self.row(figure, " or ".join(map(json.dumps, expected)), json.dumps(reported), "", reported in expected, False)

    def show(self):
        widths = [max([len(row[i]) for row in self.rows] + [10]) for i in range(4)]
        head = ("figure", "expected", "reported", "difference")
        print(f"{self.victim:<14}" + "  ".join(text.ljust(width) for text, width in zip(head, widths)))
        for row in self.rows:
            cells = [row[0].ljust(widths[0])] + [row[i].rjust(widths[i]) for i in (1, 2, 3)]
            word = "FAIL" if row in self.failed() else "ok" if row[4] else "ok before"
            print(f"{self.victim:<14}" + "  ".join(cells) + "  " + word)

    def failed(self):
        return [row for row in self.rows if not row[4] and not (row[5] and row[0] in self.good_before)]

    def off_again(self, path):
        """Forgives times that were right in an earlier run; leaves in `path` those that never were."""
        off = {row[0] for row in self.rows if row[5] and not row[4]}
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                self.good_before = off - set(file.read().splitlines())
        with open(path, "w", encoding="utf-8") as file:
            file.write("".join(f"{figure}\n" for figure in sorted(off - self.good_before)))


def check_journal(table, journal):
    """The script's own sums: the steps fill the image, their CPU times the thread's, the blocks are all freed."""
    for image in journal.done():
        if not any(image.overlaps(other) for other in journal.done()):
            table.time(f"{image.input}: steps fill the image", image.span, image.wall)
        if "transform" in image.names:  # else interleaved: the other image's steps lie between its own
            table.time(f"{image.input}: CPU of steps", image.thread_cpu, image.own_cpu)
        table.near(f"{image.input}: live bytes at its end", 0, image.done["live_bytes"], False)
    if journal.end and journal.done():
        cpu = journal.end["cpu_ns"] / 1e9
        least = sum(image.own_cpu for image in journal.done())
        table.row("process CPU >= images'", f"{least * 1e3:.3f} ms", f"{cpu * 1e3:.3f} ms",
                  f"{(cpu - least) * 1e3:+.3f}", cpu >= least, True)


class Report:
    def __init__(self, path, directory):
        with open(path, encoding="utf-8") as file:
            self.json = json.load(file)
        self.directory = os.path.realpath(directory)
        self.files = {file["id"]: file for file in self.json["files"]}

    def file_of(self, ids, name):
        for number in ids:
            path = self.files[number]["path"] or ""
            if os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path)) == f"{self.directory}/{name}":
                return self.files[number]
        return None

    def image(self, input_name, output_name):
        """The image with this output, else the one with this input and no other output of a victim's."""
        for image in self.json["images"]:
            if self.file_of(image["outputs"], output_name):
                return image
        for image in self.json["images"]:
            if self.file_of(image["inputs"], input_name):
                return image
        return None


def compare_image(table, journal, report, image):
    found = report.image(image.input, image.output)
    name = image.output
    table.row(f"{name}: in the report", "yes", "yes" if found else "no", "", bool(found), False)
    if not found:
        return
    alone = not any(other.done and image.overlaps(other) for other in journal.images)
    interleaved = "transform" not in image.names  # the other image's steps lie between its own on the same thread
    source, final = report.file_of(found["inputs"], image.input), report.file_of(found["outputs"], image.output)
    table.same(f"{name}: status", "ok", found["status"])
    table.same(f"{name}: bytes of input", image.done["input_bytes"], source and source["bytes"])
    table.same(f"{name}: bytes of output", image.done["output_bytes"], final and final["bytes"])
    table.same(f"{name}: settings.quality", image.quality, found["settings"].get("quality"))
    stages = found["stages"]
    for stage in STAGES:
        table.time(f"{name}: {stage}_s", image.stages[stage], stages[f"{stage}_s"])
    optimization = sum(image.stages[stage] for stage in ("decode", "transform", "encode"))
    table.time(f"{name}: optimization_s", optimization, stages["optimization_s"])
    table.time(f"{name}: span_s", image.span, found["span_s"])
    table.time(f"{name}: busy_s", image.busy, found["busy_s"])
    table.time(f"{name}: wait_s", image.span - image.busy, found["wait_s"])
    parts = ["validation_s", "image_read_s", "optimization_s", "image_write_s", "cleanup_s"]
    total = sum(stages[part] or 0 for part in parts) + (found["unattributed_s"] or 0)
    table.row(f"{name}: stages + unattributed = busy", f"{found['busy_s'] * 1e3:.3f} ms", f"{total * 1e3:.3f} ms",
              f"{(total - found['busy_s']) * 1e3:+.6f}", abs(total - found["busy_s"]) <= 1e-6, False)
    table.time(f"{name}: cpu_thread_s", image.own_cpu if interleaved else image.thread_cpu, found["cpu_thread_s"])
    table.time(f"{name}: cpu_s", image.process_cpu if alone else None, found["cpu_s"])
    key = "peak_heap_bytes" if alone else "large_block_peak_bytes"
    # `rows` works through stdio: its journal knows its own blocks, not the FILE and the buffer of the two streams.
    streams = 2 if table.victim.startswith("rows") else 0
    table.near(f"{name}: {key}", image.done["peak_bytes"], found[key], False, least=max(4096, streams * (4096 + 512)))
    if not alone:
        table.same(f"{name}: peak_heap_bytes", None, found["peak_heap_bytes"])


def compare_unfinished(table, report, image):
    found = report.image(image.input, image.output)
    table.row(f"{image.output}: in the report", "yes", "yes" if found else "no", "", bool(found), False)
    if not found:
        return
    table.same(f"{image.output}: status", "unfinished", found["status"])
    for stage in ("validation", "image_read", "decode", "transform"):
        table.time(f"{image.output}: {stage}_s", image.stages[stage], found["stages"][f"{stage}_s"])


def compare_workers(table, journal, report):
    lanes = journal.threads()
    if not lanes or len(journal.done()) != len(journal.images):
        return
    start = min(image.start for image in journal.images)
    end = max(image.end for image in journal.images)
    pid, active_sum, starts = journal.start["pid"], 0.0, 0.0
    table.same("workers", len(lanes), len(report.json["workers"]))
    for number, (tid, images) in enumerate(sorted(lanes.items())):
        found = [worker for worker in report.json["workers"]
                 if any(member["pid"] == pid and member["tid"] == tid for member in worker["members"])]
        table.same(f"worker {number}: in the report", 1, len(found))
        if len(found) != 1:
            continue
        busy = sum(image.busy for image in images)
        active_sum += busy
        table.same(f"worker {number}: tasks", len(images), found[0]["tasks"])
        table.time(f"worker {number}: active_s", busy, found[0]["active_s"])
        table.time(f"worker {number}: idle_s", end - start - busy, found[0]["idle_s"])
        table.time(f"worker {number}: mean_task_s", busy / len(images), found[0]["mean_task_s"])
        begun = journal.start["wall_ns"] / 1e9 if tid == pid else journal.first_idle[tid]
        starts += images[0].first_byte - begun
        table.time(f"worker {number}: init_s", images[0].first_byte - begun, found[0]["init_s"])
        # Asleep between images: at least that much is idle, whatever else is.
        between = sum(max(0.0, after.start - before.end) for before, after in zip(images, images[1:]))
        idle = found[0]["idle_s"]
        table.row(f"worker {number}: idle_s >= time between images", f"{between * 1e3:.3f} ms",
                  f"{(idle or 0) * 1e3:.3f} ms", "", idle is not None and idle >= between - SLACK_S, True)
    if len(journal.images) > 1:
        efficiency = active_sum / (len(lanes) * (end - start))
        table.near("worker_efficiency", efficiency, report.json["worker_efficiency"], True, least=0.005)
    else:
        table.same("worker_efficiency", None, report.json["worker_efficiency"])


def compare_process(table, journal, report, code):
    found = [process for process in report.json["processes"] if process["pid"] == journal.start["pid"]]
    table.same("processes with its pid", 1, len(found))
    if len(found) != 1:
        return
    if not journal.end:
        table.one_of("exit_code of the killed", [None, -1], found[0]["exit_code"])
        table.one_of("signal of the killed", [None, 9], found[0]["signal"])
        table.same("in_flight of the killed", "WebPEncode", found[0]["in_flight"])
        table.same("exit code seen by the shell", 137, code)
        return
    table.same("exit_code", journal.end["exit_code"], found[0]["exit_code"])
    table.same("exit code seen by the shell", journal.end["exit_code"], code)
    duration = (journal.end["wall_ns"] - journal.start["wall_ns"]) / 1e9
    table.time("duration_s", duration, report.json["duration_s"])
    average, usable = report.json["resources"]["cpu"]["avg_ratio"], report.json["host"]["usable_cpus"]
    if journal.images:  # of a run of a few ms, starting the program is the larger part
        cpu = None if average is None or usable is None else average * usable * report.json["duration_s"]
        table.time("CPU time: cpu.avg_ratio x usable_cpus x duration_s", journal.end["cpu_ns"] / 1e9, cpu)


def compare_bytes(table, journal, report):
    io, reported = journal.io, report.json["resources"]["io"]
    if not io and len(journal.done()) == len(journal.images) and journal.images:
        io = {"read_bytes": sum(image.done["read_bytes"] for image in journal.images),
              "written_bytes": sum(image.done["written_bytes"] for image in journal.images)}
    if io:
        table.same("resources.io.read.bytes", io["read_bytes"], reported["read"]["bytes"])
        table.same("resources.io.write.bytes", io["written_bytes"], reported["write"]["bytes"])
    for copy in journal.copies:
        found = report.image(copy["input"], copy["output"])
        table.row(f"{copy['output']}: in the report", "yes", "yes" if found else "no", "", bool(found), False)
        if not found:
            continue
        for key, name in (("inputs", copy["input"]), ("outputs", copy["output"])):
            file = report.file_of(found[key], name)
            table.same(f"{copy['output']}: bytes of {name}", copy["bytes"], file and file["bytes"])
    if journal.heap:
        table.same("memory.peak_heap_bytes", journal.heap["peak_bytes"], report.json["memory"]["peak_heap_bytes"])


def main():
    command, arguments = sys.argv[1], sys.argv[2:]
    if command == "inputs":
        make_inputs(arguments[0])
        return 0
    table, journal = Table(arguments[0]), Journal(arguments[1])
    if command == "journal":
        check_journal(table, journal)
    else:
        report = Report(arguments[2], arguments[3])
        compare_process(table, journal, report, int(arguments[4]))
        for image in journal.images:
            if image.done:
                compare_image(table, journal, report, image)
            else:
                compare_unfinished(table, report, image)
        compare_workers(table, journal, report)
        compare_bytes(table, journal, report)
        ours = {image.output for image in journal.images} | {copy["output"] for copy in journal.copies}
        table.same("images in the report", len(ours), len(report.json["images"]))
    if len(arguments) > 6:
        table.off_again(arguments[6])
    failed = table.failed()
    if command == "compare" or failed:
        table.show()
    if len(arguments) > 5:
        with open(arguments[5], "w", encoding="utf-8") as file:
            file.write(f"{len(table.rows) - len(failed)} {len(failed)}\n")
    if not failed:
        return 0
    return 3 if all(row[5] for row in failed) else 1


if __name__ == "__main__":
    sys.exit(main())
