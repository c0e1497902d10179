// SPDX-License-Identifier: MIT
// Owns: the chart of quality against size: a line per format and encoder through its settings, a faint dot per image.
// Must not know: how scores and medians came about; what else the section says.
import { bands, scoreAndBand } from "../base/bands.js";
import { axis, figure, fittingSize, makeTip } from "../charts/charts.js";
import { formatColour, formatTitle } from "../base/colours.js";
import { append, h, table } from "../base/dom.js";
import { singleImages, thinned } from "../charts/dots.js";
import { formatMark } from "./images.js";
import { placeLabels } from "../charts/labels.js";
import { ratioSplits, reach, scoreSplits } from "../charts/reach.js";
import { colour } from "../base/theme.js";
import { bytes, change, count, duration, isKnown, number, percent, score, visible } from "../base/units.js";

const CELLS = [300, 100]; // of dots
const REACH = { point: 12, dot: 7 }; // pixels within which the pointer finds something

// Encoders of one format are told apart by these: a mark, the same as a shape of CSS, a dash.
const looks = [
  { dash: [], shape: "circle(50%)", corners: null },
  { dash: [7, 4], shape: "inset(6%)", corners: [[-0.9, -0.9], [0.9, -0.9], [0.9, 0.9], [-0.9, 0.9]] },
  { dash: [2, 3], shape: "polygon(50% 0, 100% 95%, 0 95%)", corners: [[0, -1.2], [1.15, 0.9], [-1.15, 0.9]] },
  { dash: [10, 3, 2, 3], shape: "polygon(50% 0, 100% 50%, 50% 100%, 0 50%)", corners: [[0, -1.3], [1.3, 0], [0, 1.3], [-1.3, 0]] },
  { dash: [1, 3], shape: "polygon(0 5%, 100% 5%, 50% 100%)", corners: [[-1.15, -0.9], [1.15, -0.9], [0, 1.2]] },
];

// Curves as they are shown: with a name, a look, and those of their points that have a place.
export function curvesOf(quality) {
  const curves = quality.curves ?? [];
  const same = (one, other) => one.format === other.format && (one.encoder ?? null) === (other.encoder ?? null);
  const seen = new Map();
  return curves.map((curve) => {
    const k = seen.get(curve.format) ?? 0;
    seen.set(curve.format, k + 1);
    const encoder = curve.encoder ?? "encoder not seen";
    return {
      ...curve,
      at: curve.at ?? [],
      name: curves.filter((other) => same(curve, other)).length > 1 ? `${encoder}, ${curve.scale ?? "no"} scale` : encoder,
      look: looks[k % looks.length],
      points: (curve.points ?? []).filter((point) => isKnown(point.quality_retained) && point.size_ratio > 0),
    };
  });
}

export const titleOf = (curve) => visible(`${formatTitle(curve.format)}${curve.encoder ? " by" : ","} ${curve.name}`);

function describePoint(curve, point) {
  return [
    `${titleOf(curve)}: ${visible(point.label)}`,
    `retained ${scoreAndBand(point.quality_retained)}${point.n === 1 ? "" : ", median"}, n=${count(point.n)}`,
    `${percent(point.size_ratio)} of original (${change(point.size_ratio)})`,
    isKnown(point.cpu_s) ? `CPU ${duration(point.cpu_s)} per image` : null,
  ].filter(Boolean);
}

function describeImage(store, i) {
  const how = [formatTitle(store.get("output_format", i)), store.get("encoder", i), store.get("setting", i)].filter(Boolean);
  return [
    visible(store.name(i)),
    visible(how.join(", ")),
    `retained ${scoreAndBand(store.get("quality_retained", i))}`,
    `${bytes(store.get("bytes_in", i))} \u2192 ${bytes(store.get("bytes_out", i))} (${change(store.get("size_ratio", i))})`,
    store.get("cpu_s", i) === null ? null : `CPU ${duration(store.get("cpu_s", i))}`,
  ].filter(Boolean);
}

