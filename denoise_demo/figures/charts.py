"""Grids of horizontal bar charts, and of curves compared with the diagonal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from denoise_demo.figures.canvas import (
    DPI,
    FONT,
    GAP,
    GREY,
    INK,
    LINE_HEIGHT,
    MARGIN,
    SMALL,
    Canvas,
    count_lines,
    plain_axes,
    words_width,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CHART_WIDTH, CHART_GAP = 400, 30  # pixels: a column of charts, and the gap to the next
PLOT_SIZE, AXIS_WIDTH = 520, 96  # pixels: a square plot, and its axis with its labels
PALE = "#b4b9be"  # for filters; colour-blind safe beside HUES
HUES = (
    "#0072b2",
    "#c44e00",
    "#009e73",
    "#cc79a7",
    "#56b4e9",
    "#962df0",
)  # Okabe and Ito's, and a violet: colour-blind safe, and seen on white and on dark pages
MOST = len(HUES)  # maximum number of curves in colour
MARKERS = "osD^vX"


@dataclass(frozen=True)
class Bar:
    """A bar from 0 to a value, the text at its end, and its interval."""

    label: str
    value: float = 0.0
    words: str = ""
    interval: tuple[float, float] | None = None
    colour: str = PALE
    best: bool = False


@dataclass(frozen=True)
class Chart:
    """Bars on an axis that spans 0 to `end`."""

    bars: Sequence[Bar]
    end: float


@dataclass(frozen=True)
class Curve:
    """A line through points, and its name."""

    label: str
    across: Sequence[float]
    up: Sequence[float]


@dataclass(frozen=True)
class Plot:
    """Curves on two logarithmic axes with the same range, and the axis labels."""

    title: str
    curves: Sequence[Curve]
    axes: tuple[str, str]


def bar_grid(
    title: str, columns: Sequence[str], rows: Mapping[str, Sequence[Chart]], caption: str
) -> "Figure":
    """Draw rows of charts, with the labels of the bars once, at the left of the row.

    Args:
        title: the heading.
        columns: the column headings; line breaks are allowed.
        rows: charts by row label; all charts have bars with the same labels.
        caption: the small print, wrapped to the figure's width.
    """
    bars = next(iter(rows.values()))[0].bars
    left = MARGIN + words_width([bar.label for bar in bars])
    starts = [left + i * (CHART_WIDTH + CHART_GAP) for i in range(len(columns))]
    height = LINE_HEIGHT * len(bars)
    content = (
        LINE_HEIGHT * max(map(count_lines, columns))
        + GAP
        + len(rows) * (LINE_HEIGHT + height + 2 * GAP)
    )
    canvas = Canvas(starts[-1] + CHART_WIDTH + MARGIN, title, caption, content)
    canvas.headings(columns, starts, ha="left")
    canvas.top += GAP
    for label, charts in rows.items():
        canvas.text(MARGIN, canvas.top + 4, label, weight="bold")
        canvas.top += LINE_HEIGHT
        for place, bar in enumerate(charts[0].bars):
            canvas.text(MARGIN, canvas.top + place * LINE_HEIGHT + 6, bar.label, size=SMALL)
        for chart, start in zip(charts, starts, strict=True):
            _draw(chart, canvas.axes(start, CHART_WIDTH, height))
        canvas.top += height + 2 * GAP
    return canvas.figure


def curve_grid(title: str, plots: Sequence[Plot], caption: str) -> "Figure":
    """Draw square plots side by side, each with the diagonal, where both axes are equal."""
    starts = [
        MARGIN + AXIS_WIDTH + i * (PLOT_SIZE + AXIS_WIDTH + CHART_GAP) for i in range(len(plots))
    ]
    canvas = Canvas(
        starts[-1] + PLOT_SIZE + MARGIN, title, caption, LINE_HEIGHT + PLOT_SIZE + AXIS_WIDTH
    )
    canvas.headings([plot.title for plot in plots], starts, ha="left", weight="bold")
    for plot, start in zip(plots, starts, strict=True):
        _draw_curves(plot, canvas.axes(start, PLOT_SIZE, PLOT_SIZE))
    return canvas.figure


def _draw_curves(plot: Plot, axes: "Axes") -> None:
    values = [value for curve in plot.curves for value in (*curve.across, *curve.up) if value > 0]
    ends = min(values) / 1.2, max(values) * 1.2
    axes.plot(ends, ends, color=GREY, linewidth=1)
    for number, curve in enumerate(plot.curves):
        axes.plot(
            curve.across,
            curve.up,
            label=curve.label,
            color=HUES[number],
            marker=MARKERS[number],
            markersize=4,
            linewidth=1.2,
        )
    axes.set(xscale="log", yscale="log", xlim=ends, ylim=ends)
    axes.set_xlabel(plot.axes[0], family=FONT, color=INK)
    axes.set_ylabel(plot.axes[1], family=FONT, color=INK)
    plain_axes(axes)
    axes.legend(frameon=False, loc="upper left", prop={"family": FONT})


def _draw(chart: Chart, axes: "Axes") -> None:
    """Draw the bars from the top down, with their intervals and words."""
    for place, bar in enumerate(chart.bars):
        axes.barh(place, bar.value, height=0.72, color=bar.colour)
        if bar.interval:
            axes.hlines(place, *bar.interval, color=INK, linewidth=1.5)
        weight = "bold" if bar.best else "normal"
        axes.text(
            max(bar.value, *(bar.interval or (0, 0))) + 0.02 * chart.end,
            place,
            bar.words + (" ★" if bar.best else ""),
            va="center",
            color=INK if bar.value else GREY,
            weight=weight,
            size=SMALL * 72 / DPI,
            family=FONT,
            parse_math=False,
        )
    axes.set(xlim=(0, chart.end), ylim=(len(chart.bars) - 0.5, -0.5), xticks=[], yticks=[])
    axes.spines[["top", "right", "bottom"]].set_visible(False)
    axes.spines["left"].set_color(GREY)
