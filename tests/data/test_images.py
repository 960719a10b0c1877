"""Pictures, pixels, pen strokes: what may be uploaded, and what becomes of it."""

import base64
import io
import json
import struct
import subprocess
import sys
import time
import warnings
import zlib
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, TiffImagePlugin

from denoise_demo.data import pixels
from denoise_demo.data.pixels import (
    centre_digit,
    decode_pixels,
    draw_strokes,
    encode_pixels,
    in_channels,
    shrink_digit,
    to_digit,
    to_face,
    to_pil,
)
from denoise_demo.data.uploads import MAX_PIXELS, MAX_SIDE, read_image

FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF")
EXAMPLES = json.loads(Path(pixels.__file__).with_name("examples.json").read_text("utf-8"))
SEVEN = [[(0.25, 0.2), (0.72, 0.2), (0.45, 0.85)]]


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def raw_png(width: int, height: int, *, bits: int = 8, colour: int = 0, rows: bytes = b"") -> bytes:
    """Build a PNG file by hand: any header, and the rows with their filter bytes."""
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 1)), (b"IEND", b""))
    parts = [
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def ramp(height: int = 8, width: int = 256) -> np.ndarray:
    return np.tile(np.linspace(0, 1, width), (height, 1))


def page(*, dark: bool = True) -> Image.Image:
    """Draw a digit with dark ink on light paper, or the other way about."""
    ink = draw_strokes(SEVEN, pen=0.09)
    return Image.fromarray(((1 - ink if dark else ink) * 255).astype(np.uint8))


def centre_of_mass(digit: np.ndarray) -> tuple[float, float]:
    steps = np.arange(28)
    return (
        float(digit.sum(axis=1) @ steps / digit.sum()),
        float(digit.sum(axis=0) @ steps / digit.sum()),
    )


def extent(digit: np.ndarray) -> tuple[int, int]:
    """Height and width of the ink."""
    rows, columns = np.flatnonzero(digit.any(axis=1)), np.flatnonzero(digit.any(axis=0))
    return int(rows[-1] - rows[0] + 1), int(columns[-1] - columns[0] + 1)


@pytest.mark.parametrize("kind", FORMATS)
def test_every_wanted_format_is_read(kind: str) -> None:
    content = encoded(Image.new("RGB", (40, 30), (200, 40, 40)), kind)

    image = read_image(content)

    assert image.size == (40, 30)
    assert np.abs(np.asarray(image.convert("RGB"), dtype=int) - (200, 40, 40)).max() <= 12


@pytest.mark.parametrize("as_source", [str, Path, lambda path: Path(path).read_bytes()])
def test_paths_and_bytes_read_alike(tmp_path: Path, as_source: Any) -> None:
    path = tmp_path / "seven.png"
    page().save(path)

    image = read_image(as_source(path))

    assert np.array_equal(image, page())


def test_the_name_of_a_file_does_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "really-a-jpeg.png"
    path.write_bytes(encoded(page(), "JPEG"))

    assert read_image(path).size == page().size


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize(
    ("orientation", "upright"),
    [
        (1, lambda stored: stored),
        (2, lambda stored: stored[:, ::-1]),
        (3, lambda stored: stored[::-1, ::-1]),
        (4, lambda stored: stored[::-1]),
        (5, lambda stored: stored.T),
        (6, lambda stored: np.rot90(stored, -1)),
        (7, lambda stored: stored[::-1, ::-1].T),
        (8, np.rot90),
    ],
)
def test_exif_orientation_is_undone(kind: str, orientation: int, upright: Any) -> None:
    stored = np.zeros((32, 64), dtype=np.uint8)
    stored[:16, :16], stored[16:, 48:] = 255, 128
    exif = Image.Exif()
    exif[0x0112] = orientation

    image = read_image(encoded(Image.fromarray(stored), kind, exif=exif))

    assert np.abs(np.asarray(image.convert("L"), dtype=int) - upright(stored)).max() <= 12


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_broken_exif_is_no_reason_to_refuse() -> None:
    content = encoded(page(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff\1\2\3")

    assert read_image(content).size == page().size


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk_becomes_rgb(kind: str) -> None:
    red = Image.new("CMYK", (32, 32), (0, 255, 255, 0))

    image = read_image(encoded(red, kind))

    assert image.mode == "RGB"
    assert np.abs(np.asarray(image, dtype=int) - (255, 0, 0)).max() <= 12


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ((ramp() * 65_535).astype(np.uint16), "PNG"),
        ((ramp() * 65_535).astype(np.uint16), "TIFF"),
        ((ramp() * 65_535).astype(np.int32), "TIFF"),
        ((ramp() * 255).round().astype(np.int32), "TIFF"),
        (ramp().astype(np.float32), "TIFF"),
    ],
    ids=["I;16-png", "I;16-tiff", "I-tiff", "I-of-8-bits", "F-tiff"],
)
def test_deep_grey_is_scaled_not_clipped(values: np.ndarray, kind: str) -> None:
    content = encoded(Image.fromarray(values), kind)

    image = read_image(content)

    assert image.mode == "L"
    assert np.abs(np.asarray(image, dtype=float) - ramp() * 255).max() <= 1


def test_dim_16_bit_grey_stays_dim() -> None:
    content = encoded(Image.fromarray(np.full((8, 8), 100 * 257, dtype=np.uint16)))

    assert set(np.asarray(read_image(content)).ravel()) == {100}


def test_16_bit_rgb_keeps_its_colours() -> None:
    rows = b"\0" + struct.pack(">3H", 65_535, 32_768, 0) * 4

    image = read_image(raw_png(4, 1, bits=16, colour=2, rows=rows))

    assert image.mode == "RGB"
    assert image.getpixel((0, 0)) == (255, 128, 0)


def test_one_bit_becomes_grey() -> None:
    image = read_image(encoded(Image.new("1", (9, 9), 1)))

    assert image.mode == "L"
    assert image.getpixel((4, 4)) == 255


def test_a_palette_becomes_its_colours() -> None:
    image = read_image(encoded(Image.new("RGB", (9, 9), (10, 200, 30)).quantize(4)))

    assert image.mode == "RGB"
    assert image.getpixel((4, 4)) == (10, 200, 30)


def transparent(mode: str, *, ink: int) -> bytes:
    """Encode a square of ink in the midst of nothing."""
    picture = Image.new("RGBA", (30, 30), (255 - ink, 255 - ink, 255 - ink, 0))
    picture.paste((ink, ink, ink, 255), (10, 10, 20, 20))
    if mode == "P":
        square = Image.new("P", (30, 30), 0)
        square.putpalette([90, 90, 90, ink, ink, ink])
        square.paste(1, (10, 10, 20, 20))
        return encoded(square, transparency=0)
    if mode == "key":
        square = Image.new("L", (30, 30), 90)
        square.paste(ink, (10, 10, 20, 20))
        return encoded(square, transparency=90)
    return encoded(picture.convert(mode))


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "key"])
@pytest.mark.parametrize(("ink", "background"), [(0, 255), (255, 0)], ids=["dark", "light"])
def test_transparent_parts_contrast_with_the_ink(mode: str, ink: int, background: int) -> None:
    image = read_image(transparent(mode, ink=ink)).convert("L")

    assert image.getpixel((15, 15)) == ink
    assert image.getpixel((2, 2)) == background


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_an_animation_gives_its_first_frame(kind: str) -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "lime", "blue")]
    content = encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=50)

    red, green, blue = read_image(content).getpixel((10, 10))

    assert red > 240
    assert green < 15
    assert blue < 15


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
@pytest.mark.parametrize(
    ("size", "expected"), [((3000, 1500), (1024, 512)), ((700, 2100), (341, 1024))]
)
def test_a_large_picture_is_reduced(kind: str, size: Any, expected: Any) -> None:
    image = read_image(encoded(Image.new("RGB", size, "teal"), kind))

    assert image.size == expected


