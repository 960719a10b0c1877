"""The first tab: choose a picture, corrupt it, and watch a network clean it."""

from functools import cache
from typing import Any, cast

import gradio as gr
from torch import Tensor

from denoise_demo.blur import BLUR_MAXIMUM
from denoise_demo.checks import lookup
from denoise_demo.data import DataError, load_examples, load_mnist, mnist_test
from denoise_demo.experiment import SEED_MAXIMUM
from denoise_demo.methods import methods
from denoise_demo.noise import NOISES
from denoise_demo.presets import PRESETS, Preset
from denoise_demo.sources import pixels_source
from denoise_demo.ui.errors import shown_errors
from denoise_demo.ui.pictures import FIRST_EXAMPLE, PRIVATE, build_pictures, message, show_mnist
from denoise_demo.ui.stage import FIELDS, build_stage

DEFAULT_KIND, DEFAULT_BLUR, DEFAULT_RECIPE = "uniform", 0.5, "conv-pool"


def build_laboratory(problems: dict[str, str], demo: gr.Blocks) -> None:
    """Lay out the tab and connect it.

    Args:
        problems: what is wrong with the recipes that cannot be used.
        demo: the page, for what happens when it loads.
    """
    usable = [key for key in methods() if key not in problems]
    first = DEFAULT_RECIPE if DEFAULT_RECIPE in usable else next(iter(usable), None)
    gr.Markdown(
        "**Drag a slider, or draw a digit**, and watch a real network clean it on the next frame.",
        elem_classes="lead",
    )
    with gr.Row(elem_classes="laboratory"):
        with gr.Column(elem_classes="controls"):
            with gr.Group():
                kind, level, blur, seed, new_noise = _noise_controls()
            with gr.Group():
                recipe = gr.Dropdown(
                    choices=[(methods()[key].label, key) for key in usable],
                    value=first,
                    label="Denoiser",
                    info="networks by their article, S0 to S3, then classical filters",
                    interactive=True,
                    elem_id=FIELDS["recipe"],
                )
                gr.HTML('<p class="network"></p>', elem_id="network", apply_default_css=False)
            with gr.Group():
                preset = gr.Dropdown(
                    choices=[(p.label, key) for key, p in PRESETS.items() if p.recipe in usable],
                    value=None,
                    label="An article's figure",
                    info="sets every control at once",
                    interactive=True,
                    elem_id="preset",
                )
            reset = gr.Button("Reset everything", size="sm", elem_id="reset")
        with gr.Column(elem_classes="panels-column"):
            if problems:
                lines = "\n".join(f"- {problem}" for problem in problems.values())
                gr.Markdown(
                    f"**Some networks cannot be used**; the others work.\n{lines}",
                    elem_id="problems",
                )
            stage = build_stage(_initial(first), FIRST_EXAMPLE)
        with gr.Column(elem_classes="card source-column"):
            pictures = build_pictures(stage)

    controls = [kind, level, blur, recipe, seed]
    arranged = [*controls, stage, pictures.tabs, pictures.mnist_index, preset]
    choices = [pictures.centre_drawing, pictures.centre_upload, pictures.invert]
    gr.on(
        [control.change for control in controls],
        fn=None,
        inputs=[kind, recipe],
        js="(kind, recipe) => { window.laboratory?.sync(kind, recipe); }",
    )
    kind.input(level_slider, kind, level, **PRIVATE)
    new_noise.click(fn=None, outputs=seed, js="() => Math.floor(Math.random() * 1e6)")
    preset.input(apply_preset, preset, arranged, **PRIVATE)
    reset.click(lambda: reset_all(first), outputs=[*arranged, *choices], **PRIVATE)
    demo.load(show_mnist, outputs=[pictures.mnist_absent, pictures.mnist_present], **PRIVATE)


