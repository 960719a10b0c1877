"""The kinds of noise, and `corrupt`: an optional Gaussian blur, then noise, then a clip.

A batch `(N, C, H, W)` is corrupted on its own device, with one level for all images or one each.
All randomness comes from a generator, which draws a field that does not depend on the level. The
level scales, thresholds or inverts that field, so that similar levels give similar images.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from denoise_demo.common import lookup
from denoise_demo.corruption.blur import Level, gaussian_blur
from denoise_demo.corruption.fields import Randomness, normals, uniforms

NoiseFunction = Callable[[Tensor, Tensor, Randomness], Tensor]
VarianceFunction = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class NoiseSpec:
    """One kind of noise: its function, the range of its level, and their names.

    `variance(image, level)` is the variance of every noisy value before clipping. `formula` gives
    the noisy value for a clean value x, in Markdown with LaTeX; `lesson` says what the noise does,
    and `scale` what its level means, to someone who meets it for the first time.
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
    formula: str = ""
    lesson: str = ""
    scale: str = ""

    @property
    def name(self) -> str:
        """The label for use within a sentence: only proper names keep their capital."""
        proper = self.label.startswith(("Gaussian", "Poisson"))
        return self.label if proper else self.label.lower()

    def check(self, level: float) -> None:
        """Raise ValueError when the level is outside this noise's range."""
        if not self.minimum <= level <= self.maximum:
            raise ValueError(
                f"{self.level_name} {level:g} is outside the range of {self.name} noise: "
                f"choose {self.minimum:g} to {self.maximum:g}"
            )


def no_noise(image: Tensor, level: Tensor, generator: Randomness) -> Tensor:
    """Return a copy of the image."""
    return image.clone()


def gaussian(image: Tensor, level: Tensor, generator: Randomness) -> Tensor:
    """Add Gaussian noise: x + sigma * n, with n ~ N(0, 1).

    Reference: Vincent et al. 2010, Stacked denoising autoencoders, JMLR 11.
    """
    return image + level * normals(image, generator)


def uniform(image: Tensor, level: Tensor, generator: Randomness) -> Tensor:
    """Add uniform noise on both sides: x + r * (2u - 1), with u ~ U(0, 1).

    Reference: A. Amico 2019, Denoise with autoencoders.
    """
    return image + level * (2 * uniforms(image, generator) - 1)


def one_sided_uniform(image: Tensor, level: Tensor, generator: Randomness) -> Tensor:
    """Add uniform noise that only brightens: x + r * u, with u ~ U(0, 1).

    Reference: the article "Image Denoising Using Auto Encoders".
    """
    return image + level * uniforms(image, generator)


def poisson(image: Tensor, level: Tensor, generator: Randomness) -> Tensor:
    """Count photons: k / peak, with k ~ Poisson(peak * x), by inverse transform sampling.

    Reference: Hasinoff 2014, Photon, Poisson noise, doi:10.1007/978-0-387-31439-6_482.
    """
    peak = level.clamp_min(1e-6)
    return _poisson_quantile(uniforms(image, generator), image.clamp_min(0) * peak) / peak


def salt_and_pepper(image: Tensor, level: Tensor, generator: Randomness) -> Tensor:
    """Set a fraction of all channel values to 0 (pepper, half of them) or 1 (salt).

    Reference: Gonzalez and Woods 2018, Digital Image Processing, chapter 5.
    """
    u = uniforms(image, generator)
    pepper, salt = u < level / 2, u > 1 - level / 2
    return image.masked_fill(pepper, 0.0).masked_fill(salt, 1.0)


def speckle(image: Tensor, level: Tensor, generator: Randomness) -> Tensor:
    """Multiply by noise: x + x * sigma * n, with n ~ N(0, 1).

    Reference: Goodman 1976, Some fundamental properties of speckle, doi:10.1364/JOSA.66.001145.
    """
    return image * (1 + level * normals(image, generator))


def corrupt(
    clean: Tensor,
    kind: str,
    level: Level | None = None,
    blur_sigma: Level = 0.0,
    *,
    clip: bool = True,
    generator: Randomness = 0,
) -> Tensor:
    """Blur, then add noise, then clip to [0, 1] if asked.

    Args:
        clean: (N, C, H, W) in [0, 1].
        kind: a key of NOISES.
        level: in the noise's unit, one number or (N,); None for the default.
        blur_sigma: standard deviation in pixels, one number or (N,).
        clip: whether to limit the result to [0, 1].
        generator: the only source of randomness, on any device; a seed; or a `Place`.

    Returns:
        (N, C, H, W).

    Raises:
        ValueError: for an unknown kind.
    """
    spec = lookup(NOISES, kind, "noise")
    level = spec.default if level is None else level
    levels = torch.as_tensor(level, dtype=clean.dtype, device=clean.device).reshape(-1, 1, 1, 1)
    noisy = spec.function(gaussian_blur(clean, blur_sigma), levels, generator)
    return noisy.clamp_(0, 1) if clip else noisy