function pointTable(curves) {
  const rows = curves.flatMap((curve) => curve.points.map((point) => ({ curve, point })));
  return table(
    "Settings by quality",
    [
      { title: "Output", cell: ({ curve }) => formatMark(curve.format) },
      { title: "Encoder", cell: ({ curve }) => visible(curve.name) },
      { title: "Setting", key: "setting", cell: ({ point }) => visible(point.label) },
      { title: "n", numeric: true, cell: ({ point }) => count(point.n) },
      { title: "Retained", key: "quality_retained", numeric: true, cell: ({ point }) => score(point.quality_retained) },
      { title: "Of original", key: "size_ratio", numeric: true, cell: ({ point }) => percent(point.size_ratio) },
      { title: "CPU per image", numeric: true, cell: ({ point }) => duration(point.cpu_s) },
    ],
    rows,
  );
}

const isNarrow = (chart) => chart.width < 600;

// Names of the bands at the right of the plot, each in the middle of its own.
function drawBands(chart, ratio) {
  const { ctx, bbox } = chart;
  ctx.font = `${11 * ratio}px system-ui, sans-serif`;
  ctx.textAlign = "left";
  ctx.textBaseline = "middle";
  ctx.fillStyle = colour("muted");
  let above = 100;
  for (const { title, from } of bands) {
    const least = Math.max(from, chart.scales.y.min);
    const room = chart.valToPos(least, "y") - chart.valToPos(above, "y");
    const lines = isNarrow(chart) && title.length > 9 ? title.split(" ") : [title];
    if (room >= 11) lines.forEach((line, k) => ctx.fillText(line, bbox.left + bbox.width + 6 * ratio, chart.valToPos((least + above) / 2, "y", true) + (k - (lines.length - 1) / 2) * 11 * ratio));
    above = from;
  }
}

function drawMark(ctx, x, y, size, look) {
  ctx.beginPath();
  if (!look.corners) ctx.arc(x, y, size, 0, 2 * Math.PI);
  else {
    for (const [dx, dy] of look.corners) ctx.lineTo(x + dx * size, y + dy * size);
    ctx.closePath();
  }
  ctx.fill();
  ctx.stroke();
}

