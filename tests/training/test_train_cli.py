"""The command line of training: what it prints, refuses, survives and leaves behind."""

import csv
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

import train
from denoise_demo.data.faces import load_faces
from denoise_demo.data.mnist import Images
from denoise_demo.denoisers import checkpoints
from denoise_demo.denoisers.checkpoints import checkpoint_path, read, read_metadata
from denoise_demo.denoisers.recipes import RECIPES, settings_of
from denoise_demo.networks.models import MODELS
from denoise_demo.training import trainer

ROOT = Path(train.__file__).parent


@pytest.fixture
def small_recipes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Recipes that train on 100 digits or 40 faces in next to no time."""
    for key, recipe in RECIPES.items():
        steps = 3 if recipe.steps else None
        small = replace(recipe, validation=20, batch=16, steps=steps, epochs=2)
        monkeypatch.setitem(RECIPES, key, small)


@pytest.fixture
def run(fake_data: Path, small_recipes: None, tmp_path: Path) -> Callable[..., int]:
    """Call the command line in this process; it writes to `out`."""

    def call(*arguments: str) -> int:
        options = ("--data-dir", str(fake_data), "--out", str(tmp_path / "out"))
        return train.main([*arguments, *options])

    return call


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def start(fake_data: Path, driver: Path) -> Callable[..., subprocess.Popen[str]]:
    """Start the command line in a process of its own."""

    def call(*arguments: object) -> subprocess.Popen[str]:
        environment = {**os.environ, "PYTHONUNBUFFERED": "1", "OMP_NUM_THREADS": "1"}
        environment["PYTHONPATH"] = str(ROOT)
        return subprocess.Popen(
            [sys.executable, str(driver), str(fake_data), *map(str, arguments)],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return call


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Return what the command line says when it refuses its arguments."""
    with pytest.raises(SystemExit) as caught:
        train.main([*arguments])
    assert caught.value.code == 2
    return capsys.readouterr().err


def wait_for(process: subprocess.Popen[str], text: str) -> None:
    """Read what the process prints until a line holds the text."""
    assert process.stdout
    for line in process.stdout:
        if text in line:
            return
    pytest.fail(f"never printed {text!r}: {process.stderr.read() if process.stderr else ''}")


# What it shows


def test_list_shows_every_recipe_with_its_parameters(capsys, tmp_path) -> None:
    code = train.main(["--list", "--out", str(tmp_path)])

    assert code == 0
    lines = capsys.readouterr().out.splitlines()[1:]
    assert [line.split()[0] for line in lines] == list(RECIPES)
    assert "4,385" in lines[list(RECIPES).index("conv-pool")]
    assert all("no" in line.split() for line in lines)


def test_list_shows_what_was_trained_and_what_is_damaged(run, out, capsys) -> None:
    run("dense-2")
    checkpoint_path("dense-1", out).write_bytes(b"torn")
    capsys.readouterr()

    code = train.main(["--list", "--out", str(out)])

    assert code == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert "2 epochs" in lines["dense-2"]
    assert "dB" in lines["dense-2"]
    assert "damaged" in lines["dense-1"]
    assert "no" in lines["dense-8"].split()


@pytest.mark.parametrize("key", RECIPES)
def test_dry_run_shows_the_settings_and_writes_nothing(key, tmp_path, capsys) -> None:
    code = train.main([key, "--dry-run", "--epochs", "3", "--out", str(tmp_path / "out")])

    assert code == 0
    shown = capsys.readouterr().out
    assert key in shown
    assert MODELS[RECIPES[key].model].label in shown
    assert RECIPES[key].corruption.describe() in shown
    assert '"epochs": 3' in shown
    assert not (tmp_path / "out").exists()


def test_dry_run_of_all_shows_every_recipe(capsys) -> None:
    code = train.main(["--all", "--dry-run"])

    assert code == 0
    shown = capsys.readouterr().out
    assert all(f"{key}: " in shown for key in RECIPES)


def test_help_names_every_option_and_recipe(capsys) -> None:
    with pytest.raises(SystemExit) as caught:
        train.main(["--help"])

    assert caught.value.code == 0
    shown = capsys.readouterr().out
    for option in ("--all", "--list", "--resume", "--out", "--data-dir", "--epochs", "--dry-run"):
        assert option in shown
    assert all(key in "".join(shown.split()) for key in RECIPES)


