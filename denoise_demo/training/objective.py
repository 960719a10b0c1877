"""What a training minimises: a network with its recipe's loss."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from denoise_demo.denoisers import SPREADING

Loss = Callable[[Any, Tensor], Tensor]


def psnr_and_spread(
    output: tuple[Tensor, Tensor], target: Tensor, *, light: float, faint: float | None = None
) -> Tensor:
    """Return how low the PSNR of (N, C, H, W) images is, plus how ill the spread fits the errors.

    The first is the mean of ln(MSE + light), so that noises count alike in decibels but for those
    whose mean squared error is below `light`; with `faint` plus that of ln(MAE + faint), for
    which a value that was right must stay exactly as it was. The second is the errors' Gaussian
    negative log-likelihood, weighted by the variance lest a surprise in a sure place upset the
    training; none of it reaches the images.

    Reference: Seitzer et al. 2022, arXiv:2203.09168, for the weight.
    """
    denoised, spread = output
    errors = denoised - target
    squares = errors.square()
    lowness = (squares.flatten(1).mean(1) + light).log().mean()
    if faint is not None:
        lowness = lowness + (errors.abs().flatten(1).mean(1) + faint).log().mean()
    misfit = spread.detach().square() * (spread.log() + squares.detach() / (2 * spread.square()))
    return lowness + misfit.mean()


LOSSES: dict[str, Loss] = {
    "bce": F.binary_cross_entropy_with_logits,
    "mse": F.mse_loss,
    "l1": F.l1_loss,
    "cross-entropy": F.cross_entropy,
    "psnr-spread": partial(psnr_and_spread, light=1e-3),  # 30 dB
    "psnr-mae-spread": partial(psnr_and_spread, light=1e-5, faint=3e-3),  # 50 dB
}
# What a loss is of, where not of the images.
OUTPUTS = {"bce": "logits", **dict.fromkeys(SPREADING, "with_spread")}


class Objective(nn.Module):
    """A network with its recipe's loss: (noisy, target) -> the batch's mean loss, and output.

    Cross-entropies are taken on logits. With `mixed` the network computes in bfloat16; its weights
    and the loss stay in float32.
    """

    def __init__(self, module: nn.Module, loss: str, *, mixed: bool = False) -> None:
        super().__init__()
        self.module, self.loss, self.mixed = module, loss, mixed

    def forward(self, noisy: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """Return the loss, a single number, and what the network gave, before any sigmoid."""
        noisy = noisy.contiguous(memory_format=torch.channels_last)
        network = getattr(self.module, OUTPUTS.get(self.loss, "forward"))
        with torch.autocast(noisy.device.type, torch.bfloat16, enabled=self.mixed):
            output = network(noisy)
        if isinstance(output, tuple):  # the images, and the spread of their errors
            return LOSSES[self.loss](output, target), output[0]
        return LOSSES[self.loss](output.float(), target), output.float()


def has_bfloat16(device: torch.device) -> bool:
    """Whether the device computes in bfloat16 itself; imitated, it is slower than float32."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return device.type == "cpu" and bool(torch.cpu._is_avx512_bf16_supported())
