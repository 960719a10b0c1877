// What the stage shows in words, for those who cannot see it: said when the hand rests.

import { format, percent } from "../../web/numbers.js";
import { state } from "../../web/state.js";

const REST = 800; // milliseconds without a paint

export function createTeller({ element }) {
  const region = element.querySelector(".said");
  let timer = 0;

  const name = (panel, words) => element.querySelector(`canvas[data-panel=${panel}]`).setAttribute("aria-label", words);
  const psnr = (scores) => format(scores.psnr, state.shared.metrics.psnr);

  function read(probabilities, label) {
    if (!probabilities) return "";
    const digit = probabilities.indexOf(Math.max(...probabilities));
    const verdict = label === null ? "" : digit === label ? ", correctly" : ", wrongly";
    return `, read as ${digit} (${percent(probabilities[digit])})${verdict}`;
  }

  function tell({ scores, probabilities, label, expected, outside }) {
    const noisy = `PSNR ${psnr(scores.noisy)}${read(probabilities.noisy, label)}`;
    const denoised = `PSNR ${psnr(scores.denoised)}${read(probabilities.denoised, label)}`;
    name("clean", label === null ? "Clean picture" : `Clean picture, a ${label}`);
    name("noisy", `Noisy picture: ${noisy}`);
    name("denoised", `Denoised picture: ${denoised}`);
    name("error", `Error map: mean absolute error ${scores.denoised.mae.toFixed(3)}`);
    if (expected !== null) name("spread", `Map of the expected error, ${expected.toFixed(3)} on average`);
    region.textContent = `Denoised: ${denoised}. Noisy: ${noisy}. ${outside}`;
  }

  // Called at every paint.
  return (reply) => {
    clearTimeout(timer);
    timer = setTimeout(tell, REST, reply);
  };
}
