"""The page by keyboard and for assistive technology: axe-core, focus, words for what is painted."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from denoise_demo.corruption import NOISES
from denoise_demo.ui.glossary import GLOSSARY
from tests.ui.driving import eventually, settles, shows, switch

pytestmark = pytest.mark.ui
# From npm's axe-core 4.14.1, unchanged, under the Mozilla Public License 2.0 beside it.
AXE = (Path(__file__).parent / "vendor/axe-4.14.1.min.js").read_text(encoding="utf-8")
RUN = """
async () => {
  const options = { rules: { "target-size": { enabled: true } }, resultTypes: ["violations"] };
  const { violations } = await axe.run(document, options);
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target}`));
}
"""
VIEWS = ("stage", "compare", "curves", "matrix", "codes", "photos")
TABS = ("learn", "figures", "training", "explanation")
WIDTHS = {"desktop": (1440, 900), "phone": (390, 844)}
# Whether the charts in view are drawn and named.
DRAWN = """
() => [...document.querySelectorAll("#curves-plot, #card-history")]
  .filter((plot) => plot.checkVisibility())
  .every((plot) => plot.querySelector(".vega-embed summary")?.ariaLabel)
"""
# Pixels around an element, as PNG, before and after it has the focus.
AROUND = "(selector) => { const b = document.querySelector(selector).getBoundingClientRect();"
AROUND += " return { x: b.x - 8, y: b.y - 8, width: b.width + 16, height: b.height + 16 }; }"
FOCUSED = "document.activeElement === document.body ? 'body' : document.activeElement.tagName"


@pytest.fixture(params=["light", "dark"])
def colours(request, pages):
    """The page in light or dark colours."""
    for page in pages.free:
        page.emulate_media(color_scheme=request.param, reduced_motion="reduce")
    yield request.param
    for page in pages.free:
        page.emulate_media(color_scheme="light", reduced_motion="reduce")


def violations(page):
    page.evaluate(AXE)
    settles(page)
    page.wait_for_function(DRAWN)
    return page.evaluate(RUN)


@pytest.mark.parametrize("width", WIDTHS)
def test_no_view_violates_a_rule_of_axe(open_page, app, colours, width):
    page = open_page(app, width=WIDTHS[width][0], height=WIDTHS[width][1])
    page.emulate_media(color_scheme=colours, reduced_motion="reduce")
    found = {}

    for view in VIEWS:
        page.locator(f"#view-{view}-button").click()
        found[view] = violations(page)
    for tab in TABS:
        page.locator(f"#tab-{tab}-button").click()
        found[tab] = violations(page)

    assert {view: broken for view, broken in found.items() if broken} == {}


def test_neither_drawing_nor_dreams_nor_the_tour_nor_faces_violate_a_rule(page):
    found = {}
    for name in ("draw", "spread", "dream"):
        page.locator(f"#stage [data-action={name}]").click()
        found[name] = violations(page)
    page.locator("#stage .guide").click()
    found["tour"] = violations(page)
    page.keyboard.press("Escape")
    switch(page, "Faces")
    found["faces"] = violations(page)

    assert {state: broken for state, broken in found.items() if broken} == {}


@pytest.mark.parametrize(
    "selector",
    [
        "#noise-level input[type=range]",
        "#blur-sigma input[type=range]",
        "#new-noise",
        "#noise-kind input",
        "#stage .wipe",
        "#stage [data-action=play]",
        "#view-compare-button",
        "#stage [data-scene]",
        "#examples .thumbnails button",
    ],
)
def test_the_focus_can_be_seen(page, selector):
    page.keyboard.press("Tab")  # from here on the browser shows the focus
    element = page.locator(selector).first
    element.scroll_into_view_if_needed()
    clip = page.evaluate(AROUND, selector)
    page.locator("#title").evaluate("() => document.activeElement.blur()")
    before = page.screenshot(clip=clip)

    element.focus()

    eventually(page, lambda: page.screenshot(clip=clip) != before)


def test_a_chosen_radio_looks_chosen_under_the_pointer(page):
    chosen = page.locator("#domain input:checked")
    look = "(i) => { const s = getComputedStyle(i); return [s.backgroundColor, s.backgroundImage] }"
    page.mouse.move(0, 0)
    before = chosen.evaluate(look)

    chosen.hover()

    assert "circle" in before[1]
    assert chosen.evaluate(look) == before


def test_the_first_stop_leads_to_the_noise_level(page):
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()

    page.keyboard.press("Enter")

    expect(page.locator("#noise-level input[type=range]")).to_be_focused()


def test_each_group_of_pictures_is_one_stop(page):
    for group in ("#examples .thumbnails", "#stage .strip"):
        assert page.locator(f"{group} button[tabindex='0']").count() == 1

    page.locator("#examples .thumbnails button[tabindex='0']").press("End")
    page.keyboard.press("Enter")

    expect(page.locator("#examples .thumbnails button").last).to_have_attribute(
        "aria-pressed", "true"
    )
    assert page.locator("#examples .thumbnails button[tabindex='0']").count() == 1


def test_the_outcome_is_said_when_the_hand_rests(page):
    said = page.locator("#stage .said")
    expect(said).to_contain_text("Denoised: PSNR 23.97 dB, read as 4")
    slider = page.locator("#noise-level input[type=range]")

    slider.press("Home")

    expect(said).not_to_contain_text("23.97")
    expect(page.locator("#stage canvas[data-panel=noisy]")).to_have_attribute(
        "aria-label", "Noisy picture: PSNR 28.94 dB, read as 4 (99+ %), correctly"
    )


def test_waking_from_a_dream_keeps_the_focus_on_the_stage(page):
    page.locator("#stage [data-action=dream]").press("Enter")
    expect(page.locator("#stage .dreamt")).to_be_visible()

    page.locator("#stage [data-action=wake]").press("Enter")

    expect(page.locator("#stage [data-action=dream]")).to_be_focused()
    assert page.evaluate(FOCUSED) == "BUTTON"


TERMS = {  # where each stands, by the tab that has it
    "view-stage": {
        "#noise-kind [data-term]": "noise-uniform",
        "#noise-level [data-term]": "level-uniform",
        "#blur-sigma [data-term]": "blur",
        "#noise-seed [data-term]": "seed",
        "#recipe [data-term]": "denoiser",
        "#stage .truth": "label",
    },
    "view-compare": {"#compare .hint [data-term=ssim]": "ssim"},
    "view-curves": {
        "#curves-words em[data-term]": "interval",
        "#curves-metric [data-term=bce] input": "bce",
    },
    "view-matrix": {"#matrix [data-metric=change]": "accuracy"},
    "view-codes": {"#codes .hint [data-term=code]": "code"},
    "tab-learn": {
        "#learn dt [data-term=epoch]": "epoch",
        "#learn form [data-term=rate]": "rate",
        "#learn form [data-term^=level]": "level-one-sided-uniform",
        "#learn .curve [data-term]": "validation",
    },
    "tab-training": {".lead em[data-term]": "loss"},
}


@pytest.mark.parametrize("tab", TERMS)
def test_every_view_explains_its_words(page, tab):
    page.locator(f"#{tab}-button").click()

    for selector, term in TERMS[tab].items():
        word = page.locator(selector).filter(visible=True).first
        word.focus()
        expect(page.locator("#term")).to_have_text(GLOSSARY[term])


def test_the_word_of_a_field_is_explained_by_a_tap_that_leaves_the_field_alone(page):
    page.locator("#noise-level [data-term]").click()

    expect(page.locator("#term")).to_have_text(GLOSSARY["level-uniform"])
    expect(page.locator("#noise-level input[type=number]")).not_to_be_focused()
    switch(page, "Faces")
    shows(page, kind="gaussian")
    expect(page.locator("#term")).to_be_hidden()
    page.locator("#noise-level [data-term]").hover()
    expect(page.locator("#term")).to_have_text(GLOSSARY["level-gaussian"])


def test_every_kind_of_noise_is_explained():
    assert not [kind for kind, spec in NOISES.items() if not spec.lesson or not spec.scale]


@pytest.mark.parametrize("term", ["gain", "psnr", "clipping"])
def test_a_term_is_explained_where_it_stands(page, term):
    tip, word = page.locator("#term"), page.locator(f"#stage [data-term={term}]").first

    word.focus()
    expect(tip).to_have_text(GLOSSARY[term])
    expect(word).to_have_attribute("aria-describedby", "term")
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    word.hover()
    expect(tip).to_be_visible()
