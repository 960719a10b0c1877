// Connects the page's state with Python (views and messages), Gradio's events and the DOM.

import { watchPage } from "./access.js";
import { copyLink, readAddress, setChoice, shown, step, writeLater } from "./address.js";
import * as controls from "./controls.js";
import { keep, recall } from "./keeping.js";
import * as line from "./line.js";
import * as pictures from "./pictures.js";
import { copyPython } from "./python.js";
import { attach, isKnown, place, start, state, tell } from "./state.js";

const POLL = 100; // milliseconds between checks for a pending picture
let leaving = new AbortController();
let trigger = () => {};

// Request a view from Python; the answer carries the same revision.
export function ask(action, value = null) {
  if (action !== "link" && !state.awaited) step();
  state.revision += 1;
  state.asked = { action, value };
  trigger("ask");
}

// The pending request, as page.py parses it.
function asked() {
  const { action, value } = state.asked;
  const { revision, anyNetwork, yours } = state;
  return JSON.stringify({ action, value, revision, shown: shown(), any_network: anyNetwork, yours: yours?.id ?? "" });
}

// Request the current picture on the stage with some settings changed, and a remark on it.
export function askFor(settings, note = "") {
  const { domain, source, pictures: tab, anyNetwork } = state;
  ask("view", { domain, source, tab, any_network: anyNetwork, note, settings: { ...state.settings, ...settings } });
}

// Messages from Python: a view, or an opened collection.
function receive(text) {
  if (!text) return;
  const { view, opened, count } = JSON.parse(text);
  if (view && view.revision === state.revision) take(view); // drop a stale answer
  if (opened) pictures.opened(opened, count);
}

// Take over a whole view at once.
function take(view) {
  state.awaited = false;
  state.answered = view.revision;
  tell("stop");
  if (view.domain !== state.domain) tell("drop");
  if (view.fresh) forget();
  if (view.show in state.shared.views) Object.assign(state, { tab: "laboratory", view: view.show });
  else state.tab = view.show;
  Object.assign(state, {
    domain: view.domain,
    settings: { ...view.settings },
    anyNetwork: view.any_network,
    note: { text: view.note, source: view.source, settings: view.settings },
  });
  Object.assign(state.choices, view.choices);
  if (view.tab === "upload") state.upload = view.source;
  if (view.tab === "photo") state.photo = view.source;
  if (Object.keys(view.choices).length) tell("choices");
  tell("noted");
  if (view.source) return pictures.show(view.source, view.tab);
  pictures.setTab(view.tab); // the pad is blank
  tell("refresh");
}

function forget() {
  for (const name of Object.values(state.shared.views).flat()) delete state.choices[name];
  Object.assign(state, { strokes: [], centre: true, upload: null, photo: null, chosen: {} });
  for (const crop of Object.values(state.crops)) crop.forgotten = true;
  state.aside = null;
  tell("reset");
}

// The laboratory's picture as JSON, for other tabs: "" if there is none, null while pending.
function picture() {
  if (!state.source) return "";
  return state.clean && isKnown() ? JSON.stringify(state.clean) : null;
}

// Whether this figure is the one last drawn.
const isDrawn = (kind) => state.choices.figure?.split(":")[0] === kind;

// A figure is about to be drawn: record its choices for links, and fill in the laboratory's picture.
async function figureDrawn(values) {
  const choices = values.slice(0, -2);
  setChoice("figure", choices.join(":"));
  for (let waits = 0; choices[2] === "laboratory" && picture() === null && waits < 30; waits++) {
    await new Promise((go) => setTimeout(go, POLL));
  }
  return [...choices, picture() ?? "", document.body.classList.contains("dark")];
}

// The system's colours have changed: draw an open figure in those of the page.
function recolour() {
  const button = document.querySelector("#figure-draw");
  if (button?.offsetParent) setTimeout(() => button.click(), POLL);
}

// Returns updates of the noise's controls: photos keep a noise of their own.
function openView(view) {
  if (view !== state.view && state.answered === state.revision) step();
  const updates = controls.changeNoise(view);
  state.view = view;
  controls.pump();
  return updates;
}

function openTab(tab) {
  if (tab !== state.tab && state.answered === state.revision) step();
  state.tab = tab;
  controls.pump();
}

// Back and forward: show what the address says.
function goTo() {
  const query = readAddress();
  if (query) ask("link", query);
  else ask("reset");
}

export function mount({ props, trigger: triggerEvent, watch }) {
  leaving.abort();
  leaving = new AbortController();
  trigger = triggerEvent;
  const on = (type, handler) => document.addEventListener(type, handler, { signal: leaving.signal });
  const { settings, source, tab } = props.start;
  let kept = null;
  let query = null;
  if (!state.shared) {
    Object.assign(state, { settings: { ...settings }, pictures: tab, chosen: { [source.kind]: source.index } });
    line.open();
    start(props);
    watchPage();
    kept = recall();
    query = readAddress();
    state.awaited = Boolean(kept || query);
    attach("address", { refresh: writeLater, pump: writeLater, settled: writeLater });
    if (!state.awaited) pictures.show(source, tab);
  }
  // Load the panels' scripts now: Gradio renders a panel when its tab opens, and a click on it must not be lost.
  for (const path of props.modules) import(new URL(`../${path}`, import.meta.url));
  on("input", controls.input);
  on("focusout", controls.leave);
  on("click", pictures.click);
  for (const type of ["pointerdown", "keydown", "click"]) {
    on(type, () => {
      state.touched = true;
      writeLater();
    });
  }
  watch("value", () => receive(props.value));
  // Called by Gradio's events.
  window.laboratory = {
    ask, asked, picture, place, isDrawn, figureDrawn, openView, openTab, copyLink, chosen: setChoice,
    copyPython,
    chooseKind: controls.chooseKind,
    chooseDenoiser: controls.chooseDenoiser,
    offerDenoisers: controls.offerDenoisers,
    drawSeed: controls.drawSeed,
    openPictures: pictures.openPictures,
    toggleDrawing: pictures.toggleDrawing,
    drawIndex: pictures.drawIndex,
    centreDrawing: pictures.centreDrawing,
  };
  window.addEventListener("pagehide", keep, { signal: leaving.signal });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour, { signal: leaving.signal });
  window.addEventListener("popstate", goTo, { signal: leaving.signal });
  if (kept) ask("view", kept);
  else if (query) ask("link", query);
}
