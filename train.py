"""Train networks: `python train.py conv-pool`, `python train.py --all`, `--list`.

Writes weights/RECIPE.safetensors, and the losses of all epochs to RECIPE.csv. --resume continues a
stopped run and gives the same weights. A changed recipe needs a separate folder:

    python train.py dense-16 --set epochs=3 --set optimiser_settings.lr=0.01 --out experiment

Several processes share the work under torchrun:

    torchrun --nproc-per-node 2 train.py conv-pool
"""

import argparse
import shlex
import signal
import sys
from pathlib import Path

if __name__ == "__main__":
    ON_INTERRUPT = signal.signal(signal.SIGINT, signal.SIG_DFL)  # no traceback from the imports

import torch
from torch.distributed import is_initialized

from denoise_demo.common import WriteError, plain_console
from denoise_demo.data import Images, Photos
from denoise_demo.denoisers import (
    DEVICES,
    RECIPES,
    Recipe,
    checkpoints,
    choose_device,
    device_trouble,
    trainable,
)
from denoise_demo.training import (
    DivergedError,
    Group,
    Progress,
    Record,
    Step,
    Trainer,
    check_shares,
    describe_score,
    dry_run,
    fit,
    is_peer_lost,
    joined,
    log,
    override,
    recipe_table,
    resume,
    runs,
    tensorboard,
)

CONTINUE = "saved epochs are kept; continue with the same command and --resume"


