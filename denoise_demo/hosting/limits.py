"""Limits of the running page, each set by an environment variable."""

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path

from denoise_demo.common import brief


def _limit(default: int, variable: str, meaning: str) -> int:
    """Declare a limit, its environment variable and what docs/hosting.md says of it."""
    value: int = field(default=default, metadata={"variable": variable, "meaning": meaning})
    return value


@dataclass(frozen=True)
class Limits:
    """The limits of the page, all positive whole numbers."""

    body_kb: int = _limit(
        64, "DENOISE_BODY_KB", "largest request, in kB; uploads and tools (4 MB) apart"
    )
    upload_mb: int = _limit(50, "DENOISE_UPLOAD_MB", "largest uploaded file, in MB")
    upload_memory_mb: int = _limit(
        300, "DENOISE_UPLOAD_MEMORY_MB", "memory for reading uploaded pictures, in all, in MB"
    )
    photo_memory_mb: int = _limit(
        600, "DENOISE_PHOTO_MEMORY_MB", "memory for visitors' photos and their results, in MB"
    )
    rate: int = _limit(400, "DENOISE_RATE", "requests a second from one address")
    computations: int = _limit(
        0, "DENOISE_COMPUTATIONS", "pictures computed at once; 0: a core each"
    )
    waiting: int = _limit(200, "DENOISE_WAITING", "requests that may wait for their turn")
    sessions: int = _limit(500, "DENOISE_SESSIONS", "visitors whose state is kept")
    session_minutes: int = _limit(240, "DENOISE_SESSION_MINUTES", "longest visit, in minutes")

    lessons: int = _limit(
        0, "DENOISE_LESSONS", "networks that visitors train at once; 0: one for every two cores"
    )
    lesson_seconds: int = _limit(120, "DENOISE_LESSON_SECONDS", "longest training, in seconds")
    lesson_epochs: int = _limit(100, "DENOISE_LESSON_EPOCHS", "most epochs of a training")
    lesson_images: int = _limit(30_000, "DENOISE_LESSON_IMAGES", "most images to train on")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Limits":
        """Read the limits that are set; ValueError for anything but a whole number."""
        values = {}
        for entry in fields(cls):
            variable = entry.metadata["variable"]
            text = environment.get(variable, "").strip()
            if not text:
                continue
            least = 0 if entry.default == 0 else 1
            if not text.isascii() or not text.isdigit() or int(text) < least:
                raise ValueError(f"{variable} is {brief(text)}: give a whole number from {least}")
            values[entry.name] = int(text)
        return cls(**values)


@cache
def limits() -> Limits:
    """Return the limits of this process."""
    return Limits.from_environment(os.environ)


@cache
def cores() -> int:
    """Return how many cores this process may use: CPU_CORES on Spaces, cgroup, affinity."""
    try:
        return max(1, math.ceil(float(os.environ["CPU_CORES"])))
    except (KeyError, ValueError, OverflowError):
        pass
    try:
        present = len(os.sched_getaffinity(0))
    except AttributeError:  # not on Linux
        present = os.cpu_count() or 1
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()
        return max(1, min(present, math.ceil(int(quota) / int(period))))
    except (OSError, ValueError):  # another system, or no limit ("max")
        return present
