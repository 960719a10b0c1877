"""Learning-rate schedules: the share of the training done, 0 to 1 -> the share of the full rate."""

import math
from collections.abc import Callable

WARM_UP = 0.3  # the share of the training in which one-cycle rises
START = 0.04  # of the full rate


def constant(done: float) -> float:
    """Keep the full rate."""
    return 1.0


def cosine(done: float) -> float:
    """Fall from the full rate to zero: (1 + cos(pi * done)) / 2.

    Reference: Loshchilov and Hutter 2017, arXiv:1608.03983.
    """
    return (1 + math.cos(math.pi * done)) / 2


def one_cycle(done: float) -> float:
    """Rise along a cosine from a small rate to the full one, then fall along one to zero.

    Reference: Smith and Topin 2018, arXiv:1708.07120.
    """
    if done < WARM_UP:
        return 1 - (1 - START) * cosine(done / WARM_UP)
    return cosine((done - WARM_UP) / (1 - WARM_UP))


SCHEDULES: dict[str, Callable[[float], float]] = {
    "constant": constant,
    "cosine": cosine,
    "one-cycle": one_cycle,
}
