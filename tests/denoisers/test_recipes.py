"""Recipes, evaluation points and presets: the articles' facts, and no loose ends."""

import json
from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path

import pytest
import torch

from denoise_demo.corruption.blur import BLUR_MAXIMUM
from denoise_demo.corruption.mixture import Corruption, Mixture, recorded
from denoise_demo.corruption.noise import NOISES
from denoise_demo.corruption.points import MIXED_POINTS, POINTS, points
from denoise_demo.data import Images, load_mnist, split_train
from denoise_demo.data.domains import DOMAINS
from denoise_demo.data.portraits import NAMES
from denoise_demo.denoisers.checkpoints import WEIGHTS_DIR
from denoise_demo.denoisers.recipes import (
    ARTICLES,
    RECIPES,
    Recipe,
    changed_settings,
    denoising_recipes,
    get_recipe,
    settings_of,
)
from denoise_demo.lab.presets import PRESETS
from denoise_demo.networks.models import MODELS
from denoise_demo.training.objective import LOSSES
from denoise_demo.training.schedules import SCHEDULES

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
FACE_NOISES = ("gaussian", "poisson", "salt-pepper", "speckle")
FACES_IDS = [f"{model}-{noise}" for model in ("strided-conv", "pix2pix") for noise in FACE_NOISES]
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


def parts(corruption: Corruption | Mixture) -> tuple[Corruption, ...]:
    return corruption.parts if isinstance(corruption, Mixture) else (corruption,)


def ends(span: float | tuple[float, float]) -> tuple[float, ...]:
    return span if isinstance(span, tuple) else (span,)


# Recipes


def test_all_of_the_articles_networks_are_there() -> None:
    assert RECIPES.keys() >= {*DIGITS_IDS, *FACES_IDS}


@pytest.mark.parametrize("key", RECIPES)
def test_a_recipe_is_kept_under_its_own_id(key: str) -> None:
    assert RECIPES[key].id == key


@every_recipe
def test_a_recipe_refers_to_what_exists(recipe: Recipe) -> None:
    assert recipe.model in MODELS
    assert {part.kind for part in parts(recipe.corruption)} <= NOISES.keys()
    assert recipe.article in ARTICLES
    assert recipe.domain in DOMAINS
    assert MODELS[recipe.model].shape == DOMAINS[recipe.domain].shape
    assert recipe.point in points(recipe.domain)
    assert recipe.loss in LOSSES
    assert recipe.optimiser == "Muon" or hasattr(torch.optim, recipe.optimiser)


@every_recipe
def test_a_recipe_says_what_it_is_and_teaches(recipe: Recipe) -> None:
    assert recipe.title
    assert recipe.lesson.endswith(".")
    assert len(recipe.lesson) < 200


@pytest.mark.parametrize("key", [*DIGITS_IDS, *FACES_IDS])
def test_a_recipe_trains_within_the_spans_of_its_noise(key: str) -> None:
    recipe = RECIPES[key]

    for level in ends(recipe.corruption.level):
        NOISES[recipe.corruption.kind].check(level)
    assert min(ends(recipe.corruption.blur_sigma)) >= 0
    assert max(ends(recipe.corruption.blur_sigma)) <= BLUR_MAXIMUM


@every_recipe
def test_only_s0_and_the_blind_networks_see_noise_unclipped(recipe: Recipe) -> None:
    assert recipe.clip == (recipe.article not in {"S0", "Blind"})


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_blind_network_learns_every_noise_clipped_and_not(domain: str) -> None:
    recipe = RECIPES[f"blind-{domain}"]

    assert recipe.spreads
    seen = {(part.kind, part.clip) for part in parts(recipe.corruption)}
    assert seen >= {(kind, clip) for kind in NOISES for clip in (True, False) if kind != "none"}
    assert recipe.point in MIXED_POINTS
    batch = [part for part, _ in recipe.corruption._shares(torch.zeros(recipe.batch, 1, 1, 1))]
    assert batch == list(recipe.corruption.parts)


@pytest.mark.parametrize("key", DIGITS_IDS)
def test_a_digit_recipe_is_made_for_a_point_of_its_own_corruption(key: str) -> None:
    assert POINTS[RECIPES[key].point] == RECIPES[key].corruption


@pytest.mark.parametrize("key", FACES_IDS)
def test_a_face_recipe_learns_its_noise_at_every_strength_its_article_has(key: str) -> None:
    recipe = RECIPES[key]
    kind = recipe.corruption.kind
    low, high = recipe.corruption.level

    assert recipe.point == f"s4-{kind}"
    assert key.endswith(kind)
    levels = [point.level for name, point in POINTS.items() if name.startswith(recipe.point)]
    assert all(low <= level <= high for level in levels)
    assert (recipe.corruption.clip, recipe.corruption.blur_sigma) == (True, 0)


@pytest.mark.parametrize("key", FACES_IDS[:4])
def test_a_strided_autoencoder_trains_as_s4_did_but_on_another_schedule(key: str) -> None:
    recipe = RECIPES[key]

    assert (recipe.article, recipe.domain, recipe.model) == ("S4", "faces", "strided-conv")
    assert (recipe.loss, recipe.optimiser, recipe.adversarial) == ("mse", "Adam", 0)
    assert (recipe.batch, recipe.epochs) == (32, 25)


