"""The speed of every network and filter on a device: one image, and a batch."""

import json
import time
from pathlib import Path

import torch
from tqdm import tqdm

from denoise_demo.benchmark.evaluation import BATCH, NOISE_SEED
from denoise_demo.common import write_atomically
from denoise_demo.denoisers import (
    WEIGHTS_DIR,
    Denoiser,
    DenoiserSpec,
    device_name,
    list_denoisers,
    load_denoiser,
    load_network,
)
from denoise_demo.networks import DIGIT

SPEED_FILE = WEIGHTS_DIR.parent / "benchmarks" / "speed.json"
SLOW_SHARE = 10  # a slow filter gets a batch this many times smaller
Speed = dict[str, str | float]


def speeds(device: torch.device) -> list[Speed]:
    """Time every denoiser, on a GPU every network: milliseconds per image, images per second."""
    rows: list[Speed] = []
    timed = {n: d for n, d in list_denoisers().items() if d.article or device.type == "cpu"}
    for name, spec in tqdm(timed.items(), unit="denoiser", leave=False):
        denoise = _live(spec, device.type)
        count = BATCH // SLOW_SHARE if spec.slow else BATCH
        generator = torch.Generator().manual_seed(NOISE_SEED)
        noisy = torch.rand(count, *(spec.shape or DIGIT), generator=generator).to(device)
        sigma = torch.full((count,), 0.3)
        one = _seconds(denoise, noisy[:1], sigma[:1])
        many = _seconds(denoise, noisy, sigma)
        row: Speed = {"denoiser": name, "milliseconds": round(1000 * one, 4)}
        rows.append(row | {"images_per_second": round(count / many)})
    return rows


def save_speeds(rows: list[Speed], device: torch.device, path: Path) -> None:
    """Save a device's speeds in the file of all devices; ValueError when it is damaged."""
    try:
        everything = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        everything = {}
    except ValueError as error:
        raise ValueError(f"{path.name} is damaged ({error}): delete it") from error
    everything[device_name(device)] = {
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "rows": rows,
    }
    write_atomically(path, f"{json.dumps(everything, indent=1)}\n".encode())


def _live(spec: DenoiserSpec, device: str) -> Denoiser:
    """Return the denoiser as the live page calls it: with the expected error if it has one."""
    if not spec.expects_error:
        return load_denoiser(spec.id, device)
    network = load_network(spec.id, device)
    return lambda noisy, sigma=None: network.with_spread(noisy)[0]


def _seconds(denoise: Denoiser, noisy: torch.Tensor, sigma: torch.Tensor) -> float:
    """Return the seconds of the fastest of several calls; reading the result waits for a GPU."""
    spent: list[float] = []
    while len(spent) < 5 or (sum(spent) < 0.2 and len(spent) < 100):
        start = time.perf_counter()
        denoise(noisy, sigma)[0].sum().item()
        spent.append(time.perf_counter() - start)
    return min(spent)
