"""Comparison: one noisy picture, denoised by many denoisers."""

import time
from collections.abc import Collection
from dataclasses import dataclass

import torch
from torch import Tensor

from denoise_demo.benchmark import NOTHING
from denoise_demo.corruption import corrupt, noise_deviation
from denoise_demo.denoisers import (
    DenoiserSpec,
    get_denoiser,
    list_denoisers,
    load_denoiser,
)
from denoise_demo.lab.scores import classify, live_scores
from denoise_demo.lab.settings import Settings


@dataclass(frozen=True)
class Comparison:
    """The results of several denoisers for one picture.

    `names` are "noisy" for doing nothing, then the denoisers' ids. The results are in the same
    order: `images` (M, C, H, W) in [0, 1], `scores` by metric, (M,) each, `probabilities`
    (M, 10), None for faces or without a classifier, and `milliseconds`.
    """

    names: list[str]
    images: Tensor
    scores: dict[str, Tensor]
    probabilities: Tensor | None
    milliseconds: list[float]


def compare(clean: Tensor, settings: Settings, names: Collection[str]) -> Comparison:
    """Denoise one corrupted picture with several denoisers, and measure and classify each result.

    All get the same noise, limited to [0, 1] where they expect it.

    Args:
        clean: (1, 1, 28, 28) for digits or (1, 3, 28, 28) for faces, in [0, 1].
        settings: the corruption and the seed; the denoiser is ignored.
        names: ids of denoisers of the picture's domain.

    Raises:
        ValueError: for a denoiser that does not take this picture.
        CheckpointError: when a network's weights are missing or damaged.
    """
    chosen = [get_denoiser(name) for name in names]
    for spec in chosen:
        if spec.shape and spec.shape != clean.shape[1:]:
            raise ValueError(f"{spec.id} does not take such pictures: leave it out")
    corruption = (settings.kind, settings.level, settings.blur_sigma)
    noisy = {}
    for clip in (True, False):
        generator = torch.Generator().manual_seed(settings.seed)
        noisy[clip] = corrupt(clean, *corruption, clip=clip, generator=generator)
    sigma = noise_deviation(clean, *corruption)
    results = [
        (noisy[True], 0.0),
        *(_timed(spec, noisy[spec.clip], sigma) for spec in chosen),
    ]
    images = torch.cat([image for image, _ in results])
    originals = clean.expand_as(images)
    return Comparison(
        names=[NOTHING, *(spec.id for spec in chosen)],
        images=images,
        scores=live_scores(images, originals),
        probabilities=classify(images) if clean.shape[1] == 1 else None,
        milliseconds=[milliseconds for _, milliseconds in results],
    )


def contenders(domain: str, usable: Collection[str], *, slow: bool) -> list[str]:
    """Return a domain's usable denoisers: the fast ones, or the slow filters."""
    return [
        key for key, spec in list_denoisers(domain).items() if key in usable and spec.slow is slow
    ]


def _timed(spec: DenoiserSpec, noisy: Tensor, sigma: Tensor) -> tuple[Tensor, float]:
    denoise = load_denoiser(spec.id)
    start = time.perf_counter()
    denoised = denoise(noisy, sigma)
    return denoised, 1000 * (time.perf_counter() - start)
