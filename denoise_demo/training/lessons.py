"""A lesson: a recipe with a visitor's choices, trained while somebody watches.

It consumes the records of the same `Trainer` as train.py, and keeps a moment of it several times a
second: the losses, and a strip of held-out digits as the network of that moment cleans them.
"""

import math
import time
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

import torch
from torch import Tensor

from denoise_demo.benchmark import METRICS, evaluate
from denoise_demo.common import JsonObject
from denoise_demo.corruption import POINTS, points
from denoise_demo.data import Images, draw_digits, load_mnist, mnist_test, to_bytes
from denoise_demo.denoisers import Network, Recipe, checkpoints, device_name
from denoise_demo.training.choices import Choices, LessonLimits
from denoise_demo.training.records import Record, Step
from denoise_demo.training.runs import TEST_SEED, metadata_of
from denoise_demo.training.trainer import DivergedError, Trainer

STRIP = 8  # held-out digits
MEASURED = 500  # held-out digits that a finished network is measured on
STRIP_SEED = 4_000_037  # of these digits, where they are drawn, and of their noise
UNSEEN = "s2"  # the noise of the strip of a network that trains without any
INTERVAL = 0.2  # seconds between two moments
# Times the first loss. A ReLU output starts with an explosion, which the published code survives.
EXPLODED = {"dense": 20.0, "conv-pool": 20.0, "dense-relu": 1e6}
SILENCE = 5.0  # seconds without a question after which a lesson rests
State = Literal["waiting", "training", "paused", "done", "diverged", "failed"]


@dataclass(frozen=True)
class Moment:
    """A moment of a lesson.

    `epoch` counts from 0, with a fraction; `loss` is the mean over the batches since the moment
    before, `validation` that of the last whole epoch, `psnr` the mean over the strip in dB, and
    `strip` its pixels, 28 rows of STRIP digits.
    """

    epoch: float
    seconds: float
    loss: float
    validation: float | None
    psnr: float
    strip: bytes


