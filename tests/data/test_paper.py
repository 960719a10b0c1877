"""Digits on photographed pages: found, in reading order, and read right by the classifier.

The seeds here were not looked at while the segmentation was made.
"""

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from denoise_demo.data.mnist import load_mnist
from denoise_demo.data.paper import find_digits, to_digit
from denoise_demo.data.pixels import draw_strokes
from denoise_demo.denoisers import load_classifier
from tests.data.pages import KINDS, make_page, mnist_digit, stroke_digit


def read(image):
    """The digits that the classifier reads on a page; none if it seems blank."""
    try:
        digits = torch.from_numpy(np.stack([found.pixels for found in find_digits(image)]))
    except ValueError:
        return []
    return load_classifier("cpu")(digits[:, None]).argmax(1).tolist()


def wrong(kind, seeds, source=stroke_digit):
    """The seeds of pages on which anything else is read than what was written."""
    pages = ((seed, *make_page(kind, seed, source)) for seed in seeds)
    return [seed for seed, image, page in pages if read(image) != page.labels]


@pytest.mark.parametrize("kind", KINDS)
def test_nine_of_ten_pages_of_each_kind_are_read_right(kind):
    assert len(wrong(kind, range(1000, 1010))) <= 1


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_nine_of_ten_of_many_pages_are_read_right(kind):
    assert len(wrong(kind, range(4000, 4060))) <= (3 if kind == "clean" else 6)


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if kind != "glare"]
)  # MNIST's blurred strokes fade in it
def test_pages_with_digits_of_mnist_are_read_right(kind, data_dir):
    digits = load_mnist("test")
    source = mnist_digit(digits.pixels[:, 0].numpy(), digits.labels.numpy())

    assert len(wrong(kind, range(3000, 3040), source)) <= 4


# One sheet, with one trouble each


def sheet(paper=255, ink=20, *, under=None, over=None, mode="L"):
    """A seven on a sheet of 280 pixels; `under` and `over` draw before and after it."""
    image = Image.new(mode, (280, 280), paper)
    draw = ImageDraw.Draw(image)
    if under:
        under(draw)
    draw.line([(90, 80), (190, 80), (130, 210)], ink, 18)
    if over:
        over(draw)
    return image


def card(draw):
    draw.rectangle((30, 30, 249, 249), fill=255)


@pytest.mark.parametrize(
    "image",
    [
        sheet(),
        sheet(under=lambda draw: draw.line([(0, 150), (280, 150)], 230, 2)),
        sheet(over=lambda draw: draw.line([(0, 150), (280, 150)], 230, 2)),
        sheet(over=lambda draw: draw.rectangle((0, 0, 279, 279), outline=0)),
        sheet(over=lambda draw: draw.rectangle((20, 20, 259, 259), outline=20)),
        sheet(over=lambda draw: draw.polygon([(0, 0), (60, 0), (0, 60)], fill=20)),
        sheet(over=lambda draw: draw.ellipse((230, 180, 330, 330), fill=170)),
        sheet(under=lambda draw: draw.ellipse((150, 150, 330, 330), fill=215)),
        sheet(60, under=card),
        sheet((40, 140, 40), (215, 45, 45), mode="RGB"),
    ],
    ids=["clean", "line under it", "line over it", "rim", "outline", "corner", "finger", "shadow",
         "card", "red on green"],
)  # fmt: skip
def test_a_seven_is_read_whatever_else_is_on_the_sheet(image):
    assert read(image) == [7]


# What is found


@pytest.mark.parametrize("seed", range(5))
def test_the_boxes_of_several_digits_lie_around_them_in_reading_order(seed):
    image, page = make_page("several", seed)

    found = find_digits(image)

    assert len(found) == len(page.boxes)
    for digit, box in zip(found, page.boxes, strict=True):
        assert digit.box == pytest.approx(box, abs=0.02 * max(image.size))
        assert (digit.pixels.shape, digit.pixels.dtype) == ((28, 28), np.float32)


def test_rows_are_read_from_the_top_each_from_the_left():
    seven = draw_strokes([[(0.25, 0.2), (0.72, 0.2), (0.45, 0.85)]], pen=0.09, size=200)
    page = np.zeros((520, 620))
    corners = [(10, 30), (290, 20), (20, 260), (300, 300)]  # left and top
    for left, top in corners:
        page[top : top + 200, left : left + 200] = seven

    found = find_digits(Image.fromarray(((1 - page) * 255).astype(np.uint8)))

    assert [digit.box[:2] for digit in found] == [
        pytest.approx((left + 42, top + 32), abs=9) for left, top in corners
    ]


def test_of_several_digits_the_one_with_most_ink_is_converted():
    image, _ = make_page("several", 0)
    found = find_digits(image)

    heaviest = max(found, key=lambda digit: digit.mass)

    assert len(found) > 1
    assert np.array_equal(to_digit(image)[0, 0].numpy(), heaviest.pixels)


@pytest.mark.parametrize("spacing", [40, 60])
def test_a_ruled_page_without_writing_is_blank(spacing):
    page = Image.new("L", (300, 400), 250)
    for y in range(20, 400, spacing):
        ImageDraw.Draw(page).line([(0, y), (300, y)], 120, 2)

    with pytest.raises(ValueError, match="blank"):
        find_digits(page)


def test_an_upright_pen_stroke_is_a_digit_though_it_is_straight():
    page = Image.new("L", (280, 280), 250)
    ImageDraw.Draw(page).line([(140, 40), (140, 240)], 20, 5)

    assert read(page) == [1]
