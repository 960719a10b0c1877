"""Atomic file writes, and one writer at a time."""

import glob
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from filelock import FileLock, Timeout


class WriteError(OSError):
    """A file cannot be written; the message says where, why and what to do."""

    def __str__(self) -> str:
        """Return the message alone, without the number of the error."""
        return str(self.args[-1])


class LockedError(ValueError):
    """Another process is writing the same file."""


@contextmanager
def written_atomically(path: Path) -> Iterator[IO[bytes]]:
    """Open a temporary file next to `path`; on success flush it to disk and rename it."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.tmp")
    try:
        with temporary.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        with suppress(OSError):  # the first error says more
            temporary.unlink(missing_ok=True)


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file atomically: a crash leaves no partial content.

    Raises:
        WriteError: when the disk is full, or the folder read-only, missing or forbidden.
    """
    try:
        with written_atomically(path) as file:
            file.write(content)
    except OSError as error:
        raise unwritable(path, error) from error


def unwritable(path: Path, error: OSError) -> WriteError:
    """Return the error for a file that cannot be written, with the remedy."""
    return WriteError(
        error.errno,
        f"{path.name} cannot be written to {path.parent} ({error.strerror or error}): free some "
        "space there, make it writable, or name another folder",
    )


@contextmanager
def sole_writer(path: Path, wait: float = 0) -> Iterator[None]:
    """Keep other processes from writing a file, and remove what killed ones left of it.

    Args:
        path: the file; `path`.lock next to it is locked, and removed afterwards.
        wait: seconds to wait for another process.

    Raises:
        LockedError: when another process is still writing it.
        OSError: when the lock cannot be made.
    """
    lock = FileLock(f"{path}.lock", timeout=wait)
    try:
        lock.acquire()
    except Timeout as error:
        raise LockedError(f"{path.name} is being written by another process") from error
    try:
        for leftover in path.parent.glob(f"{glob.escape(path.name)}.*.tmp"):
            with suppress(OSError):
                leftover.unlink()
        yield
    finally:
        with suppress(OSError):
            os.unlink(lock.lock_file)
        lock.release()
