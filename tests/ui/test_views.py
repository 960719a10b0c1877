"""The views beside the stage: the comparison, the curves and the matrix, in a real browser."""

import pytest
import torch
from driving import DRAG, choose, draw, open_tab, settles, shows
from playwright.sync_api import expect

from denoise_demo.benchmark import NOTHING
from denoise_demo.benchmark.results import load_results
from denoise_demo.corruption.noise import NOISES
from denoise_demo.data import load_examples
from denoise_demo.denoisers.catalog import list_denoisers
from denoise_demo.lab import compare, experiment
from denoise_demo.lab.bottleneck import NETWORKS, unit_spans
from denoise_demo.ui.controls import FIRST_EXAMPLE

pytestmark = pytest.mark.ui


def view(page, name):
    page.locator(f"#view-{name}-button").click()


@pytest.fixture
def comparison(page):
    view(page, "compare")
    expect(page.locator("#compare")).to_have_attribute("data-slow", "1")
    return page.locator("#compare")


def card(comparison, method):
    return comparison.locator(f'.card[data-method="{method}"]')


def read_psnr(comparison, method):
    return card(comparison, method).locator(".psnr").inner_text().split(" dB")[0]


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
        shown = float(read_psnr(comparison, name))
        assert shown == pytest.approx(scores[name], abs=0.02), name
    best = max(names, key=lambda name: scores[name])
    assert "★" in card(comparison, best).locator(".psnr").inner_text()
    expect(card(comparison, "dense-64").locator(".origin")).to_contain_text("other noise")
    expect(card(comparison, "blind-digits").locator(".origin")).not_to_contain_text("other noise")


def test_the_grid_follows_a_drag_to_its_last_value(comparison, page):
    before = int(comparison.get_attribute("data-paints"))

    page.evaluate(DRAG, ["noise-level", [round(0.8 + 0.02 * i, 2) for i in range(1, 51)], 60])

    score = expected(1.8, ["conv-pool"])["conv-pool"]
    expect(card(comparison, "conv-pool").locator(".psnr")).to_contain_text(f"{score:.2f}"[:-1])
    assert int(comparison.get_attribute("data-paints")) - before >= 5
    expect(card(comparison, "total-variation")).to_have_css("opacity", "1")


def test_cards_can_be_sorted(comparison):
    comparison.locator("[data-sort]").select_option("psnr")

    places = comparison.locator(".card").evaluate_all("(all) => all.map((c) => c.dataset.method)")
    scores = expected(0.8, list(list_denoisers("digits")))
    shown = [round(scores[name], 1) for name in places]
    assert shown == sorted(shown, reverse=True)


def test_a_click_on_a_card_puts_it_on_the_stage(comparison, page):
    card(comparison, "median-5").click()

    shows(page, recipe="median-5")
    expect(page.locator("#stage")).to_be_visible()
    expect(page.locator("#recipe input")).to_have_value("Filter · Median 5 × 5")


def test_faces_are_compared_among_the_denoisers_of_faces(comparison, page):
    page.locator("#domain").get_by_text("Faces").click()

    expect(comparison.locator(".card")).to_have_count(
        len(list_denoisers("faces")) + 1, timeout=20_000
    )
    expect(card(comparison, "pix2pix-gaussian").locator(".psnr")).to_contain_text("dB")
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


def test_a_hidden_view_asks_for_nothing(comparison, page):
    view(page, "stage")
    asked = []
    page.on("request", lambda request: asked.append(request.post_data or ""))

    page.evaluate(DRAG, ["noise-level", [0.9, 1.0, 1.1], 30])

    shows(page, level=1.1)
    assert asked
    assert not [body for body in asked if "compare_all" in body]


def chart(page):
    """The canvas that Vega draws on."""
    return page.locator("#curves-plot canvas").first


def test_the_curves_are_drawn_and_follow_the_noise(page):
    view(page, "curves")
    expect(chart(page)).to_be_visible(timeout=20_000)
    expect(page.locator("#curves-words")).to_contain_text("1,000 test digits")

    page.locator("#curves-metric").get_by_text("Accuracy").click()
    choose(page, "noise-kind", NOISES["none"].label)

    expect(page.locator("#curves-words")).to_contain_text("choose a kind of noise")


def test_faces_have_no_curve_of_accuracy(page):
    view(page, "curves")
    page.locator("#domain").get_by_text("Faces").click()

    expect(page.locator("#curves-words")).to_contain_text("test faces")
    expect(page.locator("#curves-metric")).not_to_contain_text("Accuracy")


def test_a_cell_of_the_matrix_sets_the_stage(page):
    view(page, "matrix")
    rows = page.locator("#matrix tbody tr")
    expect(rows).to_have_count(len(list_denoisers("digits")))
    row = rows.filter(has_text="Dense 64")

    row.locator("button").nth(2).hover()
    expect(page.locator("#matrix .told")).to_contain_text("Blur, uniform 1.5 px, 1.2: PSNR")
    row.locator("button").nth(2).click()

    shows(page, kind="uniform", level=1.2, **{"blur-sigma": 1.5}, recipe="dense-64")
    expect(page.locator("#stage")).to_be_visible()


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


def test_a_finger_reads_a_cell_before_it_goes_there(browser, app):
    with browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True) as context:
        page = context.new_page()
        page.goto(app)
        page.wait_for_selector("#stage[data-paints]")
        view(page, "matrix")
        row = page.locator("#matrix tbody tr").filter(has_text="Dense 64")

        row.locator("button").nth(2).tap()
        expect(page.locator("#matrix .told")).to_contain_text("Blur, uniform 1.5 px, 1.2: PSNR")
        expect(page.locator("#matrix")).to_be_visible()
        row.locator("button").nth(2).tap()

        shows(page, kind="uniform", level=1.2, recipe="dense-64")


def test_the_matrix_of_accuracy_shows_what_is_read_right(page):
    view(page, "matrix")
    page.locator("#matrix [data-metric=change]").click()

    clean = page.locator("#matrix tbody tr").filter(has_text="Dense 64").locator("button").first
    row = load_results().at_points("digits")["dense-64", "clean"]
    expect(clean.locator(".long")).to_have_text(
        f"{row.score('accuracy').mean:.2f}".removeprefix("0")
    )
    page.locator("#domain").get_by_text("Faces").click()
    expect(page.locator("#matrix tbody tr")).to_have_count(len(list_denoisers("faces")))
    expect(page.locator("#matrix [data-metric=change]")).to_be_hidden()


def test_the_views_fit_a_phone_with_the_level_in_reach(open_page, app):
    page = open_page(app, width=390, height=844)
    for name in ("stage", "compare", "curves", "matrix", "codes"):
        page.evaluate("scrollTo(0, 0)")
        view(page, name)
        settles(page)
        assert page.evaluate("document.documentElement.scrollWidth") == 390, name
        if name != "matrix":  # which shows all levels
            expect(page.locator("#noise-level input[type=range]")).to_be_in_viewport()


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
    expect(codes.locator(".editor figcaption")).to_contain_text("This digit, through its code")


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


def test_another_denoiser_leaves_a_code_moved_by_hand(codes, page):
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
    expect(codes.locator(".strip")).to_be_visible(timeout=10_000)
    expect(codes.locator(".message")).to_be_hidden()


def test_drawing_leads_back_to_the_stage_and_a_blank_pad_compares_nothing(comparison, page):
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
