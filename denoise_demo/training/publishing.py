"""Publish a network on the Hugging Face Hub: its weights, its settings and a model card."""

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from huggingface_hub import EvalResult, HfApi, ModelCardData, get_token
from huggingface_hub.errors import HfHubHTTPError, HFValidationError
from huggingface_hub.errors import HTTPError as ConnectionFailed  # type: ignore[attr-defined]

from denoise_demo.benchmark import METRICS, NOTHING, PointRow, Results, ResultsError, load_results
from denoise_demo.common import JsonObject
from denoise_demo.corruption import points
from denoise_demo.data import get_domain
from denoise_demo.denoisers import (
    RECIPES,
    CheckpointError,
    Recipe,
    checkpoint_path,
    checkpoints,
    hub,
)
from denoise_demo.training.describe import LICENCES, describe_score, training_facts

FILES = (hub.WEIGHTS, hub.CONFIG, hub.CARD)
DATA = {"digits": ("mnist", "MNIST"), "faces": ("utkface", "UTKFace")}
SHOWN = ("psnr", "ssim", "mae")
HUB_LICENCES: dict[str, JsonObject] = {
    "digits": {"license": "apache-2.0"},
    "faces": {
        "license": "other",
        "license_name": "utkface-non-commercial-research",
        "license_link": "https://susanqq.github.io/UTKFace/",
    },
}
LIMITS = {
    "digits": "It was trained on MNIST-like digits only: light ink on black, centred, 28 x 28 "
    "pixels. Given anything else, it still returns something like a digit.",
    "faces": "It was trained on faces that fill a picture of 28 x 28 pixels. Given anything else, "
    "it still returns something like a face. A denoised face is a plausible face, not evidence: "
    "never use it to recognise anybody.",
}


class PublishError(ValueError):
    """The Hub cannot be reached or refuses; the message says what to do."""


def write_files(recipe_id: str, folder: Path, weights: Path | None, name: str) -> None:
    """Write the files of a published network: weights, settings and model card.

    Args:
        recipe_id: a network that denoises.
        folder: new, empty, or holding such files only.
        weights: the folder of the weight file; the shipped one by default.
        name: USER/NAME on the Hub, for the card.

    Raises:
        CheckpointError: when the weights are missing or damaged.
        ValueError: when the folder holds other files.
    """
    path = checkpoint_path(recipe_id, weights)
    metadata = checkpoints.load(path).metadata
    try:
        card, settings = model_card(path, metadata, name), config(metadata)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise CheckpointError(
            f"{path.name} does not say how it was trained: {checkpoints.REMEDY}"
        ) from error
    folder.mkdir(parents=True, exist_ok=True)
    if others := sorted({entry.name for entry in folder.iterdir()} - set(FILES)):
        raise ValueError(f"{folder} holds {others[0]}: give a new or empty folder")
    shutil.copyfile(path, folder / hub.WEIGHTS)
    (folder / hub.CONFIG).write_text(json.dumps(settings, indent=1) + "\n", "utf-8")
    (folder / hub.CARD).write_text(card, "utf-8")


def upload(folder: Path, name: str, *, private: bool = False) -> str:
    """Upload the files to the model USER/NAME, which is created if needed; return its address.

    Raises:
        PublishError: without a token, without a connection, or when the Hub refuses.
    """
    if get_token() is None:
        raise PublishError("there is no token: run `hf auth login` or set HF_TOKEN")
    api = HfApi()
    try:
        address = api.create_repo(name, private=private, exist_ok=True)
        api.upload_folder(
            repo_id=name,
            folder_path=folder,
            allow_patterns=list(FILES),
            commit_message="Publish with denoise_demo",
        )
    except HFValidationError as error:
        raise PublishError(f"{name!r} is no name of a model: give USER/NAME") from error
    except HfHubHTTPError as error:
        reason = (error.server_message or str(error)).partition("\n")[0]
        remedy = f"check that your token may write to {name.partition('/')[0]}"
        raise PublishError(f"the Hub refused ({reason}): {remedy}") from error
    except (OSError, ConnectionFailed) as error:
        raise PublishError(f"the Hub cannot be reached ({error}): try again later") from error
    return str(address)


