"""The networks of all recipes, and the registry that builds them.

May import `common`. Offers `MODELS`, `FAMILIES`, `get_model`, `build`, `count_parameters`, and the
modules that training and the benchmarks assemble themselves.
"""

from denoise_demo.networks.articles import Autoencoder
from denoise_demo.networks.blind import (
    CORRECTION_MINIMUM,
    Attention,
    BlindUNet,
    DenseMixer,
    Local,
    Residual,
)
from denoise_demo.networks.models import (
    DIGIT,
    FACE,
    FAMILIES,
    MODELS,
    ModelSpec,
    Shape,
    build,
    count_parameters,
    get_model,
)
from denoise_demo.networks.pix2pix import PatchDiscriminator

__all__ = [
    "CORRECTION_MINIMUM",
    "DIGIT",
    "FACE",
    "FAMILIES",
    "MODELS",
    "Attention",
    "Autoencoder",
    "BlindUNet",
    "DenseMixer",
    "Local",
    "ModelSpec",
    "PatchDiscriminator",
    "Residual",
    "Shape",
    "build",
    "count_parameters",
    "get_model",
]
