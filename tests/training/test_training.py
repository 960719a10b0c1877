"""The training loop: one record an epoch, and nothing but the seed decides."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from flavours import (
    CPU,
    FLAVOURS,
    OVERFITTING,
    SMALL,
    assert_same_tensors,
    every_flavour,
    losses,
    weights,
)
from torch import nn

from denoise_demo.benchmark.evaluation import NOISE_SEED, set_scene
from denoise_demo.corruption.points import POINTS
from denoise_demo.data.mnist import Images
from denoise_demo.denoisers.recipes import RECIPES, Recipe
from denoise_demo.training.objective import has_bfloat16
from denoise_demo.training.resuming import fit
from denoise_demo.training.schedules import SCHEDULES
from denoise_demo.training.trainer import DivergedError, Trainer


@pytest.fixture
def recipe() -> Recipe:
    return FLAVOURS["Adam, frozen noise, dense"]


# An epoch


@every_flavour
def test_every_epoch_gives_one_record(recipe: Recipe, images: Images, resume_file: Path) -> None:
    records = list(fit(Trainer(recipe, images, CPU), resume_file))

    assert [record.epoch for record in records] == list(range(1, len(records) + 1))
    assert recipe.patience or len(records) == recipe.epochs
    assert all(math.isfinite(record.train_loss) for record in records)
    assert all(math.isfinite(record.validation_loss) for record in records)
    assert all(record.seconds > 0 for record in records)


@every_flavour
def test_the_loss_falls(recipe: Recipe, images: Images, resume_file: Path) -> None:
    trainer = Trainer(
        replace(recipe, epochs=10, schedule="constant", ema=0.0, patience=None), images, CPU
    )

    records = list(fit(trainer, resume_file))

    assert records[-1].train_loss < records[0].train_loss
    assert records[-1].validation_loss < records[0].validation_loss


def test_records_are_yielded_while_training_goes_on(
    recipe: Recipe, digits: Images, resume_file: Path
) -> None:
    trainer = Trainer(recipe, digits, CPU)

    first = next(fit(trainer, resume_file))

    assert trainer.history == [first]
    assert not trainer.finished
    assert resume_file.exists()


def test_progress_is_reported_every_few_batches_and_at_the_end(
    digits: Images, resume_file: Path
) -> None:
    recipe = replace(FLAVOURS["Adam, frozen noise, dense"], batch=4, epochs=1)  # 25 batches of 4
    seen: list[tuple[int, int, float]] = []

    trainer = Trainer(recipe, digits, CPU)
    [record] = fit(
        trainer, resume_file, lambda step, loss, images: seen.append((step, images, loss))
    )

    assert [report[:2] for report in seen] == [(10, 40), (20, 80), (25, 100)]
    assert seen[-1][2] == pytest.approx(record.train_loss)


def test_every_image_is_seen_once_an_epoch_in_another_order(recipe: Recipe, digits: Images) -> None:
    trainer = Trainer(recipe, digits, CPU)

    first = torch.cat([*trainer._batches()])
    trainer.epoch()
    second = torch.cat([*trainer._batches()])

    assert first.sort().values.tolist() == list(range(100))
    assert second.sort().values.tolist() == list(range(100))
    assert first.tolist() != second.tolist()


def test_the_seed_decides_everything(recipe: Recipe, digits: Images, resume_file: Path) -> None:
    first, same = Trainer(recipe, digits, CPU), Trainer(recipe, digits, CPU)
    other = Trainer(replace(recipe, seed=recipe.seed + 1), digits, CPU)

    for trainer in (first, same, other):
        list(fit(trainer, resume_file))

    assert_same_tensors(first, same)
    assert losses(first) == losses(same)
    assert not torch.equal(first.module.encoder.weight, other.module.encoder.weight)


def test_global_random_state_is_neither_read_nor_changed(recipe: Recipe, digits: Images) -> None:
    torch.manual_seed(1)
    before = torch.random.get_rng_state()
    first = Trainer(recipe, digits, CPU)
    first.epoch()
    assert torch.equal(torch.random.get_rng_state(), before)

    torch.manual_seed(2)
    second = Trainer(recipe, digits, CPU)
    second.epoch()

    assert_same_tensors(first, second)


# The start


@pytest.mark.parametrize(
    "recipe", [r for r in RECIPES.values() if r.glorot], ids=lambda recipe: recipe.id
)
def test_keras_recipes_start_from_glorot_uniform_with_zero_bias(
    recipe: Recipe, images: Images
) -> None:
    trainer = Trainer(replace(recipe, **SMALL), images, CPU)

    for layer in layers(trainer):
        receptive = layer.weight[0, 0].numel() if layer.weight.ndim == 4 else 1
        fans = (layer.weight.shape[0] + layer.weight.shape[1]) * receptive
        limit = (6 / fans) ** 0.5
        assert not layer.bias.any()
        assert 0.9 * limit < float(layer.weight.abs().max()) <= limit
        assert float(layer.weight.std()) == pytest.approx(limit / 3**0.5, rel=0.15)


@pytest.mark.parametrize(
    "recipe", [r for r in RECIPES.values() if not r.glorot], ids=lambda recipe: recipe.id
)
def test_other_recipes_start_as_pytorch_does(recipe: Recipe, images: Images) -> None:
    trainer = Trainer(replace(recipe, **SMALL), images, CPU)

    for layer in layers(trainer):
        limit = 1 / layer.weight[0].numel() ** 0.5  # of the inputs, which come second
        assert 0.9 * limit < float(layer.weight.abs().max()) <= limit
        assert layer.bias is None or layer.bias.any()


def layers(trainer: Trainer) -> list[nn.Module]:
    """Return the layers of weights; batch normalisation starts from ones."""
    kinds = nn.Linear | nn.Conv2d | nn.ConvTranspose2d
    module = trainer.module.requires_grad_(False)
    found = [layer for layer in module.modules() if isinstance(layer, kinds)]
    return [layer for layer in found if layer.weight.any()]  # some start from zero on purpose


# Noise and splits


def test_the_last_images_validate_and_never_train(
    recipe: Recipe, digits: Images, make_digits: Callable[..., Images], resume_file: Path
) -> None:
    other = make_digits(120, seed=5)
    mixed = Images(
        torch.cat([digits.pixels[:100], other.pixels[100:]]), digits.labels, "other validation"
    )
    first, second = Trainer(recipe, digits, CPU), Trainer(recipe, mixed, CPU)

    for trainer in (first, second):
        list(fit(trainer, resume_file))

    assert torch.equal(first.validation_clean, digits.clean(slice(100, None)))
    assert_same_tensors(first, second)
    assert losses(first) != losses(second)


@every_flavour
def test_validation_noise_is_the_same_in_every_run(recipe: Recipe, images: Images) -> None:
    first = Trainer(recipe, images, CPU)
    before = first.validation_noisy.clone()
    first.epoch()

    second = Trainer(replace(recipe, seed=9), images, CPU)

    assert torch.equal(first.validation_noisy, before)
    assert torch.equal(second.validation_noisy, before)


@every_flavour
def test_validation_repeats_to_the_bit(recipe: Recipe, images: Images) -> None:
    trainer = Trainer(recipe, images, CPU)
    record = trainer.epoch()

    assert trainer._validate() == record.validation_loss


def test_frozen_noise_stays_the_same_for_an_image(digits: Images) -> None:
    trainer = Trainer(FLAVOURS["Adam, frozen noise, dense"], digits, CPU)
    rows = torch.tensor([3, 1])

    first, second = trainer._pairs(rows), trainer._pairs(rows)

    assert torch.equal(first[0], second[0])
    assert not torch.equal(first[0], first[1])
    assert torch.equal(first[1], digits.clean()[rows])


def test_frozen_noise_is_never_that_of_a_measurement(digits: Images) -> None:
    recipe = FLAVOURS["Adam, frozen noise, dense"]
    trainer = Trainer(replace(recipe, seed=NOISE_SEED), digits, CPU)

    measured = set_scene(recipe.corruption, digits).noisy[: len(trainer.noisy)]

    noise, other = (noisy - trainer.clean for noisy in (trainer.noisy, measured))
    assert abs(torch.corrcoef(torch.stack([noise.flatten(), other.flatten()]))[0, 1]) < 0.9


def test_fresh_noise_differs_every_time(digits: Images) -> None:
    trainer = Trainer(FLAVOURS["RMSprop, fresh noise"], digits, CPU)
    rows = torch.tensor([3, 1])

    first, second = trainer._pairs(rows), trainer._pairs(rows)

    assert not torch.equal(first[0], second[0])
    assert torch.equal(first[1], second[1])


def test_half_of_the_images_are_mirrored_where_the_recipe_says_so(faces: Images) -> None:
    recipe = replace(
        FLAVOURS["faces, batch normalisation"], mirror=True, corruption=POINTS["clean"]
    )
    trainer = Trainer(recipe, faces, CPU)
    rows = torch.arange(80)

    noisy, target = trainer._pairs(rows)

    images = faces.clean()[rows]
    kept = (target == images).flatten(1).all(1)
    mirrored = (target == images.flip(-1)).flatten(1).all(1)
    assert (kept | mirrored).all()
    assert 20 < int(mirrored.sum()) < 60
    assert torch.equal(noisy, target)


def test_the_classifier_learns_labels(digits: Images) -> None:
    trainer = Trainer(FLAVOURS["Adam, classes"], digits, CPU)

    _, target = trainer._pairs(torch.tensor([3, 14]))

    assert target.tolist() == [3, 4]


# The learning rate


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_rate_follows_the_schedule(
    schedule: str, recipe: Recipe, digits: Images, resume_file: Path
) -> None:
    trainer = Trainer(replace(recipe, epochs=5, schedule=schedule, steps=4), digits, CPU)

    rates = [record.learning_rate for record in fit(trainer, resume_file)]

    ends = [(epoch + 3 / 4) / 5 for epoch in range(5)]  # of the last step of each epoch
    assert rates == pytest.approx([0.001 * SCHEDULES[schedule](done) for done in ends])


# The moving average, the limit of the gradient, the precision


def test_the_moving_average_follows_the_weights_and_is_what_is_kept(
    recipe: Recipe, digits: Images
) -> None:
    averaged = Trainer(replace(recipe, ema=0.9, steps=3), digits, CPU)
    plain = Trainer(replace(recipe, steps=1, epochs=9), digits, CPU)
    seen = []
    batches = list(averaged._batches())
    for batch in batches:
        loss, _ = plain.objective(*plain._pairs(batch))
        plain.module.zero_grad()
        loss.backward()
        plain.optimisers["optimiser"].step()
        seen.append(plain.module.encoder.weight.detach().clone())

    averaged.epoch()

    expected = seen[0]
    for weight in seen[1:]:
        expected = 0.9 * expected + 0.1 * weight
    assert torch.allclose(averaged.result.encoder.weight, expected, atol=1e-6)
    assert torch.equal(averaged.module.encoder.weight, seen[-1])


def test_without_a_moving_average_the_weights_are_kept(recipe: Recipe, digits: Images) -> None:
    trainer = Trainer(recipe, digits, CPU)

    assert trainer.result is trainer.module


def test_validation_measures_the_moving_average(recipe: Recipe, digits: Images) -> None:
    frozen = Trainer(replace(recipe, ema=1 - 1e-9), digits, CPU)

    first, second = frozen.epoch(), frozen.epoch()

    # The average stays where the first step left it; the losses of training go on falling.
    assert second.validation_loss == pytest.approx(first.validation_loss, rel=1e-4)
    assert second.train_loss < 0.99 * first.train_loss


def test_the_gradient_is_limited(digits: Images) -> None:
    descent = replace(FLAVOURS["SGD, momentum"], settings={"lr": 1.0}, steps=1)
    free = Trainer(descent, digits, CPU)
    limited = Trainer(replace(descent, max_norm=1e-3), digits, CPU)
    start = torch.cat([value.flatten() for value in weights(free).values()])

    free.epoch()
    limited.epoch()

    def moved(trainer: Trainer) -> float:
        end = torch.cat([value.flatten() for value in weights(trainer).values()])
        return float((end - start).norm())

    assert moved(limited) == pytest.approx(1e-3, rel=1e-3)
    assert moved(free) > 2e-3


def test_bfloat16_is_used_where_the_processor_has_it(digits: Images) -> None:
    flavour = FLAVOURS["bfloat16, one cycle, moving average, limited gradient"]

    mixed, exact = (
        Trainer(replace(flavour, precision=precision), digits, CPU)
        for precision in ("bfloat16", "float32")
    )

    losses = [trainer.epoch().train_loss for trainer in (mixed, exact)]
    assert mixed.mixed == has_bfloat16(CPU)
    assert not exact.mixed
    assert (losses[0] != losses[1]) == mixed.mixed
    assert losses[0] == pytest.approx(losses[1], rel=0.02)
    assert all(tensor.dtype == torch.float32 for tensor in weights(mixed).values())


# Early stopping


def test_training_stops_after_patience_epochs_without_a_better_validation(
    digits: Images, resume_file: Path
) -> None:
    trainer = Trainer(OVERFITTING, digits, CPU)

    records = list(fit(trainer, resume_file))

    validation = [record.validation_loss for record in records]
    assert trainer.finished
    assert len(records) < 200
    assert validation.index(min(validation)) == len(records) - 1 - 3


def test_the_last_weights_are_kept_not_the_best(digits: Images, resume_file: Path) -> None:
    stopped = Trainer(OVERFITTING, digits, CPU)
    epochs = len(list(fit(stopped, resume_file)))

    counted = Trainer(replace(OVERFITTING, patience=None, epochs=epochs), digits, CPU)
    list(fit(counted, resume_file))

    assert_same_tensors(stopped, counted)


# A GPU


@pytest.mark.gpu
@pytest.mark.parametrize("name", ["Adam, no noise", "RMSprop, no noise", "Adam, classes"])
def test_a_gpu_trains_as_the_cpu_does(name: str, digits: Images, resume_file: Path) -> None:
    on_cpu = Trainer(FLAVOURS[name], digits, CPU)
    on_gpu = Trainer(FLAVOURS[name], digits, torch.device("cuda"))

    for trainer in (on_cpu, on_gpu):
        list(fit(trainer, resume_file))

    for ours, theirs in zip(losses(on_gpu), losses(on_cpu), strict=True):
        assert ours == pytest.approx(theirs, rel=1e-3)


# Divergence


def test_a_loss_that_is_not_finite_stops_training_saying_what_to_do(
    digits: Images, resume_file: Path
) -> None:
    wild = replace(FLAVOURS["SGD, momentum"], model="dense-300-relu", settings={"lr": 1e30})

    with pytest.raises(
        DivergedError, match=r"diverged in epoch 1.*--seed or a lower learning rate"
    ):
        list(fit(Trainer(wild, digits, CPU), resume_file))

    assert not resume_file.exists()


def test_a_last_step_that_ruins_the_weights_is_divergence_too(
    digits: Images, resume_file: Path
) -> None:
    # One step an epoch: the loss is taken before the step that ruins the weights.
    wild = replace(
        FLAVOURS["SGD, momentum"], model="dense-300-relu", settings={"lr": 1e38}, steps=1
    )

    with pytest.raises(DivergedError, match="epoch 1"):
        list(fit(Trainer(wild, digits, CPU), resume_file))

    assert not resume_file.exists()
