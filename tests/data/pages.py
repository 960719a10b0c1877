"""Photographed pages with digits, drawn at random: each kind has a trouble of its own."""

import json
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

from denoise_demo.data.examples import EXAMPLES_FILE
from denoise_demo.data.pixels import draw_strokes

Digit = tuple[np.ndarray, int]  # ink (H, W) in [0, 1], and its label
Source = Callable[[np.random.Generator], Digit]
_STROKES = json.loads(EXAMPLES_FILE.read_text(encoding="utf-8"))


def stroke_digit(rng: np.random.Generator) -> Digit:
    """Draw one of the built-in digits with another pen, a little turned and stretched."""
    drawing = _STROKES[rng.integers(len(_STROKES))]
    turn, stretch = rng.uniform(-0.12, 0.12), rng.uniform(0.85, 1.1)
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) * 0.9
    matrix[0] *= stretch
    strokes = [(np.array(stroke) - 0.5) @ matrix.T + 0.5 for stroke in drawing["strokes"]]
    ink = draw_strokes(
        [list(map(tuple, stroke)) for stroke in strokes], pen=rng.uniform(0.05, 0.13)
    )
    return _cropped(ink), drawing["label"]


def mnist_digit(pixels: np.ndarray, labels: np.ndarray) -> Source:
    """Return a source of MNIST's digits, (N, 28, 28) of bytes, enlarged tenfold."""

    def choose(rng: np.random.Generator) -> Digit:
        index = rng.integers(len(pixels))
        large = Image.fromarray(pixels[index]).resize((280, 280), Image.Resampling.BICUBIC)
        return _cropped(np.asarray(large, dtype=np.float32) / 255), int(labels[index])

    return choose


def _cropped(ink: np.ndarray) -> np.ndarray:
    rows, columns = np.flatnonzero(ink.max(1) > 0.1), np.flatnonzero(ink.max(0) > 0.1)
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


class Page:
    """A page being drawn: colours (H, W, 3) of 0 to 255, its ink's colour, where its digits lie."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.height, self.width = rng.integers(280, 640, 2)
        self.side = min(self.height, self.width)
        self.paper = rng.uniform(195, 255) - rng.uniform(0, 12, 3)
        self.ink = rng.uniform(10, 70) + rng.uniform(0, 30, 3)
        self.boxes: list[tuple[int, int, int, int]] = []  # left, top, right, bottom
        self.labels: list[int] = []
        self.start()

    def start(self) -> None:
        self.pixels = np.tile(self.paper, (self.height, self.width, 1))

    def blend(self, mask: np.ndarray, colour: np.ndarray | float) -> None:
        self.pixels += mask[..., None] * (colour - self.pixels)

    def write(self, digit: Digit, size: float, x: float, y: float) -> None:
        """Write a digit of this size around a point, both relative to the page."""
        ink, label = digit
        scale = size * self.side / max(ink.shape)
        height, width = (max(3, round(scale * length)) for length in ink.shape)
        left = int(np.clip(x * self.width - width / 2, 6, self.width - width - 6))
        top = int(np.clip(y * self.height - height / 2, 6, self.height - height - 6))
        small = Image.fromarray(ink).resize((width, height), Image.Resampling.BOX)
        mask = np.zeros((self.height, self.width))
        mask[top : top + height, left : left + width] = np.asarray(small).clip(0, 1)
        self.blend(mask, self.ink)
        self.boxes.append((left, top, left + width, top + height))
        self.labels.append(label)

    def tone(self, low: float, high: float) -> np.ndarray:
        """Mix a colour between paper (0) and ink (1)."""
        share = self.rng.uniform(low, high)
        return self.paper + share * (self.ink - self.paper)

    def drawn(self, draw: Callable[[ImageDraw.ImageDraw], None]) -> np.ndarray:
        """Return an antialiased mask, drawn at four times the page's size."""
        canvas = Image.new("L", (4 * int(self.width), 4 * int(self.height)))
        draw(ImageDraw.Draw(canvas))
        return np.asarray(canvas.reduce(4), dtype=float) / 255

    def line(self, points: list[tuple[float, float]], width: float) -> np.ndarray:
        fine = [(4 * x, 4 * y) for x, y in points]
        return self.drawn(lambda draw: draw.line(fine, 255, max(2, round(4 * width)), "curve"))

    def polygon(self, points: list[tuple[float, float]]) -> np.ndarray:
        return self.drawn(lambda draw: draw.polygon([(4 * x, 4 * y) for x, y in points], 255))

    def ellipse(self, x: float, y: float, width: float, height: float) -> np.ndarray:
        box = [4 * (x - width), 4 * (y - height), 4 * (x + width), 4 * (y + height)]
        return self.drawn(lambda draw: draw.ellipse(box, 255))

    def rectangle(self, box: tuple[float, ...], degrees: float) -> list[tuple[float, float]]:
        left, top, right, bottom = box
        x, y = (left + right) / 2, (top + bottom) / 2
        c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
        corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
        return [(x + c * (u - x) - s * (v - y), y + s * (u - x) + c * (v - y)) for u, v in corners]

    def photograph(self) -> Image.Image:
        """Light the page a little unevenly, and add the camera's blur and noise."""
        y, x = np.mgrid[-1 : 1 : self.height * 1j, -1 : 1 : self.width * 1j]
        slope = self.rng.uniform(-0.06, 0.06, 2)
        lit = self.pixels * (1 - np.abs(slope).sum() + slope[0] * x + slope[1] * y)[..., None]
        lit = ndimage.gaussian_filter(lit, (*[self.rng.uniform(0, 0.8)] * 2, 0))
        lit += self.rng.normal(0, self.rng.uniform(0.2, 4), (self.height, self.width, 1))
        return Image.fromarray(lit.clip(0, 255).astype(np.uint8))


