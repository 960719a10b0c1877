"""The strip of scenes, the wipe, the tour and the greeting of the stage."""

import pytest
from playwright.sync_api import expect

from denoise_demo.lab import PRESETS, SCENES
from tests.ui.conftest import DESKTOP
from tests.ui.driving import DRAG, draw, eventually, repaints, settles, shows

pytestmark = pytest.mark.ui
WIPE = """
() => {
  const read = (canvas) =>
    canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.join();
  const over = document.querySelector("#stage .before");
  const noisy = document.querySelector("#stage canvas[data-panel=noisy]");
  const clip = getComputedStyle(over).clipPath;
  return { hidden: over.hidden, same: read(over) === read(noisy), clip };
}
"""


@pytest.mark.parametrize("key", SCENES)
def test_a_scene_sets_every_control(page, key):
    preset = PRESETS[key]

    page.locator(f"#stage [data-scene={key}]").click()

    shows(page, recipe=preset.denoiser, kind=preset.corruption.kind)
    expect(page.locator("#stage .note")).to_contain_text(preset.label)
    expect(page.locator("[data-of=spread]")).to_be_visible(visible=preset.expected)


def test_arrow_keys_move_between_scenes(page):
    page.locator("#stage [data-scene]").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")

    shows(page, recipe=PRESETS[list(SCENES)[1]].denoiser)
    assert page.locator("#stage .strip button[tabindex='0']").count() == 1


def test_a_face_that_becomes_a_digit_names_its_witness(page):
    page.locator("#stage [data-scene=blind-invented]").click()

    outside = page.locator("#stage p.outside")
    expect(outside).to_contain_text("It may invent what it shows and expects an error of 0.2")


def test_the_wipe_shows_the_noisy_picture_up_to_its_line(page):
    handle = page.locator("#stage .wipe")
    handle.focus()
    for _ in range(5):
        page.keyboard.press("PageUp")
    page.evaluate(DRAG, ["noise-level", [1.1], 30])
    shows(page, level=1.1)

    expect(handle).to_have_attribute("aria-valuenow", "50")
    eventually(page, lambda: page.evaluate(WIPE)["same"])
    assert not page.evaluate(WIPE)["hidden"]
    assert "50%" in page.evaluate(WIPE)["clip"]
    page.keyboard.press("Home")
    assert page.evaluate(WIPE)["hidden"]


def test_the_wipe_follows_the_pointer(page):
    box = page.locator("#stage [data-of=denoised] .frame").bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 5, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.75 * box["width"], middle, steps=5)
    page.mouse.up()

    expect(page.locator("#stage .wipe")).to_have_attribute("aria-valuenow", "75")


def test_each_step_of_the_tour_is_done_on_the_page(page):
    tour = page.locator("#stage .tour")
    title, act = tour.locator("h2"), tour.locator(".choices button").first
    done = lambda: expect(tour).to_have_class("tour done")  # noqa: E731
    page.locator("#stage .guide").click()
    expect(title).to_be_focused()

    expect(title).to_have_text("1 of 5: Turn it up until it fails")
    settles(page)
    page.evaluate(DRAG, ["noise-level", [1.8], 30])
    done()
    tour.get_by_role("button", name="Next").click()
    act.click()
    shows(page, recipe="conv-pool")
    done()
    tour.get_by_role("button", name="Next").click()
    act.click()
    before = int(page.locator("#stage").get_attribute("data-paints"))
    draw(page, (0.5, 0.2), (0.5, 0.8))
    page.mouse.up()
    repaints(page, before)
    done()
    tour.get_by_role("button", name="Next").click()
    act.click()
    shows(page, recipe="blind-digits", kind="gaussian")
    done()
    tour.get_by_role("button", name="Next").click()
    shows(page, level=1.5)
    expect(page.locator("#stage canvas[data-panel=denoised]")).to_be_hidden()
    tour.locator(".guesses button").nth(3).click()
    expect(page.locator("#stage canvas[data-panel=denoised]")).to_be_visible()
    expect(tour).to_contain_text("You said 3, and it is a")
    done()
    tour.get_by_role("button", name="Finish").click()
    expect(page.locator("#stage .guide")).to_be_focused()


def test_the_tour_can_be_left_at_once(page):
    page.locator("#stage .guide").click()
    page.keyboard.press("Escape")

    expect(page.locator("#stage .tour")).to_be_hidden()
    expect(page.locator("#stage .strip")).to_be_visible()


@pytest.fixture
def fresh(browser, app):
    """Open pages of a visitor who has or has not asked for less motion."""
    contexts = []

    def open_page(reduced_motion):
        contexts.append(browser.new_context(viewport=DESKTOP, reduced_motion=reduced_motion))
        page = contexts[-1].new_page()
        page.goto(app)
        page.wait_for_selector("#stage[data-paints]")
        return page

    yield open_page
    for context in contexts:
        context.close()


def level(page):
    return float(page.locator("#stage").get_attribute("data-level"))


def test_the_page_moves_by_itself_once_and_returns(fresh):
    page = fresh("no-preference")

    eventually(page, lambda: level(page) > 1.5)
    eventually(page, lambda: level(page) == 0.8)
    settles(page)
    assert level(page) == 0.8


def test_the_first_touch_ends_the_greeting(fresh):
    page = fresh("no-preference")
    eventually(page, lambda: level(page) > 1)

    page.locator("#noise-level input[type=range]").press("Home")
    settles(page)

    assert level(page) == 0


def test_nothing_moves_for_those_who_want_less_motion(fresh):
    page = fresh("reduce")

    settles(page)
    page.wait_for_timeout(1500)

    assert page.locator("#stage").get_attribute("data-paints") == "1"
