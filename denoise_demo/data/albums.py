"""Albums: a folder or zip of picture files, listed and read one by one, nothing unpacked."""

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from denoise_demo.data.images import DAMAGE, DataError
from denoise_demo.data.uploads import SUFFIXES

LARGEST_FILE = 100_000_000  # bytes of one picture, uncompressed
LARGEST_EXPANSION = 100  # uncompressed size over a zip's size; pictures hardly compress
VERSION = 1  # of what is cached under a fingerprint


@dataclass(frozen=True)
class Album:
    """A folder or zip of pictures: sorted names, a function that reads one, a content hash."""

    source: str
    names: list[str]
    read: Callable[[str], bytes]
    fingerprint: str


def pictures_below(folder: Path) -> Iterator[Path]:
    """Yield the pictures in a folder and the folders below it."""
    return (path for path in folder.rglob("*") if _is_picture(path.relative_to(folder).as_posix()))


def _is_picture(name: str) -> bool:
    """Whether a file is a picture by its suffix, and not hidden by an archiver or an editor."""
    path = PurePosixPath(name.replace("\\", "/"))
    hidden = any(part.startswith((".", "__MACOSX")) and part != ".." for part in path.parts)
    return path.suffix.lower() in SUFFIXES and not hidden


@contextmanager
def opened(place: Path) -> Iterator[Album]:
    """Open a folder or zip as an album; DataError for a damaged zip or a zip bomb."""
    if place.is_dir():
        yield _folder_album(place)
        return
    try:
        archive = zipfile.ZipFile(place)
    except DAMAGE as error:
        why = getattr(error, "strerror", None) or error
        raise DataError(
            f"{place.name} is not a zip file, or is damaged ({why}): give a zip of pictures"
        ) from error
    with archive:
        yield _zip_album(place, archive)


def _folder_album(folder: Path) -> Album:
    names = sorted(path.relative_to(folder).as_posix() for path in pictures_below(folder))
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
