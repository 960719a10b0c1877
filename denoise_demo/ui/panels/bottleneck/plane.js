// The map of two units: each point is a code, coloured by the class of its decoded picture.

import { clamp } from "../../web/numbers.js";

const CLASSES = ["#332288", "#88ccee", "#44aa99", "#117733", "#999933", "#ddcc77", "#cc6677", "#882255", "#aa4499", "#777777"]; // Tol's muted colours, colour-blind safe
const NUDGE = 0.02; // of the map, for a key
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

// A place on the map whose label does not cross its edge.
const inside = (percent) => `clamp(7px, ${percent}%, calc(100% - 7px))`;

// `moved` gets the code at the handle.
export function createPlane({ element, on, plane: { network, side, digits, sure, points, span }, moved }) {
  const $ = (selector) => element.querySelector(selector);
  const plane = $(".plane");
  const handle = $(".handle");

  function paint() {
    const canvas = Object.assign($("[data-code=map]"), { width: side, height: side });
    const context = canvas.getContext("2d");
    const colours = CLASSES.map((hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16)));
    const image = context.createImageData(side, side);
    const [kinds, certain] = [atob(digits), atob(sure)];
    for (let i = 0; i < side * side; i++) {
      const place = 4 * ((side - 1 - Math.floor(i / side)) * side + (i % side)); // the first row is at the bottom
      const share = certain.charCodeAt(i) / 255;
      colours[kinds.charCodeAt(i)].forEach((value, c) => (image.data[place + c] = value * share));
      image.data[place + 3] = 255;
    }
    context.putImageData(image, 0, 0);
    $(".classes").replaceChildren(...CLASSES.map((colour, digit) => {
      const chip = Object.assign(document.createElement("span"), { textContent: digit });
      chip.style.background = colour;
      return chip;
    }));
    $(".points").replaceChildren(...points.map(([x, y, label]) => {
      const mark = Object.assign(document.createElement("span"), { textContent: label });
      Object.assign(mark.style, { left: inside((100 * x) / span[0]), bottom: inside((100 * y) / span[1]) });
      return mark;
    }));
  }

  const shares = (code) => code.map((value, i) => value / span[i]);

  function place(code) {
    const [x, y] = shares(code).map((share) => clamp(share, 0, 1));
    handle.dataset.code = code.join(" ");
    Object.assign(handle.style, { left: `${100 * x}%`, bottom: `${100 * y}%` });
  }

  function moveTo(x, y) {
    const code = [clamp(x, 0, 1) * span[0], clamp(y, 0, 1) * span[1]];
    place(code);
    moved(code);
  }

  function drag(event) {
    if (event.type === "pointerdown") plane.setPointerCapture(event.pointerId);
    if (!plane.hasPointerCapture(event.pointerId)) return;
    event.preventDefault();
    const box = plane.getBoundingClientRect();
    moveTo((event.clientX - box.left) / box.width, 1 - (event.clientY - box.top) / box.height);
  }

  function nudge(event) {
    const step = KEYS[event.key];
    if (!step) return;
    event.preventDefault();
    const [x, y] = shares(handle.dataset.code.split(" ").map(Number)).map((share, i) => share + NUDGE * step[i]);
    moveTo(x, y);
  }

  on(plane, "pointerdown", drag);
  on(plane, "pointermove", drag);
  on(handle, "keydown", nudge);
  paint();
  return { network, place };
}
