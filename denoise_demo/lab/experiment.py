"""One experiment: corrupt, denoise, classify and measure pictures."""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from denoise_demo.corruption import corrupt, noise_deviation
from denoise_demo.data import in_channels
from denoise_demo.denoisers import DenoiserSpec, get_denoiser, load_denoiser, load_network
from denoise_demo.lab.scores import classify, json_number, live_scores
from denoise_demo.lab.settings import Settings
from denoise_demo.networks import DIGIT


@dataclass(frozen=True)
class Outcome:
    """The result of an experiment, for images (N, C, H, W).

    `outside` says whether the network was trained on another domain and the images were converted
    to its number of channels; `clean` is the network's input without noise. `scores` holds metrics
    by name, each (N,), for "noisy" and "denoised", of the images as shown, limited to [0, 1].
    `probabilities` holds (N, 10) for "clean", "noisy" and "denoised"; it is empty for faces and
    without a classifier. `spread` is the expected error, a standard deviation, of a network that
    estimates it.
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
        settings: the corruption, seed and denoiser. A network of the other domain gets grey images
            in three channels, and colour images in grey.

    Raises:
        ValueError: when the denoiser does not take images of this size.
        CheckpointError: when the network's weights are missing or damaged.
    """
    spec = get_denoiser(settings.denoiser)
    is_digit, outside = clean.shape[1:] == DIGIT, False
    if spec.shape:
        if clean.shape[2:] != spec.shape[1:]:
            raise ValueError(
                f"{settings.denoiser} does not take pictures of {_by(clean.shape[2:])} pixels: "
                f"give {_by(spec.shape[1:])}"
            )
        outside = clean.shape[1] != spec.shape[0]
        clean = in_channels(clean, spec.shape[0])
    corruption = (settings.kind, settings.level, settings.blur_sigma)
    noisy = corrupt(clean, *corruption, clip=spec.clip, generator=settings.seed)
    sigma = noise_deviation(clean, *corruption) if spec.informed else torch.zeros(len(clean))
    denoised, spread = _denoise(spec, noisy, sigma)
    scores = _score(clean, noisy, denoised)
    probabilities = _classify(clean, noisy, denoised) if is_digit else {}
    return Outcome(clean, noisy, denoised, scores, probabilities, outside, spread)


def _denoise(spec: DenoiserSpec, noisy: Tensor, sigma: Tensor) -> tuple[Tensor, Tensor | None]:
    """Denoise; also return the expected error of a network that estimates it."""
    if spec.expects_error:
        return load_network(spec.id).with_spread(noisy)
    return load_denoiser(spec.id)(noisy, sigma), None


def _by(shape: Iterable[int]) -> str:
    return " x ".join(map(str, shape))


def _score(clean: Tensor, noisy: Tensor, denoised: Tensor) -> dict[str, dict[str, Tensor]]:
    """Measure both versions in one batch, limited to [0, 1] as shown."""
    both = torch.cat([noisy, denoised]).clamp(0, 1)
    values = live_scores(both, torch.cat([clean, clean]))
    halves = {name: value.chunk(2) for name, value in values.items()}
    return {
        version: {name: half[i] for name, half in halves.items()}
        for i, version in enumerate(("noisy", "denoised"))
    }


def _classify(clean: Tensor, noisy: Tensor, denoised: Tensor) -> dict[str, Tensor]:
    """Classify the three versions in one batch."""
    probabilities = classify(in_channels(torch.cat([clean, noisy, denoised]), 1))
    if probabilities is None:
        return {}
    return dict(zip(("clean", "noisy", "denoised"), probabilities.chunk(3), strict=True))


def first_scores(outcome: Outcome) -> dict[str, dict[str, float | None]]:
    """Return the first image's scores as JSON values; an infinite PSNR is None."""
    return {
        version: {name: json_number(float(values[0])) for name, values in scores.items()}
        for version, scores in outcome.scores.items()
    }
