"""Checks of values from outside, and files written atomically.

It imports no other room. It offers `parse` for whole requests, `lookup` for registries and small
checks of single values; every one of them raises a ValueError of one sentence.
"""

from denoise_demo.common.checks import (
    SEED_MAXIMUM,
    JsonObject,
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
    "JsonObject",
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
