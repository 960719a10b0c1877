"""Filters against SciPy, scikit-image and direct implementations of their definitions."""

import math
from collections import Counter

import numpy as np
import pytest
import torch
from scipy import ndimage, signal
from skimage import restoration
from torch import Tensor

from denoise_demo.denoisers import FILTERS, filters
from denoise_demo.denoisers.filters import LEVELS
from tests.denoisers.test_filters import every_shape, unclipped

pytestmark = pytest.mark.filterwarnings("error")  # also those of libraries


def planes(images: Tensor) -> np.ndarray:
    """Every channel of every image, (N * C, H, W), in double precision."""
    return images.flatten(0, 1).double().numpy()


def assert_agrees(denoised: Tensor, expected: list[np.ndarray], atol: float = 1e-6) -> None:
    """Compare with other planes or images, clipped to [0, 1]."""
    others = torch.from_numpy(np.stack(expected)).reshape(denoised.shape).clamp(0, 1).float()
    torch.testing.assert_close(denoised, others, atol=atol, rtol=0)


# Agreement with SciPy and scikit-image


@every_shape
@pytest.mark.parametrize("size", [3, 5])
def test_mean_and_median_agree_with_scipy(shape, size):
    noisy = unclipped(shape)

    mean, median = FILTERS[f"mean-{size}"](noisy, 0.4), FILTERS[f"median-{size}"](noisy, 0.4)

    assert_agrees(mean, [ndimage.uniform_filter(plane, size) for plane in planes(noisy)])
    assert_agrees(median, [ndimage.median_filter(plane, size) for plane in planes(noisy)])


@every_shape
def test_gaussian_agrees_with_scipy(shape):
    noisy = unclipped(shape)

    denoised = FILTERS["gaussian"](noisy, 0.4)

    expected = [ndimage.gaussian_filter(plane, filters.BLUR_SIGMA) for plane in planes(noisy)]
    assert_agrees(denoised, expected)


@every_shape
@pytest.mark.parametrize("sigma", [0.1, 0.4])
def test_wiener_agrees_with_scipy_given_a_reflected_border(shape, sigma):
    noisy = unclipped(shape)

    denoised = FILTERS["wiener"](noisy, sigma)

    padded = [np.pad(plane, 8, "symmetric") for plane in planes(noisy)]
    wiener = [signal.wiener(plane, filters.WIENER_WINDOW, sigma**2) for plane in padded]
    assert_agrees(denoised, [plane[8:-8, 8:-8] for plane in wiener])


def pictures(images: Tensor) -> tuple[list[np.ndarray], int | None]:
    """Images as scikit-image takes them, (H, W) or (H, W, C), and the axis of their channels."""
    if images.shape[1] == 1:
        return list(planes(images)), None
    return list(images.movedim(1, -1).double().numpy()), -1


def channels_first(images: list[np.ndarray]) -> list[np.ndarray]:
    return [np.moveaxis(image, -1, 0) if image.ndim == 3 else image for image in images]


@every_shape
@pytest.mark.parametrize("sigma", [0.1, 0.4])
def test_the_filters_from_scikit_image_agree_with_it(shape, sigma):
    noisy = unclipped(shape)
    images, axis = pictures(noisy)
    weight, cutoff = filters.TV_WEIGHT * sigma, filters.NLM_CUTOFF * sigma
    patch, search, name = filters.PATCH, filters.SEARCH, filters.WAVELET

    expected = {
        "total-variation": [
            restoration.denoise_tv_chambolle(image, weight, channel_axis=axis) for image in images
        ],
        "non-local-means": [
            restoration.denoise_nl_means(
                image, patch, search, cutoff, sigma=sigma, channel_axis=axis
            )
            for image in images
        ],
        "wavelet": [
            restoration.denoise_wavelet(image, sigma, name, channel_axis=axis) for image in images
        ],
    }

    for key, others in expected.items():
        assert_agrees(FILTERS[key](noisy, sigma), channels_first(others), atol=1e-5)


# Agreement with the definition


def windows(image: np.ndarray, size: int):
    """Yield each pixel's row, column and window (C, size, size), borders reflected."""
    reach = size // 2
    padded = np.pad(image, ((0, 0), (reach, reach), (reach, reach)), "symmetric")
    for y, x in np.ndindex(image.shape[1:]):
        yield y, x, padded[:, y : y + size, x : x + size]


def bilateral_by_definition(image: np.ndarray, sigma: float) -> np.ndarray:
    result, size = np.empty_like(image), filters.BILATERAL_WINDOW
    for y, x, window in windows(image, size):
        total, weights = np.zeros(len(image)), 0.0
        for i, j in np.ndindex(size, size):
            distance = math.hypot(i - size // 2, j - size // 2)
            colour = math.sqrt(np.mean((window[:, i, j] - image[:, y, x]) ** 2))
            weight = math.exp(-0.5 * (distance / filters.BILATERAL_SIGMA) ** 2)
            weight *= math.exp(-0.5 * (colour / (filters.BILATERAL_RANGE * sigma)) ** 2)
            total, weights = total + weight * window[:, i, j], weights + weight
        result[:, y, x] = total / weights
    return result


def majority_by_definition(image: np.ndarray, size: int) -> np.ndarray:
    result = np.empty_like(image)
    for y, x, window in windows(image, size):
        for channel, values in enumerate(window):
            grey = [round(min(max(value, 0), 1) * (LEVELS - 1)) for value in values.flat]
            votes = Counter(grey)
            winner = min(votes, key=lambda level: (-votes[level], level))
            result[channel, y, x] = winner / (LEVELS - 1)
    return result


@pytest.mark.parametrize("channels", [1, 3])
def test_bilateral_follows_its_definition(channels):
    noisy = unclipped((1, channels, 11, 13))

    denoised = FILTERS["bilateral"](noisy, 0.3)

    assert_agrees(denoised, [bilateral_by_definition(noisy[0].double().numpy(), 0.3)])


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [3, 5])
def test_majority_follows_its_definition(channels, size):
    noisy = unclipped((1, channels, 14, 11))

    denoised = FILTERS[f"majority-{size}"](noisy, 0.4)

    assert_agrees(denoised, [majority_by_definition(noisy[0].double().numpy(), size)])


def test_a_tie_goes_to_the_darker_grey():
    stripes = torch.zeros(1, 1, 12, 12)
    stripes[..., 1::3], stripes[..., 2::3] = 0.5, 1.0  # every window holds three of each

    assert not FILTERS["majority-3"](stripes, 0.1)[..., 1:-1].any()
