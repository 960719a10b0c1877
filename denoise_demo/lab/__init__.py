"""One experiment, and what is built of experiments: comparison, bottleneck, dreams, presets."""

from denoise_demo.lab.bottleneck import EDITED, NETWORKS, PLANE, unit_spans
from denoise_demo.lab.comparison import NOTHING, Comparison, compare, contenders, is_trained_on
from denoise_demo.lab.dreams import STEPS, dream
from denoise_demo.lab.experiment import Outcome, Settings, first_scores, json_number, read, run
from denoise_demo.lab.matrix import gain_matrix
from denoise_demo.lab.presets import PRESETS, Preset
from denoise_demo.lab.sources import (
    choose_pictures,
    clean_picture,
    count_pictures,
    faces_test,
    pixels_source,
)

__all__ = [
    "EDITED",
    "NETWORKS",
    "NOTHING",
    "PLANE",
    "PRESETS",
    "STEPS",
    "Comparison",
    "Outcome",
    "Preset",
    "Settings",
    "choose_pictures",
    "clean_picture",
    "compare",
    "contenders",
    "count_pictures",
    "dream",
    "faces_test",
    "first_scores",
    "gain_matrix",
    "is_trained_on",
    "json_number",
    "pixels_source",
    "read",
    "run",
    "unit_spans",
]
