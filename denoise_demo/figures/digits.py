"""The contents of the figures of digits."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

import torch
from torch import Tensor

from denoise_demo.corruption import (
    NOISES,
    POINTS,
    Corruption,
    Mixture,
    corrupt,
    gaussian_blur,
    noise_deviation,
)
from denoise_demo.denoisers import (
    RECIPES,
    CheckpointError,
    get_denoiser,
    load_classifier,
    load_denoiser,
    load_network,
)
from denoise_demo.figures.canvas import Note, Row
from denoise_demo.figures.contents import Panels, Subject, decibels, in_decibels, shown_psnr

CODES = ("dense-1", "dense-2", "dense-8", "dense-32")


@dataclass(frozen=True)
class Trial:
    """A corruption, the noisy images and the denoised images, (N, 1, 28, 28) each."""

    corruption: Corruption
    noisy: Tensor
    denoised: Tensor


def blur_then_noise(subject: Subject) -> Panels:
    """Show a digit, blurred, then with uniform noise on top."""
    sigma, r = 1.0, 1.0
    corruption = Corruption("uniform", level=r, blur_sigma=sigma, clip=False)
    blurred = gaussian_blur(subject.clean, sigma)
    noisy = corruption(subject.clean, subject.generator())
    row = Row("", torch.cat([subject.clean, blurred, noisy]))
    return Panels(
        ["clean", f"blurred, sigma {sigma:g} px", f"then noise of ±{r:g}"], [row], corruption
    )


def noise_generator(subject: Subject) -> Panels:
    """Show a recipe's training pairs, or S0's if it trains without noise."""
    trained = (
        RECIPES[subject.denoiser].corruption if subject.denoiser in RECIPES else POINTS["clean"]
    )
    known = trained != POINTS["clean"]
    corruption = trained if known else POINTS["s0-train"]
    noisy, columns = _corrupt_in_words(subject.clean, corruption, subject.generator())
    rows = [
        Row("Noisy", noisy, detail="network input"),
        Row("Clean", subject.clean, detail="target"),
    ]
    if known:
        how = "trained on such pairs"
    elif subject.denoiser in RECIPES:
        how = "trained without noise; these are article 1's pairs"
    else:
        how = "which needs no training; these are article 1's pairs"
    network = f"{subject.denoiser}, {how}"
    return Panels(columns, rows, corruption, network)


def _corrupt_in_words(
    clean: Tensor, corruption: Corruption | Mixture, generator: torch.Generator
) -> tuple[Tensor, list[str]]:
    """Corrupt images; return each one's blur and level in words, for a mixture the noise too."""
    if isinstance(corruption, Mixture):
        noisy, words = [], []
        for image, part in zip(clean, corruption.pick(len(clean), generator), strict=True):
            one, [word] = _corrupt_in_words(image.unsqueeze(0), part, generator)
            noisy.append(one)
            words.append(f"{NOISES[part.kind].label}\n{word}")
        return torch.cat(noisy), words
    blurs, levels = corruption.draw(len(clean), generator)
    kind, clip = corruption.kind, corruption.clip
    words = [
        (f"blur {blur:.1f} px\n" if corruption.blur_sigma else "") + _strength(kind, level)
        for blur, level in zip(blurs.tolist(), levels.tolist(), strict=True)
    ]
    return corrupt(clean, kind, levels, blurs, clip=clip, generator=generator), words


def rising_noise(subject: Subject) -> Panels:
    """Show one digit at six rising levels, with the article's label and the true range."""
    points = [POINTS[f"s0-level-{i}"] for i in range(6)]
    trials = [_try(subject, point) for point in points]
    clean = subject.clean.expand(len(points), -1, -1, -1)
    noisy = torch.cat([trial.noisy for trial in trials])
    denoised = torch.cat([trial.denoised for trial in trials])
    columns = [
        f"article r = {0.2 * i:.1f}\nactual ±{point.level:g}\nblur {point.blur_sigma:g} px"
        for i, point in enumerate(points)
    ]
    rows = [
        Row("Clean", clean),
        Row("Noisy", noisy, decibels(noisy, clean), "PSNR below"),
        Row("Denoised", denoised, decibels(denoised, clean), "PSNR below"),
    ]
    spans = replace(trials[-1].corruption, level=(0.0, 2.0), blur_sigma=(0.0, 2.5))
    return Panels(columns, rows, spans, subject.denoiser)


