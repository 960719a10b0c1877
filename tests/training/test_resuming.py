"""Runs that survive being killed: a resumed one equals an uninterrupted one to the bit."""

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from flavours import CPU, FLAVOURS, OVERFITTING, assert_same_tensors, every_flavour, losses, weights

from denoise_demo.corruption.mixture import Corruption
from denoise_demo.data.mnist import Images
from denoise_demo.denoisers import checkpoints
from denoise_demo.denoisers.checkpoints import CheckpointError
from denoise_demo.denoisers.recipes import Recipe
from denoise_demo.training.resuming import fit, resume, state
from denoise_demo.training.trainer import DivergedError, Record, Trainer


@pytest.fixture
def recipe() -> Recipe:
    return FLAVOURS["Adam, frozen noise, dense"]


# Going on where an earlier run stopped


@every_flavour
@pytest.mark.parametrize("after", [1, 3])
def test_a_resumed_run_equals_an_uninterrupted_one_to_the_bit(
    recipe: Recipe, after: int, images: Images, resume_file: Path
) -> None:
    whole = Trainer(recipe, images, CPU)
    list(fit(whole, resume_file.with_name("whole")))

    first = fit(Trainer(recipe, images, CPU), resume_file)
    for _ in range(after):
        next(first)
    second = Trainer(recipe, images, CPU)
    resumed = resume(second, resume_file)
    list(fit(second, resume_file))

    assert resumed
    assert_same_tensors(second, whole)
    assert losses(second) == losses(whole)


def test_early_stopping_remembers_the_epochs_before(digits: Images, resume_file: Path) -> None:
    whole = Trainer(OVERFITTING, digits, CPU)
    list(fit(whole, resume_file.with_name("whole")))
    beyond_the_best = fit(Trainer(OVERFITTING, digits, CPU), resume_file)
    for _ in range(len(whole.history) - 2):
        next(beyond_the_best)

    second = Trainer(OVERFITTING, digits, CPU)
    resume(second, resume_file)
    list(fit(second, resume_file))

    assert losses(second) == losses(whole)
    assert_same_tensors(second, whole)


def test_a_finished_run_has_nothing_left_to_do(
    recipe: Recipe, digits: Images, resume_file: Path
) -> None:
    list(fit(Trainer(recipe, digits, CPU), resume_file))
    second = Trainer(recipe, digits, CPU)

    resume(second, resume_file)

    assert second.finished
    assert list(fit(second, resume_file)) == []


def test_the_history_comes_back(recipe: Recipe, digits: Images, resume_file: Path) -> None:
    first = Trainer(recipe, digits, CPU)
    record = next(fit(first, resume_file))
    second = Trainer(recipe, digits, CPU)

    resume(second, resume_file)

    assert second.history == [record]
    assert isinstance(second.history[0], Record)


def test_without_a_resume_file_training_starts_afresh(
    recipe: Recipe, digits: Images, resume_file: Path
) -> None:
    trainer = Trainer(recipe, digits, CPU)

    assert not resume(trainer, resume_file)
    assert trainer.history == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("seed", 9),
        ("batch", 8),
        ("epochs", 9),
        ("settings", {"lr": 0.5}),
        ("schedule", "cosine"),
        ("ema", 0.5),
        ("corruption", Corruption("gaussian", 0.4)),
    ],
)
def test_the_resume_file_of_a_changed_recipe_is_refused_naming_the_change(
    name: str, value: object, recipe: Recipe, digits: Images, resume_file: Path
) -> None:
    next(fit(Trainer(recipe, digits, CPU), resume_file))
    changed = Trainer(replace(recipe, **{name: value}), digits, CPU)

    with pytest.raises(CheckpointError, match=rf"other settings \({name}\).*delete it"):
        resume(changed, resume_file)

    assert changed.history == []


@pytest.mark.parametrize("length", [0, 8, 300, 5000, -1])
def test_a_truncated_resume_file_is_refused(
    length: int, recipe: Recipe, digits: Images, resume_file: Path
) -> None:
    next(fit(Trainer(recipe, digits, CPU), resume_file))
    resume_file.write_bytes(resume_file.read_bytes()[:length])

    with pytest.raises(CheckpointError, match=f"{resume_file.name} is damaged"):
        resume(Trainer(recipe, digits, CPU), resume_file)


@pytest.mark.parametrize(
    "lost",
    [
        "module.encoder.bias",
        "average.module.encoder.bias",
        "optimiser.0.exp_avg",
        "optimiser.0.step",
        "history",
    ],
)
def test_a_resume_file_that_lacks_something_is_refused(
    lost: str, recipe: Recipe, digits: Images, resume_file: Path
) -> None:
    recipe = replace(recipe, ema=0.9)
    next(fit(Trainer(recipe, digits, CPU), resume_file))
    tensors, plain = checkpoints.read(resume_file)
    (plain if lost in plain else tensors).pop(lost)
    checkpoints.save(resume_file, tensors, plain)

    with pytest.raises(CheckpointError):
        resume(Trainer(recipe, digits, CPU), resume_file)


