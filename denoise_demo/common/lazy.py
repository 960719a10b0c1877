"""Modules that are imported when they are first used."""

from importlib import import_module
from typing import Any


class Lazy:
    """A module that is imported when something of it is first used: `ndimage.label(...)`."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(import_module(self._name), attribute)
