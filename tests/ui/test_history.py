"""Back and forward move between views, tabs and scenes."""

import pytest
from playwright.sync_api import expect

from denoise_demo.lab import PRESETS
from tests.ui.driving import DRAG, settles, shows, view

pytestmark = pytest.mark.ui


def is_open(page, tab):
    expect(page.locator(f"#{tab}-button")).to_have_attribute("aria-selected", "true")


def test_back_and_forward_move_between_views_and_tabs(page):
    page.locator("#noise-level input[type=range]").press("Home")
    shows(page, level=0)
    view(page, "compare")
    settles(page)
    page.locator("#tab-explanation-button").click()
    page.wait_for_url("**show=explanation**")

    page.go_back()
    is_open(page, "view-compare")
    page.go_back()
    is_open(page, "view-stage")
    shows(page, level=0)
    page.go_forward()
    is_open(page, "view-compare")


def test_back_returns_to_the_scene_before(page):
    scenes = ("s3-published", "s2-units-2")
    for key in scenes:
        page.locator(f"#stage [data-scene={key}]").click()
        shows(page, recipe=PRESETS[key].denoiser)
        page.wait_for_url(f"**denoiser={PRESETS[key].denoiser}**")

    page.go_back()

    shows(page, recipe=PRESETS[scenes[0]].denoiser)
    page.go_forward()
    shows(page, recipe=PRESETS[scenes[1]].denoiser)


def test_a_drag_leaves_one_entry_of_the_history(page):
    page.locator("#noise-level input[type=range]").press("End")
    settles(page)
    entries = page.evaluate("history.length")

    page.evaluate(DRAG, ["noise-level", [0.3, 0.6, 0.9, 1.2], 2])
    shows(page, level=1.2)
    page.wait_for_url("**level=1.2**")

    assert page.evaluate("history.length") == entries


def test_a_link_shows_nothing_before_its_own_picture(open_page, app):
    page = open_page(f"{app}?picture=example:3&level=1.1")

    shows(page, level=1.1)
    assert page.locator("#stage").get_attribute("data-paints") == "1"
