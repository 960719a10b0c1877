"""The bottleneck: one digit in codes of every size, and codes moved by hand."""

from collections.abc import Collection
from typing import Any

import gradio as gr
import torch
from torch import Tensor

from denoise_demo.benchmark import ResultsError, load_results
from denoise_demo.common import brief, check_keys, finite, lookup
from denoise_demo.data import encode_pixels
from denoise_demo.denoisers import CLASSIFIER, RECIPES, CheckpointError, load_network
from denoise_demo.lab import (
    EDITED,
    NETWORKS,
    PLANE,
    Settings,
    bottleneck,
    classify,
    clean_picture,
    json_number,
    pixels_source,
    run,
)
from denoise_demo.ui.web.server import FIELDS, answered, read_text, script


def build_codes(problems: Collection[str]) -> None:
    """Create the tab's contents, unless one of its networks cannot be used."""
    if missing := [key for key in (*NETWORKS, CLASSIFIER) if key in problems]:
        gr.Markdown(f"**The codes cannot be shown:** train {', '.join(missing)} first.")
        return
    gr.Markdown(
        "**Choose a small code and move it by hand**: everything the network knows of the digit "
        "has to pass through these few numbers.",
        elem_classes="lead",
    )
    measured = _measured()
    gr.HTML(
        html_template=read_text(__file__, "bottleneck.html"),
        css_template=read_text(__file__, "bottleneck.css"),
        js_on_load=script(__file__, "../../web/queue.js", "../../web/pixels.js", "bottleneck.js"),
        server_functions=[codes, decode],
        elem_id="codes",
        apply_default_css=False,
        networks={
            key: {
                "title": title,
                "measured": measured.get(key, ""),
                "learnt": RECIPES[key].corruption.describe(),
            }
            for key, title in NETWORKS.items()
        },
        plane=_plane(),
        first=PLANE,
    )


def codes(request: Any) -> dict[str, Any]:
    """Put a corrupted digit through every code.

    Args:
        request: a JSON object with `source` and every key of FIELDS; its denoiser plays no part.

    Returns:
        JSON values: `clean` as a source, and `networks` by id: `image` and `code_image` in base64
        pixels, `code_shape`, `psnr`, the `digit` read with its `probability`, and, where the code
        can be moved, `code`, its numbers, and the strongest `units` with their `span`; or `error`.
    """
    return answered(_codes, request)


def decode(request: Any) -> dict[str, Any]:
    """Turn a code into a picture.

    Args:
        request: a JSON object with `network`, one of EDITED, and `code`, its numbers.

    Returns:
        JSON values: `image` in base64 pixels, the `digit` read with its `probability`; or `error`.
    """
    return answered(_decode, request)


def _codes(request: Any) -> dict[str, Any]:
    check_keys(request, {"source", *FIELDS}, "the request")
    clean, _ = clean_picture(request["source"])
    if clean.shape[1] != 1:
        raise ValueError("these networks learnt digits: choose one")
    chosen = {field: request[field] for field in FIELDS}
    networks = {key: _coded(clean, Settings.parse(chosen | {"denoiser": key})) for key in NETWORKS}
    return {"clean": pixels_source(clean), "networks": networks}


def _coded(clean: Tensor, settings: Settings) -> dict[str, Any]:
    """Describe what one network makes of the digit, and its code."""
    network = settings.denoiser
    outcome = run(clean, settings)
    code, spans = load_network(network).encode(outcome.noisy)[0], bottleneck.unit_spans(network)
    picture = bottleneck.code_picture(code, spans)
    flat, flat_spans = code.flatten().tolist(), spans.flatten().tolist()
    units = bottleneck.strongest_units(code) if network in EDITED else []
    return {
        "image": encode_pixels(outcome.denoised[0]),
        "psnr": json_number(float(outcome.scores["denoised"]["psnr"])),
        **_verdict(outcome.probabilities.get("denoised")),
        "code_image": encode_pixels(picture),
        "code_shape": list(picture.shape[1:]),
        "code": flat if network in EDITED else None,
        "units": [{"unit": unit, "span": max(flat_spans[unit], flat[unit])} for unit in units],
    }


def _decode(request: Any) -> dict[str, Any]:
    check_keys(request, {"network", "code"}, "the request")
    network, code = request["network"], request["code"]
    lookup({key: NETWORKS[key] for key in EDITED}, network, "network with a code")
    size = bottleneck.unit_spans(network).numel()
    if not isinstance(code, list) or len(code) != size:
        raise ValueError(f"the code is {brief(code)}: give {size} numbers")
    values = torch.tensor([finite(value, "a unit") for value in code], dtype=torch.float32)
    if not values.isfinite().all():
        raise ValueError("a unit is too large: give smaller numbers")
    image = bottleneck.decode(network, values)
    return {"image": encode_pixels(image[0]), **_verdict(classify(image))}


def _verdict(probabilities: Tensor | None) -> dict[str, Any]:
    if probabilities is None:
        return {"digit": None, "probability": None}
    sure, digit = probabilities[0].max(0)
    return {"digit": int(digit), "probability": float(sure)}


def _measured() -> dict[str, str]:
    """Say what the benchmark measured of each network on clean digits."""
    try:
        rows = load_results(domain="digits").rows
    except (ResultsError, CheckpointError):
        return {}
    clean = {row.denoiser: row.score("psnr") for row in rows if row.point == "clean"}
    return {
        key: f"clean test digits {score.mean:.1f} dB"
        for key in NETWORKS
        if (score := clean.get(key)) and score.mean is not None
    }


def _plane() -> dict[str, Any]:
    """Put the map of two units into JSON values."""
    plane = bottleneck.code_map()
    return {
        "network": PLANE,
        "side": bottleneck.MAP_SIDE,
        "span": plane.span.tolist(),
        "digits": encode_pixels(plane.digits[None] / 255),
        "sure": encode_pixels(plane.sure[None]),
        "points": [
            [*point, label]
            for point, label in zip(plane.points.tolist(), plane.labels.tolist(), strict=True)
        ],
    }
