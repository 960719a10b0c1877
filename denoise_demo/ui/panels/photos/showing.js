// Shows an answer: the two pictures at a zoom, their scores, and the photo's facts.

import { format } from "../../web/numbers.js";
import { toRgba } from "../../web/pixels.js";
import { state } from "../../web/state.js";
import { magnified } from "./spot.js";

const REST = 800; // milliseconds without a paint until the outcome is said

export function createPainter({ element, panel, wipe }) {
  const $ = (selector) => element.querySelector(selector);
  const canvas = (name) => $(`canvas[data-panel=${name}]`);
  let last = null; // reply and the pictures as ImageData
  let timer = 0;

  function paint(reply, request, photo, factor) {
    const [height, width] = reply.shape;
    last = Object.fromEntries(Object.entries(reply.images).map(([name, bytes]) => [name, new ImageData(toRgba(bytes, reply.shape), width, height)]));
    zoom(factor);
    const words = describeScores(reply, photo);
    for (const [name, text] of Object.entries(words)) $(`[data-of=${name}] .scores`).textContent = text;
    for (const name of ["left", "top", "photo", "fine", "level", "kind", "seed", "denoiser", "strength"]) panel.dataset[name] = request[name];
    panel.dataset.paints = Number(panel.dataset.paints ?? 0) + 1;
    clearTimeout(timer);
    timer = setTimeout(tell, REST, words);
  }

  function zoom(factor) {
    if (!last) return;
    for (const [name, picture] of Object.entries(last)) {
      const { left, top, width, height } = magnified(picture.width, picture.height, factor);
      const place = canvas(name);
      if (place.width !== width || place.height !== height) Object.assign(place, { width, height });
      place.getContext("2d").putImageData(picture, -left, -top);
    }
    wipe.paint();
  }

  // In words: of both pictures their scores, or of a noisy photo how much noise it has and loses.
  function describeScores({ scores, removed }, { sigma }) {
    if (!scores) {
      return {
        noisy: `Estimated noise: σ ${sigma.toFixed(1)} of 255`,
        denoised: `Removed here: σ ${removed.toFixed(1)} of 255\nNo score: there is no clean picture`,
      };
    }
    const list = (found) => Object.entries(state.shared.metrics).filter(([key]) => key in found)
      .map(([key, metric], place) => `${place > 1 ? " · " : place ? "\n" : ""}${metric.label} ${format(found[key], metric)}`).join("");
    return { noisy: list(scores.noisy), denoised: list(scores.denoised) };
  }

  function tell({ noisy, denoised }) {
    const [before, after] = [noisy, denoised].map((text) => text.replaceAll("\n", ", "));
    canvas("noisy").setAttribute("aria-label", `Noisy picture: ${before}`);
    canvas("denoised").setAttribute("aria-label", `Denoised picture: ${after}`);
    $(".said").textContent = `Denoised: ${after}. Noisy: ${before}.`;
  }

  function describe({ title, width, height, notes }) {
    $(".title").textContent = title;
    $(".size").textContent = `${width} × ${height}`;
    $(".map img").alt = title;
    $(".notes").textContent = notes;
    $(".notes").hidden = !notes;
  }

  return { paint, zoom, describe };
}
