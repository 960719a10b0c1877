// Pure functions of the page: pixels, numbers, names in links, geometry.

import assert from "node:assert/strict";
import { test } from "node:test";

import { fit, press, stretch } from "../../../denoise_demo/ui/panels/pictures/crop.js";
import { sweepLevel } from "../../../denoise_demo/ui/panels/stage/playing.js";
import { pictureName } from "../../../denoise_demo/ui/web/address.js";
import { clamp, createRate, format, percent, signed, worth } from "../../../denoise_demo/ui/web/numbers.js";
import { heat, toRgba } from "../../../denoise_demo/ui/web/pixels.js";

const bytes = (...values) => Uint8Array.from(values);
const PHOTO = { width: 200, height: 100 };

test("grey pixels get three equal channels", () => {
  assert.deepEqual([...toRgba(bytes(0, 128), [1, 2, 1])], [0, 0, 0, 255, 128, 128, 128, 255]);
});

test("colour pixels keep their channels", () => {
  assert.deepEqual([...toRgba(bytes(1, 2, 3), [1, 1, 3])], [1, 2, 3, 255]);
});

test("a map is shown in colours from black to light yellow", () => {
  assert.deepEqual([...toRgba(bytes(0, 255), [1, 2, 3], true)], [0, 0, 4, 255, 252, 255, 164, 255]);
});

test("heat grows with the value", () => {
  const light = (value) => heat(value).reduce((sum, channel) => sum + channel);

  for (let value = 1; value < 256; value++) assert.ok(light(value) > light(value - 1), `${value}`);
});

test("a share never rounds up to certainty", () => {
  assert.deepEqual([0, 0.5, 0.994, 0.996].map(percent), ["0 %", "50 %", "99 %", "99+ %"]);
});

test("a metric is written with its decimals and unit, an infinite one with a sign", () => {
  const psnr = { decimals: 2, unit: "dB" };

  assert.equal(format(12.345, psnr), "12.35 dB");
  assert.equal(format(null, psnr), "∞ dB");
  assert.equal(format(0.5, { decimals: 3, unit: "" }), "0.500");
});

test("a difference has its sign, and none when it rounds to zero", () => {
  assert.deepEqual([1.25, -0.5, -0.01].map((value) => signed(value, 1)), ["+1.3", "−0.5", "±0.0"]);
});

test("a higher worth is better, and an infinite PSNR is the best", () => {
  assert.ok(worth(3, true) > worth(2, true));
  assert.ok(worth(0.1, false) > worth(0.2, false));
  assert.equal(worth(null, true), Infinity);
});

test("a value is kept between its bounds", () => {
  assert.deepEqual([-1, 0.5, 2].map((value) => clamp(value, 0, 1)), [0, 0.5, 1]);
});

test("a rate counts the paints of the last second", () => {
  const [shown, times] = [{}, [300, 600, 1500]];
  const count = createRate(shown, "pictures/s", () => times.shift());

  count(10);
  assert.equal(shown.textContent, "10 ms");
  count(20);
  assert.equal(shown.textContent, "2 pictures/s · 20 ms");
  count(30);
  assert.equal(shown.textContent, "2 pictures/s · 30 ms");
});

test("a picture is named by its collection and index, or by its pixels in URL-safe base64", () => {
  assert.equal(pictureName({ kind: "mnist", index: 7 }), "mnist:7");
  assert.equal(pictureName({ kind: "pixels", channels: 1, pixels: "a+b/c=" }), "pixels:1:a-b_c");
  assert.equal(pictureName({ kind: "drawing", pixels: "" }), null);
});

test("a sweep goes from the lowest level to the highest and back, in steps", () => {
  const span = { minimum: 0, maximum: 2, step: 0.5 };

  assert.deepEqual([0, 700, 1500, 3000, 4500, 6000].map((time) => sweepLevel(time, span)), [0, 0.5, 1, 2, 1, 0]);
});

test("a crop box stays within its photo", () => {
  assert.deepEqual(fit({ left: 190, top: -5, side: 20 }, PHOTO, 10), { left: 180, top: 0, side: 20 });
  assert.deepEqual(fit({ left: 0, top: 0, side: 500 }, PHOTO, 10), { left: 0, top: 0, side: 100 });
});

test("a corner is dragged while the opposite one stays", () => {
  const box = { left: 50, top: 50, side: 20 };

  assert.deepEqual(stretch(box, "nw", [40, 45], PHOTO, 10), { left: 40, top: 40, side: 30 });
  assert.deepEqual(stretch(box, "se", [500, 500], PHOTO, 10), { left: 50, top: 50, side: 50 });
});

test("keys move a crop box and resize it around its middle", () => {
  const box = { left: 50, top: 50, side: 20 };

  assert.deepEqual(press(box, "ArrowRight", PHOTO, 10), { left: 52, top: 50, side: 20 });
  assert.deepEqual(press(box, "-", PHOTO, 10), { left: 52, top: 52, side: 16 });
  assert.equal(press(box, "x", PHOTO, 10), null);
});
