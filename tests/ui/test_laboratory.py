"""The laboratory in a real browser: dragging, typing, keys, drawing, uploading."""

import io
import re

import numpy as np
import pytest
from driving import (
    DRAG,
    SLOW_QUEUE,
    canvas,
    choose,
    colours,
    draw,
    eventually,
    number,
    open_tab,
    overflowing,
    paints,
    pixels,
    repaints,
    settles,
    shows,
    shows_picture,
)
from playwright.sync_api import expect

from denoise_demo.corruption.noise import NOISES
from denoise_demo.data import load_examples
from denoise_demo.data.pixels import to_pil
from denoise_demo.denoisers.catalog import list_denoisers
from denoise_demo.lab import experiment
from denoise_demo.lab.dreams import LAST, dream
from denoise_demo.lab.presets import PRESETS
from denoise_demo.ui.controls import FIRST_EXAMPLE

pytestmark = pytest.mark.ui


def first_digit():
    return load_examples().clean(slice(FIRST_EXAMPLE, FIRST_EXAMPLE + 1))


def test_after_a_drag_the_picture_belongs_to_the_last_value(page):
    values = [round(0.02 * i, 2) for i in range(1, 91)]

    page.evaluate(DRAG, ["blur-sigma", values, 60])

    shows(page, **{"blur-sigma": 1.8})
    settings = experiment.Settings("uniform", 0.8, 1.8, "blind-digits", 0)
    outcome = experiment.run(first_digit(), settings)
    assert abs(canvas(page, "noisy") - pixels(outcome.noisy)).max() <= 1
    assert abs(canvas(page, "denoised") - pixels(outcome.denoised)).max() <= 1


def test_a_drag_paints_on_the_way_and_in_order(page):
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


def test_a_number_set_right_by_hand_takes_the_complaint_away(page):
    number(page, "noise-level").fill("99")
    expect(page.locator("#stage .message")).to_contain_text("choose 0 to 2")

    number(page, "noise-level").fill("0.8")

    expect(page.locator("#stage .message")).to_be_hidden()


def test_no_slider_offers_a_start_that_may_be_of_another_noise(page):
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

    choose(page, "recipe", "S1 · Dense 64, one-sided noise")

    shows(page, recipe="dense-64")
    assert (canvas(page, "denoised") != before).any()
    expect(page.locator("#network")).to_contain_text("101,200 parameters")
    expect(page.locator("#stage [data-of=noisy]")).to_contain_text("clipped to [0, 1]")


def test_the_stage_paints_before_the_rest_of_the_page_has_come(browser, app):
    page = browser.new_page()
    page.add_init_script("""
      const find = document.querySelector.bind(document);
      let missing = 5;
      document.querySelector = (selector) =>
        selector === "#network .network" && missing-- > 0 ? null : find(selector);
    """)

    page.goto(app)

    shows(page, recipe="blind-digits")
    expect(page.locator("#network")).to_contain_text("Any noise, digits")
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


def test_the_other_panels_follow_the_pen_while_it_moves(page):
    open_tab(page, "Draw")
    expect(page.locator("#stage .invite")).to_contain_text("blank")
    before = paints(page)

    draw(page, (0.5, 0.2), (0.5, 0.8), steps=20)  # the button is still down

    expect(page.locator("#stage .invite")).to_be_hidden()
    repaints(page, before)
    eventually(page, lambda: canvas(page, "denoised").max() > 100)
    assert canvas(page, "clean").max() > 200
    page.mouse.up()


def test_a_list_of_presets_that_is_opened_and_left_changes_nothing(page):
    for leave, sigma in (("Escape", 1.5), ("Tab", 1.6)):
        page.locator("#preset input").click()
        page.keyboard.press(leave)
        page.locator("#title").click()
        page.evaluate(DRAG, ["blur-sigma", [sigma], 60])

        shows(page, **{"blur-sigma": sigma})
        expect(page.get_by_text("unknown preset")).to_have_count(0)


