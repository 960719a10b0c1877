"""Networks that visitors of the page have trained, for as long as their pages are open.

A guest's id cannot be guessed, so only its own visitor uses it; it is on no list.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from denoise_demo.denoisers.engine import Network

PREFIX = "yours-"
_guests: "dict[str, Network]" = {}


def admit(key: str, network: "Network") -> str:
    """Let a network be loaded, and return its id."""
    _guests[PREFIX + key] = network
    return PREFIX + key


def dismiss(key: str) -> None:
    """Forget a network."""
    _guests.pop(PREFIX + key, None)


def find(denoiser_id: object) -> "Network | None":
    """Return a visitor's network by its id.

    Raises:
        ValueError: when it is no longer kept.
    """
    if not (isinstance(denoiser_id, str) and denoiser_id.startswith(PREFIX)):
        return None
    if denoiser_id not in _guests:
        raise ValueError("your network is no longer on the server: train it again on the Learn tab")
    return _guests[denoiser_id]
