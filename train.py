"""Train the networks: `python train.py conv-pool`, `python train.py --all`, `--list`.

Each recipe of denoise_demo/recipes.py becomes weights/<recipe>.safetensors. A run that was
stopped or killed goes on with --resume and ends with the same weights.
"""

import argparse
import json
import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from denoise_demo import benchmark, checkpoints, training
from denoise_demo.checks import brief
from denoise_demo.data import MNIST, Digits, load_mnist
from denoise_demo.inference import DEVICES, Classifier, Denoiser, choose_device
from denoise_demo.models import MODELS, build, count_parameters
from denoise_demo.recipes import POINTS, RECIPES, Recipe, changed_settings, settings_of


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Parse and check the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    what = parser.add_argument_group("what to train")
    what.add_argument("recipes", nargs="*", metavar="RECIPE", help=", ".join(RECIPES))
    what.add_argument("--all", action="store_true", help="every recipe")
    what.add_argument("--list", action="store_true", help="show the recipes and leave")
    how = parser.add_argument_group("how")
    how.add_argument("--data-dir", metavar="FOLDER", help="where MNIST is (or DENOISE_DATA_DIR)")
    how.add_argument("--epochs", type=_positive, metavar="N", help="instead of the recipe's")
    how.add_argument("--seed", type=_seed, metavar="N", help="instead of the recipe's")
    how.add_argument("--device", choices=DEVICES, help="auto takes CUDA, then MPS, then the CPU")
    where = parser.add_argument_group("files")
    where.add_argument("--out", type=Path, default=checkpoints.WEIGHTS_DIR, metavar="FOLDER")
    where.add_argument("--resume", action="store_true", help="go on where an earlier run stopped")
    where.add_argument("--dry-run", action="store_true", help="show the settings and leave")
    options = parser.parse_args(arguments)
    unknown = [name for name in options.recipes if name not in RECIPES]
    if unknown:
        parser.error(f"unknown recipe {unknown[0]!r}; choose from: {', '.join(RECIPES)}")
    if not (options.recipes or options.all or options.list):
        parser.error("name a recipe, or say --all or --list")
    return options


def chosen_recipes(options: argparse.Namespace) -> list[Recipe]:
    """Return the recipes asked for, with the command line's changes."""
    changes = {key: getattr(options, key) for key in ("epochs", "seed")}
    changes = {key: value for key, value in changes.items() if value is not None}
    names = RECIPES if options.all else dict.fromkeys(options.recipes)
    return [replace(RECIPES[name], **changes) for name in names]


def list_recipes(folder: Path) -> None:
    """Print the table of recipes with what their weight files say."""
    print(
        f"{'recipe':<20}  {'article':<7}  {'parameters':>10}  {'trained':<10}  score (test digits)"
    )
    for name, recipe in RECIPES.items():
        parameters = count_parameters(build(recipe.model))
        trained, score = "no", ""
        try:
            metadata = checkpoints.read_metadata(checkpoints.checkpoint_path(name, folder))
            trained = f"{metadata['epochs']} epochs"
            score = describe_score(recipe, metadata["metrics"])
        except (checkpoints.CheckpointError, KeyError):
            trained = "damaged" if checkpoints.checkpoint_path(name, folder).exists() else "no"
        print(f"{name:<20}  {recipe.article:<7}  {parameters:>10,}  {trained:<10}  {score}")


def describe_score(recipe: Recipe, scores: dict[str, float]) -> str:
    """Return a recipe's main test score in words."""
    if not recipe.denoises:
        return f"accuracy {scores['accuracy']:.4f} on clean digits"
    return f"{scores['psnr']:.2f} dB, BCE {scores['bce']:.4f} at {recipe.point}"


def dry_run(recipe: Recipe) -> None:
    """Print what a run would do."""
    parameters = count_parameters(build(recipe.model))
    print(f"{recipe.id}: {MODELS[recipe.model].label}, {parameters:,} parameters")
    print(f"  corruption: {recipe.corruption.describe()}")
    print("  " + json.dumps(settings_of(recipe)))


def train(recipe: Recipe, digits: Digits, test: Digits, options: argparse.Namespace) -> None:
    """Train one recipe, measure it on the test digits and save its checkpoint."""
    device = choose_device(options.device)
    resume_file = _resume_file(recipe, options.out)
    trainer = training.Trainer(recipe, digits, device)
    if options.resume and training.resume(trainer, resume_file):
        print(f"{recipe.id}: going on after epoch {len(trainer.history)}")
    for record in training.fit(trainer, resume_file, _Progress(trainer)):
        print(
            f"{recipe.id} epoch {record.epoch}/{recipe.epochs}: "
            f"train {record.train_loss:.4f}, validation {record.validation_loss:.4f}, "
            f"{record.seconds:.1f} s"
        )
    scores = test_scores(trainer, test)
    path = checkpoints.checkpoint_path(recipe.id, options.out)
    checkpoints.save(path, trainer.module.state_dict(), metadata_of(trainer, scores, options))
    resume_file.unlink(missing_ok=True)
    print(f"{recipe.id}: {describe_score(recipe, scores)}; saved as {path.name}")


