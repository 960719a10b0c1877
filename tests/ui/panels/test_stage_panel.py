"""The live stage in a real browser: dragging, typing, keys, play."""

import pytest
from playwright.sync_api import expect

from denoise_demo.corruption.noise import NOISES
from denoise_demo.data import load_examples
from denoise_demo.denoisers.catalog import list_denoisers
from denoise_demo.lab import experiment
from denoise_demo.ui.controls import FIRST_EXAMPLE
from tests.ui.driving import (
    DRAG,
    canvas,
    choose,
    colours,
    first_digit,
    number,
    paints,
    pixels,
    repaints,
    settles,
    shows,
    shows_picture,
)

pytestmark = pytest.mark.ui


def test_after_a_drag_the_picture_belongs_to_the_last_value(page):
    values = [round(0.02 * i, 2) for i in range(1, 91)]

    page.evaluate(DRAG, ["blur-sigma", values, 60])

    shows(page, **{"blur-sigma": 1.8})
    settings = experiment.Settings("uniform", 0.8, 1.8, "blind-digits", 0)
    outcome = experiment.run(first_digit(), settings)
    assert abs(canvas(page, "noisy") - pixels(outcome.noisy)).max() <= 1
    assert abs(canvas(page, "denoised") - pixels(outcome.denoised)).max() <= 1


def test_a_drag_paints_while_it_lasts_and_in_order(page):
    before = paints(page)
    page.evaluate("""() => {
      window.seen = [];
      const stage = document.getElementById("stage");
      new MutationObserver(() => window.seen.push(Number(stage.dataset.level)))
        .observe(stage, { attributes: true, attributeFilter: ["data-paints"] });
    }""")

    page.evaluate(DRAG, ["noise-level", [round(0.8 + 0.02 * i, 2) for i in range(1, 51)], 60])

    shows(page, level=1.8)
    seen = page.evaluate("window.seen")
    assert seen == sorted(seen)
    assert paints(page) - before >= 10


def test_a_typed_number_is_shown(page):
    number(page, "noise-level").fill("1.25")
    number(page, "noise-level").press("Enter")

    shows(page, level=1.25)


def test_arrow_keys_move_a_slider(page):
    slider = page.locator("#noise-level input[type=range]")
    slider.focus()
    for _ in range(5):
        slider.press("ArrowRight")

    shows(page, level=0.85)
    expect(number(page, "noise-level")).to_have_value("0.85")


def test_a_number_out_of_span_never_reaches_the_picture(page):
    asked = []
    page.on("request", lambda request: asked.append(request.post_data or ""))

    number(page, "noise-level").fill("99")
    expect(page.locator("#stage .message")).to_contain_text("choose 0 to 2")
    number(page, "noise-level").blur()

    expect(number(page, "noise-level")).to_have_value("2")
    shows(page, level=2)
    assert not [body for body in asked if '"level":99' in body]


@pytest.mark.parametrize(
    ("control", "typed", "clamped"),
    [
        ("noise-level", "99", 2),
        ("blur-sigma", "-3", 0),
        ("noise-seed", "-3", 0),
        ("noise-seed", "3.6", 4),
    ],
)
def test_a_typed_number_is_clamped_on_leaving_it_by_a_key(page, control, typed, clamped):
    number(page, control).fill("1")
    shows(page, **{control.removeprefix("noise-"): 1})
    number(page, control).fill(typed)

    number(page, control).press("Tab")  # a key, unlike blur(), lets Gradio clamp first

    shows(page, **{control.removeprefix("noise-"): clamped})
    expect(number(page, control)).to_have_value(str(clamped))
    expect(page.locator("#stage .message")).to_be_hidden()


@pytest.mark.parametrize(
    ("control", "typed", "words"),
    [
        ("noise-level", "99", "Noise level 99 is out of range: choose 0 to 2."),
        ("blur-sigma", "7", "Blur sigma 7 is out of range: choose 0 to 4."),
        ("noise-seed", "99999999999", "Noise seed 99999999999 is out of range: choose 0 to"),
        ("noise-seed", "3.5", "Noise seed 3.5 is not a whole number: choose 0 to"),
    ],
)
def test_a_corrected_number_hides_the_message(page, control, typed, words):
    number(page, control).fill(typed)
    expect(page.locator("#stage .message")).to_contain_text(words)

    number(page, control).fill("0")

    expect(page.locator("#stage .message")).to_be_hidden()


def test_no_slider_offers_a_reset_to_the_default_of_another_noise(page):
    expect(page.locator("#noise-level")).to_be_visible()
    assert page.locator(".reset-button").count() == 0


def test_the_level_follows_the_kind_of_noise(page):
    for kind, spec in reversed(NOISES.items()):
        choose(page, "noise-kind", spec.label)

        shows(page, kind=kind, level=f"{spec.default:g}")
        slider = page.locator("#noise-level input[type=range]")
        expect(slider).to_have_attribute("max", f"{spec.maximum:g}")
        expect(slider).to_have_attribute("min", f"{spec.minimum:g}")
        expect(page.locator("#noise-level")).to_contain_text(spec.unit)


def test_new_noise_changes_the_pattern_and_nothing_else(page):
    clean, noisy = canvas(page, "clean"), canvas(page, "noisy")

    page.locator("#new-noise").click()

    expect(page.locator("#stage")).not_to_have_attribute("data-seed", "0")
    assert (canvas(page, "clean") == clean).all()
    assert (canvas(page, "noisy") != noisy).any()


