"""Networks in ONNX Runtime: agreement with PyTorch, the cache, and what falls back."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from denoise_demo.benchmark import evaluate
from denoise_demo.corruption import points
from denoise_demo.denoisers import (
    CLASSIFIER,
    RECIPES,
    Network,
    choose_engine,
    denoising_recipes,
    describe_engine,
    engine,
    load_classifier,
    load_network,
    serve_page,
    sessions,
)
from denoise_demo.denoisers.engine import FEW
from denoise_demo.denoisers.sessions import open_session
from denoise_demo.networks import DIGIT, FACE, MODELS, build

ROOT = Path(__file__).parents[2]


class Halved(nn.Module):
    """Halves bright images only: a trace of it on dark ones misses that."""

    def forward(self, images: Tensor) -> Tensor:
        return images / 2 if images.max() > 1 else images


class Inverse(nn.Module):
    """Computes what ONNX has no operator for."""

    def forward(self, images: Tensor) -> Tensor:
        return torch.linalg.pinv(images)


@pytest.fixture
def onnx(monkeypatch: pytest.MonkeyPatch, cache_folder: Path) -> Iterator[Path]:
    """Let ONNX Runtime compute; return the folder of its exports."""
    monkeypatch.setenv("DENOISE_ENGINE", "onnx")
    sessions._futures.clear()
    yield cache_folder / "engine"
    sessions._futures.clear()


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch, onnx: Path) -> Iterator[None]:
    """A page that is served, with DENOISE_ENGINE unset."""
    monkeypatch.delenv("DENOISE_ENGINE")
    serve_page()
    yield
    sessions._page.clear()


def dense() -> nn.Module:
    torch.manual_seed(0)
    return build("dense-8").eval().requires_grad_(False)


# Agreement


@pytest.mark.parametrize("key", denoising_recipes())
def test_a_network_gives_the_same_images_by_both_engines(key, onnx, digits, faces):
    recipe = RECIPES[key]
    pictures, point = {"digits": digits, "faces": faces}[recipe.domain], recipe.point
    network = load_network(key, "cpu")
    reference = Network(network.recipe, network.module, network.device)

    by_both = [evaluate(n, points(recipe.domain)[point], pictures) for n in (network, reference)]

    assert network.engine.startswith("ONNX Runtime")
    assert reference.engine.startswith("PyTorch")
    assert by_both[0]["psnr"] == pytest.approx(by_both[1]["psnr"], abs=1e-3)
    assert by_both[0]["ssim"] == pytest.approx(by_both[1]["ssim"], abs=1e-5)


@pytest.mark.parametrize("count", [1, 3, 16])
@pytest.mark.parametrize("key", ["blind-digits", "conv-pool", "pix2pix-gaussian"])
def test_any_number_of_images_is_within_rounding_errors(key, count, onnx):
    network = load_network(key, "cpu")
    noisy = torch.rand(count, *MODELS[network.recipe.model].shape)

    torch.testing.assert_close(network(noisy), network.module(noisy), atol=1e-5, rtol=0)


def test_the_expected_error_comes_from_the_session_too(onnx):
    network, noisy = load_network("blind-digits", "cpu"), torch.rand(3, *DIGIT)

    by_session = network.session.with_spread(noisy)

    torch.testing.assert_close(network.with_spread(noisy), by_session, atol=0, rtol=0)
    for ours, theirs in zip(by_session, network.module.with_spread(noisy), strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=0)


def test_the_classifier_gives_the_same_probabilities(onnx, clean):
    classifier = load_classifier("cpu")

    expected = classifier.network.module(clean).softmax(1)

    assert classifier.network.engine.startswith("ONNX Runtime")
    torch.testing.assert_close(classifier(clean), expected, atol=1e-5, rtol=0)


def test_threads_share_a_session(onnx):
    network, noisy = load_network("conv-pool", "cpu"), torch.rand(32, 1, *DIGIT)
    expected = [network(image) for image in noisy]

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(network, noisy))

    torch.testing.assert_close(found, expected, atol=0, rtol=0)


# Choice


@pytest.mark.parametrize("key", ["conv-pool", "blind-digits"])
def test_a_page_on_a_gpu_computes_few_images_on_the_cpu(monkeypatch, page, key):
    meta = torch.device("meta")  # holds no values, so that nothing comes back from it
    monkeypatch.setattr(engine, "choose_device", lambda name=None: meta)
    network, noisy = load_network(key), torch.rand(FEW, *DIGIT)

    few = network(noisy[1:])

    assert torch.equal(few, load_network(key).nearby(noisy[1:]))
    with pytest.raises(NotImplementedError):
        network(noisy)
    monkeypatch.setenv("DENOISE_DEVICE", "cuda")
    assert load_network(key).nearby is None


def test_pytorch_computes_unless_a_page_is_served(monkeypatch, page):
    assert choose_engine() == "onnx"
    assert describe_engine().startswith("ONNX Runtime")

    sessions._page.clear()
    assert choose_engine() == choose_engine("auto") == "torch"

    monkeypatch.setenv("DENOISE_ENGINE", "onnx")
    assert choose_engine() == "onnx"


def test_an_unknown_engine_is_refused(monkeypatch):
    monkeypatch.setenv("DENOISE_ENGINE", "steam")

    with pytest.raises(ValueError, match="unknown engine 'steam'; choose one of: auto, "):
        choose_engine()


def test_a_page_does_not_wait_for_a_session(page):
    network, noisy = load_network("conv-flat", "cpu"), torch.rand(2, *DIGIT)

    first = network(noisy)
    until = time.monotonic() + 30
    while not network.session and time.monotonic() < until:
        time.sleep(0.01)

    assert network.session
    torch.testing.assert_close(network(noisy), first, atol=1e-5, rtol=0)


def test_a_network_in_training_stays_with_pytorch(onnx):
    network = Network(RECIPES["dense-8"], dense(), torch.device("cpu"))

    assert network.session is None


def test_an_export_never_puts_the_network_into_training(onnx):
    module = build("strided-conv").eval()  # batch normalisation: training would change it
    modes, train = [], module.train
    module.train = lambda mode=True: modes.append(mode) or train(mode)

    assert open_session(module, "strided-conv", FACE)

    assert True not in modes


def test_images_of_another_size_are_computed_by_pytorch(onnx):
    network, noisy = load_network("conv-flat", "cpu"), torch.rand(1, 1, 32, 40)

    assert network.session
    assert torch.equal(network(noisy), network.module(noisy))


# The cache


def test_an_export_is_kept_in_place_of_an_earlier_one(onnx, capsys):
    open_session(dense(), "net", DIGIT)
    [first] = onnx.iterdir()

    open_session(build("dense-8").eval(), "net", DIGIT)
    [second] = onnx.iterdir()
    open_session(build("dense-8").eval(), "net-2", DIGIT)

    assert first.name != second.name
    assert len(list(onnx.iterdir())) == 2
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("where", ["end", "graph", "weights"])
def test_a_damaged_export_is_made_again(where, onnx, capsys):
    open_session(dense(), "net", DIGIT)
    [path] = onnx.iterdir()
    content = path.read_bytes()
    middle = len(content) // 2
    path.write_bytes(
        {
            "end": content[:-100],
            "graph": b"\xff" * 50 + content[50:],
            "weights": content[:middle] + b"\x41" * 64 + content[middle + 64 :],
        }[where]
    )

    assert open_session(dense(), "net", DIGIT)
    assert path.read_bytes() == content
    assert capsys.readouterr().err == ""


def test_a_session_needs_no_folder(onnx, capsys):
    onnx.parent.mkdir()
    onnx.write_text("in the way")

    session = open_session(dense(), "net", DIGIT)

    assert session(torch.rand(1, *DIGIT)).shape == (1, *DIGIT)
    assert capsys.readouterr().err == ""


# Failures


@pytest.mark.parametrize(
    ("module", "reason"),
    [(Halved(), "output differs by up to"), (Inverse(), "pinv")],
)
def test_what_cannot_be_exported_stays_with_pytorch_and_one_line_says_so(
    module, reason, onnx, capsys
):
    assert open_session(module, "net", FACE) is None

    line = capsys.readouterr().err
    assert line.startswith("net is computed by PyTorch, not by ONNX Runtime: ")
    assert reason in line
    assert line.count("\n") == 1


def test_nothing_is_reported_to_the_makers_of_onnx_runtime(tmp_path):
    code = (
        "from denoise_demo.denoisers import load_classifier; import torch; "
        f"load_classifier('cpu')(torch.zeros(1, *{DIGIT}))"
    )
    places = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path), "DENOISE_ENGINE": "onnx"}
    unknown = {"CI", "GITHUB_ACTIONS", "ORT_RUNNING_UNIT_TESTS"}  # it is silent by itself there
    environment = {k: v for k, v in os.environ.items() if k not in unknown} | places

    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, check=True)

    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path.name.rpartition("-")[0] for path in files] == [CLASSIFIER]  # no identifier
