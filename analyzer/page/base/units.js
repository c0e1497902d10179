// SPDX-License-Identifier: MIT
// Owns: how figures are written, as analyzer/render/format_units.c writes them; tests/golden/units.tsv holds both to that.
// Must not know: figures, the page. null, undefined and NaN are written "n/a".

export const NOT_KNOWN = "n/a";

export function isKnown(value) {
  return typeof value === "number" && Number.isFinite(value);
}

// "%.*f" of C: exact ties go to the even digit, where toFixed() takes the larger one; -0 keeps its sign.
export function fixed(value, decimals) {
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  const size = Math.abs(value);
  if (size >= 1e21) return sign + BigInt(size).toString() + (decimals ? "." + "0".repeat(decimals) : "");
  // Only a number that ends with its binary digit `decimals + 1` can lie in the middle.
  const halves = size * 2 ** (decimals + 1);
  let text = size.toFixed(decimals);
  if (Number.isSafeInteger(halves) && halves % 2 === 1) {
    const whole = Math.floor(size);
    const below = BigInt(whole) * BigInt(10 ** decimals) + BigInt(Math.floor((size - whole) * 10 ** decimals));
    const digits = String(below + (below & 1n)).padStart(decimals + 1, "0");
    const point = digits.length - decimals;
    text = decimals ? `${digits.slice(0, point)}.${digits.slice(point)}` : digits;
  }
  return sign + text;
}

// "0.45s"; what would read 0.00s is "1.8 ms" or "20 us".
export function duration(seconds) {
  if (!isKnown(seconds)) return NOT_KNOWN;
  const ms = seconds * 1000;
  const size = Math.abs(ms);
  if (size >= 5 || size === 0) return `${fixed(seconds, 2)}s`;
  if (size >= 0.0995) return `${fixed(ms, size >= 0.995 ? 1 : 2)} ms`;
  return `${fixed(ms * 1000, size >= 0.00995 ? 0 : 1)} us`;
}

// A moment on an axis or at the end of a stretch: as many digits as tell it from one that is `step` away.
export function moment(seconds, step) {
  if (!isKnown(seconds)) return NOT_KNOWN;
  const decimals = step > 0 ? Math.max(0, Math.ceil(-Math.log10(step) - 1e-9)) : 2;
  const exact = (value, digits) => Math.abs(value * 10 ** digits - Math.round(value * 10 ** digits)) < 1e-6;
  const digits = exact(step, decimals) ? decimals : decimals + 1;
  if (digits <= 3) return `${fixed(seconds, digits)}s`;
  return digits <= 6 ? `${fixed(seconds * 1e3, digits - 3)} ms` : `${fixed(seconds * 1e6, Math.min(digits - 6, 3))} us`;
}

// Decimal units and three digits: "64 B", "45.6 MB".
export function bytes(value) {
  if (!isKnown(value)) return NOT_KNOWN;
  const units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
  let unit = 0;
  while (Math.abs(value) >= 999.5 && unit + 1 < units.length) {
    value /= 1000;
    unit++;
  }
  const size = Math.abs(value);
  const decimals = !unit || size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2;
  return `${fixed(value, decimals)} ${units[unit]}`;
}

export function percent(ratio) {
  return isKnown(ratio) ? `${fixed(ratio * 100, 1)}%` : NOT_KNOWN;
}

// Signed difference of a ratio from 1: "−32.0%".
export function change(ratio) {
  if (!isKnown(ratio)) return NOT_KNOWN;
  const value = (ratio - 1) * 100;
  return `${value >= 0.05 ? "+" : value <= -0.05 ? "\u2212" : ""}${fixed(Math.abs(value), 1)}%`;
}

export function count(value) {
  return isKnown(value) ? fixed(value || 0, 0).replace(/\B(?=(\d{3})+$)/g, ",") : NOT_KNOWN;
}

// One decimal, none where there is none.
export function number(value) {
  if (!isKnown(value)) return NOT_KNOWN;
  const whole = Math.abs(value - Math.round(value)) < 0.05;
  return whole ? fixed(Math.round(value) + 0, 0) : fixed(value, 1);
}

// A quality score of 0 to 100, as the text report writes it; likeness of 0 to 1; decibels.
export function score(value) {
  return isKnown(value) ? fixed(value, 1) : NOT_KNOWN;
}

export function likeness(value) {
  return isKnown(value) ? fixed(value, 4) : NOT_KNOWN;
}

export function decibels(value) {
  return isKnown(value) ? `${fixed(value, 2)} dB` : NOT_KNOWN;
}

const writers = {
  s: duration,
  moment_s: duration,
  bytes,
  ratio: percent,
  count,
  number,
  score,
  likeness,
  decibels,
  id: (value) => (isKnown(value) ? fixed(value, 0) : NOT_KNOWN),
  bool: (value) => (value === true ? "yes" : value === false ? "no" : NOT_KNOWN),
  text: (value) => (value === null || value === undefined ? NOT_KNOWN : visible(String(value))),
  list: (value) => (value === null || value === undefined ? NOT_KNOWN : value === "" ? "none" : visible(String(value))),
};

// Any value by the name of its unit, as images' columns and findings' evidence have it.
export function write(unit, value) {
  return (writers[unit] ?? writers.text)(value);
}

// Text of unknown origin on one line: control characters and marks that turn the line around are shown, not obeyed.
export function visible(text) {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g, (mark) => {
    const known = { "\n": "\\n", "\t": "\\t", "\r": "\\r" }[mark];
    return known ?? `\\u{${mark.codePointAt(0).toString(16)}}`;
  });
}
