// ---- Buttons, play and dreams -------------------------------------------------------------------

const ACTIONS = {
  play: () => (state.playing ? stopPlaying() : play()),
  draw: () => document.getElementById("source-draw-button").click(),
  erase: () => setEraser(!pen.erase),
  undo: () => state.strokes.pop() && redraw(),
  clear: () => ((state.strokes = []), redraw()),
  spread: (button) => showSpread(button.getAttribute("aria-pressed") !== "true"),
  dream: () => dream(((state.dreamt ?? -1) + 1) % SEEDS),
  wake: () => refresh(),
};

function showSpread(shown) {
  $("[data-action=spread]").setAttribute("aria-pressed", shown);
  $("[data-of=spread]").hidden = !shown;
  $(".panels").classList.toggle("five", shown);
}

const SWEEP = 6000; // milliseconds up and down

function play() {
  if (state.settings.kind === "none") return say("There is no noise to sweep: choose a kind of noise first.");
  const { minimum, maximum, step } = props.kinds[state.settings.kind];
  const start = performance.now() - (SWEEP / 2) * ((state.settings.level - minimum) / (maximum - minimum));
  $("[data-action=play]").textContent = "■ Stop";
  state.playing = { kind: state.settings.kind };
  const frame = (now) => {
    if (!state.playing) return;
    if (state.playing.kind !== state.settings.kind) return stopPlaying();
    const phase = (((now - start) % SWEEP) + SWEEP) % SWEEP / SWEEP;
    const share = phase < 0.5 ? 2 * phase : 2 - 2 * phase;
    const steps = Math.round((share * (maximum - minimum)) / step);
    setSlider(props.fields.level, Number((minimum + steps * step).toFixed(6)));
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}

function stopPlaying() {
  state.playing = null;
  $("[data-action=play]").textContent = "▶ Play";
}

const FRAMES_PER_SECOND = 20;
const SEEDS = 2 ** 31;
const seedOfDream = $("[data-dream=seed]");

// Turn noise into a digit: the server dreams it and sends every step, then the stage plays them.
async function dream(seed) {
  stopPlaying();
  say("");
  state.dream = { seed };
  state.dreamt = seed;
  seedOfDream.value = seed;
  $(".dreaming").hidden = false;
  if (state.dreamsAsked) return; // when that answer comes, this dream is asked for
  state.dreamsAsked = true;
  let asked, reply;
  do {
    asked = state.dream;
    reply = await server.dream({ seed: asked.seed });
  } while (state.dream && state.dream !== asked);
  state.dreamsAsked = false;
  if (!state.dream) return;
  if (reply && !reply.error) return playDream(asked, reply.frames);
  refresh();
  say(reply?.error ?? "The server does not answer.");
}

function playDream(dreamt, frames) {
  line.drop(); // what is on its way is of the picture left behind
  blank();
  element.classList.add("asleep");
  $(".dreamt").hidden = false;
  $(".note").hidden = true;
  describeNetwork(props.dreamer);
  const start = performance.now();
  const next = (now) => {
    if (state.dream !== dreamt) return;
    const place = Math.floor(((now - start) / 1000) * FRAMES_PER_SECOND);
    paintDream(frames[Math.max(0, Math.min(place, frames.length - 1))]);
    if (place < frames.length - 1) requestAnimationFrame(next);
  };
  requestAnimationFrame(next);
}

function paintDream({ images, sigma, expected, probabilities }) {
  for (const name of ["noisy", "denoised", "spread"]) paintPanel(name, images[name], [28, 28, 1]);
  $("[data-of=spread] .scores").textContent = `expects ${expected.toFixed(3)}`;
  paintVerdict("denoised", probabilities, null);
  const text = $("[data-of=denoised] .scores");
  text.textContent = text.dataset.verdict;
  $(".how").textContent = `noise σ ${sigma.toFixed(2)}`;
  stage.dataset.dream = `${state.dream.seed} ${sigma.toFixed(2)}`;
}

// Another picture or setting ends a dream as the button does.
function wake() {
  if (!state.dream) return;
  state.dream = null;
  state.described = "";
  element.classList.remove("asleep");
  for (const part of [".dreaming", ".dreamt"]) $(part).hidden = true;
  delete stage.dataset.dream;
  if (!state.source) blank();
}
