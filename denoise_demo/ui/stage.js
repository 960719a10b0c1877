// The live stage. Gradio runs this file as the body of a function with `element` (the stage's own
// HTML), `props` (what stage.py passes: fields, initial, example, kinds, recipes), `server` (step)
// and `watch`. Other parts of the page reach it as window.laboratory.

const stage = element.closest("#stage");
const $ = (selector) => element.querySelector(selector);
const FIELDS = Object.keys(props.fields);
const PANELS = ["clean", "noisy", "denoised", "error"];
const CLASSIFIED = ["clean", "noisy", "denoised"];
const PAD_RASTER = 112; // pixels a side of the drawing that is sent
const FAINTEST = 24; // of 255; what the eraser leaves of a line's soft edge is no ink
const MOST_IN_FLIGHT = 6; // what a browser opens to one host
const SPACING = 20; // milliseconds wanted between pictures when the line is slow
const LONGEST_HOLD = 3000; // milliseconds to wait for the controls, should the page not set them
const PATIENCE = 400; // milliseconds before a level out of its span is explained: the page may mend it
const NUMBERED = { mnist: "mnist-index", face: "face-index" }; // the control of each test split
const FACE_TABS = ["portrait", "photo", "face"];
const HEAT = [[0, 0, 4], [87, 16, 110], [188, 55, 84], [249, 142, 9], [252, 255, 164]]; // inferno

const state = {
  settings: { ...props.initial },
  source: { kind: "example", index: props.example },
  domain: "digits", // what the source is a picture of
  any: false, // whether networks that learnt other pictures are offered
  awaited: null, // the settings that the controls are about to have
  tab: "example", // the way to choose a picture that is open
  upload: null, // the picture last uploaded, or brought by a preset
  photo: null, // the square last cut out of a photo
  example: props.example, // the built-in digit chosen last
  portrait: 0,
  strokes: [],
  centre: true,
};

// ---- Requests: few in flight, painted in order, never a lost last value -------------------------

const line = { wanted: false, inFlight: 0, sent: 0, painted: 0, paints: 0, last: "", delay: 0 };

function refresh() {
  line.wanted = true;
  pump();
}

function pump() {
  const allowed = Math.min(MOST_IN_FLIGHT, Math.max(1, Math.ceil(line.delay / SPACING)));
  if (!line.wanted || !state.source || line.inFlight >= allowed) return;
  if (!settled() || !agrees()) return; // what settles it calls again
  if (!withinSpan()) return void setTimeout(explainSpan, PATIENCE);
  line.wanted = false;
  const request = { source: state.source, ...state.settings };
  const text = JSON.stringify(request);
  if (text === line.last) return;
  line.last = text;
  send(request);
}

async function send(request) {
  const turn = ++line.sent;
  const started = performance.now();
  line.inFlight += 1;
  const reply = await server.step(request);
  line.inFlight -= 1;
  if (!reply) return retry();
  const elapsed = performance.now() - started;
  line.delay += 0.2 * (elapsed - reply.milliseconds - line.delay);
  if (turn > line.painted) {
    line.painted = turn;
    if (reply.error) complain(reply.error);
    else paint(reply, request, elapsed);
  }
  pump();
}

function retry() {
  say("The server does not answer. Trying again…");
  line.last = "";
  setTimeout(refresh, 1000);
}

// Several controls are about to be set at once: send nothing until they are, or it takes too long.
function hold(settings = {}) {
  stopPlaying();
  state.awaited = settings;
  setTimeout(() => state.awaited === settings && ((state.awaited = null), refresh()), LONGEST_HOLD);
}

// What was to set them has failed.
function release() {
  state.awaited = null;
  refresh();
}

function settled() {
  const { awaited, settings } = state;
  if (awaited && FIELDS.every((field) => settings[field] === awaited[field])) state.awaited = null;
  return !state.awaited;
}

// A network gets the pictures that it learnt, unless any network is wanted; a filter gets all.
function agrees() {
  const learnt = props.recipes[state.settings.recipe]?.domain;
  return state.any || !learnt || learnt === state.domain;
}

function withinSpan() {
  const { kind, level } = state.settings;
  const span = props.kinds[kind];
  return span && level >= span.minimum && level <= span.maximum;
}

function explainSpan() {
  const { kind, level } = state.settings;
  const { minimum, maximum } = props.kinds[kind];
  if (!withinSpan()) say(`Noise level ${level} is outside its span: choose ${minimum} to ${maximum}.`);
}

