"""Requests from panels to the server."""

import os
import threading
import time
from collections.abc import Callable

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from denoise_demo.common import JsonObject
from denoise_demo.denoisers import device_trouble
from denoise_demo.lab import Settings

_at_once = threading.BoundedSemaphore(os.cpu_count() or 1)  # keeps many users from thrashing


@checked(frozen=True, config=ConfigDict(extra="forbid", allow_inf_nan=False))
class Request(Settings):
    """A request of a panel: settings and `source`, the argument of `clean_picture`."""

    source: object


def answered(work: Callable[[object], JsonObject], request: object) -> JsonObject:
    """Do the work, at most one per core at a time; a ValueError becomes `error`, a sentence.

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
