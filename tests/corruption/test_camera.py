"""Camera noise and JPEG compression, against Pillow's encoder and the noise's theory."""

import io

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import data
from torch import Tensor

from denoise_demo.corruption import Camera
from denoise_demo.corruption.camera import demosaiced, jpeg

SHARP = Camera(level=(0.1, 0.1), smooth=(0.0, 0.0), quality=(100.0, 100.0))


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def portrait() -> Tensor:
    pixels = torch.from_numpy(data.astronaut()[:128, 100:228].copy())
    return pixels.permute(2, 0, 1).unsqueeze(0).float() / 255


def pillow_jpeg(image: Tensor, quality: int) -> Tensor:
    pixels = (image[0] * 255).round().byte().permute(1, 2, 0).numpy()
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality, subsampling="4:2:0")
    decoded = np.array(Image.open(file))
    return torch.from_numpy(decoded).permute(2, 0, 1).unsqueeze(0).float() / 255


def psnr(one: Tensor, other: Tensor) -> float:
    return float(-10 * (one - other).square().mean().log10())


@pytest.mark.parametrize("quality", [10, 50, 90])
def test_jpeg_loses_what_pillow_loses(portrait, quality):
    ours, theirs = jpeg(portrait, torch.tensor([float(quality)])), pillow_jpeg(portrait, quality)

    assert psnr(ours, theirs) > 38
    assert psnr(ours, portrait) == pytest.approx(psnr(theirs, portrait), abs=0.5)


@pytest.mark.parametrize("size", [(1, 1), (17, 40)])
def test_jpeg_takes_any_size(size):
    image = torch.rand(2, 3, *size, generator=seeded())

    assert jpeg(image, torch.tensor([30.0, 80.0])).shape == image.shape


def test_every_picture_has_its_own_quality(portrait):
    both = jpeg(portrait.expand(2, -1, -1, -1), torch.tensor([10.0, 95.0]))

    assert psnr(both[:1], portrait) < psnr(both[1:], portrait) - 5


def test_a_flat_colour_survives_the_mosaic():
    flat = torch.tensor([0.2, 0.5, 0.9]).view(1, 3, 1, 1).expand(1, 3, 10, 11)

    assert torch.allclose(demosaiced(flat), flat)


def test_demosaicing_correlates_neighbours():
    noise = demosaiced(torch.randn(1, 3, 256, 256, generator=seeded()))
    neighbours = torch.stack([noise[..., 1:].flatten(), noise[..., :-1].flatten()])

    assert 0.3 < float(torch.corrcoef(neighbours)[0, 1]) < 0.8


def test_bright_parts_are_noisier():
    dark, bright = torch.full((1, 3, 64, 64), 0.3), torch.full((1, 3, 64, 64), 0.7)
    _, spread = SHARP.measured(torch.cat([dark, bright]), seeded())

    assert float(spread[1]) > 1.05 * float(spread[0])


def test_a_seed_fixes_the_picture(portrait):
    camera = Camera(level=(0.0, 0.2))

    assert torch.equal(camera(portrait, seeded(1)), camera(portrait, seeded(1)))
    assert not torch.equal(camera(portrait, seeded(1)), camera(portrait, seeded(2)))


def test_pictures_stay_in_the_unit_interval(portrait):
    noisy = Camera(level=(0.5, 0.5))(portrait, seeded())

    assert noisy.shape == portrait.shape
    assert float(noisy.min()) >= 0
    assert float(noisy.max()) <= 1
