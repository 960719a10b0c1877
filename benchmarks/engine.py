"""Measure noise on 60,000 digits, 10,000 images through a network, and one image.

    python -m benchmarks.engine [--device cuda] [--only one]

Needs no data set: random images cost the same. Prints Markdown tables.
"""

import argparse
import time
from collections.abc import Callable
from functools import partial
from statistics import median

import torch
from torch import Tensor

from denoise_demo.benchmark import BATCH
from denoise_demo.corruption import NOISES, corrupt
from denoise_demo.data import in_channels
from denoise_demo.denoisers import (
    choose_device,
    denoising_recipes,
    list_denoisers,
    load_denoiser,
    load_network,
)
from denoise_demo.networks import MODELS

IMAGES = 10_000


def seconds(function: Callable[[], object], repeats: int) -> float:
    """Return the median seconds of a call, including a GPU's work, after one warm-up call."""
    wait = torch.cuda.synchronize if torch.cuda.is_available() else lambda: None
    spent = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        function()
        wait()
        spent.append(time.perf_counter() - start)
    return median(spent[1:])


def measure_noise(clean: Tensor, repeats: int) -> None:
    print("\n| 60,000 digits: a blur each, then | seconds |\n|---|---|")
    generator = torch.Generator(clean.device).manual_seed(0)
    blur = 2 * torch.rand(len(clean), generator=generator, device=clean.device)
    for kind, spec in NOISES.items():
        noisy = partial(corrupt, clean, kind, spec.default, blur, clip=True, generator=generator)
        print(f"| {kind} | {seconds(noisy, repeats):.2f} |", flush=True)


def measure_batches(clean: Tensor, repeats: int) -> None:
    print("\n| 10,000 images through | bare forward, s | as the benchmark does, s | ratio |")
    print("|---|---|---|---|")
    sigma = torch.full((BATCH,), 0.3, device=clean.device)
    for recipe_id, recipe in denoising_recipes().items():
        batches = in_channels(clean[:IMAGES], MODELS[recipe.model].shape[0]).split(BATCH)
        module = load_network(recipe_id, clean.device.type).module
        denoise = load_denoiser(recipe_id, clean.device.type)
        with torch.inference_mode():
            bare = seconds(lambda m=module, b=batches: [m(each) for each in b], repeats)
        spent = seconds(lambda m=denoise, b=batches: [m(each, sigma) for each in b], repeats)
        print(f"| {recipe_id} | {bare:.3f} | {spent:.3f} | {spent / bare:.2f} |", flush=True)


def measure_one(clean: Tensor, repeats: int) -> None:
    torch.set_num_threads(1)
    print("\n| one image through, one thread | milliseconds |\n|---|---|")
    sigma = torch.full((1,), 0.3, device=clean.device)
    for denoiser_id, spec in list_denoisers().items():
        denoise = load_denoiser(denoiser_id, clean.device.type)
        image = in_channels(clean[:1], spec.shape[0] if spec.shape else 1)
        spent = seconds(
            lambda m=denoise, image=image: [m(image, sigma) for _ in range(100)], repeats
        )
        print(f"| {denoiser_id} | {10 * spent:.3f} |", flush=True)


PARTS = {"noise": measure_noise, "batches": measure_batches, "one": measure_one}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=PARTS)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    device = choose_device(options.device)
    generator = torch.Generator(device).manual_seed(0)
    # As sparse as handwriting: four pixels in five are black.
    clean = torch.rand(60_000, 1, 28, 28, generator=generator, device=device)
    clean *= torch.rand(clean.shape, generator=generator, device=device) < 0.2
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
    print(f"{name}, {torch.get_num_threads()} threads, torch {torch.__version__}")
    for part in [options.only] if options.only else PARTS:
        PARTS[part](clean, options.repeats)


if __name__ == "__main__":
    main()
