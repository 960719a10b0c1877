"""The first tab: choose a picture, corrupt it, and watch a network clean it."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from functools import cache, partial
from typing import Any, cast

import gradio as gr
from gradio.context import Context
from torch import Tensor

from denoise_demo.common import lookup
from denoise_demo.data import DOMAINS, DataError, load_examples, load_mnist, mnist_test
from denoise_demo.denoisers import list_denoisers
from denoise_demo.lab import PRESETS, Preset, Settings, pixels_source
from denoise_demo.ui.controls import (
    STARTS,
    first_settings,
    level_slider,
    list_networks,
    network_controls,
    noise_controls,
    offer_networks,
)
from denoise_demo.ui.panels.curves.curves import line_choices
from denoise_demo.ui.panels.pictures.pictures import (
    FORGOTTEN,
    PRIVATE,
    Pictures,
    build_pictures,
    message,
    open_tab,
    show_mnist,
)
from denoise_demo.ui.tabs.laboratory.views import Views, build_views
from denoise_demo.ui.web.errors import shown_errors

# The page sets many controls at once; until all have their values, the stage waits. A dropdown that
# is left without a choice changes nothing.
_HOLD = "(...values) => { if (values[0] !== null) window.laboratory?.hold(); return values; }"
_HOLD_AND_SHOW = """(...values) => {
  if (values[0] !== null) {
    window.laboratory?.hold();
    document.getElementById("view-stage-button").click();  // what is said of it stands there
  }
  return values;
}"""
RELEASE: dict[str, Any] = {"fn": None, "js": "() => { window.laboratory?.release(); }"}
_SYNC = "(...values) => { window.laboratory?.sync(...values); }"
_SYNC_NUMBERS = "() => { window.laboratory?.syncNumbers(); }"


@dataclass(frozen=True)
class Laboratory:
    """What of the tab a link sets; `kinds` are those of the pictures and of the networks."""

    usable: list[str]
    arranged: list[Any]
    kinds: list[Any]
    pictures: Pictures
    views: Views


def build_laboratory(problems: dict[str, str]) -> Laboratory:
    """Lay out the tab and connect it; `problems` says why recipes cannot be used."""
    usable = [key for key in list_denoisers() if key not in problems]
    initial = first_settings(usable, "digits")
    with gr.Row(elem_classes="laboratory"):
        with gr.Column(elem_classes="controls"):
            domain = gr.Radio(
                [(spec.label, key) for key, spec in DOMAINS.items()],
                value="digits",
                label="Pictures",
                show_label=False,
                container=False,
                interactive=True,
                elem_id="domain",
            )
            with gr.Group(elem_id="noise-group"):
                kind, level, blur, seed, new_noise = noise_controls()
            with gr.Group():
                recipe, any_network = network_controls(usable, initial.denoiser)
            with gr.Group():
                preset = gr.Dropdown(
                    choices=[(p.label, key) for key, p in PRESETS.items() if p.recipe in usable],
                    value=None,
                    label="Presets",
                    info="a scene, or an article's figure: sets every control at once",
                    interactive=True,
                    elem_id="preset",
                )
            with gr.Row():
                copy = gr.Button("Copy link", size="sm", min_width=100, elem_id="copy-link")
                reset = gr.Button("Reset everything", size="sm", min_width=100, elem_id="reset")
        with gr.Column(elem_classes="panels-column"):
            if problems:
                lines = "\n".join(f"- {problem}" for problem in problems.values())
                gr.Markdown(
                    f"**Some networks cannot be used**; the others work.\n{lines}",
                    elem_id="problems",
                )
            views = build_views(usable, problems, initial)
        with gr.Column(elem_classes="card source-column"):
            pictures = build_pictures(views.stage)

    controls = [kind, level, blur, recipe, seed]
    arranged = [*controls, views.stage, *pictures.shown]
    chosen = [kind, recipe, any_network]
    gr.on([control.change for control in chosen], fn=None, inputs=chosen, js=_SYNC)
    # For every event Gradio copies all inputs and targets, choices too; while a slider is dragged,
    # that would take time from the picture. So each number has an event of its own, without inputs.
    for number in (level, blur, seed):
        number.change(fn=None, js=_SYNC_NUMBERS)
    views.connect(kind, level, blur, recipe)
    last: dict[str, Any] = {"trigger_mode": "always_last", **PRIVATE}
    kind.input(level_slider, kind, level, **last)
    copy.click(fn=None, js="() => { window.laboratory?.copyLink(); }")
    new_noise.click(fn=None, outputs=seed, js="() => Math.floor(Math.random() * 1e6)")
    kinds = [domain, any_network]
    began = domain.input(partial(begin, usable), kinds, arranged, js=_HOLD, **last)
    any_network.input(partial(offer_networks, usable), [*kinds, recipe], recipe, **last)
    applied = preset.input(
        partial(apply_preset, usable),
        [preset, any_network],
        [*arranged, domain, pictures.mnist_index, preset],
        js=_HOLD_AND_SHOW,
        **last,
    )
    cleared = reset.click(
        partial(reset_all, usable),
        outputs=[*arranged, *kinds, preset, *pictures.forgotten, views.score, views.lines],
        js=_HOLD,
        **last,
    )
    for event in (began, applied, cleared):
        event.failure(**RELEASE)
    page = Context.root_block
    page.load(show_mnist, outputs=[pictures.mnist_absent, pictures.mnist_present], **PRIVATE)
    return Laboratory(usable, arranged, kinds, pictures, views)


def begin(
    usable: Collection[str], domain: str, any_network: bool, *, fresh: bool = False
) -> list[Any]:
    """Show a domain's first picture, and set every control as it is at the start there."""
    with shown_errors():
        start = lookup(STARTS, domain, "domain")
    settings = first_settings(usable, domain)
    about = {"source": start.source, "tab": start.tab, "fresh": fresh}
    return arrange(usable, domain, any_network, settings, about)


