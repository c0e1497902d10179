// SPDX-License-Identifier: MIT
// Owns: the colours and names of stages, formats and statuses: told apart with any kind of colour blindness (after Okabe
// and Ito), and never the only thing that tells.
// Must not know: where they are drawn.

// In the order in which an image usually goes through them. `part` of Processing: see `stageParts`.
export const stages = [
  { key: "image_read", title: "Image read", colour: "#56b4e9" },
  { key: "validation", title: "Validation", colour: "#cc79a7" },
  { key: "decode", title: "Decode", colour: "#0072b2" },
  { key: "transform", title: "Transform", colour: "#009e73" },
  { key: "encode", title: "Encode", colour: "#e69f00" },
  { key: "other", title: "Not told apart", colour: "#8a7a3c" },
  { key: "image_write", title: "Image write", colour: "#d55e00" },
  { key: "cleanup", title: "Cleanup", colour: "#f0e442" },
  { key: "unattributed", title: "Unattributed", colour: "#9aa0a6" },
];

export const formats = {
  jpeg: { title: "JPEG", colour: "#0072b2" },
  png: { title: "PNG", colour: "#009e73" },
  webp: { title: "WebP", colour: "#e69f00" },
  avif: { title: "AVIF", colour: "#cc79a7" },
  heic: { title: "HEIC", colour: "#d55e00" },
  gif: { title: "GIF", colour: "#56b4e9" },
  tiff: { title: "TIFF", colour: "#8a7a3c" },
  jxl: { title: "JPEG XL", colour: "#882255" },
  svg: { title: "SVG", colour: "#b0a300" },
  pnm: { title: "PNM", colour: "#777777" },
  bmp: { title: "BMP", colour: "#777777" },
};

export function formatTitle(key) {
  return formats[key]?.title ?? (key ? key : "unknown");
}

export function formatColour(key) {
  return formats[key]?.colour ?? "#9aa0a6";
}

export const statuses = {
  ok: { title: "ok", colour: "#009e73" },
  failed: { title: "failed", colour: "#d55e00" },
  discarded: { title: "discarded", colour: "#e69f00" },
  unfinished: { title: "unfinished", colour: "#9aa0a6" },
};

// The parts of busy time that a bar is made of; `value(key)` gives an image's or the run's time of a stage. What is left
// of Processing beside decode, transform and encode is a part of the bar.
export function stageParts(value) {
  return stages.map((stage) => {
    if (stage.key !== "other") return value(stage.key) ?? 0;
    const told = (value("decode") ?? 0) + (value("transform") ?? 0) + (value("encode") ?? 0);
    const rest = (value("optimization") ?? 0) - told;
    return rest > 4e-6 * (value("optimization") ?? 0) + 4e-7 ? rest : 0; // else what rounding left
  });
}
