"""Presets and reset, in a real browser."""

import pytest
from playwright.sync_api import expect

from denoise_demo.lab.presets import PRESETS
from tests.ui.driving import (
    DRAG,
    choose,
    draw,
    number,
    open_tab,
    overflowing,
    paints,
    repaints,
    settles,
    shows,
)

pytestmark = pytest.mark.ui


def test_opening_and_leaving_the_list_of_presets_changes_nothing(page):
    for leave, sigma in (("Escape", 1.5), ("Tab", 1.6)):
        page.locator("#preset input").click()
        page.keyboard.press(leave)
        page.locator("#title").click()
        page.evaluate(DRAG, ["blur-sigma", [sigma], 60])

        shows(page, **{"blur-sigma": sigma})
        expect(page.get_by_text("unknown preset")).to_have_count(0)


def test_a_preset_sets_every_control(page):
    for key in ("s1-one-sided", "s0-rising-5", "s2-units-2"):
        preset = PRESETS[key]

        choose(page, "preset", preset.label)

        corruption = preset.corruption
        shows(
            page,
            kind=corruption.kind,
            level=f"{corruption.level:g}",
            recipe=preset.denoiser,
            seed=0,
            **{"blur-sigma": f"{corruption.blur_sigma:g}"},
        )
        expect(number(page, "blur-sigma")).to_have_value(f"{corruption.blur_sigma:g}")
        expect(page.locator("#stage .note")).to_contain_text("built-in digit stands in")
        expect(page.locator("#stage .truth")).to_have_text(f"label {preset.digit}")


def test_reset_brings_everything_back(page):
    choose(page, "preset", PRESETS["s1-one-sided"].label)
    shows(page, recipe="dense-64")

    page.locator("#reset").click()

    shows(page, kind="uniform", level=0.8, recipe="blind-digits", seed=0, **{"blur-sigma": 0.5})
    expect(page.locator("#stage .note")).to_be_hidden()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_scrolls_sideways(open_page, app, theme):
    page = open_page(f"{app}?__theme={theme}")

    assert not overflowing(page)


def test_a_preset_stops_play(page):
    page.get_by_role("button", name="Play").click()
    repaints(page, paints(page))

    choose(page, "preset", PRESETS["s0-rising-2"].label)

    shows(page, level=0.8, **{"blur-sigma": 1})
    settles(page)
    shows(page, level=0.8)
    expect(page.get_by_role("button", name="Play")).to_be_visible()


def test_a_presets_note_is_hidden_when_a_setting_changes(page):
    choose(page, "preset", PRESETS["s1-one-sided"].label)
    expect(page.locator("#stage .note")).to_be_visible()
    shows(page, recipe="dense-64", level=0.9)
    settles(page)
    expect(page.locator("#stage .note")).to_be_visible()

    page.locator("[data-example='5']").click()

    expect(page.locator("#stage .note")).to_be_hidden()


def test_a_presets_note_stays_with_its_picture_and_settings(page):
    preset, note = PRESETS["s0-rising-2"], page.locator("#stage .note")
    for _ in range(2):
        choose(page, "preset", preset.label)
        expect(note).to_be_visible()
        expect(page.locator("#preset input")).to_have_value("")
    page.locator("[data-action=dream]").click()
    expect(page.locator("#stage .dreamt")).to_be_visible()
    expect(note).to_be_hidden()

    page.locator("[data-action=wake]").click()

    expect(note).to_be_visible()
    page.evaluate(DRAG, ["blur-sigma", [2.5], 60])
    expect(note).to_be_hidden()


def test_a_preset_leaves_the_pad_and_its_picture_stays(page):
    open_tab(page, "Draw")
    draw(page, (0.3, 0.3), (0.7, 0.7))
    page.mouse.up()

    choose(page, "preset", PRESETS["s0-rising-2"].label)

    expect(page.locator("#stage .truth")).to_have_text("label 0")
    expect(page.locator("#stage .pad")).to_be_hidden()
    settles(page)
    expect(page.locator("#stage .truth")).to_have_text("label 0")


def test_a_number_that_is_deleted_returns_when_its_input_is_left(page):
    for control, value in (("noise-level", "0.8"), ("blur-sigma", "0.5")):
        entry = number(page, control)
        entry.fill("")
        entry.press("Tab")

        expect(entry).to_have_value(value)
    assert page.locator("#stage").get_attribute("data-level") == "0.8"


def test_looking_at_the_list_of_noises_keeps_the_level(page):
    entry = number(page, "noise-level")
    entry.fill("1.3")
    shows(page, level=1.3)

    for leave in (lambda: page.keyboard.press("Tab"), lambda: page.locator("#title").click()):
        page.locator("#noise-kind input").click()
        leave()
        page.evaluate(DRAG, ["blur-sigma", [0.7], 60])
        page.evaluate(DRAG, ["blur-sigma", [0.6], 60])

        shows(page, level=1.3, **{"blur-sigma": 0.6})
        expect(entry).to_have_value("1.3")
