// Paints an answer on the stage: pictures, class probabilities, scores, description of the denoiser.

import { cleaner, format, percent, worth } from "../../web/numbers.js";
import { HEAT_RAMP, paintPixels } from "../../web/pixels.js";
import { denoiserOf, state } from "../../web/state.js";

export const PANELS = ["clean", "noisy", "denoised", "error", "spread"];
const HEATED = ["error", "spread"]; // maps of one channel, in colours
const CLASSIFIED = ["clean", "noisy", "denoised"];

export function createPainter(element, stage, wipe) {
  const $ = (selector) => element.querySelector(selector);
  const canvas = (name) => $(`canvas[data-panel=${name}]`);
  const scores = (name) => $(`[data-of=${name}] .scores`);
  const bars = Object.fromEntries(CLASSIFIED.map((name) => [name, makeBars($(`[data-of=${name}] .verdict`))]));
  const numbers = {}; // of the noisy and of the denoised picture
  let described = ""; // id of the denoiser described beside the controls
  let paints = Number(stage.dataset.paints ?? 0);
  for (const ramp of element.querySelectorAll(".legend i")) ramp.style.background = HEAT_RAMP;

  function paint(reply, request) {
    for (const name of PANELS) if (reply.images[name]) paintPanel(name, reply.images[name], reply.shape);
    wipe.paint();
    for (const name of CLASSIFIED) paintVerdict(name, reply.probabilities[name], reply.label);
    paintScores(reply);
    paintExpected(reply.expected, reply.scores.denoised.psnr);
    paintOutside(reply.outside, reply.expected);
    $(".truth").textContent = reply.label === null ? "" : `label ${reply.label}`;
    stage.dataset.label = reply.label ?? "";
    for (const [field, { attribute }] of Object.entries(state.shared.fields)) stage.dataset[attribute] = request[field];
    describe(request.denoiser);
    stage.dataset.paints = ++paints;
  }

  function paintPanel(name, bytes, shape) {
    paintPixels(canvas(name), bytes, shape, HEATED.includes(name));
  }

  function paintVerdict(name, probabilities, label) {
    const top = probabilities ? probabilities.indexOf(Math.max(...probabilities)) : -1;
    bars[name].forEach((column, digit) => {
      column.classList.toggle("top", digit === top);
      column.firstChild.style.transform = `scaleY(${probabilities ? probabilities[digit] : 0})`;
    });
    const mark = label === null ? "" : top === label ? " ✓" : " ✗";
    scores(name).dataset.verdict = top < 0 ? "" : `reads ${top}, ${percent(probabilities[top])}${mark}`;
  }

  function paintScores({ scores: found, shape: [height, width, channels] }) {
    const isFaces = state.domain === "faces";
    const size = channels === 3 ? `${width} × ${height} pixels in colour` : `${width} × ${height} pixels, grey`;
    scores("clean").textContent = scores("clean").dataset.verdict || (isFaces ? size : "no classifier");
    $(".panels").classList.toggle("plain", isFaces);
    for (const name of ["noisy", "denoised"]) {
      numbers[name] ??= makeScores(name === "denoised");
      numbers[name].write(scores(name), found[name]);
    }
    const gain = found.noisy.psnr === null ? -Infinity : worth(found.denoised.psnr, true) - found.noisy.psnr;
    sayGain(cleaner(gain));
    $(".gain").className = `term gain ${gain >= 0 ? "better" : "worse"}`;
  }

  // A phone has room for the number only.
  function sayGain(text) {
    if ($(".gain").textContent === text) return;
    const word = Object.assign(document.createElement("span"), { className: "wide", textContent: text.match(/ dB( .*)/)?.[1] ?? "" });
    $(".gain").replaceChildren(text.slice(0, text.length - word.textContent.length), word);
    if (!text) $(".gain").replaceChildren();
  }

  // Root mean square of the expected error, and of the actual one.
  function paintExpected(expected, psnr) {
    const actual = psnr === null ? 0 : 10 ** (-psnr / 20);
    scores("spread").textContent = expected === null
      ? "only the blind networks predict their error"
      : `expected ${expected.toFixed(3)}, actual ${actual.toFixed(3)}\n(root mean square)`;
    if (expected === null) clear("spread");
  }

  // Outside what the network has learnt its expected error is the witness.
  function paintOutside(words, expected = null) {
    $(".panels").classList.toggle("outside", Boolean(words));
    $(".badge").hidden = !words;
    $("p.outside").hidden = !words;
    const witness = expected === null
      ? "It may invent what it shows."
      : `It may invent what it shows and expects an error of ${expected.toFixed(3)} itself.`;
    $("p.outside").textContent = words && `${words} ${witness}`;
  }

  function describe(id) {
    if (described === id) return;
    const place = document.querySelector("#network .network");
    if (!place) return requestAnimationFrame(() => describe(id)); // not rendered yet
    described = id;
    const { title, lesson, facts, clip } = denoiserOf(id);
    const name = document.createElement("b");
    const more = document.createElement("span");
    name.textContent = `${title}. `;
    more.textContent = ` ${facts}`;
    place.replaceChildren(name, lesson, more);
    $(".how").textContent = clip ? "clipped to [0, 1]" : "not clipped";
  }

  function paintDream({ images, sigma, expected, probabilities }, seed) {
    for (const name of ["noisy", "denoised", "spread"]) paintPanel(name, images[name], [28, 28, 1]);
    wipe.paint();
    scores("spread").textContent = `expected ${expected.toFixed(3)}`;
    paintVerdict("denoised", probabilities, null);
    scores("denoised").textContent = scores("denoised").dataset.verdict;
    $(".how").textContent = `noise σ ${sigma.toFixed(2)}`;
    stage.dataset.dream = `${seed} ${sigma.toFixed(2)}`;
  }

  function clear(name) {
    canvas(name).getContext("2d").clearRect(0, 0, canvas(name).width, canvas(name).height);
  }

  function blank() {
    PANELS.forEach(clear);
    for (const name of CLASSIFIED) paintVerdict(name, null, null);
    for (const text of element.querySelectorAll("[data-of] .scores[data-verdict]")) text.textContent = "";
    for (const selector of [".gain", ".truth", "[data-of=spread] .scores"]) $(selector).textContent = "";
    paintOutside("");
  }

  return { paint, paintDream, blank, describe, forget: () => (described = "") };
}

// What the classifier reads in the first row, PSNR in the second, the other metrics in the third.
function makeScores(isExplained) {
  const text = () => document.createTextNode("");
  const verdict = text();
  const rows = Object.entries(state.shared.metrics).map(([key, metric], place) => {
    const name = document.createElement(isExplained ? "button" : "span");
    name.textContent = metric.label;
    if (isExplained) Object.assign(name, { type: "button", className: "term" }).dataset.term = key;
    return { key, metric, value: text(), nodes: [place > 1 ? " · " : place ? "\n" : "", name] };
  });
  const all = document.createElement("span");
  all.append(verdict, ...rows.flatMap(({ nodes, value }) => [...nodes, value]));
  function write(place, found) {
    verdict.data = place.dataset.verdict ? `${place.dataset.verdict}\n` : "";
    for (const { key, metric, value } of rows) value.data = ` ${format(found[key], metric)}`;
    if (place.firstChild !== all) place.replaceChildren(all);
  }
  return { write };
}

function makeBars(verdict) {
  verdict.replaceChildren(...Array.from({ length: 10 }, (_, digit) => {
    const column = document.createElement("div");
    column.append(document.createElement("i"), document.createElement("span"));
    column.lastChild.textContent = digit;
    return column;
  }));
  return [...verdict.children];
}
