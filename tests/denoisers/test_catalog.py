"""The catalogue: descriptions of networks and filters, including new ones."""

from dataclasses import replace

import pytest
import torch

from denoise_demo.data import DOMAINS
from denoise_demo.denoisers import (
    ARTICLES,
    FILTERS,
    RECIPES,
    denoising_recipes,
    get_denoiser,
    list_denoisers,
    load_denoiser,
)

every_denoiser = pytest.mark.parametrize("key", list_denoisers())


@pytest.mark.parametrize("domain", [None, *DOMAINS])
def test_a_domain_has_its_own_networks_then_every_filter(domain):
    assert list(list_denoisers(domain)) == [*denoising_recipes(domain), *FILTERS]


@every_denoiser
def test_every_denoiser_is_described(key):
    spec = get_denoiser(key)

    assert spec == list_denoisers()[key]
    assert spec.label == f"{spec.title} · {spec.exact}"
    assert spec.exact.endswith(key if spec.article else "filter")
    assert spec.article in ("", *ARTICLES)
    assert spec.lesson.endswith(".")
    assert spec.facts.endswith(".")
    assert spec.shape == (DOMAINS[spec.domain].shape if spec.domain else None)


def test_ids_and_labels_are_unique():
    assert not FILTERS.keys() & RECIPES.keys()
    assert len({spec.label for spec in list_denoisers().values()}) == len(list_denoisers())


@every_denoiser
def test_every_denoiser_denoises_a_batch_and_only_informed_ones_use_sigma(key, generator):
    channels, *_ = get_denoiser(key).shape or (1,)
    noisy = 0.5 + torch.randn(3, channels, 28, 28, generator=generator)
    denoise = load_denoiser(key, "cpu")

    weak, strong = (denoise(noisy, torch.full((3,), sigma)) for sigma in (0.1, 0.6))

    assert (weak.shape, weak.dtype) == (noisy.shape, torch.float32)
    assert 0 <= weak.min() <= weak.max() <= 1
    assert torch.equal(weak, strong) != get_denoiser(key).informed


@every_denoiser
def test_only_an_informed_filter_asks_for_sigma(key, generator):
    channels, *_ = get_denoiser(key).shape or (1,)
    noisy = torch.rand(2, channels, 28, 28, generator=generator)

    if get_denoiser(key).informed:
        with pytest.raises(ValueError, match=r"sigma is missing: give the .* standard deviation"):
            load_denoiser(key)(noisy)
    else:
        assert load_denoiser(key)(noisy).shape == noisy.shape


@pytest.mark.parametrize("find", [get_denoiser, load_denoiser])
def test_an_unknown_denoiser_is_refused_naming_networks_and_filters(find):
    with pytest.raises(ValueError, match=r"unknown denoiser 'magic'.*conv-pool.*median-3"):
        find("magic")


@pytest.mark.parametrize("find", [get_denoiser, load_denoiser])
def test_the_classifier_is_refused(find):
    with pytest.raises(ValueError, match="mlp-classifier is a classifier, not a denoiser"):
        find("mlp-classifier")


def test_a_new_filter_appears_and_can_be_loaded(monkeypatch, clean):
    monkeypatch.setitem(FILTERS, "toy", replace(FILTERS["mean-3"], label="Toy"))

    assert list_denoisers("faces")["toy"].label == "Toy · filter"
    assert get_denoiser("toy").title == "Toy"
    assert torch.equal(load_denoiser("toy")(clean), load_denoiser("mean-3")(clean))


def test_a_new_recipe_appears_among_the_networks_of_its_domain(monkeypatch):
    monkeypatch.setitem(RECIPES, "toy", replace(RECIPES["dense-8"], id="toy", title="Toy"))

    assert "toy" in list_denoisers("digits")
    assert "toy" not in list_denoisers("faces")
    assert get_denoiser("toy").label == "Toy · article 3, toy"
