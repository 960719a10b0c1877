"""The controls of the laboratory, and the start of each domain."""

from collections.abc import Collection
from dataclasses import dataclass, replace

import gradio as gr
from gradio.blocks import Block

from denoise_demo.common import SEED_MAXIMUM, JsonObject, lookup
from denoise_demo.corruption import BLUR_MAXIMUM, NOISES
from denoise_demo.denoisers import list_denoisers
from denoise_demo.lab import Settings
from denoise_demo.ui.web.errors import shown_errors

FIRST_EXAMPLE = 14  # a four that the classifier misreads when noisy and reads when denoised
# For each setting: element id of its control, and data attribute of the stage with its value.
FIELDS = {
    "kind": ("noise-kind", "kind"),
    "level": ("noise-level", "level"),
    "blur_sigma": ("blur-sigma", "blurSigma"),
    "denoiser": ("recipe", "recipe"),
    "seed": ("noise-seed", "seed"),
}
# Of the settings whose range does not depend on others.
RANGES: dict[str, JsonObject] = {
    "blur_sigma": {"minimum": 0, "maximum": BLUR_MAXIMUM},
    "seed": {"minimum": 0, "maximum": SEED_MAXIMUM, "whole": True},
}


@dataclass(frozen=True)
class Start:
    """What a domain starts with: a built-in picture and the settings."""

    source: dict[str, str | int]
    settings: Settings


STARTS: dict[str, Start] = {
    "digits": Start(
        {"kind": "example", "index": FIRST_EXAMPLE},
        Settings("uniform", 0.8, 0.5, "blind-digits", 0),
    ),
    "faces": Start(
        {"kind": "portrait", "index": 0}, Settings("gaussian", 0.32, 0.0, "blind-faces", 0)
    ),
}


def first_settings(usable: Collection[str], domain: str, show: str = "stage") -> Settings:
    """Return the first settings of a domain, with another denoiser if theirs cannot be used.

    Photos begin with a noise of their own: what suits a digit buries a photo.
    """
    settings = lookup(STARTS, domain, "domain").settings
    first = next(key for key in (settings.denoiser, *list_denoisers(domain)) if key in usable)
    if show == "photos":
        settings = replace(settings, kind="gaussian", level=0.1, blur_sigma=0.0, seed=0)
    return replace(settings, denoiser=first)


def noise_controls(settings: Settings) -> dict[str, Block]:
    """Create the controls of the corruption; return them by setting."""
    kind = gr.Dropdown(
        choices=[(spec.label, key) for key, spec in NOISES.items()],
        value=settings.kind,
        label="Noise",
        interactive=True,
        elem_id=FIELDS["kind"][0],
    )
    level = level_slider(settings.kind, settings.level)
    blur_sigma = gr.Slider(
        0,
        BLUR_MAXIMUM,
        settings.blur_sigma,
        step=0.01,
        label="Blur sigma",
        info="pixels, before the noise",
        interactive=True,
        buttons=[],
        elem_id=FIELDS["blur_sigma"][0],
    )
    with gr.Row(equal_height=True):
        seed = gr.Number(
            settings.seed,
            precision=0,
            minimum=0,
            maximum=SEED_MAXIMUM,
            label="Noise seed",
            interactive=True,
            min_width=120,
            elem_id=FIELDS["seed"][0],
        )
        new_noise = gr.Button("New noise", size="sm", min_width=120, elem_id="new-noise")
    new_noise.click(fn=None, outputs=seed, js="() => window.laboratory?.drawSeed()")
    choose = "(kind) => window.laboratory?.chooseKind(kind)"
    kind.input(fn=None, inputs=kind, outputs=level, js=choose)
    return {"kind": kind, "level": level, "blur_sigma": blur_sigma, "seed": seed}


def level_slider(kind: str, level: float) -> gr.Slider:
    """Return the level slider with the range and unit of this kind of noise."""
    return gr.Slider(
        **level_span(kind) | {"value": level},
        label="Noise level",
        buttons=[],  # Gradio's reset button would set the default of another kind
        elem_id=FIELDS["level"][0],
    )


def level_span(kind: str) -> dict[str, float | str | bool]:
    """Return the properties of the level slider for a kind of noise; `value` is its default."""
    with shown_errors():
        spec = lookup(NOISES, kind, "noise")
    return {
        "minimum": spec.minimum,
        "maximum": spec.maximum,
        "value": spec.default,
        "step": spec.step,
        "info": f"{spec.level_name}: {spec.unit}" if spec.unit else "choose a noise first",
        "interactive": kind != "none",
    }


def denoiser_controls(usable: Collection[str], first: str) -> dict[str, Block]:
    """Create the choice of the denoiser and its description; return the controls by name."""
    denoiser = gr.Dropdown(
        choices=offered_denoisers(usable, "digits", any_network=False),
        value=first,
        label="Denoiser",
        info="our network for any noise, networks of five articles, filters",
        interactive=True,
        elem_id=FIELDS["denoiser"][0],
    )
    gr.HTML('<p class="network"></p>', elem_id="network", apply_default_css=False)
    any_network = gr.Checkbox(
        False,
        label="Any network",
        info="also offer networks trained on other pictures",
        interactive=True,
        elem_id="any-network",
    )
    choose = "(denoiser) => window.laboratory?.chooseDenoiser(denoiser)"
    denoiser.input(fn=None, inputs=denoiser, js=choose)
    offer = "(any) => window.laboratory?.offerDenoisers(any)"
    any_network.input(fn=None, inputs=any_network, outputs=denoiser, js=offer)
    return {"denoiser": denoiser, "any_network": any_network}


def offered_denoisers(
    usable: Collection[str], domain: str, *, any_network: bool
) -> list[tuple[str, str]]:
    """Return a domain's denoisers as choices, optionally with the networks of other domains."""
    own = [(spec.label, key) for key, spec in list_denoisers(domain).items() if key in usable]
    others = [
        (f"Trained on {spec.domain}: {spec.label}", key)
        for key, spec in list_denoisers().items()
        if key in usable and spec.domain not in {"", domain}
    ]
    return own + others if any_network else own
