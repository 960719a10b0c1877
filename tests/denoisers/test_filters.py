"""Every classical filter: what it keeps, what it removes, and whom it agrees with."""

import itertools
import math
from collections import Counter

import numpy as np
import pytest
import torch
from scipy import ndimage, signal
from skimage import restoration
from skimage.filters import rank
from torch import Tensor

from denoise_demo.benchmark.metrics import psnr
from denoise_demo.denoisers import filters
from denoise_demo.denoisers.filters import FILTERS, LEVELS, FilterSpec

pytestmark = pytest.mark.filterwarnings("error")  # also those that libraries raise

SHAPES = [(3, 1, 28, 28), (2, 3, 28, 28), (1, 1, 11, 17), (1, 3, 11, 11), (1, 3, 64, 49)]
INFORMED = ["wiener", "bilateral", "total-variation", "non-local-means", "wavelet"]
UNINFORMED = [key for key in FILTERS if key not in INFORMED]
RANKING = ["median-3", "median-5", "majority-3", "majority-5"]
JOINT = ["bilateral", "non-local-means"]  # these look at all channels at once
WINDOWED = [*UNINFORMED, "wiener", "bilateral"]

every_filter = pytest.mark.parametrize("spec", FILTERS.values(), ids=FILTERS)
every_informed = pytest.mark.parametrize("key", INFORMED)


def unclipped(shape: tuple[int, ...], sigma: float = 0.4) -> Tensor:
    """A smooth image with noise that leaves [0, 1]."""
    generator = torch.Generator().manual_seed(sum(shape))
    coarse = torch.rand(*shape[:2], 4, 4, generator=generator)
    clean = torch.nn.functional.interpolate(coarse, shape[2:], mode="bilinear")
    return clean + sigma * torch.randn(shape, generator=generator)


def planes(images: Tensor) -> np.ndarray:
    """Every channel of every image on its own, (N * C, H, W), in double precision."""
    return images.flatten(0, 1).double().numpy()


def assert_agrees(denoised: Tensor, expected: list[np.ndarray], atol: float = 1e-6) -> None:
    """Compare with another's planes or images, limited to [0, 1]."""
    others = torch.from_numpy(np.stack(expected)).reshape(denoised.shape).clamp(0, 1).float()
    torch.testing.assert_close(denoised, others, atol=atol, rtol=0)


# Form


@every_filter
@pytest.mark.parametrize("shape", SHAPES)
def test_shape_and_type_stay_and_the_range_is_limited(
    spec: FilterSpec, shape: tuple[int, ...]
) -> None:
    noisy = unclipped(shape)
    assert noisy.min() < 0
    assert noisy.max() > 1

    denoised = spec(noisy, 0.4)

    assert denoised.shape == noisy.shape
    assert denoised.dtype == torch.float32
    assert denoised.min() >= 0
    assert denoised.max() <= 1


@pytest.mark.gpu
@every_filter
def test_the_result_is_on_the_input_s_device(spec: FilterSpec) -> None:
    noisy = unclipped((2, 1, 28, 28))

    there = spec(noisy.cuda(), torch.tensor([0.1, 0.4], device="cuda"))

    assert there.device.type == "cuda"
    assert torch.equal(there.cpu(), spec(noisy, torch.tensor([0.1, 0.4])))


@every_filter
def test_the_noisy_images_stay_as_they_are(spec: FilterSpec) -> None:
    noisy, sigma = unclipped((2, 3, 28, 28)), torch.tensor([0.0, 0.4])
    noisy_before, sigma_before = noisy.clone(), sigma.clone()

    denoised = spec(noisy, sigma)

    assert torch.equal(noisy, noisy_before)
    assert torch.equal(sigma, sigma_before)
    assert denoised.data_ptr() != noisy.data_ptr()


@every_filter
def test_the_same_input_gives_the_same_result(spec: FilterSpec) -> None:
    noisy = unclipped((2, 3, 28, 28))

    assert torch.equal(spec(noisy, 0.4), spec(noisy, 0.4))


@every_filter
@pytest.mark.parametrize("channels", [1, 3])
def test_images_of_a_batch_do_not_influence_each_other(spec: FilterSpec, channels: int) -> None:
    noisy = unclipped((5, channels, 28, 28))

    together = spec(noisy, 0.4)

    assert torch.equal(together, torch.cat([spec(image, 0.4) for image in noisy.split(1)]))