def test_reducing_is_antialiased() -> None:
    stripes = np.tile(np.array([0, 255], dtype=np.uint8), (64, 2048))

    image = read_image(encoded(Image.fromarray(stripes)))

    assert np.abs(np.asarray(image, dtype=int)[:, 8:-8] - 127.5).max() < 3


def test_a_very_long_picture_keeps_a_pixel_of_width() -> None:
    assert read_image(encoded(Image.new("L", (9000, 2), 9))).size == (1024, 1)


def refused(source: Any) -> str:
    """Return why a source is refused, which must be a sentence that says what to do."""
    with pytest.raises(ValueError, match=r"^The [^\n]+: [^\n]+\.$") as caught:
        read_image(source)
    return str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        b"just a note, saved as seven.png\n",
        b"RIFF\x24\0\0\0WAVEfmt ",
        b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
        b"P5 4 4 255\n" + bytes(16),
        encoded(Image.new("RGB", (16, 16)), "ICO"),
    ],
    ids=["text", "sound", "pdf", "ppm", "ico"],
)
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "seven.png"
    path.write_bytes(content)

    assert "no picture" in refused(path)


def test_an_empty_file_is_refused() -> None:
    assert "empty" in refused(b"")


@pytest.mark.parametrize("name", ["missing.png", "."])
def test_a_path_that_cannot_be_opened_is_refused(tmp_path: Path, name: str) -> None:
    assert "cannot be opened" in refused(tmp_path / name)


