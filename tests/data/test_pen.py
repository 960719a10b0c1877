"""Digits drawn from the pen strokes: decided by the seed, no two alike, and much like MNIST."""

import pytest
import torch

from denoise_demo.data import draw_digits
from denoise_demo.denoisers import load_classifier


def test_a_seed_draws_the_same_digits_whatever_their_number():
    few, many, others = draw_digits(5), draw_digits(2010), draw_digits(5, seed=1)

    assert torch.equal(few.pixels, many.pixels[:5])
    assert torch.equal(few.labels, many.labels[:5])
    assert not torch.equal(few.pixels, others.pixels)
    assert few.sha256 != many.sha256


def test_no_two_are_alike_and_every_digit_occurs():
    digits = draw_digits(500)

    assert digits.pixels.shape == (500, 1, 28, 28)
    assert len(digits.pixels.flatten(1).unique(dim=0)) == 500
    assert set(digits.labels.tolist()) == set(range(10))


def test_they_lie_in_the_middle_with_ink_as_in_mnist():
    ink = draw_digits(500).clean()[:, 0]

    places = torch.arange(28.0)
    mass = ink.sum((1, 2))
    for axis in (1, 2):
        centre = (ink.sum(3 - axis) * places).sum(1) / mass
        assert (centre - 13.5).abs().max() < 2.5
    assert ink.flatten(1).amax(1).min() > 0.9
    assert 0.08 < float(ink.mean()) < 0.2
    assert max(float(ink[:, 0].max()), float(ink[:, -1].max())) < 0.5


def test_the_classifier_that_learnt_mnist_reads_them():
    digits = draw_digits(500)

    read = load_classifier("cpu")(digits.clean()).argmax(1)

    assert float((read == digits.labels).float().mean()) > 0.85


@pytest.mark.parametrize("count", [1, 3])
def test_any_number_can_be_drawn(count):
    assert len(draw_digits(count)) == count
