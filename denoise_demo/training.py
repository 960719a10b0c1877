"""The training loop: one record per epoch, resumable to the bit."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from denoise_demo import checkpoints
from denoise_demo.data import Digits, split_train
from denoise_demo.distributed import Group
from denoise_demo.models import build
from denoise_demo.objective import Objective, has_bfloat16
from denoise_demo.recipes import Recipe, changed_settings, settings_of
from denoise_demo.schedules import SCHEDULES

VALIDATION_SEED = 1_000_003  # the validation noise is the same in every epoch and every run
EVALUATION_BATCH = 1000
REMEDY = "delete it, or leave out --resume, to start again"
REPORT_EVERY = 10  # steps; reading the loss makes a GPU wait
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
        group: the processes that share every batch.

    Raises:
        ValueError: when the processes cannot share a batch evenly.
    """

    def __init__(
        self, recipe: Recipe, digits: Digits, device: torch.device, group: Group | None = None
    ) -> None:
        self.recipe, self.device, self.group = recipe, device, group or Group()
        check_shares(recipe, self.group)
        # Weights start from the CPU's generator, so that a seed means the same on every device.
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(recipe.seed)
            module = build(recipe.model)
            if recipe.glorot:
                module.apply(_glorot)
        module = module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.module = module.to(device)
        self.mixed = recipe.precision == "bfloat16" and has_bfloat16(device)
        objective = Objective(self.module, recipe.loss, mixed=self.mixed)
        self.objective = self.group.wrap(objective)
        optimiser = getattr(torch.optim, recipe.optimiser)
        fused = {"fused": True} if optimiser is torch.optim.Adam else {}
        self.optimiser = optimiser(self.module.parameters(), **recipe.settings, **fused)
        self.average = _moving_average(self.module, recipe.ema) if recipe.ema else None
        self.generator = torch.Generator(device)
        self.history: list[Record] = []

        train, validation = split_train(digits, recipe.validation)
        self.clean, self.labels = train.clean().to(device), train.labels.to(device)
        fixed = self.generator.manual_seed(recipe.seed)
        self.noisy = None if recipe.fresh else recipe.corruption(self.clean, fixed)
        self.validation_clean = validation.clean().to(device)
        self.validation_labels = validation.labels.to(device)
        fixed = torch.Generator(device).manual_seed(VALIDATION_SEED)
        self.validation_noisy = recipe.corruption(self.validation_clean, fixed)

    @property
    def result(self) -> nn.Module:
        """The network that is kept: with a moving average of the weights, that."""
        return self.average.module if self.average else self.module

    @property
    def steps(self) -> int:
        """Batches per epoch."""
        return math.ceil(self.images_per_epoch / self.recipe.batch)

    @property
    def images_per_epoch(self) -> int:
        """Images seen in one epoch."""
        if self.recipe.steps:
            return self.recipe.steps * self.recipe.batch
        return len(self.clean) // self.group.size * self.group.size

    @property
    def finished(self) -> bool:
        """Whether the last epoch is done or early stopping has struck."""
        return len(self.history) >= self.recipe.epochs or self._stalled()

    def epoch(self, on_step: OnStep | None = None) -> Record:
        """Train one epoch and validate."""
        start = time.perf_counter()
        self.objective.train()
        total = torch.zeros((), device=self.device)
        for step, batch in enumerate(self._batches(), 1):
            rate = self._set_learning_rate(step)
            loss = self.objective(*self._pairs(self.group.share(batch)))
            self.optimiser.zero_grad()
            loss.backward()
            if self.recipe.max_norm:
                clip_grad_norm_(self.module.parameters(), self.recipe.max_norm)
            self.optimiser.step()
            if self.average:
                self.average.update_parameters(self.module)
            total += loss.detach()
            if on_step and (step % REPORT_EVERY == 0 or step == self.steps):
                images = min(step * self.recipe.batch, self.images_per_epoch)
                on_step(step, float(total) / step, images)
        epoch = len(self.history) + 1
        train_loss = float(self.group.sum(total)) / self.group.size / self.steps
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
        if self.average:
            average = self.average.state_dict()
            tensors |= {f"average.{key}": value for key, value in average.items()}
        for index, slots in self.optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser.{index}.{name}": value for name, value in slots.items()}
        plain = {
            "history": [asdict(record) for record in self.history],
            "recipe": settings_of(self.recipe),
            "mixed": self.mixed,
        }
        return tensors, plain

    def restore(self, tensors: dict[str, Tensor], plain: dict[str, Any]) -> None:
        """Continue from a state; CheckpointError when it is damaged."""
        file = ("the resume file", REMEDY)
        checkpoints.load_checked(self.module, _below("module.", tensors), *file)
        if self.average:
            checkpoints.load_checked(self.average, _below("average.", tensors), *file)
        slots: dict[int, dict[str, Tensor]] = {}
        parameters = list(self.module.parameters())
        try:
            for key, value in _below("optimiser.", tensors).items():
                index, name = key.split(".")
                like = parameters[int(index)]
                if value.shape not in ((), like.shape) or not bool(value.isfinite().all()):
                    raise ValueError(f"the optimiser's {name} does not fit")
                # The fused optimiser goes through the memory, which must be laid out alike.
                laid_out = torch.empty_like(like).copy_(value) if value.ndim else value
                slots.setdefault(int(index), {})[name] = laid_out.detach()
            if len({frozenset(slots[index]) for index in range(len(parameters))}) != 1:
                raise ValueError("the optimiser's state is incomplete")
            self.optimiser.load_state_dict(self.optimiser.state_dict() | {"state": slots})
            self.history = [Record(**record) for record in plain["history"]]
            numbers = [value for record in self.history for value in vars(record).values()]
            epochs = [record.epoch for record in self.history]
            if not all(map(math.isfinite, numbers)) or epochs != [*range(1, len(epochs) + 1)]:
                raise ValueError("its history is not complete")
        except (LookupError, TypeError, ValueError, RuntimeError) as error:
            raise checkpoints.CheckpointError(
                f"the resume file is damaged ({error}): {REMEDY}"
            ) from error

    def _batches(self) -> Iterator[Tensor]:
        """Yield one epoch's batches of indices, reshuffling whenever the images run out.

        The order follows from the seed and the epoch, and is the same in every process and on
        every device; the noise is each process's own.
        """
        seed, epoch = self.recipe.seed, len(self.history)
        self.generator.manual_seed(_mixed(seed, epoch, 1 + self.group.rank))
        shuffler = torch.Generator().manual_seed(_mixed(seed, epoch, 0))
        rounds = math.ceil(self.images_per_epoch / len(self.clean))
        shuffles = [torch.randperm(len(self.clean), generator=shuffler) for _ in range(rounds)]
        order = torch.cat(shuffles)[: self.images_per_epoch].to(self.device)
        yield from torch.split(order, self.recipe.batch)

    def _pairs(self, batch: Tensor) -> tuple[Tensor, Tensor]:
        """Return the network's input and its target for a batch of indices."""
        clean = self.clean[batch]
        if self.noisy is None:
            noisy = self.recipe.corruption(clean, self.generator)
        else:
            noisy = self.noisy[batch]
        return noisy, clean if self.recipe.denoises else self.labels[batch]

    @torch.no_grad()
    def _validate(self) -> float:
        """Return the mean loss over the validation images with their fixed noise."""
        objective = Objective(self.result, self.recipe.loss).eval()
        target = self.validation_clean if self.recipe.denoises else self.validation_labels
        total = 0.0
        mine = self.group.share(torch.arange(len(target), device=self.device))
        for rows in torch.split(mine, EVALUATION_BATCH):
            total += float(objective(self.validation_noisy[rows], target[rows])) * len(rows)
        return float(self.group.sum(torch.tensor(total, device=self.device))) / len(target)

    def _set_learning_rate(self, step: int) -> float:
        """Set the rate of a step, counted from 1, as the schedule has it."""
        done = (len(self.history) + (step - 1) / self.steps) / self.recipe.epochs
        rate = self.recipe.settings["lr"] * SCHEDULES[self.recipe.schedule](done)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        return rate

    def _stalled(self) -> bool:
        """Whether `patience` epochs have passed without a better validation loss."""
        losses = [record.validation_loss for record in self.history]
        patience = self.recipe.patience
        return bool(patience and losses and len(losses) - 1 - losses.index(min(losses)) >= patience)


