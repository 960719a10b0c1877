"""Recipes: valid references, frozen settings, and comparison with recorded settings."""

import json
from dataclasses import replace
from fnmatch import fnmatch

import pytest
import torch

from denoise_demo.corruption import NOISES, Corruption, Mixture, points
from denoise_demo.data import DOMAINS, Images, split_train
from denoise_demo.denoisers import (
    ARTICLES,
    RECIPES,
    WEIGHTS_DIR,
    Recipe,
    as_recorded,
    changed_settings,
    checkpoint_path,
    denoising_recipes,
    get_recipe,
    read_metadata,
    settings_of,
)
from denoise_demo.networks import MODELS
from denoise_demo.training import LOSSES, OPTIMISERS, SCHEDULES

every_recipe = pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
RECIPE = RECIPES["dense-16"]


def kinds(corruption: Corruption | Mixture) -> set[str]:
    parts = corruption.parts if isinstance(corruption, Mixture) else [corruption]
    return {part.kind for part in parts}


@pytest.mark.parametrize("key", RECIPES)
def test_a_recipe_refers_to_existing_entries(key):
    recipe = RECIPES[key]

    assert recipe.id == key
    assert kinds(recipe.corruption) <= NOISES.keys()
    assert recipe.article in ARTICLES
    assert MODELS[recipe.model].shape == DOMAINS[recipe.domain].shape
    assert recipe.point in points(recipe.domain)
    assert recipe.loss in LOSSES
    assert recipe.optimiser_settings.keys() <= set(OPTIMISERS[recipe.optimiser].settings)
    assert recipe.schedule in SCHEDULES


@every_recipe
def test_a_recipe_says_what_it_shows(recipe):
    assert recipe.title in recipe.label
    assert recipe.lesson.endswith(".")
    assert len(recipe.lesson) < 200


@every_recipe
def test_only_s0_and_the_blind_networks_get_noise_unclipped(recipe):
    assert recipe.clip == (recipe.article not in {"S0", "Blind"})


@every_recipe
def test_enough_training_images_validate_and_not_too_many(recipe):
    count = 60_000 if recipe.domain == "digits" else 7180
    images = Images(torch.zeros(count, 1), torch.zeros(count), "numbers")

    _, held_back = split_train(images, recipe.validation)

    assert 700 <= len(held_back) <= 0.2 * count


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_blind_network_sees_all_noise_it_is_measured_on_in_every_batch(domain):
    recipe = RECIPES[f"blind-{domain}"]
    share = min(recipe.corruption.weights) / sum(recipe.corruption.weights)

    assert recipe.expects_error
    assert kinds(recipe.corruption) >= kinds(points(domain)["blind"])
    assert share * recipe.batch >= 0.5  # images: no part is rounded to none


def test_the_recipes_of_a_domain_denoise_its_images():
    assert denoising_recipes().keys() == RECIPES.keys() - {"mlp-classifier"}
    assert denoising_recipes("digits") | denoising_recipes("faces") == denoising_recipes()
    assert {recipe.domain for recipe in denoising_recipes("faces").values()} == {"faces"}


@pytest.mark.parametrize("key", ["unknown", "", None, 1, ["dense-1"]])
def test_an_unknown_recipe_is_refused_naming_the_known_ones(key):
    with pytest.raises(ValueError, match=f"unknown recipe.*{', '.join(RECIPES)}"):
        get_recipe(key)


@every_recipe
def test_weights_from_faces_are_under_their_licence(recipe):
    text = (WEIGHTS_DIR / "README.md").read_text("utf-8")
    (restricted,) = [line for line in text.splitlines() if "non-commercial" in line]
    patterns = restricted.split("**")[0].split("`")[1::2]

    assert any(fnmatch(recipe.id, each) for each in patterns) == (recipe.domain == "faces")


# Recorded settings


@every_recipe
def test_a_recipe_survives_recording(recipe):
    settings = json.loads(json.dumps(settings_of(recipe)))

    assert as_recorded(recipe, settings) == recipe
    assert changed_settings(recipe, settings) == []


@every_recipe
def test_shipped_weights_were_trained_as_their_recipe_says(recipe):
    metadata = read_metadata(checkpoint_path(recipe.id))

    assert changed_settings(recipe, metadata["recipe"]) == []
    assert as_recorded(recipe, metadata["recipe"]) == recipe


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("epochs", 1),
        ("domain", "faces"),
        ("adversarial", 0.5),
        ("validation", 0.1),
        ("corruption", Corruption("gaussian", 0.4)),
        ("optimiser_settings", {"lr": 0.5}),
    ],
)
def test_a_changed_setting_is_named(name, value):
    changed = replace(RECIPE, **{name: value})

    assert changed_settings(changed, settings_of(RECIPE)) == [name]
    assert as_recorded(RECIPE, settings_of(changed)) == changed


def older(recipe: Recipe) -> dict[str, object]:
    """Settings as in older weight files."""
    settings = settings_of(recipe)
    settings["settings"] = settings.pop("optimiser_settings")
    del settings["adversarial"], settings["domain"]
    return settings | {"ema": 0.0}


def test_older_records_have_other_names_defaults_for_new_fields_and_removed_ones():
    assert changed_settings(RECIPE, older(RECIPE)) == []
    assert as_recorded(RECIPE, older(RECIPE)) == RECIPE
    assert changed_settings(replace(RECIPE, adversarial=0.5), older(RECIPE)) == ["adversarial"]


@pytest.mark.parametrize("missing", ["loss", "optimiser_settings", "corruption"])
def test_a_setting_without_a_default_must_be_recorded(missing):
    settings = settings_of(RECIPE)
    del settings[missing]

    assert changed_settings(RECIPE, settings) == [missing]


@pytest.mark.parametrize("recorded", [None, [], "text", 3])
def test_an_invalid_record_differs_in_every_setting(recorded):
    assert changed_settings(RECIPE, recorded) == list(settings_of(RECIPE))
