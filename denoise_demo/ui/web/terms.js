// Explains a term where it stands, by pointer, focus and tap: any element with data-term.

import { clamp } from "./numbers.js";

const GAP = 6; // pixels between a term and its explanation

// Where terms stand in what Gradio writes.
const label = (id) => `#${id} [data-testid="block-info"]`;
const PLACES = {
  [label("noise-kind")]: "noise",
  [label("noise-level")]: "level",
  [label("blur-sigma")]: "blur",
  [[label("noise-seed"), label("figure-seed")]]: "seed",
  [[label("recipe"), label("figure-recipe")]]: "denoiser",
  "#curves-words em": "interval",
  ".tabitem:has(#card) .lead em:first-of-type": "loss",
  ".tabitem:has(#card) .lead em:last-of-type": "epoch",
};

export function markTerms() {
  for (const [places, term] of Object.entries(PLACES)) {
    for (const place of document.querySelectorAll(places)) if (!place.dataset.term) Object.assign(place, { tabIndex: 0 }).dataset.term = term;
  }
  // A score is explained by the pointer over it, and while it is chosen.
  for (const input of document.querySelectorAll("#curves-metric input")) input.closest("label").dataset.term = input.value;
}

// `explain` returns what a term means now.
export function explainTerms(explain, place) {
  const tip = Object.assign(document.createElement("div"), { id: "term", role: "tooltip", hidden: true });
  place.append(tip);
  let shown = null;

  function show(term) {
    hide();
    shown = term;
    tip.textContent = explain(term.dataset.term);
    tip.hidden = false;
    term.setAttribute("aria-describedby", tip.id);
    const { left, top, bottom } = term.getBoundingClientRect();
    const { width, height } = tip.getBoundingClientRect();
    tip.style.left = `${clamp(left, 8, Math.max(8, window.innerWidth - width - 8))}px`;
    tip.style.top = `${top > height + 2 * GAP ? top - height - GAP : bottom + GAP}px`;
  }

  function hide() {
    shown?.removeAttribute("aria-describedby");
    shown = null;
    tip.hidden = true;
  }

  const find = ({ target }) => target.closest?.("[data-term]");
  for (const type of ["pointerover", "focusin", "click"]) {
    document.addEventListener(type, (event) => {
      const term = find(event);
      if (type === "click" && term?.parentElement.closest("label")) event.preventDefault(); // its field would take the focus
      if (term) show(term);
      else if (type !== "focusin" && event.target !== tip) hide();
    });
  }
  document.addEventListener("focusout", hide);
  document.addEventListener("keydown", ({ key }) => key === "Escape" && hide());
  window.addEventListener("scroll", hide, { passive: true, capture: true });
}