# What it refuses


def test_an_unknown_recipe_is_refused_naming_the_known_ones(capsys) -> None:
    message = refusal(capsys, "dense-65")

    assert "dense-65" in message
    assert all(key in message for key in RECIPES)


def test_nothing_to_do_is_refused_saying_what_to_name(capsys) -> None:
    message = refusal(capsys)

    assert "--all" in message
    assert "--list" in message


@pytest.mark.parametrize("value", ["0", "-3", "1.5", "many", "", "nan"])
def test_a_bad_number_of_epochs_is_refused(value: str, capsys) -> None:
    message = refusal(capsys, "dense-2", f"--epochs={value}")

    assert "--epochs" in message
    assert "_positive" not in message  # a name of ours says nothing to the person


@pytest.mark.parametrize("value", ["-1", "1.5", "luck", "", str(2**63)])
def test_a_bad_seed_is_refused(value: str, capsys) -> None:
    message = refusal(capsys, "dense-2", f"--seed={value}")

    assert "--seed" in message
    assert "_seed" not in message  # a name of ours says nothing to the person


def test_an_unknown_device_is_refused(capsys) -> None:
    assert "--device" in refusal(capsys, "dense-2", "--device", "abacus")


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has that device")
def test_a_device_that_is_not_there_is_one_clear_line(run, capsys) -> None:
    code = run("dense-2", "--device", "cuda")

    assert code == 1
    message = capsys.readouterr().err
    assert "cuda" in message
    assert len(message.splitlines()) == 1


