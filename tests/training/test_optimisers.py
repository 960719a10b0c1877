from dataclasses import replace

import pytest
import torch
from torch import nn

from denoise_demo.denoisers.recipes import RECIPES
from denoise_demo.networks.models import build
from denoise_demo.training.optimisers import Muon, is_matrix, optimisers_of, orthogonalised


def problem(shape: tuple[int, ...]) -> nn.Parameter:
    return nn.Parameter(torch.randn(shape, generator=torch.Generator().manual_seed(0)))


def descend(weight: nn.Parameter, optimiser: torch.optim.Optimizer, steps: int) -> None:
    """Along gradients that have nothing to do with each other, so that the momentum counts."""
    generator = torch.Generator().manual_seed(2)
    for _ in range(steps):
        weight.grad = torch.randn(weight.shape, generator=generator)
        optimiser.step()


@pytest.mark.parametrize("shape", [(30, 30), (20, 70), (70, 20)])
def test_every_direction_of_an_orthogonalised_matrix_counts_about_alike(
    shape: tuple[int, int],
) -> None:
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    left, values, right = torch.linalg.svd(matrix, full_matrices=False)
    matrix = left @ torch.diag(values + 1) @ right

    orthogonal = orthogonalised(matrix)

    seen = torch.linalg.svdvals(orthogonal)
    assert 0.6 < float(seen.min()) <= float(seen.max()) < 1.3
    along = left.T @ orthogonal @ right.T
    assert torch.allclose(along, torch.diag(along.diag()), atol=1e-4)


def test_the_size_of_a_matrix_does_not_change_what_is_orthogonalised() -> None:
    matrix = problem((20, 30)).detach()

    assert torch.allclose(orthogonalised(1e4 * matrix), orthogonalised(matrix), atol=1e-5)


def test_nothing_to_learn_changes_nothing() -> None:
    assert torch.equal(orthogonalised(torch.zeros(20, 30)), torch.zeros(20, 30))


@pytest.mark.skipif(not hasattr(torch.optim, "Muon"), reason="torch before 2.9 has no Muon")
@pytest.mark.parametrize("shape", [(30, 30), (20, 70), (70, 20)])
def test_steps_are_those_of_torch(shape: tuple[int, int]) -> None:
    ours, theirs, other = problem(shape), problem(shape), problem(shape)

    descend(ours, Muon([ours], 0.01, precision=torch.bfloat16), 30)
    descend(other, Muon([other], 0.01, momentum=0.9, precision=torch.bfloat16), 30)
    reference = torch.optim.Muon(
        [theirs], 0.01, weight_decay=0, adjust_lr_fn="match_rms_adamw", nesterov=True
    )
    descend(theirs, reference, 30)

    with torch.no_grad():
        off, away = (float((each - theirs).norm()) for each in (ours, other))
        way = float((theirs - problem(shape)).norm())
    assert off < 0.05 * way
    assert away > 0.1 * way


def test_a_kernel_is_taken_as_a_matrix_in_any_memory_format() -> None:
    kernel, matrix = problem((16, 4, 3, 3)), nn.Parameter(problem((16, 4, 3, 3)).flatten(1).data)
    last = nn.Parameter(problem((16, 4, 3, 3)).data.contiguous(memory_format=torch.channels_last))

    for weight in (kernel, matrix, last):
        descend(weight, Muon([weight], 0.01), 3)

    assert torch.allclose(kernel.flatten(1), matrix, atol=1e-5)
    assert torch.allclose(kernel, last, atol=1e-5)


@pytest.mark.parametrize("size", [16, 64, 256])
def test_steps_are_as_large_as_adams(size: int) -> None:
    weight = problem((size, 3 * size))
    before = weight.detach().clone()
    descend(weight, Muon([weight], 0.01), 1)

    assert float((weight.detach() - before).square().mean().sqrt()) == pytest.approx(0.002, rel=0.3)


def test_every_parameter_is_learnt_by_one_optimiser() -> None:
    recipe = replace(RECIPES["blind-digits"], optimiser="Muon")
    module = build(recipe.model)

    optimisers = optimisers_of(recipe, module, mixed=False)

    learnt = {
        name: [p for group in optimiser.param_groups for p in group["params"]]
        for name, optimiser in optimisers.items()
    }
    assert learnt.keys() == {"optimiser", "muon"}
    assert all(is_matrix(p) for p in learnt["muon"])
    assert not any(is_matrix(p) for p in learnt["optimiser"])
    everything = sorted(id(p) for each in learnt.values() for p in each)
    assert everything == sorted(id(p) for p in module.parameters())
    assert sum(p.numel() for p in learnt["muon"]) > 0.9 * sum(
        p.numel() for p in module.parameters()
    )


def test_muon_on_a_network_without_matrices_is_refused() -> None:
    recipe = replace(RECIPES["dense-8"], optimiser="Muon")

    with pytest.raises(ValueError, match="dense-8 has no matrix"):
        optimisers_of(recipe, build(recipe.model), mixed=False)


@pytest.mark.parametrize("name", ["Adam", "RMSprop", "SGD"])
def test_optimisers_of_torch_learn_everything(name: str) -> None:
    recipe = replace(RECIPES["dense-8"], optimiser=name, settings={"lr": 0.5})
    module = build(recipe.model)

    (optimiser,) = optimisers_of(recipe, module, mixed=False).values()

    assert type(optimiser) is getattr(torch.optim, name)
    assert optimiser.param_groups[0]["lr"] == 0.5
    assert len(optimiser.param_groups[0]["params"]) == len([*module.parameters()])
