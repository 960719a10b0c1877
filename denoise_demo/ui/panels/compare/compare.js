// The comparison: one noisy picture through every denoiser.

import { choice, setChoice } from "../../web/address.js";
import { call } from "../../web/line.js";
import { createRate, worth } from "../../web/numbers.js";
import { askFor } from "../../web/page.js";
import { createPanel } from "../../web/panel.js";
import { createQueue } from "../../web/queue.js";
import { rove } from "../../web/roving.js";
import { attach, settle, state, wanted } from "../../web/state.js";
import { createCard } from "./card.js";
import { savePicture, saveTable } from "./saving.js";
import { sentences } from "./words.js";

const NOTHING = "noisy"; // as in the benchmark: doing nothing
const TIME = "milliseconds";
const REST = 250; // milliseconds without a paint before slow filters are requested and cards sorted

export const mount = createPanel(({ element, $, on, props, server }) => {
  const view = element.closest("#compare");
  const { metrics } = state.shared;
  const cards = new Map(); // by id
  const entries = new Map(); // id -> last answer of the server
  const shown = { domain: "", request: null, clean: null, shape: null, label: null, paints: 0, timer: 0, best: {} };
  const hand = { told: null, tapped: null, isFinger: false }; // the ids of the card in words and of the last one tapped
  const countRate = createRate($(".rate"), "grids/s");
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
    for (const [id, denoiser] of chosen) cards.set(id, createCard(id, denoiser, id !== NOTHING));
    readPins();
    sort();
    renewStops();
  }

  function paintAll() {
    shown.best = bests();
    for (const [id, card] of cards) {
      const entry = entries.get(id);
      if (entry) card.paint(entry, { ...shown, gain: gain(id), isBest: shown.best.psnr === id, isChosen: id === shown.request.denoiser });
    }
    const isWhole = [...cards.keys()].every((id) => entries.has(id) && !entries.get(id).stale);
    for (const button of element.querySelectorAll("[data-action]")) button.disabled = !isWhole;
    summarise();
    tellAbout(cards.has(hand.told) ? hand.told : cards.has(shown.request.denoiser) ? shown.request.denoiser : NOTHING);
  }

  const gain = (id) => (id === NOTHING ? NaN : value(id, "psnr") - value(NOTHING, "psnr"));

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

  function summarise() {
    const fresh = [...entries].filter(([id, entry]) => id !== NOTHING && !entry.stale).map(([id]) => id);
    const helped = fresh.filter((id) => value(id, "psnr") > value(NOTHING, "psnr")).length;
    write($(".summary"), `${helped} of ${fresh.length} make this picture better. Best in PSNR: ${props.denoisers[shown.best.psnr].title}.`);
  }

  const words = (id) => sentences({
    entry: entries.get(id),
    gain: gain(id),
    starred: Object.keys(metrics).filter((key) => shown.best[key] === id),
    label: shown.label,
    isNothing: id === NOTHING,
  }, metrics);

  // The card under the pointer or with the focus, in words.
  function tellAbout(id) {
    if (hand.told !== id) {
      cards.get(hand.told)?.root.classList.remove("told");
      cards.get(id).root.classList.add("told");
    }
    hand.told = id;
    $(".about").hidden = false;
    const { title, exact, lesson, facts } = props.denoisers[id];
    const entry = entries.get(id);
    write($(".about .title"), title);
    write($(".about .exact"), exact);
    write($(".about .lesson"), `${lesson} ${facts}`.trim());
    $(".about .strange").hidden = entry?.familiar !== false;
    write($(".about .numbers"), !entry ? "" : entry.stale ? "It is slow: its numbers follow." : words(id).join(" · "));
  }

  // Pinned cards first, where nothing is pinned the order chosen.
  function sort() {
    const key = order.value;
    const ids = [...cards.keys()];
    if (key) ids.sort((a, b) => value(b, key) - value(a, key));
    ids.sort((a, b) => cards.get(b).isPinned() - cards.get(a).isPinned());
    const roots = ids.map((id) => cards.get(id).root);
    const { children } = $(".grid");
    if (roots.length === children.length && roots.every((root, place) => root === children[place])) return;
    const focused = document.activeElement;
    $(".grid").replaceChildren(...roots);
    if (roots.some((root) => root.contains(focused))) focused.focus({ preventScroll: true });
  }

  const pins = () => (choice("pinned") ?? "").split(",").filter(Boolean);

  function readPins() {
    const pinned = pins();
    for (const [id, card] of cards) card.pin(pinned.includes(id));
  }

  function togglePin(id) {
    if (id === NOTHING) return;
    const pinned = pins();
    const left = pinned.includes(id) ? pinned.filter((other) => other !== id) : [...pinned, id];
    setChoice("pinned", left.join(",") || null);
    readPins();
    sort();
  }

  function complain(text) {
    say(text);
    quick.drop();
    Object.assign(shown, { domain: "", request: null });
    clearTimeout(shown.timer);
    cards.clear();
    entries.clear();
    $(".grid").replaceChildren();
    $(".about").hidden = true;
    $(".summary").textContent = "";
  }

  function say(text) {
    $(".message").textContent = text;
    $(".message").hidden = !text;
  }

  function readChoice() {
    const asked = choice("sort") ?? "";
    if ([...order.options].some((option) => option.value === asked)) order.value = asked;
    readPins();
    sort();
  }

  // The cards in their current order, for saving.
  function standing() {
    return [...$(".grid").children].map((root) => {
      const id = root.dataset.denoiser;
      return { id, ...props.denoisers[id], canvas: cards.get(id).canvas, words: words(id), entry: entries.get(id) };
    });
  }

  const find = ({ target }) => target.closest?.(".card")?.dataset.denoiser;
  const read = (event) => find(event) && shown.request && tellAbout(find(event));
  const actions = { png: savePicture, csv: saveTable };
  on(order, "change", () => {
    sort();
    setChoice("sort", order.value || null);
  });
  on(element, "pointerover", read);
  on(element, "focusin", read);
  on(element, "pointerdown", ({ pointerType }) => (hand.isFinger = pointerType === "touch"));
  on(element, "keydown", (event) => {
    if (event.key.toLowerCase() === "p" && !event.ctrlKey && !event.altKey && !event.metaKey && find(event)) togglePin(find(event));
  });
  on(element, "click", (event) => {
    const { action } = event.target.closest("[data-action]")?.dataset ?? {};
    if (action && shown.request) return actions[action](standing(), shown, metrics);
    const id = find(event);
    if (!id) return;
    if (event.target.closest(".pin")) return togglePin(id);
    const isFirstTap = hand.isFinger && hand.tapped !== id;
    hand.tapped = id;
    read(event);
    if (id !== NOTHING && !isFirstTap) askFor({ denoiser: id }); // the first tap reads the numbers
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

function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
