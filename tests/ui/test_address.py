"""Links in a real browser: the address follows the view, and opening it restores the view."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from denoise_demo.corruption.noise import NOISES
from denoise_demo.denoisers.recipes import RECIPES
from denoise_demo.figures.registry import FIGURES
from denoise_demo.lab.presets import PRESETS
from denoise_demo.lab.sources import LABORATORY, figure_sources
from denoise_demo.ui.panels.curves.curves import COMPARED
from tests.ui.driving import (
    DRAG,
    SLOW_QUEUE,
    choose,
    colours,
    draw,
    number,
    open_tab,
    settles,
    shows,
    shows_picture,
)

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
    settles(page)
    assert page.url.rstrip("/") == app.rstrip("/")


def test_the_address_follows_and_restores_the_comparison(page, open_page):
    page.locator("#view-compare-button").click()
    choose(page, "noise-kind", "Speckle")
    expect(number(page, "noise-level")).to_have_value(f"{NOISES['speckle'].default:g}")
    page.evaluate(DRAG, ["noise-level", [1.1, 1.2], 20])
    page.evaluate(DRAG, ["blur-sigma", [0.75], 20])
    address_has(page, show="compare", noise="speckle", level=1.2, blur=0.75, picture="example:14")

    again = open_page(page.url, wait=False)

    expect(again.locator("#compare .card").first).to_be_visible()
    expect(again.locator("#noise-level input[type=number]")).to_have_value("1.2")
    expect(again.locator("#noise-kind input")).to_have_value("Speckle")
    again.locator("#view-stage-button").click()
    shows(again, kind="speckle", level=1.2, **{"blur-sigma": 0.75}, recipe="blind-digits")


def test_a_drawing_comes_back_from_its_link(page, open_page):
    open_tab(page, "Draw")
    draw(page, (0.3, 0.3), (0.7, 0.3), (0.4, 0.8))
    page.wait_for_function("location.search.includes('picture=pixels')")
    page.mouse.up()
    settles(page)

    again = open_page(page.url)

    expect(again.locator("#source").get_by_role("tab", name="Upload")).to_have_attribute(
        "aria-selected", "true"
    )
    again.wait_for_function("() => document.querySelector('#stage .truth').textContent === ''")
    shows_picture(again, "clean", colours(page, "clean"), 1)


def test_a_link_opens_another_tab(open_page, app):
    page = open_page(f"{app}?show=explanation", wait=False)
    expect(page.locator(".explanation.block")).to_be_visible()


def test_an_invalid_link_shows_a_warning_and_the_start(open_page, app):
    page = open_page(f"{app}?show=compare&level=lots")

    expect(page.locator(".toast-wrap, .toast-body").first).to_contain_text("level is 'lots'")
    shows(page, kind="uniform", level=0.8)
    expect(page.locator("#stage")).to_be_visible()


def test_the_comparison_comes_back_in_its_order(page, open_page):
    page.locator("#view-compare-button").click()
    page.locator("[data-sort]").select_option("ssim")
    address_has(page, sort="ssim", show="compare")

    again = open_page(page.url, wait=False)

    expect(again.locator("[data-sort]")).to_have_value("ssim")


@pytest.mark.slow
def test_the_curves_come_back_with_score_and_colours(page, open_page):
    page.locator("#view-curves-button").click()
    page.locator("#curves-metric").get_by_text("Accuracy").click()
    page.locator("#curves-lines .token .token-remove").last.click()
    address_has(page, score="accuracy", show="curves", lines="conv-pool,dense-64,dense-300-random")
    page.locator("#view-matrix-button").click()  # has a score of its own
    page.wait_for_function("!location.search.includes('score')")
    page.locator("#view-curves-button").click()
    address_has(page, score="accuracy")

    again = open_page(page.url, wait=False)

    expect(again.get_by_label("Accuracy", exact=True)).to_be_checked()
    expect(again.locator("#curves-plot canvas").first).to_be_visible()
    expect(again.locator("#curves-lines .token")).to_have_count(3)


def test_the_matrix_comes_back_with_its_score(page, open_page):
    page.locator("#view-matrix-button").click()
    page.locator("#matrix [data-metric=change]").click()
    address_has(page, show="matrix", cells="accuracy")

    again = open_page(page.url, wait=False)

    chosen = again.locator("#matrix [data-metric=change]")
    expect(chosen).to_have_attribute("aria-pressed", "true")


@pytest.mark.slow
def test_the_curves_of_faces_can_be_linked_after_those_of_digits(page, open_page):
    page.locator("#view-curves-button").click()
    page.locator("#curves-lines .token .token-remove").last.click()
    address_has(page, lines="conv-pool,dense-64,dense-300-random")
    page.locator("#domain").get_by_text("Faces").click()
    address_has(page, picture="portrait:0", lines=",".join(COMPARED["faces"]))

    again = open_page(page.url, wait=False)

    expect(again.locator("#curves-words")).to_contain_text("test faces")
    assert not again.locator(".toast-body").count()


@pytest.mark.slow
def test_lines_cleared_before_the_curves_are_drawn_stay_cleared_in_the_link(page, open_page):
    page.evaluate(SLOW_QUEUE)
    page.locator("#view-curves-button").click()
    page.wait_for_function("window.joined")  # by now the page has asked for the curves
    page.locator("#curves-lines .remove-all").click()
    expect(page.locator("#curves-plot canvas").first).to_be_visible()
    expect(page.locator("#curves-lines .token")).to_have_count(0)
    address_has(page, show="curves", lines="")

    again = open_page(page.url, wait=False)

    expect(again.locator("#curves-plot canvas").first).to_be_visible()
    settles(again)
    expect(again.locator("#curves-lines .token")).to_have_count(0)


def test_a_linked_photo_is_still_there_after_a_portrait(open_page, app):
    pixels = "gICA" * 784
    page = open_page(
        f"{app}?picture=pixels:3:{pixels}&noise=gaussian&level=0.2&denoiser=blind-faces"
    )
    tabs = page.locator("#face-source")
    shows(page, recipe="blind-faces")
    expect(tabs.get_by_role("tab", name="Your photo")).to_have_attribute("aria-selected", "true")
    open_tab(page, "Portraits", "face-source")
    page.wait_for_function("() => window.laboratory.picture()?.includes('gICA') === false")

    open_tab(page, "Your photo", "face-source")

    page.wait_for_function("() => window.laboratory.picture()?.includes('gICA')")


def test_a_drawing_can_be_linked_while_a_dream_plays(page):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_tab(page, "Draw")
    draw(page, (0.3, 0.3), (0.7, 0.7))
    page.mouse.up()
    page.wait_for_function("location.search.includes('picture=pixels')")
    page.locator("#stage [data-action=dream]").click()
    expect(page.locator("#stage")).to_have_attribute("data-dream", re.compile("."))

    page.locator("#copy-link").click()

    expect(page.locator("#copy-link")).to_have_text("Copied, without the dream")
    assert "picture=pixels" in page.evaluate("navigator.clipboard.readText()")


@pytest.mark.slow
def test_an_edited_code_is_restored(page, open_page):
    page.locator("[data-example='3']").click()
    address_has(page, picture="example:3")
    page.locator("#view-codes-button").click()
    page.locator("[data-network=dense-8]").click()
    slider = page.locator("#codes .sliders input").first
    slider.evaluate("""(input) => {
      input.value = input.max;
      input.dispatchEvent(new Event("input", { bubbles: true }));
    }""")
    address_has(page, network="dense-8", show="codes")
    page.wait_for_function("location.search.includes('code=')")
    expect(page.locator("#codes figcaption")).to_contain_text("as you set it")
    settles(page)

    again = open_page(page.url, wait=False)

    expect(again.locator("#codes figcaption")).to_contain_text("as you set it")
    same = "(input) => Math.abs(input.value - input.max) <= 0.01 * input.max"
    assert again.locator("#codes .sliders input").first.evaluate(same)


@pytest.mark.slow
def test_a_figure_comes_back_with_its_choices(page, open_page):
    page.locator("#tab-figures-button").click()
    choose(page, "figure-kind", FIGURES["s2-code-sizes"].title)
    number(page, "figure-seed").fill("5")
    number(page, "figure-seed").press("Enter")
    page.wait_for_function("new URLSearchParams(location.search).get('figure')?.endsWith(':5')")

    again = open_page(page.url, wait=False)

    kind = again.locator("#figure-kind input")
    expect(kind).to_have_value(FIGURES["s2-code-sizes"].title)
    expect(again.locator("#figure-seed input[type=number]")).to_have_value("5")
    alt = FIGURES["s2-code-sizes"].explanation
    expect(again.locator("#figure-image img")).to_have_attribute("alt", alt)


@pytest.mark.slow
def test_a_figure_of_the_laboratorys_picture_comes_back(page, open_page):
    open_tab(page, "Draw")
    draw(page, (0.3, 0.3), (0.7, 0.3), (0.4, 0.8))
    page.mouse.up()
    page.locator("#tab-figures-button").click()
    page.locator("#figure-source").get_by_text(figure_sources("digits")[LABORATORY]).click()
    page.wait_for_function("location.search.includes('laboratory')")

    again = open_page(page.url, wait=False)

    expect(again.locator("#figure-image img")).to_be_visible()
    assert not again.locator(".toast-body").count()


@pytest.mark.slow
def test_a_network_of_the_training_tab_comes_back(page, open_page):
    page.locator("#tab-training-button").click()
    choose(page, "card-recipe", RECIPES["dense-64"].label)
    address_has(page, show="training", trained="dense-64")

    again = open_page(page.url, wait=False)

    expect(again.locator("#card")).to_contain_text(RECIPES["dense-64"].title)


def test_a_blank_pad_leaves_the_address_without_a_picture(page):
    page.locator("#view-stage-button").click()
    open_tab(page, "Draw")
    page.locator("#view-curves-button").click()

    choose(page, "noise-kind", NOISES["speckle"].label)

    address_has(page, show="curves", noise="speckle")

    assert "picture" not in parameters(page)


def test_reset_forgets_the_choices_of_single_views(page):
    page.locator("#view-compare-button").click()
    page.locator("[data-sort]").select_option("ssim")
    address_has(page, sort="ssim", show="compare")

    page.locator("#reset").click()

    expect(page.locator("[data-sort]")).to_have_value("")
    page.wait_for_function("!location.search.includes('sort')")


def test_the_link_is_copied_at_a_click(page):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("#view-matrix-button").click()

    page.locator("#copy-link").click()

    expect(page.locator("#copy-link")).to_have_text("Copied")
    assert "show=matrix" in page.evaluate("navigator.clipboard.readText()")


def test_a_preset_opens_the_stage_with_its_note(page):
    page.locator("#view-curves-button").click()
    choose(page, "preset", next(iter(PRESETS.values())).label)

    expect(page.locator("#stage .note")).to_be_visible()