def test_a_drawn_digit_is_read(page):
    page.get_by_role("button", name="Draw a digit").click()
    choose(page, "noise-kind", "None")

    draw(page, (0.5, 0.15), (0.5, 0.85))
    page.mouse.up()

    expect(page.locator("#stage [data-of=clean] .scores")).to_contain_text("reads 1")


def test_undo_and_clear_leave_a_blank_pad_that_predicts_nothing(page):
    open_tab(page, "Draw")
    draw(page, (0.3, 0.2), (0.7, 0.2))
    page.mouse.up()
    expect(page.locator("#stage .invite")).to_be_hidden()
    draw(page, (0.7, 0.2), (0.4, 0.8))
    page.mouse.up()

    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#stage .invite")).to_be_hidden()
    page.get_by_role("button", name="Clear").click()

    expect(page.locator("#stage .invite")).to_contain_text("blank")
    settles(page)
    expect(page.locator("#stage [data-of=denoised] .scores")).to_have_text("")
    assert page.locator("#stage .verdict .top").count() == 0
    assert canvas(page, "denoised").max() == 0


def test_the_eraser_takes_ink_away(page):
    open_tab(page, "Draw")
    draw(page, (0.2, 0.5), (0.8, 0.5))
    page.mouse.up()
    expect(page.locator("#stage .invite")).to_be_hidden()

    page.get_by_role("button", name="Eraser").click()
    page.locator("#stage [data-pen=size]").fill("24")
    draw(page, (0.1, 0.5), (0.9, 0.5))
    page.mouse.up()

    expect(page.locator("#stage .invite")).to_contain_text("blank")


def test_without_centring_the_drawing_stays_where_it_is(page):
    def middle():
        ink = canvas(page, "clean").sum(0)
        return np.average(np.arange(28), weights=ink) if ink.any() else np.nan

    open_tab(page, "Draw")
    draw(page, (0.15, 0.1), (0.15, 0.4))
    page.mouse.up()
    eventually(page, lambda: abs(middle() - 13.7) < 1)

    page.get_by_label("Centre like MNIST").uncheck()

    eventually(page, lambda: middle() < 7)


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


def test_play_sweeps_the_level_until_stopped(page):
    page.get_by_role("button", name="Play").click()
    for _ in range(3):
        repaints(page, paints(page))

    page.get_by_role("button", name="Stop").click()

    settles(page)
    level = number(page, "noise-level").input_value()
    shows(page, level=level)
    expect(page.get_by_role("button", name="Play")).to_be_visible()


def upload(page, name, content):
    open_tab(page, "Upload")
    files = [{"name": name, "mimeType": "image/png", "buffer": content}]
    page.locator("#source input[type=file]").set_input_files(files)


def paper_digit():
    """A dark seven on light paper."""
    digit = load_examples().clean(slice(0, 1))
    file = io.BytesIO()
    to_pil(1 - 0.9 * digit, scale=10).save(file, "PNG")
    return file.getvalue()


def test_an_uploaded_digit_on_paper_is_inverted(page):
    before = paints(page)

    upload(page, "digit.png", paper_digit())

    repaints(page, before)
    assert canvas(page, "clean")[0].max() < 60
    assert canvas(page, "clean").max() > 200


def test_of_two_quick_choices_for_an_upload_the_last_one_counts(page):
    upload(page, "digit.png", paper_digit())
    expect(page.locator("#stage .truth")).to_have_text("")
    page.evaluate(SLOW_QUEUE)

    page.locator("#upload-invert").get_by_label("No").check()
    page.locator("#upload-invert").get_by_label("Yes").check()

    page.wait_for_function("window.joined === 2")
    settles(page)
    assert canvas(page, "clean")[0].max() < 60
    assert canvas(page, "clean").max() > 200


