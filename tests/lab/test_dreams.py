"""Dreams: noise becomes a digit, reproducibly, step by step."""

import pytest
import torch

from denoise_demo.denoisers import load_classifier
from denoise_demo.lab.dreams import FIRST, LAST, dream


def test_noise_falls_in_equal_ratios_from_noise_alone_to_almost_none():
    frames = list(dream(0, count=50, steps=4))

    first, last = frames[0], frames[-1]
    sigmas = torch.tensor([frame.sigma for frame in frames])
    ratios = sigmas[1:] / sigmas[:-1]
    torch.testing.assert_close(ratios, ratios[:1].expand(3))
    assert (first.sigma, last.sigma) == pytest.approx((FIRST, LAST))
    assert float(first.noisy.std()) == pytest.approx(FIRST, rel=0.02)
    assert abs(float(first.noisy.mean())) < 0.05
    added = last.noisy - frames[-2].denoised
    assert float(added.std()) == pytest.approx(LAST, rel=0.02)


def test_dreams_become_digits_of_several_classes_with_rising_certainty():
    first, *_, last = dream(1, count=12)

    probabilities = load_classifier()(last.denoised)
    assert float(probabilities.amax(1).median()) > 0.9
    assert len(set(probabilities.argmax(1).tolist())) >= 4
    assert 0 <= float(last.denoised.min()) < float(last.denoised.max()) <= 1
    assert float(last.spread.mean()) < 0.5 * float(first.spread.mean())


def test_the_seed_determines_the_dream():
    one, same, other = (list(dream(seed, steps=5))[-1].denoised for seed in (4, 4, 5))

    assert torch.equal(one, same)
    assert not torch.equal(one, other)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [((0, 1, 1), "give at least 2"), *[((seed,), "seed") for seed in (-1, 2**31, 1.5, "0")]],
)
def test_seeds_and_steps_are_checked(arguments, message):
    with pytest.raises(ValueError, match=message):
        next(dream(*arguments))
