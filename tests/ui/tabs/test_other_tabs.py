"""The figures and the explanation in a real browser."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.ui


@pytest.fixture
def figures(page):
    page.get_by_role("tab", name="Figures").click()
    expect(page.locator("#figure-image img")).to_be_visible()
    return page


def test_a_figure_is_drawn_when_the_tab_opens(figures):
    width = figures.locator("#figure-image img").evaluate("image => image.naturalWidth")

    assert width > 600
    expect(figures.locator("#figure-explanation")).to_contain_text("Follow one digit")


def test_the_figure_downloads_as_a_png_named_for_it(figures):
    with figures.expect_download() as waiting:
        figures.locator("#figure-download").click()

    assert waiting.value.suggested_filename == "s0-rising-noise-conv-pool.png"
    with open(waiting.value.path(), "rb") as file:
        assert file.read(4) == b"\x89PNG"


def test_the_weights_download_with_their_card(page):
    page.locator("#tab-training-button").click()
    expect(page.locator("#card")).to_contain_text("train.py blind-digits")
    expect(page.locator("#card-history canvas").first).to_be_visible()

    with page.expect_download() as waiting:
        page.locator("#card-weights").click()

    assert waiting.value.suggested_filename == "blind-digits.safetensors"


def test_the_laboratorys_picture_can_be_drawn_in_a_figure(figures):
    before = figures.locator("#figure-image img").get_attribute("src")

    figures.get_by_label("The picture in the laboratory").check()

    expect(figures.locator("#figure-image img")).not_to_have_attribute("src", before)


@pytest.mark.slow
def test_the_picture_behind_a_dream_can_be_drawn_in_a_figure(page):
    page.locator("[data-action=dream]").click()
    expect(page.locator("#stage .dreamt")).to_be_visible()
    page.get_by_role("tab", name="Figures").click()
    expect(page.locator("#figure-image img")).to_be_visible()
    before = page.locator("#figure-image img").get_attribute("src")

    page.get_by_label("The picture in the laboratory").check()

    expect(page.locator("#figure-image img")).not_to_have_attribute("src", before)


def test_the_explanation_has_its_diagram_and_its_formulas(page):
    page.get_by_role("tab", name="How it works").click()

    expect(page.locator(".explanation .mermaid svg")).to_be_visible()
    assert page.locator(".explanation .katex").count() > 10


def test_the_choices_follow_a_figure_of_faces_and_back(figures):
    for title, source, first in (
        ("Article 5 · Four noises", "Built-in portraits", "First face"),
        ("Article 4 · Side by side", "Built-in digits", "First digit"),
    ):
        before = figures.locator("#figure-image img").get_attribute("src")
        figures.locator("#figure-kind input").first.click()
        figures.get_by_role("option", name=title).click()

        expect(figures.locator("#figure-image img")).not_to_have_attribute("src", before)
        expect(figures.get_by_label(source)).to_be_checked()
        expect(figures.locator("#figure-index")).to_contain_text(first)
        expect(figures.locator(".toast-body")).to_have_count(0)
