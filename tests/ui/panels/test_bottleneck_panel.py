"""The bottleneck in a real browser: codes and their editor."""

import pytest
import torch
from playwright.sync_api import expect

from denoise_demo.data import load_examples
from denoise_demo.denoisers.catalog import list_denoisers
from denoise_demo.lab import compare, experiment
from denoise_demo.lab.bottleneck import NETWORKS, unit_spans
from denoise_demo.ui.controls import FIRST_EXAMPLE
from tests.ui.driving import DRAG, choose, view

pytestmark = pytest.mark.ui


def expected(level, names):
    clean = load_examples().clean(slice(FIRST_EXAMPLE, FIRST_EXAMPLE + 1))
    settings = experiment.Settings("uniform", level, 0.5, "mean-3", 0)
    together = compare(clean, settings, names)
    return dict(zip(together.names, together.scores["psnr"].tolist(), strict=True))


@pytest.fixture
def codes(page):
    view(page, "codes")
    expect(page.locator("#codes")).to_have_attribute("data-paints", "1")
    return page.locator("#codes")


def test_one_digit_is_shown_in_every_code(codes, page):
    expect(codes.locator(".network")).to_have_count(len(NETWORKS))
    score = expected(0.8, ["dense-8"])["dense-8"]
    expect(codes.locator("[data-network=dense-8]")).to_contain_text(f"{score:.2f} dB")

    page.evaluate(DRAG, ["noise-level", [0.9, 1.0], 30])

    score = expected(1.0, ["dense-8"])["dense-8"]
    expect(codes.locator("[data-network=dense-8]")).to_contain_text(f"{score:.2f}"[:-1])


def test_the_point_on_the_map_decodes_while_it_is_dragged(codes, page):
    codes.locator(".plane").scroll_into_view_if_needed()
    box = codes.locator(".plane").bounding_box()
    page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 0.9 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.75 * box["width"], box["y"] + 0.25 * box["height"], steps=30)
    page.mouse.up()

    span = unit_spans("dense-2") * torch.tensor([0.75, 0.75])
    page.wait_for_function(
        """([x, y]) => {
          const { code } = document.querySelector("#codes").dataset;
          const [a, b] = (code ?? "").split(" ").map(Number);
          return Math.abs(a - x) < 0.02 * x && Math.abs(b - y) < 0.02 * y;
        }""",
        arg=span.tolist(),
    )
    assert int(codes.get_attribute("data-decodes")) >= 10
    expect(codes.locator(".editor figcaption")).to_contain_text("as you set it")
    codes.locator("[data-action=back]").click()
    expect(codes.locator(".editor figcaption")).to_contain_text("This digit, decoded from its code")


def test_a_slider_moves_one_unit_of_a_code(codes):
    codes.locator("[data-network=dense-16]").click()
    expect(codes.locator(".sliders input")).to_have_count(8)
    before = codes.locator("[data-code=decoded]").evaluate("(c) => c.toDataURL()")

    codes.locator(".sliders input").first.evaluate(
        "(i) => { i.value = 0; i.dispatchEvent(new Event('input', { bubbles: true })); }"
    )

    expect(codes).to_have_attribute("data-decodes", "1")
    assert codes.locator("[data-code=decoded]").evaluate("(c) => c.toDataURL()") != before
    codes.locator("[data-action=back]").click()  # the same move counts again
    codes.locator(".sliders input").first.evaluate(
        "(i) => { i.value = 0; i.dispatchEvent(new Event('input', { bubbles: true })); }"
    )
    expect(codes).to_have_attribute("data-decodes", "2")


def test_another_denoiser_leaves_an_edited_code_alone(codes, page):
    codes.locator("[data-network=dense-16]").click()
    codes.locator(".sliders input").first.evaluate(
        "(i) => { i.value = 0; i.dispatchEvent(new Event('input', { bubbles: true })); }"
    )
    expect(codes).to_have_attribute("data-decodes", "1")
    paints = int(codes.get_attribute("data-paints"))

    choose(page, "recipe", list_denoisers()["conv-pool"].label)

    expect(codes).to_have_attribute("data-paints", str(paints + 1))
    expect(codes.locator(".editor figcaption")).to_contain_text("as you set it")
    assert codes.locator(".sliders input").first.input_value() == "0"


def test_faces_have_no_codes_here(codes, page):
    page.locator("#domain").get_by_text("Faces").click()
    expect(codes.locator(".message")).to_contain_text("choose Digits")
    expect(codes.locator(".strip")).to_be_hidden()
    page.locator("#domain").get_by_text("Digits").click()
    expect(codes.locator(".strip")).to_be_visible()
    expect(codes.locator(".message")).to_be_hidden()
