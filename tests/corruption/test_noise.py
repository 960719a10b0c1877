"""Every kind of noise: reproducible, with the stated strength, continuous in its level."""

import itertools

import numpy as np
import pytest
import scipy.stats
import torch
from torch import Tensor

from denoise_demo.corruption import NOISES, corrupt, gaussian_blur, noise_deviation

ADDITIVE = ["gaussian", "uniform", "one-sided-uniform"]
every_kind = pytest.mark.parametrize("kind", NOISES)
every_random_kind = pytest.mark.parametrize("kind", [kind for kind in NOISES if kind != "none"])


def add(image: Tensor, kind: str, level: object = None, seed: int = 0, **options: object) -> Tensor:
    """Corrupt with the noise of a seed; unclipped by default."""
    generator = torch.Generator().manual_seed(seed)
    return corrupt(image, kind, level, **{"clip": False, "generator": generator, **options})


@pytest.fixture
def image(generator):
    return torch.rand(3, 3, 20, 24, generator=generator)


@pytest.fixture
def grey():
    """A uniform image of 270,000 values."""
    return torch.full((1, 3, 300, 300), 0.5)


@every_kind
def test_noise_depends_on_the_generator_only(kind, image):
    state = torch.random.get_rng_state()

    first, second, other = add(image, kind), add(image, kind), add(image, kind, seed=1)

    assert torch.equal(first, second)
    assert torch.equal(first, other) == (kind == "none")
    assert torch.equal(torch.random.get_rng_state(), state)


def test_without_a_level_and_a_generator_noise_has_the_default_level_and_seed_0(image):
    assert torch.equal(corrupt(image, "gaussian"), add(image, "gaussian", 0.5, clip=True))


@every_kind
def test_the_memory_layout_does_not_matter(kind, image):
    channels_last = image.contiguous(memory_format=torch.channels_last)
    grey = image[:, :1].expand(-1, 3, -1, -1)

    assert torch.equal(add(channels_last, kind), add(image, kind))
    assert torch.equal(add(grey, kind), add(grey.contiguous(), kind))


@every_random_kind
def test_every_image_of_a_batch_gets_its_own_noise(kind, image):
    noisy = add(image[:1].expand(2, -1, -1, -1), kind)

    assert not torch.equal(noisy[0], noisy[1])


@every_kind
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_shape_type_and_clean_images_are_unchanged(kind, dtype, image):
    clean = image.to(dtype)
    before = clean.clone()

    noisy = add(clean, kind, blur_sigma=0.7)

    assert (noisy.shape, noisy.dtype) == (clean.shape, dtype)
    assert torch.equal(clean, before)
    assert add(clean, kind, clip=True).data_ptr() != clean.data_ptr()
    assert torch.equal(clean, before)


@pytest.mark.gpu
@every_kind
def test_a_cpu_generator_gives_the_same_noise_on_the_gpu(kind, image):
    torch.testing.assert_close(add(image.cuda(), kind).cpu(), add(image, kind), atol=1e-5, rtol=0)


@every_kind
@pytest.mark.parametrize("end", ["minimum", "default", "maximum"])
def test_results_are_finite_over_the_whole_range(kind, end):
    ramp = torch.linspace(0, 1, 784).reshape(1, 1, 28, 28)

    assert add(ramp, kind, getattr(NOISES[kind], end)).isfinite().all()


@pytest.mark.parametrize("kind", ["unknown", "Gaussian", None, ["gaussian"]])
def test_an_unknown_kind_is_refused_naming_the_known_ones(kind, clean):
    for refused in (corrupt, noise_deviation):
        with pytest.raises(ValueError, match=f"unknown noise.*{', '.join(NOISES)}"):
            refused(clean, kind, 0.1)


# Strength


def assert_moments(noise: Tensor, mean: float, variance: float) -> None:
    """Compare with theory; 270,000 values leave a standard error below 0.2 % of the deviation."""
    assert float(noise.mean()) == pytest.approx(mean, abs=0.01 * variance**0.5)
    assert float(noise.var()) == pytest.approx(variance, rel=0.02)


