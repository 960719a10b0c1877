"""Trained networks, ready to call: choice of device, cached loading, denoising, classifying."""

import os
import platform
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn

from denoise_demo.denoisers import checkpoints
from denoise_demo.denoisers.recipes import RECIPES, Recipe, get_recipe
from denoise_demo.networks import MODELS, Residual

CLASSIFIER = "mlp-classifier"
PART = 200  # images
DEVICES = ("auto", "cpu", "cuda", "mps")
_loading = threading.Lock()


@dataclass(frozen=True)
class Network:
    """A trained denoiser, (N, C, H, W) -> (N, C, H, W) float32 in [0, 1] on the input's device.

    It limits its input to [0, 1] itself when its recipe was trained so. It takes the noise's
    standard deviation as a filter does, and leaves it aside: a network has learnt its noise.
    """

    recipe: Recipe
    module: nn.Module
    device: torch.device

    @torch.inference_mode()
    def __call__(self, noisy: Tensor, sigma: float | Tensor | None = None) -> Tensor:
        """Denoise a batch."""
        denoised = [self.module(part) for part in self._parts(noisy)]
        return torch.cat(denoised).to(noisy.device)

    @torch.inference_mode()
    def with_spread(self, noisy: Tensor) -> tuple[Tensor, Tensor]:
        """Denoise a batch, and return with it the deviation the network expects of its error.

        Only networks whose loss trains a spread have one; see `Recipe.spreads`.
        """
        module: Any = self.module
        denoised, spread = zip(*map(module.with_spread, self._parts(noisy)), strict=True)
        return torch.cat(denoised).to(noisy.device), torch.cat(spread).to(noisy.device)

    @torch.inference_mode()
    def encode(self, noisy: Tensor) -> Tensor:
        """Return the codes of a batch, (N, ...); only an `Autoencoder` has them."""
        module: Any = self.module
        return torch.cat([module.encode(part) for part in self._parts(noisy)]).to(noisy.device)

    @torch.inference_mode()
    def decode(self, code: Tensor) -> Tensor:
        """Return the images that codes stand for, (N, C, H, W) in [0, 1]."""
        module: Any = self.module
        images: Tensor = module.decode(code.to(self.device))
        return images.to(code.device)

    def _parts(self, noisy: Tensor) -> Iterator[Tensor]:
        """Yield the batch as the network expects it, on its device.

        In larger parts, a processor would spend its time on fetching memory for the layers.
        """
        seen = noisy.clamp(0, 1) if self.recipe.clip else noisy
        size = PART if self.device.type == "cpu" else max(1, len(seen))
        for start in range(0, len(seen), size):
            yield seen[start : start + size].to(self.device)


@dataclass(frozen=True)
class Classifier:
    """The trained classifier, (N, 1, 28, 28) -> (N, 10) probabilities on the input's device."""

    module: nn.Module
    device: torch.device

    @torch.inference_mode()
    def __call__(self, image: Tensor) -> Tensor:
        """Classify a batch; images are limited to [0, 1] first."""
        logits: Tensor = self.module(image.clamp(0, 1).to(self.device))
        return logits.softmax(1).to(image.device)


def choose_device(name: str | None = None) -> torch.device:
    """Return the device to compute on.

    Args:
        name: "auto", "cpu", "cuda" or "mps"; without it DENOISE_DEVICE, then "auto". "auto" takes
            CUDA, then MPS, then the CPU.

    Raises:
        ValueError: for another name, or a device this machine lacks.
    """
    name = name or os.environ.get("DENOISE_DEVICE") or "auto"
    if name not in DEVICES:
        raise ValueError(f"unknown device {name!r}; choose one of: {', '.join(DEVICES)}")
    present = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.mps.is_available()}
    if name == "auto":
        name = next(device for device in ("cuda", "mps", "cpu") if present[device])
    if not present[name]:
        raise ValueError(f"no {name} device here; choose auto or cpu")
    # TF32 keeps ten bits of a product: a GPU's pictures would differ from the CPU's by over 1e-4.
    torch.backends.cudnn.allow_tf32 = False
    return torch.device(name)


def device_name(device: torch.device) -> str:
    """Return what a device is called, for records of speed."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{platform.processor() or platform.machine()} {device.type}"


def device_trouble(error: RuntimeError) -> str | None:
    """Say in a sentence what a device's error means; None for any other error."""
    text, _, _ = str(error).partition("\n")
    if isinstance(error, torch.OutOfMemoryError) or re.search("out of memory|allocate", text):
        return "the memory is full: free some, or use the CPU"
    if re.search("CUDA|CUDNN|CUBLAS|MPS|HIP", text, re.IGNORECASE):
        return f"the GPU fails ({text})"
    return None


def load_network(recipe_id: str, device: str | None = None) -> Network:
    """Return a recipe's trained denoiser, loaded once per device.

    Args:
        recipe_id: a key of RECIPES that denoises.
        device: as for `choose_device`.

    Raises:
        ValueError: for an unknown recipe, the classifier, or a device that is not there.
        CheckpointError: when the weights are missing or damaged.
    """
    recipe = get_recipe(recipe_id)
    if not recipe.denoises:
        raise ValueError(f"{recipe_id} classifies; it does not denoise")
    chosen = choose_device(device)
    return Network(recipe, _load(recipe_id, chosen), chosen)


def load_classifier(device: str | None = None) -> Classifier:
    """Return the trained classifier, loaded once per device; errors as for `load_denoiser`."""
    chosen = choose_device(device)
    return Classifier(_load(CLASSIFIER, chosen), chosen)


def denoise_and_classify(noisy: Tensor, recipe_id: str) -> tuple[Tensor, Tensor]:
    """Denoise, then classify: (N, 1, 28, 28) -> denoised images and (N, 10) probabilities."""
    denoised = load_network(recipe_id)(noisy)
    return denoised, load_classifier()(denoised)


def warm_up() -> dict[str, str]:
    """Load and run every network once; return what is wrong with those that cannot be used."""
    problems = {}
    for recipe_id, recipe in RECIPES.items():
        try:
            blank = torch.zeros(1, *MODELS[recipe.model].shape)
            if recipe.denoises:
                load_network(recipe_id)(blank)
            else:
                load_classifier()(blank)
        except checkpoints.CheckpointError as error:
            problems[recipe_id] = str(error)
    return problems


def _load(recipe_id: str, device: torch.device) -> nn.Module:
    """Load once, whichever thread comes first."""
    with _loading:
        return _loaded(recipe_id, device)


@cache
def _loaded(recipe_id: str, device: torch.device) -> nn.Module:
    module = checkpoints.load(recipe_id).module.to(device)
    for part in module.modules():
        if isinstance(part, Residual):
            part.fold()
    # Convolutions take a tenth less time so, in batches up to half.
    return module.to(memory_format=torch.channels_last)  # type: ignore[no-any-return,call-overload]
