"""Weight files: safetensors with JSON metadata, written atomically, checked when read."""

import hashlib
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

from denoise_demo.common import JsonObject, brief, write_atomically
from denoise_demo.networks import build

WEIGHTS_DIR = Path(__file__).resolve().parents[2] / "weights"
REMEDY = "restore the file or train it again"
LONGEST = 100  # characters of a reason


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
    """Write tensors and JSON metadata atomically; see `dump`."""
    write_atomically(path, dump(tensors, metadata))


def dump(tensors: Mapping[str, Tensor], metadata: JsonObject) -> bytes:
    """Return a weight file's content: tensors and JSON metadata, with a hash of both."""
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    text = json.dumps(metadata)
    header = {"json": text, "sha256": _sha256(plain, text)}
    return dump_tensors(plain, header)


def in_its_folder(path: Path) -> Path:
    """Return a weight file's path; CheckpointError for a link that leaves its folder."""
    try:
        inside = path.resolve().is_relative_to(path.parent.resolve())
    except (OSError, RuntimeError):  # a link to itself
        inside = False
    if not inside:
        raise CheckpointError(f"{path.name} is a link out of its folder: {REMEDY}")
    return path


def read(path: Path, remedy: str = REMEDY) -> tuple[dict[str, Tensor], JsonObject]:
    """Read tensors and metadata; CheckpointError with the remedy for a missing or damaged file."""
    with _opened(path, remedy) as file:
        tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        header = file.metadata() or {}
        if "sha256" in header and header["sha256"] != _sha256(tensors, header.get("json", "")):
            raise ValueError("its SHA-256 is not the one it was written with")
        return tensors, _metadata(file)


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
        name, arguments = metadata["recipe"]["model"], metadata["arguments"]
        _check_sizes(arguments, tensors)
        with torch.device("meta"):  # takes no memory
            plan = build(name, arguments)
    except (LookupError, TypeError, ValueError, RuntimeError, AttributeError) as error:
        raise CheckpointError(
            f"{path.name} does not say which network it holds: {remedy}"
        ) from error
    check(plan, tensors, path.name, remedy)
    module = build(name, arguments)
    module.load_state_dict(tensors)
    return Checkpoint(module.eval().requires_grad_(False), metadata)


def load_checked(
    module: nn.Module, tensors: Mapping[str, Tensor], name: str, remedy: str = REMEDY
) -> None:
    """Copy tensors into a network after checking each; CheckpointError when one does not fit."""
    check(module, tensors, name, remedy)
    module.load_state_dict(dict(tensors))


def check(
    module: nn.Module, tensors: Mapping[str, Tensor], name: str, remedy: str = REMEDY
) -> None:
    """Raise CheckpointError unless tensors fit a network and are finite."""
    expected = module.state_dict()
    if expected.keys() != tensors.keys():
        wrong = brief(sorted(expected.keys() ^ tensors.keys()))
        raise CheckpointError(f"{name} is for another network (differs in {wrong}): {remedy}")
    for key, tensor in tensors.items():
        if tensor.shape != expected[key].shape or tensor.dtype != expected[key].dtype:
            raise CheckpointError(
                f"{name} has {key} as {tensor.dtype} {tuple(tensor.shape)} where "
                f"{expected[key].dtype} {tuple(expected[key].shape)} is expected: {remedy}"
            )
        if not bool(torch.isfinite(tensor).all()):
            raise CheckpointError(f"{name} has NaN or infinite values in {key}: {remedy}")


def _check_sizes(arguments: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> None:
    """Raise ValueError for widths or numbers of layers that the file's tensors cannot have."""
    most = max([len(tensors), *(size for tensor in tensors.values() for size in tensor.shape)])
    for value in arguments.values():
        if any(number > most for number in (value if isinstance(value, list) else [value])):
            raise ValueError(f"{brief(value)} is too large for these tensors")


def _sha256(tensors: Mapping[str, Tensor], text: str) -> str:
    """Return the hash of tensors, by name, and of a text."""
    found = hashlib.sha256(text.encode())
    for name in sorted(tensors):
        found.update(name.encode())
        found.update(tensors[name].flatten().view(torch.uint8).numpy().data)
    return found.hexdigest()


@contextmanager
def _opened(path: Path, remedy: str = REMEDY) -> Iterator[Any]:
    """Open a safetensors file; every error becomes a CheckpointError with the remedy."""
    if path.exists() and not path.is_file():  # a pipe would wait for ever
        raise CheckpointError(f"{path.name} is damaged (it is not a regular file): {remedy}")
    try:
        with safe_open(path, framework="pt") as file:
            yield file
    except FileNotFoundError as error:
        raise CheckpointError(f"{path.name} is missing: {remedy}") from error
    except (OSError, SafetensorError, ValueError, RecursionError) as error:
        why = getattr(error, "strerror", None) or str(error).partition("\n")[0][:LONGEST]
        raise CheckpointError(f"{path.name} is damaged ({why}): {remedy}") from error


def _metadata(file: Any) -> JsonObject:
    metadata = json.loads((file.metadata() or {}).get("json", "{}"))
    if not isinstance(metadata, dict):
        raise ValueError("its metadata is not a JSON object")
    return metadata
