"""Quality of every network and filter at every evaluation point, on the test digits and faces.

python -m denoise_demo.benchmark --data-dir DATA

Writes weights/results.json, docs/results.md and benchmarks/speed.json. --resume continues a
stopped run; --domain measures one domain and keeps the other's results; --docs-only only rewrites
docs/results.md from weights/results.json.
"""

import argparse
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import torch

from denoise_demo.benchmark import report, results, speed, suite
from denoise_demo.benchmark.article import as_computed
from denoise_demo.benchmark.rows import LISTS, Results
from denoise_demo.common import (
    LockedError,
    WriteError,
    plain_console,
    sole_writer,
    unwritable,
)
from denoise_demo.data import DOMAINS, load_faces
from denoise_demo.denoisers import choose_device, device_trouble, load_network


def main(arguments: list[str] | None = None) -> int:
    """Measure everything and write the results, their page and the speeds."""
    plain_console()
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.points and not options.out:
        parser.error("--points needs --out: a few points would replace all other results")
    out: Path | None = options.out
    results_file = out / "results.json" if out else results.RESULTS_FILE
    page = out / "results.md" if out else report.RESULTS_PAGE
    speed_file = out / "speed.json" if out else speed.SPEED_FILE
    try:
        if options.docs_only:
            report.write_page(results.load_results(results_file), page)
            print(f"wrote {page.name}")
            return 0
        device = choose_device()
        with _claimed(results_file, _partial(results_file), page, speed_file):
            done = _measure(options, results_file)
            if not options.points:
                speed.save_speeds(speed.speeds(device), device, speed_file)
            results.save_results(done, results_file)
            report.write_page(done, page)
            _partial(results_file).unlink(missing_ok=True)
    except KeyboardInterrupt:
        print("\nbenchmark: stopped; continue with --resume", file=sys.stderr)
        return 130
    except RuntimeError as error:
        if (trouble := device_trouble(error)) is None:
            raise
        print(f"benchmark: {trouble}; continue with --resume", file=sys.stderr)
        return 1
    except (OSError, ValueError) as error:
        then = "; continue with --resume" if isinstance(error, WriteError) else ""
        print(f"benchmark: {error}{then}", file=sys.stderr)
        return 1
    print(f"wrote {len(done.rows)} rows of points and {len(done.sweep)} rows of sweeps")
    return 0


def _measure(options: argparse.Namespace, results_file: Path) -> Results:
    """Measure the chosen domains; keep the other one's rows."""
    chosen = [options.domain] if options.domain else list(DOMAINS)
    others = [name for name in DOMAINS if name not in chosen]
    kept = [results.load_results(results_file, domain=name) for name in others]
    images = {name: DOMAINS[name].load("test", options.data_dir, download=True) for name in chosen}
    todo = [
        job
        for domain in chosen
        for job in suite.jobs(domain)
        if not options.points or job.where.get("point") in options.points
    ]
    done = suite.run(todo, images, _partial(results_file), resume=options.resume)
    if "faces" in images:
        faces = [load_faces("train", options.data_dir), images["faces"]]
        clean = torch.cat([part.clean() for part in faces])
        load = partial(load_network, device="cpu")
        done.article = as_computed(clean, len(faces[0]), load)
    for name, test in images.items():
        done.calibration += suite.calibrations(name, test, options.points)
    for other in kept:
        done.data = other.data | done.data
        for part in LISTS:
            getattr(done, part).extend(getattr(other, part))
    return done


@contextmanager
def _claimed(*files: Path) -> Iterator[None]:
    """Keep other runs from writing these files; ValueError when they, or we, cannot write them."""
    with ExitStack() as stack:
        for path in files:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                stack.enter_context(sole_writer(path))
            except LockedError as error:
                raise ValueError(f"{error}: wait for it, or give --out FOLDER") from error
            except OSError as error:
                raise ValueError(unwritable(path, error)) from error
        yield


def _partial(results_file: Path) -> Path:
    """Return the file for the results of an unfinished run."""
    return results_file.with_suffix(".partial.json")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m denoise_demo.benchmark",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    where = "where MNIST and the faces are (or DENOISE_DATA_DIR)"
    add("--data-dir", metavar="FOLDER", help=where)
    add("--domain", choices=DOMAINS, help="measure only this domain")
    add("--points", nargs="+", metavar="POINT", help="measure only these points; needs --out")
    add("--out", type=Path, metavar="FOLDER", help="write all files to this folder")
    add("--resume", action="store_true", help="continue a stopped run")
    add("--docs-only", action="store_true", help="only rewrite docs/results.md from the results")
    return parser


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    raise SystemExit(main())
