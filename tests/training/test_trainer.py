"""The training loop: one record per epoch, determined by the recipe, its seed and the images."""

import math
from dataclasses import replace

import pytest
import torch
from torch import nn

from denoise_demo.benchmark.evaluation import NOISE_SEED, set_scene
from denoise_demo.corruption import POINTS
from denoise_demo.data import Images
from denoise_demo.denoisers import RECIPES
from denoise_demo.training import SCHEDULES, DivergedError, Trainer, has_bfloat16
from tests.synthetic import make_digits
from tests.training.small_recipes import (
    CPU,
    DENSE,
    OVERFITTING,
    SMALL,
    assert_same_tensors,
    batches,
    epochs,
    every_small_recipe,
    losses,
    matches,
    run,
    small,
    weights,
)


@every_small_recipe
def test_every_epoch_gives_one_record_and_the_loss_falls(recipe, images):
    recipe = replace(recipe, epochs=6, schedule="constant", patience=None)

    records = run(Trainer(recipe, images, CPU)).history

    assert [record.epoch for record in records] == list(range(1, 7))
    assert all(math.isfinite(value) for record in records for value in vars(record).values())
    assert records[-1].train_loss < records[0].train_loss
    assert records[-1].validation_loss < records[0].validation_loss


def test_records_and_the_state_are_there_after_every_epoch(digits, resume_file):
    trainer = Trainer(DENSE, digits, CPU)

    first = next(epochs(trainer, resume_file))

    assert trainer.history == [first]
    assert not trainer.finished
    assert resume_file.exists()


def test_progress_is_reported_every_ten_batches_and_at_the_end(digits):
    trainer = Trainer(replace(DENSE, batch=4), digits, CPU)

    *steps, record = trainer.records()

    assert [(step.step, step.images) for step in steps] == [(10, 40), (20, 80), (25, 100)]
    assert steps[-1].loss == pytest.approx(record.train_loss)
    assert trainer.history == [record]


def test_every_image_is_seen_once_per_epoch_in_a_new_order(digits):
    trainer = Trainer(replace(DENSE, corruption=POINTS["clean"], fresh=True), digits, CPU)

    first, second = (torch.cat([target for _, target in batches(trainer)]) for _ in range(2))

    images = digits.clean(slice(100))
    assert matches(images, first).sum(1).eq(1).all()
    assert matches(images, second).sum(1).eq(1).all()
    assert not torch.equal(first, second)


def test_the_seed_determines_everything_and_global_random_state_nothing(digits):
    torch.manual_seed(1)
    first = run(Trainer(DENSE, digits, CPU))
    before = torch.manual_seed(2).get_state()

    second = run(Trainer(DENSE, digits, CPU))
    other = run(Trainer(replace(DENSE, seed=DENSE.seed + 1), digits, CPU))

    assert torch.equal(torch.random.get_rng_state(), before)
    assert_same_tensors(first, second)
    assert losses(first) == losses(second)
    assert not torch.equal(weights(first), weights(other))


@pytest.mark.parametrize("key", ["dense-16", "conv-pool", "strided-conv-gaussian"])
def test_keras_recipes_start_from_glorot_uniform_with_zero_bias(key, digits, faces):
    images = digits if RECIPES[key].domain == "digits" else faces

    for layer in layers(Trainer(small(key), images, CPU)):
        receptive = layer.weight[0, 0].numel() if layer.weight.ndim == 4 else 1
        limit = (6 / ((layer.weight.shape[0] + layer.weight.shape[1]) * receptive)) ** 0.5
        assert not layer.bias.any()
        assert 0.9 * limit < float(layer.weight.abs().max()) <= limit


@pytest.mark.parametrize("key", ["dense-300-fixed", "blind-digits"])
def test_other_recipes_start_as_pytorch_does(key, digits):
    for layer in layers(Trainer(small(key), digits, CPU)):
        limit = 1 / layer.weight[0].numel() ** 0.5
        assert 0.9 * limit < float(layer.weight.abs().max()) <= limit


def layers(trainer: Trainer) -> list[nn.Module]:
    """Return the layers with weights, except those that start from zero."""
    kinds = nn.Linear | nn.Conv2d | nn.ConvTranspose2d
    module = trainer.module.requires_grad_(False)
    found = [layer for layer in module.modules() if isinstance(layer, kinds)]
    return [layer for layer in found if layer.weight.any()]


# Noise and splits


def test_the_last_images_validate_and_never_train(digits):
    pixels = torch.cat([digits.pixels[:100], make_digits(20, seed=5).pixels])
    others = Images(pixels, digits.labels, "other validation images")

    first, second = (run(Trainer(DENSE, images, CPU)) for images in (digits, others))

    assert torch.equal(first.validation_clean, digits.clean(slice(100, None)))
    assert_same_tensors(first, second)
    assert losses(first) != losses(second)


@pytest.mark.parametrize("validation", [120, 500, 1e-9])
def test_a_split_that_leaves_no_images_is_refused(validation, digits):
    with pytest.raises(ValueError, match="leaves none to train or to validate"):
        Trainer(replace(DENSE, validation=validation), digits, CPU)


def test_validation_noise_is_the_same_in_every_run(digits):
    first, second = (Trainer(replace(DENSE, seed=seed), digits, CPU) for seed in (0, 9))
    before = first.validation_noisy.clone()

    first.epoch()

    assert torch.equal(first.validation_noisy, before)
    assert torch.equal(second.validation_noisy, before)


