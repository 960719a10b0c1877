"""Read and write the benchmark's results, and leave out rows that are out of date."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from denoise_demo.benchmark.rows import COMMAND, LISTS, Results, ResultsError, Row
from denoise_demo.common import write_atomically
from denoise_demo.corruption import NOISES, Corruption, Mixture, points
from denoise_demo.denoisers import RECIPES, WEIGHTS_DIR, CheckpointError
from denoise_demo.denoisers import checkpoint_path as weights_path

RESULTS_FILE = WEIGHTS_DIR / "results.json"
PHOTO_RESULTS = WEIGHTS_DIR / "results-photos.json"
AnyRow = TypeVar("AnyRow", bound=Row)


def sweep_corruption(kind: str, level: float = 0.0) -> Corruption:
    """Return the corruption of a sweep at a level: the noise alone, not clipped."""
    return Corruption(kind, level=level, clip=False)


def current_points() -> dict[str, Corruption | Mixture]:
    """Return the current definition of every evaluation point, of all domains."""
    return points("digits") | points("faces") | points("photos")


def current_sweeps() -> dict[str, Corruption]:
    """Return the current definition of the sweep of every kind of noise."""
    return {kind: sweep_corruption(kind) for kind in NOISES if kind != "none"}


def weights_hashes() -> dict[str, str]:
    """Return the SHA-256 of every recipe's weight file; CheckpointError when one is missing."""
    hashes = {recipe_id: weights_hash(recipe_id) for recipe_id in RECIPES}
    if missing := [recipe_id for recipe_id, found in hashes.items() if not found]:
        raise CheckpointError(f"{weights_path(missing[0]).name} is missing: train it first")
    return hashes


def load_results(path: Path | None = None, domain: str | None = None) -> Results:
    """Read the results of the benchmark, without those that are out of date.

    Rows are left out when their network's weights or their point's or sweep's definition have
    changed, accuracies when the classifier's weights have.

    Args:
        path: the file; defaults to weights/results.json.
        domain: return only the rows of this domain.

    Raises:
        ResultsError: when it is missing or damaged.
    """
    path = path or RESULTS_FILE
    try:
        found = _read(path, path.stat().st_mtime_ns)
    except FileNotFoundError as error:
        raise ResultsError(f"{path.name} is missing: run {COMMAND}") from error
    except (OSError, ValueError, RecursionError) as error:
        raise ResultsError(f"{path.name} is damaged: run {COMMAND}") from error
    retrained = {key for key, value in found.weights.items() if weights_hash(key) != value}
    classified = all(recipe.denoises for key, recipe in RECIPES.items() if key in retrained)
    changed_points = _changed(found.points, current_points())
    changed_sweeps = _changed(found.sweeps, current_sweeps())
    reasons = {
        "changed weights": retrained,
        "changed points": changed_points,
        "changed noise": changed_sweeps,
    }

    def kept(rows: list[AnyRow]) -> list[AnyRow]:
        return [
            row if classified else _unclassified(row)
            for row in rows
            if domain in (None, row.domain)
            and row.denoiser not in retrained
            and getattr(row, "point", None) not in changed_points
            and getattr(row, "kind", None) not in changed_sweeps
        ]

    notes = [f"{what}: {', '.join(sorted(names))}" for what, names in reasons.items() if names]
    lists = {
        "rows": kept(found.rows),
        "sweep": kept(found.sweep),
        "article": kept(found.article),
        "calibration": kept(found.calibration),
    }
    return found.model_copy(update={**lists, "left_out": notes})


def _unclassified(row: AnyRow) -> AnyRow:
    """Return a row without the scores that a classifier measured."""
    kept = {key: value for key, value in row if not key.startswith("accuracy")}
    return type(row).model_construct(**kept)


def read_results(path: Path) -> Results:
    """Read results, up to date or not; OSError or ValueError when they cannot be read."""
    results = Results.model_validate_json(path.read_bytes())
    named = {
        "points": [row.point for row in results.rows],
        "sweeps": [r.kind for r in results.sweep],
    }
    for part, names in named.items():
        if unknown := set(names) - getattr(results, part).keys():
            raise ValueError(f"{part} does not define {', '.join(sorted(unknown))}")
    return results


def save_results(results: Results, path: Path) -> None:
    """Write results atomically, one line per row, so that diffs stay small."""
    values = results.model_dump(mode="json")
    values = {key: value for key, value in values.items() if key != "plan" or value}
    parts = []
    for key, value in values.items():
        if key in LISTS:
            lines = ",\n".join(json.dumps(row, allow_nan=False) for row in value)
            parts.append(f"{json.dumps(key)}: [\n{lines}\n]")
        else:
            parts.append(f"{json.dumps(key)}: {json.dumps(value, indent=1, allow_nan=False)}")
    write_atomically(path, ("{\n" + ",\n".join(parts) + "\n}\n").encode())


@lru_cache(maxsize=2)
def _read(path: Path, changed: int) -> Results:
    """Read results; `changed`, the file's time, makes the cache read a new version."""
    return read_results(path)


def weights_hash(recipe_id: str) -> str:
    """Return the hash of a recipe's weight file; empty when it cannot be read."""
    path = weights_path(recipe_id)
    try:
        return _sha256(path, path.stat().st_mtime_ns) if path.is_file() else ""
    except OSError:
        return ""


@lru_cache(maxsize=4 * len(RECIPES))
def _sha256(path: Path, changed: int) -> str:
    """Return the hash of a file; `changed`, its time, makes the cache read a new version."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _changed(
    recorded: Mapping[str, Corruption | Mixture], current: Mapping[str, Corruption | Mixture]
) -> set[str]:
    """Return the names whose definition has changed or no longer exists."""
    return {
        name
        for name, corruption in recorded.items()
        if name not in current or _untitled(corruption) != _untitled(current[name])
    }


def _untitled(corruption: Corruption | Mixture) -> Corruption | Mixture:
    """Return a corruption without its title."""
    return replace(corruption, title="") if isinstance(corruption, Mixture) else corruption
