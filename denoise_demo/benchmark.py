"""Quality of every network and filter at every evaluation point, on MNIST's test digits.

python -m denoise_demo.benchmark --data-dir DATA

Writes weights/results.json, the tables of the README, and the speeds to benchmarks/speed.json.
A run that was stopped goes on with --resume.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from denoise_demo import checkpoints, results
from denoise_demo.data import Images, load_mnist
from denoise_demo.evaluation import (
    BATCH,
    NOISE_SEED,
    RESAMPLES,
    Scene,
    score,
    set_scene,
    summarise,
)
from denoise_demo.files import write_atomically
from denoise_demo.inference import choose_device, device_name, device_trouble, load_classifier
from denoise_demo.methods import Denoise, get_method, load_method, methods
from denoise_demo.noise import NOISES, Corruption, NoiseSpec
from denoise_demo.recipes import POINTS

SPEED_FILE = checkpoints.WEIGHTS_DIR.parent / "benchmarks" / "speed.json"
EVERY = 10  # the sweep and the slow filters see every tenth digit, easy ones and hard ones alike
LEVELS = 12
Row = dict[str, Any]
Job = tuple[str, dict[str, Any], Corruption]


def sweep_levels(spec: NoiseSpec) -> list[float]:
    """Return twelve levels over a noise's span, on its steps; of a count, in equal ratios."""
    low, high = spec.minimum, spec.maximum
    shares = [i / (LEVELS - 1) for i in range(LEVELS)]
    exact = [low * (high / low) ** s if low > 0 else low + (high - low) * s for s in shares]
    return [round(round((level - low) / spec.step) * spec.step + low, 6) for level in exact]


def jobs() -> Iterator[Job]:
    """Yield what is measured: the list the rows go to, what they say of it, the corruption."""
    for point, corruption in POINTS.items():
        yield "rows", {"point": point}, corruption
    for kind, spec in NOISES.items():
        for level in sweep_levels(spec) if kind != "none" else ():
            yield "sweep", {"kind": kind, "level": level}, Corruption(kind, level, clip=False)


def measure(scene: Scene, where: dict[str, Any], bar: "tqdm[Any]") -> list[Row]:
    """Measure the noisy input itself and every denoiser; at a point the slow ones on a tenth."""
    classify = load_classifier("cpu")
    denoisers: dict[str, Denoise] = {"noisy": lambda noisy, sigma: noisy}
    denoisers |= {method_id: load_method(method_id, "cpu") for method_id in methods()}
    rows = []
    for name, denoise in denoisers.items():
        thin = "point" in where and name != "noisy" and get_method(name).slow
        images = scene[::EVERY] if thin else scene
        summary = summarise(score(denoise, images, classify))
        head = {"domain": "digits", "method": name, **where, "n": len(images)}
        rows.append(head | summary)
        bar.set_postfix_str(f"{name}, {', '.join(map(str, where.values()))}", refresh=False)
        bar.update()
    return rows


def run(digits: Images, partial_file: Path, *, resume: bool) -> results.Results:
    """Measure everything, keeping what is done after each scene.

    Raises:
        ResultsError: when the part to go on from is damaged, or was measured with other weights,
            methods or points.
    """
    done: results.Results = {
        "noise_seed": NOISE_SEED,
        "resamples": RESAMPLES,
        "weights": results.weights_hashes(),
        "rows": [],
        "sweep": [],
    }
    if resume and partial_file.exists():
        done = results.load_results(partial_file)
    todo, names = list(jobs()), ["noisy", *methods()]
    measured = (len(done["rows"]) + len(done["sweep"])) // len(names)
    expected = [{"method": name, **where} for _, where, _ in todo[:measured] for name in names]
    found = [*done["rows"], *done["sweep"]]
    if len(found) != len(expected) or not all(
        what.items() <= row.items() for what, row in zip(expected, found, strict=True)
    ):
        raise results.ResultsError(
            f"{partial_file.name} was measured with other methods or points: leave out --resume"
        )
    with tqdm(total=len(todo) * len(names), initial=len(found), unit="row") as bar:
        for part, where, corruption in todo[measured:]:
            every = EVERY if part == "sweep" else 1
            images = digits[::every]
            done[part] += measure(set_scene(corruption, images), where, bar)
            results.save_results(done, partial_file)
    return done


def speeds(device: torch.device) -> list[Row]:
    """Time every denoiser, on a GPU the networks: one image, and a batch, for slow ones a tenth."""
    generator = torch.Generator().manual_seed(NOISE_SEED)
    noisy = torch.rand(BATCH, 1, 28, 28, generator=generator).to(device)
    sigma = torch.full((BATCH,), 0.3)
    rows = []
    timed = {n: m for n, m in methods().items() if m.article or device.type == "cpu"}
    for name, method in tqdm(timed.items(), unit="denoiser", leave=False):
        denoise = load_method(name, device.type)
        count = BATCH // EVERY if method.slow else BATCH
        one = _seconds(denoise, noisy[:1], sigma[:1])
        many = _seconds(denoise, noisy[:count], sigma[:count])
        row = {"method": name, "milliseconds": round(1000 * one, 4)}
        rows.append(row | {"images_per_second": round(count / many)})
    return rows


def _seconds(denoise: Denoise, noisy: Tensor, sigma: Tensor) -> float:
    """Return the seconds of the fastest of a few calls; reading the result waits for a GPU."""
    spent: list[float] = []
    while len(spent) < 5 or (sum(spent) < 0.2 and len(spent) < 100):
        start = time.perf_counter()
        denoise(noisy, sigma)[0].sum().item()
        spent.append(time.perf_counter() - start)
    return min(spent)


def save_speeds(device: torch.device) -> None:
    """Put the speeds on this device into the file of all devices."""
    try:
        everything = json.loads(SPEED_FILE.read_text(encoding="utf-8"))
    except FileNotFoundError:
        everything = {}
    except ValueError as error:
        raise ValueError(f"{SPEED_FILE.name} is damaged ({error}): delete it") from error
    everything[device_name(device)] = {
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "rows": speeds(device),
    }
    write_atomically(SPEED_FILE, f"{json.dumps(everything, indent=1)}\n".encode())


def main(arguments: list[str] | None = None) -> int:
    """Measure everything and write the results, the README's tables and the speeds."""
    parser = argparse.ArgumentParser(
        prog="python -m denoise_demo.benchmark",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data-dir", metavar="FOLDER", help="where MNIST is (or DENOISE_DATA_DIR)")
    parser.add_argument("--resume", action="store_true", help="go on where an earlier run stopped")
    options = parser.parse_args(arguments)
    partial_file = results.RESULTS_FILE.with_suffix(".partial.json")
    try:
        device = choose_device()
        results.around_tables(results.README_FILE.read_text(encoding="utf-8"))
        digits = load_mnist("test", options.data_dir, download=True)
        done = run(digits, partial_file, resume=options.resume)
        save_speeds(device)
        results.save_results(done, results.RESULTS_FILE)
        results.write_readme(done)
        partial_file.unlink(missing_ok=True)
    except KeyboardInterrupt:
        print("\nbenchmark: stopped; go on with --resume", file=sys.stderr)
        return 130
    except RuntimeError as error:
        if (trouble := device_trouble(error)) is None:
            raise
        print(f"benchmark: {trouble}; go on with --resume", file=sys.stderr)
        return 1
    except (OSError, ValueError) as error:
        print(f"benchmark: {error}", file=sys.stderr)
        return 1
    print(f"wrote {len(done['rows'])} rows and {len(done['sweep'])} of the level sweep")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
