// The comparison as a file: a table or a picture, with the cards in their current order.

import { title } from "../../web/state.js";

const SCALE = 4; // units per pixel of a picture
const SHARP = 2; // pixels per unit
const [ACROSS, GAP, ROW] = [6, 16, 18]; // cards per row; units between cards; units per line of text

export function toTable(cards, { request, label }, metrics) {
  const columns = [...Object.keys(metrics), "milliseconds", "digit", "probability", "familiar"];
  const { kind, level, blur_sigma, seed } = request;
  const situation = [title(request.source), label ?? "", kind, level, blur_sigma, seed];
  const rows = cards.map(({ id, entry }) => {
    const values = columns.map((name) => (name in metrics && entry[name] === null ? "inf" : entry[name] ?? ""));
    return [id, ...situation, ...values].join(",");
  });
  const head = ["denoiser", "picture", "label", "noise", "level", "blur_sigma", "seed", ...columns].join(",");
  return `${[head, ...rows].join("\n")}\n`;
}

export function saveTable(cards, shown, metrics) {
  save(new Blob([toTable(cards, shown, metrics)], { type: "text/csv" }), "comparison.csv");
}

export function savePicture(cards, { request, label, shape: [height, width] }) {
  const lines = Math.max(...cards.map(({ words }) => words.length)) + 2; // with the two names
  const cell = [SCALE * width + GAP + 40, SCALE * height + lines * ROW + GAP];
  const canvas = document.createElement("canvas");
  canvas.width = SHARP * (ACROSS * cell[0] + GAP);
  canvas.height = SHARP * (Math.ceil(cards.length / ACROSS) * cell[1] + 2 * ROW + GAP);
  const context = canvas.getContext("2d");
  Object.assign(context, { fillStyle: "white", imageSmoothingEnabled: false });
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.scale(SHARP, SHARP);
  Object.assign(context, { fillStyle: "#1a1a1a", textBaseline: "top", font: "13px sans-serif" });
  const { kind, level, blur_sigma, seed } = request;
  const picture = `${title(request.source)}${label === null ? "" : `, a ${label}`}`;
  context.fillText(`${picture}: ${kind} noise, level ${level}, blur sigma ${blur_sigma} px, seed ${seed}`, GAP, GAP);
  cards.forEach((card, place) => {
    const left = GAP + (place % ACROSS) * cell[0];
    const top = 2 * ROW + GAP + Math.floor(place / ACROSS) * cell[1];
    context.drawImage(card.canvas, left, top, SCALE * width, SCALE * height);
    const texts = [card.title, card.exact, ...card.words];
    texts.forEach((text, i) => context.fillText(text, left, top + SCALE * height + 4 + i * ROW, cell[0] - 8));
  });
  canvas.toBlob((blob) => save(blob, "comparison.png"));
}

function save(blob, name) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
