"""Training on photographs: random patches, the average of the weights, resuming, bad input."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

import train
from denoise_demo.data import Photos, load_photos
from denoise_demo.data.photos import SCALES
from denoise_demo.denoisers import PHOTO_RECIPE, load_photo_denoiser, settings_of
from denoise_demo.denoisers.checkpoints import WEIGHTS_DIR, checkpoint_path, read, read_metadata
from denoise_demo.networks import MODELS
from denoise_demo.training import Trainer, resume
from denoise_demo.training.schedules import AGAIN
from tests.training.small_recipes import CPU, assert_same_tensors, epochs, losses, run

TINY = replace(PHOTO_RECIPE, patch=16, batch=4, steps=2, epochs=3)
SHORT = ("--set", "patch=16", "--set", "batch=4", "--set", "steps=2", "--epochs", "1")


@pytest.fixture(autouse=True)
def few_patches(monkeypatch):
    monkeypatch.setattr("denoise_demo.data.photos.VALIDATION_PATCHES", 4)


@pytest.fixture
def folder(tmp_path):
    """Six small pictures, a text and a picture of another folder, which is not read."""
    for name, size in [("a", (50, 60)), ("b", (20, 90)), ("c", (64, 48)), ("d", (40, 40))]:
        pixels = np.random.default_rng(len(name)).integers(0, 256, (*size, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{name}.png")
    Image.fromarray(np.full((30, 30), 40_000, np.uint16)).save(tmp_path / "e.png")
    Image.fromarray(np.full((30, 30), 7, np.uint8)).save(tmp_path / "f.png")
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "cbsd68").mkdir()
    Image.fromarray(np.zeros((99, 99), np.uint8)).save(tmp_path / "cbsd68" / "test.png")
    return tmp_path


def command(folder, *words):
    return train.main(["blind-photos", "--data-dir", str(folder), *words])


def test_the_command_trains_weights_that_clean_photographs(folder, out, capsys, monkeypatch):
    assert command(folder, *SHORT, "--out", str(out)) == 0

    assert "on validation patches" in capsys.readouterr().out
    assert {path.name for path in out.iterdir()} == {
        "blind-photos.safetensors",
        "blind-photos.csv",
    }
    _, metadata = read(checkpoint_path("blind-photos", out))
    assert metadata["recipe"] == settings_of(replace(TINY, epochs=1))
    assert metadata["data"]["name"] == "6 photographs"
    monkeypatch.setenv("DENOISE_WEIGHTS_DIR", str(out))
    pixels = np.zeros((20, 33, 3), np.uint8)
    assert load_photo_denoiser("cpu").clean(pixels).shape == pixels.shape


def test_a_resumed_run_equals_an_uninterrupted_one(folder, resume_file):
    photos = load_photos(folder)
    whole = run(Trainer(TINY, photos, CPU))
    next(epochs(Trainer(TINY, photos, CPU), resume_file))

    second = Trainer(TINY, photos, CPU)
    assert resume(second, resume_file)
    run(second)

    assert_same_tensors(second, whole)
    assert losses(second) == losses(whole)


def test_what_is_kept_is_the_average_of_the_weights(folder):
    trainer = Trainer(replace(TINY, steps=1, average=0.5), load_photos(folder), CPU)
    weights = [[p.clone() for p in trainer.module.parameters()]]
    for _ in range(3):
        trainer.epoch()
        weights.append([p.clone() for p in trainer.module.parameters()])

    expected = weights[0]
    for step, now in enumerate(weights[1:], 1):
        share = 1 - min(0.5, step / (step + 9))
        expected = [mean.lerp(value, share) for mean, value in zip(expected, now, strict=True)]
    torch.testing.assert_close(list(trainer.trained.parameters()), expected)
    assert not torch.equal(expected[0], weights[3][0])


def test_photographs_that_validate_are_never_trained_on():
    pictures = tuple(torch.full((40, 40, 3), 10 * i, dtype=torch.uint8) for i in range(20))

    patches, validation = Photos(pictures, "").cut(16, 0.1, seed=0)

    trained = patches.draw(2000, 16, torch.Generator().manual_seed(0)).unique()
    assert len(trained) == 18
    assert not set(validation.pixels.unique().tolist()) & set(trained.tolist())


def test_patches_come_from_every_scale_in_its_share():
    stripes = torch.zeros(300, 300, 3, dtype=torch.uint8)
    stripes[:, ::2] = 200  # columns that disappear when the picture is halved

    patches, _ = Photos((stripes,) * 4, "").cut(16, 1, seed=0)
    drawn = patches.draw(2000, 16, torch.Generator().manual_seed(0))

    halved = (drawn == 100).flatten(1).all(1)
    assert float(halved.float().mean()) == pytest.approx(0.4, abs=0.04)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("patch=none", "need a patch"),
        ("steps=none", "need a number of steps"),
        ("fresh=false", "fresh noise"),
        ("average=1", "a number from 0 to below 1"),
    ],
)
def test_settings_that_do_not_fit_photographs_are_refused(change, words, out, capsys):
    with pytest.raises(SystemExit) as left:
        train.main(["blind-photos", "--set", change, "--out", str(out)])

    assert left.value.code == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--set", "patch=200"), "no picture has 200 x 200 pixels"),
        (("--set", "validation=6"), "leaves none to train"),
    ],
)
def test_photographs_that_do_not_suffice_are_one_line(folder, out, one_line, words, message):
    assert command(folder, *SHORT, *words, "--out", str(out)) == 1
    assert message in one_line()


def test_a_folder_without_photographs_is_one_line(tmp_path, out, one_line):
    assert command(tmp_path, "--out", str(out), *SHORT) == 1
    assert "photos/train/" in one_line()


def test_a_damaged_photograph_is_skipped_with_a_line(folder, capsys):
    (folder / "cut.png").write_bytes((folder / "a.png").read_bytes()[:200])

    assert len(load_photos(folder).pictures) == 6
    assert "cut.png is skipped" in capsys.readouterr().err


def test_the_shipped_weights_were_trained_with_this_recipes_settings():
    metadata = read_metadata(checkpoint_path("blind-photos", WEIGHTS_DIR))
    shipped, ours = metadata["recipe"], settings_of(PHOTO_RECIPE)

    same = ("id", "model", "domain", "loss", "optimiser", "batch", "patch", "average", "precision")
    assert {key: shipped[key] for key in same} == {key: ours[key] for key in same}
    assert shipped["learning_rates"] == [ours["optimiser_settings"]["lr"] * k for k in (1, AGAIN)]
    assert shipped["corruption"] == PHOTO_RECIPE.corruption.describe()
    assert {int(key): share for key, share in shipped["scales"].items()} == SCALES
    assert metadata["arguments"] == json.loads(json.dumps(MODELS["blind-photos"].arguments))
    assert metadata["steps"] == pytest.approx(ours["epochs"] * ours["steps"], rel=0.01)
