"""Mixtures of corruptions, and the corruption that a weight file records."""

import json
from dataclasses import asdict

import pytest
import torch

from denoise_demo.corruption.blind_mixtures import BEYOND, DIGITS_MIX, EVERYTHING, FACES_MIX
from denoise_demo.corruption.blur import BLUR_MAXIMUM
from denoise_demo.corruption.mixture import Corruption, mixture, recorded
from denoise_demo.corruption.noise import NOISES, noise_deviation
from denoise_demo.corruption.points import POINTS

MIXES = {"everything": EVERYTHING, "beyond": BEYOND, "digits": DIGITS_MIX, "faces": FACES_MIX}


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def top(span: float | tuple[float, float]) -> float:
    return span[1] if isinstance(span, tuple) else span


def bottom(span: float | tuple[float, float]) -> float:
    return span[0] if isinstance(span, tuple) else span


def test_a_mixture_gives_each_part_its_share_of_the_batch():
    mix = mixture("halves", (3, Corruption("none")), (1, Corruption("gaussian", 0.5, clip=False)))
    clean = torch.rand(8, 1, 28, 28, generator=seeded())
    noisy = mix(clean, seeded())
    changed = (noisy != clean).flatten(1).any(1).tolist()
    assert changed == [False] * 6 + [True] * 2


def test_a_mixture_corrupts_as_its_part_does():
    part = Corruption("uniform", (0.2, 0.8), (0.0, 2.0), clip=False)
    clean = torch.rand(5, 1, 28, 28, generator=seeded())
    alone, mixed = part(clean, seeded(3)), mixture("one", (2, part))(clean, seeded(3))
    assert torch.equal(alone, mixed)


@pytest.mark.parametrize("count", [1, 7, 256])
def test_a_mixture_leaves_no_image_out(count):
    clean = torch.rand(count, 1, 28, 28, generator=seeded())
    noisy, sigma = DIGITS_MIX.measured(clean, seeded(1))
    assert noisy.shape == clean.shape
    assert sigma.shape == (count,)
    assert bool(noisy.isfinite().all() and sigma.isfinite().all())
    assert torch.equal(noisy, DIGITS_MIX(clean, seeded(1)))


def test_a_mixture_knows_the_deviation_of_each_image():
    part = Corruption("gaussian", 0.3, clip=False)
    mix = mixture("two", (1, Corruption("none")), (1, part))
    clean = torch.rand(4, 1, 28, 28, generator=seeded())
    expected = [0, 0, *noise_deviation(clean[2:], "gaussian", 0.3).tolist()]
    assert mix.measured(clean, seeded())[1].tolist() == pytest.approx(expected)


def test_picks_follow_the_weights_and_the_seed():
    mix = mixture("never", (0, Corruption("none")), (1, Corruption("speckle", 1.0)))
    assert {part.kind for part in mix.pick(50, seeded())} == {"speckle"}
    assert DIGITS_MIX.pick(9, seeded(4)) == DIGITS_MIX.pick(9, seeded(4))


@pytest.mark.parametrize("kind", [kind for kind in NOISES if kind != "none"])
@pytest.mark.parametrize("mix", MIXES)
def test_a_mix_covers_every_level_blur_and_clip_of_the_app(mix, kind):
    spec, parts = NOISES[kind], [part for part in MIXES[mix].parts if part.kind == kind]
    specks = kind == "salt-pepper" and mix in ("everything", "beyond")
    fewest = 0.02 if specks else spec.minimum  # fewer may miss a picture
    for clip in (True, False):
        same = [part for part in parts if part.clip == clip]
        assert min(bottom(part.level) for part in same) <= fewest
        assert max(top(part.level) for part in same) >= spec.maximum
        assert max(top(part.blur_sigma) for part in same) >= BLUR_MAXIMUM
        assert min(bottom(part.blur_sigma) for part in same) == 0


@pytest.mark.parametrize("mix", ["beyond", "digits", "faces"])
def test_the_training_mixes_go_a_step_beyond_the_app(mix):
    for kind, spec in NOISES.items():
        parts = [part for part in MIXES[mix].parts if part.kind == kind]
        assert max(top(part.blur_sigma) for part in parts) > BLUR_MAXIMUM
        if kind == "poisson":
            assert min(bottom(part.level) for part in parts) < spec.minimum
        if kind not in ("none", "salt-pepper"):  # all values hit is the most there is
            assert max(top(part.level) for part in parts) > spec.maximum


@pytest.mark.parametrize("corruption", [*MIXES.values(), POINTS["s0-train"], POINTS["clean"]])
def test_a_recorded_corruption_comes_back(corruption):
    assert recorded(json.loads(json.dumps(asdict(corruption)))) == corruption
