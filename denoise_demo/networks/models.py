"""The registry of networks: MODELS, the families of any size, and `build`."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import nn

from denoise_demo.common import brief, lookup
from denoise_demo.networks.articles import (
    ConvFlat,
    ConvPool,
    Dense,
    DenseReLU,
    MLPClassifier,
    StridedConv,
)
from denoise_demo.networks.blind import BlindCorrection, BlindUNet
from denoise_demo.networks.photos import PhotoUNet
from denoise_demo.networks.pix2pix import Pix2Pix

Shape = tuple[int, int, int]
DIGIT: Shape = (1, 28, 28)
FACE: Shape = (3, 28, 28)


@dataclass(frozen=True)
class ModelSpec:
    """A network's label, class and constructor arguments, and the image shape it takes."""

    label: str
    module: type[nn.Module]
    arguments: Mapping[str, object] = field(default_factory=dict)
    shape: Shape = DIGIT

    @property
    def expects_error(self) -> bool:
        """Whether the network also estimates its own error, by `with_spread`."""
        return hasattr(self.module, "with_spread")


@dataclass(frozen=True)
class Family:
    """Networks of one kind whose code may have any size from `least` to `most`."""

    label: str
    module: type[nn.Module]
    least: int
    most: int


def get_model(name: object) -> ModelSpec:
    """Return a network by its name, a key of MODELS or FAMILY-SIZE with a key of FAMILIES.

    Raises:
        ValueError: for an unknown name, or a size outside the family.
    """
    if isinstance(name, str) and name not in MODELS:
        kind, _, size = name.rpartition("-")
        if kind in FAMILIES and size.isascii() and size.isdigit():
            family = FAMILIES[kind]
            if len(size) > 4 or not family.least <= int(size) <= family.most:
                raise ValueError(
                    f"the model {brief(name)} is out of range: give {kind}-{family.least} to "
                    f"{kind}-{family.most}"
                )
            return ModelSpec(family.label.format(int(size)), family.module, {"code": int(size)})
    return lookup(MODELS, name, "model")


def build(name: str, arguments: Mapping[str, object] | None = None) -> nn.Module:
    """Build a network with newly initialised weights.

    Args:
        name: as for `get_model`.
        arguments: for the constructor; None for those of the model.

    Raises:
        ValueError: for an unknown name.
    """
    spec = get_model(name)
    return spec.module(**(spec.arguments if arguments is None else arguments))


def count_parameters(network: str | nn.Module) -> int:
    """Return how many numbers a network stores, running statistics included.

    Args:
        network: a module, or a name for `get_model`.
    """
    if isinstance(network, str):
        with torch.device("meta"):  # allocates nothing
            network = build(network)
    return sum(t.numel() for t in network.state_dict().values() if t.is_floating_point())


FAMILIES: dict[str, Family] = {
    "dense": Family("Dense, {} units", Dense, 1, 300),
    "dense-relu": Family("Dense, {} units, ReLU output", DenseReLU, 1, 300),
    "conv-pool": Family("Convolutional, pooled to {} × 4 × 4", ConvPool, 1, 32),
}

MODELS: dict[str, ModelSpec] = {
    "conv-pool": ModelSpec("Convolutional, pooled to 8 × 4 × 4", ConvPool),
    "conv-flat": ModelSpec("Convolutional, full resolution", ConvFlat),
    "dense-1": ModelSpec("Dense, 1 unit", Dense, {"code": 1}),
    "dense-2": ModelSpec("Dense, 2 units", Dense, {"code": 2}),
    "dense-8": ModelSpec("Dense, 8 units", Dense, {"code": 8}),
    "dense-16": ModelSpec("Dense, 16 units", Dense, {"code": 16}),
    "dense-32": ModelSpec("Dense, 32 units", Dense, {"code": 32}),
    "dense-64": ModelSpec("Dense, 64 units", Dense, {"code": 64}),
    "dense-300": ModelSpec("Dense, 300 units", Dense, {"code": 300}),
    "dense-300-relu": ModelSpec("Dense, 300 units, ReLU output", DenseReLU, {"code": 300}),
    "strided-conv": ModelSpec("Convolutional, strided to 100 numbers", StridedConv, shape=FACE),
    "pix2pix": ModelSpec("U-Net, gated", Pix2Pix, {"widths": (32, 48, 96, 128)}, FACE),
    "blind-digits": ModelSpec(
        "U-Net with global context, gated",
        BlindUNet,
        {"channels": 1, "widths": (16, 48, 128), "rounds": 2},
    ),
    "blind-faces": ModelSpec(
        "U-Net with global context, its corrections gated",
        BlindCorrection,
        {"channels": 3, "widths": (32, 64, 128), "rounds": 2, "blocks": 2},
        FACE,
    ),
    "blind-photos": ModelSpec(  # takes pictures of any size
        "U-Net for photographs, without biases",
        PhotoUNet,
        {
            "widths": (48, 64, 96, 160),
            "encode": (1, 1, 1),
            "middle": 2,
            "decode": (1, 1, 2),
            "bias": False,
        },
        FACE,
    ),
    "mlp-classifier": ModelSpec("Classifier 784-256-256-10", MLPClassifier),
}
