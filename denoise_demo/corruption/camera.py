"""What a camera leaves in a photograph: noise spread by demosaicing, then JPEG compression."""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from denoise_demo.corruption.blur import gaussian_blur

Range = tuple[float, float]
BLOCK = 8  # pixels of a JPEG block
# Annex K of the JPEG standard (ITU-T T.81): steps of the cosine coefficients at quality 50.
LUMA = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
CHROMA = (
    (17, 18, 24, 47, 99, 99, 99, 99),
    (18, 21, 26, 66, 99, 99, 99, 99),
    (24, 26, 56, 99, 99, 99, 99, 99),
    (47, 66, 99, 99, 99, 99, 99, 99),
    *((99,) * 8,) * 4,
)
TO_YCC = (
    (0.299, 0.587, 0.114),
    (-0.168736, -0.331264, 0.5),
    (0.5, -0.418688, -0.081312),
)


@dataclass(frozen=True)
class Camera:
    """Noise of a colour mosaic, interpolated, smoothed, clipped, then JPEG; all drawn per image.

    Attributes:
        level: standard deviation on each sensor pixel at white; half of the variance is constant
            and half grows with brightness.
        smooth: standard deviation, in pixels, of a blur of the noise alone.
        quality: of JPEG, 1 to 100.
    """

    level: Range
    smooth: Range = (0.0, 1.0)
    quality: Range = (40.0, 99.0)
    clip: bool = True

    def __call__(self, clean: Tensor, generator: torch.Generator) -> Tensor:
        """Corrupt a batch (N, 3, H, W)."""
        return self.measured(clean, generator)[0]

    def measured(self, clean: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Return the corrupted batch and the standard deviation of its error, (N,)."""
        level, smooth, quality = (
            low + (high - low) * torch.rand(len(clean), generator=generator, device=clean.device)
            for low, high in (self.level, self.smooth, self.quality)
        )
        field = torch.randn(clean.shape, generator=generator, device=clean.device)
        spread = level.view(-1, 1, 1, 1) * (0.5 + 0.5 * clean).sqrt()
        noise = gaussian_blur(demosaiced(field * spread), smooth)
        grid = torch.randint(BLOCK, (2,), generator=generator, device=generator.device).tolist()
        exposed = (clean + noise).clamp(0, 1).roll(grid, (-2, -1))  # a crop starts anywhere
        noisy = jpeg(exposed, quality).roll([-place for place in grid], (-2, -1))
        return noisy, (noisy - clean).flatten(1).square().mean(1).sqrt()

    def covers(self, kind: str, level: float, blur_sigma: float) -> bool:
        """Return whether a noise of the page is included: none is."""
        return False

    def describe(self) -> str:
        """Return the corruption in words, for tables and cards."""
        low, high = self.level
        return f"camera noise, sigma {low:g} to {high:g}, demosaiced, JPEG"


def demosaiced(image: Tensor) -> Tensor:
    """Keep one colour of each pixel, in a Bayer pattern, and interpolate the others bilinearly."""
    height, width = image.shape[-2:]
    rows = torch.arange(height, device=image.device).view(-1, 1) % 2
    columns = torch.arange(width, device=image.device) % 2
    red, blue = (1 - rows) * (1 - columns), rows * columns
    mask = torch.stack([red, 1 - red - blue, blue]).to(image.dtype)
    kernel = image.new_tensor([[1, 2, 1], [2, 4, 2], [1, 2, 1]]).expand(3, 1, 3, 3)
    kept = F.conv2d(image * mask, kernel, padding=1, groups=3)
    return kept / F.conv2d(mask.unsqueeze(0), kernel, padding=1, groups=3)


def jpeg(image: Tensor, quality: Tensor) -> Tensor:
    """Compress and decompress as baseline JPEG does, chroma halved, but with float colours.

    Args:
        image: (N, 3, H, W) in [0, 1].
        quality: (N,), 1 to 100, as libjpeg counts it.

    Returns:
        (N, 3, H, W) in [0, 1].

    Reference: Wallace 1992, doi:10.1109/30.125072.
    """
    height, width = image.shape[-2:]
    scale = torch.where(quality < 50, 50 / quality, 2 - quality / 50).view(-1, 1, 1, 1, 1, 1)
    to_ycc = image.new_tensor(TO_YCC)
    padded = F.pad(image, (0, -width % 16, 0, -height % 16), "replicate") * 255
    ycc = torch.einsum("dc,nchw->ndhw", to_ycc, padded)
    luma = _quantised(ycc[:, :1] - 128, scale, LUMA) + 128
    halved = _quantised(F.avg_pool2d(ycc[:, 1:], 2), scale, CHROMA)
    chroma = F.interpolate(halved, scale_factor=2, mode="bilinear", align_corners=False)
    rgb = torch.einsum("dc,nchw->ndhw", to_ycc.inverse(), torch.cat([luma, chroma], 1))
    return (rgb[..., :height, :width] / 255).clamp(0, 1)


def _quantised(plane: Tensor, scale: Tensor, table: tuple[tuple[int, ...], ...]) -> Tensor:
    """Round the cosine coefficients of every 8 x 8 block of planes (N, C, H, W)."""
    steps = (plane.new_tensor(table) * scale).round().clamp(1, 255)  # (N, 1, 1, 1, 8, 8)
    cosines = _cosines().to(plane)
    *planes, height, width = plane.shape
    tiles = plane.reshape(*planes, height // BLOCK, BLOCK, width // BLOCK, BLOCK).transpose(-2, -3)
    coefficients = cosines @ tiles @ cosines.T  # (N, C, H / 8, W / 8, 8, 8)
    rounded = (coefficients / steps).round() * steps
    restored: Tensor = cosines.T @ rounded @ cosines
    return restored.transpose(-2, -3).reshape(plane.shape)


def _cosines() -> Tensor:
    """Return the matrix of the orthonormal discrete cosine transform (DCT-II) of 8 values."""
    place = torch.arange(BLOCK)
    matrix = torch.cos(math.pi / BLOCK * (place + 0.5) * place.view(-1, 1)) * math.sqrt(2 / BLOCK)
    matrix[0] /= math.sqrt(2)
    return matrix
