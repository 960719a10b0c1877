"""What is on screen together, at every size from a small phone to a desktop, without scrolling."""

import pytest

from tests.ui.driving import LAID_OUT, draw, repaints, settles, view

pytestmark = pytest.mark.ui
SIZES = {
    "small phone": (360, 640),
    "phone with its bars": (390, 664),
    "phone": (390, 844),
    "landscape phone": (844, 390),
    "portrait tablet": (768, 1024),
    "tablet": (1024, 768),
    "desktop": (1440, 900),
    "desktop at 200 %": (720, 450),
}
LARGE = {"small phone": 150, "desktop at 200 %": 130}  # pixels a side of a picture at least
BOX = """
(selector) => {
  const { left, top, right, bottom } = document.querySelector(selector).getBoundingClientRect();
  const at = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
  return { left, top, right, bottom, isOnTop: Boolean(at?.closest(selector)) };
}
"""
# The sum of all shifts that no action of the visitor caused.
SHIFTS = """
() => new Promise((done) => {
  new PerformanceObserver((list) => {
    const shifts = list.getEntries().filter((entry) => !entry.hadRecentInput);
    done(shifts.reduce((sum, entry) => sum + entry.value, 0));
  }).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(0), 500);
})
"""
NOISY, DENOISED = ("#stage [data-of=noisy] .frame", "#stage [data-of=denoised] .frame")
LEVEL = "#noise-level input[type=range]"


def box(page, selector):
    return page.evaluate(BOX, selector)


def is_on_screen(page, selector):
    """Whether all of an element lies in the window, and nothing over its middle."""
    place, size = box(page, selector), page.viewport_size
    inside = place["left"] >= 0 and place["right"] <= size["width"]
    return inside and place["top"] >= 0 and place["bottom"] <= size["height"] and place["isOnTop"]


def overlap(one, other):
    across = min(one["right"], other["right"]) - max(one["left"], other["left"])
    down = min(one["bottom"], other["bottom"]) - max(one["top"], other["top"])
    return across > 0 and down > 0


def check_together(page, least, *others):
    """Check that level, noisy and denoised picture and the others share the screen."""
    parts = (NOISY, DENOISED, LEVEL, *others)
    assert [part for part in parts if not is_on_screen(page, part)] == []
    level = box(page, "#noise-level")
    assert [part for part in (NOISY, DENOISED, *others) if overlap(box(page, part), level)] == []
    noisy, denoised = box(page, NOISY), box(page, DENOISED)
    assert noisy["top"] == denoised["top"]
    assert noisy["right"] < denoised["left"]
    assert min(noisy["right"] - noisy["left"], denoised["right"] - denoised["left"]) >= least


@pytest.mark.parametrize("name", SIZES)
def test_the_level_and_both_pictures_are_on_screen_together(open_page, app, name):
    width, height = SIZES[name]

    page = open_page(app, width=width, height=height)
    page.evaluate(LAID_OUT, width)
    settles(page)

    check_together(page, LARGE.get(name, 160))


@pytest.mark.parametrize("name", SIZES)
def test_drawing_keeps_the_pad_the_level_and_the_result_on_screen(open_page, app, name):
    width, height = SIZES[name]
    page = open_page(app, width=width, height=height)
    before = int(page.locator("#stage").get_attribute("data-paints"))

    page.locator("#stage [data-action=draw]").click()
    draw(page, (0.3, 0.2), (0.7, 0.2), (0.4, 0.8))
    page.mouse.up()
    repaints(page, before)

    assert page.evaluate("window.scrollY") == 0
    check_together(page, LARGE.get(name, 130), "#stage .pad")


@pytest.mark.parametrize("name", ["small phone", "landscape phone", "desktop"])
def test_a_photo_its_result_and_the_level_are_on_screen_together(open_page, app, name):
    width, height = SIZES[name]
    page = open_page(f"{app}?show=photos", width=width, height=height, wait=False)
    page.wait_for_selector("#photos[data-paints]")
    page.evaluate(LAID_OUT, width)
    noisy, after = (part.replace("#stage", "#photos") for part in (NOISY, DENOISED))

    assert [part for part in (noisy, after, LEVEL) if not is_on_screen(page, part)] == []
    assert box(page, noisy)["right"] < box(page, after)["left"]
    page.locator("#photos [data-choice=already]").check()
    strength = "#photos [data-choice=strength]"
    assert [part for part in (after, strength) if not is_on_screen(page, part)] == []


@pytest.mark.parametrize("name", ["desktop", "tablet"])
def test_the_controls_stay_in_view_while_a_view_scrolls(open_page, app, name):
    width, height = SIZES[name]
    page = open_page(app, width=width, height=height)
    view(page, "compare")
    page.wait_for_selector("#compare[data-paints]")

    page.evaluate("document.querySelector('#compare .card:last-child').scrollIntoView()")
    page.evaluate(LAID_OUT, width)

    assert page.evaluate("window.scrollY") > 100
    assert is_on_screen(page, LEVEL)


@pytest.mark.parametrize("name", ["phone", "desktop"])
def test_nothing_jumps_while_the_page_loads(open_page, app, name):
    width, height = SIZES[name]

    page = open_page(app, width=width, height=height)
    settles(page)

    assert page.evaluate(SHIFTS) < 0.05
