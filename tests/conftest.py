"""Shared fixtures, what the markers need, and a wall around the network: localhost only."""

import gzip
import hashlib
import io
import os
import shutil
import zipfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pooch
import pytest
import torch
from PIL import Image

from denoise_demo.data import mnist
from denoise_demo.data.mnist import IdxFile, Images
from denoise_demo.denoisers import checkpoints, engine
from denoise_demo.denoisers.recipes import RECIPES, Recipe
from denoise_demo.networks.models import build

LOCALHOST = ("127.0.0.1", "::1", "localhost")
# Runs the command line in a process of its own, on a folder with few faces and with few digits that
# pass for MNIST's.
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


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Switch on pytest-socket's guard before it reads its options."""
    config.option.allow_hosts = ",".join(LOCALHOST)
    config.option.allow_unix_socket = True
    torch.set_num_threads(1)  # the tensors are small: more threads only wait for each other


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what this machine cannot run, and say what would let it run."""
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
    """Fail a browser test when the browser is asked for and missing."""
    if item.get_closest_marker("ui") and _browser_required() and not _find_chromium():
        pytest.fail("DENOISE_REQUIRE_BROWSER=1, but no chromium was found: install one")


def _data_dir() -> Path | None:
    named = os.environ.get("DENOISE_DATA_DIR")
    return Path(named).expanduser() if named else None


def _browser_required() -> bool:
    return os.environ.get("DENOISE_REQUIRE_BROWSER") == "1"


@cache
def _find_chromium() -> str | None:
    """Return the executable of Debian's chromium or of Playwright's own, if there is one."""
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
    """Path of the browser; only for tests marked `ui`, which do not run without one."""
    path = _find_chromium()
    assert path, "mark this test `ui`"
    return path


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The real data; only for tests marked `data`, which do not run without it."""
    path = _data_dir()
    assert path, "mark this test `data`"
    return path


@pytest.fixture
def seeded() -> Callable[[int], torch.Generator]:
    """A maker of generators: the same seed, the same numbers."""
    return lambda seed: torch.Generator().manual_seed(seed)


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@pytest.fixture(scope="session")
def make_digits() -> Callable[..., Images]:
    """A maker of digits-like images: one soft bar each, whose angle and place tell its label."""
    return _make_digits


@pytest.fixture(scope="session")
def digits() -> Images:
    return _make_digits(120)


@pytest.fixture
def clean() -> torch.Tensor:
    """A batch (4, 1, 28, 28) in [0, 1]."""
    return _make_digits(4).clean()


def _make_digits(count: int, seed: int = 0) -> Images:
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(count) % 10
    angle = labels * torch.pi / 10 + 0.1 * torch.randn(count, generator=generator)
    offset = 3 * torch.rand(count, generator=generator) + labels % 3
    y, x = torch.meshgrid(torch.arange(28) - 13.5, torch.arange(28) - 13.5, indexing="ij")
    across = x * angle.sin().view(-1, 1, 1) - y * angle.cos().view(-1, 1, 1)
    along = x * angle.cos().view(-1, 1, 1) + y * angle.sin().view(-1, 1, 1)
    ink = torch.exp(-(((across - offset.view(-1, 1, 1)) / 1.5) ** 4)) * (along.abs() < 9)
    return Images((ink * 255).round().byte().unsqueeze(1), labels, "synthetic digits")


@pytest.fixture(scope="session")
def make_faces() -> Callable[..., Images]:
    """A maker of faces-like images: a soft oval with two eyes, in colours of its own."""
    return _make_faces


@pytest.fixture(scope="session")
def faces() -> Images:
    return _make_faces(120)


@pytest.fixture
def images(recipe: Recipe, digits: Images, faces: Images) -> Images:
    """What the test's recipe learns."""
    return {"digits": digits, "faces": faces}[recipe.domain]


def _make_faces(count: int, seed: int = 0) -> Images:
    generator = torch.Generator().manual_seed(seed)
    skin, paper = torch.rand(2, count, 3, 1, 1, generator=generator)
    x, y = 3 * torch.randn(2, count, 1, 1, generator=generator)
    across, down = torch.meshgrid(torch.arange(28) - 13.5, torch.arange(28) - 13.5, indexing="xy")
    oval = torch.sigmoid(12 - ((across - x) / 8) ** 2 * 12 - ((down - y) / 11) ** 2 * 12)
    eyes = torch.exp(-(((across - x).abs() - 4) ** 2) - (down - y + 3) ** 2)
    shown = oval.unsqueeze(1) * (skin + 0.5) + (1 - oval).unsqueeze(1) * paper - eyes.unsqueeze(1)
    pixels = (shown.clamp(0, 1) * 255).round().byte()
    return Images(pixels, torch.full((count,), -1), "synthetic faces")


@pytest.fixture(scope="session")
def write_faces() -> Callable[[Path, Images], Path]:
    return _write_faces


