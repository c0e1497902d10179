// SPDX-License-Identifier: MIT
// Owns: the steps of the scale of quality, and which columns of images are on such a scale.
// Must not know: elements, where scores are shown.
import { isKnown, NOT_KNOWN, score } from "./units.js";

// As the metric's author names them, best first.
export const bands = [
  { key: "visually_lossless", title: "visually lossless", from: 90 },
  { key: "very_high", title: "very high", from: 80 },
  { key: "high", title: "high", from: 70 },
  { key: "medium", title: "medium", from: 50 },
  { key: "low", title: "low", from: 30 },
  { key: "very_low", title: "very low", from: -Infinity },
];

export function scoreAndBand(value) {
  return isKnown(value) ? `${score(value)} (${bands.find((band) => value >= band.from).title})` : NOT_KNOWN;
}

// Columns of images that are best looked at from their lowest value on.
export function isScore(key) {
  return ["quality_retained", "ssimulacra2", "psnr_db", "ssim", "ms_ssim"].includes(key);
}
