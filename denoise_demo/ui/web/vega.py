"""Vega-Lite charts on the page."""

import json
from collections.abc import Mapping
from typing import Any

from gradio.components.plot import PlotData


class _Chart(PlotData):
    """A chart as Gradio's page takes it, in the page's width and colours."""

    chart: str = "layered"


def chart(specification: Mapping[str, Any]) -> PlotData:
    """Return the value of a gr.Plot that shows a Vega-Lite chart."""
    return _Chart(type="altair", plot=json.dumps(specification, allow_nan=False))
