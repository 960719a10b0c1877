// Reports domain, noise and denoiser to Python, at most every REST milliseconds: `entered` when the
// domain changed, `moved` otherwise.

import { createPanel } from "../../web/panel.js";
import { attach, place, state } from "../../web/state.js";

const REST = 150; // milliseconds between two charts

export const mount = createPanel(({ element, props, trigger }) => {
  const tab = element.closest("[role=tabpanel]") ?? element;
  let timer = 0;
  let last = { text: "", domain: "" }; // last report

  function report() {
    timer = 0;
    if (tab.offsetParent === null) return;
    const text = place();
    const { domain } = state;
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
});
