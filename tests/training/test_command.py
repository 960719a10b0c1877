"""The command line of training: its output, refused arguments and files."""

import csv
import shlex
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

import train
from denoise_demo.corruption import Corruption
from denoise_demo.data import Images
from denoise_demo.data.faces import load_faces
from denoise_demo.denoisers import (
    RECIPES,
    checkpoint_path,
    load_network,
    settings_of,
    trainable,
)
from denoise_demo.denoisers.checkpoints import WEIGHTS_DIR, read, read_metadata
from denoise_demo.networks import MODELS
from denoise_demo.training import runs
from tests import synthetic

ROOT = Path(train.__file__).parent


def refusal(capsys, *arguments):
    """Return the message of refused arguments."""
    with pytest.raises(SystemExit) as caught:
        train.main([*arguments])
    assert caught.value.code == 2
    return capsys.readouterr().err


# Output


def test_list_shows_every_recipe_and_what_was_trained(run, out, capsys):
    run("dense-2")
    checkpoint_path("dense-1", out).write_bytes(b"torn")
    capsys.readouterr()

    assert train.main(["--list", "--out", str(out)]) == 0

    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()[1:]}
    assert list(lines) == list(trainable())
    assert "4,385" in lines["conv-pool"]
    assert "2 epochs" in lines["dense-2"]
    assert "dB" in lines["dense-2"]
    assert "damaged" in lines["dense-1"]
    assert "no" in lines["dense-8"].split()


def test_a_new_recipe_is_listed_and_offered(monkeypatch, capsys, tmp_path):
    monkeypatch.setitem(RECIPES, "toy", replace(RECIPES["dense-8"], id="toy"))

    train.main(["--list", "--out", str(tmp_path)])

    assert "\ntoy " in capsys.readouterr().out
    assert "toy" in refusal(capsys, "unknown")


def test_dry_run_shows_the_settings_and_writes_nothing(capsys, out):
    assert train.main(["--all", "--dry-run", "--set", "epochs=3"]) == 0

    shown = capsys.readouterr().out
    for key, recipe in RECIPES.items():
        assert f"{key}: {MODELS[recipe.model].label}" in shown
        assert recipe.corruption.describe() in shown
    assert shown.count('"epochs": 3') == len(RECIPES)
    assert not out.exists()


def test_help_names_every_recipe_and_option(capsys):
    with pytest.raises(SystemExit):
        train.main(["--help"])

    shown = "".join(capsys.readouterr().out.split())
    assert all(
        word in shown for word in [*RECIPES, "--all", "--list", "--set", "--resume", "--out"]
    )


# Refused arguments


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], ["--all", "--list"]),
        (["dense-65"], ["dense-65", *RECIPES]),
        (["dense-2", "--epochs", "0"], ["epochs is '0'", "a whole number from 1"]),
        (["dense-2", "--epochs=many"], ["epochs is 'many'"]),
        (["dense-2", "--seed=-1"], ["seed is '-1'"]),
        (["dense-2", "--set", "epoch=1"], ["unknown setting 'epoch'", "epochs"]),
        (["dense-2", "--set", "lr"], ["give name=value"]),
        (["dense-2", "--device", "abacus"], ["--device"]),
    ],
)
def test_wrong_arguments_are_refused_saying_what_to_give(arguments, words, capsys):
    message = refusal(capsys, *arguments, *(["--out", "x"] if len(arguments) > 1 else []))

    assert all(word in message for word in words)


@pytest.mark.parametrize("change", [["--epochs", "1"], ["--seed", "1"], ["--set", "batch=8"]])
@pytest.mark.parametrize("folder", [[], ["--out", str(WEIGHTS_DIR)]])
def test_a_changed_recipe_never_replaces_the_shipped_weights(change, folder, capsys):
    assert "give --out FOLDER" in refusal(capsys, "dense-2", *change, *folder)


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has that device")
def test_a_missing_device_is_one_clear_line(run, one_line):
    assert run("dense-2", "--device", "cuda") == 1
    assert "cuda" in one_line()


def test_missing_data_is_one_clear_line_before_anything_is_trained(
    fake_mnist, small, out, one_line
):
    options = ("--data-dir", str(fake_mnist), "--out", str(out))

    assert train.main(["dense-2", "strided-conv-gaussian", *options]) == 1

    assert "--data-dir" in one_line()
    assert list(out.iterdir()) == []


def test_a_file_where_the_folder_should_be_is_one_clear_line(run, out, one_line):
    out.write_text("in the way")

    assert run("dense-2") == 1

    one_line()
    assert out.read_text() == "in the way"


# Files


@pytest.mark.parametrize("key", RECIPES)
def test_every_recipe_trains_to_a_weight_file_that_loads(key, run, out, capsys, monkeypatch):
    assert run(key) == 0

    assert f"saved as {key}.safetensors" in capsys.readouterr().out
    assert {path.name for path in out.iterdir()} == {f"{key}.safetensors", f"{key}.csv"}
    assert runs.is_finished(RECIPES[key], out)
    monkeypatch.setenv("DENOISE_WEIGHTS_DIR", str(out))
    if RECIPES[key].denoises:
        assert load_network(key, "cpu").recipe == RECIPES[key]


