"""Train the networks: `python train.py conv-pool`, `python train.py --all`, `--list`.

Each recipe of denoise_demo/recipes.py becomes weights/<recipe>.safetensors, with the losses of
its epochs in <recipe>.csv. A run that was stopped or killed goes on with --resume and ends with
the same weights. Several processes share the work under torchrun:

    torchrun --nproc-per-node 2 train.py conv-pool
"""

import argparse
import json
import shlex
import signal
import sys
from dataclasses import replace
from pathlib import Path

import torch
from torch.distributed import is_initialized
from tqdm import tqdm

from denoise_demo.common import brief
from denoise_demo.data import Images, get_domain
from denoise_demo.denoisers import (
    DEVICES,
    RECIPES,
    Recipe,
    checkpoints,
    choose_device,
    device_trouble,
    settings_of,
)
from denoise_demo.networks import MODELS, build, count_parameters
from denoise_demo.training import (
    DivergedError,
    Group,
    Trainer,
    check_shares,
    joined,
    lost_touch,
    resuming,
    runs,
)

GO_ON = "nothing saved is lost; go on with the same command and --resume"


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
    where_from = "where MNIST and the faces are (or DENOISE_DATA_DIR)"
    how.add_argument("--data-dir", metavar="FOLDER", help=where_from)
    how.add_argument("--epochs", type=_positive, metavar="N", help="instead of the recipe's")
    how.add_argument("--seed", type=_seed, metavar="N", help="instead of the recipe's")
    how.add_argument("--device", choices=DEVICES, help="auto takes CUDA, then MPS, then the CPU")
    where = parser.add_argument_group("files")
    where.add_argument("--out", type=Path, default=checkpoints.WEIGHTS_DIR, metavar="FOLDER")
    where.add_argument("--resume", action="store_true", help="go on where an earlier run stopped")
    where.add_argument("--tensorboard", type=Path, metavar="FOLDER", help="write its logs there")
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
        f"{'recipe':<25}  {'article':<7}  {'parameters':>10}  {'trained':<10}  score (test images)"
    )
    for name, recipe in RECIPES.items():
        parameters = count_parameters(build(recipe.model))
        trained, score = "no", ""
        try:
            metadata = checkpoints.read_metadata(checkpoints.checkpoint_path(name, folder))
            trained = f"{metadata['epochs']} epochs"
            score = runs.describe_score(recipe, metadata["metrics"])
        except (checkpoints.CheckpointError, KeyError, TypeError):
            trained = "damaged" if checkpoints.checkpoint_path(name, folder).exists() else "no"
        print(f"{name:<25}  {recipe.article:<7}  {parameters:>10,}  {trained:<10}  {score}")


def dry_run(recipe: Recipe) -> None:
    """Print what a run would do."""
    parameters = count_parameters(build(recipe.model))
    print(f"{recipe.id}: {MODELS[recipe.model].label}, {parameters:,} parameters")
    print(f"  corruption: {recipe.corruption.describe()}")
    print("  " + json.dumps(settings_of(recipe)))


def train(
    recipe: Recipe,
    images: dict[str, Images],
    options: argparse.Namespace,
    device: torch.device,
    group: Group,
) -> None:
    """Train one recipe and write its files; of several processes, one prints and writes."""
    trainer = Trainer(recipe, images["train"], device, group)
    resume_file = runs.resume_path(recipe, options.out)
    if options.resume and resuming.resume(trainer, resume_file) and group.leads:
        print(f"{recipe.id}: going on after epoch {len(trainer.history)}")
    progress = _Progress(trainer) if group.leads else None
    with runs.tensorboard(options.tensorboard if group.leads else None, recipe) as board:
        for record in resuming.fit(trainer, resume_file, progress):
            if group.leads:
                print(
                    f"{recipe.id} epoch {record.epoch}/{recipe.epochs}: "
                    f"train {record.train_loss:.4f}, validation {record.validation_loss:.4f}, "
                    f"{record.seconds:.1f} s"
                )
                runs.write_history(trainer, options.out)
                runs.show_record(board, record)
    if group.leads:
        scores = runs.finish(trainer, images["test"], options.out, command(recipe, options, group))
        name = checkpoints.checkpoint_path(recipe.id).name
        print(f"{recipe.id}: {runs.describe_score(recipe, scores)}; saved as {name}")
    group.wait()


