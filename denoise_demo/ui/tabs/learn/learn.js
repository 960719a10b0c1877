// The Learn tab: a form of choices, a training on the server, and what the page shows of it.

import { call } from "../../web/line.js";
import { createPanel } from "../../web/panel.js";
import { paintPixels } from "../../web/pixels.js";
import { createCurve } from "./curve.js";
import { createForm } from "./form.js";
import { createGuided } from "./guided.js";
import { copy, save, toStage } from "./taking.js";
import { WORDS } from "./words.js";

const REST = 150; // milliseconds between two looks at a training
const SLOW = 20000; // milliseconds between two looks at one that has ended, so that it is kept
const PATIENCE = 1000; // milliseconds before the next attempt when the server does not answer
const ACTIVE = ["waiting", "training"];

// The training, also while another tab is open: its key, state, choices and moments, the noisy strip,
// whether the strip below follows the newest moment, and the run of a short lesson that it is.
let lesson = { key: null, state: null, moments: [], isLive: true };
let looking = 0; // the number of the loop that looks; a newer one replaces it

export const mount = createPanel(({ element, $, on, props, server }) => {
  const root = element.closest("#learn");
  const form = createForm({ $, on, props });
  const curve = createCurve($(".curve"));
  const strip = [28, 28 * props.digits, 1];
  const slider = $("[data-moment]");

  const ask = (name, request) => call(server, name, request);

  async function train(run = null) {
    if (!form.check()) return;
    const choices = form.read();
    const reply = await ask("train", choices);
    if (!reply) return say(WORDS.away, true);
    if (reply.error) return say(sentence(reply.error), true);
    lesson = { key: reply.lesson, state: "waiting", moments: [], isLive: true, choices, run };
    $("[data-strip=cleaned]").getContext("2d").clearRect(0, 0, strip[1], strip[0]);
    curve.clear(choices.epochs);
    Object.assign(slider, { disabled: true, max: 0, value: 0 });
    show();
    look(++looking);
  }

  // Look at the training again and again, until another loop replaces this one.
  async function look(loop) {
    while (loop === looking && element.isConnected) {
      const reply = await ask("watch", { lesson: lesson.key, since: lesson.moments.length });
      if (loop !== looking) return;
      if (reply && !reply.busy && !reply.superseded) take(reply);
      if (reply?.error && !reply.busy) return;
      const isBehind = Boolean(reply?.moments?.length);
      const isActive = ACTIVE.includes(lesson.state) || isBehind;
      await new Promise((go) => setTimeout(go, !reply ? PATIENCE : isActive ? REST : SLOW));
    }
  }

  function take(reply) {
    if (reply.error) {
      Object.assign(lesson, { state: "failed", said: sentence(reply.error) });
      return show();
    }
    const { state, said, place, unseen, offer, yours } = reply;
    Object.assign(lesson, { state, said, place, unseen, offer, yours, noisy: reply.noisy ?? lesson.noisy });
    lesson.moments.push(...reply.moments);
    if (reply.moments.length) showMoments();
    show();
    if (!ACTIVE.includes(reply.state) && reply.state !== "paused" && !reply.moments.length) finishRun();
  }

  // A run of a short lesson has ended: show its outcome there.
  function finishRun() {
    const newest = lesson.moments.at(-1);
    if (lesson.run && newest) guided.finish(lesson.run, newest.strip, strip, WORDS.outcome(newest.psnr.toFixed(1)));
    lesson.run = null;
  }

  // The curve and the strips.
  function showMoments() {
    slider.disabled = lesson.moments.length < 2;
    slider.max = lesson.moments.length - 1;
    curve.draw(lesson.moments);
    $(".given").textContent = lesson.unseen ? WORDS.unseen : WORDS.heldOut;
    paintPixels($("[data-strip=noisy]"), lesson.noisy, strip);
    if (!lesson.isLive) return;
    slider.value = slider.max;
    showMoment();
  }

  // The buttons, and the sentence above the strips.
  function show() {
    const { state, place, said, offer = null } = lesson;
    const isActive = ACTIVE.includes(state);
    const button = (action) => $(`[data-action=${action}]`);
    button("train").textContent = state ? WORDS.again : WORDS.train;
    button("pause").hidden = !isActive && state !== "paused";
    button("pause").textContent = state === "paused" ? WORDS.goOn : WORDS.pause;
    button("stop").hidden = !isActive && state !== "paused";
    button("offer").hidden = offer === null;
    if (offer !== null) button("offer").textContent = WORDS.offer(offer);
    const words = { waiting: WORDS.waiting(place), training: WORDS.training, paused: WORDS.paused, done: WORDS.done };
    say(said || words[state] || "", state === "diverged" || state === "failed");
    $(".take").hidden = !lesson.yours;
    if (lesson.yours) {
      $(".what").textContent = WORDS.what(lesson.yours.epochs);
      $(".take code").textContent = lesson.yours.command;
    }
    root.dataset.epochs = lesson.yours?.epochs ?? 0;
    root.dataset.state = state ?? "";
    root.dataset.moments = lesson.moments.length;
  }

  function showMoment() {
    const moment = lesson.moments[Number(slider.value)];
    if (!moment) return;
    paintPixels($("[data-strip=cleaned]"), moment.strip, strip);
    const numbers = {
      epoch: moment.epoch.toFixed(1),
      seconds: moment.seconds.toFixed(1),
      loss: moment.loss.toPrecision(3),
      psnr: `${moment.psnr.toFixed(1)} dB`,
    };
    for (const [name, text] of Object.entries(numbers)) $(`[data-number=${name}]`).textContent = text;
    $(".when").textContent = lesson.isLive ? WORDS.now : WORDS.then(numbers.epoch);
    $("[data-strip=cleaned]").setAttribute("aria-label", WORDS.strip(numbers.epoch, numbers.psnr));
    slider.setAttribute("aria-valuetext", WORDS.moment(numbers.epoch));
    curve.mark(moment);
    root.dataset.shown = slider.value;
  }

  function say(text, isWrong = false) {
    const message = $(".message");
    if (message.textContent !== text) message.textContent = text;
    message.classList.toggle("wrong", isWrong && Boolean(text));
  }

  async function fetchFile(use) {
    const before = $(".message").textContent;
    say(WORDS.preparing);
    const reply = await ask("pack", { lesson: lesson.key });
    if (!reply || reply.error) return say(reply ? sentence(reply.error) : WORDS.away, true);
    use(reply);
    say(before);
  }

  async function steer(action) {
    await ask("steer", { lesson: lesson.key, action });
    look(++looking);
  }

  const guided = createGuided($(".lessons"), props.guided, (choices, run) => {
    form.write(choices);
    train(run);
    $(".run").scrollIntoView({ block: "nearest" });
  });

  const actions = {
    train: () => train(),
    pause: () => steer(lesson.state === "paused" ? "go on" : "pause"),
    stop: () => steer("stop"),
    restore: form.restore,
    stage: () => toStage(lesson.yours, form.read()),
    download: () => fetchFile((reply) => save(reply.file, reply.name)),
    card: () => fetchFile((reply) => save(reply.card, reply.name.replace(".safetensors", "-card.md"))),
    copy: (button) => copy(button, lesson.yours.command),
    offer: () => {
      form.set("rate", lesson.offer);
      train();
    },
  };
  on(element, "click", ({ target }) => {
    const button = target.closest("[data-action]");
    actions[button?.dataset.action]?.(button);
  });
  on($("form"), "submit", (event) => {
    event.preventDefault();
    train();
  });
  on(slider, "input", () => {
    lesson.isLive = slider.value === slider.max;
    showMoment();
  });
  if (lesson.key) {
    form.write(lesson.choices);
    curve.clear(lesson.choices.epochs);
    if (lesson.moments.length) showMoments();
    look(++looking);
  }
  show();
  return () => looking++;
});

const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
