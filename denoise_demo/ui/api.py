"""Typed endpoints, for gradio_client and plain HTTP."""

from itertools import chain

import gradio as gr
import torch

from denoise_demo.common import JsonObject, brief
from denoise_demo.denoisers import RECIPES, list_denoisers
from denoise_demo.lab import Settings, first_scores, run
from denoise_demo.ui.web.errors import shown_errors

SIZE = 28  # rows and columns of an image
EXPECTED = f"give {SIZE} rows of {SIZE} numbers from 0 to 1, or of such [red, green, blue]"
Pixel = float | list[float]


def build_api(problems: dict[str, str]) -> None:
    """Add the endpoints /denoise and /recipes to the page."""

    def recipes() -> list[JsonObject]:
        """List the networks, with the noise each was trained on, and the filters."""
        return [
            {
                "id": key,
                "title": spec.title,
                "article": spec.article,
                "domain": spec.domain,
                "trained_on": RECIPES[key].corruption.describe() if key in RECIPES else "",
                "facts": spec.facts,
                "lesson": spec.lesson,
                "clip": spec.clip,
                "available": key not in problems,
            }
            for key, spec in list_denoisers().items()
        ]

    gr.api(recipes, api_name="recipes")
    gr.api(denoise, api_name="denoise", concurrency_limit=2)


# Gradio's API page shows one line for each argument.
def denoise(  # noqa: PLR0917 - clients may call it by position
    image: list[list[Pixel]],
    recipe: str = "blind-digits",
    kind: str = "none",
    level: float = 0.0,
    blur_sigma: float = 0.0,
    seed: int = 0,
) -> JsonObject:
    """Corrupt a digit or a face, denoise it, classify and measure it.

    Args:
        image: 28 rows of 28 numbers in [0, 1], ink being 1; in colour of [red, green, blue].
        recipe: the id of a network or a filter, as /recipes lists them.
        kind: the noise that is added first; "none" denoises the image as it is.
        level: of the noise, in its own unit.
        blur_sigma: of the Gaussian blur before the noise, in pixels.
        seed: of the noise.

    Returns:
        noisy and denoised images as rows, scores of each (psnr is null when identical), the class probabilities of a digit, and whether the network was trained on other pictures.
    """  # noqa: E501
    with shown_errors():
        values = {"kind": kind, "level": level, "blur_sigma": blur_sigma, "seed": seed}
        settings = Settings.parse(values | {"denoiser": recipe})
        outcome = run(_picture(image), settings)
    return {
        "noisy": _rows(outcome.noisy),
        "denoised": _rows(outcome.denoised),
        "scores": first_scores(outcome),
        "probabilities": {name: p[0].tolist() for name, p in outcome.probabilities.items()},
        "outside": outcome.outside,
    }


def _rows(image: torch.Tensor) -> list[list[Pixel]]:
    """Return the first image as rows of numbers, or of [red, green, blue]."""
    rows: list[list[Pixel]] = image[0].permute(1, 2, 0).squeeze(2).tolist()
    return rows


def _picture(rows: object) -> torch.Tensor:
    """Check an image that came from outside: (1, C, 28, 28) in [0, 1], C is 1 or 3."""
    if not isinstance(rows, list) or len(rows) != SIZE:
        raise ValueError(f"the image is not {SIZE} rows: {EXPECTED}")
    if any(not isinstance(row, list) or len(row) != SIZE for row in rows):
        raise ValueError(f"a row of the image is not {SIZE} pixels: {EXPECTED}")
    pixels = [pixel for row in rows for pixel in row]
    colours = [pixel for pixel in pixels if isinstance(pixel, list) and len(pixel) == 3]
    if colours and len(colours) < len(pixels):
        raise ValueError(f"the image is neither all grey nor all in colour: {EXPECTED}")
    for value in chain(*colours) if colours else pixels:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not 0 <= value <= 1:
            raise ValueError(f"the image holds {brief(value)}: {EXPECTED}")
    image = torch.tensor(rows, dtype=torch.float32)
    return image.view(SIZE, SIZE, -1).permute(2, 0, 1)[None]
