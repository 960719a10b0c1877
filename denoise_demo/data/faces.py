"""Colour faces: a folder or zip of pictures of any size, decoded once and cached as one array."""

import hashlib
import json
import os
import sys
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from denoise_demo.common import brief, written_atomically
from denoise_demo.data.images import DAMAGE, DataError, Images, cache_dir, data_place
from denoise_demo.data.pixels import to_face
from denoise_demo.data.uploads import SUFFIXES, read_image

SPLITS = ("train", "test")
TRAIN_SHARE = 0.75  # by index, as in the article
FEWEST = 40  # faces; fewer are not enough to train and measure
LARGEST_FILE = 100_000_000  # bytes of one picture, uncompressed
LARGEST_EXPANSION = 100  # uncompressed size over a zip's size; pictures hardly compress
NAMED = 3  # unreadable files listed in a message
VERSION = 1  # of the cache's format

Pixels = NDArray[np.uint8]
WANTED = "name a folder or zip of face pictures with --data-dir or DENOISE_DATA_DIR"


@dataclass(frozen=True)
class Album:
    """A folder or zip of pictures: sorted names, a function that reads one, a content hash."""

    source: str
    names: list[str]
    read: Callable[[str], bytes]
    fingerprint: str


@dataclass(frozen=True)
class Faces:
    """All faces (N, 3, 28, 28), the SHA-256 of their bytes, and the files that cannot be read."""

    pixels: Pixels
    sha256: str
    skipped: dict[str, str]


def load_faces(split: str, data_dir: str | Path | None = None, *, download: bool = False) -> Images:
    """Load the first 75 % of the faces ("train") or the rest ("test"), sorted by file name.

    The pictures are cropped to a centred square, shrunk to 28 x 28 and cached as one array; zips
    are not unpacked. Unreadable files are skipped and reported.

    Args:
        split: "train" or "test".
        data_dir: a folder or zip of pictures, or a folder that contains `faces/`; defaults to
            DENOISE_DATA_DIR.
        download: ignored; all loaders take it.

    Raises:
        DataError: when there are no faces, or the zip is damaged or a zip bomb.
    """
    if split not in SPLITS:
        raise DataError(f"unknown split {split!r}; choose one of: {', '.join(SPLITS)}")
    place = _find(data_dir)
    with _opened(place) as album:
        faces = _cached(album)
    _report_skipped(album.source, faces)
    count = len(faces.pixels)
    if count < FEWEST:
        raise DataError(
            f"{album.source} has {count} readable pictures of {len(album.names)}, and at least "
            f"{FEWEST} are needed: {WANTED}"
        )
    middle = int(TRAIN_SHARE * count)
    rows = slice(middle) if split == "train" else slice(middle, None)
    pixels = torch.from_numpy(faces.pixels[rows])
    labels = torch.full((len(pixels),), -1)
    return Images(pixels, labels, f"{album.source} {split} split", (faces.sha256,))


@cache
def faces_test() -> Images:
    """Return the test split, read once; DataError when there are no faces."""
    return load_faces("test")


def has_faces(data_dir: str | Path | None = None) -> bool:
    """Whether there are enough face pictures to load."""
    try:
        with _opened(_find(data_dir)) as album:
            return len(album.names) >= FEWEST
    except DataError:
        return False


def _find(data_dir: str | Path | None) -> Path:
    """Return the folder or zip that holds the pictures."""
    named = data_place(data_dir)
    if named is None:
        raise DataError(f"no folder or zip of faces is set: {WANTED}")
    if not named.exists():
        raise DataError(f"{named} does not exist: {WANTED}")
    place = named / "faces" if (named / "faces").is_dir() else named
    if place.is_dir() and not any(_pictures_below(place)):
        place = min(place.glob("*.zip"), default=place)
    return place


def _pictures_below(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if _is_picture(path.relative_to(folder).as_posix()))


def _is_picture(name: str) -> bool:
    """Whether a file is a picture by its suffix, and not hidden by an archiver or an editor."""
    path = PurePosixPath(name.replace("\\", "/"))
    hidden = any(part.startswith((".", "__MACOSX")) and part != ".." for part in path.parts)
    return path.suffix.lower() in SUFFIXES and not hidden


@contextmanager
def _opened(place: Path) -> Iterator[Album]:
    """Open a folder or zip as an album."""
    if place.is_dir():
        yield _folder_album(place)
        return
    try:
        archive = zipfile.ZipFile(place)
    except DAMAGE as error:
        raise DataError(
            f"{place.name} is not a zip file, or is damaged ({error}): {WANTED}"
        ) from error
    with archive:
        yield _zip_album(place, archive)


