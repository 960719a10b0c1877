"""Typed endpoints, for gradio_client and plain HTTP."""

from itertools import chain
from typing import Any

import gradio as gr
import torch

from denoise_demo.common import brief
from denoise_demo.denoisers import RECIPES, list_denoisers
from denoise_demo.lab import Settings, first_scores, run
from denoise_demo.ui.web.errors import shown_errors

SIDE = 28
EXPECTED = f"give {SIDE} rows of {SIDE} numbers from 0 to 1, or of [red, green, blue] such"


def build_api(problems: dict[str, str]) -> None:
    """Add the endpoints /denoise and /recipes to the page."""

    def recipes() -> list[dict[str, Any]]:
        """List the networks, with the noise each was trained on, and the filters."""
        return [
            {
                "id": key,
                "title": method.title,
                "article": method.article,
                "domain": method.domain,
                "trained_on": RECIPES[key].corruption.describe() if key in RECIPES else "",
                "facts": method.facts,
                "lesson": method.lesson,
                "clip": method.clip,
                "available": key not in problems,
            }
            for key, method in list_denoisers().items()
        ]

    gr.api(recipes, api_name="recipes")
    gr.api(denoise, api_name="denoise", concurrency_limit=2)


def denoise(  # noqa: PLR0917 - clients may call it by position
    image: list[list[float | list[float]]],
    recipe: str = "blind-digits",
    kind: str = "none",
    level: float = 0.0,
    blur_sigma: float = 0.0,
    seed: int = 0,
) -> dict[str, Any]:
    """Corrupt a digit or a face, denoise it, classify and measure it.

    Args:
        image: 28 rows of 28 numbers in [0, 1], light ink on black; in colour 28 rows of 28
            [red, green, blue].
        recipe: a network's or a filter's id, as /recipes lists them.
        kind: the noise added first; "none" denoises the image as it is.
        level: of the noise, in its own unit.
        blur_sigma: Gaussian blur before the noise, in pixels.
        seed: of the noise.

    Returns:
        noisy and denoised (28 rows of 28, in colour as the network's own pictures are), scores of
        each against the image (psnr is null when identical), the class probabilities of a clean,
        noisy and denoised digit, and whether the image is outside what the network learnt.
    """
    with shown_errors():
        corruption = {"kind": kind, "level": level, "blur_sigma": blur_sigma}
        settings = Settings.parse({**corruption, "denoiser": recipe, "seed": seed})
        outcome = run(_picture(image), settings)
    return {
        "noisy": _rows(outcome.noisy),
        "denoised": _rows(outcome.denoised),
        "scores": first_scores(outcome),
        "probabilities": {name: p[0].tolist() for name, p in outcome.probabilities.items()},
        "outside": outcome.outside,
    }


def _rows(image: torch.Tensor) -> list[Any]:
    """Return the first image as rows of numbers, or of [red, green, blue]."""
    rows: list[Any] = image[0].permute(1, 2, 0).squeeze(2).tolist()
    return rows


def _picture(rows: Any) -> torch.Tensor:
    """Check an image that came from outside: (1, C, 28, 28) in [0, 1], C is 1 or 3."""
    if not isinstance(rows, list) or len(rows) != SIDE:
        raise ValueError(f"the image is not {SIDE} rows: {EXPECTED}")
    if any(not isinstance(row, list) or len(row) != SIDE for row in rows):
        raise ValueError(f"a row of the image is not {SIDE} pixels: {EXPECTED}")
    pixels = [pixel for row in rows for pixel in row]
    colours = [pixel for pixel in pixels if isinstance(pixel, list) and len(pixel) == 3]
    if colours and len(colours) < len(pixels):
        raise ValueError(f"the image is neither all grey nor all in colour: {EXPECTED}")
    for value in chain(*colours) if colours else pixels:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not 0 <= value <= 1:
            raise ValueError(f"the image holds {brief(value)}: {EXPECTED}")
    image = torch.tensor(rows, dtype=torch.float32)
    return image.view(SIDE, SIDE, -1).permute(2, 0, 1)[None]
