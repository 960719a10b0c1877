"""Weight files: atomic, checked, never unpickled, and sufficient to rebuild a network."""

import os
import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from denoise_demo.denoisers import WEIGHTS_DIR, CheckpointError, checkpoint_path, checkpoints
from denoise_demo.denoisers.checkpoints import load, load_checked, read, read_metadata
from denoise_demo.networks import build

METADATA = {"recipe": {"model": "dense-8"}, "arguments": {"code": 8}, "note": "±"}


@pytest.fixture
def tensors():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        return build("dense-8").state_dict()


@pytest.fixture
def path(tmp_path, tensors):
    """A valid weight file."""
    path = tmp_path / "x.safetensors"
    checkpoints.save(path, tensors, METADATA)
    return path


def refusal(path: Path) -> str:
    """Return the error of loading, which must name the file and the remedy."""
    with pytest.raises(CheckpointError) as caught:
        load(path)
    message = str(caught.value)
    assert path.name in message
    assert "restore the file or train it again" in message
    assert "\n" not in message
    return message


def test_tensors_and_metadata_survive_saving(path, tensors):
    loaded, metadata = read(path)

    assert loaded.keys() == tensors.keys()
    assert all(torch.equal(loaded[key], tensors[key]) for key in tensors)
    assert metadata == read_metadata(path) == METADATA


def test_a_file_alone_rebuilds_its_network(path, tensors, clean):
    expected = build("dense-8")
    expected.load_state_dict(tensors)

    module = load(path).module

    assert torch.equal(module(clean), expected.eval()(clean))
    assert not module.training
    assert not any(parameter.requires_grad for parameter in module.parameters())


def test_the_constructor_arguments_come_from_the_file(path):
    checkpoints.save(
        path, build("dense-8", {"code": 5}).state_dict(), METADATA | {"arguments": {"code": 5}}
    )

    assert load(path).module.encoder.out_features == 5


def test_other_memory_layouts_and_tensors_with_gradients_are_saved_too(path):
    image = torch.rand(2, 3, 4, 5).to(memory_format=torch.channels_last).requires_grad_()

    checkpoints.save(path, {"image": image}, {})

    assert torch.equal(read(path)[0]["image"], image.detach())


def test_a_file_without_metadata_has_none(path):
    save_file({"x": torch.zeros(1)}, path)

    assert read_metadata(path) == {}


def test_a_failed_save_keeps_the_old_file_and_nothing_else(path, tensors, monkeypatch):
    def full(*_: object) -> None:
        raise OSError("No space left on device")

    before = path.read_bytes()
    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(OSError, match="No space"):
        checkpoints.save(path, tensors, {})

    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_networks_are_found_in_the_shipped_folder_or_another(tmp_path, monkeypatch):
    monkeypatch.delenv("DENOISE_WEIGHTS_DIR", raising=False)
    assert checkpoint_path("x") == WEIGHTS_DIR / "x.safetensors"

    monkeypatch.setenv("DENOISE_WEIGHTS_DIR", str(tmp_path))
    assert checkpoint_path("x") == tmp_path / "x.safetensors"
    assert checkpoint_path("x", Path("y")) == Path("y/x.safetensors")


# Refused


def test_a_missing_file_and_a_folder_in_its_place_are_refused(tmp_path):
    assert "is missing" in refusal(tmp_path / "x.safetensors")

    (tmp_path / "x.safetensors").mkdir()
    assert "damaged" in refusal(tmp_path / "x.safetensors")


@pytest.mark.parametrize(
    "damage",
    [
        *(lambda c, n=n: c[:n] for n in (0, 4, 8, 100, 2000, -1)),
        lambda content: content + b"more",
        *(lambda c, n=n: c[:n] + bytes([c[n] ^ 0xFF]) + c[n + 1 :] for n in (0, 7, 8, 9)),
    ],
)
def test_a_truncated_or_altered_file_is_refused(damage, path):
    path.write_bytes(damage(path.read_bytes()))

    assert "damaged" in refusal(path)


@pytest.mark.parametrize("content", ["not json", "[1", "[]", "3", "null", '"text"'])
def test_metadata_that_is_not_a_json_object_is_refused(content, path, tensors):
    save_file(dict(tensors), path, {"json": content})

    assert "damaged" in refusal(path)


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        METADATA | {"recipe": 3},
        METADATA | {"recipe": {"model": "dense-301"}},
        METADATA | {"recipe": {"model": ["dense-8"]}},
        METADATA | {"arguments": {"size": 8}},
    ],
)
def test_metadata_that_names_no_network_is_refused(metadata, path, tensors):
    checkpoints.save(path, tensors, metadata)

    assert "does not say which network it holds" in refusal(path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.pop("decoder.bias"), ["another network", "decoder.bias"]),
        (lambda t: t.update(stranger=torch.zeros(1)), ["another network", "stranger"]),
        (lambda t: t.update({"encoder.bias": torch.zeros(9)}), ["encoder.bias", "(9,)", "(8,)"]),
        (lambda t: t.update({"encoder.bias": t["encoder.bias"].half()}), ["float16", "float32"]),
        (lambda t: t["decoder.weight"][5].fill_(float("nan")), ["NaN", "decoder.weight"]),
        (lambda t: t["decoder.weight"][5].fill_(float("inf")), ["infinite", "decoder.weight"]),
    ],
    ids=["missing", "surplus", "shape", "type", "nan", "infinity"],
)
def test_a_tensor_that_does_not_fit_is_named(change, words, path, tensors):
    change(tensors)
    checkpoints.save(path, tensors, METADATA)

    assert all(word in refusal(path) for word in words)


def test_refused_tensors_leave_a_network_unchanged(tensors):
    module = build("dense-8")
    before = {key: value.clone() for key, value in module.state_dict().items()}
    tensors["decoder.bias"][0] = float("nan")

    with pytest.raises(CheckpointError):
        load_checked(module, tensors, "a file")

    assert all(torch.equal(before[key], value) for key, value in module.state_dict().items())


class Bomb:
    """An object that creates a file when it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (self.trace,))


def test_a_pickle_is_refused_and_never_opened(path, tmp_path):
    bomb = {"encoder.weight": Bomb(tmp_path / "trace")}

    path.write_bytes(pickle.dumps(bomb))
    refusal(path)
    torch.save(bomb, path)
    refusal(path)

    assert not (tmp_path / "trace").exists()
