"""Measure noise on 60,000 digits, 10,000 images through a network, one image, and the engines.

    python -m benchmarks.engine [--device cuda] [--only one]
    python -m benchmarks.engine --only engines [--compile]

Needs no data set: random images cost the same. Prints Markdown tables.
"""

import argparse
import platform
import re
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from statistics import median

import torch
from torch import Tensor

from denoise_demo.benchmark import BATCH
from denoise_demo.corruption import NOISES, corrupt
from denoise_demo.data import in_channels
from denoise_demo.denoisers import (
    CLASSIFIER,
    RECIPES,
    choose_device,
    denoising_recipes,
    list_denoisers,
    load_classifier,
    load_denoiser,
    load_network,
)
from denoise_demo.denoisers.sessions import Whole, open_session
from denoise_demo.networks import DIGIT, MODELS

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


def measure_engines(_: Tensor, repeats: int) -> None:
    """Compare engines of the CPU on one image, with one thread and with two."""
    print(f"\n{processor()}; milliseconds of CPU for one image, (of the clock)\n")
    for number, recipe_id in enumerate([*denoising_recipes(), CLASSIFIER]):
        ways = {}
        for threads in (1, 2):
            torch.set_num_threads(threads)
            for name, run in engines(
                recipe_id, compiled=number == 0 and "--compile" in sys.argv
            ).items():
                ways[f"{name}, {threads} thread{'s'[: threads - 1]}"] = threads, run
        if number == 0:
            print("| network |", " | ".join(ways), "|\n|---|" + "---|" * len(ways))
        spent = fastest(ways, 4 * repeats)
        print(f"| {recipe_id} |", *(f"{cpu:.3f} ({wall:.3f}) |" for cpu, wall in spent), flush=True)
    measure_visitors()


def engines(recipe_id: str, *, compiled: bool) -> dict[str, Callable[[], object]]:
    """Return a call for each engine, with all outputs of the network for one random image."""
    module = load_classifier("cpu").network.module if recipe_id == CLASSIFIER else None
    module = module or load_network(recipe_id, "cpu").module
    whole, image = Whole(module), torch.rand(1, *MODELS[RECIPES[recipe_id].model].shape)
    frozen = torch.jit.optimize_for_inference(torch.jit.trace(whole, image))
    found = {"torch": whole, "torch.jit frozen": frozen}
    if compiled:
        found["torch.compile"] = torch.compile(whole)
    if session := open_session(module, recipe_id, image.shape[1:]):
        found["ONNX Runtime"] = partial(session.run, whole.names)
    return {name: partial(run, image) for name, run in found.items()}


@torch.inference_mode()
def fastest(
    ways: dict[str, tuple[int, Callable[[], object]]], rounds: int, calls: int = 5
) -> list[tuple[float, float]]:
    """Return each way's least milliseconds of CPU and of the clock; the ways take turns."""
    spent: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for turn in range(rounds + 1):
        for name, (threads, run) in ways.items():
            torch.set_num_threads(threads)
            cpu, wall = time.process_time(), time.perf_counter()
            for _ in range(calls):
                run()
            if turn:  # the first one warms up
                cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
                spent[name].append((1e3 * cpu / calls, 1e3 * wall / calls))
    return [(min(c for c, _ in s), min(w for _, w in s)) for s in spent.values()]


def measure_visitors() -> None:
    """Compare threads for a visitor, who waits for each image, and for ten on two cores."""
    print("\n| blind-digits by ONNX Runtime, images a second | 1 visitor | 10 visitors |")
    print("|---|---|---|")
    image, module = torch.rand(1, *DIGIT), load_network("blind-digits", "cpu").module
    for threads in (1, 2):
        torch.set_num_threads(threads)
        session, rates = open_session(module, "blind-digits", DIGIT), []
        for visitors in (1, 10):
            best = 0.0
            for _ in range(5):
                start = time.perf_counter()
                with ThreadPoolExecutor(min(visitors, 2)) as pool:
                    list(pool.map(session.with_spread, [image] * 200))
                best = max(best, 200 / (time.perf_counter() - start))
            rates.append(best)
        print(f"| {threads} thread{'s'[: threads - 1]} |", *(f"{rate:.0f} |" for rate in rates))


def processor() -> str:
    """Return the processor's name, with the widest vector instructions."""
    text = (
        Path("/proc/cpuinfo").read_text(encoding="utf-8") if Path("/proc/cpuinfo").exists() else ""
    )
    found = re.search(r"model name\s*: (.*)", text)
    return (
        f"{found[1] if found else platform.processor()}, {torch.backends.cpu.get_cpu_capability()}"
    )


PARTS = {
    "noise": measure_noise,
    "batches": measure_batches,
    "one": measure_one,
    "engines": measure_engines,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=PARTS)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--compile", action="store_true", help="also measure torch.compile")
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
