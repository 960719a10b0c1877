"""Everything that cleans a picture: filters, recipes, checkpoints, loading, and the catalog."""

from denoise_demo.denoisers.catalog import (
    Denoiser,
    DenoiserSpec,
    get_denoiser,
    list_denoisers,
    load_denoiser,
)
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
    Network,
    choose_device,
    device_name,
    device_trouble,
    load_classifier,
    load_network,
    warm_up,
)
from denoise_demo.denoisers.filters import FILTERS
from denoise_demo.denoisers.recipes import (
    ARTICLES,
    RECIPES,
    SPREADING,
    Recipe,
    changed_settings,
    denoising_recipes,
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
    "Denoiser",
    "DenoiserSpec",
    "Network",
    "Recipe",
    "changed_settings",
    "checkpoint_path",
    "choose_device",
    "denoising_recipes",
    "device_name",
    "device_trouble",
    "get_denoiser",
    "get_recipe",
    "list_denoisers",
    "load_classifier",
    "load_denoiser",
    "load_network",
    "read_metadata",
    "settings_of",
    "warm_up",
]
