"""The denoiser of photographs: a network for pictures of any size, tile by tile."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from denoise_demo.common import Lazy
from denoise_demo.denoisers import checkpoints, sessions
from denoise_demo.denoisers.devices import choose_device
from denoise_demo.networks.photos import reflected

PHOTOS = "blind-photos"
TILE = 384  # pixels a side that are kept of a tile; a multiple of GRID
GRID = 16  # pixels; the network's coarsest scale: parts that start on it agree with the whole
MARGIN = 64  # pixels around them, which the network sees too: seams stay below half a grey level
SAMPLE = 1024  # pixels a side of the part whose noise is estimated
restoration = Lazy("skimage.restoration")
Progress = Callable[[int, int], None]
Pixels = NDArray[np.uint8] | NDArray[np.uint16]


@dataclass(frozen=True)
class PhotoDenoiser:
    """The trained network for photographs, blind to the kind and the level of the noise."""

    module: nn.Module
    device: torch.device

    @torch.inference_mode()
    def __call__(self, noisy: Tensor, sigma: float | Tensor | None = None) -> Tensor:
        """Denoise (N, 1 or 3, H, W) of any size to the same shape in [0, 1]; ignores `sigma`."""
        height, width = noisy.shape[-2:]
        padded = reflected(noisy.expand(-1, 3, -1, -1), GRID).to(self.device)
        denoised = self._fastest()(padded)[..., :height, :width].to(noisy.device)
        return denoised if noisy.shape[1] == 3 else denoised.mean(1, keepdim=True)

    def _fastest(self) -> Callable[[Tensor], Tensor]:
        """Return what computes pictures whose sides are multiples of GRID."""
        if self.device.type != "cpu":
            return self.module
        example = (3, 3 * GRID, 4 * GRID)
        session = sessions.session_of(self.module, PHOTOS, example, any_size=True)
        return session or self.module

    def clean(
        self, pixels: Pixels, strength: float = 1.0, progress: Progress | None = None
    ) -> Pixels:
        """Denoise a whole picture; see `clean_tiles`."""
        return clean_tiles(self, pixels, strength, progress)


def clean_tiles(
    denoise: Callable[[Tensor, float | None], Tensor],
    pixels: Pixels,
    strength: float = 1.0,
    progress: Progress | None = None,
    sigma: float | None = None,
) -> Pixels:
    """Denoise a whole picture, tile by tile, in little memory.

    Args:
        denoise: (1, 1 or 3, H, W) and sigma -> the same shape in [0, 1].
        pixels: (H, W) or (H, W, 1 to 4), 8 or 16 bits a value; a second or fourth channel is
            the opacity, which stays as it is.
        strength: 0 for the picture as it is, 1 for the denoiser's result.
        progress: called after each tile with the number done and the number of all.
        sigma: the standard deviation of the noise, for informed filters; white is 1.

    Returns:
        Pixels of the same shape and type.
    """
    result = pixels.copy()
    colours = 3 if pixels.ndim == 3 and pixels.shape[2] >= 3 else 1
    view = result.reshape(*pixels.shape[:2], -1)[..., :colours]
    source = pixels.reshape(*pixels.shape[:2], -1)[..., :colours]
    white = float(np.iinfo(pixels.dtype).max)
    tiles = list(_tiles(*pixels.shape[:2]))
    for done, (seen, kept, inside) in enumerate(tiles, 1):
        noisy = torch.from_numpy(source[seen].astype(np.float32) / white).permute(2, 0, 1)[None]
        mixed = torch.lerp(noisy, denoise(noisy, sigma), strength)[0].permute(1, 2, 0)[inside]
        view[kept] = (mixed * white).round().numpy().astype(pixels.dtype)
        if progress:
            progress(done, len(tiles))
    return result


def estimate_sigma(pixels: Pixels) -> float:
    """Estimate the standard deviation of a picture's noise, from its middle; white is 1.

    Args:
        pixels: as for `clean_tiles`; the opacity does not count.

    Reference: Donoho and Johnstone 1994, doi:10.1093/biomet/81.3.425.
    """
    values = pixels.reshape(*pixels.shape[:2], -1)
    values = values[..., : 3 if values.shape[2] >= 3 else 1]
    top, left = (max(0, (size - SAMPLE) // 2) for size in values.shape[:2])
    sample = values[top : top + SAMPLE, left : left + SAMPLE]
    if min(sample.shape[:2]) < GRID:
        return 0.0
    found = restoration.estimate_sigma(sample, channel_axis=-1, average_sigmas=True)
    return float(np.nan_to_num(found)) / float(np.iinfo(pixels.dtype).max)


@cache
def _loaded(device: torch.device, folder: Path) -> PhotoDenoiser:
    path = checkpoints.in_its_folder(checkpoints.checkpoint_path(PHOTOS, folder))
    module = checkpoints.load(path).module.to(device)
    module = module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return PhotoDenoiser(module, device)


def load_photo_denoiser(device: str | None = None) -> PhotoDenoiser:
    """Return the denoiser of photographs, loaded once per device.

    Args:
        device: as for `choose_device`.

    Raises:
        ValueError: for a missing device.
        CheckpointError: when the weights are missing or damaged.
    """
    return _loaded(choose_device(device), checkpoints.weights_dir())


Area = tuple[slice, slice]


def _tiles(height: int, width: int) -> Iterator[tuple[Area, Area, Area]]:
    """Yield for each tile what the network sees, what is kept, and where that lies in the tile."""
    for top in range(0, height, TILE):
        for left in range(0, width, TILE):
            rows, columns = _span(top, height), _span(left, width)
            seen, kept, inside = zip(rows, columns, strict=True)
            yield seen, kept, inside


def _span(start: int, size: int) -> tuple[slice, slice, slice]:
    stop, first = min(start + TILE, size), max(0, start - MARGIN)
    inside = slice(start - first, stop - first)
    return slice(first, min(stop + MARGIN, size)), slice(start, stop), inside