def test_scores(trainer: training.Trainer, test: Digits) -> dict[str, float]:
    """Measure a trained network at its recipe's own evaluation point."""
    recipe, module = trainer.recipe, trainer.module.eval()
    if recipe.denoises:
        denoiser = Denoiser(recipe, module, trainer.device)
        return benchmark.evaluate(denoiser, POINTS[recipe.point], test)
    classifier = Classifier(module, trainer.device)
    scores = benchmark.evaluate(lambda noisy: noisy, POINTS[recipe.point], test, classifier)
    return {"accuracy": scores["accuracy"]}


def metadata_of(
    trainer: training.Trainer, scores: dict[str, float], options: argparse.Namespace
) -> dict[str, Any]:
    """Return what a weight file says of itself."""
    recipe = trainer.recipe
    spec = MODELS[recipe.model]
    gpu = trainer.device.type == "cuda"
    return {
        "recipe": settings_of(recipe),
        "arguments": dict(spec.arguments),
        "parameters": count_parameters(trainer.module),
        "data": {"name": "MNIST", "sha256": [file.sha256 for file in MNIST["train"]]},
        "epochs": len(trainer.history),
        "history": [vars(record) for record in trainer.history],
        "metrics": scores,
        "torch": torch.__version__,
        "seed": recipe.seed,
        "seconds": round(sum(record.seconds for record in trainer.history), 1),
        "device": torch.cuda.get_device_name(trainer.device) if gpu else trainer.device.type,
        "command": command(recipe, options),
    }


def command(recipe: Recipe, options: argparse.Namespace) -> str:
    """Return the command that trains this again, without local paths."""
    words = ["python", "train.py", recipe.id]
    for key in ("epochs", "seed", "device"):
        if getattr(options, key) is not None:
            words += [f"--{key}", str(getattr(options, key))]
    return shlex.join(words)


def is_finished(recipe: Recipe, folder: Path) -> bool:
    """Whether the folder holds this recipe, trained to its end with these settings."""
    try:
        metadata = checkpoints.read_metadata(checkpoints.checkpoint_path(recipe.id, folder))
    except checkpoints.CheckpointError:
        return False
    return not changed_settings(recipe, metadata.get("recipe"))


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    options = parse(arguments)
    if options.list:
        list_recipes(options.out)
        return 0
    recipes = chosen_recipes(options)
    if options.dry_run:
        for recipe in recipes:
            dry_run(recipe)
        return 0
    try:
        options.out.mkdir(parents=True, exist_ok=True)
        if options.resume:
            for recipe in [r for r in recipes if is_finished(r, options.out)]:
                print(f"{recipe.id}: already finished")
                _resume_file(recipe, options.out).unlink(missing_ok=True)
                recipes.remove(recipe)
        if recipes:
            train_set = load_mnist("train", options.data_dir, download=True)
            test_set = load_mnist("test", options.data_dir, download=True)
        for recipe in recipes:
            train(recipe, train_set, test_set, options)
    except KeyboardInterrupt:
        print("\nstopped; go on with the same command and --resume", file=sys.stderr)
        return 130
    except (OSError, ValueError, training.DivergedError) as error:
        print(f"train.py: {error}", file=sys.stderr)
        return 1
    return 0


def _resume_file(recipe: Recipe, folder: Path) -> Path:
    return folder / f"{recipe.id}.resume.safetensors"


class _Progress:
    """A progress bar for each epoch, with the loss and the images per second."""

    def __init__(self, trainer: training.Trainer) -> None:
        self.trainer = trainer
        self.bar = tqdm(disable=True)

    def __call__(self, step: int, loss: float, images: int) -> None:
        if step == 1:
            epoch = f"{self.trainer.recipe.id} {len(self.trainer.history) + 1}"
            total = self.trainer.images_per_epoch
            self.bar = tqdm(total=total, desc=epoch, unit=" images", leave=False)
        self.bar.set_postfix_str(f"loss {loss:.4f}", refresh=False)
        self.bar.update(images)
        if step == self.trainer.steps:
            self.bar.close()


def _positive(text: str) -> int:
    return _within(text, 1, 10**6)


def _seed(text: str) -> int:
    return _within(text, 0, 2**63 - 1)


def _within(text: str, least: int, most: int) -> int:
    """Read a whole number of the command line."""
    try:
        number = int(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{brief(text)} is not a whole number") from error
    if not least <= number <= most:
        raise argparse.ArgumentTypeError(f"{brief(number)} is not between {least} and {most}")
    return number


if __name__ == "__main__":
    raise SystemExit(main())
