// What is shown, as the Python that computes it.

import { complaint, denoiserOf, state } from "./state.js";

// A JSON value as Python writes it; numbers of settings are floats, but for the seed.
const literal = (value) => JSON.stringify(value).replaceAll(/\btrue\b/g, "True").replaceAll(/\bfalse\b/g, "False");
const float = (value) => (Number.isInteger(value) ? value.toFixed(1) : String(value));

// Null without a picture or with a number out of range.
export function toPython() {
  if (!state.source || complaint()) return null;
  const { kind, level, blur_sigma, denoiser, seed } = state.settings;
  if (denoiser === state.yours?.id) return own();
  return [
    "from denoise_demo.lab import Settings, clean_picture, run",
    `clean, label = clean_picture(${literal(state.source)})`,
    `outcome = run(clean, Settings(${literal(kind)}, ${float(level)}, ${float(blur_sigma)}, ${literal(denoiser)}, ${seed}))`,
    'print(outcome.denoised.shape, outcome.scores["denoised"]["psnr"].item())',
    "",
  ].join("\n");
}

// For the visitor's own network, which the Learn tab lets download.
function own() {
  const { kind, level, blur_sigma, denoiser, seed } = state.settings;
  const { clip } = denoiserOf(denoiser);
  return [
    "from denoise_demo import corrupt, load_denoiser",
    "from denoise_demo.lab import clean_picture",
    `clean, label = clean_picture(${literal(state.source)})`,
    `noisy = corrupt(clean, ${literal(kind)}, ${float(level)}, ${float(blur_sigma)}, clip=${literal(clip)}, generator=${seed})`,
    `denoised = load_denoiser(${literal(state.yours.file)})(noisy)  # the file from the Learn tab`,
    "print(denoised.shape)",
    "",
  ].join("\n");
}

export async function copyPython() {
  const code = toPython();
  const button = document.getElementById("copy-python");
  const label = button.textContent;
  const answer = (text) => {
    button.textContent = text;
    setTimeout(() => (button.textContent = label), 2000);
  };
  if (!code) return answer("No picture");
  try {
    await navigator.clipboard.writeText(code);
    answer("Copied");
  } catch {
    prompt("Copy this Python:", code); // only secure pages have a clipboard
  }
}
