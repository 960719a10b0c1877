"""Descriptions of training: the facts of a card, the list of recipes, a dry run."""

from dataclasses import replace

import pytest

from denoise_demo.denoisers import RECIPES, checkpoint_path, read_metadata, settings_of
from denoise_demo.networks import MODELS
from denoise_demo.training import LOSSES, OPTIMISERS, override, training_facts
from denoise_demo.training.describe import loss_label
from denoise_demo.training.objective import LossSpec
from denoise_demo.training.optimisers import OptimiserSpec

CONV_POOL = RECIPES["conv-pool"]


def facts_of(recipe, **recorded):
    metadata = {
        "recipe": settings_of(recipe) | recorded,
        "parameters": 4385,
        "data": {"name": "MNIST", "sha256": []},
        "epochs": 1,
        "seed": 0,
    }
    return training_facts(metadata)


@pytest.mark.parametrize("key", RECIPES)
def test_every_shipped_file_says_how_it_was_trained(key):
    facts = training_facts(read_metadata(checkpoint_path(key)))

    assert facts["Network"] == MODELS[RECIPES[key].model].label
    assert facts["Trained on"].startswith(RECIPES[key].corruption.describe())
    assert facts["Loss"].startswith(LOSSES[RECIPES[key].loss].label)
    assert facts["Optimiser"].startswith(OPTIMISERS[RECIPES[key].optimiser].label)


@pytest.mark.parametrize(
    ("key", "fact", "words"),
    [
        ("conv-pool", "Optimiser", "Adam, learning rate 0.02, epsilon 1e-07, one-cycle schedule"),
        ("conv-pool", "Trained on", "not clipped (new noise for every batch)"),
        ("conv-pool", "Data", "MNIST; the last 10,000 training images validate"),
        ("conv-pool", "Other settings", "230 batches per epoch, bfloat16 arithmetic, gradient"),
        ("dense-64", "Trained on", "clipped (noise drawn once)"),
        ("dense-64", "Other settings", "stops after 5 epochs without a better validation loss"),
        ("dense-8", "Trained on", "clean pictures"),
        ("blind-faces", "Data", "half of them mirrored; the last 10 % of the training images"),
        ("pix2pix-poisson", "Optimiser", "betas 0.5 and 0.999"),
        ("pix2pix-poisson", "Loss", "mean absolute error plus 0.01 x a patch discriminator's"),
    ],
)
def test_a_fact_is_described_in_words(key, fact, words):
    assert words in facts_of(RECIPES[key])[fact]


@pytest.mark.parametrize(
    ("assignments", "words"),
    [
        (["optimiser=SGD", "optimiser_settings.momentum=0.9"], "SGD, learning rate 0.02, momentum"),
        (["optimiser_settings.weight_decay=0.1"], "weight decay 0.1"),
        (["optimiser_settings.amsgrad=true"], "amsgrad true"),
    ],
)
def test_any_optimiser_setting_shows(assignments, words):
    assert words in facts_of(override(CONV_POOL, assignments))["Optimiser"]


def test_unknown_settings_appear_under_their_own_names():
    facts = facts_of(CONV_POOL, loss="focal", optimiser="Lion", warm_up=3)

    assert facts["Loss"] == "focal"
    assert facts["Optimiser"].startswith("Lion, learning rate")
    assert "warm_up 3" in facts["Other settings"]


def test_older_files_can_be_described():
    settings = settings_of(CONV_POOL)
    old = {key: value for key, value in settings.items() if key not in ("adversarial", "domain")}
    old["settings"] = old.pop("optimiser_settings")
    new = facts_of(CONV_POOL)

    metadata = {"recipe": old | {"ema": 0.0}, "parameters": 4385, "epochs": 1, "seed": 0}

    assert training_facts(metadata | {"data": {"name": "MNIST"}}) == new


@pytest.mark.parametrize("metadata", [{}, {"recipe": {}, "data": {}}, {"recipe": 3, "data": {}}])
def test_incomplete_metadata_is_refused(metadata):
    with pytest.raises((KeyError, TypeError)):
        training_facts(metadata)


def test_a_new_loss_and_optimiser_are_described_by_their_labels(monkeypatch):
    monkeypatch.setitem(LOSSES, "toy", LossSpec("toy loss", lambda output, target: output.mean()))
    monkeypatch.setitem(OPTIMISERS, "Toy", OptimiserSpec("Toy optimiser", OPTIMISERS["SGD"].kind))

    facts = facts_of(replace(CONV_POOL, loss="toy", optimiser="Toy"))

    assert loss_label("toy") == facts["Loss"] == "toy loss"
    assert facts["Optimiser"].startswith("Toy optimiser, learning rate")
