"""Colour faces: a folder or zip of pictures of any size, decoded once and cached as one array."""

import hashlib
import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from denoise_demo.common import brief, once, written_atomically
from denoise_demo.data.albums import Album, opened, pictures_below
from denoise_demo.data.images import (
    DAMAGE,
    DataError,
    Images,
    cache_dir,
    caching,
    data_place,
    not_cached,
    print_once,
)
from denoise_demo.data.pixels import to_face
from denoise_demo.data.uploads import read_image

SPLITS = ("train", "test")
TRAIN_SHARE = 0.75  # by index, as in the article
FEWEST = 40  # faces; fewer are not enough to train and measure
NAMED = 3  # unreadable files listed in a message

Pixels = NDArray[np.uint8]
WANTED = "name a folder or zip of face pictures with --data-dir or DENOISE_DATA_DIR"
_last: dict[str, "Faces"] = {}  # the album read last, by its fingerprint
_reading = threading.Lock()


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
    with opened(place) as album:
        faces = _read_once(album)
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


@once
def faces_test() -> Images:
    """Return the test split, read once; DataError when there are no faces."""
    return load_faces("test")


def has_faces(data_dir: str | Path | None = None) -> bool:
    """Whether there are enough face pictures to load."""
    try:
        with opened(_find(data_dir)) as album:
            return len(album.names) >= FEWEST
    except DataError:
        return False


def _find(data_dir: str | Path | None) -> Path:
    """Return the folder or zip that holds the pictures."""
    named = data_place(data_dir)
    if named is None:
        raise DataError(f"no folder or zip of faces is set: {WANTED}")
    if not os.path.exists(named):  # Path.exists raises an error where it may not look
        what = str(data_dir) if data_dir else "the place that DENOISE_DATA_DIR names"
        raise DataError(f"{what} does not exist: {WANTED}")
    place = named / "faces" if os.path.isdir(named / "faces") else named
    if place.is_dir() and not any(pictures_below(place)):
        place = min(place.glob("*.zip"), default=place)
    return place


def _read_once(album: Album) -> Faces:
    """Return an album's faces; several threads wait for one reading, and the last is kept."""
    with _reading:
        if album.fingerprint not in _last:
            faces = _cached(album)
            _last.clear()
            _last[album.fingerprint] = faces
        return _last[album.fingerprint]


def _cached(album: Album) -> Faces:
    """Return an album's faces from the cache, or decode them and cache them if possible."""
    path = cache_dir("faces") / f"{album.fingerprint[:32]}.npz"
    if faces := _stored(path):
        return faces
    with caching(path):
        if faces := _stored(path):  # another process was faster
            return faces
        faces = _decode(album)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with written_atomically(path) as file:
                skipped = np.array(json.dumps(faces.skipped))
                np.savez(file, pixels=faces.pixels, sha256=np.array(faces.sha256), skipped=skipped)
        except OSError as error:
            not_cached("the faces", error)
    return faces


def _stored(path: Path) -> Faces | None:
    """Return the faces of a cache file; None when it is absent or damaged."""
    try:
        with path.open("rb") as stored, np.load(stored, allow_pickle=False) as kept:
            pixels, sha256 = kept["pixels"], str(kept["sha256"])
            skipped = json.loads(str(kept["skipped"]))
        if _sha256(pixels) == sha256:
            return Faces(pixels, sha256, skipped)
    except (*DAMAGE, LookupError, TypeError, RecursionError):
        pass
    return None


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
    print_once(f"{source}: skipped {count} pictures: {'; '.join(named)}{tail}")
