"""Vega-Lite charts on the page."""

from typing import TYPE_CHECKING

from gradio.components.plot import PlotData

if TYPE_CHECKING:
    from denoise_demo.figures.curves import VegaChart


class _Chart(PlotData):
    """A chart as Gradio's page takes it; with a kind it gets the page's width and colours."""

    chart: str = "layered"


def chart(layers: "VegaChart") -> PlotData:
    """Return the value of a gr.Plot that shows a chart in the page's width and colours."""
    return _Chart(type="altair", plot=layers.to_json(validate=False))