@pytest.mark.parametrize(
    "lost",
    ["adversary.layers.0.bias", "adversary-optimiser.0.exp_avg", "adversary-optimiser.5.step"],
)
def test_a_resume_file_that_lacks_something_of_the_adversary_is_refused(
    lost: str, faces: Images, resume_file: Path
) -> None:
    recipe = FLAVOURS["faces, adversarial"]
    next(fit(Trainer(recipe, faces, CPU), resume_file))
    tensors, plain = checkpoints.read(resume_file)
    tensors.pop(lost)
    checkpoints.save(resume_file, tensors, plain)

    with pytest.raises(CheckpointError):
        resume(Trainer(recipe, faces, CPU), resume_file)


@pytest.mark.parametrize(
    "damage",
    [
        lambda tensors, plain: tensors.update({"optimiser.0.exp_avg": torch.zeros(1)}),
        lambda tensors, plain: tensors["optimiser.0.exp_avg"].fill_(math.nan),
        lambda tensors, plain: tensors["module.encoder.bias"].fill_(math.inf),
        lambda tensors, plain: plain.update(history=[]) or tensors.pop("optimiser.0.step"),
        lambda tensors, plain: plain["history"][0].update(epoch=2),
        lambda tensors, plain: plain["history"][0].update(validation_loss="x"),
    ],
)
def test_a_resume_file_with_wrong_values_is_refused_saying_what_to_do(
    damage: Callable[..., object], recipe: Recipe, digits: Images, resume_file: Path
) -> None:
    next(fit(Trainer(recipe, digits, CPU), resume_file))
    tensors, plain = checkpoints.read(resume_file)
    damage(tensors, plain)
    checkpoints.save(resume_file, tensors, plain)

    with pytest.raises(CheckpointError, match="delete it, or leave out --resume"):
        resume(Trainer(recipe, digits, CPU), resume_file)


def test_a_run_in_bfloat16_does_not_go_on_in_float32(
    recipe: Recipe, digits: Images, resume_file: Path
) -> None:
    next(fit(Trainer(recipe, digits, CPU), resume_file))
    tensors, plain = checkpoints.read(resume_file)
    checkpoints.save(resume_file, tensors, plain | {"mixed": True})

    with pytest.raises(CheckpointError, match=r"other settings \(precision on this device\)"):
        resume(Trainer(recipe, digits, CPU), resume_file)


def test_a_run_does_not_go_on_with_other_images_or_processes(
    recipe: Recipe, images: Images, resume_file: Path
) -> None:
    next(fit(Trainer(recipe, images, CPU), resume_file))

    with pytest.raises(CheckpointError, match=r"other settings \(training images\)"):
        resume(Trainer(recipe, replace(images, sha256=("others",)), CPU), resume_file)
    tensors, plain = checkpoints.read(resume_file)
    checkpoints.save(resume_file, tensors, plain | {"processes": 2})
    with pytest.raises(CheckpointError, match=r"other settings \(number of processes\)"):
        resume(Trainer(recipe, images, CPU), resume_file)


def test_finished_weights_are_no_resume_file(
    recipe: Recipe, digits: Images, resume_file: Path
) -> None:
    trainer = Trainer(recipe, digits, CPU)
    checkpoints.save(resume_file, weights(trainer), {"recipe": state(trainer)[1]["recipe"]})

    with pytest.raises(CheckpointError):
        resume(trainer, resume_file)


def test_the_state_is_plain_json(recipe: Recipe, digits: Images) -> None:
    trainer = Trainer(recipe, digits, CPU)
    trainer.epoch()

    plain = state(trainer)[1]

    keys = {"history", "recipe", "mixed", "processes", "images"}
    assert json.loads(json.dumps(plain)).keys() == keys


@pytest.mark.gpu
@every_flavour
def test_a_run_on_a_gpu_goes_on(recipe: Recipe, images: Images, resume_file: Path) -> None:
    gpu = torch.device("cuda")
    next(fit(Trainer(recipe, images, gpu), resume_file))
    second = Trainer(recipe, images, gpu)

    assert resume(second, resume_file)
    assert len(list(fit(second, resume_file))) == recipe.epochs - 1


def test_divergence_keeps_the_last_good_state(
    recipe: Recipe, digits: Images, resume_file: Path
) -> None:
    trainer = Trainer(recipe, digits, CPU)
    running = fit(trainer, resume_file)
    next(running)
    good = resume_file.read_bytes()
    trainer.clean[7] = math.inf

    with pytest.raises(DivergedError, match="epoch 2"):
        next(running)

    assert resume_file.read_bytes() == good
    assert resume(Trainer(recipe, digits, CPU), resume_file)
