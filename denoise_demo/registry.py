"""Look-up in the literal registries: NOISES, MODELS, RECIPES."""

from collections.abc import Mapping
from reprlib import repr as brief
from typing import TypeVar

T = TypeVar("T")


def lookup(registry: Mapping[str, T], key: object, noun: str) -> T:
    """Return `registry[key]`; an unknown key raises ValueError naming the known ones."""
    if not isinstance(key, str) or key not in registry:
        raise ValueError(f"unknown {noun} {brief(key)}; choose one of: {', '.join(registry)}")
    return registry[key]
