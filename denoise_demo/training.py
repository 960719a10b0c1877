"""The training loop: one record per epoch, resumable to the bit."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from denoise_demo import checkpoints
from denoise_demo.data import Digits, split_train
from denoise_demo.models import build
from denoise_demo.recipes import Recipe, changed_settings, settings_of

VALIDATION_SEED = 1_000_003  # the validation noise is the same in every epoch and every run
EVALUATION_BATCH = 1000
OnStep = Callable[[int, float, int], None]


class DivergedError(RuntimeError):
    """The loss is no longer a finite number."""


@dataclass(frozen=True)
class Record:
    """What one epoch came to: mean losses, the learning rate at its end, and seconds spent."""

    epoch: int
    train_loss: float
    validation_loss: float
    learning_rate: float
    seconds: float


class Trainer:
    """Everything that changes while a recipe trains; `state` and `restore` hold all of it.

    Args:
        recipe: what to train.
        digits: MNIST's training set; the recipe says how much of its end validates.
        device: where to train; the data set lives there too.
    """

    def __init__(self, recipe: Recipe, digits: Digits, device: torch.device) -> None:
        self.recipe, self.device = recipe, device
        # Weights start from the CPU's generator, so that a seed means the same on every device.
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(recipe.seed)
            module = build(recipe.model)
            if recipe.glorot:
                module.apply(_glorot)
        module = module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.module = module.to(device)
        self.optimiser = getattr(torch.optim, recipe.optimiser)(
            self.module.parameters(), **recipe.settings
        )
        self.generator = torch.Generator(device).manual_seed(recipe.seed)
        self.history: list[Record] = []

        train, validation = split_train(digits, recipe.validation)
        self.clean, self.labels = train.clean().to(device), train.labels.to(device)
        self.noisy = None if recipe.fresh else recipe.corruption(self.clean, self.generator)
        self.validation_clean = validation.clean().to(device)
        self.validation_labels = validation.labels.to(device)
        fixed = torch.Generator(device).manual_seed(VALIDATION_SEED)
        self.validation_noisy = recipe.corruption(self.validation_clean, fixed)

    @property
    def steps(self) -> int:
        """Batches per epoch."""
        return math.ceil(self.images_per_epoch / self.recipe.batch)

    @property
    def images_per_epoch(self) -> int:
        """Images seen in one epoch."""
        return self.recipe.steps * self.recipe.batch if self.recipe.steps else len(self.clean)

    @property
    def finished(self) -> bool:
        """Whether the last epoch is done or early stopping has struck."""
        return len(self.history) >= self.recipe.epochs or self._stalled()

    def epoch(self, on_step: OnStep | None = None) -> Record:
        """Train one epoch and validate."""
        start = time.perf_counter()
        self.module.train()
        total = torch.zeros((), device=self.device)
        for step, batch in enumerate(self._batches()):
            rate = self._set_learning_rate(step)
            loss = self._loss(*self._pairs(batch))
            self.optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            self.optimiser.step()
            total += loss.detach()
            if on_step:
                on_step(step + 1, float(total) / (step + 1), len(batch))
        epoch, train_loss = len(self.history) + 1, float(total) / self.steps
        seconds = time.perf_counter() - start
        record = Record(epoch, train_loss, self._validate(), rate, seconds)
        if not math.isfinite(train_loss + record.validation_loss):
            raise DivergedError(
                f"{self.recipe.id} diverged in epoch {epoch} (loss {train_loss}): "
                "train again with another --seed or a lower learning rate"
            )
        self.history.append(record)
        return record

    def state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Return everything a resumed run needs, as tensors and JSON values."""
        tensors = {f"module.{key}": value for key, value in self.module.state_dict().items()}
        for index, slots in self.optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser.{index}.{name}": value for name, value in slots.items()}
        tensors["generator"] = self.generator.get_state()
        plain = {"history": [asdict(r) for r in self.history], "recipe": settings_of(self.recipe)}
        return tensors, plain

    def restore(self, tensors: dict[str, Tensor], plain: dict[str, Any]) -> None:
        """Continue from a state; CheckpointError when it is damaged."""
        checkpoints.load_checked(self.module, _below("module.", tensors), "the resume file")
        slots: dict[int, dict[str, Tensor]] = {}
        try:
            for key, value in _below("optimiser.", tensors).items():
                index, name = key.split(".")
                slots.setdefault(int(index), {})[name] = value
            parameters = range(len(list(self.module.parameters())))
            if len({frozenset(slots[index]) for index in parameters}) != 1:
                raise ValueError("the optimiser's state is incomplete")
            self.optimiser.load_state_dict(self.optimiser.state_dict() | {"state": slots})
            self.generator.set_state(tensors["generator"])
            self.history = [Record(**record) for record in plain["history"]]
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            raise checkpoints.CheckpointError(
                f"the resume file is damaged ({error}): delete it to start again"
            ) from error

    def _batches(self) -> Iterator[Tensor]:
        """Yield one epoch's batches of indices, reshuffling whenever the images run out."""
        rounds = math.ceil(self.images_per_epoch / len(self.clean))
        shuffles = [
            torch.randperm(len(self.clean), generator=self.generator, device=self.device)
            for _ in range(rounds)
        ]
        order = torch.cat(shuffles)[: self.images_per_epoch]
        yield from torch.split(order, self.recipe.batch)

    def _pairs(self, batch: Tensor) -> tuple[Tensor, Tensor]:
        """Return the network's input and its target for a batch of indices."""
        clean = self.clean[batch]
        if self.noisy is None:
            noisy = self.recipe.corruption(clean, self.generator)
        else:
            noisy = self.noisy[batch]
        return noisy, clean if self.recipe.denoises else self.labels[batch]

    def _loss(self, noisy: Tensor, target: Tensor) -> Tensor:
        """Return the recipe's loss; cross-entropies are taken on logits."""
        noisy = noisy.contiguous(memory_format=torch.channels_last)
        if self.recipe.loss == "bce":
            logits = self.module.logits(noisy)
            return F.binary_cross_entropy_with_logits(logits, target)
        if self.recipe.loss == "cross-entropy":
            return F.cross_entropy(self.module(noisy), target)
        return F.mse_loss(self.module(noisy), target)

    @torch.no_grad()
    def _validate(self) -> float:
        """Return the mean loss over the validation images with their fixed noise."""
        self.module.eval()
        target = self.validation_clean if self.recipe.denoises else self.validation_labels
        pairs = zip(
            torch.split(self.validation_noisy, EVALUATION_BATCH),
            torch.split(target, EVALUATION_BATCH),
            strict=True,
        )
        return sum(float(self._loss(*pair)) * len(pair[0]) for pair in pairs) / len(target)

    def _set_learning_rate(self, step: int) -> float:
        """Hold the rate, then let it fall linearly to zero over the last part of the epochs."""
        left = 1 - (len(self.history) + step / self.steps) / self.recipe.epochs
        rate = self.recipe.settings["lr"] * min(1.0, left / max(self.recipe.anneal, 1e-9))
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        return rate

    def _stalled(self) -> bool:
        """Whether `patience` epochs have passed without a better validation loss."""
        losses = [record.validation_loss for record in self.history]
        patience = self.recipe.patience
        return bool(patience and losses and len(losses) - 1 - losses.index(min(losses)) >= patience)


