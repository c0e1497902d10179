#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Owns: what a Perfetto trace must say: `protoc --decode` on standard input, the JSON report and the records (--ndjson
# --records) as arguments; with the report alone, only what it says of marks. Slices are made of begins and ends as Perfetto does it: by time, then by place in the file, an
# end closing the innermost open slice; so a slice that comes out as another one than the call that was recorded is seen.
import collections
import json
import re
import sys

SECOND = 1e9


def fail(what):
    sys.exit(f"Perfetto: {what}")


def unescaped(text):
    raw = text.encode("utf-8").decode("unicode_escape").encode("latin-1")
    return raw.decode("utf-8")


def packets(lines):
    """Each packet as a dictionary of lists."""
    stack = [collections.defaultdict(list)]
    for line in lines:
        line = line.strip()
        if line.endswith("{"):
            message = collections.defaultdict(list)
            stack[-1][line[:-1].strip()].append(message)
            stack.append(message)
        elif line == "}":
            stack.pop()
            if len(stack) == 1:
                yield stack[0].pop("packet")[0]
        else:
            key, value = line.split(": ", 1)
            if not re.fullmatch("[a-z_]+", key):
                fail(f"field {key} is not in the schema")
            if value[0] == '"':
                value = unescaped(value[1:-1])
            elif re.fullmatch(r"-?\d+", value):
                value = int(value)
            stack[-1][key].append(value)


def one(message, key, default=None):
    return message[key][0] if key in message else default


class Trace:
    def __init__(self, lines):
        self.tracks, self.names, self.categories, self.keys, self.texts = {}, {}, {}, {}, {}
        self.events = collections.defaultdict(list)
        self.head = None
        for place, packet in enumerate(packets(lines)):
            if self.head is None:
                self.head = packet
            if one(packet, "trusted_packet_sequence_id") != 1 or one(packet, "sequence_flags") != (2 if place else 3):
                fail(f"packet {place} is not of the sequence: {packet}")
            for data in packet.get("interned_data", []):
                for field, table in (("event_names", self.names), ("event_categories", self.categories),
                                     ("debug_annotation_names", self.keys), ("debug_annotation_string_values", self.texts)):
                    for entry in data.get(field, []):
                        iid = one(entry, "iid")
                        if not iid or iid in table:
                            fail(f"{field} {iid} is said twice")
                        table[iid] = one(entry, "text", "")
            if "track_descriptor" in packet:
                descriptor = packet["track_descriptor"][0]
                self.tracks[one(descriptor, "uuid")] = descriptor
            if "track_event" in packet:
                event = packet["track_event"][0]
                uuid = one(event, "track_uuid")
                if uuid not in self.tracks:
                    fail(f"an event of track {uuid}, which was not described before")
                self.events[uuid].append((one(packet, "timestamp"), place, event))
        for uuid, track in self.tracks.items():
            if "parent_uuid" in track and one(track, "parent_uuid") not in self.tracks:
                fail(f"track {uuid} has a parent that is none")

    def arguments(self, event):
        found = {}
        for annotation in event.get("debug_annotations", []):
            value = one(annotation, "uint_value", one(annotation, "double_value"))
            if value is None:
                value = self.texts[one(annotation, "string_value_iid")]
            found[self.keys[one(annotation, "name_iid")]] = value
        return found

    def slices(self):
        """(track, category, name, start, end, arguments, depth), as a reader of Perfetto would make them."""
        for uuid, events in self.events.items():
            stack = []
            for time, _, event in sorted(events, key=lambda e: e[:2]):
                kind = one(event, "type")
                if kind == "TYPE_SLICE_BEGIN":
                    stack.append((time, event))
                elif kind == "TYPE_SLICE_END":
                    if not stack:
                        fail(f"track {uuid}: an end at {time} without a begin")
                    start, begin = stack.pop()
                    if time < start:
                        fail(f"track {uuid}: a slice ends at {time} and starts at {start}")
                    yield (uuid, self.categories[one(begin, "category_iids")], self.names[one(begin, "name_iid")], start,
                           time, self.arguments(begin), len(stack))
            if stack:
                fail(f"track {uuid}: {len(stack)} slices without an end")

    def instants(self):
        """(track, category, name, time, arguments)"""
        for uuid, events in self.events.items():
            for time, _, event in events:
                if one(event, "type") == "TYPE_INSTANT":
                    yield (uuid, self.categories[one(event, "category_iids")], self.names[one(event, "name_iid")], time,
                           self.arguments(event))


