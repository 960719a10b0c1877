"""What a training minimises."""

import pytest
import torch
import torch.nn.functional as F

from denoise_demo.denoisers.recipes import RECIPES
from denoise_demo.networks.blind import BlindUNet
from denoise_demo.networks.models import build
from denoise_demo.training.objective import LOSSES, Objective, has_bfloat16, psnr_and_spread


@pytest.fixture
def noisy(generator):
    return torch.rand(6, 1, 28, 28, generator=generator)


def test_every_recipe_has_a_loss():
    assert {recipe.loss for recipe in RECIPES.values()} <= LOSSES.keys()


def test_the_cross_entropy_of_images_is_taken_on_logits_and_equals_that_of_the_output(noisy):
    network, clean = build("conv-pool"), noisy.flip(0)

    loss, _ = Objective(network, "bce")(noisy, clean)

    torch.testing.assert_close(loss, F.binary_cross_entropy(network(noisy), clean))


def test_the_squared_error_is_that_of_the_output(noisy):
    network, clean = build("dense-8"), noisy.flip(0)

    loss, _ = Objective(network, "mse")(noisy, clean)

    torch.testing.assert_close(loss, (network(noisy) - clean).square().mean())


def test_the_absolute_error_is_that_of_the_output(noisy):
    network, clean = build("dense-8"), noisy.flip(0)

    loss, _ = Objective(network, "l1")(noisy, clean)

    torch.testing.assert_close(loss, (network(noisy) - clean).abs().mean())


def test_an_absolute_error_counts_on_top_where_it_is_asked_for(noisy):
    clean, spread = noisy.flip(0), torch.ones_like(noisy)
    light = LOSSES["psnr-mae-spread"].keywords

    both = LOSSES["psnr-mae-spread"]((noisy, spread), clean)

    squares = psnr_and_spread((noisy, spread), clean, light=light["light"])
    absolute = (noisy - clean).abs().flatten(1).mean(1) + light["faint"]
    torch.testing.assert_close(both, squares + absolute.log().mean())


def test_the_classifiers_loss_is_that_of_its_logits(noisy):
    network, labels = build("mlp-classifier"), torch.arange(6)

    loss, _ = Objective(network, "cross-entropy")(noisy, labels)

    torch.testing.assert_close(loss, F.cross_entropy(network(noisy), labels))


@pytest.mark.parametrize("loss", ["mse", "l1"])
def test_the_output_comes_with_the_loss_and_with_its_gradient(loss, noisy):
    network = build("dense-8")

    _, output = Objective(network, loss)(noisy, noisy)

    assert torch.equal(output, network(noisy))
    assert output.requires_grad


def test_with_a_cross_entropy_of_images_the_output_is_the_logits(noisy):
    network = build("conv-pool")

    _, output = Objective(network, "bce")(noisy, noisy)

    torch.testing.assert_close(output, network.logits(noisy))


@pytest.mark.parametrize(("model", "loss"), [("conv-pool", "bce"), ("dense-8", "mse")])
def test_mixed_precision_leaves_weights_gradients_and_loss_in_float32(model, loss, noisy):
    network, clean = build(model), noisy.flip(0)
    exact = Objective(network, loss)(noisy, clean)[0].item()

    mixed, output = Objective(network, loss, mixed=True)(noisy, clean)
    mixed.backward()

    assert mixed.dtype == output.dtype == torch.float32
    assert {p.grad.dtype for p in network.parameters()} == {torch.float32}
    assert mixed.item() != exact
    assert mixed.item() == pytest.approx(exact, rel=0.02)


def test_other_devices_have_no_bfloat16_of_their_own():
    assert has_bfloat16(torch.device("mps")) is False


def blind_loss(denoised: torch.Tensor, spread: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    return LOSSES["psnr-spread"]((denoised, spread), target)


def test_the_psnr_loss_falls_with_decibels_of_every_image_alike():
    target, spread = torch.zeros(2, 1, 4, 4), torch.full((2, 1, 4, 4), 1e-3)
    strong = torch.stack([torch.full((1, 4, 4), 0.4), torch.full((1, 4, 4), 0.2)])
    scales = ([1.0, 1.0], [0.7, 1.0], [1.0, 0.7])
    tried = [strong * torch.tensor(scale).view(2, 1, 1, 1) for scale in scales]
    before, first, second = (blind_loss(images, spread, target).item() for images in tried)
    assert first == pytest.approx(second, abs=0.04)
    assert max(first, second) < before - 0.3  # half of 2 ln 0.7


def test_the_spread_is_best_at_the_root_of_the_mean_squared_error():
    errors = torch.tensor([0.1, 0.3]).view(1, 1, 1, 2)
    spread = torch.full((1, 1, 1, 1), 0.5, requires_grad=True)
    optimiser = torch.optim.Adam([spread], lr=0.01)
    for _ in range(600):
        optimiser.zero_grad()
        blind_loss(errors, spread.expand_as(errors), torch.zeros_like(errors)).backward()
        optimiser.step()
    assert spread.item() == pytest.approx(0.05**0.5, abs=2e-3)


def test_an_objective_takes_the_spread_with_the_images():
    torch.manual_seed(0)
    objective = Objective(BlindUNet(1, (8, 16, 32), 1), "psnr-spread")
    clean = torch.rand(2, 1, 28, 28)
    loss, output = objective(clean + 0.1, clean)
    loss.backward()
    assert output.shape == clean.shape
    assert all(p.grad is not None for p in objective.parameters())