def _one(page: Page, source: Source, size: tuple[float, float] = (0.3, 0.65)) -> None:
    rng = page.rng
    page.write(source(rng), rng.uniform(*size), rng.uniform(0.35, 0.65), rng.uniform(0.35, 0.65))


def clean(page: Page, source: Source) -> None:
    _one(page, source)


def board(page: Page, source: Source) -> None:
    """Light ink on a dark page."""
    page.paper, page.ink = page.rng.uniform(15, 80, 3), page.rng.uniform(190, 250, 3)
    page.start()
    _one(page, source)


def ruled(page: Page, source: Source) -> None:
    rng, spacing = page.rng, page.rng.uniform(0.08, 0.3) * page.side
    colour, width = page.tone(0.1, 0.8), max(1, rng.uniform(0.003, 0.01) * page.side)
    tilt = np.tan(np.radians(rng.uniform(-2.5, 2.5))) * page.width
    for y in np.arange(rng.uniform(0, spacing), page.height, spacing):
        page.blend(page.line([(-9, y - tilt / 2), (page.width + 9, y + tilt / 2)], width), colour)
    if rng.random() < 0.3:
        x = rng.uniform(0.08, 0.2) * page.width
        page.blend(page.line([(x, -9), (x, page.height + 9)], width), colour)
    _one(page, source)


def boxed(page: Page, source: Source) -> None:
    rng = page.rng
    _one(page, source, (0.3, 0.55))
    left, top, right, bottom = page.boxes[0]
    size = max(right - left, bottom - top)
    x, y = (left + right) / 2, (top + bottom) / 2
    across, down = (rng.uniform(0.58, 0.85, 2) * size).tolist()
    corners = page.rectangle((x - across, y - down, x + across, y + down), rng.uniform(-2.5, 2.5))
    width = max(1, rng.uniform(0.004, 0.016) * page.side)
    page.blend(page.line([*corners, corners[0], corners[1]], width), page.tone(0.35, 1))


def outline(page: Page, source: Source) -> None:
    _one(page, source)
    inset = page.rng.uniform(0, 0.06) * page.side
    box = (inset, inset, page.width - 1 - inset, page.height - 1 - inset)
    corners = page.rectangle(box, 0)
    page.blend(page.line([*corners, corners[0], corners[1]], 1), page.tone(0.4, 1))


def edges(page: Page, source: Source) -> None:
    """One or two of the page's edges are in the picture."""
    rng = page.rng
    _one(page, source, (0.3, 0.5))
    table = page.pixels.mean() * rng.uniform(0.15, 0.7) + rng.uniform(0, 25, 3)
    for quarter in rng.permutation(4)[: rng.integers(1, 3)]:
        reach, tilt = rng.uniform(0.03, 0.14), rng.uniform(-0.06, 0.06)
        near, far = reach - tilt / 2, reach + tilt / 2
        strip = [(-1, -1), (2, -1), (2, far + tilt), (1, far), (0, near), (-1, near - tilt)]
        for _ in range(quarter):
            strip = [(1 - v, u) for u, v in strip]
        page.blend(page.polygon([(u * page.width, v * page.height) for u, v in strip]), table)


