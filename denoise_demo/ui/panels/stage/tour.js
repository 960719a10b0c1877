// A tour of five steps, each a real action on the page.

import { moveSlider } from "../../web/controls.js";
import { ask, askFor } from "../../web/page.js";
import { span, state } from "../../web/state.js";
import { rove } from "../../web/roving.js";

const HARD = 0.7; // share of the range of levels at which networks begin to fail
const ARTICLE = "conv-pool"; // the small network of the first article
const DIGITS = 30; // built-in digits
const GUESS = { kind: "uniform", level: 1.5, blur_sigma: 0.5, denoiser: "blind-digits" };

// `done` says whether the visitor has done it, `act` does it for them.
function listSteps(stage) {
  const isOn = (denoiser) => stage.dataset.recipe === denoiser;
  const share = () => (Number(stage.dataset.level) - span().minimum) / (span().maximum - span().minimum);
  return [
    {
      title: "Turn it up until it fails",
      text: "Drag Noise level to the right. Your eye gives up first: when does the network?",
      done: () => share() >= HARD,
      begin: () => ask("reset"),
      act: ["Turn it up", () => moveSlider(state.shared.fields.level.control, span().minimum + 0.8 * (span().maximum - span().minimum))],
    },
    {
      title: "Now the small network from the article",
      text: "The same noise, but the first article's network has 500 times fewer parameters.",
      done: () => isOn(ARTICLE),
      act: ["Use the small network", () => askFor({ denoiser: ARTICLE })],
    },
    {
      title: "Draw one yourself",
      text: "Draw a digit on the pad with a finger or the mouse. Each stroke is denoised as you draw.",
      done: () => state.pictures === "drawing" && state.source !== null,
      act: ["Open the pad", () => state.pictures !== "drawing" && stage.querySelector("[data-action=draw]").click()],
    },
    {
      title: "Look outside its world",
      text: "A network that has seen only digits gets a face. It invents a digit, and says that it is unsure.",
      done: () => state.domain === "faces" && isOn("blind-digits"),
      act: ["Show it a face", () => ask("preset", "blind-invented")],
    },
    {
      title: "Guess first",
      text: "Which digit is under the noise? Guess, then see what the network found.",
      begin: () => {
        const index = Math.floor(Math.random() * DIGITS);
        const settings = { ...GUESS, seed: Math.floor(Math.random() * 1e6) };
        ask("view", { domain: "digits", source: { kind: "example", index }, tab: "example", settings });
      },
      guess: true,
    },
  ];
}

export function createTour({ place, strip, stage, on }) {
  const steps = listSteps(stage);
  let current = -1;
  let guessed = false;
  const make = (tag, values) => Object.assign(document.createElement(tag), values);
  const title = make("h2", { tabIndex: -1 });
  const text = make("p", {});
  const guesses = make("div", { className: "guesses", role: "group", ariaLabel: "Your guess" });
  guesses.append(...Array.from({ length: 10 }, (_, digit) => make("button", { type: "button", textContent: digit })));
  const act = make("button", { type: "button" });
  const next = make("button", { type: "button", className: "chief" });
  const skip = make("button", { type: "button", textContent: "Leave the tour" });
  const buttons = make("div", { className: "choices" });
  buttons.append(act, next, skip);
  text.setAttribute("aria-live", "polite");
  place.replaceChildren(title, text, guesses, buttons);
  rove(guesses, on);

  function show(step) {
    current = step;
    guessed = false;
    const isOpen = step >= 0;
    place.hidden = !isOpen;
    strip.hidden = isOpen;
    stage.classList.toggle("guessing", isOpen && Boolean(steps[step].guess));
    if (!isOpen) return;
    title.textContent = `${step + 1} of ${steps.length}: ${steps[step].title}`;
    text.textContent = steps[step].text;
    guesses.hidden = !steps[step].guess;
    act.hidden = !steps[step].act;
    act.textContent = steps[step].act?.[0] ?? "";
    next.textContent = step === steps.length - 1 ? "Finish" : "Next";
    steps[step].begin?.();
    check();
    title.focus({ preventScroll: true });
  }

  // Next stands out once the step is done; it may be skipped before.
  function check() {
    if (current >= 0) place.classList.toggle("done", steps[current].guess ? guessed : steps[current].done());
  }

  function guess(digit) {
    guessed = true;
    stage.classList.remove("guessing");
    const said = stage.querySelector("[data-of=denoised] .scores").dataset.verdict;
    const truth = stage.dataset.label;
    text.textContent = `You said ${digit}, and it is a ${truth}. The network's picture ${said || "is on the right"}.`;
    check();
  }

  function close() {
    show(-1);
    strip.querySelector(".guide").focus({ preventScroll: true });
  }

  on(act, "click", () => steps[current].act[1]());
  on(next, "click", () => (current === steps.length - 1 ? close() : show(current + 1)));
  on(skip, "click", close);
  on(place, "keydown", ({ key }) => key === "Escape" && close());
  on(guesses, "click", ({ target }) => target.textContent && guess(target.textContent));
  const watcher = new MutationObserver(check);
  watcher.observe(stage, { attributes: true, attributeFilter: ["data-paints"] });
  return { start: () => show(0) };
}
