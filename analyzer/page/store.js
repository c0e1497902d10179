// SPDX-License-Identifier: MIT
// Owns: the images' columns: reading them, and what an image is called.
// Must not know: elements, figures.

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
    columns.set(raw.key, { key: raw.key, title: raw.title, definition: raw.definition, unit: raw.unit, names, prefix, get, short });
  }
  // Inputs that several images have.
  let several = null;
  function repeated() {
    if (several) return several;
    several = new Set();
    const seen = new Set();
    const input = columns.get("input");
    for (let i = 0; i < data.count; i++) {
      const name = input.short(i);
      if (seen.has(name)) several.add(name);
      seen.add(name);
    }
    return several;
  }
  const none = { get: () => null, short: () => null };
  const get = (key, i) => (columns.get(key) ?? none).get(i);
  return {
    count: data.count,
    columns,
    get,
    has: (key) => columns.has(key),
    short: (key, i) => (columns.get(key) ?? none).short(i),
    // What it is called in lists: its input, or its output where that is all there is; both where one input has several.
    name(i) {
      const input = (columns.get("input") ?? none).short(i);
      const output = (columns.get("output") ?? none).short(i);
      if (input === null) return output ?? `image ${i}`;
      const again = output !== null && repeated().has(input);
      return again ? `${input} \u2192 ${output.slice(output.lastIndexOf("/") + 1)}` : input;
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
