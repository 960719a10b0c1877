// ---- The address: a link that restores what is shown ------------------------------------------------

const ADDRESS_REST = 300; // milliseconds
let touched = false; // until a person does something, the address stays as it came
let addressing = 0;

const OWN = { // what single views add
  compare: ["sort"], curves: ["score", "lines"], matrix: ["score"], codes: ["network", "code"],
  figures: ["figure"], training: ["trained"],
};
const OURS = ["show", "picture", "noise", "level", "blur", "seed", "denoiser", ...Object.values(OWN).flat()];
const said = () => new URLSearchParams(location.search);
const choices = Object.fromEntries([...said()].filter(([name]) => Object.values(OWN).flat().includes(name)));

// A view's own choice; without a value, what the address says of it.
function choice(name, value) {
  if (value === undefined) return said().get(name);
  choices[name] = value;
  readdressLater();
}

function forgetChoices() {
  for (const name of Object.keys(choices)) delete choices[name];
  followers.forEach((follower) => follower.reset?.());
}

function pictureName(source) {
  if ("index" in source) return `${source.kind}:${source.index}`;
  if (!isKnown()) return null;
  const pixels = state.clean.pixels.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  return `pixels:${state.clean.channels}:${pixels}`;
}

function asParameters({ kind, level, blur_sigma, seed, recipe }, picture) {
  return { picture, noise: kind, level, blur: blur_sigma, seed, denoiser: recipe };
}

// What a person calls the picture.
function pictureTitle() {
  const { kind, index } = state.source;
  const collections = { example: "built-in digit", mnist: "MNIST test digit", portrait: "portrait", face: "test face" };
  const brought = { drawing: "drawn digit", upload: "uploaded digit", photo: "photo" };
  return kind in collections ? `${collections[kind]} ${index}` : brought[state.tab];
}

// The open tab of a row of tabs, by the end of its button's id.
function openIn(row, prefix) {
  const button = document.querySelector(`#${row} > .tab-wrapper button[aria-selected=true]`);
  return button?.id.slice(prefix.length, -"-button".length) ?? "";
}

function readdress() {
  const request = touched ? wanted() : null;
  const picture = request && pictureName(request.source);
  if (!touched || (state.source && !picture)) return;
  const page = openIn("tabs", "tab-");
  const show = page === "laboratory" ? openIn("views", "view-") : page;
  const values = { show, ...(picture && asParameters(request, picture)) }; // a blank pad has no picture
  for (const name of OWN[show] ?? []) if (choices[name]) values[name] = choices[name];
  if (state.domain === "faces" && values.score === "accuracy") delete values.score; // not classified
  const parameters = said();
  for (const name of OURS) parameters.delete(name);
  for (const [name, value] of Object.entries(values)) parameters.set(name, value);
  history.replaceState(history.state, "", `?${parameters}`);
}

function readdressLater() {
  clearTimeout(addressing);
  addressing = setTimeout(readdress, ADDRESS_REST);
}

async function copyLink() {
  touched = true;
  readdress();
  const button = document.getElementById("copy-link");
  try {
    await navigator.clipboard.writeText(location.href);
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy link"), 2000);
  } catch {
    prompt("Copy this link:", location.href); // pages that are not secure have no clipboard
  }
}