def test_missing_data_is_one_clear_line(no_mnist, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setattr("denoise_demo.data.mnist.MIRRORS", ())

    code = train.main(["dense-2", "--data-dir", str(tmp_path), "--out", str(tmp_path / "out")])

    assert code == 1
    message = capsys.readouterr().err
    assert "--data-dir" in message
    assert len(message.splitlines()) == 1


def test_a_file_where_the_folder_should_be_is_one_clear_line(run, out, capsys) -> None:
    out.write_text("in the way")

    code = run("dense-2")

    assert code == 1
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert out.read_text() == "in the way"


# What it leaves behind


@pytest.mark.parametrize("key", RECIPES)
def test_every_recipe_trains_to_a_weight_file_that_loads(key, run, out, capsys) -> None:
    code = run(key)

    assert code == 0
    assert f"saved as {key}.safetensors" in capsys.readouterr().out
    assert {path.name for path in out.iterdir()} == {f"{key}.safetensors", f"{key}.csv"}
    assert not checkpoints.load(key, out).module.training


def test_each_epoch_prints_a_line_with_its_losses(run, capsys) -> None:
    run("dense-2", "--epochs", "3")

    lines = [line for line in capsys.readouterr().out.splitlines() if "epoch" in line]
    assert [line.split(":")[0] for line in lines] == [f"dense-2 epoch {i}/3" for i in (1, 2, 3)]
    assert all("train" in line and "validation" in line for line in lines)


def test_several_recipes_train_one_after_the_other(run, out) -> None:
    code = run("dense-2", "dense-1", "dense-2")

    assert code == 0
    files = {path.name for path in out.glob("*.safetensors")}
    assert files == {"dense-1.safetensors", "dense-2.safetensors"}


def test_the_folder_is_made(run, fake_mnist, tmp_path) -> None:
    deep = tmp_path / "a" / "b"

    code = train.main(["dense-1", "--data-dir", str(fake_mnist), "--out", str(deep)])

    assert code == 0
    assert checkpoint_path("dense-1", deep).exists()


def test_the_metadata_tells_how_the_weights_came_about(run, out) -> None:
    run("dense-64", "--epochs", "2", "--seed", "7")

    metadata = read_metadata(checkpoint_path("dense-64", out))
    assert metadata["recipe"]["id"] == "dense-64"
    assert metadata["recipe"].keys() == settings_of(RECIPES["dense-64"]).keys()
    assert metadata["arguments"] == {"code": 64}
    assert metadata["parameters"] == 101_200
    assert metadata["data"]["name"] == "MNIST train set"
    assert all(len(digest) == 64 for digest in metadata["data"]["sha256"])
    assert metadata["epochs"] == 2
    assert [record["epoch"] for record in metadata["history"]] == [1, 2]
    assert metadata["history"][0].keys() >= {"train_loss", "validation_loss"}
    assert metadata["metrics"].keys() >= {"psnr", "ssim", "mae"}
    assert metadata["torch"] == torch.__version__
    assert metadata["seed"] == 7
    assert metadata["seconds"] >= 0
    assert metadata["device"].endswith("cpu")


@pytest.mark.parametrize("key", ["strided-conv-gaussian", "pix2pix-gaussian"])
def test_the_metadata_of_faces_names_the_data_without_its_place(key, run, out, fake_data) -> None:
    run(key)

    metadata = read_metadata(checkpoint_path(key, out))
    faces = load_faces("train", fake_data)
    assert metadata["data"] == {"name": "faces.zip train split", "sha256": list(faces.sha256)}
    assert metadata["recipe"]["domain"] == "faces"
    assert metadata["metrics"].keys() >= {"psnr", "ssim", "mae"}
    assert "accuracy" not in metadata["metrics"]
    assert str(fake_data.parent) not in str(metadata)


def test_digits_and_faces_train_in_one_run(run, out) -> None:
    code = run("dense-2", "strided-conv-poisson", "mlp-classifier")

    assert code == 0
    names = {path.stem for path in out.glob("*.safetensors")}
    assert names == {"dense-2", "strided-conv-poisson", "mlp-classifier"}


def test_a_zip_of_faces_itself_may_be_named_and_digits_are_not_asked_for(
    fake_data, small_recipes, tmp_path, no_mnist
) -> None:
    alone = (fake_data / "faces.zip").rename(tmp_path / "celeba.zip")
    out = tmp_path / "out"

    code = train.main(["strided-conv-gaussian", "--data-dir", str(alone), "--out", str(out)])

    assert code == 0
    metadata = read_metadata(checkpoint_path("strided-conv-gaussian", out))
    assert metadata["data"]["name"] == "celeba.zip train split"
    assert not no_mnist.exists()


def test_missing_faces_are_one_clear_line_before_anything_is_trained(
    fake_mnist, small_recipes, tmp_path, capsys
) -> None:
    options = ("--data-dir", str(fake_mnist), "--out", str(tmp_path / "out"))

    code = train.main(["dense-2", "strided-conv-gaussian", *options])

    assert code == 1
    [message] = capsys.readouterr().err.splitlines()
    assert "--data-dir" in message
    assert list((tmp_path / "out").iterdir()) == []


def test_the_classifiers_metadata_has_its_accuracy(run, out) -> None:
    run("mlp-classifier")

    assert 0 <= read_metadata(checkpoint_path("mlp-classifier", out))["metrics"]["accuracy"] <= 1


def test_the_command_is_recorded_without_local_paths(run, out, tmp_path) -> None:
    run("dense-2", "--epochs", "1", "--seed", "3", "--device", "cpu", "--resume")

    path = checkpoint_path("dense-2", out)
    command = read_metadata(path)["command"]
    assert command == "python train.py dense-2 --epochs 1 --seed 3 --device cpu"
    header = path.read_bytes()
    for local in (tmp_path, ROOT, Path.home()):
        assert str(local).encode() not in header or str(local) == "/"


def test_the_recorded_command_makes_the_same_weights_again(run, out) -> None:
    run("dense-16", "--seed", "3")
    path = checkpoint_path("dense-16", out)
    before, metadata = read(path)
    path.unlink()

    run(*metadata["command"].split()[2:])

    after = read(path)[0]
    assert all(torch.equal(before[key], after[key]) for key in before)


@pytest.fixture
def invert_test_images(fake_mnist, expect_mnist, write_mnist, make_digits) -> Callable[[], None]:
    def invert() -> None:
        train_set, test_set = make_digits(120), make_digits(40)
        negatives = Images(255 - test_set.pixels, test_set.labels, "negatives")
        expect_mnist(train_set, negatives)
        write_mnist(fake_mnist, train_set, negatives)

    return invert


def test_test_images_are_only_measured_on(run, out, invert_test_images) -> None:
    run("dense-64")
    before, first = read(checkpoint_path("dense-64", out))
    invert_test_images()

    run("dense-64")

    after, second = read(checkpoint_path("dense-64", out))
    assert all(torch.equal(before[key], after[key]) for key in before)
    assert [record["validation_loss"] for record in first["history"]] == [
        record["validation_loss"] for record in second["history"]
    ]
    assert first["metrics"] != second["metrics"]


# Going on


def test_resume_without_anything_to_resume_starts_fresh(run, out) -> None:
    code = run("dense-2", "--resume")

    assert code == 0
    assert read_metadata(checkpoint_path("dense-2", out))["epochs"] == 2


def test_a_finished_recipe_is_left_alone_even_without_data(run, out, tmp_path, capsys) -> None:
    run("dense-2")
    path = checkpoint_path("dense-2", out)
    before, changed = path.read_bytes(), path.stat().st_mtime_ns
    capsys.readouterr()

    code = train.main(
        ["dense-2", "--resume", "--out", str(out), "--data-dir", str(tmp_path / "nowhere")]
    )

    assert code == 0
    assert "already finished" in capsys.readouterr().out
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (before, changed)


def test_an_unfinished_run_beside_finished_weights_goes_on(run, out, capsys, monkeypatch) -> None:
    run("dense-2")
    epoch, done = trainer.Trainer.epoch, []

    def stop(trainer, *arguments):
        if done:
            raise KeyboardInterrupt
        done.append(1)
        return epoch(trainer, *arguments)

    monkeypatch.setattr(trainer.Trainer, "epoch", stop)
    run("dense-2")
    monkeypatch.setattr(trainer.Trainer, "epoch", epoch)
    capsys.readouterr()

    code = run("dense-2", "--resume")

    assert code == 0
    assert "dense-2: going on after epoch 1" in capsys.readouterr().out
    assert not (out / "dense-2.resume.safetensors").exists()


def test_resume_trains_only_what_is_not_finished(run, out, capsys) -> None:
    run("dense-2")
    capsys.readouterr()

    code = run("dense-2", "dense-1", "--resume")

    assert code == 0
    shown = capsys.readouterr().out
    assert "dense-2: already finished" in shown
    assert "dense-2 epoch" not in shown
    assert checkpoint_path("dense-1", out).exists()


def test_other_settings_are_trained_saying_so_although_a_file_is_there(run, out, capsys) -> None:
    run("dense-2")

    run("dense-2", "--epochs", "3", "--resume")

    assert "dense-2.safetensors is of other settings" in capsys.readouterr().out
    assert read_metadata(checkpoint_path("dense-2", out))["epochs"] == 3


def test_damaged_weights_are_trained_again_under_resume(run, out) -> None:
    run("dense-2")
    path = checkpoint_path("dense-2", out)
    path.write_bytes(path.read_bytes()[:-5])

    code = run("dense-2", "--resume")

    assert code == 0
    checkpoints.load("dense-2", out)


@pytest.mark.parametrize("content", [b"", b"torn", b"\x10\0\0\0\0\0\0\0{}"])
def test_a_corrupt_resume_file_is_one_clear_line(content: bytes, run, out, capsys) -> None:
    out.mkdir()
    resume_file = out / "dense-2.resume.safetensors"
    resume_file.write_bytes(content)

    code = run("dense-2", "--resume")

    assert code == 1
    message = capsys.readouterr().err
    assert resume_file.name in message
    assert "delete it, or leave out --resume" in message
    assert len(message.splitlines()) == 1
    assert resume_file.read_bytes() == content


def test_without_resume_an_old_resume_file_does_not_matter(run, out) -> None:
    out.mkdir()
    (out / "dense-2.resume.safetensors").write_bytes(b"torn")

    code = run("dense-2")

    assert code == 0
    assert [path.name for path in out.glob("*.safetensors")] == ["dense-2.safetensors"]


@pytest.mark.slow
@pytest.mark.parametrize(("key", "epochs"), [("conv-pool", 5), ("pix2pix-salt-pepper", 12)])
def test_a_run_killed_in_the_middle_resumes_to_the_same_bits(key, epochs, start, tmp_path) -> None:
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
    assert "going on after epoch" in shown
    expected, first = read(checkpoint_path(key, tmp_path / "whole"))
    tensors, second = read(checkpoint_path(key, tmp_path / "killed"))
    assert all(torch.equal(expected[key], tensors[key]) for key in expected)
    assert first["metrics"] == second["metrics"]
    for name in ("train_loss", "validation_loss", "learning_rate"):
        assert [r[name] for r in first["history"]] == [r[name] for r in second["history"]]
    assert not list((tmp_path / "killed").glob("*.resume.*"))
    tables = [tmp_path / name / f"{key}.csv" for name in ("whole", "killed")]
    losses = [[line.split(",")[:3] for line in path.read_text().split()] for path in tables]
    assert losses[0] == losses[1]


@pytest.mark.slow
def test_ctrl_c_leaves_a_message_and_a_run_to_go_on_with(start, tmp_path) -> None:
    process = start("dense-16", "--epochs", 500, "--out", tmp_path / "out")
    wait_for(process, "epoch 2/500")

    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=180)

    assert process.returncode == 130
    assert "--resume" in errors
    assert "Traceback" not in errors
    files = {path.name for path in (tmp_path / "out").iterdir()}
    assert files == {"dense-16.resume.safetensors", "dense-16.csv"}


