"""Ruled lines, boxes and outlines on a page: thin, straight, nearly level or upright."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from denoise_demo.common import Lazy
from denoise_demo.data.ink import page_side
from denoise_demo.data.pixels import Array

ndimage = Lazy("scipy.ndimage")
_FAINTEST = 0.15  # ink of a line
_THICKEST, _SHORTEST = 0.025, 0.2  # of the page's side
_LONG = 0.6  # of the page; shorter lines are removed only if they form a box
_STEEPEST = 0.1  # slope


@dataclass(frozen=True)
class _Line:
    """A line along the rows (`upright` false) or the columns of a page.

    It runs from `start` to `end`, at `offset + slope * position`; its pixels are the `mask` in the
    `place` of the page, or of the transposed page.
    """

    upright: bool
    start: float
    end: float
    slope: float
    offset: float
    place: tuple[slice, slice]
    mask: Array

    def at(self, position: float) -> float:
        return self.offset + self.slope * position

    def ends(self) -> list[tuple[float, float]]:
        """Return its ends (x, y) on the page."""
        points = [(position, self.at(position)) for position in (self.start, self.end)]
        return [(y, x) for x, y in points] if self.upright else points

    def reaches_rim(self, shape: tuple[int, ...]) -> bool:
        last = shape[0 if self.upright else 1] - 1
        return self.start <= 1 or self.end >= last - 1

    def continues(self, other: "_Line") -> bool:
        """Whether both are parts of one line."""
        middle = (other.start + other.end) / 2
        return self.upright == other.upright and abs(self.at(middle) - other.at(middle)) < 3


def remove_lines(ink: Array) -> Array:
    """Return ink (H, W) without lines across the page and boxes; strokes that cross them stay."""
    side, mask = page_side(ink), ink > _FAINTEST
    thickness = round(_THICKEST * side) + 2
    if side < 64:  # a stroke is as thin
        return ink
    lines = [*_find(mask, thickness, side), *_find(mask.T, thickness, side, upright=True)]
    chosen = [
        line
        for line in lines
        if _length(line, lines) >= _LONG * ink.shape[0 if line.upright else 1]
        or _closes_box(line, lines, 0.04 * side)
    ]
    removed = _draw(chosen, mask)
    if not (mask & ~removed).any():  # a straight pen stroke may be all there is
        removed = _draw([line for line in chosen if line.reaches_rim(mask.shape)], mask)
    rest = (mask & ~removed).view(np.uint8)
    for size in ((thickness, 1), (1, thickness)):  # keep what joins a stroke on both sides
        removed &= ndimage.grey_closing(rest, size) == 0
    return np.where(removed, 0, ink)


def _draw(lines: list[_Line], mask: Array) -> Array:
    """Return a mask (H, W) of lines."""
    drawn = np.zeros_like(mask)
    for line in lines:
        (drawn.T if line.upright else drawn)[line.place] |= line.mask
    return drawn


def _find(mask: Array, thickness: int, side: float, *, upright: bool = False) -> Iterator[_Line]:
    """Yield the lines along the rows of a mask (H, W), over gaps where strokes cross them."""
    thin = mask & (ndimage.grey_opening(mask.view(np.uint8), (thickness, 1)) == 0)
    bridged = ndimage.grey_closing(thin.view(np.uint8), (1, round(0.3 * side)))
    parts, _ = ndimage.label(ndimage.maximum_filter(bridged, (3, 1)), np.ones((3, 3)))
    for index, place in enumerate(ndimage.find_objects(parts), 1):
        if place[1].stop - place[1].start < _SHORTEST * side:
            continue
        y, x = np.nonzero(thin[place] & (parts[place] == index))
        near = np.full(len(x), True)
        for _ in range(3):  # leave out pieces of strokes that hang on it
            slope, offset = np.polyfit(x[near], y[near], 1)
            apart = np.abs(y - slope * x - offset)
            near = apart <= max(1.5, 2 * np.median(apart[near]))
        near = apart <= thickness / 2 + 1
        columns = np.unique(x[near])
        if abs(slope) > _STEEPEST or 2 * len(columns) < columns[-1] - columns[0]:
            continue
        pixels = np.zeros(parts[place].shape, dtype=bool)
        pixels[y[near], x[near]] = True
        top, left = place[0].start, place[1].start
        start, end = left + float(columns[0]), left + float(columns[-1])
        yield _Line(upright, start, end, slope, offset + top - slope * left, place, pixels)


def _length(line: _Line, lines: list[_Line]) -> float:
    """Return the length of a line together with those that continue it."""
    parts = [other for other in lines if line.continues(other)]
    return max(part.end for part in parts) - min(part.start for part in parts)


def _closes_box(line: _Line, lines: list[_Line], near: float) -> bool:
    """Whether lines at right angles end near both of its ends."""
    corners = [end for other in lines if other.upright != line.upright for end in other.ends()]
    return all(any(np.hypot(x - u, y - v) < near for u, v in corners) for x, y in line.ends())
