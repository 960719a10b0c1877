"""Image quality metrics: two batches (N, C, H, W) -> one value per image, (N,)."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

WINDOW, SIGMA = 11, 1.5  # the SSIM window of Wang et al.


@dataclass(frozen=True)
class Score:
    """How a score is named, formatted and compared.

    `label` is its short name, `title` the full one; `unit` is empty for a plain number.
    """

    label: str
    title: str
    unit: str
    decimals: int
    higher_is_better: bool

    @property
    def axis(self) -> str:
        """The label with the unit, for axes and table headings."""
        return f"{self.label}, {self.unit}" if self.unit else self.label


@dataclass(frozen=True)
class MetricSpec(Score):
    """A score computed from pictures and their originals: `function(image, clean)`, (N,).

    `live` says whether the page computes it for every frame; the benchmark computes all. `meaning`
    is for readers: Markdown with LaTeX.
    """

    function: Callable[[Tensor, Tensor], Tensor]
    live: bool = True
    reference: str = ""
    meaning: str = ""


def mae(image: Tensor, clean: Tensor) -> Tensor:
    """Return the mean absolute error over all channel values, (N,)."""
    return (image - clean).abs().flatten(1).mean(1)


def mse(image: Tensor, clean: Tensor) -> Tensor:
    """Return the mean squared error over all channel values, (N,)."""
    return (image - clean).square().flatten(1).mean(1)


def psnr(image: Tensor, clean: Tensor) -> Tensor:
    """Return the peak signal-to-noise ratio in dB for peak 1, (N,); infinite when identical."""
    return -10 * torch.log10(mse(image, clean))


def bce(image: Tensor, clean: Tensor) -> Tensor:
    """Return the mean binary cross-entropy in nats, (N,), for images in [0, 1]."""
    return F.binary_cross_entropy(image, clean, reduction="none").flatten(1).mean(1)


def ssim(image: Tensor, clean: Tensor) -> Tensor:
    """Return the structural similarity for peak 1, (N,).

    Gaussian window of 11 x 11 with sigma 1.5, averaged over all places where the window fits and
    over channels.

    Reference: Wang et al. 2004, doi:10.1109/TIP.2003.819861.
    """
    c1, c2 = 0.01**2, 0.03**2
    maps = torch.stack([image, clean, image * image, clean * clean, image * clean])
    rows = _window_matrix(image.shape[-2]).to(image.device)  # (H - 10, H)
    columns = _window_matrix(image.shape[-1]).to(image.device)  # (W - 10, W)
    mean_x, mean_y, xx, yy, xy = rows @ maps @ columns.T  # five of (N, C, H - 10, W - 10)
    variance_x, variance_y = xx - mean_x * mean_x, yy - mean_y * mean_y
    covariance = xy - mean_x * mean_y
    luminance = (2 * mean_x * mean_y + c1) / (mean_x * mean_x + mean_y * mean_y + c1)
    structure = (2 * covariance + c2) / (variance_x + variance_y + c2)
    index: Tensor = luminance * structure
    return index.flatten(1).mean(1)


@lru_cache(maxsize=16)
def _window_matrix(size: int) -> Tensor:
    """Return the matrix that slides the normalised window along one side, (size - 10, size)."""
    if size < WINDOW:
        raise ValueError(f"SSIM needs images of at least {WINDOW} pixels per side, not {size}")
    taps = torch.arange(WINDOW) - WINDOW // 2
    weights = torch.exp(-0.5 * (taps / SIGMA) ** 2)
    weights = weights / weights.sum()
    matrix = torch.zeros(size - WINDOW + 1, size)
    for i in range(len(matrix)):
        matrix[i, i : i + WINDOW] = weights
    return matrix


def live_metrics() -> dict[str, MetricSpec]:
    """Return the metrics that the page computes for every frame."""
    return {key: spec for key, spec in METRICS.items() if spec.live}


def scores_of(domain: str) -> dict[str, Score]:
    """Return a domain's scores in the benchmark: the metrics and, for digits, the accuracy."""
    return METRICS | ({"accuracy": ACCURACY} if domain == "digits" else {})


ACCURACY = Score("Accuracy", "share of digits classified correctly", "", 3, higher_is_better=True)
METRICS: dict[str, MetricSpec] = {
    "psnr": MetricSpec(
        "PSNR",
        "peak signal-to-noise ratio",
        "dB",
        2,
        higher_is_better=True,
        function=psnr,
        meaning=r"peak signal-to-noise ratio: $-10 \log_{10}$ of the mean squared error, in "
        "decibels; ∞ when identical",
    ),
    "ssim": MetricSpec(
        "SSIM",
        "structural similarity",
        "",
        3,
        higher_is_better=True,
        function=ssim,
        reference="Wang et al. 2004, doi:10.1109/TIP.2003.819861",
        meaning="structural similarity of edges and contrast; 1 when identical",
    ),
    "mae": MetricSpec(
        "MAE",
        "mean absolute error",
        "",
        3,
        higher_is_better=False,
        function=mae,
        meaning="mean absolute error of a value; white is 1",
    ),
    "bce": MetricSpec(
        "BCE",
        "mean binary cross-entropy",
        "nats",
        3,
        higher_is_better=False,
        function=bce,
        live=False,
    ),
}
