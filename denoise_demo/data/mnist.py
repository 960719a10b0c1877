"""MNIST from a folder, a zip or a download; every file is checked by its hash."""

import gzip
import hashlib
import io
import math
import os
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pooch
import torch

from denoise_demo.common import once, written_atomically
from denoise_demo.data.images import (
    DAMAGE,
    DataError,
    Images,
    cache_dir,
    caching,
    data_place,
    not_cached,
)

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
LARGEST = 47_040_016  # bytes of the largest of the four files, uncompressed
TIMEOUT = 30  # seconds without an answer before the next mirror is tried
_IMAGE_MAGIC, _LABEL_MAGIC = 2051, 2049


@dataclass(frozen=True)
class IdxFile:
    """One MNIST file: its name and the SHA-256 of its uncompressed content."""

    name: str
    sha256: str


MNIST: dict[str, tuple[IdxFile, IdxFile]] = {
    "train": (
        IdxFile(
            "train-images-idx3-ubyte",
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        ),
        IdxFile(
            "train-labels-idx1-ubyte",
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        ),
    ),
    "test": (
        IdxFile(
            "t10k-images-idx3-ubyte",
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        ),
        IdxFile(
            "t10k-labels-idx1-ubyte",
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        ),
    ),
}


def load_mnist(split: str, data_dir: str | Path | None = None, *, download: bool = False) -> Images:
    """Load MNIST's 60,000 "train" or 10,000 "test" digits.

    Args:
        split: "train" or "test".
        data_dir: a folder or zip with the IDX files (gzipped or not), or a folder with `mnist/`.
            Defaults to DENOISE_DATA_DIR, then the cache folder.
        download: whether to fetch missing files into the cache folder.

    Raises:
        DataError: when a file is missing, truncated, damaged or not from MNIST.
    """
    if split not in MNIST:
        raise DataError(f"unknown split {split!r}; choose one of: {', '.join(MNIST)}")
    if data_dir and not os.path.exists(Path(data_dir).expanduser()):
        raise DataError(f"{data_dir} does not exist: name the folder or zip that holds MNIST")
    images, labels = (_read(file, data_dir, download) for file in MNIST[split])
    return Images(
        torch.from_numpy(parse_idx(images).copy()).unsqueeze(1),
        torch.from_numpy(parse_idx(labels).astype(np.int64)),
        f"MNIST {split} set",
        tuple(file.sha256 for file in MNIST[split]),
    )


@once
def mnist_test() -> Images:
    """Return MNIST's test digits, read once; DataError when they are missing."""
    return load_mnist("test")


def parse_idx(content: bytes) -> np.ndarray:
    """Parse an IDX file of unsigned bytes: (N, rows, columns) or (N,).

    Raises:
        DataError: for a wrong magic number or a wrong length.

    Reference: http://yann.lecun.com/exdb/mnist/.
    """
    magic = int.from_bytes(content[:4], "big")
    if magic not in (_IMAGE_MAGIC, _LABEL_MAGIC):
        raise DataError(f"not an MNIST IDX file: it starts with {content[:4].hex() or 'nothing'}")
    start = 4 + 4 * (magic % 256)
    sizes = [int.from_bytes(content[i : i + 4], "big") for i in range(4, start, 4)]
    if len(content) != start + math.prod(sizes):
        raise DataError(
            f"truncated IDX file: {len(content):,} bytes, but its header declares {sizes} values"
        )
    return np.frombuffer(content, dtype=np.uint8, offset=start).reshape(sizes)


def has_mnist(split: str, data_dir: str | Path | None = None) -> bool:
    """Whether a split can be loaded without a download."""
    return all(_find(file.name, _places(data_dir)) for file in MNIST[split])


def _places(data_dir: str | Path | None) -> list[Path]:
    """Return the folders and zips to search: the named one, then the cache."""
    named = data_place(data_dir)
    return [*([named] if named else []), cache_dir()]


def _candidates(name: str) -> Iterator[str]:
    for stem in (name, name.replace("-idx", ".idx")):
        yield from (stem, f"{stem}.gz")


