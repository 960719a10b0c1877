"""Curves over the noise level, with the laboratory's own level marked."""

from collections.abc import Collection, Iterator, Sequence
from functools import partial

import gradio as gr
from gradio.blocks import Block
from pydantic import ConfigDict, StrictFloat
from pydantic.dataclasses import dataclass as checked

from denoise_demo.benchmark import COMMAND, Results, ResultsError, SweepRow, load_results, scores_of
from denoise_demo.common import JsonObject, from_json, lookup, parse
from denoise_demo.data import DOMAINS
from denoise_demo.denoisers import CheckpointError, get_denoiser, list_denoisers
from denoise_demo.figures import MOST
from denoise_demo.hosting import turns
from denoise_demo.ui.web.component import LAST, component
from denoise_demo.ui.web.errors import shown_errors
from denoise_demo.ui.web.events import in_turn
from denoise_demo.ui.web.vega import chart

COMPARED = {  # in colour at first, besides the denoiser on the stage
    "digits": ["conv-pool", "dense-64", "dense-300-random", "median-3"],
    "faces": ["pix2pix-gaussian", "strided-conv-gaussian", "median-3"],
}
# Gradio may not know the latest place yet.
_DRAWN = """(place, score, lines) => {
  window.laboratory?.chosen("score", score);
  window.laboratory?.chosen("lines", lines.join(","));
  return [window.laboratory?.place() ?? place, score, lines];
}"""

PLACE = "the place on the curves"


@checked(frozen=True, config=ConfigDict(extra="forbid", allow_inf_nan=False))
class Place:
    """The laboratory's current settings that mark a place on the curves."""

    domain: str
    kind: str
    level: StrictFloat
    denoiser: str
    blur_sigma: StrictFloat = 0.0

    def __post_init__(self) -> None:
        """Check what depends on the registries."""
        lookup(DOMAINS, self.domain, "domain")
        get_denoiser(self.denoiser)


def build_curves(problems: Collection[str]) -> dict[str, Block]:
    """Create the view; return the choices of score and lines, which a link may set."""
    usable = [key for key in list_denoisers() if key not in problems]
    score = gr.Radio(
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
        label="In colour, besides the denoiser on the stage",
        elem_id="curves-lines",
        **line_choices(usable, "digits"),
    )
    place = gr.HTML(**component(__file__, "curves", "moved", "entered"), elem_id="curves")
    drawing: JsonObject = {
        "fn": in_turn(draw_curves, turns.short),
        "inputs": [place, score, lines],
        "outputs": [plot, words],
        "js": _DRAWN,
        **LAST,
    }
    gr.on([score.input, lines.change], **drawing)  # clearing all lines triggers no `input`
    place.moved(**drawing)
    entered = place.entered(
        partial(follow_domain, usable), [place, score, lines], [lines, score], **LAST
    )
    entered.success(**drawing)
    return {"score": score, "lines": lines}


def draw_curves(place: str | None, score: str, lines: list[str]) -> tuple[object, object]:
    """Draw the curves around the laboratory's noise; say if the benchmark has to run first."""
    from denoise_demo.figures.curves import level_curves  # noqa: PLC0415 - see `figures`

    if not place:  # the page's script has not reported the settings yet
        return gr.skip(), gr.skip()
    with shown_errors():
        here = _parse(place)
        if here.kind == "none":
            return None, "Without noise there is no level to plot: choose a kind of noise."
        own = [here.denoiser] if here.denoiser in list_denoisers(here.domain) else []
        shown = [*own, *(key for key in lines if key not in own)]
        try:
            results = load_results(domain=here.domain)
            mark = None if here.blur_sigma else here.level  # the curves are without blur
            curves = level_curves(results.sweep, here.kind, score, shown, mark)
        except (ResultsError, CheckpointError) as error:
            return None, f"**There are no curves yet:** {error}."
    words = [_explain(results.sweep, here.domain), *_missing(results, here.kind, shown)]
    if here.blur_sigma:
        words.append(
            f"Your picture is blurred by {here.blur_sigma:g} px as well, so it has no place on "
            "these curves: set the blur to 0 to see it."
        )
    words += [f"Left out: {note}." for note in results.left_out]
    return chart(curves), " ".join(words)


def _missing(results: Results, kind: str, shown: Sequence[str]) -> Iterator[str]:
    """Say which of the chosen denoisers the benchmark has not measured."""
    measured = {row.denoiser for row in results.sweep if row.kind == kind}
    if labels := [get_denoiser(key).label for key in shown if key not in measured]:
        yield f"**Not measured yet:** {', '.join(labels)}. Run `{COMMAND}`."


def follow_domain(
    usable: Collection[str], place: str, score: str, lines: list[str]
) -> tuple[gr.Dropdown, gr.Radio]:
    """Offer the denoisers and the scores of the laboratory's domain.

    Choices that are still offered are not set: the user may have changed them meanwhile.
    """
    with shown_errors():
        domain = _parse(place).domain
    choices = line_choices(usable, domain)
    if {key for _, key in choices["choices"]}.issuperset(lines):
        del choices["value"]
    chosen = {} if score in scores_of(domain) else {"value": "psnr"}
    return gr.Dropdown(**choices), gr.Radio(score_choices(domain), **chosen)


def score_choices(domain: str) -> list[tuple[str, str]]:
    """Return the scores that the benchmark measures in a domain, as choices."""
    return [(score.label, key) for key, score in scores_of(domain).items()]


def _parse(place: str | None) -> Place:
    """Read where the laboratory is."""
    if not isinstance(place, str):
        raise ValueError("the place on the curves is missing: open the view again")
    return parse(Place, from_json(place, PLACE), PLACE)


def line_choices(usable: Collection[str], domain: str) -> JsonObject:
    """Return the denoisers that can be in colour, and those that are at first."""
    offered = [key for key in list_denoisers(domain) if key in usable]
    value = [key for key in COMPARED[domain] if key in offered]
    choices = [(list_denoisers()[key].label, key) for key in offered]
    return {"choices": choices, "value": value, "multiselect": True}


def _explain(sweep: Sequence[SweepRow], domain: str) -> str:
    count = max(row.n for row in sweep)
    return (
        f"Means over {count:,} test {domain}, without blur, with *95 % intervals* as bands. Grey: "
        "all other denoisers; dashed: doing nothing. **In the shaded region denoising makes the "
        "pictures worse.**"
    )
