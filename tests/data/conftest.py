"""Fixtures of the data tests."""

from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def encrypt() -> Callable[[Path], Path]:
    """A function that sets the encryption flag of every member of a zip."""

    def flag(path: Path) -> Path:
        content = bytearray(path.read_bytes())
        for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            start = content.find(mark)
            while start >= 0:
                content[start + offset] |= 1
                start = content.find(mark, start + 4)
        path.write_bytes(content)
        return path

    return flag
