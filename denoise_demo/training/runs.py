"""The files of a training run: weights with metadata, and a table of losses."""

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import torch

from denoise_demo.benchmark import evaluate
from denoise_demo.common import (
    JsonObject,
    LockedError,
    sole_writer,
    unwritable,
    write_atomically,
)
from denoise_demo.corruption import points
from denoise_demo.data import (
    PHOTOS_DOMAIN,
    Images,
    Photos,
    draw_digits,
    get_domain,
    load_photos,
)
from denoise_demo.denoisers import (
    Classifier,
    Network,
    Recipe,
    changed_settings,
    checkpoints,
    device_name,
    settings_of,
)
from denoise_demo.networks import count_parameters, get_model
from denoise_demo.training.distributed import Group
from denoise_demo.training.records import Record
from denoise_demo.training.trainer import Trainer

TEST_SEED = 2_000_003  # of drawn digits that are only measured on


def load_images(
    domain: str, drawn: int | None, folder: str | None, group: Group
) -> tuple[Images | Photos, Images | None]:
    """Load a domain's training and test images, or draw digits; of photographs, none are for tests.

    Only the first process downloads or caches what is missing.
    """
    if drawn:
        return draw_digits(drawn), draw_digits(max(8, drawn // 10), TEST_SEED)
    if domain == PHOTOS_DOMAIN:
        return load_photos(folder), None
    if not group.leads:
        group.wait()
    load_split = get_domain(domain).load
    train, test = (load_split(split, folder, download=True) for split in ("train", "test"))
    if group.leads:
        group.wait()
    return train, test


def resume_path(recipe: Recipe, folder: Path) -> Path:
    """Return the file for the state of an unfinished run."""
    return folder / f"{recipe.id}.resume.safetensors"


def is_finished(recipe: Recipe, folder: Path) -> bool:
    """Return whether a folder has weights of exactly this recipe, and no unfinished run."""
    if resume_path(recipe, folder).exists():
        return False
    try:
        metadata = checkpoints.read_metadata(checkpoints.checkpoint_path(recipe.id, folder))
    except checkpoints.CheckpointError:
        return False
    return not changed_settings(recipe, metadata.get("recipe"))


def replaces_weights(recipe: Recipe, folder: Path) -> bool:
    """Return whether a new run will replace finished weights of other settings."""
    path = checkpoints.checkpoint_path(recipe.id, folder)
    return path.exists() and not resume_path(recipe, folder).exists()


@contextmanager
def claimed(recipes: Sequence[Recipe], folder: Path) -> Iterator[None]:
    """Make the folder and keep other processes from training the same recipes into it.

    Raises:
        ValueError: when another process does, or the folder cannot be written.
    """
    with ExitStack() as stack:
        for recipe in recipes:
            try:
                folder.mkdir(parents=True, exist_ok=True)
                stack.enter_context(sole_writer(folder / recipe.id))
            except LockedError as error:
                raise ValueError(
                    f"{recipe.id} is being trained in {folder} by another process: wait for it, "
                    "or give another folder with --out"
                ) from error
            except OSError as error:
                raise ValueError(unwritable(folder / recipe.id, error)) from error
        yield


def finish(trainer: Trainer, test: Images | None, folder: Path, command: str) -> dict[str, float]:
    """Measure a trained network, write its weight file and delete the resume file.

    Args:
        trainer: finished.
        test: the test images, used for measurement only; None for the validation images.
        folder: where the files are.
        command: reproduces this training; for the metadata.

    Returns:
        The scores at the recipe's evaluation point.
    """
    recipe = trainer.recipe
    scores = _test_scores(trainer, test or trainer.validation)
    path = checkpoints.checkpoint_path(recipe.id, folder)
    facts = {
        "device": device_name(trainer.device),
        "mixed": trainer.mixed,
        "processes": trainer.group.size,
        "command": command,
    }
    metadata = metadata_of(recipe, trainer.history, trainer.data, scores) | facts
    checkpoints.save(path, trainer.trained.state_dict(), metadata)
    write_history(trainer, folder)
    resume_path(recipe, folder).unlink(missing_ok=True)
    return scores


def write_history(trainer: Trainer, folder: Path) -> None:
    """Write the records of all epochs as a table, <recipe>.csv."""
    table = io.StringIO()
    writer = csv.DictWriter(table, list(Record.__dataclass_fields__), lineterminator="\n")
    writer.writeheader()
    writer.writerows(vars(record) for record in trainer.history)
    write_atomically(folder / f"{trainer.recipe.id}.csv", table.getvalue().encode())


def _test_scores(trainer: Trainer, test: Images) -> dict[str, float]:
    recipe, module = trainer.recipe, trainer.trained.eval()
    corruption = points(recipe.domain)[recipe.point]
    network = Network(recipe, module, trainer.device)
    if recipe.denoises:
        return evaluate(network, corruption, test)
    scores = evaluate(lambda noisy, sigma=None: noisy, corruption, test, Classifier(network))
    return {"accuracy": scores["accuracy"]}


def metadata_of(
    recipe: Recipe, history: Sequence[Record], data: JsonObject, scores: dict[str, float]
) -> JsonObject:
    """Return what the metadata of a weight file says of the network and its training."""
    return {
        "recipe": settings_of(recipe),
        "arguments": dict(get_model(recipe.model).arguments),
        "parameters": count_parameters(recipe.model),
        "data": data,
        "epochs": len(history),
        "history": [vars(record) for record in history],
        "metrics": scores,
        "torch": torch.__version__,
        "seed": recipe.seed,
        "seconds": round(sum(record.seconds for record in history), 1),
    }
