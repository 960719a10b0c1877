// ---- The address: a link that restores what is shown ------------------------------------------------

const ADDRESS_REST = 300; // milliseconds
let touched = false; // until a person does something, the address stays as it came
let addressing = 0;

const OWN = { // what single views add
  compare: ["sort"], curves: ["score", "lines"], matrix: ["cells"], codes: ["network", "code"],
  figures: ["figure"], training: ["trained"],
};
const OURS = ["show", "picture", "noise", "level", "blur", "seed", "denoiser", ...Object.values(OWN).flat()];
const said = () => new URLSearchParams(location.search);
const choices = Object.fromEntries([...said()].filter(([name]) => Object.values(OWN).flat().includes(name)));

// A view's own choice, to set or to get; null for none.
function choice(name, value) {
  if (value === undefined) return choices[name] ?? null;
  choices[name] = value;
  readdressLater();
}

function forgetChoices() {
  for (const view of ["compare", "curves", "matrix", "codes"]) for (const name of OWN[view]) delete choices[name];
  followers.forEach((follower) => follower.reset?.());
}

// A picture's name in an address; null while it is on its way.
function pictureName(source) {
  if ("index" in source) return `${source.kind}:${source.index}`;
  if (source.kind !== "pixels") return null;
  const pixels = source.pixels.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  return `pixels:${source.channels}:${pixels}`;
}

// What a person calls a source.
const COLLECTIONS = { example: "built-in digit", mnist: "MNIST test digit", portrait: "portrait", face: "test face" };
const BROUGHT = { drawing: "drawn digit", upload: "digit brought along", photo: "photo brought along" };
const titles = new WeakMap();

function nameSource(source, tab) {
  titles.set(source, "index" in source ? `${COLLECTIONS[source.kind]} ${source.index}` : BROUGHT[tab]);
}

// The open tab of a row of tabs, by the end of its button's id.
function openIn(row, prefix) {
  const button = document.querySelector(`#${row} > .tab-wrapper button[aria-selected=true]`);
  return button?.id.slice(prefix.length, -"-button".length) ?? "";
}

// Write what is shown into the address; return whether that could be done.
function readdress() {
  const picture = state.source && pictureName(state.source);
  if (!touched || (state.source && !picture) || !settled() || !withinSpan()) return false;
  const page = openIn("tabs", "tab-");
  const show = page === "laboratory" ? openIn("views", "view-") : page;
  const { kind, level, blur_sigma, seed, denoiser } = state.settings;
  const values = { show, ...(picture && { picture }) }; // a blank pad has none
  Object.assign(values, { noise: kind, level, blur: blur_sigma, seed, denoiser });
  for (const name of OWN[show] ?? []) if (choices[name] != null) values[name] = choices[name];
  const parameters = said();
  for (const name of OURS) parameters.delete(name);
  for (const [name, value] of Object.entries(values)) parameters.set(name, value);
  history.replaceState(history.state, "", `?${parameters}`);
  return true;
}

function readdressLater() {
  clearTimeout(addressing);
  addressing = setTimeout(readdress, ADDRESS_REST);
}

async function copyLink() {
  touched = true;
  const button = document.getElementById("copy-link");
  const tell = (text) => {
    button.textContent = text;
    setTimeout(() => (button.textContent = "Copy link"), 2000);
  };
  for (let waits = 0; !readdress(); waits++) { // the picture or a control is still on its way
    if (waits === 20) return tell("Not yet: try again");
    await new Promise((go) => setTimeout(go, 100));
  }
  try {
    await navigator.clipboard.writeText(location.href);
    tell("Copied");
  } catch {
    prompt("Copy this link:", location.href); // pages that are not secure have no clipboard
  }
}