@pytest.mark.parametrize("share", [0.02, 0.5, 0.9])
@pytest.mark.parametrize("kind", FORMATS)
def test_a_truncated_file_is_refused(kind: str, share: float) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (90, 90), dtype=np.uint8)
    content = encoded(Image.fromarray(noise), kind)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # TIFF's reader also remarks on it
        reason = refused(content[: int(len(content) * share)])

    assert f"The {kind} picture is damaged" in reason


@pytest.mark.parametrize("size", [(0, 5), (5, 0), (0, 0)])
def test_a_picture_without_pixels_is_refused(size: tuple[int, int]) -> None:
    assert "has no pixels" in refused(raw_png(*size))


def test_a_fully_transparent_picture_is_refused() -> None:
    assert "fully transparent" in refused(encoded(Image.new("RGBA", (20, 20), (9, 9, 9, 0))))


@pytest.mark.parametrize("side", [7_072, 13_000, 40_000, 2**31 - 1])
def test_too_many_pixels_are_refused_before_decoding(side: int) -> None:
    resource = pytest.importorskip("resource")
    content = raw_png(side, side, rows=bytes(1000))
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        reason = refused(content)

    assert f"{side:,} x {side:,}" in reason
    assert f"{MAX_PIXELS:,}" in reason
    assert time.perf_counter() - start < 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # kB


def test_a_tiff_of_huge_tiles_is_refused() -> None:
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    for tag in (65_000, 65_001):
        tags.tagtype[tag], tags[tag] = 4, 16_000
    content = encoded(Image.new("L", (64, 64)), "TIFF", tiffinfo=tags)
    for tag, tile_side in ((65_000, 322), (65_001, 323)):  # which Pillow would not write
        content = content.replace(struct.pack("<HH", tag, 4), struct.pack("<HH", tile_side, 4))

    assert "16,000 x 16,000" in refused(content)


def test_refusing_leaves_pillows_own_limit_alone() -> None:
    limit = Image.MAX_IMAGE_PIXELS

    refused(raw_png(13_000, 13_000))

    assert limit == Image.MAX_IMAGE_PIXELS


@pytest.mark.slow
def test_the_largest_picture_takes_little_memory(tmp_path: Path) -> None:
    pytest.importorskip("resource")
    path = tmp_path / "large.png"
    side = 7_071  # as RGBA these are 200 MB
    path.write_bytes(
        raw_png(side, side, colour=6, rows=(b"\0" + b"\x20\x40\x60\xff" * side) * side)
    )
    code = (
        "import resource, sys; from denoise_demo.data.uploads import read_image\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "before = peak(); size = read_image(sys.argv[1]).size; print(*size, peak() - before)"
    )

    command = [sys.executable, "-c", code, str(path)]
    root = Path(pixels.__file__).parents[2]
    output = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout

    width, height, kilobytes = map(int, output.split())
    assert (width, height) == (MAX_SIDE, MAX_SIDE)
    assert kilobytes < 300_000


@pytest.mark.parametrize("centre", [True, False])
def test_to_digit_has_the_networks_shape_and_range(centre: bool) -> None:
    digit = to_digit(page(), centre=centre)

    assert digit.shape == (1, 1, 28, 28)
    assert digit.dtype == torch.float32
    assert digit.min() == 0
    assert digit.max() == 1


