"""The blind denoisers: U-Nets with global context that also estimate their own error."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

SPREAD_MINIMUM = 0.01  # the smallest expected error, white being 1; hardly visible
GATE_STRETCH = 1.1  # lets a gate reach 0 and 1 exactly
CORRECTION_MINIMUM = 2 / 255  # two grey levels: invisible


class BlindUNet(nn.Module):
    """U-Net with global context at 7 x 7, for noise of unknown kind and level.

    The output is a gated blend with the input, as in `Pix2Pix`, so that a clean image can pass
    unchanged. A second head estimates the standard deviation of the error.

    Args:
        channels: of the image.
        widths: channels at 28 x 28, 14 x 14 and 7 x 7.
        rounds: number of context rounds.

    Reference: Ronneberger et al. 2015, doi:10.1007/978-3-319-24574-4_28; Vaswani et al. 2017,
    arXiv:1706.03762; for the error estimate Nix and Weigend 1994, doi:10.1109/ICNN.1994.374138.
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
            *(block(coarse) for _ in range(rounds) for block in (Local, Attention, DenseMixer))
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

        It is computed from detached features, so that its loss does not affect the denoising.
        """
        features = self._features(noisy)
        denoised = self._mean(features, noisy)
        seen = torch.cat([features, noisy.clamp(0, 1), denoised], 1)
        return denoised, F.softplus(self.spread(seen.detach()).float()) + SPREAD_MINIMUM

    def _features(self, noisy: Tensor) -> Tensor:
        fine = self.encode1(self.stem(noisy))  # (N, fine, 28, 28)
        middle = self.encode2(self.down1(fine))  # (N, middle, 14, 14)
        coarse = self.down2(middle)  # (N, coarse, 7, 7)
        tokens = self.context(coarse.flatten(2).transpose(1, 2) + self.places)  # (N, 49, coarse)
        coarse = torch.unflatten(tokens.transpose(1, 2), 2, (7, 7))
        middle = self.decode2(middle + F.pixel_shuffle(self.up2(coarse), 2))
        fine = self.decode1(fine + F.pixel_shuffle(self.up1(middle), 2))  # (N, fine, 28, 28)
        return F.relu(fine)

    def _mean(self, features: Tensor, noisy: Tensor) -> Tensor:
        """Blend a proposal with the input, in float32 because kept values must stay exact."""
        proposal, gate = self.output(features).float().sigmoid().chunk(2, 1)
        kept = noisy.clamp(0, 1)
        return kept + gate * (proposal - kept)  # type: ignore[no-any-return]


class BlindCorrection(BlindUNet):
    """Blind U-Net that outputs a gated correction to add to the input.

    It is initialised as the identity. The output layer also sees which values are saturated (at or
    beyond 0 or 1), so that it can repair one channel of a pixel and keep the others. In eval mode
    corrections below CORRECTION_MINIMUM are dropped, so that correct values stay exact.

    Args:
        channels: of the image.
        widths: channels at 28 x 28, 14 x 14 and 7 x 7.
        rounds: number of context rounds.
        blocks: residual blocks at full resolution, after the context.

    Reference: Zhang et al. 2017, doi:10.1109/TIP.2017.2662206, for residual learning;
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
        """Add the correction; unclipped in training, where a clamp would block the gradient."""
        saturated = torch.cat([noisy <= 0, noisy >= 1], 1).to(features.dtype)
        difference, gate = self.output(torch.cat([features, saturated], 1)).float().chunk(2, 1)
        gate = (GATE_STRETCH * (gate.sigmoid() - 0.5) + 0.5).clamp(0, 1)
        kept, correction = noisy.clamp(0, 1), gate * difference
        if self.training:
            return kept + correction  # type: ignore[no-any-return]
        return (kept + correction * (correction.abs() >= CORRECTION_MINIMUM)).clamp(0, 1)  # type: ignore[no-any-return]


class Residual(nn.Module):
    """Two 3x3 convolutions with batch norm and a skip connection; initialised as the identity."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.convolution1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm1: nn.Module = nn.BatchNorm2d(channels)
        self.convolution2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        norm2 = nn.BatchNorm2d(channels)
        nn.init.zeros_(norm2.weight)
        self.norm2: nn.Module = norm2

    def forward(self, x: Tensor) -> Tensor:
        """Return (N, channels, H, W)."""
        inner = self.norm1(self.convolution1(x)).relu()
        return x + self.norm2(self.convolution2(inner))  # type: ignore[no-any-return]

    def fold(self) -> None:
        """Fold the batch norm into the convolutions, for inference only; outputs stay the same."""
        self.convolution1 = fuse_conv_bn_eval(self.convolution1, self.norm1)  # type: ignore[arg-type]
        self.convolution2 = fuse_conv_bn_eval(self.convolution2, self.norm2)  # type: ignore[arg-type]
        self.norm1, self.norm2 = nn.Identity(), nn.Identity()


class Attention(nn.Module):
    """Transformer block: self-attention, then a feed-forward layer for each token."""

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
        mixed = torch.unflatten(self.query_key_value(self.norm1(tokens)), 2, (3, self.HEADS, -1))
        query, key, value = mixed.permute(2, 0, 3, 1, 4)  # (N, heads, tokens, channels of a head)
        # Not scaled_dot_product_attention, which trains more slowly on a CPU.
        weights = (query @ key.transpose(-1, -2) * query.shape[-1] ** -0.5).softmax(-1)
        attended = (weights.to(value.dtype) @ value).transpose(1, 2).flatten(2)
        tokens = tokens + self.project(attended)
        return tokens + self.shrink(F.gelu(self.expand(self.norm2(tokens))))  # type: ignore[no-any-return]


class Local(nn.Module):
    """Residual block on the tokens laid out as 7 x 7."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.residual = Residual(channels)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return (N, tokens, channels)."""
        code = torch.unflatten(tokens.transpose(1, 2), 2, (7, 7))
        return self.residual(code).flatten(2).transpose(1, 2)  # type: ignore[no-any-return]


class DenseMixer(nn.Module):
    """Dense layers across all tokens, each token first squeezed to a few channels."""

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
        hidden = F.gelu(self.encode(self.squeeze(self.norm(tokens)).flatten(1)))  # (N, hidden)
        mixed = torch.unflatten(F.gelu(self.decode(hidden)), 1, (49, -1))
        return tokens + self.expand(mixed)  # type: ignore[no-any-return]
