// The state of the page, all of it, and who is told when it changes.
//
// Python sends what is shown as one view (page.js), the person changes it by controls.js and
// pictures.js; the panels read it and register here to hear of changes.

export const state = {
  // What Python passes once, see page.py: fields, kinds, denoisers, offered, collections, metrics,
  // views, tabs, choices, start.
  shared: null,
  // How many views were asked for; an answer to an earlier request is dropped.
  revision: 0,
  // The request to Python that waits for its turn: { action, value }.
  asked: null,

  // The view that is shown, as view.py has it.
  view: "stage", // open view of the laboratory
  tab: "laboratory", // open tab of the page
  domain: "digits",
  source: null, // the picture, as lab/sources.py reads it; null while the pad is blank
  pictures: "example", // open tab of those that choose a picture
  settings: {}, // kind, level, blur_sigma, denoiser, seed
  anyNetwork: false, // whether networks of other domains are offered
  choices: {}, // what single views add to a link, by parameter
  note: null, // what is said of a picture with its settings: { text, source, settings }

  // The picture as it came back from the server, and the source that it belongs to.
  clean: null,
  known: null,

  // What the tabs of the pictures remember.
  chosen: {}, // index last chosen in each collection
  counts: {}, // how many pictures a collection has, once it is opened
  upload: null, // the picture last uploaded
  photo: null, // the square last cut out of a photo
  crop: null, // where it was cut out: { time, box, forgotten }; time names the photo
  centre: true, // whether a drawing is centred
  strokes: [], // of the drawing

  // The address stays as it came until the person does something.
  touched: false,
};

let started;
// Resolves when Python's part of the state is there.
export const ready = new Promise((resolve) => (started = resolve));
export const start = (shared) => {
  state.shared = shared;
  started();
};

// What follows the state, by name: functions by the event that they hear of; all are optional.
// refresh: the picture or a setting changed.
// pump: a tab opened. blank: there is no picture. settled: the picture came back from the server.
// satisfy: this request's answer is shown already. drop: what is on its way is of another domain.
// stop: a view comes, or the person moves what is played. noted: there is another note.
// tabbed: another way to choose a picture opened. draw: the drawing is the picture.
// choices: a link has choices for single views. reset: forget them, and all that was drawn.
const panels = new Map();

export function attach(name, panel) {
  panels.set(name, panel);
  if (state.source) panel.refresh?.();
  else panel.blank?.();
}

export function tell(event, ...values) {
  for (const panel of panels.values()) panel[event]?.(...values);
}

export const isKnown = () => state.known === state.source;

// Where the kind of noise has its levels.
export const span = () => state.shared.kinds[state.settings.kind];

export function isWithinSpan() {
  const { minimum, maximum } = span();
  return state.settings.level >= minimum && state.settings.level <= maximum;
}

// The picture and settings to show now; null while there are none.
export function wanted() {
  return state.source && isWithinSpan() ? { source: state.source, ...state.settings } : null;
}

export const isSame = (one, other) => JSON.stringify(one) === JSON.stringify(other);

// The picture has come back: from now on it is sent as it came, not the whole pad or photo.
export function settle(request, clean) {
  if (request.source !== state.source) return;
  const isLarge = ["drawing", "photo"].includes(request.source.kind);
  Object.assign(state, { clean, source: isLarge ? clean : state.source });
  state.known = state.source;
  titles.set(state.source, titles.get(request.source));
  if (isLarge) tell("satisfy", { source: clean, ...state.settings });
  tell("settled");
}

// What a person calls a source.
const titles = new WeakMap();
const BROUGHT = { drawing: "drawn digit", upload: "digit brought along", photo: "photo brought along" };
export const title = (source) => titles.get(source);

export function nameSource(source, tab) {
  const collection = state.shared.collections[source.kind];
  titles.set(source, collection ? `${collection.noun} ${source.index}` : BROUGHT[tab]);
}
