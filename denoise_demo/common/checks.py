"""Input validation; each ValueError says which value was wrong and what to give."""

import json
import sys
from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

T = TypeVar("T")
JsonObject = dict[str, Any]  # the content of a JSON file or request, before it is checked
SEED_MAXIMUM = 2**31 - 1
SHOWN = 60  # characters of a wrong value shown in a message


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
    """Return a valid noise seed; ValueError for anything else."""
    if not 0 <= integer(value, "seed") <= SEED_MAXIMUM:
        raise ValueError(f"the seed is out of range: choose 0 to {SEED_MAXIMUM}")
    return value  # type: ignore[return-value]


def from_json(text: object, what: str) -> Any:
    """Return the value that a JSON text holds; ValueError naming `what` for anything else."""
    try:
        return json.loads(text)  # type: ignore[arg-type]
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"{what} is {brief(text)}: give a JSON text") from error


def parse(model: type[T] | TypeAdapter[T], values: object, what: str) -> T:
    """Validate external values with a pydantic model.

    Args:
        model: the expected fields, or a TypeAdapter of a union of models; its validators may
            raise ValueError with a complete sentence.
        values: a mapping, or an instance of the model.
        what: what to call the values in messages, for example "the settings".

    Raises:
        ValueError: one sentence about the first wrong value and what to give instead.
    """
    adapter = model if isinstance(model, TypeAdapter) else _adapter(model)  # type: ignore[arg-type]
    try:
        return adapter.validate_python(values)
    except ValidationError as error:
        names = getattr(model, "__pydantic_fields__", ())
        raise ValueError(_sentence(error.errors()[0], what, ", ".join(names))) from error


@cache
def _adapter(model: type[T]) -> TypeAdapter[T]:
    """Build a model's validator once: the page validates every frame."""
    return TypeAdapter(model)


def _sentence(error: ErrorDetails, what: str, names: str) -> str:
    """Return the message for one of pydantic's errors; `names` lists the expected fields."""
    context, value = error.get("ctx", {}), brief(error["input"])
    place = ".".join(str(part) if str(part).isprintable() else repr(part) for part in error["loc"])
    place = place if len(place) <= SHOWN else f"{place[: SHOWN - 1]}…"
    where = f"{place} of {what}" if place else what
    match error["type"]:
        case "value_error":
            return str(context["error"])
        case "missing":
            return f"{where} is missing: give {names or 'it'}"
        case "extra_forbidden" | "unexpected_keyword_argument" | "invalid_key":
            return f"{where} is unknown: give {names} only" if names else f"{where} is unknown"
        case "union_tag_not_found" | "union_tag_invalid":
            field = context["discriminator"].strip("'")
            known = f": give {context['expected_tags']}" if "expected_tags" in context else ""
            return f"{field} of {what} is {context.get('tag', 'missing')}{known}"
        case "model_type" | "model_attributes_type" | "dict_type" | "dataclass_type":
            return f"{where} is {value}: give an object"
    return f"{where} is {value}: {error['msg'].replace('Input should', 'it should', 1)}"


def check_keys(values: object, expected: set[str], what: str) -> None:
    """Raise ValueError unless `values` is an object with exactly the expected keys."""
    if not isinstance(values, Mapping):
        raise ValueError(f"{what} is {brief(values)}: give an object")
    missing, unknown = expected - set(values), set(values) - expected
    if missing or unknown:
        parts = [f"{' and '.join(sorted(missing))} missing"] if missing else []
        parts += [f"{brief(sorted(unknown, key=str))} unknown"] if unknown else []
        raise ValueError(f"{what}: {'; '.join(parts)}; give {', '.join(sorted(expected))}")


def brief(value: object) -> str:
    """Return a value's repr, cut to one short line."""
    try:
        text = repr(value)
    except ValueError:  # an int with more digits than sys.get_int_max_str_digits()
        return "a number with thousands of digits"
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
