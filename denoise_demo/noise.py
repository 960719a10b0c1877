"""Corruptions: an optional Gaussian blur, then one of several kinds of noise.

All of them work on a batch `(N, C, H, W)` on its own device, with one level for the batch or one
per image. Randomness comes from an explicit generator only. The random field drawn does not
depend on the level: a level scales, thresholds or inverts the same unit field, so that
neighbouring levels give neighbouring pictures.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from denoise_demo.checks import lookup

NoiseFunction = Callable[[Tensor, Tensor, torch.Generator], Tensor]
Level = float | Tensor
Range = tuple[float, float]

BLUR_TRUNCATE = 4.0  # the kernel ends after this many standard deviations, as in SciPy
BLUR_MAXIMUM = 4.0  # pixels; the largest blur offered


@dataclass(frozen=True)
class NoiseSpec:
    """What a person needs to know of one kind of noise, and the function that adds it."""

    label: str
    function: NoiseFunction
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


def gaussian_blur(image: Tensor, sigma: Level) -> Tensor:
    """Blur each channel with a Gaussian, as scipy.ndimage.gaussian_filter does.

    Borders are reflected and the kernel is cut at four standard deviations. Each image side is
    one matrix product, because the matrix differs from image to image.

    Args:
        image: (N, C, H, W).
        sigma: standard deviation in pixels, one number or (N,).

    Returns:
        (N, C, H, W).
    """
    sigmas = torch.as_tensor(sigma, dtype=image.dtype, device=image.device).reshape(-1)
    if not bool(sigmas.any()):
        return image
    rows = _blur_matrix(sigmas, image.shape[-2]).unsqueeze(1)  # (N or 1, 1, H, H)
    columns = _blur_matrix(sigmas, image.shape[-1]).unsqueeze(1)  # (N or 1, 1, W, W)
    return rows @ image @ columns.transpose(-1, -2)


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


@dataclass(frozen=True)
class Corruption:
    """A corruption as a recipe or an evaluation point names it: fixed or drawn levels, and clip.

    A pair (low, high) for `level` or `blur_sigma` is drawn uniformly for every image.
    """

    kind: str
    level: float | Range = 0.0
    blur_sigma: float | Range = 0.0
    clip: bool = True

    def __call__(self, clean: Tensor, generator: torch.Generator) -> Tensor:
        """Corrupt a batch (N, C, H, W) with levels drawn for each image."""
        blur_sigma, level = self.draw(len(clean), generator)
        return corrupt(clean, self.kind, level, blur_sigma, clip=self.clip, generator=generator)

    def draw(self, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Draw the blur sigma and the level for each of `count` images, (count,) each."""
        return _draw(self.blur_sigma, count, generator), _draw(self.level, count, generator)

    def describe(self) -> str:
        """Say the corruption in words, for tables and cards."""
        if self.kind == "none" and not self.blur_sigma:
            return "clean digits"
        spec = NOISES[self.kind]
        parts = [f"blur sigma {_span(self.blur_sigma)} px"] if self.blur_sigma else []
        if self.kind != "none":
            parts.append(f"{spec.name} noise, {spec.level_name} {_span(self.level)}")
        return ", then ".join(parts) + (", clipped" if self.clip else ", not clipped")


def _span(span: float | Range) -> str:
    return f"{span[0]:g} to {span[1]:g}" if isinstance(span, tuple) else f"{span:g}"


def _draw(span: float | Range, count: int, generator: torch.Generator) -> Tensor:
    """Return one level for each image: fixed, or uniform between two."""
    if not isinstance(span, tuple):
        return torch.full((count,), float(span))
    low, high = span
    return low + (high - low) * torch.rand(count, generator=generator, device=generator.device)


def _uniforms(like: Tensor, generator: torch.Generator) -> Tensor:
    """Unit field in [0, 1) of the image's shape."""
    field = torch.rand(like.shape, generator=generator, device=generator.device)
    return field.to(like.device)


def _normals(like: Tensor, generator: torch.Generator) -> Tensor:
    """Unit field ~ N(0, 1) of the image's shape."""
    field = torch.randn(like.shape, generator=generator, device=generator.device)
    return field.to(like.device)


def _blur_matrix(sigmas: Tensor, size: int) -> Tensor:
    """Rows of Gaussian weights folded back at the borders: (N,) -> (N, size, size)."""
    radii = (BLUR_TRUNCATE * sigmas + 0.5).floor()
    reach = int(radii.max())
    taps = torch.arange(-reach, reach + 1, device=sigmas.device)
    weights = torch.exp(-0.5 * (taps / sigmas.clamp_min(1e-6).unsqueeze(1)) ** 2)
    weights = weights.masked_fill(taps.abs() > radii.unsqueeze(1), 0.0)
    weights = weights / weights.sum(1, keepdim=True)  # (N, taps)
    position = torch.arange(size, device=sigmas.device).unsqueeze(1) + taps  # (size, taps)
    folded = position.remainder(2 * size)
    folded = torch.minimum(folded, 2 * size - 1 - folded)  # d c b a | a b c d | d c b a
    picks = F.one_hot(folded, size).to(sigmas.dtype)  # (size, taps, size)
    return torch.einsum("nt,itj->nij", weights, picks)


def _poisson_quantile(u: Tensor, rate: Tensor) -> Tensor:
    """Smallest k with P(X <= k) >= u for X ~ Poisson(rate), element by element.

    A Cornish-Fisher guess is corrected by steps of one against the exact distribution function,
    P(X <= k) = Q(k + 1, rate), the regularised upper incomplete gamma function.
    """
    counts = torch.zeros_like(rate)
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


# Label, function, name and unit of the level, its minimum, maximum, default and step, reference.
NOISES: dict[str, NoiseSpec] = {
    "none": NoiseSpec("None", no_noise, "level", "", 0, 1, 0, 0.01, ""),
    "gaussian": NoiseSpec(
        "Gaussian", gaussian, "sigma", "white is 1", 0, 1, 0.5, 0.01, "Vincent et al. 2010"
    ),
    "uniform": NoiseSpec(
        "Uniform", uniform, "half-range r", "white is 1", 0, 2, 0.8, 0.01, "Amico 2019"
    ),
    "one-sided-uniform": NoiseSpec(
        "One-sided uniform", one_sided_uniform, "range r", "white is 1",
        0, 2, 0.9, 0.01, "Image Denoising Using Auto Encoders",
    ),
    "poisson": NoiseSpec(
        "Poisson", poisson, "peak", "photons at white, fewer is noisier",
        1, 256, 16, 1, "Hasinoff 2014",
    ),
    "salt-pepper": NoiseSpec(
        "Salt & pepper", salt_and_pepper, "amount", "fraction of values hit",
        0, 1, 0.2, 0.001, "Gonzalez and Woods 2018",
    ),
    "speckle": NoiseSpec(
        "Speckle", speckle, "sigma", "times the pixel itself", 0, 2, 1, 0.01, "Goodman 1976"
    ),
}  # fmt: skip
