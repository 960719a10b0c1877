"""The command line of training: --resume, and runs that fail, are stopped or killed."""

import inspect
import runpy
import signal
from pathlib import Path

import pytest
import torch

import train
from denoise_demo.corruption import NOISES
from denoise_demo.denoisers import (
    RECIPES,
    checkpoint_path,
    checkpoints,
    get_recipe,
)
from denoise_demo.denoisers.checkpoints import WEIGHTS_DIR, read, read_metadata
from denoise_demo.training import Trainer, runs

ROOT = Path(train.__file__).parent


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

    def records(self, *every):
        if self.history:
            raise self.error
        return super().records(*every)


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (KeyboardInterrupt(), 130, "stopped"),
        (torch.OutOfMemoryError("CUDA out of memory"), 1, "memory is full"),
        (RuntimeError("MPS backend out of memory"), 1, "memory is full"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), 1, "memory is full"),
        (RuntimeError("CUDA error: device lost\nmore"), 1, "GPU failed (CUDA error: device lost)"),
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
    content, run, out, one_line
):
    out.mkdir()
    resume_file = runs.resume_path(RECIPES["dense-2"], out)
    resume_file.write_bytes(content)

    assert run("dense-2", "--resume") == 1
    assert "delete it, or leave out --resume" in one_line()
    assert resume_file.read_bytes() == content

    assert run("dense-2") == 0
    assert not resume_file.exists()


def wait_for(process, text):
    """Read a process's output until a line contains the text."""
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
