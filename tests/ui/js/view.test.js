// Views from Python: taken whole, and dropped when they answer an older request.

import assert from "node:assert/strict";
import { test } from "node:test";

Object.assign(globalThis, {
  window: { addEventListener() {}, matchMedia: () => ({ addEventListener() {} }) },
  document: { addEventListener() {}, querySelector: () => null, querySelectorAll: () => [], body: null },
  MutationObserver: class { observe() {} },
  location: { search: "" },
  WebSocket: class {},
});
const { ask, mount } = await import("../../../denoise_demo/ui/web/page.js");
const { click } = await import("../../../denoise_demo/ui/web/pictures.js");
const { state } = await import("../../../denoise_demo/ui/web/state.js");

const settings = { kind: "uniform", level: 0.8, blur_sigma: 0.5, denoiser: "conv-pool", seed: 0 };
const view = {
  show: "stage", domain: "digits", source: { kind: "example", index: 3 }, tab: "example",
  settings, any_network: false, choices: {}, note: "", fresh: false, revision: 0,
};
const props = {
  start: view, fields: { blur_sigma: { minimum: 0, maximum: 4 }, seed: { minimum: 0, maximum: 9 } }, choices: [], modules: [], tabs: {}, views: { stage: [], compare: ["sort"] },
  kinds: { uniform: { minimum: 0, maximum: 2 } },
  collections: Object.fromEntries(
    ["example", "two-words"].map((key) => [key, { noun: "digit", domain: "digits", builtIn: true }]),
  ),
};
let receive;
mount({ props, trigger() {}, watch: (_, listener) => (receive = listener) });

function answer(values) {
  props.value = JSON.stringify({ view: { ...view, revision: state.revision, ...values } });
  receive();
}

test("a view sets everything at once", () => {
  ask("preset", "any");
  answer({ show: "compare", settings: { ...settings, level: 1.2, seed: 7 }, choices: { sort: "psnr" } });

  assert.equal(state.view, "compare");
  assert.deepEqual(state.settings, { ...settings, level: 1.2, seed: 7 });
  assert.deepEqual(state.choices, { sort: "psnr" });
});

test("an answer to an older request is dropped, the last one taken", () => {
  ask("preset", "first");
  const { revision } = state;
  ask("preset", "second");

  answer({ settings: { ...settings, level: 0.2 }, revision });
  assert.notEqual(state.settings.level, 0.2);

  answer({ settings: { ...settings, level: 0.4 } });
  assert.equal(state.settings.level, 0.4);
});

test("a click on a thumbnail shows its picture, whatever the name of its collection", () => {
  const button = { getAttribute: (name) => ({ "data-two-words": "4" })[name] };

  click({ target: { closest: (selector) => (selector === "[data-two-words]" ? button : null) } });

  assert.deepEqual(state.source, { kind: "two-words", index: 4 });
});
