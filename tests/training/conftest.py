"""Fixtures of the training tests."""

from pathlib import Path

import pytest

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
signal.signal(signal.SIGTERM, train.terminate)
raise SystemExit(train.main(["--data-dir", str(folder), *sys.argv[2:]]))
"""


@pytest.fixture
def resume_file(tmp_path: Path) -> Path:
    """Where a training's state goes, still to be written."""
    return tmp_path / "x.resume.safetensors"


@pytest.fixture
def driver(tmp_path: Path) -> Path:
    """A script that is train.py on a folder of few digits and faces, its first argument."""
    path = tmp_path / "driver.py"
    path.write_text(DRIVER)
    return path