// ---- Painting -----------------------------------------------------------------------------------

const heat = new Uint8ClampedArray(256 * 3);
for (let i = 0; i < 256; i++) {
  const place = (i / 255) * (HEAT.length - 1);
  const low = Math.min(Math.floor(place), HEAT.length - 2);
  for (let c = 0; c < 3; c++) {
    heat[3 * i + c] = HEAT[low][c] + (place - low) * (HEAT[low + 1][c] - HEAT[low][c]);
  }
}
$(".legend i").style.background = `linear-gradient(to right, ${HEAT.map((c) => `rgb(${c})`).join(",")})`;

const bars = {};
for (const name of CLASSIFIED) {
  const verdict = $(`[data-of=${name}] .verdict`);
  verdict.replaceChildren(...Array.from({ length: 10 }, (_, digit) => {
    const column = document.createElement("div");
    column.append(document.createElement("i"), document.createElement("span"));
    column.lastChild.textContent = digit;
    return column;
  }));
  bars[name] = [...verdict.children];
}

function paint(reply, request, elapsed) {
  say("");
  for (const name of PANELS) paintPixels(name, reply.images[name], reply.shape);
  for (const name of CLASSIFIED) paintVerdict(name, reply.probabilities[name], reply.label);
  const [height, width, channels] = reply.shape;
  const format = `${width} × ${height} pixels${channels === 3 ? " in colour" : ", grey"}`;
  paintScores(reply.scores, state.domain === "faces" ? format : "no classifier");
  paintOutside(reply.outside);
  state.clean = reply.original ?? { kind: "pixels", pixels: reply.images.clean, height, width, channels };
  if (request.source === state.source && ["drawing", "photo"].includes(request.source.kind)) {
    // From now on pen or crop box rest: send the small picture, not the whole pad or photo.
    state.source = state.clean;
    line.last = line.wanted ? line.last : JSON.stringify({ source: state.source, ...state.settings });
  }
  $(".truth").textContent = reply.label === null ? "" : `label ${reply.label}`;
  for (const field of FIELDS) stage.dataset[camel(field)] = request[field];
  dropStaleNote(request);
  describeNetwork(request.recipe);
  stage.dataset.paints = ++line.paints;
  countRate(elapsed);
}

function paintPixels(name, text, [height, width, channels]) {
  const canvas = $(`canvas[data-panel=${name}]`);
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const bytes = atob(text);
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  const step = name === "error" ? 1 : channels;
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) {
      const value = bytes.charCodeAt(i * step + (step === 3 ? c : 0));
      image.data[4 * i + c] = name === "error" ? heat[3 * value + c] : value;
    }
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

function paintVerdict(name, probabilities, label) {
  const text = $(`[data-of=${name}] .scores`);
  const top = probabilities ? probabilities.indexOf(Math.max(...probabilities)) : -1;
  bars[name].forEach((column, digit) => {
    column.classList.toggle("top", digit === top);
    column.firstChild.style.transform = `scaleY(${probabilities ? probabilities[digit] : 0})`;
  });
  const mark = label === null ? "" : top === label ? " ✓" : " ✗";
  text.dataset.verdict = top < 0 ? "" : `reads ${top}, ${percent(probabilities[top])}${mark}`;
}

function paintScores(scores, unread) {
  const clean = $("[data-of=clean] .scores");
  clean.textContent = clean.dataset.verdict || unread;
  $(".panels").classList.toggle("plain", state.domain === "faces");
  for (const name of ["noisy", "denoised"]) {
    const text = $(`[data-of=${name}] .scores`);
    const { psnr, ssim, mae } = scores[name];
    const numbers = `PSNR ${decibel(psnr)}\nSSIM ${ssim.toFixed(3)} · MAE ${mae.toFixed(3)}`;
    text.textContent = text.dataset.verdict ? `${text.dataset.verdict}\n${numbers}` : numbers;
  }
  const gain = scores.noisy.psnr === null ? -Infinity : (scores.denoised.psnr ?? Infinity) - scores.noisy.psnr;
  const shown = $(".gain");
  shown.textContent = Number.isFinite(gain) ? `${gain >= 0 ? "+" : "−"}${Math.abs(gain).toFixed(1)} dB` : "";
  shown.className = `gain ${gain >= 0 ? "better" : "worse"}`;
}

function paintOutside(words) {
  $(".panels").classList.toggle("outside", Boolean(words));
  $(".badge").hidden = !words;
  $("p.outside").hidden = !words;
  $("p.outside").textContent = words;
}

