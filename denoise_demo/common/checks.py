"""Checks of what comes from outside; each ValueError says what came and what to give."""

import sys
from collections.abc import Mapping
from typing import TypeVar

T = TypeVar("T")
SEED_MAXIMUM = 2**31 - 1
SHOWN = 60  # characters of a wrong value that a message repeats


def lookup(registry: Mapping[str, T], key: object, noun: str) -> T:
    """Return `registry[key]`; an unknown key raises ValueError naming the known ones."""
    if not isinstance(key, str) or key not in registry:
        raise ValueError(f"unknown {noun} {brief(key)}; choose one of: {', '.join(registry)}")
    return registry[key]


def finite(value: object, name: str) -> float:
    """Return a finite number; ValueError for anything else, booleans included."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not abs(value) <= sys.float_info.max:  # type: ignore[arg-type]
        raise ValueError(f"{name} is {brief(value)}: give a finite number")
    return value  # type: ignore[return-value]


def integer(value: object, name: str) -> int:
    """Return a whole number; ValueError for anything else, booleans included."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"{name} is {brief(value)}: give a whole number")
    return value


def noise_seed(value: object) -> int:
    """Return a seed of noise; ValueError for anything else."""
    if not 0 <= integer(value, "seed") <= SEED_MAXIMUM:
        raise ValueError(f"the seed is outside its span: choose 0 to {SEED_MAXIMUM}")
    return value  # type: ignore[return-value]


def check_keys(values: object, expected: set[str], what: str) -> None:
    """Raise ValueError unless `values` is an object with exactly the expected keys."""
    if not isinstance(values, Mapping):
        raise ValueError(f"{what} came as {brief(values)}: give an object")
    missing, unknown = expected - set(values), set(values) - expected
    if missing or unknown:
        parts = [f"{' and '.join(sorted(missing))} missing"] if missing else []
        parts += [f"{brief(sorted(unknown, key=str))} unknown"] if unknown else []
        raise ValueError(f"{what}: {'; '.join(parts)}; give {', '.join(sorted(expected))}")


def brief(value: object) -> str:
    """Return a value's repr, cut to one short line."""
    try:
        text = repr(value)
    except ValueError:  # a whole number of more digits than Python cares to print
        return "a number of thousands of digits"
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
