// The comparison: one noisy picture through everything. Gradio runs this after line.js and pixels.js,
// with `props.methods` (id -> title, origin, domain, facts) and `server.compare_all`. The picture
// and the noise are the laboratory's.

const $ = (selector) => element.querySelector(selector);
const view = element.closest("#compare");
const NOTHING = "noisy";
const BETTER = { psnr: 1, ssim: 1, mae: -1, milliseconds: -1 }; // which way is better
const REST = 250; // milliseconds without news before the slow filters are asked and cards change places
const SMOOTH = 0.2; // of a new time, in the mean that is shown

const cards = new Map(); // id -> its elements
const entries = new Map(); // id -> what the server said last
const shown = { domain: "", request: null, shape: null, paints: 0, timer: 0 };

const countRate = makeRate($(".rate"), "grids");
const laboratory = () => window.laboratory;
const quick = makeLine({
  next: () => ask(false),
  call: (request) => server.compare_all(request),
  paint,
  lost: () => say("The server does not answer. Trying again…"),
});
const slow = makeLine({ next: () => ask(true), call: (request) => server.compare_all(request), paint: paintSlow, lost: () => {} });

function ask(isSlow) {
  const request = view.offsetParent === null ? null : laboratory()?.wanted();
  return request && { ...request, slow: isSlow };
}

function paint(reply, request, elapsed) {
  if (reply.error) return complain(reply.error);
  say("");
  layCards(reply.domain);
  laboratory().settle(request, reply.clean);
  Object.assign(shown, { request, clean: reply.clean.pixels, shape: reply.shape, label: reply.label });
  take(reply);
  for (const [id, entry] of entries) if (!(id in reply.entries)) entry.stale = true;
  paintAll();
  view.dataset.blurSigma = request.blur_sigma;
  view.dataset.paints = ++shown.paints;
  countRate(elapsed);
  clearTimeout(shown.timer);
  shown.timer = setTimeout(askSlow, REST);
}

// Anew, even if it was asked: an answer that came before its grid was left aside.
function askSlow() {
  slow.drop();
  slow.refresh();
  sort();
}

function paintSlow(reply, request) {
  if (reply.error || reply.domain !== shown.domain) return;
  const same = ["kind", "level", "blur_sigma", "seed"].every((key) => request[key] === shown.request[key]);
  if (!same || reply.clean.pixels !== shown.clean) return;
  take(reply);
  paintAll();
  sort();
  view.dataset.slow = shown.paints;
}

function take(reply) {
  for (const [id, entry] of Object.entries(reply.entries)) {
    const before = entries.get(id)?.milliseconds ?? entry.milliseconds;
    const milliseconds = before + SMOOTH * (entry.milliseconds - before);
    entries.set(id, { ...entry, milliseconds, stale: false });
  }
}

function layCards(domain) {
  if (domain === shown.domain) return;
  shown.domain = domain;
  cards.clear();
  entries.clear();
  const chosen = Object.entries(props.methods).filter(([, method]) => ["", domain].includes(method.domain));
  for (const [id, method] of chosen) cards.set(id, makeCard(id, method));
  $(".grid").replaceChildren(...[...cards.values()].map((card) => card.root));
}

function makeCard(id, method) {
  const root = document.createElement("button");
  Object.assign(root, { type: "button", className: "card", title: method.facts });
  root.dataset.method = id;
  const canvas = Object.assign(document.createElement("canvas"), { width: 28, height: 28 });
  const card = { root, canvas };
  root.append(canvas, Object.assign(document.createElement("b"), { textContent: method.title }));
  for (const name of ["origin", "psnr", "ssim", "mae", "read", "time"]) {
    card[name] = Object.assign(document.createElement("span"), { className: name });
    root.append(card[name]);
  }
  card.origin.textContent = method.origin;
  return card;
}

function paintAll() {
  const best = bests();
  const nothing = entries.get(NOTHING);
  for (const [id, card] of cards) {
    const entry = entries.get(id);
    if (!entry) continue;
    card.root.style.opacity = entry.stale ? 0.4 : 1;
    card.root.setAttribute("aria-current", id === shown.request.denoiser);
    if (entry.stale) continue;
    paintPixels(card.canvas, entry.image, shown.shape);
    paintWords(id, card, entry, best, nothing);
  }
  const whole = [...cards.keys()].every((id) => entries.has(id) && !entries.get(id).stale);
  for (const button of element.querySelectorAll("[data-action]")) button.disabled = !whole;
  summarise(best);
}

function paintWords(id, card, entry, best, nothing) {
  const star = (metric) => (best[metric] === id ? " ★" : "");
  const gain = worth(entry, "psnr") - worth(nothing, "psnr");
  card.root.classList.toggle("better", gain > 0);
  card.root.classList.toggle("worse", gain < 0);
  const sign = Number.isFinite(gain) && gain ? ` (${gain > 0 ? "+" : "−"}${Math.abs(gain).toFixed(1)})` : "";
  card.psnr.textContent = `${decibel(entry.psnr)}${sign}${star("psnr")}`;
  for (const metric of ["ssim", "mae"]) {
    card[metric].textContent = `${metric.toUpperCase()} ${entry[metric].toFixed(3)}${star(metric)}`;
  }
  card.time.textContent = id === NOTHING ? "" : `${entry.milliseconds < 0.1 ? "< 0.1" : entry.milliseconds.toFixed(1)} ms`;
  const mark = shown.label === null ? "" : entry.digit === shown.label ? " ✓" : " ✗";
  card.read.textContent = entry.digit === null ? "" : `reads ${entry.digit}, ${percent(entry.probability)}${mark}`;
  card.read.classList.toggle("wrong", mark === " ✗");
  card.origin.textContent = props.methods[id].origin + (entry.familiar === false ? " · learnt other noise" : "");
  card.origin.classList.toggle("strange", entry.familiar === false);
}