@every_filter
def test_a_sigma_for_each_image_equals_calls_with_one_sigma(spec: FilterSpec) -> None:
    noisy, sigmas = unclipped((4, 3, 28, 28)), [0.05, 0.0, 0.4, 1.0]

    together = spec(noisy, torch.tensor(sigmas))

    alone = [spec(image, sigma) for image, sigma in zip(noisy.split(1), sigmas, strict=True)]
    assert torch.equal(together, torch.cat(alone))


@every_filter
@pytest.mark.parametrize("sigma", [0.2, torch.empty(0)], ids=["number", "tensor"])
def test_an_empty_batch_stays_empty(spec: FilterSpec, sigma: float | Tensor) -> None:
    denoised = spec(torch.empty(0, 3, 28, 28), sigma)

    assert denoised.shape == (0, 3, 28, 28)
    assert denoised.dtype == torch.float32


@every_filter
@pytest.mark.parametrize("value", [0.0, 1 / (LEVELS - 1), 1.0])
@pytest.mark.parametrize("shape", [(1, 1, 28, 28), (1, 3, 11, 13)])
def test_a_flat_image_stays_flat(spec: FilterSpec, value: float, shape: tuple[int, ...]) -> None:
    flat = torch.full(shape, value)

    denoised = spec(flat, 0.2)

    torch.testing.assert_close(denoised, flat, atol=1e-6, rtol=0)


@every_filter
@pytest.mark.parametrize("sigma", [1e-45, 1e-30, 1e-7, 1e-3, 10.0, 1e30])
def test_results_are_finite_for_any_sigma(spec: FilterSpec, sigma: float) -> None:
    half_black = unclipped((1, 1, 28, 28))
    half_black[..., :14] = 0

    denoised = spec(half_black, sigma)

    assert denoised.isfinite().all()


# The noise's standard deviation


@every_informed
def test_without_noise_an_informed_filter_changes_nothing(key: str) -> None:
    noisy = unclipped((2, 3, 28, 28))

    denoised = FILTERS[key](noisy, 0.0)

    assert torch.equal(denoised, noisy.clamp(0, 1))


@every_informed
def test_with_hardly_any_noise_an_informed_filter_changes_hardly_anything(key: str) -> None:
    noisy = unclipped((1, 1, 28, 28)).clamp(0, 1)

    denoised = FILTERS[key](noisy, 1e-4)

    torch.testing.assert_close(denoised, noisy, atol=1e-3, rtol=0)


@every_informed
def test_more_noise_makes_an_informed_filter_smoother(key: str) -> None:
    noisy = unclipped((1, 3, 28, 28))

    results = [FILTERS[key](noisy, sigma) for sigma in (0.0, 0.2, 0.4, 0.8)]
    roughness = [float(result.diff().abs().mean()) for result in results]

    assert all(b < a for a, b in itertools.pairwise(roughness))


@pytest.mark.parametrize("key", UNINFORMED)
def test_an_uninformed_filter_ignores_sigma(key: str) -> None:
    noisy = unclipped((2, 3, 28, 28))

    assert torch.equal(FILTERS[key](noisy, 0.0), FILTERS[key](noisy, 1.0))


def test_exactly_the_informed_ones_say_so() -> None:
    assert [key for key, spec in FILTERS.items() if spec.informed] == INFORMED


# Strength


@every_filter
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("clip", [True, False])
def test_noise_on_a_disc_is_lowered(spec: FilterSpec, channels: int, clip: bool) -> None:
    y, x = torch.meshgrid(torch.arange(28) - 13.5, torch.arange(28) - 13.5, indexing="ij")
    clean = 0.25 + 0.5 * (y**2 + x**2 < 81).float().expand(1, channels, 28, 28)
    noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(0))
    noisy = clean + 0.2 * noise
    noisy = noisy.clamp(0, 1) if clip else noisy

    denoised = spec(noisy, 0.2)

    assert float(psnr(denoised, clean)) > float(psnr(noisy, clean)) + 1


@pytest.mark.parametrize("key", [key for key in FILTERS if key not in RANKING])
def test_noise_below_black_balances_noise_above(key: str) -> None:
    noisy = 0.3 * torch.randn(1, 1, 28, 28, generator=torch.Generator().manual_seed(0))

    with_both, above_only = FILTERS[key](noisy, 0.3), FILTERS[key](noisy.clamp(0, 1), 0.3)

    assert float(with_both.mean()) < 0.9 * float(above_only.mean())


