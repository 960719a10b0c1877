"""Corruptions: an optional Gaussian blur, then one of several kinds of noise.

All of them work on a batch `(N, C, H, W)` on its own device, with one level for the batch or one
per image. Randomness comes from an explicit generator only. The random field drawn does not
depend on the level: a level scales, thresholds or inverts the same unit field, so that
neighbouring levels give neighbouring pictures.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from denoise_demo.common import lookup
from denoise_demo.corruption.blur import Level, gaussian_blur

NoiseFunction = Callable[[Tensor, Tensor, torch.Generator], Tensor]
VarianceFunction = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class NoiseSpec:
    """What a person needs to know of one kind of noise, and the function that adds it.

    `variance` gives that of every noisy value before any clipping, from the image and the level.
    """

    label: str
    function: NoiseFunction
    variance: VarianceFunction
    level_name: str
    unit: str
    minimum: float
    maximum: float
    default: float
    step: float
    reference: str

    @property
    def name(self) -> str:
        """The label inside a sentence: only names of people keep their capital."""
        people = self.label.startswith(("Gaussian", "Poisson"))
        return self.label if people else self.label.lower()

    def check(self, level: float) -> None:
        """Raise ValueError when the level is outside this noise's span."""
        if not self.minimum <= level <= self.maximum:
            raise ValueError(
                f"{self.level_name} {level:g} is outside the span of {self.name} noise: "
                f"choose {self.minimum:g} to {self.maximum:g}"
            )


def no_noise(image: Tensor, level: Tensor, generator: torch.Generator) -> Tensor:
    """Return the image as it is."""
    return image.clone()


def gaussian(image: Tensor, level: Tensor, generator: torch.Generator) -> Tensor:
    """Add Gaussian noise: x + sigma * n, with n ~ N(0, 1).

    Reference: Vincent et al. 2010, Stacked denoising autoencoders, JMLR 11.
    """
    return image + level * _normals(image, generator)


def uniform(image: Tensor, level: Tensor, generator: torch.Generator) -> Tensor:
    """Add uniform noise on both sides: x + r * (2u - 1), with u ~ U(0, 1).

    Reference: A. Amico 2019, Denoise with autoencoders.
    """
    return image + level * (2 * _uniforms(image, generator) - 1)


def one_sided_uniform(image: Tensor, level: Tensor, generator: torch.Generator) -> Tensor:
    """Add uniform noise that only brightens: x + r * u, with u ~ U(0, 1).

    Reference: the article "Image Denoising Using Auto Encoders".
    """
    return image + level * _uniforms(image, generator)


def poisson(image: Tensor, level: Tensor, generator: torch.Generator) -> Tensor:
    """Count photons: k / peak, with k ~ Poisson(peak * x), drawn by inversion of fixed uniforms.

    Reference: Hasinoff 2014, Photon, Poisson noise, doi:10.1007/978-0-387-31439-6_482.
    """
    peak = level.clamp_min(1e-6)
    return _poisson_quantile(_uniforms(image, generator), image.clamp_min(0) * peak) / peak


def salt_and_pepper(image: Tensor, level: Tensor, generator: torch.Generator) -> Tensor:
    """Set a fraction of all channel values to 0 (pepper, half of them) or 1 (salt).

    Reference: Gonzalez and Woods 2018, Digital Image Processing, chapter 5.
    """
    u = _uniforms(image, generator)
    pepper, salt = u < level / 2, u > 1 - level / 2
    return image.masked_fill(pepper, 0.0).masked_fill(salt, 1.0)


def speckle(image: Tensor, level: Tensor, generator: torch.Generator) -> Tensor:
    """Multiply by noise: x + x * sigma * n, with n ~ N(0, 1).

    Reference: Goodman 1976, Some fundamental properties of speckle, doi:10.1364/JOSA.66.001145.
    """
    return image * (1 + level * _normals(image, generator))


def corrupt(
    clean: Tensor,
    kind: str,
    level: Level,
    blur_sigma: Level = 0.0,
    *,
    clip: bool,
    generator: torch.Generator,
) -> Tensor:
    """Blur, then add noise, then limit to [0, 1] if asked.

    Args:
        clean: (N, C, H, W) in [0, 1].
        kind: a key of NOISES.
        level: in the unit of that noise, one number or (N,).
        blur_sigma: standard deviation in pixels, one number or (N,).
        clip: whether to limit the result to [0, 1].
        generator: the only source of randomness; may live on another device than the images.

    Returns:
        (N, C, H, W).

    Raises:
        ValueError: for an unknown kind.
    """
    spec = lookup(NOISES, kind, "noise")
    levels = torch.as_tensor(level, dtype=clean.dtype, device=clean.device).reshape(-1, 1, 1, 1)
    noisy = spec.function(gaussian_blur(clean, blur_sigma), levels, generator)
    return noisy.clamp_(0, 1) if clip else noisy


