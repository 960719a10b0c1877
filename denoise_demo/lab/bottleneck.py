"""Codes: the values between an autoencoder's encoder and decoder."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from denoise_demo.common import once
from denoise_demo.data import load_examples
from denoise_demo.denoisers import load_classifier, load_network

NETWORKS = {  # titles by recipe, sorted by the size of the code
    "dense-1": "1 unit",
    "dense-2": "2 units",
    "dense-8": "8 units",
    "dense-16": "16 units",
    "dense-32": "32 units",
    "dense-64": "64 units",
    "conv-pool": "8 × 4 × 4 values",
    "dense-300-clean": "300 units",
    "conv-flat": "8 × 28 × 28 values",
}
PLANE = "dense-2"  # its codes are points of a map
EDITED = [key for key in NETWORKS if key != "conv-flat"]  # its code is larger than the image
STRONGEST = 8  # units that get a slider
RANGE = 1.15  # a unit's range over its largest value for a built-in digit
MAP_SIZE = 72  # codes along each axis of the map


@dataclass(frozen=True)
class CodeMap:
    """A map of the codes of two units: how the image of each code is classified.

    `digits` and `sure` (MAP_SIZE, MAP_SIZE) are the digit and its probability, rows by the
    second unit, columns by the first, both from 0 to `span`; `points` (N, 2) are the codes of the
    built-in digits, and `labels` (N,) their labels.
    """

    span: Tensor
    digits: Tensor
    sure: Tensor
    points: Tensor
    labels: Tensor


@once
def unit_spans(network: str) -> Tensor:
    """Return the upper end of each unit's range, which starts at 0, in the code's shape."""
    codes = load_network(network, "cpu").encode(load_examples().clean())
    largest = codes.amax(0)
    return RANGE * largest.clamp_min(0.1 * float(largest.max()))


def code_picture(code: Tensor, spans: Tensor) -> Tensor:
    """Return a code as a picture (1, H, W) from 0 to 1, each unit's span being 1.

    Units of a dense code are laid out in rows, the maps of a convolutional one in two rows.
    """
    shares = (code / spans).clamp(0, 1)
    if shares.ndim == 3:
        count, height, width = shares.shape
        maps = shares.view(2, count // 2, height, width)
        return maps.permute(0, 2, 1, 3).reshape(1, 2 * height, count // 2 * width)
    rows = max(row for row in range(1, math.isqrt(len(code)) + 1) if len(code) % row == 0)
    return shares.view(1, rows, -1)


def strongest_units(code: Tensor) -> list[int]:
    """Return the sorted indices of the largest values of a flat code."""
    top = code.flatten().topk(min(STRONGEST, code.numel())).indices
    return sorted(top.tolist())


def decode(network: str, code: Tensor) -> Tensor:
    """Decode a flat code to an image, (1, 1, 28, 28)."""
    return load_network(network).decode(code.view(1, *unit_spans(network).shape))


@once
def code_map() -> CodeMap:
    """Return the map of the network with two units."""
    network, examples = load_network(PLANE, "cpu"), load_examples()
    span = unit_spans(PLANE)
    second, first = torch.meshgrid(*[torch.linspace(0, 1, MAP_SIZE)] * 2, indexing="ij")
    codes = torch.stack([first * span[0], second * span[1]], 2).view(-1, 2)
    sure, digits = load_classifier("cpu")(network.decode(codes)).max(1)
    shape = (MAP_SIZE, MAP_SIZE)
    points = network.encode(examples.clean())
    return CodeMap(span, digits.view(shape), sure.view(shape), points, examples.labels)
