"""Every kind of noise: reproducible, of the stated strength, and steady under a drag."""

import itertools

import numpy as np
import pytest
import scipy.ndimage
import scipy.stats
import torch
from torch import Tensor

from denoise_demo.corruption.blur import gaussian_blur
from denoise_demo.corruption.mixture import Corruption
from denoise_demo.corruption.noise import NOISES, NoiseSpec, corrupt, noise_deviation

SHAPES = [(3, 1, 28, 28), (2, 3, 64, 64), (1, 3, 17, 40)]
RANDOM_KINDS = [kind for kind in NOISES if kind != "none"]
ADDITIVE_KINDS = ["gaussian", "uniform", "one-sided-uniform"]


def add(image: Tensor, kind: str, level: object, seed: int = 0, **more: object) -> Tensor:
    """Corrupt with the noise of a seed, unclipped unless the test says otherwise."""
    options = {"clip": False, "generator": torch.Generator().manual_seed(seed), **more}
    return corrupt(image, kind, level, **options)


@pytest.fixture
def image(generator: torch.Generator) -> Tensor:
    return torch.rand(3, 3, 20, 24, generator=generator)


@pytest.fixture
def grey() -> Tensor:
    """A large even image: 270,000 values of 0.5."""
    return torch.full((1, 3, 300, 300), 0.5)


# Randomness


@pytest.mark.parametrize("kind", NOISES)
def test_same_seed_gives_the_same_picture(kind: str, image: Tensor) -> None:
    level = NOISES[kind].default

    first, second = add(image, kind, level, seed=3), add(image, kind, level, seed=3)

    assert torch.equal(first, second)


@pytest.mark.parametrize("kind", NOISES)
def test_the_layout_of_the_memory_does_not_matter(kind: str, image: Tensor) -> None:
    level = NOISES[kind].default
    by_colour = image.contiguous(memory_format=torch.channels_last)
    alike = image[:, :1].expand(-1, 3, -1, -1)

    assert torch.equal(add(by_colour, kind, level), add(image, kind, level))
    assert torch.equal(add(alike, kind, level), add(alike.contiguous(), kind, level))


@pytest.mark.parametrize("kind", RANDOM_KINDS)
def test_another_seed_gives_another_picture(kind: str, image: Tensor) -> None:
    level = NOISES[kind].default

    first, second = add(image, kind, level, seed=3), add(image, kind, level, seed=4)

    assert not torch.equal(first, second)


@pytest.mark.parametrize("kind", RANDOM_KINDS)
def test_every_image_of_a_batch_gets_its_own_noise(kind: str, image: Tensor) -> None:
    same = image[:1].expand(2, -1, -1, -1)

    noisy = add(same, kind, NOISES[kind].default)

    assert not torch.equal(noisy[0], noisy[1])


@pytest.mark.parametrize("kind", NOISES)
def test_global_random_state_is_neither_read_nor_changed(kind: str, image: Tensor) -> None:
    before = torch.random.get_rng_state()

    add(image, kind, NOISES[kind].default, blur_sigma=1.0)

    assert torch.equal(torch.random.get_rng_state(), before)


# Form


@pytest.mark.parametrize("kind", NOISES)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_shape_type_and_device_stay(kind: str, shape: tuple[int, ...], dtype: torch.dtype) -> None:
    clean = torch.rand(shape, dtype=dtype, generator=torch.Generator().manual_seed(0))

    noisy = add(clean, kind, NOISES[kind].default, blur_sigma=0.7)

    assert noisy.shape == clean.shape
    assert noisy.dtype == dtype
    assert noisy.device == clean.device


