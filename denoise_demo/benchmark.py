"""Quality of every network at every evaluation point, on MNIST's test digits.

python -m denoise_demo.benchmark --data-dir DATA
"""

import argparse
import hashlib
import json
import math
import sys
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from denoise_demo import checkpoints, metrics
from denoise_demo.data import Digits, load_mnist
from denoise_demo.inference import load_classifier, load_denoiser
from denoise_demo.models import build, count_parameters
from denoise_demo.noise import Corruption
from denoise_demo.recipes import POINTS, RECIPES, denoisers

RESULTS_FILE = checkpoints.WEIGHTS_DIR / "results.json"
README_FILE = checkpoints.WEIGHTS_DIR.parent / "README.md"
BEGIN, END = (
    "<!-- results: written by python -m denoise_demo.benchmark -->",
    "<!-- /results -->",
)
NOISE_SEED = 0
BATCH = 1000  # fixed, because it decides which random numbers an image gets

Method = Callable[[Tensor], Tensor]


@torch.inference_mode()
def evaluate(
    method: Method,
    corruption: Corruption,
    digits: Digits,
    classify: Method | None = None,
) -> dict[str, float]:
    """Measure a denoiser on digits with fixed noise.

    Args:
        method: noisy (N, 1, 28, 28) -> denoised (N, 1, 28, 28) in [0, 1].
        corruption: what is done to the clean digits.
        digits: the images measured on.
        classify: gives class probabilities (N, 10), for the accuracy after denoising.

    Returns:
        Means over the images: psnr (dB), ssim, mae, bce, and accuracy.
    """
    generator = torch.Generator().manual_seed(NOISE_SEED)
    values: dict[str, list[Tensor]] = {}
    for start in range(0, len(digits), BATCH):
        rows = slice(start, start + BATCH)
        clean = digits.clean(rows)
        denoised = method(corruption(clean, generator)).clamp(0, 1)
        for metric in (metrics.psnr, metrics.ssim, metrics.mae, metrics.bce):
            values.setdefault(metric.__name__, []).append(metric(denoised, clean))
        if classify:
            right = classify(denoised).argmax(1) == digits.labels[rows]
            values.setdefault("accuracy", []).append(right.float())
    return {name: float(torch.cat(parts).double().mean()) for name, parts in values.items()}


def measure_all(digits: Digits) -> list[dict[str, Any]]:
    """Measure the noisy input itself and every digits network at every evaluation point."""
    classify = load_classifier("cpu")
    methods: dict[str, Method] = {"noisy": lambda noisy: noisy}
    methods |= {recipe_id: load_denoiser(recipe_id, "cpu") for recipe_id in denoisers()}
    rows = []
    with tqdm(total=len(methods) * len(POINTS), unit="row") as bar:
        for name, method in methods.items():
            for point, corruption in POINTS.items():
                scores = evaluate(method, corruption, digits, classify)
                # JSON knows no infinity: the PSNR of identical pictures is null.
                rounded = {k: round(v, 5) if math.isfinite(v) else None for k, v in scores.items()}
                where = {"domain": "digits", "method": name, "point": point, "n": len(digits)}
                rows.append(where | rounded)
                bar.set_postfix_str(f"{name} {point} {scores['psnr']:.2f} dB")
                bar.update()
    return rows


def readme_table(results: dict[str, Any]) -> str:
    """Return the README's table: each network at its own point and on clean digits."""
    rows = {(row["method"], row["point"]): row for row in results["rows"]}
    lines = [
        "| network | article | parameters | made for | PSNR, dB | accuracy | accuracy on clean |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, recipe in denoisers().items():
        noisy, denoised = rows["noisy", recipe.point], rows[name, recipe.point]
        before = "∞" if noisy["psnr"] is None else f"{noisy['psnr']:.2f}"
        lines.append(
            f"| `{name}` | {recipe.article} | {count_parameters(build(recipe.model)):,} "
            f"| {POINTS[recipe.point].describe()} | {before} → {denoised['psnr']:.2f} "
            f"| {noisy['accuracy']:.3f} → {denoised['accuracy']:.3f} "
            f"| {rows['noisy', 'clean']['accuracy']:.3f} → {rows[name, 'clean']['accuracy']:.3f} |"
        )
    return "\n".join(lines)


def weights_hashes() -> dict[str, str]:
    """Return the SHA-256 of every shipped weight file."""
    paths = {recipe_id: checkpoints.checkpoint_path(recipe_id) for recipe_id in RECIPES}
    return {key: hashlib.sha256(path.read_bytes()).hexdigest() for key, path in paths.items()}


def _around_table(readme: str) -> tuple[str, str]:
    """Return the README's text before and after the table of results."""
    head, begin, rest = readme.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not (begin and end):
        raise ValueError(
            f"{README_FILE.name} has no place for the table: put back {BEGIN} and {END}"
        )
    return head, tail


def main(arguments: list[str] | None = None) -> int:
    """Measure everything, write weights/results.json and the table of the README."""
    parser = argparse.ArgumentParser(prog="python -m denoise_demo.benchmark", description=__doc__)
    parser.add_argument("--data-dir", metavar="FOLDER", help="where MNIST is (or DENOISE_DATA_DIR)")
    options = parser.parse_args(arguments)
    try:
        head, tail = _around_table(README_FILE.read_text(encoding="utf-8"))
        digits = load_mnist("test", options.data_dir, download=True)
        rows = measure_all(digits)
    except (OSError, ValueError) as error:
        print(f"benchmark: {error}", file=sys.stderr)
        return 1
    results = {"noise_seed": NOISE_SEED, "weights": weights_hashes(), "rows": rows}
    text = json.dumps(results, indent=1, allow_nan=False)
    checkpoints.write_atomically(RESULTS_FILE, f"{text}\n".encode())
    readme = f"{head}{BEGIN}\n{readme_table(results)}\n{END}{tail}"
    checkpoints.write_atomically(README_FILE, readme.encode())
    print(f"wrote {len(rows)} rows to {RESULTS_FILE.name}, and the table of {README_FILE.name}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
