"""Train the blind network on one noise at a time, to measure the cost of handling every noise.

    python -m benchmarks.specialists --data-dir DATA --out FOLDER [--epochs 12] [POINT ...]

Prints Markdown: PSNR and accuracy on the test digits at each point, for its specialist and for the
shipped network. A specialist trains on fewer digits, all under its noise. A stopped run continues;
finished specialists are only measured again.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import torch

from denoise_demo.benchmark import evaluate
from denoise_demo.corruption import POINTS
from denoise_demo.data import load_mnist
from denoise_demo.denoisers import RECIPES, Network, Recipe, load_classifier, load_network
from denoise_demo.training import Record, Trainer, fit, resume

DEFAULT_POINTS = ("s0-level-4", "s1", "s2")


def specialist(point: str, epochs: int) -> Recipe:
    """Return the blind network's recipe with the noise of one point."""
    blind = RECIPES["blind-digits"]
    name = f"blind-digits-{point}"
    return replace(blind, id=name, corruption=POINTS[point], point=point, epochs=epochs)


def trained(recipe: Recipe, data_dir: str | None, folder: Path) -> Network:
    """Train a recipe to its end, continuing an earlier run."""
    trainer = Trainer(recipe, load_mnist("train", data_dir), torch.device("cpu"))
    state = folder / f"{recipe.id}.safetensors"
    resume(trainer, state)
    for record in fit(trainer, state):
        if isinstance(record, Record):
            print(f"{recipe.id} epoch {record.epoch}: {record.seconds:.0f} s", file=sys.stderr)
    return Network(recipe, trainer.module.eval(), trainer.device)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("points", nargs="*", metavar="POINT", default=[*DEFAULT_POINTS])
    parser.add_argument("--data-dir", metavar="FOLDER")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--epochs", type=int, default=12)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    test, classify = load_mnist("test", options.data_dir), load_classifier("cpu")
    print("| point | specialist | blind | difference, dB |\n|---|---|---|---|")
    for point in options.points:
        networks = {
            "specialist": trained(specialist(point, options.epochs), options.data_dir, options.out),
            "blind": load_network("blind-digits", "cpu"),
        }
        scores = [evaluate(each, POINTS[point], test, classify) for each in networks.values()]
        cells = [f"{score['psnr']:.2f} / {score['accuracy']:.3f}" for score in scores]
        behind = scores[1]["psnr"] - scores[0]["psnr"]
        print(f"| `{point}` | {' | '.join(cells)} | {behind:+.2f} |", flush=True)


if __name__ == "__main__":
    main()
