// The loss over the epochs, as it grows.

import { WORDS } from "./words.js";

const WIDTH = 600;
const HEIGHT = 160;
const ROOM = 1.5; // the top of the chart, times the first loss

export function createCurve(figure) {
  const svg = figure.querySelector("svg");
  let epochs = 1;
  let span = [0, 1];

  const x = (epoch) => ((WIDTH * epoch) / reach()).toFixed(1);
  const y = (loss) => (4 + (HEIGHT - 8) * (1 - (loss - span[0]) / (span[1] - span[0] || 1))).toFixed(1);
  const plot = (name, points) => svg.querySelector(`polyline.${name}`).setAttribute("points", points.join(" "));
  let last = 0; // the newest epoch: the curve fills the width, whatever the number of epochs
  const reach = () => Math.min(epochs, Math.max(1, last));

  return {
    clear(count) {
      epochs = count;
      last = 0;
      plot("train", []);
      plot("validation", []);
      figure.querySelector(".range").textContent = "";
      for (const end of ["x1", "x2"]) svg.querySelector(".cursor").setAttribute(end, -1);
    },
    draw(moments) {
      const newest = moments.at(-1);
      last = newest.epoch;
      const losses = moments.flatMap(({ loss, validation }) => (validation === null ? [loss] : [loss, validation]));
      // A ReLU output may start with an explosion, which leaves the chart.
      span = [Math.min(...losses), Math.min(Math.max(...losses), ROOM * losses[0])];
      plot("train", moments.map(({ epoch, loss }) => `${x(epoch)},${y(loss)}`));
      const validated = moments.filter(({ validation }, i) => validation !== null && validation !== moments[i - 1]?.validation);
      plot("validation", validated.map(({ epoch, validation }) => `${x(Math.floor(epoch))},${y(validation)}`));
      const [low, high] = span.map((loss) => loss.toPrecision(3));
      figure.querySelector(".range").textContent = WORDS.range(low, high);
      svg.setAttribute("aria-label", WORDS.curve(newest.loss.toPrecision(3), newest.epoch.toFixed(1)));
    },
    mark({ epoch }) {
      for (const end of ["x1", "x2"]) svg.querySelector(".cursor").setAttribute(end, x(epoch));
    },
  };
}
