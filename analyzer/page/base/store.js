// SPDX-License-Identifier: MIT
// Owns: the images' columns: reading them, and what an image is called.
// Must not know: elements, figures.

function isFile(path) {
  return path !== null && path.includes("/") && !path.startsWith("/dev/fd/");
}

function lastName(path) {
  return path.slice(path.lastIndexOf("/") + 1);
}

// Numbers that have digits of their own (units.js).
const scales = { quality_retained: "score", ssimulacra2: "score", psnr_db: "decibels", ssim: "likeness", ms_ssim: "likeness" };

// columns: Map of key → {key, title, definition, unit, get(i)}
export function readImages(text) {
  const data = JSON.parse(text);
  const columns = new Map();
  for (const raw of data.columns) {
    const { values, names, index, prefix, same, from } = raw;
    let get;
    if (same !== undefined) get = () => same;
    else if (from !== undefined) get = (i) => from + i;
    else if (names) get = (i) => (index[i] === null ? null : names[index[i]]);
    else if (prefix) get = (i) => (values[i] === null ? null : prefix + values[i]);
    else get = (i) => values[i];
    const short = prefix ? (i) => values[i] : get;
    columns.set(raw.key, { key: raw.key, title: raw.title, definition: raw.definition, unit: scales[raw.key] ?? raw.unit, names, prefix, get, short });
  }
  const none = { get: () => null, short: () => null };
  const get = (key, i) => (columns.get(key) ?? none).get(i);
  // What another image of its chain wrote: a temporary file.
  let outputs = null;
  function isTemporary(i) {
    const chain = get("chain", i);
    if (!outputs) {
      outputs = new Map();
      for (let k = 0; k < data.count; k++) if (get("output", k) !== null) outputs.set(`${get("chain", k)}\n${get("output", k)}`, k);
    }
    const by = outputs.get(`${chain}\n${get("input", i)}`);
    return by !== undefined && by !== i;
  }
  const saysSomething = (i) => isFile(get("input", i)) && !isTemporary(i);
  // The path of what stands for an image. The name of a pipe or of a temporary file says nothing where there is another.
  const pathOf = (i) => (saysSomething(i) || !isFile(get("output", i)) ? (get("input", i) ?? get("output", i)) : get("output", i));
  let known = null; // inputs that several images have, and names that several of those paths end with
  function names() {
    if (known) return known;
    known = { repeated: new Set(), ambiguous: new Set() };
    const inputs = new Set();
    const paths = new Map();
    for (let i = 0; i < data.count; i++) {
      const input = get("input", i);
      const path = pathOf(i);
      if (inputs.has(input)) known.repeated.add(input);
      inputs.add(input);
      if (!isFile(path)) continue;
      const name = lastName(path);
      if ((paths.get(name) ?? path) !== path) known.ambiguous.add(name);
      paths.set(name, path);
    }
    return known;
  }
  return {
    count: data.count,
    columns,
    get,
    has: (key) => columns.has(key),
    short: (key, i) => (columns.get(key) ?? none).short(i),
    // What it is called in lists: its input, or its output where that is all there is; both where one input has several;
    // with its directory where that tells it from another.
    name(i) {
      const path = pathOf(i);
      if (!isFile(path)) return path ?? `image ${i}`;
      const name = lastName(path);
      const short = names().ambiguous.has(name) ? path.split("/").slice(-2).join("/") : name;
      const output = get("output", i);
      return path !== output && isFile(output) && names().repeated.has(path) ? `${short} \u2192 ${lastName(output)}` : short;
    },
    path: pathOf,
    // The image that did this stage's work for this one, too: null where it did that itself.
    sharedWith(key, i) {
      const other = get("read_with", i);
      return ["validation_s", "image_read_s", "decode_s"].includes(key) && !get(key, i) ? other : null;
    },
    stage(i) {
      return (key) => get(`${key}_s`, i);
    },
  };
}

export function isNumeric(column) {
  return !["text", "list", "bool"].includes(column.unit);
}

// Order of rows by one column; unknown ones last, whichever way it goes.
export function sorted(store, rows, key, descending) {
  const column = store.columns.get(key);
  if (!column) return rows;
  const numeric = isNumeric(column);
  const keys = new Array(store.count);
  for (const i of rows) keys[i] = column.get(i);
  const collator = new Intl.Collator("en", { numeric: true });
  const compare = numeric || column.unit === "bool" ? (a, b) => a - b : (a, b) => collator.compare(a, b);
  const sign = descending ? -1 : 1;
  const known = rows.filter((i) => keys[i] !== null);
  const unknown = rows.filter((i) => keys[i] === null);
  known.sort((a, b) => sign * compare(keys[a], keys[b]) || a - b);
  return known.concat(unknown);
}
