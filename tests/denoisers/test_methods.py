"""Networks and filters under one roof."""

import pytest
import torch

from denoise_demo.data.domains import get_domain
from denoise_demo.denoisers.catalog import get_denoiser, list_denoisers, load_denoiser
from denoise_demo.denoisers.engine import load_network
from denoise_demo.denoisers.filters import FILTERS
from denoise_demo.denoisers.recipes import RECIPES, denoising_recipes


@pytest.fixture
def wild(generator):
    """A maker of images for a method, that leave [0, 1] on both sides."""

    def make(key):
        channels, *_ = get_denoiser(key).shape or (1,)
        return 0.5 + torch.randn(3, channels, 28, 28, generator=generator)

    return make


def test_the_networks_come_first_then_the_filters():
    assert list(list_denoisers()) == [*denoising_recipes(), *FILTERS]


@pytest.mark.parametrize("domain", ["digits", "faces"])
def test_a_domain_has_its_own_networks_and_every_filter(domain):
    assert list(list_denoisers(domain)) == [*denoising_recipes(domain), *FILTERS]
    assert all(get_denoiser(key).domain == domain for key in denoising_recipes(domain))


def test_every_network_is_of_one_domain():
    assert [*denoising_recipes("digits"), *denoising_recipes("faces")] == list(denoising_recipes())


@pytest.mark.parametrize("key", denoising_recipes())
def test_a_network_takes_pictures_of_its_domains_shape(key):
    method = get_denoiser(key)

    assert method.shape == get_domain(method.domain).shape


@pytest.mark.parametrize("key", FILTERS)
def test_a_filter_takes_pictures_of_every_domain(key, generator):
    colour = torch.rand(2, 3, 28, 28, generator=generator)

    denoised = load_denoiser(key)(colour, torch.full((2,), 0.2))

    assert get_denoiser(key).shape is None
    assert denoised.shape == colour.shape


def test_no_filter_has_the_name_of_a_network():
    assert not FILTERS.keys() & RECIPES.keys()


@pytest.mark.parametrize("key", list_denoisers())
def test_every_method_says_what_it_is(key):
    method = get_denoiser(key)

    assert method.id == key
    assert method.title in method.label
    assert method.label.startswith(("S0 ·", "S1 ·", "S2 ·", "S3 ·", "S4 ·", "Blind ·", "Filter ·"))
    assert method.lesson.endswith(".")
    assert method.facts.endswith(".")


def test_labels_are_unique():
    assert len({method.label for method in list_denoisers().values()}) == len(list_denoisers())


@pytest.mark.parametrize("key", list_denoisers())
def test_every_method_denoises_a_batch(key, wild):
    noisy = wild(key)

    denoised = load_denoiser(key, "cpu")(noisy, torch.full((3,), 0.3))

    assert denoised.shape == noisy.shape
    assert denoised.dtype == torch.float32
    assert 0 <= float(denoised.min()) <= float(denoised.max()) <= 1


def test_a_network_is_what_inference_loads_and_leaves_the_deviation_aside(wild):
    noisy = wild("dense-16")

    denoised = load_denoiser("dense-16", "cpu")(noisy, torch.full((3,), 0.3))

    assert torch.equal(denoised, load_network("dense-16", "cpu")(noisy))


@pytest.mark.parametrize("key", list_denoisers())
def test_informed_is_said_of_those_that_use_the_deviation(key, wild):
    noisy, denoise = wild(key), load_denoiser(key, "cpu")

    weak, strong = (denoise(noisy, torch.full((3,), sigma)) for sigma in (0.1, 0.6))

    assert torch.equal(weak, strong) != get_denoiser(key).informed


@pytest.mark.parametrize("load", [get_denoiser, load_denoiser])
def test_an_unknown_one_is_refused_naming_networks_and_filters(load):
    with pytest.raises(ValueError, match=r"unknown recipe or filter 'magic'.*conv-pool.*median-3"):
        load("magic")


def test_the_classifier_is_refused():
    with pytest.raises(ValueError, match="mlp-classifier classifies; it does not denoise"):
        get_denoiser("mlp-classifier")
