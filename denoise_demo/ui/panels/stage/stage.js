// The live stage. Gradio runs it with the other files of stage.py's SCRIPTS as the body of one function,
// with `element` (the stage's own HTML), `props` (what stage.py passes: fields, initial,
// example, kinds, recipes, dreamer), `server` (step, dream) and `watch`. Other parts of the page reach it as
// window.laboratory.

const stage = element.closest("#stage");
const $ = (selector) => element.querySelector(selector);
const FIELDS = Object.keys(props.fields);
const ATTRIBUTES = { denoiser: "recipe" }; // whose attribute on the stage has another name
const PANELS = ["clean", "noisy", "denoised", "error", "spread"];
const HEATED = ["error", "spread"]; // maps of one channel, in colours
const CLASSIFIED = ["clean", "noisy", "denoised"];
const PAD_RASTER = 112; // pixels a side of the drawing that is sent
const FAINTEST = 24; // of 255; what the eraser leaves of a line's soft edge is no ink
const LONGEST_HOLD = 3000; // milliseconds to wait for the controls, should the page not set them
const PATIENCE = 400; // milliseconds before a level out of its span is explained: the page may mend it
const NUMBERED = { mnist: "mnist-index", face: "face-index" }; // the control of each test split
const FACE_TABS = ["portrait", "photo", "face"];

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

// ---- What to ask for ----------------------------------------------------------------------------

const AWAY = "The server does not answer. Trying again…";
const followers = new Map(); // what else shows the picture, by name: told when it changes
const isShown = (view) => view.offsetParent !== null;
const isKnown = () => state.known === state.source;
const countRate = makeRate($(".rate"), "pictures");
let paints = 0;

const line = makeLine({
  // Out of sight only a picture that is not known yet is asked for: the address and figures need it.
  next: () => (state.dream || !agrees() || (!isShown(stage) && isKnown()) ? null : wanted()),
  call: (request) => server.step(request),
  paint: (reply, request, elapsed) => (reply.error ? complain(reply.error) : paint(reply, request, elapsed)),
  lost: () => say(AWAY),
});

function refresh() {
  wake();
  line.refresh();
  followers.forEach((follower) => follower.refresh());
}

// A tab has opened, or the controls have settled.
function pump() {
  line.pump();
  followers.forEach((follower) => follower.pump());
}

// The picture and settings to show now; null while there is none, or the controls are being set.
function wanted() {
  if (!state.source || !settled()) return null;
  if (!withinSpan()) return void setTimeout(explainSpan, PATIENCE);
  if (state.explained) say("");
  return { source: state.source, ...state.settings };
}

function follow(name, follower) {
  followers.set(name, follower);
  if (state.source) follower.refresh();
  else follower.blank?.();
}

// The picture as it came back: from now on pen or crop box rest, and the small one is sent, not the
// whole pad or photo.
function settle(request, clean) {
  if (request.source !== state.source) return;
  const large = ["drawing", "photo"].includes(request.source.kind);
  Object.assign(state, { clean, source: large ? clean : state.source });
  state.known = state.source;
  titles.set(state.source, titles.get(request.source));
  readdressLater();
  if (!large) return;
  line.satisfy({ source: clean, ...state.settings });
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
  if (awaited && FIELDS.every((field) => settings[field] === awaited[field])) {
    state.awaited = null;
    if (state.noted) state.noted.shown = true;
  }
  return !state.awaited;
}

// A network gets the pictures that it learnt, unless any network is wanted; a filter gets all.
function agrees() {
  const learnt = props.recipes[state.settings.denoiser]?.domain;
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
  if (withinSpan()) return;
  say(`Noise level ${level} is outside its span: choose ${minimum} to ${maximum}.`);
  state.explained = true;
}

// ---- Painting -----------------------------------------------------------------------------------

for (const ramp of element.querySelectorAll(".legend i")) {
  ramp.style.background = `linear-gradient(to right, ${HEAT.map((c) => `rgb(${c})`).join(",")})`;
}

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
  for (const name of PANELS) if (reply.images[name]) paintPanel(name, reply.images[name], reply.shape);
  for (const name of CLASSIFIED) paintVerdict(name, reply.probabilities[name], reply.label);
  const [height, width, channels] = reply.shape;
  const format = `${width} × ${height} pixels${channels === 3 ? " in colour" : ", grey"}`;
  paintScores(reply.scores, state.domain === "faces" ? format : "no classifier");
  paintExpected(reply.expected, reply.scores.denoised.psnr);
  paintOutside(reply.outside);
  settle(request, reply.original ?? { kind: "pixels", pixels: reply.images.clean, height, width, channels });
  $(".truth").textContent = reply.label === null ? "" : `label ${reply.label}`;
  for (const field of FIELDS) stage.dataset[ATTRIBUTES[field] ?? camel(field)] = request[field];
  checkNote(request);
  describeNetwork(request.denoiser);
  stage.dataset.paints = ++paints;
  countRate(elapsed);
}

