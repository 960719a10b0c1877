"""The live stage: panels that follow the controls frame by frame, or play a dream.

stage.html, stage.css and SCRIPTS are the page's side; `step` and `dream` are the server's. They
share the names of FIELDS, the settings of an experiment with the element id of the control that
holds each.
"""

from typing import Any

import gradio as gr
from torch import Tensor

from denoise_demo.common import check_keys
from denoise_demo.corruption import NOISES
from denoise_demo.data import encode_pixels
from denoise_demo.denoisers import DenoiserSpec, get_denoiser, list_denoisers
from denoise_demo.lab import (
    Outcome,
    Settings,
    classify,
    clean_picture,
    dreams,
    first_scores,
    pixels_source,
    run,
)
from denoise_demo.ui.web.server import FIELDS, answered, read_text, script

OUTSIDE = {
    "digits": "This network learnt digits; the face reaches it in grey.",
    "faces": "This network learnt faces; the digit reaches it as three equal channels.",
}
SCRIPTS = (
    "../../web/queue.js",
    "../../web/pixels.js",
    "stage.js",
    "drawing.js",
    "motion.js",
    "link.js",
    "start.js",
)
MOST_SPREAD = 0.5  # the largest standard deviation of a value between 0 and 1


def build_stage(initial: dict[str, Any], example: int) -> gr.HTML:
    """Create the stage, starting from these settings and this built-in digit."""
    return gr.HTML(
        "",
        html_template=read_text(__file__, "stage.html"),
        css_template=read_text(__file__, "stage.css"),
        js_on_load=script(__file__, *SCRIPTS),
        server_functions=[step, dream],
        elem_id="stage",
        apply_default_css=False,
        fields=FIELDS,
        initial=initial,
        example=example,
        kinds={
            kind: {"minimum": spec.minimum, "maximum": spec.maximum, "step": spec.step}
            for kind, spec in NOISES.items()
        },
        recipes={key: _describe(method) for key, method in list_denoisers().items()},
        dreamer=dreams.DREAMER,
    )


def step(request: Any) -> dict[str, Any]:
    """Answer one request of the stage.

    Args:
        request: a JSON object with `source` and every key of FIELDS. It comes straight from the
            network, so every value is checked.

    Returns:
        JSON values: the images as base64 pixels with their shape, the scores, the class
        probabilities, the label if known and the milliseconds spent; or `error`, a sentence.
        `outside` is a sentence when the network learnt other pictures; then `original` is the
        picture before it got the network's number of channels. `expected` is the root mean square
        error that the network expects, and `spread` among the images its map, from 0 to
        MOST_SPREAD; a network that expects none has null and no such image.
    """
    return answered(_step, request)


def dream(request: Any) -> dict[str, Any]:
    """Dream a digit, step by step.

    Args:
        request: a JSON object with `seed`.

    Returns:
        JSON values: `frames`, each with the `images` noisy, denoised and spread as base64 pixels,
        28 x 28, what `step` calls `expected`, the noise's `sigma` and the class `probabilities` of
        the denoised image, null without a classifier; or `error`; and the milliseconds spent.
    """
    return answered(_dream, request)


def _step(request: Any) -> dict[str, Any]:
    check_keys(request, {"source", *FIELDS}, "the request")
    clean, label = clean_picture(request["source"])
    settings = Settings.parse({field: request[field] for field in FIELDS})
    outcome = run(clean, settings)
    reply = _frame(outcome, label)
    if outcome.outside:
        words = OUTSIDE[get_denoiser(settings.denoiser).domain]
        reply |= {"outside": words, "original": pixels_source(clean)}
    return reply


def _dream(request: Any) -> dict[str, Any]:
    check_keys(request, {"seed"}, "the request")
    return {
        "frames": [
            {
                "images": {
                    "noisy": encode_pixels(frame.noisy[0]),
                    "denoised": encode_pixels(frame.denoised[0]),
                    "spread": encode_pixels(frame.spread[0] / MOST_SPREAD),
                },
                "expected": _root_mean_square(frame.spread),
                "sigma": frame.sigma,
                "probabilities": None if (p := classify(frame.denoised)) is None else p[0].tolist(),
            }
            for frame in dreams.dream(request["seed"])
        ]
    }


def _frame(outcome: Outcome, label: int | None) -> dict[str, Any]:
    """Put an outcome for one image into JSON values."""
    error = (outcome.denoised - outcome.clean).abs().mean(1, keepdim=True)
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
        "images": {name: encode_pixels(image[0]) for name, image in images.items()},
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


def _describe(method: DenoiserSpec) -> dict[str, Any]:
    """Say what the page shows of a denoiser."""
    return {
        "title": method.title,
        "lesson": method.lesson,
        "facts": method.facts,
        "clip": method.clip,
        "domain": method.domain,
    }
