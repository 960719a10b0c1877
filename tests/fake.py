"""A device that is not the CPU, without having one: tensors that have a device but no values.

PyTorch's fake tensors refuse to mix devices. A CPU build cannot slice them on a device named
"cuda", so they are on "lazy" here, another one that is not the CPU. Whatever depends on values
cannot run.
"""

import torch
from torch import Tensor, nn

DEVICE = torch.device("lazy", 0)


def moved(module: nn.Module) -> nn.Module:
    """Replace a module's parameters and buffers by fake ones; only in a FakeTensorMode."""
    for part in module.modules():
        for store in (part._parameters, part._buffers):
            for name, tensor in store.items():
                if tensor is not None:
                    fake = torch.empty(tensor.shape, dtype=tensor.dtype, device=DEVICE)
                    store[name] = nn.Parameter(fake) if store is part._parameters else fake
    return module


def images(count: int, *shape: int) -> Tensor:
    return torch.empty(count, *shape, device=DEVICE)
