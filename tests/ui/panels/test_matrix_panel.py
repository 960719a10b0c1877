"""The matrix in a real browser."""

import re

import pytest
from playwright.sync_api import expect

from denoise_demo.benchmark import load_results
from denoise_demo.data import DOMAINS
from denoise_demo.denoisers import list_denoisers
from denoise_demo.lab import Settings, gain_matrix
from tests.ui.driving import draw, number, open_tab, shows, view

pytestmark = pytest.mark.ui


def test_a_cell_of_the_matrix_sets_the_stage(page):
    view(page, "matrix")
    rows = page.locator("#matrix tbody tr")
    expect(rows).to_have_count(len(list_denoisers("digits")))
    row = rows.filter(has_text="dense-64")

    row.locator("button").nth(2).hover()
    expect(page.locator("#matrix .told")).to_contain_text("Blur, uniform 1.5 px, 1.2: PSNR")
    row.locator("button").nth(2).click()

    shows(page, kind="uniform", level=1.2, **{"blur-sigma": 1.5}, recipe="dense-64")
    expect(page.locator("#stage")).to_be_visible()


def test_a_cell_sets_the_controls_while_the_pad_is_blank(page):
    open_tab(page, "Draw")
    view(page, "matrix")

    page.locator("#matrix tbody tr").filter(has_text="dense-64").locator("button").nth(2).click()

    expect(page.locator("#stage .invite")).to_be_visible()
    expect(number(page, "noise-level")).to_have_value("1.2")
    draw(page, (0.5, 0.2), (0.5, 0.8))
    page.mouse.up()
    shows(page, kind="uniform", level=1.2, recipe="dense-64")


def test_the_matrix_is_one_stop_for_the_tab_key_and_arrows_go_on_from_there(page):
    view(page, "matrix")
    stops = page.locator("#matrix td button[tabindex='0']")
    expect(stops).to_have_count(1)
    stops.focus()

    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")  # there is no row above

    first = page.locator("#matrix tbody tr").first
    expect(first.locator("button").nth(1)).to_be_focused()
    expect(stops).to_have_count(1)
    name = first.locator("th").inner_text()
    expect(page.locator("#matrix .told")).to_contain_text(f"{name}, ")


def test_a_first_tap_reads_a_cell_and_a_second_one_opens_it(browser, app):
    with browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True) as context:
        page = context.new_page()
        page.goto(app)
        page.wait_for_selector("#stage[data-paints]")
        view(page, "matrix")
        row = page.locator("#matrix tbody tr").filter(has_text="dense-64")

        row.locator("button").nth(2).tap()
        expect(page.locator("#matrix .told")).to_contain_text("Blur, uniform 1.5 px, 1.2: PSNR")
        expect(page.locator("#matrix")).to_be_visible()
        row.locator("button").nth(2).tap()

        shows(page, kind="uniform", level=1.2, recipe="dense-64")


def test_the_matrix_of_accuracy_shows_what_is_read_right(page):
    view(page, "matrix")
    page.locator("#matrix [data-metric=change]").click()

    clean = page.locator("#matrix tbody tr").filter(has_text="dense-64").locator("button").first
    row = load_results().at_points("digits")["dense-64", "clean"]
    expect(clean.locator(".long")).to_have_text(
        f"{row.score('accuracy').mean:.2f}".removeprefix("0")
    )
    page.locator("#domain").get_by_text("Faces").click()
    expect(page.locator("#matrix tbody tr")).to_have_count(len(list_denoisers("faces")))
    expect(page.locator("#matrix [data-metric=change]")).to_be_hidden()


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_cell_is_a_case_for_the_stage(domain):
    matrix = gain_matrix(load_results(), domain)

    for column in matrix["columns"]:
        case = {key: column[key] for key in ("kind", "level", "blur_sigma")}
        assert Settings(**case, denoiser=matrix["rows"][0]["id"], seed=0)


def test_the_stage_says_that_a_cell_is_a_mean(page):
    view(page, "matrix")
    row = page.locator("#matrix tbody tr").filter(has_text="dense-64")
    mean = row.locator("button .long").nth(2).inner_text()

    row.locator("button").nth(2).click()

    expect(page.locator("#stage .note")).to_contain_text(f"the matrix says {mean[:3]}")
    expect(page.locator("#stage .note")).to_contain_text("the mean over")


def test_a_case_without_noise_is_neither_better_nor_worse(page):
    view(page, "matrix")
    clean = page.locator("#matrix tbody tr").first.locator("button").first

    expect(clean.locator(".long")).to_have_text(re.compile(r"\([0-9]+\)"))
    assert clean.evaluate("(cell) => getComputedStyle(cell).backgroundColor").endswith(" 0)")
