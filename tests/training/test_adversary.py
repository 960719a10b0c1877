"""Adversarial training: what the discriminator learns, and what it leaves alone."""

import copy
from dataclasses import replace

import pytest
import torch
from flavours import CPU, FLAVOURS, losses, weights
from torch import Tensor, nn

from denoise_demo.data.mnist import Images
from denoise_demo.denoisers.recipes import RECIPES
from denoise_demo.networks.faces import PatchDiscriminator
from denoise_demo.training.adversary import Adversary
from denoise_demo.training.distributed import Group
from denoise_demo.training.trainer import Trainer


@pytest.fixture
def adversary() -> Adversary:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return Adversary(PatchDiscriminator(), CPU, Group(), mixed=False)


@pytest.fixture
def clean(faces: Images) -> Tensor:
    return faces.clean(slice(8))


@pytest.fixture
def noisy(clean: Tensor, generator: torch.Generator) -> Tensor:
    return (clean + 0.3 * torch.randn(clean.shape, generator=generator)).clamp(0, 1)


@pytest.fixture
def denoised(noisy: Tensor) -> Tensor:
    """What a generator of one number makes; `grad_fn` leads back to it."""
    return noisy * torch.tensor(0.5, requires_grad=True)


def state(module: nn.Module) -> dict[str, Tensor]:
    return {key: value.clone() for key, value in module.state_dict().items()}


# The verdict


def test_the_verdict_is_how_far_the_patches_are_from_one(
    adversary: Adversary, noisy: Tensor, denoised: Tensor
) -> None:
    verdict = adversary.verdict(noisy, denoised)

    expected = (1 - adversary.module(noisy, denoised)).square().mean()
    assert verdict.shape == ()
    torch.testing.assert_close(verdict, expected)


def test_the_verdict_teaches_the_generator_and_not_the_discriminator(
    adversary: Adversary, noisy: Tensor, denoised: Tensor
) -> None:
    before = state(adversary.module)
    denoised.retain_grad()

    adversary.verdict(noisy, denoised).backward()

    assert denoised.grad.abs().sum() > 0
    assert all(parameter.grad is None for parameter in adversary.module.parameters())
    assert all(torch.equal(before[k], v) for k, v in adversary.module.state_dict().items())


def test_after_learning_too_the_verdict_adds_nothing_to_the_discriminators_gradients(
    adversary: Adversary, noisy: Tensor, clean: Tensor, denoised: Tensor
) -> None:
    adversary.learn(noisy, clean, denoised)
    before = [parameter.grad.clone() for parameter in adversary.module.parameters()]

    adversary.verdict(noisy, denoised).backward()

    after = [parameter.grad for parameter in adversary.module.parameters()]
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))


# Learning


def test_a_step_is_of_least_squares_towards_one_for_clean_and_zero_for_denoised(
    adversary: Adversary, noisy: Tensor, clean: Tensor, denoised: Tensor
) -> None:
    twin = copy.deepcopy(adversary.module)
    real, fake = twin(noisy, clean), twin(noisy, denoised.detach())
    (((real - 1) ** 2).mean() / 2 + (fake**2).mean() / 2).backward()

    adversary.learn(noisy, clean, denoised)

    for ours, expected in zip(adversary.module.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(ours.grad, expected.grad, atol=1e-5, rtol=1e-4)


def test_a_step_changes_the_discriminator_and_leaves_the_generator_alone(
    adversary: Adversary, noisy: Tensor, clean: Tensor, denoised: Tensor
) -> None:
    before, pixels = state(adversary.module), denoised.detach().clone()
    denoised.retain_grad()

    adversary.learn(noisy, clean, denoised)

    after = adversary.module.state_dict()
    assert all(not torch.equal(before[key], after[key]) for key in before)
    assert denoised.grad is None
    assert torch.equal(denoised.detach(), pixels)
    denoised.sum().backward()  # the generator's graph is still whole


def test_it_learns_to_tell_obviously_different_pictures_apart(
    adversary: Adversary, noisy: Tensor, clean: Tensor
) -> None:
    dark, light = 0.2 * clean, 0.8 + 0.2 * clean

    for _ in range(60):
        adversary.learn(noisy, light, dark)

    with torch.no_grad():
        assert adversary.module(noisy, light).mean() > 0.8
        assert adversary.module(noisy, dark).mean() < 0.2
        assert adversary.verdict(noisy, light) < 0.1
        assert adversary.verdict(noisy, dark) > 0.7


def test_in_mixed_precision_weights_and_verdict_stay_in_float32(
    noisy: Tensor, clean: Tensor, denoised: Tensor
) -> None:
    mixed = Adversary(PatchDiscriminator(), CPU, Group(), mixed=True)

    mixed.learn(noisy, clean, denoised)

    assert mixed.verdict(noisy, denoised).dtype == torch.float32
    assert {value.dtype for value in mixed.module.state_dict().values()} == {torch.float32}


# In a training


def test_the_discriminator_changes_the_generators_training(faces: Images) -> None:
    recipe = replace(FLAVOURS["faces, adversarial"], precision="float32")
    alone = Trainer(replace(recipe, adversarial=0.0), faces, CPU)
    judged = Trainer(replace(recipe, adversarial=10.0), faces, CPU)
    start = weights(alone)
    assert all(torch.equal(start[key], value) for key, value in weights(judged).items())

    for trainer in (alone, judged):
        trainer.epoch()

    assert alone.adversary is None
    assert list(alone.modules) == ["module"]
    assert list(judged.modules) == ["module", "adversary"]
    assert list(judged.optimisers) == ["optimiser", "adversary-optimiser"]
    assert not all(torch.equal(weights(alone)[k], v) for k, v in weights(judged).items())


def test_the_discriminator_learns_in_every_step_and_its_start_follows_from_the_seed(
    faces: Images,
) -> None:
    recipe = FLAVOURS["faces, adversarial"]
    first, same = Trainer(recipe, faces, CPU), Trainer(recipe, faces, CPU)
    other = Trainer(replace(recipe, seed=1), faces, CPU)
    start = state(first.modules["adversary"])
    assert all(torch.equal(v, start[k]) for k, v in same.modules["adversary"].state_dict().items())
    assert not all(
        torch.equal(v, start[k]) for k, v in other.modules["adversary"].state_dict().items()
    )

    first.epoch()

    assert first.adversary
    slots = first.adversary.optimiser.state_dict()["state"]
    assert {float(slot["step"]) for slot in slots.values()} == {recipe.steps}
    after = first.modules["adversary"].state_dict()
    assert all(not torch.equal(start[key], after[key]) for key in start)


def test_the_recorded_loss_is_the_recipes_own_without_the_verdict(faces: Images) -> None:
    recipe = replace(FLAVOURS["faces, adversarial"], steps=1, precision="float32")
    alone = Trainer(replace(recipe, adversarial=0.0), faces, CPU)
    judged = Trainer(replace(recipe, adversarial=10.0), faces, CPU)

    for trainer in (alone, judged):
        trainer.epoch()

    assert losses(judged)[0][0] == losses(alone)[0][0]  # of the first step, before any change


def test_only_pix2pix_has_a_discriminator() -> None:
    assert {r.model for r in RECIPES.values() if r.adversarial} == {"pix2pix"}
    assert all(r.adversarial for r in RECIPES.values() if r.model == "pix2pix")
