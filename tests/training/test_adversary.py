"""Adversarial training: the discriminator learns, and only the verdict trains the generator."""

import copy
from dataclasses import replace

import pytest
import torch

from denoise_demo.networks import PatchDiscriminator
from denoise_demo.training import Group, Trainer
from denoise_demo.training.adversary import Adversary
from tests.training.small_recipes import CPU, SMALL, losses, run, weights


@pytest.fixture
def adversary():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return Adversary(PatchDiscriminator(), CPU, Group(), mixed=False)


@pytest.fixture
def clean(faces):
    return faces.clean(slice(8))


@pytest.fixture
def noisy(clean, generator):
    return (clean + 0.3 * torch.randn(clean.shape, generator=generator)).clamp(0, 1)


@pytest.fixture
def denoised(noisy):
    """The output of a generator with one parameter."""
    return noisy * torch.tensor(0.5, requires_grad=True)


def copied(module):
    return {key: value.clone() for key, value in module.state_dict().items()}


def test_the_verdict_is_the_squared_distance_of_the_scores_from_one(adversary, noisy, denoised):
    expected = (1 - adversary.module(noisy, denoised)).square().mean()

    torch.testing.assert_close(adversary.verdict(noisy, denoised), expected)


def test_the_verdict_trains_the_generator_only(adversary, noisy, clean, denoised):
    adversary.learn(noisy, clean, denoised)
    before = [parameter.grad.clone() for parameter in adversary.module.parameters()]
    denoised.retain_grad()

    adversary.verdict(noisy, denoised).backward()

    assert denoised.grad.abs().sum() > 0
    after = [parameter.grad for parameter in adversary.module.parameters()]
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))


def test_a_step_of_learning_is_least_squares_and_leaves_the_generator_unchanged(
    adversary, noisy, clean, denoised
):
    before, twin = copied(adversary.module), copy.deepcopy(adversary.module)
    real, fake = twin(noisy, clean), twin(noisy, denoised.detach())
    (((real - 1) ** 2).mean() / 2 + (fake**2).mean() / 2).backward()
    denoised.retain_grad()

    adversary.learn(noisy, clean, denoised)

    for ours, expected in zip(adversary.module.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(ours.grad, expected.grad, atol=1e-5, rtol=1e-4)
    after = adversary.module.state_dict()
    assert all(not torch.equal(before[key], after[key]) for key in before)
    assert denoised.grad is None
    denoised.sum().backward()  # its graph is still complete


def test_it_learns_to_separate_different_images(adversary, noisy, clean):
    dark, light = 0.2 * clean, 0.8 + 0.2 * clean

    for _ in range(60):
        adversary.learn(noisy, light, dark)

    assert adversary.verdict(noisy, light) < 0.1
    assert adversary.verdict(noisy, dark) > 0.7


def test_in_mixed_precision_weights_and_verdict_stay_in_float32(noisy, clean, denoised):
    mixed = Adversary(PatchDiscriminator(), CPU, Group(), mixed=True)

    mixed.learn(noisy, clean, denoised)

    assert mixed.verdict(noisy, denoised).dtype == torch.float32
    assert {value.dtype for value in mixed.module.state_dict().values()} == {torch.float32}


def test_the_verdict_changes_the_generators_training_but_not_its_recorded_loss(faces):
    recipe = replace(SMALL["faces, adversarial"], precision="float32", epochs=2, steps=1)
    alone, judged = (
        Trainer(replace(recipe, adversarial=weight), faces, CPU) for weight in (0.0, 10.0)
    )
    assert torch.equal(weights(alone), weights(judged))

    run(alone), run(judged)

    assert alone.adversary is None
    assert losses(judged)[0][0] == losses(alone)[0][0]  # in the first step, before any change
    assert not torch.equal(weights(alone), weights(judged))


def test_the_discriminator_learns_in_every_step_from_seeded_weights(faces):
    recipe = SMALL["faces, adversarial"]
    first, same, other = (Trainer(replace(recipe, seed=s), faces, CPU) for s in (0, 0, 1))
    start = copied(first.adversary.module)
    for trainer in (same, other):
        changed = [
            k for k, v in copied(trainer.adversary.module).items() if not torch.equal(v, start[k])
        ]
        assert bool(changed) == (trainer is other)

    first.epoch()

    slots = first.adversary.optimiser.state_dict()["state"]
    assert {float(slot["step"]) for slot in slots.values()} == {recipe.steps}
