"""The losses, and a network combined with its recipe's loss."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from denoise_demo.common import lookup

Loss = Callable[..., Tensor]  # (output, target) -> the mean over the batch


@dataclass(frozen=True)
class LossSpec:
    """A loss: its name in words, its function, and the network method that gives its input."""

    label: str
    function: Loss
    output: str = "forward"


def psnr_and_spread(
    output: tuple[Tensor, Tensor], target: Tensor, *, light: float, faint: float | None = None
) -> Tensor:
    """Return a loss for high PSNR plus the misfit of the expected error.

    The first is the mean over images of ln(MSE + light), which weights all noise levels equally in
    decibels, down to a mean squared error of `light`; with `faint` also ln(MAE + faint), which
    rewards exact values. The second is the Gaussian negative log-likelihood of the detached
    errors, weighted by the variance for stability; it does not affect the denoising.

    Args:
        output: denoised images and the expected standard deviation, (N, C, H, W) each.
        target: clean images, (N, C, H, W).
        light: mean squared error below which the loss flattens.
        faint: mean absolute error below which the loss flattens; None leaves the term out.

    Reference: Seitzer et al. 2022, arXiv:2203.09168, for the weight.
    """
    denoised, spread = output
    errors = denoised - target
    squares = errors.square()
    loss = (squares.flatten(1).mean(1) + light).log().mean()
    if faint is not None:
        loss = loss + (errors.abs().flatten(1).mean(1) + faint).log().mean()
    misfit = spread.detach().square() * (spread.log() + squares.detach() / (2 * spread.square()))
    return loss + misfit.mean()


LOSSES: dict[str, LossSpec] = {
    "bce": LossSpec("binary cross-entropy", F.binary_cross_entropy_with_logits, "logits"),
    "mse": LossSpec("mean squared error", F.mse_loss),
    "l1": LossSpec("mean absolute error", F.l1_loss),
    "cross-entropy": LossSpec("cross-entropy", F.cross_entropy),
    "psnr-spread": LossSpec(
        "log squared error to 30 dB, expected error",
        partial(psnr_and_spread, light=1e-3),
        "with_spread",
    ),
    "psnr-mae-spread": LossSpec(
        "log squared and absolute error to 50 dB, expected error",
        partial(psnr_and_spread, light=1e-5, faint=3e-3),
        "with_spread",
    ),
}


class Objective(nn.Module):
    """A network with its recipe's loss: (noisy, target) -> (mean loss of the batch, output).

    With `mixed` the network computes in bfloat16; its weights and the loss stay in float32.

    Raises:
        ValueError: for an unknown loss, or one that needs a method the network lacks.
    """

    def __init__(self, module: nn.Module, loss: str, *, mixed: bool = False) -> None:
        super().__init__()
        self.module, self.spec, self.mixed = module, lookup(LOSSES, loss, "loss"), mixed
        if not hasattr(module, self.spec.output):
            raise ValueError(
                f"the loss {loss} needs a network with {self.spec.output}, which "
                f"{type(module).__name__} lacks: choose another loss or model"
            )

    def forward(self, noisy: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """Return the loss, a scalar, and the network's output (logits if the loss takes them)."""
        noisy = noisy.contiguous(memory_format=torch.channels_last)
        network = getattr(self.module, self.spec.output)
        with torch.autocast(noisy.device.type, torch.bfloat16, enabled=self.mixed):
            output = network(noisy)
        if isinstance(output, tuple):  # denoised images, expected error
            return self.spec.function(output, target), output[0]
        return self.spec.function(output.float(), target), output.float()


def has_bfloat16(device: torch.device) -> bool:
    """Return whether the device has bfloat16 in hardware; emulation is slower than float32."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return device.type == "cpu" and bool(torch.cpu._is_avx512_bf16_supported())
