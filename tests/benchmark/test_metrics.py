"""Metrics: agreement with scikit-image, and the properties that each must have."""

import math

import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from torch import Tensor

from denoise_demo.benchmark.metrics import (
    METRICS,
    bce,
    live_metrics,
    mae,
    mse,
    psnr,
    scores_of,
    ssim,
)

SHAPES = [(3, 1, 28, 28), (2, 3, 28, 28), (2, 1, 11, 11), (2, 3, 64, 40), (1, 1, 13, 90)]
every_metric = pytest.mark.parametrize("key", METRICS)


def pair(shape: tuple[int, ...], spread: float = 0.2) -> tuple[Tensor, Tensor]:
    """A smooth clean image with black and white parts, and a noisy version of it."""
    generator = torch.Generator().manual_seed(sum(shape))
    coarse = 2 * torch.rand(*shape[:2], 4, 4, generator=generator) - 0.5
    clean = torch.nn.functional.interpolate(coarse, shape[2:], mode="bilinear").clamp(0, 1)
    noisy = clean + spread * torch.randn(shape, generator=generator)
    return noisy.clamp(0, 1), clean


def structure(image: Tensor, clean: Tensor) -> float:
    """Return the SSIM as scikit-image computes it with the window of the paper."""
    settings = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    pair = (image.double().numpy(), clean.double().numpy())
    return structural_similarity(*pair, data_range=1, channel_axis=0, **settings)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("spread", [0.01, 0.2, 1.0])
def test_psnr_and_ssim_agree_with_scikit_image(shape: tuple[int, ...], spread: float) -> None:
    noisy, clean = pair(shape, spread)

    ratios = [
        peak_signal_noise_ratio(b.double().numpy(), a.double().numpy(), data_range=1)
        for a, b in zip(noisy, clean, strict=True)
    ]
    structures = [structure(a, b) for a, b in zip(noisy, clean, strict=True)]
    assert psnr(noisy, clean).tolist() == pytest.approx(ratios, abs=1e-4)
    assert ssim(noisy, clean).tolist() == pytest.approx(structures, abs=1e-4)


def test_ssim_of_unclipped_noise_agrees_with_scikit_image(generator) -> None:
    clean = pair((1, 1, 28, 28))[1]
    noisy = clean + 1.5 * (2 * torch.rand(clean.shape, generator=generator) - 1)

    assert float(ssim(noisy, clean)) == pytest.approx(structure(noisy[0], clean[0]), abs=1e-4)


def test_errors_are_means_over_all_channel_values() -> None:
    clean = torch.zeros(2, 3, 4, 4)
    image = clean.clone()
    image[1, 0] = 0.5  # one channel of three

    assert mae(image, clean).tolist() == pytest.approx([0, 0.5 / 3])
    assert mse(image, clean).tolist() == pytest.approx([0, 0.25 / 3])


def test_psnr_is_20_db_for_an_error_of_a_tenth() -> None:
    clean = torch.full((1, 1, 8, 8), 0.3)

    assert float(psnr(clean + 0.1, clean)) == pytest.approx(20, abs=1e-4)


def test_bce_of_a_grey_guess_is_log_2() -> None:
    clean = torch.tensor([0.0, 1.0]).reshape(1, 1, 1, 2)

    assert float(bce(torch.full_like(clean, 0.5), clean)) == pytest.approx(math.log(2))


@pytest.mark.parametrize(
    ("metric", "best"),
    [(mae, 0), (mse, 0), (psnr, math.inf), (ssim, 1)],
    ids=["mae", "mse", "psnr", "ssim"],
)
def test_identical_images_have_the_best_value(metric, best: float) -> None:
    _, clean = pair((3, 3, 28, 28))

    values = metric(clean, clean.clone())

    assert values.tolist() == pytest.approx([best] * 3, abs=1e-6)
    flat = torch.full((1, 1, 28, 28), 0.5)
    assert float(metric(flat, flat)) == pytest.approx(best, abs=1e-6)


@every_metric
@pytest.mark.parametrize("shape", SHAPES)
def test_each_image_has_its_own_finite_value(key, shape) -> None:
    function, (noisy, clean) = METRICS[key].function, pair(shape)

    values = function(noisy, clean)

    assert values.shape == (shape[0],)
    assert values.isfinite().all()
    torch.testing.assert_close(values[:1], function(noisy[:1], clean[:1]))


@every_metric
def test_more_noise_is_never_better(key) -> None:
    spec = METRICS[key]

    values = [float(spec.function(*pair((1, 1, 28, 28), spread))) for spread in (0.02, 0.1, 0.4)]

    assert values == sorted(values, reverse=spec.higher_is_better)


@pytest.mark.parametrize("metric", [mae, mse, psnr, ssim])
def test_the_order_of_the_images_does_not_matter(metric) -> None:
    noisy, clean = pair((3, 1, 28, 28))

    torch.testing.assert_close(metric(noisy, clean), metric(clean, noisy))


@every_metric
def test_gradients_flow_to_the_image(key) -> None:
    noisy, clean = pair((2, 1, 28, 28))
    noisy = noisy.clamp(0.01, 0.99).requires_grad_()

    METRICS[key].function(noisy, clean).sum().backward()

    assert noisy.grad is not None
    assert noisy.grad.isfinite().all()
    assert noisy.grad.any()


def test_a_domain_is_scored_by_every_metric_and_digits_by_their_classes_too() -> None:
    assert list(scores_of("faces")) == list(METRICS)
    assert list(scores_of("digits")) == [*METRICS, "accuracy"]
    assert live_metrics() == {key: spec for key, spec in METRICS.items() if spec.live}
    assert "bce" not in live_metrics()


@pytest.mark.parametrize("shape", [(1, 1, 10, 28), (1, 1, 28, 10), (1, 3, 1, 1)])
def test_ssim_of_an_image_smaller_than_its_window_is_refused(shape: tuple[int, ...]) -> None:
    image = torch.zeros(shape)

    with pytest.raises(ValueError, match="at least 11 pixels"):
        ssim(image, image)


def test_ssim_keeps_within_minus_1_and_1() -> None:
    _, clean = pair((4, 1, 28, 28))

    values = ssim(1 - clean, clean)

    assert values.min() >= -1
    assert values.max() < 0.5
