// SPDX-License-Identifier: MIT
// Owns: made-up figures of quality for a report of real images: as `imgbench report --quality` gives them, of two formats
// by ten settings by five photos or of as many as are asked for.
// Must not know: what the page makes of them.
import { multiply } from "./browser.mjs";

const PHOTOS = ["harbour", "forest", "portrait", "market", "snow"];
const QUALITIES = [15, 25, 35, 45, 55, 65, 75, 83, 90, 96];
const ENCODERS = [
  { format: "webp", encoder: "libwebp", scale: "webp", bytes: 1, cpu: 0.21 },
  { format: "avif", encoder: "libaom", scale: "libheif", bytes: 0.68, cpu: 1.7 },
];
const KEYS = ["visually_lossless", "very_high", "high", "medium", "low", "very_low"];
const FROM = [90, 80, 70, 50, 30, -Infinity];

// The same noise in every run.
function noise(seed) {
  let state = seed;
  return () => ((state = (state * 1103515245 + 12345) % 2147483648) / 2147483648);
}

const median = (values) => percentile(values, 0.5);
export function percentile(values, share) {
  const rising = [...values].sort((a, b) => a - b);
  const place = share * (rising.length - 1);
  const below = Math.floor(place);
  return rising[below] + (place - below) * ((rising[below + 1] ?? rising[below]) - rising[below]);
}

const clipped = (score) => Math.min(100, Math.max(0, score));

function retainedOf(list) {
  if (!list.length) return { quality_retained: null, retained: null };
  const rising = [...list].sort((a, b) => a.retained - b.retained);
  const values = rising.map((image) => image.retained);
  return {
    quality_retained: median(values),
    retained: { n: list.length, p5: list.length < 20 ? null : percentile(values, 0.05), worst: values[0], worst_images: rising.slice(0, 5).map((image) => image.i) },
  };
}

function sums(list) {
  const bytes_in = list.reduce((sum, image) => sum + image.bytes_in, 0);
  const bytes_out = list.reduce((sum, image) => sum + image.bytes_out, 0);
  return { bytes_in, bytes_out, size_ratio: bytes_out / bytes_in };
}

function pointOf(label, quality, list) {
  return { label, quality, n: list.length, quality_retained: median(list.map((image) => image.retained)), size_ratio: sums(list).size_ratio, cpu_s: list.reduce((sum, image) => sum + image.cpu_s, 0) / list.length };
}

// What a source's outputs would be at a score.
function at(score, list) {
  let [n, bytes_in, bytes_out, cpu_s] = [0, 0, 0, 0];
  for (const photo of PHOTOS) {
    const rising = list.filter((image) => image.photo === photo).sort((a, b) => a.score - b.score);
    const k = rising.findIndex((image, at) => at && rising[at - 1].score <= score && image.score >= score);
    if (k < 1) continue;
    const [below, above] = [rising[k - 1], rising[k]];
    const share = (score - below.score) / (above.score - below.score);
    n++;
    bytes_in += below.bytes_in;
    bytes_out += Math.exp(Math.log(below.bytes_out) + share * Math.log(above.bytes_out / below.bytes_out));
    cpu_s += below.cpu_s + share * (above.cpu_s - below.cpu_s);
  }
  return n ? { score, n, bytes_in, bytes_out, size_ratio: bytes_out / bytes_in, size_reduction: 1 - bytes_out / bytes_in, cpu_s_per_mb_saved: (cpu_s / (bytes_in - bytes_out)) * 1e6 } : null;
}

function made(count, encoders) {
  const random = noise(7);
  return Array.from({ length: count }, (_, i) => {
    const encoder = encoders[i % encoders.length];
    const quality = QUALITIES[Math.floor(i / encoders.length) % QUALITIES.length];
    const k = Math.floor(i / encoders.length / QUALITIES.length);
    const photo = k % PHOTOS.length;
    const score = 97 - 92 * ((100 - quality) / 100) ** 1.15 + (encoder.format === "avif" ? 4 : 0) - 5 * photo + 4 * random() + (k >= PHOTOS.length ? 16 * (random() - 0.5) : 0);
    const bytes_in = [2.4e6, 3.9e6, 1.3e6, 3.1e6, 0.9e6][photo];
    const bytes_out = Math.round(bytes_in * encoder.bytes * 0.018 * Math.exp(quality / 27) * (1 + 0.22 * photo) * (0.94 + 0.12 * random()));
    return { i, encoder, quality, photo: PHOTOS[photo], score: Math.min(score, 99.5), retained: clipped(score), bytes_in, bytes_out, cpu_s: encoder.cpu * (bytes_in / 2.4e6) * (0.8 + quality / 250) };
  });
}

