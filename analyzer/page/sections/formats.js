// SPDX-License-Identifier: MIT
// Owns: the section of sizes: before and after by format, settings side by side, conversions, an encoder's quality setting
// against size.
// Must not know: how charts are made.
import { formatColour, formatTitle } from "../base/colours.js";
import { axis, figure, fittingSize, uPlot } from "../charts/charts.js";
import { singleImages, thinned } from "../charts/dots.js";
import { append, h, section, table, term } from "../base/dom.js";
import { formatMark } from "./images.js";
import { retainedColumns } from "./retained.js";
import { colour } from "../base/theme.js";
import { bytes, count, duration, number, percent, visible } from "../base/units.js";

const LABELLED_FROM = 110; // pixels of a pair of bars

function sizesFigure(rows) {
  const bar = (side) => uPlot.paths.bars({ size: [0.4, 60], align: side });
  const series = (label, side, fill) => ({ label, paths: bar(side), fill, stroke: fill, width: 0, points: { show: false } });
  const before = () => colour("muted");
  const label = (self, seriesIndex, index, raw) => {
    const { ctx } = self;
    const x = self.valToPos(index, "x", true) + (seriesIndex === 1 ? -1 : 1) * Math.min(30 * devicePixelRatio, (self.bbox.width / rows.length) * 0.2);
    ctx.fillText(bytes(raw), x, self.valToPos(raw, "y", true) - 4 * devicePixelRatio);
  };
  const result = figure({
    id: "sizes-chart",
    title: "Size before and after, by output format",
    summary: rows.map(([key, row]) => `${formatTitle(key)} ${bytes(row.bytes_in)} to ${bytes(row.bytes_out)}`).join("; ") + ".",
    height: 230,
    data: [rows.map((_, i) => i), rows.map(([, row]) => row.bytes_in), rows.map(([, row]) => row.bytes_out)],
    options: {
      legend: { show: false },
      cursor: { show: false },
      scales: { x: { time: false, range: () => [-0.5, rows.length - 0.5] }, y: { range: (self, min, max) => [0, max > 0 ? max * 1.12 : 1] } },
      series: [{}, series("Before", -1, before), series("After", 1, () => colour("line-1"))],
      axes: [
        axis({ grid: { show: false }, splits: () => rows.map((_, i) => i), values: () => rows.map(([key]) => formatTitle(key)) }),
        axis({ size: fittingSize, values: (self, values) => values.map(bytes) }),
      ],
      hooks: {
        draw: [
          (self) => {
            const { ctx } = self;
            if (self.bbox.width / devicePixelRatio / rows.length < LABELLED_FROM) return; // they would cover each other
            ctx.save();
            ctx.fillStyle = colour("text");
            ctx.textAlign = "center";
            ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
            rows.forEach(([, row], i) => {
              label(self, 1, i, row.bytes_in);
              label(self, 2, i, row.bytes_out);
            });
            ctx.restore();
          },
        ],
      },
    },
  });
  const mark = (title, name) => h("li", null, h("span", { class: "swatch", style: { background: `var(--${name})` } }), title);
  append(result.element, h("ul", { class: "legend" }, mark("Before", "muted"), mark("After", "line-1")));
  return result.element;
}

function formatTable(rows, lazy) {
  return table(
    "Formats",
    [
      { title: "Output", cell: ([key]) => formatMark(key) },
      { title: "Images", key: "images", numeric: true, cell: ([, row]) => count(row.images) },
      { title: "Before", numeric: true, cell: ([, row]) => bytes(row.bytes_in) },
      { title: "After", numeric: true, cell: ([, row]) => bytes(row.bytes_out) },
      { title: "Of original", key: "size_ratio", numeric: true, cell: ([, row]) => percent(row.size_ratio) },
      { title: "Median", key: "median_size_ratio", numeric: true, cell: ([, row]) => percent(row.median_size_ratio) },
      { title: "Mean time", key: "image_time", numeric: true, cell: ([, row]) => duration(row.time.mean) },
      { title: "p95", key: "p95", numeric: true, cell: ([, row]) => duration(row.time.p95) },
      ...retainedColumns(rows, lazy, ([, row]) => row.images, ([, row]) => row),
    ],
    rows,
  );
}

