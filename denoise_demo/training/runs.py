"""What a training run leaves behind: the weight file's metadata, and its history in tables."""

import csv
import io
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import torch

from denoise_demo.benchmark import evaluate
from denoise_demo.common import write_atomically
from denoise_demo.corruption import points
from denoise_demo.data import Images
from denoise_demo.denoisers import (
    Classifier,
    Network,
    Recipe,
    changed_settings,
    checkpoints,
    device_name,
    settings_of,
)
from denoise_demo.networks import MODELS, count_parameters
from denoise_demo.training.trainer import Record, Trainer


def resume_path(recipe: Recipe, folder: Path) -> Path:
    """Return where the state of an unfinished run is kept."""
    return folder / f"{recipe.id}.resume.safetensors"


def is_finished(recipe: Recipe, folder: Path) -> bool:
    """Whether the folder holds this recipe, trained with these settings, and no run to go on."""
    if resume_path(recipe, folder).exists():
        return False
    try:
        metadata = checkpoints.read_metadata(checkpoints.checkpoint_path(recipe.id, folder))
    except checkpoints.CheckpointError:
        return False
    return not changed_settings(recipe, metadata.get("recipe"))


def finish(trainer: Trainer, test: Images, folder: Path, command: str) -> dict[str, float]:
    """Measure a trained network, write its weight file and drop the resume file.

    Args:
        trainer: at its end.
        test: the test images; they are only measured on.
        folder: where the files are.
        command: what trains this again, for the metadata.

    Returns:
        The scores at the recipe's own evaluation point.
    """
    recipe = trainer.recipe
    scores = _test_scores(trainer, test)
    path = checkpoints.checkpoint_path(recipe.id, folder)
    metadata = _metadata(trainer, scores, command)
    checkpoints.save(path, trainer.result.state_dict(), metadata)
    write_history(trainer, folder)
    resume_path(recipe, folder).unlink(missing_ok=True)
    return scores


def describe_score(recipe: Recipe, scores: dict[str, float]) -> str:
    """Return a recipe's main test score in words."""
    if not recipe.denoises:
        return f"accuracy {scores['accuracy']:.4f} on clean digits"
    other = "bce" if recipe.loss == "bce" else "mae"
    value = f"{scores['psnr']:.2f} dB, {other.upper()} {scores[other]:.4f}"
    return f"{value} at {recipe.point}"


def write_history(trainer: Trainer, folder: Path) -> None:
    """Write the records of all epochs as a table, <recipe>.csv."""
    table = io.StringIO()
    writer = csv.DictWriter(table, list(Record.__dataclass_fields__), lineterminator="\n")
    writer.writeheader()
    writer.writerows(vars(record) for record in trainer.history)
    write_atomically(folder / f"{trainer.recipe.id}.csv", table.getvalue().encode())


def tensorboard(folder: Path | None, recipe: Recipe) -> AbstractContextManager[Any]:
    """Return a writer for TensorBoard, or nothing where no folder is given.

    Raises:
        ValueError: when the package is not installed.
    """
    if folder is None:
        return nullcontext()
    try:
        from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415  (it is optional)
    except ImportError as error:
        raise ValueError("--tensorboard needs a package: pip install tensorboard") from error
    writer: AbstractContextManager[Any] = SummaryWriter(folder / recipe.id)
    return writer


def show_record(writer: Any, record: Record) -> None:
    """Hand one epoch's record to TensorBoard, if there is a writer."""
    if writer is not None:
        losses = {"train": record.train_loss, "validation": record.validation_loss}
        writer.add_scalars("loss", losses, record.epoch)
        writer.add_scalar("learning rate", record.learning_rate, record.epoch)
        writer.add_scalar("seconds", record.seconds, record.epoch)


def _test_scores(trainer: Trainer, test: Images) -> dict[str, float]:
    recipe, module = trainer.recipe, trainer.result.eval()
    corruption = points(recipe.domain)[recipe.point]
    if recipe.denoises:
        return evaluate(Network(recipe, module, trainer.device), corruption, test)
    classifier = Classifier(module, trainer.device)
    scores = evaluate(lambda noisy, sigma: noisy, corruption, test, classifier)
    return {"accuracy": scores["accuracy"]}


def _metadata(trainer: Trainer, scores: dict[str, float], command: str) -> dict[str, Any]:
    """Return what a weight file says of itself."""
    recipe = trainer.recipe
    return {
        "recipe": settings_of(recipe),
        "arguments": dict(MODELS[recipe.model].arguments),
        "parameters": count_parameters(trainer.module),
        "data": trainer.data,
        "epochs": len(trainer.history),
        "history": [vars(record) for record in trainer.history],
        "metrics": scores,
        "torch": torch.__version__,
        "seed": recipe.seed,
        "seconds": round(sum(record.seconds for record in trainer.history), 1),
        "device": device_name(trainer.device),
        "mixed": trainer.mixed,
        "processes": trainer.group.size,
        "command": command,
    }