@pytest.mark.parametrize("centre", [True, False])
def test_dark_and_light_ink_give_the_same_digit(centre: bool) -> None:
    from_dark, from_light = (to_digit(page(dark=dark), centre=centre) for dark in (True, False))

    assert (from_dark - from_light).abs().max() <= 2 / 255


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: str(example["label"]))
def test_paper_is_told_from_ink_in_a_tight_crop(example: dict[str, Any]) -> None:
    ink = draw_strokes(example["strokes"], pen=example["pen"])
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    crop = ink[rows[0] - 4 : rows[-1] + 5, columns[0] - 4 : columns[-1] + 5]

    digit = to_digit(Image.fromarray(((1 - crop) * 255).astype(np.uint8)))

    assert np.abs(digit[0, 0].numpy() - centre_digit(ink)).mean() < 0.05


@pytest.mark.parametrize("invert", [True, False])
def test_invert_is_obeyed_when_given(invert: bool) -> None:
    digit = to_digit(page(dark=True), invert=invert, centre=False)

    assert digit[0, 0, 0, 0] == (0 if invert else 1)


def test_a_ready_digit_passes_through_unchanged() -> None:
    ready = torch.from_numpy(centre_digit(draw_strokes(SEVEN, pen=0.1)))[None, None]

    again = to_digit(to_pil(ready))

    assert (again - ready).abs().max() <= 0.03


@pytest.mark.parametrize("light", ["side", "lamp", "shadow"])
def test_uneven_light_on_the_page_is_removed(light: str) -> None:
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


def test_specks_on_the_page_do_not_count_as_ink() -> None:
    spotted = page()
    spotted.paste(60, (3, 270, 6, 273))

    assert torch.equal(to_digit(spotted), to_digit(page()))


def test_without_centring_the_digit_stays_where_it_is() -> None:
    corner = Image.new("L", (280, 280), 255)
    corner.paste(0, (10, 20, 60, 90))

    digit = to_digit(corner, centre=False)[0, 0]

    assert digit[2:9, 1:6].min() == 1
    assert digit.sum() == pytest.approx(7 * 5, abs=0.1)


def test_without_centring_the_aspect_is_kept_and_the_rest_is_background() -> None:
    wide = Image.new("L", (200, 100), 180)
    wide.paste(20, (80, 30, 120, 70))

    digit = to_digit(wide, centre=False)[0, 0]

    outside = torch.cat([digit[:6], digit[-6:]])
    assert outside.unique().numel() == 1
    assert float(outside[0, 0]) == pytest.approx(75 / 255, abs=0.01)
    assert extent((digit > 0.6).numpy()) == (6, 6)


@pytest.mark.parametrize("centre", [True, False])
@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_blank_picture_is_refused(level: int, centre: bool) -> None:
    with pytest.raises(ValueError, match="blank"):
        to_digit(Image.new("L", (60, 60), level), centre=centre)


def test_a_grainy_empty_page_is_blank() -> None:
    grain = np.random.default_rng(0).normal(200, 6, (200, 200)).clip(0, 255)

    with pytest.raises(ValueError, match="blank"):
        to_digit(Image.fromarray(grain.astype(np.uint8)))


@pytest.mark.parametrize(("down", "right"), [(0, 0), (30, 10), (7, 41), (45, 45)])
def test_centring_ignores_where_the_ink_was(down: int, right: int) -> None:
    drawn = draw_strokes(SEVEN, pen=0.09, size=64)
    pad = np.zeros((112, 112), dtype=np.float32)
    pad[down : down + 64, right : right + 64] = drawn

    assert np.array_equal(centre_digit(pad), centre_digit(drawn))


@pytest.mark.parametrize("size", [56, 112, 280, 560])
def test_centring_ignores_how_large_the_drawing_was(size: int) -> None:
    reference = centre_digit(draw_strokes(SEVEN, pen=0.09, size=224))

    digit = centre_digit(draw_strokes(SEVEN, pen=0.09, size=size))

    assert np.abs(digit - reference).mean() < 0.02


@pytest.mark.parametrize(("height", "width"), [(80, 40), (30, 90), (50, 50), (100, 4)])
def test_centring_fits_20_pixels_and_keeps_the_aspect(height: int, width: int) -> None:
    ink = np.zeros((112, 112), dtype=np.float32)
    ink[5 : 5 + height, 8 : 8 + width] = 1

    digit = centre_digit(ink)

    scale = 20 / max(height, width)
    assert extent(digit) == (round(height * scale), max(1, round(width * scale)))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: str(example["label"]))
