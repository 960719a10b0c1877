// Geometry of the window on a photo: its corner { left, top } and size { width, height }.

import { clamp } from "../../web/numbers.js";

const STEP = 16; // pixels, for a press of a key
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

// The window's size on a photo, which may be smaller than `side`.
export const sizeOn = (photo, side) => ({ width: Math.min(side, photo.width), height: Math.min(side, photo.height) });

export function fit({ left, top }, photo, side) {
  const { width, height } = sizeOn(photo, side);
  return { left: clamp(Math.round(left), 0, photo.width - width), top: clamp(Math.round(top), 0, photo.height - height) };
}

export function middle(photo, side) {
  const { width, height } = sizeOn(photo, side);
  return fit({ left: (photo.width - width) / 2, top: (photo.height - height) / 2 }, photo, side);
}

// The window moved by a key; null for other keys.
export function press({ left, top }, { key, shiftKey }, photo, side) {
  const move = KEYS[key];
  if (!move) return null;
  const by = shiftKey ? 1 : STEP;
  return fit({ left: left + move[0] * by, top: top + move[1] * by }, photo, side);
}

// The part of a picture that a zoom shows, its middle: { left, top, width, height }.
export function magnified(width, height, zoom) {
  const [wide, high] = [Math.max(1, Math.round(width / zoom)), Math.max(1, Math.round(height / zoom))];
  return { left: (width - wide) >> 1, top: (height - high) >> 1, width: wide, height: high };
}

// The name of a built-in photo with its window in a link, and back.
export const toName = (photo, { left, top }) => `${photo}:${left}:${top}`;
export function fromName(text) {
  const [photo, left, top] = (text ?? "").split(":");
  return { photo, spot: top === undefined ? null : { left: Number(left), top: Number(top) } };
}

export function timeLeft(seconds) {
  return seconds >= 90 ? `${Math.round(seconds / 60)} min left` : `${Math.max(1, Math.round(seconds))} s left`;
}
