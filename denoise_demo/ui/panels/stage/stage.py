"""The live stage: panels that follow the controls frame by frame, or play a dream."""

import json
from collections.abc import Collection
from dataclasses import asdict

import gradio as gr
import torch
from gradio.blocks import Block
from pydantic import ConfigDict, StrictInt
from pydantic.dataclasses import dataclass as checked
from torch import Tensor

from denoise_demo.common import JsonObject, parse
from denoise_demo.data import to_bytes, to_pil
from denoise_demo.denoisers import get_denoiser, list_denoisers
from denoise_demo.hosting import turns
from denoise_demo.lab import (
    PRESETS,
    SCENES,
    Outcome,
    classify,
    clean_picture,
    dreams,
    first_scores,
    pixels_source,
    preset_picture,
    run,
)
from denoise_demo.ui.controls import STARTS, first_settings
from denoise_demo.ui.panels.pictures.thumbnails import picture_address
from denoise_demo.ui.web.component import component
from denoise_demo.ui.web.server import Request, answered, served, to_json

OUTSIDE = {
    "digits": "This network was trained on digits; it gets the face in grey.",
    "faces": "This network was trained on faces; it gets the digit as three equal channels.",
}
MOST_SPREAD = 0.5  # the largest standard deviation of a value between 0 and 1


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class DreamRequest:
    """A request for a dream: the seed of its noise."""

    seed: StrictInt


def build_stage(problems: Collection[str]) -> dict[str, Block]:
    """Create the stage."""
    stage = gr.HTML(
        "",
        **component(__file__, "stage", "draw"),
        server_functions=[served(step), served(dream, turns.long)],
        elem_id="stage",
        dreamer=dreams.DREAMER,
        scenes=_scenes(problems),
        first=_first(problems),
    )
    return {"stage": stage}


def _first(problems: Collection[str]) -> JsonObject:
    """Answer the request of a page that opens: the first picture comes with it."""
    usable = [key for key in list_denoisers() if key not in problems]
    settings = asdict(first_settings(usable, "digits"))
    request = {"source": STARTS["digits"].source, **settings}
    return {"request": request, "reply": json.loads(to_json(step(request) | {"waited": 0}))}


def step(request: object) -> JsonObject:
    """Answer one request of the stage, a `Request`.

    Returns:
        Images in bytes with their shape, scores, class probabilities, the
        label if known and the milliseconds spent; or `error`, a sentence. `outside` is a sentence
        if the network was trained on other pictures; then `original` is the picture before its
        conversion to the network's channels. `expected` is the root mean square of the expected
        error, and the image `spread` its map; null, and no image, for denoisers that do not
        predict it. The images `error` and `spread` are white at MOST_SPREAD, to be compared.
    """
    return answered(_step, request)


def dream(request: object) -> JsonObject:
    """Dream a digit, step by step, for a `DreamRequest`.

    Returns:
        `frames`, each with the `images` noisy, denoised and spread in bytes,
        28 x 28, what `step` calls `expected`, the noise's `sigma` and the class `probabilities` of
        the denoised image, null without a classifier; or `error`; and the milliseconds spent.
    """
    return answered(_dream, request)


def _step(values: object) -> JsonObject:
    request = parse(Request, values, "the request")
    clean, label = clean_picture(request.source)
    outcome = run(clean, request)
    reply = _frame(outcome, label)
    if outcome.outside:
        words = OUTSIDE[get_denoiser(request.denoiser).domain]
        reply |= {"outside": words, "original": pixels_source(clean)}
    return reply


def _dream(values: object) -> JsonObject:
    request = parse(DreamRequest, values, "the request")
    return {
        "frames": [
            {
                "images": {
                    "noisy": to_bytes(frame.noisy[0]),
                    "denoised": to_bytes(frame.denoised[0]),
                    "spread": to_bytes(frame.spread[0] / MOST_SPREAD),
                },
                "expected": _root_mean_square(frame.spread),
                "sigma": frame.sigma,
                "probabilities": None if (p := classify(frame.denoised)) is None else p[0].tolist(),
            }
            for frame in dreams.dream(request.seed)
        ]
    }


def _frame(outcome: Outcome, label: int | None) -> JsonObject:
    """Put an outcome for one image into JSON values."""
    error = (outcome.denoised - outcome.clean).abs().mean(1, keepdim=True) / MOST_SPREAD
    images = {
        "clean": outcome.clean,
        "noisy": outcome.noisy,
        "denoised": outcome.denoised,
        "error": error,
    }
    if outcome.spread is not None:
        images["spread"] = outcome.spread.mean(1, keepdim=True) / MOST_SPREAD
    _, channels, height, width = outcome.clean.shape
    return {
        "images": {name: to_bytes(image[0]) for name, image in images.items()},
        "shape": [height, width, channels],
        "scores": first_scores(outcome),
        "probabilities": {name: p[0].tolist() for name, p in outcome.probabilities.items()},
        "expected": None if outcome.spread is None else _root_mean_square(outcome.spread),
        "label": label,
        "outside": "",
        "original": None,
    }


def _root_mean_square(values: Tensor) -> float:
    return float(values.square().mean().sqrt())


def _scenes(problems: Collection[str]) -> list[JsonObject]:
    """Return the scenes whose network can be used: preset, title, label and picture."""
    usable = [key for key in list_denoisers() if key not in problems]
    return [
        {"preset": key, "title": title, "label": PRESETS[key].label, "picture": _scene_picture(key)}
        for key, title in SCENES.items()
        if PRESETS[key].denoiser in usable
    ]


def _scene_picture(key: str) -> str:
    """Return the address of a scene's picture: noisy on the left, denoised on the right."""
    source, _ = preset_picture(PRESETS[key])
    outcome = run(clean_picture(source)[0], PRESETS[key].settings)
    left, _ = outcome.noisy.clamp(0, 1).chunk(2, dim=3)
    _, right = outcome.denoised.chunk(2, dim=3)
    return picture_address(to_pil(torch.cat([left, right], dim=3)))
