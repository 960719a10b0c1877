"""Drawing: the articles' figures and the page's charts.

`FIGURES` is the registry of the articles' figures; `draw` draws one with matplotlib for any
denoiser and pictures, `to_png` encodes it, and `darken` recolours it for a dark page. The
module `curves` makes the interactive charts; it
is imported when the first one is drawn, because altair takes memory that most visits do not need.
Only this room imports matplotlib and altair. May import every room but training and ui.
"""

from denoise_demo.figures.canvas import darken, to_png
from denoise_demo.figures.charts import MOST
from denoise_demo.figures.registry import FIGURES, FigureSpec, draw, file_name, get_figure

__all__ = [
    "FIGURES",
    "MOST",
    "FigureSpec",
    "darken",
    "draw",
    "file_name",
    "get_figure",
    "to_png",
]
