"""Training into folders that are full, read-only or taken: one sentence, and nothing is lost."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import train
from denoise_demo.common import sole_writer
from denoise_demo.denoisers import checkpoint_path
from denoise_demo.denoisers.checkpoints import read
from denoise_demo.training import runs
from denoise_demo.training.resuming import COPIES

ROOT = Path(train.__file__).parent
WRITES = 7  # room, state and table of two epochs, weights and the last table


@pytest.fixture
def whole(run, out, tmp_path):
    """The weights of an undisturbed run."""
    assert run("dense-2") == 0
    tensors = read(checkpoint_path("dense-2", out))[0]
    out.rename(tmp_path / "whole")
    return tensors


def fail_at(monkeypatch, number):
    """Make the disk full at a write, counted from 1; count the writes."""
    calls, flush = [], os.fsync

    def fsync(file):
        calls.append(file)
        if len(calls) == number:
            raise OSError(errno.ENOSPC, "No space left on device")
        flush(file)

    monkeypatch.setattr(os, "fsync", fsync)
    return calls


@pytest.mark.parametrize("number", range(1, WRITES + 1))
def test_a_disk_that_fills_at_any_write_costs_nothing(  # noqa: PLR0917
    number, whole, run, out, monkeypatch, capsys
):
    with monkeypatch.context() as patch:
        calls = fail_at(patch, number)
        assert run("dense-2") == 1
    assert len(calls) == number
    said = capsys.readouterr().err.splitlines()[-1]
    assert f"cannot be written to {out} (No space left on device): free some space" in said
    assert ("continue with the same command and --resume" in said) == (number > 1)
    files = {path.name for path in out.iterdir()}
    assert files <= {"dense-2.resume.safetensors", "dense-2.csv", "dense-2.safetensors"}

    assert run("dense-2", "--resume") == 0

    tensors = read(checkpoint_path("dense-2", out))[0]
    assert all(torch.equal(tensors[key], whole[key]) for key in whole)
    assert {path.name for path in out.iterdir()} == {"dense-2.csv", "dense-2.safetensors"}


def test_the_writes_are_all_counted(run, monkeypatch):
    calls = fail_at(monkeypatch, 0)

    assert run("dense-2") == 0

    assert len(calls) == WRITES


def test_the_room_that_is_checked_is_enough(run, out, monkeypatch):
    sizes = []
    replace = Path.replace

    def measured(path, target):
        replace(path, target)
        sizes.append(sum(each.stat().st_size for each in out.glob("*.safetensors")))

    monkeypatch.setattr(Path, "replace", measured)
    run("pix2pix-gaussian")

    metadata = read(checkpoint_path("pix2pix-gaussian", out))[1]
    state = sizes[0]
    assert 2 * state + sizes[-1] <= 4 * COPIES * (metadata["parameters"] + 700_000) + 50_000


def test_a_folder_that_cannot_be_made_is_said_before_anything_is_read(small, tmp_path, one_line):
    (tmp_path / "file").touch()
    options = ("--data-dir", "nowhere", "--out", str(tmp_path / "file" / "out"))

    assert train.main(["dense-2", *options]) == 1

    assert "dense-2 cannot be written to" in one_line()


def test_a_second_run_of_the_same_recipe_is_refused_and_harms_nothing(run, out, one_line):
    out.mkdir()
    state = out / "dense-2.resume.safetensors"
    with sole_writer(out / "dense-2"):
        state.write_bytes(b"of the first run")
        assert run("dense-8", "dense-2") == 1
        assert f"dense-2 is being trained in {out} by another process" in one_line()
        assert {path.name for path in out.iterdir()} == {state.name, "dense-2.lock"}

        assert run("dense-8") == 0  # another recipe

    assert state.read_bytes() == b"of the first run"


def test_a_lock_and_half_files_of_a_killed_run_are_no_obstacle(run, out):
    out.mkdir()
    (out / "dense-2.lock").touch()
    (out / "dense-2.resume.safetensors.1-1.tmp").write_bytes(b"half")
    (out / "dense-20.csv.1-1.tmp").write_bytes(b"of another recipe")

    assert run("dense-2") == 0

    names = {path.name for path in out.iterdir()}
    assert names == {"dense-2.safetensors", "dense-2.csv", "dense-20.csv.1-1.tmp"}


def test_a_finished_recipe_needs_no_folder_that_can_be_written(run, out, monkeypatch):
    assert run("dense-2") == 0

    def refuse(*_, **__):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(runs, "sole_writer", refuse)

    assert run("dense-2", "--resume") == 0


def test_logs_that_cannot_be_written_are_one_clear_line(run, tmp_path, one_line):
    pytest.importorskip("tensorboard")
    (tmp_path / "file").touch()

    assert run("dense-2", "--tensorboard", str(tmp_path / "file" / "logs")) == 1

    assert "cannot be written to" in one_line()


# Consoles and interrupts

COMMANDS = {
    " dB": ["train.py", "--list"],
    "8 x 4 x 4": ["train.py", "--all", "--dry-run"],
    "usage": ["-m", "denoise_demo.benchmark", "--help"],
}


@pytest.mark.slow
@pytest.mark.parametrize(("shown", "command"), COMMANDS.items(), ids=COMMANDS)
def test_a_console_of_ascii_gets_plain_text(shown, command):
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}

    result = subprocess.run(
        [sys.executable, *command], check=False, cwd=ROOT, env=environment, capture_output=True
    )

    assert result.returncode == 0, result.stderr
    assert shown in result.stdout.decode("ascii")
    assert b"Traceback" not in result.stderr


INTERRUPTED = """
import os, signal, sys, runpy
class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == sys.argv[1]:
            os.kill(os.getpid(), signal.SIGINT)
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.meta_path.insert(0, Interrupt())
module, sys.argv = sys.argv[2], ["-m", *sys.argv[1:]]
sys.path.insert(0, os.getcwd())
if module.endswith(".py"):
    runpy.run_path(module, run_name="__main__")
else:
    runpy.run_module(module, run_name="__main__")
"""


@pytest.mark.slow
@pytest.mark.parametrize("module", ["train.py", "app.py", "denoise_demo.benchmark"])
@pytest.mark.parametrize("moment", ["torch", "denoise_demo.benchmark.rows"])
def test_an_interrupt_during_the_imports_prints_no_traceback(module, moment):
    result = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, moment, module],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )

    assert result.returncode != 0
    assert "Traceback" not in result.stderr