def test_the_centre_of_mass_is_where_mnist_has_it(example: dict[str, Any]) -> None:
    ink = draw_strokes(example["strokes"], pen=example["pen"])

    y, x = centre_of_mass(centre_digit(ink))

    assert y == pytest.approx(14, abs=0.51)  # MNIST: 14.0 on average, all within 0.5
    assert x == pytest.approx(14, abs=0.51)


def test_centring_twice_changes_nothing() -> None:
    once = centre_digit(draw_strokes(SEVEN, pen=0.09))

    assert np.array_equal(centre_digit(once), once)


def test_no_ink_is_lost_over_the_border() -> None:
    hammer = np.zeros((112, 112), dtype=np.float32)
    hammer[10:30, 10:100], hammer[30:110, 96:100] = 1, 1  # its mass lies far off its middle

    digit = centre_digit(hammer)

    assert extent(digit)[0] == 20
    assert digit.sum() == pytest.approx(hammer.sum() * (20 / 100) ** 2, rel=0.1)


@pytest.mark.parametrize(
    "strokes",
    [[[(0.5, 0.5)]], [[(0.5, 0.1), (0.5, 0.9)]], [[(0.1, 0.5), (0.9, 0.5)]]],
    ids=["dot", "upright line", "level line"],
)
@pytest.mark.parametrize("pen", [0.005, 0.09, 0.8])
def test_dots_lines_and_blobs_give_visible_ink(strokes: Any, pen: float) -> None:
    digit = centre_digit(draw_strokes(strokes, pen=pen, size=112))

    assert max(extent(digit)) <= 20
    assert digit.max() == 1
    assert digit[digit > 0.02].mean() > 0.5


def test_a_single_pixel_stays_a_dot() -> None:
    ink = np.zeros((112, 112), dtype=np.float32)
    ink[3, 100] = 0.4

    assert extent(centre_digit(ink)) == (2, 2)


@pytest.mark.parametrize("normalise", [centre_digit, shrink_digit])
def test_values_survive_eight_bits_exactly(normalise: Any) -> None:
    digit = normalise(draw_strokes(SEVEN, pen=0.09))

    again = decode_pixels(encode_pixels(torch.from_numpy(digit)), height=28, width=28)

    assert digit.dtype == np.float32
    assert np.array_equal(again[0, 0].numpy(), digit)


@pytest.mark.parametrize("normalise", [centre_digit, shrink_digit])
@pytest.mark.parametrize("shape", [(112, 112), (1, 1), (0, 0)])
def test_blank_ink_is_refused(normalise: Any, shape: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="blank"):
        normalise(np.zeros(shape, dtype=np.float32))


@pytest.mark.parametrize("normalise", [centre_digit, shrink_digit])
@pytest.mark.parametrize("ink", [np.ones((1, 28, 28)), np.full((28, 28), np.nan), np.ones(28)])
def test_what_is_not_ink_is_refused(normalise: Any, ink: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"\(H, W\)"):
        normalise(ink)


@pytest.mark.parametrize("normalise", [centre_digit, shrink_digit])
def test_ink_is_not_changed_in_place(normalise: Any) -> None:
    ink = draw_strokes(SEVEN, pen=0.09)
    before = ink.copy()

    normalise(ink)

    assert np.array_equal(ink, before)


def test_shrinking_leaves_the_ink_in_its_place() -> None:
    ink = np.zeros((112, 112), dtype=np.float32)
    ink[8:20, 80:100] = 1

    digit = shrink_digit(ink)

    assert np.array_equal(np.argwhere(digit == 1)[[0, -1]], [[2, 20], [4, 24]])
    assert digit.sum() == pytest.approx(15, abs=0.1)


def test_a_stroke_lies_where_its_points_are() -> None:
    ink = draw_strokes([[(0.25, 0.5), (0.75, 0.5)]], pen=0.1, size=100)

    assert ink.shape == (100, 100)
    assert ink.dtype == np.float32
    assert ink[46:54, 25:75].min() == 1
    assert ink[:44].max() == ink[56:].max() == 0


