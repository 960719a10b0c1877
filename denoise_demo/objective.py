"""What a training minimises: a network with its recipe's loss."""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Loss = Callable[[Tensor, Tensor], Tensor]
LOSSES: dict[str, Loss] = {
    "bce": F.binary_cross_entropy_with_logits,
    "mse": F.mse_loss,
    "l1": F.l1_loss,
    "cross-entropy": F.cross_entropy,
}


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
        network: Any = self.module.logits if self.loss == "bce" else self.module
        with torch.autocast(noisy.device.type, torch.bfloat16, enabled=self.mixed):
            output: Tensor = network(noisy).float()
        return LOSSES[self.loss](output, target), output


def has_bfloat16(device: torch.device) -> bool:
    """Whether the device computes in bfloat16 itself; imitated, it is slower than float32."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return device.type == "cpu" and bool(torch.cpu._is_avx512_bf16_supported())