function describeNetwork(id) {
  if (state.described === id) return;
  state.described = id;
  const recipe = props.recipes[id];
  const name = document.createElement("b");
  const facts = document.createElement("span");
  name.textContent = `${recipe.title}. `;
  facts.textContent = ` ${recipe.facts}`;
  document.querySelector("#network .network").replaceChildren(name, recipe.lesson, facts);
  $(".how").textContent = recipe.clip ? "clipped to [0, 1]" : "not clipped";
}

const times = [];
function countRate(elapsed) {
  const now = performance.now();
  times.push(now);
  while (times[0] < now - 1000) times.shift();
  if (now - (state.rated || 0) < 250) return;
  state.rated = now;
  const rate = times.length > 1 ? `${times.length} pictures/s · ` : "";
  $(".rate").textContent = `${rate}${elapsed.toFixed(0)} ms`;
}

function say(text) {
  const message = $(".message");
  if (message.textContent !== text) message.textContent = text;
  message.hidden = !text;
}

function complain(text) {
  blank();
  say(text);
}

function blank() {
  for (const name of PANELS) {
    const canvas = $(`canvas[data-panel=${name}]`);
    canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
  }
  for (const name of CLASSIFIED) paintVerdict(name, null, null);
  for (const text of element.querySelectorAll("[data-of] .scores[data-verdict]")) text.textContent = "";
  for (const selector of [".gain", ".truth"]) $(selector).textContent = "";
  paintOutside("");
  state.clean = null;
}

const camel = (field) => field.replace(/_(.)/g, (_, letter) => letter.toUpperCase());
const percent = (share) => (share >= 0.995 ? "99+ %" : `${Math.round(100 * share)} %`);
const decibel = (psnr) => (psnr === null ? "∞ dB" : `${psnr.toFixed(2)} dB`);

// ---- The page's controls ------------------------------------------------------------------------

const NUMERIC = FIELDS.filter((field) => typeof props.initial[field] === "number");

function readNumber(field) {
  const input = document.querySelector(`#${props.fields[field]} input[type=number]`);
  return input && input.value !== "" ? Number(input.value) : NaN;
}

function listen(event) {
  const control = event.target;
  const field = NUMERIC.find((name) => control.closest?.(`#${props.fields[name]}`));
  if (field && control.value !== "") setNumber(field, Number(control.value));
  const split = Object.keys(NUMBERED).find((name) => control.closest?.(`#${NUMBERED[name]}`));
  if (split && control.value !== "") showNumbered(split, Number(control.value));
  if (event.isTrusted && control.closest?.(`#${props.fields.level}`)) stopPlaying();
}

function setNumber(field, value) {
  if (!Number.isFinite(value) || state.settings[field] === value) return;
  state.settings[field] = value;
  refresh();
}

// Called by Gradio whenever a control's value changed, by hand or by a preset. Sliders are read
// from the page one frame later, because a change told here may be older than the last drag.
function sync(kind, recipe, any) {
  Object.assign(state.settings, { kind, recipe });
  state.any = any;
  requestAnimationFrame(() => {
    for (const field of NUMERIC) setNumber(field, readNumber(field));
    refresh();
  });
}

