"""The command line of training: what it prints, refuses, survives and leaves behind."""

import csv
import inspect
import os
import runpy
import shlex
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

import train
from denoise_demo.corruption import NOISES, Corruption
from denoise_demo.data import Images
from denoise_demo.data.faces import load_faces
from denoise_demo.denoisers import (
    RECIPES,
    checkpoint_path,
    checkpoints,
    get_recipe,
    load_network,
    settings_of,
)
from denoise_demo.denoisers.checkpoints import WEIGHTS_DIR, read, read_metadata
from denoise_demo.networks import MODELS
from denoise_demo.training import Trainer, runs
from tests import synthetic

ROOT = Path(train.__file__).parent


@pytest.fixture
def small(monkeypatch):
    """Let every recipe train quickly on 100 digits or 40 faces."""
    for key, recipe in RECIPES.items():
        steps = 2 if recipe.steps or recipe.article == "Blind" else None
        changed = replace(recipe, validation=20, batch=16, steps=steps, epochs=2)
        monkeypatch.setitem(RECIPES, key, changed)


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


@pytest.fixture
def run(fake_data, small, out):
    """Call the command line in this process; it writes to `out`."""
    return lambda *words: train.main([*words, "--data-dir", str(fake_data), "--out", str(out)])


@pytest.fixture
def start(fake_data, driver):
    """Start the command line in a process of its own."""

    def call(*arguments):
        environment = {"PYTHONUNBUFFERED": "1", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
        return subprocess.Popen(
            [sys.executable, str(driver), str(fake_data), *map(str, arguments)],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return call


def refusal(capsys, *arguments):
    """Return the message of refused arguments."""
    with pytest.raises(SystemExit) as caught:
        train.main([*arguments])
    assert caught.value.code == 2
    return capsys.readouterr().err


def one_line(capsys):
    """Return the last of the error stream, which must be the only line but for progress bars."""
    lines = [
        line
        for line in capsys.readouterr().err.splitlines()
        if "images" not in line or "train.py" in line
    ]
    assert len(lines) == 1, lines
    return lines[0]


# What it shows


def test_list_shows_every_recipe_and_what_was_trained(run, out, capsys):
    run("dense-2")
    checkpoint_path("dense-1", out).write_bytes(b"torn")
    capsys.readouterr()

    assert train.main(["--list", "--out", str(out)]) == 0

    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()[1:]}
    assert list(lines) == list(RECIPES)
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


# What it refuses


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
def test_a_device_that_is_not_there_is_one_clear_line(run, capsys):
    assert run("dense-2", "--device", "cuda") == 1
    assert "cuda" in one_line(capsys)


def test_missing_data_is_one_clear_line_before_anything_is_trained(fake_mnist, small, out, capsys):
    options = ("--data-dir", str(fake_mnist), "--out", str(out))

    assert train.main(["dense-2", "strided-conv-gaussian", *options]) == 1

    assert "--data-dir" in one_line(capsys)
    assert list(out.iterdir()) == []


def test_a_file_where_the_folder_should_be_is_one_clear_line(run, out, capsys):
    out.write_text("in the way")

    assert run("dense-2") == 1

    one_line(capsys)
    assert out.read_text() == "in the way"


# What it leaves behind


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


def test_the_metadata_tells_how_the_weights_came_about(run, out):
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


def test_the_recorded_command_makes_the_same_weights_again(run, out, tmp_path):
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


def test_test_images_are_only_measured_on(run, out, fake_mnist, expect_mnist):
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


# Resuming


def test_a_finished_recipe_is_left_alone_even_without_data(run, out, tmp_path, capsys):
    run("dense-2", "--resume")
    path = checkpoint_path("dense-2", out)
    before = path.stat().st_mtime_ns

    nowhere = ("--data-dir", str(tmp_path / "nowhere"))
    assert train.main(["dense-2", "--resume", "--out", str(out), *nowhere]) == 0

    assert "dense-2: already finished" in capsys.readouterr().out
    assert path.stat().st_mtime_ns == before


def test_shipped_weights_are_finished_even_after_another_noise_was_added(monkeypatch):
    monkeypatch.setitem(NOISES, "toy", NOISES["gaussian"])

    recipes = runpy.run_path(inspect.getfile(get_recipe))["RECIPES"]

    assert [
        key for key, recipe in recipes.items() if not runs.is_finished(recipe, WEIGHTS_DIR)
    ] == []


def test_resume_trains_only_what_is_missing_changed_or_damaged(run, out, capsys):
    run("dense-2", "dense-1")
    path = checkpoint_path("dense-1", out)
    path.write_bytes(path.read_bytes()[:-5])
    capsys.readouterr()

    assert run("dense-2", "dense-1", "--resume") == 0
    assert run("dense-2", "--epochs", "3", "--resume") == 0

    shown = capsys.readouterr().out
    assert "dense-2: already finished" in shown
    assert "dense-1 epoch 2/2" in shown
    assert "dense-2: its weights have other settings; this run replaces them" in shown
    assert read_metadata(checkpoint_path("dense-2", out))["epochs"] == 3
    checkpoints.load(path)


class Failing(Trainer):
    """A trainer whose second epoch fails with an error."""

    error: BaseException

    def epoch(self, on_step=None):
        if self.history:
            raise self.error
        return super().epoch(on_step)


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (KeyboardInterrupt(), 130, "stopped"),
        (torch.OutOfMemoryError("CUDA out of memory"), 1, "memory is full"),
        (RuntimeError("MPS backend out of memory"), 1, "memory is full"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), 1, "memory is full"),
        (RuntimeError("CUDA error: device lost\nmore"), 1, "GPU fails (CUDA error: device lost)"),
    ],
)
def test_a_failure_is_one_clear_line_and_a_run_to_resume(  # noqa: PLR0917
    error, code, words, run, out, monkeypatch, capsys
):
    run("dense-2")  # finished weights beside the unfinished run
    with monkeypatch.context() as patch:
        patch.setattr(Failing, "error", error, raising=False)
        patch.setattr(train, "Trainer", Failing)
        assert run("dense-2") == code
    last = capsys.readouterr().err.splitlines()[-1]
    assert words in last
    assert "--resume" in last

    assert run("dense-2", "--resume") == 0

    assert "dense-2: continuing after epoch 1" in capsys.readouterr().out
    assert read_metadata(checkpoint_path("dense-2", out))["epochs"] == 2
    assert not runs.resume_path(RECIPES["dense-2"], out).exists()


