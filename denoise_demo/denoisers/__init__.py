"""Everything that cleans a picture: filters, recipes, checkpoints, loading, and the catalog."""

from denoise_demo.denoisers.catalog import Denoise, Method, get_method, load_method, methods
from denoise_demo.denoisers.checkpoints import (
    WEIGHTS_DIR,
    CheckpointError,
    checkpoint_path,
    read_metadata,
)
from denoise_demo.denoisers.engine import (
    CLASSIFIER,
    DEVICES,
    Classifier,
    Denoiser,
    choose_device,
    device_name,
    device_trouble,
    load_classifier,
    load_denoiser,
    warm_up,
)
from denoise_demo.denoisers.filters import FILTERS
from denoise_demo.denoisers.recipes import (
    ARTICLES,
    RECIPES,
    SPREADING,
    Recipe,
    changed_settings,
    denoisers,
    get_recipe,
    settings_of,
)

__all__ = [
    "ARTICLES",
    "CLASSIFIER",
    "DEVICES",
    "FILTERS",
    "RECIPES",
    "SPREADING",
    "WEIGHTS_DIR",
    "CheckpointError",
    "Classifier",
    "Denoise",
    "Denoiser",
    "Method",
    "Recipe",
    "changed_settings",
    "checkpoint_path",
    "choose_device",
    "denoisers",
    "device_name",
    "device_trouble",
    "get_method",
    "get_recipe",
    "load_classifier",
    "load_denoiser",
    "load_method",
    "methods",
    "read_metadata",
    "settings_of",
    "warm_up",
]
