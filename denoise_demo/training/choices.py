"""What a visitor of the page may choose for a training, as changes to an article's recipe."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import ConfigDict, StrictFloat, StrictInt, StrictStr
from pydantic.dataclasses import dataclass as checked

from denoise_demo.common import SEED_MAXIMUM, brief, lookup, noise_seed
from denoise_demo.corruption import NOISES
from denoise_demo.denoisers import RECIPES, Recipe, denoising_recipes
from denoise_demo.networks import FAMILIES, get_model
from denoise_demo.training.objective import LOSSES
from denoise_demo.training.overrides import override

VALIDATION = 1000  # images
DRAWN = 10_000  # digits that are drawn to train on
LOSS_NAMES = ("bce", "mse", "l1")
RATES = (1e-6, 1.0)
STARTS = [  # recipes of articles, of networks that may have any size
    key
    for key, recipe in denoising_recipes("digits").items()
    if get_model(recipe.model).module in {family.module for family in FAMILIES.values()}
]


@dataclass(frozen=True)
class LessonLimits:
    """The most that one lesson may take: seconds of training, epochs, and images to train on."""

    seconds: int = 120
    epochs: int = 100
    images: int = 30_000


@checked(frozen=True, config=ConfigDict(extra="forbid", allow_inf_nan=False))
class Choices:
    """What a visitor chooses: an article's recipe to start from, and what differs from it.

    `data` is "mnist" or "strokes", `low` and `high` the span of the noise's level, `network` a key
    of FAMILIES and `size` its code's.
    """

    recipe: StrictStr
    data: StrictStr
    kind: StrictStr
    low: StrictFloat
    high: StrictFloat
    network: StrictStr
    size: StrictInt
    loss: StrictStr
    rate: StrictFloat
    epochs: StrictInt
    seed: StrictInt = 0

    def __post_init__(self) -> None:
        """Check every choice; ValueError is one sentence that says what to give."""
        lookup(dict.fromkeys(STARTS), self.recipe, "recipe to start from")
        lookup({"mnist": None, "strokes": None}, self.data, "kind of digits")
        noise = lookup(NOISES, self.kind, "noise")
        for level in (self.low, self.high) if self.kind != "none" else ():
            noise.check(level)
        if self.low > self.high:
            raise ValueError(
                f"the noise goes from {self.low:g} to {self.high:g}: give the lower end first"
            )
        family = lookup(FAMILIES, self.network, "network")
        if not family.least <= self.size <= family.most:
            raise ValueError(
                f"the size is {brief(self.size)}: give {family.least} to {family.most}"
            )
        lookup(dict.fromkeys(LOSS_NAMES), self.loss, "loss")
        if not RATES[0] <= self.rate <= RATES[1]:
            raise ValueError(
                f"the rate is {self.rate:g}: give a number from {RATES[0]:f} to {RATES[1]:g}"
            )
        if self.epochs < 1:
            raise ValueError(f"{brief(self.epochs)} epochs teach nothing: give 1 or more")
        noise_seed(self.seed)

    @classmethod
    def of(cls, recipe_id: str, limits: LessonLimits, data: str) -> "Choices":
        """Return the choices that an article made, within the limits."""
        recipe = RECIPES[recipe_id]
        corruption = recipe.corruption
        level = getattr(corruption, "level", 0.0)
        low, high = level if isinstance(level, tuple) else (level, level)
        spec = get_model(recipe.model)
        network = next(key for key, family in FAMILIES.items() if family.module is spec.module)
        return cls(
            recipe=recipe_id,
            data=data,
            kind=getattr(corruption, "kind", "none"),
            low=float(low),
            high=float(high),
            network=network,
            size=int(str(spec.arguments.get("code", 8))),
            loss=recipe.loss,
            rate=min(article_rate(recipe), RATES[1]),
            epochs=min(recipe.epochs, limits.epochs),
            seed=min(recipe.seed, SEED_MAXIMUM),
        )

    def assignments(self, limits: LessonLimits) -> list[str]:
        """Return the changes to the article's recipe, as train.py's --set takes them.

        Raises:
            ValueError: for more epochs than the limits allow.
        """
        if self.epochs > limits.epochs:
            raise ValueError(
                f"{brief(self.epochs)} epochs are more than this page trains: give at most "
                f"{limits.epochs}, or train on your own computer"
            )
        base = RECIPES[self.recipe]
        wanted = {
            "validation": VALIDATION,
            "images": None if self.data == "strokes" else limits.images,
            "drawn": min(DRAWN, limits.images) + VALIDATION if self.data == "strokes" else None,
            "corruption.kind": self.kind,
            "corruption.level": self.low if self.low == self.high else (self.low, self.high),
            "loss": self.loss,
            "optimiser_settings.lr": self.rate,
            "epochs": self.epochs,
            "seed": self.seed,
            "schedule": "constant",
            "steps": None,
            "patience": None,
            "precision": "float32",
        }
        own = Choices.of(self.recipe, limits, self.data)
        if (self.network, self.size) != (own.network, own.size):
            wanted["model"] = f"{self.network}-{self.size}"
        return [
            f"{name}={_written(value)}"
            for name, value in wanted.items()
            if _of(base, name) != value
        ]

    def to_recipe(self, limits: LessonLimits) -> Recipe:
        """Return the recipe with these choices; errors as for `assignments` and `override`."""
        return override(RECIPES[self.recipe], self.assignments(limits))

    def command(self, limits: LessonLimits, epochs: int) -> str:
        """Return the command that trains the same on another computer, for so many epochs."""
        changes = [a for a in self.assignments(limits) if not a.startswith("epochs=")]
        words = [f"--set {change}" for change in [*changes, f"epochs={epochs}"]]
        return " ".join(["python train.py", self.recipe, *words, "--out my-networks"])


def article_rate(recipe: Recipe) -> float:
    """Return the learning rate with which a recipe trains."""
    return float(recipe.optimiser_settings["lr"])  # type: ignore[arg-type]


def _of(recipe: Recipe, name: str) -> object:
    """Return a recipe's setting by the name that --set gives it."""
    whole, _, part = name.partition(".")
    value = getattr(recipe, whole)
    if part:
        value = value[part] if isinstance(value, dict) else getattr(value, part, None)
    return value


def _written(value: object) -> str:
    """Return a value as --set takes it."""
    if isinstance(value, tuple):
        return ",".join(map(_written, value))
    return "none" if value is None else str(value)


def starts(limits: LessonLimits, data: str) -> Sequence[Choices]:
    """Return the choices of every article to start from."""
    return [Choices.of(key, limits, data) for key in STARTS]


def loss_labels() -> dict[str, str]:
    """Return the losses to choose from, in words."""
    return {key: LOSSES[key].label for key in LOSS_NAMES}
