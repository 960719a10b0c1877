"""Folders that the page writes to, and what it does without where none can be written."""

import atexit
import os
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from filelock import FileLock, Timeout
from starlette.requests import Request
from starlette.responses import PlainTextResponse

from denoise_demo.data import cache_dir

MEMORY = "/dev/shm"  # noqa: S108 - on Linux a folder in memory, often the only writable one
NOWHERE = Path(__file__).with_name("_nowhere")  # what Gradio creates at its start exists there
PREFIX = "denoise_demo-"
YOUNG = 60  # seconds in which a new folder may not be locked yet
NO_UPLOADS = (
    "nothing can be uploaded or downloaded, because no folder for temporary files can be written: "
    "set GRADIO_TEMP_DIR to one that can"
)
_locks: list[FileLock] = []  # held while the process lives


def prepare_folders() -> None:
    """Choose the folders for temporary files, and print what the page will do without.

    Gradio's is GRADIO_TEMP_DIR, or a new private one that is removed at exit: /tmp/gradio may
    belong to another user. Call this before Gradio and matplotlib are imported.
    """
    chosen = os.environ.get("GRADIO_TEMP_DIR")
    if chosen and not is_writable(Path(chosen)):
        _say(f"GRADIO_TEMP_DIR ({chosen}) cannot be written: another folder is used")
        chosen = None
    base = _private_folder()
    if not chosen:
        os.environ["GRADIO_TEMP_DIR"] = str(base / "gradio" if base else NOWHERE)
    if not (chosen or base):
        _say(NO_UPLOADS)
    _prepare_matplotlib(base)
    if not is_writable(cache_dir("")):
        _say(
            "faces and downloads are kept in memory only, because the cache folder cannot be "
            "written: set XDG_CACHE_HOME to one that can"
        )


def is_writable(folder: Path) -> bool:
    """Return whether a folder, or the one that it would be created in, can be written."""
    try:
        existing = next(place for place in (folder, *folder.absolute().parents) if place.exists())
        with tempfile.TemporaryFile(dir=existing) as file:
            file.write(b"x")
    except OSError:
        return False
    return True


def refuse_file(_: Request, error: Exception) -> PlainTextResponse:
    """Answer a request whose file cannot be kept, and remove what was written of it."""
    for frame, _line in traceback.walk_tb(error.__traceback__):
        for part in getattr(frame.f_locals.get("self"), "_files_to_close_on_error", ()):
            part.close()
            Path(part.name).unlink(missing_ok=True)
    return PlainTextResponse(cannot_keep(error), 507)


def cannot_keep(error: Exception) -> str:
    """Return a sentence on a file that cannot be kept, without its path."""
    why = getattr(error, "strerror", None) or type(error).__name__
    return (
        f"The file cannot be kept on the server ({why}): "
        "free some space, or set GRADIO_TEMP_DIR to a folder that can be written."
    )


def _private_folder() -> Path | None:
    """Create a folder that only this user can read; None when no place can be written."""
    for place in _places():
        try:
            folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place))
            lock = FileLock(folder / "lock")
            lock.acquire()
            (folder / "gradio").mkdir()
        except OSError:
            continue
        _locks.append(lock)
        tempfile.tempdir = str(place)
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        _remove_abandoned(place)
        return folder
    tempfile.tempdir = str(NOWHERE)  # libraries ask for one when they are imported
    return None


def _places() -> Iterator[Path]:
    """Yield the folders for temporary files, the system's own first."""
    with suppress(OSError):
        yield Path(tempfile.gettempdir())
    yield Path(MEMORY)


def _remove_abandoned(place: Path) -> None:
    """Remove the folders of killed processes: nobody holds their locks."""
    for folder in place.glob(f"{PREFIX}*"):
        with suppress(OSError, Timeout):
            status = folder.lstat()
            mine = not hasattr(os, "getuid") or status.st_uid == os.getuid()
            if mine and not folder.is_symlink() and time.time() - status.st_mtime > YOUNG:
                with FileLock(folder / "lock", timeout=0):
                    shutil.rmtree(folder, ignore_errors=True)


def _prepare_matplotlib(base: Path | None) -> None:
    """Give matplotlib a folder for its list of fonts, without which it complains or fails."""
    default = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "matplotlib"
    if "MPLCONFIGDIR" in os.environ or is_writable(default):
        return
    if base:
        os.environ["MPLCONFIGDIR"] = str(base)
    elif (found := find_spec("matplotlib")) and found.submodule_search_locations:
        settings = Path(found.submodule_search_locations[0], "mpl-data", "matplotlibrc")
        os.environ.setdefault("MATPLOTLIBRC", str(settings))  # it looks no further
        for name in ("get_cachedir", "get_configdir"):
            setattr(import_module("matplotlib"), name, lambda: str(NOWHERE))


def _say(message: str) -> None:
    print(f"app.py: {message}", file=sys.stderr)
