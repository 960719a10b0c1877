"""The Learn tab: train, watch, pause, go back, take the network along."""

import numpy as np
import pytest
from playwright.sync_api import expect

from denoise_demo.corruption import corrupt
from denoise_demo.data import to_bytes
from denoise_demo.denoisers import load_denoiser, read_metadata
from denoise_demo.ui.tabs.learn import learn
from tests.ui.driving import canvas, eventually, first_digit, overflowing

STRIP = """
(name) => {
  const canvas = document.querySelector(`#learn [data-strip=${name}]`);
  const { data } = canvas.getContext("2d").getImageData(0, 0, 224, 28);
  return Array.from(data.filter((_, i) => i % 4 === 0));
}
"""
CHOICES = {
    "recipe": "dense-64",
    "data": "strokes",
    "kind": "one-sided-uniform",
    "low": 0.0,
    "high": 0.9,
    "network": "dense",
    "size": 64,
    "loss": "bce",
    "rate": 0.001,
    "epochs": 100,
    "seed": 0,
}


@pytest.mark.parametrize(
    ("function", "request_", "words"),
    [
        (learn.train, CHOICES | {"rate": 1e9}, "the rate is 1e+09"),
        (learn.train, CHOICES | {"images": 10**9}, "images of the training is unknown"),
        (learn.train, CHOICES | {"epochs": 10**9}, "give at most 100"),
        (learn.train, [], "give an object"),
        (learn.watch, {"lesson": "guessed", "since": 0}, "no longer on the server"),
        (learn.watch, {"lesson": "guessed", "since": "0"}, "since of the question"),
        (learn.steer, {"lesson": "guessed", "action": "stop"}, "no longer on the server"),
        (learn.steer, {"lesson": "guessed", "action": "dance"}, "action of the order"),
        (learn.pack, {"lesson": None}, "lesson of the wish"),
    ],
)
def test_a_wrong_request_gets_one_sentence(function, request_, words):
    reply = function(request_)

    assert words in reply["error"]
    assert "\n" not in reply["error"]


def strip(page, name="cleaned"):
    return np.array(page.evaluate(STRIP, name)).reshape(28, 224)


def press(page, name):
    page.locator(f"#learn [data-action={name}]").click()


def reaches(page, attribute, least):
    tab = page.locator("#learn")
    eventually(page, lambda: int(tab.get_attribute(f"data-{attribute}") or 0) >= least)


@pytest.fixture
def learning(page):
    """The Learn tab."""
    page.locator("#tab-learn-button").click()
    expect(page.locator("#learn[data-state]")).to_be_visible()
    return page


@pytest.mark.ui
def test_a_visitor_trains_a_network_and_takes_it_along(learning, tmp_path):
    page, tab = learning, learning.locator("#learn")

    press(page, "train")
    reaches(page, "moments", 3)
    first = strip(page)
    assert first.any()
    assert strip(page, "noisy").any()
    reaches(page, "moments", 6)
    assert (strip(page) != first).any()
    reaches(page, "epochs", 1)

    press(page, "pause")
    expect(tab).to_have_attribute("data-state", "paused")
    settled = tab.get_attribute("data-moments")
    newest = strip(page)
    slider = tab.locator("[data-moment]")
    slider.press("Home")
    assert (strip(page) != newest).any()
    expect(tab.locator(".when")).to_contain_text("cleaned them after 0")
    assert tab.get_attribute("data-moments") == settled
    slider.press("End")
    assert (strip(page) == newest).all()

    press(page, "pause")  # "Go on"
    reaches(page, "moments", int(settled) + 1)
    press(page, "stop")
    expect(tab).to_have_attribute("data-state", "done")
    with page.expect_download() as download:
        press(page, "download")
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    metadata = read_metadata(path)
    assert metadata["command"] == tab.locator("code").text_content()
    assert metadata["measured"] == 500

    press(page, "stage")
    stage = page.locator("#stage")
    eventually(page, lambda: stage.get_attribute("data-recipe").startswith("yours-"))
    expect(page.locator("#recipe input")).to_have_value("Yours · Dense, 64 units")
    level, seed = (float(stage.get_attribute(f"data-{name}")) for name in ("level", "seed"))
    noisy = corrupt(
        first_digit(), stage.get_attribute("data-kind"), level, 0.5, clip=True, generator=int(seed)
    )
    expected = np.frombuffer(to_bytes(load_denoiser(path)(noisy)[0]), np.uint8).reshape(28, 28)
    assert np.abs(canvas(page, "denoised").astype(int) - expected).max() <= 1
    assert "yours" not in page.url


@pytest.mark.ui
def test_a_diverged_training_offers_the_rate_of_the_article(learning):
    page, tab = learning, learning.locator("#learn")
    tab.locator("[name=recipe]").select_option("dense-300-published")
    tab.locator("[name=rate]").fill("1")

    press(page, "train")

    expect(tab.locator(".message")).to_contain_text("diverged")
    expect(tab.locator("[data-action=offer]")).to_have_text("Train with the article's rate, 0.01")
    press(page, "offer")
    reaches(page, "moments", 2)
    expect(tab).to_have_attribute("data-state", "training")
    press(page, "stop")


@pytest.mark.ui
def test_the_form_says_what_differs_from_the_article_and_goes_back(learning):
    tab = learning.locator("#learn")
    size = tab.locator("[name=size]")
    expect(tab.locator("form output")).to_have_text("64 units")

    size.press("Home")
    tab.locator("[name=kind]").select_option("gaussian")
    expect(size).to_have_class("changed")
    expect(tab.locator("[name=low]")).to_have_value("0")
    tab.locator("[name=epochs]").fill("0")
    press(learning, "train")
    expect(tab).to_have_attribute("data-state", "")  # the browser says what is wrong
    press(learning, "restore")

    expect(tab.locator("form output")).to_have_text("64 units")
    expect(tab.locator("[name=kind]")).to_have_value("one-sided-uniform")
    assert overflowing(learning) == []
