// What becomes of a trained network: the stage, a file, a command.

import { ask } from "../../web/page.js";
import { state, tell } from "../../web/state.js";
import { WORDS } from "./words.js";

const REST = 2000; // milliseconds that "Copied" stays

// Show the network on the stage, on the noise that it has learnt.
export function toStage({ id, label, file, spec }, { kind, high }) {
  state.yours = { id, label, file, spec };
  tell("stop");
  const { source, tab } = state.domain === "digits" && state.source ? { source: state.source, tab: state.pictures } : state.shared.start;
  const settings = { ...state.settings, kind, level: Math.max(high, state.shared.kinds[kind].minimum), denoiser: id };
  ask("view", { domain: "digits", source, tab, any_network: state.anyNetwork, note: WORDS.note, settings });
}

export function save(content, name) {
  const address = URL.createObjectURL(new Blob([content]));
  Object.assign(document.createElement("a"), { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), REST);
}

export async function copy(button, text) {
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = WORDS.copied;
    setTimeout(() => (button.textContent = label), REST);
  } catch {
    prompt(WORDS.copyThis, text); // only secure pages have a clipboard
  }
}
