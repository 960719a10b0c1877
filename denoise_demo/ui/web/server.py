"""Requests from panels to the server, each computed when it is the visitor's turn."""

import time
from collections.abc import Callable, Coroutine
from typing import Any

import gradio as gr
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from denoise_demo.common import JsonObject
from denoise_demo.denoisers import device_trouble
from denoise_demo.hosting import BusyError, Lane, SupersededError, metrics, turns
from denoise_demo.lab import Settings


@checked(frozen=True, config=ConfigDict(extra="forbid", allow_inf_nan=False))
class Request(Settings):
    """A request of a panel: settings and `source`, the argument of `clean_picture`."""

    source: object


def answered(work: Callable[[object], JsonObject], request: object) -> JsonObject:
    """Do the work; a ValueError becomes `error`, a sentence.

    The answer gets `milliseconds`, the time spent.
    """
    started = time.perf_counter()
    try:
        answer = work(request)
    except ValueError as error:
        answer = {"error": str(error)}
    except RuntimeError as error:
        if (trouble := device_trouble(error)) is None:
            raise
        answer = {"error": trouble[0].upper() + trouble[1:]}
    return answer | {"milliseconds": 1000 * (time.perf_counter() - started)}


def served(
    work: Callable[[object], JsonObject], lane: Callable[[], Lane] = turns.short
) -> Callable[[object, gr.Request], Coroutine[Any, Any, JsonObject]]:
    """Return the server function of a panel that computes `work`, by its name.

    The answer also gets `waited`, the milliseconds before the turn. A request that a newer one of
    the same visitor has superseded is answered by {"superseded": true}; a refused one by `error`,
    {"busy": true} and `retry`, the milliseconds to wait.
    """

    async def answer(request: object, http: gr.Request) -> JsonObject:
        # Gradio passes Starlette's request, whose body it has parsed.
        visitor = str((await http.json())["session_hash"])
        arrived = time.perf_counter()

        def compute() -> JsonObject:
            waited = 1000 * (time.perf_counter() - arrived)
            return work(request) | {"waited": waited}

        try:
            return await lane().run(visitor, compute, work.__name__)
        except SupersededError:
            metrics.count_drop("superseded")
            return {"superseded": True}
        except BusyError as error:
            metrics.count_drop("busy")
            return {"error": str(error), "busy": True, "retry": 1000 * error.retry}

    answer.__name__ = work.__name__
    return answer
