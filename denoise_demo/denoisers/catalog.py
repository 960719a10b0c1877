"""The catalogue: a description of every denoiser, first the networks, then the filters."""

from dataclasses import dataclass
from functools import cache

from denoise_demo.common import lookup
from denoise_demo.denoisers import guests
from denoise_demo.denoisers.filters import FILTERS, FilterSpec
from denoise_demo.denoisers.recipe import Recipe, article_name, exact_name
from denoise_demo.denoisers.recipes import ARTICLES, RECIPES, denoising_recipes
from denoise_demo.networks import Shape, count_parameters, get_model


@dataclass(frozen=True)
class DenoiserSpec:
    """Description of a denoiser, without its weights.

    Attributes:
        article: empty for a filter, and for a visitor's network.
        domain: empty for a filter.
        shape: shape of its input images; None for a filter, which takes any.
        clip: whether it expects its input limited to [0, 1].
        informed: whether it needs the noise's standard deviation.
        expects_error: whether it also estimates its own error.
        slow: whether it is too slow for a live picture.
        origin: where it comes from, without an article.
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
    expects_error: bool = False
    slow: bool = False
    origin: str = "filter"

    @property
    def exact(self) -> str:
        """Where it comes from and its id, beside the title in plain words."""
        return exact_name(self.id, self.article) if self.article else self.origin

    @property
    def label(self) -> str:
        """The title and the exact name."""
        return f"{self.title} · {self.exact}"


def list_denoisers(domain: str | None = None) -> dict[str, DenoiserSpec]:
    """Return the denoisers of a domain, or of all domains: networks, then filters."""
    networks = {key: _of_recipe(recipe) for key, recipe in denoising_recipes(domain).items()}
    return networks | {key: _of_filter(key, spec) for key, spec in FILTERS.items()}


def get_denoiser(denoiser_id: object) -> DenoiserSpec:
    """Return the description of a network or filter; ValueError when there is none."""
    if network := guests.find(denoiser_id):
        return _of_guest(str(denoiser_id), network.recipe)
    if isinstance(denoiser_id, str):
        if denoiser_id in FILTERS:
            return _of_filter(denoiser_id, FILTERS[denoiser_id])
        if recipe := RECIPES.get(denoiser_id):
            if recipe.denoises:
                return _of_recipe(recipe)
            raise ValueError(f"{denoiser_id} is a classifier, not a denoiser: choose another")
    return lookup(list_denoisers(), denoiser_id, "denoiser")


def _of_recipe(recipe: Recipe) -> DenoiserSpec:
    return DenoiserSpec(
        id=recipe.id,
        title=recipe.title,
        article=recipe.article,
        lesson=recipe.lesson,
        facts=f"{_parameters(recipe.model):,} parameters, trained on "
        f"{recipe.corruption.describe()}. {article_name(recipe.article).capitalize()}: "
        f"{ARTICLES[recipe.article]}.",
        clip=recipe.clip,
        expects_error=recipe.expects_error,
        domain=recipe.domain,
        shape=get_model(recipe.model).shape,
    )


def _of_guest(key: str, recipe: Recipe) -> DenoiserSpec:
    model = get_model(recipe.model)
    return DenoiserSpec(
        id=key,
        title="Yours",
        article="",
        origin=model.label,
        lesson="The network that you have trained on this page.",
        facts=f"{_parameters(recipe.model):,} parameters, trained on "
        f"{recipe.corruption.describe()}.",
        clip=recipe.clip,
        domain=recipe.domain,
        shape=model.shape,
    )


def _of_filter(key: str, spec: FilterSpec) -> DenoiserSpec:
    informed = "It is given the noise's standard deviation. " if spec.informed else ""
    return DenoiserSpec(
        id=key,
        title=spec.label,
        article="",
        lesson=spec.lesson,
        facts=f"No parameters, no training. {informed}{spec.reference}.",
        informed=spec.informed,
        slow=spec.slow,
    )


@cache
def _parameters(model: str) -> int:
    return count_parameters(model)
