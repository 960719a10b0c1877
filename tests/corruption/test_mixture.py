"""Corruptions and mixtures for recipes and evaluation points, and the frozen points."""

import inspect
import json
import runpy
from dataclasses import asdict, replace

import pytest
import torch

from denoise_demo.corruption import (
    BLIND_DIGITS,
    BLIND_FACES,
    BLIND_PHOTOS,
    BLUR_MAXIMUM,
    NOISES,
    POINTS,
    Corruption,
    corrupt,
    noise_deviation,
    points,
    recorded,
)
from denoise_demo.corruption.mixture import mixture

MIXTURES = {
    "blind": points("digits")["blind"],
    "blind-beyond": points("digits")["blind-beyond"],
    "digits": BLIND_DIGITS,
    "faces": BLIND_FACES,
}


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def ends(span: float | tuple[float, float]) -> tuple[float, float]:
    return span if isinstance(span, tuple) else (span, span)


def test_fixed_levels_equal_corrupt(clean):
    noisy = Corruption("uniform", level=0.8, blur_sigma=1.0)(clean, seeded(7))

    assert torch.equal(noisy, corrupt(clean, "uniform", 0.8, 1.0, generator=seeded(7)))


def test_a_range_of_levels_is_drawn_evenly_for_each_image(generator):
    grey = torch.full((2000, 1, 12, 12), 0.5)

    noisy = Corruption("gaussian", level=(0.2, 0.6), clip=False)(grey, generator)

    sigmas = noisy.flatten(1).std(1)
    assert float(sigmas.mean()) == pytest.approx(0.4, abs=0.01)
    assert float(sigmas.std()) == pytest.approx(0.4 / 12**0.5, rel=0.1)


def test_blurs_are_drawn_in_their_range_independently_of_the_levels(generator):
    both = Corruption("gaussian", level=(0.0, 1.0), blur_sigma=(0.5, 2.0))

    blurs, levels = both.draw(2000, generator)

    assert 0.5 <= float(blurs.min()) < 0.55
    assert 1.95 < float(blurs.max()) <= 2
    assert abs(float(torch.corrcoef(torch.stack([blurs, levels]))[0, 1])) < 0.1


@pytest.mark.parametrize(
    ("corruption", "words"),
    [
        (Corruption("none"), "clean pictures"),
        (Corruption("gaussian", 0.5), "Gaussian noise, sigma 0.5, clipped"),
        (Corruption("none", blur_sigma=1.5), "blur sigma 1.5 px, clipped"),
        (
            Corruption("uniform", (0.01, 1.5), (0.0, 2.0), clip=False),
            "blur sigma 0 to 2 px, then uniform noise, half-range r 0.01 to 1.5, not clipped",
        ),
        (MIXTURES["digits"], "any noise and blur at any level, clipped or not"),
    ],
)
def test_a_corruption_is_described_in_words(corruption, words):
    assert corruption.describe() == words


@pytest.mark.parametrize(
    ("case", "covered"),
    [
        (("gaussian", 0.5, 0.0), True),
        (("gaussian", 0.54, 0.05), True),
        (("gaussian", 0.6, 0.0), False),
        (("gaussian", 0.5, 0.2), False),
        (("uniform", 0.5, 0.0), False),
    ],
)
def test_a_corruption_covers_a_noise_within_a_tolerance(case, covered):
    part = Corruption("gaussian", 0.5)

    assert part.covers(*case) == covered
    assert mixture("two", (1, Corruption("none")), (1, part)).covers(*case) == covered


def test_a_mixture_gives_each_part_its_share_of_the_batch(clean):
    noise = Corruption("gaussian", 0.3, clip=False)

    noisy, sigma = mixture("two", (3, Corruption("none")), (1, noise)).measured(clean, seeded(0))

    assert (noisy != clean).flatten(1).any(1).tolist() == [False] * 3 + [True]
    expected = noise_deviation(clean[3:], "gaussian", 0.3)
    assert sigma.tolist() == pytest.approx([0, 0, 0, *expected.tolist()])


