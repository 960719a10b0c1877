// Every denoiser against many corruptions. `props.matrices` has a matrix for each domain, or `error`.

import { choice, setChoice } from "../../web/address.js";
import { clamp, signed } from "../../web/numbers.js";
import { askFor } from "../../web/page.js";
import { createPanel } from "../../web/panel.js";
import { attach, state } from "../../web/state.js";

const SCALES = { gain: 12, change: 0.6 }; // values of the strongest colour
const NAMES = { gain: "gain", change: "accuracy" }; // in links
const STRONGEST = 0.6; // opacity
const COLOURS = { better: "13 148 136", worse: "234 88 12" };
const MOVES = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

export const mount = createPanel(({ element, $, on, props }) => {
  const shown = { domain: "", metric: "gain", tapped: null, isFinger: false };

  function show() {
    const { domain } = state;
    if (domain === shown.domain) return;
    shown.domain = domain;
    const { error, columns, rows, missing } = props.matrices[domain];
    $(".message").hidden = !error;
    $(".message").textContent = error ?? "";
    for (const part of ["table", ".told", ".hint", ".bar"]) $(part).hidden = Boolean(error);
    if (error) return;
    $("[data-metric=change]").hidden = domain === "faces";
    if (domain === "faces") setMetric("gain");
    $("thead").replaceChildren(heading(columns));
    $("tbody").replaceChildren(...rows.map((row) => tableRow(row, columns)));
    $("td button").tabIndex = 0;
    const counts = [...new Set(rows.flatMap((row) => row.cells.map((cell) => cell.n)))].sort((a, b) => a - b);
    $(".count").textContent = `Means over ${counts[0].toLocaleString("en")} to ${counts.at(-1).toLocaleString("en")} test ${domain}.`;
    $(".missing").hidden = !missing.length;
    $(".missing").textContent = `Not measured yet: ${missing.join(", ")}. Run python -m denoise_demo.benchmark.`;
    paint();
  }

  function paint() {
    for (const button of element.querySelectorAll("td button")) {
      const { cell } = button.told;
      const value = cell[shown.metric];
      button.replaceChildren(...["long", "short"].map((name) => {
        const text = make("span", words(cell, shown.metric, name === "short"));
        text.className = name;
        return text;
      }));
      const told = make("span", ` ${sentence(button.told)}`);
      told.className = "sentence";
      button.append(told);
      // Where the noisy picture has no error there is no gain, only what PSNR is left.
      const share = value === null ? 0 : clamp(value / SCALES[shown.metric], -1, 1);
      const colour = share < 0 ? COLOURS.worse : COLOURS.better;
      button.style.background = `rgb(${colour} / ${(STRONGEST * Math.abs(share)).toFixed(3)})`;
    }
  }

  function choose(metric) {
    shown.metric = metric;
    for (const button of element.querySelectorAll("[data-metric]")) {
      button.setAttribute("aria-pressed", button.dataset.metric === metric);
    }
  }

  function setMetric(metric) {
    choose(metric);
    setChoice("cells", NAMES[metric]);
  }

  function read(event) {
    const button = event.target.closest("td button");
    if (button?.told) $(".told").textContent = sentence(button.told);
  }

  function move(event) {
    const cell = event.target.closest("td");
    const [down, right] = (cell && MOVES[event.key]) ?? [];
    if (down === undefined) return;
    event.preventDefault();
    const row = $("tbody").rows[cell.parentElement.rowIndex - 1 + down];
    const next = row?.cells[cell.cellIndex + right]?.querySelector("button");
    if (!next) return;
    for (const stop of element.querySelectorAll("td button[tabindex='0']")) stop.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }

  function readChoice() {
    choose(choice("cells") === NAMES.change && state.domain === "digits" ? "change" : "gain");
    if (shown.domain && !props.matrices[shown.domain].error) paint();
  }

  on(element, "pointerover", read);
  on(element, "focusin", read);
  on(element, "keydown", move);
  on(element, "pointerdown", ({ pointerType }) => (shown.isFinger = pointerType === "touch"));
  on(element, "click", ({ target }) => {
    const { metric } = target.closest("[data-metric]")?.dataset ?? {};
    if (metric) {
      setMetric(metric);
      paint();
    }
    const button = target.closest("td button");
    if (!button) return;
    const isAgain = shown.tapped === button;
    shown.tapped = isAgain ? null : button;
    if (shown.isFinger && !isAgain) return; // the first tap reads the cell, the second one opens it
    const { row, column: { kind, level, blur_sigma } } = button.told;
    const { cell } = button.told;
    const means = cell.gain === null ? `${words(cell, "gain")} dB of PSNR` : `${signed(cell.gain, 2)} dB`;
    const note = `This is one picture: the matrix says ${means}, the mean over ${cell.n.toLocaleString("en")} test ${state.domain}.`;
    askFor({ kind, level, blur_sigma, denoiser: row.id }, note);
  });
  readChoice();
  show();
  attach("matrix", { refresh: show, pump: show, choices: readChoice, reset: readChoice });
});

function make(tag, ...children) {
  const made = document.createElement(tag);
  made.append(...children);
  return made;
}

function heading(columns) {
  const cells = columns.map(({ kind, title: [first, second] }) => {
    const cell = make("th", make("span", first, " ", make("small", second)));
    cell.dataset.term = `noise-${kind}`;
    cell.scope = "col";
    return cell;
  });
  return make("tr", make("th", "Denoiser"), ...cells);
}

function tableRow(row, columns) {
  const end = row.label.indexOf(" · ");
  const name = make("th", row.label.slice(0, end), make("span", row.label.slice(end)));
  Object.assign(name, { scope: "row", title: row.label });
  const cells = row.cells.map((cell, i) => {
    const button = make("button");
    button.type = "button";
    button.className = cell.trained ? "trained" : "";
    button.told = { row, cell, column: columns[i] };
    button.tabIndex = -1; // arrow keys move between cells
    return make("td", button);
  });
  return make("tr", name, ...cells);
}

function words(cell, metric, short) {
  if (metric === "change") return cell.accuracy.toFixed(2).replace(/^0/, "");
  if (cell.gain === null) return cell.psnr === null ? "∞" : `(${cell.psnr.toFixed(0)})`;
  return short ? signed(cell.gain, 0).replace("+", "") : signed(cell.gain, 1);
}

function sentence({ row, cell, column }) {
  const psnr = cell.psnr === null ? "∞" : cell.psnr.toFixed(2);
  const read = cell.accuracy === null ? "" : `; ${(100 * cell.accuracy).toFixed(1)} % read correctly (${signed(100 * cell.change, 1)} points)`;
  const change = cell.gain === null ? " (the noisy picture has no error)" : ` (${signed(cell.gain, 2)} dB)`;
  const learnt = cell.trained ? " Trained on this noise." : "";
  return `${row.label}, ${column.title.join(" ").trim()}: PSNR ${psnr} dB${change}${read}.${learnt}`;
}