def _find(name: str, places: list[Path]) -> Path | None:
    """Return the path of an IDX file in a folder, its `mnist/`, or a zip (as zip/member)."""
    for place in places:
        if os.path.isfile(place):
            members = {Path(member).name: member for member in _members(place)}
            found = [place / members[c] for c in _candidates(name) if c in members]
        else:
            paths = [folder / c for folder in (place, place / "mnist") for c in _candidates(name)]
            found = [path for path in paths if os.path.isfile(path)]
        if found:
            return found[0]
    return None


def _members(archive: Path) -> list[str]:
    """List a zip's members; a damaged zip counts as empty."""
    try:
        with zipfile.ZipFile(archive) as opened:
            return opened.namelist()
    except DAMAGE:
        return []


def _read(file: IdxFile, data_dir: str | Path | None, download: bool) -> bytes:
    """Return an IDX file's uncompressed content, checked against its hash."""
    places = _places(data_dir)
    path = _find(file.name, places)
    if path and download and path.parent == cache_dir():
        try:
            return _checked(file, _content(path), path.name)
        except DataError:
            path = None  # a damaged download: fetch it again
    if path is None and download:
        return _download(file)
    if path is None:
        raise DataError(
            f"{file.name} not found{f' in {data_dir}' if data_dir else ''}: name the folder that "
            "holds it with DENOISE_DATA_DIR or --data-dir, or set DENOISE_DOWNLOAD=1 to download it"
        )
    return _checked(file, _content(path), path.name)


def _content(path: Path) -> bytes:
    """Read a file, or a zip's member given as zip/member, uncompressed."""
    archive = next((parent for parent in path.parents if parent.is_file()), None)
    try:
        with ExitStack() as stack:
            if archive:
                opened = stack.enter_context(zipfile.ZipFile(archive))
                stream = opened.open(path.relative_to(archive).as_posix())
            else:
                stream = path.open("rb")
            content = stack.enter_context(stream).read(LARGEST + 1)
        return _unpacked(content, path.name)
    except DAMAGE as error:
        if isinstance(error, DataError):
            raise
        why = getattr(error, "strerror", None) or error
        raise DataError(f"{path.name} is damaged or truncated ({why}): fetch it again") from error


def _unpacked(content: bytes, name: str) -> bytes:
    """Return a file's content, uncompressed; one larger than MNIST's is not read to its end."""
    if content[:2] == b"\x1f\x8b":
        content = gzip.GzipFile(fileobj=io.BytesIO(content)).read(LARGEST + 1)
    if len(content) > LARGEST:
        raise DataError(f"{name} is larger than any file of MNIST: fetch it again")
    return content


def _checked(file: IdxFile, content: bytes, name: str) -> bytes:
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise DataError(
            f"{name} is not MNIST's {file.name}: its content has a different SHA-256 "
            f"({len(content):,} bytes); fetch it again"
        )
    return content


def _download(file: IdxFile) -> bytes:
    """Fetch a file, trying each mirror, with a progress bar; keep it in the cache if possible."""
    path = cache_dir() / f"{file.name}.gz"
    with caching(path):
        with suppress(DataError):  # another process was faster
            return _checked(file, _content(path), path.name)
        packed, content = _fetched(file)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with written_atomically(path) as kept:
                kept.write(packed)
        except OSError as error:
            not_cached(file.name, error)
    return content


class _Bounded(io.BytesIO):
    """A file in memory that refuses more than MNIST's largest file."""

    def write(self, part: bytes, /) -> int:  # type: ignore[override]
        """Append a part."""
        if self.tell() + len(part) > LARGEST:
            raise DataError("the mirror sends more than MNIST")
        return super().write(part)


def _fetched(file: IdxFile) -> tuple[bytes, bytes]:
    """Fetch a file from the first mirror that has it; return it compressed and uncompressed."""
    failures = []
    for mirror in MIRRORS:
        packed = _Bounded()
        try:
            downloader = pooch.HTTPDownloader(progressbar=True, timeout=TIMEOUT)
            downloader(f"{mirror}{file.name}.gz", packed, None)
            unpacked = _unpacked(packed.getvalue(), f"{file.name}.gz")
            return packed.getvalue(), _checked(file, unpacked, f"{file.name}.gz")
        except DAMAGE as error:  # no connection, or not the expected file
            failures.append(f"{mirror}: {error}")
    raise DataError(
        f"could not download {file.name} ({'; '.join(failures)}): check the connection, or put "
        f"the MNIST files into a folder and name it with --data-dir or DENOISE_DATA_DIR"
    )
