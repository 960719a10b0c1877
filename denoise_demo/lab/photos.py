"""Photographs of any size: a window or a tile is corrupted and denoised as in the whole picture."""

import io
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from pydantic import ConfigDict, Field, StrictBool, StrictFloat
from pydantic.dataclasses import dataclass as checked
from torch import Tensor

from denoise_demo.benchmark import live_metrics
from denoise_demo.common import lookup
from denoise_demo.corruption import (
    BLUR_MAXIMUM,
    NOISES,
    Place,
    corrupt,
    gaussian_blur,
    noise_deviation,
)
from denoise_demo.denoisers import (
    FILTERS,
    GRID,
    MARGIN,
    PHOTOS,
    TILE,
    estimate_sigma,
    load_denoiser,
)
from denoise_demo.lab.settings import Settings

WINDOW = 256  # pixels a side of the part that is shown live
MAP = 480  # pixels of the longer side of the small picture that the window is moved on
REACH = int(4 * BLUR_MAXIMUM + 0.5)  # pixels that the strongest blur looks at on each side
LEAST_SSIM = 11  # pixels a side
QUALITY = 95  # of JPEG
FORMATS = {"png": "PNG", "jpg": "JPEG"}


def photo_denoisers() -> dict[str, tuple[str, str]]:
    """Return title and lesson of the denoisers that take photographs."""
    network = (
        "Blind network for photos",
        "A network of ours, trained on photographs and told neither the kind nor the level of the "
        "noise.",
    )
    return {PHOTOS: network} | {key: (spec.label, spec.lesson) for key, spec in FILTERS.items()}


@checked(frozen=True, config=ConfigDict(extra="forbid", allow_inf_nan=False))
class Treatment(Settings):
    """What is done to a photograph.

    `already` says that it is noisy already: nothing is added. `strength` is 0 for the noisy
    picture as it is, 1 for the denoiser's result.
    """

    already: StrictBool
    strength: Annotated[StrictFloat, Field(ge=0, le=1)]

    def __post_init__(self) -> None:
        """Check the values that depend on the registries."""
        lookup(NOISES, self.kind, "noise").check(self.level)
        lookup(photo_denoisers(), self.denoiser, "denoiser of photos")