def noise_deviation(clean: Tensor, kind: str, level: Level, blur_sigma: Level = 0.0) -> Tensor:
    """Return the noise's standard deviation in each image, for denoisers that are told it.

    Args:
        clean: (N, C, H, W) in [0, 1].
        kind: a key of NOISES.
        level: in the unit of that noise, one number or (N,).
        blur_sigma: of the blur before the noise, one number or (N,).

    Returns:
        (N,), the root of the mean variance over the pixels, on the [0, 1] scale.

    Raises:
        ValueError: for an unknown kind.
    """
    spec = lookup(NOISES, kind, "noise")
    levels = torch.as_tensor(level, dtype=clean.dtype, device=clean.device).reshape(-1, 1, 1, 1)
    variance = spec.variance(gaussian_blur(clean, blur_sigma), levels).expand_as(clean)
    return variance.flatten(1).mean(1).sqrt()


def _uniforms(like: Tensor, generator: torch.Generator) -> Tensor:
    """Unit field in [0, 1) of the image's shape."""
    field = torch.rand(like.shape, generator=generator, device=generator.device)
    return field.to(like.device)


def _normals(like: Tensor, generator: torch.Generator) -> Tensor:
    """Unit field ~ N(0, 1) of the image's shape."""
    field = torch.randn(like.shape, generator=generator, device=generator.device)
    return field.to(like.device)


def _poisson_quantile(u: Tensor, rate: Tensor) -> Tensor:
    """Smallest k with P(X <= k) >= u for X ~ Poisson(rate), element by element.

    A Cornish-Fisher guess is corrected by steps of one against the exact distribution function,
    P(X <= k) = Q(k + 1, rate), the regularised upper incomplete gamma function.
    """
    counts = torch.zeros_like(rate, memory_format=torch.contiguous_format)
    busy = (rate > 0).reshape(-1).nonzero().squeeze(1)
    u, rate = u.reshape(-1)[busy].clamp(1e-7, 1 - 1e-7), rate.reshape(-1)[busy]
    z = torch.special.ndtri(u)
    k = (rate + rate.sqrt() * z + (z * z - 1) / 6).round_().clamp_min_(0)
    todo = torch.arange(len(k), device=k.device)
    while len(todo):
        guess, here = k[todo], rate[todo]
        up = torch.special.gammaincc(guess + 1, here) < u[todo]
        down = (guess > 0) & (torch.special.gammaincc(guess.clamp_min(1), here) >= u[todo])
        k[todo] = guess + up.to(k.dtype) - (down & ~up).to(k.dtype)
        todo = todo[up | down]
    counts.view(-1)[busy] = k
    return counts


def _salt_and_pepper_variance(image: Tensor, level: Tensor) -> Tensor:
    """Return the mean of the square less the square of the mean, of kept, black and white."""
    mean = (1 - level) * image + level / 2
    return (1 - level) * image**2 + level / 2 - mean**2


# Label, function, variance, name and unit of the level, its minimum, maximum, default and step,
# reference.
NOISES: dict[str, NoiseSpec] = {
    "none": NoiseSpec("None", no_noise, lambda x, level: 0 * level, "level", "", 0, 1, 0, 0.01, ""),
    "gaussian": NoiseSpec(
        "Gaussian", gaussian, lambda x, sigma: sigma**2, "sigma", "white is 1",
        0, 1, 0.5, 0.01, "Vincent et al. 2010",
    ),
    "uniform": NoiseSpec(
        "Uniform", uniform, lambda x, r: r**2 / 3, "half-range r", "white is 1",
        0, 2, 0.8, 0.01, "Amico 2019",
    ),
    "one-sided-uniform": NoiseSpec(
        "One-sided uniform", one_sided_uniform, lambda x, r: r**2 / 12, "range r", "white is 1",
        0, 2, 0.9, 0.01, "Image Denoising Using Auto Encoders",
    ),
    "poisson": NoiseSpec(
        "Poisson", poisson, lambda x, peak: x / peak, "peak",
        "photons at white, fewer is noisier",
        1, 256, 16, 1, "Hasinoff 2014",
    ),
    "salt-pepper": NoiseSpec(
        "Salt & pepper", salt_and_pepper, _salt_and_pepper_variance, "amount",
        "fraction of values hit",
        0, 1, 0.2, 0.001, "Gonzalez and Woods 2018",
    ),
    "speckle": NoiseSpec(
        "Speckle", speckle, lambda x, sigma: (sigma * x) ** 2, "sigma", "times the pixel itself",
        0, 2, 1, 0.01, "Goodman 1976",
    ),
}  # fmt: skip
