"""Settings and pictures as values of a link."""

from denoise_demo.common import JsonObject, brief, finite

SIZE = 28  # rows and columns of a picture in a link


def write_setting(value: float | str) -> str:
    """Return a setting as JavaScript writes it."""
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def write_picture(source: JsonObject) -> str:
    """Return a picture's name in a link: its index, or its pixels in URL-safe base64."""
    if "index" in source:
        return f"{source['kind']}:{source['index']}"
    if source["kind"] != "pixels":
        raise ValueError(f"a {source['kind']} has no link: link the picture made from it")
    pixels = source["pixels"].replace("+", "-").replace("/", "_").replace("=", "")
    return f"pixels:{source['channels']}:{pixels}"


def read_picture(text: str) -> dict[str, str | int]:
    """Return the source that a picture's name describes."""
    kind, _, rest = text.partition(":")
    if kind == "pixels":
        channels, _, pixels = rest.partition(":")
        size = {"height": SIZE, "width": SIZE, "channels": read_integer(channels, "channels")}
        plain = pixels.replace("-", "+").replace("_", "/")
        return {"kind": "pixels", "pixels": plain + "=" * (-len(plain) % 4), **size}
    return {"kind": kind, "index": read_integer(rest, "picture")}


def read_number(text: str, name: str) -> float:
    """Read a finite number; ValueError names the parameter."""
    try:
        return finite(float(text), name)
    except ValueError:
        raise ValueError(f"{name} is {brief(text)}: give a number") from None


def read_integer(text: str, name: str) -> int:
    """Read a whole number of at most ten digits; ValueError names the parameter."""
    if not text.isdecimal() or len(text) > 10:
        raise ValueError(f"{name} is {brief(text)}: give a whole number")
    return int(text)
