"""Scores of pictures against their originals, and classes of digits."""

import math

from torch import Tensor

from denoise_demo.benchmark import live_metrics
from denoise_demo.denoisers import CheckpointError, load_classifier


def live_scores(images: Tensor, clean: Tensor) -> dict[str, Tensor]:
    """Return every live metric of images (N, C, H, W) in [0, 1], by name, (N,) each."""
    return {name: metric.function(images, clean) for name, metric in live_metrics().items()}


def classify(digits: Tensor) -> Tensor | None:
    """Classify digits (N, 1, 28, 28): probabilities (N, 10), or None without a classifier."""
    try:
        return load_classifier()(digits)
    except CheckpointError:
        return None


def json_number(value: float) -> float | None:
    """Return a number as a JSON value: None if it is not finite."""
    return value if math.isfinite(value) else None
