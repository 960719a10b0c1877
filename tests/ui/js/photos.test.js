// The window on a photo, and the whole photo tile by tile.

import assert from "node:assert/strict";
import { test } from "node:test";

import { fit, fromName, magnified, middle, press, timeLeft, toName } from "../../../denoise_demo/ui/panels/photos/spot.js";
import { createWhole } from "../../../denoise_demo/ui/panels/photos/whole.js";

const photo = { width: 1200, height: 675 };

test("the window stays on the photo, which may be smaller", () => {
  assert.deepEqual(fit({ left: -5, top: 9999 }, photo, 256), { left: 0, top: 419 });
  assert.deepEqual(fit({ left: 40, top: 40 }, { width: 100, height: 1 }, 256), { left: 0, top: 0 });
  assert.deepEqual(middle(photo, 256), { left: 472, top: 210 });
});

test("arrow keys move it by sixteen pixels, with Shift by one", () => {
  const spot = { left: 10, top: 100 };
  assert.deepEqual(press(spot, { key: "ArrowRight" }, photo, 256), { left: 26, top: 100 });
  assert.deepEqual(press(spot, { key: "ArrowUp", shiftKey: true }, photo, 256), { left: 10, top: 99 });
  assert.deepEqual(press(spot, { key: "ArrowLeft" }, photo, 256), { left: 0, top: 100 });
  assert.equal(press(spot, { key: "Tab" }, photo, 256), null);
});

test("a zoom shows the middle", () => {
  assert.deepEqual(magnified(256, 256, 8), { left: 112, top: 112, width: 32, height: 32 });
  assert.deepEqual(magnified(256, 1, 4), { left: 96, top: 0, width: 64, height: 1 });
});

test("a link names a photo and its window", () => {
  assert.deepEqual(fromName(toName("wren", { left: 3, top: 40 })), { photo: "wren", spot: { left: 3, top: 40 } });
  assert.deepEqual(fromName("wren"), { photo: "wren", spot: null });
});

test("the time left is in seconds, then minutes", () => {
  assert.equal(timeLeft(0.2), "1 s left");
  assert.equal(timeLeft(89), "89 s left");
  assert.equal(timeLeft(150), "3 min left");
});

// A whole photo of three tiles, with answers that the test gives.
function begin(answers) {
  const parts = new Map();
  const $ = (selector) => parts.get(selector) ?? parts.set(selector, {}).get(selector);
  const asked = [];
  const scene = { seed: 0, said: "", painted: 0, asked, $ };
  const ask = async (name, request) => {
    asked.push(request.index);
    return answers(request, asked.length, scene);
  };
  const map = { begin() {}, clear() {}, paint: () => (scene.painted += 1) };
  const resend = async () => (scene.resent = true);
  scene.whole = createWhole({ $, treatment: () => ({ photo: "wren", seed: scene.seed }), ask, resend, map, say: (text) => (scene.said = text) });
  return scene;
}

test("all tiles are cleaned, then the files are offered", async () => {
  const scene = begin(() => ({ of: 3 }));
  await scene.whole.start();

  assert.deepEqual(scene.asked, [0, 1, 2]);
  assert.equal(scene.painted, 3);
  assert.equal(scene.$("[data-action=png]").hidden, false);
  assert.equal(scene.$("progress").hidden, true);
});

test("a touch stops it, and the button goes on where it stopped", async () => {
  const scene = begin((_, count, { whole }) => {
    if (count === 2) whole.touch();
    return { of: 3 };
  });
  await scene.whole.start();
  assert.match(scene.$(".left").textContent, /^Stopped at 33 %/);
  assert.equal(scene.$("[data-action=png]").hidden, true);

  await scene.whole.start();
  assert.deepEqual(scene.asked, [0, 1, 1, 2]);
});

test("other settings start anew", async () => {
  const scene = begin(() => ({ of: 1 }));
  await scene.whole.start();
  scene.seed = 1;
  scene.whole.touch();

  assert.equal(scene.$("[data-action=png]").hidden, true);
  await scene.whole.start();
  assert.deepEqual(scene.asked, [0, 0]);
});

test("a server that has lost the photo or the result gets them again", async () => {
  const scene = begin((_, count) => [{ of: 2 }, { restart: true }, { unknown: true }][count - 1] ?? { of: 2 });
  await scene.whole.start();

  assert.equal(scene.resent, true);
  assert.deepEqual(scene.asked, [0, 1, 0, 0, 1]);
});

test("an error is said, and ends it", async () => {
  const scene = begin(() => ({ error: "The memory is full." }));
  await scene.whole.start();

  assert.equal(scene.said, "The memory is full.");
  assert.equal(scene.$("[data-action=stop]").hidden, true);
});