const definitions = {
  quality_retained: ["Retained", "number"], ssimulacra2: ["SSIMULACRA 2", "number"], psnr_db: ["PSNR", "number"], ssim: ["SSIM", "number"], ms_ssim: ["MS-SSIM", "number"],
  identical: ["Identical", "bool"], resized: ["Resized", "bool"], lossy_input: ["Lossy input", "bool"], metrics: ["Other metrics", "list"], quality_note: ["Quality note", "text"],
};

function fillColumns(images, list) {
  const set = (key, values, more = {}) => {
    images.columns = images.columns.filter((one) => one.key !== key);
    const old = definitions[key] ?? [key, "text"];
    images.columns.push({ key, title: old[0], unit: old[1], definition: `What ${key} is.`, ...more, values });
  };
  const keep = (key, values) => {
    const column = images.columns.find((one) => one.key === key);
    for (const old of ["names", "index", "prefix"]) delete column[old];
    column.values = values;
  };
  keep("input", list.map((image) => `/photos/${image.photo}.png`));
  keep("output", list.map((image) => `/photos/out/${image.photo}-q${image.quality}-${image.i}.${image.encoder.format}`));
  keep("output_format", list.map((image) => image.encoder.format));
  keep("encoder", list.map((image) => image.encoder.encoder));
  keep("setting", list.map((image) => `q=${image.quality}`));
  for (const key of ["quality", "bytes_in", "bytes_out", "cpu_s"]) keep(key, list.map((image) => image[key]));
  keep("size_ratio", list.map((image) => image.bytes_out / image.bytes_in));
  keep("status", list.map(() => "ok"));
  set("quality_retained", list.map((image) => image.retained));
  set("ssimulacra2", list.map((image) => image.score));
  set("psnr_db", list.map((image) => 24 + image.retained / 5));
  set("ssim", list.map((image) => 0.8 + image.retained / 520));
  set("ms_ssim", list.map((image) => 0.9 + image.retained / 1020));
  set("identical", list.map(() => false));
  set("resized", list.map((image) => image.i === 4));
  set("lossy_input", list.map(() => false));
  set("metrics", list.map((image) => `butteraugli:${(4 - image.retained / 30).toFixed(4)} vmaf:${(20 + image.retained * 0.78).toFixed(2)}`));
  set("quality_note", list.map(() => null));
}

// Changes a report and its images, for variant(): `count` images by these encoders, all with a score. Returns them.
export function addScores(report, images, { count = 100, encoders = ENCODERS } = {}) {
  multiply(report, images, count, 2);
  const list = made(count, encoders);
  fillColumns(images, list);
  const by = (encoder, quality) => list.filter((image) => image.encoder === encoder && (!quality || image.quality === quality));
  report.formats = {};
  for (const encoder of encoders) {
    const { format, encoder: name, scale } = encoder;
    const own = by(encoder);
    const qualities = QUALITIES.map((quality) => ({ quality, own: by(encoder, quality) })).filter((row) => row.own.length)
      .map((row) => ({ encoder: name, scale, quality: row.quality, label: `q=${row.quality}`, n: row.own.length, sized: row.own.length, ...sums(row.own), ...retainedOf(row.own) }));
    const before = report.formats[format];
    report.formats[format] = { images: own.length, sized: own.length, ...sums(own), median_size_ratio: median(own.map((image) => image.bytes_out / image.bytes_in)), time: report.image_time, qualities: [...(before?.qualities ?? []), ...qualities], ...retainedOf(own) };
  }
  report.conversions = Object.entries(report.formats).map(([to, row]) => ({ from: "png", to, n: row.images, sized: row.sized, bytes_in: row.bytes_in, bytes_out: row.bytes_out, size_reduction: 1 - row.size_ratio, quality_retained: row.quality_retained, retained: row.retained }));
  report.quality = {
    metric: "SSIMULACRA 2.1", pairs: count, scored: count, ...retainedOf(list), not_scored: [], lossy_inputs: 0, resized: 1, metrics: ["butteraugli", "vmaf"],
    bands: Object.fromEntries(KEYS.map((key, k) => [key, list.filter((image) => FROM.findIndex((from) => image.retained >= from) === k).length])),
    curves: encoders.map((encoder) => ({
      format: encoder.format, encoder: encoder.encoder, scale: encoder.scale, sources: PHOTOS.length,
      points: QUALITIES.map((quality) => [quality, by(encoder, quality)]).filter(([, own]) => own.length).map(([quality, own]) => pointOf(`q=${quality}`, quality, own)).sort((a, b) => a.quality_retained - b.quality_retained),
      at: [90, 80, 70, 50, 30].map((score) => at(score, by(encoder))).filter(Boolean),
    })),
  };
  return list;
}
