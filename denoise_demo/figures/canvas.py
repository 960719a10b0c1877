"""Matplotlib figures of grids of pictures.

The layout is in pixels, and every pixel of a picture becomes a square of whole pixels, so that a
saved figure is as sharp as the picture.
"""

import io
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch import Tensor

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "Note",
    "Row",
    "darken",
    "picture_grid",
    "picture_scale",
    "to_png",
]

FONT = "DejaVu Sans"  # ships with matplotlib, and has ✓ and ✗
INK, GREY, BLUE, ORANGE = "#1a1a1a", "#5f6368", "#0072b2", "#c44e00"  # colour-blind safe
# What the colours become on a dark page; letters need more contrast than lines.
DARK = {"white": "#0f172a", INK: "#f1f5f9", GREY: "#94a3b8", "#dddddd": "#334155"}
DARK_WORDS = DARK | {"black": "#f1f5f9", BLUE: "#56b4e9", ORANGE: "#ff9d5c"}
DPI = 128  # a power of two: pixel sizes divided by it stay exact
WIDEST, TALLEST = 1400, 900  # pixels for all pictures of a figure
SMALLEST_SCALE = 4
TITLE, TEXT, SMALL = 32, 24, 20  # font sizes in pixels
LINE_HEIGHT = 32  # pixels
GAP, MARGIN = 12, 32  # pixels: between pictures, and around everything
LETTER = 0.62  # mean width of a letter, relative to the font size


@dataclass(frozen=True)
class Note:
    """A text under a picture, optionally marked as right, wrong or best."""

    text: str
    right: bool | None = None
    best: bool = False


@dataclass(frozen=True)
class Row:
    """A row of pictures (N, C, H, W) in [0, 1] or beyond, its label, and a note under each.

    One channel is grey, three are red, green and blue.
    """

    label: str
    images: Tensor
    notes: Sequence[Note] = ()
    detail: str = ""


def picture_grid(title: str, columns: Sequence[str], rows: Sequence[Row], caption: str) -> "Figure":
    """Draw rows of pictures, each on its own axes, from black at 0 to white at 1.

    Args:
        title: the heading.
        columns: the column headings; line breaks are allowed.
        rows: rows with the same number of pictures, all of one size.
        caption: the small print, wrapped to the figure's width.
    """
    count, _, height, width = rows[0].images.shape
    scale = picture_scale(height * len(rows), width * count)
    cell_width, cell_height = scale * width, scale * height
    left = MARGIN + _label_width(rows)
    figure_width = left + count * cell_width + (count - 1) * GAP + MARGIN
    canvas = Canvas(figure_width, title, caption, _content_height(columns, rows, cell_height))
    canvas.headings(columns, [left + i * (cell_width + GAP) + cell_width / 2 for i in range(count)])
    for row in rows:
        canvas.row(row, left, cell_width, cell_height)
    return canvas.figure


