"""A denoiser as a generator: noise is denoised repeatedly, with less and less noise added back.

Denoising pure noise gives a faint guess. Adding less noise to the guess and denoising again gives a
clearer one; after enough steps no noise is left, and a new digit remains.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from denoise_demo.common import noise_seed
from denoise_demo.denoisers import load_network
from denoise_demo.networks import DIGIT

DREAMER = "blind-digits"
STEPS = 60
FIRST, LAST = 3.0, 0.02  # the noise's standard deviation at the first step and the last


@dataclass(frozen=True)
class Frame:
    """One step: the noisy input, the denoised output and the expected error.

    All are (N, 1, 28, 28); `sigma` is the noise's standard deviation.
    """

    noisy: Tensor
    denoised: Tensor
    spread: Tensor
    sigma: float


def dream(seed: int, count: int = 1, steps: int = STEPS) -> Iterator[Frame]:
    """Generate digits from noise, step by step.

    Starting from x_0 = sigma_0 n, each step denoises and adds weaker noise: x_k+1 = f(x_k) +
    sigma_k+1 n. The standard deviations fall in equal ratios.

    Args:
        seed: noise seed.
        count: number of digits.
        steps: number of denoising steps, at least 2.

    Yields:
        Every step; the denoised images of the last step are the digits, in [0, 1].

    Raises:
        ValueError: for an invalid seed, or too few steps.
        CheckpointError: when the network's weights are missing or damaged.

    Reference: Alain and Bengio 2014, arXiv:1211.4246; Bengio et al. 2013, arXiv:1305.6663; for
    the decreasing noise Song and Ermon 2019, arXiv:1907.05600.
    """
    generator = torch.Generator().manual_seed(noise_seed(seed))
    if steps < 2:
        raise ValueError(f"steps is {steps}: give at least 2")
    denoiser = load_network(DREAMER)
    denoised = torch.zeros(count, *DIGIT)
    for step in range(steps):
        sigma = FIRST * (LAST / FIRST) ** (step / (steps - 1))
        noisy = denoised + sigma * torch.randn(denoised.shape, generator=generator)
        denoised, spread = denoiser.with_spread(noisy)
        yield Frame(noisy, denoised, spread, sigma)
