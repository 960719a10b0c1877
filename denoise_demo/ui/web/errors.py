"""Errors as messages on the page."""

from collections.abc import Iterator
from contextlib import contextmanager

import gradio as gr


@contextmanager
def shown_errors() -> Iterator[None]:
    """Show a ValueError of ours as a message on the page, without a traceback in the log."""
    try:
        yield
    except ValueError as error:
        raise gr.Error(str(error), print_exception=False) from error
