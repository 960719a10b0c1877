"""Noise and blur on a device that is not the CPU: no tensor is left behind.

What depends on values cannot run on fake tensors: Poisson noise, and a blur that differs between
images, with it evaluation points and mixtures. Only a GPU shows that these stay on their device.
"""

import pytest
import torch
from torch._subclasses.fake_tensor import (
    DataDependentOutputException,
    DynamicOutputShapeException,
    FakeTensorMode,
)

from denoise_demo.corruption import NOISES, corrupt, gaussian_blur, noise_deviation
from tests.fake import DEVICE, images

OF_SHAPE = [kind for kind in NOISES if kind != "poisson"]


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("kind", OF_SHAPE)
def test_a_noise_stays_on_its_device(kind, channels):
    with FakeTensorMode():
        clean, level = images(4, channels, 28, 28), torch.empty(4, device=DEVICE)
        noisy = corrupt(clean, kind, level, generator=torch.Generator())

    assert noisy.device == DEVICE


@pytest.mark.parametrize("kind", NOISES)
def test_the_deviation_of_a_noise_stays_on_its_device(kind):
    with FakeTensorMode():
        assert noise_deviation(images(4, 1, 28, 28), kind, 0.3).device == DEVICE


def test_a_blur_stays_on_its_device():
    gaussian_blur(torch.zeros(1, 1, 28, 28), 0.7)  # its matrix is kept, and must not be a fake

    with FakeTensorMode(allow_non_fake_inputs=True):
        assert gaussian_blur(images(4, 1, 28, 28), 0.7).device == DEVICE


def test_poisson_noise_and_blurs_that_differ_depend_on_values():
    with FakeTensorMode():
        with pytest.raises(DynamicOutputShapeException):
            corrupt(images(4, 1, 28, 28), "poisson", 16, generator=torch.Generator())
        with pytest.raises(DataDependentOutputException):
            gaussian_blur(images(4, 1, 28, 28), torch.empty(4, device=DEVICE))