@pytest.mark.parametrize("key", FACES_IDS[4:])
def test_pix2pix_trains_as_s4_did_but_longer_and_on_another_schedule(key: str) -> None:
    recipe = RECIPES[key]

    assert (recipe.article, recipe.domain, recipe.model) == ("S4", "faces", "pix2pix")
    assert (recipe.loss, recipe.optimiser) == ("l1", "Adam")
    assert recipe.adversarial == 1 / 100  # the article weighs L1 a hundredfold
    assert recipe.settings["betas"] == (0.5, 0.999)
    assert recipe.epochs >= 10


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
def test_enough_training_images_validate_and_not_too_many(recipe: Recipe) -> None:
    count = 60_000 if recipe.domain == "digits" else 7180
    images = Images(torch.zeros(count, 1), torch.zeros(count), "numbers")

    _, held = split_train(images, recipe.validation)

    assert 700 <= len(held) <= 0.2 * count


@pytest.mark.parametrize("key", [*DIGITS_IDS[:8], "mlp-classifier", *FACES_IDS[:4]])
def test_keras_recipes_keep_keras_epsilon_and_start(key: str) -> None:
    assert RECIPES[key].settings["eps"] == 1e-7
    assert RECIPES[key].glorot


@every_recipe
def test_settings_survive_json(recipe: Recipe) -> None:
    settings = settings_of(recipe)

    restored = json.loads(json.dumps(settings))

    assert restored.keys() == settings.keys()
    assert restored["id"] == recipe.id
    assert restored["settings"] == json.loads(json.dumps(dict(recipe.settings)))
    assert recorded(restored["corruption"]) == recipe.corruption


@every_recipe
def test_settings_tell_changed_recipes_apart(recipe: Recipe) -> None:
    changed = replace(recipe, settings={**recipe.settings, "lr": 0.5})

    assert settings_of(changed) != settings_of(recipe)


def test_a_recipe_has_not_changed_since_it_was_recorded() -> None:
    assert all(changed_settings(recipe, settings_of(recipe)) == [] for recipe in RECIPES.values())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("epochs", 1),
        ("domain", "faces"),
        ("adversarial", 0.5),
        ("validation", 0.1),
        ("corruption", Corruption("gaussian", 0.4)),
        ("settings", {"lr": 0.5}),
    ],
)
def test_a_changed_setting_is_named(name: str, value: object) -> None:
    recipe = RECIPES["dense-16"]

    changed = changed_settings(replace(recipe, **{name: value}), settings_of(recipe))

    assert changed == [name]


@pytest.mark.parametrize("missing", [("adversarial",), ("adversarial", "domain", "ema")])
def test_a_setting_that_was_not_yet_recorded_had_its_default(missing: tuple[str, ...]) -> None:
    recipe = RECIPES["dense-16"]
    old = {key: value for key, value in settings_of(recipe).items() if key not in missing}

    assert changed_settings(recipe, old) == []
    assert changed_settings(replace(recipe, adversarial=0.5), old) == ["adversarial"]


@pytest.mark.parametrize("missing", ["loss", "settings", "corruption"])
def test_a_setting_without_a_default_must_be_recorded(missing: str) -> None:
    old = settings_of(RECIPES["dense-16"])
    del old[missing]

    assert changed_settings(RECIPES["dense-16"], old) == [missing]


@pytest.mark.parametrize("recorded", [None, [], "text", 3])
def test_what_is_no_record_differs_in_everything(recorded: object) -> None:
    recipe = RECIPES["dense-16"]

    assert changed_settings(recipe, recorded) == list(settings_of(recipe))


def test_only_the_classifier_does_not_denoise() -> None:
    assert [key for key, recipe in RECIPES.items() if not recipe.denoises] == ["mlp-classifier"]


def test_denoisers_are_the_recipes_that_return_images_of_the_domain() -> None:
    found = denoising_recipes("digits")

    assert set(found) >= set(DIGITS_IDS) - {"mlp-classifier"}
    assert all(recipe.denoises and recipe.domain == "digits" for recipe in found.values())
    assert set(denoising_recipes("faces")) >= set(FACES_IDS)
    assert denoising_recipes().keys() == RECIPES.keys() - {"mlp-classifier"}


@pytest.mark.parametrize("key", ["unknown", "", None, 1, ["dense-1"]])
def test_an_unknown_recipe_is_refused_naming_the_known_ones(key: object) -> None:
    with pytest.raises(ValueError, match="unknown recipe") as caught:
        get_recipe(key)

    assert all(known in str(caught.value) for known in RECIPES)


# Evaluation points


def test_the_points_are_those_of_the_articles() -> None:
    assert POINTS.keys() == TABLE.keys() | {"clean"}


def test_digits_are_measured_at_every_point_and_faces_at_those_of_s4() -> None:
    of_s4 = ["clean", *[key for key in TABLE if key.startswith("s4-")]]
    assert points("digits") == POINTS | MIXED_POINTS
    assert points("faces") == {key: POINTS[key] for key in of_s4} | MIXED_POINTS


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

    for recipe in FACES_IDS:
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


@every_recipe
def test_weights_learnt_from_faces_stand_under_their_licence(recipe: Recipe) -> None:
    text = (WEIGHTS_DIR / "README.md").read_text("utf-8")
    (restricted,) = [line for line in text.splitlines() if "non-commercial" in line]
    patterns = restricted.split("**")[0].split("`")[1::2]

    assert any(fnmatch(recipe.id, each) for each in patterns) == (recipe.domain == "faces")


@pytest.mark.data
@pytest.mark.parametrize("split", ["train", "test"])
def test_a_preset_knows_the_digit_it_shows(split: str, data_dir: Path) -> None:
    labels = load_mnist(split, data_dir).labels

    digits = [preset for preset in PRESETS.values() if preset.domain == "digits"]
    shown = [preset for preset in digits if preset.split == split]

    assert [labels[preset.index].item() for preset in shown] == [preset.digit for preset in shown]
