"""MNIST and the folder of faces in a real browser: chosen by slider, at random and by a preset."""

import pytest
from playwright.sync_api import expect

from denoise_demo.data.faces import load_faces
from denoise_demo.data.mnist import load_mnist
from denoise_demo.lab.presets import PRESETS
from tests.ui.driving import DRAG, choose, number, open_tab, pixels, shows, shows_picture

pytestmark = [pytest.mark.ui, pytest.mark.data]


def test_mnist_digits_are_chosen_by_slider_and_at_random(open_page, app_with_data, data_dir):
    page = open_page(app_with_data)
    open_tab(page, "MNIST")
    expect(page.locator("#stage .truth")).to_have_text("label 7")

    page.evaluate(DRAG, ["mnist-index", list(range(1, 31)), 60])

    digits = load_mnist("test", data_dir)
    expect(page.locator("#stage .truth")).to_have_text(f"label {int(digits.labels[30])}")
    shows_picture(page, "clean", digits.pixels[30, 0].numpy()[..., None])
    page.locator("#mnist-random").click()
    expect(number(page, "mnist-index")).not_to_have_value("30")
    index = int(number(page, "mnist-index").input_value())
    expect(page.locator("#stage .truth")).to_have_text(f"label {int(digits.labels[index])}")
    shows_picture(page, "clean", digits.pixels[index, 0].numpy()[..., None])


def test_with_mnist_a_preset_shows_the_articles_own_digit(open_page, app_with_data, data_dir):
    page = open_page(app_with_data)
    choose(page, "preset", PRESETS["s0-blur-noise"].label)

    shows(page, level=1, **{"blur-sigma": 1})
    expect(page.locator("#stage .note")).to_contain_text("MNIST train image 1")
    train = load_mnist("train", data_dir)
    shows_picture(page, "clean", train.pixels[1, 0].numpy()[..., None])


@pytest.mark.slow
def test_faces_are_chosen_by_slider_and_at_random(open_page, app_with_data, data_dir):
    test = load_faces("test", data_dir)
    page = open_page(app_with_data)
    page.locator("#domain").get_by_text("Faces", exact=True).click()
    open_tab(page, "Faces", "face-source")
    slider = page.locator("#face-index input[type=range]")
    expect(slider).to_have_attribute("max", str(len(test) - 1))
    shows_picture(page, "clean", pixels(test.clean(slice(0, 1))))

    page.evaluate(DRAG, ["face-index", list(range(1, 31)), 60])

    shows_picture(page, "clean", pixels(test.clean(slice(30, 31))))
    page.locator("#face-random").click()
    expect(number(page, "face-index")).not_to_have_value("30")
    index = int(number(page, "face-index").input_value())
    shows_picture(page, "clean", pixels(test.clean(slice(index, index + 1))))
