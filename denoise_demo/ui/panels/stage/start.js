// ---- Start --------------------------------------------------------------------------------------

window.laboratory?.leave();
const leaving = new AbortController();
const on = (target, type, handler) => target.addEventListener(type, handler, { signal: leaving.signal });

on(document, "input", listen);
for (const type of ["pointerdown", "keydown", "click"]) {
  on(document, type, () => ((touched = true), readdressLater()));
}
followers.set("address", { refresh: readdressLater, pump: readdressLater });
on(document, "click", (event) => {
  const example = event.target.closest?.("[data-example]");
  if (example) showExample(Number(example.dataset.example));
  const portrait = event.target.closest?.("[data-portrait]");
  if (portrait) showPortrait(Number(portrait.dataset.portrait));
});
on(element, "click", (event) => {
  const button = event.target.closest("[data-action]");
  if (button) ACTIONS[button.dataset.action](button);
});
on(seedOfDream, "change", () => seedOfDream.reportValidity() && dream(Number(seedOfDream.value)));
on(seedOfDream, "keydown", ({ key }) => {
  // The same dream again, for which nothing changes.
  if (key === "Enter" && Number(seedOfDream.value) === state.dreamt) dream(state.dreamt);
});
on(penSize, "input", () => setPen(penSize.value));
on(pad, "pointerdown", penDown);
on(pad, "pointermove", penMove);
on(pad, "pointerup", penUp);
on(pad, "pointercancel", penUp);
watch("value", () => receive(props.value));

window.laboratory = {
  pump, wanted, settle, follow, choice, copyLink, title: (source) => titles.get(source),
  sync, syncNumbers, hold, release, openTab, showNumbered, syncNumbered, showPhoto, setCentre,
  domain: () => state.domain,
  settings: () => state.settings,
  picture: () => (!state.source ? "" : state.clean && isKnown() ? JSON.stringify(state.clean) : null), // null: not yet
  leave: () => (stopPlaying(), wake(), leaving.abort()),
};
showExample();
