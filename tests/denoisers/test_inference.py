"""Trained networks as callables: devices, clipping, caching, and what damage does."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from torch import Tensor

from denoise_demo.benchmark.evaluation import evaluate
from denoise_demo.corruption.points import POINTS, points
from denoise_demo.data.domains import DOMAINS
from denoise_demo.data.mnist import Images, load_mnist
from denoise_demo.denoisers import checkpoints, engine
from denoise_demo.denoisers.checkpoints import CheckpointError, checkpoint_path
from denoise_demo.denoisers.engine import (
    PART,
    Network,
    choose_device,
    denoise_and_classify,
    load_classifier,
    load_network,
    warm_up,
)
from denoise_demo.denoisers.filters import FILTERS
from denoise_demo.denoisers.recipes import RECIPES, changed_settings
from denoise_demo.networks.models import DIGIT, MODELS, count_parameters

DENOISERS = [key for key, recipe in RECIPES.items() if recipe.denoises]
CLIPPED = [key for key in DENOISERS if RECIPES[key].clip]
UNCLIPPED = [key for key in DENOISERS if not RECIPES[key].clip]


@pytest.fixture
def noisy(request: pytest.FixtureRequest) -> Tensor:
    """Four images that leave [0, 1] on both sides, as the test's network takes them."""
    key = request.node.callspec.params.get("key") if hasattr(request.node, "callspec") else None
    shape = MODELS[RECIPES[key].model].shape if key else DIGIT
    return 0.5 + torch.randn(4, *shape, generator=torch.Generator().manual_seed(0))


# Devices


def test_auto_takes_cuda_then_mps_then_the_cpu(monkeypatch) -> None:
    monkeypatch.delenv("DENOISE_DEVICE", raising=False)
    present = {"cuda": torch.cuda.is_available(), "mps": torch.mps.is_available(), "cpu": True}

    expected = next(name for name, there in present.items() if there)

    assert choose_device().type == expected
    assert choose_device("auto").type == expected


def test_the_environment_chooses_the_device(monkeypatch) -> None:
    monkeypatch.setenv("DENOISE_DEVICE", "cpu")

    assert choose_device() == torch.device("cpu")


def test_a_named_device_comes_before_the_environment(monkeypatch) -> None:
    monkeypatch.setenv("DENOISE_DEVICE", "abacus")

    assert choose_device("cpu") == torch.device("cpu")


def test_an_empty_environment_variable_means_auto(monkeypatch) -> None:
    monkeypatch.setenv("DENOISE_DEVICE", "")

    assert choose_device() == choose_device("auto")


@pytest.mark.parametrize("name", ["gpu", "CPU", "cuda:7", "abacus"])
def test_an_unknown_device_is_refused_naming_the_known_ones(name, monkeypatch) -> None:
    monkeypatch.setenv("DENOISE_DEVICE", name)

    for argument in (name, None):
        with pytest.raises(ValueError, match="auto, cpu, cuda, mps"):
            choose_device(argument)


@pytest.mark.parametrize("name", ["cuda", "mps"])
def test_a_device_that_is_not_there_is_refused_with_the_remedy(name) -> None:
    if (torch.cuda if name == "cuda" else torch.mps).is_available():
        pytest.skip(f"this machine has {name}")

    with pytest.raises(ValueError, match=f"no {name} device here; choose auto or cpu"):
        choose_device(name)


# Denoising


@pytest.mark.parametrize("key", DENOISERS)
@pytest.mark.parametrize("count", [1, 4])
def test_a_denoiser_returns_float32_images_in_the_unit_interval(
    key, count, untrained_weights, noisy
) -> None:
    denoised = load_network(key, "cpu")(noisy[:count])

    assert denoised.shape == noisy[:count].shape
    assert denoised.dtype == torch.float32
    assert denoised.device == noisy.device
    assert denoised.min() >= 0
    assert denoised.max() <= 1
    assert not denoised.requires_grad


@pytest.mark.parametrize("key", DENOISERS)
def test_the_input_stays_as_it_is(key, untrained_weights, noisy) -> None:
    before = noisy.clone()

    load_network(key, "cpu")(noisy)

    assert torch.equal(noisy, before)


@pytest.mark.parametrize("key", [key for key in RECIPES if RECIPES[key].spreads])
@pytest.mark.parametrize("count", [1, PART + 1])
def test_a_spread_comes_with_the_same_images(key, count, untrained_weights, generator) -> None:
    noisy = torch.randn(count, *MODELS[RECIPES[key].model].shape, generator=generator)
    denoiser = load_network(key, "cpu")

    denoised, spread = denoiser.with_spread(noisy)

    assert torch.equal(denoised, denoiser(noisy))
    assert spread.shape == noisy.shape
    assert spread.dtype == torch.float32
    assert spread.min() > 0


