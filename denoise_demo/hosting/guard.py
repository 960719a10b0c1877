"""The guard in front of the app: refuses what the page, its API and their clients never send.

Everything is decided before a handler reads the body. A refusal is one sentence in JSON.
"""

import asyncio
import logging
import re
import time
import traceback
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fastapi.exceptions import RequestValidationError
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from denoise_demo.hosting import metrics
from denoise_demo.hosting.bodies import Refusal, checked_json, counted_upload
from denoise_demo.hosting.folders import refuse_file
from denoise_demo.hosting.limits import Limits

LOG = logging.getLogger(__name__)
PACKAGE = str(Path(__file__).parents[1])
STREAMS = 4  # open event streams for each visitor whose state is kept
SOCKET = "/live"  # the page's WebSocket
PACE = 0.01  # seconds until a message that came too early is tried again
MINUTE = 60  # seconds
ADDRESSES = 10_000  # whose rates are remembered
UNSAID = b'{"error":null'  # what Gradio's queue says of a request that it cannot take
SAID = b'{"error":"The request is not as expected, or the server made a mistake: check it."'
LOCAL = ("localhost", "127.0.0.1", "0.0.0.0", "[::1]")  # noqa: S104 - compared, not bound
_API = r"/gradio_api"
# The kind of each route, by method and path; any other is refused.
ROUTES = [
    ("health", "GET", r"/(healthz|readyz|metrics)"),
    ("live", "POST", rf"{_API}/component_server/?"),
    ("upload", "POST", rf"{_API}/upload"),
    ("stream", "GET", rf"{_API}/(heartbeat/\w+|queue/data|call/\w+/\w+|upload_progress)"),
    ("api", "POST", rf"{_API}/(queue/join|call/(v2/)?\w+/?|cancel|reset/?)"),
    ("mcp", "POST", rf"{_API}/mcp/?"),
    ("file", "GET", rf"{_API}/file=(?!\w+:)/?.*"),
    ("page", "GET", r"/(config/?|theme\.css|favicon\.ico|robots\.txt|manifest\.json)?"),
    ("page", "GET", r"/(assets|static|svelte|modules|pwa_icon)(/.*)?|/monitoring/summary"),
    ("page", "GET", rf"{_API}/(info|openapi\.json|app_id|startup-events|queue/status)/?"),
    ("page", "GET", rf"{_API}/(mcp/schema|theme\.css|user|login_check|token)/?|/login_check"),
]
_ROUTES = [(kind, method, re.compile(path)) for kind, method, path in ROUTES]
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
}
# Gradio's page and charts compile scripts and set styles; nothing comes from another host.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' blob:; "
    "font-src 'self' data:; connect-src 'self' data: blob:; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors {}"
)


@dataclass
class _Bucket:
    """The requests that an address may still send, and when that was counted."""

    left: float
    at: float


