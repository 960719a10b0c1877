"""The live stage: four panels that follow the controls frame by frame.

stage.html, .css and .js are the page's side; `step` is the server's. They share the names of
FIELDS, the settings of an experiment with the element id of the control that holds each.
"""

import os
import threading
import time
from pathlib import Path
from typing import Any

import gradio as gr

from denoise_demo.checks import check_keys
from denoise_demo.experiment import Outcome, Settings, first_scores, run
from denoise_demo.images import encode_pixels
from denoise_demo.inference import device_trouble
from denoise_demo.methods import Method, get_method, methods
from denoise_demo.noise import NOISES
from denoise_demo.sources import clean_picture, pixels_source

FIELDS = {
    "kind": "noise-kind",
    "level": "noise-level",
    "blur_sigma": "blur-sigma",
    "recipe": "recipe",
    "seed": "noise-seed",
}
OUTSIDE = {
    "digits": "This network learnt digits; the face reaches it in grey.",
    "faces": "This network learnt faces; the digit reaches it as three equal channels.",
}
_HERE = Path(__file__).parent
_at_once = threading.BoundedSemaphore(os.cpu_count() or 1)  # so that many users do not thrash


def build_stage(initial: dict[str, Any], example: int) -> gr.HTML:
    """Create the stage, starting from these settings and this built-in digit."""
    return gr.HTML(
        "",
        html_template=(_HERE / "stage.html").read_text(encoding="utf-8"),
        css_template=(_HERE / "stage.css").read_text(encoding="utf-8"),
        js_on_load=(_HERE / "stage.js").read_text(encoding="utf-8"),
        server_functions=[step],
        elem_id="stage",
        apply_default_css=False,
        fields=FIELDS,
        initial=initial,
        example=example,
        kinds={
            kind: {"minimum": spec.minimum, "maximum": spec.maximum, "step": spec.step}
            for kind, spec in NOISES.items()
        },
        recipes={key: _describe(method) for key, method in methods().items()},
    )


def step(request: Any) -> dict[str, Any]:
    """Answer one request of the stage.

    Args:
        request: a JSON object with `source` and every key of FIELDS. It comes straight from the
            network, so every value is checked.

    Returns:
        JSON values: the four images as base64 pixels with their shape, the scores, the class
        probabilities, the label if known and the milliseconds spent; or only `error`, a sentence.
        `outside` is a sentence when the network learnt other pictures; then `original` is the
        picture before it got the network's number of channels.
    """
    started = time.perf_counter()
    try:
        with _at_once:
            check_keys(request, {"source", *FIELDS}, "the request")
            clean, label = clean_picture(request["source"])
            settings = Settings.parse({field: request[field] for field in FIELDS})
            outcome = run(clean, settings)
            reply = _frame(outcome, label)
            if outcome.outside:
                words = OUTSIDE[get_method(settings.recipe).domain]
                reply |= {"outside": words, "original": pixels_source(clean)}
    except ValueError as error:
        reply = {"error": str(error)}
    except RuntimeError as error:
        if (trouble := device_trouble(error)) is None:
            raise
        reply = {"error": trouble[0].upper() + trouble[1:]}
    return reply | {"milliseconds": 1000 * (time.perf_counter() - started)}


def _frame(outcome: Outcome, label: int | None) -> dict[str, Any]:
    """Put an outcome for one image into JSON values."""
    error = (outcome.denoised - outcome.clean).abs().mean(1, keepdim=True)
    images = {
        "clean": outcome.clean,
        "noisy": outcome.noisy,
        "denoised": outcome.denoised,
        "error": error,
    }
    _, channels, height, width = outcome.clean.shape
    return {
        "images": {name: encode_pixels(image[0]) for name, image in images.items()},
        "shape": [height, width, channels],
        "scores": first_scores(outcome),
        "probabilities": {name: p[0].tolist() for name, p in outcome.probabilities.items()},
        "label": label,
        "outside": "",
        "original": None,
    }


def _describe(method: Method) -> dict[str, Any]:
    """Say what the page shows of a denoiser."""
    return {
        "title": method.title,
        "lesson": method.lesson,
        "facts": method.facts,
        "clip": method.clip,
        "domain": method.domain,
    }
