"""The bottleneck: one digit in codes of every size, and codes that the user edits."""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import replace

import gradio as gr
import torch
from gradio.blocks import Block
from pydantic import ConfigDict, StrictFloat, StrictStr
from pydantic.dataclasses import dataclass as checked
from torch import Tensor

from denoise_demo.benchmark import ResultsError, load_results
from denoise_demo.common import JsonObject, brief, lookup, parse
from denoise_demo.data import encode_pixels, to_bytes
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
from denoise_demo.ui.web.component import component
from denoise_demo.ui.web.server import Request, answered, served


@checked(frozen=True, config=ConfigDict(extra="forbid", allow_inf_nan=False))
class DecodeRequest:
    """A code to decode: the network, one of EDITED, and the numbers of its code."""

    network: StrictStr
    code: list[StrictFloat]


def build_bottleneck(problems: Collection[str]) -> dict[str, Block]:
    """Create the view, without the networks that cannot be used."""
    usable = [key for key in NETWORKS if key not in problems]
    if missing := [key for key in NETWORKS if key not in usable]:
        gr.Markdown(f"**Left out:** {', '.join(missing)}, whose weights cannot be used.")
    if not usable:
        return {}
    has_map = PLANE in usable and CLASSIFIER not in problems
    measured = _measured()
    gr.HTML(
        **component(__file__, "bottleneck"),
        server_functions=[served(codes), served(decode)],
        elem_id="codes",
        networks={
            key: {
                "title": NETWORKS[key],
                "measured": measured.get(key, ""),
                "learnt": RECIPES[key].corruption.describe(),
            }
            for key in usable
        },
        plane=_plane() if has_map else None,
        first=PLANE if PLANE in usable else usable[0],
    )
    return {}


def codes(request: object) -> JsonObject:
    """Encode and decode a corrupted digit with every network; the `Request`'s denoiser is ignored.

    Returns:
        `clean` as a source, and `networks` by id: `image` and `code_image` in bytes, `code_shape`,
        `psnr`, the `digit` read with its `probability`, and, where the code can be edited, `code`,
        its numbers, and the largest `units` with their `span`; or `error`.
    """
    return answered(_codes, request)


def decode(request: object) -> JsonObject:
    """Turn a code into a picture, for a `DecodeRequest`.

    Returns:
        `image` in bytes, the `digit` read with its `probability`; or `error`.
    """
    return answered(_decode, request)


def _codes(values: object) -> JsonObject:
    request = parse(Request, values, "the request")
    clean, _ = clean_picture(request.source)
    if clean.shape[1] != 1:
        raise ValueError("these networks were trained on digits: choose a digit")
    networks = {}
    for key in NETWORKS:
        with suppress(CheckpointError):  # the view has left it out
            networks[key] = _coded(clean, replace(request, denoiser=key))
    return {"clean": pixels_source(clean), "networks": networks}


def _coded(clean: Tensor, settings: Settings) -> JsonObject:
    """Return one network's output for the digit, and its code."""
    network = settings.denoiser
    outcome = run(clean, settings)
    code, spans = load_network(network).encode(outcome.noisy)[0], bottleneck.unit_spans(network)
    picture = bottleneck.code_picture(code, spans)
    flat, flat_spans = code.flatten().tolist(), spans.flatten().tolist()
    units = bottleneck.strongest_units(code) if network in EDITED else []
    return {
        "image": to_bytes(outcome.denoised[0]),
        "psnr": json_number(float(outcome.scores["denoised"]["psnr"])),
        **_verdict(outcome.probabilities.get("denoised")),
        "code_image": to_bytes(picture),
        "code_shape": list(picture.shape[1:]),
        "code": flat if network in EDITED else None,
        "units": [{"unit": unit, "span": max(flat_spans[unit], flat[unit])} for unit in units],
    }


def _decode(values: object) -> JsonObject:
    request = parse(DecodeRequest, values, "the request")
    lookup(dict.fromkeys(EDITED), request.network, "network with a code")
    size = bottleneck.unit_spans(request.network).numel()
    if len(request.code) != size:
        raise ValueError(f"the code is {brief(request.code)}: give {size} numbers")
    code = torch.tensor(request.code, dtype=torch.float32)
    if not code.isfinite().all():
        raise ValueError("a unit is too large: give smaller numbers")
    image = bottleneck.decode(request.network, code)
    return {"image": to_bytes(image[0]), **_verdict(classify(image))}


def _verdict(probabilities: Tensor | None) -> JsonObject:
    if probabilities is None:
        return {"digit": None, "probability": None}
    sure, digit = probabilities[0].max(0)
    return {"digit": int(digit), "probability": float(sure)}


def _measured() -> dict[str, str]:
    """Return the benchmark's score of each network on clean digits, in words."""
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


def _plane() -> JsonObject:
    """Put the map of two units into JSON values."""
    plane = bottleneck.code_map()
    return {
        "network": PLANE,
        "side": bottleneck.MAP_SIZE,
        "span": plane.span.tolist(),
        "digits": encode_pixels(plane.digits[None] / 255),
        "sure": encode_pixels(plane.sure[None]),
        "points": [
            [*point, label]
            for point, label in zip(plane.points.tolist(), plane.labels.tolist(), strict=True)
        ],
    }
