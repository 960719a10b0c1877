"""The comparison: one noisy picture through every network of its domain and every filter."""

from collections.abc import Callable, Collection

import gradio as gr
from gradio.blocks import Block

from denoise_demo.benchmark import NOTHING
from denoise_demo.common import JsonObject, parse
from denoise_demo.data import domain_of, to_bytes
from denoise_demo.denoisers import RECIPES, list_denoisers
from denoise_demo.hosting import turns
from denoise_demo.lab import (
    Comparison,
    Settings,
    clean_picture,
    compare,
    contenders,
    is_trained_on,
    json_number,
    pixels_source,
)
from denoise_demo.ui.web.component import component
from denoise_demo.ui.web.server import Request, answered, served

_NOTHING = {
    "title": "Doing nothing",
    "exact": "the noisy picture",
    "domain": "",
    "lesson": "What every denoiser gets, and has to improve.",
    "facts": "",
}


def build_compare(problems: Collection[str]) -> dict[str, Block]:
    """Create the comparison of all usable denoisers."""
    usable = [key for key in list_denoisers() if key not in problems]
    described = {
        key: {
            "title": spec.title,
            "exact": spec.exact,
            "lesson": spec.lesson,
            "domain": spec.domain,
            "facts": spec.facts,
        }
        for key, spec in list_denoisers().items()
        if key in usable
    }
    gr.HTML(
        "",
        **component(__file__, "compare"),
        server_functions=[
            served(comparer(usable, slow=False)),
            served(comparer(usable, slow=True), turns.long),
        ],
        elem_id="compare",
        denoisers={NOTHING: _NOTHING} | described,
    )
    return {}


def comparer(usable: Collection[str], *, slow: bool) -> Callable[[object], JsonObject]:
    """Return the function that answers a `Request` with the slow filters, or with all others.

    The answer has the picture's `domain`, `label` and `shape`, `clean` as a source, and `entries`
    by id: `image` in bytes, every live metric, `milliseconds`, the `digit` that is read
    with its `probability`, null for faces, and whether the noise is `familiar` to a network, null
    for a filter; or `error`, a sentence.
    """

    def answer(values: object) -> JsonObject:
        request = parse(Request, values, "the request")
        clean, label = clean_picture(request.source)
        domain = domain_of(clean)
        names = contenders(domain, usable, slow=slow)
        _, channels, height, width = clean.shape
        return {
            "domain": domain,
            "label": label,
            "shape": [height, width, channels],
            "clean": pixels_source(clean),
            "entries": _entries(compare(clean, request, names), request),
        }

    def compared(request: object) -> JsonObject:
        return answered(answer, request)

    compared.__name__ = "compare_slow" if slow else "compare_quick"
    return compared


def _entries(comparison: Comparison, settings: Settings) -> JsonObject:
    """Put a comparison into JSON values."""
    likeliest = comparison.probabilities
    sure, digits = (None, None) if likeliest is None else likeliest.max(1)
    return {
        name: {
            "image": to_bytes(comparison.images[i]),
            **{metric: json_number(float(v[i])) for metric, v in comparison.scores.items()},
            "milliseconds": comparison.milliseconds[i],
            "digit": None if digits is None else int(digits[i]),
            "probability": None if sure is None else float(sure[i]),
            "familiar": _is_familiar(name, settings),
        }
        for i, name in enumerate(comparison.names)
    }


def _is_familiar(name: str, settings: Settings) -> bool | None:
    """Whether a network learnt this noise; None for a filter, which learns nothing."""
    noise = (settings.kind, settings.level, settings.blur_sigma)
    return is_trained_on(name, *noise) if name in RECIPES else None