// curves: of curvesOf(). Returns {element, addImages(store, open)}.
export function makeTradeoff(curves) {
  const lines = curves.filter((curve) => curve.points.length);
  const points = lines.flatMap((curve, line) => curve.points.map((point, at) => ({ line, at, curve, point, x: 0, y: 0 })));
  let images = null; // {store, open, dots: [[place on the axis, score, image, format]], x, y: pixels}
  const middles = points.map(({ point }) => [point.size_ratio, point.quality_retained]);
  let range = points.length ? reach(middles) : null;
  let selected = null; // one of points
  let found = null; // under the pointer: {point} or {image}
  const tip = makeTip();
  const ring = h("span", { class: "ring", hidden: true });
  const spoken = h("p", { class: "hidden", "aria-live": "polite", id: "tradeoff-selected" });
  const place = (ratio) => (range.log ? Math.log10(ratio) : ratio);

  // Places in pixels of the plot.
  function locate(self) {
    for (const one of points) {
      one.x = self.valToPos(place(one.point.size_ratio), "x");
      one.y = self.valToPos(one.point.quality_retained, "y");
    }
    if (!images) return;
    images.x = Float32Array.from(images.dots, (dot) => self.valToPos(dot[0], "x"));
    images.y = Float32Array.from(images.dots, (dot) => self.valToPos(dot[1], "y"));
  }

  function drawDots(self, ratio) {
    if (!images) return;
    const few = images.dots.length < 1000;
    const { ctx, bbox } = self;
    const size = (few && !isNarrow(self) ? 2.2 : few ? 1.6 : 1.2) * ratio;
    ctx.globalAlpha = few ? 0.38 : 0.25;
    images.dots.forEach((dot, k) => {
      const x = bbox.left + images.x[k] * ratio;
      const y = bbox.top + images.y[k] * ratio;
      ctx.fillStyle = formatColour(dot[3]);
      if (!few) return ctx.fillRect(x - size, y - size, 2 * size, 2 * size);
      ctx.beginPath();
      ctx.arc(x, y, size, 0, 2 * Math.PI);
      ctx.fill();
    });
    ctx.globalAlpha = 1;
  }

  function draw(self) {
    const { ctx, bbox } = self;
    const ratio = devicePixelRatio;
    const at = (one) => [bbox.left + one.x * ratio, bbox.top + one.y * ratio];
    locate(self);
    ctx.save();
    drawBands(self, ratio);
    drawDots(self, ratio);
    lines.forEach((curve, line) => {
      ctx.strokeStyle = formatColour(curve.format);
      ctx.lineWidth = 2 * ratio;
      ctx.setLineDash(curve.look.dash.map((length) => length * ratio));
      ctx.beginPath();
      for (const one of points) if (one.line === line) ctx.lineTo(...at(one));
      ctx.stroke();
    });
    ctx.setLineDash([]);
    ctx.strokeStyle = colour("card");
    ctx.lineWidth = 1.5 * ratio;
    for (const one of points) {
      ctx.fillStyle = formatColour(one.curve.format);
      drawMark(ctx, ...at(one), 4.5 * ratio, one.curve.look);
    }
    ctx.font = `${11 * ratio}px system-ui, sans-serif`;
    ctx.textAlign = "left";
    ctx.textBaseline = "middle";
    ctx.fillStyle = colour("text");
    ctx.lineWidth = 3 * ratio;
    ctx.lineJoin = "round";
    const width = (text) => ctx.measureText(text).width / ratio;
    for (const label of placeLabels(points, (one) => visible(one.point.label), width, bbox.width / ratio, bbox.height / ratio)) {
      const where = [label.text, bbox.left + label.left * ratio, bbox.top + label.middle * ratio];
      ctx.strokeText(...where);
      ctx.fillText(...where);
    }
    ctx.restore();
    show(self);
  }

  function show(self) {
    const point = found?.point ?? (found ? null : selected);
    const dot = found?.dot;
    ring.hidden = !point && dot === undefined;
    self.over.style.cursor = dot === undefined ? "" : "pointer";
    if (ring.hidden) return tip.hide();
    const [x, y] = point ? [point.x, point.y] : [images.x[dot], images.y[dot]];
    ring.style.left = `${x}px`;
    ring.style.top = `${y}px`;
    tip.show(self, x, y, point ? describePoint(point.curve, point.point) : describeImage(images.store, images.dots[dot][2]));
  }

  // Settings come before the images that made them.
  function hit(left, top) {
    let best = null;
    let least = REACH.point ** 2;
    for (const point of points) {
      const away = (point.x - left) ** 2 + (point.y - top) ** 2;
      if (away < least) [best, least] = [{ point }, away];
    }
    if (best || !images) return best;
    least = REACH.dot ** 2;
    for (let dot = 0; dot < images.x.length; dot++) {
      const away = (images.x[dot] - left) ** 2 + (images.y[dot] - top) ** 2;
      if (away < least) [best, least] = [{ dot }, away];
    }
    return best;
  }

  function attach(self) {
    self.root.append(tip.element);
    self.over.append(ring);
    const look = (event) => {
      const box = self.over.getBoundingClientRect();
      found = hit(event.clientX - box.left, event.clientY - box.top);
      show(self);
    };
    self.over.addEventListener("mousemove", look);
    self.over.addEventListener("mouseleave", () => {
      found = null;
      show(self);
    });
    self.over.addEventListener("click", (event) => {
      look(event);
      if (found?.dot !== undefined) images.open(images.dots[found.dot][2]);
    });
  }

  // Along a line, or to the setting of another one that is nearest in quality.
  function select(along, across) {
    if (!points.length || !result.chart) return;
    const of = (line) => points.filter((one) => one.line === line);
    if (!selected) [selected] = points;
    else if (along) selected = of(selected.line).find((one) => one.at === selected.at + along) ?? selected;
    else {
      const away = (one) => Math.abs(one.point.quality_retained - selected.point.quality_retained);
      selected = of(selected.line + across).reduce((best, one) => (best && away(best) <= away(one) ? best : one), null) ?? selected;
    }
    found = null;
    spoken.replaceChildren(describePoint(selected.curve, selected.point).join("; "));
    show(result.chart);
  }

  function onKey(event) {
    const moves = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
    if (moves[event.key] && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      select(...moves[event.key]);
    } else if (event.key === "Escape") leave();
  }

  function leave() {
    selected = null;
    if (result.chart) show(result.chart);
  }

  let result = null;
  function make() {
    const label = () => `Size: after \u00f7 before${range.log ? ", logarithmic" : ""}`;
    const splitsOf = (self) => ratioSplits(...range.x, range.log, Math.floor((self.width - 110) / 56));
    result = figure({
      id: "tradeoff-chart",
      title: "Quality retained against size",
      summary: `${lines.length === 1 ? "One line" : `${count(lines.length)} lines`}, ${count(points.length)} ${points.length === 1 ? "setting" : "settings"}: what is retained (median) by the size that is left. Further up and to the left is better.`,
      height: () => (window.innerWidth < 700 ? 320 : 420),
      data: [[0, 1], [null, null]],
      options: {
        legend: { show: false },
        cursor: { x: false, y: false, drag: { x: false, y: false }, points: { show: false } },
        scales: { x: { time: false, range: () => range.x }, y: { range: () => range.y } },
        series: [{}, { points: { show: false } }],
        axes: [
          axis({ label: label(), splits: splitsOf, values: (self, values) => values.map((value) => percent(range.log ? 10 ** value : value).replace(".0%", "%")) }),
          axis({ size: fittingSize, label: "Quality retained", splits: () => scoreSplits(range.y[0]), values: (self, values) => values.map(number) }),
          axis({ side: 1, scale: "y", size: (self) => (isNarrow(self) ? 58 : 110), grid: { show: false }, ticks: { show: false }, splits: () => [], values: () => [] }), // room for the bands' names
        ],
        hooks: { draw: [draw], ready: [attach] },
      },
      fallback: points.length ? () => pointTable(lines) : undefined,
    });
    const chart = result.place;
    chart.removeAttribute("role");
    chart.removeAttribute("aria-label");
    const keys = h("div", {
      class: "keys",
      tabindex: "0",
      role: "application",
      "aria-label": "Quality retained against size. Left and right go along a line from setting to setting, up and down to another line. The images are in their table.",
      onkeydown: onKey,
      onfocus: (event) => event.target.matches(":focus-visible") && !selected && select(0, 0),
      onblur: leave,
    });
    chart.replaceWith(keys);
    keys.append(chart);
    chart.dataset.curves = lines.length;
    const mark = (curve) => h("li", null, h("span", { class: "swatch", style: { background: formatColour(curve.format), "clip-path": curve.look.shape } }), titleOf(curve));
    keys.after(h("ul", { class: "legend" }, lines.map(mark)), spoken);
    result.label = label;
    return result.element;
  }

  // Without a line there is a chart as soon as there are dots.
  const element = points.length ? make() : h("div");
  function addImages(store, open) {
    const isPlaced = (i) => isKnown(store.get("quality_retained", i)) && store.get("size_ratio", i) > 0;
    const known = singleImages(store).filter(isPlaced);
    const joined = Array.from({ length: store.count }, (_, i) => i).filter(isPlaced).length - known.length;
    if (!known.length) return;
    range = reach([...middles, ...known.map((i) => [store.get("size_ratio", i), store.get("quality_retained", i)])]);
    const byFormat = new Map();
    for (const i of known) {
      const format = store.get("output_format", i);
      if (!byFormat.has(format)) byFormat.set(format, []);
      byFormat.get(format).push([place(store.get("size_ratio", i)), store.get("quality_retained", i), i, format]);
    }
    images = { store, open, dots: [...byFormat.values()].flatMap((dots) => thinned(dots, CELLS)) };
    if (!points.length) element.replaceWith(make());
    const drawn = images.dots.length;
    result.place.dataset.dots = drawn;
    append(result.element, h("p", { class: "note screen" }, `A faint dot for ${known.length === 1 ? "the only image" : `each of ${count(known.length)} images`}${drawn < known.length ? `; of those that lie on each other one is drawn, ${count(drawn)} in all` : ""}. Click one to open its image.${joined ? ` ${count(joined)} that a temporary file joins with others ${joined === 1 ? "has" : "have"} none.` : ""}`));
    const { chart } = result;
    if (!chart) return;
    chart.axes[0].label = result.label();
    chart.setData(chart.data);
  }
  return { element, addImages };
}
