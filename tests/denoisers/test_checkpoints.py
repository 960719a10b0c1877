"""Weight files: whole or absent, checked on the way in, never unpickled."""

import errno
import json
import os
import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from denoise_demo.denoisers import checkpoints
from denoise_demo.denoisers.checkpoints import (
    CheckpointError,
    checkpoint_path,
    load,
    read,
    read_metadata,
)
from denoise_demo.networks.models import build

RECIPE = "dense-8"
METADATA = {"epochs": 3, "metrics": {"psnr": 15.25}, "history": [{"train_loss": 0.1}], "note": "±"}


@pytest.fixture
def tensors() -> dict[str, Tensor]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        return build(RECIPE).state_dict()


@pytest.fixture
def path(tmp_path: Path, tensors: dict[str, Tensor]) -> Path:
    """A sound weight file."""
    path = checkpoint_path(RECIPE, tmp_path)
    checkpoints.save(path, tensors, METADATA)
    return path


class FullDiskError(OSError):
    """What a disk without space answers."""

    def __init__(self, *arguments: object) -> None:
        super().__init__(errno.ENOSPC, "No space left on device")


def full_disk(*arguments: object) -> None:
    raise FullDiskError


def refusal(path: Path) -> str:
    """Return what loading says of the file; it must name the file and the remedy."""
    with pytest.raises(CheckpointError) as caught:
        load(path.name.removesuffix(".safetensors"), path.parent)
    message = str(caught.value)
    assert path.name in message
    assert "restore the file or train it again" in message
    assert "\n" not in message
    return message


# Round trip


def test_tensors_come_back_to_the_bit(path: Path, tensors: dict[str, Tensor]) -> None:
    loaded, _ = read(path)

    assert loaded.keys() == tensors.keys()
    assert all(torch.equal(loaded[key], tensors[key]) for key in tensors)


def test_metadata_comes_back(path: Path) -> None:
    assert read(path)[1] == METADATA
    assert read_metadata(path) == METADATA


