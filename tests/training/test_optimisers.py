"""Optimisers by name: Muon's orthogonal steps, and the parameters that each trains."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from denoise_demo.denoisers import RECIPES
from denoise_demo.networks import build
from denoise_demo.training import OPTIMISERS, optimisers_of
from denoise_demo.training.optimisers import Muon, OptimiserSpec, is_matrix, orthogonalised

SHAPES = [(30, 30), (20, 70), (70, 20)]


def problem(shape: tuple[int, ...]) -> nn.Parameter:
    return nn.Parameter(torch.randn(shape, generator=torch.Generator().manual_seed(0)))


def descend(weight: nn.Parameter, optimiser: torch.optim.Optimizer, steps: int) -> None:
    """Take steps along unrelated gradients, so that the momentum matters."""
    generator = torch.Generator().manual_seed(2)
    for _ in range(steps):
        weight.grad = torch.randn(weight.shape, generator=generator)
        optimiser.step()


@pytest.mark.parametrize("shape", SHAPES)
def test_an_orthogonalised_matrix_has_nearly_equal_singular_values(shape):
    left, values, right = torch.linalg.svd(problem(shape).detach(), full_matrices=False)
    matrix = left @ torch.diag(values + 1) @ right

    orthogonal = orthogonalised(matrix)

    along = left.T @ orthogonal @ right.T
    assert torch.allclose(along, torch.diag(along.diag()), atol=1e-4)
    assert 0.6 < float(along.diag().min()) <= float(along.diag().max()) < 1.3
    assert torch.allclose(orthogonalised(1e4 * matrix), orthogonal, atol=1e-5)


def test_a_zero_gradient_gives_no_step():
    assert torch.equal(orthogonalised(torch.zeros(20, 30)), torch.zeros(20, 30))


@pytest.mark.skipif(not hasattr(torch.optim, "Muon"), reason="torch before 2.9 has no Muon")
@pytest.mark.parametrize("shape", SHAPES)
def test_steps_agree_with_torch(shape):
    ours, theirs, other = problem(shape), problem(shape), problem(shape)
    reference = torch.optim.Muon(
        [theirs], 0.01, weight_decay=0, adjust_lr_fn="match_rms_adamw", nesterov=True
    )

    descend(ours, Muon([ours], 0.01, precision=torch.bfloat16), 30)
    descend(other, Muon([other], 0.01, momentum=0.9, precision=torch.bfloat16), 30)
    descend(theirs, reference, 30)

    with torch.no_grad():
        way = float((theirs - problem(shape)).norm())
        assert float((ours - theirs).norm()) < 0.05 * way
        assert float((other - theirs).norm()) > 0.1 * way


def test_a_kernel_is_treated_as_a_matrix_in_any_memory_format():
    kernel, matrix = problem((16, 4, 3, 3)), nn.Parameter(problem((16, 4, 3, 3)).flatten(1).data)
    last = nn.Parameter(problem((16, 4, 3, 3)).data.contiguous(memory_format=torch.channels_last))

    for weight in (kernel, matrix, last):
        descend(weight, Muon([weight], 0.01), 3)

    assert torch.allclose(kernel.flatten(1), matrix, atol=1e-5)
    assert torch.allclose(kernel, last, atol=1e-5)


@pytest.mark.parametrize("size", [16, 256])
def test_steps_have_the_size_of_adams(size):
    weight = problem((size, 3 * size))
    before = weight.detach().clone()

    descend(weight, Muon([weight], 0.01), 1)

    assert float((weight.detach() - before).square().mean().sqrt()) == pytest.approx(0.002, rel=0.3)


@pytest.mark.parametrize("name", OPTIMISERS)
def test_every_parameter_is_trained_by_one_optimiser_at_the_recipes_rate(name):
    recipe = replace(RECIPES["blind-digits"], optimiser=name, optimiser_settings={"lr": 0.5})
    module = build(recipe.model)

    optimisers = optimisers_of(recipe, module, mixed=False)

    trained = {key: each.param_groups[0]["params"] for key, each in optimisers.items()}
    assert {each.param_groups[0]["lr"] for each in optimisers.values()} == {0.5}
    assert sorted(id(p) for each in trained.values() for p in each) == sorted(
        map(id, module.parameters())
    )
    if name == "Muon":
        assert all(is_matrix(p) for p in trained["muon"])
        assert not any(is_matrix(p) for p in trained["optimiser"])
    else:
        assert type(optimisers["optimiser"]) is getattr(torch.optim, name)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"optimiser": "Muon", "optimiser_settings": {"lr": 0.1}}, "no matrix for Muon"),
        ({"optimiser": "Adamant"}, "unknown optimiser 'Adamant'; choose one of: Adam, AdamW"),
        ({"optimiser_settings": {"lr": 0.1, "momentum": 0.9}}, "setting of Adam 'momentum'.*betas"),
        ({"optimiser_settings": {"lr": -1.0}}, "Invalid learning rate"),
        ({"optimiser_settings": {"lr": 0.1, "betas": 0.9}}, "Adam does not take .*betas"),
    ],
)
def test_settings_that_do_not_fit_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        optimisers_of(replace(RECIPES["dense-8"], **changes), build("dense-8"), mixed=False)


def test_a_new_optimiser_is_found_by_its_name(monkeypatch):
    monkeypatch.setitem(OPTIMISERS, "Toy", OptimiserSpec("Toy", torch.optim.Adagrad))
    recipe = replace(RECIPES["dense-8"], optimiser="Toy", optimiser_settings={"lr": 0.1})

    (optimiser,) = optimisers_of(recipe, build("dense-8"), mixed=False).values()

    assert isinstance(optimiser, torch.optim.Adagrad)
