"""The curves: what they show, and how they follow the laboratory."""

import json
from dataclasses import replace

import pytest
from playwright.sync_api import expect

from denoise_demo.benchmark import results
from denoise_demo.corruption.noise import NOISES
from denoise_demo.data import DOMAINS
from denoise_demo.denoisers import FILTERS, list_denoisers
from denoise_demo.ui.panels.curves import curves as page
from denoise_demo.ui.panels.matrix import matrix as matrix_page
from tests.ui.driving import choose, view

pytestmark = pytest.mark.ui


def chart(page):
    """The canvas that Vega draws on."""
    return page.locator("#curves-plot canvas").first


def test_the_curves_are_drawn_and_follow_the_noise(page):
    view(page, "curves")
    expect(chart(page)).to_be_visible()
    expect(page.locator("#curves-words")).to_contain_text("1,000 test digits")

    page.locator("#curves-metric").get_by_text("Accuracy").click()
    choose(page, "noise-kind", NOISES["none"].label)

    expect(page.locator("#curves-words")).to_contain_text("choose a kind of noise")


def test_faces_have_no_curve_of_accuracy(page):
    view(page, "curves")
    page.locator("#domain").get_by_text("Faces").click()

    expect(page.locator("#curves-words")).to_contain_text("test faces")
    expect(page.locator("#curves-metric")).not_to_contain_text("Accuracy")


def place(**changes):
    values = {"domain": "digits", "kind": "uniform", "level": 0.8, "denoiser": "blind-digits"}
    return json.dumps(values | changes)


def test_the_page_draws_the_denoiser_on_the_stage_first():
    chart, words = page.draw_curves(place(), "psnr", ["conv-pool", "blind-digits"])

    scale = json.loads(chart.plot)["layer"][4]["encoding"]["color"]["scale"]
    assert scale["domain"] == [list_denoisers()[key].label for key in ("blind-digits", "conv-pool")]
    assert "1,000 test digits" in words


def test_the_page_names_the_chosen_denoisers_that_are_not_measured_yet(monkeypatch):
    monkeypatch.setitem(FILTERS, "toy", replace(FILTERS["mean-3"], label="Toy"))

    _, words = page.draw_curves(place(), "psnr", ["toy", "conv-pool"])

    assert "**Not measured yet:** Toy · filter. Run `python -m denoise_demo.benchmark" in words


def test_the_page_keeps_an_empty_choice_and_drops_one_of_another_domain():
    usable = list(list_denoisers())

    kept, _ = page.follow_domain(usable, place(), "psnr", [])
    digits, _ = page.follow_domain(usable, place(), "psnr", ["pix2pix-gaussian"])

    assert "value" not in kept.constructor_args
    assert digits.value == page.COMPARED["digits"]


def test_the_page_has_no_curves_without_noise():
    chart, words = page.draw_curves(place(kind="none"), "psnr", [])

    assert chart is None
    assert "choose a kind of noise" in words


@pytest.mark.parametrize("broken", [None, "{", '{"weights": {}}'])
def test_without_results_the_pages_say_what_to_run(broken, tmp_path, monkeypatch):
    file = tmp_path / "results.json"
    if broken is not None:
        file.write_text(broken)
    monkeypatch.setattr(results, "RESULTS_FILE", file)

    chart, words = page.draw_curves(place(), "psnr", [])

    assert chart is None
    assert "python -m denoise_demo.benchmark" in words
    for domain in DOMAINS:
        assert "python -m denoise_demo.benchmark" in matrix_page._matrix(domain)["error"]


def test_a_blurred_picture_has_no_place_on_the_curves():
    sharp, _ = page.draw_curves(place(), "psnr", [])
    blurred, words = page.draw_curves(place(blur_sigma=1.5), "psnr", [])

    assert "you are here" in sharp.plot
    assert "you are here" not in blurred.plot
    assert "blurred by 1.5 px" in words
