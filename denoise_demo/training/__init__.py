"""Training a recipe: loop, losses, optimisers, schedules, resuming, several processes.

May import every room up to `benchmark`. Offers `Trainer` with `fit` and `resume`, the registries
`LOSSES`, `OPTIMISERS` and `SCHEDULES`, `override` for changed recipes, and `training_facts` for
the training recorded in a weight file. A `Lesson` is a training that a visitor of the page watches
in a `Classroom`. `train.py` is its command line.
"""

from denoise_demo.training.choices import (
    STARTS,
    Choices,
    LessonLimits,
    article_rate,
    loss_labels,
    starts,
)
from denoise_demo.training.classroom import Classroom
from denoise_demo.training.describe import (
    LICENCES,
    describe_score,
    dry_run,
    loss_label,
    recipe_table,
    training_facts,
)
from denoise_demo.training.distributed import Group, is_peer_lost, joined
from denoise_demo.training.lessons import MEASURED, STRIP, Lesson, weight_file
from denoise_demo.training.objective import LOSSES, has_bfloat16
from denoise_demo.training.optimisers import OPTIMISERS, optimisers_of
from denoise_demo.training.overrides import override
from denoise_demo.training.progress import Progress, log, tensorboard
from denoise_demo.training.records import Record, Step
from denoise_demo.training.resuming import fit, resume
from denoise_demo.training.schedules import SCHEDULES, one_cycle
from denoise_demo.training.trainer import DivergedError, Trainer, check_shares

__all__ = [
    "LICENCES",
    "LOSSES",
    "MEASURED",
    "OPTIMISERS",
    "SCHEDULES",
    "STARTS",
    "STRIP",
    "Choices",
    "Classroom",
    "DivergedError",
    "Group",
    "Lesson",
    "LessonLimits",
    "Progress",
    "Record",
    "Step",
    "Trainer",
    "article_rate",
    "check_shares",
    "describe_score",
    "dry_run",
    "fit",
    "has_bfloat16",
    "is_peer_lost",
    "joined",
    "log",
    "loss_label",
    "loss_labels",
    "one_cycle",
    "optimisers_of",
    "override",
    "recipe_table",
    "resume",
    "starts",
    "tensorboard",
    "training_facts",
    "weight_file",
]
