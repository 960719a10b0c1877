"""Requests from panels to the server, each computed when it is the visitor's turn.

A page sends them through a WebSocket (`live_route`), or where a proxy allows none, as calls of
Gradio's server functions (`served`).
"""

import asyncio
import base64
import json
import secrets
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import gradio as gr
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked
from starlette.responses import Response
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from denoise_demo.common import JsonObject
from denoise_demo.denoisers import device_trouble
from denoise_demo.hosting import (
    BusyError,
    Lane,
    Refusal,
    SupersededError,
    check_json,
    held,
    metrics,
    turns,
)
from denoise_demo.lab import Settings

VISITOR: ContextVar[str] = ContextVar("VISITOR", default="")  # who asks, while work is computed
MOST = 16  # requests of one WebSocket that are answered at once


@checked(frozen=True, config=ConfigDict(extra="forbid", allow_inf_nan=False))
class Request(Settings):
    """A request of a panel: settings and `source`, the argument of `clean_picture`."""

    source: object


def answered(work: Callable[[object], JsonObject], request: object) -> JsonObject:
    """Do the work; a ValueError becomes `error`, a sentence.

    The answer gets `milliseconds`, the time spent.
    """
    started = time.perf_counter()
    try:
        answer = work(request)
    except ValueError as error:
        answer = {"error": str(error)}
    except RuntimeError as error:
        if (trouble := device_trouble(error)) is None:
            raise
        answer = {"error": trouble[0].upper() + trouble[1:]}
    return answer | {"milliseconds": 1000 * (time.perf_counter() - started)}


@dataclass(frozen=True)
class Call:
    """A computation for the page's scripts, which know it by the name of `work`.

    `work` returns JSON values and `bytes`.
    """

    work: Callable[[object], JsonObject]
    lane: Callable[[], Lane]

    async def answer(self, request: object, visitor: str) -> JsonObject:
        """Compute when it is the visitor's turn.

        The answer also gets `waited`, the milliseconds before the turn. A request that a newer one
        of the same visitor has superseded is answered by {"superseded": true}; a refused one by
        `error`, {"busy": true} and `retry`, the milliseconds to wait.
        """
        arrived = time.perf_counter()
        VISITOR.set(visitor)

        def compute() -> JsonObject:
            waited = 1000 * (time.perf_counter() - arrived)
            return self.work(request) | {"waited": waited}

        try:
            return await self.lane().run(visitor, compute, self.work.__name__)
        except SupersededError:
            metrics.count_drop("superseded")
            return {"superseded": True}
        except BusyError as error:
            metrics.count_drop("busy")
            return {"error": str(error), "busy": True, "retry": 1000 * error.retry}


def served(
    work: Callable[[object], JsonObject], lane: Callable[[], Lane] = turns.short
) -> Callable[[object, gr.Request], Coroutine[Any, Any, Response]]:
    """Return the server function of a panel that computes `work`, by its name."""
    call = Call(work, lane)

    async def answer(request: object, http: gr.Request) -> Response:
        # Gradio passes Starlette's request, whose body it has parsed.
        reply = await call.answer(request, str((await http.json())["session_hash"]))
        return Response(to_json(reply), media_type="application/json")

    answer.__name__ = work.__name__
    answer.call = call  # type: ignore[attr-defined]
    return answer


def to_json(reply: JsonObject) -> str:
    """Return a reply as JSON text, in which {"base64": text} stands for bytes."""

    def encode(data: bytes) -> JsonObject:
        return {"base64": base64.b64encode(data).decode("ascii")}

    return json.dumps(reply, default=encode, allow_nan=False)


def live_route(page: gr.Blocks, leaving: Sequence[Callable[[str], None]] = ()) -> WebSocketRoute:
    """Return the route of the WebSocket that calls the server functions of a page.

    Args:
        page: whose functions it calls.
        leaving: called with the visitor when a WebSocket closes; they must not wait.

    A request is a JSON object with an `id`, the function's name as `call`, and `request`. The
    answer, in any order, is `pack`ed: the `id` and the `reply`.
    """
    functions = [fn for block in page.blocks.values() for fn in getattr(block, "server_fns", ())]
    calls = {fn.__name__: fn.call for fn in functions if hasattr(fn, "call")}

    async def live(socket: WebSocket) -> None:
        await socket.accept()
        visitor, answers = secrets.token_hex(8), set()
        try:
            async for text in socket.iter_text():
                answers.add(asyncio.create_task(_answer(socket, calls, visitor, text)))
                while len(answers) >= MOST:
                    await asyncio.wait(answers, return_when=asyncio.FIRST_COMPLETED)
                    answers = {answer for answer in answers if not answer.done()}
                answers = {answer for answer in answers if not answer.done()}
        except KeyError:  # a message without text
            await socket.close(1003)
        finally:
            for answer in answers:
                answer.cancel()
            for leave in leaving:
                leave(visitor)
            asyncio.get_running_loop().call_later(held.GRACE, held.forget, visitor)

    return WebSocketRoute("/live", live)


async def _answer(socket: WebSocket, calls: Mapping[str, Call], visitor: str, text: str) -> None:
    """Answer one message; a connection that has closed meanwhile needs none."""
    started, status, number = time.perf_counter(), 200, None
    try:
        message = check_json(text.encode())
        number = message.get("id")
        name, request = message.get("call"), message.get("request")
        if not isinstance(name, str) or name not in calls:
            raise Refusal(404, "The page has no such function: reload it.")
        reply = await calls[name].answer(request, visitor)
    except Refusal as refusal:
        reply, status = {"error": str(refusal), "milliseconds": 0, "waited": 0}, refusal.status
    with suppress(WebSocketDisconnect, RuntimeError):
        await socket.send_bytes(pack({"id": number, "reply": reply}))
    metrics.observe_request("live", status, time.perf_counter() - started)


def pack(answer: JsonObject) -> bytes:
    """Return an answer with `bytes` among its values as one binary message.

    It is the length of a JSON text (4 bytes, lowest first), the text, and all bytes, for which
    {"bytes": [start, end]} stands in the text.
    """
    parts: list[bytes] = []
    end = 0

    def place(data: bytes) -> JsonObject:
        nonlocal end
        parts.append(data)
        end += len(data)
        return {"bytes": [end - len(data), end]}

    text = json.dumps(answer, default=place, separators=(",", ":"), allow_nan=False).encode()
    return b"".join([len(text).to_bytes(4, "little"), text, *parts])
