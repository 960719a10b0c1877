"""Weight files: safetensors with JSON metadata, written atomically, checked when read."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as dump_tensors
from torch import Tensor, nn

from denoise_demo.common import JsonObject, write_atomically
from denoise_demo.networks import build

WEIGHTS_DIR = Path(__file__).resolve().parents[2] / "weights"
REMEDY = "restore the file or train it again"


class CheckpointError(ValueError):
    """A weight file is missing, damaged or for another network; the message says what to do."""


@dataclass(frozen=True)
class Checkpoint:
    """A trained network in eval mode, and the metadata of its file."""

    module: nn.Module
    metadata: JsonObject


def weights_dir() -> Path:
    """Return the folder that networks are loaded from: DENOISE_WEIGHTS_DIR, or the shipped one."""
    return Path(os.environ.get("DENOISE_WEIGHTS_DIR") or WEIGHTS_DIR)


def checkpoint_path(recipe_id: str, folder: Path | None = None) -> Path:
    """Return the weight file of a recipe, in `weights_dir()` unless a folder is given."""
    return (folder or weights_dir()) / f"{recipe_id}.safetensors"


def save(path: Path, tensors: Mapping[str, Tensor], metadata: JsonObject) -> None:
    """Write tensors and JSON metadata atomically."""
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    write_atomically(path, dump_tensors(plain, {"json": json.dumps(metadata)}))


def read(path: Path, remedy: str = REMEDY) -> tuple[dict[str, Tensor], JsonObject]:
    """Read tensors and metadata; CheckpointError with the remedy for a missing or damaged file."""
    with _opened(path, remedy) as file:
        return {key: file.get_tensor(key) for key in file.keys()}, _metadata(file)  # noqa: SIM118


def read_metadata(path: Path, remedy: str = REMEDY) -> JsonObject:
    """Read only the metadata; CheckpointError when the file is missing or damaged."""
    with _opened(path, remedy) as file:
        return _metadata(file)


def load(path: Path, remedy: str = REMEDY) -> Checkpoint:
    """Rebuild a trained network from its weight file alone.

    Raises:
        CheckpointError: when the file is missing or damaged, names no network of MODELS, or its
            tensors are not finite or have other names, shapes or types.
    """
    tensors, metadata = read(path, remedy)
    try:
        module = build(metadata["recipe"]["model"], metadata["arguments"])
    except (LookupError, TypeError, ValueError) as error:
        raise CheckpointError(
            f"{path.name} does not say which network it holds: {remedy}"
        ) from error
    load_checked(module, tensors, path.name, remedy)
    return Checkpoint(module.eval().requires_grad_(False), metadata)


def load_checked(
    module: nn.Module, tensors: Mapping[str, Tensor], name: str, remedy: str = REMEDY
) -> None:
    """Copy tensors into a network after checking each; CheckpointError when one does not fit."""
    expected = module.state_dict()
    if expected.keys() != tensors.keys():
        wrong = ", ".join(sorted(expected.keys() ^ tensors.keys()))
        raise CheckpointError(f"{name} is for another network (differs in {wrong}): {remedy}")
    for key, tensor in tensors.items():
        if tensor.shape != expected[key].shape or tensor.dtype != expected[key].dtype:
            raise CheckpointError(
                f"{name} has {key} as {tensor.dtype} {tuple(tensor.shape)} where "
                f"{expected[key].dtype} {tuple(expected[key].shape)} is expected: {remedy}"
            )
        if not bool(torch.isfinite(tensor).all()):
            raise CheckpointError(f"{name} has NaN or infinite values in {key}: {remedy}")
    module.load_state_dict(dict(tensors))


@contextmanager
def _opened(path: Path, remedy: str = REMEDY) -> Iterator[Any]:
    """Open a safetensors file; every error becomes a CheckpointError with the remedy."""
    try:
        with safe_open(path, framework="pt") as file:
            yield file
    except FileNotFoundError as error:
        raise CheckpointError(f"{path.name} is missing: {remedy}") from error
    except (OSError, SafetensorError, ValueError) as error:
        raise CheckpointError(f"{path.name} is damaged ({error}): {remedy}") from error


def _metadata(file: Any) -> JsonObject:
    metadata = json.loads((file.metadata() or {}).get("json", "{}"))
    if not isinstance(metadata, dict):
        raise ValueError("its metadata is not a JSON object")
    return metadata