def test_an_upload_that_comes_late_waits_in_its_tab(page):
    page.evaluate(SLOW_QUEUE)
    upload(page, "digit.png", paper_digit())
    open_tab(page, "Draw")
    draw(page, (0.3, 0.3), (0.7, 0.7))
    page.mouse.up()

    page.wait_for_function("window.joined")
    settles(page)

    expect(page.locator("#stage .pad")).to_be_visible()
    open_tab(page, "Upload")
    expect(page.locator("#stage .pad")).to_be_hidden()
    eventually(page, lambda: canvas(page, "clean")[0].max() < 60 < canvas(page, "clean").max())


def test_a_broken_upload_is_refused_and_loses_nothing(page):
    before = canvas(page, "denoised")

    for content, words in (
        (b"This is no picture.", "not a picture"),
        (paper_digit()[:300], "damaged"),
    ):
        upload(page, "broken.png", content)

        expect(page.locator(".toast-body")).to_contain_text(words)
        assert (canvas(page, "denoised") == before).all()
    page.evaluate(DRAG, ["blur-sigma", [1.5], 60])
    shows(page, **{"blur-sigma": 1.5})


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_scrolls_sideways(open_page, app, theme):
    page = open_page(f"{app}?__theme={theme}")

    assert not overflowing(page)


def test_without_mnist_the_page_offers_to_get_it(page):
    open_tab(page, "MNIST")

    expect(page.locator("#get-mnist")).to_be_visible()
    expect(page.locator("#mnist-index")).to_be_hidden()


SLOW_LINE = """
() => {
  const fetch = window.fetch;
  let turn = 0;
  window.fetch = async (...request) => {
    const reply = await fetch(...request);
    if (!String(request[0]).includes("component_server")) return reply;
    const late = ++turn % 4 === 0 ? 300 : 150;
    await new Promise((go) => setTimeout(go, late));
    return reply;
  };
  window.seen = [];
  const stage = document.getElementById("stage");
  new MutationObserver(() => window.seen.push(Number(stage.dataset.blurSigma)))
    .observe(stage, { attributes: true, attributeFilter: ["data-paints"] });
}
"""


def test_over_a_slow_line_pictures_come_often_in_order_and_end_on_the_last(page):
    page.evaluate(SLOW_LINE)
    drag_there = [round(0.02 * i, 2) for i in range(1, 101)]

    page.evaluate(DRAG, ["blur-sigma", drag_there, 60])
    page.evaluate("window.seen.length = 0")  # by now the stage knows the line
    page.evaluate(DRAG, ["blur-sigma", [round(2 + 0.01 * i, 2) for i in range(1, 101)], 60])

    shows(page, **{"blur-sigma": 3})
    settles(page)
    seen = page.evaluate("window.seen")
    assert seen == sorted(seen)


def test_a_blank_pad_stays_blank_while_a_slider_is_dragged(page):
    open_tab(page, "Draw")
    draw(page, (0.3, 0.2), (0.7, 0.8))
    page.mouse.up()
    page.get_by_role("button", name="Clear").click()

    page.evaluate(DRAG, ["blur-sigma", [0.7, 0.9, 1.1], 60])

    settles(page)
    assert canvas(page, "denoised").max() == 0
    assert page.locator("#stage .verdict .top").count() == 0


def test_a_preset_stops_play(page):
    page.get_by_role("button", name="Play").click()
    repaints(page, paints(page))

    choose(page, "preset", PRESETS["s0-rising-2"].label)

    shows(page, level=0.8, **{"blur-sigma": 1})
    settles(page)
    shows(page, level=0.8)
    expect(page.get_by_role("button", name="Play")).to_be_visible()


def test_a_presets_note_goes_when_it_is_no_longer_true(page):
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


def test_choosing_the_same_digit_again_leaves_it_known(page):
    page.locator(f"[data-example='{FIRST_EXAMPLE}']").click()

    page.wait_for_function("() => window.laboratory.picture()")


