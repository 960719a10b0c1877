"""Resuming: the state is saved after every epoch, and a resumed run gives identical weights."""

import math
import os
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor

from denoise_demo.common import JsonObject, brief, unwritable
from denoise_demo.denoisers import changed_settings, checkpoints, settings_of
from denoise_demo.training.records import Record, Step
from denoise_demo.training.trainer import Trainer

# The weights and two moments, twice while a state replaces the last one; then the weight file.
COPIES = 7
REMEDY = "delete it, or leave out --resume, to start again"
_FILE = ("the resume file", REMEDY)
# What must not change between runs, besides the recipe.
CONDITIONS = {
    "mixed": "precision on this device",
    "processes": "number of processes",
    "images": "training images",
}


def fit(trainer: Trainer, resume_file: Path) -> Iterator[Step | Record]:
    """Train to the end, saving the state after every epoch; yield what `Trainer.records` yields.

    Args:
        trainer: fresh, or restored from `resume_file`.
        resume_file: written atomically after each epoch, before its record is yielded.

    Raises:
        ValueError: when there is no room for the state, before the first epoch.
        DivergedError: when the loss is not finite; the last good state is kept.
    """
    if trainer.group.leads and not trainer.finished:
        _check_room(trainer, resume_file)
    while not trainer.finished:
        for record in trainer.records():
            if isinstance(record, Record) and trainer.group.leads:
                checkpoints.save(resume_file, *state(trainer))
            yield record


def resume(trainer: Trainer, resume_file: Path) -> bool:
    """Restore a trainer from its resume file; return whether there was one.

    Raises:
        CheckpointError: when the file is damaged, or the recipe, the images, the number of
            processes or the precision have changed since.
    """
    if not resume_file.exists():
        return False
    tensors, plain = checkpoints.read(resume_file, REMEDY)
    now = _conditions(trainer)
    changed = changed_settings(trainer.recipe, plain.get("recipe")) or [
        words for key, words in CONDITIONS.items() if plain.get(key) != now[key]
    ]
    if changed:
        raise checkpoints.CheckpointError(
            f"{resume_file.name} was written with other settings ({', '.join(changed)}): use the "
            f"same settings; or {REMEDY}"
        )
    restore(trainer, tensors, plain)
    return True


def state(trainer: Trainer) -> tuple[dict[str, Tensor], JsonObject]:
    """Return everything a resumed run needs, as tensors and JSON values."""
    tensors: dict[str, Tensor] = {}
    for name, module in trainer.modules.items():
        tensors |= {f"{name}.{key}": value for key, value in module.state_dict().items()}
    for name, optimiser in trainer.optimisers.items():
        for index, slots in optimiser.state_dict()["state"].items():
            tensors |= {f"{name}.{index}.{slot}": value for slot, value in slots.items()}
    plain = {
        "history": [asdict(record) for record in trainer.history],
        "recipe": settings_of(trainer.recipe),
        **_conditions(trainer),
    }
    return tensors, plain


def _check_room(trainer: Trainer, resume_file: Path) -> None:
    """Write and remove as much as a run will; ValueError when there is no room for it."""
    values = sum(p.numel() for module in trainer.modules.values() for p in module.parameters())
    try:
        with tempfile.TemporaryFile(dir=resume_file.parent) as file:
            file.write(bytes(4 * values * COPIES))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise ValueError(unwritable(resume_file, error)) from error


def _conditions(trainer: Trainer) -> JsonObject:
    """Return the values of CONDITIONS; images are identified by content, not by path."""
    size = trainer.group.size
    return {"mixed": trainer.mixed, "processes": size, "images": trainer.data["sha256"]}


def restore(trainer: Trainer, tensors: dict[str, Tensor], plain: JsonObject) -> None:
    """Continue from a state; CheckpointError when it is damaged."""
    for name, module in trainer.modules.items():
        checkpoints.load_checked(module, _below(f"{name}.", tensors), *_FILE)
    try:
        for name, optimiser in trainer.optimisers.items():
            _restore_optimiser(optimiser, _below(f"{name}.", tensors))
        history = [Record(**record) for record in plain["history"]]
        numbers = [value for record in history for value in vars(record).values()]
        epochs = [record.epoch for record in history]
        if not all(map(math.isfinite, numbers)) or epochs != [*range(1, len(epochs) + 1)]:
            raise ValueError("its history is not complete")
    except (ArithmeticError, LookupError, TypeError, ValueError, RuntimeError) as error:
        raise checkpoints.CheckpointError(
            f"the resume file is damaged ({brief(str(error))}): {REMEDY}"
        ) from error
    trainer.history = history


def _restore_optimiser(optimiser: torch.optim.Optimizer, tensors: dict[str, Tensor]) -> None:
    """Restore an optimiser's state; ValueError when it does not fit or is incomplete."""
    parameters = [p for group in optimiser.param_groups for p in group["params"]]
    slots: dict[int, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        index, name = key.split(".")
        like = parameters[int(index)]
        if value.shape not in ((), like.shape) or not bool(value.isfinite().all()):
            raise ValueError(f"the optimiser's {name} does not fit")
        # The fused optimiser needs the parameter's memory layout.
        laid_out = torch.empty_like(like).copy_(value) if value.ndim else value
        slots.setdefault(int(index), {})[name] = laid_out.detach()
    if len({frozenset(slots[index]) for index in range(len(parameters))}) != 1:
        raise ValueError("the optimiser's state is incomplete")
    optimiser.load_state_dict(optimiser.state_dict() | {"state": slots})


def _below(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors whose names start with the prefix, and remove it."""
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
