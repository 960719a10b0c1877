"""Links in a real browser: the address follows what is shown, and brings it back."""

from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from driving import DRAG, canvas, choose, draw, number, open_tab, shows
from playwright.sync_api import expect

from denoise_demo.noise import NOISES
from denoise_demo.presets import PRESETS

pytestmark = pytest.mark.ui


def parameters(page):
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def address_has(page, **values):
    for name, value in values.items():
        page.wait_for_function(
            "([name, value]) => new URLSearchParams(location.search).get(name) === value",
            arg=[name, str(value)],
        )


def test_an_untouched_page_keeps_its_address(page, app):
    page.wait_for_timeout(1000)
    assert page.url.rstrip("/") == app.rstrip("/")


def test_the_address_follows_and_restores_the_comparison(page, open_page):
    page.locator("#view-compare-button").click()
    choose(page, "noise-kind", "Speckle")
    expect(number(page, "noise-level")).to_have_value(f"{NOISES['speckle'].default:g}")
    page.evaluate(DRAG, ["noise-level", [1.1, 1.2], 20])
    page.evaluate(DRAG, ["blur-sigma", [0.75], 20])
    address_has(page, show="compare", noise="speckle", level=1.2, blur=0.75, picture="example:14")

    again = open_page(page.url, wait=False)

    expect(again.locator("#compare .card").first).to_be_visible(timeout=20_000)
    expect(again.locator("#noise-level input[type=number]")).to_have_value("1.2")
    expect(again.locator("#noise-kind input")).to_have_value("Speckle")
    again.locator("#view-stage-button").click()
    shows(again, kind="speckle", level=1.2, **{"blur-sigma": 0.75}, recipe="blind-digits")


def test_a_drawing_comes_back_from_its_link(page, open_page):
    open_tab(page, "Draw")
    draw(page, (0.3, 0.3), (0.7, 0.3), (0.4, 0.8))
    page.wait_for_function("location.search.includes('picture=pixels')")
    page.wait_for_timeout(600)

    again = open_page(page.url)

    expect(again.locator("#source").get_by_role("tab", name="Upload")).to_have_attribute(
        "aria-selected", "true"
    )
    again.wait_for_function(
        "() => document.querySelector('#stage .truth').textContent === ''", timeout=10_000
    )
    again.wait_for_timeout(500)
    assert np.abs(canvas(again, "clean") - canvas(page, "clean")).max() <= 1


def test_a_link_opens_another_tab(open_page, app):
    page = open_page(f"{app}?show=explanation", wait=False)
    expect(page.locator(".explanation.block")).to_be_visible(timeout=20_000)


def test_a_link_with_nonsense_says_so_and_shows_the_start(open_page, app):
    page = open_page(f"{app}?show=compare&level=lots")

    expect(page.locator(".toast-wrap, .toast-body").first).to_contain_text("level is 'lots'")
    shows(page, kind="uniform", level=0.8)
    expect(page.locator("#stage")).to_be_visible()


def test_a_view_comes_back_with_its_own_choices(page, open_page):
    page.locator("#view-codes-button").click()
    page.locator("[data-network=dense-16]").click()
    address_has(page, network="dense-16")
    page.locator("#view-curves-button").click()
    page.locator("#curves-metric").get_by_text("Accuracy").click()
    address_has(page, score="accuracy", show="curves")
    page.locator("#view-compare-button").click()
    page.locator("[data-sort]").select_option("ssim")
    address_has(page, sort="ssim", show="compare")

    again = open_page(page.url, wait=False)

    expect(again.locator("[data-sort]")).to_have_value("ssim", timeout=20_000)
    again.locator("#view-curves-button").click()
    expect(again.get_by_label("Accuracy", exact=True)).to_be_checked(timeout=20_000)
    again.locator("#view-codes-button").click()
    chosen = again.locator("[data-network=dense-16]")
    expect(chosen).to_have_attribute("aria-pressed", "true", timeout=20_000)


def test_the_link_is_copied_at_a_click(page):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("#view-matrix-button").click()

    page.locator("#copy-link").click()

    expect(page.locator("#copy-link")).to_have_text("Copied")
    assert "show=matrix" in page.evaluate("navigator.clipboard.readText()")


def test_a_preset_opens_the_stage_where_its_note_stands(page):
    page.locator("#view-curves-button").click()
    choose(page, "preset", next(iter(PRESETS.values())).label)

    expect(page.locator("#stage .note")).to_be_visible(timeout=10_000)
