"""Pictures and tensors: digits normalised like MNIST, faces cropped, pixels as base64 text."""

import base64

import numpy as np
import pytest
import torch
from PIL import Image

from denoise_demo.data.paper import to_digit
from denoise_demo.data.pixels import (
    centre_digit,
    decode_pixels,
    draw_strokes,
    encode_pixels,
    in_channels,
    shrink_digit,
    to_face,
    to_pil,
)

SEVEN = [[(0.25, 0.2), (0.72, 0.2), (0.45, 0.85)]]


def page(*, dark=True):
    """Draw a digit with dark ink on light paper, or with light ink on dark paper."""
    ink = draw_strokes(SEVEN, pen=0.09)
    return Image.fromarray(((1 - ink if dark else ink) * 255).astype(np.uint8))


def extent(digit):
    """Return the height and width of the ink."""
    rows, columns = np.flatnonzero(digit.any(axis=1)), np.flatnonzero(digit.any(axis=0))
    return int(rows[-1] - rows[0] + 1), int(columns[-1] - columns[0] + 1)


def on_pad(*boxes):
    """Return ink 1 in boxes (top, bottom, left, right) of a pad of 112 pixels."""
    ink = np.zeros((112, 112), dtype=np.float32)
    for top, bottom, left, right in boxes:
        ink[top:bottom, left:right] = 1
    return ink


# A picture of a digit


@pytest.mark.parametrize("centre", [True, False])
def test_dark_and_light_ink_give_the_same_digit_of_the_networks_shape_and_range(centre):
    from_dark, from_light = (to_digit(page(dark=dark), centre=centre) for dark in (True, False))

    assert (from_dark.shape, from_dark.dtype) == ((1, 1, 28, 28), torch.float32)
    assert (from_dark.min(), from_dark.max()) == (0, 1)
    assert (from_dark - from_light).abs().max() <= 2 / 255


@pytest.mark.parametrize("invert", [True, False])
def test_invert_overrides_the_detection(invert):
    digit = to_digit(page(dark=True), invert=invert, centre=False)

    assert digit[0, 0, 0, 0] == (0 if invert else 1)


def test_a_normalised_digit_stays_unchanged():
    ready = torch.from_numpy(centre_digit(draw_strokes(SEVEN, pen=0.1)))[None, None]

    assert (to_digit(to_pil(ready)) - ready).abs().max() <= 0.03


@pytest.mark.parametrize("light", ["side", "lamp", "shadow"])
def test_uneven_light_on_the_page_is_removed(light):
    ink = draw_strokes(SEVEN, pen=0.07)
    y, x = np.mgrid[-1:1:280j, -1:1:280j]
    paper = {
        "side": 0.65 + 0.3 * (0.8 * x + 0.5 * y).clip(-1, 1),
        "lamp": 0.95 - 0.2 * (x * x + y * y),
        "shadow": 0.9 - 0.4 / (1 + np.exp((0.3 - x - 0.4 * y) / 0.06)),
    }[light]
    grain = np.random.default_rng(0).normal(0, 0.02, ink.shape)
    photo = Image.fromarray(((paper * (1 - 0.6 * ink) + grain).clip(0, 1) * 255).astype(np.uint8))

    digit = to_digit(photo)

    assert np.abs(digit[0, 0].numpy() - centre_digit(ink)).mean() < 0.02


def test_specks_on_the_page_do_not_count_as_ink():
    spotted = page()
    spotted.paste(60, (3, 270, 6, 273))

    assert torch.equal(to_digit(spotted), to_digit(page()))


def test_without_centring_the_whole_picture_is_fitted_into_the_square():
    wide = Image.new("L", (200, 100), 180)
    wide.paste(20, (80, 30, 120, 70))
    corner = Image.new("L", (280, 280), 255)
    corner.paste(0, (10, 20, 60, 90))

    fitted, kept = (to_digit(image, centre=False)[0, 0] for image in (wide, corner))

    outside = torch.cat([fitted[:6], fitted[-6:]])
    assert outside.unique().tolist() == [pytest.approx(75 / 255, abs=0.01)]
    assert extent((fitted > 0.6).numpy()) == (6, 6)
    assert kept[2:9, 1:6].min() == 1
    assert kept.sum() == pytest.approx(7 * 5, abs=0.1)


@pytest.mark.parametrize("centre", [True, False])
@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_blank_picture_is_refused(level, centre):
    with pytest.raises(ValueError, match="blank"):
        to_digit(Image.new("L", (60, 60), level), centre=centre)


def test_a_grainy_empty_page_is_blank():
    grain = np.random.default_rng(0).normal(200, 6, (200, 200)).clip(0, 255)

    with pytest.raises(ValueError, match="blank"):
        to_digit(Image.fromarray(grain.astype(np.uint8)))


# Ink


