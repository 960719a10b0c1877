"""What a training yields: its steps and its epochs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """A moment of an epoch: the batches so far, their mean loss, and the images so far."""

    epoch: int
    step: int
    loss: float
    images: int


@dataclass(frozen=True)
class Record:
    """One epoch: mean losses, the learning rate at its end, and seconds spent."""

    epoch: int
    train_loss: float
    validation_loss: float
    learning_rate: float
    seconds: float
