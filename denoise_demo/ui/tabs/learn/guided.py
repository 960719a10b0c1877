"""Three short lessons: the same training with one choice changed, and what it shows."""

from dataclasses import asdict, dataclass, replace

from denoise_demo.common import JsonObject
from denoise_demo.training import Choices, LessonLimits


@dataclass(frozen=True)
class Guided:
    """A lesson in a few runs.

    `runs` are labels with the article to start from and the choices that differ; `home` is the
    sentence to take home.
    """

    title: str
    question: str
    runs: dict[str, tuple[str, JsonObject]]
    home: str


_QUICK = {"rate": 0.005, "epochs": 25}  # a few seconds each

GUIDED: dict[str, Guided] = {
    "noise": Guided(
        "Noise makes it learn",
        "The same network, trained without noise and with it. Which one cleans?",
        {
            "Without noise": ("dense-64", _QUICK | {"kind": "none", "low": 0.0, "high": 0.0}),
            "With noise": ("dense-64", _QUICK | {"kind": "gaussian", "low": 0.5, "high": 0.5}),
        },
        "A network that only ever copies learns to copy, noise included; one that has to remove "
        "noise learns what digits look like.",
    ),
    "code": Guided(
        "A narrow code",
        "The same training with a code of 2, 16 and 300 numbers. What does each keep?",
        {f"{size} units": ("dense-64", _QUICK | {"size": size}) for size in (2, 16, 300)},
        "A code that is too narrow keeps only what all digits share, and a wide one keeps the "
        "handwriting: what fits through the code is what the network can say.",
    ),
    "loss": Guided(
        "The wrong output",
        "The published code has a ReLU output and a high learning rate. What becomes of it?",
        {
            "As published": ("dense-300-published", {"epochs": 3}),
            "Sigmoid output": ("dense-300-random", {"epochs": 3}),
        },
        "Where a ReLU output is negative it gets no gradient and stays black for ever; a sigmoid "
        "output always learns.",
    ),
}


def guided_lessons(limits: LessonLimits, data: str) -> JsonObject:
    """Return the lessons as the page takes them, with complete choices for every run."""
    return {
        key: {
            "title": lesson.title,
            "question": lesson.question,
            "home": lesson.home,
            "runs": [
                {"label": label, "choices": _choices(start, changes, limits, data)}
                for label, (start, changes) in lesson.runs.items()
            ],
        }
        for key, lesson in GUIDED.items()
    }


def _choices(start: str, changes: JsonObject, limits: LessonLimits, data: str) -> JsonObject:
    chosen = replace(Choices.of(start, limits, data), **changes)
    return asdict(replace(chosen, epochs=min(chosen.epochs, limits.epochs)))
