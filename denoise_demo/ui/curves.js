// Tells Gradio where the laboratory is, once the hand rests: `entered` when its pictures are of
// another kind, `moved` when only the noise or the denoiser changed.

const REST = 120; // milliseconds
const tab = element.closest("[role=tabpanel]") ?? element;
let timer = 0;
let told = "";

function tell() {
  const wanted = tab.offsetParent === null ? null : window.laboratory?.wanted();
  if (!wanted) return;
  const domain = window.laboratory.domain();
  const { kind, level, recipe } = wanted;
  const value = JSON.stringify({ domain, kind, level, recipe });
  if (value === told) return;
  const entered = !told || JSON.parse(told).domain !== domain;
  told = value;
  props.value = value;
  trigger(entered ? "entered" : "moved");
}

// The radio buttons of the score are Gradio's.
tab.addEventListener("change", (event) => {
  if (event.target.closest("#curves-metric")) window.laboratory?.choice("score", event.target.value);
});

function later() {
  clearTimeout(timer);
  timer = setTimeout(tell, REST);
}

window.laboratory?.follow("curves", { refresh: later, pump: later });
