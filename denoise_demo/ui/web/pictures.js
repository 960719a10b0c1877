// The clean picture: chosen from a collection, drawn, uploaded or cropped from a photo.

import { isSame, nameSource, state, tell } from "./state.js";

const update = (values) => ({ __type__: "update", ...values }); // of a Gradio component
const OWN_TABS = { drawing: "digits", upload: "digits", photo: "faces" }; // domain of each

const collection = (key) => state.shared.collections[key];

// Make `source` the picture; `tab` is its tab of the picture chooser.
export function show(source, tab) {
  // Keep the object of an equal source: pending requests and `known` refer to it.
  if (!isSame(source, state.source)) state.source = source;
  nameSource(state.source, tab);
  if ("index" in source) state.chosen[source.kind] = source.index;
  setTab(tab);
  tell("refresh");
}

export function setTab(tab) {
  state.pictures = tab;
  tell("tabbed");
  for (const key of Object.keys(state.shared.collections)) {
    for (const button of document.querySelectorAll(`[data-${key}]`)) {
      const isPressed = tab === key && Number(button.getAttribute(`data-${key}`)) === (state.chosen[key] ?? 0);
      button.setAttribute("aria-pressed", isPressed);
    }
  }
}

export function showIndex(key, index) {
  if (state.pictures === key && Number.isInteger(index)) show({ kind: key, index }, key);
}

// A click on a thumbnail.
export function click({ target }) {
  for (const key of Object.keys(state.shared.collections)) {
    const button = target.closest?.(`[data-${key}]`);
    if (button) show({ kind: key, index: Number(button.getAttribute(`data-${key}`)) }, key);
  }
}

export function drawIndex(key) {
  const index = Math.floor(Math.random() * (state.counts[key] ?? 1));
  showIndex(key, index);
  return index;
}

// Python opened a collection of `count` pictures.
export function opened(key, count) {
  state.counts[key] = count;
  if (state.pictures === key && state.source?.kind !== key) showIndex(key, state.chosen[key] ?? 0);
}

// A part of a photo was chosen, or its tab, "upload" or "photo", was opened.
export function showPhoto(tab, source = state[tab]) {
  state[tab] = source;
  if (source && state.pictures === tab) show(source, tab); // another tab may be open by now
}

export function centreDrawing(centre) {
  state.centre = centre;
  if (state.pictures === "drawing") tell("draw");
}

// Open the tab of the drawing pad, or return to the built-in digits.
export const toggleDrawing = () => update({ selected: state.pictures === "drawing" ? "example" : "drawing" });

// A tab was opened by the user, or by Gradio for a view (then state.pictures names it already).
// Returns an update for the tabs of the views: the drawing pad is on the stage.
export function openPictures(tab) {
  const domain = collection(tab)?.domain ?? OWN_TABS[tab];
  if (domain !== state.domain) return update({});
  if (tab === state.pictures) setTab(tab); // its buttons may have been rendered since
  else if (collection(tab)?.builtIn) show({ kind: tab, index: state.chosen[tab] ?? 0 }, tab);
  else setTab(tab);
  if (["upload", "photo"].includes(tab)) showPhoto(tab);
  if (tab !== "drawing") return update({});
  tell("draw");
  return update({ selected: "stage" });
}
