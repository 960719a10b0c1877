// Pixels on canvases.

const HEAT = [[0, 0, 4], [87, 16, 110], [188, 55, 84], [249, 142, 9], [252, 255, 164]]; // inferno
export const HEAT_RAMP = `linear-gradient(to right, ${HEAT.map((colour) => `rgb(${colour})`).join(",")})`;

// The colour of a byte on the heat map.
export function heat(value) {
  const place = (value / 255) * (HEAT.length - 1);
  const low = Math.min(Math.floor(place), HEAT.length - 2);
  return HEAT[low].map((from, c) => from + (place - low) * (HEAT[low + 1][c] - from));
}

// Four bytes of a pixel as one number, as canvases keep them.
const pack = (red, green, blue) => (255 << 24) | (blue << 16) | (green << 8) | red;
const BYTES = Array.from({ length: 256 }, (_, value) => value);
const GREYS = Int32Array.from(BYTES, (value) => pack(value, value, value));
const HEATED = Int32Array.from(BYTES, (value) => pack(...heat(value).map(Math.round)));

// Bytes of height x width x channels as RGBA; `heated` is a map of one channel, in colours.
export function toRgba(bytes, [height, width, channels], heated = false) {
  const pixels = new Int32Array(height * width);
  const table = heated ? HEATED : GREYS;
  if (heated || channels === 1) for (let i = 0; i < pixels.length; i++) pixels[i] = table[bytes[i]];
  else for (let i = 0; i < pixels.length; i++) pixels[i] = pack(bytes[3 * i], bytes[3 * i + 1], bytes[3 * i + 2]);
  return new Uint8ClampedArray(pixels.buffer);
}

export function paintPixels(canvas, bytes, shape, heated = false) {
  const [height, width] = shape;
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  canvas.getContext("2d").putImageData(new ImageData(toRgba(bytes, shape, heated), width, height), 0, 0);
}

export const fromBase64 = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
export const toBase64 = (bytes) => btoa(String.fromCharCode(...bytes));
