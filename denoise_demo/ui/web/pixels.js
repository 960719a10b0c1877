// Pixels on canvases.

const HEAT = [[0, 0, 4], [87, 16, 110], [188, 55, 84], [249, 142, 9], [252, 255, 164]]; // inferno
export const HEAT_RAMP = `linear-gradient(to right, ${HEAT.map((colour) => `rgb(${colour})`).join(",")})`;

// The colour of a byte on the heat map.
export function heat(value) {
  const place = (value / 255) * (HEAT.length - 1);
  const low = Math.min(Math.floor(place), HEAT.length - 2);
  return HEAT[low].map((from, c) => from + (place - low) * (HEAT[low + 1][c] - from));
}

const HEATED = new Uint8ClampedArray(Array.from({ length: 256 }, (_, value) => heat(value)).flat());

// Base64 bytes of height x width x channels as RGBA; `heated` is a map of one channel, in colours.
export function toRgba(text, [height, width, channels], heated = false) {
  const bytes = atob(text);
  const rgba = new Uint8ClampedArray(4 * height * width).fill(255);
  const step = heated ? 1 : channels;
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) {
      const value = bytes.charCodeAt(i * step + (step === 3 ? c : 0));
      rgba[4 * i + c] = heated ? HEATED[3 * value + c] : value;
    }
  }
  return rgba;
}

export function paintPixels(canvas, text, shape, heated = false) {
  const [height, width] = shape;
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  canvas.getContext("2d").putImageData(new ImageData(toRgba(text, shape, heated), width, height), 0, 0);
}
