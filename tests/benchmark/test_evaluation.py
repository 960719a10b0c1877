"""Scores of images, and the intervals of their means."""

import math

import pytest
import torch

from denoise_demo.benchmark import metrics
from denoise_demo.benchmark.evaluation import (
    calibrate,
    evaluate,
    score,
    set_scene,
    summarise,
)
from denoise_demo.corruption.mixture import Corruption
from denoise_demo.corruption.noise import noise_deviation
from denoise_demo.corruption.points import POINTS
from denoise_demo.data import Images
from tests.synthetic import make_digits


def nothing(noisy, sigma):
    return noisy


def test_a_scene_has_the_corruptions_noise_of_seed_0(digits):
    scene = set_scene(POINTS["s0-train"], digits)

    expected = POINTS["s0-train"](digits.clean(), torch.Generator().manual_seed(0))
    assert torch.equal(scene.noisy, expected)
    assert torch.equal(scene.clean, digits.clean())
    assert torch.equal(scene.labels, digits.labels)


def test_a_scene_knows_the_deviation_of_each_images_noise(digits):
    scene = set_scene(Corruption("speckle", 0.5), digits)

    torch.testing.assert_close(scene.sigma, noise_deviation(digits.clean(), "speckle", 0.5))


def test_a_part_of_a_scene_has_the_noise_of_the_whole(digits):
    scene = set_scene(POINTS["s2"], digits)

    part = scene[::10]

    assert len(part) == math.ceil(len(digits) / 10)
    assert torch.equal(part.noisy[1], scene.noisy[10])
    assert torch.equal(part.labels, digits.labels[::10])


def test_the_score_of_every_image_is_its_metric(digits):
    scene = set_scene(POINTS["s2"], digits)

    scores = score(nothing, scene)

    for metric in (metrics.psnr, metrics.ssim, metrics.mae, metrics.bce):
        expected = metric(scene.noisy, scene.clean).double()
        torch.testing.assert_close(scores[metric.__name__], expected)


def test_values_beyond_the_unit_interval_are_clipped_before_scoring(digits):
    scene = set_scene(Corruption("uniform", 2.0, clip=False), digits)

    scores = score(nothing, scene)

    expected = metrics.mae(scene.noisy.clamp(0, 1), scene.clean).double()
    torch.testing.assert_close(scores["mae"], expected)


def test_the_denoiser_is_given_the_deviation(digits):
    scene, told = set_scene(Corruption("gaussian", (0.0, 1.0)), digits), []

    def denoise(noisy, sigma):
        told.append(sigma)
        return noisy

    score(denoise, scene)

    assert torch.equal(torch.cat(told), scene.sigma)


def test_accuracy_is_the_share_of_digits_read_right(digits):
    scene = set_scene(POINTS["clean"], digits)

    def classify(images):
        probabilities = torch.eye(10)[scene.labels]
        probabilities[:30] = probabilities[:30].roll(1, dims=1)
        return probabilities

    accuracy = score(nothing, scene, classify)["accuracy"]

    assert accuracy[:30].tolist() == [0.0] * 30
    assert accuracy[30:].tolist() == [1.0] * (len(digits) - 30)


def test_more_than_a_thousand_images_go_through_in_parts_with_the_same_scores():
    few = make_digits(100)
    many = Images(few.pixels.repeat(21, 1, 1, 1), few.labels.repeat(21), "many")
    sizes = []

    def denoise(noisy, sigma):
        sizes.append(len(noisy))
        return noisy

    scene = set_scene(POINTS["s1"], many)
    scores = score(denoise, scene)

    assert sizes == [1000, 1000, 100]
    torch.testing.assert_close(scores["mae"], metrics.mae(scene.noisy, scene.clean).double())


def test_evaluate_gives_the_means(digits):
    means = evaluate(nothing, POINTS["s2"], digits)

    scores = score(nothing, set_scene(POINTS["s2"], digits))
    assert means == {name: pytest.approx(float(values.mean())) for name, values in scores.items()}


# Intervals


def test_the_interval_of_many_images_is_that_of_the_normal_distribution(generator):
    values = 3 + 2 * torch.randn(5000, generator=generator, dtype=torch.float64)

    summary = summarise({"psnr": values})

    half = 1.96 * float(values.std()) / 5000**0.5
    assert summary["psnr"] == pytest.approx(float(values.mean()), abs=1e-5)
    assert summary["psnr_low"] == pytest.approx(float(values.mean()) - half, abs=0.1 * half)
    assert summary["psnr_high"] == pytest.approx(float(values.mean()) + half, abs=0.1 * half)


def test_about_95_of_100_intervals_contain_the_true_mean(generator):
    samples = torch.rand(200, 100, generator=generator, dtype=torch.float64)

    intervals = [summarise({"mae": values}) for values in samples]

    held = sum(interval["mae_low"] < 0.5 < interval["mae_high"] for interval in intervals)
    assert 0.91 < held / 200 < 0.98


@pytest.mark.parametrize("count", [1, 50])
def test_equal_values_have_an_interval_without_width(count):
    summary = summarise({"accuracy": torch.ones(count, dtype=torch.float64)})

    assert summary == {"accuracy": 1.0, "accuracy_low": 1.0, "accuracy_high": 1.0}


def test_an_infinite_mean_is_none_with_both_ends():
    values = torch.tensor([20.0, math.inf, 30.0], dtype=torch.float64)

    assert summarise({"psnr": values}) == dict.fromkeys(["psnr", "psnr_low", "psnr_high"])


# Expected against actual errors


class Guesser:
    """Expects more error in the upper half of a picture; its actual error is twice as large."""

    def with_spread(self, noisy):
        spread = torch.full_like(noisy, 0.1)
        spread[..., :14, :] = 0.2
        return noisy + 2 * spread, spread


def test_a_calibration_sorts_by_the_expected_error_and_measures_the_actual_one(digits):
    scene = set_scene(POINTS["clean"], digits)

    found = calibrate(Guesser(), scene)

    assert found["expected"] == pytest.approx([0.1] * 5 + [0.2] * 5, abs=1e-5)
    assert found["actual"] == pytest.approx([0.2] * 5 + [0.4] * 5, abs=1e-5)
