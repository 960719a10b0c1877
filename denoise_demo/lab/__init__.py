"""Experiments on single pictures, independent of the page.

A source gives a clean picture (`clean_picture`, `COLLECTIONS`), `Settings` choose the corruption
and the denoiser, and `run` corrupts, denoises, classifies and measures. The other views build on
this: `compare` (all denoisers at once), `gain_matrix` (the benchmark's gains), codes, `dream`,
`PRESETS`, `SCENES`, photographs (`Photograph`, `treat`, `Whole`), and for other programs
`denoise_image` and `add_noise`. May import common, corruption, networks, data, denoisers and
benchmark.
"""

from denoise_demo.lab.bottleneck import EDITED, NETWORKS, PLANE, unit_spans
from denoise_demo.lab.comparison import Comparison, compare, contenders
from denoise_demo.lab.dreams import STEPS, dream
from denoise_demo.lab.experiment import Outcome, first_scores, run
from denoise_demo.lab.matrix import Matrix, gain_matrix
from denoise_demo.lab.photos import (
    WINDOW,
    Photograph,
    Treatment,
    Whole,
    photo_denoisers,
    treat,
)
from denoise_demo.lab.presets import PRESETS, SCENES, Preset, preset_picture
from denoise_demo.lab.scores import classify, json_number
from denoise_demo.lab.settings import Settings, is_trained_on
from denoise_demo.lab.sources import (
    COLLECTIONS,
    Collection,
    choose_pictures,
    clean_picture,
    collections_of,
    count_pictures,
    figure_source,
    figure_sources,
    pixels_source,
)
from denoise_demo.lab.tools import (
    Answer,
    add_noise,
    clean,
    denoise_image,
    describe_denoisers,
    describe_noises,
    dream_digits,
    facts_of,
)

__all__ = [
    "COLLECTIONS",
    "EDITED",
    "NETWORKS",
    "PLANE",
    "PRESETS",
    "SCENES",
    "STEPS",
    "WINDOW",
    "Answer",
    "Collection",
    "Comparison",
    "Matrix",
    "Outcome",
    "Photograph",
    "Preset",
    "Settings",
    "Treatment",
    "Whole",
    "add_noise",
    "choose_pictures",
    "classify",
    "clean",
    "clean_picture",
    "collections_of",
    "compare",
    "contenders",
    "count_pictures",
    "denoise_image",
    "describe_denoisers",
    "describe_noises",
    "dream",
    "dream_digits",
    "facts_of",
    "figure_source",
    "figure_sources",
    "first_scores",
    "gain_matrix",
    "is_trained_on",
    "json_number",
    "photo_denoisers",
    "pixels_source",
    "preset_picture",
    "run",
    "treat",
    "unit_spans",
]
