"""Training in several processes, as torchrun starts them: the same result, one writer."""

import math
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

import train
from denoise_demo.denoisers.checkpoints import checkpoint_path, read
from denoise_demo.denoisers.recipes import RECIPES
from denoise_demo.training.distributed import Group, joined, lost_touch
from denoise_demo.training.trainer import Trainer

ROOT = Path(train.__file__).parent


@pytest.fixture
def torchrun(fake_data, driver, tmp_path):
    """Start a script in so many processes: the command line on a folder of little data, if none."""

    def call(processes, *arguments):
        if not str(arguments[0]).endswith(".py"):
            arguments = (driver, fake_data, *arguments)
        command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node"]
        command += [str(processes), "--standalone"]
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
        return subprocess.Popen(
            [*command, *map(str, arguments)],
            cwd=tmp_path,
            env={**environment, "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return call


def finish(process):
    shown, errors = process.communicate(timeout=180)
    return process.returncode, shown, errors


def assert_finite(history):
    losses = [epoch[name] for epoch in history for name in ("train_loss", "validation_loss")]
    assert all(map(math.isfinite, losses))


# One process


def test_one_process_is_a_group_by_itself():
    group, rows = Group(), torch.arange(5)

    assert group.leads
    assert torch.equal(group.share(rows), rows)
    assert group.sum(torch.tensor(3.0)) == 3
    module = torch.nn.Linear(1, 1)
    assert group.wrap(module) is module
    group.align(module)


def test_without_torchrun_nothing_is_joined(monkeypatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)

    with joined(torch.device("cpu")) as (group, device):
        assert group == Group(0, 1)
        assert device == torch.device("cpu")

    assert not torch.distributed.is_initialized()


def test_the_shares_of_all_processes_are_the_whole():
    rows = torch.arange(10)

    shares = [Group(rank, 3).share(rows) for rank in range(3)]

    assert [len(share) for share in shares] == [4, 3, 3]
    assert torch.equal(torch.cat(shares).sort().values, rows)


def test_more_processes_than_gpus_are_refused(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)

    for name in ("cuda", "mps"):
        with (
            pytest.raises(ValueError, match=f"no {name} device for each of 2.*--device cpu"),
            joined(torch.device(name)),
        ):
            pass


@pytest.mark.parametrize(
    ("text", "lost"),
    [("[gloo] Connection closed by peer", True), ("NCCL error: remote", True), ("mistake", False)],
)
def test_only_what_the_line_between_the_processes_says_is_a_lost_process(text, lost, monkeypatch):
    monkeypatch.setattr("torch.distributed.is_initialized", lambda: True)

    assert lost_touch(RuntimeError(text)) is lost


def test_one_process_alone_never_loses_another():
    assert not lost_touch(RuntimeError("Connection closed by peer"))


# Two processes


@pytest.mark.slow
def test_two_processes_train_the_same_weights(torchrun, tmp_path):
    recipes = ("dense-2", "dense-16", "dense-300-random", "conv-flat")
    options = (*recipes, "--epochs", 3, "--device", "cpu", "--out")
    alone = torchrun(1, *options, tmp_path / "alone")
    both = torchrun(2, *options, tmp_path / "both")
    (code, _, errors), (other, *_) = finish(both), finish(alone)

    assert (code, other) == (0, 0), errors
    for recipe in recipes:
        expected, first = read(checkpoint_path(recipe, tmp_path / "alone"))
        tensors, second = read(checkpoint_path(recipe, tmp_path / "both"))
        tolerance = 0.03 if first["mixed"] else 1e-4
        torch.testing.assert_close(tensors, expected, atol=tolerance, rtol=tolerance)
        assert (first["processes"], second["processes"]) == (1, 2)
        assert second["command"].startswith("torchrun --nproc-per-node 2 train.py")


def test_the_processes_together_see_what_one_alone_would(make_digits, monkeypatch):
    # Half a batch has too few images for the rare parts of a mixture.
    recipe = replace(RECIPES["blind-digits"], model="dense-64", loss="mse", validation=20)
    images = make_digits(recipe.batch + 20)
    monkeypatch.setattr(Group, "wrap", lambda group, module: module)
    monkeypatch.setattr(Group, "sum", lambda group, number: number)
    seen = []
    for group in (Group(), Group(0, 2), Group(1, 2)):
        trainer = Trainer(recipe, images, torch.device("cpu"), group)
        trainer.objective.register_forward_pre_hook(lambda module, given: seen.append(given))
        trainer.epoch()

    for alone, *shares in zip(*seen, strict=True):
        assert torch.equal(torch.stack(shares, 1).flatten(0, 1), alone)


# Trains recipes in the processes of torchrun and saves what each has in the end.
EACH_SAVES = """
import sys
from dataclasses import replace
import torch
from denoise_demo.denoisers import checkpoints
from denoise_demo.training import resuming
from denoise_demo.data.mnist import Images
from denoise_demo.training.distributed import joined
from denoise_demo.denoisers.recipes import RECIPES
from denoise_demo.training.trainer import Trainer
from pathlib import Path

with joined(torch.device("cpu")) as (group, device):
    for name in sys.argv[2:]:
        recipe = replace(RECIPES[name], epochs=2, batch=32, steps=3, validation=12)
        shape = (60, 1 if recipe.domain == "digits" else 3, 28, 28)
        pixels = torch.randint(0, 256, shape, generator=torch.Generator().manual_seed(0))
        images = Images(pixels.byte(), torch.full((60,), -1), "noise")
        trainer = Trainer(recipe, images, device, group)
        for _ in range(recipe.epochs):
            trainer.epoch()
        tensors, plain = resuming.state(trainer)
        checkpoints.save(Path(sys.argv[1]) / f"{name}-{group.rank}.safetensors", tensors, plain)
"""


@pytest.mark.slow
def test_two_processes_train_the_same_networks(torchrun, tmp_path):
    networks = {
        "pix2pix-gaussian": {"module", "optimiser", "adversary", "adversary-optimiser"},
        "blind-digits": {"module", "optimiser", "muon"},
    }
    script = tmp_path / "each_saves.py"
    script.write_text(EACH_SAVES)
    code, _, errors = finish(torchrun(2, script, tmp_path, *networks))

    assert code == 0, errors
    for recipe, parts in networks.items():
        (first, record), (second, _) = (
            read(tmp_path / f"{recipe}-{rank}.safetensors") for rank in (0, 1)
        )
        # The judge's running statistics are each process's own until the next step shares them.
        shared = [key for key in first if not (key.startswith("adversary") and "running" in key)]
        assert parts <= {key.split(".")[0] for key in shared}
        assert [key for key in shared if not torch.equal(first[key], second[key])] == []
        assert_finite(record["history"])


@pytest.mark.slow
def test_only_the_first_process_prints_and_writes(torchrun, tmp_path):
    recipes, out = ("dense-2", "pix2pix-gaussian"), tmp_path / "out"
    options = ("--epochs", 2, "--device", "cpu", "--out", out)
    code, shown, errors = finish(torchrun(2, *recipes, *options))

    assert code == 0, errors
    lines = [line.split(":")[0] for line in shown.splitlines()]
    ends = (" epoch 1/2", " epoch 2/2", "")
    assert lines == [recipe + end for recipe in recipes for end in ends]
    files = {path.name for path in out.iterdir()}
    assert files == {f"{recipe}.{kind}" for recipe in recipes for kind in ("safetensors", "csv")}
    _, metadata = read(checkpoint_path("pix2pix-gaussian", out))
    assert metadata["processes"] == 2
    assert metadata["data"]["name"] == "faces.zip train split"
    assert_finite(metadata["history"])


@pytest.mark.slow
def test_processes_that_cannot_share_a_batch_are_refused(torchrun, tmp_path):
    code, _, errors = finish(torchrun(3, "dense-2", "--out", tmp_path / "out"))

    assert code != 0
    assert "dense-2 has batches of 16, which 3 processes cannot share evenly" in errors


@pytest.mark.slow
def test_a_lost_process_ends_the_run_with_a_message_and_something_to_go_on_with(torchrun, tmp_path):
    options = ("dense-16", "--epochs", 100, "--device", "cpu", "--out", tmp_path / "out")
    process = torchrun(2, *options)
    for line in process.stdout:
        if "epoch 2/" in line:
            break
    children = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(process.pid)], capture_output=True, text=True, check=True
    ).stdout.split()
    os.kill(int(children[-1]), signal.SIGKILL)
    code, _, errors = finish(process)

    assert code != 0
    assert "another process was lost" in errors
    assert "go on with the same command and --resume" in errors
    code, shown, errors = finish(torchrun(2, *options, "--resume"))
    assert code == 0, errors
    assert "dense-16: going on after epoch" in shown
    assert len(read(checkpoint_path("dense-16", tmp_path / "out"))[1]["history"]) == 100
