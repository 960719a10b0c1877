"""Optimisers by name: torch's own, and Muon, which learns in every direction alike.

The Muon of torch 2.9 and later takes no kernels of convolutions.
"""

import math
from collections.abc import Iterable

import torch
from torch import Tensor, nn

from denoise_demo.denoisers import Recipe

LEAST = 16  # rows and columns that make a matrix worth orthogonalising
QUINTIC = (3.4445, -4.7750, 2.0315)  # its steepest at 0, where most singular values start
ITERATIONS = 5
ADAM_SIZE = 0.2  # root mean square of Adam's steps, as a share of the learning rate


class Muon(torch.optim.Optimizer):
    """Momentum, made orthogonal: no direction of a matrix is learnt at the cost of another.

    Its steps are as large as Adam's, so that one learning rate serves both.

    Args:
        parameters: matrices, and kernels, which are taken as (out, in x height x width).
        lr: learning rate.
        momentum: what the mean of the gradients keeps of itself at every step.
        precision: of the arithmetic that orthogonalises.

    Reference: Jordan et al. 2024, https://kellerjordan.github.io/posts/muon; Liu et al. 2025,
    arXiv:2502.16982, for the size of the steps.
    """

    def __init__(
        self,
        parameters: Iterable[nn.Parameter],
        lr: float,
        momentum: float = 0.95,
        precision: torch.dtype = torch.float32,
    ) -> None:
        super().__init__(parameters, {"lr": lr, "momentum": momentum})
        self.precision = precision

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Take one step along every gradient."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if (gradient := parameter.grad) is None:
                    continue
                state = self.state[parameter]
                if "momentum" not in state:
                    state["momentum"] = torch.zeros_like(parameter)
                mean = state["momentum"].lerp_(gradient, 1 - group["momentum"])
                ahead = gradient.lerp(mean, group["momentum"]).flatten(1)
                step = orthogonalised(ahead.to(self.precision)).to(parameter.dtype)
                size = ADAM_SIZE * math.sqrt(max(ahead.shape))
                parameter.sub_(step.view(parameter.shape), alpha=group["lr"] * size)


def orthogonalised(matrix: Tensor) -> Tensor:
    """Return about U V^T of a matrix U S V^T: singular values of 0.7 to 1.2, most of them.

    Newton and Schulz's iteration with Jordan's polynomial, that gains speed by not converging.
    """
    first, third, fifth = QUINTIC
    tall = len(matrix) > matrix.shape[1]
    wide: Tensor = matrix.T if tall else matrix
    wide = wide / (wide.norm() + 1e-7)
    for _ in range(ITERATIONS):
        squares = wide @ wide.T
        wide = first * wide + (third * squares + fifth * squares @ squares) @ wide
    return wide.T if tall else wide


def optimisers_of(
    recipe: Recipe, module: nn.Module, *, mixed: bool
) -> dict[str, torch.optim.Optimizer]:
    """Return the optimisers of a network by name; beside Muon, Adam learns what is no matrix.

    Raises:
        ValueError: when Muon finds no matrix to learn.
    """
    if recipe.optimiser != "Muon":
        return {"optimiser": _from_torch(recipe.optimiser, recipe, module.parameters())}
    precision = torch.bfloat16 if mixed else torch.float32
    matrices = [parameter for parameter in module.parameters() if is_matrix(parameter)]
    if not matrices:
        raise ValueError(f"{recipe.id} has no matrix that Muon could learn: choose Adam")
    others = (parameter for parameter in module.parameters() if not is_matrix(parameter))
    return {
        "optimiser": _from_torch("Adam", recipe, others),
        "muon": Muon(matrices, recipe.settings["lr"], precision=precision),
    }


def is_matrix(parameter: Tensor) -> bool:
    """Whether a parameter, its kernels laid flat, is a matrix of at least 16 rows and columns."""
    return parameter.ndim > 1 and min(parameter.flatten(1).shape) >= LEAST


def _from_torch(
    name: str, recipe: Recipe, parameters: Iterable[nn.Parameter]
) -> torch.optim.Optimizer:
    fused = {"fused": True} if name == "Adam" else {}
    optimiser: torch.optim.Optimizer = getattr(torch.optim, name)(
        parameters, **recipe.settings, **fused
    )
    return optimiser
