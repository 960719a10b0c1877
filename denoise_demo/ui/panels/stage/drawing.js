// The drawing pad on the clean panel.

import { nameSource, state, tell } from "../../web/state.js";

const RASTER = 112; // pixels a side of the drawing that is sent
const FAINTEST = 24; // of 255; the eraser leaves fainter traces of a stroke's soft edge

export function createPad({ element, on, blank }) {
  const $ = (selector) => element.querySelector(selector);
  const pad = $(".pad");
  const ink = pad.getContext("2d", { willReadFrequently: true });
  const raster = Object.assign(document.createElement("canvas"), { width: RASTER, height: RASTER });
  const rasterContext = raster.getContext("2d", { willReadFrequently: true });
  const size = $("[data-pen=size]");
  const pen = { size: Number(size.value), erase: false, stroke: null };

  function point(event) {
    const box = pad.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * pad.width, ((event.clientY - box.top) / box.height) * pad.height];
  }

  function down(event) {
    if (event.button !== 0) return;
    event.preventDefault();
    pad.setPointerCapture(event.pointerId);
    pen.stroke = { erase: pen.erase, width: (pen.size / 100) * pad.width, points: [point(event)] };
    state.strokes.push(pen.stroke);
    drawStroke(pen.stroke, 0);
    send();
  }

  function move(event) {
    drawCursor();
    if (!pen.stroke) return;
    const from = pen.stroke.points.length - 1;
    const events = event.getCoalescedEvents?.() ?? [];
    pen.stroke.points.push(...(events.length ? events : [event]).map(point));
    drawStroke(pen.stroke, from);
    send();
  }

  function up() {
    pen.stroke = null;
  }

  function drawStroke({ erase, width, points }, from) {
    ink.globalCompositeOperation = erase ? "destination-out" : "source-over";
    Object.assign(ink, { lineCap: "round", lineJoin: "round", strokeStyle: "white", lineWidth: width });
    ink.beginPath();
    ink.moveTo(...points[from]);
    for (const place of points.slice(from)) ink.lineTo(...place);
    ink.stroke();
  }

  // A circle as wide as the pen.
  function drawCursor() {
    const radius = Math.max(2, ((pen.size / 200) * pad.clientWidth) | 0);
    const colour = pen.erase ? "%23f59e0b" : "%2338bdf8";
    const side = 2 * radius + 2;
    const key = `${radius} ${colour}`;
    if (pad.dataset.cursor === key) return;
    pad.dataset.cursor = key;
    const circle = `<svg xmlns='http://www.w3.org/2000/svg' width='${side}' height='${side}'><circle cx='${radius + 1}' cy='${radius + 1}' r='${radius}' fill='none' stroke='${colour}' stroke-width='1.5'/></svg>`;
    pad.style.cursor = `url("data:image/svg+xml,${circle}") ${radius + 1} ${radius + 1}, crosshair`;
  }

  function setSize(value) {
    pen.size = Number(value);
    size.value = value;
  }

  function setEraser(erase) {
    pen.erase = erase;
    $("[data-action=erase]").setAttribute("aria-pressed", erase);
  }

  // Also ends a stroke that is being drawn: it may be among those taken back.
  function redraw() {
    up();
    ink.clearRect(0, 0, pad.width, pad.height);
    const cleared = state.strokes.findLastIndex((stroke) => stroke.isClear);
    for (const stroke of state.strokes.slice(cleared + 1)) drawStroke(stroke, 0);
  }

  // Alpha of the pad as base64 bytes; null if there is no ink.
  function readInk() {
    rasterContext.clearRect(0, 0, RASTER, RASTER);
    rasterContext.drawImage(pad, 0, 0, RASTER, RASTER);
    const { data } = rasterContext.getImageData(0, 0, RASTER, RASTER);
    let pixels = "";
    let isInked = false;
    for (let i = 3; i < data.length; i += 4) {
      pixels += String.fromCharCode(data[i]);
      isInked ||= data[i] > FAINTEST;
    }
    return isInked ? btoa(pixels) : null;
  }

  function send() {
    const pixels = readInk();
    $(".invite").hidden = pixels !== null;
    state.source = pixels && { kind: "drawing", pixels, size: RASTER, centre: state.centre };
    if (!pixels) {
      blank();
      return tell("blank");
    }
    nameSource(state.source, "drawing");
    tell("refresh");
  }

  on(size, "input", () => setSize(size.value));
  on(pad, "pointerdown", down);
  on(pad, "pointermove", move);
  on(pad, "pointerup", up);
  on(pad, "pointercancel", up);
  redraw();

  // Whether the pad was opened from below, where the pictures are chosen, and is off the screen.
  function isAway() {
    const { top, bottom } = pad.getBoundingClientRect();
    return top < 0 || bottom > window.innerHeight;
  }

  return {
    send,
    isAway,
    show: (isDrawing) => {
      pad.hidden = !isDrawing;
      if (isDrawing) return;
      up();
      $(".invite").hidden = true;
    },
    reset: () => {
      redraw();
      setEraser(false);
      setSize(size.defaultValue);
    },
    actions: {
      erase: () => setEraser(!pen.erase),
      undo: () => {
        state.strokes.pop();
        redraw();
        send();
      },
      clear: () => {
        if (state.source) state.strokes.push({ isClear: true }); // Undo takes it back
        setEraser(false);
        redraw();
        send();
      },
    },
  };
}
