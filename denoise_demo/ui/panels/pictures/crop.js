// Geometry of the crop box: squares { left, top, side } within a photo { width, height }.

import { clamp } from "../../web/numbers.js";

const STEP = 0.02; // of the photo's shorter side, for a press of a key
const KEYS = {
  ArrowLeft: [-1, 0, 0], ArrowRight: [1, 0, 0], ArrowUp: [0, -1, 0], ArrowDown: [0, 1, 0],
  "+": [0, 0, 1], "=": [0, 0, 1], "-": [0, 0, -1], "−": [0, 0, -1],
};

const largest = ({ width, height }) => Math.min(width, height);

export function fit({ left, top, side }, photo, least) {
  const size = clamp(side, least, largest(photo));
  return { left: clamp(left, 0, photo.width - size), top: clamp(top, 0, photo.height - size), side: size };
}

// Drag a corner ("nw", "ne", "sw", "se") to a point; the opposite corner stays.
export function stretch({ left, top, side }, corner, [x, y], photo, least) {
  const [isSouth, isEast] = [corner[0] === "s", corner[1] === "e"];
  const still = { x: isEast ? left : left + side, y: isSouth ? top : top + side };
  const limit = Math.min(isEast ? photo.width - still.x : still.x, isSouth ? photo.height - still.y : still.y);
  const wanted = Math.max(isEast ? x - still.x : still.x - x, isSouth ? y - still.y : still.y - y);
  const now = clamp(wanted, least, limit);
  return { left: isEast ? still.x : still.x - now, top: isSouth ? still.y : still.y - now, side: now };
}

// The box moved by a key, or resized around its centre; null for other keys.
export function press(box, key, photo, least) {
  const move = KEYS[key];
  if (!move) return null;
  const [x, y, growth] = move.map((by) => by * Math.max(1, STEP * largest(photo)));
  const side = clamp(box.side + 2 * growth, least, largest(photo));
  const shift = (box.side - side) / 2;
  return { left: box.left + x + shift, top: box.top + y + shift, side };
}