const worth = (entry, metric) => (entry[metric] === null ? Infinity : entry[metric]) * BETTER[metric];

function bests() {
  const fresh = [...entries].filter(([, entry]) => !entry.stale);
  return Object.fromEntries(["psnr", "ssim", "mae"].map((metric) => {
    const most = Math.max(...fresh.map(([, entry]) => worth(entry, metric)));
    return [metric, fresh.find(([, entry]) => worth(entry, metric) === most)[0]];
  }));
}

function summarise(best) {
  const fresh = [...entries].filter(([id, entry]) => id !== NOTHING && !entry.stale);
  const nothing = worth(entries.get(NOTHING), "psnr");
  const helped = fresh.filter(([, entry]) => worth(entry, "psnr") > nothing).length;
  $(".summary").textContent = `${helped} of ${fresh.length} make this picture better. Best in PSNR: ${props.methods[best.psnr].title}.`;
}

function sort() {
  const metric = $("[data-sort]").value;
  const order = [...cards.keys()];
  if (metric) order.sort((a, b) => value(b, metric) - value(a, metric));
  const roots = order.map((id) => cards.get(id).root);
  if (roots.some((root, place) => root !== $(".grid").children[place])) $(".grid").replaceChildren(...roots);
}

const value = (id, metric) => (entries.has(id) ? worth(entries.get(id), metric) : -Infinity);

function complain(text) {
  say(text);
  quick.drop();
  Object.assign(shown, { domain: "", request: null });
  clearTimeout(shown.timer);
  cards.clear();
  entries.clear();
  $(".grid").replaceChildren();
  $(".summary").textContent = "";
}

function say(text) {
  $(".message").textContent = text;
  $(".message").hidden = !text;
}

// ---- Save what is shown -------------------------------------------------------------------------

const COLUMNS = ["psnr", "ssim", "mae", "milliseconds", "digit", "probability", "familiar"];
const SCALE = 4; // units for a picture's pixel
const SHARP = 2; // pixels for a unit

// The cards as a table, in the order they stand in.
function saveTable() {
  const { kind, level, blur_sigma, seed } = shown.request;
  const situation = [title(), shown.label ?? "", kind, level, blur_sigma, seed];
  const lines = standing().map((id) => {
    const entry = entries.get(id);
    const values = COLUMNS.map((name) => (name === "psnr" && entry.psnr === null ? "inf" : entry[name] ?? ""));
    return [id, ...situation, ...values].join(",");
  });
  const head = ["method", "picture", "label", "noise", "level", "blur_sigma", "seed", ...COLUMNS].join(",");
  save(new Blob([`${[head, ...lines].join("\n")}\n`], { type: "text/csv" }), "comparison.csv");
}

// The cards as one picture, six beside each other.
function savePicture() {
  const [height, width] = shown.shape;
  const across = 6, gap = 16, line = 18, words = 7 * line;
  const cell = [SCALE * width + gap + 40, SCALE * height + words + gap];
  const ids = standing();
  const canvas = document.createElement("canvas");
  canvas.width = SHARP * (across * cell[0] + gap);
  canvas.height = SHARP * (Math.ceil(ids.length / across) * cell[1] + 2 * line + gap);
  const context = canvas.getContext("2d");
  Object.assign(context, { fillStyle: "white", imageSmoothingEnabled: false });
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.scale(SHARP, SHARP);
  Object.assign(context, { fillStyle: "#1a1a1a", textBaseline: "top", font: "13px sans-serif" });
  const { kind, level, blur_sigma, seed } = shown.request;
  const picture = `${title()}${shown.label === null ? "" : `, a ${shown.label}`}`;
  context.fillText(`${picture}: ${kind} noise, level ${level}, blur sigma ${blur_sigma} px, seed ${seed}`, gap, gap);
  ids.forEach((id, place) => {
    const left = gap + (place % across) * cell[0];
    const top = 2 * line + gap + Math.floor(place / across) * cell[1];
    const card = cards.get(id);
    context.drawImage(card.canvas, left, top, SCALE * width, SCALE * height);
    const texts = [props.methods[id].title, ...["origin", "psnr", "ssim", "mae", "read", "time"].map((name) => card[name].textContent)];
    texts.forEach((text, i) => context.fillText(text, left, top + SCALE * height + 4 + i * line, cell[0] - 8));
  });
  canvas.toBlob((blob) => save(blob, "comparison.png"));
}

const title = () => laboratory().title(shown.request.source);
const standing = () => [...$(".grid").children].map((root) => root.dataset.method);

function save(blob, name) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

// Gradio sets the laboratory's denoiser to the component's value.
function choose(method) {
  props.value = method;
  trigger("choose");
}

// ---- Start --------------------------------------------------------------------------------------

const ACTIONS = { png: savePicture, csv: saveTable };

const order = $("[data-sort]");
const asked = laboratory()?.choice("sort");
if (asked && [...order.options].some((option) => option.value === asked)) order.value = asked;
order.addEventListener("change", () => (sort(), laboratory().choice("sort", order.value || null)));
element.addEventListener("click", (event) => {
  const { method } = event.target.closest(".card")?.dataset ?? {};
  if (method && method !== NOTHING) choose(method);
  const { action } = event.target.closest("[data-action]")?.dataset ?? {};
  if (action && shown.request) ACTIONS[action]();
});
laboratory()?.follow("compare", {
  refresh: quick.refresh,
  pump: () => (quick.pump(), slow.pump()),
  blank: () => (quick.rest(), complain("The pad is blank: draw a digit on the stage.")),
  reset: () => ((order.value = ""), sort()),
});
