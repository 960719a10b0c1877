"""Dreams on the stage, in a real browser."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from denoise_demo.lab.dreams import LAST, dream
from tests.ui.driving import (
    DRAG,
    canvas,
    draw,
    open_tab,
    paints,
    pixels,
    repaints,
    shows,
)

pytestmark = pytest.mark.ui


NO_DREAMS = """
() => {
  const fetch = window.fetch;
  const send = WebSocket.prototype.send;
  window.dreams = false;
  WebSocket.prototype.send = function (text) {
    if (!window.dreams && text.includes('"call":"dream"')) this.close();
    else send.call(this, text);
  };
  window.fetch = (...request) =>
    !window.dreams && String(request[1]?.body).includes('"fn_name":"dream"')
      ? Promise.reject(new TypeError("Failed to fetch"))
      : fetch(...request);
}
"""


def test_a_dream_plays_to_its_end_and_the_next_one_is_another(page):
    button = page.locator("[data-action=dream]")

    button.click()

    expect(page.locator("#stage")).to_have_attribute("data-dream", f"0 {LAST:.2f}")
    *_, last = dream(0)
    assert abs(canvas(page, "denoised") - pixels(last.denoised)).max() <= 1
    expect(page.locator("#stage [data-of=denoised] .scores")).to_contain_text("reads")
    expect(page.locator("#stage .dreamt")).to_be_visible()
    button.click()
    expect(page.locator("#stage")).to_have_attribute("data-dream", f"1 {LAST:.2f}")


def test_a_dream_is_left_by_its_button_or_by_any_control(page):
    before = canvas(page, "denoised")
    page.locator("[data-action=dream]").click()
    expect(page.locator("#stage .dreamt")).to_be_visible()

    page.locator("[data-action=wake]").click()

    expect(page.locator("#stage .dreamt")).to_be_hidden()
    expect(page.locator("#stage")).not_to_have_attribute("data-dream", re.compile(".*"))
    page.wait_for_function("() => document.querySelector('#stage .gain').textContent")
    assert np.array_equal(canvas(page, "denoised"), before)
    page.locator("[data-action=dream]").click()
    expect(page.locator("#stage .dreamt")).to_be_visible()
    page.evaluate(DRAG, ["noise-level", [0.9], 60])
    expect(page.locator("#stage .dreamt")).to_be_hidden()
    shows(page, level=0.9)


@pytest.mark.slow
def test_a_dream_after_play_is_not_ended_by_a_stale_event(page):
    page.locator("[data-action=play]").click()
    repaints(page, paints(page))

    page.locator("[data-action=dream]").click()

    expect(page.locator("#stage")).to_have_attribute("data-dream", f"0 {LAST:.2f}")


@pytest.mark.slow
def test_of_many_dreams_requested_at_once_the_last_one_plays(page):
    for _ in range(6):
        page.locator("[data-action=dream]").click(delay=0)

    expect(page.locator("#stage")).to_have_attribute("data-dream", f"5 {LAST:.2f}")


def test_a_dream_hides_a_drawing_and_restores_it(page):
    open_tab(page, "Draw")
    draw(page, (0.5, 0.15), (0.5, 0.85))
    page.mouse.up()

    page.locator("[data-action=dream]").click()

    expect(page.locator("#stage .dreamt")).to_be_visible()
    expect(page.locator("#stage .pad")).to_be_hidden()
    page.locator("[data-action=wake]").click()
    expect(page.locator("#stage .pad")).to_be_visible()
    expect(page.locator("#stage [data-of=clean] .scores")).to_contain_text("reads 1")


@pytest.mark.slow
def test_a_failed_dream_shows_a_message_and_restores_the_picture(page):
    before = canvas(page, "denoised")
    button, message = page.locator("[data-action=dream]"), page.locator("#stage .message")
    page.evaluate(NO_DREAMS)

    button.click()

    expect(message).to_contain_text("does not answer")
    expect(page.locator("#stage .dreaming")).to_be_hidden()
    assert np.array_equal(canvas(page, "denoised"), before)
    page.evaluate("window.dreams = true")
    button.click()
    expect(page.locator("#stage")).to_have_attribute("data-dream", f"1 {LAST:.2f}")
    page.evaluate("window.dreams = false")
    button.click()
    expect(page.locator("#stage .dreaming")).to_be_hidden()
    page.wait_for_function("() => document.querySelector('#stage .gain').textContent")
    assert np.array_equal(canvas(page, "denoised"), before)


@pytest.mark.slow
def test_a_typed_seed_starts_a_dream_unless_it_is_invalid(page):
    page.locator("[data-action=dream]").click()
    seed = page.locator("[data-dream=seed]")

    seed.fill("42")
    seed.press("Enter")

    expect(page.locator("#stage")).to_have_attribute("data-dream", f"42 {LAST:.2f}")
    seed.press("Enter")
    expect(page.locator("#stage")).not_to_have_attribute("data-dream", f"42 {LAST:.2f}")
    expect(page.locator("#stage")).to_have_attribute("data-dream", f"42 {LAST:.2f}")
    seed.fill("-1")
    seed.press("Enter")
    assert seed.evaluate("input => input.matches(':invalid')")
    expect(page.locator("#stage")).to_have_attribute("data-dream", f"42 {LAST:.2f}")


def test_faces_have_no_dreams(page):
    page.locator("#domain").get_by_label("Faces").check()

    expect(page.locator("[data-action=dream]")).to_be_hidden()
