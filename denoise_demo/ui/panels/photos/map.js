// The small map of a photo, with the window that is dragged or moved by arrow keys.

import { fit, press, sizeOn } from "./spot.js";

export function createMap({ $, on, side, moved }) {
  const [place, image, box, cleaned] = [".map", ".map img", ".window", ".cleaned"].map($);
  let photo = null;
  let spot = { left: 0, top: 0 };
  let grip = null; // from the window's corner to the pointer, in pixels of the photo

  function show(wanted, at) {
    photo = wanted;
    image.src = photo.map;
    place.style.setProperty("--ratio", photo.width / photo.height);
    clear();
    move(at);
  }

  function move(wanted) {
    spot = fit(wanted, photo, side);
    const { width, height } = sizeOn(photo, side);
    const percent = (part, whole) => `${(100 * part) / whole}%`;
    Object.assign(box.style, {
      left: percent(spot.left, photo.width), top: percent(spot.top, photo.height),
      width: percent(width, photo.width), height: percent(height, photo.height),
    });
    moved(spot);
  }

  function point({ clientX, clientY }) {
    const frame = place.getBoundingClientRect();
    return [((clientX - frame.left) / frame.width) * photo.width, ((clientY - frame.top) / frame.height) * photo.height];
  }

  // On the window the hand takes it; beside it, the window jumps under the hand.
  function grab(event) {
    if (event.button !== 0 || !photo) return;
    event.preventDefault();
    place.setPointerCapture(event.pointerId);
    box.focus({ preventScroll: true });
    const [[x, y], { width, height }] = [point(event), sizeOn(photo, side)];
    const [across, down] = [x - spot.left, y - spot.top];
    const isOn = across >= 0 && across <= width && down >= 0 && down <= height;
    grip = isOn ? [across, down] : [width / 2, height / 2];
    pull(event);
  }

  function pull(event) {
    if (!grip) return;
    const [x, y] = point(event);
    move({ left: x - grip[0], top: y - grip[1] });
  }

  // Paint a clean tile over the map.
  async function paint({ left, top, width, height, picture }) {
    const [tile, shown] = [new Image(), photo];
    tile.src = picture;
    await tile.decode();
    if (shown !== photo || cleaned.hidden) return;
    const [x, y] = [cleaned.width / photo.width, cleaned.height / photo.height];
    cleaned.getContext("2d").drawImage(tile, left * x, top * y, width * x, height * y);
  }

  function begin() {
    Object.assign(cleaned, { width: image.naturalWidth, height: image.naturalHeight, hidden: false });
  }

  function clear() {
    cleaned.hidden = true;
  }

  on(place, "pointerdown", grab);
  on(place, "pointermove", pull);
  for (const type of ["pointerup", "pointercancel"]) on(place, type, () => (grip = null));
  on(box, "keydown", (event) => {
    if (!photo || event.ctrlKey || event.altKey || event.metaKey) return;
    const pressed = press(spot, event, photo, side);
    if (!pressed) return;
    event.preventDefault();
    move(pressed);
  });
  return { show, paint, begin, clear };
}
