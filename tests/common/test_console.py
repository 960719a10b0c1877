"""Text for consoles that cannot print every character."""

import io
import sys

import pytest

from denoise_demo.common import plain_console
from denoise_demo.common.console import PLAIN


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [("ascii", "8 x 4 +/- 0.1 -> inf, ?"), ("latin-1", "8 × 4 ± 0.1 -> inf, ?"), ("utf-8", None)],
)
def test_characters_that_the_console_lacks_are_replaced(encoding, shown, monkeypatch):
    text = "8 × 4 ± 0.1 → ∞, 語"
    console = io.TextIOWrapper(io.BytesIO(), encoding)
    monkeypatch.setattr(sys, "stdout", console)

    plain_console()
    print(text, flush=True)

    assert console.buffer.getvalue().decode(encoding) == f"{shown or text}\n"


def test_every_replacement_is_plain_and_streams_of_other_kinds_are_left_alone(monkeypatch):
    assert all(str(text).isascii() for text in PLAIN.values())

    monkeypatch.setattr(sys, "stdout", None)
    plain_console()
