// A photo from a file, the clipboard or the webcam, and its crop box.

import { createPanel } from "../../web/panel.js";
import { showPhoto } from "../../web/pictures.js";
import { attach, state } from "../../web/state.js";
import { createCamera } from "./camera.js";
import { fit, press, stretch } from "./crop.js";

const RASTER = 112; // pixels a side of what is sent; the server shrinks it, antialiased
const PASTE = "The browser does not let this page read the clipboard: press Ctrl+V (or ⌘V) instead.";

export const mount = createPanel(({ element, $, on, props, watch }) => {
  const image = $("img");
  const crop = $(".crop");
  const raster = Object.assign(document.createElement("canvas"), { width: RASTER, height: RASTER });
  const context = raster.getContext("2d", { willReadFrequently: true });
  const camera = createCamera({ element, give, complain });
  let box = null; // { left, top, side } in the photo's own pixels
  let drag = null; // how the box is dragged: { corner, x, y, box }

  // All files go through the one upload button.
  const uploader = () => document.querySelector("#face-source input[type=file]");
  const photo = () => ({ width: image.naturalWidth, height: image.naturalHeight });

  // ---- From a file to a photo

  function give(file) {
    const files = new DataTransfer();
    files.items.add(file);
    complain("");
    uploader().files = files.files;
    uploader().dispatchEvent(new Event("change", { bubbles: true }));
  }

  function complain(text) {
    $(".trouble").textContent = text;
    $(".trouble").hidden = !text;
  }

  async function receive(text) {
    if (!text) return forget();
    const { picture, box: [left, top, right], found, time } = JSON.parse(text);
    const kept = state.crop?.time === time ? state.crop : null; // the tab was hidden
    if (kept?.forgotten) return forget();
    image.src = picture;
    await image.decode();
    image.style.setProperty("--wide", `${image.naturalWidth}px`);
    image.style.setProperty("--ratio", image.naturalWidth / image.naturalHeight);
    complain("");
    $(".cutting").hidden = false;
    $(".drop").hidden = true;
    $(".unfound").hidden = found;
    state.crop = { time, box: null, forgotten: false };
    setBox(kept?.box ?? { left, top, side: right - left });
  }

  function forget() {
    box = null;
    image.removeAttribute("src");
    $(".cutting").hidden = true;
    $(".drop").hidden = false;
    complain("");
  }

  function choose() {
    // Accept images here only: a dropped file gets our own message. Empty the value, so that the same file counts as a change.
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

  // ---- Crop box

  function setBox(wanted) {
    const { width, height } = photo();
    box = fit(wanted, photo(), props.least);
    state.crop.box = box;
    const percent = (part, whole) => `${(100 * part) / whole}%`;
    crop.style.left = percent(box.left, width);
    crop.style.top = percent(box.top, height);
    crop.style.width = percent(box.side, width);
    crop.style.height = percent(box.side, height);
    const [x, y, size] = [box.left, box.top, box.side].map(Math.round);
    $(".place").textContent = `${size} × ${size} pixels, ${x} from the left, ${y} from the top`;
    send();
  }

  function send() {
    context.imageSmoothingQuality = "high";
    context.drawImage(image, box.left, box.top, box.side, box.side, 0, 0, RASTER, RASTER);
    const { data } = context.getImageData(0, 0, RASTER, RASTER);
    let pixels = "";
    for (let i = 0; i < data.length; i += 4) {
      pixels += String.fromCharCode(data[i], data[i + 1], data[i + 2]);
    }
    showPhoto({ kind: "photo", pixels: btoa(pixels), size: RASTER });
  }

  // Repeat the stage's pictures here.
  function echo() {
    for (const canvas of element.querySelectorAll("[data-echo]")) {
      const shown = document.querySelector(`#stage canvas[data-panel=${canvas.dataset.echo}]`);
      Object.assign(canvas, { width: shown.width, height: shown.height });
      canvas.getContext("2d").drawImage(shown, 0, 0);
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

  const ways = { upload: choose, webcam: camera.open, take: camera.take, cancel: camera.close, paste: readClipboard };
  const echoing = new MutationObserver(echo);
  // Switch the camera off when its tab is closed.
  const closing = new ResizeObserver(() => element.offsetParent || camera.close());
  const leave = () => {
    camera.close();
    echoing.disconnect();
    closing.disconnect();
  };
  on(element, "click", ({ target }) => ways[target.closest("[data-way]")?.dataset.way]?.());
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
  attach("photo", { reset: forget });
  return leave;
});
