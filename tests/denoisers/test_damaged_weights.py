"""Damaged weight files: each costs its own network only, with a short reason."""

import json
import os
import pickle
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from denoise_demo.denoisers import (
    RECIPES,
    WEIGHTS_DIR,
    CheckpointError,
    checkpoint_path,
    checkpoints,
    load_all,
    load_network,
)

DEEP = "[" * 100_000
NETWORKS = [key for key, recipe in RECIPES.items() if recipe.denoises]


class Bomb:
    """An object that creates a file when it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (self.trace,))


def rewritten(path, change=lambda tensors, metadata: None, text=None):
    """Write a weight file again after a change of its tensors and metadata."""
    tensors, metadata = checkpoints.read(path)
    change(tensors, metadata)
    save_file(tensors, path, {"json": text or json.dumps(metadata)})


def first(tensors):
    return next(key for key, value in tensors.items() if value.is_floating_point())


def shorter(tensors, _):
    tensors[first(tensors)] = tensors[first(tensors)].flatten()[:-1].clone()


def not_a_number(tensors, _):
    tensors[first(tensors)].view(-1)[0] = float("nan")


def enormous(_, metadata):
    metadata["arguments"] = dict.fromkeys(metadata["arguments"], 10**12) or {"code": 10**12}


def linked(path, target):
    path.unlink()
    path.symlink_to(target)


def replaced(path, make):
    path.unlink()
    make(path)


def flipped(path, place):
    content = bytearray(path.read_bytes())
    content[place] ^= 0x40
    path.write_bytes(content)


DAMAGES = {
    "missing": Path.unlink,
    "empty": lambda path: path.write_bytes(b""),
    "truncated header": lambda path: path.write_bytes(path.read_bytes()[:100]),
    "truncated": lambda path: path.write_bytes(path.read_bytes()[:-5]),
    "bit flipped in its length": lambda path: flipped(path, 4),
    "bit flipped in its header": lambda path: flipped(path, 8),
    "wrong shape": lambda path: rewritten(path, shorter),
    "NaN": lambda path: rewritten(path, not_a_number),
    "no metadata": lambda path: save_file(load_file(path), path),
    "deep metadata": lambda path: rewritten(path, text=DEEP),
    "deep header": lambda path: path.write_bytes(len(DEEP).to_bytes(8, "little") + DEEP.encode()),
    "huge header": lambda path: path.write_bytes((2**60).to_bytes(8, "little") + b"{}"),
    "huge layers": lambda path: rewritten(path, enormous),
    "pickle": lambda path: path.write_bytes(pickle.dumps(Bomb(path.with_name("trace")))),
    "torch's pickle": lambda path: torch.save(Bomb(path.with_name("trace")), path),
    "folder": lambda path: replaced(path, Path.mkdir),
    "pipe": lambda path: replaced(path, os.mkfifo),
    "link to a secret": lambda path: linked(path, "/etc/passwd"),
    "link out of the folder": lambda path: linked(path, WEIGHTS_DIR / path.name),
    "link to itself": lambda path: linked(path, path),
    "link to a device": lambda path: linked(path, "/dev/zero"),
}
every_damage = pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder that networks are loaded from."""
    monkeypatch.setenv("DENOISE_WEIGHTS_DIR", str(tmp_path))
    return tmp_path


def assert_short_reason(message, path):
    assert message.startswith(path.name)
    assert len(message) < 250
    assert "\n" not in message
    assert str(path.parent) not in message
    assert "passwd" not in message


@every_damage
@pytest.mark.parametrize("key", NETWORKS)
def test_a_damaged_file_is_refused_with_a_short_reason(key, damage, folder):
    path = Path(shutil.copy(checkpoint_path(key, WEIGHTS_DIR), folder))
    damage(path)

    with pytest.raises(CheckpointError) as caught:
        load_network(key, "cpu")

    assert_short_reason(str(caught.value), path)
    assert not path.with_name("trace").exists()


@pytest.mark.parametrize("part", ["recipe", "arguments"])
@pytest.mark.parametrize("value", [None, 3, "word", [], {}, {"model": "conv-pool"}, 10**400])
def test_odd_metadata_never_raises_anything_else(part, value, folder):
    path = Path(shutil.copy(checkpoint_path("dense-8", WEIGHTS_DIR), folder))
    rewritten(path, lambda _, metadata: metadata.update({part: value}))

    with pytest.raises(CheckpointError):
        load_network("dense-8", "cpu")


def test_a_file_without_read_permission_is_refused_without_its_path(folder, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied", str(path))

    path = Path(shutil.copy(checkpoint_path("dense-8", WEIGHTS_DIR), folder))
    monkeypatch.setattr(checkpoints, "safe_open", refuse)

    with pytest.raises(CheckpointError, match="Permission denied") as caught:
        load_network("dense-8", "cpu")
    assert_short_reason(str(caught.value), path)


@pytest.mark.parametrize("place", range(-400_000, 0, 40_001))
def test_a_flipped_bit_is_found_in_files_written_with_their_hash(place, tmp_path):
    tensors, metadata = checkpoints.read(checkpoint_path("dense-64", WEIGHTS_DIR))
    path = tmp_path / "x.safetensors"
    checkpoints.save(path, tensors, metadata)
    assert checkpoints.read(path)[1] == metadata

    flipped(path, place)

    with pytest.raises(CheckpointError, match="SHA-256"):
        checkpoints.load(path)


def test_all_other_networks_work_beside_damaged_ones(folder):
    shutil.copytree(WEIGHTS_DIR, folder, dirs_exist_ok=True)
    damaged = dict(zip(RECIPES, DAMAGES.values(), strict=False))
    for key, damage in damaged.items():
        if len(RECIPES) - list(RECIPES).index(key) > 5:  # five stay whole
            damage(checkpoint_path(key, folder))

    problems = load_all()

    assert list(problems) == list(RECIPES)[:-5]
    for key, message in problems.items():
        assert_short_reason(message, checkpoint_path(key, folder))
