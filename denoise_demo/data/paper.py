"""Digits on a photographed page: each is found, cut out and normalised like MNIST."""

from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image, ImageOps

from denoise_demo.common import Lazy
from denoise_demo.data.ink import BLANK, extract_ink, page_side
from denoise_demo.data.lines import remove_lines
from denoise_demo.data.pixels import Array, centre_digit

ndimage = Lazy("scipy.ndimage")
Box = tuple[int, int, int, int]  # left, top, right, bottom

_WORK = 400  # pixels of the longer side, enough for the strokes of a small digit
_FULL, _FAINT = 0.5, 0.35  # writing that shines through from the other side is fainter
_SPECK = 0.02  # of the heaviest part's ink
_LIGHTEST, _LOWEST = 0.1, 0.35  # digits, compared with the heaviest and the tallest one
_NEIGHBOURS = np.ones((3, 3), dtype=bool)


@dataclass(frozen=True)
class PaperDigit:
    """A digit found on a page.

    `pixels` is (28, 28) float32 in [0, 1] like MNIST's, `box` its place in the picture, `mass`
    the amount of its ink.
    """

    pixels: Array
    box: Box
    mass: float


def find_digits(image: Image.Image, *, invert: bool | None = None) -> list[PaperDigit]:
    """Return the digits on a page, in reading order.

    Surfaces such as a table or a finger, shadows, ruled lines, boxes, specks and paler writing
    from the other side are left out. Digits that touch each other count as one.

    Args:
        image: any size; a scan, a drawing or a photographed page.
        invert: whether the ink is dark on light; None detects it.

    Raises:
        ValueError: when nothing stands out from the page.
    """
    small = image.convert("L" if image.mode in {"1", "L", "LA"} else "RGB")
    small.thumbnail((_WORK, _WORK), Image.Resampling.LANCZOS, reducing_gap=2)
    colours = np.atleast_3d(np.asarray(small, dtype=np.float32) / 255)
    ink = remove_lines(extract_ink(colours, invert=invert))
    parts = ndimage.grey_dilation(_label_digits(ink), (3, 3))  # with the rims of their strokes
    scale = np.tile(np.divide(image.size, small.size), 2)
    found = []
    for index, place in enumerate(ndimage.find_objects(parts), 1):
        own = np.where(parts[place] == index, ink[place], 0)
        left, top, right, bottom = np.rint(_box(place) * scale).astype(int).tolist()
        found.append(PaperDigit(centre_digit(own), (left, top, right, bottom), float(own.sum())))
    return found


def to_digit(
    image: Image.Image, *, invert: bool | None = None, centre: bool = True
) -> torch.Tensor:
    """Convert a picture of a digit to (1, 1, 28, 28) float32 in [0, 1], light ink on black.

    Args:
        image: any size; a scan, a drawing or a photographed page.
        invert: whether the ink is dark on light; None detects it.
        centre: take the digit with most ink, see `find_digits`; otherwise only fit the whole
            picture into the square.

    Raises:
        ValueError: when the picture is blank.
    """
    found = find_digits(image, invert=invert)
    if centre:
        pixels = max(found, key=lambda digit: digit.mass).pixels
    else:
        pixels = _fit(image.convert("L"), invert)
    return torch.from_numpy(pixels)[None, None]


def _label_digits(ink: Array) -> Array:
    """Label the digits in ink (H, W) by 1, 2 ... in reading order; everything else is 0."""
    parts = _select(ink, ndimage.label(ink > _FAINT, _NEIGHBOURS)[0], _SPECK)
    near = ndimage.maximum_filter(parts > 0, 2 * round(0.006 * page_side(ink)) + 1)
    parts = np.where(parts > 0, ndimage.label(near, _NEIGHBOURS)[0], 0)
    parts = _select(ink, _join(parts), _LIGHTEST)
    boxes = _boxes(parts)
    if not boxes:
        raise ValueError(BLANK)
    tallest = max(bottom - top for _, top, _, bottom in boxes.values())
    boxes = {i: box for i, box in boxes.items() if box[3] - box[1] >= _LOWEST * tallest}
    height, width = ink.shape
    # Fingers and edges of the page touch the rim; digits do only when they are alone.
    inside = {i: b for i, b in boxes.items() if min(*b[:2], width - b[2], height - b[3]) > 0}
    labels = np.zeros(parts.max() + 1, dtype=int)
    for label, index in enumerate(_in_reading_order(inside or boxes), 1):
        labels[index] = label
    return labels[parts]


def _select(ink: Array, parts: Array, share: float) -> Array:
    """Keep the parts that hold full ink, and at least a share of the heaviest one's."""
    mass = np.bincount(parts.ravel(), ink.ravel())
    is_ink = np.bincount(parts.ravel(), ink.ravel() > _FULL) > 0
    is_ink[0] = False
    keep = is_ink & (mass >= share * mass.max(initial=0, where=is_ink))
    return np.where(keep[parts], parts, 0)


def _box(place: tuple[slice, slice]) -> Box:
    return place[1].start, place[0].start, place[1].stop, place[0].stop


def _boxes(parts: Array) -> dict[int, Box]:
    places = enumerate(ndimage.find_objects(parts), 1)
    return {index: _box(place) for index, place in places if place}


def _join(parts: Array) -> Array:
    """Join the pieces of a digit, such as the bar of a 5: low ones, near a taller one."""
    boxes = _boxes(parts)
    owner = np.arange(parts.max() + 1)
    for low, (left, top, right, bottom) in boxes.items():
        for tall, (west, north, east, south) in boxes.items():
            height = south - north
            across = min(right, east) - max(left, west)
            gap = max(top, north) - min(bottom, south)
            near = across > 0.3 * (right - left) and gap < 0.15 * height
            if near and bottom - top <= 0.6 * height:
                owner[low] = owner[tall]
    return owner[parts]


def _in_reading_order(boxes: dict[int, Box]) -> list[int]:
    """Sort boxes by rows, which overlap by half, each from left to right."""
    order: list[int] = []
    rest = sorted(boxes, key=lambda i: boxes[i][1] + boxes[i][3])
    while rest:
        _, top, _, bottom = boxes[rest[0]]
        row = []
        for index in rest:
            _, north, _, south = boxes[index]
            if 2 * (min(bottom, south) - max(top, north)) > min(bottom - top, south - north):
                row.append(index)
        order += sorted(row, key=lambda i: boxes[i][0])
        rest = [index for index in rest if index not in row]
    return order


def _fit(grey: Image.Image, invert: bool | None) -> Array:
    """Fit a whole picture into (28, 28), on the colour of its rim."""
    values = np.asarray(grey)
    rim = float(np.median(np.concatenate([values[0], values[-1], values[:, 0], values[:, -1]])))
    if invert or (invert is None and rim > values.mean()):
        grey, rim = ImageOps.invert(grey), 255 - rim
    side = max(grey.size)
    square = Image.new("L", (side, side), int(rim))
    square.paste(grey, ((side - grey.width) // 2, (side - grey.height) // 2))
    small = square.resize((28, 28), Image.Resampling.BOX)
    return np.asarray(small, dtype=np.float32) / np.float32(255)
