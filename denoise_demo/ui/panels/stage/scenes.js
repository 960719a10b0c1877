// The strip of scenes.

import { ask } from "../../web/page.js";
import { rove } from "../../web/roving.js";

export function createScenes({ strip, scenes, on, tour }) {
  const make = (tag, values) => Object.assign(document.createElement(tag), values);
  const button = (title, picture, words) => {
    const one = make("button", { type: "button", title });
    one.append(picture, make("span", { textContent: words }));
    return one;
  };
  const buttons = scenes.map(({ title, label, picture, preset }) => {
    const scene = button(label, make("img", { src: picture, alt: "" }), title);
    scene.dataset.scene = preset;
    return scene;
  });
  const guide = button("Five steps, about a minute", make("i", { textContent: "→", ariaHidden: "true" }), "Tour");
  guide.className = "guide";
  strip.replaceChildren(...buttons, guide);
  rove(strip, on);
  on(strip, "click", ({ target }) => {
    const { scene } = target.closest("button")?.dataset ?? {};
    if (scene) ask("preset", scene);
    else if (target.closest(".guide")) tour();
  });
}
