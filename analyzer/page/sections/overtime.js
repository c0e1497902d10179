// SPDX-License-Identifier: MIT
// Owns: the section over time: CPU, memory and the workers' timeline, all of the same stretch of time.
// Must not know: how zooming works.
import { axis, figure, fittingSize, moments } from "../charts/charts.js";
import { append, facts, foldout, h, section, table } from "../base/dom.js";
import { limits } from "./summary.js";
import { colour } from "../base/theme.js";
import { makeTimeline } from "./timeline.js";
import { bytes, count, duration, number, percent } from "../base/units.js";
import { makeZoom, zoomKey, zoomOptions, zoomToolbar } from "../charts/zoom.js";

const ROWS = 200; // of a table of samples

// In a legend: nothing while no moment is pointed at, a dash where there is no sample.
function shownValue(raw, index, write) {
  if (index === null || index === undefined) return "";
  return raw === null || raw === undefined ? "\u2013" : write(raw);
}

function line(label, name, value, options = {}) {
  return {
    label,
    stroke: () => colour(name),
    width: 1.5,
    spanGaps: false,
    value: (self, raw, at, index) => shownValue(raw, index, value),
    ...options,
  };
}

function seriesFigure(zoom, { id, title, summary, samples, columns, write, range }) {
  const shown = columns.filter((column) => samples.some((sample) => typeof sample[column.key] === "number"));
  const data = [samples.map((sample) => sample.t_s), ...shown.map((column) => samples.map((sample) => sample[column.key] ?? null))];
  const step = Math.ceil(samples.length / ROWS);
  const rows = samples.filter((sample, i) => i % step === 0);
  const shared = zoomOptions(zoom);
  return figure({
    id,
    title,
    summary,
    role: "application", // the keys of the timeline zoom here, too
    height: 190,
    data,
    options: {
      ...shared,
      scales: { ...shared.scales, y: { range } },
      series: [{ label: "Time", value: (self, raw, at, index) => shownValue(raw, index, duration) }, ...shown.map((column) => line(column.title, column.colour, write, column.options))],
      axes: [
        axis({ values: moments }),
        axis({ size: fittingSize, values: (self, values) => values.map(write) }),
      ],
    },
    fallback: () =>
      table(
        step > 1 ? `${title}: one of ${step} samples` : title,
        [
          { title: "Time", numeric: true, cell: (row) => duration(row.t_s) },
          ...shown.map((column) => ({ title: column.title, numeric: true, cell: (row) => write(row[column.key]) })),
          { title: "Threads", numeric: true, cell: (row) => count(row.threads) },
        ],
        rows,
      ),
  });
}

function resourceFigures(report, zoom) {
  const { samples, cpu } = report.resources;
  if (!samples.length) return [h("p", { class: "note" }, "No samples of CPU and memory were taken: nothing to show over time.")];
  const memory = report.memory;
  return [
    seriesFigure(zoom, {
      id: "cpu-chart",
      title: "CPU",
      summary: `${percent(cpu.avg_ratio)} ${report.host.usable_cpus === null ? "" : `of ${report.host.usable_cpus} usable CPUs `}on average; highest ${percent(cpu.peak_ratio)} and lowest ${percent(cpu.min_ratio)} over 100 ms (estimated).`,
      samples,
      columns: [{ key: "cpu_ratio", title: "CPU", colour: "line-1", options: { fill: () => colour("fill-1") } }],
      write: percent,
      range: (self, min, max) => [0, Math.max(1, max ?? 0)],
    }),
    seriesFigure(zoom, {
      id: "memory-chart",
      title: "Memory",
      summary: `Peak ${bytes(memory.peak_rss_bytes)}, average ${bytes(memory.avg_rss_bytes)} of resident memory.`,
      samples,
      columns: [
        { key: "rss_bytes", title: "Resident", colour: "line-1", options: { fill: () => colour("fill-1") } },
        { key: "heap_bytes", title: "Heap", colour: "line-2" },
        { key: "file_bytes", title: "Files", colour: "line-3", options: { dash: [6, 4] } },
      ],
      write: bytes,
      range: (self, min, max) => [0, max > 0 ? max * 1.05 : 1],
    }),
  ];
}