def test_a_file_alone_rebuilds_its_network(path: Path, tensors: dict[str, Tensor]) -> None:
    noisy = torch.rand(2, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    expected = build(RECIPE)
    expected.load_state_dict(tensors)

    checkpoint = load(RECIPE, path.parent)

    assert checkpoint.metadata == METADATA
    assert torch.equal(checkpoint.module(noisy), expected.eval()(noisy))


def test_a_loaded_network_is_ready_to_use(path: Path) -> None:
    module = load(RECIPE, path.parent).module

    assert not module.training
    assert not any(parameter.requires_grad for parameter in module.parameters())


def test_other_layouts_and_devices_of_a_tensor_are_saved_too(tmp_path: Path) -> None:
    image = torch.rand(2, 3, 4, 5).to(memory_format=torch.channels_last).requires_grad_()

    checkpoints.save(tmp_path / "x.safetensors", {"image": image}, {})

    assert torch.equal(read(tmp_path / "x.safetensors")[0]["image"], image.detach())


def test_a_file_without_metadata_has_none(tmp_path: Path) -> None:
    save_file({"x": torch.zeros(1)}, tmp_path / "x.safetensors")

    assert read_metadata(tmp_path / "x.safetensors") == {}


# Written whole or not at all


def test_saving_leaves_only_the_file(path: Path) -> None:
    assert list(path.parent.iterdir()) == [path]


def test_saving_again_replaces_the_file(path: Path, tensors: dict[str, Tensor]) -> None:
    checkpoints.save(path, tensors, {"epochs": 4})

    assert read_metadata(path) == {"epochs": 4}
    assert list(path.parent.iterdir()) == [path]


def test_a_failed_save_keeps_the_old_file_and_nothing_else(
    path: Path, tensors: dict[str, Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = path.read_bytes()
    monkeypatch.setattr(os, "fsync", full_disk)

    with pytest.raises(FullDiskError):
        checkpoints.save(path, tensors, {"epochs": 4})

    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


# Refused on the way in


def test_an_unknown_recipe_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="unknown recipe"):
        load("unknown", tmp_path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert "is missing" in refusal(checkpoint_path(RECIPE, tmp_path))


def test_a_folder_in_its_place_is_refused(tmp_path: Path) -> None:
    checkpoint_path(RECIPE, tmp_path).mkdir()

    assert "damaged" in refusal(checkpoint_path(RECIPE, tmp_path))


@pytest.mark.parametrize("length", [0, 4, 8, 100, 2000, -1])
def test_a_truncated_file_is_refused(length: int, path: Path) -> None:
    path.write_bytes(path.read_bytes()[:length])

    assert "damaged" in refusal(path)


def test_a_file_with_something_appended_is_refused(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"more")

    assert "damaged" in refusal(path)


@pytest.mark.parametrize("position", [0, 7, 8, 9, 40])
def test_a_flipped_byte_in_the_header_is_refused(position: int, path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[position] ^= 0xFF
    path.write_bytes(content)

    refusal(path)


def test_a_flipped_byte_that_makes_an_infinity_is_refused(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-4:] = b"\x00\x00\x80\x7f"
    path.write_bytes(content)

    assert "NaN or infinite" in refusal(path)


@pytest.mark.parametrize("content", ["not json", "[1", '{"epochs": 1'])
def test_metadata_that_is_no_json_is_refused(
    content: str, path: Path, tensors: dict[str, Tensor]
) -> None:
    save_file(dict(tensors), path, {"json": content})

    assert "damaged" in refusal(path)


@pytest.mark.parametrize("content", ["[]", "3", "null", '"text"'])
def test_metadata_that_is_no_object_is_refused(
    content: str, path: Path, tensors: dict[str, Tensor]
) -> None:
    save_file(dict(tensors), path, {"json": content})

    assert "damaged" in refusal(path)


def test_another_networks_weights_are_refused(path: Path) -> None:
    checkpoints.save(path, build("conv-flat").state_dict(), METADATA)

    assert "another network" in refusal(path)


@pytest.mark.parametrize("name", ["encoder.weight", "decoder.bias"])
def test_a_missing_tensor_is_named(name: str, path: Path, tensors: dict[str, Tensor]) -> None:
    del tensors[name]
    checkpoints.save(path, tensors, METADATA)

    assert name in refusal(path)


def test_a_surplus_tensor_is_named(path: Path, tensors: dict[str, Tensor]) -> None:
    checkpoints.save(path, {**tensors, "stranger": torch.zeros(1)}, METADATA)

    assert "stranger" in refusal(path)


def test_another_shape_is_refused_saying_both(path: Path) -> None:
    checkpoints.save(path, build("dense-16").state_dict(), METADATA)

    message = refusal(path)
    assert "(784, 16)" in message
    assert "(784, 8)" in message


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.int32])
def test_another_type_is_refused_saying_both(
    dtype: torch.dtype, path: Path, tensors: dict[str, Tensor]
) -> None:
    tensors["encoder.bias"] = tensors["encoder.bias"].to(dtype)
    checkpoints.save(path, tensors, METADATA)

    message = refusal(path)
    assert str(dtype) in message
    assert "torch.float32" in message


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_values_that_are_not_finite_are_refused(
    value: float, path: Path, tensors: dict[str, Tensor]
) -> None:
    tensors["decoder.weight"][5, 3] = value
    checkpoints.save(path, tensors, METADATA)

    assert "decoder.weight" in refusal(path)


class Bomb:
    """An object that leaves a trace when it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (self.trace,))


@pytest.mark.parametrize("save", ["pickle", "torch"])
def test_a_pickle_is_refused_and_never_opened(save: str, path: Path, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    bomb = {"encoder.weight": Bomb(trace)}
    if save == "pickle":
        path.write_bytes(pickle.dumps(bomb))
    else:
        torch.save(bomb, path)

    refusal(path)

    assert not trace.exists()


def test_a_refused_file_leaves_a_network_as_it_was(tensors: dict[str, Tensor]) -> None:
    module = build(RECIPE)
    before = {key: value.clone() for key, value in module.state_dict().items()}
    tensors["decoder.bias"][0] = float("nan")

    with pytest.raises(CheckpointError):
        checkpoints.load_checked(module, tensors, "a file")

    assert all(torch.equal(before[key], value) for key, value in module.state_dict().items())


def test_metadata_holds_plain_json(path: Path) -> None:
    from safetensors import safe_open

    with safe_open(path, framework="pt") as file:
        assert json.loads(file.metadata()["json"]) == METADATA
