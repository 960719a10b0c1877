"""Data sets of pictures: as floats, and split for training and validation."""

import pytest
import torch

from denoise_demo.data import Images, split_train


def test_clean_digits_are_floats_from_0_to_1(digits):
    clean = digits.clean(slice(10, 15))

    assert clean.shape == (5, 1, 28, 28)
    assert clean.dtype == torch.float32
    assert torch.equal((clean * 255).round().byte(), digits.pixels[10:15])


def test_the_last_digits_validate_and_the_rest_train(digits):
    train, validation = split_train(digits, 20)

    assert (len(train), len(validation)) == (100, 20)
    assert torch.equal(torch.cat([train.pixels, validation.pixels]), digits.pixels)
    assert torch.equal(torch.cat([train.labels, validation.labels]), digits.labels)


@pytest.mark.parametrize(
    ("validation", "count"), [(10_000, 10_000), (10_000.0, 10_000), (0.1, 6000), (1e-5, 1)]
)
def test_validation_is_a_number_or_a_share_of_images(validation: float, count: int):
    numbered = Images(torch.zeros(60_000, 1, 1, 1), torch.arange(60_000), "numbers", ("hash",))

    train, held = split_train(numbered, validation)

    assert train.labels.tolist() == list(range(60_000 - count))
    assert held.labels.tolist() == list(range(60_000 - count, 60_000))
    assert (held.source, held.sha256) == ("numbers", ("hash",))


def test_a_share_of_no_image_at_all_leaves_every_image_for_training():
    numbered = Images(torch.zeros(4, 1, 1, 1), torch.arange(4), "numbers")

    train, held = split_train(numbered, 0.1)

    assert (len(train), len(held)) == (4, 0)
