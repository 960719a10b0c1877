"""Data sets of small pictures: their contents, file locations and errors."""

import lzma
import os
import struct
import zipfile
import zlib
from dataclasses import dataclass, replace
from pathlib import Path

import pooch
from torch import Tensor

# Raised for damaged or encrypted zips, unknown compression methods, and damaged members.
DAMAGE = (
    OSError,
    ValueError,
    RuntimeError,
    EOFError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
)


class DataError(ValueError):
    """Data is missing, damaged or not as expected; the message says what to do."""


@dataclass(frozen=True)
class Images:
    """A data set: its pixels, labels and source.

    `pixels` are (N, C, 28, 28) uint8, `labels` (N,) int64, -1 where unknown; `sha256` holds the
    hashes of the contents that were read.
    """

    pixels: Tensor
    labels: Tensor
    source: str
    sha256: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.pixels)

    def __getitem__(self, rows: slice | Tensor) -> "Images":
        return replace(self, pixels=self.pixels[rows], labels=self.labels[rows])

    def clean(self, rows: slice | Tensor = slice(None)) -> Tensor:
        """Return images as float32 (n, C, 28, 28) in [0, 1]."""
        return self.pixels[rows].float() / 255

    def label(self, row: int) -> int | None:
        """Return one image's label, None where it is unknown."""
        label = int(self.labels[row])
        return None if label < 0 else label


def split_train(images: Images, validation: float) -> tuple[Images, Images]:
    """Split a training set into training images and, from its end, validation images.

    `validation` is the number of validation images or, below 1, their share.
    """
    count = round(validation * len(images)) if validation < 1 else int(validation)
    middle = len(images) - count
    return images[slice(middle)], images[slice(middle, None)]


def cache_dir(name: str = "mnist") -> Path:
    """Return the cache folder for downloads and decoded pictures."""
    return Path(pooch.os_cache("denoise_demo")) / name


def data_place(data_dir: str | Path | None) -> Path | None:
    """Return the folder or zip to read from: the argument, or else DENOISE_DATA_DIR."""
    named = data_dir or os.environ.get("DENOISE_DATA_DIR")
    return Path(named).expanduser() if named else None
