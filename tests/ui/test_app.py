"""The page as a whole: it builds with damaged networks, and the repository is fit for a Space."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

import app
from denoise_demo.denoisers import WEIGHTS_DIR, checkpoint_path, load_all
from denoise_demo.denoisers.catalog import list_denoisers
from denoise_demo.denoisers.filters import FILTERS
from denoise_demo.denoisers.recipes import RECIPES
from denoise_demo.lab import NETWORKS
from denoise_demo.ui.panels.bottleneck.bottleneck import codes
from denoise_demo.ui.panels.curves.curves import draw_curves

ROOT = Path(__file__).resolve().parents[2]


def dropdown(demo, elem_id):
    blocks = demo.blocks.values()
    return next(block for block in blocks if getattr(block, "elem_id", None) == elem_id)


def test_the_page_offers_every_network_and_filter():
    demo = app.build_demo({})

    offered = [value for _, value in dropdown(demo, "recipe").choices]
    assert offered == list(list_denoisers("digits"))


def test_a_network_that_cannot_be_used_is_left_out_with_a_message():
    problems = {"conv-pool": "conv-pool.safetensors is damaged: restore the file"}

    demo = app.build_demo(problems)

    offered = [value for _, value in dropdown(demo, "recipe").choices]
    assert "conv-pool" not in offered
    assert dropdown(demo, "recipe").value in offered
    assert "conv-pool.safetensors is damaged" in dropdown(demo, "problems").value


@pytest.fixture
def damaged_weights(tmp_path, monkeypatch):
    """The shipped weights, three of them damaged, in the folder that the app loads from."""
    folder = shutil.copytree(WEIGHTS_DIR, tmp_path / "weights")
    monkeypatch.setenv("DENOISE_WEIGHTS_DIR", str(folder))
    for key in ("conv-pool", "dense-2", "mlp-classifier"):
        checkpoint_path(key, folder).unlink()
    checkpoint_path("conv-pool", folder).mkdir()
    save_file({"x": torch.zeros(1)}, checkpoint_path("dense-2", folder), {"json": "[" * 100_000})
    return folder


def test_damaged_weights_cost_their_own_networks_only(damaged_weights):
    problems = load_all()
    demo = app.build_demo(problems)

    assert set(problems) == {"conv-pool", "dense-2", "mlp-classifier"}
    place = {"domain": "digits", "kind": "uniform", "level": 0.5, "denoiser": "dense-64"}
    plot, words = draw_curves(json.dumps(place), "psnr", ["dense-8"])
    assert '"dense-8"' in str(plot.plot).replace("'", '"')
    assert "Left out: changed weights: conv-pool, dense-2, mlp-classifier." in words
    view = dropdown(demo, "codes")
    assert set(view.props["networks"]) == {*NETWORKS} - {*problems}
    request = {"kind": "none", "level": 0.0, "blur_sigma": 0.0, "denoiser": "dense-8", "seed": 0}
    reply = codes(request | {"source": {"kind": "example", "index": 0}})
    assert set(reply["networks"]) == {*NETWORKS} - {*problems}


def test_the_page_builds_without_any_network():
    demo = app.build_demo(dict.fromkeys(RECIPES, "missing"))

    offered = [value for _, value in dropdown(demo, "recipe").choices]
    assert offered == list(FILTERS)


def test_only_the_typed_endpoints_are_public():
    public = set(app.build_demo({}).get_api_info()["named_endpoints"])

    assert public == {"/add_noise", "/clean", "/denoise", "/denoise_image", "/recipes"}


@pytest.mark.slow
def test_starting_with_an_unknown_device_says_what_to_choose():
    environment = {"DENOISE_DEVICE": "abacus", "PATH": "/usr/bin:/bin"}
    result = subprocess.run(
        [sys.executable, "app.py"],
        check=False,
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )

    assert result.returncode == 1
    assert "choose one of: auto, cpu, cuda, mps" in result.stderr
    assert "Traceback" not in result.stderr


def test_every_weight_file_is_small_enough_for_a_space():
    sizes = {path.name: path.stat().st_size for path in (ROOT / "weights").iterdir()}

    assert {f"{key}.safetensors" for key in RECIPES} <= set(sizes)
    assert max(sizes.values()) < 10_000_000
