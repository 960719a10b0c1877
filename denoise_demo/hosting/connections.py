"""Connections of the HTTP server: enough of them, and none that waits without a request."""

import asyncio
import contextlib
from typing import Any

import uvicorn

from denoise_demo.hosting.limits import limits

PATIENCE = 10  # seconds in which the head of a request must arrive
MOST = 65_536  # open files that are asked for; a connection is one
RESERVED = 128  # files for everything but connections


def guard_connections(server: uvicorn.Server) -> None:
    """Let a running server hold as many connections as the system allows, and refuse more.

    New connections without a complete request head are closed after PATIENCE. A message of a
    WebSocket is as long as a request may be.
    """
    config: Any = server.config
    config.ws_max_size = 1000 * limits().body_kb
    config.ws_per_message_deflate = False  # pixels with noise do not get smaller
    config.http_protocol_class = patient(config.http_protocol_class)
    config.limit_concurrency = max(RESERVED, _raise_open_files() - RESERVED)


def patient(protocol: Any) -> type[asyncio.Protocol]:
    """Return uvicorn's HTTP protocol with a time limit for the head of a request.

    uvicorn itself limits only the time between requests.
    """

    class Patient(protocol):  # type: ignore[misc]
        timer: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)
            self.watch()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            self.watch()

        def connection_lost(self, error: Exception | None) -> None:
            super().connection_lost(error)
            self.rest()

        def watch(self) -> None:
            """Start the timer unless a request is being answered."""
            is_answering = self.cycle is not None and not self.cycle.response_complete
            # A WebSocket has another protocol.
            if is_answering or self.transport.get_protocol() is not self:
                self.rest()
            elif self.timer is None:
                self.timer = self.loop.call_later(PATIENCE, self.transport.close)

        def rest(self) -> None:
            if self.timer is not None:
                self.timer.cancel()
            self.timer = None

    return Patient


def _raise_open_files() -> int:
    """Raise the limit of open files as far as allowed; return it."""
    try:
        import resource  # noqa: PLC0415 - not on Windows
    except ImportError:
        return 512  # what its C library allows
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST if hard == resource.RLIM_INFINITY else min(hard, MOST)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            soft = wanted
    return wanted if soft == resource.RLIM_INFINITY else soft