def command(recipe: Recipe, options: argparse.Namespace, group: Group) -> str:
    """Return the command that trains this again, without local paths."""
    start = ["torchrun", "--nproc-per-node", str(group.size)] if group.size > 1 else ["python"]
    words = [*start, "train.py", recipe.id]
    for key in ("epochs", "seed", "device"):
        if getattr(options, key) is not None:
            words += [f"--{key}", str(getattr(options, key))]
    return shlex.join(words)


def train_all(recipes: list[Recipe], options: argparse.Namespace) -> None:
    """Train recipes one after the other, in the processes torchrun has started."""
    with joined(choose_device(options.device)) as (group, device):
        options.out.mkdir(parents=True, exist_ok=True)
        finished = [r for r in recipes if options.resume and runs.is_finished(r, options.out)]
        for recipe in finished if group.leads else ():
            print(f"{recipe.id}: already finished")
        todo = [recipe for recipe in recipes if recipe not in finished]
        for recipe in todo:
            check_shares(recipe, group)
            if options.resume and group.leads:
                tell_replaced(recipe, options.out)
        images = {
            domain: load(domain, options.data_dir, group)
            for domain in dict.fromkeys(recipe.domain for recipe in todo)
        }
        for recipe in todo:
            train(recipe, images[recipe.domain], options, device, group)


def tell_replaced(recipe: Recipe, folder: Path) -> None:
    """Say when finished weights of other settings will be replaced at the end."""
    path = checkpoints.checkpoint_path(recipe.id, folder)
    if path.exists() and not runs.resume_path(recipe, folder).exists():
        print(f"{recipe.id}: {path.name} is of other settings, and stays until this run has ended")


def load(domain: str, folder: str | None, group: Group) -> dict[str, Images]:
    """Load a domain's images; the first process alone fetches or caches what is missing."""
    if not group.leads:
        group.wait()
    load_split = get_domain(domain).load
    images = {split: load_split(split, folder, download=True) for split in ("train", "test")}
    if group.leads:
        group.wait()
    return images


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    options = parse(arguments)
    recipes = chosen_recipes(options)
    try:
        if options.list:
            list_recipes(options.out)
        elif options.dry_run:
            for recipe in recipes:
                dry_run(recipe)
        else:
            train_all(recipes, options)
    except KeyboardInterrupt:
        why = ", perhaps because another process was lost" if is_initialized() else ""
        return complain(f"stopped{why}; {GO_ON}", 130)
    except (OSError, ValueError, DivergedError) as error:
        return complain(str(error))
    except RuntimeError as error:
        if lost_touch(error):
            return complain(f"another process was lost; {GO_ON}")
        if (trouble := device_trouble(error)) is None:
            raise
        return complain(f"{trouble}; {GO_ON}")
    return 0


def complain(message: str, code: int = 1) -> int:
    """Print one line to the error stream and return the exit code."""
    print(f"train.py: {message}", file=sys.stderr)
    return code


class _Progress:
    """A progress bar for each epoch, with the loss and the images per second."""

    def __init__(self, trainer: Trainer) -> None:
        self.trainer = trainer
        self.bar = tqdm(disable=True)

    def __call__(self, step: int, loss: float, images: int) -> None:
        if self.bar.disable:
            epoch = f"{self.trainer.recipe.id} {len(self.trainer.history) + 1}"
            total = self.trainer.images_per_epoch
            self.bar = tqdm(total=total, desc=epoch, unit=" images", leave=False)
        self.bar.set_postfix_str(f"loss {loss:.4f}", refresh=False)
        self.bar.update(images - self.bar.n)
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


def terminate(*_: object) -> None:
    """Stop as on Ctrl-C: torchrun ends the other processes so when one is lost."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, terminate)
    raise SystemExit(main())
