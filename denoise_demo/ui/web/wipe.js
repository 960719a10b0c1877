// The noisy picture over the denoised one, up to a line that is dragged or moved by arrow keys.

import { clamp } from "./numbers.js";

const STEPS = { ArrowLeft: -2, ArrowDown: -2, ArrowRight: 2, ArrowUp: 2, PageDown: -10, PageUp: 10, Home: -100, End: 100 };

export function createWipe({ handle, noisy, on }) {
  const frame = handle.parentElement;
  const over = Object.assign(document.createElement("canvas"), { className: "before", ariaHidden: "true" });
  handle.before(over);
  let share = 0; // of the width that shows the noisy picture, in per cent

  function set(percent) {
    share = clamp(Math.round(percent), 0, 100);
    frame.style.setProperty("--wipe", `${share}%`);
    handle.setAttribute("aria-valuenow", share);
    handle.setAttribute("aria-valuetext", share ? `noisy up to ${share} % of the width` : "all denoised");
    paint();
  }

  function paint() {
    over.hidden = share === 0;
    if (!share) return;
    const { width, height } = noisy;
    if (over.width !== width || over.height !== height) Object.assign(over, { width, height });
    over.getContext("2d").drawImage(noisy, 0, 0);
  }

  function drag(event) {
    if (!frame.hasPointerCapture(event.pointerId)) return;
    const { left, width } = frame.getBoundingClientRect();
    set((100 * (event.clientX - left)) / width);
  }

  on(frame, "pointerdown", (event) => {
    if (event.button !== 0) return;
    frame.setPointerCapture(event.pointerId);
    drag(event);
  });
  on(frame, "pointermove", drag);
  on(handle, "keydown", (event) => {
    if (!(event.key in STEPS) || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    set(share + STEPS[event.key]);
  });
  set(0);
  return { paint };
}
