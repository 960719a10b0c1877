"""The comparison: one noisy picture through every network of its domain and every filter."""

from collections.abc import Callable, Collection
from typing import Any

import gradio as gr

from denoise_demo.benchmark import NOTHING
from denoise_demo.common import check_keys
from denoise_demo.data import domain_of, encode_pixels
from denoise_demo.denoisers import RECIPES, list_denoisers
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
from denoise_demo.ui.web.server import FIELDS, answered, read_text, script

_NOTHING = {"title": "Doing nothing", "origin": "the noisy picture", "domain": "", "facts": ""}


def build_compare(usable: Collection[str]) -> gr.HTML:
    """Create the comparison of what can be used; it has an event `choose` with a `method`."""
    described = {
        key: {
            "title": method.title,
            "origin": method.article or "Filter",
            "domain": method.domain,
            "facts": method.facts,
        }
        for key, method in list_denoisers().items()
        if key in usable
    }
    return gr.HTML(
        "",
        html_template=read_text(__file__, "compare.html"),
        css_template=read_text(__file__, "compare.css"),
        js_on_load=script(__file__, "../../web/queue.js", "../../web/pixels.js", "compare.js"),
        server_functions=[comparer(usable)],
        elem_id="compare",
        apply_default_css=False,
        methods={NOTHING: _NOTHING} | described,
    )


def comparer(usable: Collection[str]) -> Callable[[Any], dict[str, Any]]:
    """Return the server's side: what answers one request of the comparison.

    A request is a JSON object with `source`, every key of FIELDS, and `slow`: whether the slow
    filters are asked, or all others. The answer has the picture's `domain`, `label` and `shape`,
    `clean` as a source, and `entries` by id: `image` in base64 pixels, `psnr`, `ssim`, `mae`,
    `milliseconds`, the `digit` that is read with its `probability`, null for faces, and whether
    the noise is `familiar` to a network, null for a filter; or `error`, a sentence.
    """

    def answer(request: Any) -> dict[str, Any]:
        check_keys(request, {"source", "slow", *FIELDS}, "the request")
        if not isinstance(request["slow"], bool):
            raise ValueError("slow is neither true nor false: give one")
        clean, label = clean_picture(request["source"])
        settings = Settings.parse({field: request[field] for field in FIELDS})
        domain = domain_of(clean)
        names = contenders(domain, usable, slow=request["slow"])
        _, channels, height, width = clean.shape
        return {
            "domain": domain,
            "label": label,
            "shape": [height, width, channels],
            "clean": pixels_source(clean),
            "entries": _entries(compare(clean, settings, names), settings),
        }

    def compare_all(request: Any) -> dict[str, Any]:
        return answered(answer, request)

    return compare_all


def _entries(comparison: Comparison, settings: Settings) -> dict[str, Any]:
    """Put a comparison into JSON values."""
    likeliest = comparison.probabilities
    sure, digits = (None, None) if likeliest is None else likeliest.max(1)
    return {
        name: {
            "image": encode_pixels(comparison.images[i]),
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