def _folder_album(folder: Path) -> Album:
    names = sorted(path.relative_to(folder).as_posix() for path in _pictures_below(folder))
    marks = [(name, *_size_and_time(folder / name)) for name in names]

    def read(name: str) -> bytes:
        path = folder / name
        if not path.is_file():
            raise ValueError("is not a regular file")
        if path.stat().st_size > LARGEST_FILE:
            raise ValueError(f"is larger than {LARGEST_FILE:,} bytes")
        return path.read_bytes()

    return Album(folder.resolve().name, names, read, _digest(marks))


def _size_and_time(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError:  # a dangling link
        return 0, 0
    return status.st_size, status.st_mtime_ns


def _zip_album(place: Path, archive: zipfile.ZipFile) -> Album:
    members = {info.filename: info for info in archive.infolist() if _is_picture(info.filename)}
    announced = sum(info.file_size for info in members.values())
    if announced > LARGEST_EXPANSION * place.stat().st_size + LARGEST_FILE:
        raise DataError(
            f"{place.name} would expand to {announced / place.stat().st_size:,.0f} times its size, "
            f"like a zip bomb: give a zip of ordinary pictures"
        )

    def read(name: str) -> bytes:
        path = PurePosixPath(name.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
            raise ValueError("its path points outside the zip")
        with archive.open(members[name]) as file:
            content = file.read(LARGEST_FILE + 1)  # a header may state a wrong size
        if len(content) > LARGEST_FILE:
            raise ValueError(f"is larger than {LARGEST_FILE:,} bytes")
        return content

    names = sorted(members)
    return Album(
        place.name, names, read, _digest([(n, members[n].CRC, members[n].file_size) for n in names])
    )


def _digest(marks: list[tuple[str, int, int]]) -> str:
    return hashlib.sha256(json.dumps([VERSION, marks]).encode()).hexdigest()


def _cached(album: Album) -> Faces:
    """Return an album's faces from the cache, or decode and cache them."""
    path = cache_dir("faces") / f"{album.fingerprint[:32]}.npz"
    try:
        with path.open("rb") as stored, np.load(stored, allow_pickle=False) as kept:
            pixels, sha256 = kept["pixels"], str(kept["sha256"])
            skipped = json.loads(str(kept["skipped"]))
        if _sha256(pixels) == sha256:
            return Faces(pixels, sha256, skipped)
    except (*DAMAGE, LookupError, TypeError):
        pass  # absent or damaged
    faces = _decode(album)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with written_atomically(path) as file:
            skipped = np.array(json.dumps(faces.skipped))
            np.savez(file, pixels=faces.pixels, sha256=np.array(faces.sha256), skipped=skipped)
    except OSError as error:
        raise DataError(
            f"the faces cannot be cached in {path.parent} ({error.strerror}): free some space "
            f"there, or make it writable"
        ) from error
    return faces


def _decode(album: Album) -> Faces:
    """Decode all pictures of an album, in parallel."""

    def decode(name: str) -> Pixels | str:
        try:
            return to_face(read_image(album.read(name)))
        except DAMAGE as error:
            return str(error)

    skipped: dict[str, str] = {}
    kept: list[Pixels] = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        try:
            bar = tqdm(album.names, f"reading {album.source}", unit=" pictures", delay=1)
            for name, result in zip(bar, pool.map(decode, album.names), strict=True):
                if isinstance(result, str):
                    skipped[name] = result
                else:
                    kept.append(result)
        finally:
            pool.shutdown(cancel_futures=True)
    pixels = np.stack(kept) if kept else np.zeros((0, 3, 28, 28), np.uint8)
    return Faces(pixels, _sha256(pixels), skipped)


def _sha256(pixels: Pixels) -> str:
    return hashlib.sha256(pixels.data).hexdigest()


def _report_skipped(source: str, faces: Faces) -> None:
    """Print how many files were skipped, and the first names."""
    if not faces.skipped:
        return
    named = [f"{brief(name)} ({why.rstrip('.')})" for name, why in faces.skipped.items()][:NAMED]
    more = len(faces.skipped) - len(named)
    tail = f" and {more:,} more" if more else ""
    count = f"{len(faces.skipped):,} of {len(faces.skipped) + len(faces.pixels):,}"
    _print_once(f"{source}: skipped {count} pictures: {'; '.join(named)}{tail}")


@cache
def _print_once(message: str) -> None:
    """Print a message once, although both splits report the same files."""
    print(message, file=sys.stderr)
