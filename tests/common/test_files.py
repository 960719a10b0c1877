"""Atomic file writes: a file is replaced completely or not at all."""

import errno
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from denoise_demo.common import (
    LockedError,
    WriteError,
    sole_writer,
    write_atomically,
    written_atomically,
)

ROOT = Path(__file__).resolve().parents[2]
HOLDER = """
import sys, time
from pathlib import Path
from denoise_demo.common import sole_writer
with sole_writer(Path(sys.argv[1])):
    Path(sys.argv[1] + ".99-1.tmp").write_bytes(b"half")
    print("locked", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def path(tmp_path):
    """A file with old content, alone in its folder."""
    path = tmp_path / "folder" / "x.bin"
    path.parent.mkdir()
    path.write_bytes(b"old")
    return path


def assert_only(path: Path, content: bytes) -> None:
    assert path.read_bytes() == content
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("exists", [True, False])
def test_writing_leaves_only_the_new_file(exists, path):
    if not exists:
        path.unlink()

    write_atomically(path, b"new")

    assert_only(path, b"new")


def test_the_old_file_stays_until_the_new_one_is_on_disk(path, monkeypatch):
    seen: list[bytes] = []
    monkeypatch.setattr(os, "fsync", lambda file: seen.append(path.read_bytes()))

    with written_atomically(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_bytes() == b"old"

    assert seen == [b"old"]
    assert_only(path, b"new")


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_an_error_while_writing_keeps_the_old_file_only(error, path):
    def write_half() -> None:
        with written_atomically(path) as file:
            file.write(b"half of the n")
            raise error

    with pytest.raises(error):
        write_half()

    assert_only(path, b"old")


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "full"), KeyboardInterrupt()])
@pytest.mark.parametrize(("owner", "call"), [(os, "fsync"), (Path, "replace")])
def test_a_failed_flush_or_rename_keeps_the_old_file_only(owner, call, error, path, monkeypatch):
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(owner, call, fail)

    with pytest.raises(type(error)) as caught:
        write_atomically(path, b"new")

    assert_only(path, b"old")
    if isinstance(caught.value, WriteError):
        assert str(caught.value).startswith(f"x.bin cannot be written to {path.parent} (full): ")


def test_two_threads_can_write_the_same_file(path):
    both, failures = threading.Barrier(2, timeout=10), []

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


# One writer at a time


@pytest.fixture
def holder(path):
    """A process that is writing the file, and has written half of it."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "locked\n"
    yield process
    process.kill()
    process.communicate()


def test_a_second_writer_is_refused_and_leaves_the_first_ones_file(holder, path):
    message = r"x\.bin is being written by another process"
    with pytest.raises(LockedError, match=message), sole_writer(path):
        pytest.fail("two processes write one file")

    assert path.with_name("x.bin.99-1.tmp").exists()


def test_a_killed_writer_is_no_obstacle_and_its_leftovers_are_removed(holder, path):
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    other = path.with_name("y.bin.99-1.tmp")
    other.write_bytes(b"of another file")

    with sole_writer(path):
        assert {file.name for file in path.parent.iterdir()} == {"x.bin", "x.bin.lock", other.name}

    other.unlink()
    assert_only(path, b"old")


def test_a_writer_may_wait_for_another(path):
    locked, order = threading.Event(), []

    def first():
        with sole_writer(path):
            locked.set()
            order.append("first")

    thread = threading.Thread(target=first)
    thread.start()
    locked.wait(timeout=10)
    with sole_writer(path, wait=10):
        order.append("second")
    thread.join()

    assert order == ["first", "second"]
    assert_only(path, b"old")