function setSlider(id, value) {
  const input = document.querySelector(`#${id} input[type=range]`);
  input.value = value;
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

// ---- Sources of the clean picture ---------------------------------------------------------------

function show(source, tab) {
  state.source = source;
  if (["example", "portrait"].includes(source.kind)) state[source.kind] = source.index;
  setTab(tab);
  refresh();
}

function setTab(tab) {
  state.tab = tab;
  const drawing = tab === "drawing";
  element.classList.toggle("drawing", drawing);
  $(".pen").hidden = !drawing;
  $("[data-action=draw]").hidden = drawing || state.domain === "faces";
  pad.hidden = !drawing;
  if (!drawing) $(".invite").hidden = true;
  for (const kind of ["example", "portrait"]) {
    for (const button of document.querySelectorAll(`[data-${kind}]`)) {
      button.setAttribute("aria-pressed", tab === kind && Number(button.dataset[kind]) === state[kind]);
    }
  }
}

function showExample(index = state.example) {
  show({ kind: "example", index }, "example");
}

function showPortrait(index = state.portrait) {
  show({ kind: "portrait", index }, "portrait");
}

function showNumbered(kind, index) {
  if (state.tab === kind && Number.isInteger(index)) show({ kind, index }, kind);
}

// Without the digits the tab only offers to get them, and the picture stays.
function openMnist(index) {
  setTab("mnist");
  requestAnimationFrame(() => document.getElementById("mnist-index")?.offsetParent && showNumbered("mnist", index));
}

function showPad() {
  setTab("drawing");
  sendDrawing();
}

function showUpload() {
  if (state.upload) show(state.upload, "upload");
  else setTab("upload");
}

// Called by the crop box while it moves, and when the tab opens.
function showPhoto(source = state.photo) {
  state.photo = source;
  if (source && state.tab === "photo") show(source, "photo");
}

const OPEN = {
  example: showExample,
  mnist: openMnist,
  drawing: showPad,
  upload: showUpload,
  portrait: showPortrait,
  photo: () => (setTab("photo"), showPhoto()),
  face: () => setTab("face"), // its index follows when the faces are read
};

// Called by Gradio when a tab opens. A preset or another domain opens one too, after or before its
// own message; the picture that this brings stays.
function openTab(tab, index) {
  const domain = FACE_TABS.includes(tab) ? "faces" : "digits";
  if (domain !== state.domain) return;
  if (tab === state.tab) return setTab(tab); // its buttons may only be there now
  OPEN[tab](tab === "mnist" ? index : undefined);
}

function setCentre(centre) {
  state.centre = centre;
  if (state.tab === "drawing") sendDrawing();
}

// A message from the server: an uploaded picture, a preset's or the first one of a domain.
function receive(text) {
  if (!text) return;
  const { source, tab, domain, note, settings, fresh } = JSON.parse(text);
  if (domain !== state.domain && !settings) return; // uploaded, and meanwhile another domain shows
  if (settings) hold(settings);
  else stopPlaying();
  if (domain !== state.domain) line.painted = line.sent; // what is on its way belongs to the other
  state.domain = domain;
  if (fresh) forget();
  $(".note").textContent = note;
  $(".note").hidden = !note;
  state.noted = { source, settings, shown: false };
  if (tab === "upload") state.upload = source;
  show(source, tab);
}

// A preset's note holds for its own picture and settings only.
function dropStaleNote(request) {
  const noted = state.noted;
  if (!noted) return;
  const same = JSON.stringify(request.source) === JSON.stringify(noted.source)
    && FIELDS.every((field) => request[field] === noted.settings?.[field]);
  if (same) noted.shown = true;
  else if (noted.shown) $(".note").hidden = true;
}

function forget() {
  Object.assign(state, { strokes: [], centre: true, upload: null, photo: null, portrait: 0 });
  ink.clearRect(0, 0, pad.width, pad.height);
  setEraser(false);
}

// ---- Drawing ------------------------------------------------------------------------------------

const pad = $(".pad");
const ink = pad.getContext("2d", { willReadFrequently: true });
const raster = Object.assign(document.createElement("canvas"), { width: PAD_RASTER, height: PAD_RASTER });
const rasterContext = raster.getContext("2d", { willReadFrequently: true });
const pen = { size: 9, erase: false, stroke: null };

function padPoint(event) {
  const box = pad.getBoundingClientRect();
  return [((event.clientX - box.left) / box.width) * pad.width, ((event.clientY - box.top) / box.height) * pad.height];
}

function penDown(event) {
  if (event.button !== 0) return;
  event.preventDefault();
  pad.setPointerCapture(event.pointerId);
  pen.stroke = { erase: pen.erase, width: (pen.size / 100) * pad.width, points: [padPoint(event)] };
  state.strokes.push(pen.stroke);
  drawStroke(pen.stroke, 0);
  sendDrawing();
}

function penMove(event) {
  drawCursor(event);
  if (!pen.stroke) return;
  const from = pen.stroke.points.length - 1;
  const events = event.getCoalescedEvents?.() ?? [];
  pen.stroke.points.push(...(events.length ? events : [event]).map(padPoint));
  drawStroke(pen.stroke, from);
  sendDrawing();
}

function penUp() {
  pen.stroke = null;
}

function drawStroke({ erase, width, points }, from) {
  ink.globalCompositeOperation = erase ? "destination-out" : "source-over";
  Object.assign(ink, { lineCap: "round", lineJoin: "round", strokeStyle: "white", lineWidth: width });
  ink.beginPath();
  ink.moveTo(...points[from]);
  for (const point of points.slice(from)) ink.lineTo(...point);
  ink.stroke();
}

function drawCursor(event) {
  const radius = Math.max(2, ((pen.size / 200) * pad.clientWidth) | 0);
  const colour = pen.erase ? "%23f59e0b" : "%2338bdf8";
  const side = 2 * radius + 2;
  const key = `${radius} ${colour}`;
  if (pad.dataset.cursor === key) return;
  pad.dataset.cursor = key;
  const circle = `<svg xmlns='http://www.w3.org/2000/svg' width='${side}' height='${side}'><circle cx='${radius + 1}' cy='${radius + 1}' r='${radius}' fill='none' stroke='${colour}' stroke-width='1.5'/></svg>`;
  pad.style.cursor = `url("data:image/svg+xml,${circle}") ${radius + 1} ${radius + 1}, crosshair`;
}

function setEraser(erase) {
  pen.erase = erase;
  $("[data-action=erase]").setAttribute("aria-pressed", erase);
}

function redraw() {
  ink.clearRect(0, 0, pad.width, pad.height);
  for (const stroke of state.strokes) drawStroke(stroke, 0);
  sendDrawing();
}

function sendDrawing() {
  rasterContext.clearRect(0, 0, PAD_RASTER, PAD_RASTER);
  rasterContext.drawImage(pad, 0, 0, PAD_RASTER, PAD_RASTER);
  const { data } = rasterContext.getImageData(0, 0, PAD_RASTER, PAD_RASTER);
  let pixels = "";
  let inked = false;
  for (let i = 3; i < data.length; i += 4) {
    pixels += String.fromCharCode(data[i]);
    inked ||= data[i] > FAINTEST;
  }
  $(".invite").hidden = inked;
  if (!inked) {
    line.painted = line.sent; // what is still on its way is of ink that is gone
    line.wanted = false;
    line.last = "";
    say("");
    state.source = null;
    return blank();
  }
  state.source = { kind: "drawing", pixels: btoa(pixels), size: PAD_RASTER, centre: state.centre };
  refresh();
}

// ---- Buttons and play ---------------------------------------------------------------------------

const ACTIONS = {
  play: () => (state.playing ? stopPlaying() : play()),
  draw: () => document.getElementById("source-draw-button").click(),
  erase: () => setEraser(!pen.erase),
  undo: () => state.strokes.pop() && redraw(),
  clear: () => ((state.strokes = []), redraw()),
};

const SWEEP = 6000; // milliseconds up and down

function play() {
  if (state.settings.kind === "none") return say("There is no noise to sweep: choose a kind of noise first.");
  const { minimum, maximum, step } = props.kinds[state.settings.kind];
  const start = performance.now() - (SWEEP / 2) * ((state.settings.level - minimum) / (maximum - minimum));
  $("[data-action=play]").textContent = "■ Stop";
  state.playing = { kind: state.settings.kind };
  const frame = (now) => {
    if (!state.playing) return;
    if (state.playing.kind !== state.settings.kind) return stopPlaying();
    const phase = (((now - start) % SWEEP) + SWEEP) % SWEEP / SWEEP;
    const share = phase < 0.5 ? 2 * phase : 2 - 2 * phase;
    const steps = Math.round((share * (maximum - minimum)) / step);
    setSlider(props.fields.level, Number((minimum + steps * step).toFixed(6)));
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}

function stopPlaying() {
  state.playing = null;
  $("[data-action=play]").textContent = "▶ Play";
}

// ---- Start --------------------------------------------------------------------------------------

window.laboratory?.leave();
const leaving = new AbortController();
const on = (target, type, handler) => target.addEventListener(type, handler, { signal: leaving.signal });

on(document, "input", listen);
on(document, "click", (event) => {
  const example = event.target.closest?.("[data-example]");
  if (example) showExample(Number(example.dataset.example));
  const portrait = event.target.closest?.("[data-portrait]");
  if (portrait) showPortrait(Number(portrait.dataset.portrait));
});
on(element, "click", (event) => {
  const button = event.target.closest("[data-action]");
  if (button) ACTIONS[button.dataset.action](button);
});
on($("[data-pen=size]"), "input", (event) => (pen.size = Number(event.target.value)));
on(pad, "pointerdown", penDown);
on(pad, "pointermove", penMove);
on(pad, "pointerup", penUp);
on(pad, "pointercancel", penUp);
watch("value", () => receive(props.value));

window.laboratory = {
  sync, hold, release, openTab, showNumbered, showPhoto, setCentre,
  picture: () => (state.clean ? JSON.stringify(state.clean) : ""),
  leave: () => (stopPlaying(), leaving.abort()),
};
showExample();
