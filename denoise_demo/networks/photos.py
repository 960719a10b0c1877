"""The blind denoiser of photographs: a residual U-Net for pictures of any size."""

from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class PhotoUNet(nn.Module):
    """U-Net of plain residual blocks on 2 x 2 unshuffled pixels; adds a correction to its input.

    Fully convolutional: no layer sees the whole picture, so that tiles agree with the whole. It is
    initialised as the identity. Grey pictures pass as three equal channels.

    Args:
        widths: channels at 1/2, 1/4, 1/8, ... of the picture's resolution.
        encode: residual blocks on the way down, for each scale but the last.
        middle: residual blocks at the last scale.
        decode: residual blocks on the way up, for each scale but the last, finest first.
        bias: whether convolutions add one; without, a brighter noise is cleaned in proportion.

    Reference: Ronneberger et al. 2015, doi:10.1007/978-3-319-24574-4_28; Zhang et al. 2018,
    doi:10.1109/TIP.2018.2839891, for the unshuffled pixels; Zhang et al. 2017,
    doi:10.1109/TIP.2017.2662206, for residual learning; Mohan et al. 2020, arXiv:1906.05478,
    for networks without biases.
    """

    def __init__(
        self,
        widths: Sequence[int],
        encode: Sequence[int],
        middle: int,
        decode: Sequence[int],
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        pairs = list(pairwise(widths))
        self.multiple = 2 ** len(widths)
        self.stem = nn.Conv2d(12, widths[0], 3, padding=1)
        self.encode = nn.ModuleList(blocks(w, n) for w, n in zip(widths, encode, strict=False))
        self.down = nn.ModuleList(nn.Conv2d(fine, coarse, 2, stride=2) for fine, coarse in pairs)
        self.middle = blocks(widths[-1], middle)
        self.up = nn.ModuleList(nn.Conv2d(coarse, 4 * fine, 1) for fine, coarse in pairs)
        self.decode = nn.ModuleList(blocks(w, n) for w, n in zip(widths, decode, strict=False))
        self.output = nn.Conv2d(widths[0], 12, 3, padding=1)
        nn.init.zeros_(self.output.weight)
        nn.init.zeros_(self.output.bias)  # type: ignore[arg-type]
        if not bias:
            for part in self.modules():
                if isinstance(part, nn.Conv2d):
                    part.bias = None

    def forward(self, noisy: Tensor) -> Tensor:
        """Return the denoised pictures, (N, 3, H, W); in eval mode in [0, 1]."""
        height, width = noisy.shape[-2:]
        padded = reflected(noisy, self.multiple)
        features = self.stem(F.pixel_unshuffle(padded, 2))  # (N, widths[0], H / 2, W / 2)
        skips = []
        for encode, down in zip(self.encode, self.down, strict=True):
            features = encode(features)
            skips.append(features)
            features = down(features)
        features = self.middle(features)
        for decode, up, skip in zip(
            reversed(self.decode), reversed(self.up), reversed(skips), strict=True
        ):
            features = decode(skip + F.pixel_shuffle(up(features), 2))
        correction = F.pixel_shuffle(self.output(features), 2)[..., :height, :width]
        denoised = noisy + correction.float()
        # A clamp would block the gradient in training.
        return denoised if self.training else denoised.clamp(0, 1)


class PlainResidual(nn.Module):
    """Two 3x3 convolutions with a skip connection and no norm; initialised as the identity."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.convolution1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.convolution2 = nn.Conv2d(channels, channels, 3, padding=1)
        nn.init.zeros_(self.convolution2.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Return (N, channels, H, W)."""
        return x + self.convolution2(self.convolution1(x).relu())  # type: ignore[no-any-return]


def blocks(channels: int, count: int) -> nn.Sequential:
    """Return a sequence of residual blocks."""
    return nn.Sequential(*(PlainResidual(channels) for _ in range(count)))


def reflected(image: Tensor, multiple: int) -> Tensor:
    """Extend the height and width to a multiple by mirroring: a b c | c b a.

    Unlike `torch.nn.functional.pad` it takes pictures smaller than the extension.
    """
    for axis in (-2, -1):
        size = image.shape[axis]
        if size % multiple:
            place = torch.arange(-(-size // multiple) * multiple, device=image.device)
            place = place.remainder(2 * size)
            image = image.index_select(axis, torch.minimum(place, 2 * size - 1 - place))
    return image
