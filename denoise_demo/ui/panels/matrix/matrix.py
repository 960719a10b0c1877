"""Every denoiser against many corruptions, as measured; a click on a cell shows an example."""

import gradio as gr
from gradio.blocks import Block

from denoise_demo.benchmark import ResultsError, load_results
from denoise_demo.data import DOMAINS
from denoise_demo.denoisers import CheckpointError
from denoise_demo.lab import Matrix, gain_matrix
from denoise_demo.ui.web.component import component


def build_matrix(_: object) -> dict[str, Block]:
    """Create the matrix."""
    gr.HTML(
        **component(__file__, "matrix"),
        elem_id="matrix",
        matrices={domain: _matrix(domain) for domain in DOMAINS},
    )
    return {}


def _matrix(domain: str) -> Matrix | dict[str, str]:
    """Return the matrix of a domain, or an error that says what has to run first."""
    try:
        return gain_matrix(load_results(domain=domain), domain)
    except (ResultsError, CheckpointError) as error:
        return {"error": f"There are no numbers yet: {error}."}
