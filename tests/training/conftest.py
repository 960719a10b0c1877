"""Fixtures of the training tests."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import train
from denoise_demo.denoisers import RECIPES

ROOT = Path(train.__file__).parent
# Runs train.py in its own process, on a folder with a few faces and a few digits in place of MNIST.
DRIVER = """
import hashlib, signal, sys
from dataclasses import replace
from pathlib import Path
import pooch
from denoise_demo.data import mnist
from denoise_demo.denoisers.recipes import RECIPES, Recipe
import train

folder = Path(sys.argv[1])
pooch.os_cache = lambda name: folder.parent / "cache"
for split, files in mnist.MNIST.items():
    mnist.MNIST[split] = tuple(
        replace(file, sha256=hashlib.sha256((folder / file.name).read_bytes()).hexdigest())
        for file in files
    )
for key, recipe in RECIPES.items():
    RECIPES[key] = replace(recipe, validation=20, batch=16, steps=30 if recipe.steps else None)
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
signal.signal(signal.SIGTERM, signal.default_int_handler)
raise SystemExit(train.main(["--data-dir", str(folder), *sys.argv[2:]]))
"""


@pytest.fixture
def resume_file(tmp_path: Path) -> Path:
    """The path for the state of a training run, not yet written."""
    return tmp_path / "x.resume.safetensors"


@pytest.fixture
def driver(tmp_path: Path) -> Path:
    """A script that runs train.py on a small data folder, its first argument."""
    path = tmp_path / "driver.py"
    path.write_text(DRIVER)
    return path


@pytest.fixture
def small(monkeypatch):
    """Make every recipe train quickly on 100 digits or 40 faces."""
    for key, recipe in RECIPES.items():
        steps = 2 if recipe.steps or recipe.article == "Blind" else None
        changed = replace(recipe, validation=20, batch=16, steps=steps, epochs=2)
        monkeypatch.setitem(RECIPES, key, changed)


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


@pytest.fixture
def run(fake_data, small, out):
    """Call the command line in this process; it writes to `out`."""
    return lambda *words: train.main([*words, "--data-dir", str(fake_data), "--out", str(out)])


@pytest.fixture
def start(fake_data, driver):
    """Start the command line in a separate process."""

    def call(*arguments):
        environment = {"PYTHONUNBUFFERED": "1", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
        return subprocess.Popen(
            [sys.executable, str(driver), str(fake_data), *map(str, arguments)],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return call


@pytest.fixture
def one_line(capsys: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """A function that returns the only line of the error stream, progress bars aside."""

    def read() -> str:
        lines = capsys.readouterr().err.splitlines()
        said = [line for line in lines if "images" not in line or "train.py" in line]
        assert len(said) == 1, said
        return said[0]

    return read
