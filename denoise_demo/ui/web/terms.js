// Explains a term where it stands, by pointer, focus and tap: any element with data-term.

import { clamp } from "./numbers.js";

const GAP = 6; // pixels between a term and its explanation

export function explainTerms(glossary, place) {
  const tip = Object.assign(document.createElement("div"), { id: "term", role: "tooltip", hidden: true });
  place.append(tip);
  let shown = null;

  function show(term) {
    hide();
    shown = term;
    tip.textContent = glossary[term.dataset.term];
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
      if (term) show(term);
      else if (type !== "focusin" && event.target !== tip) hide();
    });
  }
  document.addEventListener("focusout", hide);
  document.addEventListener("keydown", ({ key }) => key === "Escape" && hide());
  window.addEventListener("scroll", hide, { passive: true });
}
