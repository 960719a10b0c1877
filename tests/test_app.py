"""The page as a whole: it builds with damaged networks, and the repository is fit for a Space."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import app
from denoise_demo import benchmark
from denoise_demo.recipes import RECIPES, denoisers

ROOT = Path(__file__).resolve().parent.parent


def dropdown(demo, elem_id):
    blocks = demo.blocks.values()
    return next(block for block in blocks if getattr(block, "elem_id", None) == elem_id)


def test_the_page_offers_every_network():
    demo = app.build_demo()

    offered = [value for _, value in dropdown(demo, "recipe").choices]
    assert offered == list(denoisers())


def test_a_network_that_cannot_be_used_is_left_out_with_a_message(monkeypatch):
    problems = {"conv-pool": "conv-pool.safetensors is damaged: restore the file"}
    monkeypatch.setattr(app, "warm_up", lambda: problems)

    demo = app.build_demo()

    offered = [value for _, value in dropdown(demo, "recipe").choices]
    assert "conv-pool" not in offered
    assert dropdown(demo, "recipe").value in offered
    assert "conv-pool.safetensors is damaged" in dropdown(demo, "problems").value


def test_the_page_builds_without_any_network(monkeypatch):
    monkeypatch.setattr(app, "warm_up", lambda: dict.fromkeys(RECIPES, "missing"))

    demo = app.build_demo()

    assert dropdown(demo, "recipe").choices == []


def test_only_the_typed_endpoints_are_public():
    public = set(app.build_demo().get_api_info()["named_endpoints"])

    assert public == {"/denoise", "/recipes"}


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


def test_the_space_runs_the_gradio_that_is_pinned():
    front_matter = (ROOT / "README.md").read_text(encoding="utf-8").split("---")[1]
    requirements = (ROOT / "requirements.txt").read_text(encoding="utf-8")

    declared = re.search(r"^sdk_version: (\S+)$", front_matter, re.MULTILINE)
    pinned = re.search(r"^gradio==(\S+)$", requirements, re.MULTILINE)
    assert declared
    assert pinned
    assert declared[1] == pinned[1]


def test_every_weight_file_is_small_enough_for_a_space():
    sizes = {path.name: path.stat().st_size for path in (ROOT / "weights").iterdir()}

    assert {f"{key}.safetensors" for key in RECIPES} <= set(sizes)
    assert max(sizes.values()) < 10_000_000


def test_the_readme_shows_the_benchmarks_own_numbers():
    results = json.loads(benchmark.RESULTS_FILE.read_text(encoding="utf-8"))
    readme = benchmark.README_FILE.read_text(encoding="utf-8")

    assert benchmark.readme_table(results) in readme


def test_the_benchmark_measured_the_weights_that_are_shipped():
    results = json.loads(benchmark.RESULTS_FILE.read_text(encoding="utf-8"))

    assert results["weights"] == benchmark.weights_hashes()


@pytest.mark.parametrize(
    ("method", "point", "metric", "least"),
    [
        ("dense-1", "clean", "psnr", 12.0),
        ("dense-2", "clean", "psnr", 12.7),
        ("dense-8", "clean", "psnr", 15.0),
        ("dense-32", "clean", "psnr", 20.5),
        ("dense-16", "s2", "psnr", 15.5),
        ("conv-flat", "s2", "psnr", 19.8),
        ("dense-64", "s1", "accuracy", 0.945),
        ("noisy", "clean", "accuracy", 0.972),
        ("dense-300-random", "s3-random", "psnr", 18.5),
    ],
)
def test_the_shipped_networks_are_as_good_as_the_articles(method, point, metric, least):
    results = json.loads(benchmark.RESULTS_FILE.read_text(encoding="utf-8"))

    (row,) = [r for r in results["rows"] if (r["method"], r["point"]) == (method, point)]

    assert row[metric] >= least


def test_conv_pool_is_as_good_as_the_articles_own_network():
    results = json.loads(benchmark.RESULTS_FILE.read_text(encoding="utf-8"))

    (row,) = [r for r in results["rows"] if (r["method"], r["point"]) == ("conv-pool", "s0-train")]

    assert row["bce"] <= 0.1262
