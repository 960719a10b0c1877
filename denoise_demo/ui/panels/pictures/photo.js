// A photo from a file, the clipboard or the webcam, its crop box, and the digits found on it.

import { createPanel } from "../../web/panel.js";
import { showPhoto } from "../../web/pictures.js";
import { fromBase64, paintPixels } from "../../web/pixels.js";
import { attach, state } from "../../web/state.js";
import { createCamera } from "./camera.js";
import { fit, press, stretch } from "./crop.js";

const RASTER = 112; // pixels a side of what is sent; the server shrinks it, antialiased
const PASTE = "The browser does not let this page read the clipboard: press Ctrl+V (or ⌘V) instead.";

const toSquare = ([left, top, right, bottom]) => {
  const side = Math.max(right - left, bottom - top);
  return { left: (left + right - side) / 2, top: (top + bottom - side) / 2, side };
};

export const mount = createPanel(({ element, $, on, props, watch }) => {
  const image = $("img");
  const crop = $(".crop");
  const raster = Object.assign(document.createElement("canvas"), { width: RASTER, height: RASTER });
  const context = raster.getContext("2d", { willReadFrequently: true });
  const camera = createCamera({ element, give, complain });
  let shown = null; // the photo as photo.py sends it: picture, ratio, time, and digits with options
  let box = null; // { left, top, side } in the pixels of the picture that is shown
  let turning = null; // the ratio of a photo that is being rotated
  let drag = null; // how the box is dragged: { corner, x, y, box }

  // All files go through the one upload button.
  const row = element.closest("#source, #face-source");
  const uploader = () => row.querySelector("input[type=file]");
  const photo = () => ({ width: image.naturalWidth, height: image.naturalHeight });

  // ---- From a file to a photo

  function give(file, ratio = null) {
    const files = new DataTransfer();
    files.items.add(file);
    turning = ratio;
    uploader().files = files.files;
    uploader().dispatchEvent(new Event("change", { bubbles: true }));
  }

  function complain(text) {
    $(".trouble").textContent = text;
    $(".trouble").hidden = !text;
  }

  // A new file, good or bad: what was said about an earlier one no longer holds.
  function clearMessages() {
    complain("");
    for (const part of [".unfound", ".portrait"]) $(part).hidden = true;
    for (const button of document.querySelectorAll(".toast-close")) button.click();
  }

  async function receive(text) {
    if (!text) return forget();
    const reply = JSON.parse(text);
    const last = state.crops[props.tab];
    if (last?.time === reply.time && last.forgotten) return forget();
    const isOption = reply.options && last?.picture === reply.picture && !last.forgotten;
    const kept = last?.time === reply.time || isOption ? last : null; // or the tab was hidden
    image.src = reply.picture;
    await image.decode();
    image.style.setProperty("--wide", `${image.naturalWidth}px`);
    image.style.setProperty("--ratio", image.naturalWidth / image.naturalHeight);
    complain("");
    $(".cutting").hidden = false;
    $(".drop").hidden = true;
    $(".unfound").hidden = reply.found;
    $(".portrait").hidden = !reply.portrait;
    shown = { digits: [], ...reply, ratio: kept?.ratio ?? turning ?? reply.ratio };
    turning = null;
    const { time, picture, ratio } = shown;
    state.crops[props.tab] = { time, picture, ratio, box: null, choice: null, forgotten: false };
    listDigits();
    if (kept && kept.choice === null) setBox(kept.box);
    else if (shown.digits.length) choose(Math.min(kept?.choice ?? 0, shown.digits.length - 1));
    else setBox(toSquare(reply.box));
  }

  function forget() {
    [shown, box] = [null, null];
    image.removeAttribute("src");
    $(".cutting").hidden = true;
    $(".drop").hidden = false;
    complain("");
  }

  function pick() {
    // Accept images here only: a dropped file gets our own message. Empty the value, so that the same file counts as a change.
    turning = null;
    Object.assign(uploader(), { accept: "image/*", value: "" });
    uploader().click();
  }

  async function readClipboard() {
    try {
      for (const item of await navigator.clipboard.read()) {
        const type = item.types.find((name) => name.startsWith("image/"));
        if (type) return give(new File([await item.getType(type)], `pasted.${type.slice(6)}`, { type }));
      }
      complain("The clipboard holds no picture: copy one first.");
    } catch {
      complain(PASTE);
    }
  }

  function paste(event) {
    if (!element.offsetParent) return; // another tab is open
    const file = [...(event.clipboardData?.files ?? [])].find(({ type }) => type.startsWith("image/"));
    if (file) give(file);
  }

  function drop(event) {
    event.preventDefault();
    element.classList.toggle("over", event.type === "dragover");
    if (event.type === "drop" && event.dataTransfer.files.length) give(event.dataTransfer.files[0]);
  }

  // Send the photo again, turned to the right: another face or other digits may be found on it.
  function rotate() {
    const turned = document.createElement("canvas");
    Object.assign(turned, { width: image.naturalHeight, height: image.naturalWidth });
    const brush = turned.getContext("2d");
    brush.setTransform(0, 1, -1, 0, turned.width, 0);
    brush.drawImage(image, 0, 0);
    const { ratio } = shown;
    turned.toBlob((blob) => give(new File([blob], "rotated.jpg", { type: "image/jpeg" }), ratio), "image/jpeg", 0.95);
  }

  // ---- Digits that were found

  function listDigits() {
    const count = shown.digits.length;
    const buttons = shown.digits.map(({ source }, index) => {
      const button = Object.assign(document.createElement("button"), { type: "button" });
      button.setAttribute("aria-label", `Digit ${index + 1} of ${count}`);
      button.dataset.digit = index;
      const canvas = button.appendChild(document.createElement("canvas"));
      paintPixels(canvas, fromBase64(source.pixels), [source.height, source.width, source.channels]);
      return button;
    });
    $(".digits").replaceChildren(...buttons);
    $(".digits").hidden = $(".found").hidden = count < 2;
  }

  // Show a digit that was found, and move the crop box around it.
  function choose(index) {
    const { box: corners, source } = shown.digits[index];
    const { left, top, side } = toSquare(corners);
    const margin = shown.options.centre ? 0.25 * side : 0;
    setBox({ left: left - margin, top: top - margin, side: side + 2 * margin }, index);
    showPhoto(props.tab, source);
  }

  // ---- Crop box

  // Place the box on the photo; `choice` is the number of the digit that it surrounds, if any.
  function setBox(wanted, choice = null) {
    const { width, height } = photo();
    box = fit(wanted, photo(), props.least);
    Object.assign(state.crops[props.tab], { box, choice });
    const percent = (part, whole) => `${(100 * part) / whole}%`;
    crop.style.left = percent(box.left, width);
    crop.style.top = percent(box.top, height);
    crop.style.width = percent(box.side, width);
    crop.style.height = percent(box.side, height);
    const [x, y, size] = [box.left, box.top, box.side].map((length) => Math.round(length * shown.ratio));
    $(".place").textContent = `${size} × ${size} pixels, ${x} from the left, ${y} from the top`;
    for (const button of $(".digits").children) {
      button.setAttribute("aria-pressed", Number(button.dataset.digit) === choice);
    }
    const which = choice === null ? "the stage shows what is in the square" : `the stage shows number ${choice + 1}`;
    $(".found").textContent = `${shown.digits.length} digits were found: ${which}; choose another.`;
    if (choice === null) send();
  }

  function send() {
    context.imageSmoothingQuality = "high";
    context.drawImage(image, box.left, box.top, box.side, box.side, 0, 0, RASTER, RASTER);
    const { data } = context.getImageData(0, 0, RASTER, RASTER);
    let pixels = "";
    for (let i = 0; i < data.length; i += 4) {
      pixels += String.fromCharCode(data[i], data[i + 1], data[i + 2]);
    }
    const kind = props.domain === "digits" ? "paper" : "photo";
    showPhoto(props.tab, { kind, pixels: btoa(pixels), size: RASTER, ...shown.options });
  }

  // Repeat the stage's pictures here.
  function echo() {
    for (const canvas of element.querySelectorAll("[data-echo]")) {
      const panel = document.querySelector(`#stage canvas[data-panel=${canvas.dataset.echo}]`);
      Object.assign(canvas, { width: panel.width, height: panel.height });
      canvas.getContext("2d").drawImage(panel, 0, 0);
    }
  }

  function place(event) {
    const frame = image.getBoundingClientRect();
    const scale = image.naturalWidth / frame.width;
    return [(event.clientX - frame.left) * scale, (event.clientY - frame.top) * scale];
  }

  function grab(event) {
    if (event.button !== 0) return;
    crop.setPointerCapture(event.pointerId);
    const [x, y] = place(event);
    drag = { corner: event.target.dataset.corner, x: x - box.left, y: y - box.top, box };
  }

  function pull(event) {
    if (!drag) return;
    const [x, y] = place(event);
    if (drag.corner) setBox(stretch(drag.box, drag.corner, [x, y], photo(), props.least));
    else setBox({ ...box, left: x - drag.x, top: y - drag.y });
  }

  function resize(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return; // the browser's own shortcuts, such as zoom
    const pressed = press(box, event.key, photo(), props.least);
    if (!pressed) return;
    event.preventDefault();
    setBox(pressed);
  }

  // ---- Start

  const { open: webcam, take, close: cancel } = camera;
  const ways = { upload: pick, webcam, take, cancel, paste: readClipboard, rotate };
  const echoing = new MutationObserver(echo);
  // Switch the camera off when its tab is closed.
  const closing = new ResizeObserver(() => element.offsetParent || camera.close());
  const leave = () => {
    camera.close();
    echoing.disconnect();
    closing.disconnect();
  };
  $(".place").id = `${props.tab}-place`;
  crop.setAttribute("aria-describedby", $(".place").id);
  for (const part of element.querySelectorAll("[data-for]")) part.hidden = part.dataset.for !== props.domain;
  on(element, "click", ({ target }) => ways[target.closest("[data-way]")?.dataset.way]?.());
  on($(".digits"), "click", ({ target }) => {
    const index = target.closest("button")?.dataset.digit;
    if (index) choose(Number(index));
  });
  on(row, "change", ({ target }) => target === uploader() && clearMessages());
  on(document, "paste", paste);
  for (const type of ["dragover", "dragleave", "drop"]) on(element, type, drop);
  on(crop, "pointerdown", grab);
  on(crop, "pointermove", pull);
  for (const type of ["pointerup", "pointercancel"]) on(crop, type, () => (drag = null));
  on(crop, "keydown", resize);
  echoing.observe(document.getElementById("stage"), { attributeFilter: ["data-paints"] });
  closing.observe(element);
  watch("value", () => receive(props.value));
  receive(props.value);
  attach(`photo-${props.tab}`, { reset: forget });
  return leave;
});
