"""Small recipes of every kind, and what tests of training compare."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from denoise_demo.corruption.points import POINTS
from denoise_demo.denoisers.recipes import RECIPES
from denoise_demo.training.resuming import state
from denoise_demo.training.trainer import Trainer

CPU = torch.device("cpu")
SMALL = {"batch": 16, "validation": 20, "epochs": 4}
FLAVOURS = {
    "Adam, fresh noise, steps, cosine": replace(
        RECIPES["conv-pool"], **SMALL, steps=7, schedule="cosine", precision="float32"
    ),
    "Adam, frozen noise, convolutions": replace(RECIPES["conv-flat"], **SMALL),
    "bfloat16, one cycle, moving average, limited gradient": replace(
        RECIPES["conv-pool"],
        **SMALL,
        steps=7,
        schedule="one-cycle",
        precision="bfloat16",
        ema=0.9,
        max_norm=0.1,
    ),
    "Adam, frozen noise, dense": replace(RECIPES["dense-16"], **SMALL),
    "Adam, early stopping": replace(RECIPES["dense-64"], **SMALL, patience=2),
    "Adam, no noise": replace(RECIPES["dense-2"], **SMALL),
    "Adam, classes": replace(RECIPES["mlp-classifier"], **SMALL),
    "RMSprop, fresh noise": replace(RECIPES["dense-300-random"], **SMALL),
    "RMSprop, no noise": replace(RECIPES["dense-300-clean"], **SMALL),
    "RMSprop, ReLU output": replace(RECIPES["dense-300-published"], **SMALL),
    "SGD, momentum": replace(
        RECIPES["dense-8"], **SMALL, optimiser="SGD", settings={"lr": 0.1, "momentum": 0.9}
    ),
    "Muon": replace(RECIPES["dense-64"], **SMALL, optimiser="Muon", settings={"lr": 0.003}),
    "Muon, kernels, bfloat16": replace(
        RECIPES["conv-pool"], **SMALL, steps=7, precision="bfloat16", optimiser="Muon"
    ),
    "blind, mixture": replace(RECIPES["blind-digits"], **SMALL, steps=2),
    "faces, batch normalisation": replace(RECIPES["strided-conv-gaussian"], **SMALL),
    "faces, spread, mirrored": replace(
        RECIPES["blind-faces"], **SMALL, steps=2, corruption=POINTS["s4-gaussian"]
    ),
    "faces, adversarial": replace(RECIPES["pix2pix-gaussian"], **SMALL, steps=2),
}
# Ten images learnt by heart: validation gets worse after a few epochs.
OVERFITTING = replace(
    RECIPES["dense-64"], validation=110, batch=10, epochs=200, patience=3, settings={"lr": 0.02}
)
every_flavour = pytest.mark.parametrize("recipe", FLAVOURS.values(), ids=FLAVOURS)


def assert_same_tensors(first: Trainer, second: Trainer) -> None:
    ours, theirs = state(first)[0], state(second)[0]
    assert ours.keys() == theirs.keys()
    assert [key for key in ours if not torch.equal(ours[key], theirs[key])] == []


def losses(trainer: Trainer) -> list[tuple[float, float]]:
    return [(record.train_loss, record.validation_loss) for record in trainer.history]


def weights(trainer: Trainer) -> dict[str, Tensor]:
    return {key: value.clone() for key, value in trainer.module.state_dict().items()}