@pytest.mark.gpu
@pytest.mark.parametrize("kind", NOISES)
def test_a_cpu_generator_gives_the_same_noise_on_the_gpu(kind: str, image: Tensor) -> None:
    level = NOISES[kind].default

    here, there = add(image, kind, level), add(image.cuda(), kind, level)

    assert there.device.type == "cuda"
    torch.testing.assert_close(there.cpu(), here, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("kind", NOISES)
@pytest.mark.parametrize("clip", [True, False])
def test_the_clean_images_stay_as_they_are(kind: str, clip: bool, image: Tensor) -> None:
    before = image.clone()

    noisy = add(image, kind, NOISES[kind].default, clip=clip)

    assert torch.equal(image, before)
    assert noisy.data_ptr() != image.data_ptr()


@pytest.mark.parametrize("kind", NOISES)
@pytest.mark.parametrize("end", ["minimum", "default", "maximum"])
def test_results_are_finite_over_the_whole_span(kind: str, end: str) -> None:
    ramp = torch.linspace(0, 1, 784).reshape(1, 1, 28, 28)

    noisy = add(ramp, kind, getattr(NOISES[kind], end))

    assert noisy.isfinite().all()


@pytest.mark.parametrize("kind", ["unknown", "", "Gaussian", None, 3, ["gaussian"]])
def test_an_unknown_kind_is_refused_naming_the_known_ones(kind: object, clean: Tensor) -> None:
    with pytest.raises(ValueError, match="unknown noise") as caught:
        add(clean, kind, 0.1)

    assert all(known in str(caught.value) for known in NOISES)


# Strength


def assert_moments(noise: Tensor, mean: float, variance: float) -> None:
    """Compare with theory; 270,000 values leave a standard error below 0.2 % of the spread."""
    assert float(noise.mean()) == pytest.approx(mean, abs=0.01 * variance**0.5)
    assert float(noise.var()) == pytest.approx(variance, rel=0.02)


@pytest.mark.parametrize("sigma", [0.1, 0.5, 1.0])
def test_gaussian_noise_has_mean_0_and_standard_deviation_sigma(sigma: float, grey: Tensor) -> None:
    noise = add(grey, "gaussian", sigma) - grey

    assert_moments(noise, 0, sigma**2)
    kurtosis = ((noise / noise.std()) ** 4).mean()
    assert float(kurtosis) == pytest.approx(3, abs=0.05)


@pytest.mark.parametrize("r", [0.1, 0.8, 1.5])
def test_uniform_noise_spans_both_sides_with_variance_r2_over_3(r: float, grey: Tensor) -> None:
    noise = add(grey, "uniform", r) - grey

    assert_moments(noise, 0, r**2 / 3)
    assert -r - 1e-6 <= float(noise.min()) < -0.99 * r
    assert 0.99 * r < float(noise.max()) <= r + 1e-6


@pytest.mark.parametrize("r", [0.1, 0.9, 2.0])
def test_one_sided_noise_only_brightens_with_mean_r_over_2(r: float, grey: Tensor) -> None:
    noise = add(grey, "one-sided-uniform", r) - grey

    assert_moments(noise, r / 2, r**2 / 12)
    assert 0 <= float(noise.min()) < 0.01 * r
    assert 0.99 * r < float(noise.max()) <= r + 1e-6


@pytest.mark.parametrize("peak", [1, 4, 16, 256])
def test_poisson_noise_keeps_the_mean_with_variance_x_over_peak(peak: float, grey: Tensor) -> None:
    noisy = add(grey, "poisson", peak)

    assert_moments(noisy, 0.5, 0.5 / peak)
    counts = noisy * peak
    assert torch.allclose(counts, counts.round(), atol=1e-3)


@pytest.mark.parametrize("peak", [1, 16, 256])
def test_poisson_leaves_black_black(peak: float) -> None:
    black = torch.zeros(1, 1, 28, 28)

    noisy = add(black, "poisson", peak)

    assert torch.equal(noisy, black)


@pytest.mark.parametrize("peak", [0.5, 1, 3.7, 16, 256])
def test_poisson_inverts_the_distribution_function_as_scipy_does(peak: float) -> None:
    rates = torch.linspace(0, 1, 28 * 28).reshape(1, 1, 28, 28)
    uniforms = torch.rand(rates.shape, generator=torch.Generator().manual_seed(5))

    counts = (add(rates, "poisson", peak, seed=5) * peak).round().double().numpy()

    mean = rates.double().numpy() * peak
    expected = np.maximum(scipy.stats.poisson.ppf(uniforms.double().numpy(), mean), 0)
    differs = counts != expected
    assert differs.mean() < 0.005
    # Where single precision decides otherwise, the uniform sits on the edge of a step.
    edge = scipy.stats.poisson.cdf(np.minimum(counts, expected), mean)
    assert (abs(edge - uniforms.numpy())[differs] < 1e-5).all()
    assert (abs(counts - expected)[differs] == 1).all()


@pytest.mark.parametrize("amount", [0.004, 0.03, 0.2, 1.0])
def test_salt_and_pepper_hits_the_amount_half_of_it_each(amount: float, grey: Tensor) -> None:
    noisy = add(grey, "salt-pepper", amount)

    error = 4 * (amount / 2 / noisy.numel()) ** 0.5  # four standard errors
    assert float((noisy == 1).float().mean()) == pytest.approx(amount / 2, abs=error)
    assert float((noisy == 0).float().mean()) == pytest.approx(amount / 2, abs=error)
    untouched = (noisy != 0) & (noisy != 1)
    assert (noisy[untouched] == 0.5).all()


def test_salt_and_pepper_hits_every_row_column_and_channel_alike(grey: Tensor) -> None:
    hit = (add(grey.expand(8, -1, -1, -1), "salt-pepper", 0.2) != 0.5).float()

    by_channel, by_row, by_column = hit.mean((0, 2, 3)), hit.mean((0, 1, 3)), hit.mean((0, 1, 2))
    assert torch.allclose(by_channel, torch.tensor(0.2), atol=0.01)
    assert torch.allclose(by_row, torch.tensor(0.2), atol=0.03)
    assert torch.allclose(by_column, torch.tensor(0.2), atol=0.03)


def test_salt_and_pepper_hits_channels_independently(grey: Tensor) -> None:
    hit = add(grey, "salt-pepper", 0.5) != 0.5

    both = (hit[:, 0] & hit[:, 1]).float().mean()
    assert float(both) == pytest.approx(0.25, abs=0.01)


@pytest.mark.parametrize("value", [0.2, 0.5, 1.0])
def test_speckle_grows_with_the_pixel(value: float, grey: Tensor) -> None:
    even = torch.full_like(grey, value)

    noise = add(even, "speckle", 0.7) - even

    assert_moments(noise, 0, (0.7 * value) ** 2)


def test_speckle_leaves_black_black() -> None:
    black = torch.zeros(1, 1, 28, 28)

    noisy = add(black, "speckle", 2.0)

    assert torch.equal(noisy, black)


# A drag changes the amount and never re-rolls the pattern


@pytest.mark.parametrize("kind", [*ADDITIVE_KINDS, "speckle"])
def test_noise_is_proportional_to_the_level(kind: str, image: Tensor) -> None:
    once, twice = add(image, kind, 0.4) - image, add(image, kind, 0.8) - image

    torch.testing.assert_close(twice, 2 * once, atol=1e-6, rtol=0)


def test_salt_and_pepper_of_a_lower_level_stays_at_a_higher_one(grey: Tensor) -> None:
    levels = [0.01, 0.011, 0.1, 0.3, 1.0]

    noisy = [add(grey, "salt-pepper", level) for level in levels]

    for lower, higher in itertools.pairwise(noisy):
        hit = lower != 0.5
        assert torch.equal(lower[hit], higher[hit])


@pytest.mark.parametrize("peak", [1, 8, 16, 64, 255])
def test_neighbouring_poisson_peaks_give_neighbouring_pictures(peak: int, image: Tensor) -> None:
    here = add(image, "poisson", peak)

    near, rerolled = add(image, "poisson", peak + 1), add(image, "poisson", peak, seed=1)

    assert float((near - here).abs().mean()) < 0.6 * float((rerolled - here).abs().mean())
    counts = (near * (peak + 1) - here * peak).round()
    assert counts.min() >= 0  # more light gives no pixel fewer photons
    assert counts.max() <= 4


@pytest.mark.parametrize("kind", NOISES)
def test_one_step_of_the_slider_is_a_small_step_of_the_picture(kind: str, image: Tensor) -> None:
    spec = NOISES[kind]
    here = add(image, kind, spec.default, clip=True)

    near = add(image, kind, spec.default + spec.step, clip=True)

    assert float((near - here).abs().mean()) < 0.03


@pytest.mark.parametrize("kind", [*ADDITIVE_KINDS, "salt-pepper", "speckle", "none"])
def test_level_0_changes_nothing(kind: str, image: Tensor) -> None:
    noisy = add(image, kind, 0)

    assert torch.equal(noisy, image)


def test_no_noise_ignores_its_level(image: Tensor) -> None:
    noisy = add(image, "none", 1.0)

    assert torch.equal(noisy, image)


# One level for each image


@pytest.mark.parametrize("kind", NOISES)
def test_levels_for_each_image_equal_calls_with_one_level(kind: str, image: Tensor) -> None:
    spec = NOISES[kind]
    levels = torch.tensor([spec.minimum, spec.default, spec.maximum], dtype=torch.float32)

    together = add(image, kind, levels)

    for index, level in enumerate(levels.tolist()):
        alone = add(image, kind, level)
        assert torch.equal(together[index], alone[index])


def test_blurs_for_each_image_equal_calls_with_one_blur(image: Tensor) -> None:
    sigmas = [0.0, 0.8, 3.0]

    together = add(
        image, "gaussian", torch.tensor([0.1, 0.2, 0.3]), blur_sigma=torch.tensor(sigmas)
    )

    for index, sigma in enumerate(sigmas):
        alone = add(image, "gaussian", 0.1 * (index + 1), blur_sigma=sigma)
        torch.testing.assert_close(together[index], alone[index], atol=1e-6, rtol=0)


# Order and clipping


@pytest.mark.parametrize("kind", NOISES)
def test_blur_comes_before_noise(kind: str, image: Tensor) -> None:
    level = NOISES[kind].default

    noisy = add(image, kind, level, blur_sigma=1.5)

    assert torch.equal(noisy, add(gaussian_blur(image, 1.5), kind, level))


@pytest.mark.parametrize("kind", NOISES)
def test_clipping_limits_the_unclipped_picture(kind: str, image: Tensor) -> None:
    level = NOISES[kind].maximum

    clipped = add(image, kind, level, clip=True)

    assert torch.equal(clipped, add(image, kind, level, clip=False).clamp(0, 1))


@pytest.mark.parametrize("kind", ["gaussian", "uniform", "speckle"])
def test_without_clipping_values_leave_the_unit_interval(kind: str, image: Tensor) -> None:
    noisy = add(image, kind, NOISES[kind].maximum, clip=False)

    assert noisy.min() < -0.5
    assert noisy.max() > 1.5


# The strength that denoisers are told


@pytest.mark.parametrize("kind", NOISES)
@pytest.mark.parametrize("share", [0.1, 0.5, 1.0])
def test_the_deviation_is_that_of_the_noise_itself(
    kind: str, share: float, generator: torch.Generator
) -> None:
    spec, image = NOISES[kind], torch.rand(1, 3, 8, 8, generator=generator)
    level = spec.minimum + share * (spec.maximum - spec.minimum)

    told = noise_deviation(image, kind, level)

    # Over many draws, the variance of every value about its own mean, then the mean over values.
    draws = add(image.expand(20_000, -1, -1, -1), kind, level).flatten(1)
    assert told.shape == (1,)
    assert float(told) == pytest.approx(float(draws.var(0).mean().sqrt()), rel=0.02, abs=1e-6)


def test_the_deviation_is_each_images_own(image: Tensor) -> None:
    levels, blurs = torch.tensor([0.1, 0.5, 1.0]), torch.tensor([0.0, 1.0, 2.0])

    together = noise_deviation(image, "speckle", levels, blurs)

    alone = [
        float(noise_deviation(image[i : i + 1], "speckle", float(levels[i]), float(blurs[i])))
        for i in range(3)
    ]
    assert together.tolist() == pytest.approx(alone)


def test_the_deviation_is_taken_after_the_blur(image: Tensor) -> None:
    blurred = noise_deviation(gaussian_blur(image, 2.0), "speckle", 1.0)

    torch.testing.assert_close(noise_deviation(image, "speckle", 1.0, 2.0), blurred)
    assert not torch.allclose(noise_deviation(image, "speckle", 1.0), blurred)


def test_the_deviation_of_an_unknown_noise_is_refused(image: Tensor) -> None:
    with pytest.raises(ValueError, match="unknown noise 'snow'"):
        noise_deviation(image, "snow", 1.0)


# The registry


@pytest.mark.parametrize("spec", NOISES.values(), ids=NOISES)
def test_spans_are_sane(spec: NoiseSpec) -> None:
    assert 0 <= spec.minimum <= spec.default <= spec.maximum
    assert 0 < spec.step < spec.maximum - spec.minimum
    for value in (spec.default, spec.maximum):
        steps = (value - spec.minimum) / spec.step
        assert steps == pytest.approx(round(steps), abs=1e-6)
    assert spec.label
    assert spec.level_name


@pytest.mark.parametrize("kind", RANDOM_KINDS)
def test_every_noise_has_a_unit_and_a_reference(kind: str) -> None:
    assert NOISES[kind].unit
    assert NOISES[kind].reference


@pytest.mark.parametrize("spec", NOISES.values(), ids=NOISES)
def test_a_level_within_the_span_is_accepted(spec: NoiseSpec) -> None:
    for level in (spec.minimum, spec.default, spec.maximum):
        spec.check(level)


@pytest.mark.parametrize("spec", NOISES.values(), ids=NOISES)
@pytest.mark.parametrize("excess", [-1.0, 1.0, float("nan"), float("inf")])
def test_a_level_outside_the_span_is_refused_with_the_span(spec: NoiseSpec, excess: float) -> None:
    level = spec.minimum + excess if excess < 0 else spec.maximum + excess

    with pytest.raises(ValueError, match=f"{spec.minimum:g} to {spec.maximum:g}"):
        spec.check(level)


# Corruption: what a recipe or an evaluation point names


def test_a_corruption_with_fixed_levels_is_corrupt_with_those_levels(clean: Tensor) -> None:
    corruption = Corruption("uniform", level=0.8, blur_sigma=1.0, clip=False)

    noisy = corruption(clean, torch.Generator().manual_seed(7))

    assert torch.equal(noisy, add(clean, "uniform", 0.8, seed=7, blur_sigma=1.0))


def test_a_corruption_clips_unless_told_otherwise(clean: Tensor) -> None:
    noisy = Corruption("gaussian", level=1.0)(clean, torch.Generator().manual_seed(0))

    assert noisy.min() >= 0
    assert noisy.max() <= 1


def test_a_range_of_levels_is_drawn_evenly_for_each_image(generator: torch.Generator) -> None:
    grey = torch.full((2000, 1, 12, 12), 0.5)

    noisy = Corruption("gaussian", level=(0.2, 0.6), clip=False)(grey, generator)

    sigmas = noisy.flatten(1).std(1)
    assert 0.15 < float(sigmas.min()) < 0.25
    assert 0.55 < float(sigmas.max()) < 0.75
    assert float(sigmas.mean()) == pytest.approx(0.4, abs=0.01)
    assert float(sigmas.std()) == pytest.approx(0.4 / 12**0.5, rel=0.1)


def test_a_range_of_blurs_is_drawn_within_it_for_each_image(generator: torch.Generator) -> None:
    point = torch.zeros(500, 1, 21, 21)
    point[..., 10, 10] = 1

    blurred = Corruption("none", blur_sigma=(0.5, 2.0))(point, generator)

    place = torch.arange(21) - 10.0
    sigmas = (blurred.sum(2).squeeze(1) * place**2).sum(1).sqrt()
    assert 0.45 < float(sigmas.min()) < 0.6
    assert 1.85 < float(sigmas.max()) < 2.01
    assert float(sigmas.mean()) == pytest.approx(1.25, abs=0.08)


def test_blur_and_level_are_drawn_independently(generator: torch.Generator) -> None:
    point = torch.zeros(1000, 1, 21, 21)
    point[..., 10, 10] = 100  # far above the noise, so that its height tells the blur
    both = Corruption("gaussian", level=(0.0, 1.0), blur_sigma=(0.5, 1.0), clip=False)

    noisy = both(point, generator)

    height, spread = noisy[:, 0, 10, 10], noisy[:, 0, :5].flatten(1).std(1)
    assert abs(float(torch.corrcoef(torch.stack([height, spread]))[0, 1])) < 0.1


def test_a_corruption_is_reproducible(clean: Tensor) -> None:
    corruption = Corruption("gaussian", level=(0.0, 1.0), blur_sigma=(0.0, 2.0))

    first, second = (corruption(clean, torch.Generator().manual_seed(1)) for _ in range(2))

    assert torch.equal(first, second)


@pytest.mark.parametrize(
    ("corruption", "words"),
    [
        (Corruption("none"), "clean digits"),
        (Corruption("gaussian", 0.5), "Gaussian noise, sigma 0.5, clipped"),
        (Corruption("gaussian", (0.0, 1.0)), "Gaussian noise, sigma 0 to 1, clipped"),
        (Corruption("none", blur_sigma=1.5), "blur sigma 1.5 px, clipped"),
        (
            Corruption("uniform", (0.01, 1.5), (0.0, 2.0), clip=False),
            "blur sigma 0 to 2 px, then uniform noise, half-range r 0.01 to 1.5, not clipped",
        ),
    ],
)
def test_a_corruption_says_itself_in_words(corruption: Corruption, words: str) -> None:
    assert corruption.describe() == words
