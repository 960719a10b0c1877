// Photos of any size: a live window, and the whole photo on request.

import { choice, setChoice } from "../../web/address.js";
import { call } from "../../web/line.js";
import { createRate } from "../../web/numbers.js";
import { createPanel } from "../../web/panel.js";
import { createQueue } from "../../web/queue.js";
import { rove } from "../../web/roving.js";
import { attach, complaint, state } from "../../web/state.js";
import { createWipe } from "../../web/wipe.js";
import { createMap } from "./map.js";
import { createPainter } from "./showing.js";
import { createSender } from "./sending.js";
import { fromName, middle, toName } from "./spot.js";
import { createWhole } from "./whole.js";

const REST = 250; // milliseconds without a change until the window gets the result of the whole photo
const ONE = "Several files came at once: this is the first.";

export const mount = createPanel(({ element, $, on, props, server }) => {
  const panel = element.closest("#photos");
  const first = Object.keys(props.photos)[0];
  const control = (name) => $(`[data-choice=${name}]`);
  const sender = createSender({ server, largest: props.largest });
  const wipe = createWipe({ handle: $(".wipe"), noisy: $("canvas[data-panel=noisy]"), on });
  const painter = createPainter({ element, panel, wipe });
  const countRate = createRate($(".rate"), "pictures");
  const ask = (name, request) => call(server, name, request);
  let photo = null; // as open_photo answers, with its title
  let spot = { left: 0, top: 0 };
  let isFine = false; // whether the result of the whole photo is wanted
  let timer = 0;
  let opening = 0; // number of the last photo that was asked for

  const queue = createQueue({
    next: () => (panel.offsetParent && photo && !complaint() ? { ...treatment(), ...spot, fine: isFine } : null),
    call: (request) => ask("show_window", request),
    paint,
    lost: say,
  });
  const map = createMap({ $, on, side: props.window, moved });
  const whole = createWhole({ $, treatment, ask, resend, map, say });

  // What is done to the photo; null while there is none, or with a number out of range.
  function treatment() {
    if (!photo || complaint()) return null;
    const { kind, level, blur_sigma, seed } = state.settings;
    const already = control("already").checked;
    const strength = already ? Number(control("strength").value) / 100 : 1;
    return { photo: photo.photo, kind, level, blur_sigma, seed, denoiser: control("cleaner").value, already, strength };
  }

  function refresh() {
    isFine = false;
    queue.refresh();
    clearTimeout(timer);
    timer = setTimeout(() => {
      isFine = true;
      queue.refresh();
    }, REST);
    whole.touch();
  }

  function paint(reply, request, elapsed) {
    if (reply.unknown) return resend();
    if (reply.error) return say(reply.error);
    say("");
    painter.paint(reply, request, photo, Number(control("zoom").value));
    countRate(elapsed);
  }

  function say(text) {
    const message = $(".message");
    if (message.textContent !== text) message.textContent = text;
    message.hidden = !text;
  }

  // The server does not have the photo, or no longer: send it again, or show a built-in one.
  let resending = null;
  function resend() {
    resending ??= sendAgain().finally(() => (resending = null));
    return resending;
  }

  async function sendAgain() {
    if (!sender.isOwn(photo.photo)) {
      await open(first);
      return false;
    }
    const reply = await sender.again();
    if (reply.error) say(reply.error);
    else {
      queue.drop();
      queue.refresh();
    }
    return !reply.error;
  }

  function moved(wanted) {
    spot = wanted;
    if (photo.photo in props.photos) setChoice("photo", toName(photo.photo, spot));
    refresh();
  }

  async function open(name, at = null) {
    const own = ++opening;
    const reply = await ask("open_photo", { name });
    if (own === opening) show(reply ?? { error: "The server does not answer: choose a photo again." }, props.photos[name].title, at);
  }

  async function take(files) {
    const [file] = files;
    if (!file) return;
    const own = ++opening;
    whole.stop();
    say("Sending the photo…");
    const reply = await sender.send(file);
    if (own !== opening) return;
    const notes = [reply.notes, files.length > 1 && ONE].filter(Boolean).join(" ");
    show({ ...reply, notes }, file.name || "Your photo", null);
    if (!reply.error) setChoice("photo", null);
  }

  function show(reply, title, at) {
    say(reply.error ?? "");
    if (reply.error) return;
    whole.forget();
    queue.drop();
    photo = { ...reply, title };
    painter.describe(photo);
    map.show(photo, at ?? middle(photo, props.window));
    mark();
  }

  function mark() {
    for (const button of element.querySelectorAll("[data-photo]")) {
      button.setAttribute("aria-pressed", button.dataset.photo === photo?.photo);
    }
    renewStops();
  }

  // ---- Choices

  function readChoices() {
    const { photo: name, spot: at } = fromName(choice("photo") ?? "");
    control("cleaner").value = choice("cleaner") ?? Object.keys(props.denoisers)[0];
    control("already").checked = choice("already") !== null;
    control("strength").value = choice("strength") ?? 100;
    showChoices();
    if (name && (name !== photo?.photo || toName(name, spot) !== choice("photo"))) open(name, at);
    else if (photo) refresh();
  }

  function showChoices() {
    const { checked } = control("already");
    panel.toggleAttribute("data-already", checked);
    $(".strength").hidden = !checked;
    $(".strength output").textContent = `${control("strength").value} %`;
    $("[data-of=noisy] b").textContent = checked ? "Your picture" : "Noisy";
    control("cleaner").title = props.denoisers[control("cleaner").value].lesson;
  }

  function changed() {
    const [already, strength, cleaner] = [control("already").checked, control("strength").value, control("cleaner").value];
    setChoice("cleaner", cleaner === Object.keys(props.denoisers)[0] ? null : cleaner);
    setChoice("already", already ? "noisy" : null);
    setChoice("strength", already && strength !== "100" ? strength : null);
    showChoices();
    refresh();
  }

  function build() {
    for (const [id, { title }] of Object.entries(props.denoisers)) control("cleaner").add(new Option(title, id));
    $(".strip").replaceChildren(...Object.entries(props.photos).map(([name, { title, picture }]) => {
      const button = Object.assign(document.createElement("button"), { type: "button", title });
      button.dataset.photo = name;
      button.append(Object.assign(new Image(), { src: picture, alt: title }));
      return button;
    }));
  }

  const fileName = () => photo.title.replace(/\.\w+$/, "");
  const actions = {
    own: () => $("input[type=file]").click(),
    clean: whole.start,
    stop: whole.stop,
    png: () => whole.save("png", fileName()),
    jpg: () => whole.save("jpg", fileName()),
  };

  build();
  const renewStops = rove($(".strip"), on);
  on(element, "click", ({ target }) => {
    const { photo: name } = target.closest("button[data-photo]")?.dataset ?? {};
    if (name) open(name);
    actions[target.closest("[data-action]")?.dataset.action]?.();
  });
  on(element, "input", ({ target }) => {
    if (target === control("zoom")) painter.zoom(Number(target.value));
    else if (target.dataset.choice) changed();
  });
  on($("input[type=file]"), "change", ({ target }) => {
    take([...target.files]);
    target.value = "";
  });
  for (const type of ["dragover", "drop"]) {
    on(element, type, (event) => {
      event.preventDefault();
      if (type === "drop") take([...event.dataTransfer.files]);
    });
  }
  on(document, "paste", ({ clipboardData }) => panel.offsetParent && take([...(clipboardData?.files ?? [])]));
  attach("photos", {
    refresh: () => photo && refresh(),
    pump: queue.pump,
    choices: readChoices,
    reset: () => {
      photo = null;
      open(first);
      readChoices();
    },
  });
  if (props.problem) say(props.problem);
  readChoices();
  if (!choice("photo")) open(first);
  return () => {
    clearTimeout(timer);
    whole.stop();
  };
});
