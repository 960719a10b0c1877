"""One experiment: corrupt, denoise, classify, measure. What every tab and endpoint shows."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

import torch
from pydantic import ConfigDict, Field, StrictFloat, StrictInt, StrictStr
from pydantic.dataclasses import dataclass as checked
from torch import Tensor

from denoise_demo.benchmark import live_metrics
from denoise_demo.common import SEED_MAXIMUM, lookup, parse
from denoise_demo.corruption import BLUR_MAXIMUM, NOISES, corrupt, noise_deviation
from denoise_demo.data import in_channels
from denoise_demo.denoisers import (
    CheckpointError,
    DenoiserSpec,
    get_denoiser,
    load_classifier,
    load_denoiser,
    load_network,
)
from denoise_demo.networks import DIGIT


@checked(frozen=True, config=ConfigDict(extra="forbid", allow_inf_nan=False))
class Settings:
    """What a person chooses: the corruption, the noise seed and the denoiser.

    `level` is in the unit of the noise kind, `blur_sigma` in pixels. `denoiser` is a network's or
    a filter's id.
    """

    kind: StrictStr
    level: StrictFloat
    blur_sigma: Annotated[StrictFloat, Field(ge=0, le=BLUR_MAXIMUM)]
    denoiser: StrictStr
    seed: Annotated[StrictInt, Field(ge=0, le=SEED_MAXIMUM)]

    def __post_init__(self) -> None:
        """Check what depends on the registries."""
        lookup(NOISES, self.kind, "noise").check(self.level)
        get_denoiser(self.denoiser)

    @classmethod
    def parse(cls, values: object) -> "Settings":
        """Read the settings from JSON values; ValueError says what came and what to give."""
        return parse(cls, values, "the settings")


@dataclass(frozen=True)
class Outcome:
    """What an experiment came to, for images (N, C, H, W).

    `outside` says whether the network learnt other pictures, so that these came to it in its own
    number of channels; `clean` is as the network's noisy input would be without noise.
    `scores` holds metrics by name, each (N,), for "noisy" and "denoised", of the pictures as they
    are shown, limited to [0, 1]. `probabilities` holds (N, 10) for "clean", "noisy" and
    "denoised", or nothing when there is no classifier or the picture is no digit. `spread` is the
    standard deviation that the network expects of its error, where it says so.
    """

    clean: Tensor
    noisy: Tensor
    denoised: Tensor
    scores: dict[str, dict[str, Tensor]]
    probabilities: dict[str, Tensor]
    outside: bool
    spread: Tensor | None = None


def run(clean: Tensor, settings: Settings) -> Outcome:
    """Corrupt clean images, denoise them, classify digits and measure everything.

    Args:
        clean: (N, C, H, W) in [0, 1], grey for digits, in colour for faces.
        settings: the corruption, seed and denoiser. A network for other pictures gets grey ones
            in three channels, and colour ones in grey.

    Raises:
        ValueError: when the denoiser does not take images of this size.
        CheckpointError: when the network's weights are missing or damaged.
    """
    method = get_denoiser(settings.denoiser)
    is_digit, outside = clean.shape[1:] == DIGIT, False
    if method.shape:
        if clean.shape[2:] != method.shape[1:]:
            raise ValueError(
                f"{settings.denoiser} does not take pictures of {_by(clean.shape[2:])} pixels: "
                f"give {_by(method.shape[1:])}"
            )
        outside = clean.shape[1] != method.shape[0]
        clean = in_channels(clean, method.shape[0])
    corruption = (settings.kind, settings.level, settings.blur_sigma)
    generator = torch.Generator().manual_seed(settings.seed)
    noisy = corrupt(clean, *corruption, clip=method.clip, generator=generator)
    sigma = noise_deviation(clean, *corruption) if method.informed else torch.zeros(len(clean))
    denoised, spread = _denoise(method, noisy, sigma)
    scores = _score(clean, noisy, denoised)
    probabilities = _classify(clean, noisy, denoised) if is_digit else {}
    return Outcome(clean, noisy, denoised, scores, probabilities, outside, spread)


def _denoise(method: DenoiserSpec, noisy: Tensor, sigma: Tensor) -> tuple[Tensor, Tensor | None]:
    """Denoise, with the spread where the method has one."""
    if method.spreads:
        return load_network(method.id).with_spread(noisy)
    return load_denoiser(method.id)(noisy, sigma), None


def _score(clean: Tensor, noisy: Tensor, denoised: Tensor) -> dict[str, dict[str, Tensor]]:
    """Measure both versions in one batch."""
    both, twice = torch.cat([noisy, denoised]).clamp(0, 1), torch.cat([clean, clean])
    values = {
        name: metric.function(both, twice).chunk(2) for name, metric in live_metrics().items()
    }
    return {
        version: {name: halves[i] for name, halves in values.items()}
        for i, version in enumerate(("noisy", "denoised"))
    }


def read(digits: Tensor) -> Tensor | None:
    """Classify digits (N, 1, 28, 28): probabilities (N, 10), or None without a classifier."""
    try:
        return load_classifier()(digits)
    except CheckpointError:
        return None


def _classify(clean: Tensor, noisy: Tensor, denoised: Tensor) -> dict[str, Tensor]:
    """Classify the three versions in one batch."""
    probabilities = read(in_channels(torch.cat([clean, noisy, denoised]), 1))
    if probabilities is None:
        return {}
    return dict(zip(("clean", "noisy", "denoised"), probabilities.chunk(3), strict=True))


def first_scores(outcome: Outcome) -> dict[str, dict[str, float | None]]:
    """Return the first image's scores as JSON values; an infinite PSNR is None."""
    return {
        name: {metric: json_number(float(values[0])) for metric, values in scores.items()}
        for name, scores in outcome.scores.items()
    }


def json_number(value: float) -> float | None:
    """Return a number as JSON has it: no infinities."""
    return value if math.isfinite(value) else None


def _by(shape: Iterable[int]) -> str:
    return " x ".join(map(str, shape))