def level_slider(kind: str, level: float | None = None) -> gr.Slider:
    """Return the level slider with the span, unit and default of this kind of noise."""
    with shown_errors():
        spec = lookup(NOISES, kind, "noise")
    return gr.Slider(
        spec.minimum,
        spec.maximum,
        spec.default if level is None else level,
        step=spec.step,
        label="Noise level",
        info=f"{spec.level_name}: {spec.unit}" if spec.unit else "no noise, no level",
        interactive=kind != "none",
        elem_id=FIELDS["level"],
    )


def apply_preset(key: str) -> list[Any]:
    """Set every control as the article's figure has it; the choice itself is free again."""
    with shown_errors():
        preset = lookup(PRESETS, key, "preset")
    corruption = preset.corruption
    level = cast(float, corruption.level)
    settings = {
        "kind": corruption.kind,
        "level": level,
        "blur_sigma": corruption.blur_sigma,
        "recipe": preset.recipe,
        "seed": 0,
    }
    source, tab, words = _preset_picture(preset)
    return [
        corruption.kind,
        level_slider(corruption.kind, level),
        corruption.blur_sigma,
        preset.recipe,
        0,
        message(source, tab, note=f"{preset.label}. {preset.note} {words}", settings=settings),
        gr.Tabs(selected=tab),
        preset.index if tab == "mnist" else gr.skip(),
        None,
    ]


def reset_all(recipe: str | None) -> list[Any]:
    """Set every control as it was at the start."""
    picture = message({"kind": "example", "index": FIRST_EXAMPLE}, "example", fresh=True)
    settings = [DEFAULT_KIND, level_slider(DEFAULT_KIND), DEFAULT_BLUR, recipe, 0]
    return [*settings, picture, gr.Tabs(selected="example"), 0, None, True, True, "Automatic"]


def _initial(recipe: str | None) -> dict[str, Any]:
    return {
        "kind": DEFAULT_KIND,
        "level": NOISES[DEFAULT_KIND].default,
        "blur_sigma": DEFAULT_BLUR,
        "recipe": recipe,
        "seed": 0,
    }


def _noise_controls() -> tuple[gr.Dropdown, gr.Slider, gr.Slider, gr.Number, gr.Button]:
    """Create the controls of the corruption."""
    blur = gr.Slider(
        0,
        BLUR_MAXIMUM,
        DEFAULT_BLUR,
        step=0.01,
        label="Blur sigma",
        info="pixels, before the noise",
        interactive=True,
        elem_id=FIELDS["blur_sigma"],
    )
    kind = gr.Dropdown(
        choices=[(spec.label, key) for key, spec in NOISES.items()],
        value=DEFAULT_KIND,
        label="Noise",
        interactive=True,
        elem_id=FIELDS["kind"],
    )
    level = level_slider(DEFAULT_KIND)
    with gr.Row(equal_height=True):
        seed = gr.Number(
            0,
            precision=0,
            minimum=0,
            maximum=SEED_MAXIMUM,
            label="Noise seed",
            interactive=True,
            min_width=120,
            elem_id=FIELDS["seed"],
        )
        new_noise = gr.Button("New noise", size="sm", min_width=120, elem_id="new-noise")
    return kind, level, blur, seed, new_noise


def _preset_picture(preset: Preset) -> tuple[dict[str, Any], str, str]:
    """Return a preset's picture, the tab that holds it, and what to say of it."""
    name = f"MNIST {preset.split} image {preset.index}, a {preset.digit}"
    try:
        if preset.split == "train":
            return pixels_source(_train_digit(preset.index)), "upload", f"This is {name}."
        mnist_test()
        return {"kind": "mnist", "index": preset.index}, "mnist", f"This is {name}."
    except DataError:
        index = load_examples().labels.tolist().index(preset.digit)
        words = f"A built-in digit stands in for {name}, which is not on this computer."
        return {"kind": "example", "index": index}, "example", words


@cache
def _train_digit(index: int) -> Tensor:
    """Read one of MNIST's training digits, (1, 1, 28, 28), once."""
    return load_mnist("train").clean(slice(index, index + 1))
