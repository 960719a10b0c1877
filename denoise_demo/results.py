"""The benchmark's results on disk, whether they are of these weights, and the README's tables."""

import hashlib
import json
from pathlib import Path
from typing import Any

from denoise_demo import checkpoints
from denoise_demo.files import write_atomically
from denoise_demo.methods import methods
from denoise_demo.models import build, count_parameters
from denoise_demo.recipes import POINTS, RECIPES, denoisers

RESULTS_FILE = checkpoints.WEIGHTS_DIR / "results.json"
README_FILE = checkpoints.WEIGHTS_DIR.parent / "README.md"
COMMAND = "python -m denoise_demo.benchmark --data-dir DATA"
BEGIN = "<!-- results: written by python -m denoise_demo.benchmark -->"
END = "<!-- /results -->"
SHOWN_POINTS = ("clean", "s0-train", "s1", "s2", "s3-random", "s4-salt-pepper-notebook")

Results = dict[str, Any]


class ResultsError(ValueError):
    """Results that are missing, damaged or of other weights; the message has the remedy."""


def weights_hashes(folder: Path = checkpoints.WEIGHTS_DIR) -> dict[str, str]:
    """Return the SHA-256 of every recipe's weight file; CheckpointError when one is missing."""
    hashes = {}
    for recipe_id in RECIPES:
        path = checkpoints.checkpoint_path(recipe_id, folder)
        if not path.exists():
            raise checkpoints.CheckpointError(f"{path.name} is missing: train it first")
        hashes[recipe_id] = hashlib.sha256(path.read_bytes()).hexdigest()
    return hashes


def load_results(path: Path | None = None) -> Results:
    """Read the results of the benchmark.

    Args:
        path: the file; weights/results.json unless told.

    Raises:
        ResultsError: when it is missing, damaged, or measured with other weights than these.
        CheckpointError: when a weight file is missing.
    """
    path = path or RESULTS_FILE
    try:
        results = json.loads(path.read_text(encoding="utf-8"))
        measured, rows = dict(results["weights"]), [*results["rows"], *results["sweep"]]
        if not all(isinstance(row, dict) for row in rows):
            raise TypeError("a row is no object")
    except FileNotFoundError as error:
        raise ResultsError(f"{path.name} is missing: run {COMMAND}") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ResultsError(f"{path.name} is damaged: run {COMMAND}") from error
    changed = [key for key, value in weights_hashes().items() if measured.get(key) != value]
    if changed:
        raise ResultsError(
            f"{path.name} was measured with other weights ({', '.join(changed)}): run {COMMAND}"
        )
    return dict(results)


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
    """Return the README's tables: each network where it is at home, and everything everywhere."""
    rows = {(row["method"], row["point"]): row for row in results["rows"]}
    return f"{_at_home(rows)}\n\n{_everywhere(rows)}"


def _at_home(rows: dict[tuple[str, str], Any]) -> str:
    """Return each network's scores at the point it was made for, and on clean digits."""
    lines = [
        "| network | article | parameters | made for | PSNR, dB | accuracy | accuracy on clean |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, recipe in denoisers().items():
        noisy, denoised = rows["noisy", recipe.point], rows[name, recipe.point]
        half = (denoised["psnr_high"] - denoised["psnr_low"]) / 2
        lines.append(
            f"| `{name}` | {recipe.article} | {count_parameters(build(recipe.model)):,} "
            f"| {POINTS[recipe.point].describe()} "
            f"| {_decibels(noisy)} → {_decibels(denoised)} ± {half:.2f} "
            f"| {noisy['accuracy']:.3f} → {denoised['accuracy']:.3f} "
            f"| {rows['noisy', 'clean']['accuracy']:.3f} → {rows[name, 'clean']['accuracy']:.3f} |"
        )
    return "\n".join(lines)


def _everywhere(rows: dict[tuple[str, str], Any]) -> str:
    """Return PSNR and accuracy of every network and filter at some points, the best in bold."""
    names = ["noisy", *methods()]
    best = {
        (point, metric): max(
            float("inf") if rows[name, point][metric] is None else rows[name, point][metric]
            for name in names
        )
        for point in SHOWN_POINTS
        for metric in ("psnr", "accuracy")
    }

    def cell(name: str, point: str) -> str:
        row = rows[name, point]
        psnr = float("inf") if row["psnr"] is None else row["psnr"]
        shown = {"psnr": _decibels(row), "accuracy": f"{row['accuracy']:.3f}"}
        values = {"psnr": psnr, "accuracy": row["accuracy"]}
        marked = [
            f"**{shown[metric]}**" if values[metric] == best[point, metric] else shown[metric]
            for metric in shown
        ]
        return " / ".join(marked) + ("" if row["n"] == rows["noisy", point]["n"] else " ¹")

    lines = [
        "| PSNR in dB / accuracy | " + " | ".join(f"`{point}`" for point in SHOWN_POINTS) + " |",
        "|---" * (len(SHOWN_POINTS) + 1) + "|",
    ]
    for name in names:
        title = "doing nothing" if name == "noisy" else f"`{name}`"
        cells = " | ".join(cell(name, point) for point in SHOWN_POINTS)
        lines.append(f"| {title} | {cells} |")
    return "\n".join(lines)


def _decibels(row: dict[str, Any]) -> str:
    return "∞" if row["psnr"] is None else f"{row['psnr']:.2f}"