@dataclass(frozen=True)
class Area:
    """A rectangle in a picture, in pixels."""

    top: int
    left: int
    height: int
    width: int

    def grown(self, margin: int, photo: "Photograph", grid: int = 1) -> "Area":
        """Return the area with a margin, from one line of a grid to another, in the photo."""
        top = max(0, self.top - margin) // grid * grid
        left = max(0, self.left - margin) // grid * grid
        bottom = min(photo.height, -(-(self.top + self.height + margin) // grid) * grid)
        right = min(photo.width, -(-(self.left + self.width + margin) // grid) * grid)
        return Area(top, left, bottom - top, right - left)

    def within(self, outer: "Area") -> tuple[slice, slice]:
        """Return the rows and columns of this area in a larger one."""
        top, left = self.top - outer.top, self.left - outer.left
        return slice(top, top + self.height), slice(left, left + self.width)


@dataclass(frozen=True)
class Photograph:
    """A picture of any size.

    `pixels` is (H, W, 1 or 3), `opacity` (H, W) if it has one. `notes` are sentences about what
    the page does not show.
    """

    pixels: NDArray[np.uint8]
    opacity: NDArray[np.uint8] | None = None
    profile: bytes | None = None
    exif: bytes = b""
    notes: str = ""

    @classmethod
    def from_picture(cls, picture: Image.Image) -> "Photograph":
        """Take over a picture of `read_photo`."""
        array, notes = np.asarray(picture), []
        if array.dtype != np.uint8:
            array = (array / 257).round().astype(np.uint8)
            notes.append("It has 16 bits; here it is shown and saved with 8.")
        if picture.info.get("frames", 1) > 1:
            notes.append("It is animated: this is its first frame.")
        array = array.reshape(*array.shape[:2], -1)
        has_opacity = array.shape[2] in (2, 4)
        return cls(
            np.ascontiguousarray(array[..., :-1] if has_opacity else array),
            np.ascontiguousarray(array[..., -1]) if has_opacity else None,
            picture.info.get("icc_profile"),
            picture.getexif().tobytes() if picture.getexif() else b"",
            " ".join(notes),
        )

    @property
    def height(self) -> int:
        """Rows."""
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        """Columns."""
        return int(self.pixels.shape[1])

    @property
    def whole(self) -> Area:
        """All of it."""
        return Area(0, 0, self.height, self.width)

    def part(self, area: Area) -> Tensor:
        """Return an area as an image, (1, C, H, W) in [0, 1]."""
        rows, columns = area.within(self.whole)
        return _to_tensor(self.pixels[rows, columns])

    def window(self, left: int, top: int) -> Area:
        """Return the window with this corner; ValueError when it is not in the photo."""
        height, width = min(WINDOW, self.height), min(WINDOW, self.width)
        if not (0 <= left <= self.width - width and 0 <= top <= self.height - height):
            raise ValueError(
                f"The window at {left}, {top} is outside the photo of {self.width} x "
                f"{self.height} pixels: give 0 to {self.width - width}, "
                f"0 to {self.height - height}."
            )
        return Area(top, left, height, width)

    @cached_property
    def small(self) -> Image.Image:
        """The picture at the size of the map."""
        return _shrunk(self.pixels, min(1.0, MAP / max(self.height, self.width)))

    @cached_property
    def sigma(self) -> float:
        """The standard deviation of the noise that it has, estimated; white is 1."""
        return estimate_sigma(self.pixels)


@dataclass(frozen=True)
class Part:
    """An area of a photograph, treated: images (1, C, H, W).

    `removed` is the root mean square of what the denoiser takes away; white is 1.
    """

    clean: Tensor
    noisy: Tensor
    denoised: Tensor
    removed: float

    def scores(self) -> dict[str, dict[str, float]]:
        """Return the live metrics of both versions by name; SSIM only where it is defined."""
        both = torch.cat([self.noisy, self.denoised]).clamp(0, 1)
        clean = self.clean.expand_as(both)
        small = min(both.shape[-2:]) < LEAST_SSIM
        values = {
            name: metric.function(both, clean).tolist()
            for name, metric in live_metrics().items()
            if not (small and name == "ssim")
        }
        return {
            version: {name: value[i] for name, value in values.items()}
            for i, version in enumerate(("noisy", "denoised"))
        }


def noisy_part(photo: Photograph, treatment: Treatment, area: Area) -> Tensor:
    """Return an area with its noise, not clipped, which does not depend on the area."""
    if treatment.already:
        return photo.part(area)
    source = area.grown(REACH, photo) if treatment.blur_sigma else area
    rows, columns = area.within(source)
    blurred = gaussian_blur(photo.part(source), treatment.blur_sigma)[..., rows, columns]
    place = Place(treatment.seed, area.top, area.left)
    return corrupt(blurred, treatment.kind, treatment.level, clip=False, generator=place)


def treat(photo: Photograph, treatment: Treatment, area: Area, margin: int = MARGIN) -> Part:
    """Corrupt and denoise an area of a photograph.

    Args:
        photo: the photograph.
        treatment: what is done to it.
        area: what is returned.
        margin: pixels around it that the denoiser sees too. With MARGIN the result is that of the
            whole picture, to a grey level; with 0 it comes sooner and differs at the edges.
    """
    seen = area.grown(margin, photo, GRID)
    noisy = noisy_part(photo, treatment, seen)
    denoised = load_denoiser(treatment.denoiser)(noisy, _deviation(photo, treatment))
    rows, columns = area.within(seen)
    noisy, denoised = noisy[..., rows, columns], denoised[..., rows, columns]
    removed = float((noisy - denoised).square().mean().sqrt())
    mixed = torch.lerp(noisy, denoised, treatment.strength).clamp(0, 1)
    return Part(photo.part(area), noisy, mixed, removed)


class Whole:
    """A photograph that is cleaned tile by tile, in any order."""

    def __init__(self, photo: Photograph, treatment: Treatment):
        self.photo, self.treatment = photo, treatment
        self.tiles = [
            Area(top, left, min(TILE, photo.height - top), min(TILE, photo.width - left))
            for top in range(0, photo.height, TILE)
            for left in range(0, photo.width, TILE)
        ]
        self.pixels = photo.pixels.copy()
        self.done: set[int] = set()

    def clean(self, index: int) -> Image.Image:
        """Clean one tile; return it at the scale of the map. ValueError for one that is not."""
        if not 0 <= index < len(self.tiles):
            raise ValueError(f"tile {index} is not one of {len(self.tiles)}: start again")
        tile = self.tiles[index]
        part = treat(self.photo, self.treatment, tile)
        pixels = (part.denoised[0].permute(1, 2, 0) * 255).round().byte().numpy()
        self.pixels[tile.within(self.photo.whole)] = pixels
        self.done.add(index)
        return _shrunk(
            pixels, max(self.photo.small.size) / max(self.photo.width, self.photo.height)
        )

    def encoded(self, kind: str) -> bytes:
        """Return the result as a file, a key of FORMATS; ValueError while tiles are missing."""
        name = lookup(FORMATS, kind, "format")
        if len(self.done) < len(self.tiles):
            raise ValueError("The photo is not clean yet: wait for all of it, then save it.")
        picture, photo = _to_picture(self.pixels), self.photo
        if photo.opacity is not None and name == "PNG":
            picture.putalpha(Image.fromarray(photo.opacity))
        file = io.BytesIO()
        options = {"quality": QUALITY} if name == "JPEG" else {}
        picture.save(file, name, icc_profile=photo.profile, exif=photo.exif, **options)
        return file.getvalue()


def _deviation(photo: Photograph, treatment: Treatment) -> float:
    """Return the noise's standard deviation in the whole photograph, for informed filters."""
    if treatment.already:
        return photo.sigma
    small = _to_tensor(np.asarray(photo.small))
    return float(noise_deviation(small, treatment.kind, treatment.level))


def _to_tensor(pixels: NDArray[np.uint8]) -> Tensor:
    """Convert (H, W) or (H, W, C) to (1, C, H, W) in [0, 1]."""
    values = np.array(pixels.reshape(*pixels.shape[:2], -1).transpose(2, 0, 1), order="C")
    return torch.from_numpy(values)[None] / 255


def _to_picture(pixels: NDArray[np.uint8]) -> Image.Image:
    return Image.fromarray(pixels.squeeze(2) if pixels.shape[2] == 1 else pixels)


def _shrunk(pixels: NDArray[np.uint8], scale: float) -> Image.Image:
    """Return pixels (H, W, C) as a picture of a smaller scale."""
    height, width, _ = pixels.shape
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return _to_picture(pixels).resize(size, Image.Resampling.BOX)