@pytest.mark.parametrize("key", RANKING)
@pytest.mark.parametrize("impulse", [0.0, 1.0])
@pytest.mark.parametrize("place", [(14, 14), (0, 9)], ids=["inside", "border"])
def test_an_impulse_is_removed_without_trace(
    key: str, impulse: float, place: tuple[int, int]
) -> None:
    clean = torch.full((1, 3, 28, 28), 1 / (LEVELS - 1))
    noisy = clean.clone()
    noisy[0, 1, place[0], place[1]] = impulse

    assert torch.equal(FILTERS[key](noisy, 0.1), clean)


@pytest.mark.parametrize("key", ["median-3", "median-5", "bilateral", "total-variation"])
def test_an_edge_stays_where_a_mean_blurs_it(key: str) -> None:
    edge = torch.zeros(1, 1, 28, 28)
    edge[..., 14:] = 1

    error, blur = (float((FILTERS[k](edge, 0.1) - edge).abs().max()) for k in (key, "mean-3"))

    assert error < 0.1
    assert blur == pytest.approx(1 / 3, abs=1e-6)


# Symmetry


@pytest.mark.parametrize("key", [key for key in FILTERS if "majority" not in key])
def test_a_brighter_picture_gives_the_same_result_brighter(key: str) -> None:
    dim = 0.2 + 0.02 * unclipped((1, 3, 28, 28))

    dark, bright = FILTERS[key](dim, 0.01), FILTERS[key](dim + 0.5, 0.01)

    torch.testing.assert_close(bright, dark + 0.5, atol=1e-5, rtol=0)


@pytest.mark.parametrize("key", WINDOWED)
@pytest.mark.parametrize("turn", [lambda x: x.flip(-1), lambda x: x.flip(-2), lambda x: x.mT])
def test_a_mirrored_picture_gives_the_mirrored_result(key: str, turn) -> None:
    noisy = unclipped((1, 3, 19, 28))

    mirrored = FILTERS[key](turn(noisy), 0.4)

    torch.testing.assert_close(mirrored, turn(FILTERS[key](noisy, 0.4)), atol=1e-6, rtol=0)


@pytest.mark.parametrize("key", [key for key in FILTERS if key not in JOINT])
def test_channels_are_denoised_each_on_its_own(key: str) -> None:
    noisy = unclipped((2, 3, 28, 28))

    colour = FILTERS[key](noisy, 0.4)

    assert torch.equal(colour, torch.cat([FILTERS[key](c, 0.4) for c in noisy.split(1, 1)], 1))


@pytest.mark.parametrize("key", JOINT)
def test_an_edge_in_one_channel_guides_the_others(key: str) -> None:
    noisy = unclipped((1, 3, 28, 28), 0.2)
    guided = noisy.clone()
    guided[:, 0, :, 14:] += 2

    plain, with_edge = FILTERS[key](noisy, 0.2)[:, 1:], FILTERS[key](guided, 0.2)[:, 1:]

    changed = (with_edge - plain).abs().mean((0, 1, 2))  # by column
    assert changed[12:16].min() > 0.001
    assert changed[[0, 1, 26, 27]].max() < 1e-6


@every_filter
def test_a_grey_picture_in_colour_gives_the_grey_result(spec: FilterSpec) -> None:
    noisy = unclipped((1, 1, 28, 28))

    colour = spec(noisy.expand(-1, 3, -1, -1), 0.4)

    grey = spec(noisy, 0.4).expand(-1, 3, -1, -1)
    torch.testing.assert_close(colour, grey, atol=1e-5, rtol=0)


# Agreement with SciPy and scikit-image, called the plain way


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("size", [3, 5])
def test_mean_and_median_agree_with_scipy(shape: tuple[int, ...], size: int) -> None:
    noisy = unclipped(shape)

    mean, median = FILTERS[f"mean-{size}"](noisy, 0.4), FILTERS[f"median-{size}"](noisy, 0.4)

    assert_agrees(mean, [ndimage.uniform_filter(plane, size) for plane in planes(noisy)])
    assert_agrees(median, [ndimage.median_filter(plane, size) for plane in planes(noisy)])


@pytest.mark.parametrize("shape", SHAPES)
def test_gaussian_agrees_with_scipy(shape: tuple[int, ...]) -> None:
    noisy = unclipped(shape)

    denoised = FILTERS["gaussian"](noisy, 0.4)

    expected = [ndimage.gaussian_filter(plane, filters.BLUR_SIGMA) for plane in planes(noisy)]
    assert_agrees(denoised, expected)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("sigma", [0.1, 0.4])
