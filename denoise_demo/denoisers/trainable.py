"""What `train.py` can train: the recipes of digits and faces, and that of photographs."""

from denoise_demo.corruption import BLIND_PHOTOS
from denoise_demo.data import PHOTOS_DOMAIN
from denoise_demo.denoisers.photographs import PHOTOS
from denoise_demo.denoisers.recipe import Recipe
from denoise_demo.denoisers.recipes import RECIPES

# The shipped weights are of an earlier form of this recipe: see weights/README.md.
PHOTO_RECIPE = Recipe(
    id=PHOTOS,
    title="Any noise, photographs",
    article="Blind",
    model=PHOTOS,
    domain=PHOTOS_DOMAIN,
    corruption=BLIND_PHOTOS,
    point="gaussian-25",
    loss="l1",
    epochs=540,
    steps=200,  # short epochs, because a run is saved after each
    batch=64,
    patch=128,
    optimiser="AdamW",
    optimiser_settings={"lr": 0.001},
    schedule="two-cosines",
    precision="bfloat16",
    average=0.999,
    validation=0.1,
    glorot=False,
    lesson="One network for photographs of any size: it is given neither the kind nor the level of "
    "the noise, and leaves a clean photograph nearly as it is.",
)


def trainable() -> dict[str, Recipe]:
    """Return every recipe of `train.py`: those of digits and faces, then that of photographs."""
    return {**RECIPES, PHOTOS: PHOTO_RECIPE}
