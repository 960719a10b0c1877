"""The page offers its own networks only: no visitor makes it load one from another host."""

import gradio as gr
import pytest

from denoise_demo.data import load_examples
from denoise_demo.denoisers import engine, list_denoisers
from denoise_demo.figures.registry import draw
from denoise_demo.lab import Settings, compare
from denoise_demo.ui.api import denoise
from denoise_demo.ui.view import View
from denoise_demo.ui.views import VIEWS

ADDRESS = "hf:someone/network"
SETTINGS = {"kind": "none", "level": 0.0, "blur_sigma": 0.0, "seed": 0}
ENTRIES = {
    "the live path": lambda clean: Settings.parse(SETTINGS | {"denoiser": ADDRESS}),
    "the comparison": lambda clean: compare(
        clean, Settings.parse(SETTINGS | {"denoiser": "median-3"}), [ADDRESS]
    ),
    "the API": lambda clean: denoise(clean[0, 0].tolist(), ADDRESS),
    "a figure": lambda clean: draw("s0-noise-generator", denoiser=ADDRESS, source="example"),
    **{
        f"the link's {parameter}": lambda clean, parameter=parameter: View.from_query(
            {parameter: ADDRESS}, list(list_denoisers()), [*VIEWS, "figures", "training"]
        )
        for parameter in ("denoiser", "network", "trained", "lines")
    },
}


@pytest.mark.parametrize("entry", ENTRIES)
def test_the_address_of_a_published_network_is_no_denoiser_of_the_page(monkeypatch, entry):
    monkeypatch.setattr(engine, "_load_published", lambda *_: pytest.fail("asked another host"))

    with pytest.raises((ValueError, gr.Error), match=ADDRESS):
        ENTRIES[entry](load_examples().clean(slice(0, 1)))
