"""Drawing: the articles' figures and the page's charts.

`FIGURES` is the registry of the articles' figures; `draw` draws one with matplotlib for any
denoiser and pictures, and `to_png` encodes it. The module `curves` makes the interactive charts; it
is imported when the first one is drawn, because altair takes memory that most visits do not need.
Only this room imports matplotlib and altair. May import every room but training and ui.
"""

from denoise_demo.figures.canvas import to_png
from denoise_demo.figures.charts import MOST
from denoise_demo.figures.registry import FIGURES, FigureSpec, draw, file_name, get_figure

__all__ = [
    "FIGURES",
    "MOST",
    "FigureSpec",
    "draw",
    "file_name",
    "get_figure",
    "to_png",
]