@pytest.mark.parametrize("key", CLIPPED)
def test_a_network_trained_clipped_sees_its_input_clipped(key, untrained_weights, noisy) -> None:
    denoiser = load_network(key, "cpu")

    denoised = denoiser(noisy)

    assert torch.equal(denoised, denoiser(noisy.clamp(0, 1)))
    assert torch.equal(denoised, denoiser.module(noisy.clamp(0, 1)))


@pytest.mark.parametrize("key", UNCLIPPED)
def test_a_network_trained_unclipped_sees_its_input_as_it_is(key, untrained_weights, noisy) -> None:
    denoiser, seen = load_network(key, "cpu"), []
    handle = denoiser.module.register_forward_pre_hook(lambda _, given: seen.append(given[0]))

    denoised = denoiser(noisy)

    handle.remove()
    assert torch.equal(seen[0], noisy)
    assert torch.equal(denoised, denoiser.module(noisy))


def test_the_classifier_gives_probabilities(untrained_weights, noisy) -> None:
    probabilities = load_classifier("cpu")(noisy)

    assert probabilities.shape == (4, 10)
    assert probabilities.dtype == torch.float32
    assert probabilities.min() >= 0
    torch.testing.assert_close(probabilities.sum(1), torch.ones(4))


def test_the_classifier_sees_its_input_clipped(untrained_weights, noisy) -> None:
    classifier = load_classifier("cpu")

    assert torch.equal(classifier(noisy), classifier(noisy.clamp(0, 1)))


@pytest.mark.parametrize("key", ["dense-64", "conv-pool"])
def test_denoise_and_classify_does_one_then_the_other(key, untrained_weights, noisy) -> None:
    denoised, probabilities = denoise_and_classify(noisy, key)

    assert torch.equal(denoised, load_network(key)(noisy))
    assert torch.equal(probabilities, load_classifier()(denoised))


@pytest.mark.parametrize("key", DENOISERS)
def test_a_large_batch_comes_out_as_its_parts_do(key, generator) -> None:
    shape = MODELS[RECIPES[key].model].shape
    many = torch.rand(2 * PART + 1, *shape, generator=generator)
    denoiser = load_network(key, "cpu")

    denoised = denoiser(many)

    assert denoised.shape == many.shape
    torch.testing.assert_close(denoised[-2:], denoiser(many[-2:]), atol=1e-5, rtol=0)


@pytest.mark.gpu
@pytest.mark.parametrize("key", DENOISERS)
def test_the_gpu_agrees_with_the_cpu(key, noisy) -> None:
    on_cpu, on_gpu = load_network(key, "cpu")(noisy), load_network(key, "cuda")(noisy.cuda())

    assert on_gpu.device.type == "cuda"
    torch.testing.assert_close(on_gpu.cpu(), on_cpu, atol=1e-4, rtol=0)


# What is refused


def test_the_classifier_is_no_denoiser(untrained_weights) -> None:
    with pytest.raises(ValueError, match="mlp-classifier classifies; it does not denoise"):
        load_network("mlp-classifier")


def test_an_unknown_recipe_is_refused_naming_the_known_ones(untrained_weights) -> None:
    with pytest.raises(ValueError, match=r"unknown recipe.*conv-pool"):
        load_network("conv-pond")


def test_a_bad_device_is_refused_before_anything_is_loaded(untrained_weights) -> None:
    with pytest.raises(ValueError, match="unknown device"):
        load_network("dense-1", "abacus")

    assert engine._loaded.cache_info().currsize == 0


# Loaded once


def test_a_network_is_loaded_once(untrained_weights) -> None:
    first = load_network("dense-1", "cpu")
    checkpoint_path("dense-1", untrained_weights).unlink()

    assert load_network("dense-1", "cpu").module is first.module


def test_many_threads_at_once_load_a_network_once(untrained_weights, noisy) -> None:
    threads = 16
    barrier = threading.Barrier(threads)

    def work(_: int) -> tuple[Network, Tensor]:
        barrier.wait(timeout=30)
        denoiser = load_network("conv-flat", "cpu")
        return denoiser, denoiser(noisy)

    with ThreadPoolExecutor(threads) as pool:
        results = list(pool.map(work, range(threads)))

    assert len({id(denoiser.module) for denoiser, _ in results}) == 1
    assert engine._loaded.cache_info().misses == 1
    assert all(torch.equal(denoised, results[0][1]) for _, denoised in results)


def test_a_repaired_file_is_used_without_a_restart(untrained_weights, noisy) -> None:
    path = checkpoint_path("dense-1", untrained_weights)
    content = path.read_bytes()
    path.write_bytes(content[:100])
    with pytest.raises(CheckpointError):
        load_network("dense-1")

    path.write_bytes(content)

    assert load_network("dense-1")(noisy).shape == noisy.shape


# Warming up


def test_warming_up_finds_nothing_wrong_with_sound_files(untrained_weights) -> None:
    assert warm_up() == {}