def card(page: Page, source: Source) -> None:
    """The whole page lies on a table."""
    rng = page.rng
    _one(page, source, (0.3, 0.5))
    left, top, right, bottom = rng.uniform(0.03, 0.12, 4) * page.side
    box = (left, top, page.width - right, page.height - bottom)
    paper = page.polygon(page.rectangle(box, rng.uniform(-5, 5)))
    table = page.pixels.mean() * rng.uniform(0.15, 0.7) + rng.uniform(0, 25, 3)
    page.blend(1 - paper, table)


def corner(page: Page, source: Source) -> None:
    _one(page, source, (0.3, 0.5))
    width, height = page.rng.uniform(0.1, 0.26, 2) * page.side
    x, y = page.rng.choice([0, page.width]), page.rng.choice([0, page.height])
    points = [(x, y), (x + (width if x == 0 else -width), y)]
    page.blend(
        page.polygon([*points, (x, y + (height if y == 0 else -height))]),
        page.rng.uniform(10, 110),
    )


def finger(page: Page, source: Source) -> None:
    rng = page.rng
    _one(page, source, (0.3, 0.5))
    skin = np.array([1, 0.75, 0.6]) ** rng.uniform(0, 1) * rng.uniform(90, 190)
    width, height = rng.uniform(0.08, 0.16) * page.side, rng.uniform(0.15, 0.3) * page.side
    place, side = rng.uniform(0.1, 0.9), rng.integers(4)
    if side % 2:
        x, y = place * page.width, (side // 2) * page.height
        page.blend(page.ellipse(x, y, width, height), skin)
    else:
        x, y = (side // 2) * page.width, place * page.height
        page.blend(page.ellipse(x, y, height, width), skin)


def shadow(page: Page, source: Source) -> None:
    rng = page.rng
    _one(page, source)
    x, y = rng.uniform(0.2, 1, 2) * [page.width, page.height]
    mask = page.ellipse(x, y, *rng.uniform(0.25, 0.6, 2) * page.side)
    mask = ndimage.gaussian_filter(mask, rng.uniform(0, 0.05) * page.side)
    page.pixels *= 1 - rng.uniform(0.12, 0.5) * mask[..., None]


def colour(page: Page, source: Source) -> None:
    """Ink that differs from the paper in hue, and often hardly in lightness."""
    rng = page.rng
    while True:
        page.paper, page.ink = rng.uniform(20, 240, (2, 3))
        luma = np.array([0.299, 0.587, 0.114])
        apart = np.abs(page.paper - page.ink).max() > 110
        if apart and abs((page.paper - page.ink) @ luma) < rng.choice([8, 60]):
            break
    page.start()
    _one(page, source)


def glare(page: Page, source: Source) -> None:
    rng = page.rng
    page.paper = page.paper - rng.uniform(10, 60)
    page.start()
    _one(page, source)
    left, top, right, bottom = page.boxes[0]
    x, y = rng.uniform(left, right), rng.uniform(top, bottom)
    spot = page.ellipse(x, y, *rng.uniform(0.08, 0.22, 2) * page.side)
    spot = ndimage.gaussian_filter(spot, rng.uniform(0.02, 0.06) * page.side)
    page.blend(rng.uniform(0.4, 0.75) * spot, 255)


def through(page: Page, source: Source) -> None:
    """Writing on the other side, mirrored and paler."""
    rng, ink = page.rng, page.ink
    page.ink = page.tone(0.12, 0.36)
    for _ in range(rng.integers(1, 3)):
        other, _ = source(rng)
        page.write((other[:, ::-1], -1), rng.uniform(0.3, 0.6), *rng.uniform(0.2, 0.8, 2))
    page.ink, page.boxes, page.labels = ink, [], []
    _one(page, source)


def several(page: Page, source: Source) -> None:
    rng, count = page.rng, int(page.rng.integers(2, 4))
    page.width, page.height = max(page.width, page.height), min(page.width, page.height)
    page.start()
    for index in range(count):
        x = (index + 0.5 + rng.uniform(-0.08, 0.08)) / count
        page.write(source(rng), rng.uniform(0.28, 0.42), x, 0.5 + rng.uniform(-0.08, 0.08))


KINDS = {
    draw.__name__: draw
    for draw in (
        clean, board, ruled, boxed, outline, edges, card, corner, finger, shadow, colour, glare,
        through, several,
    )
}  # fmt: skip


def make_page(kind: str, seed: int, source: Source = stroke_digit) -> tuple[Image.Image, Page]:
    """Return a photo of a page of this kind, and the page with its labels and boxes."""
    page = Page(np.random.default_rng([list(KINDS).index(kind), seed]))
    KINDS[kind](page, source)
    return page.photograph(), page
