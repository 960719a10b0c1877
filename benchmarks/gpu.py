"""Measure networks and training on a GPU, beside the CPU of the same machine: Markdown.

    python -m benchmarks.gpu

Needs no data set: random images cost the same.
"""

import time
from dataclasses import replace

import torch

from benchmarks.training import random_digits
from denoise_demo.benchmark.speed import speeds
from denoise_demo.denoisers import (
    RECIPES,
    denoising_recipes,
    device_name,
    load_network,
)
from denoise_demo.networks import MODELS
from denoise_demo.training import Trainer

CPU, GPU = torch.device("cpu"), torch.device("cuda")
SAMPLE = 300  # steps by which a long training is timed


def differences() -> dict[str, float]:
    """Return the largest difference of a value between the devices, by network."""
    found = {}
    for name in denoising_recipes():
        shape = MODELS[RECIPES[name].model].shape
        noisy = torch.rand(64, *shape, generator=torch.Generator().manual_seed(0))
        found[name] = float(
            (load_network(name, "cuda")(noisy) - load_network(name, "cpu")(noisy)).abs().max()
        )
    return found


def graphed(name: str) -> float:
    """Return the milliseconds of a network for one picture as a CUDA graph, with both transfers."""
    network = load_network(name, "cuda")
    picture = torch.rand(1, *MODELS[network.recipe.model].shape)
    place = picture.to(GPU).to(memory_format=torch.channels_last)
    with torch.inference_mode():
        stream = torch.cuda.Stream()
        with torch.cuda.stream(stream):
            for _ in range(3):
                network.module(place)
        torch.cuda.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            denoised = network.module(place)
        spent = []
        for _ in range(200):
            start = time.perf_counter()
            place.copy_(picture)
            graph.replay()
            denoised.cpu()
            spent.append(time.perf_counter() - start)
    return 1000 * min(spent)


def training(name: str, epochs: int | None = None) -> float:
    """Return the seconds of a recipe's training; of a long one, estimated by SAMPLE steps."""
    recipe = RECIPES[name]
    sample = recipe if epochs else replace(recipe, steps=SAMPLE)
    trainer = Trainer(replace(sample, patience=None), random_digits(), GPU)
    trainer.epoch()
    if epochs:
        return sum(trainer.epoch().seconds for _ in range(epochs))
    full = Trainer(recipe, random_digits(), CPU).steps * recipe.epochs
    return trainer.epoch().seconds / SAMPLE * full


def main() -> None:
    torch.set_num_threads(1)
    print(f"{device_name(GPU)}, torch {torch.__version__}\n")
    apart = differences()
    rows = {device: {row["denoiser"]: row for row in speeds(device)} for device in (CPU, GPU)}
    print("| network | CPU, one: ms | GPU, one: ms | CPU, batch: /s | GPU, batch: /s | apart |")
    print("|---|---|---|---|---|---|")
    for name, difference in apart.items():
        cpu, gpu = (rows[device][name] for device in (CPU, GPU))
        print(
            f"| {name} | {cpu['milliseconds']} | {gpu['milliseconds']} "
            f"| {cpu['images_per_second']} | {gpu['images_per_second']} | {difference:.1e} |",
            flush=True,
        )
    for name in ("blind-digits", "conv-pool"):
        print(f"\n{name}, one picture as a CUDA graph: {graphed(name):.3f} ms", flush=True)
    print(f"\nconv-pool, 50 epochs: {training('conv-pool', 50):.1f} s", flush=True)
    print(f"\nblind-digits, all epochs, estimated: {training('blind-digits') / 60:.1f} min")


if __name__ == "__main__":
    main()
