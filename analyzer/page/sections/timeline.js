// SPDX-License-Identifier: MIT
// Owns: the workers' timeline: a lane per worker, a bar per image, drawn on uPlot's axes.
// Must not know: where its data come from beyond the images' columns.
import { formatColour, formatTitle, stageParts, stages, statuses } from "../base/colours.js";
import { axis, figure, fittingSize, makeTip, moments } from "../charts/charts.js";
import { append, h } from "../base/dom.js";
import { describeMark, drawMarkLane, markLanes } from "./marks.js";
import { colour } from "../base/theme.js";
import { bytes, change, duration } from "../base/units.js";
import { zoomKey, zoomOptions } from "../charts/zoom.js";

const AXES = 48; // pixels of height that are no lanes
const SEGMENTS_FROM = 14; // pixels of a bar from which its stages are drawn one by one

// Lanes by worker, each with its images by start; what has no worker stands in a lane of its own.
function lanesOf(store, workers) {
  const lanes = workers.map((worker) => ({ name: `Worker ${worker.id}`, images: [] }));
  const byId = new Map(workers.map((worker, i) => [worker.id, i]));
  const rest = { name: "no worker", images: [] };
  for (let i = 0; i < store.count; i++) {
    const lane = lanes[byId.get(store.get("worker", i))] ?? rest;
    if (store.get("start_s", i) !== null && store.get("span_s", i) !== null) lane.images.push(i);
  }
  if (rest.images.length) lanes.push(rest);
  for (const lane of lanes) {
    lane.images.sort((a, b) => store.get("start_s", a) - store.get("start_s", b));
    lane.starts = Float64Array.from(lane.images, (i) => store.get("start_s", i));
    lane.spans = Float64Array.from(lane.images, (i) => store.get("span_s", i));
    // Ends so far: the search for what is visible may stop at the first that reaches into it.
    let last = -Infinity;
    lane.reach = Float64Array.from(lane.images, (i, k) => (last = Math.max(last, lane.starts[k] + lane.spans[k])));
  }
  return lanes;
}

