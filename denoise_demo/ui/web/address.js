// The address as a link that restores what is shown.

import { complaint, lasting, state } from "./state.js";

const REST = 300; // milliseconds
let timer = 0;

const parameters = () => new URLSearchParams(location.search);

// Names of our own parameters.
function ours() {
  const fields = Object.values(state.shared.fields).map(({ parameter }) => parameter);
  return ["show", "picture", ...fields, ...state.shared.choices];
}

// Our parameters of the address; null if there are none.
export function readAddress() {
  const said = parameters();
  const query = Object.fromEntries(ours().filter((name) => said.has(name)).map((name) => [name, said.get(name)]));
  return Object.keys(query).length ? query : null;
}

// The choice of a single view; null if there is none.
export const choice = (name) => state.choices[name] ?? null;

export function setChoice(name, value) {
  if (value === null) delete state.choices[name];
  else state.choices[name] = value;
  writeLater();
}

// The open view of the laboratory, or another open tab.
export const shown = () => (state.tab === "laboratory" ? state.view : state.tab);

// Name of a picture in a link; null while its pixels are pending.
export function pictureName(source) {
  if ("index" in source) return `${source.kind}:${source.index}`;
  if (source.kind !== "pixels") return null;
  const pixels = source.pixels.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  return `pixels:${source.channels}:${pixels}`;
}

// Parameters of a link to the current view, as View.to_query; null while the picture is pending.
export function toQuery() {
  const show = shown();
  const source = show === "photos" ? null : state.source; // a choice names the photo
  const picture = source && pictureName(source);
  if ((source && !picture) || complaint()) return null;
  const query = { show, ...(picture && { picture }) }; // a blank pad has no name
  for (const [field, { parameter }] of Object.entries(state.shared.fields)) query[parameter] = lasting()[field];
  for (const name of state.shared.views[show] ?? state.shared.tabs[show]) {
    if (choice(name) !== null) query[name] = choice(name);
  }
  return query;
}

let isNew = false; // whether the next link is a step that Back takes back

// A view, a scene or another tab is about to be shown: keep the address of what is shown now.
export function step() {
  writeAddress();
  isNew = true;
}

// Write the link into the address bar; return whether it was possible.
export function writeAddress() {
  const query = state.touched ? toQuery() : null;
  if (!query) return false;
  const said = parameters();
  for (const name of ours()) said.delete(name);
  for (const [name, value] of Object.entries(query)) said.set(name, value);
  if (location.search === `?${said}`) return true;
  history[isNew ? "pushState" : "replaceState"](history.state, "", `?${said}`);
  isNew = false;
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
  for (let waits = 0; !writeAddress(); waits++) { // the picture is pending
    if (waits === 20) return answer("Not yet: try again");
    await new Promise((go) => setTimeout(go, 100));
  }
  try {
    await navigator.clipboard.writeText(location.href);
    answer(document.querySelector("#stage[data-dream]") ? "Copied, without the dream" : "Copied");
  } catch {
    prompt("Copy this link:", location.href); // only secure pages have a clipboard
  }
}
