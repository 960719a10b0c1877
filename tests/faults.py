"""Break a copy of the code in one place at a time and check that the suite notices.

python -m tests.faults               every fault, in about ten minutes
python -m tests.faults NAME ...      only these

Each fault must make its tests fail in the default run; the exit status is the number of faults
that they missed. A fault whose line has changed must be adapted here.
"""

import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Fault:
    """One wrong line: `old` in a file of denoise_demo becomes `new`; `tests` should notice."""

    file: str
    old: str
    new: str
    tests: str


FAULTS = {
    "blur-kernel-too-short": Fault(
        "corruption/blur.py", "BLUR_TRUNCATE = 4.0", "BLUR_TRUNCATE = 3.0", "corruption"
    ),
    "additive-speckle": Fault(
        "corruption/noise.py",
        "return image * (1 + level * normals(image, generator))",
        "return image + level * normals(image, generator)",
        "corruption",
    ),
    "too-much-pepper": Fault(
        "corruption/noise.py",
        "pepper, salt = u < level / 2",
        "pepper, salt = u < level",
        "corruption",
    ),
    "poisson-off-by-one": Fault(
        "corruption/noise.py",
        "gammaincc(guess + 1, here)",
        "gammaincc(guess + 2, here)",
        "corruption",
    ),
    "noise-pattern-depends-on-level": Fault(
        "corruption/noise.py",
        "return image + level * (2 * uniforms(image, generator) - 1)",
        "generator.manual_seed(int(1000 * level.max()))\n"
        "    return image + level * (2 * uniforms(image, generator) - 1)",
        "corruption",
    ),
    "mixture-loses-images": Fault(
        "corruption/mixture.py",
        "shares = [clean[start:end] for",
        "shares = [clean[start : max(start, end - 1)] for",
        "corruption",
    ),
    "evaluation-point-changed": Fault(
        "corruption/points.py",
        "level=1.2, blur_sigma=1.5, clip=False),",
        "level=0.6, blur_sigma=1.5, clip=False),",
        "corruption denoisers benchmark",
    ),
    "missing-activation": Fault(
        "networks/articles.py",
        "x = F.max_pool2d(self.encode2(x), 2).relu_()",
        "x = F.max_pool2d(self.encode2(x), 2)",
        "networks",
    ),
    "small-corrections-dropped": Fault(
        "networks/blind.py",
        "CORRECTION_MINIMUM = 2 / 255",
        "CORRECTION_MINIMUM = 30 / 255",
        "networks",
    ),
    "norm-not-folded": Fault(
        "networks/blind.py",
        "self.convolution2 = fuse_conv_bn_eval(self.convolution2, self.norm2)",
        "pass",
        "networks",
    ),
    "wiener-gain-below-zero": Fault(
        "denoisers/filters.py",
        "np.maximum(variance, power)",
        "np.maximum(variance, 1e-9)",
        "denoisers",
    ),
    "median-of-a-column": Fault(
        "denoisers/filters.py",
        "median_filter(noisy, (1, 1, size, size))",
        "median_filter(noisy, (1, 1, size, 1))",
        "denoisers",
    ),
    "nan-weights-accepted": Fault(
        "denoisers/checkpoints.py",
        "if not bool(torch.isfinite(tensor).all()):",
        "if False:",
        "denoisers",
    ),
    "ssim-constant": Fault(
        "benchmark/metrics.py", "0.01**2, 0.03**2", "0.01**2, 0.3**2", "benchmark"
    ),
    "psnr-of-amplitudes": Fault(
        "benchmark/metrics.py", "return -10 * torch.log10", "return -20 * torch.log10", "benchmark"
    ),
    "interval-too-narrow": Fault(
        "benchmark/evaluation.py",
        'method="percentile",',
        'method="percentile", confidence_level=0.8,',
        "benchmark",
    ),
    "results-of-other-weights": Fault(
        "benchmark/results.py", "if weights_hash(key) != value}", "if False}", "benchmark"
    ),
    "results-of-other-points": Fault(
        "benchmark/results.py",
        "changed_points = _changed(found.points, current_points())",
        "changed_points: set[str] = set()",
        "benchmark",
    ),
    "digit-off-centre": Fault("data/pixels.py", "_CENTRE = 14", "_CENTRE = 13", "data"),
    "pixels-truncated": Fault(
        "data/pixels.py", "values += np.float32(0.5)", "values += np.float32(0)", "data"
    ),
    "wrong-luma": Fault("data/pixels.py", "0.299, 0.587, 0.114", "0.333, 0.333, 0.334", "data"),
    "test-faces-in-training": Fault(
        "data/faces.py", "TRAIN_SHARE = 0.75", "TRAIN_SHARE = 0.8", "data"
    ),
    "hash-not-checked": Fault(
        "data/mnist.py",
        "if hashlib.sha256(content).hexdigest() != file.sha256:",
        "if False:",
        "data",
    ),
    "validation-overlaps-training": Fault(
        "data/images.py",
        "return images[slice(middle)], images[slice(middle, None)]",
        "return images[slice(middle)], images[slice(0, count)]",
        "data training",
    ),
    "optimiser-not-restored": Fault(
        "training/resuming.py",
        '_restore_optimiser(optimiser, _below(f"{name}.", tensors))',
        "pass",
        "training",
    ),
    "training-noise-in-measurement": Fault(
        "training/trainer.py",
        "manual_seed(_derived_seed(recipe.seed, 2))",
        "manual_seed(recipe.seed)",
        "training",
    ),
    "early-stopping-one-late": Fault(
        "training/trainer.py",
        "losses.index(min(losses)) >= patience",
        "losses.index(min(losses)) > patience",
        "training",
    ),
    "processes-share-the-same-rows": Fault(
        "training/distributed.py",
        "rows[self.rank :: self.size]",
        "rows[: len(rows) // self.size]",
        "training",
    ),
    "clip-convention-ignored": Fault(
        "lab/experiment.py", "clip=spec.clip, generator", "clip=True, generator", "lab"
    ),
    "seed-ignored": Fault("lab/experiment.py", "generator=settings.seed", "generator=0", "lab"),
    "dream-without-schedule": Fault(
        "lab/dreams.py", "FIRST * (LAST / FIRST) ** (step / (steps - 1))", "FIRST", "lab"
    ),
    "api-transposes": Fault("ui/api.py", "permute(1, 2, 0)", "permute(2, 1, 0)", "ui/test_api.py"),
    "link-takes-blur-from-level": Fault(
        "ui/view.py",
        'read_number(query["blur"], "blur")',
        'read_number(query["level"], "blur")',
        "ui/test_view.py",
    ),
    "old-view-applied": Fault(
        "ui/web/page.js",
        "if (view && view.revision === state.revision) take(view);",
        "if (view) take(view);",
        "ui/test_page.py",
    ),
    "stale-picture-painted": Fault(
        "ui/web/queue.js", "if (turn > painted) {", "if (true) {", "ui/panels/test_stage_panel.py"
    ),
    "last-value-lost": Fault(
        "ui/web/queue.js",
        "    pump();\n  }\n\n  // Try again later",
        "  }\n\n  // Try again later",
        "ui/panels/test_stage_panel.py",
    ),
    "undo-drops-the-first-stroke": Fault(
        "ui/panels/stage/drawing.js",
        "state.strokes.pop();",
        "state.strokes.shift();",
        "ui/panels/test_drawing_panel.py",
    ),
    "note-outlives-its-picture": Fault(
        "ui/panels/stage/stage.js",
        'if (noteSeen) $(".note").hidden = !isOf || !text;',
        "",
        "ui/tabs/test_laboratory_tab.py",
    ),
    "returned-digit-centred-again": Fault(
        "lab/tools.py",
        "if prepared else to_digit(image)",
        "if not prepared else to_digit(image)",
        "ui/test_mcp.py",
    ),
    "address-taken-for-base64": Fault(
        "ui/mcp.py", "validate=True)", "validate=False)", "ui/test_mcp.py"
    ),
    "strangers-arguments-unchecked": Fault(
        "denoisers/hub.py",
        "if not known:",
        "if not metadata:",
        "training/test_publishing.py",
    ),
    "face-licence-lost": Fault(
        "training/publishing.py",
        '"license": "other",',
        '"license": "apache-2.0",',
        "training/test_publishing.py",
    ),
    "work-done-twice": Fault(
        "common/once.py",
        "with self._locks.setdefault(key, threading.Lock()):",
        "with threading.Lock():",
        "common/test_once.py",
    ),
    "failure-tried-again-at-once": Fault(
        "common/once.py",
        "if error and time.monotonic() < until:",
        "if False:",
        "common/test_once.py",
    ),
    "two-runs-into-one-folder": Fault(
        "training/runs.py",
        "stack.enter_context(sole_writer(folder / recipe.id))",
        "pass",
        "training/test_full_disk.py",
    ),
    "room-unchecked": Fault(
        "training/resuming.py",
        "_check_room(trainer, resume_file)",
        "pass",
        "training/test_full_disk.py",
    ),
    "deep-metadata-uncaught": Fault(
        "denoisers/checkpoints.py",
        "except (OSError, SafetensorError, ValueError, RecursionError) as",
        "except (OSError, SafetensorError, ValueError) as",
        "denoisers/test_damaged_weights.py",
    ),
    "weights-hash-unchecked": Fault(
        "denoisers/checkpoints.py",
        'if "sha256" in header and',
        'if "sha512" in header and',
        "denoisers/test_damaged_weights.py",
    ),
    "gzip-unpacked-to-its-end": Fault(
        "data/mnist.py",
        "fileobj=io.BytesIO(content)).read(LARGEST + 1)",
        "fileobj=io.BytesIO(content)).read()",
        "data/test_mnist.py",
    ),
    "validation-photographs-trained-on": Fault(
        "data/photos.py", "(i in held) is h", "(i in held) or not h", "training/test_photos.py"
    ),
    "average-of-weights-not-kept": Fault(
        "training/trainer.py",
        "mean.lerp_(value, share)",
        "mean.copy_(value)",
        "training/test_photos.py",
    ),
    "sixteen-bits-halved": Fault(
        "data/photo_files.py",
        'return image.format == "PNG" and',
        "return False and",
        "test_clean.py",
    ),
}


