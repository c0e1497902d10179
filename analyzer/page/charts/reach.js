// SPDX-License-Identifier: MIT
// Owns: what the axes of quality against size reach over, and which values are written at them.
// Must not know: what is drawn.
import { bands } from "../base/bands.js";

const LOG_FROM = 8; // largest ÷ smallest size ratio from which the axis is logarithmic

function spread(values) {
  return values.reduce(([least, most], value) => [Math.min(least, value), Math.max(most, value)], [Infinity, -Infinity]);
}

// points: [ratio, score] of all that is drawn. x is in powers of ten where it is logarithmic.
export function reach(points) {
  const ratios = spread(points.map((point) => point[0]));
  const scores = spread(points.map((point) => point[1]));
  const log = ratios[1] / ratios[0] >= LOG_FROM;
  const y = [Math.max(0, Math.min(80, Math.floor(scores[0] / 10 - 0.2) * 10)), 101.5];
  if (!log) return { log, x: [0, ratios[1] < 0.5 ? ratios[1] * 1.2 : Math.max(1.05, ratios[1] * 1.08)], y };
  const [from, to] = ratios.map(Math.log10);
  const margin = (to - from) * 0.05;
  return { log, x: [from - margin, to + margin], y };
}

// Values of an axis of size ratios that have room beside each other.
export function ratioSplits(min, max, log, room) {
  if (!log) {
    const rough = (max - min) / Math.max(2, room);
    const step = [1, 2, 5, 10].map((k) => k * 10 ** Math.floor(Math.log10(rough))).find((one) => one >= rough);
    return Array.from({ length: Math.floor(max / step) + 1 }, (_, k) => k * step);
  }
  const within = (digits) => {
    const found = [];
    for (let k = Math.floor(min); k <= max; k++) for (const digit of digits) found.push(Math.log10(digit) + k);
    return found.filter((value) => value >= min && value <= max);
  };
  const choices = [[1, 1.5, 2, 3, 4, 5, 7], [1, 2, 3, 5, 7], [1, 2, 5], [1, 3], [1]].map(within);
  return choices.find((values) => values.length <= Math.max(2, room)) ?? choices.at(-1);
}

export function scoreSplits(min) {
  const edges = bands.filter((band) => band.from >= min).map((band) => band.from);
  const tens = min >= 50 ? [60, 70, 80, 90].filter((value) => value >= min) : [];
  return [...new Set([min, ...edges, ...tens, 100])].sort((a, b) => a - b);
}
