"""Train several designs of the blind network for the same short time and compare them.

    python -m benchmarks.designs --data-dir DATA [--minutes 10] [--optimiser Muon] [DESIGN ...]

Prints Markdown: PSNR on the validation images, the last 10,000 training images. Does not use test
images.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor, nn

from denoise_demo.benchmark import psnr
from denoise_demo.corruption import BLIND_DIGITS, POINTS
from denoise_demo.data import load_mnist, split_train
from denoise_demo.denoisers import RECIPES
from denoise_demo.networks import (
    Attention,
    BlindUNet,
    DenseMixer,
    Local,
    build,
    count_parameters,
)
from denoise_demo.training import LOSSES, has_bfloat16, one_cycle, optimisers_of

POINTS_SHOWN = [
    "clean",
    "s0-train",
    *(f"s0-level-{i}" for i in range(1, 6)),
    "s1",
    "s2",
    "s4-poisson",
]
WIDTHS = (16, 48, 128)
BATCH = 256


def with_context(*blocks: nn.Module) -> BlindUNet:
    """Return the blind network with other context blocks."""
    network = BlindUNet(1, WIDTHS, 0)
    network.context = nn.Sequential(*blocks)
    return network


DESIGNS: dict[str, Callable[[], nn.Module]] = {
    "convolutions": lambda: with_context(*(Local(128) for _ in range(4))),
    "attention": lambda: with_context(*(Attention(128) for _ in range(4))),
    "dense": lambda: with_context(
        Local(128), DenseMixer(128, 32, 320), Local(128), DenseMixer(128, 32, 320)
    ),
    "attention and dense": lambda: with_context(
        Attention(128), Attention(128), DenseMixer(128, 32, 320), Attention(128)
    ),
    "shipped": lambda: build("blind-digits"),
}


def train(network: nn.Module, clean: Tensor, seconds: float, optimiser: str, rate: float) -> int:
    """Train for this many seconds with a one-cycle learning rate; return the number of steps."""
    generator = torch.Generator().manual_seed(0)
    mixed = has_bfloat16(clean.device)
    recipe = replace(RECIPES["blind-digits"], optimiser=optimiser, optimiser_settings={"lr": rate})
    optimisers = optimisers_of(recipe, network, mixed=mixed).values()
    start, steps = time.perf_counter(), 0
    while (done := (time.perf_counter() - start) / seconds) < 1:
        for each in optimisers:
            each.param_groups[0]["lr"] = rate * one_cycle(done)
        batch = clean[torch.randint(len(clean), (BATCH,), generator=generator)]
        noisy = BLIND_DIGITS(batch, generator).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16, enabled=mixed):
            output = network.with_spread(noisy)
        loss = LOSSES["psnr-spread"].function(output, batch)
        network.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        for each in optimisers:
            each.step()
        steps += 1
    return steps


@torch.inference_mode()
def scores(network: nn.Module, clean: Tensor) -> dict[str, float]:
    """Return the mean PSNR at every point."""
    results = {}
    for point in POINTS_SHOWN:
        noisy = POINTS[point](clean, torch.Generator().manual_seed(1))
        denoised = torch.cat([network(part) for part in noisy.split(500)])
        results[point] = float(psnr(denoised, clean).clamp_max(99).mean())
    return results


@torch.inference_mode()
def milliseconds(network: nn.Module) -> float:
    """Return the time for one image."""
    image = torch.rand(1, 1, 28, 28)
    for _ in range(20):
        network(image)
    start = time.perf_counter()
    for _ in range(100):
        network(image)
    return (time.perf_counter() - start) * 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("designs", nargs="*", default=[*DESIGNS])
    parser.add_argument("--data-dir", metavar="FOLDER")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--optimiser", default="Adam")
    parser.add_argument("--rate", type=float, default=0.003)
    options = parser.parse_args()
    images, validation = split_train(load_mnist("train", options.data_dir), 10_000)
    clean, unseen = images.clean(), validation.clean()
    print("| design | parameters | ms | epochs | " + " | ".join(POINTS_SHOWN) + " |")
    print("|---" * (4 + len(POINTS_SHOWN)) + "|")
    for name in options.designs:
        torch.manual_seed(0)
        network = DESIGNS[name]().to(memory_format=torch.channels_last)
        seconds = 60 * options.minutes
        steps = train(network, clean, seconds, options.optimiser, options.rate)
        reached = scores(network.eval(), unseen)
        epochs = steps * BATCH / len(clean)
        facts = f"{count_parameters(network):,} | {milliseconds(network):.1f} | {epochs:.1f}"
        marks = " | ".join(f"{value:.2f}" for value in reached.values())
        print(f"| {name} | {facts} | {marks} |", flush=True)


if __name__ == "__main__":
    main()
