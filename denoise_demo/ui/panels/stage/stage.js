// The live stage: requests, painting and buttons.

import { choice, setChoice } from "../../web/address.js";
import { call, revive } from "../../web/line.js";
import { createPanel } from "../../web/panel.js";
import { toBase64 } from "../../web/pixels.js";
import { createQueue } from "../../web/queue.js";
import { createRate } from "../../web/numbers.js";
import { attach, complaint, isKnown, isSame, settle, state, wanted } from "../../web/state.js";
import { createPad } from "./drawing.js";
import { createPainter } from "./painting.js";
import { createDreamer, createPlayer } from "./playing.js";
import { createScenes } from "./scenes.js";
import { createTeller } from "./telling.js";
import { createTour } from "./tour.js";
import { createWipe } from "../../web/wipe.js";

const REST = 1000; // milliseconds from the first picture to the sweep that greets
const PATIENCE = 400; // milliseconds before a number out of range is reported: the user may still be typing

export const mount = createPanel(({ element, $, on, props, server, trigger }) => {
  const stage = element.closest("#stage");
  const first = revive(props.first.reply); // the picture of the start, which comes with the page
  const isShown = () => stage.offsetParent !== null;
  const wipe = createWipe({ handle: $(".wipe"), noisy: $("canvas[data-panel=noisy]"), on });
  const painter = createPainter(element, stage, wipe);
  const tell = createTeller({ element });
  const countRate = createRate($(".rate"), "pictures/s");
  let explained = false; // whether the message explains a number out of range
  let noteSeen = false; // whether the picture of the note has been painted

  const queue = createQueue({
    // While hidden, only request a picture whose pixels are unknown: links and figures need them.
    next: () => (dreamer.isDreaming() || (!isShown() && isKnown()) ? null : wanted()),
    call: (request) => (isSame(request, props.first.request) ? first : call(server, "step", request)),
    paint,
    lost: say,
  });
  const tour = createTour({ place: $(".tour"), strip: $(".strip"), stage, on });
  createScenes({ strip: $(".strip"), scenes: props.scenes, on, tour: tour.start });
  const pad = createPad({ element, on, blank });
  const player = createPlayer({ button: $("[data-action=play]"), say });
  const dreamer = createDreamer({
    element, stage, server, painter, say,
    denoiser: props.dreamer,
    begin: player.stop,
    play: queue.drop, // pending replies belong to the picture before the dream
    leave: refresh,
  });

  function refresh() {
    dreamer.wake();
    queue.refresh();
    if (complaint()) setTimeout(complain, PATIENCE);
    else if (explained) say("");
  }

  function paint(reply, request, elapsed) {
    if (reply.error) {
      painter.blank();
      state.clean = null;
      return say(reply.error);
    }
    say("");
    painter.paint(reply, request);
    const [height, width, channels] = reply.shape;
    settle(request, reply.original ?? { kind: "pixels", pixels: toBase64(reply.images.clean), height, width, channels });
    checkNote(request);
    tell(reply);
    if (reply !== first) countRate(elapsed);
    if (stage.dataset.paints === "1") setTimeout(player.greet, REST);
  }

  // A note is shown only with its own picture and settings.
  function checkNote(request) {
    if (!state.note) return;
    const { text, source, settings } = state.note;
    const isOf = isSame(request, { source, ...settings });
    noteSeen ||= isOf;
    if (noteSeen) $(".note").hidden = !isOf || !text;
  }

  function showNote() {
    noteSeen = false;
    $(".note").textContent = state.note?.text ?? "";
    $(".note").hidden = !state.note?.text;
  }

  function complain() {
    if (!complaint()) return;
    say(complaint());
    explained = true;
  }

  function say(text) {
    explained = false;
    const message = $(".message");
    if (message.textContent !== text) message.textContent = text;
    message.hidden = !text;
  }

  // The pad is blank: pending replies belong to a cleared drawing.
  function blank() {
    queue.rest();
    say("");
    dreamer.wake();
    painter.blank();
  }

  // Another tab of the picture chooser is open.
  function showTab() {
    const isDrawing = state.pictures === "drawing";
    element.classList.toggle("drawing", isDrawing);
    $(".pen").hidden = !isDrawing;
    $("[data-action=draw]").hidden = state.domain === "faces";
    $("[data-action=draw]").setAttribute("aria-pressed", isDrawing);
    $("[data-action=dream]").hidden = state.domain === "faces";
    pad.show(isDrawing);
  }

  function showSpread() {
    const isSpread = choice("expected") !== null;
    $("[data-action=spread]").setAttribute("aria-pressed", isSpread);
    $("[data-of=spread]").hidden = !isSpread;
    $(".panels").classList.toggle("five", isSpread);
  }

  const actions = {
    play: player.toggle,
    draw: () => trigger("draw"),
    spread: () => {
      setChoice("expected", choice("expected") ? null : "shown");
      showSpread();
    },
    dream: dreamer.next,
    wake: refresh,
    ...pad.actions,
  };
  on(element, "click", ({ target }) => {
    const button = target.closest("[data-action]");
    if (button) actions[button.dataset.action](button);
  });
  dreamer.listen(on);
  const leave = () => {
    player.stop();
    dreamer.wake();
  };
  showTab();
  showNote();
  showSpread();
  attach("stage", {
    refresh,
    pump: queue.pump,
    drop: queue.drop,
    satisfy: queue.satisfy,
    stop: player.stop,
    tabbed: showTab,
    draw: () => {
      pad.send();
      if (pad.isAway()) $(".bar").scrollIntoView({ block: "start" });
    },
    noted: showNote,
    choices: showSpread,
    reset: () => {
      pad.reset();
      showSpread();
    },
  });
  return leave;
});
