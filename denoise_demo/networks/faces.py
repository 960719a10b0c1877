"""The networks for colour faces: a strided autoencoder, and pix2pix with its discriminator."""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class StridedConv(nn.Module):
    """Convolutional autoencoder with a code of 100 numbers for a colour image of 28 x 28.

    Strides of two halve the image, padded below and to the right only; the dense code is linear.

    Reference: the article "Autoencoders - remocao de ruidos", 2020.
    """

    def __init__(self) -> None:
        super().__init__()
        self.encode1 = nn.Conv2d(3, 32, 3, stride=2)
        self.norm1 = _norm(32)
        self.encode2 = nn.Conv2d(32, 64, 3, stride=2)
        self.norm2 = _norm(64)
        self.code = nn.Linear(64 * 7 * 7, 100)
        self.decode = nn.Linear(100, 64 * 7 * 7)
        self.decode1 = nn.ConvTranspose2d(64, 64, 3, stride=2)
        self.norm3 = _norm(64)
        self.decode2 = nn.ConvTranspose2d(64, 32, 3, stride=2)
        self.norm4 = _norm(32)
        self.output = nn.ConvTranspose2d(32, 3, 3, padding=1)

    def encode(self, noisy: Tensor) -> Tensor:
        """Return the code, (N, 100)."""
        x = self.norm1(_leaky(self.encode1(F.pad(noisy, (0, 1, 0, 1)))))  # (N, 32, 14, 14)
        x = self.norm2(_leaky(self.encode2(F.pad(x, (0, 1, 0, 1)))))  # (N, 64, 7, 7)
        return self.code(x.flatten(1))  # type: ignore[no-any-return]

    def logits(self, noisy: Tensor) -> Tensor:
        """Return the values before the sigmoid, (N, 3, 28, 28)."""
        x = self.decode(self.encode(noisy)).view(-1, 64, 7, 7)
        x = self.norm3(_leaky(self.decode1(x)[..., :-1, :-1]))  # (N, 64, 14, 14)
        x = self.norm4(_leaky(self.decode2(x)[..., :-1, :-1]))  # (N, 32, 28, 28)
        return self.output(x)  # type: ignore[no-any-return]

    def forward(self, noisy: Tensor) -> Tensor:
        """Return the denoised images, (N, 3, 28, 28) in [0, 1]."""
        return self.logits(noisy).sigmoid()


class Pix2Pix(nn.Module):
    """U-Net generator whose output is gated: each value is kept, or painted anew, or mixed.

    The image is padded to 32 x 32 and halved by strides of two, once for every width but the
    first; each size is handed across to the way back.

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
        across = []
        for down in self.down:
            across.append(x)
            x = down(x)  # half the size
        for up, merge, skip in zip(
            reversed(self.up), reversed(self.merge), reversed(across), strict=True
        ):
            x = merge(torch.cat([up(x), skip], 1))  # twice the size
        # Kept values must stay exact, so the mix is computed in full precision.
        paint, gate = self.output(x)[..., 2:-2, 2:-2].float().sigmoid().chunk(2, 1)
        kept = noisy.clamp(0, 1)
        return kept + gate * (paint - kept)  # type: ignore[no-any-return]


class PatchDiscriminator(nn.Module):
    """Judge for every patch of a pair (noisy, image) whether the image is a real one.

    Each of its 7 x 7 verdicts sees 18 x 18 pixels.

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
        """Return the verdicts, (N, 1, 7, 7), trained towards 1 for real images and 0 for others."""
        return self.layers(torch.cat([noisy, image], 1))  # type: ignore[no-any-return]


def _norm(channels: int) -> nn.BatchNorm2d:
    """Return batch normalisation with Keras's constants."""
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)


def _leaky(x: Tensor) -> Tensor:
    return F.leaky_relu(x, 0.2)


def _block(convolution: nn.Conv2d | nn.ConvTranspose2d) -> nn.Sequential:
    return nn.Sequential(convolution, nn.BatchNorm2d(convolution.out_channels), nn.LeakyReLU(0.2))
