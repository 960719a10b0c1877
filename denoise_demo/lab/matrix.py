"""What each denoiser learnt against what it meets: gains under many corruptions, as measured."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from denoise_demo.benchmark import COMMAND, Results, ResultsError
from denoise_demo.corruption import NOISES, Corruption, points
from denoise_demo.denoisers import list_denoisers
from denoise_demo.lab.comparison import NOTHING, is_trained_on

POINTS_SHOWN = ("clean", "s0-level-1", "s0-level-3", "s0-level-5")  # not clipped, as on the stage
LIGHT, STRONG = 2, 6  # of the twelve levels of a kind's sweep, in rising noise


@dataclass(frozen=True)
class Case:
    """A column: a corruption, and its title in two lines."""

    kind: str
    level: float
    blur_sigma: float
    title: tuple[str, str]


def gain_matrix(results: Results, domain: str) -> dict[str, Any]:
    """Return a domain's matrix as JSON values.

    Returns:
        `columns`, the cases, and `rows`, one for each denoiser: its `id`, `label` and `cells`, in
        the columns' order: `psnr`, `accuracy` (None for faces), `gain` in dB and `change` in
        accuracy over doing nothing, whether it was `trained` on such a case, and over how many
        images `n`. A gain is None where doing nothing, or the result, has an infinite PSNR.

    Raises:
        ResultsError: when a denoiser was not measured.
    """
    cases = _cases(results, domain)
    rows = [
        {
            "id": key,
            "label": method.label,
            "cells": [_cell(found, case, key) for case, found in cases.items()],
        }
        for key, method in list_denoisers(domain).items()
    ]
    return {"columns": [asdict(case) for case in cases], "rows": rows}


def _cases(results: Results, domain: str) -> dict[Case, dict[str, Mapping[str, Any]]]:
    """Return the columns, each with its measured rows by denoiser."""
    cases: dict[Case, dict[str, Mapping[str, Any]]] = {}
    for name, corruption in points(domain).items():
        if name in POINTS_SHOWN:
            found = {r["method"]: r for r in results["rows"] if r["point"] == name}
            cases[_at_point(name, corruption)] = found
    for kind, spec in NOISES.items():
        rows = [row for row in results["sweep"] if row["kind"] == kind]
        levels = sorted({row["level"] for row in rows}, reverse=spec.minimum > 0)
        for place in (LIGHT, STRONG) if levels else ():
            level = levels[place]
            found = {row["method"]: row for row in rows if row["level"] == level}
            cases[Case(kind, level, 0.0, (spec.label, f"{level:g}"))] = found
    return cases


def _at_point(name: str, corruption: Any) -> Case:
    if corruption == Corruption("none"):
        return Case("none", 0.0, 0.0, ("Clean", ""))
    title = ("Blur, uniform", f"{corruption.blur_sigma:g} px, {corruption.level:g}")
    return Case(corruption.kind, corruption.level, corruption.blur_sigma, title)


def _cell(found: Mapping[str, Mapping[str, Any]], case: Case, key: str) -> dict[str, Any]:
    if missing := {NOTHING, key} - found.keys():
        raise ResultsError(f"results.json has no {' and '.join(missing)}: run {COMMAND}")
    before, after = found[NOTHING], found[key]
    return {
        "psnr": after["psnr"],
        "gain": _difference(after["psnr"], before["psnr"]),
        "accuracy": after.get("accuracy"),
        "change": _difference(after.get("accuracy"), before.get("accuracy")),
        "trained": is_trained_on(key, case.kind, case.level, case.blur_sigma),
        "n": after["n"],
    }


def _difference(after: float | None, before: float | None) -> float | None:
    return None if after is None or before is None else after - before
