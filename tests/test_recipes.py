"""Recipes, evaluation points and presets: the articles' facts, and no loose ends."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from denoise_demo.blur import BLUR_MAXIMUM
from denoise_demo.data import load_mnist
from denoise_demo.models import MODELS
from denoise_demo.noise import NOISES, Corruption
from denoise_demo.portraits import NAMES
from denoise_demo.presets import PRESETS
from denoise_demo.recipes import (
    ARTICLES,
    POINTS,
    RECIPES,
    Recipe,
    denoisers,
    get_recipe,
    settings_of,
)
from denoise_demo.schedules import SCHEDULES

DIGITS_IDS = [
    "conv-pool",
    "dense-64",
    "dense-1",
    "dense-2",
    "dense-8",
    "dense-32",
    "dense-16",
    "conv-flat",
    "dense-300-clean",
    "dense-300-fixed",
    "dense-300-random",
    "dense-300-published",
    "mlp-classifier",
]
# kind, level, blur sigma, clip
TABLE = {
    "s0-train": ("uniform", (0.01, 1.5), (0, 2), False),
    "s0-level-0": ("uniform", 0, 0, False),
    "s0-level-1": ("uniform", 0.4, 0.5, False),
    "s0-level-2": ("uniform", 0.8, 1, False),
    "s0-level-3": ("uniform", 1.2, 1.5, False),
    "s0-level-4": ("uniform", 1.6, 2, False),
    "s0-level-5": ("uniform", 2, 2.5, False),
    "s0-digits": ("uniform", 0.8, 1, False),
    "s1": ("one-sided-uniform", 0.9, 0, True),
    "s2": ("gaussian", 0.5, 0, True),
    "s3-random": ("gaussian", (0, 1), 0, True),
    "s4-gaussian": ("gaussian", 0.1**0.5, 0, True),
    "s4-gaussian-notebook": ("gaussian", 0.1, 0, True),
    "s4-poisson": ("poisson", 256, 0, True),
    "s4-salt-pepper": ("salt-pepper", 0.004, 0, True),
    "s4-salt-pepper-notebook": ("salt-pepper", 0.03, 0, True),
    "s4-speckle": ("speckle", 1, 0, True),
}
# corruption, loss, optimiser, learning rate, batch, epochs, fresh noise
TRAINING = {
    "dense-64": (Corruption("one-sided-uniform", 0.9), "bce", "Adam", 0.001, 512, 100, False),
    "dense-1": (Corruption("none"), "mse", "Adam", 0.001, 32, 10, None),
    "dense-2": (Corruption("none"), "mse", "Adam", 0.001, 32, 10, None),
    "dense-8": (Corruption("none"), "mse", "Adam", 0.001, 32, 10, None),
    "dense-32": (Corruption("none"), "mse", "Adam", 0.001, 32, 10, None),
    "dense-16": (Corruption("gaussian", 0.5), "mse", "Adam", 0.001, 32, 10, False),
    "dense-300-clean": (Corruption("none"), "mse", "RMSprop", 0.001, 64, 30, None),
    "dense-300-fixed": (Corruption("gaussian", 0.5), "mse", "RMSprop", 0.001, 64, 30, True),
    "dense-300-random": (Corruption("gaussian", (0, 1)), "mse", "RMSprop", 0.001, 64, 30, True),
    "dense-300-published": (Corruption("gaussian", (0, 1)), "mse", "RMSprop", 0.01, 64, 30, True),
    "mlp-classifier": (Corruption("none"), "cross-entropy", "Adam", 0.001, 512, 5, None),
}
every_recipe = pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
every_point = pytest.mark.parametrize("point", POINTS.values(), ids=POINTS)
every_preset = pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)


def ends(span: float | tuple[float, float]) -> tuple[float, ...]:
    return span if isinstance(span, tuple) else (span,)


# Recipes


def test_all_of_the_articles_digit_networks_are_there() -> None:
    assert RECIPES.keys() >= set(DIGITS_IDS)


@pytest.mark.parametrize("key", RECIPES)
def test_a_recipe_is_kept_under_its_own_id(key: str) -> None:
    assert RECIPES[key].id == key


@every_recipe
def test_a_recipe_refers_to_what_exists(recipe: Recipe) -> None:
    assert recipe.model in MODELS
    assert recipe.corruption.kind in NOISES
    assert recipe.point in POINTS
    assert recipe.article in ARTICLES
    assert recipe.domain in {"digits", "faces"}
    assert recipe.loss in {"bce", "mse", "cross-entropy"}
    assert hasattr(torch.optim, recipe.optimiser)


@every_recipe
def test_a_recipe_says_what_it_is_and_teaches(recipe: Recipe) -> None:
    assert recipe.title
    assert recipe.lesson.endswith(".")
    assert len(recipe.lesson) < 200


@every_recipe
def test_a_recipe_trains_within_the_spans_of_its_noise(recipe: Recipe) -> None:
    for level in ends(recipe.corruption.level):
        NOISES[recipe.corruption.kind].check(level)
    assert min(ends(recipe.corruption.blur_sigma)) >= 0
    assert max(ends(recipe.corruption.blur_sigma)) <= BLUR_MAXIMUM


@every_recipe
def test_only_s0_trains_unclipped(recipe: Recipe) -> None:
    assert recipe.clip == (recipe.article != "S0")


@every_recipe
def test_a_recipe_is_made_for_a_point_of_its_own_corruption(recipe: Recipe) -> None:
    assert POINTS[recipe.point] == recipe.corruption


@pytest.mark.parametrize(("key", "facts"), TRAINING.items(), ids=TRAINING)
def test_a_recipe_trains_as_its_article_did(key: str, facts: tuple[object, ...]) -> None:
    recipe = RECIPES[key]
    corruption, loss, optimiser, rate, batch, epochs, fresh = facts

    assert recipe.corruption == corruption
    assert (recipe.loss, recipe.optimiser, recipe.settings["lr"]) == (loss, optimiser, rate)
    assert (recipe.batch, recipe.epochs) == (batch, epochs)
    assert fresh in (None, recipe.fresh)


def test_conv_pool_trains_as_s0_did_but_longer_and_on_another_schedule() -> None:
    recipe = RECIPES["conv-pool"]

    assert recipe.corruption == Corruption("uniform", (0.01, 1.5), (0.0, 2.0), clip=False)
    assert (recipe.loss, recipe.optimiser) == ("bce", "Adam")
    assert (recipe.batch, recipe.steps, recipe.fresh) == (256, 230, True)
    assert recipe.epochs >= 50


def test_conv_flat_trains_as_s2_did_but_longer_and_on_another_schedule() -> None:
    recipe = RECIPES["conv-flat"]

    assert recipe.corruption == Corruption("gaussian", 0.5)
    assert (recipe.loss, recipe.optimiser, recipe.batch) == ("bce", "Adam", 32)
    assert not recipe.fresh
    assert recipe.epochs >= 10


@every_recipe
def test_a_recipe_names_a_schedule_and_a_precision(recipe: Recipe) -> None:
    assert recipe.schedule in SCHEDULES
    assert recipe.precision in ("float32", "bfloat16")


def test_dense_64_stops_early_and_validates_on_the_last_fifth() -> None:
    assert RECIPES["dense-64"].patience == 5
    assert RECIPES["dense-64"].validation == 12_000


@every_recipe
def test_validation_is_a_tenth_to_a_fifth_of_the_training_images(recipe: Recipe) -> None:
    assert 10_000 <= recipe.validation <= 12_000


@pytest.mark.parametrize("key", [key for key, recipe in RECIPES.items() if recipe.article != "S3"])
def test_keras_recipes_keep_keras_epsilon_and_start(key: str) -> None:
    assert RECIPES[key].settings["eps"] == 1e-7
    assert RECIPES[key].glorot


@every_recipe
def test_settings_survive_json(recipe: Recipe) -> None:
    settings = settings_of(recipe)

    restored = json.loads(json.dumps(settings))

    assert restored.keys() == settings.keys()
    assert restored["id"] == recipe.id
    assert restored["settings"] == dict(recipe.settings)
    assert restored["corruption"]["kind"] == recipe.corruption.kind


@every_recipe
def test_settings_tell_changed_recipes_apart(recipe: Recipe) -> None:
    changed = replace(recipe, settings={**recipe.settings, "lr": 0.5})

    assert settings_of(changed) != settings_of(recipe)


def test_only_the_classifier_does_not_denoise() -> None:
    assert [key for key, recipe in RECIPES.items() if not recipe.denoises] == ["mlp-classifier"]


def test_denoisers_are_the_recipes_that_return_images_of_the_domain() -> None:
    found = denoisers("digits")

    assert set(found) >= set(DIGITS_IDS) - {"mlp-classifier"}
    assert all(recipe.denoises and recipe.domain == "digits" for recipe in found.values())


@pytest.mark.parametrize("key", ["unknown", "", None, 1, ["dense-1"]])
def test_an_unknown_recipe_is_refused_naming_the_known_ones(key: object) -> None:
    with pytest.raises(ValueError, match="unknown recipe") as caught:
        get_recipe(key)

    assert all(known in str(caught.value) for known in RECIPES)


# Evaluation points


def test_the_points_are_those_of_the_articles() -> None:
    assert POINTS.keys() == TABLE.keys() | {"clean"}


@pytest.mark.parametrize(("key", "facts"), TABLE.items(), ids=TABLE)
def test_a_point_has_the_articles_levels(key: str, facts: tuple[object, ...]) -> None:
    point = POINTS[key]
    kind, level, blur_sigma, clip = facts

    assert point.kind == kind
    assert ends(point.level) == pytest.approx(ends(level), abs=1e-12)
    assert ends(point.blur_sigma) == pytest.approx(ends(blur_sigma), abs=1e-12)
    assert point.clip == clip


def test_the_clean_point_is_no_corruption_at_all() -> None:
    assert (POINTS["clean"].kind, POINTS["clean"].blur_sigma) == ("none", 0)


@every_point
def test_a_point_lies_within_the_spans_of_the_controls(point: Corruption) -> None:
    for level in ends(point.level):
        NOISES[point.kind].check(level)
    assert 0 <= min(ends(point.blur_sigma)) <= max(ends(point.blur_sigma)) <= BLUR_MAXIMUM


@every_point
def test_a_point_describes_itself(point: Corruption) -> None:
    assert point.describe().endswith("clipped") or point.kind == "none"


# Presets


def test_every_article_has_a_preset() -> None:
    assert {RECIPES[preset.recipe].article for preset in PRESETS.values()} == set(ARTICLES)


def test_each_face_network_has_a_preset_at_the_articles_strength() -> None:
    strengths = {"gaussian": 0.1**0.5, "poisson": 256, "salt-pepper": 0.004, "speckle": 1}

    for recipe in denoisers("faces"):
        level, *_ = (p.corruption.level for p in PRESETS.values() if p.recipe == recipe)
        kind = RECIPES[recipe].corruption.kind
        assert level == pytest.approx(strengths[kind], abs=NOISES[kind].step / 2)


@every_preset
def test_a_preset_of_faces_shows_a_portrait_that_is_there(preset) -> None:
    assert preset.domain in {"digits", "faces"}
    assert 0 <= preset.portrait < len(NAMES)


@pytest.mark.parametrize("key", ["s4-strided-poisson", "s4-strided-salt-pepper"])
def test_a_preset_says_where_doing_nothing_is_better(key: str) -> None:
    assert "doing nothing is better" in PRESETS[key].note


@every_preset
def test_a_preset_shows_a_network_that_denoises(preset) -> None:
    assert get_recipe(preset.recipe).denoises


@every_preset
def test_a_preset_clips_as_its_network_expects(preset) -> None:
    if preset.corruption.kind != "none":
        assert preset.corruption.clip == RECIPES[preset.recipe].clip


@every_preset
def test_a_preset_sets_each_slider_to_one_of_its_steps(preset) -> None:
    spec = NOISES[preset.corruption.kind]
    level, blur_sigma = preset.corruption.level, preset.corruption.blur_sigma

    spec.check(level)
    steps = (level - spec.minimum) / spec.step
    assert steps == pytest.approx(round(steps), abs=1e-6)
    assert 0 <= blur_sigma <= BLUR_MAXIMUM


@every_preset
def test_a_preset_says_what_to_look_at(preset) -> None:
    assert preset.label
    assert preset.note.endswith(".")


def test_no_two_presets_are_called_the_same() -> None:
    labels = [preset.label for preset in PRESETS.values()]

    assert len(set(labels)) == len(labels)


@pytest.mark.data
@pytest.mark.parametrize("split", ["train", "test"])
def test_a_preset_knows_the_digit_it_shows(split: str, data_dir: Path) -> None:
    labels = load_mnist(split, data_dir).labels

    digits = [preset for preset in PRESETS.values() if preset.domain == "digits"]
    shown = [preset for preset in digits if preset.split == split]

    assert [labels[preset.index].item() for preset in shown] == [preset.digit for preset in shown]
