"""The training loop: one record per epoch."""

import copy
import math
import time
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_

from denoise_demo.common import lookup
from denoise_demo.data import Images, Photos, split_train
from denoise_demo.denoisers import Recipe
from denoise_demo.networks import PatchDiscriminator, build
from denoise_demo.training.adversary import Adversary
from denoise_demo.training.distributed import Group
from denoise_demo.training.objective import Objective, has_bfloat16
from denoise_demo.training.optimisers import optimisers_of
from denoise_demo.training.records import Record, Step
from denoise_demo.training.schedules import SCHEDULES

VALIDATION_SEED = 1_000_003  # the validation noise is the same in every epoch and every run
EVALUATION_PIXELS = 1000 * 28 * 28  # in a batch
REPORT_EVERY = 10  # steps; reading the loss makes a GPU wait


class DivergedError(RuntimeError):
    """The loss is no longer a finite number."""


class Trainer:
    """The state of a training; only `modules`, `optimisers` and `history` change.

    Args:
        recipe: what to train.
        images: the domain's training set, including the validation images at its end; or
            photographs, from which random patches are cut.
        device: where to train, and where the data set is kept.
        group: the processes that share every batch.

    Raises:
        ValueError: when the processes cannot share a batch evenly, or the recipe does not fit its
            network or its images.
    """

    def __init__(
        self,
        recipe: Recipe,
        images: Images | Photos,
        device: torch.device,
        group: Group | None = None,
    ) -> None:
        self.recipe, self.device, self.group = recipe, device, group or Group()
        self.data = {"name": images.source, "sha256": list(images.sha256)}
        check_shares(recipe, self.group)
        # Initialised on the CPU, so that a seed gives the same weights on every device.
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(recipe.seed)
            module = build(recipe.model)
            if recipe.glorot:
                module.apply(_glorot)
            discriminator = PatchDiscriminator() if recipe.adversarial else None
        module = module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.module = module.to(device)
        self.average = copy.deepcopy(self.module).requires_grad_(False) if recipe.average else None
        self.mixed = recipe.precision == "bfloat16" and has_bfloat16(device)
        objective = Objective(self.module, recipe.loss, mixed=self.mixed)
        self.objective = self.group.wrap(objective)
        self.adversary = discriminator and Adversary(
            discriminator, device, self.group, mixed=self.mixed
        )
        self.learners = optimisers_of(recipe, self.module, mixed=self.mixed)
        self.generator = torch.Generator(device)
        self.history: list[Record] = []

        self.patches = None
        if isinstance(images, Photos):
            patches, self.validation = images.cut(
                recipe.patch or 1, recipe.validation, VALIDATION_SEED
            )
            train, self.patches = self.validation[:0], patches.to(device)
        else:
            train, self.validation = _divided(images, recipe.validation)
            train = train[: recipe.images]
        self.clean, self.labels = train.clean().to(device), train.labels.to(device)
        # A derived seed, so that measurements with the same seed get other noise.
        fixed = self.generator.manual_seed(_derived_seed(recipe.seed, 2))
        self.noisy = None if recipe.fresh else recipe.corruption(self.clean, fixed)
        self.validation_clean = self.validation.clean().to(device)
        self.validation_labels = self.validation.labels.to(device)
        fixed = torch.Generator(device).manual_seed(VALIDATION_SEED)
        self.validation_noisy = recipe.corruption(self.validation_clean, fixed)

    @property
    def modules(self) -> dict[str, nn.Module]:
        """The networks that are trained, by name."""
        parts = {
            "module": self.module,
            "average": self.average,
            "adversary": self.adversary and self.adversary.module,
        }
        return {name: module for name, module in parts.items() if module}

    @property
    def trained(self) -> nn.Module:
        """The network that is validated and kept: the average, if there is one."""
        trained: nn.Module = self.module if self.average is None else self.average
        return trained

    @property
    def optimisers(self) -> dict[str, torch.optim.Optimizer]:
        """Their optimisers, by name."""
        if self.adversary:
            return self.learners | {"adversary-optimiser": self.adversary.optimiser}
        return self.learners

    @property
    def steps(self) -> int:
        """Batches per epoch."""
        return math.ceil(self.images_per_epoch / self.recipe.batch)

    @property
    def images_per_epoch(self) -> int:
        """Images seen in one epoch."""
        if self.recipe.steps:
            return self.recipe.steps * self.recipe.batch
        return len(self.clean) // self.group.size * self.group.size

    @property
    def finished(self) -> bool:
        """Whether the last epoch is done or early stopping has triggered."""
        return len(self.history) >= self.recipe.epochs or self._stalled()

    def epoch(self) -> Record:
        """Train one epoch and validate."""
        for _ in self.records():
            pass
        return self.history[-1]

    def records(self, every: int = REPORT_EVERY) -> Iterator[Step | Record]:
        """Train one epoch and validate: yield a `Step` every few batches, then the `Record`.

        Whoever reads it may wait between two records, or stop: an epoch that is not finished
        leaves no trace in `history`.
        """
        start, waited = time.perf_counter(), 0.0
        self.objective.train()
        epoch = len(self.history) + 1
        total = torch.zeros((), device=self.device)
        for step, batch in enumerate(self._batches(), 1):
            rate = self._set_learning_rate(step)
            noisy, target = map(self.group.share, self._pairs(batch))
            loss, output = self.objective(noisy, target)
            total += loss.detach()
            if self.adversary:
                loss = loss + self.recipe.adversarial * self.adversary.verdict(noisy, output)
            self.module.zero_grad()
            loss.backward()
            if self.recipe.max_norm:
                clip_grad_norm_(self.module.parameters(), self.recipe.max_norm)
            for optimiser in self.learners.values():
                optimiser.step()
            if self.average:
                self._follow(self.average, step)
            if self.adversary:
                self.adversary.learn(noisy, target, output)
            if step % every == 0 or step == self.steps:
                images = min(step * self.recipe.batch, self.images_per_epoch)
                left = time.perf_counter()
                yield Step(epoch, step, float(total) / step, images)
                waited += time.perf_counter() - left
        train_loss = float(self.group.sum(total)) / self.group.size / self.steps
        seconds = time.perf_counter() - start - waited
        record = Record(epoch, train_loss, self._validate(), rate, seconds)
        if not math.isfinite(train_loss + record.validation_loss):
            raise DivergedError(
                f"{self.recipe.id} diverged in epoch {epoch} (loss {train_loss}): "
                "train again with another seed or a lower learning rate"
            )
        self.history.append(record)
        yield record

    def _batches(self) -> Iterator[Tensor]:
        """Yield one epoch's batches of indices, reshuffling whenever the images run out.

        The order depends on the seed and the epoch only. Every process draws the noise of the
        whole batch, because in its share a mixture's rare parts might get no image.
        """
        seed, epoch = self.recipe.seed, len(self.history)
        self.generator.manual_seed(_derived_seed(seed, epoch, 1))
        if self.patches:  # these are cut at random: numbers do not matter
            yield from torch.split(torch.arange(self.images_per_epoch), self.recipe.batch)
            return
        shuffler = torch.Generator().manual_seed(_derived_seed(seed, epoch, 0))
        rounds = math.ceil(self.images_per_epoch / len(self.clean))
        shuffles = [torch.randperm(len(self.clean), generator=shuffler) for _ in range(rounds)]
        order = torch.cat(shuffles)[: self.images_per_epoch].to(self.device)
        yield from torch.split(order, self.recipe.batch)

    def _pairs(self, batch: Tensor) -> tuple[Tensor, Tensor]:
        """Return the network's input and its target for a batch of indices."""
        if self.patches:
            size = self.recipe.patch or 1
            clean = self.patches.draw(len(batch), size, self.generator).float() / 255
            return self.recipe.corruption(clean, self.generator), clean
        clean = self.clean[batch]
        if self.noisy is None:
            clean = self._mirrored(clean) if self.recipe.mirror else clean
            noisy = self.recipe.corruption(clean, self.generator)
        else:
            noisy = self.noisy[batch]
        return noisy, clean if self.recipe.denoises else self.labels[batch]

    def _mirrored(self, images: Tensor) -> Tensor:
        """Mirror half of the images, at random."""
        chosen = torch.rand(len(images), generator=self.generator, device=self.device) < 0.5
        return torch.where(chosen.view(-1, 1, 1, 1), images.flip(-1), images)

    @torch.no_grad()
    def _follow(self, average: nn.Module, step: int) -> None:
        """Move the average of the weights towards the weights; in the first steps, faster."""
        done = len(self.history) * self.steps + step
        share = 1 - min(self.recipe.average, done / (done + 9))
        for mean, value in zip(average.parameters(), self.module.parameters(), strict=True):
            mean.lerp_(value, share)
        for kept, value in zip(average.buffers(), self.module.buffers(), strict=True):
            kept.copy_(value)

    @torch.no_grad()
    def _validate(self) -> float:
        """Return the mean loss over the validation images with their fixed noise."""
        self.group.align(self.module)
        objective = Objective(self.trained, self.recipe.loss).eval()
        target = self.validation_clean if self.recipe.denoises else self.validation_labels
        total = 0.0
        mine = self.group.share(torch.arange(len(target), device=self.device))
        size = max(1, EVALUATION_PIXELS // self.validation_clean[0, 0].numel())
        for rows in torch.split(mine, size):
            loss, _ = objective(self.validation_noisy[rows], target[rows])
            total += float(loss) * len(rows)
        return float(self.group.sum(torch.tensor(total, device=self.device))) / len(target)

    def _set_learning_rate(self, step: int) -> float:
        """Set the schedule's learning rate for a step, counted from 1, and return it."""
        done = (len(self.history) + (step - 1) / self.steps) / self.recipe.epochs
        schedule = lookup(SCHEDULES, self.recipe.schedule, "schedule")
        rate = float(self.recipe.optimiser_settings["lr"]) * schedule(done)  # type: ignore[arg-type]
        for optimiser in self.learners.values():
            for group in optimiser.param_groups:
                group["lr"] = rate
        return rate

    def _stalled(self) -> bool:
        """Return whether `patience` epochs have passed without a better validation loss."""
        losses = [record.validation_loss for record in self.history]
        patience = self.recipe.patience
        return bool(patience and losses and len(losses) - 1 - losses.index(min(losses)) >= patience)


def _divided(images: Images, validation: float) -> tuple[Images, Images]:
    """Return the training and the validation images; ValueError when there are none of either."""
    train, held = split_train(images, validation)
    if not (len(train) and len(held)):
        raise ValueError(
            f"validation {validation:g} of {len(images)} images leaves none to train or "
            "to validate: give another number, or a share below 1"
        )
    return train, held


def check_shares(recipe: Recipe, group: Group) -> None:
    """Raise ValueError when the processes cannot share a batch evenly."""
    if recipe.batch % group.size:
        raise ValueError(
            f"{recipe.id} has batches of {recipe.batch}, which {group.size} processes cannot "
            "share evenly: choose a number of processes that divides the batch"
        )


def _derived_seed(*numbers: int) -> int:
    """Return a seed derived from several numbers; similar numbers give unrelated seeds."""
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0] >> 1)


def _glorot(module: nn.Module) -> None:
    """Initialise a layer as Keras does: Glorot uniform weights, zero bias."""
    if isinstance(module, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
        nn.init.xavier_uniform_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
