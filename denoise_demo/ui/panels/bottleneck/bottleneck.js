// The bottleneck: one digit encoded by every network, and a code that the user edits.

import { choice, setChoice } from "../../web/address.js";
import { call } from "../../web/line.js";
import { clamp, createRate, format, percent } from "../../web/numbers.js";
import { ask } from "../../web/page.js";
import { createPanel } from "../../web/panel.js";
import { paintPixels } from "../../web/pixels.js";
import { createQueue } from "../../web/queue.js";
import { rove } from "../../web/roving.js";
import { attach, isSame, settle, state, wanted } from "../../web/state.js";
import { createPlane } from "./plane.js";

const FULL = 30; // decibels, of the longest bar
const DIGIT = [28, 28, 1];

export const mount = createPanel(({ element, $, on, props, server }) => {
  const view = element.closest("#codes");
  const countRate = createRate($(".rate"), "codes/s");
  const cards = new Map(Object.entries(props.networks).map(([id, network]) => [id, makeCard(id, network)]));
  $(".strip").replaceChildren(...[...cards.values()].map((card) => card.root));
  // The code in the editor: its network, its numbers, whether the user moved it; `asked` is a code from a link.
  const edit = { network: props.first, code: null, isMoved: false, asked: null };
  let replies = {}; // last answer of the server, by network
  let decodes = 0;

  const encoding = createQueue({
    next: () => (view.offsetParent === null ? null : wantedDigit()),
    call: (request) => call(server, "codes", request),
    paint: paintCodes,
    lost: say,
  });
  const decoding = createQueue({
    next: () => edit.code && { network: edit.network, code: edit.code },
    call: (request) => call(server, "decode", request),
    paint: paintDecoded,
    lost: say,
  });
  const plane = props.plane && createPlane({ element, on, plane: props.plane, moved: (code) => move(code) });

  const wantedDigit = () => (state.domain === "faces" ? null : wanted());

  // ---- The strip: one digit encoded by every network

  function paintCodes(reply, request) {
    if (reply.error) return showNothing(reply.error);
    say("");
    settle(request, reply.clean);
    const isKnown = isSame(replies, reply.networks);
    replies = reply.networks;
    $(".strip").hidden = false;
    for (const [id, card] of cards) {
      const found = replies[id];
      if (!found) continue;
      paintPixels(card.picture, found.image, DIGIT);
      paintPixels(card.code, found.code_image, [...found.code_shape, 1], true);
      card.psnr.textContent = `this picture ${format(found.psnr, state.shared.metrics.psnr)}`;
      card.bar.style.transform = `scaleX(${clamp((found.psnr ?? FULL) / FULL, 0, 1)})`;
    }
    if (!isKnown || $(".editor").hidden) {
      select(edit.network, edit.asked);
      edit.asked = null;
    }
    view.dataset.paints = Number(view.dataset.paints ?? 0) + 1;
  }

  function select(id, code = null) {
    Object.assign(edit, { network: id, isMoved: false });
    for (const [key, card] of cards) card.root.setAttribute("aria-pressed", key === id);
    if (!code) setChoice("code", null);
    decoding.drop(); // the next move is requested even if it repeats the last one
    const found = replies[id];
    if (!found) return;
    const isUsable = found.code && code?.length === found.code.length;
    showEditor(found, isUsable ? code : found.code);
    if (isUsable) move(code);
  }

  // ---- The editor: the user changes a code

  function showEditor(found, code) {
    const isPlane = edit.network === plane?.network;
    $(".editor").hidden = false;
    for (const part of [".plane", ".classes"]) $(part).hidden = !isPlane;
    $(".sliders").hidden = isPlane || !found.code;
    $("[data-action=back]").hidden = !found.code;
    $(".what").textContent = `${explain(found, isPlane)} Trained on ${props.networks[edit.network].learnt}.`;
    paintPixels($("[data-code=decoded]"), found.image, DIGIT);
    sayRead(found);
    edit.code = code && [...code];
    if (isPlane) plane.place(edit.code);
    else if (found.code) $(".sliders").replaceChildren(...found.units.map(makeSlider));
  }

  function makeSlider({ unit, span }) {
    const label = document.createElement("label");
    const input = Object.assign(document.createElement("input"), { type: "range", min: 0, max: span, step: span / 200 });
    input.value = edit.code[unit];
    input.dataset.unit = unit;
    const value = document.createElement("span");
    value.textContent = edit.code[unit].toFixed(1);
    input.addEventListener("input", () => {
      value.textContent = Number(input.value).toFixed(1);
      move(edit.code.with(unit, Number(input.value)));
    });
    label.append(`unit ${unit + 1}`, input, value);
    return label;
  }

  function move(code) {
    Object.assign(edit, { code, isMoved: true });
    decoding.refresh();
    setChoice("network", edit.network);
    setChoice("code", code.map((value) => Number(value.toPrecision(3))).join(" "));
  }

  function paintDecoded(reply, request, elapsed) {
    if (reply.error) return say(reply.error);
    if (request.network !== edit.network || !edit.isMoved) return;
    paintPixels($("[data-code=decoded]"), reply.image, DIGIT);
    sayRead(reply);
    view.dataset.decodes = ++decodes;
    view.dataset.code = request.code.slice(0, 2).join(" ");
    countRate(elapsed);
  }

  function sayRead({ digit, probability }) {
    const read = digit === null ? "" : ` It reads as ${digit}, ${percent(probability)}.`;
    $(".editor figcaption").textContent = `${edit.isMoved ? "Decoded from the code as you set it." : "This digit, decoded from its code."}${read}`;
  }

  function say(text) {
    $(".message").textContent = text;
    $(".message").hidden = !text;
  }

  function showNothing(text) {
    say(text);
    encoding.drop(); // the next digit is requested even if it is the last one
    for (const part of [".strip", ".editor"]) $(part).hidden = true;
  }

  function refresh() {
    if (state.domain === "faces") {
      showNothing("These networks were trained on digits: choose Digits to see their codes. ");
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: "Show a digit" });
      button.addEventListener("click", () => ask("domain", "digits"));
      $(".message").append(button);
    }
    encoding.refresh();
  }

  // A link names a network, and perhaps a code for the next digit.
  function readChoices() {
    const network = choice("network");
    if (Object.hasOwn(props.networks, network ?? "")) edit.network = network;
    const numbers = choice("code")?.split(" ").map(Number);
    edit.asked = numbers?.every(Number.isFinite) ? numbers : null;
    $(".editor").hidden = true; // until the digit is encoded
  }

  on(element, "click", ({ target }) => {
    const { network } = target.closest(".network")?.dataset ?? {};
    if (network) {
      select(network);
      setChoice("network", network);
    }
    if (target.closest("[data-action=back]")) select(edit.network);
  });
  rove($(".strip"), on);
  readChoices();
  attach("codes", {
    refresh,
    pump: encoding.pump,
    blank: () => {
      encoding.rest();
      showNothing("The pad is blank: draw a digit on the stage.");
    },
    choices: readChoices,
    reset: () => select(props.first),
  });
});

function explain(found, isPlane) {
  if (!found.code) return "This code has more values than the picture has pixels, so it is no bottleneck: the network can keep everything.";
  if (isPlane) return "A code of two numbers is a point on this map. The colour shows which digit the classifier reads in the decoded picture; the digits mark the codes of the built-in digits. Drag the ring.";
  const { units } = found;
  return units.length < found.code.length
    ? `The ${units.length} largest of the code's ${found.code.length} numbers for this digit, called units. Move one to see what it encodes.`
    : `All ${units.length} numbers of the code, called units. Move one to see what it encodes.`;
}

function makeCard(id, network) {
  const root = Object.assign(document.createElement("button"), { type: "button", className: "network" });
  root.dataset.network = id;
  const picture = Object.assign(document.createElement("canvas"), { className: "picture", width: 28, height: 28 });
  const code = Object.assign(document.createElement("canvas"), { className: "code" });
  const [title, psnr, bar, measured] = ["b", "span", "i", "span"].map((tag) => document.createElement(tag));
  title.textContent = network.title;
  measured.className = "measured";
  measured.textContent = network.measured;
  root.append(picture, title, psnr, bar, measured, code);
  return { root, picture, code, psnr, bar };
}
