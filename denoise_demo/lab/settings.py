"""The settings of one experiment, and whether a denoiser was trained on its noise."""

from typing import Annotated

from pydantic import ConfigDict, Field, StrictFloat, StrictInt, StrictStr
from pydantic.dataclasses import dataclass

from denoise_demo.common import SEED_MAXIMUM, lookup, parse
from denoise_demo.corruption import BLUR_MAXIMUM, NOISES
from denoise_demo.denoisers import RECIPES, get_denoiser


@dataclass(frozen=True, config=ConfigDict(extra="forbid", allow_inf_nan=False))
class Settings:
    """The corruption, the noise seed and the denoiser.

    `level` is in the unit of the noise kind, `blur_sigma` in pixels. `denoiser` is a network's or
    a filter's id.
    """

    kind: StrictStr
    level: StrictFloat
    blur_sigma: Annotated[StrictFloat, Field(ge=0, le=BLUR_MAXIMUM)]
    denoiser: StrictStr
    seed: Annotated[StrictInt, Field(ge=0, le=SEED_MAXIMUM)]

    def __post_init__(self) -> None:
        """Check the values that depend on the registries."""
        lookup(NOISES, self.kind, "noise").check(self.level)
        get_denoiser(self.denoiser)

    @classmethod
    def parse(cls, values: object) -> "Settings":
        """Validate settings from JSON values; ValueError says what to give instead."""
        return parse(cls, values, "the settings")


def is_trained_on(denoiser: str, kind: str, level: float, blur_sigma: float) -> bool:
    """Whether a denoiser is a network that was trained on this noise or nearly the same."""
    recipe = RECIPES.get(denoiser)
    return recipe is not None and recipe.corruption.covers(kind, level, blur_sigma)
