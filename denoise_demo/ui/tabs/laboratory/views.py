"""What is shown of the laboratory's picture: the stage, the comparison and the rest, a tab each."""

from collections.abc import Collection
from dataclasses import asdict, dataclass

import gradio as gr

from denoise_demo.lab import Settings
from denoise_demo.ui.panels.bottleneck.bottleneck import build_codes
from denoise_demo.ui.panels.compare.compare import build_compare
from denoise_demo.ui.panels.curves.curves import build_curves
from denoise_demo.ui.panels.matrix.matrix import build_matrix, set_case
from denoise_demo.ui.panels.pictures.pictures import PRIVATE
from denoise_demo.ui.panels.pictures.thumbnails import FIRST_EXAMPLE
from denoise_demo.ui.panels.stage.stage import build_stage

_TO_STAGE = "(id) => { document.getElementById('view-stage-button').click(); return id; }"
_SET_CASE = """(cell) => {
  window.laboratory.hold({ ...window.laboratory.settings(), ...JSON.parse(cell) });
  document.getElementById("view-stage-button").click();
  return [cell];
}"""
_SEEN = "() => { requestAnimationFrame(() => window.laboratory?.pump()); }"


@dataclass(frozen=True)
class Views:
    """The tabs, and what in them others set or listen to."""

    tabs: gr.Tabs
    stage: gr.HTML
    comparison: gr.HTML
    score: gr.Radio
    lines: gr.Dropdown
    matrix: gr.HTML

    def connect(
        self, kind: gr.Dropdown, level: gr.Slider, blur: gr.Slider, recipe: gr.Dropdown
    ) -> None:
        """Let a click on a card or a cell set the controls, and open the stage."""
        self.comparison.choose(fn=None, inputs=self.comparison, outputs=recipe, js=_TO_STAGE)
        controls = [kind, level, blur, recipe]
        self.matrix.choose(set_case, self.matrix, controls, js=_SET_CASE, **PRIVATE)


def build_views(usable: Collection[str], problems: Collection[str], initial: Settings) -> Views:
    """Lay out the tabs; `problems` names the recipes that cannot be used."""
    with gr.Tabs(elem_id="views") as tabs:
        with gr.Tab("Stage", id="stage", elem_id="view-stage") as first:
            gr.Markdown(
                "**Drag a slider, draw a digit or take a photo**, and watch a real network clean "
                "it on the next frame.",
                elem_classes="lead",
            )
            stage = build_stage(asdict(initial), FIRST_EXAMPLE)
        with gr.Tab("Compare", id="compare", elem_id="view-compare") as second:
            gr.Markdown(
                "**Drag the noise up** and see who holds on longest: everything, at once.",
                elem_classes="lead",
            )
            comparison = build_compare(usable)
        with gr.Tab("Curves", id="curves", elem_id="view-curves") as third:
            score, lines = build_curves(usable)
        with gr.Tab("Matrix", id="matrix", elem_id="view-matrix") as fourth:
            matrix = build_matrix()
        with gr.Tab("Bottleneck", id="codes", elem_id="view-codes") as fifth:
            build_codes(problems)
    for tab in (first, second, third, fourth, fifth):
        tab.select(fn=None, js=_SEEN)
    return Views(tabs, stage, comparison, score, lines, matrix)
