"""Work that is killed at random moments, over and over.

`python tests/killing.py WORK FOLDER KILLS` prints a report as JSON. It is a program of its own,
because it forks; tests/test_kills.py runs it.
"""

import functools
import hashlib
import http.server
import json
import os
import random
import select
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import pooch
import torch

import train
from denoise_demo.benchmark.__main__ import main as run_benchmark
from denoise_demo.data import faces, load_faces, load_mnist, mnist
from denoise_demo.data.mnist import IdxFile
from denoise_demo.denoisers import RECIPES, checkpoints
from tests import synthetic

RECIPE = "conv-pool"
POINTS = ("clean", "s1", "blind")


def attempt(work: Callable[[], object], seconds: float, log: Path) -> int | None:
    """Do work in a fork; return its exit code, or None if it was killed after some seconds."""
    child = os.fork()
    if child == 0:
        code = 99
        with log.open("ab") as file:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
            try:
                code = int(work() or 0)
            finally:
                sys.stdout.flush()
                os._exit(code)
    ended = os.pidfd_open(child)
    if not select.select([ended], [], [], seconds)[0]:
        os.kill(child, signal.SIGKILL)
    os.close(ended)
    _, status = os.waitpid(child, 0)
    return None if os.WIFSIGNALED(status) else os.waitstatus_to_exitcode(status)


class Killer:
    """Repeats work until it was killed often enough, each time up to its end."""

    def __init__(self, folder: Path, kills: int) -> None:
        self.folder, self.kills = folder, kills
        self.random = random.Random(7)

    def run(
        self,
        work: Callable[[Path], object],
        check: Callable[[Path], None],
        ended: Callable[[Path], None],
    ) -> dict[str, int]:
        """Kill the work, check what it left, and compare when it came to its end."""
        log = self.folder / "log"
        started = time.perf_counter()
        assert attempt(functools.partial(work, self.folder / "whole"), 600, log) == 0, (
            log.read_text()
        )
        longest = time.perf_counter() - started
        killed = rounds = 0
        while killed < self.kills:
            out = self.folder / f"round-{rounds}"
            code = None
            while code is None:
                seconds = self.random.uniform(0, longest)
                code = attempt(functools.partial(work, out), seconds, log)
                killed += code is None
                if out.exists():
                    check(out)
            assert code == 0, log.read_text()[-3000:]
            ended(out)
            rounds += 1
        return {"killed": killed, "rounds": rounds}


