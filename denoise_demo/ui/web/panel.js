// The frame of a panel's script.

import { ready } from "./state.js";

// Return a panel's `mount`, which Gradio calls each time it renders the component. `build` gets
// Gradio's values, `$`, which finds an element, and `on`, which listens until the next mount; it may
// return a function that the next mount calls first.
export function createPanel(build) {
  let leaving = new AbortController();
  let leave;
  return async (gradio) => {
    await ready;
    leaving.abort();
    leave?.();
    leaving = new AbortController();
    const { signal } = leaving;
    const $ = (selector) => gradio.element.querySelector(selector);
    const on = (target, type, handler) => target.addEventListener(type, handler, { signal });
    leave = build({ ...gradio, $, on });
  };
}