def picture_scale(height: int, width: int) -> int:
    """Return the drawn size of a picture's pixel, given the size of all pictures together."""
    return max(SMALLEST_SCALE, min(WIDEST // width, TALLEST // height))


def darken(figure: "Figure") -> "Figure":
    """Give a figure the colours of a dark page, in place; its pictures stay."""
    from matplotlib.colors import to_hex  # noqa: PLC0415 - see Canvas
    from matplotlib.text import Text  # noqa: PLC0415

    for artist in figure.findobj():
        words = isinstance(artist, Text)
        dark = {to_hex(old): new for old, new in (DARK_WORDS if words else DARK).items()}
        for part in ("color", "facecolor", "edgecolor"):
            colour = getattr(artist, f"get_{part}", lambda: None)()
            if isinstance(colour, (str, tuple)) and to_hex(colour) in dark:
                artist.set(**{part: dark[to_hex(colour)]})
    for axes in figure.axes:
        axes.tick_params(colors=DARK[GREY])
    return figure


def to_png(figure: "Figure") -> bytes:
    """Return a figure as the bytes of a PNG file, the same for the same figure."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


class Canvas:
    """A figure filled from the top down; positions are pixels from the top left corner."""

    def __init__(self, width: int, title: str, caption: str, content: int) -> None:
        from matplotlib.figure import Figure  # noqa: PLC0415 - the page starts without it

        lines = textwrap.wrap(caption, int((width - 2 * MARGIN) / (0.85 * LETTER * SMALL)))
        self.width = width
        self.height = MARGIN + 2 * LINE_HEIGHT + content + LINE_HEIGHT * len(lines) + MARGIN
        self.figure = Figure(
            figsize=(self.width / DPI, self.height / DPI), dpi=DPI, facecolor="white"
        )
        self.text(MARGIN, MARGIN, title, size=TITLE, weight="bold")
        foot = self.height - MARGIN + GAP - LINE_HEIGHT * len(lines)
        self.text(MARGIN, foot, "\n".join(lines), size=SMALL, color=GREY)
        self.top = MARGIN + 2 * LINE_HEIGHT

    def text(self, x: float, y: float, text: str, *, size: int = TEXT, **style: Any) -> None:
        """Write lines of text, the first with its top at y."""
        for number, line in enumerate(text.split("\n")):
            place = x / self.width, 1 - (y + number * LINE_HEIGHT) / self.height
            style = {"color": INK, "va": "top"} | style
            points = size * 72 / DPI
            self.figure.text(*place, line, size=points, family=FONT, parse_math=False, **style)

    def headings(self, columns: Sequence[str], places: Sequence[float], **style: Any) -> None:
        """Write the column headings."""
        for heading, x in zip(columns, places, strict=bool(columns)):
            self.text(x, self.top, heading, **({"ha": "center"} | style))
        self.top += LINE_HEIGHT * max(map(count_lines, columns), default=0)

    def row(self, row: Row, left: int, width: int, height: int) -> None:
        """Draw a row's label, pictures and notes."""
        middle = self.top + (height - LINE_HEIGHT * (1 + count_lines(row.detail))) / 2
        self.text(MARGIN, middle, row.label, weight="bold")
        self.text(MARGIN, middle + LINE_HEIGHT, row.detail, color=GREY)
        for i, image in enumerate(row.images):
            x = left + i * (width + GAP)
            self.picture(image, x, width, height)
            if row.notes:
                self.note(row.notes[i], x + width / 2, self.top + height + 4)
        self.top += height + _notes_height(row) + GAP

    def picture(self, image: Tensor, x: int, width: int, height: int) -> None:
        """Draw one picture (C, H, W) on exactly these pixels."""
        axes = self.axes(x, width, height)
        style: dict[str, Any] = {"interpolation": "nearest", "aspect": "auto"}
        if len(image) == 1:
            axes.imshow(image[0].cpu().numpy(), cmap="gray", vmin=0, vmax=1, **style)
        else:  # matplotlib would truncate colours to 8 bits instead of rounding them
            colours = image.clamp(0, 1).mul(255).round().byte()
            axes.imshow(colours.permute(1, 2, 0).cpu().numpy(), **style)
        axes.set_axis_off()

    def axes(self, x: int, width: int, height: int) -> "Axes":
        """Add axes on exactly these pixels."""
        bottom = self.height - self.top - height
        box = (x / self.width, bottom / self.height, width / self.width, height / self.height)
        return self.figure.add_axes(box)

    def note(self, note: Note, x: float, y: float) -> None:
        """Write a note; marks, colours and weights distinguish right, wrong and best."""
        mark, colour, weight = {
            None: (" ★", BLUE, "bold") if note.best else ("", GREY, "normal"),
            True: (" ✓", BLUE, "normal"),
            False: (" ✗", ORANGE, "bold"),
        }[note.right]
        self.text(x, y, note.text + mark, ha="center", color=colour, weight=weight)


def _content_height(columns: Sequence[str], rows: Sequence[Row], cell_height: int) -> int:
    """Return the height of the headings and rows."""
    headings = LINE_HEIGHT * max(map(count_lines, columns), default=0)
    return headings + sum(cell_height + _notes_height(row) + GAP for row in rows)


def _notes_height(row: Row) -> int:
    """Return the height of a row's notes."""
    return LINE_HEIGHT * max(count_lines(note.text) for note in row.notes) + 4 if row.notes else 0


def _label_width(rows: Sequence[Row]) -> int:
    """Return the width that the rows' labels need, with the gap to the pictures."""
    return words_width([line for row in rows for line in (row.label, *row.detail.split("\n"))])


def words_width(lines: Sequence[str]) -> int:
    """Return the width of the longest line with the gap after it."""
    longest = max(map(len, lines))
    return round(longest * LETTER * TEXT) + 2 * GAP if longest else 0


def count_lines(text: str) -> int:
    return text.count("\n") + 1 if text else 0


def plain_axes(axes: "Axes") -> None:
    """Keep two spines and add faint horizontal grid lines."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(GREY)
    axes.tick_params(colors=GREY, labelfontfamily=FONT)
    axes.grid(axis="y", color="#dddddd", linewidth=0.6)
