"""Gradio's events, computed when it is the visitor's turn."""

from collections.abc import Callable, Coroutine
from functools import partial, wraps
from typing import Any, ParamSpec, TypeVar

import gradio as gr
from gradio.context import LocalContext

from denoise_demo.hosting import BusyError, Lane, turns

P = ParamSpec("P")
T = TypeVar("T")


def in_turn(
    work: Callable[P, T], lane: Callable[[], Lane] = turns.long
) -> Callable[P, Coroutine[Any, Any, T]]:
    """Return a handler of Gradio's events that waits for the visitor's turn.

    Its event needs concurrency_limit=None, or Gradio's own queue decides who is next.
    """

    @wraps(work)
    async def handler(*args: P.args, **kwargs: P.kwargs) -> T:
        request = LocalContext.request.get()
        visitor = str(getattr(request, "session_hash", None))
        try:
            return await lane().run(visitor, partial(work, *args, **kwargs), alone=True)
        except BusyError as error:
            raise gr.Error(str(error), print_exception=False) from error

    return handler
