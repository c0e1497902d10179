// SPDX-License-Identifier: MIT
// Owns: the stretch of time that all charts over time show, and every way to change it: buttons, keys, wheel, dragging.
// Must not know: what is drawn in it.
import { h } from "../base/dom.js";
import { moment } from "../base/units.js";

const LEAST = 1e-6; // seconds

export function makeZoom(end) {
  const full = { min: 0, max: end > 0 ? end : 1 };
  const zoom = { ...full, full, listeners: [] };
  zoom.onChange = (listener) => zoom.listeners.push(listener);
  zoom.set = (min, max) => {
    const span = Math.min(Math.max(max - min, LEAST), full.max - full.min);
    min = Math.min(Math.max(min, full.min), full.max - span);
    if (min === zoom.min && min + span === zoom.max) return;
    zoom.min = min;
    zoom.max = min + span;
    for (const listener of zoom.listeners) listener();
  };
  zoom.reset = () => zoom.set(full.min, full.max);
  // factor < 1 shows less; the moment `around` stays where it is.
  zoom.scale = (factor, around = (zoom.min + zoom.max) / 2) =>
    zoom.set(around - (around - zoom.min) * factor, around + (zoom.max - around) * factor);
  zoom.pan = (share) => {
    const step = (zoom.max - zoom.min) * share;
    zoom.set(zoom.min + step, zoom.max + step);
  };
  return zoom;
}

export function zoomKey(zoom, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const actions = {
    "+": () => zoom.scale(0.5),
    "=": () => zoom.scale(0.5),
    "-": () => zoom.scale(2),
    "0": () => zoom.reset(),
    ArrowLeft: () => zoom.pan(-0.25),
    ArrowRight: () => zoom.pan(0.25),
  };
  const action = actions[event.key];
  if (!action) return false;
  event.preventDefault();
  action();
  return true;
}

export function zoomToolbar(zoom) {
  const range = h("output", { id: "zoom-range", "aria-live": "polite" });
  const button = (id, text, label, action) =>
    h("button", { type: "button", id, title: label, "aria-label": label, onclick: action }, text);
  const bar = h(
    "div",
    { class: "toolbar", role: "group", "aria-label": "Time shown" },
    button("zoom-in", "+", "Zoom in", () => zoom.scale(0.5)),
    button("zoom-out", "\u2212", "Zoom out", () => zoom.scale(2)),
    button("zoom-left", "\u2190", "Earlier", () => zoom.pan(-0.25)),
    button("zoom-right", "\u2192", "Later", () => zoom.pan(0.25)),
    button("zoom-reset", "Whole run", "Show the whole run", () => zoom.reset()),
    range,
    miniature(zoom),
  );
  const step = () => 10 ** Math.floor(Math.log10((zoom.max - zoom.min) / 50));
  const show = () => range.replaceChildren(`${moment(zoom.min, step())} to ${moment(zoom.max, step())}`);
  zoom.onChange(show);
  show();
  return bar;
}

// Which part of the run is shown.
function miniature(zoom) {
  const part = h("span");
  const show = () => {
    const whole = zoom.full.max - zoom.full.min;
    part.style.left = `${((zoom.min - zoom.full.min) / whole) * 100}%`;
    part.style.width = `${((zoom.max - zoom.min) / whole) * 100}%`;
  };
  zoom.onChange(show);
  show();
  const place = h("div", { class: "miniature", "aria-hidden": "true" }, part);
  place.addEventListener("pointerdown", (event) => {
    const box = place.getBoundingClientRect();
    const half = (zoom.max - zoom.min) / 2;
    const at = zoom.full.min + ((event.clientX - box.left) / box.width) * (zoom.full.max - zoom.full.min);
    zoom.set(at - half, at + half);
  });
  return place;
}

// What makes a uPlot chart follow: options to spread into its own.
export function zoomOptions(zoom, attach) {
  return {
    cursor: { drag: { x: true, y: false, setScale: false }, sync: { key: "time" }, bind: { dblclick: () => () => zoom.reset() } },
    scales: { x: { time: false, range: () => [zoom.min, zoom.max] } },
    hooks: {
      setSelect: [
        (chart) => {
          if (chart.select.width < 4) return;
          const from = chart.posToVal(chart.select.left, "x");
          const to = chart.posToVal(chart.select.left + chart.select.width, "x");
          chart.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
          zoom.set(from, to);
        },
      ],
      ready: [
        (chart) => {
          zoom.onChange(() => chart.setScale("x", { min: zoom.min, max: zoom.max }));
          // Without a key the wheel scrolls the page.
          chart.over.addEventListener(
            "wheel",
            (event) => {
              if (!event.ctrlKey && !event.metaKey && !event.shiftKey) return;
              event.preventDefault();
              const around = chart.posToVal(event.clientX - chart.over.getBoundingClientRect().left, "x");
              zoom.scale((event.deltaY || event.deltaX) > 0 ? 1.25 : 0.8, around);
            },
            { passive: false },
          );
          attach?.(chart);
        },
      ],
    },
  };
}
