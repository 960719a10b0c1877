"""Inputs and contents of figures, before layout."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from denoise_demo.benchmark import metrics
from denoise_demo.corruption import Corruption, Mixture
from denoise_demo.figures.canvas import Note, Row
from denoise_demo.figures.charts import Chart, Plot


@dataclass(frozen=True)
class Subject:
    """The input of a figure: pictures (N, C, 28, 28) in [0, 1], their source, and the settings.

    A label is None where it is unknown.
    """

    clean: Tensor
    labels: Sequence[int | None]
    source: str
    denoiser: str
    seed: int

    def generator(self) -> torch.Generator:
        """Return a generator with the figure's seed, its only source of randomness."""
        return torch.Generator().manual_seed(self.seed)


@dataclass(frozen=True)
class Panels:
    """A figure's content: column headings, rows, and the corruption and network for the caption.

    `corruption` is a text where there are several.
    """

    columns: Sequence[str]
    rows: Sequence[Row]
    corruption: Corruption | Mixture | str
    network: str = ""


@dataclass(frozen=True)
class Bars:
    """A figure's content: column headings, rows of charts by label, and the small print."""

    columns: Sequence[str]
    rows: Mapping[str, Sequence[Chart]]
    caption: str


@dataclass(frozen=True)
class Curves:
    """A figure's content: plots side by side, and the small print."""

    plots: Sequence[Plot]
    caption: str


def shown_psnr(images: Tensor, clean: Tensor) -> Tensor:
    """Return the PSNR (N,) of images as they are shown, limited to [0, 1]."""
    return metrics.psnr(images.clamp(0, 1), clean)


def decibels(images: Tensor, clean: Tensor) -> list[Note]:
    """Return a note with each image's PSNR."""
    return [Note(in_decibels(value)) for value in shown_psnr(images, clean).tolist()]


def in_decibels(value: float) -> str:
    """Return a PSNR as text with its unit."""
    return f"{value:.1f} dB" if math.isfinite(value) else "∞ dB"
