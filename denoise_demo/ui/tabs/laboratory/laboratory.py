"""The first tab: controls, views and the picture chooser."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import gradio as gr
from gradio.blocks import Block

from denoise_demo.data import DOMAINS
from denoise_demo.denoisers import list_denoisers
from denoise_demo.lab import PRESETS
from denoise_demo.ui.controls import denoiser_controls, first_settings, noise_controls
from denoise_demo.ui.panels.pictures.pictures import build_pictures

if TYPE_CHECKING:
    from denoise_demo.ui.views import ViewSpec

NOISE = ("kind", "level", "blur_sigma", "seed")  # what openView in page.js returns


def build_laboratory(
    views: "Mapping[str, ViewSpec]", state: gr.HTML, problems: Mapping[str, str]
) -> dict[str, Block]:
    """Lay out the tab; return the components that a view sets, by name.

    Args:
        views: the views by id.
        state: receives messages for the page's script.
        problems: why networks cannot be used, by recipe.
    """
    usable = [key for key in list_denoisers() if key not in problems]
    first = first_settings(usable, "digits")
    parts: dict[str, Block] = {}
    with gr.Row(elem_classes="laboratory"):
        with gr.Column(elem_classes="controls"):
            parts["domain"] = _domain()
            with gr.Group(elem_id="noise-group"):
                parts |= noise_controls(first)
            with gr.Group(elem_id="denoiser-group"):
                parts |= denoiser_controls(usable, first.denoiser)
            with gr.Group(elem_id="preset-group"):
                parts["preset"] = _presets(usable)
            with gr.Row():
                copy = gr.Button("Copy link", size="sm", min_width=100, elem_id="copy-link")
                code = gr.Button("Copy as Python", size="sm", min_width=100, elem_id="copy-python")
                reset = gr.Button("Reset everything", size="sm", min_width=100, elem_id="reset")
        with gr.Column(elem_classes="panels-column"):
            if problems:
                rows = "\n".join(f"- {problem}" for problem in problems.values())
                gr.Markdown(
                    f"**Some networks cannot be used**; the others work.\n{rows}",
                    elem_id="problems",
                )
            parts |= _build_views(views, problems, [parts[name] for name in NOISE])
        with gr.Column(elem_classes="card source-column"):
            parts |= build_pictures(state, parts["views"])
    copy.click(fn=None, js="() => { window.laboratory?.copyLink(); }")
    code.click(fn=None, js="() => { window.laboratory?.copyPython(); }")
    reset.click(fn=None, js="() => { window.laboratory?.ask('reset'); }")
    stage = parts.pop("stage")
    draw = "() => window.laboratory?.toggleDrawing()"
    stage.draw(fn=None, outputs=parts["tabs_digits"], js=draw)
    return parts


def _domain() -> gr.Radio:
    """Create the choice of the domain."""
    domain = gr.Radio(
        [(spec.label, key) for key, spec in DOMAINS.items()],
        value="digits",
        label="Pictures",
        show_label=False,
        container=False,
        interactive=True,
        elem_id="domain",
    )
    domain.input(fn=None, inputs=domain, js="(key) => { window.laboratory?.ask('domain', key); }")
    return domain


def _presets(usable: list[str]) -> gr.Dropdown:
    """Create the choice of a preset."""
    preset = gr.Dropdown(
        choices=[(p.label, key) for key, p in PRESETS.items() if p.denoiser in usable],
        value=None,
        label="Presets",
        info="sets every control at once, for an example or an article's figure",
        interactive=True,
        elem_id="preset",
    )
    # The value is null when the list is closed without a choice.
    js = "(key) => { if (key !== null) window.laboratory?.ask('preset', key); }"
    preset.input(fn=None, inputs=preset, js=js)
    return preset


def _build_views(
    views: "Mapping[str, ViewSpec]", problems: Mapping[str, str], noise: list[Block]
) -> dict[str, Block]:
    """Lay out the views, a tab each; opening one may change the controls of the noise."""
    parts: dict[str, Block] = {}
    with gr.Tabs(elem_id="views") as parts["views"]:
        for key, spec in views.items():
            with gr.Tab(spec.label, id=key, elem_id=f"view-{key}") as tab:
                if spec.lead:
                    gr.Markdown(spec.lead, elem_classes="lead")
                parts |= spec.build(problems)
            opened = f"() => window.laboratory?.openView('{key}')"
            tab.select(fn=None, outputs=noise, js=opened)
    return parts