// First index whose value is at least the wanted one, in a rising array.
function lowerBound(values, wanted) {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

const modes = {
  stage: {
    title: "Stage",
    legend: () => [...stages, { title: "Waiting", colour: "var(--wait)" }],
    parts(store, i) {
      return stageParts(store.stage(i)).map((seconds, k) => [seconds, stages[k].colour]);
    },
  },
  format: {
    title: "Output format",
    legend: (store) => distinct(store, "output_format").map((key) => ({ title: formatTitle(key), colour: formatColour(key) })),
    parts: (store, i) => [[store.get("span_s", i), formatColour(store.get("output_format", i))]],
  },
  status: {
    title: "Status",
    legend: (store) => distinct(store, "status").map((key) => statuses[key] ?? { title: key, colour: "#9aa0a6" }),
    parts: (store, i) => [[store.get("span_s", i), statuses[store.get("status", i)]?.colour ?? "#9aa0a6"]],
  },
};

const cut = (name) => (name.length > 20 ? `${name.slice(0, 19)}\u2026` : name);

function distinct(store, key) {
  const found = new Set();
  for (let i = 0; i < store.count; i++) found.add(store.get(key, i));
  return [...found];
}

function longest(parts) {
  return parts.reduce((most, part) => (part[0] > most[0] ? part : most), [-1, "#9aa0a6"])[1];
}

export function makeTimeline(store, report, zoom, open) {
  const lanes = lanesOf(store, report.workers);
  const named = markLanes(report); // below the workers' lanes
  const rows = lanes.length + named.length;
  if (!named.length && !lanes.some((lane) => lane.images.length)) return h("p", { class: "note" }, "No image was seen: there is no timeline.");
  const laneHeight = Math.max(6, Math.min(30, Math.floor(640 / rows)));
  const height = rows * laneHeight + AXES;
  let mode = "stage";
  let selected = null; // {lane, at}
  let chart = null;

  function draw(self) {
    chart = self;
    const { ctx, bbox } = self;
    const ratio = devicePixelRatio;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    const scale = bbox.width / (zoom.max - zoom.min);
    const x = (seconds) => bbox.left + (seconds - zoom.min) * scale;
    const thick = Math.max(2, laneHeight * ratio * 0.72);
    const wait = colour("wait");
    lanes.forEach((lane, row) => {
      const middle = self.valToPos(row, "y", true);
      const top = middle - thick / 2;
      const first = lowerBound(lane.reach, zoom.min);
      let drawn = -Infinity; // no more than one bar per pixel
      for (let at = first; at < lane.images.length && lane.starts[at] <= zoom.max; at++) {
        const left = x(lane.starts[at]);
        const width = lane.spans[at] * scale;
        if (left + width < drawn + 1) continue;
        drawn = left + Math.max(width, 1);
        const parts = modes[mode].parts(store, lane.images[at]);
        if (width < SEGMENTS_FROM * ratio) {
          ctx.fillStyle = longest(parts);
          ctx.fillRect(left, top, Math.max(width - (width > 4 ? ratio : 0), 1), thick);
          continue;
        }
        ctx.fillStyle = wait;
        ctx.fillRect(left, top, width - ratio, thick);
        let from = left;
        for (const [seconds, fill] of parts) {
          const to = Math.min(from + seconds * scale, left + width - ratio);
          ctx.fillStyle = fill;
          if (to > from) ctx.fillRect(from, top, to - from, thick);
          from = to;
        }
      }
    });
    named.forEach((lane, k) => drawMarkLane(ctx, lane, x, zoom, self.valToPos(lanes.length + k, "y", true) - thick / 2, thick, ratio));
    if (selected) {
      const i = lanes[selected.lane].images[selected.at];
      const middle = self.valToPos(selected.lane, "y", true);
      ctx.strokeStyle = colour("text");
      ctx.lineWidth = 2 * ratio;
      ctx.strokeRect(x(store.get("start_s", i)) - ratio, middle - thick / 2 - ratio, Math.max(store.get("span_s", i) * scale, 2) + 2 * ratio, thick + 2 * ratio);
    }
    ctx.restore();
  }

  function describe(i) {
    const parts = stageParts(store.stage(i))
      .map((seconds, k) => [seconds, stages[k].title])
      .filter(([seconds]) => seconds > 0)
      .sort((a, b) => b[0] - a[0])
      .slice(0, 3)
      .map(([seconds, title]) => `${title.toLowerCase()} ${duration(seconds)}`);
    const ratio = store.get("size_ratio", i);
    return [
      store.name(i),
      `${formatTitle(store.get("input_format", i))} \u2192 ${formatTitle(store.get("output_format", i))}, ${store.get("status", i)}`,
      `at ${duration(store.get("start_s", i))}, busy ${duration(store.get("busy_s", i))} of ${duration(store.get("span_s", i))}`,
      parts.join(", "),
      ratio === null ? null : `${bytes(store.get("bytes_in", i))} \u2192 ${bytes(store.get("bytes_out", i))} (${change(ratio)})`,
    ].filter(Boolean);
  }

  // The image under a point, within two pixels.
  function hit(self, left, top) {
    const row = Math.round(self.posToVal(top, "y"));
    const lane = lanes[row];
    if (!lane) return null;
    const at = self.posToVal(left, "x");
    const slack = ((zoom.max - zoom.min) / self.over.clientWidth) * 2;
    let best = null;
    for (let k = lowerBound(lane.starts, at + slack) - 1; k >= 0 && lane.reach[k] >= at - slack; k--) {
      if (lane.starts[k] + lane.spans[k] >= at - slack) {
        best = { lane: row, at: k };
        break;
      }
    }
    return best;
  }

  const tip = makeTip();
  const spoken = h("p", { class: "hidden", "aria-live": "polite", id: "timeline-selected" });

  // The lines of a named lane's moment or span under a point.
  function hitMark(self, left, top) {
    const lane = named[Math.round(self.posToVal(top, "y")) - lanes.length];
    return lane ? describeMark(lane, self.posToVal(left, "x"), ((zoom.max - zoom.min) / self.over.clientWidth) * 2) : null;
  }

  function attach(self) {
    chart = self;
    self.root.append(tip.element);
    self.over.addEventListener("mousemove", (event) => {
      const box = self.over.getBoundingClientRect();
      const at = [event.clientX - box.left, event.clientY - box.top];
      const found = hit(self, ...at);
      self.over.style.cursor = found ? "pointer" : "";
      tip.show(self, ...at, found ? describe(lanes[found.lane].images[found.at]) : hitMark(self, ...at));
    });
    self.over.addEventListener("mouseleave", tip.hide);
    let pressed = null;
    self.over.addEventListener("mousedown", (event) => (pressed = event.clientX));
    self.over.addEventListener("mouseup", (event) => {
      if (pressed === null || Math.abs(event.clientX - pressed) > 3) return; // that was dragging
      const box = self.over.getBoundingClientRect();
      const found = hit(self, event.clientX - box.left, event.clientY - box.top);
      if (found) open(lanes[found.lane].images[found.at]);
    });
  }

  // Along a lane, or to the image of the next lane that began last before this one.
  function select(along, across) {
    if (!lanes.some((lane) => lane.images.length)) return;
    if (!selected) selected = { lane: lanes.findIndex((lane) => lane.images.length), at: 0 };
    else if (along) selected = { ...selected, at: Math.max(0, Math.min(lanes[selected.lane].images.length - 1, selected.at + along)) };
    else {
      const start = lanes[selected.lane].starts[selected.at];
      let lane = selected.lane + across;
      while (lanes[lane] && !lanes[lane].images.length) lane += across;
      if (lanes[lane]) selected = { lane, at: Math.max(0, lowerBound(lanes[lane].starts, start + 1e-9) - 1) };
    }
    const i = lanes[selected.lane].images[selected.at];
    const start = store.get("start_s", i);
    const end = start + store.get("span_s", i);
    if (start < zoom.min || end > zoom.max) {
      const half = Math.max(zoom.max - zoom.min, (end - start) * 1.1) / 2;
      zoom.set((start + end) / 2 - half, (start + end) / 2 + half);
    }
    spoken.replaceChildren(`${lanes[selected.lane].name}: ${describe(i).join("; ")}`);
    chart.redraw(false);
    tip.show(chart, Math.max(0, chart.valToPos(Math.max(start, zoom.min), "x")), chart.valToPos(selected.lane, "y"), describe(i));
  }

  function onKey(event) {
    if (zoomKey(zoom, event)) return;
    const moves = { n: [1, 0], p: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
    if (moves[event.key]) {
      event.preventDefault();
      select(...moves[event.key]);
    } else if (event.key === "Enter" && selected) {
      event.preventDefault();
      open(lanes[selected.lane].images[selected.at]);
    } else if (event.key === "Escape") {
      selected = null;
      tip.hide();
      chart.redraw(false);
    }
  }

  const shared = zoomOptions(zoom, attach);
  const result = figure({
    id: "timeline",
    title: "Workers over time",
    summary: `${lanes.length === 1 ? "One lane" : `${lanes.length} lanes`}, a bar per image${named.length ? "; named spans and moments below" : ""}.`,
    height,
    data: [
      [zoom.full.min, zoom.full.max],
      [null, null],
    ],
    options: {
      ...shared,
      legend: { show: false },
      cursor: { ...shared.cursor, y: false, points: { show: false } },
      scales: { ...shared.scales, y: { range: () => [-0.5, rows - 0.5], dir: -1 } },
      series: [{}, { label: "lane", show: true, points: { show: false } }],
      axes: [
        axis({ values: moments }),
        axis({
          size: fittingSize,
          grid: { show: false },
          splits: () => Array.from({ length: rows }, (_, i) => i).filter((i) => i % Math.ceil(14 / laneHeight) === 0),
          values: (self, splits) => splits.map((i) => lanes[i]?.name ?? cut(named[i - lanes.length]?.title ?? "")),
        }),
      ],
      hooks: { ...shared.hooks, draw: [draw] },
    },
  });
  const place = result.place;
  place.removeAttribute("role");
  place.removeAttribute("aria-label");
  const keys = h(
    "div",
    {
      class: "keys",
      tabindex: "0",
      role: "application",
      "aria-label":
        "Timeline of workers. Plus and minus zoom, left and right move, 0 shows the whole run; n and p go to the next and previous image, up and down to another worker, Enter opens it.",
      onkeydown: onKey,
    },
    place,
  );
  const legend = h("ul", { class: "legend" });
  const choice = h(
    "select",
    {
      id: "timeline-colour",
      onchange: (event) => {
        mode = event.target.value;
        showLegend();
        chart?.redraw(false);
      },
    },
    Object.entries(modes).map(([key, one]) => h("option", { value: key }, one.title)),
  );
  function showLegend() {
    legend.replaceChildren(
      ...modes[mode].legend(store).map((one) => h("li", null, h("span", { class: "swatch", style: { background: one.colour } }), one.title)),
    );
  }
  showLegend();
  result.element.append(keys, spoken);
  append(result.element, [
    h("div", { class: "toolbar" }, h("label", null, "Colour by ", choice)),
    legend,
    h(
      "p",
      { class: "note screen" },
      "Drag to zoom in, double-click for the whole run, Ctrl and wheel to zoom, click a bar for the image. Bars show the stages in their usual order, to the scale of their time; narrow ones only the longest. The pale rest is waiting.",
    ),
  ]);
  return result.element;
}
