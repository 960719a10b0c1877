// ---- Drawing ------------------------------------------------------------------------------------

const pad = $(".pad");
const ink = pad.getContext("2d", { willReadFrequently: true });
const raster = Object.assign(document.createElement("canvas"), { width: PAD_RASTER, height: PAD_RASTER });
const rasterContext = raster.getContext("2d", { willReadFrequently: true });
const penSize = $("[data-pen=size]");
const pen = { size: Number(penSize.value), erase: false, stroke: null };

function padPoint(event) {
  const box = pad.getBoundingClientRect();
  return [((event.clientX - box.left) / box.width) * pad.width, ((event.clientY - box.top) / box.height) * pad.height];
}

function penDown(event) {
  if (event.button !== 0) return;
  event.preventDefault();
  pad.setPointerCapture(event.pointerId);
  pen.stroke = { erase: pen.erase, width: (pen.size / 100) * pad.width, points: [padPoint(event)] };
  state.strokes.push(pen.stroke);
  drawStroke(pen.stroke, 0);
  sendDrawing();
}

function penMove(event) {
  drawCursor(event);
  if (!pen.stroke) return;
  const from = pen.stroke.points.length - 1;
  const events = event.getCoalescedEvents?.() ?? [];
  pen.stroke.points.push(...(events.length ? events : [event]).map(padPoint));
  drawStroke(pen.stroke, from);
  sendDrawing();
}

function penUp() {
  pen.stroke = null;
}

function drawStroke({ erase, width, points }, from) {
  ink.globalCompositeOperation = erase ? "destination-out" : "source-over";
  Object.assign(ink, { lineCap: "round", lineJoin: "round", strokeStyle: "white", lineWidth: width });
  ink.beginPath();
  ink.moveTo(...points[from]);
  for (const point of points.slice(from)) ink.lineTo(...point);
  ink.stroke();
}

function drawCursor(event) {
  const radius = Math.max(2, ((pen.size / 200) * pad.clientWidth) | 0);
  const colour = pen.erase ? "%23f59e0b" : "%2338bdf8";
  const side = 2 * radius + 2;
  const key = `${radius} ${colour}`;
  if (pad.dataset.cursor === key) return;
  pad.dataset.cursor = key;
  const circle = `<svg xmlns='http://www.w3.org/2000/svg' width='${side}' height='${side}'><circle cx='${radius + 1}' cy='${radius + 1}' r='${radius}' fill='none' stroke='${colour}' stroke-width='1.5'/></svg>`;
  pad.style.cursor = `url("data:image/svg+xml,${circle}") ${radius + 1} ${radius + 1}, crosshair`;
}

function setPen(size) {
  pen.size = Number(size);
  penSize.value = size;
}

function setEraser(erase) {
  pen.erase = erase;
  $("[data-action=erase]").setAttribute("aria-pressed", erase);
}

function redraw() {
  ink.clearRect(0, 0, pad.width, pad.height);
  for (const stroke of state.strokes) drawStroke(stroke, 0);
  sendDrawing();
}

function sendDrawing() {
  rasterContext.clearRect(0, 0, PAD_RASTER, PAD_RASTER);
  rasterContext.drawImage(pad, 0, 0, PAD_RASTER, PAD_RASTER);
  const { data } = rasterContext.getImageData(0, 0, PAD_RASTER, PAD_RASTER);
  let pixels = "";
  let inked = false;
  for (let i = 3; i < data.length; i += 4) {
    pixels += String.fromCharCode(data[i]);
    inked ||= data[i] > FAINTEST;
  }
  $(".invite").hidden = inked;
  if (!inked) {
    line.rest(); // what is still on its way is of ink that is gone
    say("");
    state.source = null;
    wake();
    followers.forEach((follower) => follower.blank?.());
    return blank();
  }
  state.source = { kind: "drawing", pixels: btoa(pixels), size: PAD_RASTER, centre: state.centre };
  nameSource(state.source, "drawing");
  refresh();
}