def parse(arguments: list[str] | None) -> tuple[argparse.Namespace, list[Recipe]]:
    """Parse and check the command line; return its options and the recipes it asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    what = parser.add_argument_group("what to train")
    what.add_argument("recipes", nargs="*", metavar="RECIPE", help=", ".join(trainable()))
    what.add_argument("--all", action="store_true", help="every recipe of digits and faces")
    what.add_argument("--list", action="store_true", help="list the recipes and exit")
    how = parser.add_argument_group("how")
    data = "where MNIST, the faces or the photographs are (or DENOISE_DATA_DIR)"
    how.add_argument("--data-dir", metavar="FOLDER", help=data)
    how.add_argument("--device", choices=DEVICES, help="auto takes CUDA, then MPS, then the CPU")
    changes = parser.add_argument_group("changes to a recipe (need --out)")
    set_help = "any setting, for example corruption.level=0.1,0.5 (repeatable)"
    changes.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help=set_help)
    changes.add_argument("--epochs", metavar="N", help="short for --set epochs=N")
    changes.add_argument("--seed", metavar="N", help="short for --set seed=N")
    where = parser.add_argument_group("files")
    where.add_argument("--out", type=Path, metavar="FOLDER", help="default: weights")
    where.add_argument("--resume", action="store_true", help="continue a stopped run")
    where.add_argument("--tensorboard", type=Path, metavar="FOLDER", help="write logs to FOLDER")
    where.add_argument("--dry-run", action="store_true", help="show the settings and exit")
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.recipes if name not in trainable()]:
        parser.error(f"unknown recipe {unknown[0]!r}; choose from: {', '.join(trainable())}")
    if not (options.recipes or options.all or options.list):
        parser.error("name a recipe, or give --all or --list")
    short = {name: getattr(options, name) for name in ("epochs", "seed")}
    assignments = [f"{name}={value}" for name, value in short.items() if value is not None]
    assignments += options.set
    shipped = options.out is None or options.out.resolve() == checkpoints.WEIGHTS_DIR
    if assignments and shipped and not options.dry_run:
        parser.error("a changed recipe would replace the shipped weights: give --out FOLDER")
    options.out = options.out or checkpoints.WEIGHTS_DIR
    names = RECIPES if options.all else dict.fromkeys(options.recipes)
    try:
        return options, [override(trainable()[name], assignments) for name in names]
    except ValueError as error:
        parser.error(str(error))


def train(
    recipe: Recipe,
    images: tuple[Images | Photos, Images | None],
    options: argparse.Namespace,
    device: torch.device,
    group: Group,
) -> None:
    """Train one recipe and write its files; only the first process prints and writes."""
    trainer = Trainer(recipe, images[0], device, group)
    resume_file = runs.resume_path(recipe, options.out)
    if options.resume and resume(trainer, resume_file) and group.leads:
        print(f"{recipe.id}: continuing after epoch {len(trainer.history)}")
    progress = Progress(trainer) if group.leads else None
    with tensorboard(options.tensorboard if group.leads else None, recipe) as board:
        for record in fit(trainer, resume_file):
            if progress and isinstance(record, Step):
                progress(record)
            elif progress and isinstance(record, Record):
                epoch = f"{recipe.id} epoch {record.epoch}/{recipe.epochs}"
                losses = f"{record.train_loss:.4f}, validation {record.validation_loss:.4f}"
                print(f"{epoch}: train {losses}, {record.seconds:.1f} s")
                runs.write_history(trainer, options.out)
                log(board, record)
    if group.leads:
        scores = runs.finish(trainer, images[1], options.out, command(recipe, options, group))
        name = checkpoints.checkpoint_path(recipe.id).name
        print(f"{recipe.id}: {describe_score(recipe, scores)}; saved as {name}")
    group.wait()


def command(recipe: Recipe, options: argparse.Namespace, group: Group) -> str:
    """Return the command that reproduces this training, without local paths."""
    start = ["torchrun", "--nproc-per-node", str(group.size)] if group.size > 1 else ["python"]
    words = [*start, "train.py", recipe.id]
    for name in ("epochs", "seed", "device"):
        if getattr(options, name) is not None:
            words += [f"--{name}", getattr(options, name)]
    for assignment in options.set:
        words += ["--set", assignment]
    changed = options.set or options.epochs is not None or options.seed is not None
    return shlex.join([*words, *(["--out", "FOLDER"] if changed else [])])


def train_all(recipes: list[Recipe], options: argparse.Namespace) -> None:
    """Train recipes one after the other, in the processes that torchrun has started."""
    with joined(choose_device(options.device)) as (group, device):
        finished = [r for r in recipes if options.resume and runs.is_finished(r, options.out)]
        for recipe in finished if group.leads else ():
            print(f"{recipe.id}: already finished")
        todo = [recipe for recipe in recipes if recipe not in finished]
        for recipe in todo:
            check_shares(recipe, group)
            if options.resume and group.leads and runs.replaces_weights(recipe, options.out):
                print(f"{recipe.id}: its weights have other settings; this run replaces them")
        with runs.claimed(todo if group.leads else [], options.out):
            images = {
                kind: runs.load_images(*kind, options.data_dir, group)
                for kind in dict.fromkeys((recipe.domain, recipe.drawn) for recipe in todo)
            }
            for recipe in todo:
                train(recipe, images[recipe.domain, recipe.drawn], options, device, group)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    plain_console()
    options, recipes = parse(arguments)
    try:
        if options.list:
            print(recipe_table(options.out))
        elif options.dry_run:
            print("\n".join(map(dry_run, recipes)))
        else:
            train_all(recipes, options)
    except KeyboardInterrupt:
        why = ", perhaps because another process was lost" if is_initialized() else ""
        return complain(f"stopped{why}; {CONTINUE}", 130)
    except (OSError, ValueError, DivergedError) as error:
        return complain(f"{error}; {CONTINUE}" if isinstance(error, WriteError) else str(error))
    except RuntimeError as error:
        if is_peer_lost(error):
            return complain(f"another process was lost; {CONTINUE}")
        if (trouble := device_trouble(error)) is None:
            raise
        return complain(f"{trouble}; {CONTINUE}")
    return 0


def complain(message: str, code: int = 1) -> int:
    """Print one line to the error stream and return the exit code."""
    print(f"train.py: {message}", file=sys.stderr)
    return code


if __name__ == "__main__":
    signal.signal(signal.SIGINT, ON_INTERRUPT)
    # torchrun sends SIGTERM to the other processes when one is lost.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    raise SystemExit(main())
