"""User actions on the page and checks of what it shows, for the browser tests."""

import io
import json
import time

import numpy as np
from playwright.sync_api import expect

from denoise_demo.data import load_examples
from denoise_demo.data.pixels import to_pil
from denoise_demo.ui.controls import FIRST_EXAMPLE

DRAG = """
async ([id, values, hertz]) => {
  const input = document.querySelector(`#${id} input[type=range]`);
  for (const value of values) {
    input.value = value;
    input.dispatchEvent(new Event("input", { bubbles: true }));
    await new Promise((go) => setTimeout(go, 1000 / hertz));
  }
}
"""
# Resolves after thirty frames in a row without a paint.
STILL = """
async () => {
  const paints = () => ["stage", "compare", "codes", "photos"]
    .map((id) => JSON.stringify({ ...document.getElementById(id)?.dataset })).join();
  let [last, still] = ["", 0];
  while (still < 30) {
    await new Promise(requestAnimationFrame);
    still = paints() === last ? still + 1 : 0;
    last = paints();
  }
}
"""
# Resolves when the window has this width and a few frames have been drawn in it.
LAID_OUT = """
async (width) => {
  for (let frames = 0; frames < 12; frames += window.innerWidth === width) {
    await new Promise(requestAnimationFrame);
  }
}
"""
# Delays everything in Gradio's queue by half a second.
SLOW_QUEUE = """
() => {
  const fetch = window.fetch;
  window.joined = 0; // how many have gone through
  window.fetch = async (...request) => {
    const joins = String(request[0]?.url ?? request[0]).includes("queue/join");
    if (joins) await new Promise((go) => setTimeout(go, 500));
    const reply = await fetch(...request);
    window.joined += joins;
    return reply;
  };
}
"""
CANVAS = """
(name) => {
  const canvas = document.querySelector(`#stage canvas[data-panel=${name}]`);
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return Array.from(data);
}
"""


def shows(page, **values):
    """Wait until the picture on the stage is the one with these settings."""
    for name, value in values.items():
        expect(page.locator("#stage")).to_have_attribute(f"data-{name}", str(value))


def colours(page, name):
    """The picture (28, 28, 3) on a canvas."""
    return np.array(page.evaluate(CANVAS, name)).reshape(28, 28, 4)[..., :3]


def canvas(page, name):
    """The picture (28, 28) on a canvas that is grey."""
    return colours(page, name)[..., 0]


def paints(page):
    return int(page.locator("#stage").get_attribute("data-paints"))


def number(page, control):
    return page.locator(f"#{control} input[type=number]")


def choose(page, control, label):
    page.locator(f"#{control} input").click()
    page.get_by_role("option", name=label, exact=True).click()


def pixels(image):
    return np.array(to_pil(image)).astype(int)


def open_tab(page, name, source="source"):
    page.locator(f"#{source}").get_by_role("tab", name=name).click()


def eventually(page, holds, seconds=30):
    """Check on every frame until the condition holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"this never held: {holds}"
        page.evaluate("new Promise(requestAnimationFrame)")


def shows_picture(page, panel, expected, tolerance=0):
    """Wait until a canvas shows this picture, within a tolerance."""
    eventually(page, lambda: abs(colours(page, panel) - expected).max() <= tolerance)


def settles(page):
    """Wait until nothing has been painted for many frames."""
    page.evaluate(STILL)


def repaints(page, before):
    """Wait until the stage has painted more often than `before`."""
    page.wait_for_function("(n) => document.getElementById('stage').dataset.paints > n", arg=before)


def overflowing(page):
    """The widths of a window at which the page scrolls sideways."""
    wide = []
    for width in (390, 1024, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate(LAID_OUT, width)
        root = "document.documentElement"
        if page.evaluate(f"{root}.scrollWidth > {root}.clientWidth"):
            wide.append(width)
    return wide


def view(page, name):
    page.locator(f"#view-{name}-button").click()


def switch(page, domain):
    page.locator("#domain").get_by_text(domain, exact=True).click()


def first_digit():
    return load_examples().clean(slice(FIRST_EXAMPLE, FIRST_EXAMPLE + 1))


WATCH = """
(name) => {
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (text) {
    window[name](text);
    send.call(this, text);
  };
}
"""


def watch_requests(page, part="request"):
    """Collect the panels' requests to the server from now on."""
    asked = []
    name = f"watch{time.monotonic_ns()}"
    page.expose_function(name, lambda text: asked.append(json.loads(text)[part]))
    page.evaluate(WATCH, name)
    return asked


def watch_calls(page):
    """Collect the names of the functions that are called from now on."""
    return watch_requests(page, "call")


def encoded(image, kind="PNG", **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def upload_photo(page, content, name="me.png"):
    open_tab(page, "Your photo", "face-source")
    file = {"name": name, "mimeType": "image/png", "buffer": content}
    page.locator("#face-source input[type=file]").set_input_files([file])


def upload_page(page, content, name="page.png"):
    open_tab(page, "Upload")
    file = {"name": name, "mimeType": "image/png", "buffer": content}
    page.locator("#source input[type=file]").set_input_files([file])


def crop_box(page):
    """The crop box (left, top, side) in the photo's own pixels."""
    size, left, top = page.evaluate(
        "() => document.querySelector('#photo .place').textContent.match(/[0-9]+/g)"
        ".filter((_, i) => i !== 1).map(Number)"
    )
    return left, top, size


def draw(page, *points, steps=10):
    pad = page.locator("#stage .pad")
    expect(pad).to_be_visible()
    box = pad.bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=steps)
