// Formatting and comparing numbers.

export const percent = (share) => (share >= 0.995 ? "99+ %" : `${Math.round(100 * share)} %`);

// A value of a metric; null stands for infinity.
export function format(value, { decimals, unit }) {
  const number = value === null ? "∞" : value.toFixed(decimals);
  return unit ? `${number} ${unit}` : number;
}

export function signed(value, digits) {
  const text = Math.abs(value).toFixed(digits);
  return `${Number(text) === 0 ? "±" : value < 0 ? "−" : "+"}${text}`;
}

// A value turned so that more is better; null stands for infinity.
export const worth = (value, higherIsBetter) => (value === null ? Infinity : value) * (higherIsBetter ? 1 : -1);

// What denoising adds to the PSNR, in words; "" where the noisy picture has no error.
export function cleaner(gain) {
  if (gain === Infinity) return "identical";
  if (!Number.isFinite(gain)) return "";
  return `${signed(gain, 1)} dB${gain >= 0.05 ? " cleaner" : gain <= -0.05 ? " worse" : ""}`;
}

export const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

// Returns a function to call after each paint: it shows the paints of the last second and the
// milliseconds of the last one.
export function createRate(shown, noun, now = () => performance.now()) {
  const times = [];
  let said = 0;
  return (elapsed) => {
    const time = now();
    times.push(time);
    while (times[0] < time - 1000) times.shift();
    if (time - said < 250) return;
    said = time;
    const rate = times.length > 1 ? `${times.length} ${noun} · ` : "";
    shown.textContent = `${rate}${elapsed.toFixed(0)} ms`;
  };
}
