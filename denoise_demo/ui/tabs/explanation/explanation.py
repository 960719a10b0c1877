"""The last tab: how it works."""

from pathlib import Path

import gradio as gr
from gradio.blocks import Block

from denoise_demo.corruption import NOISES

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
    text = _TEXT.read_text(encoding="utf-8").replace("{{noises}}", noise_table())
    gr.Markdown(text, latex_delimiters=_LATEX, elem_classes="explanation")
    return {}


def noise_table() -> str:
    """Return a Markdown table of every kind of noise: its formula and what its level is."""
    rows = [
        f"| {spec.label} | {spec.formula} | {spec.level_name}: {spec.unit} |"
        for kind, spec in NOISES.items()
        if kind != "none"
    ]
    return "\n".join(["| noise | each value of each channel | level |", "|---|---|---|", *rows])
