// The translator of the page's texts.

import assert from "node:assert/strict";
import test from "node:test";

import { createTranslator } from "../../../denoise_demo/ui/web/language.js";

const translate = createTranslator({
  Noise: "Ruído",
  digits: "dígitos",
  "{COUNT} of {ALL} {things}": "{COUNT} de {ALL} {things}",
  "Draw one. Then look at $x_{10}$.": "Desenhe um. Depois olhe $x_{10}$.",
});

test("texts are found whole, with the space around them", () => {
  assert.equal(translate(" Noise\n"), " Ruído\n");
  assert.equal(translate("3.5"), "3.5");
  assert.equal(translate("Something else"), "Something else");
});

test("values stay, and are translated where they are words", () => {
  assert.equal(translate("2 of 3 digits"), "2 de 3 dígitos");
});

test("texts made of parts are taken apart", () => {
  assert.equal(translate("Noise · digits: 5"), "Ruído · dígitos: 5");
  assert.equal(translate("Hm. Draw one. Then look at $x_{10}$."), "Hm. Desenhe um. Depois olhe $x_{10}$.");
});
