"""Files written whole or not at all."""

import errno
import os
import threading
from pathlib import Path

import pytest

from denoise_demo.common.files import write_atomically, written_atomically


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with something in it, alone in its folder."""
    folder = tmp_path / "folder"
    folder.mkdir()
    path = folder / "x.bin"
    path.write_bytes(b"old")
    return path


class FullDiskError(OSError):
    """What a disk without space answers."""

    def __init__(self, *arguments: object) -> None:
        super().__init__(errno.ENOSPC, "No space left on device")


def raising(error: type[BaseException]):
    """Return a function that raises the error whatever it gets."""

    def fail(*arguments: object) -> None:
        raise error

    return fail


def assert_only(path: Path, content: bytes) -> None:
    assert path.read_bytes() == content
    assert list(path.parent.iterdir()) == [path]


def test_writing_leaves_only_the_file(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()

    write_atomically(folder / "x.bin", b"content")

    assert_only(folder / "x.bin", b"content")


def test_writing_again_replaces_the_file(path: Path) -> None:
    write_atomically(path, b"new")

    assert_only(path, b"new")


def test_until_the_end_the_old_file_stays(path: Path) -> None:
    with written_atomically(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_bytes() == b"old"

    assert_only(path, b"new")


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_an_error_in_between_keeps_the_old_file_and_nothing_else(
    error: type[BaseException], path: Path
) -> None:
    def write_half() -> None:
        with written_atomically(path) as file:
            file.write(b"half of the n")
            raise error

    with pytest.raises(error):
        write_half()

    assert_only(path, b"old")


@pytest.mark.parametrize("error", [FullDiskError, KeyboardInterrupt])
@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_failed_write_keeps_the_old_file_and_nothing_else(
    call: str, error: type[BaseException], path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os if call == "fsync" else Path, call, raising(error))

    with pytest.raises(error):
        write_atomically(path, b"new")

    assert_only(path, b"old")


def test_a_write_that_fails_in_the_middle_keeps_the_old_file(path: Path) -> None:
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            write_atomically(path, bytes(10_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert_only(path, b"old")


def test_the_content_reaches_the_disk_before_the_name(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bytes] = []
    monkeypatch.setattr(os, "fsync", lambda file: seen.append(path.read_bytes()))

    write_atomically(path, b"new")

    assert seen == [b"old"]


def test_two_threads_that_write_one_file_do_not_meet(path: Path) -> None:
    both = threading.Barrier(2, timeout=10)
    failures: list[Exception] = []

    def write(content: bytes) -> None:
        try:
            with written_atomically(path) as file:
                both.wait()
                file.write(content)
                both.wait()
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(c * 1000,)) for c in (b"a", b"b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert path.read_bytes() in (b"a" * 1000, b"b" * 1000)
    assert list(path.parent.iterdir()) == [path]
