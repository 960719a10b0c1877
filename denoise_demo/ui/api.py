"""Typed endpoints, for gradio_client and plain HTTP."""

import inspect
import sys
from collections.abc import Callable, Mapping
from functools import wraps
from importlib import metadata
from itertools import chain
from pathlib import Path
from typing import Any

import gradio as gr
import torch
from gradio_client.utils import is_file_obj_with_meta

from denoise_demo.common import JsonObject, brief
from denoise_demo.hosting import turns
from denoise_demo.lab import (
    Answer,
    Settings,
    add_noise,
    clean,
    denoise_image,
    describe_denoisers,
    facts_of,
    run,
)
from denoise_demo.ui.web.errors import shown_errors
from denoise_demo.ui.web.events import in_turn
from denoise_demo.ui.web.files import keep

SIZE = 28  # rows and columns of an image
EXPECTED = f"give {SIZE} rows of {SIZE} numbers from 0 to 1, or of such [red, green, blue]"
Pixel = float | list[float]


def build_api(problems: dict[str, str]) -> None:
    """Add the endpoints /denoise, /denoise_image, /add_noise, /clean and /recipes to the page."""

    def recipes() -> list[JsonObject]:
        """List the networks, with the noise each was trained on, and the filters."""
        return describe_denoisers(problems)

    gr.api(recipes, api_name="recipes")
    gr.api(in_turn(denoise, turns.short), api_name="denoise", concurrency_limit=None)
    files: dict[Callable[..., Answer], object] = {
        denoise_image: tuple[gr.FileData, gr.FileData, JsonObject],
        add_noise: tuple[gr.FileData, JsonObject],
        clean: tuple[gr.FileData, JsonObject],
    }
    for tool, returned in files.items():
        endpoint = in_turn(on_files(tool, returned))
        gr.api(endpoint, api_name=tool.__name__, concurrency_limit=None)


def wants_mcp(environment: Mapping[str, str]) -> bool:
    """Whether to serve the tools for agents, ui/mcp.py: where DENOISE_MCP is 1, and on Spaces.

    They need the package mcp; a message says so where DENOISE_MCP asks for them without it.
    """
    choice = environment.get("DENOISE_MCP") or ("auto" if "SPACE_ID" in environment else "0")
    try:
        installed = metadata.version("mcp").startswith("1.")  # as Gradio needs it
    except metadata.PackageNotFoundError:
        installed = False
    if choice == "1" and not installed:
        remedy = 'pip install "gradio[mcp]"'
        print(
            f"app.py: DENOISE_MCP=1 needs version 1 of the package mcp: {remedy}", file=sys.stderr
        )
    return choice != "0" and installed


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
    images = {"noisy": _rows(outcome.noisy), "denoised": _rows(outcome.denoised)}
    return images | facts_of(outcome)


def on_files(tool: Callable[..., Answer], returned: object) -> Callable[..., tuple[Any, ...]]:
    """Return an endpoint for a tool: an uploaded file in, PNG files and the facts out.

    Gradio describes it by its signature, which gets the type of what is `returned`.
    """

    @wraps(tool)
    def endpoint(picture: object, *settings: object) -> tuple[Any, ...]:
        with shown_errors():
            answer = tool(_content(picture), *settings)
        files = [_file(png, f"{name}.png") for name, png in answer.files().items()]
        return *files, answer.facts

    first, *others = inspect.signature(tool).parameters.values()
    endpoint.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [first.replace(annotation=gr.FileData), *others], return_annotation=returned
    )
    endpoint.__annotations__ = tool.__annotations__ | {"picture": gr.FileData, "return": returned}
    return endpoint


def _content(picture: object) -> bytes:
    """Return the content of an uploaded file; Gradio has checked where files with its mark lie."""
    if not isinstance(picture, Mapping) or not is_file_obj_with_meta(picture):
        raise ValueError(f"the picture is {brief(picture)}: upload a file and give what you get")
    return Path(picture["path"]).read_bytes()


def _file(content: bytes, name: str) -> JsonObject:
    """Keep a file; return what Gradio's clients download it by."""
    data: JsonObject = gr.FileData(path=keep(content, name)).model_dump()
    return data


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
