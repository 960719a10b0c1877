"""A denoiser's scores for each image, their means and 95 % intervals."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from denoise_demo.benchmark.metrics import METRICS
from denoise_demo.corruption import Corruption, Mixture
from denoise_demo.data import Images

if TYPE_CHECKING:
    from denoise_demo.denoisers import Classifier, Denoiser, Network

NOISE_SEED = 0
BATCH = 1000  # fixed, because it determines which random numbers an image gets
GROUPS = 10  # of a calibration
RESAMPLES, RESAMPLE_SEED = 1000, 0  # of the bootstrap
PER_BATCH = 20  # resamples computed at once: the fastest number, with little memory

Summary = dict[str, float | None]


@dataclass(frozen=True)
class Scene:
    """Images under one corruption: clean and noisy (N, C, H, W), labels (N,), deviation (N,)."""

    clean: Tensor
    noisy: Tensor
    labels: Tensor
    sigma: Tensor

    def __len__(self) -> int:
        return len(self.clean)

    def __getitem__(self, rows: slice) -> "Scene":
        """Return some of the images."""
        return Scene(self.clean[rows], self.noisy[rows], self.labels[rows], self.sigma[rows])

    def batches(self) -> Iterator["Scene"]:
        """Yield the images in batches of BATCH."""
        for start in range(0, len(self), BATCH):
            yield self[start : start + BATCH]


def set_scene(corruption: Corruption | Mixture, images: Images) -> Scene:
    """Corrupt images with the benchmark's fixed noise, the same for all denoisers."""
    generator = torch.Generator().manual_seed(NOISE_SEED)
    parts = []
    for start in range(0, len(images), BATCH):
        clean = images.clean(slice(start, start + BATCH))
        noisy, sigma = corruption.measured(clean, generator)
        parts.append((clean, noisy, sigma))
    clean, noisy, sigma = (torch.cat(part) for part in zip(*parts, strict=True))
    return Scene(clean, noisy, images.labels, sigma)


@torch.no_grad()
def score(
    denoise: "Denoiser", scene: Scene, classify: "Classifier | None" = None
) -> dict[str, Tensor]:
    """Denoise a scene and measure every image.

    Args:
        denoise: (noisy, sigma) -> denoised, (N, C, H, W).
        scene: the images.
        classify: returns class probabilities, for the accuracy on denoised digits.

    Returns:
        Scores by name, (N,) each: every metric of METRICS, and with `classify` the accuracy, 0 or
        1 for each image.
    """
    values: dict[str, list[Tensor]] = {}
    for part in scene.batches():
        denoised = denoise(part.noisy, part.sigma).clamp(0, 1)
        for name, metric in METRICS.items():
            values.setdefault(name, []).append(metric.function(denoised, part.clean))
        if classify:
            right = classify(denoised).argmax(1) == part.labels
            values.setdefault("accuracy", []).append(right.float())
    return {name: torch.cat(parts).double() for name, parts in values.items()}


def evaluate(
    denoise: "Denoiser",
    corruption: Corruption | Mixture,
    images: Images,
    classify: "Classifier | None" = None,
) -> dict[str, float]:
    """Return the mean scores of a denoiser on images under a corruption; see `score`."""
    scores = score(denoise, set_scene(corruption, images), classify)
    return {name: float(values.mean()) for name, values in scores.items()}


def calibrate(denoiser: "Network", scene: Scene) -> dict[str, list[float]]:
    """Compare a network's expected errors with its actual errors.

    All values are sorted by expected error and split into GROUPS groups of equal size.

    Args:
        denoiser: a network that estimates its own error.
        scene: the images.

    Returns:
        "expected" and "actual", the root mean square errors of each group, to five decimals.
    """
    parts = []
    for part in scene.batches():
        denoised, spread = denoiser.with_spread(part.noisy)
        squares = spread.square(), (denoised - part.clean).square()
        parts.append(torch.stack([values.flatten() for values in squares]))
    pairs = torch.cat(parts, 1)
    groups = pairs[:, pairs[0].argsort()].tensor_split(GROUPS, 1)
    roots = torch.stack([group.double().mean(1).sqrt() for group in groups])
    expected, actual = ([round(float(root), 5) for root in column] for column in roots.unbind(1))
    return {"expected": expected, "actual": actual}


def summarise(scores: dict[str, Tensor]) -> Summary:
    """Return the mean of every score with the ends of its 95 % percentile bootstrap interval.

    Returns:
        name, name_low and name_high for every score, to five decimals; None where the mean is
        infinite: the PSNR's, if any image equals its original.

    Reference: Efron 1979, doi:10.1214/aos/1176344552.
    """
    from scipy.stats import bootstrap  # noqa: PLC0415 - saves the page's memory

    keys = {name: (name, f"{name}_low", f"{name}_high") for name in scores}
    summary: Summary = {key: None for three in keys.values() for key in three}
    finite = [name for name, values in scores.items() if math.isfinite(values.mean())]
    if not finite:
        return summary
    values = torch.stack([scores[name] for name in finite]).numpy()
    values = values.repeat(2, 1) if values.shape[1] == 1 else values  # SciPy needs two or more
    found = bootstrap(
        (values,),
        np.mean,
        axis=1,
        n_resamples=RESAMPLES,
        batch=PER_BATCH,
        method="percentile",
        rng=np.random.default_rng(RESAMPLE_SEED),
    ).confidence_interval
    for name, *ends in zip(finite, values.mean(1), found.low, found.high, strict=True):
        summary |= {key: round(float(v), 5) for key, v in zip(keys[name], ends, strict=True)}
    return summary
