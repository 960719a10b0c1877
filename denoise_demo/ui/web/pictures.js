// The clean picture: from a collection, the pad, an upload or a photo.

import { isSame, nameSource, state, tell } from "./state.js";

const update = (values) => ({ __type__: "update", ...values }); // of a Gradio component
const OWN_TABS = { drawing: "digits", upload: "digits", photo: "faces" }; // domain of each

const collection = (key) => state.shared.collections[key];

// Show a picture of the domain, with the tab that it belongs to.
export function show(source, tab) {
  // An equal one is the same one: what is known of it or on its way stays so.
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
      const isPressed = tab === key && Number(button.dataset[key]) === (state.chosen[key] ?? 0);
      button.setAttribute("aria-pressed", isPressed);
    }
  }
}

export function showIndex(key, index) {
  if (state.pictures === key && Number.isInteger(index)) show({ kind: key, index }, key);
}

// A click on a built-in picture.
export function click({ target }) {
  for (const key of Object.keys(state.shared.collections)) {
    const button = target.closest?.(`[data-${key}]`);
    if (button) show({ kind: key, index: Number(button.dataset[key]) }, key);
  }
}

export function drawIndex(key) {
  const index = Math.floor(Math.random() * (state.counts[key] ?? 1));
  showIndex(key, index);
  return index;
}

// Python has opened a collection, which has so many pictures.
export function opened(key, count) {
  state.counts[key] = count;
  if (state.pictures === key && state.source?.kind !== key) showIndex(key, state.chosen[key] ?? 0);
}

export function receiveUpload(source) {
  state.upload = source;
  if (state.pictures !== "upload") return; // meanwhile another tab is open
  tell("stop");
  state.note = null;
  tell("noted");
  show(source, "upload");
}

// The crop box moves, or its tab opens.
export function showPhoto(source = state.photo) {
  state.photo = source;
  if (source && state.pictures === "photo") show(source, "photo");
}

export function centreDrawing(centre) {
  state.centre = centre;
  if (state.pictures === "drawing") tell("draw");
}

// Gradio tells when a tab opens, by hand or because a view is shown, whose tab is open already.
// The answer is for the tabs of the views: the pad is on the stage.
export function openPictures(tab) {
  const domain = collection(tab)?.domain ?? OWN_TABS[tab];
  if (domain !== state.domain) return update({});
  if (tab === state.pictures) setTab(tab); // its buttons may only be there now
  else if (collection(tab)?.builtIn) show({ kind: tab, index: state.chosen[tab] ?? 0 }, tab);
  else setTab(tab);
  if (tab === "upload" && state.upload) show(state.upload, tab);
  if (tab === "photo") showPhoto();
  if (tab !== "drawing") return update({});
  tell("draw");
  return update({ selected: "stage" });
}
