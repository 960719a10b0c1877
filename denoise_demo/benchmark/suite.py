"""The benchmark's jobs: every denoiser at every evaluation point and level of noise."""

import hashlib
import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Literal

from torch import Tensor
from tqdm import tqdm

from denoise_demo.benchmark import results
from denoise_demo.benchmark.evaluation import (
    NOISE_SEED,
    RESAMPLES,
    Scene,
    calibrate,
    score,
    set_scene,
    summarise,
)
from denoise_demo.benchmark.rows import (
    NOTHING,
    CalibrationRow,
    PointRow,
    Results,
    ResultsError,
    SweepRow,
)
from denoise_demo.corruption import NOISES, Corruption, Mixture, NoiseSpec, points
from denoise_demo.data import Images
from denoise_demo.denoisers import (
    get_denoiser,
    list_denoisers,
    load_classifier,
    load_denoiser,
    load_network,
)

EVERY = 10  # a sweep uses every tenth picture
ENOUGH = 1000  # pictures for a slow filter, evenly spaced
LEVELS = 12
CALIBRATED = {
    "digits": ("s0-level-1", "s0-level-3", "s0-level-5", "s1", "s2", "blind"),
    "faces": ("s4-gaussian", "s4-poisson", "s4-salt-pepper", "s4-speckle", "blind"),
}


@dataclass(frozen=True)
class Job:
    """One corruption of a domain's pictures, measured for every denoiser.

    `part` is the list of Results for its rows, `where` the fields that name the corruption.
    """

    part: Literal["rows", "sweep"]
    domain: str
    where: dict[str, str | float]
    corruption: Corruption | Mixture

    @property
    def denoisers(self) -> list[str]:
        """Doing nothing, then every denoiser of the domain: a row for each."""
        return [NOTHING, *list_denoisers(self.domain)]


def sweep_levels(spec: NoiseSpec) -> list[float]:
    """Return twelve levels over a noise's range, on its steps; photon counts in equal ratios."""
    low, high = spec.minimum, spec.maximum
    shares = [i / (LEVELS - 1) for i in range(LEVELS)]
    exact = [low * (high / low) ** s if low > 0 else low + (high - low) * s for s in shares]
    return [round(round((level - low) / spec.step) * spec.step + low, 6) for level in exact]


def jobs(domain: str) -> Iterator[Job]:
    """Yield a domain's jobs: every evaluation point, then every level of every noise."""
    for point, corruption in points(domain).items():
        yield Job("rows", domain, {"point": point}, corruption)
    for kind in results.current_sweeps():
        for level in sweep_levels(NOISES[kind]):
            where: dict[str, str | float] = {"kind": kind, "level": level}
            yield Job("sweep", domain, where, results.sweep_corruption(kind, level))


def measure(job: Job, scene: Scene, bar: "tqdm[None]") -> Iterator[PointRow | SweepRow]:
    """Measure the noisy input itself and every denoiser; slow ones on fewer pictures."""
    classify = load_classifier("cpu") if job.domain == "digits" else None
    for name in job.denoisers:
        images = scene
        denoise = _do_nothing if name == NOTHING else load_denoiser(name, "cpu")
        if name != NOTHING and get_denoiser(name).slow:
            images = scene[:: max(1, len(scene) // ENOUGH)]
        head = {"domain": job.domain, "denoiser": name, **job.where, "n": len(images)}
        scores = summarise(score(denoise, images, classify))
        yield (PointRow if job.part == "rows" else SweepRow).model_validate({**head, **scores})
        bar.set_postfix_str(f"{name}, {', '.join(map(str, job.where.values()))}", refresh=False)
        bar.update()


def _do_nothing(noisy: Tensor, sigma: float | Tensor | None = None) -> Tensor:
    """Return the noisy images."""
    return noisy


def calibrations(
    domain: str, images: Images, wanted: Collection[str] | None = None
) -> Iterator[CalibrationRow]:
    """Compare expected and actual errors at the points of CALIBRATED, or only those wanted."""
    for point in CALIBRATED[domain]:
        if wanted and point not in wanted:
            continue
        scene = set_scene(points(domain)[point], images)
        for name, spec in list_denoisers(domain).items():
            if spec.expects_error:
                errors = calibrate(load_network(name, "cpu"), scene)
                yield CalibrationRow(domain=domain, denoiser=name, point=point, **errors)


def run(
    todo: Sequence[Job], images: dict[str, Images], partial_file: Path, *, resume: bool
) -> Results:
    """Run jobs on their domains' test pictures, saving the results of each job to a file.

    Raises:
        ResultsError: when the results to resume from are damaged, or were measured with other
            weights, denoisers, points or pictures.
    """
    done = Results(
        noise_seed=NOISE_SEED,
        resamples=RESAMPLES,
        weights=results.weights_hashes(),
        points=results.current_points(),
        sweeps=results.current_sweeps(),
        data={domain: list(pictures.sha256) for domain, pictures in images.items()},
    )
    done.plan = _plan(todo, done)
    if resume and partial_file.exists():
        done = _partial_results(partial_file, done.plan)
    remaining = _remaining(todo, done)
    total, left = (sum(len(job.denoisers) for job in some) for some in (todo, remaining))
    with tqdm(total=total, initial=total - left, unit="row") as bar:
        for job in remaining:
            every = EVERY if job.part == "sweep" else 1
            scene = set_scene(job.corruption, images[job.domain][::every])
            getattr(done, job.part).extend(measure(job, scene, bar))
            results.save_results(done, partial_file)
    done.plan = ""
    return done


def _partial_results(partial_file: Path, plan: str) -> Results:
    """Return the results of an earlier run of the same plan."""
    remedy = "leave out --resume"
    try:
        done = results.read_results(partial_file)
    except (OSError, ValueError) as error:
        raise ResultsError(f"{partial_file.name} is damaged: {remedy}") from error
    if done.plan != plan:
        raise ResultsError(
            f"{partial_file.name} was measured with other weights, denoisers, points or pictures: "
            f"{remedy}"
        )
    return done


def _plan(todo: Sequence[Job], start: Results) -> str:
    """Return a hash of the jobs, the weights and the pictures."""
    what = [[job.part, job.domain, job.where, job.denoisers, repr(job.corruption)] for job in todo]
    given = [start.weights, start.data]
    return hashlib.sha256(json.dumps([what, given]).encode()).hexdigest()


def _remaining(todo: Sequence[Job], done: Results) -> list[Job]:
    """Return the jobs that are not done yet; only complete jobs were saved, in this order."""
    found = len(done.rows) + len(done.sweep)
    starts = accumulate((len(job.denoisers) for job in todo), initial=0)
    return [job for job, start in zip(todo, starts, strict=False) if start >= found]
