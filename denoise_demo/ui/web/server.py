"""What the page's own parts share: how they ask the server, and how their scripts are joined."""

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from denoise_demo.denoisers import device_trouble

FIELDS = {  # the settings of an experiment, with the element id of the control that holds each
    "kind": "noise-kind",
    "level": "noise-level",
    "blur_sigma": "blur-sigma",
    "denoiser": "recipe",
    "seed": "noise-seed",
}
_at_once = threading.BoundedSemaphore(os.cpu_count() or 1)  # so that many users do not thrash


def answered(work: Callable[[Any], dict[str, Any]], request: Any) -> dict[str, Any]:
    """Do the work when it is its turn; what goes wrong becomes `error`, a sentence.

    The answer gets `milliseconds`, the time spent.
    """
    started = time.perf_counter()
    try:
        with _at_once:
            answer = work(request)
    except ValueError as error:
        answer = {"error": str(error)}
    except RuntimeError as error:
        if (trouble := device_trouble(error)) is None:
            raise
        answer = {"error": trouble[0].upper() + trouble[1:]}
    return answer | {"milliseconds": 1000 * (time.perf_counter() - started)}


def read_text(beside: str, name: str) -> str:
    """Return a file that lies in the folder of the module `beside`."""
    return (Path(beside).parent / name).read_text(encoding="utf-8")


def script(beside: str, *names: str) -> str:
    """Join files of JavaScript into the body of one function."""
    return "\n".join(read_text(beside, name) for name in names)
