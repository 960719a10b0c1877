"""Load networks and filters, choose the device, denoise and classify in batches."""

import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from denoise_demo.common import lookup
from denoise_demo.denoisers import checkpoints, guests, sessions
from denoise_demo.denoisers.devices import choose_device
from denoise_demo.denoisers.filters import FILTERS
from denoise_demo.denoisers.photographs import PHOTOS, load_photo_denoiser
from denoise_demo.denoisers.recipe import Recipe, as_recorded
from denoise_demo.denoisers.recipes import RECIPES, denoising_recipes, get_recipe
from denoise_demo.networks import DIGIT, Residual, get_model

CLASSIFIER = "mlp-classifier"
BATCH = 200  # images; larger batches are slower on a CPU, because they overflow its caches
FEW = 8  # images; a launch on a GPU takes as long as most networks for these, see benchmarks
_loading = threading.Lock()


class Denoiser(Protocol):
    """Anything that denoises a batch: a network or a filter."""

    def __call__(self, noisy: Tensor, sigma: float | Tensor | None = None, /) -> Tensor:
        """Denoise (N, C, H, W); `sigma` is the noise's standard deviation, for informed filters."""


@dataclass(frozen=True)
class Network:
    """A trained denoiser, (N, C, H, W) -> (N, C, H, W) float32 in [0, 1] on the input's device.

    It clips its input to [0, 1] if its training did. `recipe` has the settings of the weight file.
    `final` says that the weights will not change, so that another engine may hold a copy of them.
    `nearby` is the same network on the CPU, which answers fewer than FEW images before a GPU does.
    """

    recipe: Recipe
    module: nn.Module
    device: torch.device
    final: bool = False
    nearby: "Network | None" = None

    @torch.inference_mode()
    def __call__(self, noisy: Tensor, sigma: float | Tensor | None = None) -> Tensor:
        """Denoise a batch; `sigma`, which informed filters need, is ignored."""
        if self.nearby and len(noisy) < FEW:
            return self.nearby(noisy)
        network = self._fastest(noisy)
        return torch.cat([network(part) for part in self._parts(noisy)]).to(noisy.device)

    @torch.inference_mode()
    def with_spread(self, noisy: Tensor) -> tuple[Tensor, Tensor]:
        """Denoise a batch; also return the expected error of each value, a standard deviation.

        Only for networks that estimate their own error; see `Recipe.expects_error`.
        """
        if self.nearby and len(noisy) < FEW:
            return self.nearby.with_spread(noisy)
        network = self._fastest(noisy)
        denoised, spread = zip(*map(network.with_spread, self._parts(noisy)), strict=True)
        return torch.cat(denoised).to(noisy.device), torch.cat(spread).to(noisy.device)

    @torch.inference_mode()
    def encode(self, noisy: Tensor) -> Tensor:
        """Return the codes of a batch, (N, ...); only an `Autoencoder` has them."""
        return torch.cat([self._methods.encode(part) for part in self._parts(noisy)]).to(
            noisy.device
        )

    @torch.inference_mode()
    def decode(self, code: Tensor) -> Tensor:
        """Decode codes to images, (N, C, H, W) in [0, 1]; only for an `Autoencoder`."""
        images: Tensor = self._methods.decode(code.to(self.device))
        return images.to(code.device)

    @property
    def _methods(self) -> Any:
        """The module, typed for methods that not every nn.Module has."""
        return self.module

    @property
    def session(self) -> sessions.Session | None:
        """The network in ONNX Runtime, where that is the engine and once it is ready."""
        if not self.final or self.device.type != "cpu":
            return None
        return sessions.session_of(self.module, self.recipe.id, get_model(self.recipe.model).shape)

    @property
    def engine(self) -> str:
        """The program that computes it at present, and its version."""
        return sessions.describe("onnx" if self.session else "torch")

    def _fastest(self, noisy: Tensor) -> Any:
        """Return what computes these images: the session, if there is one, or the module."""
        session = self.session
        return session if session and session.shape == noisy.shape[1:] else self.module

    def _parts(self, noisy: Tensor) -> Iterator[Tensor]:
        """Yield the network's input on its device; on a CPU in batches of BATCH."""
        images = noisy.clamp(0, 1) if self.recipe.clip else noisy
        size = BATCH if self.device.type == "cpu" else max(1, len(images))
        for start in range(0, len(images), size):
            yield images[start : start + size].to(self.device)


@dataclass(frozen=True)
class Classifier:
    """The trained classifier, (N, 1, 28, 28) -> (N, 10) probabilities on the input's device."""

    network: Network

    def __call__(self, image: Tensor) -> Tensor:
        """Classify a batch; images are limited to [0, 1] first."""
        return self.network(image.clamp(0, 1)).softmax(1)


def describe_engine() -> str:
    """Return what is to compute the networks; errors as for `choose_device`, `choose_engine`."""
    device, engine = choose_device(), sessions.describe(sessions.choose_engine())
    if _has_nearby(device):
        return f"{engine} on cpu, batches by {sessions.describe('torch')} on {device.type}"
    return f"{engine if device.type == 'cpu' else sessions.describe('torch')} on {device.type}"


