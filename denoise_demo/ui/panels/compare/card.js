// A card of the comparison: picture, name, what denoising adds, digit read, and its pin.

import { signed } from "../../web/numbers.js";
import { paintPixels } from "../../web/pixels.js";
import { reading } from "./words.js";

const make = (tag, values) => Object.assign(document.createElement(tag), values);

export function createCard(id, { title }, isPinnable) {
  const root = make("div", { className: "card" });
  root.dataset.denoiser = id;
  const open = make("button", { type: "button", className: "open" });
  open.setAttribute("aria-describedby", "compare-about");
  const canvas = make("canvas", { width: 28, height: 28 });
  const result = make("span", { className: "result" });
  const [gained, read] = ["gain", "read"].map((className) => {
    const part = make("span", { className });
    part.append("");
    result.append(part);
    return part.firstChild; // its text
  });
  open.append(canvas, make("b", { textContent: title }), result);
  root.append(open);
  const pin = make("button", { type: "button", className: "pin", tabIndex: -1, textContent: "☆" });
  pin.setAttribute("aria-label", `Pin ${title}`);
  pin.dataset.apart = "";
  if (isPinnable) {
    root.append(pin);
    open.setAttribute("aria-keyshortcuts", "P");
  }
  let isPinned = false;

  function write(text, words) {
    if (text.data !== words) text.data = words;
  }

  return {
    root,
    canvas,
    isPinned: () => isPinned,
    pin(value) {
      isPinned = value;
      root.classList.toggle("pinned", value);
      pin.setAttribute("aria-pressed", value);
      pin.textContent = value ? "★" : "☆";
    },
    paint(entry, { shape, label, gain, isBest, isChosen }) {
      root.style.opacity = entry.stale ? 0.4 : 1;
      open.setAttribute("aria-current", isChosen);
      if (entry.stale) return;
      paintPixels(canvas, entry.image, shape);
      root.classList.toggle("better", gain > 0);
      root.classList.toggle("worse", gain < 0);
      const words = gain === Infinity ? "identical" : Number.isFinite(gain) ? `${signed(gain, 1)} dB` : "";
      write(gained, `${words}${isBest ? " ★" : ""}`);
      write(read, reading(entry, label).brief);
    },
  };
}
