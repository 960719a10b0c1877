"""pix2pix: a U-Net generator with a gated output, and its patch discriminator."""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Pix2Pix(nn.Module):
    """U-Net generator whose output is blended with its input by a gate for each value.

    The image is padded to 32 x 32 and halved by strided convolutions, once for each width after
    the first; skip connections join the encoder to the decoder at every size.

    Args:
        widths: channels at 32 x 32, 16 x 16 and so on.

    Reference: Isola et al. 2017, doi:10.1109/CVPR.2017.632; Ronneberger et al. 2015,
    doi:10.1007/978-3-319-24574-4_28.
    """

    def __init__(self, widths: tuple[int, ...]) -> None:
        super().__init__()
        self.stem = _block(nn.Conv2d(3, widths[0], 3, padding=1, bias=False))
        self.down = nn.ModuleList(
            _block(nn.Conv2d(wide, deep, 4, stride=2, padding=1, bias=False))
            for wide, deep in pairwise(widths)
        )
        self.up = nn.ModuleList(
            _block(nn.ConvTranspose2d(deep, wide, 4, stride=2, padding=1, bias=False))
            for wide, deep in pairwise(widths)
        )
        self.merge = nn.ModuleList(
            _block(nn.Conv2d(2 * wide, wide, 3, padding=1, bias=False)) for wide in widths[:-1]
        )
        self.output = nn.Conv2d(widths[0], 6, 3, padding=1)

    def forward(self, noisy: Tensor) -> Tensor:
        """Return the denoised images, (N, 3, 28, 28) in [0, 1]."""
        x = self.stem(F.pad(noisy, (2, 2, 2, 2), mode="reflect"))  # (N, widths[0], 32, 32)
        skips = []
        for down in self.down:
            skips.append(x)
            x = down(x)  # half the size
        for up, merge, skip in zip(
            reversed(self.up), reversed(self.merge), reversed(skips), strict=True
        ):
            x = merge(torch.cat([up(x), skip], 1))  # twice the size
        # In float32, because values that the gate keeps must stay exact.
        proposal, gate = self.output(x)[..., 2:-2, 2:-2].float().sigmoid().chunk(2, 1)
        kept = noisy.clamp(0, 1)
        return kept + gate * (proposal - kept)  # type: ignore[no-any-return]


class PatchDiscriminator(nn.Module):
    """Score each patch of an image as clean or denoised, given the noisy input.

    Each of the 7 x 7 scores has a receptive field of 18 x 18 pixels.

    Reference: Isola et al. 2017, doi:10.1109/CVPR.2017.632.
    """

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(6, width, 4, stride=2, padding=1),  # 14 x 14
            nn.LeakyReLU(0.2),
            nn.Conv2d(width, 2 * width, 4, stride=2, padding=1),  # 7 x 7
            nn.LeakyReLU(0.2),
            nn.Conv2d(2 * width, 1, 3, padding=1),
        )

    def forward(self, noisy: Tensor, image: Tensor) -> Tensor:
        """Return the scores, (N, 1, 7, 7), trained to be 1 for clean and 0 for denoised images."""
        return self.layers(torch.cat([noisy, image], 1))  # type: ignore[no-any-return]


def _block(convolution: nn.Conv2d | nn.ConvTranspose2d) -> nn.Sequential:
    return nn.Sequential(convolution, nn.BatchNorm2d(convolution.out_channels), nn.LeakyReLU(0.2))