def test_a_pen_is_round() -> None:
    ink = draw_strokes([[(0.5, 0.5)]], pen=0.4, size=100)

    assert ink.sum() == pytest.approx(np.pi * 20**2, rel=0.05)
    assert ink[32, 32] == 0


def test_strokes_are_antialiased() -> None:
    ink = draw_strokes([[(0.2, 0.1), (0.8, 0.9)]], pen=0.1, size=50)

    assert len(np.unique(ink)) > 10


def test_no_strokes_leave_the_raster_blank() -> None:
    assert not draw_strokes([], pen=0.1).any()


@pytest.mark.parametrize("shape", [(28, 28), (1, 28, 28), (3, 28, 28), (3, 5, 7), (1, 112, 112)])
def test_pixels_survive_the_round_trip(shape: tuple[int, ...]) -> None:
    levels = torch.randint(0, 256, shape, generator=torch.Generator().manual_seed(0))
    image = levels.to(torch.float32) / 255
    channels = shape[0] if len(shape) == 3 else 1

    text = encode_pixels(image)

    again = decode_pixels(text, height=shape[-2], width=shape[-1], channels=channels)
    assert again.dtype == torch.float32
    assert torch.equal(again, image.reshape(1, channels, *shape[-2:]))


def test_pixels_are_encoded_row_by_row_with_channels_last() -> None:
    image = torch.arange(2 * 2 * 3, dtype=torch.float32).reshape(2, 2, 3).permute(2, 0, 1) / 255

    assert base64.b64decode(encode_pixels(image)) == bytes(range(12))


def test_pixels_are_clipped_and_rounded() -> None:
    image = torch.tensor([[-3.0, 0.0, 0.499 / 255, 0.501 / 255, 1.0, 7.0, torch.inf, torch.nan]])

    assert list(base64.b64decode(encode_pixels(image))) == [0, 0, 0, 1, 255, 255, 255, 0]


def test_encoding_leaves_the_image_alone() -> None:
    image = torch.full((1, 4, 4), 2.0, requires_grad=True)

    encode_pixels(image)

    assert torch.equal(image, torch.full((1, 4, 4), 2.0))


@pytest.mark.parametrize("shape", [(4,), (1, 1, 4, 4)])
def test_other_shapes_are_not_encoded(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"\(C, H, W\)"):
        encode_pixels(torch.zeros(shape))


@pytest.mark.parametrize(
    "text",
    [
        None,
        12,
        b"AAAAAAAAAAAAAAAAAAAAAA==",
        [0] * 16,
        "",
        "AAAA",
        "!AAAAAAAAAAAAAAAAAAAAA==",
        "AAAAAAAAAAAAAAAAAAAAA\n==",
        "AAAAAAAAAAAAAAAAAAAAAAA=",
        "AAAAAAAAAAAAAAAAAAAAAAAA",
        "AAAAAAAAAAAAAAAAAAAAA===",
        "é" * 24,
        "A" * 1_000_000,
    ],
    ids=repr,
)
def test_malformed_pixels_are_refused(text: Any) -> None:
    with pytest.raises(ValueError, match=r"send base64 text of 4 x 4 x 1 bytes"):
        decode_pixels(text, height=4, width=4)


def test_decoded_pixels_may_be_written_to() -> None:
    image = decode_pixels(encode_pixels(torch.zeros(4, 4)), height=4, width=4)

    image += 1

    assert image.eq(1).all()


@pytest.mark.parametrize(
    ("shape", "mode"), [((1, 1, 4, 6), "L"), ((1, 4, 6), "L"), ((1, 3, 4, 6), "RGB")]
)
def test_to_pil_enlarges_pixels_into_blocks(shape: tuple[int, ...], mode: str) -> None:
    image = torch.rand(shape, generator=torch.Generator().manual_seed(0))

    small, large = to_pil(image), to_pil(image, scale=3)

    assert (small.mode, small.size, large.size) == (mode, (6, 4), (18, 12))
    assert np.array_equal(np.asarray(large)[1::3, 1::3], np.asarray(small))


