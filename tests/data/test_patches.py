"""Random patches: where they come from, how they are turned, and that a seed fixes them."""

import itertools

import pytest
import torch
from torch import Tensor

from denoise_demo.data.patches import patches_of


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def numbered(height: int, width: int, number: int = 0) -> Tensor:
    """A picture whose channels are the row, the column and a number."""
    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    return torch.stack([rows, columns, torch.full_like(rows, number)], 2).to(torch.uint8)


def test_patches_are_squares_of_one_picture():
    pictures = [numbered(20, 30, 1), numbered(40, 9, 2)]
    drawn = patches_of(pictures, 8, [1, 1]).draw(200, 8, seeded())

    assert drawn.shape == (200, 3, 8, 8)
    assert drawn.dtype == torch.uint8
    for patch in drawn:
        number = patch[2].unique()
        assert len(number) == 1
        places = set(map(tuple, patch[:2].flatten(1).T.tolist()))
        top, left = patch[0].min(), patch[1].min()
        assert places == set(
            itertools.product(range(int(top), int(top) + 8), range(int(left), int(left) + 8))
        )
        height, width, _ = pictures[int(number) - 1].shape
        assert int(patch[0].max()) < height
        assert int(patch[1].max()) < width


def test_patches_are_turned_and_mirrored_in_all_eight_ways():
    drawn = patches_of([numbered(4, 4)], 4, [1]).draw(200, 4, seeded())

    assert len(drawn.flatten(1).unique(dim=0)) == 8


def test_every_place_is_reached():
    drawn = patches_of([numbered(6, 7)], 4, [1]).draw(500, 4, seeded())
    corners = {(int(patch[0].min()), int(patch[1].min())) for patch in drawn}

    assert corners == set(itertools.product(range(3), range(4)))


def test_a_picture_is_drawn_by_its_places_times_its_weight():
    pictures = [numbered(11, 11, 1), numbered(11, 21, 2)]
    drawn = patches_of(pictures, 2, [4, 1]).draw(4000, 2, seeded())

    assert float((drawn[:, 2, 0, 0] == 1).float().mean()) == pytest.approx(2 / 3, abs=0.03)


def test_a_seed_fixes_the_patches():
    patches = patches_of([numbered(30, 30)], 8, [1])

    assert torch.equal(patches.draw(9, 8, seeded(1)), patches.draw(9, 8, seeded(1)))
    assert not torch.equal(patches.draw(9, 8, seeded(1)), patches.draw(9, 8, seeded(2)))


def test_small_pictures_are_left_out():
    drawn = patches_of([numbered(7, 30, 1), numbered(8, 8, 2)], 8, [1, 1]).draw(50, 8, seeded())

    assert bool((drawn[:, 2] == 2).all())


def test_without_a_large_picture_the_message_says_what_to_do():
    with pytest.raises(ValueError, match="no picture has 64 x 64 pixels: give larger ones"):
        patches_of([numbered(20, 20)], 64, [1])
