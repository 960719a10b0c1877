// ---- Pixels and numbers -------------------------------------------------------------------------

const HEAT = [[0, 0, 4], [87, 16, 110], [188, 55, 84], [249, 142, 9], [252, 255, 164]]; // inferno
const heat = new Uint8ClampedArray(256 * 3);
for (let i = 0; i < 256; i++) {
  const place = (i / 255) * (HEAT.length - 1);
  const low = Math.min(Math.floor(place), HEAT.length - 2);
  for (let c = 0; c < 3; c++) {
    heat[3 * i + c] = HEAT[low][c] + (place - low) * (HEAT[low + 1][c] - HEAT[low][c]);
  }
}

// Paint base64 bytes of height x width x channels; `heated` is a map of one channel, in colours.
function paintPixels(canvas, text, [height, width, channels], heated = false) {
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const bytes = atob(text);
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  const step = heated ? 1 : channels;
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) {
      const value = bytes.charCodeAt(i * step + (step === 3 ? c : 0));
      image.data[4 * i + c] = heated ? heat[3 * value + c] : value;
    }
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

const percent = (share) => (share >= 0.995 ? "99+ %" : `${Math.round(100 * share)} %`);
const decibel = (psnr) => (psnr === null ? "∞ dB" : `${psnr.toFixed(2)} dB`);

// Return what counts paints, and says in an element how many there were in the last second, and how
// many milliseconds the last one took.
function makeRate(shown, noun) {
  const times = [];
  let said = 0;
  return (elapsed) => {
    const now = performance.now();
    times.push(now);
    while (times[0] < now - 1000) times.shift();
    if (now - said < 250) return;
    said = now;
    const rate = times.length > 1 ? `${times.length} ${noun}/s · ` : "";
    shown.textContent = `${rate}${elapsed.toFixed(0)} ms`;
  };
}
