"""Curves over the noise level, with the laboratory's own level marked."""

import json
from collections.abc import Collection, Sequence
from functools import partial
from typing import Any

import gradio as gr

from denoise_demo.benchmark import ResultsError, SweepRow, load_results, scores_of
from denoise_demo.common import check_keys, finite, lookup
from denoise_demo.data import DOMAINS
from denoise_demo.denoisers import CheckpointError, list_denoisers
from denoise_demo.figures import MOST, level_curves
from denoise_demo.ui.panels.pictures.pictures import PRIVATE
from denoise_demo.ui.web.errors import shown_errors
from denoise_demo.ui.web.server import read_text
from denoise_demo.ui.web.vega import chart

COMPARED = {  # in colour at first, beside what the stage shows
    "digits": ["conv-pool", "dense-64", "dense-300-random", "median-3"],
    "faces": ["pix2pix-gaussian", "strided-conv-gaussian", "median-3"],
}
_TELL = """(score, lines) => {
  window.laboratory?.choice("score", score);
  window.laboratory?.choice("lines", lines.join(","));
}"""


def build_curves(usable: Collection[str]) -> tuple[gr.Radio, gr.Dropdown]:
    """Create the tab's contents; return the choices of score and lines, which a link may set."""
    gr.Markdown(
        "**Choose a noise and drag its level** along the curves: where does each give up?",
        elem_classes="lead",
    )
    metric = gr.Radio(
        score_choices("digits"),
        value="psnr",
        show_label=False,
        container=False,
        elem_id="curves-metric",
    )
    plot = gr.Plot(show_label=False, elem_id="curves-plot")
    words = gr.Markdown(elem_id="curves-words")
    lines = gr.Dropdown(
        max_choices=MOST - 1,
        label="In colour, beside the denoiser on the stage",
        elem_id="curves-lines",
        **line_choices(usable, "digits"),
    )
    place = gr.HTML(
        html_template="",
        js_on_load=read_text(__file__, "curves.js"),
        elem_id="curves",
        apply_default_css=False,
    )
    drawing = {"fn": draw_curves, "inputs": [place, metric, lines], "outputs": [plot, words]}
    drawing |= {"trigger_mode": "always_last", **PRIVATE}
    gr.on([metric.input, lines.change], **drawing)  # clearing all lines is no `input`
    gr.on([metric.change, lines.change], fn=None, inputs=[metric, lines], js=_TELL)
    place.moved(**drawing)
    place.entered(
        partial(follow_domain, usable),
        [place, metric, lines],
        [lines, metric],
        trigger_mode="always_last",
        **PRIVATE,
    ).success(**drawing)
    return metric, lines


def draw_curves(place: str | None, metric: str, lines: list[str]) -> tuple[Any, Any]:
    """Draw the curves around the laboratory's noise; say if the benchmark has to run first."""
    if not place:  # the page has not said yet where the laboratory is, and will
        return gr.skip(), gr.skip()
    with shown_errors():
        domain, kind, level, recipe = _parse(place)
        if kind == "none":
            return None, "There is no noise, so no level: choose a kind of noise."
        shown = (
            [recipe, *(key for key in lines if key != recipe)]
            if recipe in list_denoisers(domain)
            else lines
        )
        try:
            sweep = load_results(domain=domain).sweep
            curves = level_curves(sweep, kind, metric, shown, level)
        except (ResultsError, CheckpointError) as error:
            return None, f"**There are no curves yet:** {error}."
    return chart(curves), _explain(sweep, domain)


def follow_domain(
    usable: Collection[str], place: str, metric: str, lines: list[str]
) -> tuple[Any, Any]:
    """Offer the denoisers and the scores of the pictures that the laboratory shows now.

    What is chosen and offered is not set: meanwhile a person may have chosen something else.
    """
    with shown_errors():
        domain, *_ = _parse(place)
    choices = line_choices(usable, domain)
    if {key for _, key in choices["choices"]}.issuperset(lines):
        del choices["value"]
    chosen = {} if metric in scores_of(domain) else {"value": "psnr"}
    return gr.Dropdown(**choices), gr.Radio(score_choices(domain), **chosen)


def score_choices(domain: str) -> list[tuple[str, str]]:
    """Return the scores that the benchmark measures in a domain, as choices."""
    return [(score.label, key) for key, score in scores_of(domain).items()]


def _parse(place: str) -> tuple[str, str, float, str]:
    """Read what the page says of the laboratory."""
    if not isinstance(place, str):
        raise ValueError("the page has not said where the laboratory is: open the tab again")
    values = json.loads(place)
    check_keys(values, {"domain", "kind", "level", "denoiser"}, "the place on the curves")
    lookup(DOMAINS, values["domain"], "domain")
    lookup(list_denoisers(), values["denoiser"], "recipe or filter")
    return values["domain"], values["kind"], finite(values["level"], "level"), values["denoiser"]


def line_choices(usable: Collection[str], domain: str) -> dict[str, Any]:
    """Return the denoisers that can be in colour, and those that are at first."""
    offered = [key for key in list_denoisers(domain) if key in usable]
    value = [key for key in COMPARED[domain] if key in offered]
    choices = [(list_denoisers()[key].label, key) for key in offered]
    return {"choices": choices, "value": value, "multiselect": True}


def _explain(sweep: Sequence[SweepRow], domain: str) -> str:
    count = max(row.n for row in sweep)
    return (
        f"Means over {count:,} test {domain}, without blur, with 95 % intervals as bands. Grey: "
        "all other denoisers; dashed: doing nothing. **In the shaded region denoising makes "
        "things worse.**"
    )
