// Tells Python where the laboratory is, not at every frame: `entered` when its pictures are of
// another domain, `moved` when only the noise or the denoiser changed.

import { attach, ready, state } from "../../web/state.js";

const REST = 150; // milliseconds between two charts

export async function mount({ element, props, trigger }) {
  await ready;
  const tab = element.closest("[role=tabpanel]") ?? element;
  let timer = 0;
  let last = { text: "", domain: "" }; // what Python was told

  function report() {
    timer = 0;
    if (tab.offsetParent === null) return;
    const { domain, settings: { kind, level, denoiser } } = state;
    const text = JSON.stringify({ domain, kind, level, denoiser });
    if (text === last.text) return;
    const event = domain === last.domain ? "moved" : "entered";
    last = { text, domain };
    props.value = text;
    trigger(event);
  }

  function later() {
    timer ||= setTimeout(report, REST);
  }

  attach("curves", {
    refresh: later,
    pump: later,
    reset: () => {
      last = { text: "", domain: "" };
    },
  });
}
