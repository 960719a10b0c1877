"""Photographs to train on: a folder of pictures of any size, cut into random patches."""

import hashlib
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from denoise_demo.data.images import DataError, Images, data_place
from denoise_demo.data.patches import Patches, patches_of
from denoise_demo.data.uploads import SUFFIXES, read_photo

PHOTOS_DOMAIN = "photos"
SCALES = {1: 0.35, 2: 0.4, 3: 0.25}  # share of the patches from pictures shrunk by 1, 2 and 3
VALIDATION_PATCHES = 128
WANTED = (
    "name a folder of photographs, or one that contains photos/train/, with --data-dir or "
    "DENOISE_DATA_DIR"
)


@dataclass(frozen=True)
class Photos:
    """Photographs (H, W, 3) uint8 by file name; `sha256` holds the hash of all their pixels."""

    pictures: tuple[Tensor, ...]
    source: str
    sha256: tuple[str, ...] = ()

    def cut(self, size: int, validation: float, seed: int) -> tuple[Patches, Images]:
        """Return patches to train on, and fixed patches of other photographs to validate on.

        Args:
            size: rows and columns of a patch.
            validation: number of photographs that validate or, below 1, their share; they are
                spread evenly over the file names.
            seed: of the places of the validation patches.

        Raises:
            ValueError: when no photograph is left to train or to validate, or all are smaller
                than a patch.
        """
        total = len(self.pictures)
        count = max(1, round(validation * total)) if validation < 1 else int(validation)
        if count >= total:
            raise ValueError(
                f"validation {validation:g} of {total} photographs leaves none to train: give more "
                "photographs, or a smaller number"
            )
        held = {index * total // count for index in range(count)}
        parts = [
            [p for i, p in enumerate(self.pictures) if (i in held) is h] for h in (False, True)
        ]
        train, other = (_patches(part, size) for part in parts)
        drawn = other.draw(VALIDATION_PATCHES, size, torch.Generator().manual_seed(seed))
        return train, Images(drawn, torch.full((len(drawn),), -1), self.source, self.sha256)


def load_photos(data_dir: str | Path | None = None) -> Photos:
    """Read all photographs of a folder, but not of the folders in it; bad files are skipped.

    Args:
        data_dir: a folder of pictures, or one that contains `photos/train/`; defaults to
            DENOISE_DATA_DIR.

    Raises:
        DataError: when there is no folder, or no picture in it.
    """
    place = data_place(data_dir)
    if place is None:
        raise DataError(f"the photographs are missing: {WANTED}")
    inner = place / "photos" / "train"
    folder = inner if inner.is_dir() else place
    if not folder.is_dir():
        raise DataError(f"{folder} is no folder: {WANTED}")
    pictures = tuple(_read(sorted(folder.iterdir())))
    if not pictures:
        raise DataError(f"{folder} holds no photograph that can be read: {WANTED}")
    found = hashlib.sha256()
    for picture in pictures:
        found.update(repr(tuple(picture.shape)).encode())
        found.update(picture.numpy().data)
    return Photos(pictures, f"{len(pictures)} photographs", (found.hexdigest(),))


def _read(paths: Sequence[Path]) -> Iterator[Tensor]:
    """Yield the pictures; say in a line why one cannot be read."""
    for path in paths:
        if path.suffix.lower() not in SUFFIXES:
            continue
        try:
            picture = read_photo(path)
        except ValueError as error:
            print(f"{path.name} is skipped: {error}", file=sys.stderr)
            continue
        if picture.mode == "I;16":
            picture = Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8))
        yield torch.from_numpy(np.array(picture.convert("RGB")))


def _patches(pictures: Sequence[Tensor], size: int) -> Patches:
    """Return patches of pictures at every scale of SCALES, as far as they are large enough."""
    shrunk, weights = [], []
    for factor, share in SCALES.items():
        smaller = [_shrunk(p, factor) for p in pictures if min(p.shape[:2]) >= factor * size]
        places = sum((h - size + 1) * (w - size + 1) for h, w, _ in (p.shape for p in smaller))
        shrunk += smaller
        weights += [share / max(1, places)] * len(smaller)
    return patches_of(shrunk, size, weights)


def _shrunk(picture: Tensor, factor: int) -> Tensor:
    """Return a picture with the mean of each factor x factor pixels."""
    if factor == 1:
        return picture
    return torch.from_numpy(np.array(Image.fromarray(picture.numpy()).reduce(factor)))
