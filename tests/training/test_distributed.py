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
from denoise_demo.denoisers import RECIPES, checkpoint_path
from denoise_demo.denoisers.checkpoints import read
from denoise_demo.training import Group, Trainer, check_shares, is_peer_lost, joined
from tests.synthetic import make_digits

ROOT = Path(train.__file__).parent


# Without torchrun


def test_one_process_is_a_group_by_itself(monkeypatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    module, rows = torch.nn.Linear(1, 1), torch.arange(5)

    with joined(torch.device("cpu")) as (group, device):
        assert (group, device) == (Group(0, 1), torch.device("cpu"))
        assert torch.equal(group.share(rows), rows)
        assert group.sum(torch.tensor(3.0)) == 3
        assert group.wrap(module) is module
        group.align(module)
        assert not torch.distributed.is_initialized()


def test_the_shares_of_all_processes_make_up_the_batch():
    shares = [Group(rank, 3).share(torch.arange(10)) for rank in range(3)]

    assert [len(share) for share in shares] == [4, 3, 3]
    assert torch.cat(shares).sort().values.tolist() == list(range(10))


def test_a_batch_that_cannot_be_shared_evenly_is_refused():
    with pytest.raises(ValueError, match="dense-16 has batches of 32, which 3 processes cannot"):
        check_shares(RECIPES["dense-16"], Group(0, 3))


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
    ("text", "several", "lost"),
    [
        ("[gloo] Connection closed by peer", True, True),
        ("NCCL error: remote", True, True),
        ("mistake", True, False),
        ("Connection closed by peer", False, False),
    ],
)
def test_only_an_error_of_the_communication_means_a_lost_process(text, several, lost, monkeypatch):
    monkeypatch.setattr("torch.distributed.is_initialized", lambda: several)

    assert is_peer_lost(RuntimeError(text)) is lost


class OneOf(Group):
    """One process of several that never communicates."""

    def wrap(self, module):
        return module

    def sum(self, number):
        return number


def test_several_processes_see_the_same_images_as_one():
    # Half a batch has too few images for the rare parts of a mixture.
    recipe = replace(RECIPES["blind-digits"], model="dense-64", loss="mse", validation=20)
    images, seen = make_digits(recipe.batch + 20), []
    for group in (Group(), OneOf(0, 2), OneOf(1, 2)):
        trainer = Trainer(recipe, images, torch.device("cpu"), group)
        trainer.objective.register_forward_pre_hook(lambda _, given: seen.append(given))
        trainer.epoch()

    for alone, *shares in zip(*seen, strict=True):
        assert torch.equal(torch.stack(shares, 1).flatten(0, 1), alone)


# Under torchrun


@pytest.fixture
def torchrun(fake_data, driver, tmp_path):
    """Start a script, by default the command line on little data, in this many processes."""

    def call(processes, *arguments):
        if not str(arguments[0]).endswith(".py"):
            arguments = (driver, fake_data, *arguments)
        command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
        environment = {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
        return subprocess.Popen(
            [*command, "--nproc-per-node", str(processes), *map(str, arguments)],
            cwd=tmp_path,
            env={**os.environ, **environment},
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


@pytest.mark.slow
def test_two_processes_train_the_weights_of_one_and_only_the_first_writes(torchrun, tmp_path):
    recipes = ("dense-16", "conv-flat")
    options = (*recipes, "--epochs", 2, "--device", "cpu", "--out")
    alone = torchrun(1, *options, tmp_path / "alone")
    both = torchrun(2, *options, tmp_path / "both")
    (code, shown, errors), (other, *_) = finish(both), finish(alone)

    assert (code, other) == (0, 0), errors
    lines = [line.split(":")[0] for line in shown.splitlines()]
    assert lines == [r + end for r in recipes for end in (" epoch 1/2", " epoch 2/2", "")]
    files = {path.name for path in (tmp_path / "both").iterdir()}
    assert files == {f"{recipe}.{kind}" for recipe in recipes for kind in ("safetensors", "csv")}
    for recipe in recipes:
        expected, first = read(checkpoint_path(recipe, tmp_path / "alone"))
        tensors, second = read(checkpoint_path(recipe, tmp_path / "both"))
        tolerance = 0.03 if first["mixed"] else 1e-4
        torch.testing.assert_close(tensors, expected, atol=tolerance, rtol=tolerance)
        assert (first["processes"], second["processes"]) == (1, 2)
        assert second["command"].startswith("torchrun --nproc-per-node 2 train.py")


# Trains recipes in the processes of torchrun and saves the final state of each process.
EACH_SAVES = """
import sys
from dataclasses import replace
from pathlib import Path
import torch
from denoise_demo.data import Images
from denoise_demo.denoisers import RECIPES, checkpoints
from denoise_demo.training import Trainer, joined
from denoise_demo.training.resuming import state

with joined(torch.device("cpu")) as (group, device):
    for name in sys.argv[2:]:
        recipe = replace(RECIPES[name], epochs=2, batch=32, steps=3, validation=12)
        shape = (60, 1 if recipe.domain == "digits" else 3, 28, 28)
        pixels = torch.randint(0, 256, shape, generator=torch.Generator().manual_seed(0))
        images = Images(pixels.byte(), torch.full((60,), -1), "noise")
        trainer = Trainer(recipe, images, device, group)
        for _ in range(recipe.epochs):
            trainer.epoch()
        path = Path(sys.argv[1]) / f"{name}-{group.rank}.safetensors"
        checkpoints.save(path, *state(trainer))
"""


@pytest.mark.slow
def test_two_processes_keep_the_same_state(torchrun, tmp_path):
    networks = {
        "pix2pix-gaussian": {"module", "optimiser", "adversary", "adversary-optimiser"},
        "blind-digits": {"module", "optimiser", "muon"},
    }
    script = tmp_path / "each_saves.py"
    script.write_text(EACH_SAVES)
    code, _, errors = finish(torchrun(2, script, tmp_path, *networks))

    assert code == 0, errors
    for recipe, parts in networks.items():
        paths = [tmp_path / f"{recipe}-{rank}.safetensors" for rank in (0, 1)]
        (first, record), (second, _) = map(read, paths)
        # The discriminator's running statistics differ until the next step shares them.
        shared = [key for key in first if not (key.startswith("adversary") and "running" in key)]
        assert parts <= {key.split(".")[0] for key in shared}
        assert [key for key in shared if not torch.equal(first[key], second[key])] == []
        assert_finite(record["history"])


@pytest.mark.slow
def test_a_lost_process_ends_the_run_with_a_message_and_a_state_to_resume(torchrun, tmp_path):
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
    assert "continue with the same command and --resume" in errors
    code, shown, errors = finish(torchrun(2, *options, "--resume"))
    assert code == 0, errors
    assert "dense-16: continuing after epoch" in shown
    assert len(read(checkpoint_path("dense-16", tmp_path / "out"))[1]["history"]) == 100