class Guard:
    """ASGI middleware: known routes, small bodies, bounded rates, and headers for browsers.

    Args:
        app: the guarded app.
        limits: of bodies, rates and visitors.
        embedders: sources of pages that may embed this one, as in a content security policy.
    """

    def __init__(self, app: ASGIApp, limits: Limits, embedders: str):
        self.app, self.limits = app, limits
        self.compressed = GZipMiddleware(app, minimum_size=1000, compresslevel=6)
        self.headers = HEADERS | {"Content-Security-Policy": POLICY.format(embedders)}
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self._streams = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection."""
        if scope["type"] == "websocket":
            return await self._connect(scope, receive, send)
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        kind, started = kind_of(scope), time.perf_counter()
        answer = _Answer(send, self.headers, is_stream=kind == "stream")
        try:
            await self._pass_on(kind, scope, receive, answer)
        except Refusal as refusal:
            await answer.refuse(scope, receive, refusal)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            explained = explain(error)
            level = logging.ERROR if explained.status >= 500 else logging.DEBUG
            LOG.log(level, "a request of kind %s failed", kind, exc_info=error)
            await answer.refuse(scope, receive, explained)
        finally:
            metrics.observe_request(kind, answer.status, time.perf_counter() - started)
        return None

    async def _pass_on(self, kind: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Check a request, then let the app answer it; Refusal when it is not acceptable."""
        if not kind:
            raise Refusal(404, "There is nothing at this address: see the page's API description.")
        if kind != "health":
            self._count((scope.get("client") or ("",))[0])
        headers = Headers(scope=scope)
        if scope["method"] == "POST":
            refuse_foreign_origin(headers)
        if kind in {"live", "api"}:
            receive = await checked_json(headers, receive, 1000 * self.limits.body_kb)
        elif kind == "upload":
            receive = counted_upload(headers, receive, 1_000_000 * self.limits.upload_mb)
        if kind == "stream":
            return await self._stay(scope, receive, send)
        app = self.compressed if kind == "page" else self.app
        return await app(scope, receive, send)

    async def _connect(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the page's WebSocket in, and its messages at the rate of requests."""
        address = (scope.get("client") or ("",))[0]

        async def paced() -> Message:
            message = await receive()
            while True:
                try:
                    self._count(address)
                except Refusal:
                    await asyncio.sleep(PACE)
                else:
                    return message

        try:
            if path_of(scope) != SOCKET:
                raise Refusal(404, "There is no WebSocket at this address.")
            refuse_foreign_origin(Headers(scope=scope))
            await self._stay(scope, paced, send)
        except Refusal:
            await send({"type": "websocket.close", "code": 1008})

    async def _stay(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the app hold a connection open, as long as a visit may be."""
        if self._streams >= STREAMS * self.limits.sessions:
            raise Refusal(503, "Too many pages are open: try again in a minute.", retry=60)
        self._streams += 1
        try:
            longest = MINUTE * self.limits.session_minutes
            await asyncio.wait_for(self.app(scope, receive, send), longest)
        except asyncio.TimeoutError:
            pass  # the visit is over
        finally:
            self._streams -= 1

    def _count(self, address: str) -> None:
        """Take one from the address's bucket; Refusal when it is empty."""
        now, rate = time.monotonic(), self.limits.rate
        bucket = self._buckets.pop(address, None) or _Bucket(2 * rate, now)
        bucket.left = min(2 * rate, bucket.left + rate * (now - bucket.at))
        bucket.at = now
        self._buckets[address] = bucket
        if len(self._buckets) > ADDRESSES:
            self._buckets.popitem(last=False)
        if bucket.left < 1:
            raise Refusal(429, "Too many requests: send them more slowly.", retry=1)
        bucket.left -= 1


class _Answer:
    """Sends what the app answers, with the headers; remembers the status.

    In event streams, a sentence replaces an error without one.
    """

    def __init__(self, send: Send, headers: dict[str, str], *, is_stream: bool):
        self._send, self._headers, self._is_stream = send, headers, is_stream
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            MutableHeaders(scope=message).update(self._headers)
        elif self._is_stream:
            message["body"] = message.get("body", b"").replace(UNSAID, SAID)
        await self._send(message)

    async def refuse(self, scope: Scope, receive: Receive, refusal: "Refusal") -> None:
        """Send a refusal, unless the app has begun to answer."""
        if self.status:
            return
        headers = {"Retry-After": str(refusal.retry)} if refusal.retry else {}
        await _refused(refusal.status, str(refusal), headers)(scope, receive, self)


def refuse_invalid(_: Request, __: Exception) -> JSONResponse:
    """Answer a JSON object that lacks what its route needs, for which FastAPI returns a list."""
    return _refused(422, "The request lacks a field, or one is wrong: see the API description.")


def _refused(status: int, sentence: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Return a refusal; clients read `error` or `detail`."""
    return JSONResponse({"error": sentence, "detail": sentence}, status, headers)


ERROR_HANDLERS: dict[Any, Any] = {OSError: refuse_file, RequestValidationError: refuse_invalid}


def kind_of(scope: Scope) -> str:
    """Return the kind of a request's route, "" for one that the page does not have."""
    method = "GET" if scope["method"] == "HEAD" else scope["method"]
    path = path_of(scope)
    return next((kind for kind, known, p in _ROUTES if known == method and p.fullmatch(path)), "")


def path_of(scope: Scope) -> str:
    """Return a request's path without the prefix of a proxy."""
    return str(scope["path"]).removeprefix(scope.get("root_path", ""))


def refuse_foreign_origin(headers: Headers) -> None:
    """Keep other sites from using a page that runs on the visitor's own computer.

    A public page answers programs on any site, as Gradio does; it holds nothing of a visitor's.
    """
    origin, host = headers.get("origin"), headers.get("host", "")
    own_machine = host.rsplit(":", 1)[0] in LOCAL
    if origin and own_machine and urlsplit(origin).netloc != host:
        raise Refusal(403, "This page answers requests of its own site only.")


def explain(error: Exception) -> Refusal:
    """Return the answer to an exception: a request that Gradio cannot take, or a fault of ours."""
    if any(map(_is_ours, traceback.extract_tb(error.__traceback__))) or not isinstance(
        error, LookupError | TypeError | ValueError | AttributeError
    ):
        return Refusal(500, "The server made a mistake: try something else, or report it.")
    return Refusal(400, "The request is not as expected: see the page's API description.")


def _is_ours(frame: traceback.FrameSummary) -> bool:
    """Return whether code of ours handled the request; a middleware's `__call__` passes it on."""
    is_middleware = "/hosting/" in frame.filename or frame.name == "__call__"
    return frame.filename.startswith(PACKAGE) and not is_middleware
