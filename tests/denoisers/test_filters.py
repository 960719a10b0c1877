"""Every filter: shapes, use of sigma, denoising, symmetry and refused inputs."""

import itertools
import math

import pytest
import torch
from torch import Tensor

from denoise_demo.benchmark import psnr
from denoise_demo.denoisers import FILTERS
from denoise_demo.denoisers.filters import LEVELS, FilterSpec

pytestmark = pytest.mark.filterwarnings("error")  # also those of libraries

SHAPES = [(2, 3, 28, 28), (1, 1, 11, 17), (1, 3, 64, 49)]
INFORMED = [key for key, spec in FILTERS.items() if spec.informed]
RANKING = ["median-3", "median-5", "majority-3", "majority-5"]
JOINT = ["bilateral", "non-local-means"]  # these use all channels at once
WINDOWED = [key for key in FILTERS if key not in ("total-variation", "non-local-means", "wavelet")]

every_filter = pytest.mark.parametrize("spec", FILTERS.values(), ids=FILTERS)
every_shape = pytest.mark.parametrize("shape", SHAPES)


def unclipped(shape: tuple[int, ...], sigma: float = 0.4) -> Tensor:
    """A smooth image with noise beyond [0, 1]."""
    generator = torch.Generator().manual_seed(sum(shape))
    coarse = torch.rand(*shape[:2], 4, 4, generator=generator)
    clean = torch.nn.functional.interpolate(coarse, shape[2:], mode="bilinear")
    return clean + sigma * torch.randn(shape, generator=generator)


# Batches


@every_filter
@every_shape
def test_images_are_clipped_and_do_not_influence_each_other(spec, shape):
    noisy, sigmas = unclipped((3, *shape[1:])), [0.05, 0.0, 0.4]
    before = noisy.clone()

    denoised = spec(noisy, torch.tensor(sigmas))

    assert (denoised.shape, denoised.dtype) == (noisy.shape, torch.float32)
    assert 0 <= denoised.min() <= denoised.max() <= 1
    alone = [spec(image, sigma) for image, sigma in zip(noisy.split(1), sigmas, strict=True)]
    assert torch.equal(denoised, torch.cat(alone))
    assert torch.equal(noisy, before)


@pytest.mark.gpu
@every_filter
def test_the_result_is_on_the_inputs_device(spec):
    noisy = unclipped((2, 1, 28, 28))

    there = spec(noisy.cuda(), torch.tensor([0.1, 0.4], device="cuda"))

    assert there.device.type == "cuda"
    assert torch.equal(there.cpu(), spec(noisy, torch.tensor([0.1, 0.4])))


@every_filter
def test_an_empty_batch_stays_empty(spec):
    for sigma in (0.2, torch.empty(0)):
        assert spec(torch.empty(0, 3, 28, 28), sigma).shape == (0, 3, 28, 28)


@every_filter
@pytest.mark.parametrize("value", [0.0, 1 / (LEVELS - 1), 1.0])
def test_a_flat_image_stays_flat(spec, value):
    flat = torch.full((1, 3, 11, 13), value)

    torch.testing.assert_close(spec(flat, 0.2), flat, atol=1e-6, rtol=0)


# The noise's standard deviation


@every_filter
@pytest.mark.parametrize("sigma", [1e-45, 1e-7, 10.0, 1e30])
def test_results_are_finite_for_any_sigma(spec, sigma):
    half_black = unclipped((1, 1, 28, 28))
    half_black[..., :14] = 0

    assert spec(half_black, sigma).isfinite().all()


@pytest.mark.parametrize("key", INFORMED)
def test_a_larger_sigma_makes_an_informed_filter_smoother(key):
    noisy = unclipped((1, 3, 28, 28))

    results = [FILTERS[key](noisy, sigma) for sigma in (0.0, 0.2, 0.4, 0.8)]

    assert torch.equal(results[0], noisy.clamp(0, 1))
    little = FILTERS[key](noisy.clamp(0, 1), 1e-4)
    torch.testing.assert_close(little, noisy.clamp(0, 1), atol=1e-3, rtol=0)
    roughness = [float(result.diff().abs().mean()) for result in results]
    assert all(rougher > smoother for rougher, smoother in itertools.pairwise(roughness))


@pytest.mark.parametrize("key", [key for key in FILTERS if key not in INFORMED])
def test_an_uninformed_filter_ignores_sigma(key):
    noisy = unclipped((2, 3, 28, 28))

    assert torch.equal(FILTERS[key](noisy), FILTERS[key](noisy, 1.0))


# Denoising


@every_filter
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("clip", [True, False])
def test_noise_on_a_disc_is_lowered(spec, channels, clip):
    y, x = torch.meshgrid(torch.arange(28) - 13.5, torch.arange(28) - 13.5, indexing="ij")
    clean = 0.25 + 0.5 * (y**2 + x**2 < 81).float().expand(1, channels, 28, 28)
    noisy = clean + 0.2 * torch.randn(clean.shape, generator=torch.Generator().manual_seed(0))
    noisy = noisy.clamp(0, 1) if clip else noisy

    assert float(psnr(spec(noisy, 0.2), clean)) > float(psnr(noisy, clean)) + 1


