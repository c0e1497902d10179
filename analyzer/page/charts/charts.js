// SPDX-License-Identifier: MIT
// Owns: what every chart has: uPlot in a figure with a caption, a text for those who do not see it, the theme's colours, its
// width.
// Must not know: what is drawn.
import uPlot from "uplot";
import { append, foldout, h } from "../base/dom.js";
import { colour, onTheme } from "../base/theme.js";
import { moment } from "../base/units.js";

const charts = new Set();
onTheme(() => {
  for (const chart of charts) {
    chart.redraw(false, true);
    // uPlot colours its legend only once.
    chart.root.querySelectorAll(".u-legend .u-series").forEach((row, i) => {
      const marker = row.querySelector(".u-marker");
      const { stroke, fill } = chart.series[i];
      if (marker && stroke) marker.style.borderColor = stroke(chart, i);
      if (marker && fill) marker.style.background = fill(chart, i);
    });
  }
});

const FONT = '12px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif';

// An axis in the theme's colours.
export function axis(options = {}) {
  return {
    stroke: () => colour("muted"),
    font: FONT,
    labelFont: FONT,
    labelSize: 18,
    labelGap: 2,
    gap: 6,
    size: options.label ? 46 : 30,
    grid: { stroke: () => colour("grid"), width: 1 },
    ticks: { stroke: () => colour("grid"), width: 1, size: 4 },
    ...options,
  };
}

// Labels of an axis of time.
export function moments(self, values) {
  const step = values.length > 1 ? values[1] - values[0] : self.scales.x.max - self.scales.x.min;
  return values.map((value) => moment(value, Number(step.toPrecision(6))));
}

// A width that fits the labels, from uPlot's own texts.
export function fittingSize(self, values, index, cycle) {
  const at = self.axes[index];
  if (cycle > 1) return at._size;
  let size = at.ticks.size + at.gap;
  const longest = (values ?? []).reduce((most, text) => (String(text).length > most.length ? String(text) : most), "");
  if (longest) {
    self.ctx.font = at.font[0];
    size += self.ctx.measureText(longest).width / devicePixelRatio;
  }
  return Math.ceil(size) + 2 + (at.label ? 4 : 0);
}

// options as uPlot takes them, without width. Returns {element, chart, resize}.
export function figure({ id, title, summary, height, options, data, fallback, role = "img" }) {
  const place = h("div", { class: "chart", role, "aria-label": `${title}. ${summary}` });
  const element = h("figure", { id }, h("figcaption", null, h("strong", null, title), " ", h("span", null, summary)), place);
  if (fallback) append(element, foldout("As a table", fallback));
  const heightNow = () => (typeof height === "function" ? height() : height);
  const result = { element, place, chart: null };
  // uPlot measures text when it is made, so it is made where it is shown.
  result.draw = () => {
    if (result.chart || !place.clientWidth) return;
    const chart = new uPlot({ ...options, width: place.clientWidth, height: heightNow() }, data, place);
    result.chart = chart;
    charts.add(chart);
    for (const canvas of place.querySelectorAll("canvas")) canvas.setAttribute("aria-hidden", "true");
  };
  new ResizeObserver(() => {
    if (!place.clientWidth) return;
    if (!result.chart) result.draw();
    else if (result.chart.width !== place.clientWidth)
      result.chart.setSize({ width: place.clientWidth, height: heightNow() });
  }).observe(place);
  return result;
}

// A box beside a point of a chart's plot, in its pixels: lines of text, the first one strong.
export function makeTip() {
  const element = h("div", { class: "tip", hidden: true });
  return {
    element,
    hide: () => (element.hidden = true),
    show(chart, left, top, lines) {
      element.hidden = !lines;
      if (!lines) return;
      element.replaceChildren(...lines.map((line, k) => h(k ? "div" : "strong", null, line)));
      const box = chart.root.getBoundingClientRect();
      const over = chart.over.getBoundingClientRect();
      const x = over.left - box.left + left + 14;
      element.style.left = `${Math.max(0, Math.min(x, box.width - element.offsetWidth - 4))}px`;
      element.style.top = `${over.top - box.top + top + 14}px`;
    },
  };
}

export { uPlot };
