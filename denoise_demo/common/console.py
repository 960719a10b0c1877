"""Text for consoles that cannot print every character."""

import codecs
import contextlib
import sys

PLAIN = str.maketrans(
    {
        "×": "x",
        "·": "-",
        "±": "+/-",
        "→": "->",
        "∞": "inf",
        "−": "-",
        "–": "-",
        "…": "...",
        "“": '"',
        "”": '"',
        "’": "'",
        "²": "2",
        "σ": "sigma",
        "μ": "mu",
        "µ": "mu",
        "█": "#",
    }
)


def plain_console() -> None:
    """Let this program print "x" where the console cannot print "×", instead of failing."""
    codecs.register_error("plain", _plainly)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError):  # not a text file
            stream.reconfigure(errors="plain")  # type: ignore[union-attr]


def _plainly(error: UnicodeError) -> tuple[str, int]:
    """Replace the characters that cannot be encoded."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end].translate(PLAIN)
    return text.encode("ascii", "replace").decode(), error.end
