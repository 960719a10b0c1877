"""Fixtures shared by several rooms; skipping by marker; network access to localhost only."""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pooch
import pytest
import torch

from denoise_demo.data import mnist
from denoise_demo.data.mnist import IdxFile, Images
from denoise_demo.denoisers import RECIPES, Recipe, checkpoints, settings_of
from denoise_demo.networks import MODELS, build
from tests import synthetic

LOCALHOST = ("127.0.0.1", "::1", "localhost")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Set pytest-socket's options before it reads them."""
    config.option.allow_hosts = ",".join(LOCALHOST)
    config.option.allow_unix_socket = True
    torch.set_num_threads(1)  # tensors are small: more threads only cost time


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip tests that this machine cannot run, with the reason."""
    reasons = {
        "data": lambda: None if _data_dir() else "set DENOISE_DATA_DIR to the folder with the data",
        "gpu": lambda: None if torch.cuda.is_available() else "needs a CUDA device",
        "ui": lambda: None if _find_chromium() or _browser_required() else "needs chromium",
    }
    for item in items:
        for marker in reasons.keys() & {mark.name for mark in item.iter_markers()}:
            if reason := reasons[marker]():
                item.add_marker(pytest.mark.skip(reason=reason))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Fail a browser test when the browser is required and missing."""
    if item.get_closest_marker("ui") and _browser_required() and not _find_chromium():
        pytest.fail("DENOISE_REQUIRE_BROWSER=1, but no chromium was found: install one")


def _data_dir() -> Path | None:
    named = os.environ.get("DENOISE_DATA_DIR")
    return Path(named).expanduser() if named else None


def _browser_required() -> bool:
    return os.environ.get("DENOISE_REQUIRE_BROWSER") == "1"


@cache
def _find_chromium() -> str | None:
    """Return the path of an installed chromium or of Playwright's, if any."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the browser; only for tests marked `ui`."""
    path = _find_chromium()
    assert path, "mark this test `ui`"
    return path


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Folder of the real data sets; only for tests marked `data`."""
    path = _data_dir()
    assert path, "mark this test `data`"
    return path


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@pytest.fixture(scope="session")
def digits() -> Images:
    return synthetic.make_digits(120)


@pytest.fixture
def clean() -> torch.Tensor:
    """A batch (4, 1, 28, 28) in [0, 1]."""
    return synthetic.make_digits(4).clean()


@pytest.fixture(scope="session")
def faces() -> Images:
    return synthetic.make_faces(120)


@pytest.fixture
def images(recipe: Recipe, digits: Images, faces: Images) -> Images:
    """Training images for the test's `recipe`."""
    return {"digits": digits, "faces": faces}[recipe.domain]


@pytest.fixture
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Hide this machine's data sets; return the cache folder, which does not exist yet."""
    folder = tmp_path / "cache"
    monkeypatch.delenv("DENOISE_DATA_DIR", raising=False)
    monkeypatch.setattr(pooch, "os_cache", lambda name: folder)
    return folder


@pytest.fixture
def no_mnist(cache_folder: Path) -> Path:
    """Hide this machine's MNIST; return its cache folder, which does not exist yet."""
    return cache_folder / "mnist"


@pytest.fixture
def expect_mnist(monkeypatch: pytest.MonkeyPatch) -> Callable[[Images, Images], None]:
    """A function that makes the loader expect the hashes of these digits as MNIST's."""

    def expect(train: Images, test: Images) -> None:
        for split, digits in (("train", train), ("test", test)):
            names = [file.name for file in mnist.MNIST[split]]
            contents = synthetic.idx_contents(digits)
            hashes = [hashlib.sha256(content).hexdigest() for content in contents]
            files = tuple(IdxFile(n, h) for n, h in zip(names, hashes, strict=True))
            monkeypatch.setitem(mnist.MNIST, split, files)

    return expect


@pytest.fixture
def fake_mnist(
    tmp_path: Path,
    no_mnist: Path,
    expect_mnist: Callable[[Images, Images], None],
) -> Path:
    """A folder with 120 training and 40 test digits that the loader accepts as MNIST."""
    train, test = synthetic.make_digits(120), synthetic.make_digits(40, seed=1)
    expect_mnist(train, test)
    return synthetic.write_mnist(tmp_path / "data", train, test)


@pytest.fixture
def fake_data(fake_mnist: Path) -> Path:
    """The same folder with a zip of 80 faces: 60 for training, 20 for testing."""
    synthetic.write_faces(fake_mnist / "faces.zip", synthetic.make_faces(80))
    return fake_mnist


@pytest.fixture(scope="session")
def untrained_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an untrained weight file for every recipe; read-only."""
    folder = tmp_path_factory.mktemp("untrained")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        for recipe_id, recipe in RECIPES.items():
            tensors = build(recipe.model).state_dict()
            arguments = dict(MODELS[recipe.model].arguments)
            metadata = {"recipe": settings_of(recipe), "arguments": arguments}
            checkpoints.save(checkpoints.checkpoint_path(recipe_id, folder), tensors, metadata)
    return folder


@pytest.fixture
def untrained_weights(
    untrained_files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """A copy of these files, used for loading networks; the test may damage it."""
    folder = shutil.copytree(untrained_files, tmp_path / "weights")
    monkeypatch.setenv("DENOISE_WEIGHTS_DIR", str(folder))
    yield folder
    shutil.rmtree(folder)  # pytest would keep them all for its last three sessions