@dataclass
class Lesson:
    """A training that a visitor watches; `learn` runs it in the caller's thread.

    `pausing` and `stopping` are wishes, which it follows after the next batch; it rests, too, when
    its page has not asked for it for some time since `heard`. `network` is the network after the
    last whole epoch, `said` a sentence on how it ended.
    """

    choices: Choices
    limits: LessonLimits
    state: State = "waiting"
    said: str = ""
    moments: list[Moment] = field(default_factory=list)
    noisy: bytes = b""
    network: Network | None = None
    trainer: Trainer | None = None
    pausing: bool = False
    stopping: bool = False
    heard: float = field(default_factory=time.monotonic)
    history: list[Record] = field(default_factory=list)
    data: JsonObject = field(default_factory=dict)
    seconds: float = 0.0

    def __post_init__(self) -> None:
        """Check the choices against the limits."""
        self.recipe = self.choices.to_recipe(self.limits)
        self._records: Iterator[Step | Record] | None = None
        self._clean = self._noisy = torch.empty(0)
        self._since = time.perf_counter()  # when it was last started

    @property
    def unseen(self) -> bool:
        """Whether it trains without noise: its strip is noisy all the same."""
        return self.choices.kind == "none"

    def learn(self) -> None:
        """Train until the end, the limit, a divergence, or until `pausing` is set."""
        self.state = "training"
        self._records = self._records or self._all_records()
        self._since = time.perf_counter()
        shown = -math.inf
        before = Step(0, 0, 0.0, 0)
        try:
            for record in self._records:
                now = time.perf_counter()
                if isinstance(record, Record):
                    self._finish_epoch(record)
                    before = Step(record.epoch + 1, 0, 0.0, 0)
                    continue
                self._check(record)
                if now - shown >= INTERVAL:
                    self._keep(record, before)
                    before, shown = record, time.perf_counter()
                if self.stopping:
                    return self.end("")
                if self.pausing or time.monotonic() - self.heard > SILENCE:
                    return self._rest()
                if self._spent() >= self.limits.seconds:
                    return self.end(
                        f"Stopped after {self.limits.seconds} seconds, the limit of this page."
                    )
            self.end("")
        except DivergedError:
            self.end("The training has diverged: its loss exploded.", "diverged")
        except ValueError as error:
            self.end(f"{str(error)[:1].upper()}{str(error)[1:]}.", "failed")

    def end(self, said: str, state: State = "done") -> None:
        """End the lesson and give its memory back; the network stays."""
        if self.state == "training":
            self.seconds = self._spent()
        self.state, self.said = state, said
        self._records = self.trainer = None

    def end_if_resting(self) -> None:
        """End a lesson that rests."""
        if self.state == "paused":
            self.end("")

    def _all_records(self) -> Iterator[Step | Record]:
        """Load the digits, build the trainer, and yield its records to the end."""
        train, held_out = _digits(self.recipe)
        self.trainer = trainer = Trainer(self.recipe, train, torch.device("cpu"))
        self.data = trainer.data
        self._clean = held_out.clean()
        generator = torch.Generator().manual_seed(STRIP_SEED)
        corruption = POINTS[UNSEEN] if self.unseen else self.recipe.corruption
        self._noisy = corruption(self._clean, generator)
        self.noisy = _as_strip(self._noisy)
        while not trainer.finished:
            yield from trainer.records(every=1)

    def _rest(self) -> None:
        self.seconds, self.pausing, self.state = self._spent(), False, "paused"

    def _spent(self) -> float:
        return self.seconds + time.perf_counter() - self._since

    def _check(self, step: Step) -> None:
        """Raise DivergedError when the loss is not finite or many times the first."""
        first = self.moments[0].loss if self.moments else step.loss
        if not abs(step.loss) <= EXPLODED[self.choices.network] * max(abs(first), 1e-3):
            raise DivergedError(self.recipe.id)

    def _keep(self, step: Step, before: Step) -> None:
        """Keep the moment after a step; `before` is the step of the moment before."""
        trainer = self._training()
        if before.epoch != step.epoch:
            before = Step(step.epoch, 0, 0.0, 0)
        batches = step.step - before.step
        loss = (step.loss * step.step - before.loss * before.step) / batches
        denoised = Network(self.recipe, trainer.module.eval(), trainer.device)(self._noisy)
        trainer.module.train()
        psnr = float(METRICS["psnr"].function(denoised, self._clean).mean())
        last = self.history[-1].validation_loss if self.history else None
        self.moments.append(
            Moment(
                epoch=step.epoch - 1 + step.images / trainer.images_per_epoch,
                seconds=self._spent(),
                loss=loss,
                validation=last,
                psnr=psnr,
                strip=_as_strip(denoised),
            )
        )

    def _finish_epoch(self, record: Record) -> None:
        """Keep the network as it is after a whole epoch."""
        trainer = self._training()
        self.history.append(record)
        if self.network is None:
            module = deepcopy(trainer.module).eval().requires_grad_(False)
            self.network = Network(self.recipe, module, trainer.device)
        else:
            self.network.module.load_state_dict(trainer.module.state_dict())

    def _training(self) -> Trainer:
        assert self.trainer is not None  # noqa: S101 - only called from `learn`
        return self.trainer


def weight_file(lesson: Lesson) -> tuple[bytes, JsonObject]:
    """Return a lesson's network after its last whole epoch as a weight file, and its metadata.

    It is measured on MEASURED held-out digits at the recipe's evaluation point.

    Raises:
        ValueError: before the first epoch is finished.
    """
    network, history = lesson.network, [*lesson.history]
    if network is None or not history:
        raise ValueError("the first epoch is not finished: wait for it")
    recipe = network.recipe
    test = draw_digits(MEASURED, TEST_SEED) if recipe.drawn else mnist_test()[:MEASURED]
    scores = evaluate(network, points(recipe.domain)[recipe.point], test)
    metadata = metadata_of(recipe, history, lesson.data, scores) | {
        "device": device_name(network.device),
        "mixed": False,
        "processes": 1,
        "command": lesson.choices.command(lesson.limits, len(history)),
        "measured": MEASURED,
    }
    return checkpoints.dump(network.module.state_dict(), metadata), metadata


def _digits(recipe: Recipe) -> tuple[Images, Images]:
    """Return the images to train on, and those of the strip."""
    if recipe.drawn:
        return _drawn(recipe.drawn), draw_digits(STRIP, STRIP_SEED)
    return load_mnist("train"), mnist_test()[:STRIP]


@lru_cache(maxsize=1)
def _drawn(count: int) -> Images:
    """Return the digits to train on, which are the same for every lesson."""
    return draw_digits(count)


def _as_strip(images: Tensor) -> bytes:
    """Return images (N, 1, 28, 28) side by side, as pixels."""
    return to_bytes(torch.cat(list(images.clamp(0, 1)), 2))
