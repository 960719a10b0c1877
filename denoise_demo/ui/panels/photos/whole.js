// The whole photo, cleaned tile by tile: progress, time left, and the files to save.

import { timeLeft } from "./spot.js";

const PATIENCE = 1000; // milliseconds before the next attempt when the server does not answer

// `treatment` returns the request without its number; `ask` sends it; `resend` sends the photo again
// and tells whether that worked; `map` paints the tiles; `say` shows a sentence.
export function createWhole({ $, treatment, ask, resend, map, say }) {
  const [bar, words] = [$("progress"), $(".left")];
  const button = (name) => $(`[data-action=${name}]`);
  let turn = 0; // number of the run; an earlier one ends when it sees another
  let isRunning = false;
  let key = ""; // what has been cleaned so far
  let done = 0;
  let all = 1;

  function show() {
    const isWhole = key && done === all;
    button("clean").hidden = isRunning || isWhole;
    button("stop").hidden = !isRunning;
    for (const kind of ["png", "jpg"]) button(kind).hidden = !isWhole;
    bar.hidden = !isRunning;
    bar.value = done / all;
  }

  async function start() {
    const base = treatment();
    if (!base) return;
    if (key !== JSON.stringify(base)) forget();
    const own = ++turn;
    if (!done) map.begin();
    key = JSON.stringify(base);
    isRunning = true;
    say("");
    show();
    await run(base, own, { from: done, since: performance.now() });
    if (own !== turn) return;
    isRunning = false;
    show();
  }

  async function run(base, own, begun) {
    while (own === turn && (done < all || !done)) {
      const reply = await ask("clean_tile", { ...base, index: done });
      if (own !== turn) return;
      if (!reply || reply.busy) await new Promise((go) => setTimeout(go, reply?.retry ?? PATIENCE));
      else if (reply.error) return fail(reply.error);
      else if (reply.unknown) {
        if (!(await resend())) return forget();
      } else if (reply.restart) {
        done = 0;
        Object.assign(begun, { from: 0, since: performance.now() });
      } else advance(reply, begun);
    }
    if (own === turn) words.textContent = "The whole photo is clean.";
  }

  function advance(reply, { from, since }) {
    map.paint(reply);
    done += 1;
    all = reply.of;
    const seconds = (performance.now() - since) / 1000;
    words.textContent = `${Math.floor((100 * done) / all)} % · ${timeLeft((seconds / (done - from)) * (all - done))}`;
    show();
  }

  function fail(text) {
    say(text);
    forget();
  }

  // Stop; what is clean already stays, and the button goes on.
  function stop() {
    if (!isRunning) return;
    turn += 1;
    isRunning = false;
    words.textContent = `Stopped at ${Math.floor((100 * done) / all)} %: the button goes on from there.`;
    show();
  }

  function forget() {
    turn += 1;
    isRunning = false;
    words.textContent = "";
    [key, done, all] = ["", 0, 1];
    map.clear();
    show();
  }

  // The visitor touched something: stop, and forget the result if it is no longer that of what is shown.
  function touch() {
    stop();
    if (key && key !== JSON.stringify(treatment())) forget();
  }

  async function save(kind, name) {
    const reply = await ask("save_photo", { ...JSON.parse(key), format: kind });
    if (reply?.restart) return fail("The server has forgotten the result: clean the photo again.");
    if (!reply?.file) return say(reply?.error ?? "The server does not answer: try again.");
    const blob = new Blob([reply.file], { type: kind === "png" ? "image/png" : "image/jpeg" });
    const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: `${name}-clean.${kind}` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }

  show();
  return { start, stop, touch, forget, save };
}
