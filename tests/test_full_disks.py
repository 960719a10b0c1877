"""Every program that writes, on a full and on a read-only disk: one sentence, no half files."""

import sys
from pathlib import Path

import pytest

from tests.restricted import run_on_small_disk

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[1]
# Makes small data in a folder, then lets one of the programs write to a disk.
DRIVER = """
import contextlib, json, sys
from dataclasses import replace
from pathlib import Path
work, folder, disk, root = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4]
sys.path.insert(0, root)
from tests import killing, synthetic
from denoise_demo.data import load_faces, load_mnist
from denoise_demo.denoisers import RECIPES
from denoise_demo.training import resuming

for key in ("dense-64", "dense-1"):
    RECIPES[key] = replace(RECIPES[key], validation=20, batch=100)
killing.pooch.os_cache = lambda name: disk
data = ["--data-dir", str(killing.use_digits(folder, zipped=work == "download"))]
if work == "state":
    resuming.COPIES = 0  # the room is not checked first
if work in {"training", "state"}:
    raise SystemExit(killing.train.main(["dense-64", *data, "--out", str(disk)]))
if work == "logs":
    words = ["dense-1", "--epochs", "300", "--tensorboard", str(disk)]
    raise SystemExit(killing.train.main([*words, *data, "--out", str(folder / "out")]))
if work == "benchmark":
    old = json.loads((killing.checkpoints.WEIGHTS_DIR / "results.json").read_bytes())
    with contextlib.suppress(OSError):
        lists = dict.fromkeys(("rows", "sweep", "article", "calibration"), [])
        (disk / "results.json").write_text(json.dumps(old | lists))
    words = ["--domain", "digits", "--points", "clean", "s1", "blind"]
    raise SystemExit(killing.run_benchmark([*words, *data, "--out", str(disk)]))
if work == "faces":
    album = synthetic.write_faces(folder / "faces.zip", synthetic.make_faces(400))
    raise SystemExit(len(load_faces("train", album)) != 300)
if work == "download":
    killing.serve(folder / "data")
    raise SystemExit(len(load_mnist("train", download=True)) != 120)
"""
STATE = {"dense-64.resume.safetensors", "dense-64.csv"}
LOGS = None  # TensorBoard's own files


@pytest.mark.parametrize(
    ("work", "size", "words", "left"),
    [
        ("training", "64k", "cannot be written to {} (No space left on device)", set()),
        ("training", "64k,ro", "cannot be written to {} (Read-only file system)", set()),
        ("state", "1300k", "{} (No space left on device)", STATE),
        ("logs", "12k", "cannot be written to {} (No space left on device)", LOGS),
        ("logs", "12k,ro", "cannot be written to {} (Read-only file system)", set()),
        ("benchmark", "32k", "cannot be written to {} (No space left on device)", {"results.json"}),
        ("benchmark", "32k,ro", "cannot be written to {} (Read-only file system)", set()),
    ],
)
def test_a_disk_without_room_is_one_sentence(work, size, words, left, tmp_path):
    result, files = run(work, tmp_path, size)

    assert result.returncode == 1, result.stderr
    said = result.stderr.replace("\r", "\n").splitlines()[-1]
    assert words.format(tmp_path / "disk") in said
    assert "free some space there, make it writable, or name another folder" in said
    assert "Traceback" not in result.stderr
    assert left is LOGS or set(files) == left


@pytest.mark.parametrize("work", ["faces", "download"])
@pytest.mark.parametrize("size", ["4k", "64k,ro"])
def test_a_cache_without_room_is_done_without(work, size, tmp_path):
    result, files = run(work, tmp_path, size)

    assert result.returncode == 0, result.stderr
    assert "cannot be cached" in result.stderr
    assert "set XDG_CACHE_HOME" in result.stderr
    assert "Traceback" not in result.stderr
    assert not [name for name in files if not name.endswith(".gz")]


def run(work, tmp_path, size):
    """Let a program write to a disk of a size; return its result and the files it left."""
    disk = tmp_path / "disk"
    disk.mkdir()
    words = [work, str(tmp_path), str(disk), str(ROOT)]
    return run_on_small_disk([sys.executable, "-c", DRIVER, *words], disk, size)
