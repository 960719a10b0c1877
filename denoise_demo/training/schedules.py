"""Learning-rate schedules: share of the training done, 0 to 1 -> share of the full rate."""

import math
from collections.abc import Callable

WARM_UP = 0.3  # the share of the training in which one-cycle rises
START = 0.04  # of the full rate
FIRST = 0.77  # the share of the training of the first of two cosines
AGAIN = 0.3  # of the full rate, where the second one starts


def constant(done: float) -> float:
    """Keep the full rate."""
    return 1.0


def one_cycle(done: float) -> float:
    """Rise along a cosine from a small rate to the full rate, then fall along another to zero.

    Reference: Smith and Topin 2018, arXiv:1708.07120.
    """
    if done < WARM_UP:
        return 1 - (1 - START) * _falling_cosine(done / WARM_UP)
    return _falling_cosine((done - WARM_UP) / (1 - WARM_UP))


def two_cosines(done: float) -> float:
    """Fall along a cosine to zero, then along a second one from a part of the full rate.

    Reference: Loshchilov and Hutter 2017, arXiv:1608.03983.
    """
    if done < FIRST:
        return _falling_cosine(done / FIRST)
    return AGAIN * _falling_cosine((done - FIRST) / (1 - FIRST))


def _falling_cosine(done: float) -> float:
    """Return (1 + cos(pi * done)) / 2, from 1 to 0."""
    return (1 + math.cos(math.pi * done)) / 2


SCHEDULES: dict[str, Callable[[float], float]] = {
    "constant": constant,
    "one-cycle": one_cycle,
    "two-cosines": two_cosines,
}
