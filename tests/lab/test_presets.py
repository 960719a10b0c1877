"""Presets: each has a denoising network, an existing picture and valid levels."""

from pathlib import Path

import pytest

from denoise_demo.corruption import BLUR_MAXIMUM, NOISES
from denoise_demo.data import load_mnist
from denoise_demo.data.portraits import NAMES
from denoise_demo.denoisers import ARTICLES, RECIPES, get_recipe
from denoise_demo.lab import clean_picture, run
from denoise_demo.lab.presets import PRESETS, SCENES, preset_picture

FACES_IDS = [key for key, recipe in RECIPES.items() if recipe.article == "S4"]
every_preset = pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)


def test_every_article_has_a_preset() -> None:
    assert {RECIPES[preset.denoiser].article for preset in PRESETS.values()} == set(ARTICLES)


def test_each_face_network_has_a_preset_at_the_articles_strength() -> None:
    strengths = {"gaussian": 0.1**0.5, "poisson": 256, "salt-pepper": 0.004, "speckle": 1}

    for recipe in FACES_IDS:
        level, *_ = (p.corruption.level for p in PRESETS.values() if p.denoiser == recipe)
        kind = RECIPES[recipe].corruption.kind
        assert level == pytest.approx(strengths[kind], abs=NOISES[kind].step / 2)


@pytest.mark.parametrize("key", ["s4-strided-poisson", "s4-strided-salt-pepper"])
def test_a_preset_says_where_the_noisy_picture_is_better(key: str) -> None:
    assert "the noisy picture is better" in PRESETS[key].note


@every_preset
def test_a_preset_shows_a_network_that_denoises_as_it_expects(preset) -> None:
    recipe, corruption = get_recipe(preset.denoiser), preset.corruption

    assert recipe.denoises
    assert (preset.domain == recipe.domain) is not preset.foreign
    assert corruption.kind == "none" or corruption.clip == recipe.clip
    assert 0 <= preset.portrait < len(NAMES)
    assert preset.note.endswith(".")


@every_preset
def test_a_preset_sets_each_slider_to_a_step(preset) -> None:
    spec = NOISES[preset.corruption.kind]
    level, blur_sigma = preset.corruption.level, preset.corruption.blur_sigma

    spec.check(level)
    steps = (level - spec.minimum) / spec.step
    assert steps == pytest.approx(round(steps), abs=1e-6)
    assert 0 <= blur_sigma <= BLUR_MAXIMUM


def test_no_two_presets_have_the_same_label() -> None:
    labels = [preset.label for preset in PRESETS.values()]

    assert len(set(labels)) == len(labels)


@pytest.mark.data
@pytest.mark.parametrize("split", ["train", "test"])
def test_a_preset_knows_the_digit_it_shows(split: str, data_dir: Path) -> None:
    labels = load_mnist(split, data_dir).labels

    digits = [preset for preset in PRESETS.values() if preset.domain == "digits"]
    shown = [preset for preset in digits if preset.split == split]

    assert [labels[preset.index].item() for preset in shown] == [preset.digit for preset in shown]


def test_there_are_six_scenes_and_each_is_a_preset() -> None:
    assert len(SCENES) == 6
    assert set(SCENES) <= set(PRESETS)


def test_an_invented_digit_has_four_times_the_expected_error() -> None:
    preset = PRESETS["blind-invented"]

    def expected(source: dict[str, str | int]) -> float:
        spread = run(clean_picture(source)[0], preset.settings).spread
        return float(spread.square().mean().sqrt())

    digits = [expected({"kind": "example", "index": i}) for i in range(30)]
    source, _ = preset_picture(preset)
    assert expected(source) == pytest.approx(4 * sum(digits) / len(digits), rel=0.05)
