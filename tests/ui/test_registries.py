"""A new registry entry appears everywhere without other changes: page, API, links."""

from dataclasses import replace

import gradio as gr
import pytest
import torch

import app
from denoise_demo.benchmark.metrics import METRICS, MetricSpec
from denoise_demo.corruption.noise import NOISES
from denoise_demo.data import load_examples
from denoise_demo.denoisers.catalog import list_denoisers
from denoise_demo.denoisers.filters import FILTERS
from denoise_demo.lab.experiment import Settings
from denoise_demo.lab.sources import COLLECTIONS, Collection
from denoise_demo.ui.api import denoise
from denoise_demo.ui.panels.compare.compare import comparer
from denoise_demo.ui.panels.stage.stage import step
from denoise_demo.ui.tabs.explanation.explanation import metric_rows, noise_rows
from denoise_demo.ui.view import View
from denoise_demo.ui.views import VIEWS, ViewSpec

FLAT = [[0.5] * 28] * 28


def component(demo, elem_id):
    return next(b for b in demo.blocks.values() if getattr(b, "elem_id", None) == elem_id)


def follow(query):
    return View.from_query(query, list(list_denoisers()), VIEWS)


def ask(**changes):
    values = {"kind": "none", "level": 0.0, "blur_sigma": 0.0, "denoiser": "mean-3", "seed": 0}
    return {"source": {"kind": "example", "index": 0}, **values, **changes}


def test_a_view_gets_a_tab_and_a_link(monkeypatch):
    spec = ViewSpec("Toy", lambda _: {"toy": gr.Textbox(elem_id="toy")}, "**Toy**", ("sort",))
    monkeypatch.setitem(VIEWS, "toy", spec)

    demo = app.build_demo({})

    assert component(demo, "view-toy").label == "Toy"
    assert component(demo, "toy")
    assert component(demo, "state").props["views"]["toy"] == ("sort",)
    assert follow({"show": "toy"}).show == "toy"


@pytest.mark.parametrize("built_in", [False, True])
def test_a_collection_gets_a_tab_a_source_and_a_link(monkeypatch, built_in):
    toy = Collection("Toys", "digits", "toy digit", load_examples, built_in=built_in)
    monkeypatch.setitem(COLLECTIONS, "toy", toy)

    demo = app.build_demo({})

    assert component(demo, "toys" if built_in else "toy-index")
    assert component(demo, "state").props["collections"]["toy"]["noun"] == "toy digit"
    assert ("Toys", "toy") in component(demo, "figure-source").choices
    view = follow({"picture": "toy:3", "figure": "s0-rising-noise:conv-pool:toy:1:0"})
    assert (view.source, view.tab, view.domain) == ({"kind": "toy", "index": 3}, "toy", "digits")
    assert "images" in step(ask(source=view.source))


def test_a_metric_is_on_the_stage_the_comparison_the_curves_the_api_and_in_links(monkeypatch):
    spec = MetricSpec(
        "TOY", "toy", "", 3, higher_is_better=True, function=lambda image, _: image.amax((1, 2, 3))
    )
    monkeypatch.setitem(METRICS, "toy", spec)

    demo = app.build_demo({})

    assert component(demo, "state").props["metrics"]["toy"]["label"] == "TOY"
    assert "| TOY | toy | higher |" in metric_rows()
    assert ("TOY", "toy") in component(demo, "curves-metric").choices
    assert "toy" in step(ask())["scores"]["denoised"]
    assert "toy" in comparer(["mean-3"], slow=False)(ask())["entries"]["mean-3"]
    assert denoise(FLAT, "mean-3")["scores"]["noisy"]["toy"] == 0.5
    assert follow({"score": "toy", "sort": "toy"}).choices == {"score": "toy", "sort": "toy"}


def test_a_noise_is_on_the_page_in_the_api_and_in_links(monkeypatch):
    monkeypatch.setitem(NOISES, "toy", replace(NOISES["uniform"], label="Toy"))

    demo = app.build_demo({})

    assert ("Toy", "toy") in component(demo, "noise-kind").choices
    assert component(demo, "state").props["kinds"]["toy"]["maximum"] == NOISES["uniform"].maximum
    assert denoise(FLAT, "mean-3", "toy", 0.5)["scores"]["noisy"]["mae"] > 0
    assert follow({"noise": "toy"}).settings.kind == "toy"
    assert any(row.startswith("| Toy | $x + r(2u - 1)$") for row in noise_rows())


def test_a_filter_is_on_the_page_in_the_api_and_in_links(monkeypatch):
    monkeypatch.setitem(FILTERS, "toy", replace(FILTERS["mean-3"], label="Toy"))

    demo = app.build_demo({})

    assert ("Toy · filter", "toy") in component(demo, "recipe").choices
    assert component(demo, "state").props["denoisers"]["toy"]["title"] == "Toy"
    assert torch.tensor(denoise(FLAT, "toy")["denoised"]).shape == (28, 28)
    assert follow({"denoiser": "toy"}).settings == Settings("uniform", 0.8, 0.5, "toy", 0)
