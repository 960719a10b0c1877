"""What the articles drew, and charts; the only room that imports matplotlib."""

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
