// The state of the page, declared in one place, and the panels that are notified of changes.
//
// Python sends a whole view (page.js); controls.js and pictures.js record what the user changes;
// panels read the state and subscribe with `attach`.

export const state = {
  // Passed once by Python, see page.py: fields, photo_noise, kinds, denoisers, offered, collections, metrics,
  // glossary, views, tabs, choices, modules, start.
  shared: null,
  // Number of views requested so far; the answer to an earlier request is stale.
  revision: 0,
  answered: 0, // revision of the last view that was shown
  // The pending request to Python: { action, value }.
  asked: null,

  // The current view, as in view.py.
  view: "stage", // open view of the laboratory
  tab: "laboratory", // open tab of the page
  domain: "digits",
  source: null, // the picture, as lab/sources.py reads it; null while the pad is blank
  pictures: "example", // open tab of the picture chooser
  settings: {}, // kind, level, blur_sigma, denoiser, seed
  yours: null, // the network that the visitor has trained: { id, label, file, spec }
  aside: null, // the noise of photos while other pictures are shown, and the other way round
  anyNetwork: false, // whether networks of other domains are offered
  choices: {}, // link parameters of single views
  note: null, // a remark on one picture with its settings: { text, source, settings }

  // The picture in pixels as returned by the server, and its source.
  clean: null,
  known: null,

  // Kept by the tabs of the picture chooser.
  chosen: {}, // last index in each collection
  counts: {}, // number of pictures of each collection opened so far
  upload: null, // the last uploaded picture
  photo: null, // the last crop of a photo
  crops: {}, // of the tabs "upload" and "photo": { time, picture, ratio, box, choice, forgotten }
  centre: true, // whether drawings are centred as in MNIST
  strokes: [], // of the drawing: { erase, width, points }, or { isClear } where it was cleared

  // Whether the first view is a link's or a reload's and still to come: nothing is shown before it.
  awaited: false,

  // Whether the user has done anything; until then the address is left alone.
  touched: false,
};

let started;
// Resolves once `shared` is set.
export const ready = new Promise((resolve) => (started = resolve));
export const start = (shared) => {
  state.shared = shared;
  started();
};

// Subscribers by name, each a set of optional handlers:
//   refresh   the picture or a setting changed
//   pump      a tab was opened
//   blank     there is no picture
//   settled   the server returned the picture
//   satisfy   the answer to this request is on the screen already
//   drop      pending requests belong to another domain
//   stop      stop playing: a view arrives, or the user moves the level
//   noted     the note changed
//   tabbed    another tab of the picture chooser is open
//   draw      the drawing becomes the picture
//   choices   a link brought choices for single views
//   reset     forget choices and drawings
const panels = new Map();

export function attach(name, panel) {
  panels.set(name, panel);
  if (state.source) panel.refresh?.();
  else if (!state.awaited) panel.blank?.();
}

export function tell(event, ...values) {
  for (const panel of panels.values()) panel[event]?.(...values);
}

export const isKnown = () => state.known === state.source;

// Level range of the kind of noise.
export const span = () => state.shared.kinds[state.settings.kind];

// Why the settings cannot be shown, as a sentence: a number out of its range, which may still be being
// typed. "" if they can.
export function complaint() {
  const { blur_sigma: blur, seed } = state.shared.fields;
  const ranges = [["level", "Noise level", span()], ["blur_sigma", "Blur sigma", blur], ["seed", "Noise seed", seed]];
  for (const [field, label, { minimum, maximum, whole }] of ranges) {
    const value = state.settings[field];
    if (whole && !Number.isInteger(value)) return `${label} ${value} is not a whole number: choose ${minimum} to ${maximum}.`;
    if (value < minimum || value > maximum) return `${label} ${value} is out of range: choose ${minimum} to ${maximum}.`;
  }
  return "";
}

// Where the laboratory is on the curves, as text.
export function place() {
  const { domain, settings: { kind, level, blur_sigma, denoiser } } = state;
  return JSON.stringify({ domain, kind, level, blur_sigma, denoiser });
}

// The request for what is to be shown; null without a picture or with a number out of range.
export function wanted() {
  return state.source && !complaint() ? { source: state.source, ...state.settings } : null;
}

// What the page says of a denoiser; undefined for an unknown one.
export const denoiserOf = (id) => (id === state.yours?.id ? state.yours.spec : state.shared.denoisers[id]);

// The settings as a link or a reload can restore them: without the visitor's own network.
export function lasting() {
  const { settings, shared, yours } = state;
  return settings.denoiser === yours?.id ? { ...settings, denoiser: shared.start.settings.denoiser } : settings;
}

export const isSame = (one, other) => JSON.stringify(one) === JSON.stringify(other);

// The server returned the picture: from now on send these few pixels instead of the whole drawing or photo.
export function settle(request, clean) {
  if (request.source !== state.source) return;
  const isLarge = ["drawing", "paper", "photo"].includes(request.source.kind);
  Object.assign(state, { clean, source: isLarge ? clean : state.source });
  state.known = state.source;
  titles.set(state.source, titles.get(request.source));
  if (isLarge) tell("satisfy", { source: clean, ...state.settings });
  tell("settled");
}

// Names of sources in words.
const titles = new WeakMap();
const BROUGHT = { drawing: "drawn digit", upload: "uploaded digit", photo: "your photo" };
export const title = (source) => titles.get(source);

export function nameSource(source, tab) {
  const collection = state.shared.collections[source.kind];
  titles.set(source, collection ? `${collection.noun} ${source.index}` : BROUGHT[tab]);
}
