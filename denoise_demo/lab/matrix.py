"""The matrix: gains of every denoiser under many corruptions, from the results."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TypedDict, cast

from denoise_demo.benchmark import NOTHING, PointRow, Results, SweepRow
from denoise_demo.corruption import NOISES, Corruption, points
from denoise_demo.denoisers import list_denoisers
from denoise_demo.lab.settings import is_trained_on

POINTS_SHOWN = ("clean", "s0-level-1", "s0-level-3", "s0-level-5")  # not clipped, as on the stage
LIGHT, STRONG = 2, 6  # indices of the twelve levels of a sweep, sorted by rising noise
Rows = Mapping[str, PointRow | SweepRow]


@dataclass(frozen=True)
class Case:
    """A column: a corruption, and its title in two lines."""

    kind: str
    level: float
    blur_sigma: float
    title: tuple[str, str]


class Cell(TypedDict):
    """A denoiser in a case: scores, their changes from doing nothing, number of pictures."""

    psnr: float | None
    gain: float | None
    accuracy: float | None
    change: float | None
    trained: bool
    n: int


class MatrixRow(TypedDict):
    """A denoiser, and a cell for each column."""

    id: str
    label: str
    cells: list[Cell]


class Matrix(TypedDict):
    """A domain's matrix as JSON values; `missing` lists denoisers that were not measured."""

    columns: list[dict[str, object]]
    rows: list[MatrixRow]
    missing: list[str]


def gain_matrix(results: Results, domain: str) -> Matrix:
    """Return a domain's matrix.

    A gain in dB is None where a PSNR is infinite, a change in accuracy where there is no accuracy.

    Raises:
        ResultsError: when nothing was measured.
    """
    cases = {case: rows for case, rows in _cases(results, domain).items() if NOTHING in rows}
    if not cases:
        raise results.lacks(f"scores of {domain}")
    rows: list[MatrixRow] = []
    missing = []
    for key, spec in list_denoisers(domain).items():
        if all(key in found for found in cases.values()):
            cells = [_cell(found, case, key) for case, found in cases.items()]
            rows.append({"id": key, "label": spec.label, "cells": cells})
        else:
            missing.append(spec.label)
    return {"columns": [asdict(case) for case in cases], "rows": rows, "missing": missing}


def _cases(results: Results, domain: str) -> dict[Case, Rows]:
    """Return the columns, each with its measured rows by denoiser."""
    cases: dict[Case, Rows] = {}
    for name, corruption in points(domain).items():
        if name in POINTS_SHOWN and isinstance(corruption, Corruption):
            cases[_at_point(corruption)] = {
                key: row for (key, at), row in results.at_points(domain).items() if at == name
            }
    for kind, spec in NOISES.items():
        rows = [row for row in results.sweep if (row.domain, row.kind) == (domain, kind)]
        levels = sorted({row.level for row in rows}, reverse=spec.minimum > 0)
        for place in (LIGHT, STRONG) if len(levels) > STRONG else ():
            level = levels[place]
            found = {row.denoiser: row for row in rows if row.level == level}
            cases[Case(kind, level, 0.0, (spec.label, f"{level:g}"))] = found
    return cases


def _at_point(corruption: Corruption) -> Case:
    if corruption == Corruption("none"):
        return Case("none", 0.0, 0.0, ("Clean", ""))
    level, blur = cast(float, corruption.level), cast(float, corruption.blur_sigma)
    return Case(corruption.kind, level, blur, ("Blur, uniform", f"{blur:g} px, {level:g}"))


def _cell(found: Rows, case: Case, key: str) -> Cell:
    before, after = found[NOTHING], found[key]
    return {
        "psnr": _mean(after, "psnr"),
        "gain": _difference(_mean(after, "psnr"), _mean(before, "psnr")),
        "accuracy": _mean(after, "accuracy"),
        "change": _difference(_mean(after, "accuracy"), _mean(before, "accuracy")),
        "trained": is_trained_on(key, case.kind, case.level, case.blur_sigma),
        "n": after.n,
    }


def _mean(row: PointRow | SweepRow, name: str) -> float | None:
    """Return a score's mean; None when it is infinite or was not measured."""
    score = row.score(name)
    return score.mean if score else None


def _difference(after: float | None, before: float | None) -> float | None:
    return None if after is None or before is None else after - before
