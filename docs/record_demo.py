"""Record docs/demo.webp from the running page: a drag, a drawing, a dream.

python app.py &
python -m docs.record_demo http://127.0.0.1:7860/
"""

import io
import shutil
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

FILE = Path(__file__).with_name("demo.webp")
SIZE = {"width": 1100, "height": 640}
WIDTH = 880  # pixels of the recording
# An angular 5, in fractions of the pad.
STROKE = [(0.68, 0.22), (0.38, 0.22), (0.36, 0.47), (0.52, 0.43), (0.66, 0.55), (0.62, 0.72),
          (0.46, 0.79), (0.32, 0.73)]  # fmt: skip
SET_SLIDER = """
([id, value]) => {
  const slider = document.querySelector(`#${id} input[type=range]`);
  slider.value = value;
  slider.dispatchEvent(new Event("input", { bubbles: true }));
}
"""
Frame = tuple[Image.Image, int]  # with the milliseconds it is shown


def drag(page: Page) -> Iterator[Frame]:
    """Drag the noise level up and down."""
    levels = [*range(20, 190, 10), *range(190, 70, -10)]
    for level in (n / 100 for n in levels):
        page.evaluate(SET_SLIDER, ["noise-level", level])
        page.wait_for_selector(f"#stage[data-level='{level:g}']")
        yield capture(page), 80
    yield capture(page), 900


def draw(page: Page) -> Iterator[Frame]:
    """Draw a digit on the clean panel."""
    page.get_by_role("button", name="Draw a digit").click()
    box = page.locator("#stage .pad").bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in STROKE]
    page.mouse.move(*places[0])
    page.mouse.down()
    for start, end in pairwise(places):
        for share in (1 / 3, 2 / 3, 1):
            page.mouse.move(*(a + share * (b - a) for a, b in zip(start, end, strict=True)))
            yield capture(page), 90
    page.mouse.up()
    page.mouse.move(0, 0)
    page.wait_for_timeout(300)
    yield capture(page), 1200


def dream(page: Page) -> Iterator[Frame]:
    """Dream a digit; the page plays it at its own pace."""
    page.locator("#stage [data-action=dream]").click()
    page.wait_for_selector("#stage[data-dream]")
    last = ""
    while not last.endswith(" 0.02"):
        yield capture(page), 110
        last = page.locator("#stage").get_attribute("data-dream") or ""
    yield capture(page), 1800


def capture(page: Page) -> Image.Image:
    """Return the page as it is now, in the recording's size."""
    image = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    return image.resize((WIDTH, round(image.height * WIDTH / image.width)), Image.Resampling.BOX)


def main(url: str) -> None:
    """Record the page at an address."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        page = browser.new_page(viewport=SIZE)
        page.goto(url)
        page.wait_for_selector("#stage[data-paints]")
        frames = [frame for scene in (drag, draw, dream) for frame in scene(page)]
        browser.close()
    images, durations = zip(*frames, strict=True)
    images[0].save(
        FILE, save_all=True, append_images=images[1:], duration=durations, loop=0, quality=60
    )
    print(f"{FILE.name}: {len(images)} frames, {FILE.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main(sys.argv[1])