def test_wiener_agrees_with_scipy_given_a_mirrored_border(
    shape: tuple[int, ...], sigma: float
) -> None:
    noisy = unclipped(shape)

    denoised = FILTERS["wiener"](noisy, sigma)

    padded = [np.pad(plane, 8, "symmetric") for plane in planes(noisy)]
    wiener = [signal.wiener(plane, filters.WIENER_WINDOW, sigma**2) for plane in padded]
    assert_agrees(denoised, [plane[8:-8, 8:-8] for plane in wiener])


def pictures(images: Tensor) -> tuple[list[np.ndarray], int | None]:
    """Images as scikit-image takes them, (H, W) or (H, W, C), and the axis of their channels."""
    if images.shape[1] == 1:
        return list(planes(images)), None
    return list(images.movedim(1, -1).double().numpy()), -1


def channels_first(images: list[np.ndarray]) -> list[np.ndarray]:
    return [np.moveaxis(image, -1, 0) if image.ndim == 3 else image for image in images]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("sigma", [0.1, 0.4])
def test_the_filters_from_scikit_image_agree_with_it(shape: tuple[int, ...], sigma: float) -> None:
    noisy = unclipped(shape)
    images, axis = pictures(noisy)
    weight, cutoff = filters.TV_WEIGHT * sigma, filters.NLM_CUTOFF * sigma
    patch, search, name = filters.PATCH, filters.SEARCH, filters.WAVELET

    expected = {
        "total-variation": [
            restoration.denoise_tv_chambolle(image, weight, channel_axis=axis) for image in images
        ],
        "non-local-means": [
            restoration.denoise_nl_means(
                image, patch, search, cutoff, sigma=sigma, channel_axis=axis
            )
            for image in images
        ],
        "wavelet": [
            restoration.denoise_wavelet(image, sigma, name, channel_axis=axis) for image in images
        ],
    }

    for key, others in expected.items():
        assert_agrees(FILTERS[key](noisy, sigma), channels_first(others), atol=1e-5)


def test_bilateral_agrees_with_scikit_image_where_distance_does_not_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(filters, "BILATERAL_SIGMA", 1e9)
    noisy = unclipped((2, 1, 28, 20)).clamp(0, 1)

    denoised = FILTERS["bilateral"](noisy, 0.2)

    expected = [
        restoration.denoise_bilateral(
            plane,
            filters.BILATERAL_WINDOW,
            sigma_color=filters.BILATERAL_RANGE * 0.2,
            sigma_spatial=1e9,
            mode="symmetric",
        )
        for plane in planes(noisy)
    ]
    assert_agrees(denoised, expected, atol=1e-4)  # scikit-image looks its weights up in a table


# Agreement with a plain reading of the definition


def windows(image: np.ndarray, size: int):
    """Yield each pixel's place, and the values (C, size, size) around it, borders mirrored."""
    reach = size // 2
    padded = np.pad(image, ((0, 0), (reach, reach), (reach, reach)), "symmetric")
    for y, x in np.ndindex(image.shape[1:]):
        yield y, x, padded[:, y : y + size, x : x + size]


def bilateral_by_definition(image: np.ndarray, sigma: float) -> np.ndarray:
    result, size = np.empty_like(image), filters.BILATERAL_WINDOW
    for y, x, window in windows(image, size):
        total, weights = np.zeros(len(image)), 0.0
        for i, j in np.ndindex(size, size):
            distance = math.hypot(i - size // 2, j - size // 2)
            colour = math.sqrt(np.mean((window[:, i, j] - image[:, y, x]) ** 2))
            weight = math.exp(-0.5 * (distance / filters.BILATERAL_SIGMA) ** 2)
            weight *= math.exp(-0.5 * (colour / (filters.BILATERAL_RANGE * sigma)) ** 2)
            total, weights = total + weight * window[:, i, j], weights + weight
        result[:, y, x] = total / weights
    return result


def majority_by_definition(image: np.ndarray, size: int) -> np.ndarray:
    result = np.empty_like(image)
    for y, x, window in windows(image, size):
        for channel, values in enumerate(window):
            grey = [round(min(max(value, 0), 1) * (LEVELS - 1)) for value in values.flat]
            votes = Counter(grey)
            winner = min(votes, key=lambda level: (-votes[level], level))
            result[channel, y, x] = winner / (LEVELS - 1)
    return result


@pytest.mark.parametrize("channels", [1, 3])
def test_bilateral_follows_its_definition(channels: int) -> None:
    noisy = unclipped((1, channels, 11, 13))

    denoised = FILTERS["bilateral"](noisy, 0.3)

    assert_agrees(denoised, [bilateral_by_definition(noisy[0].double().numpy(), 0.3)])


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [3, 5])
def test_majority_follows_its_definition(channels: int, size: int) -> None:
    noisy = unclipped((1, channels, 14, 11))

    denoised = FILTERS[f"majority-{size}"](noisy, 0.4)

    assert_agrees(denoised, [majority_by_definition(noisy[0].double().numpy(), size)])


