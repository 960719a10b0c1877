"""Noise fixed in a large picture's coordinates: a part has the noise of the whole."""

import pytest
import torch

from denoise_demo.corruption import NOISES, Place, corrupt
from denoise_demo.corruption.fields import BLOCK

RANDOM = [kind for kind in NOISES if kind != "none"]


@pytest.fixture
def picture(generator):
    return torch.rand(1, 3, 2 * BLOCK + 9, BLOCK + 70, generator=generator)


@pytest.mark.parametrize("kind", NOISES)
def test_a_part_has_the_noise_of_the_whole(kind, picture):
    rows, columns = slice(BLOCK - 5, 2 * BLOCK + 3), slice(33, BLOCK + 61)

    whole = corrupt(picture, kind, generator=Place(7), clip=False)
    part = corrupt(
        picture[..., rows, columns],
        kind,
        generator=Place(7, rows.start, columns.start),
        clip=False,
    )

    assert torch.equal(part, whole[..., rows, columns])


@pytest.mark.parametrize("kind", RANDOM)
def test_seeds_and_blocks_differ(kind):
    grey = torch.full((1, 1, BLOCK, 2 * BLOCK), 0.5)

    one, other = (corrupt(grey, kind, generator=Place(seed)) for seed in (0, 1))
    left, right = one.chunk(2, dim=3)

    assert not torch.equal(one, other)
    assert not torch.equal(left, right)


def test_the_field_has_no_seams_in_its_statistics():
    grey = torch.full((1, 1, 4 * BLOCK, 4 * BLOCK), 0.5)

    noise = corrupt(grey, "gaussian", 0.2, generator=Place(3), clip=False) - grey

    assert abs(noise.mean()) < 0.002
    assert abs(noise.std() - 0.2) < 0.002
    across = noise[..., BLOCK - 1 :: BLOCK][..., :3] * noise[..., BLOCK::BLOCK]
    assert abs(across.mean() / 0.04) < 0.1
