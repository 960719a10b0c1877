"""Descriptions of a training run, for the card of a weight file and the command line."""

import json
from collections.abc import Mapping
from pathlib import Path

from denoise_demo.common import JsonObject
from denoise_demo.corruption import recorded
from denoise_demo.denoisers import Recipe, checkpoints, settings_of, trainable
from denoise_demo.networks import count_parameters, get_model
from denoise_demo.training.objective import LOSSES
from denoise_demo.training.optimisers import OPTIMISERS

SETTINGS = {
    "lr": "learning rate",
    "eps": "epsilon",
    "betas": "betas",
    "weight_decay": "weight decay",
    "alpha": "smoothing constant",
}
# Settings that are shown only when they are switched on.
OTHERS = {
    "steps": "{} batches per epoch",
    "patch": "random patches of {} pixels a side",
    "precision": "{} arithmetic",
    "average": "running mean of the weights with decay {}",
    "max_norm": "gradient norm at most {}",
    "patience": "stops after {} epochs without a better validation loss",
    "glorot": "Glorot initialisation",
    "images": "{} training images",
}
LICENCES = {
    "digits": "Apache-2.0",
    "photos": "Apache-2.0",
    "faces": "weights for non-commercial research only, as the data they were trained on (UTKFace)",
}
SHOWN_ELSEWHERE = {
    *("id", "article", "domain", "point", "model", "corruption", "fresh", "mirror", "validation"),
    *("loss", "adversarial", "optimiser", "optimiser_settings", "settings", "schedule", "batch"),
    *("epochs", "seed", "drawn"),
}


def training_facts(metadata: JsonObject) -> dict[str, str]:
    """Return facts on the training of a weight file from its metadata; see `runs.finish`.

    Unknown settings appear under their own names.

    Raises:
        KeyError, TypeError, AttributeError: for incomplete or malformed metadata.
    """
    recipe, data = metadata["recipe"], metadata["data"]
    drawn = " (new noise for every batch)" if recipe["fresh"] else " (noise drawn once)"
    noisy = recipe["corruption"].get("kind") != "none"
    mirrored = ", half of them mirrored" if recipe.get("mirror") else ""
    held_back = f"the last {_held_back(recipe['validation'])} training images validate"
    facts = {
        "Network": get_model(recipe["model"]).label,
        "Parameters": f"{metadata['parameters']:,}",
        "Trained on": recorded(recipe["corruption"]).describe() + (drawn if noisy else ""),
        "Loss": _loss(recipe),
        "Optimiser": _optimiser(recipe),
        "Epochs": f"{metadata['epochs']} of at most {recipe['epochs']}",
        "Other settings": _others(recipe),
        "Seed": str(metadata["seed"]),
        "Data": f"{data['name']}{mirrored}; {held_back}",
    }
    return {name: fact for name, fact in facts.items() if fact}


def loss_label(loss: str) -> str:
    """Return a loss in words, or its name if it is unknown."""
    return LOSSES[loss].label if loss in LOSSES else loss


def recipe_table(folder: Path) -> str:
    """Return a table of all recipes and their weight files in a folder."""
    lines = [
        f"{'recipe':<25}  {'article':<7}  {'parameters':>10}  {'trained':<10}  score (test images)"
    ]
    for name, recipe in trainable().items():
        path = checkpoints.checkpoint_path(name, folder)
        trained, score = "no", ""
        try:
            metadata = checkpoints.read_metadata(path)
            score = describe_score(recipe, metadata["metrics"])
            count = metadata["epochs"]
            trained = f"{count} epoch" if count == 1 else f"{count} epochs"
        except checkpoints.CheckpointError:
            trained = "damaged" if path.exists() else "no"
        except (KeyError, TypeError):  # trained by other means than this recipe
            trained = "otherwise"
        parameters = count_parameters(recipe.model)
        lines.append(f"{name:<25}  {recipe.article:<7}  {parameters:>10,}  {trained:<10}  {score}")
    return "\n".join(lines)


def dry_run(recipe: Recipe) -> str:
    """Return a description of what a run would train."""
    model, count = get_model(recipe.model).label, count_parameters(recipe.model)
    return (
        f"{recipe.id}: {model}, {count:,} parameters"
        f"\n  corruption: {recipe.corruption.describe()}\n  {json.dumps(settings_of(recipe))}"
    )


def describe_score(recipe: Recipe, scores: Mapping[str, float]) -> str:
    """Return a recipe's main test score in words."""
    if not recipe.denoises:
        return f"accuracy {scores['accuracy']:.4f} on clean digits"
    other = "bce" if recipe.loss == "bce" else "mae"
    value = f"{scores['psnr']:.2f} dB, {other.upper()} {scores[other]:.4f}"
    where = " on validation patches" if recipe.patch else ""
    return f"{value} at {recipe.point}{where}"


def _loss(recipe: JsonObject) -> str:
    weight = recipe.get("adversarial", 0)  # older files do not have it
    verdict = f" plus {weight:g} x a patch discriminator's least-squares loss" if weight else ""
    return loss_label(recipe["loss"]) + verdict


def _optimiser(recipe: JsonObject) -> str:
    name = recipe["optimiser"]
    label = OPTIMISERS[name].label if name in OPTIMISERS else name
    values = recipe.get("optimiser_settings", recipe.get("settings")) or {}
    words = [label, *(f"{SETTINGS.get(key, key)} {_plain(value)}" for key, value in values.items())]
    if recipe.get("schedule", "constant") != "constant":
        words.append(f"{recipe['schedule']} schedule")
    return f"{', '.join(words)}; batches of {recipe['batch']}"


def _others(recipe: JsonObject) -> str:
    """Return the remaining settings that are switched on."""
    rest = {key: value for key, value in recipe.items() if key not in SHOWN_ELSEWHERE and value}
    words = [OTHERS.get(key, f"{key} {{}}").format(_plain(value)) for key, value in rest.items()]
    return ", ".join(words)


def _held_back(validation: float) -> str:
    """Return the number of validation images, or below 1 their share, in words."""
    return f"{100 * validation:g} % of the" if validation < 1 else f"{validation:,}"


def _plain(value: object) -> str:
    if isinstance(value, list):
        return " and ".join(map(_plain, value))
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, int | float) else str(value)
