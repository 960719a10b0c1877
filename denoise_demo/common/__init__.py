"""Input validation and atomic file writes.

Imports no other room. `parse` validates whole requests, `lookup` finds registry entries and small
functions check single values; each raises a ValueError with a one-sentence message.
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