def load_denoiser(denoiser_id: str | Path, device: str | None = None) -> Denoiser:
    """Return a network or filter: (noisy) -> denoised, (N, C, H, W) in [0, 1].

    Informed filters also need `sigma`, the noise's standard deviation, one number or (N,).

    Args:
        denoiser_id: a key of `list_denoisers()`; "blind-photos", which takes pictures of any
            size; `hf:USER/NAME` for a network that was published on the Hugging Face Hub, which
            is kept in a cache; or a weight file, NAME.safetensors.
        device: for networks, as for `choose_device`.

    Raises:
        ValueError: for an unknown denoiser, or a missing device.
        CheckpointError: when a network's weights are missing or damaged.
    """
    if isinstance(denoiser_id, Path) or denoiser_id.endswith(".safetensors"):
        return _load_file(Path(denoiser_id), choose_device(device))
    if denoiser_id.startswith("hf:"):
        return _load_published(denoiser_id, choose_device(device))
    if denoiser_id in FILTERS:
        return FILTERS[denoiser_id]
    if denoiser_id == PHOTOS:
        return load_photo_denoiser(device)
    if denoiser_id not in RECIPES and not guests.find(denoiser_id):
        lookup({**denoising_recipes(), **FILTERS}, denoiser_id, "denoiser")
    return load_network(denoiser_id, device)


def load_photo_cleaner(denoiser_id: str) -> Denoiser:
    """Return what cleans photographs of any size: "blind-photos" or a filter; else ValueError."""
    lookup({PHOTOS: None, **FILTERS}, denoiser_id, "denoiser of photographs")
    return load_denoiser(denoiser_id)


def load_network(recipe_id: str, device: str | None = None) -> Network:
    """Return a recipe's trained denoiser, loaded once per device.

    Args:
        recipe_id: a key of RECIPES that denoises, or a visitor's network.
        device: as for `choose_device`.

    Raises:
        ValueError: for an unknown recipe, the classifier, or a missing device.
        CheckpointError: when the weights are missing or damaged.
    """
    if network := guests.find(recipe_id):
        return network
    if not get_recipe(recipe_id).denoises:
        raise ValueError(f"{recipe_id} is a classifier, not a denoiser: choose another")
    return _load_for(recipe_id, device)


def load_classifier(device: str | None = None) -> Classifier:
    """Return the trained classifier, loaded once per device; errors as for `load_network`."""
    return Classifier(_load_for(CLASSIFIER, device))


def _load_for(recipe_id: str, device: str | None) -> Network:
    """Load a network for a device; for a page on a GPU, where none is named, for the CPU too."""
    chosen = choose_device(device)
    network = _load(recipe_id, chosen)
    if device is None and _has_nearby(chosen):
        return replace(network, nearby=_load(recipe_id, torch.device("cpu")))
    return network


def _has_nearby(device: torch.device) -> bool:
    """Whether a page computes single images on the CPU beside this device."""
    is_auto = (os.environ.get("DENOISE_DEVICE") or "auto") == "auto"
    return is_auto and device.type != "cpu" and sessions.serves_page()


def load_all() -> dict[str, str]:
    """Load every network; return the errors of those that cannot be used, by recipe."""
    problems = {}
    for recipe_id in RECIPES:
        try:
            _load_for(recipe_id, None)
        except checkpoints.CheckpointError as error:
            problems[recipe_id] = str(error)
    return problems


@torch.inference_mode()
def warm_up() -> None:
    """Use every network and filter once, because the first time imports and allocates.

    Sessions are opened for the blind networks and the classifier, which most visitors use; others
    follow at their first use, because each takes memory.
    """
    for recipe_id, recipe in RECIPES.items():
        with suppress(checkpoints.CheckpointError):
            network = _load(recipe_id, choose_device())
            blank = torch.zeros(1, *get_model(recipe.model).shape)
            if recipe.expects_error or not recipe.denoises:
                network(blank)
            network.module(blank.to(network.device))
    for spec in FILTERS.values():
        spec(torch.zeros(1, *DIGIT), 1.0)


def _load(recipe_id: str, device: torch.device) -> Network:
    """Load a network once, even if several threads ask for it."""
    with _loading:
        return _loaded(recipe_id, device, checkpoints.weights_dir())


@cache
def _loaded(recipe_id: str, device: torch.device, folder: Path) -> Network:
    path = checkpoints.checkpoint_path(recipe_id, folder)
    network = _read(checkpoints.in_its_folder(path), device)
    if network.recipe.id != recipe_id:
        raise checkpoints.CheckpointError(
            f"{path.name} holds {network.recipe.id}: restore the file"
        )
    return network


def _load_file(path: Path, device: torch.device) -> Network:
    """Load a network from a weight file of the caller's."""
    network = _read(path, device)
    if not network.recipe.denoises:
        raise ValueError(f"{path.name} is a classifier, not a denoiser: choose another")
    return network


def _load_published(address: str, device: torch.device) -> Network:
    """Load a network from the Hub; the errors of its file begin with its address."""
    from denoise_demo.denoisers import hub  # noqa: PLC0415 - slow, and the page never needs it

    path = hub.download(address)
    try:
        hub.check_origin(path)
        network = _read(path, device, hub.REMEDY)
    except checkpoints.CheckpointError as error:
        raise checkpoints.CheckpointError(f"{address}: {error}") from error
    if not network.recipe.denoises:
        raise ValueError(f"{address} is a classifier, not a denoiser: choose another")
    return network


def _read(path: Path, device: torch.device, remedy: str = checkpoints.REMEDY) -> Network:
    """Rebuild a network from its weight file, ready for a device."""
    checkpoint = checkpoints.load(path, remedy)
    try:
        recorded = checkpoint.metadata["recipe"]
        recipe = as_recorded(RECIPES[recorded["id"]], recorded)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise checkpoints.CheckpointError(
            f"{path.name} does not say how it was trained: {remedy}"
        ) from error
    module = checkpoint.module.to(device)
    for part in module.modules():
        if isinstance(part, Residual):
            part.fold()
    # In this layout convolutions take 10 % less time, in batches up to 50 %.
    module = module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return Network(recipe, module, device, final=True)