def test_a_programming_error_is_not_hidden(run, monkeypatch):
    monkeypatch.setattr(Failing, "error", RuntimeError("a mistake"), raising=False)
    monkeypatch.setattr(train, "Trainer", Failing)

    with pytest.raises(RuntimeError, match="a mistake"):
        run("dense-2")


@pytest.mark.parametrize("content", [b"", b"torn"])
def test_a_damaged_resume_file_is_one_clear_line_and_only_matters_under_resume(
    content, run, out, capsys
):
    out.mkdir()
    resume_file = runs.resume_path(RECIPES["dense-2"], out)
    resume_file.write_bytes(content)

    assert run("dense-2", "--resume") == 1
    assert "delete it, or leave out --resume" in one_line(capsys)
    assert resume_file.read_bytes() == content

    assert run("dense-2") == 0
    assert not resume_file.exists()


def wait_for(process, text):
    """Read what a process prints until a line holds the text."""
    for line in process.stdout:
        if text in line:
            return
    pytest.fail(f"never printed {text!r}: {process.stderr.read()}")


@pytest.mark.slow
@pytest.mark.parametrize(("key", "epochs"), [("conv-pool", 5), ("pix2pix-salt-pepper", 8)])
def test_a_killed_run_resumes_to_the_same_bits(key, epochs, start, tmp_path):
    arguments = (key, "--epochs", epochs, "--device", "cpu")
    whole = start(*arguments, "--out", tmp_path / "whole")
    killed = start(*arguments, "--out", tmp_path / "killed")
    wait_for(killed, f"epoch 2/{epochs}")
    killed.send_signal(signal.SIGKILL)
    killed.communicate(timeout=180)
    assert not checkpoint_path(key, tmp_path / "killed").exists()

    resumed = start(*arguments, "--out", tmp_path / "killed", "--resume")
    shown, errors = resumed.communicate(timeout=180)
    whole.communicate(timeout=180)

    assert (whole.returncode, resumed.returncode) == (0, 0), errors
    assert "continuing after epoch" in shown
    expected, first = read(checkpoint_path(key, tmp_path / "whole"))
    tensors, second = read(checkpoint_path(key, tmp_path / "killed"))
    assert all(torch.equal(expected[name], tensors[name]) for name in expected)
    assert first["metrics"] == second["metrics"]
    for name in ("train_loss", "validation_loss", "learning_rate"):
        assert [r[name] for r in first["history"]] == [r[name] for r in second["history"]]


@pytest.mark.slow
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_leaves_a_message_and_a_state_to_resume(sent, start, out):
    process = start("dense-16", "--epochs", 500, "--out", out)
    wait_for(process, "epoch 2/500")

    process.send_signal(sent)
    _, errors = process.communicate(timeout=180)

    assert process.returncode == 130
    assert "--resume" in errors
    assert "Traceback" not in errors
    assert {path.name for path in out.iterdir()} == {"dense-16.resume.safetensors", "dense-16.csv"}


# TensorBoard


def test_tensorboard_gets_the_losses(run, out, tmp_path):
    reading = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")

    assert run("dense-2", "--tensorboard", str(tmp_path / "logs")) == 0

    found = reading.EventAccumulator(str(tmp_path / "logs" / "dense-2" / "loss_validation"))
    found.Reload()
    history = read_metadata(checkpoint_path("dense-2", out))["history"]
    expected = [record["validation_loss"] for record in history]
    assert [event.value for event in found.Scalars("loss")] == pytest.approx(expected)


def test_a_missing_tensorboard_is_one_clear_line(run, monkeypatch, tmp_path, capsys):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)

    assert run("dense-2", "--tensorboard", str(tmp_path / "logs")) == 1
    assert "pip install tensorboard" in one_line(capsys)
