"""Digits made on the spot: the built-in pen strokes, each time slanted, sized and bent anew."""

import hashlib
import json
import math

import numpy as np
import torch
from torch import Tensor

from denoise_demo.common import once
from denoise_demo.data.examples import EXAMPLES_FILE
from denoise_demo.data.images import Images

POINTS = 60  # along the strokes of a digit
BOX = 20.0  # pixels; the longer side of a digit, as in MNIST
SLANT = 0.35  # largest shift to the side per height
STRETCH = 0.25  # how much narrower or lower a digit may become, and how much smaller
BEND = 1.6  # pixels of sway, across and along
SHIFT = 1.0  # pixels off the centre, at most
WIDTHS = (0.65, 1.15)  # pixels, standard deviation across a stroke
FULL = 1.5  # ink in the middle of a stroke, before it is limited to 1
CHUNK = 2000  # digits drawn at once


def draw_digits(count: int, seed: int = 0) -> Images:
    """Draw digits by random slant, scale, stroke width, shift and bend of the pen strokes.

    A point p of a stroke inks the pixel (i, j) by exp(-|p - (i, j)|² / 2 s²), which is a product
    of a row and a column: a digit is the product of two matrices.

    Args:
        count: how many digits; the same seed gives the same first digits.
        seed: of the shapes and their labels.
    """
    generator = torch.Generator().manual_seed(seed)
    parts = [_draw(min(CHUNK, count - start), generator) for start in range(0, count, CHUNK)]
    pixels, labels = (torch.cat(each) for each in zip(*parts, strict=True))
    found = hashlib.sha256(pixels.numpy().data).hexdigest()
    return Images(pixels, labels, f"{count:,} digits drawn from pen strokes", (found,))


@once
def _strokes() -> tuple[Tensor, Tensor]:
    """Return the built-in digits as points (T, POINTS, 2), x and y from -0.5 to 0.5, and labels."""
    drawings = json.loads(EXAMPLES_FILE.read_text(encoding="utf-8"))
    points = np.stack([_along(drawing["strokes"]) for drawing in drawings])
    points -= (points.max(1, keepdims=True) + points.min(1, keepdims=True)) / 2
    points /= np.ptp(points, axis=1).max(1)[:, None, None]
    labels = torch.tensor([drawing["label"] for drawing in drawings])
    return torch.from_numpy(points.astype(np.float32)), labels


def _along(strokes: list[list[tuple[float, float]]]) -> np.ndarray:
    """Return POINTS places at equal distances along the strokes of one digit."""
    arrays = [np.asarray(stroke, dtype=np.float64) for stroke in strokes]
    lengths = [np.hypot(*np.diff(stroke, axis=0).T) for stroke in arrays]
    ends = np.cumsum([0.0, *(float(length.sum()) for length in lengths)])
    wanted = (np.arange(POINTS) + 0.5) / POINTS * ends[-1]
    which = np.searchsorted(ends, wanted, side="right") - 1
    found = np.empty((POINTS, 2))
    for index, (stroke, length) in enumerate(zip(arrays, lengths, strict=True)):
        rows = which == index
        at = np.concatenate([[0.0], np.cumsum(length)])
        for axis in (0, 1):
            found[rows, axis] = np.interp(wanted[rows] - ends[index], at, stroke[:, axis])
    return found


def _draw(count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Return pixels (N, 1, 28, 28) uint8 and labels (N,)."""
    strokes, labels = _strokes()
    # Always a whole chunk of random numbers, so that the first digits do not depend on the count.
    chosen = torch.randint(len(strokes), (CHUNK,), generator=generator)[:count]
    random = (2 * torch.rand(10, CHUNK, 1, generator=generator) - 1)[:, :count]  # -1 to 1
    slant, wide, high, size, sway, lean, phase, width, right, down = random
    x, y = strokes[chosen].unbind(2)  # (N, POINTS) each
    x = (x * (1 + STRETCH * wide) - SLANT * slant * y) * BOX
    y = y * (1 + STRETCH * high) * BOX
    wave = math.pi / BOX
    bent = x + BEND * sway * torch.sin(wave * y + math.pi * phase)
    y = y + BEND * lean * torch.sin(wave * x + math.pi * phase)
    x, y = (_centred(bent, right, size, y), _centred(y, down, size, bent))
    deviation = WIDTHS[0] + (WIDTHS[1] - WIDTHS[0]) * (1 + width) / 2  # (N, 1)
    pixels = torch.arange(28.0)
    columns = _bumps(x, pixels, deviation)  # (N, POINTS, 28)
    rows = _bumps(y, pixels, deviation)
    step = torch.hypot(x.diff(dim=1), y.diff(dim=1)).median(1, keepdim=True).values
    peak = deviation * math.sqrt(2 * math.pi) / step  # of an endless straight stroke
    ink = torch.bmm(rows.transpose(1, 2), columns) * (FULL / peak)[..., None]
    return (255 * ink.clamp(0, 1)).round().to(torch.uint8)[:, None], labels[chosen]


def _centred(values: Tensor, shift: Tensor, size: Tensor, other: Tensor) -> Tensor:
    """Scale one axis so that both fit the box, and put the centre of mass near the middle."""
    spans = [axis.amax(1, keepdim=True) - axis.amin(1, keepdim=True) for axis in (values, other)]
    scale = (BOX - 2) / torch.maximum(*spans) * (1 - STRETCH / 2 * (1 + size) / 2)
    return (values - values.mean(1, keepdim=True)) * scale + 13.5 + SHIFT * shift


def _bumps(places: Tensor, pixels: Tensor, deviation: Tensor) -> Tensor:
    """Return how much each point inks each row or column, (N, POINTS, 28)."""
    apart = (places[..., None] - pixels) / deviation[..., None]
    return torch.exp(-0.5 * apart.square())