def config(metadata: JsonObject) -> JsonObject:
    """Return what config.json says; the weight file alone is enough to load a network."""
    recipe = metadata["recipe"]
    shape = get_domain(recipe["domain"]).shape
    return {
        "library_name": "denoise_demo",
        "model_type": recipe["model"],
        "arguments": metadata["arguments"],
        "image_shape": list(shape),
        "recipe": recipe,
    }


def model_card(path: Path, metadata: JsonObject, name: str) -> str:
    """Return the model card of a weight file, in Markdown with front matter."""
    recipe = RECIPES[metadata["recipe"]["id"]]
    channels = get_domain(recipe.domain).shape[0]
    rows, noisy = _results(path, recipe.id, recipe.domain)
    licence = LICENCES[recipe.domain]
    data = ModelCardData(
        **HUB_LICENCES[recipe.domain],
        library_name="denoise_demo",
        pipeline_tag="image-to-image",
        tags=["denoising", "autoencoder", recipe.domain],
        model_name=recipe.title,
        eval_results=[_evaluation(recipe, metadata["metrics"])],
    )
    facts = "\n".join(f"| {key} | {value} |" for key, value in training_facts(metadata).items())
    return f"""---
{data.to_yaml()}
---

# {recipe.title}

A denoising network ({recipe.article}) of the library denoise_demo. {recipe.lesson}

```python
from denoise_demo import load_denoiser

denoise = load_denoiser("hf:{name}")
denoised = denoise(noisy)  # float32 (N, {channels}, 28, 28) -> the same, in [0, 1]
```

## Training

| setting | value |
|---|---|
{facts}

## Results

On test images: {describe_score(recipe, metadata["metrics"])}.
{_table(rows, noisy)}
## Limits

{LIMITS[recipe.domain]}

## Licence

{licence[0].upper()}{licence[1:]}.
"""


def _results(path: Path, recipe_id: str, domain: str) -> tuple[list[PointRow], list[PointRow]]:
    """Return the benchmark's rows of exactly these weights, and of the noisy images."""
    try:
        results: Results = load_results(domain=domain)
    except ResultsError:
        return [], []
    if results.weights.get(recipe_id) != hashlib.sha256(path.read_bytes()).hexdigest():
        return [], []
    of_network = [row for row in results.rows if row.denoiser == recipe_id]
    known = results.at_points(domain)
    return of_network, [known[NOTHING, row.point] for row in of_network]


def _evaluation(recipe: Recipe, scores: Mapping[str, float]) -> EvalResult:
    """Return the score at the recipe's evaluation point, as the Hub shows it."""
    kind, label = DATA[recipe.domain]
    return EvalResult(
        task_type="image-to-image",
        task_name="Denoising",
        dataset_type=kind,
        dataset_name=f"{label}, {points(recipe.domain)[recipe.point].describe()}",
        dataset_config=recipe.point,
        dataset_split="test",
        metric_type="psnr",
        metric_name="PSNR (dB)",
        metric_value=round(scores["psnr"], 3),
    )


def _table(rows: list[PointRow], noisy: list[PointRow]) -> str:
    """Return a table of the benchmark's scores, or nothing."""
    if not rows:
        return ""
    labels = " | ".join(f"{METRICS[key].label} | of noisy" for key in SHOWN)
    lines = [f"| corruption | {labels} |", "|---" * (1 + 2 * len(SHOWN)) + "|"]
    for row, other in zip(rows, noisy, strict=True):
        cells = [points(row.domain)[row.point].describe()]
        for key in SHOWN:
            for score in (row.score(key), other.score(key)):
                mean = score.mean if score else None
                cells.append("∞" if mean is None else f"{mean:.{METRICS[key].decimals}f}")
        lines.append(f"| {' | '.join(cells)} |")
    count = f"\nMeans over {rows[0].n:,} test images, from the benchmark of denoise_demo:\n\n"
    return f"{count}{chr(10).join(lines)}\n"