function settingsTable(rows, lazy) {
  const settings = rows.flatMap(([key, row]) => row.qualities.map((one) => ({ ...one, format: key })));
  if (!settings.length) return null;
  const timed = settings.some((row) => row.time);
  return [
    h("h3", null, "Settings side by side"),
    table(
      "Settings",
      [
        { title: "Output", cell: (row) => formatMark(row.format) },
        { title: "Encoder", cell: (row) => visible(row.encoder ?? "not seen") },
        { title: "Setting", key: "setting", cell: (row) => visible(row.label) },
        { title: "Images", key: "images", numeric: true, cell: (row) => count(row.n) },
        { title: "Before", numeric: true, cell: (row) => bytes(row.bytes_in) },
        { title: "After", numeric: true, cell: (row) => bytes(row.bytes_out) },
        { title: "Of original", key: "size_ratio", numeric: true, cell: (row) => percent(row.size_ratio) },
        timed && { title: "Mean time", key: "image_time", numeric: true, cell: (row) => duration(row.time?.mean) },
        ...retainedColumns(settings, lazy, (row) => row.n),
      ].filter(Boolean),
      settings,
      { tall: settings.length > 24 },
    ),
  ];
}

function conversionTable(conversions, lazy) {
  if (!conversions.length) return null;
  return [
    h("h3", null, term("Conversions", "conversion")),
    table(
      "Conversions",
      [
        { title: "From", cell: (row) => formatMark(row.from) },
        { title: "To", cell: (row) => formatMark(row.to) },
        { title: "Images", key: "images", numeric: true, cell: (row) => count(row.n) },
        { title: "Before", numeric: true, cell: (row) => bytes(row.bytes_in) },
        { title: "After", numeric: true, cell: (row) => bytes(row.bytes_out) },
        { title: "Smaller by", key: "reduction", numeric: true, cell: (row) => (row.size_reduction < 0 ? `${percent(-row.size_reduction)} larger` : percent(row.size_reduction)) },
        ...retainedColumns(conversions, lazy, (row) => row.n),
      ],
      conversions,
    ),
  ];
}

export function formatsSection(report, lazy) {
  const rows = Object.entries(report.formats);
  const element = section("formats", "Sizes and settings");
  if (!rows.length) return append(element, h("p", { class: "note" }, "No image has an output of known format."));
  const sized = rows.filter(([, row]) => row.sized > 0);
  return append(element, [
    h("div", { class: "pair" }, sized.length ? sizesFigure(sized) : null, h("div", { id: "scatter-place" })),
    formatTable(rows, lazy),
    settingsTable(rows, lazy),
    conversionTable(report.conversions, lazy),
    report.quality ? null : h("p", { class: "note", id: "quality-unmeasured" }, "Quality was not measured: ", h("code", null, "imgbench report --quality"), " scores the outputs."),
  ]);
}

// One group per encoder and output format: their scales cannot be compared. Without a number the setting's name is the place.
function scatterGroups(store) {
  const groups = new Map();
  for (const i of singleImages(store)) {
    const ratio = store.get("size_ratio", i);
    const label = store.get("setting", i);
    if (ratio === null || label === null) continue;
    const encoder = store.get("encoder", i) ?? "encoder not seen";
    const format = store.get("output_format", i);
    const key = `${encoder}\n${format}`;
    if (!groups.has(key)) groups.set(key, { encoder, format, images: [], settings: new Set() });
    groups.get(key).images.push(i);
    groups.get(key).settings.add(label);
  }
  return [...groups.values()].sort((a, b) => b.settings.size - a.settings.size || b.images.length - a.images.length);
}

function scatterFigure(store, group, open) {
  const numbered = group.images.filter((i) => store.get("quality", i) !== null);
  const byNumber = numbered.length > group.images.length / 2 || new Set(numbered.map((i) => store.get("quality", i))).size > 1;
  const left = byNumber ? group.images.length - numbered.length : 0;
  const images = byNumber ? numbered : group.images;
  const labels = byNumber ? [] : [...new Set(images.map((i) => store.get("setting", i)))].sort(new Intl.Collator("en", { numeric: true }).compare);
  const x = (i) => (byNumber ? store.get("quality", i) : labels.indexOf(store.get("setting", i)));
  const points = thinned(images.map((i) => [x(i), store.get("size_ratio", i), i]).sort((a, b) => a[0] - b[0]));
  const xs = points.map((point) => point[0]);
  const least = Math.min(...xs.slice(0, 1), ...xs.slice(-1));
  const most = Math.max(...xs.slice(0, 1), ...xs.slice(-1));
  const margin = byNumber ? Math.max((most - least) * 0.08, 2) : 0.5;
  const title = `${formatTitle(group.format)} by ${group.encoder}`;
  const result = figure({
    title: visible(title),
    summary: `${count(images.length)} ${images.length === 1 ? "image" : "images"}: ${byNumber ? `quality ${number(least)} to ${number(most)}` : `${labels.length} ${labels.length === 1 ? "setting" : "settings"}`} against size ratio${left ? `; ${count(left)} without a number left out` : ""}.`,
    height: 220,
    data: [xs, points.map((point) => point[1])],
    options: {
      legend: { show: false },
      cursor: { drag: { x: false, y: false }, points: { size: 9 } },
      scales: {
        x: { time: false, range: () => (byNumber ? [least - margin, most + margin] : [-margin, labels.length - 1 + margin]) },
        y: { range: (self, min, max) => [0, max < 0.5 ? max * 1.2 : Math.max(1.05, (max ?? 1) * 1.08)] },
      },
      series: [
        {},
        { paths: () => null, points: { show: true, size: 7, width: 1, fill: () => `${formatColour(group.format)}99`, stroke: () => formatColour(group.format) } },
      ],
      axes: [
        byNumber
          ? axis({ label: "Quality, on the encoder's own scale", values: (self, values) => values.map(number) })
          : axis({ label: "Setting", grid: { show: false }, splits: () => labels.map((_, i) => i), values: (self) => fitted(self, labels) }),
        axis({ size: fittingSize, label: "After \u00f7 before", values: (self, values) => values.map(percent) }),
      ],
    },
  });
  result.place.dataset.dots = points.length;
  result.place.addEventListener("click", () => {
    const index = result.chart?.cursor.idx;
    if (typeof index === "number") open(points[index][2]);
  });
  return result.element;
}

