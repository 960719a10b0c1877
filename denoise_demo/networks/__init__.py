"""The nn.Modules of all recipes and the registry that builds them; nothing else."""

from denoise_demo.networks.blind import Attention, BlindUNet, Dense, Local, Residual
from denoise_demo.networks.faces import PatchDiscriminator
from denoise_demo.networks.models import DIGIT, FACE, MODELS, Shape, build, count_parameters

__all__ = [
    "DIGIT",
    "FACE",
    "MODELS",
    "Attention",
    "BlindUNet",
    "Dense",
    "Local",
    "PatchDiscriminator",
    "Residual",
    "Shape",
    "build",
    "count_parameters",
]
