// Settings changed by the user: DOM events of sliders, and Gradio events of other controls.

import { denoiserOf, isKnown, span, state, tell } from "./state.js";
import { clamp } from "./numbers.js";
import { showIndex } from "./pictures.js";

const update = (values) => ({ __type__: "update", ...values }); // update of a Gradio component

// The picture or a setting has changed.
export function set(values) {
  if (Object.entries(values).every(([field, value]) => state.settings[field] === value)) return;
  Object.assign(state.settings, values);
  tell("refresh");
}

let emptied = null; // the input whose number was deleted

// The number changed by a DOM event: { field, value } or { collection, value }.
function changed({ target }) {
  if (target.value === "" || !target.closest) return null;
  const value = Number(target.value);
  for (const [field, { control }] of Object.entries(state.shared.fields)) {
    if (typeof state.settings[field] === "number" && target.closest(`#${control}`)) return { field, value };
  }
  for (const collection of Object.keys(state.shared.collections)) {
    if (target.closest(`#${collection}-index`)) return { collection, value };
  }
  return null;
}

export function input(event) {
  emptied = event.target.value === "" ? event.target : null;
  const change = changed(event);
  if (!change || !Number.isFinite(change.value)) return;
  if (change.collection) return showIndex(change.collection, change.value);
  if (change.field === "level" && event.isTrusted) tell("stop");
  set({ [change.field]: change.value });
}

// A typed number is clamped when its input loses the focus. Gradio may have clamped it already, and
// learns by the event of what it has not; so does the state.
export function leave(event) {
  const { target } = event;
  if (target === emptied && target.value === "") target.value = target.min;
  const change = target.type === "number" && target.max !== "" ? changed(event) : null;
  if (!change) return;
  // Gradio makes 0 of nothing: the number before is back.
  const kept = change.field ? state.settings[change.field] : state.chosen[change.collection] ?? 0;
  const isWhole = change.field === "seed" || change.collection;
  const typed = isWhole ? Math.round(change.value) : change.value;
  target.value = target === emptied ? kept : clamp(typed, Number(target.min), Number(target.max));
  target.dispatchEvent(new Event("input", { bubbles: true }));
}

// Set a slider by a DOM event, so that Gradio learns the value.
export function moveSlider(id, value) {
  const slider = document.querySelector(`#${id} input[type=range]`);
  slider.value = value;
  slider.dispatchEvent(new Event("input", { bubbles: true }));
}

// Every kind of noise has its own range of levels: start from its default.
export function chooseKind(kind) {
  if (!Object.hasOwn(state.shared.kinds, kind ?? "")) return update({});
  if (kind === state.settings.kind) return update({}); // Gradio reports a choice twice
  tell("stop");
  set({ kind, level: state.shared.kinds[kind].value });
  return update(span());
}

// A view is opened: take up the noise of its pictures, photos or others. Returns updates of the
// controls of kind, level, blur and seed.
export function changeNoise(view) {
  const isPhotos = view === "photos";
  const noise = state.aside ?? (isPhotos ? state.shared.photo_noise : null);
  if (isPhotos === (state.view === "photos") || !noise) return [1, 2, 3, 4].map(() => update({}));
  const { kind, level, blur_sigma, seed } = noise;
  state.aside = { ...state.settings };
  set({ kind, level, blur_sigma, seed });
  return [{ value: kind }, { ...span(), value: level }, { value: blur_sigma }, { value: seed }].map(update);
}

export function chooseDenoiser(denoiser) {
  if (typeof denoiser === "string" && denoiserOf(denoiser)) set({ denoiser });
}

// Offer the networks of all domains, or only of the current one.
export function offerDenoisers(anyNetwork) {
  const { own, every, first } = state.shared.offered[state.domain];
  const yours = state.yours ? [[state.yours.label, state.yours.id]] : [];
  const choices = [...yours, ...(anyNetwork ? every : own)];
  const isOffered = choices.some(([, key]) => key === state.settings.denoiser);
  state.anyNetwork = anyNetwork;
  set({ denoiser: isOffered ? state.settings.denoiser : first });
  return update({ choices, value: state.settings.denoiser });
}

export function drawSeed() {
  const seed = Math.floor(Math.random() * 1e6);
  set({ seed });
  return seed;
}

// A tab was opened: its panels may have to catch up.
export function pump() {
  if (!isKnown()) tell("refresh");
  tell("pump");
}
