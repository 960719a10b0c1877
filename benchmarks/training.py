"""Compare a training epoch of conv-pool with the article's implementation, alternately.

    python -m benchmarks.training --keras PYTHON

PYTHON is the interpreter of a separate environment with TensorFlow and SciPy. Needs no data set:
random images cost the same. Prints Markdown.
"""

import argparse
import subprocess
import time
from dataclasses import replace
from pathlib import Path
from statistics import median

import torch

from denoise_demo.data import Images
from denoise_demo.denoisers import RECIPES
from denoise_demo.training import Trainer, has_bfloat16

ARTICLE = Path(__file__).with_name("article.py")
OPERATIONS = 265e9  # of the article's network in one epoch: three times the forward pass


def random_digits() -> Images:
    """Return 60,000 images as sparse as handwriting: four pixels in five are black."""
    generator = torch.Generator().manual_seed(0)
    ink = torch.randint(0, 256, (60_000, 1, 28, 28), generator=generator, dtype=torch.uint8)
    ink *= torch.rand(ink.shape, generator=generator) < 0.2
    return Images(ink, torch.zeros(len(ink), dtype=torch.int64), "random images")


def peak(dtype: torch.dtype) -> float:
    """Return the operations per second of a large matrix product."""
    side, repeats = 2048, 5
    matrix = torch.ones(side, side, dtype=dtype)
    torch.mm(matrix, matrix)
    start = time.perf_counter()
    for _ in range(repeats):
        torch.mm(matrix, matrix)
    return repeats * 2 * side**3 / (time.perf_counter() - start)


def article(python: str, epochs: int) -> list[float]:
    """Run the article's implementation; return the seconds of its epochs after the first."""
    command = [python, str(ARTICLE), "--epochs", str(epochs + 1)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{ARTICLE.name} failed:\n{done.stderr}")
    return [float(line) for line in done.stdout.split()][1:]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keras", metavar="PYTHON", help="an interpreter that has TensorFlow")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=3, help="of each implementation, per round")
    options = parser.parse_args()
    ways = {
        precision: Trainer(
            replace(RECIPES["conv-pool"], precision=precision, epochs=10**6),
            random_digits(),
            torch.device("cpu"),
        )
        for precision in ("float32", "bfloat16")
        if precision == "float32" or has_bfloat16(torch.device("cpu"))
    }
    seconds: dict[str, list[float]] = {"Keras and SciPy": [], **{way: [] for way in ways}}
    for trainer in ways.values():
        trainer.epoch()
    for _ in range(options.rounds):
        if options.keras:
            seconds["Keras and SciPy"] += article(options.keras, options.epochs)
        for way, trainer in ways.items():
            seconds[way] += [trainer.epoch().seconds for _ in range(options.epochs)]

    print(f"{torch.get_num_threads()} threads, torch {torch.__version__}\n")
    print("| way | median s | fastest s | slowest s | times the article's | 10^9 operations/s |")
    print("|---|---|---|---|---|---|")
    base = median(seconds["Keras and SciPy"] or [float("nan")])
    for way, spent in seconds.items():
        if spent:
            middle = median(spent)
            print(
                f"| {way} | {middle:.2f} | {min(spent):.2f} | {max(spent):.2f} "
                f"| {base / middle:.2f} | {OPERATIONS / middle / 1e9:.0f} |"
            )
    for dtype in (torch.float32, torch.bfloat16):
        print(f"\nA large matrix product in {dtype}: {peak(dtype) / 1e9:.0f} x 10^9 operations/s.")


if __name__ == "__main__":
    main()