def files(folder: Path) -> dict[str, bytes]:
    """Return the files in a folder by name."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def train_killed(folder: Path, kills: int) -> dict[str, int]:
    """Train a small recipe: the same weights, and no weight or state file is ever torn."""
    RECIPES[RECIPE] = replace(RECIPES[RECIPE], validation=20, batch=16, steps=7)
    data = use_digits(folder)

    def work(out: Path) -> int:
        words = [RECIPE, "--resume", "--device", "cpu", "--epochs", "12"]
        return train.main([*words, "--data-dir", str(data), "--out", str(out)])

    def check(out: Path) -> None:
        for path in out.glob("*.safetensors"):
            checkpoints.read(path)
        for path in out.glob("*.csv"):
            assert path.read_bytes().endswith(b"\n")

    def ended(out: Path) -> None:
        assert set(files(out)) == {f"{RECIPE}.safetensors", f"{RECIPE}.csv"}
        ours, theirs = (
            checkpoints.read(place / f"{RECIPE}.safetensors") for place in (out, folder / "whole")
        )
        assert all(torch.equal(ours[0][key], theirs[0][key]) for key in theirs[0])
        assert ours[1]["metrics"] == theirs[1]["metrics"]

    return Killer(folder, kills).run(work, check, ended)


def benchmark_killed(folder: Path, kills: int) -> dict[str, int]:
    """Measure a few points: the same rows, and no file of results is ever torn."""
    data = use_digits(folder)

    def work(out: Path) -> int:
        words = ["--domain", "digits", "--points", *POINTS, "--resume"]
        others = out / "results.json"
        if not others.exists():
            out.mkdir(exist_ok=True)
            others.write_bytes((checkpoints.WEIGHTS_DIR / "results.json").read_bytes())
        return run_benchmark([*words, "--data-dir", str(data), "--out", str(out)])

    def check(out: Path) -> None:
        for path in out.glob("*.json"):
            json.loads(path.read_bytes())

    def ended(out: Path) -> None:
        assert files(out) == files(folder / "whole")

    return Killer(folder, kills).run(work, check, ended)


def faces_killed(folder: Path, kills: int) -> dict[str, int]:
    """Decode faces: the same pixels, and a cache that is written is never made again."""
    album = synthetic.write_faces(folder / "faces.zip", synthetic.make_faces(400))
    decode = faces._decode

    def work(out: Path) -> None:
        pooch.os_cache = lambda name: out

        def counted(album: faces.Album) -> faces.Faces:
            assert not list(out.rglob("*.npz")), "decoded twice"
            return decode(album)

        faces._decode = counted
        load_faces("train", album)

    def check(out: Path) -> None:
        for path in out.rglob("*.npz"):
            assert faces._stored(path)

    def ended(out: Path) -> None:
        ours, theirs = (
            [np.load(path)["pixels"] for path in place.rglob("*") if path.is_file()]
            for place in (out, folder / "whole")
        )
        assert len(ours) == len(theirs) == 1
        assert (ours[0] == theirs[0]).all()

    return Killer(folder, kills).run(work, check, ended)


class Slow(http.server.SimpleHTTPRequestHandler):
    """Sends files in small parts, as over a slow line."""

    asked: ClassVar[list[str]] = []

    def log_message(self, *words: object) -> None:
        """Write no log."""

    def copyfile(self, source: object, outputfile: object) -> None:
        """Send a file."""
        Slow.asked.append(self.path)
        try:
            while part := source.read(20_000):
                outputfile.write(part)
                time.sleep(0.001)
        except OSError:
            pass  # the client was killed


def serve(data: Path) -> None:
    """Start a slow mirror of MNIST for a folder, the only one."""
    handler = functools.partial(Slow, directory=data)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    mnist.MIRRORS = (f"http://127.0.0.1:{server.server_port}/",)
    os.environ.pop("DENOISE_DATA_DIR", None)
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "*"


def download_killed(folder: Path, kills: int) -> dict[str, int]:
    """Download MNIST: whole files only, and none that is there is fetched again."""
    data = use_digits(folder, count=2000, zipped=True)
    serve(data)
    here: dict[Path, set[str]] = {}

    def work(out: Path) -> None:
        pooch.os_cache = lambda name: out
        for split in ("train", "test"):
            load_mnist(split, download=True)

    def check(out: Path) -> None:
        again = here.get(out, set()) & {path.strip("/") for path in Slow.asked}
        assert not again, f"fetched again: {again}"
        Slow.asked.clear()
        whole = {path.name for path in out.rglob("*.gz")}
        assert all(
            (out / "mnist" / name).read_bytes() == (data / name).read_bytes() for name in whole
        )
        here[out] = whole

    def ended(out: Path) -> None:
        assert files(out / "mnist") == files(folder / "whole" / "mnist")
        assert len(files(out / "mnist")) == 4

    return Killer(folder, kills).run(work, check, ended)


def use_digits(folder: Path, count: int = 120, *, zipped: bool = False) -> Path:
    """Write small data that passes for MNIST; return its folder."""
    digits = {"train": synthetic.make_digits(count), "test": synthetic.make_digits(40, seed=1)}
    for split, some in digits.items():
        hashes = [hashlib.sha256(content).hexdigest() for content in synthetic.idx_contents(some)]
        mnist.MNIST[split] = tuple(
            IdxFile(file.name, sha256)
            for file, sha256 in zip(mnist.MNIST[split], hashes, strict=True)
        )
    return synthetic.write_mnist(folder / "data", *digits.values(), zipped=zipped)


WORKS = {
    "training": train_killed,
    "benchmark": benchmark_killed,
    "faces": faces_killed,
    "download": download_killed,
}

if __name__ == "__main__":
    torch.set_num_threads(1)
    print(json.dumps(WORKS[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]))))