function paintPanel(name, text, shape) {
  paintPixels($(`canvas[data-panel=${name}]`), text, shape, HEATED.includes(name));
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

// The root mean square of what the network expects to be off by, and of what it is.
function paintExpected(expected, psnr) {
  const actual = psnr === null ? 0 : 10 ** (-psnr / 20);
  $("[data-of=spread] .scores").textContent = expected === null
    ? "only the blind networks say how sure they are"
    : `expects ${expected.toFixed(3)}, is ${actual.toFixed(3)}\n(root mean square)`;
  if (expected === null) clear("spread");
}

function paintOutside(words) {
  $(".panels").classList.toggle("outside", Boolean(words));
  $(".badge").hidden = !words;
  $("p.outside").hidden = !words;
  $("p.outside").textContent = words;
}

function describeNetwork(id) {
  if (state.described === id) return;
  const place = document.querySelector("#network .network");
  if (!place) return requestAnimationFrame(() => describeNetwork(id)); // the page is still coming
  state.described = id;
  const recipe = props.recipes[id];
  const name = document.createElement("b");
  const facts = document.createElement("span");
  name.textContent = `${recipe.title}. `;
  facts.textContent = ` ${recipe.facts}`;
  place.replaceChildren(name, recipe.lesson, facts);
  $(".how").textContent = recipe.clip ? "clipped to [0, 1]" : "not clipped";
}

function say(text) {
  state.explained = false;
  const message = $(".message");
  if (message.textContent !== text) message.textContent = text;
  message.hidden = !text;
}

function complain(text) {
  blank();
  state.clean = null;
  say(text);
}

function blank() {
  PANELS.forEach(clear);
  for (const name of CLASSIFIED) paintVerdict(name, null, null);
  for (const text of element.querySelectorAll("[data-of] .scores[data-verdict]")) text.textContent = "";
  for (const selector of [".gain", ".truth", "[data-of=spread] .scores"]) $(selector).textContent = "";
  paintOutside("");
}

function clear(name) {
  const canvas = $(`canvas[data-panel=${name}]`);
  canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
}

const camel = (field) => field.replace(/_(.)/g, (_, letter) => letter.toUpperCase());

// ---- The page's controls ------------------------------------------------------------------------

const NUMERIC = FIELDS.filter((field) => typeof props.initial[field] === "number");

function readNumber(id) {
  const input = document.querySelector(`#${id} input[type=number]`);
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

// Called by Gradio whenever a list's or check box's value changed, by hand or by a preset.
function sync(kind, denoiser, any) {
  const { settings } = state;
  const news = kind !== settings.kind || denoiser !== settings.denoiser || any !== state.any;
  Object.assign(settings, { kind, denoiser });
  state.any = any;
  syncNumbers(news);
}

// Called by Gradio whenever a number changed. Numbers are read from the page one frame later, because
// a change told here may be older than the last drag.
function syncNumbers(news = false) {
  requestAnimationFrame(() => {
    for (const field of NUMERIC) setNumber(field, readNumber(props.fields[field]));
    if (news) refresh();
    else pump(); // a late word of what is known already
  });
}

function setSlider(id, value) {
  const input = document.querySelector(`#${id} input[type=range]`);
  input.value = value;
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

// ---- Sources of the clean picture ---------------------------------------------------------------

function show(source, tab) {
  // An equal one is the same one: what is known of it or on its way stays so.
  if (JSON.stringify(source) !== JSON.stringify(state.source)) state.source = source;
  nameSource(state.source, tab);
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
  $("[data-action=dream]").hidden = state.domain === "faces";
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

// Called by Gradio whenever such a number changed: at random, or when one out of its span is mended.
function syncNumbered(kind) {
  requestAnimationFrame(() => {
    const index = readNumber(NUMBERED[kind]);
    if (index !== state.source?.index) showNumbered(kind, index);
  });
}

// Without the digits the tab only offers to get them, and the picture stays.
function openMnist(index) {
  setTab("mnist");
  requestAnimationFrame(() => document.getElementById("mnist-index")?.offsetParent && showNumbered("mnist", index));
}

function showPad() {
  setTab("drawing");
  if (!isShown(stage)) document.getElementById("view-stage-button")?.click(); // the pad is there
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
  if (tab === "upload") state.upload = source;
  if (tab !== state.tab && !settings) return; // uploaded, and meanwhile another tab is open
  if (settings) hold(settings);
  else stopPlaying();
  if (domain !== state.domain) line.drop(); // what is on its way belongs to the other
  state.domain = domain;
  if (fresh) forget(), forgetChoices();
  $(".note").textContent = note;
  $(".note").hidden = !note;
  state.noted = { note, source, settings, shown: false };
  if (tab === "photo") state.photo = source;
  show(source, tab);
}

// A preset's note holds for its own picture and settings only.
function checkNote(request) {
  const noted = state.noted;
  if (!noted) return;
  const same = JSON.stringify(request.source) === JSON.stringify(noted.source)
    && FIELDS.every((field) => request[field] === noted.settings?.[field]);
  noted.shown ||= same;
  if (noted.shown) $(".note").hidden = !same || !noted.note;
}

function forget() {
  Object.assign(state, { strokes: [], centre: true, upload: null, photo: null, portrait: 0 });
  ink.clearRect(0, 0, pad.width, pad.height);
  setEraser(false);
  setPen(penSize.defaultValue);
  showSpread(false);
}
