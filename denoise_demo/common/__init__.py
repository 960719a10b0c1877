"""Checks of what comes from outside, and files that are written whole or not at all."""

from denoise_demo.common.checks import (
    SEED_MAXIMUM,
    brief,
    check_keys,
    finite,
    integer,
    lookup,
    noise_seed,
    parse,
)
from denoise_demo.common.files import write_atomically, written_atomically

__all__ = [
    "SEED_MAXIMUM",
    "brief",
    "check_keys",
    "finite",
    "integer",
    "lookup",
    "noise_seed",
    "parse",
    "write_atomically",
    "written_atomically",
]
