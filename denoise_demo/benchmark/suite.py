"""Quality of every network and filter at every evaluation point, on the test digits and faces.

python -m denoise_demo.benchmark --data-dir DATA

Writes weights/results.json, the tables of the README, and the speeds to benchmarks/speed.json.
A run that was stopped goes on with --resume; --domain measures one kind of pictures and keeps
what is known of the other.
"""

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from denoise_demo.benchmark import results
from denoise_demo.benchmark.article import as_computed
from denoise_demo.benchmark.evaluation import (
    BATCH,
    NOISE_SEED,
    RESAMPLES,
    Scene,
    calibrate,
    score,
    set_scene,
    summarise,
)
from denoise_demo.common import write_atomically
from denoise_demo.corruption import NOISES, Corruption, Mixture, NoiseSpec, points
from denoise_demo.data import DOMAINS, Images, load_faces
from denoise_demo.denoisers import (
    Denoiser,
    DenoiserSpec,
    checkpoints,
    choose_device,
    device_name,
    device_trouble,
    get_denoiser,
    list_denoisers,
    load_classifier,
    load_denoiser,
    load_network,
)
from denoise_demo.networks import DIGIT

SPEED_FILE = checkpoints.WEIGHTS_DIR.parent / "benchmarks" / "speed.json"
EVERY = 10  # the sweep sees every tenth picture, easy ones and hard ones alike
ENOUGH = 1000  # pictures for a slow filter, evenly spread as well
LEVELS = 12
CALIBRATED = {
    "digits": ("s0-level-1", "s0-level-3", "s0-level-5", "s1", "s2", "blind"),
    "faces": ("s4-gaussian", "s4-poisson", "s4-salt-pepper", "s4-speckle", "blind"),
}
Row = dict[str, Any]


@dataclass(frozen=True)
class Job:
    """What is measured together: the list its rows go to, what they say of it, the corruption."""

    part: str
    domain: str
    where: dict[str, Any]
    corruption: Corruption | Mixture

    @property
    def heads(self) -> list[Row]:
        """What identifies each of the rows: the noisy input's own, then every denoiser's."""
        names = ("noisy", *list_denoisers(self.domain))
        return [{"domain": self.domain, "method": name, **self.where} for name in names]


def sweep_levels(spec: NoiseSpec) -> list[float]:
    """Return twelve levels over a noise's span, on its steps; of a count, in equal ratios."""
    low, high = spec.minimum, spec.maximum
    shares = [i / (LEVELS - 1) for i in range(LEVELS)]
    exact = [low * (high / low) ** s if low > 0 else low + (high - low) * s for s in shares]
    return [round(round((level - low) / spec.step) * spec.step + low, 6) for level in exact]


def jobs(domain: str) -> Iterator[Job]:
    """Yield all that is measured in a domain."""
    for point, corruption in points(domain).items():
        yield Job("rows", domain, {"point": point}, corruption)
    for kind, spec in NOISES.items():
        for level in sweep_levels(spec) if kind != "none" else ():
            where = {"kind": kind, "level": level}
            yield Job("sweep", domain, where, Corruption(kind, level, clip=False))


