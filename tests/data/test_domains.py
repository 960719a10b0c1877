"""The domains: their networks, data and examples."""

import pytest

from denoise_demo.data.domains import DOMAINS, get_domain
from denoise_demo.data.mnist import DataError
from denoise_demo.denoisers.recipes import RECIPES
from denoise_demo.networks.models import MODELS

every_domain = pytest.mark.parametrize("name", DOMAINS)


@every_domain
def test_a_domains_networks_take_its_pictures(name):
    models = {recipe.model for recipe in RECIPES.values() if recipe.domain == name}

    assert models
    assert {MODELS[model].shape for model in models} == {get_domain(name).shape}


@every_domain
def test_both_splits_load_with_the_same_arguments(name, fake_data):
    domain = get_domain(name)

    train, test = (domain.load(split, fake_data, download=True) for split in ("train", "test"))

    assert train.pixels.shape[1:] == test.pixels.shape[1:] == domain.shape
    assert len(train) > len(test) > 0
    assert all(len(digest) == 64 for digest in train.sha256)


@every_domain
def test_a_missing_split_is_refused(name, fake_data):
    with pytest.raises(DataError, match="unknown split 'validation'; choose one of: train, test"):
        get_domain(name).load("validation", fake_data)


@every_domain
def test_examples_ship_with_the_app(name, cache_folder):
    examples = get_domain(name).examples()

    assert len(examples) >= 2
    assert examples.pixels.shape[1:] == get_domain(name).shape
    assert not cache_folder.exists()


@pytest.mark.parametrize("name", ["unknown", "", None, 1, ["faces"]])
def test_an_unknown_domain_is_refused_naming_the_known_ones(name):
    with pytest.raises(ValueError, match=r"unknown domain .*digits, faces"):
        get_domain(name)
