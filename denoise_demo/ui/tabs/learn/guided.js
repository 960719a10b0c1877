// The short lessons: a button for each run, its outcome, and a sentence at the end.

import { paintPixels } from "../../web/pixels.js";

const make = (tag, properties) => Object.assign(document.createElement(tag), properties);

// `start` begins a run with its choices.
export function createGuided(place, lessons, start) {
  function card(lesson) {
    const root = make("section", { className: "guided" });
    const home = make("p", { className: "home", hidden: true, textContent: lesson.home });
    const rows = lesson.runs.map(({ label, choices }) => {
      const button = make("button", { type: "button", textContent: label });
      const outcome = make("figure", { hidden: true });
      const canvas = make("canvas", { width: 224, height: 28 });
      canvas.setAttribute("role", "img");
      outcome.append(canvas, make("figcaption", {}));
      button.addEventListener("click", () => {
        start(choices, { outcome, label, home, all: () => rows.every((row) => !row.outcome.hidden) });
      });
      return { button, outcome };
    });
    root.append(make("h2", { textContent: lesson.title }), make("p", { textContent: lesson.question }));
    const buttons = make("div", { className: "buttons" });
    buttons.append(...rows.map((row) => row.button));
    root.append(buttons, ...rows.map((row) => row.outcome), home);
    return root;
  }

  place.replaceChildren(...Object.values(lessons).map(card));

  return {
    // The network of a run has finished with this strip.
    finish(run, strip, shape, words) {
      if (!run) return;
      const canvas = run.outcome.querySelector("canvas");
      run.outcome.hidden = false;
      paintPixels(canvas, strip, shape);
      canvas.setAttribute("aria-label", `${run.label}: ${words}`);
      run.outcome.querySelector("figcaption").textContent = `${run.label}: ${words}`;
      run.home.hidden = !run.all();
    },
  };
}
