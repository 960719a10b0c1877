"""S4's benchmark, reproduced with the mistakes of its notebook, and its published numbers.

This explains the article's bars; to measure a denoiser correctly, use `evaluation`. All errors are
means over channel values; the article's "absolute error" is a sum over the three channels, three
times as large.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import cast

import torch
from torch import Tensor

from denoise_demo.benchmark import metrics
from denoise_demo.benchmark.rows import ArticleRow
from denoise_demo.corruption import POINTS, Corruption
from denoise_demo.denoisers import FILTERS

KINDS = ("gaussian", "poisson", "salt-pepper", "speckle")  # in the article's order
BASELINES = ("mean-3", "median-3", "majority-3")
AUTOENCODER, GAN = "strided-conv", "pix2pix"
CHANNELS = 3
PLACES = {point: noise for point, noise in POINTS.items() if point.startswith("s4-")}
NOTEBOOK = [  # the notebook's levels where they differ from the text's: they fit the published bars
    point for point in PLACES if f"{point}-notebook" not in PLACES
]

MISTAKES: dict[str, str] = {
    "Black pictures": "the filters' 8-bit results are divided by 255 as integers, so that almost "
    "every value is 0.",
    "Wrong reference": "denoised test face number i is compared with face number i of the whole "
    "data set, which is another person.",
    "Stale prediction": "the autoencoder's bars show the last filter's result for the last noise; "
    "its own output is never measured.",
    "Noisy target": "pix2pix is compared with its noisy input, so that changing nothing would be "
    "perfect.",
}

# In the article's unit; values marked "about" are read off a bar chart.
PUBLISHED: dict[str, dict[str, float]] = {
    **dict.fromkeys(BASELINES, dict.fromkeys(NOTEBOOK, 1.335)),  # about
    AUTOENCODER: dict.fromkeys(NOTEBOOK, 1.37),  # about
    GAN: {"s4-gaussian-notebook": 0.2277, "s4-salt-pepper-notebook": 0.1173, "s4-speckle": 0.6972},
}

Network = Callable[[Tensor], Tensor]


def published() -> list[ArticleRow]:
    """Return the article's published errors, per channel value; only those of pix2pix are exact."""
    return [
        ArticleRow(domain="faces", point=point, denoiser=denoiser, mae=error / CHANNELS)
        for denoiser, errors in PUBLISHED.items()
        for point, error in errors.items()
    ]


def as_computed(
    faces: Tensor, first_test: int, load: Callable[[str], Network], seed: int = 0
) -> list[ArticleRow]:
    """Measure as the article did, with all its mistakes.

    Args:
        faces: (N, 3, H, W) in [0, 1], the whole data set in its order.
        first_test: the number of the first test face; the faces before it were for training.
        load: returns a recipe's network by id, (N, 3, H, W) -> (N, 3, H, W).
        seed: noise seed.

    Returns:
        One row for each point of PLACES and each of BASELINES, AUTOENCODER and GAN.

    Raises:
        CheckpointError: when the weights of a network are missing or damaged.
    """
    rows = list(_rows(faces, first_test, load, torch.Generator().manual_seed(seed)))
    stale = rows[-1]  # mistake 3: the last filter's bar for the last noise
    bars = [{"point": point, "denoiser": AUTOENCODER} for point in PLACES]
    rows += [stale.model_copy(update=bar) for bar in bars]
    return rows


def _rows(
    faces: Tensor, first_test: int, load: Callable[[str], Network], generator: torch.Generator
) -> Iterator[ArticleRow]:
    """Yield the bars of the GAN and of the filters for each noise."""
    clean = faces[first_test:]
    others = faces[: len(clean)]  # mistake 2: face i of all faces, not of the test faces
    for point, corruption in PLACES.items():
        noisy = corrupt(clean, corruption, generator)
        denoised = load(f"{GAN}-{corruption.kind}")(noisy)
        yield _row(point, GAN, denoised, noisy)  # mistake 4: against the input
        for name in BASELINES:
            yield _row(point, name, blackened(filter_value(noisy, name)), others)


def _row(point: str, denoiser: str, images: Tensor, goal: Tensor) -> ArticleRow:
    error = round(float(metrics.mae(images, goal).mean()), 5)
    return ArticleRow(domain="faces", point=point, denoiser=denoiser, mae=error)


def blackened(images: Tensor) -> Tensor:
    """Divide 8-bit values by 255 as integers (mistake 1): only full white gives 1."""
    return images.mul(255).round().div(255, rounding_mode="floor")


def filter_value(images: Tensor, name: str) -> Tensor:
    """Filter only the HSV value of colours (N, 3, H, W), the maximum of a pixel's channels."""
    value = images.amax(1, keepdim=True)
    filtered = FILTERS[name](value, 0.0)
    grey = filtered.expand_as(images)  # black has no hue
    return torch.where(value > 0, images / value * filtered, grey)


def corrupt(clean: Tensor, corruption: Corruption, generator: torch.Generator) -> Tensor:
    """Add noise as the notebook does.

    Its salt & pepper changes the right number of values, but its random indices end one too early
    on every axis and miss the last row, the last column and the blue channel.
    """
    if corruption.kind != "salt-pepper":
        return corruption(clean, generator)
    noisy, reach = clean.clone(), clean[:, :-1, :-1, :-1]
    denser = cast(float, corruption.level) * clean[0].numel() / reach[0].numel()
    noisy[:, :-1, :-1, :-1] = replace(corruption, level=denser)(reach, generator)
    return noisy