def fit(trainer: Trainer, resume_file: Path, on_step: OnStep | None = None) -> Iterator[Record]:
    """Train to the end, saving the state after every epoch and yielding each epoch's record.

    Args:
        trainer: fresh, or restored from `resume_file`.
        resume_file: written atomically after each epoch.
        on_step: called after each batch with the step, the mean loss so far and the batch size.

    Raises:
        DivergedError: when the loss is not finite any more; the last good state stays.
    """
    while not trainer.finished:
        record = trainer.epoch(on_step)
        checkpoints.save(resume_file, *trainer.state())
        yield record


def resume(trainer: Trainer, resume_file: Path) -> bool:
    """Restore a trainer from its resume file when there is one; say whether there was.

    Raises:
        CheckpointError: when the file is damaged or the recipe has changed since.
    """
    if not resume_file.exists():
        return False
    tensors, plain = checkpoints.read(resume_file)
    changed = changed_settings(trainer.recipe, plain.get("recipe"))
    if changed:
        raise checkpoints.CheckpointError(
            f"{resume_file.name} was written with other settings ({', '.join(changed)}): use the "
            "same settings, or delete it to start again"
        )
    trainer.restore(tensors, plain)
    return True


def _below(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors whose name starts with the prefix, without it."""
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}


def _glorot(module: nn.Module) -> None:
    """Start a layer as Keras does: Glorot uniform weights, zero bias."""
    if isinstance(module, nn.Linear | nn.Conv2d):
        nn.init.xavier_uniform_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
