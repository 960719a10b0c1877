"""Corruptions for recipes and evaluation points: one kind of noise, or a mixture."""

from dataclasses import dataclass
from itertools import accumulate, pairwise

import torch
from torch import Tensor

from denoise_demo.common import JsonObject
from denoise_demo.corruption.camera import Camera
from denoise_demo.corruption.noise import NOISES, corrupt, noise_deviation

Range = tuple[float, float]
TOLERANCE = 0.1  # for comparing corruptions: relative for levels, in pixels for blur


@dataclass(frozen=True)
class Corruption:
    """A blur, then one kind of noise, then a clip if `clip` is set.

    For a pair (low, high), `level` or `blur_sigma` is drawn uniformly for each image.
    """

    kind: str
    level: float | Range = 0.0
    blur_sigma: float | Range = 0.0
    clip: bool = True

    def __call__(self, clean: Tensor, generator: torch.Generator) -> Tensor:
        """Corrupt a batch (N, C, H, W) with levels drawn for each image."""
        return self._apply(clean, *self.draw(len(clean), generator), generator)

    def measured(self, clean: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Return the corrupted batch and the noise's standard deviation in each image, (N,)."""
        blur_sigma, level = self.draw(len(clean), generator)
        noisy = self._apply(clean, blur_sigma, level, generator)
        return noisy, noise_deviation(clean, self.kind, level, blur_sigma)

    def covers(self, kind: str, level: float, blur_sigma: float) -> bool:
        """Return whether a noise of this kind, level and blur is included, within TOLERANCE."""
        low, high = _ends(self.level)
        least, most = _ends(self.blur_sigma)
        same_blur = least - TOLERANCE <= blur_sigma <= most + TOLERANCE
        same_level = kind == "none" or low * (1 - TOLERANCE) <= level <= high * (1 + TOLERANCE)
        return kind == self.kind and same_level and same_blur

    def describe(self) -> str:
        """Return the corruption in words, for tables and cards."""
        if self.kind == "none" and not self.blur_sigma:
            return "clean pictures"
        spec = NOISES[self.kind]
        parts = [f"blur sigma {_span(self.blur_sigma)} px"] if self.blur_sigma else []
        if self.kind != "none":
            parts.append(f"{spec.name} noise, {spec.level_name} {_span(self.level)}")
        return ", then ".join(parts) + (", clipped" if self.clip else ", not clipped")

    def draw(self, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Draw the blur sigma and the level of every image, (count,) each."""
        return _draw(self.blur_sigma, count, generator), _draw(self.level, count, generator)

    def _apply(
        self, clean: Tensor, blur_sigma: Tensor, level: Tensor, generator: torch.Generator
    ) -> Tensor:
        return corrupt(clean, self.kind, level, blur_sigma, clip=self.clip, generator=generator)


@dataclass(frozen=True)
class Mixture:
    """Several corruptions, each applied to a fixed share of every batch.

    The first images of a batch get the first corruption, and so on; training shuffles its images.
    With fixed shares every large enough batch includes the rare corruptions, and no GPU
    synchronisation is needed.
    """

    title: str
    weights: tuple[float, ...]
    parts: tuple[Corruption | Camera, ...]
    clip: bool = False  # each part has its own; the network's input is not clipped

    def __call__(self, clean: Tensor, generator: torch.Generator) -> Tensor:
        """Corrupt a batch (N, C, H, W)."""
        shares = self._shares(clean)
        return torch.cat([part(share, generator) for part, share in shares])

    def measured(self, clean: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Return the corrupted batch and the noise's standard deviation in each image, (N,)."""
        results = [part.measured(share, generator) for part, share in self._shares(clean)]
        noisy, sigma = zip(*results, strict=True)
        return torch.cat(noisy), torch.cat(sigma)

    def covers(self, kind: str, level: float, blur_sigma: float) -> bool:
        """Return whether one of the corruptions covers this noise."""
        return any(part.covers(kind, level, blur_sigma) for part in self.parts)

    def describe(self) -> str:
        """Return the title, for tables and cards."""
        return self.title

    def pick(self, count: int, generator: torch.Generator) -> list[Corruption]:
        """Draw `count` of the corruptions at random, by weight, leaving out the camera's."""
        pairs = zip(self.weights, self.parts, strict=True)
        kept = [(weight, part) for weight, part in pairs if isinstance(part, Corruption)]
        weights = torch.tensor([weight for weight, _ in kept], device=generator.device)
        drawn = weights.float().multinomial(count, replacement=True, generator=generator)
        return [kept[index][1] for index in drawn.tolist()]

    def _shares(self, clean: Tensor) -> list[tuple[Corruption | Camera, Tensor]]:
        """Split a batch by weight; in a small batch some parts get no image."""
        total, count = sum(self.weights), len(clean)
        edges = [round(done / total * count) for done in accumulate(self.weights, initial=0.0)]
        shares = [clean[start:end] for start, end in pairwise(edges)]
        return [pair for pair in zip(self.parts, shares, strict=True) if len(pair[1])]


def mixture(title: str, *weighted: tuple[float, Corruption | Camera]) -> Mixture:
    """Return the mixture of (weight, corruption) pairs."""
    weights, parts = zip(*weighted, strict=True)
    return Mixture(title, weights, parts)


def recorded(values: JsonObject) -> Corruption | Mixture:
    """Return the corruption recorded in a weight file; KeyError or TypeError if it is invalid."""
    if "parts" not in values:
        return Corruption(**_plain(values))
    parts = tuple(_recorded(part) for part in values["parts"])
    return Mixture(values["title"], tuple(values["weights"]), parts, values["clip"])


def _recorded(values: JsonObject) -> Corruption | Camera:
    return Corruption(**_plain(values)) if "kind" in values else Camera(**_plain(values))


def _plain(values: JsonObject) -> JsonObject:
    """Return values with tuples for lists, because JSON has no tuples."""
    return {k: tuple(value) if isinstance(value, list) else value for k, value in values.items()}


def _ends(span: float | Range) -> Range:
    return span if isinstance(span, tuple) else (span, span)


def _span(span: float | Range) -> str:
    return f"{span[0]:g} to {span[1]:g}" if isinstance(span, tuple) else f"{span:g}"


def _draw(span: float | Range, count: int, generator: torch.Generator) -> Tensor:
    """Return one level per image: fixed, or drawn uniformly from a range."""
    if not isinstance(span, tuple):
        return torch.full((count,), float(span), device=generator.device)
    low, high = span
    return low + (high - low) * torch.rand(count, generator=generator, device=generator.device)