@pytest.mark.slow
def test_a_polite_kill_does_the_same(start, tmp_path) -> None:
    process = start("dense-16", "--epochs", 500, "--out", tmp_path / "out")
    wait_for(process, "epoch 2/500")

    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=180)

    assert process.returncode == 130
    assert "--resume" in errors
    assert "Traceback" not in errors


# Tables and TensorBoard


def test_the_losses_of_every_epoch_are_in_a_table(run, out) -> None:
    run("dense-2", "--epochs", "3")

    with (out / "dense-2.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    history = read_metadata(checkpoint_path("dense-2", out))["history"]
    assert [int(row["epoch"]) for row in rows] == [1, 2, 3]
    for row, record in zip(rows, history, strict=True):
        assert {name: float(value) for name, value in row.items()} == record


def test_tensorboard_gets_the_losses(run, out, tmp_path) -> None:
    reading = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")

    code = run("dense-2", "--epochs", "2", "--tensorboard", str(tmp_path / "logs"))

    assert code == 0
    found = reading.EventAccumulator(str(tmp_path / "logs" / "dense-2" / "loss_validation"))
    found.Reload()
    history = read_metadata(checkpoint_path("dense-2", out))["history"]
    assert [event.value for event in found.Scalars("loss")] == pytest.approx(
        [record["validation_loss"] for record in history]
    )


def test_tensorboard_that_is_not_there_is_one_clear_line(
    run, monkeypatch, tmp_path, capsys
) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)

    code = run("dense-2", "--tensorboard", str(tmp_path / "logs"))

    assert code == 1
    message = capsys.readouterr().err
    assert "pip install tensorboard" in message
    assert len(message.splitlines()) == 1


