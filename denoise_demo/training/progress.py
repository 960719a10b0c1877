"""Progress of a training run: a progress bar, and logs for TensorBoard."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Union

from tqdm import tqdm

from denoise_demo.common import WriteError, unwritable
from denoise_demo.denoisers import Recipe
from denoise_demo.training.records import Record, Step
from denoise_demo.training.trainer import Trainer

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

Board = Union["SummaryWriter", None]


class Progress:
    """A progress bar for each epoch, with the loss and the images per second."""

    def __init__(self, trainer: Trainer) -> None:
        self.trainer = trainer
        self.bar = tqdm(disable=True)

    def __call__(self, step: Step) -> None:
        """Show a step of the epoch."""
        if self.bar.disable:
            epoch = f"{self.trainer.recipe.id} {step.epoch}"
            total = self.trainer.images_per_epoch
            self.bar = tqdm(total=total, desc=epoch, unit=" images", leave=False)
        self.bar.set_postfix_str(f"loss {step.loss:.4f}", refresh=False)
        self.bar.update(step.images - self.bar.n)
        if step.step == self.trainer.steps:
            self.bar.close()


@contextmanager
def tensorboard(folder: Path | None, recipe: Recipe) -> Iterator[Board]:
    """Open a writer for TensorBoard, or yield None when no folder is given.

    Raises:
        ValueError: when the package is not installed.
        WriteError: when the folder cannot be written, also later.
    """
    if folder is None:
        yield None
        return
    try:
        from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415  (it is optional)
    except ImportError as error:
        raise ValueError("--tensorboard needs a package: pip install tensorboard") from error
    shown = threading.excepthook
    # Its writing thread would print a traceback; the next record raises the same error.
    threading.excepthook = lambda hook: None if hook.exc_type is OSError else shown(hook)
    try:
        with SummaryWriter(folder / recipe.id) as writer:
            yield writer
    except WriteError:
        raise
    except OSError as error:
        raise unwritable(folder / recipe.id, error) from error
    finally:
        threading.excepthook = shown


def log(board: Board, record: Record) -> None:
    """Write one epoch's record to TensorBoard, if there is a writer."""
    if board is not None:
        losses = {"train": record.train_loss, "validation": record.validation_loss}
        board.add_scalars("loss", losses, record.epoch)
        board.add_scalar("learning rate", record.learning_rate, record.epoch)
        board.add_scalar("seconds", record.seconds, record.epoch)