def measure(job: Job, scene: Scene, bar: "tqdm[Any]") -> list[Row]:
    """Measure the noisy input itself and every denoiser; slow ones on fewer pictures."""
    classify = load_classifier("cpu") if job.domain == "digits" else None
    rows = []
    for head in job.heads:
        name, images = head["method"], scene
        denoise = _keep if name == "noisy" else load_denoiser(name, "cpu")
        if name != "noisy" and get_denoiser(name).slow:
            images = scene[:: max(1, len(scene) // ENOUGH)]
        rows.append({**head, "n": len(images), **summarise(score(denoise, images, classify))})
        bar.set_postfix_str(f"{name}, {', '.join(map(str, job.where.values()))}", refresh=False)
        bar.update()
    return rows


def _keep(noisy: Tensor, sigma: Tensor) -> Tensor:
    """Do nothing."""
    return noisy


def calibrations(domain: str, images: Images) -> Iterator[Row]:
    """Measure, at some points, how right the networks are that say how sure they are."""
    for point in CALIBRATED[domain]:
        scene = set_scene(points(domain)[point], images)
        for name, method in list_denoisers(domain).items():
            if method.spreads:
                head = {"domain": domain, "method": name, "point": point}
                yield head | calibrate(load_network(name, "cpu"), scene)


def run(images: dict[str, Images], partial_file: Path, *, resume: bool) -> results.Results:
    """Measure everything on the test pictures of some domains, keeping what is done so far.

    Raises:
        ResultsError: when the part to go on from is damaged, or was measured with other weights,
            methods, points or pictures.
    """
    todo = [job for domain in images for job in jobs(domain)]
    done: results.Results = {
        "plan": _plan(todo, images),
        "noise_seed": NOISE_SEED,
        "resamples": RESAMPLES,
        "weights": results.weights_hashes(),
        **{part: [] for part in results.LISTS},
    }
    if resume and partial_file.exists():
        plan, done = done["plan"], results.load_results(partial_file)
        if done.get("plan") != plan:
            raise results.ResultsError(
                f"{partial_file.name} was measured with other methods, points or pictures: "
                "leave out --resume"
            )
    ahead = _left(todo, done)
    total, left = (sum(len(job.heads) for job in some) for some in (todo, ahead))
    with tqdm(total=total, initial=total - left, unit="row") as bar:
        for job in ahead:
            every = EVERY if job.part == "sweep" else 1
            scene = set_scene(job.corruption, images[job.domain][::every])
            done[job.part] += measure(job, scene, bar)
            results.save_results(done, partial_file)
    del done["plan"]
    return done


def _plan(todo: list[Job], images: dict[str, Images]) -> str:
    """Return a hash of all that is to be measured, and on which pictures."""
    what = [[job.part, job.heads, repr(job.corruption)] for job in todo]
    which = {domain: pictures.sha256 for domain, pictures in images.items()}
    return hashlib.sha256(json.dumps([what, which]).encode()).hexdigest()


def _left(todo: list[Job], done: results.Results) -> list[Job]:
    """Return the jobs that are not done yet; whole ones were saved, in this order."""
    found = len(done["rows"]) + len(done["sweep"])
    starts = accumulate((len(job.heads) for job in todo), initial=0)
    return [job for job, start in zip(todo, starts, strict=False) if start >= found]


def speeds(device: torch.device) -> list[Row]:
    """Time every denoiser, on a GPU the networks: one image, and a batch, for slow ones a tenth."""
    rows = []
    timed = {n: m for n, m in list_denoisers().items() if m.article or device.type == "cpu"}
    for name, method in tqdm(timed.items(), unit="denoiser", leave=False):
        denoise = _live(method, device.type)
        count = BATCH // EVERY if method.slow else BATCH
        generator = torch.Generator().manual_seed(NOISE_SEED)
        noisy = torch.rand(count, *(method.shape or DIGIT), generator=generator).to(device)
        sigma = torch.full((count,), 0.3)
        one = _seconds(denoise, noisy[:1], sigma[:1])
        many = _seconds(denoise, noisy, sigma)
        row = {"method": name, "milliseconds": round(1000 * one, 4)}
        rows.append(row | {"images_per_second": round(count / many)})
    return rows


def _live(method: DenoiserSpec, device: str) -> Denoiser:
    """Return what the live page calls: where a network says how sure it is, it is asked."""
    if not method.spreads:
        return load_denoiser(method.id, device)
    network = load_network(method.id, device)
    return lambda noisy, sigma: network.with_spread(noisy)[0]


def _seconds(denoise: Denoiser, noisy: Tensor, sigma: Tensor) -> float:
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
    where = "where MNIST and the faces are (or DENOISE_DATA_DIR)"
    parser.add_argument("--data-dir", metavar="FOLDER", help=where)
    parser.add_argument("--domain", choices=DOMAINS, help="measure only these pictures")
    parser.add_argument("--resume", action="store_true", help="go on where an earlier run stopped")
    options = parser.parse_args(arguments)
    partial_file = results.RESULTS_FILE.with_suffix(".partial.json")
    try:
        device = choose_device()
        results.around_tables(results.README_FILE.read_text(encoding="utf-8"))
        chosen = [options.domain] if options.domain else list(DOMAINS)
        kept = [results.load_results(domain=other) for other in DOMAINS if other not in chosen]
        images = {
            name: DOMAINS[name].load("test", options.data_dir, download=True) for name in chosen
        }
        done = run(images, partial_file, resume=options.resume)
        if "faces" in images:
            faces = [load_faces("train", options.data_dir), images["faces"]]
            clean = torch.cat([part.clean() for part in faces])
            load = partial(load_network, device="cpu")
            done["article"] = as_computed(clean, len(faces[0]), load)
        for name, test in images.items():
            done["calibration"] += calibrations(name, test)
        for other in kept:
            for part in results.LISTS:
                done[part] += other[part]
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
