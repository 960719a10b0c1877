"""One experiment: wrong settings are refused in one sentence, results are consistent."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from denoise_demo.benchmark import live_metrics, metrics
from denoise_demo.common.checks import SEED_MAXIMUM
from denoise_demo.corruption.blur import BLUR_MAXIMUM
from denoise_demo.corruption.noise import NOISES, corrupt
from denoise_demo.data import Images
from denoise_demo.data.pixels import in_channels
from denoise_demo.denoisers.catalog import list_denoisers
from denoise_demo.denoisers.checkpoints import checkpoint_path
from denoise_demo.denoisers.engine import load_classifier, load_network
from denoise_demo.denoisers.recipes import RECIPES, denoising_recipes
from denoise_demo.lab import Settings, experiment
from denoise_demo.lab.experiment import Outcome

GOOD = {"kind": "gaussian", "level": 0.5, "blur_sigma": 1.0, "denoiser": "dense-16", "seed": 7}
DENOISERS = list(denoising_recipes("digits"))
FACE_DENOISERS = list(denoising_recipes("faces"))
NAN, INF, HUGE = math.nan, math.inf, 10**400
NO_NUMBERS = [None, "0.5", "", [], [0.5], {}, True, False, b"1", 1j, "x" * 5000, "a\nb"]
BAD = [
    *[("level", value) for value in [-0.01, 1.01, 1e300, NAN, INF, -INF, HUGE, -HUGE, *NO_NUMBERS]],
    *[("blur_sigma", v) for v in [-0.01, 4.01, 1e300, NAN, INF, -INF, HUGE, -HUGE, *NO_NUMBERS]],
    *[("seed", v) for v in [-1, 2**31, HUGE, -HUGE, 10**5000, 1.0, 0.5, NAN, INF, *NO_NUMBERS]],
    *[("kind", v) for v in ["", "Gaussian", "unknown", 0, None, True, [], {}, NAN, "x" * 5000]],
    *[("denoiser", v) for v in ["", "CONV-POOL", "../conv-pool", 0, None, [], {}, "x" * 5000]],
]


def short(value: object) -> str:
    """Return a value's name in a test's id; the largest integers cannot be printed."""
    if type(value) is int and abs(value) > 2**64:
        return "huge" if value > 0 else "minus huge"
    return repr(value)[:12]


def refusal(values: Any) -> str:
    """Return the error for bad values: one clear sentence."""
    with pytest.raises(ValueError, match=r"\w") as caught:
        Settings.parse(values)
    message = str(caught.value)
    assert "\n" not in message
    assert "Traceback" not in message
    assert len(message.replace(", ".join(list_denoisers()), "...")) < 400
    return message


# Settings


@pytest.mark.parametrize(
    ("field", "value"), BAD, ids=[f"{field} {short(value)}" for field, value in BAD]
)
def test_a_bad_value_is_refused_in_one_clear_sentence(field: str, value: object) -> None:
    message = refusal({**GOOD, field: value})

    named = {
        "level": ("level", "sigma"),
        "kind": ("noise", "kind of the settings"),
        "denoiser": ("denoiser", "recipe or filter"),
    }.get(field, (field,))
    assert any(name in message for name in named)


@pytest.mark.parametrize("field", GOOD)
def test_a_missing_field_is_named(field: str) -> None:
    message = refusal({key: value for key, value in GOOD.items() if key != field})

    assert f"{field} of the settings is missing" in message


@pytest.mark.parametrize("field", ["colour", "", "Level", "__class__", 3, None, "x" * 5000, "a\nb"])
def test_an_unknown_field_is_refused(field: object) -> None:
    message = refusal({**GOOD, field: 1})

    assert "unknown" in message


@pytest.mark.parametrize("values", [None, [], [GOOD], "text", 3, True])
def test_settings_that_are_not_an_object_are_refused(values: object) -> None:
    assert "give an object" in refusal(values)


@pytest.mark.parametrize("kind", NOISES)
@pytest.mark.parametrize("end", ["minimum", "default", "maximum"])
def test_every_level_of_a_noises_span_is_accepted(kind: str, end: str) -> None:
    level = getattr(NOISES[kind], end)

    assert Settings.parse({**GOOD, "kind": kind, "level": level}).level == level


@pytest.mark.parametrize("kind", NOISES)
def test_a_level_beyond_a_noises_span_is_refused_with_the_span(kind: str) -> None:
    spec = NOISES[kind]

    message = refusal({**GOOD, "kind": kind, "level": spec.maximum * 1.01})

    assert f"{spec.minimum:g} to {spec.maximum:g}" in message


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("blur_sigma", 0),
        ("blur_sigma", 0.0),
        ("blur_sigma", BLUR_MAXIMUM),
        ("level", 0),
        ("level", 1),
        ("seed", 0),
        ("seed", SEED_MAXIMUM),
    ],
)
def test_the_ends_of_a_span_are_accepted(field: str, value: float) -> None:
    assert getattr(Settings.parse({**GOOD, field: value}), field) == value


def test_the_classifier_is_refused_saying_what_to_choose() -> None:
    message = refusal({**GOOD, "denoiser": "mlp-classifier"})

    assert "is a classifier, not a denoiser: choose another" in message


# A run


@pytest.fixture
def run(untrained_weights: Path) -> Callable[..., Outcome]:
    """Run the valid settings, with optional changes."""
    return lambda clean, **changes: experiment.run(clean, Settings(**{**GOOD, **changes}))


@pytest.mark.parametrize("key", DENOISERS)
@pytest.mark.parametrize("count", [1, 4])
def test_a_run_gives_images_scores_and_probabilities(
    run, key: str, count: int, clean: Tensor
) -> None:
    outcome = run(clean[:count], denoiser=key)

    for image in (outcome.clean, outcome.noisy, outcome.denoised):
        assert image.shape == (count, 1, 28, 28)
    assert list(outcome.scores) == ["noisy", "denoised"]
    for scores in outcome.scores.values():
        assert list(scores) == list(live_metrics())
        assert all(values.shape == (count,) for values in scores.values())
    assert list(outcome.probabilities) == ["clean", "noisy", "denoised"]
    assert all(p.shape == (count, 10) for p in outcome.probabilities.values())
    assert not outcome.outside


def test_a_run_of_a_blind_network_includes_its_expected_error(run, clean: Tensor) -> None:
    outcome = run(clean, denoiser="blind-digits")

    denoised, spread = load_network("blind-digits").with_spread(outcome.noisy)
    assert torch.equal(outcome.denoised, denoised)
    assert torch.equal(outcome.spread, spread)
    assert run(clean, denoiser="conv-pool").spread is None
    assert run(clean, denoiser="median-3").spread is None


@pytest.mark.parametrize("kind", NOISES)
@pytest.mark.parametrize("key", ["conv-pool", "dense-64"])
def test_a_run_corrupts_denoises_classifies_and_measures(
    run, kind: str, key: str, clean: Tensor
) -> None:
    level = NOISES[kind].default

    outcome = run(clean, kind=kind, level=level, denoiser=key)

    generator = torch.Generator().manual_seed(GOOD["seed"])
    clip = RECIPES[key].clip
    noisy = corrupt(clean, kind, level, GOOD["blur_sigma"], clip=clip, generator=generator)
    denoised = load_network(key)(noisy)
    assert torch.equal(outcome.clean, clean)
    assert torch.equal(outcome.noisy, noisy)
    assert torch.equal(outcome.denoised, denoised)
    assert torch.equal(outcome.scores["noisy"]["psnr"], metrics.psnr(noisy.clamp(0, 1), clean))
    assert torch.equal(outcome.scores["denoised"]["ssim"], metrics.ssim(denoised, clean))
    assert torch.equal(outcome.scores["denoised"]["mae"], metrics.mae(denoised, clean))
    for name, image in (("clean", clean), ("noisy", noisy), ("denoised", denoised)):
        torch.testing.assert_close(outcome.probabilities[name], load_classifier()(image))


@pytest.mark.parametrize("kind", NOISES)
def test_the_settings_determine_the_result_and_the_seed_the_noise(
    run, kind: str, clean: Tensor
) -> None:
    level, before = NOISES[kind].default, clean.clone()

    first, second, other = (run(clean, kind=kind, level=level, seed=seed) for seed in (7, 7, 8))

    assert torch.equal(first.noisy, second.noisy)
    assert torch.equal(first.denoised, second.denoised)
    assert torch.equal(first.probabilities["denoised"], second.probabilities["denoised"])
    assert torch.equal(first.noisy, other.noisy) == (kind == "none")
    assert torch.equal(clean, before)


@pytest.mark.parametrize("kind", [kind for kind in NOISES if kind != "none"])
def test_one_step_of_the_level_keeps_the_pattern(run, kind: str, clean: Tensor) -> None:
    spec = NOISES[kind]
    here = run(clean, kind=kind, level=spec.default)

    near = run(clean, kind=kind, level=spec.default + spec.step)
    rerolled = run(clean, kind=kind, level=spec.default, seed=8)

    step = float((near.noisy - here.noisy).abs().mean())
    assert 0 < step < 0.5 * float((rerolled.noisy - here.noisy).abs().mean())


def test_networks_of_one_clip_convention_see_the_same_noisy_picture(run, clean: Tensor) -> None:
    outcomes = [run(clean, denoiser=key) for key in DENOISERS if RECIPES[key].clip]

    assert all(torch.equal(outcome.noisy, outcomes[0].noisy) for outcome in outcomes)


def test_without_any_corruption_the_noisy_picture_is_the_clean_one(run, clean: Tensor) -> None:
    outcome = run(clean, kind="none", level=0, blur_sigma=0)

    assert torch.equal(outcome.noisy, clean)
    assert outcome.scores["noisy"]["psnr"].tolist() == [math.inf] * 4


def test_without_the_classifier_everything_else_still_works(
    run, clean: Tensor, untrained_weights: Path
) -> None:
    checkpoint_path("mlp-classifier", untrained_weights).unlink()

    outcome = run(clean)

    assert outcome.probabilities == {}
    assert outcome.denoised.shape == clean.shape


# Faces, and pictures of the other domain


@pytest.fixture
def face(faces: Images) -> Tensor:
    """A batch (2, 3, 28, 28) in [0, 1]."""
    return faces.clean(slice(2))


@pytest.mark.parametrize("key", [*FACE_DENOISERS, "median-3"])
def test_a_face_stays_in_colour_and_is_not_classified(run, key: str, face: Tensor) -> None:
    outcome = run(face, denoiser=key)

    for image in (outcome.clean, outcome.noisy, outcome.denoised):
        assert image.shape == face.shape
    assert torch.equal(outcome.clean, face)
    assert all(v.shape == (2,) for scores in outcome.scores.values() for v in scores.values())
    assert outcome.probabilities == {}
    assert not outcome.outside


@pytest.mark.parametrize("key", DENOISERS)
def test_a_digit_network_gets_a_face_in_grey_and_reads_no_digit(
    run, key: str, face: Tensor
) -> None:
    outcome = run(face, denoiser=key)

    grey = in_channels(face, 1)
    assert outcome.outside
    assert torch.equal(outcome.clean, grey)
    assert outcome.noisy.shape == outcome.denoised.shape == (2, 1, 28, 28)
    assert torch.equal(outcome.scores["denoised"]["mae"], metrics.mae(outcome.denoised, grey))
    assert outcome.probabilities == {}


@pytest.mark.parametrize("key", FACE_DENOISERS)
def test_a_face_network_gets_a_digit_in_three_channels_and_the_result_is_read(
    run, key: str, clean: Tensor
) -> None:
    outcome = run(clean, denoiser=key, kind="gaussian")

    assert outcome.outside
    assert torch.equal(outcome.clean, clean.expand(-1, 3, -1, -1))
    assert outcome.noisy.shape == outcome.denoised.shape == (4, 3, 28, 28)
    assert not torch.equal(outcome.noisy[:, 0], outcome.noisy[:, 1])  # independent noise
    classify = load_classifier()
    for name, image in (("noisy", outcome.noisy), ("denoised", outcome.denoised)):
        expected = classify(in_channels(image, 1))
        torch.testing.assert_close(outcome.probabilities[name], expected)
    torch.testing.assert_close(outcome.probabilities["clean"], classify(clean))


@pytest.mark.parametrize("key", [DENOISERS[0], FACE_DENOISERS[0]])
@pytest.mark.parametrize("channels", [1, 3])
def test_pictures_of_another_size_are_refused_naming_the_right_size(
    run, key: str, channels: int
) -> None:
    with pytest.raises(ValueError, match=rf"{key} does not take.*20 x 30.*give 28 x 28"):
        run(torch.zeros(1, channels, 20, 30), denoiser=key)


def test_a_filter_takes_a_picture_of_any_size_without_classifying_it(run) -> None:
    outcome = run(torch.zeros(1, 1, 40, 40), denoiser="median-3")

    assert outcome.denoised.shape == (1, 1, 40, 40)
    assert outcome.probabilities == {}
