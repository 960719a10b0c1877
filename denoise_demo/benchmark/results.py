"""The benchmark's results on disk, whether they are of these weights, and the README's tables."""

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from denoise_demo.common import write_atomically
from denoise_demo.denoisers import RECIPES, checkpoints, denoising_recipes, list_denoisers
from denoise_demo.networks import build, count_parameters

RESULTS_FILE = checkpoints.WEIGHTS_DIR / "results.json"
README_FILE = checkpoints.WEIGHTS_DIR.parent / "README.md"
COMMAND = "python -m denoise_demo.benchmark --data-dir DATA"
BEGIN = "<!-- results: written by python -m denoise_demo.benchmark -->"
END = "<!-- /results -->"


@dataclass(frozen=True)
class Shown:
    """What the README's large table shows of a domain: some points, and a metric beside the PSNR.

    The metric has a name, a format, and a sign: 1 where higher is better, or -1.
    """

    points: tuple[str, ...]
    metric: str
    title: str
    format: str
    sign: int


SHOWN = {
    "digits": Shown(
        ("clean", "s0-train", "s0-level-3", "s0-level-5", "s1", "s2", "s3-random",
         "s4-salt-pepper-notebook"),
        "accuracy", "accuracy", "{:.3f}", 1,
    ),
    "faces": Shown(
        ("s4-gaussian", "s4-gaussian-notebook", "s4-poisson", "s4-salt-pepper",
         "s4-salt-pepper-notebook", "s4-speckle"),
        "mae", "mean absolute error", "{:.5f}", -1,
    ),
}  # fmt: skip

LISTS = {  # what identifies the rows of each; the rest are scores, as many as were measured
    "rows": {"domain", "method", "point", "n"},
    "sweep": {"domain", "method", "kind", "level", "n"},
    "article": {"domain", "method", "point", "mae"},  # as the article computed, from `article`
    # Of the networks that say how sure they are.
    "calibration": {"domain", "method", "point", "expected", "actual"},
}
Results = dict[str, Any]
Rows = dict[tuple[str, str], Any]


class ResultsError(ValueError):
    """Results that are missing, damaged or of other weights; the message has the remedy."""


def weights_hashes(folder: Path = checkpoints.WEIGHTS_DIR) -> dict[str, str]:
    """Return the SHA-256 of every recipe's weight file; CheckpointError when one is missing."""
    hashes = {}
    for recipe_id in RECIPES:
        path = checkpoints.checkpoint_path(recipe_id, folder)
        if not path.exists():
            raise checkpoints.CheckpointError(f"{path.name} is missing: train it first")
        hashes[recipe_id] = _sha256(path, path.stat().st_mtime_ns)
    return hashes


@lru_cache(maxsize=4 * len(RECIPES))
def _sha256(path: Path, changed: int) -> str:
    """Return the hash of a file, computed anew when it has changed."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def load_results(path: Path | None = None, domain: str | None = None) -> Results:
    """Read the results of the benchmark.

    Args:
        path: the file; weights/results.json unless told.
        domain: whose rows alone to read, and whose weights alone must be unchanged.

    Raises:
        ResultsError: when it is missing, damaged, or measured with other weights than these.
        CheckpointError: when a weight file is missing.
    """
    path = path or RESULTS_FILE
    try:
        results = dict(_read(path, path.stat().st_mtime_ns))
        measured = dict(results["weights"])
        for part in LISTS:
            results[part] = [r for r in results[part] if domain in (r["domain"], None)]
    except FileNotFoundError as error:
        raise ResultsError(f"{path.name} is missing: run {COMMAND}") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ResultsError(f"{path.name} is damaged: run {COMMAND}") from error
    changed = [
        key
        for key, value in weights_hashes().items()
        if measured.get(key) != value and domain in (None, RECIPES[key].domain)
    ]
    if changed:
        raise ResultsError(
            f"{path.name} was measured with other weights ({', '.join(changed)}): run {COMMAND}"
        )
    return results


@lru_cache(maxsize=2)
def _read(path: Path, changed: int) -> Results:
    """Read results, anew when the file has changed; every row has its numbers."""
    results: Results = json.loads(path.read_text(encoding="utf-8"))
    for part, columns in LISTS.items():
        if missing := next((m for row in results[part] if (m := columns - set(row))), None):
            raise KeyError(*missing)
    return results


def save_results(results: Results, path: Path) -> None:
    """Write results atomically, a line for each row, so that a change shows as few lines."""
    plain = {key: value for key, value in results.items() if not isinstance(value, list)}
    parts = [f"{json.dumps(key)}: {json.dumps(value, indent=1)}" for key, value in plain.items()]
    for key, value in results.items():
        if isinstance(value, list):
            lines = ",\n".join(json.dumps(row, allow_nan=False) for row in value)
            parts.append(f"{json.dumps(key)}: [\n{lines}\n]")
    text = "{\n" + ",\n".join(parts) + "\n}\n"
    write_atomically(path, text.encode())


def write_readme(results: Results) -> None:
    """Put the tables of these results into the README, as it is now."""
    head, tail = around_tables(README_FILE.read_text(encoding="utf-8"))
    text = f"{head}{BEGIN}\n{readme_tables(results)}\n{END}{tail}"
    write_atomically(README_FILE, text.encode())


def around_tables(readme: str) -> tuple[str, str]:
    """Return the README's text before and after the tables; ValueError without a place for them."""
    head, begin, rest = readme.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not (begin and end):
        raise ValueError(
            f"{README_FILE.name} has no place for the tables: put back {BEGIN} and {END}"
        )
    return head, tail


