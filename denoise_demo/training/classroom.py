"""The classroom: whose lesson is trained when, so that many visitors share a few cores."""

import secrets
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass

from denoise_demo.training.lessons import SILENCE, Lesson

MOST_WAITING = 20  # lessons in the queue
MOST_KEPT = 40  # lessons whose network and moments are kept; the oldest goes
MOST_PAUSED = 3  # paused lessons, which hold their images
GRACE = 300.0  # seconds until the lesson of a visitor who has gone is forgotten
OVER = "The training was paused for long and has ended: train again with the same seed."


@dataclass
class _Seat:
    """A lesson, and whose it is."""

    lesson: Lesson
    visitor: str


class Classroom:
    """A queue of lessons in front of some threads, at most one lesson for each visitor.

    A lesson is known by a key that nobody can guess. It is trained while its page asks for it, and
    rests as soon as the page has gone.

    Args:
        threads: how many lessons are trained at once.
        forgotten: called with the key of a lesson that is no longer kept.
    """

    def __init__(self, threads: int, forgotten: Callable[[str], None] = lambda _: None) -> None:
        self.threads, self.forgotten = threads, forgotten
        self._seats: dict[str, _Seat] = {}  # by key, the oldest first
        self._queue: list[str] = []
        self._started = False
        self._change = threading.Condition(threading.RLock())

    def enter(self, lesson: Lesson, visitor: str) -> str:
        """Put a lesson in the queue and return its key; an earlier one of the visitor ends.

        Raises:
            ValueError: when too many are waiting.
        """
        with self._change:
            for key, seat in self._seats.items():
                if seat.visitor == visitor:
                    self._finish(key, seat)
            if len(self._queue) >= MOST_WAITING:
                raise ValueError(
                    f"{len(self._queue)} people are waiting to train: try again in a few minutes"
                )
            key = secrets.token_urlsafe(12)
            self._seats[key] = _Seat(lesson, visitor)
            self._queue.append(key)
            self._tidy()
            self._start()
            return key

    def find(self, key: object, visitor: str) -> Lesson:
        """Return a lesson for its page, which is heard; ValueError when there is none."""
        with self._change:
            seat = self._seats.get(key) if isinstance(key, str) else None
            if seat is None:
                raise ValueError("This training is no longer on the server: train again")
            seat.lesson.heard, seat.visitor = time.monotonic(), visitor
            return seat.lesson

    def place(self, key: str) -> int:
        """Return how many lessons are in front of one that waits, those in training included."""
        with self._change:
            running = sum(s.lesson.state == "training" for s in self._seats.values())
            return running + self._queue.index(key) if key in self._queue else 0

    def pause(self, key: str) -> None:
        """Let a lesson rest, and give its turn to the next one."""
        with self._change:
            self._rest(key, self._seats[key])

    def go_on(self, key: str) -> None:
        """Put a lesson that rests in the queue again."""
        with self._change:
            lesson = self._seats[key].lesson
            lesson.pausing = False
            if lesson.state == "paused":
                lesson.state = "waiting"
                self._queue.append(key)
                self._change.notify()

    def stop(self, key: str) -> None:
        """End a lesson; its network stays."""
        with self._change:
            self._finish(key, self._seats[key])

    def leave(self, visitor: str) -> None:
        """Let the lessons of a visitor whose page has gone rest."""
        with self._change:
            for key, seat in self._seats.items():
                if seat.visitor == visitor:
                    self._rest(key, seat)

    def _rest(self, key: str, seat: _Seat) -> None:
        if seat.lesson.state == "training":
            seat.lesson.pausing = True
        elif key in self._queue:
            self._queue.remove(key)
            seat.lesson.state = "paused"

    def _finish(self, key: str, seat: _Seat) -> None:
        self._rest(key, seat)
        seat.lesson.stopping = True
        seat.lesson.end_if_resting()

    def _start(self) -> None:
        """Start the threads when the first lesson comes."""
        if not self._started:
            self._started = True
            for _ in range(self.threads):
                threading.Thread(target=self._work, name="lessons", daemon=True).start()
        self._change.notify()

    def _work(self) -> None:
        """Train one lesson after the other."""
        while True:
            with self._change:
                while not self._queue:
                    self._change.wait(1.0)
                    self._tidy()
                lesson = self._seats[self._queue.pop(0)].lesson
                lesson.state = "training"
            try:
                lesson.learn()
            except Exception:  # whatever it is, the next lesson must come
                traceback.print_exc()
                lesson.end("The training failed on the server: train again.", "failed")
            with self._change:
                if lesson.stopping:
                    lesson.end_if_resting()
                self._tidy()

    def _tidy(self) -> None:
        """Let lessons rest that nobody asks for, end those paused for long, forget the oldest."""
        now = time.monotonic()
        for key, seat in list(self._seats.items()):
            if now - seat.lesson.heard > SILENCE:
                self._rest(key, seat)
            if now - seat.lesson.heard > GRACE:
                self._finish(key, seat)
                self._forget(key)
        resting = [s for s in self._seats.values() if s.lesson.state == "paused"]
        for seat in resting[:-MOST_PAUSED]:
            seat.lesson.end(OVER)
        for key in list(self._seats)[:-MOST_KEPT]:
            self._finish(key, self._seats[key])
            self._forget(key)

    def _forget(self, key: str) -> None:
        del self._seats[key]
        self.forgotten(key)
