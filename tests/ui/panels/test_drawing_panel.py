"""Drawing on the stage, in a real browser."""

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.ui.driving import (
    DRAG,
    canvas,
    choose,
    draw,
    eventually,
    open_tab,
    paints,
    repaints,
    settles,
)

pytestmark = pytest.mark.ui
# Whether there is ink in the middle of the strokes across the top and down to the left.
INKED = """
() => [[0.5, 0.2], [0.55, 0.5]].map(([x, y]) => {
  const pad = document.querySelector("#stage .pad");
  const context = pad.getContext("2d");
  return context.getImageData(x * pad.width, y * pad.height, 1, 1).data[3] > 0;
})
"""


def test_the_other_panels_follow_the_pen_while_it_moves(page):
    open_tab(page, "Draw")
    expect(page.locator("#stage .invite")).to_contain_text("blank")
    before = paints(page)

    draw(page, (0.5, 0.2), (0.5, 0.8), steps=20)  # the button is still down

    expect(page.locator("#stage .invite")).to_be_hidden()
    repaints(page, before)
    eventually(page, lambda: canvas(page, "denoised").max() > 100)
    assert canvas(page, "clean").max() > 200
    page.mouse.up()


def test_a_drawn_digit_is_read(page):
    page.get_by_role("button", name="Draw a digit").click()
    choose(page, "noise-kind", "None")

    draw(page, (0.5, 0.15), (0.5, 0.85))
    page.mouse.up()

    expect(page.locator("#stage [data-of=clean] .scores")).to_contain_text("reads 1")


def test_undo_and_clear_leave_a_blank_pad_without_predictions(page):
    open_tab(page, "Draw")
    draw(page, (0.3, 0.2), (0.7, 0.2))
    page.mouse.up()
    expect(page.locator("#stage .invite")).to_be_hidden()
    draw(page, (0.7, 0.2), (0.4, 0.8))
    page.mouse.up()

    page.get_by_role("button", name="Undo").click()
    assert page.evaluate(INKED) == [True, False]  # the first stroke is still there
    page.get_by_role("button", name="Clear").click()

    expect(page.locator("#stage .invite")).to_contain_text("blank")
    settles(page)
    expect(page.locator("#stage [data-of=denoised] .scores")).to_have_text("")
    assert page.locator("#stage .verdict .top").count() == 0
    assert canvas(page, "denoised").max() == 0


def test_undo_ends_the_stroke_that_is_being_drawn(page):
    open_tab(page, "Draw")
    draw(page, (0.3, 0.2), (0.7, 0.2))
    expect(page.locator("#stage .invite")).to_be_hidden()

    page.get_by_role("button", name="Undo").dispatch_event("click")  # the pen stays down
    page.mouse.move(600, 300, steps=5)
    page.mouse.up()

    expect(page.locator("#stage .invite")).to_be_visible()


def test_another_tab_ends_the_stroke_that_is_being_drawn(page):
    open_tab(page, "Draw")
    draw(page, (0.3, 0.2), (0.7, 0.2))

    page.locator("#source").get_by_role("tab", name="Digits").dispatch_event("click")
    expect(page.locator("#stage .truth")).to_have_text("label 4")
    page.mouse.move(600, 300, steps=5)
    page.mouse.up()
    settles(page)

    expect(page.locator("#stage .truth")).to_have_text("label 4")


def test_the_eraser_removes_ink(page):
    open_tab(page, "Draw")
    draw(page, (0.2, 0.5), (0.8, 0.5))
    page.mouse.up()
    expect(page.locator("#stage .invite")).to_be_hidden()

    page.get_by_role("button", name="Eraser").click()
    page.locator("#stage [data-pen=size]").fill("24")
    draw(page, (0.1, 0.5), (0.9, 0.5))
    page.mouse.up()

    expect(page.locator("#stage .invite")).to_contain_text("blank")


def test_without_centring_the_drawing_stays_where_it_is(page):
    def middle():
        ink = canvas(page, "clean").sum(0)
        return np.average(np.arange(28), weights=ink) if ink.any() else np.nan

    open_tab(page, "Draw")
    draw(page, (0.15, 0.1), (0.15, 0.4))
    page.mouse.up()
    eventually(page, lambda: abs(middle() - 13.7) < 1)

    page.get_by_label("Centre like MNIST").uncheck()

    eventually(page, lambda: middle() < 7)


def test_a_blank_pad_stays_blank_while_a_slider_is_dragged(page):
    open_tab(page, "Draw")
    draw(page, (0.3, 0.2), (0.7, 0.8))
    page.mouse.up()
    page.get_by_role("button", name="Clear").click()

    page.evaluate(DRAG, ["blur-sigma", [0.7, 0.9, 1.1], 60])

    settles(page)
    assert canvas(page, "denoised").max() == 0
    assert page.locator("#stage .verdict .top").count() == 0


def test_reset_clears_the_pad_and_its_choices(page):
    open_tab(page, "Draw")
    draw(page, (0.3, 0.2), (0.7, 0.8))
    page.mouse.up()
    page.get_by_role("button", name="Eraser").click()
    page.get_by_label("Centre like MNIST").uncheck()
    page.get_by_label("Pen size").fill("20")
    page.locator("[data-action=spread]").click()

    page.locator("#reset").click()
    expect(page.locator("#stage .truth")).to_have_text("label 4")
    open_tab(page, "Draw")

    expect(page.locator("#stage .invite")).to_be_visible()
    expect(page.get_by_label("Centre like MNIST")).to_be_checked()
    expect(page.get_by_role("button", name="Eraser")).to_have_attribute("aria-pressed", "false")
    expect(page.get_by_label("Pen size")).to_have_value("9")
    expect(page.locator("[data-of=spread]")).to_be_hidden()


def test_clear_can_be_undone_and_puts_the_eraser_away(page):
    open_tab(page, "Draw")
    draw(page, (0.2, 0.5), (0.8, 0.5))
    page.mouse.up()
    expect(page.locator("#stage .invite")).to_be_hidden()
    page.get_by_role("button", name="Eraser").click()

    page.get_by_role("button", name="Clear").click()
    expect(page.locator("#stage .invite")).to_be_visible()
    expect(page.get_by_role("button", name="Eraser")).to_have_attribute("aria-pressed", "false")
    page.get_by_role("button", name="Undo").click()

    expect(page.locator("#stage .invite")).to_be_hidden()


def test_the_same_button_opens_and_leaves_the_pad(page):
    button = page.locator("#stage [data-action=draw]")
    button.click()
    expect(page.locator("#stage .pad")).to_be_visible()
    expect(button).to_be_visible()

    button.click()

    expect(page.locator("#stage .pad")).to_be_hidden()
    expect(page.locator("#stage .truth")).to_have_text("label 4")
