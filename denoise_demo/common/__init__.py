"""Input validation, file writes, and work that is done once.

Imports no other room. `parse` validates whole requests, `lookup` finds registry entries and small
functions check single values; each raises a ValueError with a one-sentence message. Files are
replaced completely or not at all, by one process at a time.
"""

from denoise_demo.common.checks import (
    SEED_MAXIMUM,
    JsonObject,
    brief,
    check_keys,
    finite,
    from_json,
    integer,
    lookup,
    noise_seed,
    parse,
)
from denoise_demo.common.console import plain_console
from denoise_demo.common.files import (
    LockedError,
    WriteError,
    sole_writer,
    unwritable,
    write_atomically,
    written_atomically,
)
from denoise_demo.common.lazy import Lazy
from denoise_demo.common.once import once

__all__ = [
    "SEED_MAXIMUM",
    "JsonObject",
    "Lazy",
    "LockedError",
    "WriteError",
    "brief",
    "check_keys",
    "finite",
    "from_json",
    "integer",
    "lookup",
    "noise_seed",
    "once",
    "parse",
    "plain_console",
    "sole_writer",
    "unwritable",
    "write_atomically",
    "written_atomically",
]
