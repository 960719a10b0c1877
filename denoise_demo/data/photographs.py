"""The photographs that ship with the app; photographs/README.md says where they are from."""

from functools import cache
from pathlib import Path

from PIL import Image

from denoise_demo.common import lookup
from denoise_demo.data.uploads import read_photo

FOLDER = Path(__file__).with_suffix("")
PHOTOGRAPHS: dict[str, str] = {
    "osprey": "Osprey",
    "wren": "Wren",
    "dandelion": "Dandelion",
    "colosseum": "Colosseum",
    "spices": "Spices",
    "city-night": "City at night",
}


@cache
def load_photograph(name: str) -> Image.Image:
    """Return a built-in photograph at its full size; ValueError for an unknown name."""
    lookup(PHOTOGRAPHS, name, "photograph")
    return read_photo(FOLDER / f"{name}.jpg")
