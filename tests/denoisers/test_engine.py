"""Loaded networks: devices, clipping, caching, and damaged files."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from denoise_demo.benchmark import evaluate
from denoise_demo.corruption import POINTS, points
from denoise_demo.data import DOMAINS, Images
from denoise_demo.denoisers import (
    FILTERS,
    RECIPES,
    CheckpointError,
    checkpoint_path,
    checkpoints,
    choose_device,
    denoising_recipes,
    engine,
    load_all,
    load_classifier,
    load_network,
    settings_of,
)
from denoise_demo.networks import MODELS, build, count_parameters

every_network = pytest.mark.parametrize("key", denoising_recipes())
every_recipe = pytest.mark.parametrize("key", RECIPES)


def images(key: str, count: int = 4) -> Tensor:
    """Images beyond [0, 1] on both sides, in the shape of a recipe's network."""
    shape = MODELS[RECIPES[key].model].shape
    return 0.5 + torch.randn(count, *shape, generator=torch.Generator().manual_seed(0))


# Devices


def test_auto_takes_cuda_then_mps_then_the_cpu(monkeypatch):
    present = {"cuda": torch.cuda.is_available(), "mps": torch.mps.is_available(), "cpu": True}
    best = next(name for name, there in present.items() if there)

    for value in ("", "auto"):
        monkeypatch.setenv("DENOISE_DEVICE", value)
        assert choose_device().type == choose_device("auto").type == best


def test_an_argument_comes_before_the_environment(monkeypatch):
    monkeypatch.setenv("DENOISE_DEVICE", "cpu")
    assert choose_device().type == "cpu"

    monkeypatch.setenv("DENOISE_DEVICE", "abacus")
    assert choose_device("cpu").type == "cpu"


@pytest.mark.parametrize("name", ["gpu", "CPU", "cuda:7", "abacus"])
def test_an_unknown_device_is_refused_naming_the_known_ones(name, monkeypatch):
    monkeypatch.setenv("DENOISE_DEVICE", name)

    for argument in (name, None):
        with pytest.raises(ValueError, match="auto, cpu, cuda, mps"):
            choose_device(argument)


@pytest.mark.parametrize("name", ["cuda", "mps"])
def test_a_missing_device_is_refused_with_the_remedy(name):
    if (torch.cuda if name == "cuda" else torch.mps).is_available():
        pytest.skip(f"this machine has {name}")

    with pytest.raises(ValueError, match=f"no {name} device here; choose auto or cpu"):
        choose_device(name)


# Denoising and classifying


@every_network
def test_a_network_clips_its_input_if_its_training_did(key, untrained_weights):
    network, noisy, seen = load_network(key, "cpu"), images(key), []
    before = noisy.clone()
    network.module.register_forward_pre_hook(lambda _, given: seen.append(given[0]))

    denoised = network(noisy)

    expected = noisy.clamp(0, 1) if RECIPES[key].clip else noisy
    assert torch.equal(seen[0], expected)
    assert torch.equal(noisy, before)
    assert (denoised.shape, denoised.dtype, denoised.device) == (
        noisy.shape,
        torch.float32,
        noisy.device,
    )
    assert 0 <= denoised.min() <= denoised.max() <= 1
    assert not denoised.requires_grad


@every_network
def test_several_batches_give_the_same_as_images_alone(key, monkeypatch):
    monkeypatch.setattr(engine, "BATCH", 2)
    many, network = images(key, 5), load_network(key, "cpu")

    denoised = network(many)

    assert denoised.shape == many.shape
    torch.testing.assert_close(denoised[-1:], network(many[-1:]), atol=1e-5, rtol=0)


@pytest.mark.parametrize("key", [key for key in RECIPES if RECIPES[key].expects_error])
def test_the_expected_error_comes_with_the_same_images_in_several_batches(key, monkeypatch):
    monkeypatch.setattr(engine, "BATCH", 2)
    noisy, network = images(key, 3), load_network(key, "cpu")

    denoised, spread = network.with_spread(noisy)

    assert torch.equal(denoised, network(noisy))
    assert (spread.shape, spread.dtype) == (noisy.shape, torch.float32)
    assert spread.min() > 0


def test_a_code_is_decoded_to_the_denoised_image(untrained_weights):
    network, noisy = load_network("dense-8", "cpu"), images("dense-8")

    code = network.encode(noisy)

    assert code.shape == (4, 8)
    torch.testing.assert_close(network.decode(code), network(noisy))


def test_the_classifier_gives_probabilities_for_clipped_images(untrained_weights):
    classifier, noisy = load_classifier("cpu"), images("mlp-classifier")

    probabilities = classifier(noisy)

    assert (probabilities.shape, probabilities.dtype) == ((4, 10), torch.float32)
    assert probabilities.min() >= 0
    torch.testing.assert_close(probabilities.sum(1), torch.ones(4))
    assert torch.equal(probabilities, classifier(noisy.clamp(0, 1)))


@pytest.mark.gpu
@every_network
def test_the_gpu_agrees_with_the_cpu(key):
    on_gpu = load_network(key, "cuda")(images(key).cuda())

    assert on_gpu.device.type == "cuda"
    torch.testing.assert_close(
        on_gpu.cpu(), load_network(key, "cpu")(images(key)), atol=1e-4, rtol=0
    )