def close(a, b):
    return abs(a - b) < 1e-6


def check_marks(trace, slices, start_ns, report):
    def data(value):
        return None if value is None else json.loads(value)

    def nearest_us(ns):
        return round((ns - start_ns) / 1e3)

    def track_of(name, uuid):
        own = one(trace.tracks[uuid], "name")
        root = trace.tracks[one(trace.tracks[uuid], "parent_uuid")]
        if own != name and not own.startswith(f"{name}, beside (") or one(root, "name") != "Marks":
            fail(f"{name} is on track {own}")

    found, depths = [], 0
    for uuid, category, name, start, end, a, depth in slices:
        if category == "mark":
            track_of(name, uuid)
            depths += depth
            found.append((name, nearest_us(start), nearest_us(end), a["pid"], a["tid"], data(a.get("data"))))
    wanted = [(s["name"], round(s["start_s"] * 1e6), round(s["end_s"] * 1e6), s["pid"], s["tid"], s["data"])
              for s in report["span_list"]]
    if sorted(found, key=str) != sorted(wanted, key=str) or depths:
        fail(f"spans: {found}, the report has {wanted}")
    found = []
    for uuid, category, name, time, a in trace.instants():
        track_of(name, uuid)
        found.append((name, nearest_us(time), a["pid"], a["tid"], data(a.get("data"))))
    wanted = [(m["name"], round(m["t_s"] * 1e6), m["pid"], m["tid"], m["data"]) for m in report["marks"] if m["kind"] == "mark"]
    if sorted(found, key=str) != sorted(wanted, key=str):
        fail(f"marks: {found}, the report has {wanted}")
    return len(report["span_list"]), len(wanted)


