"""`train.py --set name=value`: typed and checked changes to the fields of a recipe."""

from collections.abc import Sequence
from dataclasses import replace
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import torch
from pydantic import ConfigDict, TypeAdapter, ValidationError

from denoise_demo.common import brief, lookup
from denoise_demo.corruption import NOISES, Corruption, Mixture, points
from denoise_demo.data import PHOTOS_DOMAIN, get_domain
from denoise_demo.denoisers import OptimiserSetting, Recipe
from denoise_demo.networks import FACE, build, get_model
from denoise_demo.training.objective import Objective
from denoise_demo.training.optimisers import OPTIMISERS, optimisers_of
from denoise_demo.training.schedules import SCHEDULES

NAMES = ("id", "title", "lesson", "article")  # fields that do not affect training
DOTTED = ("corruption.NAME", "optimiser_settings.NAME")
Fields = dict[str, Any]  # of a recipe or corruption, by name
STRICT = ConfigDict(strict=True, allow_inf_nan=False)
CONSTANTS = {"none": None, "true": True, "false": False}
WORDS: dict[object, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a word",
    NoneType: "none",
}


def override(recipe: Recipe, assignments: Sequence[str]) -> Recipe:
    """Return a recipe with some of its fields changed.

    Args:
        recipe: is not modified.
        assignments: "name=value". A dotted name sets a field of the corruption or an optimiser
            setting; `corruption` itself takes an evaluation point. A value is a number, two
            numbers separated by a comma, true, false, none or a word.

    Raises:
        ValueError: for an unknown name, a value of the wrong type or out of range, or values that
            do not fit together.
    """
    # Whole fields first, so that `optimiser=SGD` may follow `optimiser_settings.momentum=0.9`.
    for assignment in sorted(assignments, key=lambda each: "." in each.partition("=")[0]):
        name, equals, text = assignment.partition("=")
        if not equals:
            raise ValueError(f"{brief(assignment)} has no value: give name=value")
        recipe = replace(recipe, **_change(recipe, name, text))
    if assignments:
        _check(recipe)
    return recipe


def _change(recipe: Recipe, name: str, text: str) -> Fields:
    """Return the field that an assignment changes, with its new value."""
    whole, dot, part = name.partition(".")
    if name == "corruption":
        return {name: lookup(points(recipe.domain), text, "evaluation point")}
    if whole == "corruption" and dot:
        hint = lookup(_settable(recipe.corruption), part, "setting of the corruption")
        changed: Fields = {part: _value(name, text, hint)}
        return {whole: replace(recipe.corruption, **changed)}
    if whole == "optimiser_settings" and dot:
        known = lookup(OPTIMISERS, recipe.optimiser, "optimiser").settings
        lookup(dict.fromkeys(known), part, f"setting of {recipe.optimiser}")
        value = _value(name, text, OptimiserSetting)
        return {whole: {**recipe.optimiser_settings, part: value}}
    value = _value(name, text, lookup(_fields(), name, "setting"))
    if name == "optimiser":  # keep the settings that the new one has, too
        known = lookup(OPTIMISERS, text, "optimiser").settings
        kept = {k: v for k, v in recipe.optimiser_settings.items() if k in known}
        return {name: value, "optimiser_settings": kept}
    return {name: value}


def _fields() -> Fields:
    """Return the types of the fields that can be set; DOTTED stands for the nested ones."""
    hints = get_type_hints(Recipe, include_extras=True)
    settable = {key: hint for key, hint in hints.items() if key not in NAMES}
    del settable["optimiser_settings"]
    return settable | dict.fromkeys(DOTTED, str)


def _settable(corruption: Corruption | Mixture) -> Fields:
    """Return the types of a corruption's settings; of a mixture only `clip` can be changed."""
    hints = get_type_hints(type(corruption))
    return {"clip": hints["clip"]} if isinstance(corruption, Mixture) else hints


def _value(name: str, text: str, hint: object) -> object:
    """Convert a text to a value of a type; ValueError says what to give instead."""
    adapter: TypeAdapter[object] = TypeAdapter(hint, config=STRICT)  # type: ignore[arg-type]
    for value in (_literal(text), text):
        try:
            return adapter.validate_python(value)
        except ValidationError:
            continue
    raise ValueError(f"{name} is {brief(text)}: give {_words(hint)}")


def _literal(text: str) -> object:
    if "," in text:
        return tuple(_literal(part) for part in text.split(","))
    if text in CONSTANTS:
        return CONSTANTS[text]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _words(hint: object) -> str:
    """Return what a type expects, in words."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return str(arguments[1].description)
    if origin in (Union, UnionType):
        return " or ".join(map(_words, arguments))
    if origin is Literal:
        return " or ".join(arguments)
    if origin is tuple:
        return "two numbers separated by a comma"
    return WORDS[hint]


def _check(recipe: Recipe) -> None:
    """Raise ValueError when a recipe's fields do not fit together."""
    of_photos = recipe.domain == PHOTOS_DOMAIN
    shape = FACE if of_photos else get_domain(recipe.domain).shape
    if of_photos != (recipe.patch is not None):
        raise ValueError("photographs, and only they, need a patch: give its rows, such as 128")
    if of_photos and not (recipe.steps and recipe.fresh and recipe.denoises):
        raise ValueError(
            "photographs need a number of steps, fresh noise and a loss between images: give them"
        )
    lookup(points(recipe.domain), recipe.point, "evaluation point")
    lookup(SCHEDULES, recipe.schedule, "schedule")
    model = get_model(recipe.model)
    if model.shape != shape:
        raise ValueError(
            f"{recipe.model} takes images of {model.shape}, but {recipe.domain} are {shape}: "
            "choose another model or domain"
        )
    if recipe.drawn and recipe.domain != "digits":
        raise ValueError("only digits can be drawn from pen strokes: give drawn=none")
    if recipe.adversarial and shape != FACE:
        raise ValueError("adversarial needs colour images: give 0 for digits")
    if isinstance(recipe.corruption, Corruption):
        _check_corruption(recipe.corruption)
    network = build(recipe.model)
    optimisers_of(recipe, network, mixed=False)
    Objective(network, recipe.loss)
    blank = torch.zeros(2, *shape)
    if (network(blank).shape == blank.shape) != recipe.denoises:
        raise ValueError(
            f"the loss {recipe.loss} does not fit the model {recipe.model}: choose another"
        )


def _check_corruption(corruption: Corruption) -> None:
    """Raise ValueError for an unknown kind, a negative level or a range in the wrong order."""
    lookup(NOISES, corruption.kind, "noise")
    for name in ("level", "blur_sigma"):
        value = getattr(corruption, name)
        low, high = value if isinstance(value, tuple) else (value, value)
        if not 0 <= low <= high:
            raise ValueError(f"corruption.{name} is {value}: give 0 or more, the lower end first")
