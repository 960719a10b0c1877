"""Measure the engine: noise on 60,000 digits, one training epoch, one image through a network.

python benchmarks/engine.py

Needs no data set: random images cost the same. Prints one Markdown table.
"""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from denoise_demo.data import Digits
from denoise_demo.inference import load_denoiser
from denoise_demo.noise import NOISES, corrupt
from denoise_demo.recipes import RECIPES, denoisers
from denoise_demo.training import Trainer


def seconds(function: Callable[[], object], repeats: int) -> float:
    """Median seconds of a call, after one call that does not count."""
    function()
    spent = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        spent.append(time.perf_counter() - start)
    return median(spent)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    repeats = parser.parse_args().repeats
    generator = torch.Generator().manual_seed(0)
    threads = torch.get_num_threads()
    # As sparse as handwriting: four pixels in five are black.
    ink = torch.randint(0, 256, (60_000, 1, 28, 28), generator=generator, dtype=torch.uint8)
    ink *= torch.rand(ink.shape, generator=generator) < 0.2
    digits = Digits(ink, torch.zeros(len(ink), dtype=torch.int64), "random images")

    print(f"{threads} threads, torch {torch.__version__}\n\n| what | seconds |\n|---|---|")
    clean = digits.clean()
    blur = 2 * torch.rand(len(clean), generator=generator)
    for kind, spec in NOISES.items():
        spent = seconds(
            lambda kind=kind, level=spec.default: corrupt(
                clean, kind, level, blur, clip=True, generator=generator
            ),
            repeats,
        )
        print(f"| 60,000 digits: blur of its own each, then {kind} | {spent:.2f} |", flush=True)

    trainer = Trainer(RECIPES["conv-pool"], digits, torch.device("cpu"))
    spent = median(trainer.epoch().seconds for _ in range(repeats))
    print(f"| one epoch of conv-pool, 230 x 256, fresh blur and noise | {spent:.2f} |", flush=True)

    torch.set_num_threads(1)
    print("\n| one image through | milliseconds |\n|---|---|")
    image = clean[:1]
    for recipe_id in denoisers():
        denoiser = load_denoiser(recipe_id, "cpu")
        spent = seconds(lambda d=denoiser: [d(image) for _ in range(100)], repeats) / 100
        print(f"| {recipe_id} | {1000 * spent:.3f} |")


if __name__ == "__main__":
    main()
