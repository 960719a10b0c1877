"""The contents of the figures of faces: four noises, every denoiser, and the errors."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor

from denoise_demo.benchmark import (
    AUTOENCODER,
    BASELINES,
    GAN,
    KINDS,
    PLACES,
    article,
    load_results,
    metrics,
)
from denoise_demo.corruption import NOISES, POINTS, noise_deviation
from denoise_demo.denoisers import load_denoiser
from denoise_demo.figures.canvas import BLUE, GREY, ORANGE, Note, Row
from denoise_demo.figures.charts import PALE, Bar, Chart
from denoise_demo.figures.contents import (
    Bars,
    Panels,
    Subject,
    decibels,
    in_decibels,
    shown_psnr,
)

STRENGTHS = {
    "gaussian": "variance 0.1",
    "poisson": "peak 256",
    "salt-pepper": "amount 0.004",
    "speckle": "sigma 1",
}
NOTEBOOK_STRENGTHS = {
    "gaussian": "variance 0.01",
    "salt-pepper": "amount 0.03",
}  # the others are the same
DENOISERS: dict[str, tuple[str, str]] = {  # label and colour, colour-blind safe
    "noisy": ("doing nothing", GREY),
    "mean-3": ("mean 3 × 3", PALE),
    "median-3": ("median 3 × 3", PALE),
    "majority-3": ("majority 3 × 3", PALE),
    "total-variation": ("total variation", PALE),
    AUTOENCODER: ("autoencoder", BLUE),
    GAN: ("pix2pix", ORANGE),
}
LONGER = 1.5  # length of an axis over its longest bar, to leave room for the number
NOTHING_SHOWN = "none published"


@dataclass(frozen=True)
class Error:
    """A mean absolute error, its interval and number of faces; `about` if read off a chart."""

    mae: float
    interval: tuple[float, float] | None = None
    count: int = 0
    about: bool = False


Errors = Mapping[tuple[str, str], Error]


def four_noises(subject: Subject) -> Panels:
    """Show a face under the four noises, at the levels of the article's text and its notebook."""
    columns, images = ["clean"], [subject.clean]
    for kind in KINDS:
        named = {
            f"s4-{kind}": (STRENGTHS[kind], "article" if kind in NOTEBOOK_STRENGTHS else "both")
        }
        if kind in NOTEBOOK_STRENGTHS:
            named[f"s4-{kind}-notebook"] = NOTEBOOK_STRENGTHS[kind], "notebook"
        for point, words in named.items():
            columns.append("\n".join([NOISES[kind].name, *words]))
            images.append(POINTS[point](subject.clean, subject.generator()))
    shown = torch.cat(images)
    row = Row("", shown, _errors(shown, subject.clean.expand_as(shown)))
    return Panels(columns, [row], "named above each column, clipped")


def results_grid(subject: Subject) -> Panels:
    """Show every denoiser's result for each noise, one row per noise, the best marked."""
    labels = [label.replace(" ", "\n", 1) for label, _ in DENOISERS.values()]
    columns = ["clean", "noisy", *labels[1:]]
    rows = []
    for kind in KINDS:
        corruption = POINTS[f"s4-{kind}"]
        noisy = corruption(subject.clean, subject.generator())
        sigma = noise_deviation(subject.clean, kind, cast(float, corruption.level))
        images = torch.cat(
            [load_denoiser(denoiser_id(name, kind))(noisy, sigma) for name in list(DENOISERS)[1:]]
        )
        images = torch.cat([subject.clean, noisy, images])
        notes = _mark_best(images, subject.clean.expand_as(images))
        rows.append(Row(NOISES[kind].label, images, notes, STRENGTHS[kind]))
    return Panels(columns, rows, "named in each row, clipped", "named above each column")


