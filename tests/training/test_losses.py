"""The losses and schedules: inputs, values, and refused combinations."""

import pytest
import torch
import torch.nn.functional as F
from torch.optim.lr_scheduler import OneCycleLR

from denoise_demo.denoisers import RECIPES
from denoise_demo.networks import MODELS, BlindUNet, build
from denoise_demo.training import LOSSES, SCHEDULES, has_bfloat16, one_cycle
from denoise_demo.training.objective import LossSpec, Objective, psnr_and_spread
from denoise_demo.training.schedules import START, WARM_UP


@pytest.fixture
def noisy(generator):
    return torch.rand(6, 1, 28, 28, generator=generator)


@pytest.mark.parametrize(
    ("loss", "model", "function"),
    [
        ("bce", "conv-pool", F.binary_cross_entropy),
        ("mse", "dense-8", F.mse_loss),
        ("l1", "dense-8", F.l1_loss),
        ("cross-entropy", "mlp-classifier", F.cross_entropy),
    ],
)
def test_a_loss_is_computed_from_the_networks_output(loss, model, function, noisy):
    network = build(model)
    target = torch.arange(6) if loss == "cross-entropy" else noisy.flip(0)

    value, output = Objective(network, loss)(noisy, target)

    torch.testing.assert_close(value, function(network(noisy), target))
    expected = network.logits(noisy) if loss == "bce" else network(noisy)
    torch.testing.assert_close(output, expected)
    assert output.requires_grad


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_the_loss_of_a_recipe_fits_its_network(recipe):
    Objective(build(recipe.model), recipe.loss)


@pytest.mark.parametrize(("loss", "lacking"), [("psnr-spread", "with_spread"), ("bce", "logits")])
def test_a_loss_that_needs_another_output_is_refused(loss, lacking):
    with pytest.raises(ValueError, match=f"needs a network with {lacking}.*choose another"):
        Objective(build("mlp-classifier"), loss)


def test_a_new_loss_is_found_by_its_name(monkeypatch, noisy):
    monkeypatch.setitem(LOSSES, "toy", LossSpec("toy", lambda output, target: output.mean()))

    assert Objective(build("dense-8"), "toy")(noisy, noisy)[0].ndim == 0
    with pytest.raises(ValueError, match=r"unknown loss 'x'; choose one of: bce.*toy"):
        Objective(build("dense-8"), "x")


@pytest.mark.parametrize(("model", "loss"), [("conv-pool", "bce"), ("dense-8", "mse")])
def test_mixed_precision_leaves_weights_gradients_and_loss_in_float32(model, loss, noisy):
    torch.manual_seed(0)
    network, clean = build(model), noisy.flip(0)
    exact = Objective(network, loss)(noisy, clean)[0].item()

    mixed, output = Objective(network, loss, mixed=True)(noisy, clean)
    mixed.backward()

    assert mixed.dtype == output.dtype == torch.float32
    assert {p.grad.dtype for p in network.parameters()} == {torch.float32}
    assert not torch.equal(output, Objective(network, loss)(noisy, clean)[1])
    assert mixed.item() == pytest.approx(exact, rel=0.02)


def test_devices_that_emulate_bfloat16_do_not_have_it():
    assert has_bfloat16(torch.device("mps")) is False


# The loss of the blind networks


def test_the_psnr_loss_weights_a_gain_in_decibels_equally_at_every_noise():
    target, spread = torch.zeros(2, 1, 4, 4), torch.full((2, 1, 4, 4), 1e-3)
    strong = torch.tensor([0.4, 0.2]).view(2, 1, 1, 1).expand(2, 1, 4, 4)

    before, first, second = (
        psnr_and_spread((strong * torch.tensor(s).view(2, 1, 1, 1), spread), target, light=1e-3)
        for s in ([1.0, 1.0], [0.7, 1.0], [1.0, 0.7])
    )

    assert float(first) == pytest.approx(float(second), abs=0.04)
    assert float(max(first, second)) < float(before) - 0.3  # half of 2 ln 0.7


def test_the_absolute_error_is_added_if_requested(noisy):
    output, clean = (noisy, torch.ones_like(noisy)), noisy.flip(0)

    both = psnr_and_spread(output, clean, light=1e-5, faint=3e-3)

    absolute = ((noisy - clean).abs().flatten(1).mean(1) + 3e-3).log().mean()
    torch.testing.assert_close(both, psnr_and_spread(output, clean, light=1e-5) + absolute)


def test_the_expected_error_is_best_at_the_root_mean_square_error():
    denoised, target = torch.tensor([0.1, 0.3]).view(1, 1, 1, 2), torch.zeros(1, 1, 1, 2)

    values = torch.linspace(0.05, 0.6, 56)
    spreads = [value.view(1, 1, 1, 1).expand(1, 1, 1, 2).requires_grad_() for value in values]
    slopes = []
    for spread in spreads:
        loss = psnr_and_spread((denoised, spread), target, light=1e-3)
        slopes.append(float(torch.autograd.grad(loss, spread)[0].sum()))

    crossing = next(i for i, slope in enumerate(slopes) if slope > 0)
    assert float(values[crossing]) == pytest.approx(0.05**0.5, abs=0.011)


def test_the_psnr_loss_trains_the_whole_blind_network():
    objective = Objective(BlindUNet(1, (8, 16, 32), 1), "psnr-spread")
    clean = torch.rand(2, 1, 28, 28)

    loss, output = objective(clean + 0.1, clean)
    loss.backward()

    assert output.shape == clean.shape
    assert all(p.grad is not None for p in objective.parameters())


def test_exactly_the_networks_that_expect_their_error_have_a_loss_that_trains_it():
    trained = {r.model for r in RECIPES.values() if LOSSES[r.loss].output == "with_spread"}

    assert trained == {key for key, spec in MODELS.items() if spec.expects_error}


# Schedules


@pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)
def test_a_schedule_stays_between_zero_and_the_full_rate(schedule):
    rates = [schedule(step / 200) for step in range(201)]

    assert 0 <= min(rates) <= max(rates) == pytest.approx(1)


def test_one_cycle_agrees_with_pytorch():
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    options = {"pct_start": WARM_UP, "div_factor": 1 / START, "final_div_factor": 1e9}
    scheduler, expected = OneCycleLR(optimiser, 1.0, 200, **options), []
    for _ in range(200):
        expected.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        scheduler.step()

    ours = [one_cycle(step / 200) for step in range(200)]

    # PyTorch's cycle ends at the last step, one step earlier.
    assert ours == pytest.approx(expected, abs=0.02)
    assert ours.index(max(ours)) == WARM_UP * 200