@pytest.mark.parametrize("count", [1, 7, 256])
def test_a_mixture_corrupts_every_image(count, generator):
    clean = torch.rand(count, 1, 28, 28, generator=generator)

    noisy, sigma = BLIND_DIGITS.measured(clean, seeded(1))

    assert (noisy.shape, sigma.shape) == (clean.shape, (count,))
    assert torch.equal(noisy, BLIND_DIGITS(clean, seeded(1)))


def test_picks_follow_the_weights_and_the_seed():
    only_second = mixture("x", (0, Corruption("none")), (1, Corruption("speckle", 1.0)))

    assert {part.kind for part in only_second.pick(50, seeded(0))} == {"speckle"}
    assert BLIND_DIGITS.pick(9, seeded(4)) == BLIND_DIGITS.pick(9, seeded(4))


@pytest.mark.parametrize("kind", sorted({part.kind for part in MIXTURES["blind"].parts} - {"none"}))
@pytest.mark.parametrize("name", MIXTURES)
def test_a_mixture_covers_the_sliders_ranges_clipped_and_not(name, kind):
    spec = NOISES[kind]
    least = 0.02 if kind == "salt-pepper" and "blind" in name else spec.minimum

    for clip in (True, False):
        parts = [part for part in MIXTURES[name].parts if (part.kind, part.clip) == (kind, clip)]
        assert min(ends(part.level)[0] for part in parts) <= least
        assert max(ends(part.level)[1] for part in parts) >= spec.maximum
        assert min(ends(part.blur_sigma)[0] for part in parts) == 0
        assert max(ends(part.blur_sigma)[1] for part in parts) >= BLUR_MAXIMUM


@pytest.mark.parametrize("name", ["blind-beyond", "digits", "faces"])
def test_training_mixtures_exceed_the_sliders_by_a_fifth(name):
    highest: dict[str, float] = {}
    for part in MIXTURES[name].parts:
        highest[part.kind] = max(highest.get(part.kind, 0), ends(part.level)[1])

    for kind in ("gaussian", "uniform", "one-sided-uniform", "poisson", "speckle"):
        assert highest[kind] >= 1.2 * NOISES[kind].maximum - 1e-9


def test_the_photographs_mixture_covers_the_sliders_levels_and_is_mostly_gaussian():
    shares = list(zip(BLIND_PHOTOS.weights, BLIND_PHOTOS.parts, strict=True))
    noises = [(weight, part) for weight, part in shares if isinstance(part, Corruption)]

    for kind, spec in NOISES.items():
        levels = [ends(part.level) for _, part in noises if part.kind == kind]
        assert kind == "none" or min(low for low, _ in levels) <= spec.minimum
        assert kind == "none" or max(high for _, high in levels) >= spec.maximum
        assert max(ends(part.blur_sigma)[1] for _, part in noises if part.kind == kind) >= 2
    plain = [w for w, p in noises if (p.kind, p.clip, p.blur_sigma) == ("gaussian", False, 0)]
    assert sum(plain) >= 0.5 * sum(BLIND_PHOTOS.weights)


@pytest.mark.parametrize("corruption", [*MIXTURES.values(), BLIND_PHOTOS, *POINTS.values()])
def test_a_corruption_survives_json(corruption):
    assert recorded(json.loads(json.dumps(asdict(corruption)))) == corruption


def test_new_noises_and_slider_ranges_change_no_points_or_training_mixtures(monkeypatch):
    monkeypatch.setitem(NOISES, "toy", replace(NOISES["gaussian"], label="Toy"))
    monkeypatch.setitem(NOISES, "speckle", replace(NOISES["speckle"], minimum=1, maximum=99))

    fresh = runpy.run_path(inspect.getfile(points))

    assert fresh["points"]("digits") == points("digits")
    assert [fresh["BLIND_DIGITS"], fresh["BLIND_FACES"]] == [BLIND_DIGITS, BLIND_FACES]
    assert Corruption("toy", 0.5).describe() == "toy noise, sigma 0.5, clipped"


def test_faces_have_the_points_of_s4():
    assert set(points("faces")) < set(points("digits"))
    assert {name.partition("-")[0] for name in points("faces")} == {"clean", "s4", "blind"}