def reset_all(usable: Collection[str]) -> list[Any]:
    """Set everything as it was at the very start."""
    start = begin(usable, "digits", False, fresh=True)
    lines = line_choices(usable, "digits")
    return [*start, "digits", False, None, *FORGOTTEN, "psnr", gr.Dropdown(**lines)]


def apply_preset(usable: Collection[str], key: str | None, any_network: bool) -> Any:
    """Set every control as the preset has it; the choice itself is free again."""
    if key is None:  # the list was opened and left
        return gr.skip()
    with shown_errors():
        preset = lookup(PRESETS, key, "preset")
    corruption = preset.corruption
    level = cast(float, corruption.level)
    blur_sigma = cast(float, corruption.blur_sigma)
    settings = Settings(corruption.kind, level, blur_sigma, preset.recipe, 0)
    source, tab, words = _preset_picture(preset)
    note = f"{preset.label}. {preset.note} {words}".strip()
    about = {"source": source, "tab": tab, "note": note}
    return [
        *arrange(usable, preset.domain, any_network, settings, about),
        preset.domain,
        preset.index if tab == "mnist" else gr.skip(),
        None,
    ]


def arrange(
    usable: Collection[str],
    domain: str,
    any_network: bool,
    settings: Settings,
    about: dict[str, Any],
) -> list[Any]:
    """Set the controls, the stage (`about` is for its message) and the tabs of the pictures."""
    choices = list_networks(usable, domain, any_network)
    return [
        settings.kind,
        level_slider(settings.kind, settings.level),
        settings.blur_sigma,
        gr.Dropdown(choices=choices, value=settings.denoiser),
        settings.seed,
        message(domain=domain, settings=asdict(settings), **about),
        *open_tab(domain, about["tab"]),
    ]


def _preset_picture(preset: Preset) -> tuple[dict[str, Any], str, str]:
    """Return a preset's picture, the tab that holds it, and what to say of it."""
    if preset.domain == "faces":
        return {"kind": "portrait", "index": preset.portrait}, "portrait", ""
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
