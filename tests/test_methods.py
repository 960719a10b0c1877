"""Networks and filters under one roof."""

import pytest
import torch

from denoise_demo.filters import FILTERS
from denoise_demo.inference import load_denoiser
from denoise_demo.methods import get_method, load_method, methods
from denoise_demo.recipes import RECIPES, denoisers


@pytest.fixture
def noisy(generator):
    """Images that leave [0, 1] on both sides."""
    return 0.5 + torch.randn(3, 1, 28, 28, generator=generator)


def test_the_networks_come_first_then_the_filters():
    assert list(methods()) == [*denoisers(), *FILTERS]


def test_no_filter_has_the_name_of_a_network():
    assert not FILTERS.keys() & RECIPES.keys()


@pytest.mark.parametrize("key", methods())
def test_every_method_says_what_it_is(key):
    method = get_method(key)

    assert method.id == key
    assert method.title in method.label
    assert method.label.startswith(("S0 ·", "S1 ·", "S2 ·", "S3 ·", "Filter ·"))
    assert method.lesson.endswith(".")
    assert method.facts.endswith(".")


def test_labels_are_unique():
    assert len({method.label for method in methods().values()}) == len(methods())


@pytest.mark.parametrize("key", methods())
def test_every_method_denoises_a_batch(key, noisy):
    denoised = load_method(key, "cpu")(noisy, torch.full((3,), 0.3))

    assert denoised.shape == noisy.shape
    assert denoised.dtype == torch.float32
    assert 0 <= float(denoised.min()) <= float(denoised.max()) <= 1


def test_a_network_is_what_inference_loads_and_leaves_the_deviation_aside(noisy):
    denoised = load_method("dense-16", "cpu")(noisy, torch.full((3,), 0.3))

    assert torch.equal(denoised, load_denoiser("dense-16", "cpu")(noisy))


@pytest.mark.parametrize("key", methods())
def test_informed_is_said_of_those_that_use_the_deviation(key, noisy):
    denoise = load_method(key, "cpu")

    weak, strong = (denoise(noisy, torch.full((3,), sigma)) for sigma in (0.1, 0.6))

    assert torch.equal(weak, strong) != get_method(key).informed


@pytest.mark.parametrize("load", [get_method, load_method])
def test_an_unknown_one_is_refused_naming_networks_and_filters(load):
    with pytest.raises(ValueError, match=r"unknown recipe or filter 'magic'.*conv-pool.*median-3"):
        load("magic")


def test_the_classifier_is_refused():
    with pytest.raises(ValueError, match="mlp-classifier classifies; it does not denoise"):
        get_method("mlp-classifier")
