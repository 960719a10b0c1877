"""The optimisers by name: torch's own, and Muon for matrices.

torch's own Muon (2.9 and later) does not take the kernels of convolutions.
"""

import inspect
import math
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from denoise_demo.common import JsonObject, lookup
from denoise_demo.denoisers import Recipe

MATRIX_MINIMUM = 16  # smallest number of rows and columns worth orthogonalising
QUINTIC = (3.4445, -4.7750, 2.0315)  # steepest at 0, where most singular values start
ITERATIONS = 5
ADAM_SIZE = 0.2  # root mean square of Adam's steps, relative to the learning rate
# Arguments that affect how torch computes, not the result.
IMPLEMENTATION = {
    *("params", "parameters", "precision"),
    *("foreach", "maximize", "capturable", "differentiable", "fused"),
}


class Muon(torch.optim.Optimizer):
    """Momentum with orthogonalised steps, which move every direction of a matrix equally.

    The steps have the size of Adam's, so that one learning rate serves both.

    Args:
        parameters: matrices, and kernels, which are treated as (out, in x height x width).
        lr: learning rate.
        momentum: decay of the running mean of the gradients.
        precision: of the orthogonalisation.

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
        """Take one optimisation step."""
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
    """Approximate U V^T of a matrix U S V^T; most singular values become 0.7 to 1.2.

    Newton-Schulz iteration with Jordan's polynomial, which is fast but does not converge.
    """
    first, third, fifth = QUINTIC
    tall = len(matrix) > matrix.shape[1]
    wide: Tensor = matrix.T if tall else matrix
    wide = wide / (wide.norm() + 1e-7)
    for _ in range(ITERATIONS):
        squares = wide @ wide.T
        wide = first * wide + (third * squares + fifth * squares @ squares) @ wide
    return wide.T if tall else wide


def is_matrix(parameter: Tensor) -> bool:
    """Return whether a parameter, kernels flattened, is a matrix of at least 16 x 16."""
    return parameter.ndim > 1 and min(parameter.flatten(1).shape) >= MATRIX_MINIMUM


@dataclass(frozen=True)
class OptimiserSpec:
    """An optimiser: its name in words, and its class."""

    label: str
    kind: type[torch.optim.Optimizer]

    @property
    def settings(self) -> list[str]:
        """The names of its settings."""
        return [key for key in inspect.signature(self.kind).parameters if key not in IMPLEMENTATION]


def optimisers_of(
    recipe: Recipe, module: nn.Module, *, mixed: bool
) -> dict[str, torch.optim.Optimizer]:
    """Return the optimisers of a network by name; with Muon, Adam trains what is not a matrix.

    Raises:
        ValueError: for an unknown optimiser, an unknown or invalid setting, or a network without
            matrices for Muon.
    """
    spec = lookup(OPTIMISERS, recipe.optimiser, "optimiser")
    settings: JsonObject = dict(recipe.optimiser_settings)
    for name in settings:
        lookup(dict.fromkeys(spec.settings), name, f"setting of {recipe.optimiser}")
    try:
        if spec.kind is Muon:
            return _muon_and_adam(settings, module, mixed=mixed)
        # The fused Adam is faster, and the shipped weights were trained with it.
        settings |= {"fused": True} if spec.kind is torch.optim.Adam else {}
        return {"optimiser": spec.kind(module.parameters(), **settings)}
    except TypeError as error:
        raise ValueError(f"{recipe.optimiser} does not take {settings}: {error}") from error


def _muon_and_adam(
    settings: JsonObject, module: nn.Module, *, mixed: bool
) -> dict[str, torch.optim.Optimizer]:
    matrices = [parameter for parameter in module.parameters() if is_matrix(parameter)]
    if not matrices:
        raise ValueError("the network has no matrix for Muon: choose Adam")
    others = (parameter for parameter in module.parameters() if not is_matrix(parameter))
    precision = torch.bfloat16 if mixed else torch.float32
    return {
        "optimiser": torch.optim.Adam(others, lr=settings["lr"], fused=True),
        "muon": Muon(matrices, **settings, precision=precision),
    }


OPTIMISERS: dict[str, OptimiserSpec] = {
    "Adam": OptimiserSpec("Adam", torch.optim.Adam),
    "AdamW": OptimiserSpec("AdamW", torch.optim.AdamW),
    "RMSprop": OptimiserSpec("RMSprop", torch.optim.RMSprop),
    "SGD": OptimiserSpec("SGD", torch.optim.SGD),
    "Muon": OptimiserSpec("Muon for matrices and kernels, Adam for the rest", Muon),
}
