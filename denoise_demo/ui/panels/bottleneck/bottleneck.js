// The code between encoder and decoder. Gradio runs this after line.js and pixels.js, with
// `props.networks` (id -> title, measured, learnt), `props.plane` (the map of two units), and `server.codes`
// and `server.decode`. The digit and its noise are the laboratory's.

const $ = (selector) => element.querySelector(selector);
const view = element.closest("#codes");
const AWAY = "The server does not answer. Trying again…";
const CLASSES = ["#332288", "#88ccee", "#44aa99", "#117733", "#999933", "#ddcc77", "#cc6677", "#882255", "#aa4499", "#777777"]; // Tol's muted colours
const FULL = 30; // decibels, of the longest bar
const NUDGE = 0.02; // of the map, for a key

const cards = new Map();
const state = { network: props.first, replies: {}, code: null, edited: false, decodes: 0, asked: null };

const encoding = makeLine({
  next: () => (view.offsetParent === null ? null : digitWanted()),
  call: (request) => server.codes(request),
  paint: paintCodes,
  lost: () => say(AWAY),
});
const decoding = makeLine({
  next: () => state.code && { network: state.network, code: state.code },
  call: (request) => server.decode(request),
  paint: paintDecoded,
  lost: () => say(AWAY),
});
const countRate = makeRate($(".rate"), "codes");

function digitWanted() {
  if (window.laboratory?.domain() === "faces") {
    showNothing("These networks learnt digits: choose Digits to see their codes.");
    return null;
  }
  return window.laboratory?.wanted();
}

// ---- The strip: one digit in every code -----------------------------------------------------------

for (const [id, network] of Object.entries(props.networks)) {
  const root = document.createElement("button");
  Object.assign(root, { type: "button", className: "network" });
  root.dataset.network = id;
  const picture = Object.assign(document.createElement("canvas"), { className: "picture", width: 28, height: 28 });
  const code = Object.assign(document.createElement("canvas"), { className: "code" });
  const [title, psnr, bar, measured] = ["b", "span", "i", "span"].map((tag) => document.createElement(tag));
  title.textContent = network.title;
  measured.className = "measured";
  measured.textContent = network.measured;
  root.append(picture, title, psnr, bar, measured, code);
  cards.set(id, { root, picture, code, psnr, bar });
}
$(".strip").replaceChildren(...[...cards.values()].map((card) => card.root));

function paintCodes(reply, request) {
  if (reply.error) return showNothing(reply.error);
  say("");
  window.laboratory.settle(request, reply.clean);
  const known = JSON.stringify(state.replies) === JSON.stringify(reply.networks);
  state.replies = reply.networks;
  $(".strip").hidden = false;
  for (const [id, found] of Object.entries(reply.networks)) {
    const card = cards.get(id);
    paintPixels(card.picture, found.image, [28, 28, 1]);
    paintPixels(card.code, found.code_image, [...found.code_shape, 1], true);
    card.psnr.textContent = `this picture ${decibel(found.psnr)}`;
    card.bar.style.transform = `scaleX(${Math.max(0, Math.min(1, (found.psnr ?? FULL) / FULL))})`;
  }
  if (!known || $(".editor").hidden) select(state.network, takeAsked());
  view.dataset.paints = Number(view.dataset.paints ?? 0) + 1;
}

function select(id, code = null) {
  state.network = id;
  for (const [key, card] of cards) card.root.setAttribute("aria-pressed", key === id);
  state.edited = false;
  window.laboratory.choice("code", null);
  decoding.drop(); // the next move counts, even if it repeats the last one
  const found = state.replies[id];
  if (!found) return;
  const usable = found.code && code?.length === found.code.length;
  showEditor(found, usable ? code : found.code);
  if (usable) edit();
}

// The code that the address has, once.
function takeAsked() {
  const numbers = state.asked?.split(" ").map(Number);
  state.asked = null;
  return numbers?.every(Number.isFinite) ? numbers : null;
}

// ---- The editor: move the code by hand --------------------------------------------------------------

function showEditor(found, code) {
  const onPlane = state.network === props.plane.network;
  $(".editor").hidden = false;
  for (const part of [".plane", ".classes"]) $(part).hidden = !onPlane;
  $(".sliders").hidden = onPlane || !found.code;
  $("[data-action=back]").hidden = !found.code;
  $(".what").textContent = `${explain(found, onPlane)} The network learnt ${props.networks[state.network].learnt}.`;
  paintPixels($("[data-code=decoded]"), found.image, [28, 28, 1]);
  sayRead(found);
  state.code = code && [...code];
  if (onPlane) placeHandle();
  else if (found.code) $(".sliders").replaceChildren(...found.units.map(makeSlider));
}

function explain(found, onPlane) {
  if (!found.code) return "More values than the picture has pixels: there is no bottleneck, and nothing forces it to choose what to keep.";
  if (onPlane) return "Two numbers are a place on a map: colours say what is read there, the digits are built-in ones. Drag the ring.";
  const { units } = found;
  return units.length < found.code.length
    ? `The ${units.length} strongest of ${found.code.length} units for this digit. Move one, and see what it stands for.`
    : `All ${units.length} of its units. Move one, and see what it stands for.`;
}

