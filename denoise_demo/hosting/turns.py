"""Turns: who is computed next, so that many visitors share a few cores fairly."""

import asyncio
import math
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from functools import cache, partial
from itertools import chain
from typing import Any, TypeVar

from denoise_demo.hosting.limits import cores, limits

T = TypeVar("T")


class BusyError(Exception):
    """The work is refused for now; the message says so, `retry` is the wait in seconds."""

    def __init__(self, message: str, retry: float):
        super().__init__(message)
        self.retry = retry


class SupersededError(Exception):
    """A newer request of the same visitor was computed instead."""


@dataclass(frozen=True)
class _Job:
    """Work that waits; jobs of one kind supersede each other, `kind` None does not."""

    visitor: str
    work: Callable[[], Any]
    kind: str | None
    alone: bool
    result: asyncio.Future[Any]


class Lane:
    """A queue in front of some threads: round robin between visitors.

    A visitor's own work is computed in order; of a kind that supersedes, only the newest is
    computed, when the visitor's turn comes, and the others raise SupersededError then.

    Args:
        name: of the threads.
        threads: how much is computed at once.
        patience: seconds; work that would wait longer is refused.
        most: how much of one visitor's work may wait.
    """

    def __init__(self, name: str, threads: int, patience: float, most: int):
        self.threads, self.patience, self.most = threads, patience, most
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._waiting: dict[str, list[_Job]] = {}  # by visitor, the next one first
        self._running = 0
        self._alone: set[str] = set()  # visitors for whom such work is running
        self._mean = 0.0  # seconds that a job takes

    async def run(
        self, visitor: str, work: Callable[[], T], kind: str | None = None, *, alone: bool = False
    ) -> T:
        """Compute in a thread when it is this visitor's turn.

        Args:
            visitor: any text that identifies the visitor.
            work: called without arguments, with the caller's context variables.
            kind: newer work of the same kind and visitor supersedes waiting work.
            alone: one at a time for each visitor, so that results come in order.

        Raises:
            BusyError: when too much is waiting.
            SupersededError: when newer work was computed instead.
            Exception: whatever the work raises.
        """
        self._admit(visitor)
        context = copy_context()
        result: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        job = _Job(visitor, lambda: context.run(work), kind, alone, result)
        self._waiting.setdefault(visitor, []).append(job)
        self._start()
        try:
            return await result
        except asyncio.CancelledError:
            self._forget(job)
            raise

    def waiting(self) -> int:
        """Return how many jobs are waiting."""
        return sum(map(len, self._waiting.values()))

    def _admit(self, visitor: str) -> None:
        """Raise BusyError if too much work is waiting, of this visitor or in all."""
        if len(self._waiting.get(visitor, ())) >= self.most:
            raise BusyError(
                "Your earlier requests are still waiting. Wait for them, then try again.",
                self._mean or 1,
            )
        others = len(self._waiting) - (visitor in self._waiting)
        wait = others * self._mean / self.threads
        if wait > self.patience or self.waiting() >= limits().waiting:
            raise BusyError(
                "Many people are using this page right now. Trying again in a moment…",
                max(1.0, self.patience) * random.uniform(1, 2),  # noqa: S311 - not for secrets
            )

    def _start(self) -> None:
        """Give free threads to the visitors whose turn it is."""
        while self._running < self.threads and (first := self._first()):
            jobs = self._waiting.pop(first.visitor)
            job = self._choose(jobs, first)
            if jobs:
                self._waiting[first.visitor] = jobs  # behind the others
            if job.alone:
                self._alone.add(job.visitor)
            self._running += 1
            loop = asyncio.get_running_loop()
            running = loop.run_in_executor(self._pool, job.work)
            running.add_done_callback(partial(self._finish, job, loop.time()))

    def _first(self) -> _Job | None:
        """Return the first job that may be started."""
        waiting = chain.from_iterable(self._waiting.values())
        return next((j for j in waiting if not (j.alone and j.visitor in self._alone)), None)

    @staticmethod
    def _choose(jobs: list[_Job], first: _Job) -> _Job:
        """Take a visitor's next job: the newest of the first one's kind; answer the older ones."""
        alike = [job for job in jobs if first.kind is not None and job.kind == first.kind]
        job = alike[-1] if alike else first
        for other in alike[:-1]:
            jobs.remove(other)
            if not other.result.done():
                other.result.set_exception(SupersededError())
        jobs.remove(job)
        return job

    def _finish(self, job: _Job, started: float, done: asyncio.Future[Any]) -> None:
        """Deliver a result and start the next job."""
        self._running -= 1
        if job.alone:
            self._alone.discard(job.visitor)
        seconds = asyncio.get_running_loop().time() - started
        self._mean += (seconds - self._mean) * (0.05 if self._mean else 1)
        error = done.exception()
        if not job.result.done():
            if error is None:
                job.result.set_result(done.result())
            else:
                job.result.set_exception(error)
        self._start()

    def _forget(self, job: _Job) -> None:
        """Remove work whose requester has gone."""
        jobs = self._waiting.get(job.visitor, [])
        if job in jobs:
            jobs.remove(job)
            if not jobs:
                del self._waiting[job.visitor]


@cache
def short() -> Lane:
    """Return the lane of live pictures, with one thread a core."""
    return Lane("short", limits().computations or cores(), patience=1.2, most=8)


@cache
def long() -> Lane:
    """Return the lane of whatever takes longer: figures, dreams, uploads, data sets."""
    return Lane("long", max(1, math.ceil(cores() / 2)), patience=60, most=4)
