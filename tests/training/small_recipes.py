"""Small recipes of every kind, and helpers of the training tests."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from denoise_demo.denoisers import RECIPES, Recipe
from denoise_demo.training import Record, Trainer, fit
from denoise_demo.training.resuming import state

CPU = torch.device("cpu")


def small(recipe_id: str, **changes: object) -> Recipe:
    return replace(RECIPES[recipe_id], **{"batch": 16, "validation": 20, "epochs": 3, **changes})


DENSE = small("dense-16")  # Adam, frozen noise
SMALL = {
    "Adam, frozen noise": DENSE,
    "bfloat16, one cycle, clipped gradient": small("conv-pool", steps=7, max_norm=0.1),
    "early stopping": small("dense-64", patience=2),
    "classes": small("mlp-classifier"),
    "RMSprop, fresh noise": small("dense-300-random"),
    "SGD, momentum": small(
        "dense-8", optimiser="SGD", optimiser_settings={"lr": 0.1, "momentum": 0.9}
    ),
    "Muon": small("dense-64", optimiser="Muon", optimiser_settings={"lr": 0.003}),
    "blind, mixture": small("blind-digits", steps=1),
    "faces, batch normalisation, mirrored": small(
        "strided-conv-gaussian", mirror=True, optimiser_settings={"lr": 0.001}
    ),
    "faces, adversarial": small("pix2pix-gaussian", steps=2),
}
# Memorises ten images, so that the validation loss rises after a few epochs.
OVERFITTING = small(
    "dense-64",
    validation=110,
    batch=10,
    epochs=200,
    patience=3,
    optimiser_settings={"lr": 0.02},
)
every_small_recipe = pytest.mark.parametrize("recipe", SMALL.values(), ids=SMALL)


def epochs(trainer: Trainer, resume_file: Path) -> Iterator[Record]:
    """Yield the records of the epochs that `fit` trains."""
    return (record for record in fit(trainer, resume_file) if isinstance(record, Record))


def run(trainer: Trainer) -> Trainer:
    """Train to the end, without files."""
    while not trainer.finished:
        trainer.epoch()
    return trainer


def batches(trainer: Trainer) -> list[tuple[Tensor, Tensor]]:
    """Train one epoch; return the noisy images and targets of its batches."""
    seen: list[tuple[Tensor, Tensor]] = []
    handle = trainer.objective.register_forward_pre_hook(lambda _, given: seen.append(given))
    trainer.epoch()
    handle.remove()
    return seen


def matches(images: Tensor, others: Tensor) -> Tensor:
    """Return which of N images equal which of M others, (N, M)."""
    return (images.unsqueeze(1) == others.unsqueeze(0)).flatten(2).all(2)


def assert_same_tensors(first: Trainer, second: Trainer) -> None:
    ours, theirs = state(first)[0], state(second)[0]
    assert ours.keys() == theirs.keys()
    assert [key for key in ours if not torch.equal(ours[key], theirs[key])] == []


def losses(trainer: Trainer) -> list[tuple[float, float]]:
    return [(record.train_loss, record.validation_loss) for record in trainer.history]


def weights(trainer: Trainer) -> Tensor:
    """All weights as one vector."""
    return torch.cat([value.flatten().float() for value in trainer.module.state_dict().values()])