function makeSlider({ unit, span }) {
  const label = document.createElement("label");
  const input = Object.assign(document.createElement("input"), { type: "range", min: 0, max: span, step: span / 200 });
  input.value = state.code[unit];
  input.dataset.unit = unit;
  const value = document.createElement("span");
  value.textContent = state.code[unit].toFixed(1);
  input.addEventListener("input", () => {
    value.textContent = Number(input.value).toFixed(1);
    state.code[unit] = Number(input.value);
    edit();
  });
  label.append(`unit ${unit + 1}`, input, value);
  return label;
}

function edit() {
  state.edited = true;
  decoding.refresh();
  window.laboratory.choice("code", state.code.map((value) => Number(value.toPrecision(3))).join(" "));
}

function paintDecoded(reply, request, elapsed) {
  if (reply.error) return say(reply.error);
  if (request.network !== state.network || !state.edited) return;
  paintPixels($("[data-code=decoded]"), reply.image, [28, 28, 1]);
  sayRead(reply);
  view.dataset.decodes = ++state.decodes;
  view.dataset.code = request.code.slice(0, 2).join(" ");
  countRate(elapsed);
}

function sayRead({ digit, probability }) {
  const read = digit === null ? "" : ` It reads as ${digit}, ${percent(probability)}.`;
  $(".editor figcaption").textContent = `${state.edited ? "Decoded from the code as you set it." : "This digit, through its code."}${read}`;
}

// ---- The map of two units ---------------------------------------------------------------------------

const plane = $(".plane");
const handle = $(".handle");

function paintPlane() {
  const { side, digits, sure, points, span } = props.plane;
  const canvas = $("[data-code=map]");
  Object.assign(canvas, { width: side, height: side });
  const context = canvas.getContext("2d");
  const colours = CLASSES.map((hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16)));
  const image = context.createImageData(side, side);
  const [kinds, certain] = [atob(digits), atob(sure)];
  for (let i = 0; i < side * side; i++) {
    const place = 4 * ((side - 1 - Math.floor(i / side)) * side + (i % side)); // rows rise
    const share = certain.charCodeAt(i) / 255;
    colours[kinds.charCodeAt(i)].forEach((value, c) => (image.data[place + c] = value * share));
    image.data[place + 3] = 255;
  }
  context.putImageData(image, 0, 0);
  $(".classes").replaceChildren(...CLASSES.map((colour, digit) => {
    const chip = document.createElement("span");
    chip.textContent = digit;
    chip.style.background = colour;
    return chip;
  }));
  $(".points").replaceChildren(...points.map(([x, y, label]) => {
    const mark = document.createElement("span");
    mark.textContent = label;
    Object.assign(mark.style, { left: `${(100 * x) / span[0]}%`, bottom: `${(100 * y) / span[1]}%` });
    return mark;
  }));
}

function placeHandle() {
  const [x, y] = state.code.map((value, i) => Math.max(0, Math.min(1, value / props.plane.span[i])));
  Object.assign(handle.style, { left: `${100 * x}%`, bottom: `${100 * y}%` });
}

function moveTo(x, y) {
  const clamp = (share) => Math.max(0, Math.min(1, share));
  state.code = [clamp(x) * props.plane.span[0], clamp(y) * props.plane.span[1]];
  placeHandle();
  edit();
}

function drag(event) {
  if (event.type === "pointerdown") plane.setPointerCapture(event.pointerId);
  if (!plane.hasPointerCapture(event.pointerId)) return;
  event.preventDefault();
  const box = plane.getBoundingClientRect();
  moveTo((event.clientX - box.left) / box.width, 1 - (event.clientY - box.top) / box.height);
}

const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

function nudge(event) {
  const step = KEYS[event.key];
  if (!step) return;
  event.preventDefault();
  const [x, y] = state.code.map((value, i) => value / props.plane.span[i] + NUDGE * step[i]);
  moveTo(x, y);
}

// ---- Start --------------------------------------------------------------------------------------

function say(text) {
  $(".message").textContent = text;
  $(".message").hidden = !text;
}

function showNothing(text) {
  say(text);
  encoding.drop(); // the next digit is shown again, even if it is the last one
  for (const part of [".strip", ".editor"]) $(part).hidden = true;
}

plane.addEventListener("pointerdown", drag);
plane.addEventListener("pointermove", drag);
handle.addEventListener("keydown", nudge);
element.addEventListener("click", (event) => {
  const { network } = event.target.closest(".network")?.dataset ?? {};
  if (network) {
    select(network);
    window.laboratory.choice("network", network);
  }
  if (event.target.closest("[data-action=back]")) select(state.network);
});
const asked = window.laboratory?.choice("network");
if (Object.hasOwn(props.networks, asked ?? "")) state.network = asked;
state.asked = window.laboratory?.choice("code");
paintPlane();
window.laboratory?.follow("codes", {
  ...encoding,
  blank: () => (encoding.rest(), showNothing("The pad is blank: draw a digit on the stage.")),
  reset: () => select(props.first),
});
