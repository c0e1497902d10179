// SPDX-License-Identifier: MIT
// Owns: which images a chart of dots shows: those whose own sizes say something, and of dots that lie on each other one.
// Must not know: what the axes are.

// Images that no temporary file joins with others: of those an input or output says nothing of the whole.
export function singleImages(store) {
  const members = new Map();
  for (let i = 0; i < store.count; i++) members.set(store.get("chain", i), (members.get(store.get("chain", i)) ?? 0) + 1);
  return Array.from({ length: store.count }, (_, i) => i).filter((i) => members.get(store.get("chain", i)) === 1);
}

const FEW = 1000;
const CELLS = [300, 150];

// Dots that would lie on each other are drawn once: 25,000 circles take a second to draw. points: [x, y, …]; the first of a
// cell stays.
export function thinned(points, cells = CELLS) {
  if (points.length < FEW) return points;
  const spread = [0, 1].map((axis) => points.reduce(([least, most], point) => [Math.min(least, point[axis]), Math.max(most, point[axis])], [Infinity, -Infinity]));
  const at = (point, axis) => Math.round(((point[axis] - spread[axis][0]) / (spread[axis][1] - spread[axis][0] || 1)) * cells[axis]);
  const seen = new Set();
  return points.filter((point) => {
    const cell = at(point, 0) * (cells[1] + 1) + at(point, 1);
    return !seen.has(cell) && seen.add(cell);
  });
}