def one_level(subject: Subject) -> Panels:
    """Show six digits at one level, titled with their labels."""
    trial = _try(subject, POINTS["s0-digits"])
    columns = ["no label" if label is None else f"label {label}" for label in subject.labels]
    return Panels(columns, _read_rows(subject, trial), trial.corruption, subject.denoiser)


def denoise_and_classify(subject: Subject) -> Panels:
    """Show ten digits clean, noisy and denoised, and what the classifier reads in each."""
    trial = _try(subject, POINTS["s1"])
    return Panels([], _read_rows(subject, trial), trial.corruption, subject.denoiser)


def code_sizes(subject: Subject) -> Panels:
    """Show five clean digits through the plain autoencoders, a row for each size of the code."""
    rows = [Row("Original", subject.clean)]
    for recipe in CODES:
        denoised = load_network(recipe)(subject.clean)
        label = "1 number" if recipe == "dense-1" else f"{recipe.removeprefix('dense-')} numbers"
        detail = f"{recipe}\n{_mean_decibels(denoised, subject.clean)}"
        rows.append(Row(label, denoised, detail=detail))
    return Panels([], rows, POINTS["clean"], "named in each row, trained clean to clean")


def gaussian_denoising(subject: Subject) -> Panels:
    """Show ten digits clean, with Gaussian noise, and denoised."""
    trial = _try(subject, POINTS["s2"])
    rows = [
        Row("Original", subject.clean),
        Row("Noisy", trial.noisy, detail=_mean_decibels(trial.noisy, subject.clean)),
        Row("Denoised", trial.denoised, detail=_mean_decibels(trial.denoised, subject.clean)),
    ]
    return Panels([], rows, trial.corruption, subject.denoiser)


def side_by_side(subject: Subject) -> Panels:
    """Show one digit before noise, after it, and denoised."""
    trial = _try(subject, POINTS["s2"])
    images = torch.cat([subject.clean, trial.noisy, trial.denoised])
    notes = decibels(images, subject.clean.expand(3, -1, -1, -1))
    row = Row("", images, notes)
    return Panels(["original", "noisy", "denoised"], [row], trial.corruption, subject.denoiser)


def _try(subject: Subject, corruption: Corruption) -> Trial:
    """Corrupt and denoise; clip if the article does or the network expects it."""
    clip = corruption.clip or get_denoiser(subject.denoiser).clip
    corruption = replace(corruption, clip=clip)
    noisy = corruption(subject.clean, subject.generator())
    level, blur_sigma = cast(float, corruption.level), cast(float, corruption.blur_sigma)
    sigma = noise_deviation(subject.clean, corruption.kind, level, blur_sigma)
    return Trial(corruption, noisy, load_denoiser(subject.denoiser)(noisy, sigma))


def _read_rows(subject: Subject, trial: Trial) -> list[Row]:
    """Return the rows clean, noisy and denoised with what the classifier reads in them."""
    versions = {"Clean": subject.clean, "Noisy": trial.noisy, "Denoised": trial.denoised}
    rows = []
    for name, images in versions.items():
        notes = _readings(images, subject.labels)
        known = [note.right for note in notes if note.right is not None]
        detail = f"{sum(known)} of {len(known)} read correctly" if notes else "no classifier"
        rows.append(Row(name, images, notes, detail))
    return rows


def _readings(images: Tensor, labels: Sequence[int | None]) -> list[Note]:
    """Return the class of each image; nothing without the classifier's weights."""
    try:
        digits = load_classifier()(images).argmax(1).tolist()
    except CheckpointError:
        return []
    return [
        Note(str(digit), None if label is None else digit == label)
        for digit, label in zip(digits, labels, strict=True)
    ]


def _mean_decibels(images: Tensor, clean: Tensor) -> str:
    return "PSNR " + in_decibels(float(shown_psnr(images, clean).mean()))


def _strength(kind: str, level: float) -> str:
    return f"±{level:.2f}" if kind == "uniform" else f"{NOISES[kind].level_name} {level:.2f}"
