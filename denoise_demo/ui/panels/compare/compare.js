// The comparison: one noisy picture through every denoiser.

import { choice, setChoice } from "../../web/address.js";
import { call } from "../../web/line.js";
import { createRate, format, percent, worth } from "../../web/numbers.js";
import { askFor } from "../../web/page.js";
import { createPanel } from "../../web/panel.js";
import { paintPixels } from "../../web/pixels.js";
import { createQueue } from "../../web/queue.js";
import { rove } from "../../web/roving.js";
import { attach, settle, state, wanted } from "../../web/state.js";
import { savePicture, saveTable } from "./saving.js";

const NOTHING = "noisy"; // as in the benchmark: doing nothing
const TIME = "milliseconds";
const REST = 250; // milliseconds without a paint before slow filters are requested and cards sorted

export const mount = createPanel(({ element, $, on, props, server }) => {
  const view = element.closest("#compare");
  const { metrics } = state.shared;
  const cards = new Map(); // id -> elements of its card
  const entries = new Map(); // id -> last answer of the server
  const shown = { domain: "", request: null, clean: null, shape: null, label: null, paints: 0, timer: 0 };
  const countRate = createRate($(".rate"), "grids");
  const order = $("[data-sort]");
  for (const [key, { title, label, unit }] of Object.entries(metrics)) {
    order.insertBefore(new Option(unit ? label : title, key), order.lastElementChild);
  }

  const next = () => (view.offsetParent === null ? null : wanted());
  const quick = createQueue({ next, call: (request) => call(server, "compare_quick", request), paint, lost: say });
  const slow = createQueue({ next, call: (request) => call(server, "compare_slow", request), paint: paintSlow, lost: () => {} });

  function paint(reply, request, elapsed) {
    if (reply.error) return complain(reply.error);
    say("");
    layCards(reply.domain);
    settle(request, reply.clean);
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

  // Request again even if unchanged: an answer that arrived before its grid was ignored.
  function askSlow() {
    slow.drop();
    slow.refresh();
    sort();
  }

  function paintSlow(reply, request) {
    if (reply.error || reply.domain !== shown.domain) return;
    const isSame = ["kind", "level", "blur_sigma", "seed"].every((key) => request[key] === shown.request[key]);
    if (!isSame || reply.clean.pixels !== shown.clean) return;
    take(reply);
    paintAll();
    sort();
    view.dataset.slow = shown.paints;
  }

  function take(reply) {
    for (const [id, entry] of Object.entries(reply.entries)) {
      const milliseconds = Math.min(entries.get(id)?.milliseconds ?? Infinity, entry.milliseconds);
      entries.set(id, { ...entry, milliseconds, stale: false });
    }
  }

  function layCards(domain) {
    if (domain === shown.domain) return;
    shown.domain = domain;
    cards.clear();
    entries.clear();
    const chosen = Object.entries(props.denoisers).filter(([, denoiser]) => ["", domain].includes(denoiser.domain));
    for (const [id, denoiser] of chosen) cards.set(id, makeCard(id, denoiser));
    $(".grid").replaceChildren(...[...cards.values()].map((card) => card.root));
    renewStops();
  }

  function makeCard(id, denoiser) {
    const root = document.createElement("button");
    Object.assign(root, { type: "button", className: "card", title: denoiser.facts });
    root.dataset.denoiser = id;
    const canvas = Object.assign(document.createElement("canvas"), { width: 28, height: 28 });
    root.append(canvas, Object.assign(document.createElement("b"), { textContent: denoiser.title }));
    const parts = {};
    for (const name of ["origin", ...Object.keys(metrics), "read", "time"]) {
      parts[name] = Object.assign(document.createElement("span"), { className: name });
      root.append(parts[name]);
    }
    parts.origin.textContent = denoiser.origin;
    return { root, canvas, parts };
  }

  function paintAll() {
    const best = bests();
    for (const [id, card] of cards) {
      const entry = entries.get(id);
      if (!entry) continue;
      card.root.style.opacity = entry.stale ? 0.4 : 1;
      card.root.setAttribute("aria-current", id === shown.request.denoiser);
      if (entry.stale) continue;
      paintPixels(card.canvas, entry.image, shown.shape);
      paintWords(id, card, entry, best);
    }
    const isWhole = [...cards.keys()].every((id) => entries.has(id) && !entries.get(id).stale);
    for (const button of element.querySelectorAll("[data-action]")) button.disabled = !isWhole;
    summarise(best);
  }

  function paintWords(id, { root, parts }, entry, best) {
    const gain = value(id, "psnr") - value(NOTHING, "psnr");
    root.classList.toggle("better", gain > 0);
    root.classList.toggle("worse", gain < 0);
    const sign = Number.isFinite(gain) && gain ? ` (${gain > 0 ? "+" : "−"}${Math.abs(gain).toFixed(1)})` : "";
    for (const [key, metric] of Object.entries(metrics)) {
      const words = key === "psnr" ? `${format(entry.psnr, metric)}${sign}` : `${metric.label} ${format(entry[key], metric)}`;
      parts[key].textContent = `${words}${best[key] === id ? " ★" : ""}`;
    }
    parts.time.textContent = id === NOTHING ? "" : `${entry.milliseconds < 0.1 ? "< 0.1" : entry.milliseconds.toFixed(1)} ms`;
    const mark = shown.label === null ? "" : entry.digit === shown.label ? " ✓" : " ✗";
    parts.read.textContent = entry.digit === null ? "" : `reads ${entry.digit}, ${percent(entry.probability)}${mark}`;
    parts.read.classList.toggle("wrong", mark === " ✗");
    parts.origin.textContent = props.denoisers[id].origin + (entry.familiar === false ? " · trained on other noise" : "");
    parts.origin.classList.toggle("strange", entry.familiar === false);
  }

  // An entry's metric or time, turned so that more is better.
  function value(id, key) {
    const entry = entries.get(id);
    return entry ? worth(entry[key], key !== TIME && metrics[key].higherIsBetter) : -Infinity;
  }

  function bests() {
    const fresh = [...entries.keys()].filter((id) => !entries.get(id).stale);
    return Object.fromEntries(Object.keys(metrics).map((key) => {
      const most = Math.max(...fresh.map((id) => value(id, key)));
      return [key, fresh.find((id) => value(id, key) === most)];
    }));
  }

  function summarise(best) {
    const fresh = [...entries].filter(([id, entry]) => id !== NOTHING && !entry.stale).map(([id]) => id);
    const helped = fresh.filter((id) => value(id, "psnr") > value(NOTHING, "psnr")).length;
    $(".summary").textContent = `${helped} of ${fresh.length} make this picture better. Best in PSNR: ${props.denoisers[best.psnr].title}.`;
  }

  function sort() {
    const key = order.value;
    const ids = [...cards.keys()];
    if (key) ids.sort((a, b) => value(b, key) - value(a, key));
    const roots = ids.map((id) => cards.get(id).root);
    if (roots.every((root, place) => root === $(".grid").children[place])) return;
    const focused = roots.find((root) => root === document.activeElement);
    $(".grid").replaceChildren(...roots);
    focused?.focus({ preventScroll: true });
  }

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

  function readChoice() {
    const asked = choice("sort") ?? "";
    if ([...order.options].some((option) => option.value === asked)) order.value = asked;
    sort();
  }

  // The cards in their current order, for saving.
  function standing() {
    return [...$(".grid").children].map((root) => {
      const id = root.dataset.denoiser;
      return { id, ...props.denoisers[id], ...cards.get(id), entry: entries.get(id) };
    });
  }

  const actions = { png: savePicture, csv: saveTable };
  on(order, "change", () => {
    sort();
    setChoice("sort", order.value || null);
  });
  on(element, "click", ({ target }) => {
    const { denoiser } = target.closest(".card")?.dataset ?? {};
    if (denoiser && denoiser !== NOTHING) askFor({ denoiser });
    const { action } = target.closest("[data-action]")?.dataset ?? {};
    if (action && shown.request) actions[action](standing(), shown, metrics);
  });
  const renewStops = rove($(".grid"), on);
  readChoice();
  attach("compare", {
    refresh: quick.refresh,
    pump: () => {
      quick.pump();
      slow.pump();
    },
    blank: () => {
      quick.rest();
      complain("The pad is blank: draw a digit on the stage.");
    },
    choices: readChoice,
    reset: readChoice,
  });
});
