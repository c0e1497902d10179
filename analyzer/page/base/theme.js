// SPDX-License-Identifier: MIT
// Owns: light and dark: as the system is until the button says otherwise, light on paper.
// Must not know: who draws.
import { h } from "./dom.js";

const dark = window.matchMedia("(prefers-color-scheme: dark)");
let chosen = null; // "light" or "dark" by the button
let printing = false;
const listeners = [];

export function onTheme(listener) {
  listeners.push(listener);
}

function current() {
  return printing ? "light" : (chosen ?? (dark.matches ? "dark" : "light"));
}

function apply() {
  if (document.documentElement.dataset.theme === current()) return;
  document.documentElement.dataset.theme = current();
  for (const listener of listeners) listener();
}

export function startTheme() {
  document.documentElement.dataset.theme = current();
  dark.addEventListener("change", apply);
  const print = (on) => () => {
    printing = on;
    apply();
  };
  window.addEventListener("beforeprint", print(true));
  window.addEventListener("afterprint", print(false));
}

export function themeButton() {
  const label = () => (current() === "dark" ? "Light" : "Dark");
  const button = h("button", { type: "button", id: "theme", title: "Switch between light and dark" }, label());
  button.addEventListener("click", () => {
    chosen = current() === "dark" ? "light" : "dark";
    apply();
  });
  onTheme(() => button.replaceChildren(label()));
  return button;
}

// A colour of the style sheet, by the name of its variable.
export function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