@pytest.mark.parametrize("key", RECIPES)
@pytest.mark.parametrize("damage", ["missing", "torn", "empty"])
def test_a_bad_file_disables_that_network_only(key, damage, untrained_weights) -> None:
    path = checkpoint_path(key, untrained_weights)
    content = path.read_bytes()
    path.unlink()
    if damage != "missing":
        path.write_bytes(content[:500] if damage == "torn" else b"")

    problems = warm_up()

    assert list(problems) == [key]
    assert path.name in problems[key]
    assert "train it again" in problems[key]
    for other in set(DENOISERS) - {key}:
        load_network(other)


def test_without_any_weights_every_network_is_reported(untrained_weights) -> None:
    for path in untrained_weights.iterdir():
        path.unlink()

    assert warm_up().keys() == RECIPES.keys()


# The shipped weights


@pytest.mark.parametrize("key", RECIPES)
def test_shipped_weights_load_and_belong_to_their_recipe(key) -> None:
    checkpoint = checkpoints.load(key, checkpoints.WEIGHTS_DIR)

    metadata = checkpoint.metadata
    assert checkpoint_path(key).stat().st_size < 10_000_000
    assert count_parameters(checkpoint.module) == metadata["parameters"]
    assert metadata["recipe"]["id"] == key
    assert metadata["recipe"]["model"] == RECIPES[key].model
    arguments = dict(MODELS[RECIPES[key].model].arguments)
    assert metadata["arguments"] == json.loads(json.dumps(arguments))


@pytest.mark.parametrize("key", RECIPES)
def test_shipped_weights_were_trained_with_the_recipes_settings(key) -> None:
    metadata = checkpoints.read_metadata(checkpoint_path(key))

    assert changed_settings(RECIPES[key], metadata["recipe"]) == []
    assert metadata["epochs"] == len(metadata["history"])
    assert metadata["seed"] == RECIPES[key].seed


@pytest.mark.parametrize("key", RECIPES)
def test_shipped_weights_hold_no_local_paths(key) -> None:
    metadata = str(checkpoints.read_metadata(checkpoint_path(key)))

    here = str(checkpoints.WEIGHTS_DIR.parent)
    for local in (here, "/home/", "/tmp/", "/root/", "/Users/", "C:\\"):
        assert local not in metadata


@pytest.mark.parametrize(
    ("key", "psnr"),
    [
        ("conv-pool", 17.29),
        ("dense-1", 12.31),
        ("dense-2", 12.80),
        ("dense-8", 15.14),
        ("dense-32", 20.77),
        ("dense-16", 15.64),
        ("conv-flat", 19.93),
    ],
)
def test_shipped_weights_do_as_well_as_the_articles_networks(key, psnr) -> None:
    metadata = checkpoints.read_metadata(checkpoint_path(key))

    assert metadata["metrics"]["psnr"] > psnr - 0.25


def test_the_shipped_classifier_does_as_well_as_the_articles() -> None:
    metadata = checkpoints.read_metadata(checkpoint_path("mlp-classifier"))

    assert metadata["metrics"]["accuracy"] > 0.97


@pytest.fixture(scope="module")
def test_images(data_dir: Path) -> dict[str, Images]:
    return {name: domain.load("test", data_dir) for name, domain in DOMAINS.items()}


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize("key", RECIPES)
def test_shipped_weights_reach_their_recorded_scores(key, test_images) -> None:
    recipe, recorded = RECIPES[key], checkpoints.read_metadata(checkpoint_path(key))["metrics"]
    images, corruption = test_images[recipe.domain], points(recipe.domain)[recipe.point]

    if recipe.denoises:
        measured = evaluate(load_network(key, "cpu"), corruption, images)
    else:
        measured = evaluate(lambda noisy, sigma: noisy, corruption, images, load_classifier("cpu"))

    tolerances = {"psnr": 0.01, "ssim": 0.001, "mae": 0.0005, "bce": 0.0005, "accuracy": 0.001}
    for name, value in recorded.items():
        assert measured[name] == pytest.approx(value, abs=tolerances[name])


@pytest.mark.data
def test_the_published_variant_of_s3_has_dead_outputs(data_dir: Path) -> None:
    clean = load_mnist("test", data_dir).clean()
    noisy = POINTS["s3-random"](clean, torch.Generator().manual_seed(0))

    brightest = load_network("dense-300-published")(noisy).amax(0)

    assert 400 < int((brightest == 0).sum()) < 550  # 476 of 784 in the article's own training


@pytest.mark.data
def test_the_network_of_random_levels_beats_the_median_filter(data_dir: Path) -> None:
    digits = load_mnist("test", data_dir)[:2000]

    by_median = evaluate(FILTERS["median-3"], POINTS["s3-random"], digits)
    by_network = evaluate(load_network("dense-300-random"), POINTS["s3-random"], digits)

    assert by_network["psnr"] > by_median["psnr"] + 3