def test_every_class_has_two_built_in_hands() -> None:
    counts = Counter(example["label"] for example in EXAMPLES)

    assert len(EXAMPLES) >= 20
    assert set(counts) == set(range(10))
    assert min(counts.values()) >= 2


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: str(example["label"]))
class TestBuiltInDigit:
    def test_has_its_points_and_pen_in_range(self, example: dict[str, Any]) -> None:
        points = np.concatenate([np.array(stroke) for stroke in example["strokes"]])

        assert points.shape[1] == 2
        assert points.min() >= 0
        assert points.max() <= 1
        assert 0.05 <= example["pen"] <= 0.2

    def test_looks_like_mnist_in_brightness(self, example: dict[str, Any]) -> None:
        digit = centre_digit(draw_strokes(example["strokes"], pen=example["pen"]))

        assert 0.049 < digit.mean() < 0.246  # percentiles 1 and 99 of MNIST's training digits
        assert 0.547 < digit[digit > 0.02].mean() < 0.84  # likewise

    def test_lies_wholly_within_its_box(self, example: dict[str, Any]) -> None:
        ink = draw_strokes(example["strokes"], pen=example["pen"])

        assert not ink[[0, -1]].any()
        assert not ink[:, [0, -1]].any()


def test_the_built_in_hands_differ() -> None:
    digits = np.stack([centre_digit(draw_strokes(e["strokes"], pen=e["pen"])) for e in EXAMPLES])

    distances = np.abs(digits[:, None] - digits[None]).mean(axis=(2, 3))

    assert distances[~np.eye(len(digits), dtype=bool)].min() > 0.03


# Faces and colours


@pytest.mark.parametrize("size", [(27, 28), (28, 27), (1, 1), (400, 27)])
def test_a_picture_too_small_for_a_face_is_refused_saying_how_large_it_must_be(size) -> None:
    with pytest.raises(ValueError, match=f"{size[0]} x {size[1]} pixels: give at least 28 x 28"):
        to_face(Image.new("RGB", size))


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "CMYK"])
def test_a_face_is_colour_pixels_in_the_networks_layout(mode: str) -> None:
    pixels = to_face(Image.new(mode, (50, 40)))

    assert pixels.shape == (3, 28, 28)
    assert pixels.dtype == np.uint8
    assert pixels.flags.c_contiguous


def test_a_picture_of_the_right_size_is_taken_to_the_bit() -> None:
    values = np.random.default_rng(0).integers(0, 256, (28, 28, 3), dtype=np.uint8)

    np.testing.assert_array_equal(to_face(Image.fromarray(values)), values.transpose(2, 0, 1))


@pytest.mark.parametrize(
    ("colour", "luma"),
    [((1, 0, 0), 0.299), ((0, 1, 0), 0.587), ((0, 0, 1), 0.114), ((1, 1, 1), 1), ((0, 0, 0), 0)],
)
def test_grey_is_the_luma(colour: tuple[float, ...], luma: float) -> None:
    image = torch.tensor(colour).view(1, 3, 1, 1).float().expand(2, 3, 4, 5)

    grey = in_channels(image, 1)

    assert grey.shape == (2, 1, 4, 5)
    torch.testing.assert_close(grey, torch.full((2, 1, 4, 5), float(luma)))


def test_luma_is_what_pillow_takes_for_grey() -> None:
    values = np.random.default_rng(0).integers(0, 256, (9, 7, 3), dtype=np.uint8)
    expected = np.asarray(Image.fromarray(values).convert("L"), dtype=np.float32)

    grey = in_channels(torch.from_numpy(values.transpose(2, 0, 1).copy())[None] / 255, 1)

    assert np.abs(grey[0, 0].numpy() * 255 - expected).max() <= 0.6


def test_grey_in_three_channels_is_the_same_in_each_and_comes_back(generator) -> None:
    grey = torch.rand(2, 1, 4, 5, generator=generator)

    colour = in_channels(grey, 3)

    assert colour.shape == (2, 3, 4, 5)
    assert all(torch.equal(colour[:, i : i + 1], grey) for i in range(3))
    torch.testing.assert_close(in_channels(colour, 1), grey)


@pytest.mark.parametrize("channels", [1, 3])
def test_an_image_of_that_many_channels_stays_as_it_is(channels: int, generator) -> None:
    image = torch.rand(2, channels, 4, 5, generator=generator)

    assert torch.equal(in_channels(image, channels), image)