@pytest.mark.parametrize("size", [3, 5])
def test_majority_agrees_with_scikit_image_away_from_the_border(size: int) -> None:
    level = torch.randint(LEVELS, (1, 1, 28, 28), generator=torch.Generator().manual_seed(0))

    denoised = FILTERS[f"majority-{size}"](level / (LEVELS - 1), 0.4)

    expected = rank.majority(level[0, 0].byte().numpy(), np.ones((size, size), np.uint8))
    inside = (denoised[0, 0] * (LEVELS - 1)).round().byte().numpy()[2:-2, 2:-2]
    assert np.array_equal(inside, expected[2:-2, 2:-2])


def test_equal_votes_go_to_the_darker_grey() -> None:
    stripes = torch.zeros(1, 1, 12, 12)
    stripes[..., 1::3], stripes[..., 2::3] = 0.5, 1.0  # every window holds three of each

    assert not FILTERS["majority-3"](stripes, 0.1)[..., 1:-1].any()


# What is refused


@every_filter
@pytest.mark.parametrize(
    ("noisy", "message"),
    [
        (torch.zeros(28, 28), r"shape \(28, 28\)"),
        (torch.zeros(1, 28, 28), r"shape \(1, 28, 28\)"),
        (torch.zeros(1, 2, 28, 28), r"shape \(1, 2, 28, 28\)"),
        (torch.zeros(1, 28, 28, 3), r"shape \(1, 28, 28, 3\)"),
        (torch.zeros(1, 1, 28, 28, dtype=torch.uint8), "torch.uint8"),
        (torch.zeros(1, 1, 28, 28, dtype=torch.float64), "torch.float64"),
        (torch.full((1, 1, 28, 28), math.nan), "NaN"),
        (torch.full((1, 3, 28, 28), math.inf), "infinity"),
    ],
)
def test_images_of_another_kind_are_refused(spec: FilterSpec, noisy: Tensor, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        spec(noisy, 0.1)


@every_filter
@pytest.mark.parametrize(
    ("sigma", "message"),
    [
        (-0.1, "sigma is -0.1"),
        (math.nan, "sigma is nan"),
        (math.inf, "sigma is inf"),
        (1e300, "sigma is 1e"),
        (torch.tensor([0.1, -0.1]), "sigma is tensor"),
        (torch.tensor([0.1, math.nan]), "sigma is tensor"),
        (torch.tensor([0.1, 0.1, 0.1]), "each of the 2 images"),
        (torch.tensor([0.1]), "each of the 2 images"),
        (torch.tensor([[0.1, 0.1]]), r"shape \(1, 2\)"),
    ],
)
def test_a_sigma_of_another_kind_is_refused(
    spec: FilterSpec, sigma: float | Tensor, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        spec(torch.zeros(2, 1, 28, 28), sigma)


# The registry


def test_the_filters_keep_their_ids_and_order() -> None:
    assert " ".join(FILTERS) == (
        "mean-3 mean-5 median-3 median-5 majority-3 majority-5 gaussian wiener bilateral "
        "total-variation non-local-means wavelet"
    )


@every_filter
def test_every_filter_is_described(spec: FilterSpec) -> None:
    assert spec.label[0].isupper()
    assert spec.lesson.endswith(".")
    assert spec.lesson.count(".") == 1
    assert spec.reference[-4:].isdigit()


def test_labels_and_lessons_differ() -> None:
    assert len({spec.label for spec in FILTERS.values()}) == len(FILTERS)
    assert len({spec.lesson for spec in FILTERS.values()}) == len(FILTERS)
