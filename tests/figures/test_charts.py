"""Grids of bars and curves: lengths match the values, and nothing overlaps."""

import pytest
from matplotlib.figure import Figure

from denoise_demo.figures.charts import HUES, Bar, Chart, Curve, Plot, bar_grid, curve_grid

BARS = [Bar("short", 0.1, "0.1", (0.05, 0.15), best=True), Bar("none", words="not measured")]


@pytest.fixture
def figure() -> Figure:
    rows = {"one": [Chart(BARS, 0.3), Chart(BARS, 1)], "two": [Chart(BARS, 2), Chart(BARS, 1)]}
    return bar_grid("title", ["left", "right\nhere"], rows, "a caption of many words " * 20)


def test_every_chart_has_its_own_axis_from_0(figure: Figure) -> None:
    assert [axes.get_xlim() for axes in figure.axes] == [(0, 0.3), (0, 1), (0, 2), (0, 1)]


def test_bars_are_as_long_as_their_values_from_the_top_down(figure: Figure) -> None:
    bars = figure.axes[0].patches

    assert [bar.get_width() for bar in bars] == [0.1, 0]
    assert bars[0].get_window_extent().y0 > bars[1].get_window_extent().y1


def test_text_follows_the_bar_and_its_interval(figure: Figure) -> None:
    axes = figure.axes[0]

    texts = [text.get_text() for text in axes.texts]
    assert texts == ["0.1 ★", "not measured"]
    assert axes.texts[0].get_position()[0] > 0.15


def test_labels_are_level_with_their_bars_and_written_once(figure: Figure) -> None:
    labels = [text for text in figure.texts if text.get_text() == "short"]

    boxes = [label.get_window_extent() for label in labels]
    bars = [axes.patches[0].get_window_extent() for axes in figure.axes[::2]]
    assert len(labels) == 2
    assert all(b.y0 < (box.y0 + box.y1) / 2 < b.y1 for box, b in zip(boxes, bars, strict=True))


def test_no_text_sticks_out_or_covers_a_chart(figure: Figure) -> None:
    boxes = [text.get_window_extent() for text in figure.texts if text.get_text()]

    assert all(0 < box.x0 < box.x1 < figure.bbox.x1 for box in boxes)
    assert all(0 < box.y0 < box.y1 < figure.bbox.y1 for box in boxes)
    assert not any(box.overlaps(axes.get_window_extent()) for box in boxes for axes in figure.axes)


@pytest.fixture
def curves() -> Figure:
    plots = [Plot(name, [Curve("a", [0.01, 0.1], [0.02, 0.3])], ("x", "y")) for name in "pq"]
    return curve_grid("title", plots, "a caption")


def test_curves_have_two_equal_logarithmic_axes_with_the_diagonal(curves: Figure) -> None:
    for axes in curves.axes:
        diagonal, line = axes.lines
        assert axes.get_xscale() == axes.get_yscale() == "log"
        assert axes.get_xlim() == axes.get_ylim()
        low, high = axes.get_xlim()
        assert low < 0.01
        assert high > 0.3
        assert list(diagonal.get_xdata()) == list(diagonal.get_ydata())
        assert (list(line.get_xdata()), list(line.get_ydata())) == ([0.01, 0.1], [0.02, 0.3])
        assert [text.get_text() for text in axes.get_legend().get_texts()] == ["a"]


def test_plots_side_by_side_do_not_overlap(curves: Figure) -> None:
    left, right = (axes.get_tightbbox() for axes in curves.axes)

    assert left.x1 < right.x0
    assert right.x1 < curves.bbox.x1
    assert min(left.y0, right.y0) > 0


def luminance(colour):
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = (c / 12.92 if c <= 0.04 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("page", ["#ffffff", "#0f172a"])
def test_every_curve_is_seen_on_white_and_on_dark_pages(page):
    for hue in HUES:
        dark, light = sorted((luminance(page), luminance(hue)))
        assert (light + 0.05) / (dark + 0.05) > 2.2, hue