def noise_deviation(clean: Tensor, kind: str, level: Level, blur_sigma: Level = 0.0) -> Tensor:
    """Return the noise's standard deviation in each image, for informed filters.

    Args:
        clean: (N, C, H, W) in [0, 1].
        kind: a key of NOISES.
        level: in the noise's unit, one number or (N,).
        blur_sigma: the preceding blur in pixels, one number or (N,).

    Returns:
        (N,), the square root of the mean variance over all values, white being 1.

    Raises:
        ValueError: for an unknown kind.
    """
    spec = lookup(NOISES, kind, "noise")
    levels = torch.as_tensor(level, dtype=clean.dtype, device=clean.device).reshape(-1, 1, 1, 1)
    variance = spec.variance(gaussian_blur(clean, blur_sigma), levels).expand_as(clean)
    return variance.flatten(1).mean(1).sqrt()


def _poisson_quantile(u: Tensor, rate: Tensor) -> Tensor:
    """Return the smallest k with P(X <= k) >= u for X ~ Poisson(rate), element by element.

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
    """Return E[x^2] - E[x]^2 for a value that is kept, set to 0 or set to 1."""
    mean = (1 - level) * image + level / 2
    return (1 - level) * image**2 + level / 2 - mean**2


# Label, function, variance; the level's name, unit, minimum, maximum, default and step; reference,
# formula.
NOISES: dict[str, NoiseSpec] = {
    "none": NoiseSpec(
        "None", no_noise, lambda x, level: 0 * level, "level", "", 0, 1, 0, 0.01, "",
        lesson="Leaves the picture as it is, apart from the blur.",
        scale="How strong the noise is: choose a kind of noise first.",
    ),
    "gaussian": NoiseSpec(
        "Gaussian", gaussian, lambda x, sigma: sigma**2, "sigma", "white is 1",
        0, 1, 0.5, 0.01, "Vincent et al. 2010",
        r"$x + \sigma n$, with $n \sim \mathcal N(0, 1)$",
        lesson="Adds to each value a random number from a bell curve, as warm electronics do.",
        scale="Sigma, the width of the bell curve: two thirds of the numbers lie within "
        "±sigma. Black is 0 and white is 1.",
    ),
    "uniform": NoiseSpec(
        "Uniform", uniform, lambda x, r: r**2 / 3, "half-range r", "white is 1",
        0, 2, 0.8, 0.01, "Amico 2019",
        r"$x + r(2u - 1)$, with $u \sim \mathcal U(0, 1)$",
        lesson="Adds to each value a random number between −r and r, all equally likely.",
        scale="The half-range r: at 1, the noise can turn black into white. Black is 0 and "
        "white is 1.",
    ),
    "one-sided-uniform": NoiseSpec(
        "One-sided uniform", one_sided_uniform, lambda x, r: r**2 / 12, "range r", "white is 1",
        0, 2, 0.9, 0.01, "Image Denoising Using Auto Encoders",
        r"$x + r u$, with $u \sim \mathcal U(0, 1)$",
        lesson="Adds to each value a random number between 0 and r: the picture only gets "
        "brighter.",
        scale="The range r, the most that is added. Black is 0 and white is 1.",
    ),
    "poisson": NoiseSpec(
        "Poisson", poisson, lambda x, peak: x / peak, "peak",
        "photons at white; fewer means more noise",
        1, 256, 16, 1, "Hasinoff 2014",
        r"$k / p$ at peak $p$, with $k \sim \text{Poisson}(p x)$",
        lesson="Counts light in single photons, as a camera does in the dark.",
        scale="The peak: how many photons a white pixel gets on average. The fewer, the noisier.",
    ),
    "salt-pepper": NoiseSpec(
        "Salt & pepper", salt_and_pepper, _salt_and_pepper_variance, "amount",
        "fraction of values set to 0 or 1",
        0, 1, 0.2, 0.001, "Gonzalez and Woods 2018",
        "0 or 1 with probability $a / 2$ each, $a$ being the amount",
        lesson="Turns some values black or white, as dead pixels and lost data do.",
        scale="The amount, the share of values that are replaced: half of them by 0, half by 1.",
    ),
    "speckle": NoiseSpec(
        "Speckle", speckle, lambda x, sigma: (sigma * x) ** 2, "sigma", "relative to the pixel",
        0, 2, 1, 0.01, "Goodman 1976",
        r"$x + x \sigma n$, with $n \sim \mathcal N(0, 1)$",
        lesson="Multiplies each value by a random factor around 1, as in radar and ultrasound: "
        "black stays black.",
        scale="Sigma, the width of the bell curve around the factor 1.",
    ),
}  # fmt: skip