// Encoders that had one setting each: there is no quality to go by, but how far their images differ.
function settingsFigure(store, groups, open) {
  const shown = groups.slice(0, SETTINGS);
  const settings = shown.map((group) => visible([...group.settings][0]));
  const points = shown.flatMap((group, at) => thinned(group.images.map((i) => [at, store.get("size_ratio", i), i])));
  if (points.length < 2) return null;
  const result = figure({
    id: "settings-chart",
    title: "Size left of each image, by output and setting",
    summary: `${count(shown.length)} of ${count(groups.length)} encoders and formats, a dot per image.`,
    height: 230,
    data: [points.map(([at]) => at), ...shown.map((_, k) => points.map(([at, ratio]) => (at === k ? ratio : null)))],
    options: {
      legend: { show: false },
      cursor: { drag: { x: false, y: false }, points: { show: false } },
      scales: {
        x: { time: false, range: () => [-0.5, shown.length - 0.5] },
        y: { range: (self, min, max) => [0, Math.max(1.05, (max ?? 1) * 1.08)] },
      },
      series: [{}, ...shown.map((group) => ({ paths: () => null, points: { show: true, size: 7, width: 1, fill: () => `${formatColour(group.format)}99`, stroke: () => formatColour(group.format) } }))],
      axes: [
        axis({ size: 46, grid: { show: false }, splits: () => shown.map((_, i) => i), values: (self) => fitted(self, settings).map((label, i) => `${formatTitle(shown[i].format)}\n${label}`) }),
        axis({ size: fittingSize, label: "After \u00f7 before", values: (self, values) => values.map(percent) }),
      ],
    },
  });
  result.place.dataset.dots = points.length;
  // Of a column's dots the nearest one.
  result.place.addEventListener("click", (event) => {
    const chart = result.chart;
    if (!chart || !chart.over.contains(event.target)) return;
    const at = Math.round(chart.posToVal(chart.cursor.left, "x"));
    const ratio = chart.posToVal(chart.cursor.top, "y");
    const nearest = points.filter((point) => point[0] === at).sort((a, b) => Math.abs(a[1] - ratio) - Math.abs(b[1] - ratio))[0];
    if (nearest) open(nearest[2]);
  });
  return result.element;
}

// Labels as they fit beside each other: shortened, or only one of several.
function fitted(self, labels) {
  const room = Math.floor(self.bbox.width / devicePixelRatio / labels.length / 7);
  const step = Math.max(1, Math.ceil(6 / Math.max(room, 1)));
  return labels.map((label, i) => {
    if (i % step) return "";
    return label.length <= room * step ? label : `${label.slice(0, room * step - 1)}\u2026`;
  });
}

const SCATTERS = 9;
const SETTINGS = 8;

// The charts that need the images. An encoder with one setting says nothing of quality against size.
export function addScatter(element, store, open) {
  const groups = scatterGroups(store);
  const place = element.querySelector("#scatter-place");
  if (!place) return;
  const several = groups.filter((group) => group.settings.size > 1);
  const shown = several.slice(0, SCATTERS);
  const alone = groups.length && !several.length ? settingsFigure(store, groups, open) : null;
  if (shown.length) place.replaceWith(scatterFigure(store, shown[0], open));
  else if (alone) place.replaceWith(alone);
  else place.remove();
  if (shown.length > 1)
    append(element, [h("h3", null, "Quality against size, by encoder"), h("div", { class: "thirds" }, shown.slice(1).map((group) => scatterFigure(store, group, open)))]);
  if (shown.length && groups.length > shown.length)
    append(element, h("p", { class: "note" }, `Quality against size is shown for ${shown.length} of ${groups.length} encoders and formats: those with more than one setting. Images that a temporary file joins are left out.`));
}
