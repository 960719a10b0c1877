"""Classical filters, which need no training.

Each takes a batch `(N, C, H, W)` and the standard deviation of its noise, (N,), which only informed
filters use. Inputs may exceed [0, 1]: clipping would bias the mean of the noise. At the borders
the image is reflected, `d c b a | a b c d`, as in SciPy.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from denoise_demo.common import Lazy, brief

Array = NDArray[np.float64]
FilterFunction = Callable[[Array, Array], Array]
ndimage, restoration = Lazy("scipy.ndimage"), Lazy("skimage.restoration")

# Each value was chosen by mean PSNR on 200 MNIST training digits under four corruptions: Gaussian
# noise of sigma 0.1, 0.316 and 0.5, clipped, and blur 0.5 with uniform noise of r 0.8; ties were
# decided on a colour face.
LEVELS = 5  # greys in a vote: with more, noisy values rarely agree; with two, shades are lost
BLUR_SIGMA = 0.7  # pixels
WIENER_WINDOW = 3  # pixels per side
BILATERAL_WINDOW, BILATERAL_SIGMA = 5, 1.5  # pixels per side, pixels
BILATERAL_RANGE = 2.0  # times the noise's standard deviation
TV_WEIGHT = 0.5  # times the noise's standard deviation
PATCH, SEARCH = 5, 5  # pixels per side, pixels in each direction
NLM_CUTOFF = 0.4  # times the noise's standard deviation
WAVELET = "db2"


@dataclass(frozen=True)
class FilterSpec:
    """A classical filter: its function, label, lesson and reference."""

    label: str
    function: FilterFunction
    lesson: str
    reference: str
    informed: bool = False  # uses the noise's standard deviation
    slow: bool = False  # takes several milliseconds for one image of 28 x 28 in strong noise

    def __call__(self, noisy: Tensor, sigma: float | Tensor | None = None) -> Tensor:
        """Denoise a batch.

        Args:
            noisy: (N, C, H, W) float32, grey or colour; may exceed [0, 1].
            sigma: the noise's standard deviation, white being 1: one number or (N,). Informed
                filters need it, others ignore it.

        Returns:
            (N, C, H, W) float32 in [0, 1]; an informed filter keeps images of sigma 0 unchanged.

        Raises:
            ValueError: for images or a sigma of the wrong type, shape or value.
        """
        if sigma is None and self.informed:
            raise ValueError(
                f"sigma is missing: give the {self.label} filter the noise's standard deviation"
            )
        sigmas = _checked_sigmas(noisy, 0.0 if sigma is None else sigma)
        images = noisy.detach().cpu().double().numpy()
        todo = sigmas > 0 if self.informed else np.full(len(images), True)
        if todo.any():
            images[todo] = self.function(images[todo], sigmas[todo])
        return torch.from_numpy(images).clamp_(0, 1).to(noisy)


def mean(noisy: Array, sigma: Array, size: int) -> Array:
    """Average each window of size x size pixels.

    Reference: Gonzalez and Woods 2018, Digital Image Processing, chapter 5.
    """
    return np.asarray(ndimage.uniform_filter(noisy, (1, 1, size, size)))


def median(noisy: Array, sigma: Array, size: int) -> Array:
    """Take the median of each window.

    Reference: Huang et al. 1979, doi:10.1109/TASSP.1979.1163188.
    """
    return np.asarray(ndimage.median_filter(noisy, (1, 1, size, size)))


def majority(noisy: Array, sigma: Array, size: int) -> Array:
    """Round to a few greys and take each window's most frequent; the darkest in a tie.

    Reference: Davies 1988, Pattern Recognition Letters 7, pages 87-97.
    """
    level = np.rint(noisy.clip(0, 1) * (LEVELS - 1))
    ballots = (level == np.arange(LEVELS).reshape(-1, 1, 1, 1, 1)).astype(np.uint8)
    by_row = ndimage.correlate1d(ballots, np.ones(size), axis=-1)
    votes = ndimage.correlate1d(by_row, np.ones(size), axis=-2)  # (LEVELS, N, C, H, W)
    return np.asarray(votes.argmax(0) / (LEVELS - 1))


def gaussian(noisy: Array, sigma: Array) -> Array:
    """Average with weights exp(-d^2 / 2 b^2) at distance d, with b = BLUR_SIGMA.

    Reference: Marr and Hildreth 1980, doi:10.1098/rspb.1980.0020.
    """
    return np.asarray(ndimage.gaussian_filter(noisy, (0, 0, BLUR_SIGMA, BLUR_SIGMA)))


def wiener(noisy: Array, sigma: Array) -> Array:
    """Shrink towards the local mean: m + max(v - sigma^2, 0) / v * (y - m), v the local variance.

    Not scipy.signal.wiener, which pads with black and divides by zero.

    Reference: Lee 1980, doi:10.1109/TPAMI.1980.4766994.
    """
    power = sigma.reshape(-1, 1, 1, 1) ** 2
    average = mean(noisy, sigma, WIENER_WINDOW)
    variance = mean(noisy**2, sigma, WIENER_WINDOW) - average**2
    gain: Array = 1 - power / np.maximum(variance, power)
    return average + gain * (noisy - average)


def bilateral(noisy: Array, sigma: Array) -> Array:
    """Average with weights exp(-d^2 / 2 b^2 - c^2 / 2 r^2) at distance d and colour difference c.

    c^2 is the mean over channels, r = BILATERAL_RANGE * sigma. Not skimage's denoise_bilateral,
    which misplaces the distance weights (version 0.26).

    Reference: Tomasi and Manduchi 1998, doi:10.1109/ICCV.1998.710815.
    """
    reach = BILATERAL_WINDOW // 2
    padded = np.pad(noisy, ((0, 0), (0, 0), (reach, reach), (reach, reach)), "symmetric")
    colour_scale = (BILATERAL_RANGE * sigma.reshape(-1, 1, 1, 1)) ** 2
    height, width = noisy.shape[-2:]
    total, weights = np.zeros_like(noisy), np.zeros_like(noisy[:, :1])
    for y, x in np.ndindex(BILATERAL_WINDOW, BILATERAL_WINDOW):
        neighbour = padded[..., y : y + height, x : x + width]
        distance = ((y - reach) ** 2 + (x - reach) ** 2) / BILATERAL_SIGMA**2
        colour = ((neighbour - noisy) ** 2).mean(1, keepdims=True) / colour_scale
        weight = np.exp(-(distance + colour) / 2)  # (N, 1, H, W)
        total += weight * neighbour
        weights += weight
    return total / weights


def total_variation(noisy: Array, sigma: Array) -> Array:
    """Return the u that minimises |u - y|^2 / 2 + w * sum |grad u|, with w = TV_WEIGHT * sigma.

    Reference: Chambolle 2004, doi:10.1023/B:JMIV.0000011325.36760.1e.
    """
    return _one_by_one(restoration.denoise_tv_chambolle, noisy, weight=TV_WEIGHT * sigma)


def non_local_means(noisy: Array, sigma: Array) -> Array:
    """Average nearby pixels, weighted by the similarity of the patches around them.

    The weight is exp(-max(d^2 - 2 sigma^2, 0) / h^2) for patches whose mean squared difference is
    d^2, with h = NLM_CUTOFF * sigma.

    Reference: Buades et al. 2005, doi:10.1109/CVPR.2005.38.
    """
    function = partial(restoration.denoise_nl_means, patch_size=PATCH, patch_distance=SEARCH)
    return _one_by_one(function, noisy, h=NLM_CUTOFF * sigma, sigma=sigma)


def wavelet(noisy: Array, sigma: Array) -> Array:
    """Soft-threshold wavelet coefficients at sigma^2 / s, s being the clean band's deviation.

    Reference: Chang et al. 2000, doi:10.1109/83.862633.
    """
    function = partial(restoration.denoise_wavelet, wavelet=WAVELET)
    return _one_by_one(function, noisy, sigma=sigma)


def _checked_sigmas(noisy: Tensor, sigma: float | Tensor) -> Array:
    """Return one standard deviation for each image, (N,), after checking the arguments."""
    if noisy.ndim != 4 or noisy.shape[1] not in (1, 3) or noisy.dtype != torch.float32:
        raise ValueError(
            f"the images are {noisy.dtype} of shape {tuple(noisy.shape)}: "
            "give torch.float32 of shape (N, C, H, W), C being 1 (grey) or 3 (colour)"
        )
    if not noisy.isfinite().all():
        raise ValueError("the images hold NaN or infinity: give finite values")
    sigmas = torch.as_tensor(sigma, dtype=torch.float32, device="cpu")
    if sigmas.shape not in ((), (len(noisy),)):
        raise ValueError(
            f"sigma has shape {tuple(sigmas.shape)}: "
            f"give one number, or one for each of the {len(noisy)} images"
        )
    if not (sigmas.isfinite() & (sigmas >= 0)).all():
        raise ValueError(f"sigma is {brief(sigma)}: give a finite standard deviation, 0 or more")
    return sigmas.expand(len(noisy)).double().numpy()


def _one_by_one(function: Callable[..., Array], noisy: Array, **levels: Array) -> Array:
    """Call a function of scikit-image image by image, each with its own levels."""
    images = np.moveaxis(noisy, 1, -1)  # (N, H, W, C)
    denoised = [
        function(image, channel_axis=-1, **{name: level[i] for name, level in levels.items()})
        for i, image in enumerate(images)
    ]
    # Some functions drop the axis of a single channel.
    return np.moveaxis(np.reshape(denoised, images.shape), -1, 1)


FILTERS: dict[str, FilterSpec] = {
    "mean-3": FilterSpec(
        "Mean 3 × 3", partial(mean, size=3), reference="Gonzalez and Woods 2018",
        lesson="Averaging nine pixels leaves a third of the noise, but blurs every edge.",
    ),
    "mean-5": FilterSpec(
        "Mean 5 × 5", partial(mean, size=5), reference="Gonzalez and Woods 2018",
        lesson="Averaging 25 pixels leaves a fifth of the noise, but blurs thin strokes away.",
    ),
    "median-3": FilterSpec(
        "Median 3 × 3", partial(median, size=3), reference="Huang et al. 1979",
        lesson="It ignores outliers and keeps edges: it removes salt & pepper, and fine lines too.",
    ),
    "median-5": FilterSpec(
        "Median 5 × 5", partial(median, size=5), reference="Huang et al. 1979",
        lesson="It removes dense salt & pepper, but thin strokes as well.",
    ),
    "majority-3": FilterSpec(
        "Majority 3 × 3", partial(majority, size=3), reference="Davies 1988",
        lesson="Each pixel takes the most frequent grey around it: good for black and white only.",
    ),
    "majority-5": FilterSpec(
        "Majority 5 × 5", partial(majority, size=5), reference="Davies 1988",
        lesson="A larger window cleans flat regions better, but the background replaces strokes.",
    ),
    "gaussian": FilterSpec(
        "Gaussian", gaussian, reference="Marr and Hildreth 1980",
        lesson="Near pixels weigh more than far ones: gentler than a mean, but it blurs edges too.",
    ),
    "wiener": FilterSpec(
        "Wiener", wiener, reference="Lee 1980", informed=True,
        lesson="It averages flat regions and keeps edges, so the noise at the edges remains.",
    ),
    "bilateral": FilterSpec(
        "Bilateral", bilateral, reference="Tomasi and Manduchi 1998", informed=True,
        lesson="It averages similar colours, so edges stay sharp until noise hides them.",
    ),
    "total-variation": FilterSpec(
        "Total variation", total_variation, reference="Chambolle 2004", informed=True, slow=True,
        lesson="It minimises differences between neighbours: clean and sharp, but patchy on faces.",
    ),
    "non-local-means": FilterSpec(
        "Non-local means", non_local_means, reference="Buades et al. 2005", informed=True,
        lesson="It averages similar patches: excellent in weak noise, blurred in strong noise.",
    ),
    "wavelet": FilterSpec(
        "Wavelet", wavelet, reference="Chang et al. 2000", informed=True,
        lesson="It treats weak fine details as noise and shrinks them; coarse noise remains.",
    ),
}  # fmt: skip
