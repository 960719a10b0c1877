"""The controls of the laboratory: what is chosen, and what each domain begins with."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from denoise_demo.common import SEED_MAXIMUM, lookup
from denoise_demo.corruption import BLUR_MAXIMUM, NOISES
from denoise_demo.denoisers import list_denoisers
from denoise_demo.lab import Settings
from denoise_demo.ui.panels.pictures.thumbnails import FIRST_EXAMPLE
from denoise_demo.ui.web.errors import shown_errors
from denoise_demo.ui.web.server import FIELDS


@dataclass(frozen=True)
class Start:
    """What a domain begins with: a picture, its tab, and how it is corrupted and denoised."""

    source: dict[str, Any]
    tab: str
    settings: Settings


STARTS: dict[str, Start] = {
    "digits": Start(
        {"kind": "example", "index": FIRST_EXAMPLE},
        "example",
        Settings("uniform", 0.8, 0.5, "blind-digits", 0),
    ),
    "faces": Start(
        {"kind": "portrait", "index": 0},
        "portrait",
        Settings("gaussian", 0.32, 0.0, "blind-faces", 0),
    ),
}


def noise_controls() -> tuple[gr.Dropdown, gr.Slider, gr.Slider, gr.Number, gr.Button]:
    """Create the controls of the corruption."""
    blur = gr.Slider(
        0,
        BLUR_MAXIMUM,
        STARTS["digits"].settings.blur_sigma,
        step=0.01,
        label="Blur sigma",
        info="pixels, before the noise",
        interactive=True,
        buttons=[],
        elem_id=FIELDS["blur_sigma"],
    )
    kind = gr.Dropdown(
        choices=[(spec.label, key) for key, spec in NOISES.items()],
        value=STARTS["digits"].settings.kind,
        label="Noise",
        interactive=True,
        elem_id=FIELDS["kind"],
    )
    level = level_slider(STARTS["digits"].settings.kind)
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
        buttons=[],  # what Gradio would reset it to may be of another kind
        elem_id=FIELDS["level"],
    )


def network_controls(usable: Collection[str], first: str) -> tuple[gr.Dropdown, gr.Checkbox]:
    """Create the choice of the network or filter, and what is said of it."""
    recipe = gr.Dropdown(
        choices=list_networks(usable, "digits", False),
        value=first,
        label="Denoiser",
        info="for any noise; by their article, S0 to S4; classical filters",
        interactive=True,
        elem_id=FIELDS["denoiser"],
    )
    gr.HTML('<p class="network"></p>', elem_id="network", apply_default_css=False)
    any_network = gr.Checkbox(
        False,
        label="Any network",
        info="also try networks that learnt other pictures",
        interactive=True,
        elem_id="any-network",
    )
    return recipe, any_network


def list_networks(usable: Collection[str], domain: str, any_network: bool) -> list[tuple[str, str]]:
    """Return a domain's networks and the filters, by label; on demand the other networks too."""
    own = [(method.label, key) for key, method in list_denoisers(domain).items() if key in usable]
    others = [
        (f"Learnt {method.domain}: {method.label}", key)
        for key, method in list_denoisers().items()
        if key in usable and method.domain not in {"", domain}
    ]
    return own + others if any_network else own


def offer_networks(
    usable: Collection[str], domain: str, any_network: bool, recipe: str | None
) -> gr.Dropdown:
    """Offer what may denoise the domain's pictures, and keep the choice if it is among them."""
    choices = list_networks(usable, domain, any_network)
    kept = recipe in [key for _, key in choices]
    first = first_settings(usable, domain).denoiser
    return gr.Dropdown(choices=choices, value=recipe if kept else first)


def first_settings(usable: Collection[str], domain: str) -> Settings:
    """Return what a domain begins with; when its network cannot be used, with another."""
    settings = STARTS[domain].settings
    first = next(key for key in (settings.denoiser, *list_denoisers(domain)) if key in usable)
    return replace(settings, denoiser=first)
