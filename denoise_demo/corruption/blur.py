"""Gaussian blur of a batch, with one sigma for all images or one per image."""

from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

Level = float | Tensor

BLUR_TRUNCATE = 4.0  # the kernel ends after this many standard deviations, as in SciPy
BLUR_MAXIMUM = 4.0  # pixels; the slider's maximum


def gaussian_blur(image: Tensor, sigma: Level) -> Tensor:
    """Blur each channel with a Gaussian, as scipy.ndimage.gaussian_filter does.

    Borders are reflected and the kernel is cut at four standard deviations. Rows and columns take
    one batched matrix product each, because sigma may differ between images.

    Args:
        image: (N, C, H, W).
        sigma: standard deviation in pixels, one number or (N,).

    Returns:
        (N, C, H, W).
    """
    if not isinstance(sigma, Tensor):
        if not sigma:
            return image
        rows, columns = (_kept_matrix(float(sigma), size).to(image) for size in image.shape[-2:])
        return rows @ image @ columns.T
    sigmas = sigma.to(image).reshape(-1)
    if not bool(sigmas.any()):
        return image
    rows = _blur_matrix(sigmas, image.shape[-2]).unsqueeze(1)  # (N or 1, 1, H, H)
    columns = _blur_matrix(sigmas, image.shape[-1]).unsqueeze(1)  # (N or 1, 1, W, W)
    return rows @ image @ columns.transpose(-1, -2)


@lru_cache(maxsize=64)
def _kept_matrix(sigma: float, size: int) -> Tensor:
    """Return the matrix of one sigma, (size, size), which on the page seldom changes."""
    return _blur_matrix(torch.tensor([sigma]), size)[0]


def _blur_matrix(sigmas: Tensor, size: int) -> Tensor:
    """Return Gaussian weights reflected at the borders: (N,) -> (N, size, size)."""
    radii = (BLUR_TRUNCATE * sigmas + 0.5).floor()
    reach = int(radii.max())
    taps = torch.arange(-reach, reach + 1, device=sigmas.device)
    weights = torch.exp(-0.5 * (taps / sigmas.clamp_min(1e-6).unsqueeze(1)) ** 2)
    weights = weights.masked_fill(taps.abs() > radii.unsqueeze(1), 0.0)
    weights = weights / weights.sum(1, keepdim=True)  # (N, taps)
    position = torch.arange(size, device=sigmas.device).unsqueeze(1) + taps  # (size, taps)
    folded = position.remainder(2 * size)
    folded = torch.minimum(folded, 2 * size - 1 - folded)  # d c b a | a b c d | d c b a
    picks = F.one_hot(folded, size).to(sigmas.dtype)  # (size, taps, size)
    return torch.einsum("nt,itj->nij", weights, picks)
