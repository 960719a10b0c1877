// The address: a link that restores what is shown.

import { isWithinSpan, state } from "./state.js";

const REST = 300; // milliseconds
let timer = 0;

const parameters = () => new URLSearchParams(location.search);

// The parameters of a link, without those of others.
function ours() {
  const fields = Object.values(state.shared.fields).map(({ parameter }) => parameter);
  return ["show", "picture", ...fields, ...state.shared.choices];
}

// What the address says, by parameter; null when it says nothing of ours.
export function readAddress() {
  const said = parameters();
  const query = Object.fromEntries(ours().filter((name) => said.has(name)).map((name) => [name, said.get(name)]));
  return Object.keys(query).length ? query : null;
}

// A view's own choice; null for none.
export const choice = (name) => state.choices[name] ?? null;

export function setChoice(name, value) {
  if (value === null) delete state.choices[name];
  else state.choices[name] = value;
  writeLater();
}

// What is shown: a view of the laboratory, or another tab.
export const shown = () => (state.tab === "laboratory" ? state.view : state.tab);

// A picture's name in an address; null while it is on its way.
export function pictureName(source) {
  if ("index" in source) return `${source.kind}:${source.index}`;
  if (source.kind !== "pixels") return null;
  const pixels = source.pixels.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  return `pixels:${source.channels}:${pixels}`;
}

// The parameters of a link to what is shown, in view.py's order; null while there is none.
export function toQuery() {
  const picture = state.source && pictureName(state.source);
  if ((state.source && !picture) || !isWithinSpan()) return null;
  const show = shown();
  const query = { show, ...(picture && { picture }) }; // a blank pad has none
  for (const [field, { parameter }] of Object.entries(state.shared.fields)) query[parameter] = state.settings[field];
  for (const name of state.shared.views[show] ?? state.shared.tabs[show]) {
    if (choice(name) !== null) query[name] = choice(name);
  }
  return query;
}

// Write what is shown into the address; return whether that could be done.
export function writeAddress() {
  const query = state.touched ? toQuery() : null;
  if (!query) return false;
  const said = parameters();
  for (const name of ours()) said.delete(name);
  for (const [name, value] of Object.entries(query)) said.set(name, value);
  history.replaceState(history.state, "", `?${said}`);
  return true;
}

export function writeLater() {
  clearTimeout(timer);
  timer = setTimeout(writeAddress, REST);
}

export async function copyLink() {
  state.touched = true;
  const button = document.getElementById("copy-link");
  const answer = (text) => {
    button.textContent = text;
    setTimeout(() => (button.textContent = "Copy link"), 2000);
  };
  for (let waits = 0; !writeAddress(); waits++) { // the picture is still on its way
    if (waits === 20) return answer("Not yet: try again");
    await new Promise((go) => setTimeout(go, 100));
  }
  try {
    await navigator.clipboard.writeText(location.href);
    answer("Copied");
  } catch {
    prompt("Copy this link:", location.href); // pages that are not secure have no clipboard
  }
}