@pytest.mark.parametrize("key", [key for key in FILTERS if key not in RANKING])
def test_noise_below_black_balances_noise_above_black(key):
    noisy = 0.3 * torch.randn(1, 1, 28, 28, generator=torch.Generator().manual_seed(0))

    with_both, above_only = FILTERS[key](noisy, 0.3), FILTERS[key](noisy.clamp(0, 1), 0.3)

    assert float(with_both.mean()) < 0.9 * float(above_only.mean())


@pytest.mark.parametrize("key", RANKING)
@pytest.mark.parametrize("impulse", [0.0, 1.0])
@pytest.mark.parametrize("place", [(14, 14), (0, 9)], ids=["inside", "border"])
def test_an_impulse_is_removed_without_trace(key, impulse, place):
    clean = torch.full((1, 3, 28, 28), 1 / (LEVELS - 1))
    noisy = clean.clone()
    noisy[0, 1, place[0], place[1]] = impulse

    assert torch.equal(FILTERS[key](noisy, 0.1), clean)


@pytest.mark.parametrize("key", ["median-3", "median-5", "bilateral", "total-variation"])
def test_an_edge_stays_sharper_than_with_a_mean(key):
    edge = torch.zeros(1, 1, 28, 28)
    edge[..., 14:] = 1

    error, blur = (float((FILTERS[k](edge, 0.1) - edge).abs().max()) for k in (key, "mean-3"))

    assert error < 0.1
    assert blur == pytest.approx(1 / 3, abs=1e-6)


# Symmetry and channels


@pytest.mark.parametrize("key", [key for key in FILTERS if "majority" not in key])
def test_a_brighter_image_gives_the_same_result_brighter(key):
    dim = 0.2 + 0.02 * unclipped((1, 3, 28, 28))

    dark, bright = FILTERS[key](dim, 0.01), FILTERS[key](dim + 0.5, 0.01)

    torch.testing.assert_close(bright, dark + 0.5, atol=1e-5, rtol=0)


@pytest.mark.parametrize("key", WINDOWED)
def test_a_mirrored_image_gives_the_mirrored_result(key):
    noisy = unclipped((1, 3, 19, 28))

    for turn in (lambda x: x.flip(-1), lambda x: x.flip(-2), lambda x: x.mT):
        mirrored = FILTERS[key](turn(noisy), 0.4)
        torch.testing.assert_close(mirrored, turn(FILTERS[key](noisy, 0.4)), atol=1e-6, rtol=0)


@pytest.mark.parametrize("key", [key for key in FILTERS if key not in JOINT])
def test_channels_are_denoised_independently(key):
    noisy = unclipped((2, 3, 28, 28))

    alone = torch.cat([FILTERS[key](channel, 0.4) for channel in noisy.split(1, 1)], 1)

    assert torch.equal(FILTERS[key](noisy, 0.4), alone)


@pytest.mark.parametrize("key", JOINT)
def test_an_edge_in_one_channel_guides_the_others(key):
    noisy = unclipped((1, 3, 28, 28), 0.2)
    guided = noisy.clone()
    guided[:, 0, :, 14:] += 2

    plain, with_edge = FILTERS[key](noisy, 0.2)[:, 1:], FILTERS[key](guided, 0.2)[:, 1:]

    changed = (with_edge - plain).abs().mean((0, 1, 2))  # by column
    assert changed[12:16].min() > 0.001
    assert changed[[0, 1, 26, 27]].max() < 1e-6


@pytest.mark.parametrize("key", JOINT)
def test_a_grey_image_in_colour_gives_the_grey_result(key):
    noisy = unclipped((1, 1, 28, 28))

    colour = FILTERS[key](noisy.expand(-1, 3, -1, -1), 0.4)

    grey = FILTERS[key](noisy, 0.4).expand(-1, 3, -1, -1)
    torch.testing.assert_close(colour, grey, atol=1e-5, rtol=0)


# Refused inputs


@every_filter
@pytest.mark.parametrize(
    ("noisy", "message"),
    [
        (torch.zeros(1, 28, 28), r"shape \(1, 28, 28\)"),
        (torch.zeros(1, 28, 28, 3), r"shape \(1, 28, 28, 3\)"),
        (torch.zeros(1, 1, 28, 28, dtype=torch.uint8), "torch.uint8"),
        (torch.zeros(1, 1, 28, 28, dtype=torch.float64), "torch.float64"),
        (torch.full((1, 1, 28, 28), math.nan), "NaN"),
        (torch.full((1, 3, 28, 28), math.inf), "infinity"),
    ],
)
def test_invalid_images_are_refused(spec, noisy, message):
    with pytest.raises(ValueError, match=message):
        spec(noisy, 0.1)


@every_filter
@pytest.mark.parametrize(
    ("sigma", "message"),
    [
        (-0.1, "sigma is -0.1"),
        (math.nan, "sigma is nan"),
        (1e300, "sigma is 1e"),
        (torch.tensor([0.1, -0.1]), "sigma is tensor"),
        (torch.tensor([0.1, 0.1, 0.1]), "each of the 2 images"),
        (torch.tensor([[0.1, 0.1]]), r"shape \(1, 2\)"),
    ],
)
def test_an_invalid_sigma_is_refused(spec, sigma, message):
    with pytest.raises(ValueError, match=message):
        spec(torch.zeros(2, 1, 28, 28), sigma)


@every_filter
def test_every_filter_is_described(spec: FilterSpec):
    assert spec.label[0].isupper()
    assert spec.lesson.endswith(".")
    assert spec.reference[-4:].isdigit()