@pytest.mark.parametrize("sigma", [0.1, 1.0])
def test_gaussian_noise_has_mean_0_and_deviation_sigma(sigma, grey):
    noise = add(grey, "gaussian", sigma) - grey

    assert_moments(noise, 0, sigma**2)
    assert float(((noise / noise.std()) ** 4).mean()) == pytest.approx(3, abs=0.05)


@pytest.mark.parametrize("r", [0.1, 1.5])
@pytest.mark.parametrize(("kind", "low"), [("uniform", -1), ("one-sided-uniform", 0)])
def test_uniform_noise_fills_its_range_evenly(kind, low, r, grey):
    noise = add(grey, kind, r) - grey

    assert_moments(noise, r * (low + 1) / 2, (r * (1 - low)) ** 2 / 12)
    assert float(noise.min()) == pytest.approx(low * r, abs=0.01 * r)
    assert float(noise.max()) == pytest.approx(r, abs=0.01 * r)


@pytest.mark.parametrize("peak", [1, 16, 256])
def test_poisson_noise_keeps_the_mean_with_variance_x_over_peak(peak, grey):
    noisy = add(grey, "poisson", peak)

    assert_moments(noisy, 0.5, 0.5 / peak)
    assert torch.allclose(noisy * peak, (noisy * peak).round(), atol=1e-3)


@pytest.mark.parametrize("peak", [0.5, 3.7, 256])
def test_poisson_inverts_the_distribution_function_as_scipy_does(peak):
    rates = torch.linspace(0, 1, 28 * 28).reshape(1, 1, 28, 28)
    uniforms = torch.rand(rates.shape, generator=torch.Generator().manual_seed(5))

    counts = (add(rates, "poisson", peak, seed=5) * peak).round().double().numpy()

    mean = rates.double().numpy() * peak
    expected = np.maximum(scipy.stats.poisson.ppf(uniforms.double().numpy(), mean), 0)
    differs = counts != expected
    assert differs.mean() < 0.005
    # Single precision differs only where the uniform number is at the edge of a step.
    edge = scipy.stats.poisson.cdf(np.minimum(counts, expected), mean)
    assert (abs(edge - uniforms.numpy())[differs] < 1e-5).all()
    assert (abs(counts - expected)[differs] == 1).all()


@pytest.mark.parametrize("kind", ["poisson", "speckle"])
def test_black_stays_black(kind):
    black = torch.zeros(1, 1, 28, 28)

    assert torch.equal(add(black, kind, NOISES[kind].minimum), black)
    assert torch.equal(add(black, kind, NOISES[kind].maximum), black)


@pytest.mark.parametrize("amount", [0.004, 0.2, 1.0])
def test_salt_and_pepper_hits_half_of_the_amount_each(amount, grey):
    noisy = add(grey, "salt-pepper", amount)

    error = 4 * (amount / 2 / noisy.numel()) ** 0.5  # four standard errors
    assert float((noisy == 1).float().mean()) == pytest.approx(amount / 2, abs=error)
    assert float((noisy == 0).float().mean()) == pytest.approx(amount / 2, abs=error)
    assert set(noisy.unique().tolist()) <= {0, 0.5, 1}


def test_salt_and_pepper_hits_rows_columns_and_channels_alike_and_independently(grey):
    hit = (add(grey.expand(8, -1, -1, -1), "salt-pepper", 0.2) != 0.5).float()

    for others in ((0, 2, 3), (0, 1, 3), (0, 1, 2)):
        assert torch.allclose(hit.mean(others), torch.tensor(0.2), atol=0.03)
    assert float((hit[:, 0] * hit[:, 1]).mean()) == pytest.approx(0.04, abs=0.005)


@pytest.mark.parametrize("value", [0.2, 1.0])
def test_speckle_is_proportional_to_the_value(value, grey):
    even = torch.full_like(grey, value)

    assert_moments(add(even, "speckle", 0.7) - even, 0, (0.7 * value) ** 2)


# Continuity in the level


@pytest.mark.parametrize("kind", [*ADDITIVE, "speckle"])
def test_noise_is_proportional_to_the_level(kind, image):
    once, twice = add(image, kind, 0.4) - image, add(image, kind, 0.8) - image

    torch.testing.assert_close(twice, 2 * once, atol=1e-6, rtol=0)


