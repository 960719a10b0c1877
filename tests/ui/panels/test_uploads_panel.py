"""Uploaded digits and built-in ones, in a real browser."""

import io

import gradio as gr
import pytest
from gradio.data_classes import FileData
from playwright.sync_api import expect

from denoise_demo.data import load_examples
from denoise_demo.data.pixels import to_pil
from denoise_demo.ui.panels.pictures.photo import build_photo
from tests.ui.driving import (
    DRAG,
    SLOW_QUEUE,
    canvas,
    draw,
    eventually,
    open_tab,
    paints,
    repaints,
    settles,
    shows,
    shows_picture,
    upload_page,
)

pytestmark = pytest.mark.ui


def paper_digit():
    """A dark seven on light paper."""
    digit = load_examples().clean(slice(0, 1))
    file = io.BytesIO()
    to_pil(1 - 0.9 * digit, scale=10).save(file, "PNG")
    return file.getvalue()


def test_an_upload_leaves_no_other_file(tmp_path, monkeypatch):
    with gr.Blocks() as blocks:
        build_photo()
    (button,) = (b for b in blocks.blocks.values() if isinstance(b, gr.UploadButton))
    monkeypatch.setattr(button, "GRADIO_CACHE", str(tmp_path))

    assert button.preprocess(FileData(path="page.png")) == "page.png"
    assert button.preprocess(None) is None
    assert not list(tmp_path.iterdir())


def test_an_uploaded_digit_on_paper_is_inverted(page):
    before = paints(page)

    upload_page(page, paper_digit())

    repaints(page, before)
    assert canvas(page, "clean")[0].max() < 60
    assert canvas(page, "clean").max() > 200


def test_of_two_quick_choices_for_an_upload_the_last_one_counts(page):
    upload_page(page, paper_digit())
    expect(page.locator("#stage .truth")).to_have_text("")
    page.evaluate(SLOW_QUEUE)

    page.locator("#upload-invert").get_by_label("No").check()
    page.locator("#upload-invert").get_by_label("Yes").check()

    page.wait_for_function("window.joined === 2")
    settles(page)
    assert canvas(page, "clean")[0].max() < 60
    assert canvas(page, "clean").max() > 200


def test_a_late_upload_waits_in_its_tab(page):
    page.evaluate(SLOW_QUEUE)
    upload_page(page, paper_digit())
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
        upload_page(page, content)

        expect(page.locator(".toast-body")).to_contain_text(words)
        assert (canvas(page, "denoised") == before).all()
    page.evaluate(DRAG, ["blur-sigma", [1.5], 60])
    shows(page, **{"blur-sigma": 1.5})


def test_without_mnist_the_page_offers_to_get_it(page):
    open_tab(page, "MNIST")

    expect(page.locator("#get-mnist")).to_be_visible()
    expect(page.locator("#mnist-index")).to_be_hidden()


def test_reset_forgets_the_uploaded_file(page):
    upload_page(page, paper_digit())
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


def test_the_uploaded_picture_is_still_there_after_another(page):
    upload_page(page, paper_digit())
    expect(page.locator("#stage .truth")).to_have_text("")
    settles(page)
    uploaded = canvas(page, "clean")

    open_tab(page, "Digits")
    expect(page.locator("#stage .truth")).to_have_text("label 4")
    open_tab(page, "Upload")

    expect(page.locator("#stage .truth")).to_have_text("")
    shows_picture(page, "clean", uploaded[..., None])
