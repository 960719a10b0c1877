"""The last tab: how it works."""

from pathlib import Path

import gradio as gr
from gradio.blocks import Block

_TEXT = Path(__file__).with_name("explain.md")
_LATEX = [
    {"left": "$$", "right": "$$", "display": True},
    {"left": "$", "right": "$", "display": False},
]


def build_explanation(_: object) -> dict[str, Block]:
    """Show the explanation."""
    gr.Markdown(
        "**Drag a slider in the laboratory first**, then read here what happened.",
        elem_classes="lead",
    )
    gr.Markdown(
        _TEXT.read_text(encoding="utf-8"), latex_delimiters=_LATEX, elem_classes="explanation"
    )
    return {}
