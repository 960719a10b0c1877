"""Dreams: noise becomes a digit, the same for the same seed, and can be left at any step."""

import pytest
import torch

from denoise_demo.denoisers.engine import load_classifier
from denoise_demo.lab.dreams import FIRST, LAST, dream


def test_a_dream_starts_from_noise_alone_and_ends_almost_without():
    frames = list(dream(0, count=50))

    first, last = frames[0], frames[-1]
    assert (first.sigma, last.sigma) == pytest.approx((FIRST, LAST))
    assert float(first.noisy.std()) == pytest.approx(FIRST, rel=0.02)
    assert abs(float(first.noisy.mean())) < 0.05
    added = last.noisy - frames[-2].denoised
    assert float(added.std()) == pytest.approx(LAST, rel=0.02)


def test_the_noise_falls_in_equal_ratios():
    sigmas = torch.tensor([frame.sigma for frame in dream(0, steps=5)])

    ratios = sigmas[1:] / sigmas[:-1]
    torch.testing.assert_close(ratios, ratios[:1].expand(4))


def test_dreams_are_read_as_digits_of_several_kinds():
    *_, last = dream(1, count=50)

    probabilities = load_classifier()(last.denoised)
    assert float(probabilities.amax(1).median()) > 0.9
    assert len(set(probabilities.argmax(1).tolist())) >= 4
    assert 0 <= float(last.denoised.min()) < float(last.denoised.max()) <= 1


def test_a_dreamer_gets_surer():
    frames = list(dream(2, count=10))

    assert float(frames[-1].spread.mean()) < 0.5 * float(frames[0].spread.mean())


def test_the_seed_decides_the_dream():
    one, same, other = (list(dream(seed, steps=10))[-1].denoised for seed in (4, 4, 5))

    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_a_dream_has_at_least_two_steps():
    assert len(list(dream(0, steps=2))) == 2
    with pytest.raises(ValueError, match="at least 2"):
        next(dream(0, steps=1))


@pytest.mark.parametrize("seed", [-1, 2**31, 1.5, "0"])
def test_a_seed_is_checked(seed):
    with pytest.raises(ValueError, match="seed"):
        next(dream(seed))
