"""Every way to denoise under one roof: the trained networks of RECIPES, the filters of FILTERS."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from torch import Tensor

from denoise_demo.common import lookup
from denoise_demo.denoisers.engine import load_network
from denoise_demo.denoisers.filters import FILTERS, FilterSpec
from denoise_demo.denoisers.recipes import ARTICLES, RECIPES, Recipe, denoising_recipes
from denoise_demo.networks import MODELS, Shape, build, count_parameters

Denoiser = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class DenoiserSpec:
    """What a person needs to know of a denoiser, and what it expects.

    `article` and `domain` are empty for a filter, and it has no `shape`: it takes all pictures.
    `clip` says whether it expects its input limited to [0, 1], `informed` whether it must be told
    the noise's standard deviation, `spreads` whether it says how far off it expects to be.
    """

    id: str
    title: str
    article: str
    lesson: str
    facts: str
    domain: str = ""
    shape: Shape | None = None
    clip: bool = False
    informed: bool = False
    spreads: bool = False
    slow: bool = False

    @property
    def label(self) -> str:
        """Where it comes from, and the title."""
        return f"{self.article or 'Filter'} · {self.title}"


@cache
def list_denoisers(domain: str | None = None) -> dict[str, DenoiserSpec]:
    """Return all that denoise a domain's images, or any: its networks, then the filters."""
    networks = {key: _of_recipe(recipe) for key, recipe in denoising_recipes(domain).items()}
    return networks | {key: _of_filter(key, spec) for key, spec in FILTERS.items()}


def get_denoiser(method_id: object) -> DenoiserSpec:
    """Return the network or filter; ValueError naming the known ones when there is none."""
    if isinstance(method_id, str) and method_id in RECIPES.keys() - list_denoisers().keys():
        raise ValueError(f"{method_id} classifies; it does not denoise: choose another")
    return lookup(list_denoisers(), method_id, "recipe or filter")


def load_denoiser(method_id: str, device: str | None = None) -> Denoiser:
    """Return what denoises: (noisy, sigma) -> denoised, (N, C, H, W) in [0, 1].

    `sigma` is the noise's standard deviation, (N,); only informed filters use it.

    Args:
        method_id: a key of RECIPES that denoises, or of FILTERS.
        device: where a network computes, as for `choose_device`.

    Raises:
        ValueError: for an unknown one, or a device that is not there.
        CheckpointError: when a network's weights are missing or damaged.
    """
    if get_denoiser(method_id).id in FILTERS:
        return FILTERS[method_id]
    return load_network(method_id, device)


def _of_recipe(recipe: Recipe) -> DenoiserSpec:
    parameters = count_parameters(build(recipe.model))
    return DenoiserSpec(
        id=recipe.id,
        title=recipe.title,
        article=recipe.article,
        lesson=recipe.lesson,
        facts=f"{parameters:,} parameters, trained on {recipe.corruption.describe()}. "
        f"{recipe.article}: {ARTICLES[recipe.article]}.",
        clip=recipe.clip,
        spreads=recipe.spreads,
        domain=recipe.domain,
        shape=MODELS[recipe.model].shape,
    )


def _of_filter(key: str, spec: FilterSpec) -> DenoiserSpec:
    told = "It is told how strong the noise is. " if spec.informed else ""
    return DenoiserSpec(
        id=key,
        title=spec.label,
        article="",
        lesson=spec.lesson,
        facts=f"No parameters, no training. {told}{spec.reference}.",
        informed=spec.informed,
        slow=spec.slow,
    )
