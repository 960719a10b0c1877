// Keeps the page over a reload, with what a link cannot hold: strokes, uploads and places.
//
// Visitors reload, and so does Gradio when the server returns after an outage.

import { shown } from "./address.js";
import { lasting, state } from "./state.js";

const KEY = "denoise_demo";
const KEPT = ["strokes", "upload", "photo", "chosen", "counts"]; // fields of the state

// Write everything down; called before the page goes.
export function keep() {
  if (!state.touched) return;
  const { domain, source, pictures, anyNetwork, choices } = state;
  const view = { domain, source, tab: pictures, any_network: anyNetwork, settings: lasting(), choices, show: shown() };
  const fields = Object.fromEntries(KEPT.map((name) => [name, state[name]]));
  try {
    window.sessionStorage.setItem(KEY, JSON.stringify({ address: location.href, view, fields, scroll: window.scrollY }));
  } catch {
    window.sessionStorage.removeItem(KEY); // full, or not allowed
  }
}

// After a reload take back what was kept, and return the view to ask for; null otherwise.
export function recall() {
  const text = take();
  const [navigation] = performance.getEntriesByType("navigation");
  if (!text || navigation?.type !== "reload") return null;
  const { address, view, fields, scroll } = JSON.parse(text);
  if (address !== location.href) return null;
  Object.assign(state, fields, { touched: true });
  window.addEventListener("load", () => window.scrollTo(0, scroll), { once: true });
  return view;
}

// Read and forget, so that a view which cannot be shown is tried once only.
function take() {
  try {
    const text = window.sessionStorage.getItem(KEY);
    window.sessionStorage.removeItem(KEY);
    return text;
  } catch {
    return null;
  }
}
