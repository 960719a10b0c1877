"""Ink on a photographed page, separated from its paper.

Strokes are narrower than a window and differ from the paper beside them. Tables, fingers and
shadows are wider, so they count as paper of another lightness.
"""

import numpy as np
from PIL import Image

from denoise_demo.common import Lazy
from denoise_demo.data.pixels import LUMA, Array

ndimage = Lazy("scipy.ndimage")
BLANK = "The picture is blank: draw or give a digit that stands out from its background."
_WIDTHS = (0.05, 0.09, 0.15, 0.26)  # of the page's side; strokes are narrower than one
_SPOT = 0.35  # of the page's side; glare is narrower
_LAMP = 0.03  # how much lighter the middle of a lamp's light may be, without glare
_SKETCH = 90  # pixels a side of a sketch, enough to compare channels


def extract_ink(colours: Array, *, invert: bool | None = None) -> Array:
    """Return the ink (H, W) float32 in [0, 1], light on black, of a page.

    Args:
        colours: the page, (H, W, 1 or 3) float32 in [0, 1].
        invert: whether the ink is dark on light; None detects it.

    Raises:
        ValueError: when nothing stands out from the page.
    """
    if max(float(np.ptp(channel)) for channel in np.moveaxis(colours, 2, 0)) < 0.04:
        raise ValueError(BLANK)
    dark, window = _choose_channel(colours, invert)
    smooth = ndimage.gaussian_filter(dark, 1) if page_side(dark) > 64 else dark
    paper = _fill_strokes(dark, smooth, _estimate_paper(smooth, window), window)
    bump = paper - _without_glare(paper)
    page = paper - np.clip(2 * (bump - _LAMP), 0, np.maximum(bump, 0))
    clear = np.clip((1.02 - paper) / (1.02 - page), 0.25, 1)  # what glare leaves of the contrast
    return _stretch((paper - dark) / (np.maximum(page, 0.1) * clear))


def page_side(values: Array) -> float:
    """Return the side of a square as large as the page (H, W)."""
    return float(np.sqrt(values.shape[0] * values.shape[1]))


def _choose_channel(colours: Array, invert: bool | None) -> tuple[Array, int]:
    """Return the channel (H, W) in which strokes stand out most, made dark on light.

    With it comes the width of a window that no stroke fills.
    """
    channels = [colours[..., 0]]
    if colours.shape[2] == 3:
        channels = [colours @ np.array(LUMA, dtype=np.float32)]
        if np.abs(colours[..., :2] - colours[..., 1:]).max() > 0.04:
            channels.extend(np.moveaxis(colours, 2, 0))
    side, longest = page_side(colours), max(colours.shape[:2])
    if longest > 1.6 * side:  # a tight crop of a 1: its stroke may fill half of the width
        side = longest
    factor = max(1, round(side / _SKETCH))
    best, chosen, width = -1.0, channels[0], _WIDTHS[-1]
    for channel in channels:
        for dark in {None: (True, False), True: (True,), False: (False,)}[invert]:
            values = np.ascontiguousarray(channel if dark else 1 - channel)
            sketch = np.asarray(Image.fromarray(values).reduce(factor))
            strength = np.array([
                np.mean((_close(sketch, _odd(share * side / factor)) - sketch) ** 2)
                for share in _WIDTHS
            ])  # fmt: skip
            # A margin of the page is a stroke, too, if the window is wide: narrow ones count more.
            score = float(strength @ (1 / np.square(_WIDTHS)))
            if score > best:
                first = int(np.argmax(strength >= 0.8 * strength[-1]))
                best, chosen, width = score, values, _WIDTHS[min(first + 1, len(_WIDTHS) - 1)]
    return chosen, _odd(width * side)


def _odd(width: float) -> int:
    return max(3, round(width) | 1)


def _close(dark: Array, window: int) -> Array:
    """Fill what is darker and narrower than a window; the rim goes on outside the picture."""
    padded = np.pad(dark, window, mode="edge")
    closed: Array = ndimage.grey_closing(padded, (window, window))
    return closed[window:-window, window:-window]


def _estimate_paper(dark: Array, window: int) -> Array:
    """Estimate the paper (H, W), which consists of surfaces that hold a window."""
    paper, step = _close(dark, window), _odd(window / 5)
    for _ in range(4):  # give round surfaces their rims back
        paper = np.maximum(dark, ndimage.grey_erosion(paper, (step, step), mode="nearest"))
    return paper


def _fill_strokes(dark: Array, smooth: Array, paper: Array, window: int) -> Array:
    """Replace the paper under strokes by the mean of that around them, where it is lighter."""
    strokes = ndimage.maximum_filter(paper - smooth > 0.04, 5)
    bare = np.where(strokes, 0, dark)
    for width in (window, window // 2):
        share = ndimage.uniform_filter((~strokes).astype(np.float32), width)
        mean = ndimage.uniform_filter(bare, width) / np.maximum(share, 1e-6)
        paper = np.where(strokes & (share > 0.1), np.maximum(paper, mean), paper)
    return paper


def _without_glare(paper: Array) -> Array:
    """Level spots of the paper (H, W) that are brighter and smaller than a lamp's light."""
    height, width = paper.shape
    sketch = np.asarray(Image.fromarray(paper).reduce(_odd(page_side(paper) / 64)))
    window = _odd(page_side(sketch) * _SPOT)
    level = Image.fromarray(1 - _close(1 - sketch, window))
    return np.asarray(level.resize((width, height), Image.Resampling.BILINEAR))


def _stretch(contrast: Array) -> Array:
    """Scale contrast so that grain becomes 0 and full ink 1; ValueError if there is no ink."""
    most = np.percentile(contrast, 99.95)  # not that of a stray pixel
    full = np.percentile(contrast[contrast >= most / 2], 75)
    rest = contrast[contrast < full / 2]
    level = np.median(rest) if rest.size else full
    noise = 4 * np.median(np.abs(rest - level)) if rest.size else 0
    if full - level < max(0.06, 1.5 * noise):
        raise ValueError(BLANK)
    ink: Array = np.clip((contrast - level - noise) / (full - level - noise), 0, 1)
    return ink
