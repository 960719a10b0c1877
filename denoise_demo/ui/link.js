// ---- The address: a link that restores what is shown ------------------------------------------------

const ADDRESS_REST = 300; // milliseconds
let touched = false; // until a person does something, the address stays as it came
let addressing = 0;

const OURS = ["show", "picture", "noise", "level", "blur", "seed", "denoiser", "score", "sort", "network"];
const extras = {}; // what single views add: how they are sorted, which score they show
const given = new URLSearchParams(location.search).get("score");
if (["psnr", "ssim", "accuracy"].includes(given)) extras.score = given; // Gradio sets the control

// A view's own choice; without a value, what the address says of it.
function choice(name, value) {
  if (value === undefined) return new URLSearchParams(location.search).get(name);
  extras[name] = value;
  readdressLater();
}

function pictureName(source) {
  if ("index" in source) return `${source.kind}:${source.index}`;
  if (!isKnown()) return null;
  const pixels = state.clean.pixels.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  return `pixels:${state.clean.channels}:${pixels}`;
}

// The open tab of a row of tabs, by the end of its button's id.
function openIn(row, prefix) {
  const button = document.querySelector(`#${row} > .tab-wrapper button[aria-selected=true]`);
  return button?.id.slice(prefix.length, -"-button".length) ?? "";
}

function readdress() {
  const request = touched ? wanted() : null;
  const picture = request && pictureName(request.source);
  if (!picture) return;
  const page = openIn("tabs", "tab-");
  const { kind, level, blur_sigma, seed, recipe } = request;
  const values = { show: page === "laboratory" ? openIn("views", "view-") : page, picture };
  Object.assign(values, { noise: kind, level, blur: blur_sigma, seed, denoiser: recipe, ...extras });
  if (state.domain === "faces" && values.score === "accuracy") delete values.score; // not classified
  const parameters = new URLSearchParams(location.search);
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