def _write_faces(path: Path, faces: Images) -> Path:
    """Write faces as PNG files into a zip."""
    with zipfile.ZipFile(path, "w") as archive:
        for index, pixels in enumerate(faces.pixels):
            content = io.BytesIO()
            Image.fromarray(pixels.permute(1, 2, 0).numpy()).save(content, "PNG")
            archive.writestr(f"{index:03}.png", content.getvalue())
    return path


@pytest.fixture(scope="session")
def write_mnist() -> Callable[..., Path]:
    return _write_mnist


def _write_mnist(
    folder: Path, train: Images, test: Images, *, zipped: bool = False, dotted: bool = False
) -> Path:
    """Write digits as MNIST's four IDX files, gzipped or not, named `-idx` or `.idx`."""
    folder.mkdir(parents=True, exist_ok=True)
    for split, digits in (("train", train), ("test", test)):
        for file, content in zip(mnist.MNIST[split], _idx_contents(digits), strict=True):
            name = file.name.replace("-idx", ".idx") if dotted else file.name
            if zipped:
                (folder / f"{name}.gz").write_bytes(gzip.compress(content, 1))
            else:
                (folder / name).write_bytes(content)
    return folder


def _idx_contents(digits: Images) -> tuple[bytes, bytes]:
    """Return digits as the bytes of an IDX file of images and one of labels."""
    count = len(digits).to_bytes(4, "big")
    side = (28).to_bytes(4, "big")
    images = b"\0\0\x08\x03" + count + side + side + digits.pixels.numpy().tobytes()
    labels = b"\0\0\x08\x01" + count + digits.labels.byte().numpy().tobytes()
    return images, labels


@pytest.fixture(scope="session")
def idx_contents() -> Callable[[Images], tuple[bytes, bytes]]:
    return _idx_contents


@pytest.fixture
def encrypt() -> Callable[[Path], Path]:
    """A function that sets the flag of encryption on every member of a zip."""

    def flag(path: Path) -> Path:
        content = bytearray(path.read_bytes())
        for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            start = content.find(mark)
            while start >= 0:
                content[start + offset] |= 1
                start = content.find(mark, start + 4)
        path.write_bytes(content)
        return path

    return flag


@pytest.fixture
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep away from this machine's own data; returns the cache folder, still to be made."""
    folder = tmp_path / "cache"
    monkeypatch.delenv("DENOISE_DATA_DIR", raising=False)
    monkeypatch.setattr(pooch, "os_cache", lambda name: folder)
    return folder


@pytest.fixture
def no_mnist(cache_folder: Path) -> Path:
    """Take away this machine's own MNIST; returns the folder it is cached in, still to be made."""
    return cache_folder / "mnist"


@pytest.fixture
def expect_mnist(monkeypatch: pytest.MonkeyPatch) -> Callable[[Images, Images], None]:
    """Let these digits pass for MNIST's: their hashes are the expected ones."""

    def expect(train: Images, test: Images) -> None:
        for split, digits in (("train", train), ("test", test)):
            names = [file.name for file in mnist.MNIST[split]]
            hashes = [hashlib.sha256(content).hexdigest() for content in _idx_contents(digits)]
            files = tuple(IdxFile(n, h) for n, h in zip(names, hashes, strict=True))
            monkeypatch.setitem(mnist.MNIST, split, files)

    return expect


@pytest.fixture
def fake_mnist(
    tmp_path: Path,
    no_mnist: Path,
    expect_mnist: Callable[[Images, Images], None],
) -> Path:
    """A folder with 120 training and 40 test digits that pass for MNIST's."""
    train, test = _make_digits(120), _make_digits(40, seed=1)
    expect_mnist(train, test)
    return _write_mnist(tmp_path / "data", train, test)


@pytest.fixture
def fake_data(fake_mnist: Path) -> Path:
    """The same folder with 80 faces in a zip: 60 to train, 20 to test."""
    _write_faces(fake_mnist / "faces.zip", _make_faces(80))
    return fake_mnist


@pytest.fixture(scope="session")
def untrained_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of weight files, one for every recipe, never trained; not to be changed."""
    folder = tmp_path_factory.mktemp("untrained")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        for recipe_id, recipe in RECIPES.items():
            tensors = build(recipe.model).state_dict()
            checkpoints.save(checkpoints.checkpoint_path(recipe_id, folder), tensors, {})
    return folder


@pytest.fixture
def untrained_weights(
    untrained_files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """A copy of those files that `inference` loads from; the test may damage it."""
    folder = shutil.copytree(untrained_files, tmp_path / "weights")
    # The folder is the default of an argument, so the default is what has to change.
    monkeypatch.setattr(checkpoints.load, "__defaults__", (folder,))
    engine._loaded.cache_clear()
    yield folder
    engine._loaded.cache_clear()
    shutil.rmtree(folder)  # pytest would keep them all for its last three sessions


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