def readme_tables(results: Results) -> str:
    """Return the README's tables: each network where it is at home, and everything everywhere.

    What is new and not measured yet with the other domain's pictures has no line.
    """
    tables = []
    for domain in SHOWN:
        rows = {(r["method"], r["point"]): r for r in results["rows"] if r["domain"] == domain}
        tables += [_at_home(rows, domain), _everywhere(rows, domain)] if rows else []
    return "\n\n".join(tables)


def _at_home(rows: Rows, domain: str) -> str:
    """Return each network's scores at the point it was made for, and a classifier's on clean."""
    shown = SHOWN[domain]
    classified = domain == "digits"
    lines = [
        f"| network | article | parameters | made for | at | PSNR, dB | {shown.title} |"
        + (" accuracy on clean |" if classified else ""),
        "|---" * (7 + classified) + "|",
    ]
    for name, recipe in denoising_recipes(domain).items():
        if (name, recipe.point) not in rows:
            continue
        noisy, denoised = rows["noisy", recipe.point], rows[name, recipe.point]
        half = (denoised["psnr_high"] - denoised["psnr_low"]) / 2
        clean = [rows[key, "clean"] for key in ("noisy", name)]
        lines.append(
            f"| `{name}` | {recipe.article} | {count_parameters(build(recipe.model)):,} "
            f"| {recipe.corruption.describe()} | `{recipe.point}` "
            f"| {_decibels(noisy)} → {_decibels(denoised)} ± {half:.2f} "
            f"| {_change(shown, noisy, denoised)} |"
            + (f" {_change(shown, *clean)} |" if classified else "")
        )
    return "\n".join(lines)


def _everywhere(rows: Rows, domain: str) -> str:
    """Return two metrics of every network and filter at some points, the best in bold."""
    shown = SHOWN[domain]
    names = [name for name in ("noisy", *list_denoisers(domain)) if (name, shown.points[0]) in rows]
    best = {
        (point, metric): max(sign * _value(rows[name, point], metric) for name in names)
        for point in shown.points
        for metric, sign in (("psnr", 1), (shown.metric, shown.sign))
    }

    def cell(name: str, point: str) -> str:
        row = rows[name, point]
        texts = (_decibels(row), shown.format.format(row[shown.metric]))
        values = (_value(row, "psnr"), shown.sign * row[shown.metric])
        marked = [
            f"**{text}**" if value == best[point, metric] else text
            for text, value, metric in zip(texts, values, ("psnr", shown.metric), strict=True)
        ]
        return " / ".join(marked) + ("" if row["n"] == rows["noisy", point]["n"] else " ¹")

    head = " | ".join(f"`{point}`" for point in shown.points)
    lines = [f"| PSNR in dB / {shown.title} | {head} |", "|---" * (len(shown.points) + 1) + "|"]
    for name in names:
        title = "doing nothing" if name == "noisy" else f"`{name}`"
        cells = " | ".join(cell(name, point) for point in shown.points)
        lines.append(f"| {title} | {cells} |")
    return "\n".join(lines)


def _value(row: dict[str, Any], metric: str) -> float:
    """Return a metric of a row; only the PSNR may be missing, being infinite."""
    return float("inf") if row[metric] is None else float(row[metric])


def _change(shown: Shown, before: dict[str, Any], after: dict[str, Any]) -> str:
    return " → ".join(shown.format.format(row[shown.metric]) for row in (before, after))


def _decibels(row: dict[str, Any]) -> str:
    return "∞" if row["psnr"] is None else f"{row['psnr']:.2f}"
