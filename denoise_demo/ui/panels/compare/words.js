// What the comparison says of one result.

import { cleaner, format, percent } from "../../web/numbers.js";

const TIMELESS = 0.1; // milliseconds below which no time is given

// The result of the classifier, short and in full; "" for faces.
export function reading({ digit, probability }, label) {
  if (digit === null) return { brief: "", full: "" };
  const mark = label === null ? "" : digit === label ? " ✓" : " ✗";
  return { brief: `${digit}${mark}`, full: `reads ${digit}, ${percent(probability)}${mark}` };
}

// A result in short sentences: what denoising adds, each metric with a star if it is the best,
// the digit read, the time. `starred` are the metrics that it is best in.
export function sentences({ entry, gain, starred, label, isNothing }, metrics) {
  const scores = Object.entries(metrics).map(([key, metric]) => `${metric.label} ${format(entry[key], metric)}${starred.includes(key) ? " ★" : ""}`);
  const time = entry.milliseconds < TIMELESS ? `< ${TIMELESS} ms` : `${entry.milliseconds.toFixed(1)} ms`;
  return [isNothing ? "" : cleaner(gain), ...scores, reading(entry, label).full, isNothing ? "" : time].filter(Boolean);
}
