"""Drawing: the articles' figures and the page's charts.

`FIGURES` is the registry of the articles' figures; `draw` makes one with matplotlib for any
denoiser and pictures, and `to_png` saves it. `level_curves` and `loss_curves` make the interactive
charts with altair. Only this room imports matplotlib and altair. May import every room but
training and ui.
"""

from denoise_demo.figures.canvas import to_png
from denoise_demo.figures.curves import MOST, VegaChart, level_curves, loss_curves
from denoise_demo.figures.registry import FIGURES, FigureSpec, draw, file_name, get_figure

__all__ = [
    "FIGURES",
    "MOST",
    "FigureSpec",
    "VegaChart",
    "draw",
    "file_name",
    "get_figure",
    "level_curves",
    "loss_curves",
    "to_png",
]