@pytest.mark.parametrize(("down", "right"), [(0, 0), (30, 10), (7, 41), (45, 45)])
def test_centring_ignores_where_the_ink_was(down, right):
    drawn = draw_strokes(SEVEN, pen=0.09, size=64)
    pad = np.zeros((112, 112), dtype=np.float32)
    pad[down : down + 64, right : right + 64] = drawn

    assert np.array_equal(centre_digit(pad), centre_digit(drawn))


@pytest.mark.parametrize("size", [56, 112, 280, 560])
def test_centring_ignores_how_large_the_drawing_was(size):
    reference = centre_digit(draw_strokes(SEVEN, pen=0.09, size=224))

    digit = centre_digit(draw_strokes(SEVEN, pen=0.09, size=size))

    assert np.abs(digit - reference).mean() < 0.02


@pytest.mark.parametrize(("height", "width"), [(80, 40), (30, 90), (50, 50), (100, 4)])
def test_centring_fits_20_pixels_and_keeps_the_aspect(height, width):
    digit = centre_digit(on_pad((5, 5 + height, 8, 8 + width)))

    scale = 20 / max(height, width)
    assert extent(digit) == (round(height * scale), max(1, round(width * scale)))


def test_centring_twice_changes_nothing():
    once = centre_digit(draw_strokes(SEVEN, pen=0.09))

    assert np.array_equal(centre_digit(once), once)


def test_no_ink_is_lost_at_the_border():
    hammer = on_pad((10, 30, 10, 100), (30, 110, 96, 100))  # its mass is far off-centre

    digit = centre_digit(hammer)

    assert extent(digit)[0] == 20
    assert digit.sum() == pytest.approx(hammer.sum() * (20 / 100) ** 2, rel=0.1)


@pytest.mark.parametrize(
    "strokes",
    [[[(0.5, 0.5)]], [[(0.5, 0.1), (0.5, 0.9)]], [[(0.1, 0.5), (0.9, 0.5)]]],
    ids=["dot", "upright line", "level line"],
)
@pytest.mark.parametrize("pen", [0.005, 0.09, 0.8])
def test_dots_lines_and_blobs_give_visible_ink(strokes, pen):
    digit = centre_digit(draw_strokes(strokes, pen=pen, size=112))

    assert max(extent(digit)) <= 20
    assert digit.max() == 1
    assert digit[digit > 0.02].mean() > 0.5


def test_a_single_faint_pixel_stays_a_dot():
    assert extent(centre_digit(0.4 * on_pad((3, 4, 100, 101)))) == (2, 2)


def test_shrinking_leaves_the_ink_in_its_place():
    digit = shrink_digit(on_pad((8, 20, 80, 100)))

    assert np.array_equal(np.argwhere(digit == 1)[[0, -1]], [[2, 20], [4, 24]])
    assert digit.sum() == pytest.approx(15, abs=0.1)


@pytest.mark.parametrize("normalise", [centre_digit, shrink_digit])
class TestNormalising:
    def test_values_survive_eight_bits_exactly_and_the_ink_is_not_changed(self, normalise):
        ink = draw_strokes(SEVEN, pen=0.09)
        before = ink.copy()

        digit = normalise(ink)

        again = decode_pixels(encode_pixels(torch.from_numpy(digit)), height=28, width=28)
        assert digit.dtype == np.float32
        assert np.array_equal(again[0, 0].numpy(), digit)
        assert np.array_equal(ink, before)

    @pytest.mark.parametrize("shape", [(112, 112), (1, 1), (0, 0)])
    def test_blank_ink_is_refused(self, normalise, shape):
        with pytest.raises(ValueError, match="blank"):
            normalise(np.zeros(shape, dtype=np.float32))

    @pytest.mark.parametrize("ink", [np.ones((1, 28, 28)), np.full((28, 28), np.nan), np.ones(28)])
    def test_invalid_ink_is_refused(self, normalise, ink):
        with pytest.raises(ValueError, match=r"\(H, W\)"):
            normalise(ink)


def test_a_stroke_lies_where_its_points_are_with_a_round_antialiased_pen():
    line = draw_strokes([[(0.25, 0.5), (0.75, 0.5)]], pen=0.1, size=100)
    dot = draw_strokes([[(0.5, 0.5)]], pen=0.4, size=100)
    slope = draw_strokes([[(0.2, 0.1), (0.8, 0.9)]], pen=0.1, size=50)

    assert (line.shape, line.dtype) == ((100, 100), np.float32)
    assert line[46:54, 25:75].min() == 1
    assert line[:44].max() == line[56:].max() == dot[32, 32] == 0
    assert dot.sum() == pytest.approx(np.pi * 20**2, rel=0.05)
    assert len(np.unique(slope)) > 10
    assert not draw_strokes([], pen=0.1).any()


# Pixels as text


