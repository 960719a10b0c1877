"""The matrix of what each denoiser learnt against what it meets; a cell sets the stage."""

import json
from typing import Any

import gradio as gr

from denoise_demo.benchmark import ResultsError, load_results
from denoise_demo.common import check_keys
from denoise_demo.data import DOMAINS
from denoise_demo.denoisers import CheckpointError
from denoise_demo.lab import Matrix, Settings, gain_matrix
from denoise_demo.ui.controls import level_slider
from denoise_demo.ui.web.errors import shown_errors
from denoise_demo.ui.web.server import read_text


def build_matrix() -> gr.HTML:
    """Create the matrix; it has an event `choose`, its value then being a cell in JSON."""
    gr.Markdown(
        "**Read along a row**: a denoiser removes the noise that it learnt, and often spoils the "
        "rest. Click a cell to see it.",
        elem_classes="lead",
    )
    return gr.HTML(
        html_template=read_text(__file__, "matrix.html"),
        css_template=read_text(__file__, "matrix.css"),
        js_on_load=read_text(__file__, "matrix.js"),
        elem_id="matrix",
        apply_default_css=False,
        matrices={domain: _matrix(domain) for domain in DOMAINS},
    )


def set_case(cell: str) -> list[Any]:
    """Set kind, level, blur and denoiser as a cell has them."""
    with shown_errors():
        if not isinstance(cell, str):
            raise ValueError("no cell was chosen: click one")
        values = json.loads(cell)
        check_keys(values, {"kind", "level", "blur_sigma", "denoiser"}, "the cell")
        settings = Settings.parse({**values, "seed": 0})
    return [
        settings.kind,
        level_slider(settings.kind, settings.level),
        settings.blur_sigma,
        gr.update(value=settings.denoiser),
    ]


def _matrix(domain: str) -> Matrix | dict[str, str]:
    """Return the matrix of a domain, or in its place what has to run first."""
    try:
        return gain_matrix(load_results(domain=domain), domain)
    except (ResultsError, CheckpointError) as error:
        return {"error": f"There are no numbers yet: {error}."}
