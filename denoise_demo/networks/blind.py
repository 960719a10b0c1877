"""The blind denoiser: a U-Net that sees the whole picture at once, and says how sure it is."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

SPREAD_LEAST = 0.01  # hardly visible
STRETCH = 1.1  # of a gate, so that it can close and open for good
FAINTEST = 2 / 255  # two grey levels, which nobody sees


class BlindUNet(nn.Module):
    """U-Net that looks at its whole 7 x 7 code at once, for noise of any kind and strength.

    The strength is nowhere given: the network reads it off the picture. As in `Pix2Pix` the
    output is gated, so that a clean picture can be left alone. Beside the denoised image stands
    the standard deviation that the network expects of its own error.

    Args:
        channels: of the image.
        widths: channels at 28 x 28, 14 x 14 and 7 x 7.
        rounds: how often the code is thought over.

    Reference: Ronneberger et al. 2015, doi:10.1007/978-3-319-24574-4_28; Vaswani et al. 2017,
    arXiv:1706.03762; for the deviation Nix and Weigend 1994, doi:10.1109/ICNN.1994.374138.
    """

    def __init__(self, channels: int, widths: tuple[int, int, int], rounds: int) -> None:
        super().__init__()
        fine, middle, coarse = widths
        self.stem = nn.Conv2d(channels, fine, 3, padding=1)
        self.encode1 = Residual(fine)
        self.down1 = nn.Conv2d(fine, middle, 2, stride=2)
        self.encode2 = Residual(middle)
        self.down2 = nn.Conv2d(middle, coarse, 2, stride=2)
        self.places = nn.Parameter(torch.zeros(49, coarse))
        self.context = nn.Sequential(
            *(block(coarse) for _ in range(rounds) for block in (Local, Attention, Dense))
        )
        self.up2 = nn.Conv2d(coarse, 4 * middle, 1)
        self.decode2 = Residual(middle)
        self.up1 = nn.Conv2d(middle, 4 * fine, 1)
        self.decode1: nn.Module = Residual(fine)
        self.output = nn.Conv2d(fine, 2 * channels, 3, padding=1)
        self.spread = nn.Sequential(
            nn.Conv2d(fine + 2 * channels, 16, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(16, channels, 3, padding=1),
        )

    def forward(self, noisy: Tensor) -> Tensor:
        """Return the denoised images, (N, C, 28, 28) in [0, 1]."""
        return self._mean(self._features(noisy), noisy)

    def with_spread(self, noisy: Tensor) -> tuple[Tensor, Tensor]:
        """Return the denoised images and the standard deviation of their error, (N, C, 28, 28).

        The deviation learns from what the denoising has learnt, and teaches it nothing.
        """
        features = self._features(noisy)
        denoised = self._mean(features, noisy)
        seen = torch.cat([features, noisy.clamp(0, 1), denoised], 1)
        return denoised, F.softplus(self.spread(seen.detach()).float()) + SPREAD_LEAST

    def _features(self, noisy: Tensor) -> Tensor:
        fine = self.encode1(self.stem(noisy))  # (N, fine, 28, 28)
        middle = self.encode2(self.down1(fine))  # (N, middle, 14, 14)
        coarse = self.down2(middle)  # (N, coarse, 7, 7)
        tokens = self.context(coarse.flatten(2).transpose(1, 2) + self.places)  # (N, 49, coarse)
        coarse = tokens.transpose(1, 2).reshape(coarse.shape)
        middle = self.decode2(middle + F.pixel_shuffle(self.up2(coarse), 2))
        fine = self.decode1(fine + F.pixel_shuffle(self.up1(middle), 2))  # (N, fine, 28, 28)
        return F.relu(fine)

    def _mean(self, features: Tensor, noisy: Tensor) -> Tensor:
        """Mix what is painted anew with the input; kept values stay exact in full precision."""
        paint, gate = self.output(features).float().sigmoid().chunk(2, 1)
        kept = noisy.clamp(0, 1)
        return kept + gate * (paint - kept)  # type: ignore[no-any-return]


class BlindCorrection(BlindUNet):
    """Blind U-Net that gives what to add to a picture, gated, and sees where specks may be.

    It starts by changing nothing, so the gate need not close before there is anything to paint.
    More blocks at full size follow the code, when the noise is known; beside them the output sees
    which values are at 0 or 1 or beyond, so that it can mend one channel and spare the others.
    Once trained it leaves out corrections below FAINTEST: what was right stays exactly as it was.

    Args:
        channels: of the image.
        widths: channels at 28 x 28, 14 x 14 and 7 x 7.
        rounds: how often the code is thought over.
        blocks: residual blocks at full size after the code.

    Reference: Zhang et al. 2017, doi:10.1109/TIP.2017.2662206, for learning the difference;
    Louizos et al. 2018, arXiv:1712.01312, for the stretched gate.
    """

    def __init__(
        self, channels: int, widths: tuple[int, int, int], rounds: int, blocks: int
    ) -> None:
        super().__init__(channels, widths, rounds)
        fine = widths[0]
        self.decode1 = nn.Sequential(*(Residual(fine) for _ in range(blocks)))
        self.output = nn.Conv2d(fine + 2 * channels, 2 * channels, 3, padding=1)
        with torch.no_grad():
            for parameter in self.output.parameters():
                parameter[:channels] = 0

    def _mean(self, features: Tensor, noisy: Tensor) -> Tensor:
        """Add the correction; in training values beyond 0 and 1 must still feel their error."""
        ends = torch.cat([noisy <= 0, noisy >= 1], 1).to(features.dtype)
        difference, gate = self.output(torch.cat([features, ends], 1)).float().chunk(2, 1)
        gate = (STRETCH * (gate.sigmoid() - 0.5) + 0.5).clamp(0, 1)
        kept, correction = noisy.clamp(0, 1), gate * difference
        if self.training:
            return kept + correction  # type: ignore[no-any-return]
        return (kept + correction * (correction.abs() >= FAINTEST)).clamp(0, 1)  # type: ignore[no-any-return]


class Residual(nn.Module):
    """Two normalised 3x3 convolutions added to what they were given; at first they add nothing."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.convolution1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm1: Any = nn.BatchNorm2d(channels)
        self.convolution2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm2: Any = nn.BatchNorm2d(channels)
        nn.init.zeros_(self.norm2.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Return (N, channels, H, W)."""
        inner = self.norm1(self.convolution1(x)).relu()
        return x + self.norm2(self.convolution2(inner))  # type: ignore[no-any-return]

    def fold(self) -> None:
        """Take the normalisation into the convolutions, for good: what is learnt stays the same."""
        self.convolution1 = fuse_conv_bn_eval(self.convolution1, self.norm1)
        self.convolution2 = fuse_conv_bn_eval(self.convolution2, self.norm2)
        self.norm1, self.norm2 = nn.Identity(), nn.Identity()


class Attention(nn.Module):
    """Transformer block: every token looks at every other, then each is thought over alone."""

    HEADS = 4

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(channels)
        self.query_key_value = nn.Linear(channels, 3 * channels)
        self.project = nn.Linear(channels, channels)
        self.norm2 = nn.LayerNorm(channels)
        self.expand = nn.Linear(channels, 2 * channels)
        self.shrink = nn.Linear(2 * channels, channels)
        nn.init.zeros_(self.project.weight)
        nn.init.zeros_(self.shrink.weight)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return (N, tokens, channels)."""
        shape = (*tokens.shape[:2], 3, self.HEADS, tokens.shape[2] // self.HEADS)
        mixed = self.query_key_value(self.norm1(tokens)).view(shape)
        query, key, value = mixed.permute(2, 0, 3, 1, 4)  # (N, heads, tokens, channels of a head)
        # Written out: on a processor, torch's fused attention takes longer to train.
        weights = (query @ key.transpose(-1, -2) * query.shape[-1] ** -0.5).softmax(-1)
        looked = (weights.to(value.dtype) @ value).transpose(1, 2).flatten(2)
        tokens = tokens + self.project(looked)
        return tokens + self.shrink(F.gelu(self.expand(self.norm2(tokens))))  # type: ignore[no-any-return]


class Local(nn.Module):
    """Residual convolutions on the tokens' 7 x 7 places."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.residual = Residual(channels)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return (N, tokens, channels)."""
        code = tokens.transpose(1, 2).reshape(len(tokens), -1, 7, 7)
        return self.residual(code).flatten(2).transpose(1, 2)  # type: ignore[no-any-return]


class Dense(nn.Module):
    """Dense layers over all tokens at once, squeezed before: what belongs where in a picture."""

    def __init__(self, channels: int, squeezed: int = 24, hidden: int = 256) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        self.squeeze = nn.Linear(channels, squeezed)
        self.encode = nn.Linear(49 * squeezed, hidden)
        self.decode = nn.Linear(hidden, 49 * squeezed)
        self.expand = nn.Linear(squeezed, channels)
        nn.init.zeros_(self.expand.weight)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return (N, tokens, channels)."""
        whole = F.gelu(self.encode(self.squeeze(self.norm(tokens)).flatten(1)))  # (N, hidden)
        places = F.gelu(self.decode(whole)).view(len(tokens), 49, -1)
        return tokens + self.expand(places)  # type: ignore[no-any-return]
