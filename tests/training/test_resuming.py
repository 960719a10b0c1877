"""Resuming: a resumed run gives the same bits as an uninterrupted one; bad files are refused."""

import json
import math
from dataclasses import replace

import pytest
import torch
from safetensors.torch import save_file

from denoise_demo.corruption import Corruption
from denoise_demo.denoisers import CheckpointError, checkpoints
from denoise_demo.training import DivergedError, Trainer, fit, resume
from denoise_demo.training.resuming import state
from tests.training.small_recipes import (
    CPU,
    DENSE,
    OVERFITTING,
    SMALL,
    assert_same_tensors,
    epochs,
    every_small_recipe,
    losses,
    run,
)


def interrupted(recipe, images, resume_file, count=1):
    """Train this many epochs and keep the resume file."""
    running = epochs(Trainer(recipe, images, CPU), resume_file)
    for _ in range(count):
        next(running)


@every_small_recipe
def test_a_resumed_run_equals_an_uninterrupted_one(recipe, images, resume_file):
    whole = run(Trainer(recipe, images, CPU))
    interrupted(recipe, images, resume_file, count=2)

    second = Trainer(recipe, images, CPU)
    assert resume(second, resume_file)
    run(second)

    assert_same_tensors(second, whole)
    assert losses(second) == losses(whole)


def test_early_stopping_remembers_the_epochs_before(digits, resume_file):
    whole = run(Trainer(OVERFITTING, digits, CPU))
    interrupted(OVERFITTING, digits, resume_file, count=len(whole.history) - 2)

    second = Trainer(OVERFITTING, digits, CPU)
    resume(second, resume_file)

    assert losses(run(second)) == losses(whole)


def test_a_finished_run_has_nothing_left_to_do(digits, resume_file):
    interrupted(DENSE, digits, resume_file, count=3)
    second = Trainer(DENSE, digits, CPU)

    resume(second, resume_file)

    assert second.finished
    assert list(fit(second, resume_file)) == []


def test_without_a_resume_file_training_starts_from_the_beginning(digits, resume_file):
    trainer = Trainer(DENSE, digits, CPU)

    assert not resume(trainer, resume_file)
    assert trainer.history == []


def test_the_state_is_plain_json(digits):
    trainer = Trainer(DENSE, digits, CPU)
    trainer.epoch()

    plain = json.loads(json.dumps(state(trainer)[1]))

    assert plain.keys() == {"history", "recipe", "mixed", "processes", "images"}


def test_divergence_keeps_the_last_good_state(digits, resume_file):
    trainer = Trainer(DENSE, digits, CPU)
    running = epochs(trainer, resume_file)
    next(running)
    good = resume_file.read_bytes()
    trainer.clean[7] = math.inf

    with pytest.raises(DivergedError, match="epoch 2"):
        next(running)

    assert resume_file.read_bytes() == good


# Refused


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("seed", 9),
        ("epochs", 9),
        ("optimiser_settings", {"lr": 0.5}),
        ("schedule", "one-cycle"),
        ("corruption", Corruption("gaussian", 0.4)),
    ],
)
def test_a_changed_recipe_is_refused_naming_the_change(name, value, digits, resume_file):
    interrupted(DENSE, digits, resume_file)
    changed = Trainer(replace(DENSE, **{name: value}), digits, CPU)

    with pytest.raises(CheckpointError, match=rf"other settings \({name}\).*delete it"):
        resume(changed, resume_file)

    assert changed.history == []


@pytest.mark.parametrize("length", [0, 300, -1])
def test_a_truncated_file_is_refused(length, digits, resume_file):
    interrupted(DENSE, digits, resume_file)
    resume_file.write_bytes(resume_file.read_bytes()[:length])

    with pytest.raises(CheckpointError, match=f"{resume_file.name} is damaged"):
        resume(Trainer(DENSE, digits, CPU), resume_file)


@pytest.mark.parametrize(
    "damage",
    [
        lambda tensors, plain: tensors.pop("module.stem.0.weight"),
        lambda tensors, plain: tensors.pop("optimiser.0.exp_avg"),
        lambda tensors, plain: tensors.pop("optimiser.0.step"),
        lambda tensors, plain: tensors.pop("adversary.layers.0.bias"),
        lambda tensors, plain: tensors.pop("adversary-optimiser.0.exp_avg"),
        lambda tensors, plain: plain.pop("history"),
        lambda tensors, plain: tensors.update({"optimiser.0.exp_avg": torch.zeros(1)}),
        lambda tensors, plain: tensors["optimiser.0.exp_avg"].fill_(math.nan),
        lambda tensors, plain: tensors["module.output.bias"].fill_(math.inf),
        lambda tensors, plain: plain["history"][0].update(epoch=2),
        lambda tensors, plain: plain["history"][0].update(validation_loss="x"),
        lambda tensors, plain: plain["history"][0].update(validation_loss=10**400),
        lambda tensors, plain: plain["history"][0].update(epoch=10**400),
        lambda tensors, plain: plain["history"][0].update(epoch=[1]),
        lambda tensors, plain: plain.update(history=[None]),
        lambda tensors, plain: plain.update(history={"epoch": 1}),
        lambda tensors, plain: plain.update(recipe=[]),
        lambda tensors, plain: tensors.update({"optimiser.999.exp_avg": torch.zeros(1)}),
        lambda tensors, plain: tensors.update({"optimiser.0.a.b": torch.zeros(1)}),
    ],
)
def test_a_file_that_lacks_something_or_has_wrong_values_is_refused(damage, faces, resume_file):
    recipe = SMALL["faces, adversarial"]
    interrupted(recipe, faces, resume_file)
    tensors, plain = checkpoints.read(resume_file)
    damage(tensors, plain)
    checkpoints.save(resume_file, tensors, plain)

    with pytest.raises(CheckpointError, match="delete it, or leave out --resume"):
        resume(Trainer(recipe, faces, CPU), resume_file)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "1" * 10_000, "null"])
def test_odd_metadata_is_refused(text, digits, resume_file):
    interrupted(DENSE, digits, resume_file)
    save_file(checkpoints.read(resume_file)[0], resume_file, {"json": text})

    with pytest.raises(CheckpointError, match=r"is damaged .*delete it, or leave out --resume"):
        resume(Trainer(DENSE, digits, CPU), resume_file)


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"mixed": True}, "precision on this device"),
        ({"processes": 2}, "number of processes"),
        ({"images": ["others"]}, "training images"),
    ],
)
def test_other_conditions_are_refused(change, name, digits, resume_file):
    interrupted(DENSE, digits, resume_file)
    tensors, plain = checkpoints.read(resume_file)
    checkpoints.save(resume_file, tensors, plain | change)

    with pytest.raises(CheckpointError, match=rf"other settings \({name}\)"):
        resume(Trainer(DENSE, digits, CPU), resume_file)


def test_finished_weights_are_not_a_resume_file(digits, resume_file):
    trainer = Trainer(DENSE, digits, CPU)
    recipe = state(trainer)[1]["recipe"]
    checkpoints.save(resume_file, trainer.module.state_dict(), {"recipe": recipe})

    with pytest.raises(CheckpointError):
        resume(trainer, resume_file)


@pytest.mark.gpu
@every_small_recipe
def test_a_run_on_a_gpu_can_be_resumed(recipe, images, resume_file):
    gpu = torch.device("cuda")
    next(epochs(Trainer(recipe, images, gpu), resume_file))
    second = Trainer(recipe, images, gpu)

    assert resume(second, resume_file)
    assert len(list(epochs(second, resume_file))) == recipe.epochs - 1