def error_bars(subject: Subject) -> Bars:
    """Show errors computed correctly, as the article computed them, and as it published them.

    Raises:
        ResultsError: when the benchmark has not measured faces with these weights.
    """
    ours, theirs = _measured()
    printed = {
        (row.point, row.denoiser): Error(row.mae, about=row.denoiser != GAN)
        for row in article.published()
    }
    end = LONGER * max(error.mae for error in [*theirs.values(), *printed.values()])
    rows = {
        _heading(point): [
            _chart(point, ours),
            _chart(point, theirs, end),
            _chart(point, printed, end),
        ]
        for point in PLACES
    }
    columns = [
        "Computed correctly\neach noise on its own scale",
        "As the article computed it\nits mistakes, our faces",
        "As published\ndivided by 3",
    ]
    return Bars(columns, rows, _small_print(ours))


def denoiser_id(name: str, kind: str) -> str:
    """Return the id of a noise's network, or of a filter, which is the same for all."""
    return f"{name}-{kind}" if name in (AUTOENCODER, GAN) else name


def _measured() -> tuple[Errors, Errors]:
    """Return the errors of faces by point and denoiser: correct ones, and the article's."""
    measured = load_results(domain="faces")
    rows = measured.at_points("faces")
    correct = {}
    for point, corruption in PLACES.items():
        for name in DENOISERS:
            row = rows.get((denoiser_id(name, corruption.kind), point))
            error = row.score("mae") if row else None
            if not (row and error and error.mean is not None and measured.article):
                raise measured.lacks("scores of faces")
            ends = (error.low, error.high)
            correct[point, name] = Error(error.mean, cast(tuple[float, float], ends), row.n)
    return correct, {(row.point, row.denoiser): Error(row.mae) for row in measured.article}


def _heading(point: str) -> str:
    """Return an evaluation point's noise and level, and whether the text or notebook names it."""
    kind = PLACES[point].kind
    if point.endswith("-notebook"):
        return f"{NOISES[kind].label}, {NOTEBOOK_STRENGTHS[kind]} (the notebook)"
    return f"{NOISES[kind].label}, {STRENGTHS[kind]}" + (
        " (the text)" if kind in NOTEBOOK_STRENGTHS else ""
    )


def _chart(point: str, errors: Errors, end: float | None = None) -> Chart:
    """Return a noise's bars; the best is marked if it has an interval."""
    found = {name: errors.get((point, name)) for name in DENOISERS}
    known = [error.mae for error in found.values() if error]
    best = min(known, default=0)
    bars = []
    for name, error in found.items():
        label, colour = DENOISERS[name]
        if error is None:
            said = name == GAN if known else name == BASELINES[0]
            bars.append(Bar(label, words=NOTHING_SHOWN if said else ""))
            continue
        marked = error.interval is not None and error.mae == best
        words = ("≈ " if error.about else "") + _in_words(error.mae)
        bars.append(Bar(label, error.mae, words, error.interval, colour, marked))
    return Chart(bars, end or LONGER * max(known))


def _small_print(ours: Errors) -> str:
    counts = {error.count for error in ours.values()}
    faces = " or ".join(f"{count:,}" for count in sorted(counts, reverse=True))
    return (
        "Mean absolute error of a channel value, black being 0 and white 1. The article adds up "
        "the three channels: its numbers are divided by 3 here. Black lines: 95 % bootstrap "
        f"intervals, over {faces} test faces. ★: the best. The article's text and notebook use "
        "different strengths; the published numbers match the notebook's."
    )


def _in_words(error: float) -> str:
    """Return an error with two significant digits or more, but five decimals at most."""
    decimals = 3 if error >= 0.01 or not error else 4 if error >= 0.001 else 5
    return f"{error:.{decimals}f}"


def _errors(images: Tensor, clean: Tensor) -> list[Note]:
    """Return notes with the PSNR and the mean absolute error."""
    errors = metrics.mae(images, clean).tolist()
    pairs = zip(decibels(images, clean), errors, strict=True)
    return [Note(f"{note.text}\nMAE {_in_words(error)}") for note, error in pairs]


def _mark_best(images: Tensor, clean: Tensor) -> list[Note]:
    """Return notes with the PSNR, the highest marked; the first image is the clean one."""
    values = shown_psnr(images, clean).tolist()
    best = max(values[1:])
    return [Note("")] + [Note(in_decibels(v), best=v == best) for v in values[1:]]
