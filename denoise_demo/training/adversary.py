"""The discriminator in adversarial training."""

import torch
from torch import Tensor, nn

from denoise_demo.training.distributed import Group

LEARNING_RATE, BETAS = 0.0002, (0.5, 0.999)  # as in Isola et al.


class Adversary:
    """A discriminator with its optimiser, trained to separate clean from denoised images.

    Both losses are least squares: clean images towards 1, denoised ones towards 0.

    Reference: Mao et al. 2017, doi:10.1109/ICCV.2017.304; Isola et al. 2017.
    """

    def __init__(
        self, module: nn.Module, device: torch.device, group: Group, *, mixed: bool
    ) -> None:
        module = module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.module = module.to(device)
        self.shared = group.wrap(self.module)
        self.optimiser = torch.optim.Adam(
            self.module.parameters(), lr=LEARNING_RATE, betas=BETAS, fused=True
        )
        self.mixed = mixed

    def verdict(self, noisy: Tensor, denoised: Tensor) -> Tensor:
        """Return the adversarial loss of denoised images, a scalar: 0 if all pass for clean."""
        self.module.requires_grad_(False)
        with self._precision(noisy):
            scores: Tensor = self.module(noisy, denoised)
        return (scores.float() - 1).square().mean()

    def learn(self, noisy: Tensor, clean: Tensor, denoised: Tensor) -> None:
        """Take one step of the discriminator."""
        self.module.requires_grad_(True)
        with self._precision(noisy):
            # One forward pass, because DistributedDataParallel synchronises on each.
            images = torch.cat([clean, denoised.detach()])
            real, fake = self.shared(torch.cat([noisy, noisy]), images).float().chunk(2)
        loss = ((real - 1).square().mean() + fake.square().mean()) / 2
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()

    def _precision(self, like: Tensor) -> torch.autocast:
        return torch.autocast(like.device.type, torch.bfloat16, enabled=self.mixed)
