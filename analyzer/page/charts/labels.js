// SPDX-License-Identifier: MIT
// Owns: where beside the points of lines their labels have room.
// Must not know: what is drawn, and how.

const HEIGHT = 13; // pixels of a line of text
const GAP = 7; // from a point to its label
const LONGEST = 20; // characters
const STEP = 6; // pixels between the places at which a line is looked at
const MOST = 400; // points: there is no room for labels of more

function overlap(a, b) {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

function linePlaces(points) {
  const places = [];
  for (let k = 1; k < points.length; k++) {
    const [from, to] = [points[k - 1], points[k]];
    if (from.line !== to.line) continue;
    const steps = Math.ceil(Math.hypot(to.x - from.x, to.y - from.y) / STEP);
    for (let s = 0; s < steps; s++) places.push([from.x + ((to.x - from.x) * s) / steps, from.y + ((to.y - from.y) * s) / steps]);
  }
  return places;
}

// points: [{line, x, y}], those of a line in its order. text(point), width(text) in pixels; the plot's width and height.
// Ends of lines come first, for they say what the rest lies between. Returns [{text, left, middle, point}].
export function placeLabels(points, text, width, plotWidth, plotHeight) {
  if (points.length > MOST) return [];
  const taken = points.map(({ x, y }) => ({ left: x - 6, right: x + 6, top: y - 6, bottom: y + 6 }));
  const lines = linePlaces(points);
  const isEnd = (k) => points[k - 1]?.line !== points[k].line || points[k + 1]?.line !== points[k].line;
  const order = points.map((_, k) => k).sort((a, b) => isEnd(b) - isEnd(a) || a - b);
  const placed = [];
  for (const k of order) {
    const point = points[k];
    const whole = text(point);
    const label = whole.length > LONGEST ? `${whole.slice(0, LONGEST - 1)}\u2026` : whole;
    const wide = width(label);
    const sides = [[GAP, 0], [-GAP - wide, 0], [GAP - 2, HEIGHT * 0.7], [-GAP + 2 - wide, -HEIGHT * 0.7], [-wide / 2, -HEIGHT - 2], [-wide / 2, HEIGHT + 2]];
    for (const [dx, dy] of sides) {
      const box = { left: point.x + dx - 1, right: point.x + dx + wide + 1, top: point.y + dy - HEIGHT / 2, bottom: point.y + dy + HEIGHT / 2 };
      const inside = box.left >= 0 && box.right <= plotWidth && box.top >= 0 && box.bottom <= plotHeight;
      if (!inside || taken.some((other, i) => i !== k && overlap(box, other))) continue;
      if (lines.some(([x, y]) => x > box.left && x < box.right && y > box.top && y < box.bottom)) continue;
      taken.push(box);
      placed.push({ text: label, left: point.x + dx, middle: point.y + dy, point });
      break;
    }
  }
  return placed;
}