def is_caught(fault: Fault, copy: Path) -> bool:
    """Whether the default run notices the fault in a copy of the repository."""
    path = copy / "denoise_demo" / fault.file
    text = path.read_text("utf-8")
    if fault.old not in text:
        raise SystemExit(f"{fault.file} has no {fault.old!r}: adapt the fault in tests/faults.py")
    path.write_text(text.replace(fault.old, fault.new, 1), "utf-8")
    tests = [str(copy / "tests" / name) for name in fault.tests.split()]
    commands = [[sys.executable, "-m", "pytest", "-q", "-x", "-n", "0", *tests]]
    if fault.file.endswith(".js"):
        commands.insert(0, ["node", "--test", "tests/ui/js/"])
    try:
        return any(_fails(command, copy) for command in commands)
    finally:
        path.write_text(text, "utf-8")


def _fails(command: list[str], folder: Path) -> bool:
    """Whether tests fail; SystemExit if they cannot be run."""
    status = subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode
    if status not in (0, 1):
        raise SystemExit(f"{' '.join(command)} ended with {status}")
    return status == 1


def main(names: list[str]) -> int:
    """Try the faults and print what happened to each."""
    chosen = {name: FAULTS[name] for name in names or FAULTS}
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".git", "node_modules"))
        for name, fault in chosen.items():
            caught = is_caught(fault, copy)
            missed += not caught
            print("caught" if caught else "MISSED", name, flush=True)
    print(f"{len(chosen) - missed} of {len(chosen)} faults caught")
    return missed


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
