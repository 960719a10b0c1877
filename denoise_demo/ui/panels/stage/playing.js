// Play sweeps the noise level; dreams generate digits from noise.

import { moveSlider } from "../../web/controls.js";
import { call } from "../../web/line.js";
import { span, state } from "../../web/state.js";

const SWEEP = 6000; // milliseconds up and down
const GREETING = 5000; // milliseconds of the sweep when the page opens
const FURTHEST = 0.9; // share of the range that it reaches
const FRAMES_PER_SECOND = 20; // of a dream
const SEEDS = 2 ** 31;

// Level of a sweep up and down at a time in milliseconds, rounded to a step of the slider.
export function sweepLevel(time, { minimum, maximum, step }) {
  const phase = (((time % SWEEP) + SWEEP) % SWEEP) / SWEEP;
  const share = phase < 0.5 ? 2 * phase : 2 - 2 * phase;
  const steps = Math.round((share * (maximum - minimum)) / step);
  return Number((minimum + steps * step).toFixed(6));
}

export function createPlayer({ button, say }) {
  let playing = null; // the current sweep

  // Sweep once when the page opens, up and back; the visitor's first action ends it.
  function greet() {
    if (state.touched || state.revision > 0 || window.matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    const { level } = state.settings;
    const { minimum, maximum, step } = span();
    const height = minimum + FURTHEST * (maximum - minimum) - level;
    const start = performance.now();
    const sweep = {};
    playing = sweep;
    let shown = level;
    const frame = (now) => {
      if (playing !== sweep || state.touched || state.settings.level !== shown) return;
      const share = Math.min(Math.max(now - start, 0) / GREETING, 1);
      const rise = (height * (1 - Math.cos(2 * Math.PI * share))) / 2;
      shown = Number((Math.round((level + rise) / step) * step).toFixed(6));
      moveSlider(state.shared.fields.level.control, shown);
      if (share < 1) requestAnimationFrame(frame);
      else stop();
    };
    requestAnimationFrame(frame);
  }

  function stop() {
    playing = null;
    button.textContent = "▶ Play";
  }

  function play() {
    const { settings } = state;
    if (settings.kind === "none") return say("There is no noise to sweep: choose a kind of noise first.");
    const { minimum, maximum } = span();
    const start = performance.now() - (SWEEP / 2) * ((settings.level - minimum) / (maximum - minimum));
    const sweep = {};
    playing = sweep;
    button.textContent = "■ Stop";
    const frame = (now) => {
      if (playing !== sweep) return;
      moveSlider(state.shared.fields.level.control, sweepLevel(now - start, span()));
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  return { stop, greet, toggle: () => (playing ? stop() : play()) };
}

// The server computes all steps of a dream, then the stage plays them.
export function createDreamer({ element, stage, server, painter, say, denoiser, begin, play: started, leave }) {
  const $ = (selector) => element.querySelector(selector);
  const seedInput = $("[data-dream=seed]");
  let dream = null; // the dream shown or requested: { seed }
  let last = -1; // seed of the last dream
  let isAsking = false;

  async function ask(seed) {
    begin();
    say("");
    const own = { seed };
    dream = own;
    last = seed;
    seedInput.value = seed;
    $(".dreaming").hidden = false;
    $(".falling").hidden = false;
    if (isAsking) return; // the loop below requests this one next
    isAsking = true;
    let asked, reply;
    do {
      asked = dream;
      reply = await call(server, "dream", { seed: asked.seed });
    } while (dream && dream !== asked);
    isAsking = false;
    if (!dream) return;
    if (reply && !reply.error) return play(asked, reply.frames);
    leave();
    say(reply?.error ?? "The server does not answer.");
  }

  function play(own, frames) {
    started();
    $(".falling").hidden = true;
    painter.blank();
    element.classList.add("asleep");
    $(".dreamt").hidden = false;
    $(".note").hidden = true;
    painter.describe(denoiser);
    const start = performance.now();
    const next = (now) => {
      if (dream !== own) return;
      const place = Math.floor(((now - start) / 1000) * FRAMES_PER_SECOND);
      painter.paintDream(frames[Math.max(0, Math.min(place, frames.length - 1))], own.seed);
      if (place < frames.length - 1) requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
  }

  // Any other picture or setting ends a dream.
  function wake() {
    if (!dream) return;
    dream = null;
    if (element.querySelector(".dreaming").contains(document.activeElement)) $("[data-action=dream]").focus();
    painter.forget();
    element.classList.remove("asleep");
    for (const part of [".dreaming", ".falling", ".dreamt"]) $(part).hidden = true;
    delete stage.dataset.dream;
    if (state.source) return;
    painter.blank();
    painter.describe(state.settings.denoiser);
  }

  return {
    wake,
    isDreaming: () => dream !== null,
    next: () => ask((last + 1) % SEEDS),
    listen: (on) => {
      on(seedInput, "change", () => seedInput.reportValidity() && ask(Number(seedInput.value)));
      on(seedInput, "keydown", ({ key }) => {
        // Repeat the same dream: there is no change event.
        if (key === "Enter" && Number(seedInput.value) === last) ask(last);
      });
    },
  };
}