def test_ten_quick_clicks_end_on_what_the_controls_say(page):
    for _ in range(10):
        page.locator("#new-noise").click(delay=0)

    settles(page)
    shows(page, seed=number(page, "noise-seed").input_value())


def test_another_network_denoises_and_is_explained(page):
    before = canvas(page, "denoised")

    choose(page, "recipe", "Autoencoder for one-sided noise · article 2, dense-64")

    shows(page, recipe="dense-64")
    assert (canvas(page, "denoised") != before).any()
    expect(page.locator("#network")).to_contain_text("101,200 parameters")
    expect(page.locator("#stage [data-of=noisy]")).to_contain_text("clipped to [0, 1]")


def test_the_stage_paints_before_the_rest_of_the_page_is_rendered(browser, app):
    page = browser.new_page()
    page.add_init_script("""
      const find = document.querySelector.bind(document);
      let missing = 5;
      document.querySelector = (selector) =>
        selector === "#network .network" && missing-- > 0 ? null : find(selector);
    """)

    page.goto(app)

    shows(page, recipe="blind-digits")
    expect(page.locator("#network")).to_contain_text("Our network")
    page.close()


def test_scores_and_verdicts_are_written_under_the_pictures(page):
    settings = experiment.Settings("uniform", 0.8, 0.5, "blind-digits", 0)
    outcome = experiment.run(first_digit(), settings)

    shown = page.locator("#stage [data-of=denoised] .scores").inner_text()

    assert f"PSNR {float(outcome.scores['denoised']['psnr']):.2f} dB" in shown
    assert f"SSIM {float(outcome.scores['denoised']['ssim']):.3f}" in shown
    assert f"reads {int(outcome.probabilities['denoised'].argmax())}" in shown


def test_an_identical_picture_shows_infinity(page):
    page.evaluate(DRAG, ["blur-sigma", [0], 60])
    choose(page, "noise-kind", "None")

    shows(page, kind="none")
    expect(page.locator("#stage [data-of=noisy] .scores")).to_contain_text("∞ dB")


def test_a_built_in_digit_is_chosen_by_a_click(page):
    page.locator("[data-example='5']").click()

    expect(page.locator("[data-example='5']")).to_have_attribute("aria-pressed", "true")
    expected = pixels(load_examples().clean(slice(5, 6)))
    shows_picture(page, "clean", expected[..., None])


def test_play_sweeps_the_level_until_stopped(page):
    page.get_by_role("button", name="Play").click()
    for _ in range(3):
        repaints(page, paints(page))

    page.get_by_role("button", name="Stop").click()

    settles(page)
    level = number(page, "noise-level").input_value()
    shows(page, level=level)
    expect(page.get_by_role("button", name="Play")).to_be_visible()


SLOW_LINE = """
() => {
  const send = WebSocket.prototype.send;
  let turn = 0;
  WebSocket.prototype.send = function (text) {
    setTimeout(() => send.call(this, text), ++turn % 4 === 0 ? 300 : 150);
  };
  window.seen = [];
  const stage = document.getElementById("stage");
  new MutationObserver(() => window.seen.push(Number(stage.dataset.blurSigma)))
    .observe(stage, { attributes: true, attributeFilter: ["data-paints"] });
}
"""


@pytest.mark.slow
def test_over_a_slow_connection_pictures_are_frequent_in_order_and_end_on_the_last(page):
    page.evaluate(SLOW_LINE)
    drag_there = [round(0.02 * i, 2) for i in range(1, 101)]

    page.evaluate(DRAG, ["blur-sigma", drag_there, 60])
    page.evaluate("window.seen.length = 0")  # by now the queue has measured the latency
    page.evaluate(DRAG, ["blur-sigma", [round(2 + 0.01 * i, 2) for i in range(1, 101)], 60])

    shows(page, **{"blur-sigma": 3})
    settles(page)
    seen = page.evaluate("window.seen")
    assert seen == sorted(seen)


def test_choosing_the_same_digit_again_leaves_it_known(page):
    page.locator(f"[data-example='{FIRST_EXAMPLE}']").click()

    page.wait_for_function("() => window.laboratory.picture()")


def test_the_expected_error_is_shown_on_demand(page):
    button = page.locator("[data-action=spread]")
    panel = page.locator("#stage [data-of=spread]")
    expect(panel).to_be_hidden()

    button.click()

    expect(panel).to_be_visible()
    expect(button).to_have_attribute("aria-pressed", "true")
    settings = experiment.Settings("uniform", 0.8, 0.5, "blind-digits", 0)
    outcome = experiment.run(first_digit(), settings)
    expected = float(outcome.spread.square().mean().sqrt())
    actual = float((outcome.denoised - outcome.clean).square().mean().sqrt())
    words = f"expected {expected:.3f}, actual {actual:.3f}"
    expect(panel.locator(".scores")).to_contain_text(words)
    assert colours(page, "spread").max() > 60
    button.click()
    expect(panel).to_be_hidden()


def test_a_network_without_expected_error_says_so(page):
    page.locator("[data-action=spread]").click()

    choose(page, "recipe", list_denoisers()["conv-pool"].label)

    expect(page.locator("#stage [data-of=spread] .scores")).to_contain_text("only the blind")
    assert colours(page, "spread").max() == 0
