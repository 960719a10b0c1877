"""Gaussian blur: SciPy's, to five decimals, with a width of its own for every image."""

import numpy as np
import pytest
import scipy.ndimage
import torch
from torch import Tensor

from denoise_demo.corruption.blur import BLUR_MAXIMUM, gaussian_blur

SHAPES = [(3, 1, 28, 28), (2, 3, 64, 64), (1, 3, 17, 40), (2, 1, 5, 3), (1, 1, 1, 9)]
BLUR_SIGMAS = [0, 0.01, 0.1, 0.124, 0.125, 0.2, 0.5, 0.75, 1, 1.3, 2, 2.7, 4, 11]


def blurred_by_scipy(image: Tensor, sigma: float) -> Tensor:
    """Blur each channel of each image by itself."""
    planes = [
        scipy.ndimage.gaussian_filter(plane, sigma, mode="reflect", truncate=4.0)
        for plane in image.flatten(0, 1).double().numpy()
    ]
    return torch.from_numpy(np.stack(planes)).float().view_as(image)


@pytest.mark.parametrize("sigma", BLUR_SIGMAS)
@pytest.mark.parametrize("shape", SHAPES)
def test_blur_agrees_with_scipy(sigma: float, shape: tuple[int, ...]) -> None:
    image = torch.rand(shape, generator=torch.Generator().manual_seed(0))

    blurred = gaussian_blur(image, sigma)

    torch.testing.assert_close(blurred, blurred_by_scipy(image, sigma), atol=1e-5, rtol=0)


def test_blur_agrees_with_scipy_on_either_side_of_every_kernel_size() -> None:
    image = torch.rand(1, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    edges = [(radius - 0.5) / 4 for radius in range(1, 17)]

    for sigma in [edge + delta for edge in edges for delta in (-0.001, 0, 0.001)]:
        torch.testing.assert_close(
            gaussian_blur(image, sigma), blurred_by_scipy(image, sigma), atol=1e-5, rtol=0
        )


def test_blur_of_each_image_by_its_own_sigma_agrees_with_scipy() -> None:
    image = torch.rand(len(BLUR_SIGMAS), 3, 16, 28, generator=torch.Generator().manual_seed(0))

    blurred = gaussian_blur(image, torch.tensor(BLUR_SIGMAS, dtype=torch.float32))

    for index, sigma in enumerate(BLUR_SIGMAS):
        alone = blurred_by_scipy(image[index : index + 1], sigma)
        torch.testing.assert_close(blurred[index : index + 1], alone, atol=1e-5, rtol=0)


def test_blur_does_not_mix_channels() -> None:
    red = torch.zeros(1, 3, 16, 16)
    red[:, 0] = torch.rand(16, 16, generator=torch.Generator().manual_seed(0))

    blurred = gaussian_blur(red, 2.0)

    assert blurred[:, 0].std() > 0
    assert not blurred[:, 1:].any()


def test_blur_keeps_an_even_image_even() -> None:
    grey = torch.full((1, 3, 28, 28), 0.5)

    blurred = gaussian_blur(grey, BLUR_MAXIMUM)

    torch.testing.assert_close(blurred, grey, atol=1e-6, rtol=0)
