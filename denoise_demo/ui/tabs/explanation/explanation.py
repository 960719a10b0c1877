"""The last tab: how it works."""

from pathlib import Path

import gradio as gr
from gradio.blocks import Block

from denoise_demo.benchmark import live_metrics
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
    text = _TEXT.read_text(encoding="utf-8")
    for name, rows in {"noises": noise_rows(), "metrics": metric_rows()}.items():
        text = text.replace("{{" + name + "}}", "\n".join(rows))
    gr.Markdown(text, latex_delimiters=_LATEX, elem_classes="explanation")
    return {}


def noise_rows() -> list[str]:
    """Return a row of a Markdown table for every kind of noise: its formula and its level."""
    return [
        f"| {spec.label} | {spec.formula} | {spec.level_name}: {spec.unit} |"
        for kind, spec in NOISES.items()
        if kind != "none"
    ]


def metric_rows() -> list[str]:
    """Return a row of a Markdown table for every metric of the page."""
    return [
        f"| {spec.label} | {spec.meaning or spec.title} "
        f"| {'higher' if spec.higher_is_better else 'lower'} |"
        for spec in live_metrics().values()
    ]
