"""The comparison in a real browser."""

import pytest
from playwright.sync_api import expect

from denoise_demo.benchmark import NOTHING
from denoise_demo.data import load_examples
from denoise_demo.denoisers.catalog import list_denoisers
from denoise_demo.lab import compare, experiment
from denoise_demo.ui.controls import FIRST_EXAMPLE
from tests.ui.driving import DRAG, draw, open_tab, shows, view, watch_calls

pytestmark = pytest.mark.ui


@pytest.fixture
def comparison(page):
    view(page, "compare")
    expect(page.locator("#compare")).to_have_attribute("data-slow", "1")
    return page.locator("#compare")


def card(comparison, method):
    return comparison.locator(f'.card[data-denoiser="{method}"]')


def told(comparison, method):
    """Point at a card; return what the comparison says of it."""
    card(comparison, method).locator("canvas").hover()
    return comparison.locator(".about")


def expected(level, names):
    clean = load_examples().clean(slice(FIRST_EXAMPLE, FIRST_EXAMPLE + 1))
    settings = experiment.Settings("uniform", level, 0.5, "mean-3", 0)
    together = compare(clean, settings, names)
    return dict(zip(together.names, together.scores["psnr"].tolist(), strict=True))


def test_every_denoiser_of_digits_has_a_card_with_its_numbers(comparison):
    names = list(list_denoisers("digits"))
    scores = expected(0.8, names)

    expect(comparison.locator(".card")).to_have_count(len(names) + 1)
    for name in (NOTHING, *names):
        numbers = told(comparison, name).locator(".numbers").inner_text()
        shown = float(numbers.split("PSNR ")[1].split(" dB")[0])
        assert shown == pytest.approx(scores[name], abs=0.02), name
        if name != NOTHING:
            gain = float(card(comparison, name).locator(".gain").inner_text().split(" dB")[0])
            assert gain == pytest.approx(scores[name] - scores[NOTHING], abs=0.06), name
    best = max(names, key=lambda name: scores[name])
    assert "★" in card(comparison, best).locator(".gain").inner_text()
    expect(told(comparison, "dense-64").locator(".strange")).to_be_visible()
    expect(told(comparison, "blind-digits").locator(".strange")).to_be_hidden()


def test_the_grid_follows_a_drag_to_its_last_value(comparison, page):
    before = int(comparison.get_attribute("data-paints"))

    page.evaluate(DRAG, ["noise-level", [round(0.8 + 0.02 * i, 2) for i in range(1, 51)], 60])

    score = expected(1.8, ["conv-pool"])["conv-pool"]
    expect(told(comparison, "conv-pool")).to_contain_text(f"PSNR {score:.2f}"[:-1])
    assert int(comparison.get_attribute("data-paints")) - before >= 5
    expect(card(comparison, "total-variation")).to_have_css("opacity", "1")


def test_cards_can_be_sorted(comparison):
    comparison.locator("[data-sort]").select_option("psnr")

    places = comparison.locator(".card").evaluate_all("(all) => all.map((c) => c.dataset.denoiser)")
    scores = expected(0.8, list(list_denoisers("digits")))
    shown = [round(scores[name], 1) for name in places]
    assert shown == sorted(shown, reverse=True)


def test_the_comparison_fits_the_window(comparison, page):
    # 24 pictures and their numbers without scrolling; before, they took two windows and a half.
    bottom = comparison.locator(".grid").evaluate("(g) => g.getBoundingClientRect().bottom")

    assert bottom <= page.viewport_size["height"]


def test_pinned_cards_come_first_and_a_link_keeps_them(comparison, page, open_page):
    card(comparison, "median-3").locator("canvas").hover()
    card(comparison, "median-3").locator(".pin").click()
    card(comparison, "conv-pool").locator(".open").focus()
    page.keyboard.press("p")
    comparison.locator("[data-sort]").select_option("psnr")

    first = comparison.locator(".card").first
    expect(first).to_have_attribute("data-denoiser", "conv-pool")
    page.wait_for_url("**pinned=median-3%2Cconv-pool**")
    again = open_page(page.url, wait=False).locator("#compare")
    expect(again.locator(".card.pinned")).to_have_count(2)
    expect(again.locator(".card").nth(1)).to_have_attribute("data-denoiser", "median-3")


def test_a_click_on_a_card_puts_it_on_the_stage(comparison, page):
    card(comparison, "median-5").locator(".open").click()

    shows(page, recipe="median-5")
    expect(page.locator("#stage")).to_be_visible()
    expect(page.locator("#recipe input")).to_have_value("Median 5 × 5 · filter")


def test_faces_are_compared_among_the_denoisers_of_faces(comparison, page):
    page.locator("#domain").get_by_text("Faces").click()

    expect(comparison.locator(".card")).to_have_count(len(list_denoisers("faces")) + 1)
    expect(card(comparison, "pix2pix-gaussian").locator(".gain")).to_contain_text("dB")
    expect(card(comparison, "pix2pix-gaussian").locator(".read")).to_have_text("")


@pytest.mark.parametrize(("button", "name"), [("png", "comparison.png"), ("csv", "comparison.csv")])
def test_the_comparison_can_be_saved(comparison, page, tmp_path, button, name):
    with page.expect_download() as download:
        comparison.locator(f"[data-action={button}]").click()

    assert download.value.suggested_filename == name
    download.value.save_as(tmp_path / name)
    content = (tmp_path / name).read_bytes()
    if button == "png":
        assert content.startswith(b"\x89PNG")
        return
    head, *rows = content.decode().splitlines()
    table = {
        row.split(",")[0]: dict(zip(head.split(","), row.split(","), strict=True)) for row in rows
    }
    assert set(table) == {NOTHING, *list_denoisers("digits")}
    assert table["conv-pool"]["picture"] == f"built-in digit {FIRST_EXAMPLE}"
    assert (table["dense-64"]["familiar"], table["median-3"]["familiar"]) == ("false", "")
    scores = expected(0.8, ["conv-pool"])
    assert float(table["conv-pool"]["psnr"]) == pytest.approx(scores["conv-pool"], abs=0.02)


def test_a_hidden_view_sends_no_requests(comparison, page):
    view(page, "stage")
    calls = watch_calls(page)

    page.evaluate(DRAG, ["noise-level", [0.9, 1.0, 1.1], 30])

    shows(page, level=1.1)
    assert set(calls) == {"step"}


def test_drawing_opens_the_stage_and_a_blank_pad_empties_the_comparison(comparison, page):
    open_tab(page, "Draw")
    expect(page.locator("#stage .pad")).to_be_visible()
    draw(page, (0.3, 0.3), (0.7, 0.7))
    page.mouse.up()
    page.locator("#stage [data-action=clear]").click()

    view(page, "compare")

    expect(comparison.locator(".message")).to_contain_text("The pad is blank")
    expect(comparison.locator(".card")).to_have_count(0)
    view(page, "stage")
    draw(page, (0.5, 0.2), (0.5, 0.8))
    page.mouse.up()
    view(page, "compare")
    expect(comparison.locator(".card")).to_have_count(len(list_denoisers("digits")) + 1)