def test_reset_clears_the_pad_and_its_choices(page):
    open_tab(page, "Draw")
    draw(page, (0.3, 0.2), (0.7, 0.8))
    page.mouse.up()
    page.get_by_role("button", name="Eraser").click()
    page.get_by_label("Centre like MNIST").uncheck()
    page.get_by_label("Pen size").fill("20")
    page.locator("[data-action=spread]").click()

    page.locator("#reset").click()
    expect(page.locator("#stage .truth")).to_have_text("label 4")
    open_tab(page, "Draw")

    expect(page.locator("#stage .invite")).to_be_visible()
    expect(page.get_by_label("Centre like MNIST")).to_be_checked()
    expect(page.get_by_role("button", name="Eraser")).to_have_attribute("aria-pressed", "false")
    expect(page.get_by_label("Pen size")).to_have_value("9")
    expect(page.locator("[data-of=spread]")).to_be_hidden()


def test_reset_forgets_the_uploaded_file(page):
    upload(page, "digit.png", paper_digit())
    expect(page.locator("#stage .truth")).to_have_text("")
    page.locator("#reset").click()
    expect(page.locator("#stage .truth")).to_have_text("label 4")

    open_tab(page, "Upload")
    page.get_by_label("Centre like MNIST").uncheck()

    settles(page)
    expect(page.locator("#stage .truth")).to_have_text("label 4")


def test_opening_mnist_without_the_digits_keeps_the_picture(page):
    before = canvas(page, "denoised")

    open_tab(page, "MNIST")

    expect(page.locator("#get-mnist")).to_be_visible()
    settles(page)
    assert (canvas(page, "denoised") == before).all()
    expect(page.locator("#stage .message")).to_be_hidden()


def test_a_preset_leaves_the_pad_and_its_picture_stays(page):
    open_tab(page, "Draw")
    draw(page, (0.3, 0.3), (0.7, 0.7))
    page.mouse.up()

    choose(page, "preset", PRESETS["s0-rising-2"].label)

    expect(page.locator("#stage .truth")).to_have_text("label 0")
    expect(page.locator("#stage .pad")).to_be_hidden()
    settles(page)
    expect(page.locator("#stage .truth")).to_have_text("label 0")


def test_the_uploaded_picture_is_still_there_after_another(page):
    upload(page, "digit.png", paper_digit())
    expect(page.locator("#stage .truth")).to_have_text("")
    settles(page)
    uploaded = canvas(page, "clean")

    open_tab(page, "Digits")
    expect(page.locator("#stage .truth")).to_have_text("label 4")
    open_tab(page, "Upload")

    expect(page.locator("#stage .truth")).to_have_text("")
    shows_picture(page, "clean", uploaded[..., None])


# How sure the network is, and dreams


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
    words = f"expects {expected:.3f}, is {actual:.3f}"
    expect(panel.locator(".scores")).to_contain_text(words)
    assert colours(page, "spread").max() > 60
    button.click()
    expect(panel).to_be_hidden()


def test_a_network_that_expects_nothing_says_so(page):
    page.locator("[data-action=spread]").click()

    choose(page, "recipe", list_denoisers()["conv-pool"].label)

    expect(page.locator("#stage [data-of=spread] .scores")).to_contain_text("only the blind")
    assert colours(page, "spread").max() == 0


NO_DREAMS = """
() => {
  const fetch = window.fetch;
  window.dreams = false;
  window.fetch = (...request) =>
    !window.dreams && String(request[1]?.body).includes('"fn_name":"dream"')
      ? Promise.reject(new TypeError("Failed to fetch"))
      : fetch(...request);
}
"""


def test_a_dream_plays_to_its_end_and_the_next_one_is_another(page):
    button = page.locator("[data-action=dream]")

    button.click()

    expect(page.locator("#stage")).to_have_attribute("data-dream", f"0 {LAST:.2f}")
    *_, last = dream(0)
    assert abs(canvas(page, "denoised") - pixels(last.denoised)).max() <= 1
    expect(page.locator("#stage [data-of=denoised] .scores")).to_contain_text("reads")
    expect(page.locator("#stage .dreamt")).to_be_visible()
    button.click()
    expect(page.locator("#stage")).to_have_attribute("data-dream", f"1 {LAST:.2f}")