def check_shares(recipe: Recipe, group: Group) -> None:
    """Raise ValueError when the processes cannot share a batch evenly."""
    if recipe.batch % group.size:
        raise ValueError(
            f"{recipe.id} has batches of {recipe.batch}, which {group.size} processes cannot "
            "share evenly: choose a number of processes that divides the batch"
        )


def fit(trainer: Trainer, resume_file: Path, on_step: OnStep | None = None) -> Iterator[Record]:
    """Train to the end, saving the state after every epoch and yielding each epoch's record.

    Args:
        trainer: fresh, or restored from `resume_file`.
        resume_file: written atomically after each epoch.
        on_step: called every few batches with the step, the mean loss and the images so far.

    Raises:
        DivergedError: when the loss is not finite any more; the last good state stays.
    """
    while not trainer.finished:
        record = trainer.epoch(on_step)
        if trainer.group.leads:
            checkpoints.save(resume_file, *trainer.state())
        yield record


def resume(trainer: Trainer, resume_file: Path) -> bool:
    """Restore a trainer from its resume file when there is one; say whether there was.

    Raises:
        CheckpointError: when the file is damaged or the recipe has changed since.
    """
    if not resume_file.exists():
        return False
    tensors, plain = checkpoints.read(resume_file, REMEDY)
    changed = changed_settings(trainer.recipe, plain.get("recipe"))
    if not changed and plain.get("mixed") != trainer.mixed:
        changed = ["precision on this device"]
    if changed:
        raise checkpoints.CheckpointError(
            f"{resume_file.name} was written with other settings ({', '.join(changed)}): use the "
            f"same settings; or {REMEDY}"
        )
    trainer.restore(tensors, plain)
    return True


def _moving_average(module: nn.Module, decay: float) -> AveragedModel:
    """Return the exponential moving average of a network's weights, before the first step."""
    average = get_ema_multi_avg_fn(decay)  # type: ignore[no-untyped-call]
    return AveragedModel(module, multi_avg_fn=average, use_buffers=True)


def _mixed(*numbers: int) -> int:
    """Return one seed for several numbers, so that neighbours give unrelated streams."""
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0] >> 1)


def _below(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors whose name starts with the prefix, without it."""
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}


def _glorot(module: nn.Module) -> None:
    """Start a layer as Keras does: Glorot uniform weights, zero bias."""
    if isinstance(module, nn.Linear | nn.Conv2d):
        nn.init.xavier_uniform_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
