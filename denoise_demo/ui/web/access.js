// What Gradio's own markup lacks for keyboards and screen readers.

import { rove } from "./roving.js";
import { state } from "./state.js";
import { explainTerms, markTerms } from "./terms.js";

const REST = 200; // milliseconds between two looks at the page
const known = new WeakSet();

function first(element) {
  if (known.has(element)) return false;
  known.add(element);
  return true;
}

function mend() {
  for (const image of document.querySelectorAll("footer img")) image.alt = ""; // it repeats its link
  for (const place of document.querySelectorAll(".empty[aria-label]")) place.role = "img"; // where a picture will be
  for (const summary of document.querySelectorAll(".vega-embed summary")) summary.ariaLabel = "Save this chart";
  for (const frame of document.querySelectorAll("#figure-image .image-frame")) {
    Object.assign(frame, { tabIndex: 0, role: "group", ariaLabel: "The figure, which scrolls sideways where it is wide" });
  }
  for (const group of document.querySelectorAll(".thumbnails")) {
    if (first(group)) rove(group, (target, type, handler) => target.addEventListener(type, handler));
  }
  markTerms();
  const top = document.querySelector(".column:has(> #title)");
  if (!top || !first(top)) return;
  top.prepend(skipLink());
  const { glossary } = state.shared;
  explainTerms((term) => glossary[term] ?? glossary[`${term}-${state.settings.kind}`], top);
}

function skipLink() {
  const link = Object.assign(document.createElement("a"), { href: "#noise-level", className: "skip", textContent: "Skip to the noise level" });
  link.addEventListener("click", (event) => {
    event.preventDefault();
    document.querySelector("#noise-level input[type=range]")?.focus();
  });
  return link;
}

let timer = 0;
export function watchPage() {
  mend();
  new MutationObserver(() => {
    timer ||= setTimeout(() => {
      timer = 0;
      mend();
    }, REST);
  }).observe(document.body, { childList: true, subtree: true });
}