// Returns {element, addImages}: the timeline comes when the images have been read.
export function overTime(report) {
  const end = report.periods.reduce((last, period) => Math.max(last, period.end_s), 0) || report.duration_s;
  const zoom = makeZoom(end);
  const waiting = h("p", { class: "note" }, "Reading the images\u2026");
  const figures = resourceFigures(report, zoom);
  const charts = h("div", { class: "pair" });
  for (const one of figures) {
    if (one instanceof Node) {
      charts.append(one);
      continue;
    }
    one.place.setAttribute("tabindex", "0");
    one.place.addEventListener("keydown", (event) => zoomKey(zoom, event));
    charts.append(one.element);
  }
  const element = section("over-time", "Over time", zoomToolbar(zoom), waiting, charts);
  return {
    element,
    zoom,
    addImages(store, open) {
      waiting.replaceWith(makeTimeline(store, report, zoom, open));
    },
  };
}

export function workersSection(report) {
  if (!report.workers.length) return null;
  const rows = report.workers;
  const some = (key) => rows.some((row) => typeof row[key] === "number");
  const column = (title, key, write, definition = key) => some(key) && { title, key: definition, numeric: true, cell: (row) => write(row[key]) };
  const columns = [
    { title: "Worker", key: "worker", cell: (row) => `Worker ${row.id}` },
    column("Images", "tasks", count),
    column("Mean image", "mean_task_s", duration, "image_time"),
    column("Active", "active_s", duration),
    column("On CPU", "on_cpu_s", duration),
    column("Waiting for CPU", "run_queue_s", duration),
    column("In I/O", "io_call_s", duration),
    column("Other", "other_s", duration),
    column("Idle", "idle_s", duration),
    column("Idle, no CPU", "idle_run_queue_s", duration),
    column("Start-up", "init_s", duration, "worker_init"),
    column("CPU \u00f7 active", "cpu_ratio", percent, null),
  ].filter(Boolean);
  const element = section("workers", "Workers", poolFacts(report.pool, report));
  append(element, table("Workers", columns, rows.slice(0, 100)));
  append(element, levelsTable(report.pool?.levels ?? []));
  if (rows.length > 100) append(element, h("p", { class: "note" }, `The first 100 of ${count(rows.length)} workers.`));
  return element;
}

function levelsTable(levels) {
  if (levels.length < 2) return null;
  return foldout("By images in flight", () =>
    table(
      "By images in flight",
      [
        { title: "Images at once", key: "in_flight", numeric: true, cell: (row) => count(row.in_flight) },
        { title: "Time", numeric: true, cell: (row) => duration(row.time_s) },
        { title: "CPU", key: "cpu", numeric: true, cell: (row) => percent(row.cpu_ratio) },
        { title: "Memory", numeric: true, cell: (row) => bytes(row.rss_bytes) },
        { title: "Samples", numeric: true, cell: (row) => count(row.samples) },
      ],
      levels,
    ),
  );
}

function poolFacts(pool, report) {
  const rows = [["Efficiency", "efficiency", percent(report.worker_efficiency)]];
  if (pool) {
    const kinds = { libuv: "libuv's threads", threads: "threads of one process", processes: "processes" };
    rows.push(
      ["Workers", "worker", `${count(pool.lanes)}${pool.kind ? ` (${kinds[pool.kind] ?? pool.kind})` : ""}`],
      ["Images at once", "in_flight", `${count(pool.in_flight_peak)} at most, ${number(pool.in_flight_mean)} on average`],
      ["Limited by", "limit", pool.limit ? (limits[pool.limit] ?? pool.limit) : "nothing that was found"],
      ["Tail", "tail_s", `${duration(pool.tail_s)} (${percent(pool.tail_ratio)})`],
      ["Idle CPUs", "idle_cpus", number(pool.idle_cpus)],
      ["Waiting for CPU", "run_queue_s", pool.run_queue_s === null ? "n/a" : `${duration(pool.run_queue_s)} (${percent(pool.run_queue_ratio)} of that and CPU time)`],
      ["Threads per CPU", "threads_per_cpu", number(pool.threads_per_cpu)],
    );
  }
  return facts(rows);
}
