"""A minimal client that speaks to the page as its script does, cheap enough for crowds."""

import asyncio
import json
import random
from contextlib import suppress
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException


class Connection:
    """A connection kept alive; `request` returns the status and the body."""

    def __init__(self, port: int):
        self.port = port
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None

    async def request(
        self, method: str, path: str, body: bytes = b"", kind: str = "application/json"
    ) -> tuple[int, bytes]:
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
            f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self.writer.write(head.encode() + body)
        return await self._answer()

    async def _answer(self) -> tuple[int, bytes]:
        lines = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
        if headers.get("transfer-encoding") == "chunked":
            content = b"".join([chunk async for chunk in self._chunks()])
        else:
            content = await self.reader.readexactly(int(headers.get("content-length", 0)))
        if headers.get("connection") == "close":
            self.close()
        return int(lines[0].split()[1]), content

    async def _chunks(self):
        while size := int((await self.reader.readline()).split(b";")[0], 16):
            yield await self.reader.readexactly(size)
            await self.reader.readline()
        await self.reader.readline()

    def close(self) -> None:
        if self.writer:
            self.writer.close()
        self.reader = self.writer = None


class Line:
    """The page's WebSocket."""

    def __init__(self, socket: ClientConnection):
        self.socket = socket
        self.pending: dict[int, asyncio.Future[Any]] = {}
        self.sent = 0
        self.reading = asyncio.create_task(self._read())

    async def call(self, function: str, data: object) -> Any:
        self.sent += 1
        number, answer = self.sent, asyncio.get_running_loop().create_future()
        self.pending[number] = answer
        await self.socket.send(json.dumps({"id": number, "call": function, "request": data}))
        return await answer

    async def _read(self) -> None:
        async for data in self.socket:
            end = 4 + int.from_bytes(data[:4], "little")
            answer = json.loads(
                data[4:end],
                object_hook=lambda value: (
                    data[end + value["bytes"][0] : end + value["bytes"][1]]  # noqa: B023
                    if "bytes" in value
                    else value
                ),
            )
            self.pending.pop(answer["id"]).set_result(answer["reply"])

    def close(self) -> None:
        self.reading.cancel()
        self.socket.transport.abort()


class Client:
    """One visitor: a session, its heartbeat, and calls of server functions and events.

    Functions are called through the WebSocket if the page has one.
    """

    def __init__(self, port: int, config: dict[str, Any]):
        self.port, self.config = port, config
        self.session = f"{random.getrandbits(50):x}"
        self.names = {part["id"]: part["props"].get("elem_id") for part in config["components"]}
        self.ids = {name: key for key, name in self.names.items()}
        self.free: list[Connection] = []
        self.heartbeat: Connection | None = None
        self.line: Line | None = None
        self.opening: asyncio.Task[None] | None = None

    async def request(self, *arguments: Any) -> tuple[int, bytes]:
        """Send a request over a free connection, or a new one if the server has closed it."""
        is_used = bool(self.free)
        connection = self.free.pop() if is_used else Connection(self.port)
        try:
            answer = await connection.request(*arguments)
        except (asyncio.IncompleteReadError, ConnectionResetError) as error:
            connection.close()
            if getattr(error, "partial", b"") or not is_used:
                raise
            return await self.request(*arguments)
        self.free.append(connection)
        return answer

    async def call(self, element: str, function: str, data: object) -> tuple[int, Any]:
        """Call a server function of a component."""
        self.opening = self.opening or asyncio.create_task(self._open_line())
        await self.opening
        if self.line:
            return 200, await self.line.call(function, data)
        values = {
            "data": data,
            "component_id": self.ids[element],
            "fn_name": function,
            "session_hash": self.session,
        }
        body = json.dumps(values).encode()
        status, answer = await self.request("POST", "/gradio_api/component_server", body)
        return status, json.loads(answer)

    async def _open_line(self) -> None:
        with suppress(WebSocketException):
            self.line = Line(await connect(f"ws://127.0.0.1:{self.port}/live", compression=None))

    async def event(self, element: str, data: list[Any]) -> str:
        """Trigger the queued event of an element; return "joined", or why not."""
        chosen = next(
            entry
            for entry in self.config["dependencies"]
            if self.ids[element] in [target for target, _ in entry["targets"]] and entry["queue"]
        )
        body = {"data": data, "fn_index": chosen["id"], "session_hash": self.session}
        status, _ = await self.request("POST", "/gradio_api/queue/join", json.dumps(body).encode())
        return "joined" if status == 200 else f"refused with {status}"

    async def messages(self):
        """Yield the messages of this session's queued events until none is pending."""
        stream = Connection(self.port)
        path = f"/gradio_api/queue/data?session_hash={self.session}"
        _, text = await stream.request("GET", path)
        stream.close()
        for line in text.decode().splitlines():
            if line.startswith("data: "):
                yield json.loads(line.removeprefix("data: "))

    async def alive(self) -> None:
        """Open the heartbeat that every page keeps open."""
        self.heartbeat = Connection(self.port)
        opened = asyncio.open_connection("127.0.0.1", self.port)
        self.heartbeat.reader, self.heartbeat.writer = await opened
        path = f"/gradio_api/heartbeat/{self.session}"
        self.heartbeat.writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        await self.heartbeat.reader.readline()

    def leave(self) -> None:
        """Close everything, as when the tab is closed."""
        for connection in [*self.free, *([self.heartbeat] if self.heartbeat else [])]:
            connection.close()
        self.free.clear()
        if self.line:
            self.line.close()
