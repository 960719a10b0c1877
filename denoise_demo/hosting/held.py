"""What visitors have sent, kept in memory within bounds and forgotten when they leave."""

import threading
import time
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")
GRACE = 30.0  # seconds in which a page that lost its connection may come back
_stores: "list[Held[object]]" = []


@dataclass
class _Entry(Generic[T]):
    value: T
    size: int
    visitors: set[str]
    used: float = field(default_factory=time.monotonic)


class Held(Generic[T]):
    """Values by key, at most one for each visitor; visitors with the same key share its value.

    Args:
        noun: of a value, for messages.
        most: bytes that all values may take.
        rest: seconds without use after which a value may make room for another.
    """

    def __init__(self, noun: str, most: int, rest: float = 60.0):
        self.noun, self.most, self.rest = noun, most, rest
        self._entries: dict[str, _Entry[T]] = {}
        self._lock = threading.Lock()
        _stores.append(self)  # type: ignore[arg-type]

    @property
    def size(self) -> int:
        """The bytes in use."""
        return sum(entry.size for entry in self._entries.values())

    def keep(self, visitor: str, key: str, value: T, size: int) -> None:
        """Keep a value in place of the visitor's last one; ValueError when there is no room."""
        with self._lock:
            self._leave(visitor)
            self._make_room(size)
            self._entries[key] = _Entry(value, size, {visitor})

    def find(self, visitor: str, key: str) -> T | None:
        """Return the value of a key, which becomes the visitor's; None if it is not here."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return None
            if visitor not in entry.visitors:
                self._leave(visitor)
                entry.visitors.add(visitor)
            entry.used = time.monotonic()
            return entry.value

    def forget(self, visitor: str) -> None:
        """Forget a visitor's value, unless others use it too."""
        with self._lock:
            self._leave(visitor)

    def _leave(self, visitor: str) -> None:
        for key, entry in list(self._entries.items()):
            entry.visitors.discard(visitor)
            if not entry.visitors:
                del self._entries[key]

    def _make_room(self, size: int) -> None:
        """Remove the longest unused values until `size` bytes are free."""
        limit = time.monotonic() - self.rest
        idle = sorted((e.used, key) for key, e in self._entries.items() if e.used < limit)
        while self.size + size > self.most:
            if not idle:
                raise ValueError(
                    f"The memory for {self.noun} is full at the moment: "
                    "try again in a minute, or take a smaller one."
                )
            del self._entries[idle.pop(0)[1]]


def forget(visitor: str) -> None:
    """Forget everything that a visitor has sent."""
    for store in _stores:
        store.forget(visitor)