# A GPU that fails


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (torch.OutOfMemoryError("CUDA out of memory"), "memory is full"),
        (RuntimeError("MPS backend out of memory"), "memory is full"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), "memory is full"),
        (RuntimeError("cuDNN error: EXECUTION_FAILED"), "GPU fails (cuDNN error"),
        (RuntimeError("CUDA error: device lost\nmore"), "GPU fails (CUDA error: device lost)"),
    ],
)
def test_a_gpu_that_fails_is_one_clear_line_and_a_run_to_go_on_with(  # noqa: PLR0917
    error, words, run, out, monkeypatch, capsys
) -> None:
    original = trainer.Trainer.epoch

    def epoch(trainer, on_step=None):
        if trainer.history:
            raise error
        return original(trainer, on_step)

    monkeypatch.setattr(trainer.Trainer, "epoch", epoch)

    code = run("dense-2")

    assert code == 1
    last = capsys.readouterr().err.splitlines()[-1]
    assert words in last
    assert "--resume" in last
    monkeypatch.setattr(trainer.Trainer, "epoch", original)
    assert run("dense-2", "--resume") == 0
    assert read_metadata(checkpoint_path("dense-2", out))["epochs"] == 2


def test_an_error_of_our_own_is_not_hidden(run, monkeypatch) -> None:
    def epoch(trainer, on_step=None):
        raise RuntimeError("a mistake")

    monkeypatch.setattr(trainer.Trainer, "epoch", epoch)

    with pytest.raises(RuntimeError, match="a mistake"):
        run("dense-2")
