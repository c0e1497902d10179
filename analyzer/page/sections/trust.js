// SPDX-License-Identifier: MIT
// Owns: the section of trust: how much was seen, what was not, what was recorded where; and the page's foot.
// Must not know: figures of images.
import { append, facts, foldout, h, section, shortName, table, term } from "../base/dom.js";
import { bytes, count, duration, percent, visible } from "../base/units.js";

function ending(process) {
  if (process.signal) return `killed by signal ${process.signal}${process.in_flight ? `, in ${process.in_flight}` : ""}`;
  if (process.exit_code > 0) return `exit code ${process.exit_code}`;
  return process.in_flight ? `left off in ${process.in_flight}` : "ended";
}

function lists(report) {
  const { coverage, processes } = report;
  const rows = 50;
  return [
    coverage.missing.length ? [h("h3", null, "Missing"), h("ul", { id: "missing" }, coverage.missing.map((text) => h("li", null, visible(text))))] : null,
    coverage.notes.length ? [h("h3", null, "Notes"), h("ul", { id: "notes" }, coverage.notes.map((note) => h("li", null, visible(note))))] : null,
    processes.length
      ? [
          h("h3", null, "Processes that failed"),
          table(
            "Processes that failed",
            [
              { title: "Command", class: "path", cell: (row) => visible(row.argv.join(" ") || (row.exe ?? `process ${row.pid}`)) },
              { title: "Process", numeric: true, cell: (row) => String(row.pid) },
              { title: "End", cell: (row) => visible(ending(row)) },
            ],
            processes.slice(0, rows),
          ),
          report.failed_process_count > rows ? h("p", { class: "note" }, `The first ${rows} of ${count(report.failed_process_count)}.`) : null,
        ]
      : null,
    coverage.untraced_children.length
      ? [
          h("h3", null, term("Left no record", "untraced")),
          table(
            "Processes without a record",
            [
              { title: "Program", class: "path", cell: (row) => visible(row.path ?? "unknown") },
              { title: "Process", numeric: true, cell: (row) => String(row.pid) },
              { title: "Why", cell: (row) => visible(row.reason ?? "static, setuid or without the library") },
            ],
            coverage.untraced_children.slice(0, rows),
          ),
        ]
      : null,
  ];
}

function originalsNote(originals) {
  const missed = Object.values(originals.not_kept).reduce((sum, n) => sum + n, 0);
  return `${bytes(originals.bytes)}, ${duration(originals.time_s)}${missed ? `; ${count(missed)} not kept` : ""}`;
}

export function trustSection(report) {
  const { coverage, host } = report;
  const inferred = Object.entries(report.stages)
    .filter(([, timing]) => timing.source === "inferred")
    .map(([name]) => name.replaceAll("_", " "));
  const unhooked = coverage.unhooked_codecs ?? [];
  return append(section("trust", "Trust"), [
    facts([
      ["Coverage", "coverage", percent(coverage.io_ratio), coverage.io_bytes_kernel === null ? null : `${bytes(coverage.io_bytes_seen)} of ${bytes(coverage.io_bytes_kernel)}`],
      ["Attributed", "attributed", percent(coverage.attributed_ratio), coverage.observed_ratio === null ? null : `${percent(coverage.observed_ratio)} observed`],
      ["Overhead", "overhead", coverage.overhead_ratio === null ? "n/a" : `about ${percent(coverage.overhead_ratio)}`],
      coverage.originals ? ["Originals kept", "originals", count(coverage.originals.kept), originalsNote(coverage.originals)] : null,
      ["Records", "records", count(coverage.records), `${count(coverage.lost_records)} lost`],
      ["Processes", null, count(report.process_count), report.failed_process_count ? `${count(report.failed_process_count)} failed` : null],
      ["Without a record", "untraced", count(coverage.untraced_children.length)],
      coverage.idle_children ? ["Idle", "idle", count(coverage.idle_children), "forked, nothing recorded"] : null,
      ["Inferred", "attributed", inferred.length ? `time of ${inferred.join(", ")}` : "no stage's time"],
      unhooked.length ? ["Codecs not wrapped", "unhooked_codecs", visible(unhooked.join(", "))] : null,
      coverage.pauses.length ? ["Paused", "paused", duration(coverage.paused_s), `${count(coverage.pauses.length)} time${coverage.pauses.length === 1 ? "" : "s"}`] : null,
      coverage.io_uring ? ["io_uring", "io_uring", "used: that I/O was not seen"] : null,
    ]),
    lists(report),
    h("h3", null, "Where"),
    host.cpus === null ? h("p", { class: "note" }, "The machine: n/a (no process lived long enough to describe it).") : facts([
      ["Machine", null, visible([host.cpu_model, host.machine].filter(Boolean).join(", ") || "n/a")],
      ["CPUs", null, count(host.cpus), host.usable_cpus === null ? null : `(${count(host.usable_cpus)} usable)`],
      ["Memory", null, bytes(host.memory_bytes), host.cgroup.memory_limit_bytes === null ? null : `limit ${bytes(host.cgroup.memory_limit_bytes)}`],
      ["Kernel", null, visible(host.kernel ?? "n/a")],
      ["Load at the start", null, host.load === null ? "n/a" : String(host.load)],
      host.cgroup.throttled_us ? ["Throttled", null, duration(host.cgroup.throttled_us / 1e6)] : null,
    ]),
    report.libraries.length
      ? foldout(`${count(report.libraries.length)} libraries`, () =>
          table(
            "Libraries",
            [
              { title: "Library", class: "path", cell: (row) => shortName(visible(row.name)) },
              { title: "Version", cell: (row) => visible(row.version ?? "n/a") },
              { title: "Build id", class: "path", cell: (row) => shortName(visible(row.build_id ?? "n/a")) },
            ],
            report.libraries,
          ),
        )
      : null,
  ]);
}

export function foot(report) {
  return h(
    "footer",
    null,
    h("p", null, `imgbench ${visible(report.tool_version ?? "")}. Times in seconds, sizes decimal (1 MB = 1,000,000 bytes). Unknown is n/a, never 0. The images of one run share its noise: compare times between runs, not between images.`),
    h("details", null, h("summary", null, "Charts by uPlot"), h("pre", null, UPLOT_LICENSE)),
  );
}
