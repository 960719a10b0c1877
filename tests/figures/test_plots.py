"""Figures: whole pixels, text next to the pictures, and reproducible PNG files."""

import io

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from PIL import Image

from denoise_demo.figures.canvas import Note, Row, picture_grid, picture_scale, to_png


@pytest.fixture
def checkers(generator: torch.Generator) -> torch.Tensor:
    """Pictures (3, 1, 28, 28) of black and white pixels."""
    return (torch.rand(3, 1, 28, 28, generator=generator) > 0.5).float()


def pixels(figure: Figure) -> np.ndarray:
    """Return the figure's PNG, read back as grey (H, W)."""
    return np.asarray(Image.open(io.BytesIO(to_png(figure))).convert("L"))


def pictures(figure: Figure) -> list[np.ndarray]:
    """Return the PNG's content in the place of each picture."""
    page = pixels(figure)
    boxes = [axes.get_window_extent() for axes in figure.axes]
    return [
        page[round(len(page) - box.y1) : round(len(page) - box.y0), round(box.x0) : round(box.x1)]
        for box in boxes
    ]


def words(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.texts]


def test_colours_are_shown_to_the_pixel(generator: torch.Generator) -> None:
    image = torch.randint(256, (1, 3, 28, 28), generator=generator) / 255
    beyond = 3 * image - 1
    scale = picture_scale(28, 56)

    figure = picture_grid("title", [], [Row("", torch.cat([image, beyond]))], "caption")

    for axes, expected in zip(figure.axes, (image, beyond.clamp(0, 1)), strict=True):
        shown = np.asarray(axes.images[0].get_array())
        assert np.array_equal(shown, expected[0].mul(255).round().byte().permute(1, 2, 0).numpy())
    page = np.asarray(Image.open(io.BytesIO(to_png(figure))).convert("RGB"))
    box = figure.axes[0].get_window_extent()
    rows = slice(round(len(page) - box.y1), round(len(page) - box.y0))
    crop = page[rows, round(box.x0) : round(box.x1)]
    whole = image[0].mul(255).round().byte().permute(1, 2, 0).numpy()
    assert np.array_equal(crop, whole.repeat(scale, 0).repeat(scale, 1))


def test_notes_of_two_lines_move_the_next_row_down(checkers: torch.Tensor) -> None:
    one, two = ([Row("", checkers, [Note(text)] * 3)] * 2 for text in ("a", "a\nb"))

    heights = [picture_grid("title", [], rows, "caption").bbox.height for rows in (one, two)]

    assert heights[1] - heights[0] == 2 * 32


@pytest.mark.parametrize("count", [1, 3, 10])
def test_every_pixel_of_a_picture_is_a_square_of_whole_pixels(
    checkers: torch.Tensor, count: int
) -> None:
    rows = [Row("row", checkers[:1].expand(count, -1, -1, -1), [Note("note")] * count)]
    scale = picture_scale(28, 28 * count)

    shown = pictures(picture_grid("title", ["heading"] * count, rows, "caption"))

    expected = np.kron(checkers[0, 0].numpy() * 255, np.ones((scale, scale)))
    assert len(shown) == count
    assert all(np.array_equal(picture, expected) for picture in shown)


def test_the_pictures_keep_their_order(checkers: torch.Tensor) -> None:
    rows = [Row("a", checkers[:2]), Row("b", checkers[1:])]

    shown = pictures(picture_grid("title", [], rows, "caption"))

    scale = picture_scale(56, 56)
    expected = [checkers[i, 0].numpy() * 255 for i in (0, 1, 1, 2)]
    assert all(np.array_equal(s[::scale, ::scale], e) for s, e in zip(shown, expected, strict=True))


@pytest.mark.parametrize(
    ("value", "grey"), [(-1.0, 0), (0.0, 0), (0.5, 128), (1.0, 255), (2.0, 255)]
)
def test_values_are_shown_from_black_at_0_to_white_at_1(value: float, grey: int) -> None:
    figure = picture_grid("title", [], [Row("", torch.full((1, 1, 28, 28), value))], "caption")

    assert np.unique(pictures(figure)[0]).tolist() == [grey]


def test_the_background_is_white(checkers: torch.Tensor) -> None:
    page = pixels(picture_grid("title", [], [Row("", checkers)], "caption"))

    assert page[0].min() == page[-1].min() == page[:, 0].min() == page[:, -1].min() == 255


def test_title_headings_labels_details_and_notes_are_written(checkers: torch.Tensor) -> None:
    row = Row("label", checkers, [Note("x"), Note("y"), Note("z")], "detail")

    figure = picture_grid("title", ["one", "two\nlines", "three"], [row], "caption")

    names = "title one two lines three label detail x y z caption"
    expected = set(names.split())
    assert expected <= set(words(figure))


def test_a_long_caption_is_wrapped_to_the_width(checkers: torch.Tensor) -> None:
    figure = picture_grid("title", [], [Row("", checkers)], "a caption of many words " * 20)

    assert all(text.get_window_extent().x1 < figure.bbox.x1 for text in figure.texts)


def test_right_wrong_and_best_differ_in_mark_colour_and_weight(checkers: torch.Tensor) -> None:
    images = checkers[:1].expand(4, -1, -1, -1)
    notes = [Note("7", right=True), Note("8", right=False), Note("9", best=True), Note("6")]

    figure = picture_grid("title", [], [Row("", images, notes)], "caption")

    written = [t for t in figure.texts if t.get_text()[:1] in {"6", "7", "8", "9"}]
    assert [t.get_text() for t in written] == ["7 ✓", "8 ✗", "9 ★", "6"]
    assert [t.get_weight() for t in written] == ["normal", "bold", "bold", "normal"]
    assert len({t.get_color() for t in written}) == 3


@pytest.mark.parametrize(
    ("height", "width", "scale"), [(28, 28, 32), (84, 280, 5), (28, 84, 16), (1000, 28, 4)]
)
def test_pictures_are_as_large_as_the_figure_allows(height: int, width: int, scale: int) -> None:
    assert picture_scale(height, width) == scale


def test_a_figure_gives_the_same_bytes_twice(checkers: torch.Tensor) -> None:
    once, again = (
        to_png(picture_grid("$5 and $x^2$", [], [Row("r", checkers)], "c")) for _ in range(2)
    )

    assert once == again