def main():
    trace = Trace(sys.stdin)
    with open(sys.argv[1], encoding="utf-8") as file:
        report = json.load(file)
    if len(sys.argv) == 2:
        clocks = {one(c, "clock_id"): one(c, "timestamp") for c in trace.head["clock_snapshot"][0]["clocks"]}
        print(*check_marks(trace, trace.slices(), clocks[3], report))
        return
    with open(sys.argv[2], encoding="utf-8") as file:
        records = [json.loads(line) for line in file]
    slices = list(trace.slices())
    by_category = collections.defaultdict(list)
    for entry in slices:
        by_category[entry[1]].append(entry)

    clocks = {one(c, "clock_id"): one(c, "timestamp") for c in trace.head["clock_snapshot"][0]["clocks"]}
    if one(trace.head["trace_packet_defaults"][0], "timestamp_clock_id") != 3 or set(clocks) != {1, 3}:
        fail(f"clocks: {trace.head}")
    if one(trace.head["clock_snapshot"][0], "primary_trace_clock") != "BUILTIN_CLOCK_MONOTONIC":
        fail("the clock of the trace is not CLOCK_MONOTONIC")
    process = next(r for r in records if r["kind"] == "process")
    if abs(clocks[1] - clocks[3] - process["process"]["realtime_offset_ns"]) > 1e8:
        fail(f"CLOCK_REALTIME: {clocks}")
    start_ns = clocks[3]

    # Images and their stages.
    images = {a["image"]: (start, end, a, name) for _, _, name, start, end, a, _ in by_category["image"]}
    if len(images) != len(by_category["image"]) or len(images) != len(report["images"]):
        fail(f"{len(by_category['image'])} images, the report has {len(report['images'])}")
    for image in report["images"]:
        start, end, arguments, name = images[image["id"]]
        if not close((start - start_ns) / SECOND, image["start_s"]) or not close((end - start) / SECOND, image["span_s"]):
            fail(f"image {image['id']} is from {start} to {end}")
        files = [report["files"][i]["path"] for i in image["inputs"] + image["outputs"]]
        if files and name != files[0].rsplit("/", 1)[-1] or arguments["status"] != image["status"]:
            fail(f"image {image['id']} is {name}, {arguments}")
        if arguments.get("bytes_in") != image["bytes_in"] or arguments.get("bytes_out") != image["bytes_out"]:
            fail(f"image {image['id']}: {arguments}")
    stages = sum(v is not None for i in report["images"] for k, v in i["phases"].items() if k != "optimization_s")
    found = [s for s in by_category["stage"] if s[2] != "optimization"]
    if len(found) != stages or any(depth != 1 for *_, depth in by_category["stage"]):
        fail(f"{len(found)} stages, the report has {stages}")

    # Calls: each recorded one is a slice from its begin to its end, and no other is.
    kinds = {"codec_call": "codec", "open": "io", "close": "io", "io": "io", "path": "io", "map": "io"}
    want, have = collections.Counter(), collections.Counter()
    hooks = {}
    for record in records:
        kind, fields = record["kind"], record[record["kind"]]
        if kind == "hook":
            hooks[record["pid"], fields["hook"]] = fields["name"]
        if kind not in kinds:
            continue
        category = "memory" if kind == "map" and not fields["file"] else kinds[kind]
        name = hooks.get((record["pid"], fields["hook"]), kind)
        want[category, name, record["time_ns"] - fields["duration_ns"], record["time_ns"]] += 1
    for category in ("codec", "io", "memory"):
        for _, _, name, start, end, _, _ in by_category[category]:
            have[category, name, start, end] += 1
    if want != have:
        fail(f"calls recorded and not there: {list((want - have).items())[:3]}; the other way: {list((have - want).items())[:3]}")
    beside = [uuid for uuid, track in trace.tracks.items() if one(track, "name") == "overlapping calls"]
    if beside:
        fail(f"calls that do not nest: {[s for s in slices if s[0] in beside][:3]}")
    if not any(depth for *_, depth in by_category["codec"]) or not any(depth for *_, depth in by_category["io"]):
        fail("no call is in another one")
    rows = [r["rows"] for r in records if r["kind"] == "rows"]
    if len(by_category["rows"]) != len(rows) or sum(s[5]["calls"] for s in by_category["rows"]) != sum(r["calls"] for r in rows):
        fail(f"{len(by_category['rows'])} rows, recorded are {len(rows)}")

    # Processes, threads, counters.
    pids = sorted(one(t["process"][0], "pid") for t in trace.tracks.values() if "process" in t)
    if pids != sorted(p["pid"] for p in report["processes"]):
        fail(f"processes: {pids}")
    threads = {(r["pid"], r["thread"]["tid"]) for r in records if r["kind"] == "thread"}
    if threads != {(one(t["thread"][0], "pid"), one(t["thread"][0], "tid")) for t in trace.tracks.values() if "thread" in t}:
        fail("threads are not those that were recorded")
    counters = collections.defaultdict(list)
    for uuid, events in trace.events.items():
        if "counter" in trace.tracks[uuid]:
            parent = trace.tracks[one(trace.tracks[uuid], "parent_uuid")]
            of_all = one(parent, "name") == "All processes"
            for _, _, event in events:
                counters[of_all, one(trace.tracks[uuid], "name")].append(one(event, "counter_value", one(event, "double_counter_value")))
    samples = report["resources"]["samples"]
    for name, key in (("RSS", "rss_bytes"), ("Heap", "heap_bytes")):
        if sorted(counters[True, name]) != sorted(s[key] for s in samples if s[key] is not None):
            fail(f"{name} of all processes differs from the samples")
    if len(counters[True, "CPU (% of the usable CPUs)"]) != sum(s["cpu_ratio"] is not None for s in samples):
        fail("CPU differs from the samples")
    own = [r["sample"]["rss_bytes"] for r in records if r["kind"] == "sample" and r["sample"]["rss_bytes"] is not None]
    if sorted(counters[False, "RSS"]) != sorted(own):
        fail("RSS of processes differs from what was recorded")
    print(len(slices), len(by_category["codec"]), len(by_category["io"]))


if __name__ == "__main__":
    main()