def test_each_epoch_prints_its_losses_and_adds_a_row_to_a_table(run, out, capsys):
    run("dense-2", "--epochs", "3")

    lines = [line for line in capsys.readouterr().out.splitlines() if "epoch" in line]
    assert [line.split(": train")[0] for line in lines] == [
        f"dense-2 epoch {i}/3" for i in (1, 2, 3)
    ]
    with (out / "dense-2.csv").open(newline="") as file:
        rows = [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]
    assert rows == read_metadata(checkpoint_path("dense-2", out))["history"]


def test_digits_and_faces_train_one_after_the_other(run, out):
    assert run("dense-2", "strided-conv-poisson", "mlp-classifier", "dense-2") == 0

    names = {path.stem for path in out.glob("*.safetensors")}
    assert names == {"dense-2", "strided-conv-poisson", "mlp-classifier"}
    assert 0 <= read_metadata(checkpoint_path("mlp-classifier", out))["metrics"]["accuracy"] <= 1


def test_the_metadata_records_how_the_weights_were_trained(run, out):
    run("dense-64", "--seed", "7")

    metadata = read_metadata(checkpoint_path("dense-64", out))
    assert metadata["recipe"] == settings_of(replace(RECIPES["dense-64"], seed=7))
    assert metadata["arguments"] == {"code": 64}
    assert metadata["parameters"] == 101_200
    assert metadata["data"]["name"] == "MNIST train set"
    assert all(len(digest) == 64 for digest in metadata["data"]["sha256"])
    assert metadata["epochs"] == len(metadata["history"]) == 2
    assert metadata["metrics"].keys() >= {"psnr", "ssim", "mae"}
    assert (metadata["torch"], metadata["seed"]) == (torch.__version__, 7)
    assert metadata["device"].endswith("cpu")


def test_a_zip_of_faces_may_be_named_and_is_recorded_without_its_path(
    fake_data, small, out, tmp_path
):
    alone = (fake_data / "faces.zip").rename(tmp_path / "celeba.zip")

    options = ("--data-dir", str(alone), "--out", str(out))
    assert train.main(["strided-conv-gaussian", *options]) == 0

    metadata = read_metadata(checkpoint_path("strided-conv-gaussian", out))
    hashes = list(load_faces("train", alone).sha256)
    assert metadata["data"] == {"name": "celeba.zip train split", "sha256": hashes}
    assert str(tmp_path) not in str(metadata)


CHANGES = [
    *("--set", "epochs=1", "--set", "corruption.level=0.2,0.4", "--set", "corruption.clip=false"),
    *("--set", "optimiser=SGD", "--set", "optimiser_settings.momentum=0.9", "--seed", "3"),
]


def test_a_changed_recipe_is_recorded_and_its_network_follows_it(run, out, monkeypatch, clean):
    assert run("dense-16", *CHANGES, "--resume") == 0
    monkeypatch.setenv("DENOISE_WEIGHTS_DIR", str(out))

    network = load_network("dense-16", "cpu")

    assert network.recipe.corruption == Corruption("gaussian", (0.2, 0.4), clip=False)
    assert network.recipe.optimiser_settings == {"lr": 0.001, "momentum": 0.9}
    assert not torch.equal(network(2 * clean), network(2 * clean.clamp(0, 0.5)))
    assert not runs.is_finished(RECIPES["dense-16"], out)


def test_the_recorded_command_reproduces_the_weights(run, out, tmp_path):
    run("dense-16", *CHANGES, "--device", "cpu")
    path = checkpoint_path("dense-16", out)
    before, metadata = read(path)
    python, script, *words = shlex.split(metadata["command"])
    assert (python, script, words[-2:]) == ("python", "train.py", ["--out", "FOLDER"])
    assert str(tmp_path) not in metadata["command"]
    path.unlink()

    run(*words[:-2])

    after = read(path)[0]
    assert all(torch.equal(before[key], after[key]) for key in before)


def test_test_images_are_used_for_measurement_only(run, out, fake_mnist, expect_mnist):
    run("dense-64")
    before, first = read(checkpoint_path("dense-64", out))
    train_set, test_set = synthetic.make_digits(120), synthetic.make_digits(40)
    negatives = Images(255 - test_set.pixels, test_set.labels, "negatives")
    expect_mnist(train_set, negatives)
    synthetic.write_mnist(fake_mnist, train_set, negatives)

    run("dense-64")

    after, second = read(checkpoint_path("dense-64", out))
    assert all(torch.equal(before[key], after[key]) for key in before)
    assert first["history"][-1]["validation_loss"] == second["history"][-1]["validation_loss"]
    assert first["metrics"] != second["metrics"]


# TensorBoard


def test_tensorboard_gets_the_losses(run, out, tmp_path):
    reading = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")

    assert run("dense-2", "--tensorboard", str(tmp_path / "logs")) == 0

    found = reading.EventAccumulator(str(tmp_path / "logs" / "dense-2" / "loss_validation"))
    found.Reload()
    history = read_metadata(checkpoint_path("dense-2", out))["history"]
    expected = [record["validation_loss"] for record in history]
    assert [event.value for event in found.Scalars("loss")] == pytest.approx(expected)


def test_a_missing_tensorboard_is_one_clear_line(run, monkeypatch, tmp_path, one_line):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)

    assert run("dense-2", "--tensorboard", str(tmp_path / "logs")) == 1
    assert "pip install tensorboard" in one_line()
