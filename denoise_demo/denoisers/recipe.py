"""Recipes, and the training settings that weight files record."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Annotated, Literal

from pydantic import Field

from denoise_demo.common import JsonObject
from denoise_demo.corruption import Corruption, Mixture, recorded
from denoise_demo.networks import get_model

# Bounds and descriptions for external values, such as those of `train.py --set`.
Count = Annotated[int, Field(ge=1, le=10**6, description="a whole number from 1 to 1000000")]
Drawn = Annotated[int, Field(ge=2, le=10**5, description="a whole number from 2 to 100000")]
Seed = Annotated[int, Field(ge=0, lt=2**63, description="a whole number from 0")]
Weight = Annotated[float, Field(ge=0, description="a number from 0")]
Share = Annotated[float, Field(ge=0, lt=1, description="a number from 0 to below 1")]
Positive = Annotated[float, Field(gt=0, description="a number above 0")]
OptimiserSetting = bool | float | tuple[float, float]

KERAS_ADAM: Mapping[str, OptimiserSetting] = {"lr": 0.001, "eps": 1e-7}
WORDS_ONLY = ("title", "lesson")  # fields that do not affect training
RENAMED = {"settings": "optimiser_settings"}  # fields by their names in older weight files


@dataclass(frozen=True)
class Recipe:
    """How a network is trained, and what it shows.

    Attributes:
        point: the evaluation point for its main score.
        optimiser, schedule, loss: keys of the registries in `training`.
        steps: batches per epoch; None for one pass over the images.
        fresh: noise is drawn for every batch, not once for the whole data set.
        patch: rows and columns of the random patches of photographs; None for whole images.
        mirror: half of the images are mirrored, at random.
        precision: of the network's arithmetic; weights and loss stay in float32.
        max_norm: upper bound of the gradient's norm.
        average: decay of the running mean of the weights, which is what is kept; 0 for none.
        adversarial: weight of the discriminator's loss; 0 for none.
        patience: stop after this many epochs without a better validation loss.
        validation: number of validation images at the end of the training set, or below 1 their
            share; for photographs, of them, spread over all.
        glorot: initialise the weights as Keras does.
        drawn: how many digits to draw from the built-in pen strokes, in place of the data set.
        images: train on so many of the images only; None for all.
    """

    id: str
    title: str
    article: str
    model: str
    corruption: Corruption | Mixture
    point: str
    loss: str
    epochs: Count
    batch: Count
    lesson: str
    domain: str = "digits"
    optimiser: str = "Adam"
    optimiser_settings: Mapping[str, OptimiserSetting] = field(default_factory=lambda: KERAS_ADAM)
    steps: Count | None = None
    fresh: bool = True
    patch: Count | None = None
    mirror: bool = False
    schedule: str = "constant"
    precision: Literal["float32", "bfloat16"] = "float32"
    max_norm: Positive | None = None
    average: Share = 0.0
    adversarial: Weight = 0.0
    patience: Count | None = None
    validation: Positive = 10_000
    glorot: bool = True
    drawn: Drawn | None = None
    images: Count | None = None
    seed: Seed = 0

    @property
    def label(self) -> str:
        """The title in plain words, and the exact name."""
        return f"{self.title} · {exact_name(self.id, self.article)}"

    @property
    def clip(self) -> bool:
        """Whether the network expects its input limited to [0, 1]."""
        return self.corruption.clip

    @property
    def denoises(self) -> bool:
        """Whether the network returns an image; the classifier returns classes."""
        return self.loss != "cross-entropy"

    @property
    def expects_error(self) -> bool:
        """Whether the network also estimates its own error, value by value."""
        return get_model(self.model).expects_error


def article_name(article: str) -> str:
    """Return the name of an article on the page, where S0 is the first, or "our network"."""
    return f"article {int(article[1:]) + 1}" if article.startswith("S") else "our network"


def exact_name(recipe_id: str, article: str) -> str:
    """Return the article and the id of a recipe."""
    return f"{article_name(article)}, {recipe_id}" if article.startswith("S") else recipe_id


def settings_of(recipe: Recipe) -> JsonObject:
    """Return all settings that affect training, as JSON values; not the title and lesson."""
    plain = {key: value for key, value in vars(recipe).items() if key not in WORDS_ONLY}
    plain["optimiser_settings"] = dict(recipe.optimiser_settings)
    plain["corruption"] = asdict(recipe.corruption)
    settings: JsonObject = json.loads(json.dumps(plain))
    return settings


def changed_settings(recipe: Recipe, recorded_settings: object) -> list[str]:
    """Return the names of the settings that differ between the recipe and recorded settings.

    A field missing from an older record counts as its default.
    """
    ours = settings_of(recipe)
    if not isinstance(recorded_settings, dict):
        return list(ours)
    defaults = {entry.name: entry.default for entry in fields(Recipe)}
    theirs = defaults | _current(recorded_settings)
    return [key for key, value in ours.items() if value != theirs[key]]


def as_recorded(recipe: Recipe, recorded_settings: JsonObject) -> Recipe:
    """Return the recipe with the settings that a weight file records.

    Raises:
        KeyError, TypeError, AttributeError: when they are not valid settings of a recipe.
    """
    settings = _current(recorded_settings)
    known = {entry.name for entry in fields(Recipe)}
    values = {key: value for key, value in settings.items() if key in known}
    optimiser_settings = settings["optimiser_settings"].items()
    values["optimiser_settings"] = {  # JSON has no tuples
        key: tuple(value) if isinstance(value, list) else value for key, value in optimiser_settings
    }
    values["corruption"] = recorded(settings["corruption"])
    return replace(recipe, **values)


def _current(recorded_settings: JsonObject) -> JsonObject:
    return {RENAMED.get(key, key): value for key, value in recorded_settings.items()}
