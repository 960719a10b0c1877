"""Data sets of small pictures: their contents, places, cache and errors."""

import lzma
import os
import struct
import sys
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pooch
from torch import Tensor

from denoise_demo.common import LockedError, sole_writer

PATIENCE = 600  # seconds to wait for another process that is filling the cache

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


@contextmanager
def caching(path: Path) -> Iterator[None]:
    """Prepare a cache file's folder; other processes wait, instead of making the same file.

    A cache is optional: without a folder that can be written, nothing is prepared.
    """
    with ExitStack() as stack:
        with suppress(OSError, LockedError):
            path.parent.mkdir(parents=True, exist_ok=True)
            stack.enter_context(sole_writer(path, wait=PATIENCE))
        yield


def not_cached(what: str, error: OSError) -> None:
    """Say on the error stream, once, that something stays in memory only."""
    print_once(
        f"{what} cannot be cached ({error.strerror or error}), and will be read again after a "
        "restart: set XDG_CACHE_HOME to a folder that can be written and has space"
    )


@cache
def print_once(message: str) -> None:
    """Print a message on the error stream, once."""
    print(message, file=sys.stderr)


def data_place(data_dir: str | Path | None) -> Path | None:
    """Return the folder or zip to read from: the argument, or else DENOISE_DATA_DIR."""
    named = data_dir or os.environ.get("DENOISE_DATA_DIR")
    return Path(named).expanduser() if named else None