@pytest.mark.parametrize("shape", [(28, 28), (1, 28, 28), (3, 28, 28), (3, 5, 7), (1, 112, 112)])
def test_pixels_survive_the_round_trip_and_are_writable(shape, generator):
    image = torch.randint(0, 256, shape, generator=generator).float() / 255
    channels = shape[0] if len(shape) == 3 else 1

    again = decode_pixels(
        encode_pixels(image), height=shape[-2], width=shape[-1], channels=channels
    )

    assert again.dtype == torch.float32
    assert torch.equal(again, image.reshape(1, channels, *shape[-2:]))
    again += 1


def test_pixels_are_encoded_row_by_row_with_channels_last():
    image = torch.arange(2 * 2 * 3, dtype=torch.float32).reshape(2, 2, 3).permute(2, 0, 1) / 255

    assert base64.b64decode(encode_pixels(image)) == bytes(range(12))


def test_pixels_are_clipped_and_rounded_in_a_copy():
    values = [-3.0, 0.0, 0.499 / 255, 0.501 / 255, 1.0, 7.0, torch.inf]
    image = torch.tensor([[*values, torch.nan]], requires_grad=True)

    assert list(base64.b64decode(encode_pixels(image))) == [0, 0, 0, 1, 255, 255, 255, 0]
    assert image[0, :7].tolist() == pytest.approx(values)


@pytest.mark.parametrize("shape", [(4,), (1, 1, 4, 4)])
def test_other_shapes_are_not_encoded(shape):
    with pytest.raises(ValueError, match=r"\(C, H, W\)"):
        encode_pixels(torch.zeros(shape))


@pytest.mark.parametrize(
    "text",
    [
        None, 12, b"AAAAAAAAAAAAAAAAAAAAAA==", [0] * 16, "", "AAAA", "!AAAAAAAAAAAAAAAAAAAAA==",
        "AAAAAAAAAAAAAAAAAAAAA\n==", "AAAAAAAAAAAAAAAAAAAAAAA=", "AAAAAAAAAAAAAAAAAAAAAAAA",
        "AAAAAAAAAAAAAAAAAAAAA===", "é" * 24, "A" * 1_000_000,
    ],
    ids=lambda text: repr(text)[:30],
)  # fmt: skip
def test_malformed_pixels_are_refused(text):
    with pytest.raises(ValueError, match=r"send base64 text of 4 x 4 x 1 bytes"):
        decode_pixels(text, height=4, width=4)


@pytest.mark.parametrize(
    ("shape", "mode"), [((1, 1, 4, 6), "L"), ((1, 4, 6), "L"), ((1, 3, 4, 6), "RGB")]
)
def test_to_pil_enlarges_pixels_into_blocks(shape, mode, generator):
    image = torch.rand(shape, generator=generator)

    small, large = to_pil(image), to_pil(image, scale=3)

    assert (small.mode, small.size, large.size) == (mode, (6, 4), (18, 12))
    assert np.array_equal(np.asarray(large)[1::3, 1::3], np.asarray(small))


# Faces and colours


@pytest.mark.parametrize("size", [(27, 28), (28, 27), (1, 1), (400, 27)])
def test_a_picture_too_small_for_a_face_is_refused_saying_how_large_it_must_be(size):
    with pytest.raises(ValueError, match=f"{size[0]} x {size[1]} pixels: give at least 28 x 28"):
        to_face(Image.new("RGB", size))


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "CMYK"])
def test_a_face_is_colour_pixels_in_the_networks_layout(mode):
    pixels = to_face(Image.new(mode, (50, 40)))

    assert (pixels.shape, pixels.dtype) == ((3, 28, 28), np.uint8)
    assert pixels.flags.c_contiguous


def test_a_picture_of_the_right_size_is_kept_to_the_bit():
    values = np.random.default_rng(0).integers(0, 256, (28, 28, 3), dtype=np.uint8)

    np.testing.assert_array_equal(to_face(Image.fromarray(values)), values.transpose(2, 0, 1))


def test_grey_is_pillows_luma():
    values = np.random.default_rng(0).integers(0, 256, (9, 7, 3), dtype=np.uint8)
    values[0, :3] = np.eye(3) * 255
    expected = np.asarray(Image.fromarray(values).convert("L"), dtype=np.float32)

    grey = in_channels(torch.from_numpy(values.transpose(2, 0, 1).copy())[None] / 255, 1)

    assert grey.shape == (1, 1, 9, 7)
    assert np.abs(grey[0, 0].numpy() * 255 - expected).max() <= 0.6


def test_grey_in_three_channels_is_the_same_in_each_and_comes_back(generator):
    grey = torch.rand(2, 1, 4, 5, generator=generator)

    colour = in_channels(grey, 3)

    assert all(torch.equal(colour[:, i : i + 1], grey) for i in range(3))
    torch.testing.assert_close(in_channels(colour, 1), grey)
    assert torch.equal(in_channels(colour, 3), colour)
    assert torch.equal(in_channels(grey, 1), grey)