def test_values_hit_by_salt_and_pepper_stay_hit_at_higher_levels(grey):
    noisy = [add(grey, "salt-pepper", level) for level in (0.01, 0.011, 0.1, 0.3, 1.0)]

    for lower, higher in itertools.pairwise(noisy):
        hit = lower != 0.5
        assert torch.equal(lower[hit], higher[hit])


@pytest.mark.parametrize("peak", [1, 16, 255])
def test_a_higher_peak_adds_a_few_photons(peak, image):
    here, above = add(image, "poisson", peak), add(image, "poisson", peak + 1)

    counts = (above * (peak + 1) - here * peak).round()
    assert 0 <= counts.min() <= counts.max() <= 4


@every_kind
def test_one_step_of_the_slider_changes_the_image_little(kind, image):
    spec = NOISES[kind]

    near = add(image, kind, spec.default + spec.step, clip=True)

    assert float((near - add(image, kind, clip=True)).abs().mean()) < 0.03


@pytest.mark.parametrize("kind", [*ADDITIVE, "salt-pepper", "speckle", "none"])
def test_level_0_changes_nothing(kind, image):
    assert torch.equal(add(image, kind, 0), image)


# One level for each image, blur and clipping


@every_kind
def test_levels_and_blurs_may_differ_between_images(kind, image):
    spec = NOISES[kind]
    levels, blurs = [float(spec.minimum), float(spec.default), float(spec.maximum)], [0.0, 0.8, 3.0]

    together = add(image, kind, torch.tensor(levels), blur_sigma=torch.tensor(blurs))
    deviations = noise_deviation(image, kind, torch.tensor(levels), torch.tensor(blurs))

    for i, (level, blur) in enumerate(zip(levels, blurs, strict=True)):
        alone = add(image, kind, level, blur_sigma=blur)[i]
        assert float((together[i] - alone).abs().mean()) < 1e-4
        expected = noise_deviation(image[i : i + 1], kind, level, blur)
        torch.testing.assert_close(deviations[i : i + 1], expected)


@every_kind
def test_blur_comes_before_noise_and_clipping_last(kind, image):
    level = NOISES[kind].maximum
    expected = add(gaussian_blur(image, 1.5), kind, level)

    assert torch.equal(add(image, kind, level, blur_sigma=1.5), expected)
    clipped = add(image, kind, level, blur_sigma=1.5, clip=True)
    assert torch.equal(clipped, expected.clamp(0, 1))


@every_kind
@pytest.mark.parametrize("share", [0.1, 1.0])
def test_the_deviation_equals_the_measured_one(kind, share, generator):
    spec, image = NOISES[kind], torch.rand(1, 3, 8, 8, generator=generator)
    level = spec.minimum + share * (spec.maximum - spec.minimum)

    deviation = noise_deviation(image, kind, level)

    # The variance of every value over many draws, then the mean over values.
    draws = add(image.expand(20_000, -1, -1, -1), kind, level).flatten(1)
    assert float(deviation) == pytest.approx(float(draws.var(0).mean().sqrt()), rel=0.02, abs=1e-6)


def test_the_deviation_is_taken_after_the_blur(image):
    blurred = noise_deviation(gaussian_blur(image, 2.0), "speckle", 1.0)

    torch.testing.assert_close(noise_deviation(image, "speckle", 1.0, 2.0), blurred)


# The registry


@every_kind
def test_a_slider_can_reach_its_default_and_both_ends(kind):
    spec = NOISES[kind]

    assert 0 <= spec.minimum <= spec.default <= spec.maximum
    for value in (spec.default, spec.maximum):
        steps = (value - spec.minimum) / spec.step
        assert steps == pytest.approx(round(steps), abs=1e-6)
    assert kind == "none" or (spec.unit and spec.reference)


@every_kind
def test_only_a_level_within_the_range_is_accepted(kind):
    spec = NOISES[kind]
    for level in (spec.minimum, spec.default, spec.maximum):
        spec.check(level)

    for level in (spec.minimum - 1, spec.maximum + 1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match=f"choose {spec.minimum:g} to {spec.maximum:g}"):
            spec.check(level)