@pytest.mark.parametrize("fresh", [False, True])
def test_noise_is_drawn_once_or_for_every_batch(fresh, digits):
    trainer = Trainer(replace(DENSE, fresh=fresh), digits, CPU)

    noise = []
    for _ in range(2):
        noisy, target = (torch.cat(part) for part in zip(*batches(trainer), strict=True))
        order = matches(digits.clean(slice(100)), target).float().argmax(1)
        noise.append(noisy[order])

    assert torch.equal(*noise) != fresh


def test_frozen_noise_differs_from_measurement_noise(digits):
    trainer = Trainer(replace(DENSE, seed=NOISE_SEED), digits, CPU)

    measured = set_scene(DENSE.corruption, digits).noisy[: len(trainer.noisy)]

    noise = [(noisy - trainer.clean).flatten() for noisy in (trainer.noisy, measured)]
    assert abs(torch.corrcoef(torch.stack(noise))[0, 1]) < 0.9


def test_half_of_the_images_are_mirrored_where_the_recipe_says_so(faces):
    recipe = small("strided-conv-gaussian", mirror=True, corruption=POINTS["clean"])

    seen = torch.cat([target for _, target in batches(Trainer(recipe, faces, CPU))])

    images = faces.clean(slice(100))
    kept, mirrored = matches(seen, images).any(1), matches(seen.flip(-1), images).any(1)
    assert (kept | mirrored).all()
    assert 30 < int((mirrored & ~kept).sum()) < 70


def test_a_classifier_learns_labels(digits):
    [(_, target), *_] = batches(Trainer(SMALL["classes"], digits, CPU))

    assert target.dtype == torch.int64
    assert set(target.tolist()) <= set(range(10))


# The step


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_rate_follows_the_schedule(schedule, digits):
    trainer = run(Trainer(replace(DENSE, epochs=5, schedule=schedule, steps=4), digits, CPU))

    ends = [(epoch + 3 / 4) / 5 for epoch in range(5)]  # of the last step of each epoch
    expected = [0.001 * SCHEDULES[schedule](done) for done in ends]
    assert [record.learning_rate for record in trainer.history] == pytest.approx(expected)


def test_a_new_schedule_can_be_trained_with(digits, monkeypatch):
    monkeypatch.setitem(SCHEDULES, "toy", lambda done: 0.5)

    assert Trainer(replace(DENSE, schedule="toy"), digits, CPU).epoch().learning_rate == 0.0005


def test_the_gradient_is_clipped(digits):
    descent = replace(SMALL["SGD, momentum"], optimiser_settings={"lr": 1.0}, steps=1)

    moved = []
    for max_norm in (None, 1e-3):
        trainer = Trainer(replace(descent, max_norm=max_norm), digits, CPU)
        start = weights(trainer)
        trainer.epoch()
        moved.append(float((weights(trainer) - start).norm()))

    assert moved[0] > 2e-3
    assert moved[1] == pytest.approx(1e-3, rel=1e-3)


def test_bfloat16_is_used_where_the_processor_has_it(digits):
    recipe = SMALL["bfloat16, one cycle, clipped gradient"]

    mixed, exact = (
        Trainer(replace(recipe, precision=p), digits, CPU) for p in ("bfloat16", "float32")
    )
    first, second = mixed.epoch().train_loss, exact.epoch().train_loss

    assert (mixed.mixed, exact.mixed) == (has_bfloat16(CPU), False)
    assert (first != second) == mixed.mixed
    assert first == pytest.approx(second, rel=0.02)
    assert {value.dtype for value in mixed.module.state_dict().values()} == {torch.float32}


# The end


def test_training_stops_after_patience_epochs_and_keeps_the_last_weights(digits):
    stopped = run(Trainer(OVERFITTING, digits, CPU))
    epochs = len(stopped.history)

    counted = run(Trainer(replace(OVERFITTING, patience=None, epochs=epochs), digits, CPU))

    validation = [record.validation_loss for record in stopped.history]
    assert epochs < 200
    assert validation.index(min(validation)) == epochs - 1 - 3
    assert_same_tensors(stopped, counted)


@pytest.mark.parametrize("where", ["training", "validation"])
def test_divergence_stops_training_saying_what_to_do(where, digits, resume_file, monkeypatch):
    wild = SMALL["SGD, momentum"]
    if where == "training":
        wild = replace(wild, optimiser_settings={"lr": math.inf})
    else:  # where the last step of the epoch shows
        monkeypatch.setattr(Trainer, "_validate", lambda trainer: math.nan)

    with pytest.raises(DivergedError, match=r"diverged in epoch 1.*seed or a lower learning rate"):
        next(epochs(Trainer(wild, digits, CPU), resume_file))

    assert not resume_file.exists()


@pytest.mark.gpu
@pytest.mark.parametrize("name", ["SGD, momentum", "classes"])
def test_a_gpu_trains_as_the_cpu_does(name, digits):
    on_cpu, on_gpu = (
        run(Trainer(SMALL[name], digits, torch.device(kind))) for kind in ("cpu", "cuda")
    )

    for ours, theirs in zip(losses(on_gpu), losses(on_cpu), strict=True):
        assert ours == pytest.approx(theirs, rel=1e-3)
