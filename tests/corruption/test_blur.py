"""Gaussian blur: equal to SciPy's, with one sigma for all images or one per image."""

import numpy as np
import pytest
import scipy.ndimage
import torch
from torch import Tensor

from denoise_demo.corruption import gaussian_blur

SHAPES = [(3, 1, 28, 28), (2, 3, 64, 64), (1, 3, 17, 40), (2, 1, 5, 3), (1, 1, 1, 9)]
# Every kernel size, just below and above where it changes.
EDGES = [(r - 0.5) / 4 + delta for r in range(1, 17) for delta in (-0.001, 0, 0.001)]
SIGMAS = [0, 0.01, 0.2, 0.5, 1, 2.7, 4, 11, *EDGES]


def blurred_by_scipy(image: Tensor, sigma: float) -> Tensor:
    """Blur each channel of each image separately."""
    planes = [
        scipy.ndimage.gaussian_filter(plane, sigma, mode="reflect", truncate=4.0)
        for plane in image.flatten(0, 1).double().numpy()
    ]
    return torch.from_numpy(np.stack(planes)).float().view_as(image)


@pytest.mark.parametrize("shape", SHAPES)
def test_blur_agrees_with_scipy(shape, generator):
    image = torch.rand(shape, generator=generator)

    for sigma in SIGMAS:
        expected = blurred_by_scipy(image, sigma)
        torch.testing.assert_close(gaussian_blur(image, sigma), expected, atol=1e-5, rtol=0)


def test_each_image_has_its_own_sigma(generator):
    image = torch.rand(len(SIGMAS), 3, 16, 28, generator=generator)

    blurred = gaussian_blur(image, torch.tensor(SIGMAS, dtype=torch.float32))

    expected = [blurred_by_scipy(image[i : i + 1], sigma) for i, sigma in enumerate(SIGMAS)]
    torch.testing.assert_close(blurred, torch.cat(expected), atol=1e-5, rtol=0)
