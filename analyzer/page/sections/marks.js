// SPDX-License-Identifier: MIT
// Owns: moments and spans that programs named: their lanes on the timeline, and the section of their figures.
// Must not know: images, workers.
import { append, facts, h, section, shortName, table } from "../base/dom.js";
import { colour } from "../base/theme.js";
import { count, duration, visible } from "../base/units.js";

const LANES = 8; // names that get a lane of their own: those with the most time
const ROWS = 100;
const COLOURS = ["#5b8ff9", "#d08b2c", "#3a9d7c", "#b05fc4", "#c2544d", "#4fa3b8", "#8a8f2d", "#7b6fd0"];

// By time, not by the order of keys: names that are numbers would come first.
const namesOf = (report) => Object.keys(report.spans).sort((a, b) => report.spans[b].sum - report.spans[a].sum);

// [{name, title, colour, items: [{start, end, data}], reach}] by start; single moments stand in one lane, the last.
export function markLanes(report) {
  const lanes = namesOf(report)
    .filter((name) => report.spans[name].n)
    .slice(0, LANES)
    .map((name, i) => ({ name, title: visible(name), colour: COLOURS[i], items: [] }));
  const byName = new Map(lanes.map((lane) => [lane.name, lane]));
  for (const span of report.span_list) byName.get(span.name)?.items.push({ name: span.name, start: span.start_s, end: span.end_s, data: span.data });
  const points = report.marks.filter((mark) => mark.kind === "mark");
  if (points.length)
    lanes.push({ name: null, title: "Marks", colour: null, items: points.map((mark) => ({ name: mark.name, start: mark.t_s, end: mark.t_s, data: mark.data })) });
  for (const lane of lanes) {
    lane.items.sort((a, b) => a.start - b.start);
    let last = -Infinity;
    lane.reach = lane.items.map((item) => (last = Math.max(last, item.end)));
  }
  return lanes.filter((lane) => lane.items.length);
}

// x: seconds to pixels; a moment is a line of its own through the lane, a span a bar that others may lie on.
export function drawMarkLane(ctx, lane, x, zoom, top, thick, ratio) {
  ctx.fillStyle = lane.colour ?? colour("text");
  ctx.globalAlpha = lane.colour ? 0.75 : 1;
  let drawn = -Infinity; // no more than one per pixel
  for (const item of lane.items) {
    if (item.end < zoom.min) continue;
    if (item.start > zoom.max) break;
    const left = x(item.start);
    const right = Math.max(x(item.end), left + ratio);
    if (right < drawn + 1) continue;
    drawn = right;
    ctx.fillRect(left, top, right - left, thick);
  }
  ctx.globalAlpha = 1;
}

// What lies at a moment in a lane, the last one to begin, as lines; or null.
export function describeMark(lane, at, slack) {
  for (let i = lane.items.length - 1; i >= 0 && lane.reach[i] >= at - slack; i--) {
    const item = lane.items[i];
    if (item.start > at + slack || item.end < at - slack) continue;
    const length = item.end > item.start ? `, took ${duration(item.end - item.start)}` : "";
    return [visible(item.name), `at ${duration(item.start)}${length}`, item.data === null ? null : visible(JSON.stringify(item.data))].filter(Boolean);
  }
  return null;
}

function spanTable(report) {
  const names = namesOf(report);
  if (!names.length) return null;
  const timing = (key) => ({ numeric: true, cell: (name) => duration(report.spans[name][key]) });
  return [
    table(
      "Spans",
      [
        { title: "Span", class: "path", cell: (name) => shortName(visible(name)) },
        { title: "n", numeric: true, cell: (name) => count(report.spans[name].n) },
        { title: "Mean", key: "span_time", ...timing("mean") },
        { title: "Median", ...timing("p50") },
        { title: "p95", ...timing("p95") },
        { title: "Longest", ...timing("max") },
        { title: "In all", ...timing("sum") },
        { title: "Without other end", key: "span_left", numeric: true, cell: (name) => count(report.spans[name].begins_left + report.spans[name].ends_left) },
      ],
      names.slice(0, ROWS),
      { showCaption: true },
    ),
    names.length > ROWS ? h("p", { class: "note" }, `The first ${ROWS} of ${count(names.length)} names.`) : null,
  ];
}

function momentTable(report) {
  const counts = new Map();
  for (const mark of report.marks) if (mark.kind === "mark") counts.set(mark.name, { n: (counts.get(mark.name)?.n ?? 0) + 1, first: counts.get(mark.name)?.first ?? mark.t_s, last: mark.t_s });
  if (!counts.size) return null;
  const rows = [...counts];
  return table(
    "Moments",
    [
      { title: "Moment", class: "path", cell: ([name]) => shortName(visible(name)) },
      { title: "Times", numeric: true, cell: ([, times]) => count(times.n) },
      { title: "First at", numeric: true, cell: ([, times]) => duration(times.first) },
      { title: "Last at", numeric: true, cell: ([, times]) => duration(times.last) },
    ],
    rows.slice(0, ROWS),
    { showCaption: true },
  );
}

export function marksSection(report) {
  const { frontend, mark_totals: totals } = report;
  if (!totals.marks) return null;
  const updates = report.spans["frontend.update"];
  return append(section("marks", "Marks"), [
    frontend
      ? facts([
          ["Front end's start", "frontend_start", duration(frontend.startTime)],
          ["Drop to start", "drop_to_start", duration(frontend.dropToStartDuration), frontend.dropToStart.source === "inferred" ? "inferred" : null],
          ["UI update latency", "ui_update", duration(updates?.mean), updates?.n ? `p95 ${duration(updates.p95)}` : null],
          ["User interactions", null, count(frontend.userInteractionCount)],
        ])
      : null,
    spanTable(report),
    momentTable(report),
    totals.marks > totals.marks_listed || totals.spans > totals.spans_listed
      ? h("p", { class: "note" }, `Timeline and moments show the first ${count(totals.marks_listed)} of ${count(totals.marks)} marks and ${count(totals.spans_listed)} of ${count(totals.spans)} spans; the times of spans are of all.`)
      : null,
  ]);
}
