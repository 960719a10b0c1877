"""Denoisers: filters, recipes, weight files, loading, and the catalogue.

May import `common`, `corruption`, `networks` and `data`. Offers the catalogue (`list_denoisers`,
`get_denoiser`), loading (`load_denoiser`, `load_network`, `load_classifier`), the registries
`RECIPES` and `FILTERS`, and weight files with their metadata.
"""

from denoise_demo.denoisers import guests
from denoise_demo.denoisers.catalog import DenoiserSpec, get_denoiser, list_denoisers
from denoise_demo.denoisers.checkpoints import (
    WEIGHTS_DIR,
    CheckpointError,
    checkpoint_path,
    in_its_folder,
    read_metadata,
)
from denoise_demo.denoisers.devices import (
    DEVICES,
    choose_device,
    device_name,
    device_trouble,
)
from denoise_demo.denoisers.engine import (
    CLASSIFIER,
    Classifier,
    Denoiser,
    Network,
    describe_engine,
    load_all,
    load_classifier,
    load_denoiser,
    load_network,
    load_photo_cleaner,
    warm_up,
)
from denoise_demo.denoisers.filters import FILTERS
from denoise_demo.denoisers.photographs import (
    GRID,
    MARGIN,
    PHOTOS,
    TILE,
    PhotoDenoiser,
    Pixels,
    clean_tiles,
    estimate_sigma,
    load_photo_denoiser,
)
from denoise_demo.denoisers.recipe import (
    OptimiserSetting,
    Recipe,
    article_name,
    as_recorded,
    changed_settings,
    settings_of,
)
from denoise_demo.denoisers.recipes import ARTICLES, RECIPES, denoising_recipes, get_recipe
from denoise_demo.denoisers.sessions import ENGINES, choose_engine, serve_page
from denoise_demo.denoisers.trainable import PHOTO_RECIPE, trainable

__all__ = [
    "ARTICLES",
    "CLASSIFIER",
    "DEVICES",
    "ENGINES",
    "FILTERS",
    "GRID",
    "MARGIN",
    "PHOTOS",
    "PHOTO_RECIPE",
    "RECIPES",
    "TILE",
    "WEIGHTS_DIR",
    "CheckpointError",
    "Classifier",
    "Denoiser",
    "DenoiserSpec",
    "Network",
    "OptimiserSetting",
    "PhotoDenoiser",
    "Pixels",
    "Recipe",
    "article_name",
    "as_recorded",
    "changed_settings",
    "checkpoint_path",
    "choose_device",
    "choose_engine",
    "clean_tiles",
    "denoising_recipes",
    "describe_engine",
    "device_name",
    "device_trouble",
    "estimate_sigma",
    "get_denoiser",
    "get_recipe",
    "guests",
    "in_its_folder",
    "list_denoisers",
    "load_all",
    "load_classifier",
    "load_denoiser",
    "load_network",
    "load_photo_cleaner",
    "load_photo_denoiser",
    "read_metadata",
    "serve_page",
    "settings_of",
    "trainable",
    "warm_up",
]
