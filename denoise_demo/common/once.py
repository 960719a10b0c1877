"""Results that are computed once, even if several threads ask for them at the same time."""

import copy
import functools
import threading
import time
from collections.abc import Callable, Hashable
from typing import Generic, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
REMEMBERED = 10  # seconds for which a failure is not tried again


class Once(Generic[P, T]):
    """A function of hashable arguments that keeps its results, and its failures for a while.

    Concurrent callers with the same arguments wait for one computation; `functools.cache` would
    run it for each of them. A ValueError is raised again for `REMEMBERED` seconds.
    """

    def __init__(self, work: Callable[P, T]) -> None:
        self._work = work
        self._locks: dict[Hashable, threading.Lock] = {}
        self._results: dict[Hashable, T] = {}
        self._failures: dict[Hashable, tuple[ValueError, float]] = {}
        functools.update_wrapper(self, work)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        """Return the kept result, or compute it."""
        key = (args, *sorted(kwargs.items()))
        if key in self._results:
            return self._results[key]
        with self._locks.setdefault(key, threading.Lock()):
            if key not in self._results:
                self._results[key] = self._computed(key, *args, **kwargs)
            return self._results[key]

    def cache_clear(self) -> None:
        """Forget all results and failures."""
        self._results.clear()
        self._failures.clear()

    def _computed(self, key: Hashable, *args: P.args, **kwargs: P.kwargs) -> T:
        error, until = self._failures.get(key, (None, 0.0))
        if error and time.monotonic() < until:
            raise copy.copy(error)
        try:
            return self._work(*args, **kwargs)
        except ValueError as failure:
            self._failures[key] = failure, time.monotonic() + REMEMBERED
            raise


def once(work: Callable[P, T]) -> Once[P, T]:
    """Compute each result of a function once; see `Once`."""
    return Once(work)
