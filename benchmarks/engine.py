"""Measure the engine: noise on 60,000 digits, 10,000 images through a network, one image.

python benchmarks/engine.py [--device cuda]

Needs no data set: random images cost the same. Prints Markdown tables.
"""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from denoise_demo.evaluation import BATCH
from denoise_demo.images import in_channels
from denoise_demo.inference import choose_device, load_denoiser
from denoise_demo.methods import load_method, methods
from denoise_demo.models import MODELS
from denoise_demo.noise import NOISES, corrupt
from denoise_demo.recipes import denoisers

IMAGES = 10_000


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
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    repeats, device = options.repeats, choose_device(options.device)
    wait = torch.cuda.synchronize if device.type == "cuda" else lambda: None
    generator = torch.Generator(device).manual_seed(0)
    # As sparse as handwriting: four pixels in five are black.
    clean = torch.rand(60_000, 1, 28, 28, generator=generator, device=device)
    clean *= torch.rand(clean.shape, generator=generator, device=device) < 0.2
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type

    print(f"{name}, {torch.get_num_threads()} threads, torch {torch.__version__}")
    print("\n| 60,000 digits: blur of its own each, then | seconds |\n|---|---|")
    blur = 2 * torch.rand(len(clean), generator=generator, device=device)
    for kind, spec in NOISES.items():
        how = {"clip": True, "generator": generator}
        spent = seconds(
            lambda kind=kind, level=spec.default, how=how: (
                corrupt(clean, kind, level, blur, **how),
                wait(),
            ),
            repeats,
        )
        print(f"| {kind} | {spent:.2f} |", flush=True)

    print("\n| 10,000 images through | bare forward, s | as the benchmark does, s | ratio |")
    print("|---|---|---|---|")
    sigma = torch.full((BATCH,), 0.3, device=device)
    for recipe_id, recipe in denoisers().items():
        images = in_channels(clean[:IMAGES], MODELS[recipe.model].shape[0])
        batches = images.split(BATCH)
        denoiser = load_denoiser(recipe_id, device.type)
        with torch.inference_mode():
            bare = seconds(
                lambda d=denoiser, batches=batches: ([d.module(b) for b in batches], wait()),
                repeats,
            )
        method = load_method(recipe_id, device.type)
        spent = seconds(
            lambda m=method, batches=batches: ([m(b, sigma) for b in batches], wait()), repeats
        )
        print(f"| {recipe_id} | {bare:.3f} | {spent:.3f} | {spent / bare:.2f} |", flush=True)

    torch.set_num_threads(1)
    print("\n| one image through, one thread | milliseconds |\n|---|---|")
    for method_id, facts in methods().items():
        method = load_method(method_id, device.type)
        image = in_channels(clean[:1], facts.shape[0] if facts.shape else 1)
        spent = seconds(
            lambda m=method, image=image: ([m(image, sigma[:1]) for _ in range(100)], wait()),
            repeats,
        )
        print(f"| {method_id} | {10 * spent:.3f} |")


if __name__ == "__main__":
    main()