def test_a_dream_is_left_by_its_button_or_by_any_control(page):
    before = canvas(page, "denoised")
    page.locator("[data-action=dream]").click()
    expect(page.locator("#stage .dreamt")).to_be_visible()

    page.locator("[data-action=wake]").click()

    expect(page.locator("#stage .dreamt")).to_be_hidden()
    expect(page.locator("#stage")).not_to_have_attribute("data-dream", re.compile(".*"))
    page.wait_for_function("() => document.querySelector('#stage .gain').textContent")
    assert np.array_equal(canvas(page, "denoised"), before)
    page.locator("[data-action=dream]").click()
    expect(page.locator("#stage .dreamt")).to_be_visible()
    page.evaluate(DRAG, ["noise-level", [0.9], 60])
    expect(page.locator("#stage .dreamt")).to_be_hidden()
    shows(page, level=0.9)


def test_a_dream_after_play_is_not_woken_by_a_stale_event(page):
    page.locator("[data-action=play]").click()
    repaints(page, paints(page))

    page.locator("[data-action=dream]").click()

    expect(page.locator("#stage")).to_have_attribute("data-dream", f"0 {LAST:.2f}")


def test_of_many_dreams_asked_for_at_once_the_last_is_dreamt(page):
    for _ in range(6):
        page.locator("[data-action=dream]").click(delay=0)

    expect(page.locator("#stage")).to_have_attribute("data-dream", f"5 {LAST:.2f}")


def test_a_dream_over_a_drawing_hides_it_and_gives_it_back(page):
    open_tab(page, "Draw")
    draw(page, (0.5, 0.15), (0.5, 0.85))
    page.mouse.up()

    page.locator("[data-action=dream]").click()

    expect(page.locator("#stage .dreamt")).to_be_visible()
    expect(page.locator("#stage .pad")).to_be_hidden()
    page.locator("[data-action=wake]").click()
    expect(page.locator("#stage .pad")).to_be_visible()
    expect(page.locator("#stage [data-of=clean] .scores")).to_contain_text("reads 1")


def test_a_dream_that_fails_says_so_and_gives_the_picture_back(page):
    before = canvas(page, "denoised")
    button, message = page.locator("[data-action=dream]"), page.locator("#stage .message")
    page.evaluate(NO_DREAMS)

    button.click()

    expect(message).to_contain_text("does not answer")
    expect(page.locator("#stage .dreaming")).to_be_hidden()
    assert np.array_equal(canvas(page, "denoised"), before)
    page.evaluate("window.dreams = true")
    button.click()
    expect(page.locator("#stage")).to_have_attribute("data-dream", f"1 {LAST:.2f}")
    page.evaluate("window.dreams = false")
    button.click()
    expect(page.locator("#stage .dreaming")).to_be_hidden()
    page.wait_for_function("() => document.querySelector('#stage .gain').textContent")
    assert np.array_equal(canvas(page, "denoised"), before)


def test_a_seed_that_is_typed_is_dreamt_and_a_bad_one_is_not(page):
    page.locator("[data-action=dream]").click()
    seed = page.locator("[data-dream=seed]")

    seed.fill("42")
    seed.press("Enter")

    expect(page.locator("#stage")).to_have_attribute("data-dream", f"42 {LAST:.2f}")
    seed.press("Enter")
    expect(page.locator("#stage")).not_to_have_attribute("data-dream", f"42 {LAST:.2f}")
    expect(page.locator("#stage")).to_have_attribute("data-dream", f"42 {LAST:.2f}")
    seed.fill("-1")
    seed.press("Enter")
    assert seed.evaluate("input => input.matches(':invalid')")
    expect(page.locator("#stage")).to_have_attribute("data-dream", f"42 {LAST:.2f}")


def test_faces_have_no_dreams(page):
    page.locator("#domain").get_by_label("Faces").check()

    expect(page.locator("[data-action=dream]")).to_be_hidden()
