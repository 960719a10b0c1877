"""Bodies of requests: read within limits, before anything else sees them."""

import asyncio
import json
import os
import re
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from starlette.datastructures import Headers
from starlette.types import Message, Receive

from denoise_demo.common import JsonObject

DEPTH = 32  # levels of brackets in JSON
SLOW = 10  # seconds that JSON may take to arrive
SLOW_UPLOAD = 120
AROUND = 10_000  # bytes that enclose an uploaded file
HOUR = 3600  # seconds after which Gradio deletes uploaded files
HOURLY = 20  # times the largest upload: all that may be uploaded in an hour
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"')
_received: deque[tuple[float, int]] = deque()  # times and sizes of uploads in the last hour


class Refusal(Exception):  # noqa: N818 - it is an answer
    """A request that is not accepted: the status and one sentence for the client.

    `retry` is the number of seconds after which it may be accepted.
    """

    def __init__(self, status: int, sentence: str, retry: int = 0):
        super().__init__(sentence)
        self.status, self.retry = status, retry


async def read_body(headers: Headers, receive: Receive, most: int) -> bytes:
    """Read a body of at most `most` bytes; Refusal when it is too large or too slow."""
    _check_length(headers, most)
    try:
        return await asyncio.wait_for(_read(receive, most), SLOW)
    except asyncio.TimeoutError as error:
        raise Refusal(408, "The request did not arrive in time: send it again.") from error


async def checked_json(headers: Headers, receive: Receive, most: int) -> Receive:
    """Read a JSON object of at most `most` bytes; return a `receive` that gives it again.

    Raises:
        Refusal: as `check_json`, and for a body that is too large or too slow.
    """
    body = await read_body(headers, receive, most)
    check_json(body)
    return replayed(body, receive)


def check_json(body: bytes) -> JsonObject:
    """Return the JSON object that a request holds.

    Raises:
        Refusal: for a text that is too deep, no object, or names a file that was not uploaded.
    """
    try:
        if _depth(body) > DEPTH:
            raise ValueError("too deep")
        values = json.loads(body.decode())
        if not isinstance(values, dict):
            raise ValueError("not an object")
        if rb"\ud" in body.lower():  # half a character cannot be sent back in an answer
            json.dumps(values, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise Refusal(400, "The request is not a JSON object, too deep, or not UTF-8.") from error
    if not all(map(_is_upload, _paths(values))):
        raise Refusal(400, "A file is named that was not uploaded: upload it and give its path.")
    return values


def counted_upload(headers: Headers, receive: Receive, most: int) -> Receive:
    """Return a `receive` for an upload of one file of at most `most` bytes.

    Raises:
        Refusal: for a larger one, now or while it arrives, for several files, or when the last
            hour's uploads fill the space for them.
    """
    _check_length(headers, most, AROUND)
    edge = re.search(r'boundary="?([^";,]{1,70})', headers.get("content-type", ""))
    if edge is None:
        raise Refusal(400, "An upload is multipart/form-data with one file.")
    _admit(int(headers.get("content-length", 0)) or most, HOURLY * most)
    counter, until = _Counter(b"--" + edge[1].encode(), most), time.monotonic() + SLOW_UPLOAD

    async def counted() -> Message:
        try:
            message = await asyncio.wait_for(receive(), max(0.0, until - time.monotonic()))
        except asyncio.TimeoutError as error:
            raise Refusal(408, "The upload did not arrive in time: send it again.") from error
        counter.see(message.get("body", b""))
        return message

    return counted


class _Counter:
    """Counts the bytes and the parts of an upload as they arrive."""

    def __init__(self, edge: bytes, most: int):
        self.edge, self.most = edge, most
        self.bytes = self.edges = 0
        self.tail = b""

    def see(self, chunk: bytes) -> None:
        self.bytes += len(chunk)
        text = self.tail + chunk
        self.edges += text.count(self.edge)
        cut = text.rfind(self.edge) + len(self.edge) if self.edge in text else 0
        self.tail = text[max(cut, len(text) - len(self.edge) + 1) :]
        if self.bytes > self.most + AROUND:
            raise _too_large(self.most)
        if self.edges > 2:
            raise Refusal(413, "Upload one file at a time.")


def _admit(size: int, space: int) -> None:
    """Count an upload; Refusal when those of the last hour fill the space for them."""
    now = time.monotonic()
    while _received and _received[0][0] < now - HOUR:
        _received.popleft()
    if sum(each for _, each in _received) + size > space:
        raise Refusal(429, "Too much was uploaded in the last hour: try again later.", retry=600)
    _received.append((now, size))


def _check_length(headers: Headers, most: int, around: int = 0) -> None:
    """Refuse by the announced length; `around` bytes more than `most` may enclose the content."""
    length = headers.get("content-length", "0")
    if not length.isdigit() or int(length) > most + around:
        raise _too_large(most)


def _too_large(most: int) -> Refusal:
    size = f"{most / 1e6:g} MB" if most >= 1e6 else f"{most / 1e3:g} kB"
    return Refusal(413, f"The request is too large: the limit is {size}.")


async def _read(receive: Receive, most: int) -> bytes:
    chunks: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refusal(400, "The connection was closed.")
        chunks.append(message.get("body", b""))
        if sum(map(len, chunks)) > most:
            raise _too_large(most)
        if not message.get("more_body"):
            return b"".join(chunks)


def _depth(body: bytes) -> int:
    """Return how deeply brackets are nested, outside of strings."""
    deepest = depth = 0
    for bracket in re.findall(rb"[\[\]{}]", _STRING.sub(b"", body)):
        depth += 1 if bracket in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _paths(values: Any) -> Iterator[str]:
    """Yield the paths of all files that a request names."""
    if isinstance(values, dict):
        path = values.get("path")
        yield from [path] if isinstance(path, str) else []
        values = list(values.values())
    for value in values if isinstance(values, list) else ():
        yield from _paths(value)


def _is_upload(path: str) -> bool:
    """Return whether a path is a file in Gradio's folder; the folder itself is none."""
    folder = os.environ.get("GRADIO_TEMP_DIR") or Path(tempfile.gettempdir()) / "gradio"
    try:
        place = Path(path).resolve()
        return place.is_relative_to(Path(folder).resolve()) and place.is_file()
    except (OSError, RuntimeError, ValueError):  # too long, a link to itself, a zero byte
        return False


def replayed(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives the body once, then waits for the end of the connection."""
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return messages.pop() if messages else await receive()

    return replay