@pytest.mark.parametrize(
    ("key", "device", "message"),
    [
        ("mlp-classifier", "cpu", "mlp-classifier is a classifier, not a denoiser"),
        ("conv-pond", "cpu", "unknown recipe.*conv-pool"),
        ("dense-1", "abacus", "unknown device"),
    ],
)
def test_an_invalid_network_or_device_is_refused(key, device, message):
    with pytest.raises(ValueError, match=message):
        load_network(key, device)


# Weight files


def test_a_network_is_loaded_once_by_many_threads(untrained_weights):
    barrier = threading.Barrier(8)

    def work(_: int) -> int:
        barrier.wait(timeout=30)
        return id(load_network("conv-flat", "cpu").module)

    with ThreadPoolExecutor(8) as pool:
        modules = set(pool.map(work, range(8)))
    checkpoint_path("conv-flat", untrained_weights).unlink()

    assert {id(load_network("conv-flat", "cpu").module)} == modules


def test_a_repaired_file_is_used_without_a_restart(untrained_weights):
    path = checkpoint_path("dense-1", untrained_weights)
    content = path.read_bytes()
    path.write_bytes(content[:100])
    with pytest.raises(CheckpointError):
        load_network("dense-1")

    path.write_bytes(content)

    assert load_network("dense-1")(images("dense-1")).shape == (4, 1, 28, 28)


def test_a_network_follows_the_settings_that_its_file_records(untrained_weights):
    unclipped = replace(RECIPES["dense-8"], corruption=POINTS["s0-digits"], model="dense-2")
    metadata = {"recipe": settings_of(unclipped), "arguments": {"code": 2}}
    path = checkpoint_path("dense-8", untrained_weights)
    checkpoints.save(path, build("dense-2").state_dict(), metadata)

    network, noisy = load_network("dense-8"), images("dense-8")

    assert network.recipe == unclipped
    assert not torch.equal(network(noisy), network(noisy.clamp(0, 1)))


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        (settings_of(RECIPES["dense-16"]), "dense-8.safetensors holds dense-16"),
        ({"model": "dense-16"}, "does not say how it was trained"),
    ],
)
def test_the_file_of_another_recipe_or_of_none_is_refused(recipe, message, untrained_weights):
    metadata = {"recipe": recipe, "arguments": {"code": 16}}
    path = checkpoint_path("dense-8", untrained_weights)
    checkpoints.save(path, build("dense-16").state_dict(), metadata)

    with pytest.raises(CheckpointError, match=message):
        load_network("dense-8")


@pytest.mark.parametrize("key", ["mlp-classifier", "pix2pix-speckle"])
@pytest.mark.parametrize("damage", [None, b"torn"])
def test_a_bad_file_disables_its_network_only(key, damage, untrained_weights):
    path = checkpoint_path(key, untrained_weights)
    path.unlink() if damage is None else path.write_bytes(damage)

    problems = load_all()

    assert list(problems) == [key]
    assert path.name in problems[key]
    assert "train it again" in problems[key]


def test_warming_up_reports_every_network_that_cannot_be_used(untrained_weights):
    assert load_all() == {}

    checkpoint_path("dense-1", untrained_weights).unlink()
    assert load_all() == {}  # it is loaded already


# The shipped weights


@every_recipe
def test_shipped_weights_say_what_they_are_without_local_paths(key):
    checkpoint = checkpoints.load(checkpoint_path(key))

    metadata = checkpoint.metadata
    assert checkpoint_path(key).stat().st_size < 10_000_000
    assert count_parameters(checkpoint.module) == metadata["parameters"]
    assert metadata["recipe"]["id"] == key
    assert metadata["epochs"] == len(metadata["history"])
    assert metadata["seed"] == RECIPES[key].seed
    for local in (str(checkpoints.WEIGHTS_DIR.parent), "/home/", "/tmp/", "/root/", "C:\\"):
        assert local not in str(metadata)


@pytest.fixture(scope="module")
def test_images(data_dir: Path) -> dict[str, Images]:
    return {name: domain.load("test", data_dir) for name, domain in DOMAINS.items()}


@pytest.mark.data
@pytest.mark.slow
@every_recipe
def test_shipped_weights_reach_their_recorded_scores(key, test_images):
    recipe, recorded = RECIPES[key], checkpoints.read_metadata(checkpoint_path(key))["metrics"]
    digits, corruption = test_images[recipe.domain], points(recipe.domain)[recipe.point]

    if recipe.denoises:
        measured = evaluate(load_network(key, "cpu"), corruption, digits)
    else:
        measured = evaluate(lambda noisy, _: noisy, corruption, digits, load_classifier("cpu"))

    tolerances = {"psnr": 0.01, "ssim": 0.001, "mae": 0.0005, "bce": 0.0005, "accuracy": 0.001}
    for name, value in recorded.items():
        assert measured[name] == pytest.approx(value, abs=tolerances[name])


@pytest.mark.data
@pytest.mark.slow
def test_shipped_weights_show_what_the_articles_report(test_images):
    digits = test_images["digits"][:2000]
    noisy = POINTS["s3-random"](digits.clean(), torch.Generator().manual_seed(0))

    dead = load_network("dense-300-published")(noisy).amax(0) == 0
    by_median = evaluate(FILTERS["median-3"], POINTS["s3-random"], digits)
    by_network = evaluate(load_network("dense-300-random"), POINTS["s3-random"], digits)

    assert 400 < int(dead.sum()) < 550  # 476 of 784 outputs in the article's own training
    assert by_network["psnr"] > by_median["psnr"] + 3
