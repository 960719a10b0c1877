// A photo and its crop box. Gradio runs this file as the body of a function with `element` (the
// photo's own HTML), `props` (what photo.py passes: value, least) and `watch`. All files go through
// the one upload button; the square that is cut out goes to the stage by window.laboratory.

const $ = (selector) => element.querySelector(selector);
const RASTER = 112; // pixels a side of what is sent; the server shrinks it, antialiased
const STEP = 0.02; // of the photo's shorter side, for a press of a key
const image = $("img");
const crop = $(".crop");
const video = $("video");
const raster = Object.assign(document.createElement("canvas"), { width: RASTER, height: RASTER });
const context = raster.getContext("2d", { willReadFrequently: true });
let box = null; // { left, top, side } in the photo's own pixels
let drag = null; // how the box is being dragged

// ---- From a file to a photo ---------------------------------------------------------------------

function uploader() {
  return document.querySelector("#face-source input[type=file]");
}

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
  image.src = picture;
  await image.decode();
  image.style.setProperty("--wide", `${image.naturalWidth}px`);
  image.style.setProperty("--ratio", image.naturalWidth / image.naturalHeight);
  complain("");
  $(".cutting").hidden = false;
  $(".drop").hidden = true;
  $(".unfound").hidden = found;
  const kept = window.croppedBox; // this file runs anew when the tabs were hidden
  setBox(kept?.time === time ? kept.box : { left, top, side: right - left });
  window.croppedBox = { time, box };
}

function forget() {
  box = null;
  image.removeAttribute("src");
  $(".cutting").hidden = true;
  $(".drop").hidden = false;
  complain("");
}

const WAYS = {
  upload: () => {
    // Only here: what is dropped gets our own sentence. Empty, so that the same file is a change.
    Object.assign(uploader(), { accept: "image/*", value: "" });
    uploader().click();
  },
  webcam: openCamera,
  take: takePhoto,
  cancel: closeCamera,
  paste: readClipboard,
};

async function readClipboard() {
  try {
    for (const item of await navigator.clipboard.read()) {
      const type = item.types.find((name) => name.startsWith("image/"));
      if (type) return give(new File([await item.getType(type)], `pasted.${type.slice(6)}`, { type }));
    }
    complain("The clipboard holds no picture: copy one first.");
  } catch {
    complain("The browser does not let this page read the clipboard: press Ctrl+V (or ⌘V) instead.");
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

// ---- Webcam -------------------------------------------------------------------------------------

const REFUSED = {
  NotAllowedError: "The webcam was refused: allow it in the browser's address bar, or upload a photo.",
  NotFoundError: "No webcam was found: connect one, or upload a photo.",
  NotReadableError: "Another program uses the webcam: close it, or upload a photo.",
};

let openings = 0; // of several, only the last one gets the camera

async function openCamera() {
  closeCamera();
  complain("");
  const opening = openings;
  try {
    if (!navigator.mediaDevices) throw new Error("not a secure page");
    const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "user" } });
    if (opening !== openings) return stop(stream);
    video.srcObject = stream;
    $(".camera").hidden = false;
    await video.play();
  } catch (error) {
    if (opening !== openings) return;
    closeCamera();
    complain(REFUSED[error.name] ?? "The browser gives this page no webcam: open it by https or on this computer, or upload a photo.");
  }
}

function closeCamera() {
  openings += 1;
  stop(video.srcObject);
  video.srcObject = null;
  $(".camera").hidden = true;
}

function stop(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

function takePhoto() {
  const shot = document.createElement("canvas");
  Object.assign(shot, { width: video.videoWidth, height: video.videoHeight });
  shot.getContext("2d").drawImage(video, 0, 0);
  shot.toBlob((blob) => give(new File([blob], "webcam.jpg", { type: "image/jpeg" })), "image/jpeg", 0.95);
  closeCamera();
}

// ---- Crop box -----------------------------------------------------------------------------------

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

function setBox({ left, top, side }) {
  const { naturalWidth: width, naturalHeight: height } = image;
  side = clamp(side, props.least, Math.min(width, height));
  box = { left: clamp(left, 0, width - side), top: clamp(top, 0, height - side), side };
  const percent = (part, whole) => `${(100 * part) / whole}%`;
  crop.style.left = percent(box.left, width);
  crop.style.top = percent(box.top, height);
  crop.style.width = percent(side, width);
  crop.style.height = percent(side, height);
  const [x, y, size] = [box.left, box.top, side].map(Math.round);
  $(".place").textContent = `${size} × ${size} pixels, ${x} from the left, ${y} from the top`;
  if (window.croppedBox) window.croppedBox.box = box;
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
  window.laboratory?.showPhoto({ kind: "photo", pixels: btoa(pixels), size: RASTER });
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
  if (drag.corner) stretch(x, y);
  else setBox({ ...box, left: x - drag.x, top: y - drag.y });
}

// Drag a corner while the opposite one stays.
function stretch(x, y) {
  const { left, top, side } = drag.box;
  const [south, east] = [drag.corner[0] === "s", drag.corner[1] === "e"];
  const still = { x: east ? left : left + side, y: south ? top : top + side };
  const room = Math.min(
    east ? image.naturalWidth - still.x : still.x,
    south ? image.naturalHeight - still.y : still.y,
  );
  const wanted = Math.max(east ? x - still.x : still.x - x, south ? y - still.y : still.y - y);
  const now = clamp(wanted, props.least, room);
  setBox({ left: east ? still.x : still.x - now, top: south ? still.y : still.y - now, side: now });
}

const KEYS = {
  ArrowLeft: [-1, 0, 0], ArrowRight: [1, 0, 0], ArrowUp: [0, -1, 0], ArrowDown: [0, 1, 0],
  "+": [0, 0, 1], "=": [0, 0, 1], "-": [0, 0, -1], "−": [0, 0, -1],
};

function press(event) {
  const move = KEYS[event.key];
  if (!move || event.ctrlKey || event.metaKey || event.altKey) return; // the browser's own zoom stays
  event.preventDefault();
  const largest = Math.min(image.naturalWidth, image.naturalHeight);
  const [x, y, growth] = move.map((by) => by * Math.max(1, STEP * largest));
  const side = clamp(box.side + 2 * growth, props.least, largest);
  const shift = (box.side - side) / 2; // so that the middle stays
  setBox({ left: box.left + x + shift, top: box.top + y + shift, side });
}

// ---- Start --------------------------------------------------------------------------------------

window.leavePhoto?.();
const leaving = new AbortController();
const on = (target, type, handler) => target.addEventListener(type, handler, { signal: leaving.signal });
const echoing = new MutationObserver(echo);
// A camera must not look on from a tab that is closed.
const closing = new ResizeObserver(() => element.offsetParent || closeCamera());
window.leavePhoto = () => (closeCamera(), leaving.abort(), echoing.disconnect(), closing.disconnect());

on(element, "click", (event) => WAYS[event.target.closest("[data-way]")?.dataset.way]?.());
on(document, "paste", paste);
for (const type of ["dragover", "dragleave", "drop"]) on(element, type, drop);
on(crop, "pointerdown", grab);
on(crop, "pointermove", pull);
for (const type of ["pointerup", "pointercancel"]) on(crop, type, () => (drag = null));
on(crop, "keydown", press);
echoing.observe(document.getElementById("stage"), { attributeFilter: ["data-paints"] });
closing.observe(element);
watch("value", () => receive(props.value));
receive(props.value);
