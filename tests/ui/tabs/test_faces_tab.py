"""Faces in a real browser: switching domains, portraits, any network."""

import json

import numpy as np
import pytest
from playwright.sync_api import expect

from denoise_demo.data.pixels import decode_pixels
from denoise_demo.data.portraits import NAMES, load_portraits
from denoise_demo.denoisers.catalog import list_denoisers
from denoise_demo.lab.presets import PRESETS
from tests.ui.driving import (
    DRAG,
    choose,
    colours,
    draw,
    open_tab,
    paints,
    pixels,
    settles,
    shows,
    shows_picture,
    switch,
    watch_requests,
)

pytestmark = pytest.mark.ui


FACE_SOURCES = {"portrait", "photo", "face"}


def picture(page):
    """The clean picture as window.laboratory gives it to other tabs."""
    source = json.loads(page.evaluate("window.laboratory.picture()"))
    shape = {name: source[name] for name in ("height", "width", "channels")}
    return decode_pixels(source["pixels"], **shape)


def domain_of(source):
    if source["kind"] == "pixels":
        return "faces" if source["channels"] == 3 else "digits"
    return "faces" if source["kind"] in FACE_SOURCES else "digits"


def portrait(index):
    return pixels(load_portraits().clean(slice(index, index + 1)))


def test_faces_begin_with_a_portrait_in_colour(page):
    before = paints(page)

    switch(page, "Faces")

    shows(page, kind="gaussian", level=0.32, recipe="blind-faces", **{"blur-sigma": 0})
    assert paints(page) == before + 1
    assert (colours(page, "clean") == portrait(0)).all()
    expect(page.locator("[data-portrait='0']")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#stage .verdict").first).to_be_hidden()
    expect(page.locator("#stage [data-of=denoised] .scores")).to_contain_text("PSNR")
    expect(page.get_by_role("button", name="Draw a digit")).to_be_hidden()
    expect(page.locator("#face-source")).to_be_visible()
    expect(page.locator("#source")).to_be_hidden()


@pytest.mark.parametrize("domain", ["digits", "faces"])
def test_a_domain_offers_its_own_networks_and_the_filters(page, domain):
    if domain == "faces":
        switch(page, "Faces")
        shows(page, recipe="blind-faces")
    page.locator("#recipe input").click()

    offered = page.get_by_role("option").all_inner_texts()

    labels = [method.label for method in list_denoisers(domain).values()]
    assert [text.removeprefix("✓").strip() for text in offered] == labels


@pytest.mark.slow
def test_ten_quick_switches_end_on_what_the_radio_says_and_never_mix(page):
    asked = watch_requests(page)

    for turn in range(10):
        page.locator("#domain").get_by_text(("Faces", "Digits")[turn % 2], exact=True).click()

    settles(page)
    shows(page, kind="uniform", level=0.8, recipe="blind-digits")
    expect(page.locator("#domain").get_by_label("Digits")).to_be_checked()
    expect(page.locator("#source")).to_be_visible()
    switch(page, "Faces")
    shows(page, kind="gaussian", level=0.32, recipe="blind-faces")
    assert (colours(page, "clean") == portrait(0)).all()
    starts = {
        ("digits", "uniform", 0.8, "blind-digits"),
        ("faces", "gaussian", 0.32, "blind-faces"),
    }
    assert asked
    for request in asked:
        combination = domain_of(request["source"]), request["kind"], request["level"]
        assert (*combination, request["denoiser"]) in starts


LATE = """
() => {
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (text) {
    setTimeout(() => send.call(this, text), 600);
  };
  window.seen = [];
  const stage = document.getElementById("stage");
  new MutationObserver(() => window.seen.push({
    recipe: stage.dataset.recipe,
    plain: stage.querySelector(".panels").classList.contains("plain"),
  })).observe(stage, { attributes: true, attributeFilter: ["data-paints"] });
}
"""


@pytest.mark.slow
def test_a_late_reply_of_the_other_domain_is_never_painted(page):
    page.evaluate(LATE)
    page.evaluate(DRAG, ["blur-sigma", [0.6, 0.7, 0.8, 0.9, 1], 60])

    switch(page, "Faces")

    shows(page, recipe="blind-faces")
    settles(page)
    for seen in page.evaluate("window.seen"):
        assert seen["plain"] == (seen["recipe"] == "blind-faces")


def test_reset_goes_back_to_digits(photo):
    photo.locator("#any-network input").check()

    photo.locator("#reset").click()

    shows(photo, kind="uniform", level=0.8, recipe="blind-digits", **{"blur-sigma": 0.5})
    expect(photo.locator("#stage .truth")).to_have_text("label 4")
    expect(photo.locator("#domain").get_by_label("Digits")).to_be_checked()
    expect(photo.locator("#any-network input")).not_to_be_checked()
    expect(photo.get_by_role("button", name="Draw a digit")).to_be_visible()
    switch(photo, "Faces")
    shows(photo, recipe="blind-faces")
    open_tab(photo, "Your photo", "face-source")
    expect(photo.locator("#photo .crop")).to_be_hidden()


def test_a_portrait_is_chosen_by_a_click(faces):
    faces.get_by_role("button", name=NAMES[1]).click()

    expect(faces.locator("[data-portrait='1']")).to_have_attribute("aria-pressed", "true")
    shows_picture(faces, "clean", portrait(1))


def test_without_the_data_set_the_tab_says_how_to_get_faces(faces):
    open_tab(faces, "Faces", "face-source")

    expect(faces.locator("#face-source")).to_contain_text("DENOISE_DATA_DIR")


@pytest.mark.parametrize("key", ["s4-strided-salt-pepper", "s4-notebook-gaussian"])
def test_a_preset_of_faces_switches_the_domain(page, key):
    preset = PRESETS[key]

    choose(page, "preset", preset.label)

    level = f"{preset.corruption.level:g}"
    shows(page, kind=preset.corruption.kind, level=level, recipe=preset.denoiser)
    expect(page.locator("#domain").get_by_label("Faces")).to_be_checked()
    expect(page.locator("#face-source")).to_be_visible()
    expect(page.locator("#stage .note")).to_contain_text(preset.note)
    assert (colours(page, "clean") == portrait(preset.portrait)).all()
    choose(page, "preset", PRESETS["s1-one-sided"].label)
    shows(page, recipe="dense-64", level=0.9)
    expect(page.locator("#domain").get_by_label("Digits")).to_be_checked()


def test_a_face_in_a_digit_network_is_marked_as_outside_its_domain(faces):
    faces.locator("#any-network input").check()
    choose(faces, "recipe", f"Trained on digits: {list_denoisers()['conv-pool'].label}")

    shows(faces, recipe="conv-pool")
    expect(faces.locator("#stage [data-of=denoised] .badge")).to_have_text("outside its domain")
    expect(faces.locator("#stage p.outside")).to_contain_text("it gets the face in grey")
    assert np.ptp(colours(faces, "clean"), axis=2).max() == 0
    assert picture(faces).shape[1] == 3

    faces.locator("#any-network input").uncheck()

    shows(faces, recipe="blind-faces")
    expect(faces.locator("#stage .badge")).to_be_hidden()
    assert (colours(faces, "clean") == portrait(0)).all()


def test_a_drawing_goes_through_a_face_network_and_stays_a_digit(page):
    page.locator("#any-network input").check()
    label = f"Trained on faces: {list_denoisers()['blind-faces'].label}"
    choose(page, "recipe", label)
    shows(page, recipe="blind-faces")
    open_tab(page, "Draw")

    draw(page, (0.5, 0.15), (0.5, 0.85))
    page.mouse.up()

    expect(page.locator("#stage .badge")).to_be_visible()
    page.wait_for_function("window.laboratory.picture()")
    assert picture(page).shape == (1, 1, 28, 28)
    choose(page, "recipe", list_denoisers()["conv-pool"].label)
    shows(page, recipe="conv-pool")
    expect(page.locator("#stage .badge")).to_be_hidden()
    expect(page.locator("#stage [data-of=clean] .scores")).to_contain_text("reads 1")


@pytest.mark.slow
def test_without_any_network_the_page_never_sends_a_picture_to_the_wrong_one(page):
    asked = watch_requests(page)
    choose(page, "recipe", list_denoisers()["median-3"].label)
    shows(page, recipe="median-3")

    switch(page, "Faces")
    shows(page, recipe="blind-faces")
    choose(page, "preset", PRESETS["s0-digits"].label)
    shows(page, recipe="conv-pool")
    choose(page, "preset", PRESETS["s4-pix2pix-speckle"].label)
    shows(page, recipe="pix2pix-speckle")
    page.locator("#reset").click()
    shows(page, recipe="blind-digits", level=0.8)

    assert len(asked) == 4  # the first picture came with the page
    for request in asked:
        assert list_denoisers()[request["denoiser"]].domain in {"", domain_of(request["source"])}
