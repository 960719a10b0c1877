"""Training a recipe: trainer, losses, optimisers, schedules, resuming, several processes."""

from denoise_demo.training.distributed import Group, joined, lost_touch
from denoise_demo.training.objective import LOSSES, has_bfloat16
from denoise_demo.training.optimisers import optimisers_of
from denoise_demo.training.resuming import fit, resume
from denoise_demo.training.schedules import one_cycle
from denoise_demo.training.trainer import DivergedError, Trainer, check_shares

__all__ = [
    "LOSSES",
    "DivergedError",
    "Group",
    "Trainer",
    "check_shares",
    "fit",
    "has_bfloat16",
    "joined",
    "lost_touch",
    "one_cycle",
    "optimisers_of",
    "resume",
]
